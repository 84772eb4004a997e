// SPDX-License-Identifier: MIT
/* winusb-iso: isochronous USB streams from the command line. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const struct command *const commands[] = {
	&list_command,	  &info_command, &bind_command,	   &unbind_command,
	&capture_command, &play_command, &monitor_command,
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

static void print_usage(FILE *out)
{
	size_t i;

	fputs("usage: winusb-iso COMMAND [OPTION...] [DEVICE]\n\n", out);
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "DEVICE is a node (/dev/winusb-iso0), its number (0), ids (1209:0001), ids with\n"
	      "interface (1209:0001:2) or the kernel's name (1-2:1.0); without it, the only one.\n"
	      "\n"
	      "Exit status: 0 all went well (Ctrl-C is a normal end), 1 failure, 2 wrong usage,\n"
	      "3 with --strict: packets were bad or service intervals lost.\n"
	      "\n"
	      "winusb-iso COMMAND --help tells more; winusb-iso --version the version.\n",
	      out);
}

static int top_level(const char *word)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		print_usage(stdout);
		return TOOL_OK;
	}
	if (!strcmp(word, "--version")) {
		printf("winusb-iso %s\n", wiso_version());
		return TOOL_OK;
	}
	return usage_error("unknown command '%s' (see winusb-iso --help)", word);
}

/* getopt prints argv[0] in front of its errors. */
static int run_command(const struct command *command, int argc, char **argv)
{
	static char name[64];

	snprintf(name, sizeof(name), "winusb-iso: %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	size_t i;
	int code = -1;

	/* A reader that goes away is an error of write(), which ends the stream in order. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_usage(stderr);
		return TOOL_USAGE;
	}
	for (i = 0; i < N_COMMANDS && code < 0; i++)
		if (!strcmp(argv[1], commands[i]->name))
			code = run_command(commands[i], argc - 1, argv + 1);
	if (code < 0)
		code = top_level(argv[1]);
	return finish_output(stdout, code);
}
