// SPDX-License-Identifier: MIT
#include "options.h"

#include <string.h>

int next_option(int argc, char **argv, const char *letters, const struct option *options)
{
	return getopt_long(argc, argv, letters, options, NULL);
}

bool number_option(const char *name, uint64_t least, uint64_t most, uint64_t *value, int *code)
{
	const char *problem;

	if (parse_number(optarg, least, most, value, &problem))
		return true;
	*code = usage_error("--%s %s: %s", name, optarg, problem);
	return false;
}

static void pipe_option(struct stream_options *options, int *code)
{
	const char *problem;

	if (!parse_pipe(optarg, &options->pipe, &problem))
		*code = usage_error("--pipe %s: %s", optarg, problem);
}

static void duration_option(struct stream_options *options, int *code)
{
	const char *problem;

	if (!parse_duration(optarg, &options->duration_ns, &problem))
		*code = usage_error("--duration %s: %s", optarg, problem);
}

static void stream_number(int key, struct stream_options *options, int *code)
{
	uint64_t value;

	if (key == OPTION_ALTERNATE && number_option("alternate", 0, 255, &value, code))
		options->alternate = value;
	else if (key == OPTION_PACKETS && number_option("packets", 1, UINT64_MAX, &value, code))
		options->packets = value;
	else if (key == OPTION_TRANSFER_PACKETS &&
		 number_option("transfer-packets", 1, WINUSB_ISO_MAX_BUFFER_PACKETS, &value, code))
		options->transfer_packets = value;
	else if (key == OPTION_QUEUE &&
		 number_option("queue", 2, WINUSB_ISO_MAX_RING_ENTRIES, &value, code))
		options->queue = value;
}

bool stream_option(int key, struct stream_options *options, int *code)
{
	switch (key) {
	case OPTION_PIPE:
		pipe_option(options, code);
		return true;
	case OPTION_DURATION:
		duration_option(options, code);
		return true;
	case OPTION_ALTERNATE:
	case OPTION_PACKETS:
	case OPTION_TRANSFER_PACKETS:
	case OPTION_QUEUE:
		stream_number(key, options, code);
		return true;
	case OPTION_INDEX:
		options->index = optarg;
		return true;
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_QUIET:
		options->quiet = true;
		return true;
	case OPTION_STRICT:
		options->strict = true;
		return true;
	default:
		return false;
	}
}

int take_device(int argc, char **argv, const char **device)
{
	if (argc - optind > 1)
		return usage_error("unexpected '%s' behind the device", argv[optind + 1]);
	if (optind < argc)
		*device = argv[optind];
	return TOOL_OK;
}
