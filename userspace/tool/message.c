// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "tool.h"

static void say(const char *format, va_list arguments)
{
	fflush(stdout);
	fputs("winusb-iso: ", stderr);
	vfprintf(stderr, format, arguments);
	putc('\n', stderr);
}

int fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
	return TOOL_FAILED;
}

int usage_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
	return TOOL_USAGE;
}

void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void print_help(const struct command *command)
{
	fputs(command->help, stdout);
}

int finish_output(FILE *out, int code)
{
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return code;
	if (errno != EPIPE)
		note("cannot write the output: %s", errno ? strerror(errno) : "write error");
	return code == TOOL_OK ? TOOL_FAILED : code;
}
