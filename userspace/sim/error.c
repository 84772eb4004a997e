// SPDX-License-Identifier: MIT
/* One sentence about what failed last, for each thread. */
#include "internal.h"

#include <stdarg.h>

static _Thread_local char message[256];

int sim_fail(int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	errno = error;
	return -1;
}

const char *sim_error(void)
{
	return message;
}
