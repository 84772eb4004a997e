// SPDX-License-Identifier: MIT
/* Watches an IN pipe without keeping anything. */
#include "receive.h"

// clang-format off
static const char help[] =
"usage: winusb-iso monitor [OPTION...] [DEVICE]\n"
"\n"
"Streams from an IN pipe and shows packets, bytes, rate, gaps, bad packets and how far\n"
"the count of gaps can be trusted. Saves nothing. Ends with Ctrl-C or at a limit.\n"
"\n"
STREAM_HELP
REPORT_HELP;
// clang-format on

static const struct option long_options[] = { STREAM_OPTIONS, { 0 } };

static int parse(int argc, char **argv, struct stream_options *options)
{
	int key, code = TOOL_OK;

	while (!code && (key = next_option(argc, argv, "", long_options)) != -1)
		if (key == OPTION_HELP || !stream_option(key, options, &code))
			return key == OPTION_HELP ? -1 : TOOL_USAGE;
	return code ? code : take_device(argc, argv, &options->device);
}

static int run(int argc, char **argv)
{
	struct stream_options options = { .alternate = -1, .queue = 64 };
	const struct receiver nobody = { 0 };
	struct session session;
	int code = parse(argc, argv, &options), error;

	if (code < 0)
		print_help(&monitor_command);
	if (code)
		return code < 0 ? TOOL_OK : code;
	code = session_open(&session, &options, "monitor", WISO_IN, stdout);
	if (!code)
		code = session_begin(&session);
	if (!code)
		code = receive(&session, &nobody, &error);
	return session_end(&session, code);
}

const struct command monitor_command = {
	.name = "monitor",
	.summary = "watch an IN pipe without saving",
	.help = help,
	.run = run,
};
