/* SPDX-License-Identifier: MIT */
/* Options that capture, play and monitor share. */
#ifndef WINUSB_ISO_TOOL_OPTIONS_H
#define WINUSB_ISO_TOOL_OPTIONS_H

#include <getopt.h>

#include "tool.h"

struct stream_options {
	const char *device;	   /* NULL: the only one */
	uint8_t pipe;		   /* 0: the first one of the direction */
	int alternate;		   /* -1: one that has the pipe */
	uint64_t duration_ns;	   /* 0: no limit */
	uint64_t packets;	   /* 0: no limit */
	uint32_t transfer_packets; /* 0: the library's choice */
	uint32_t queue;
	const char *index;
	bool json, quiet, strict;
};

enum option_key {
	OPTION_PIPE = 256,
	OPTION_ALTERNATE,
	OPTION_DURATION,
	OPTION_PACKETS,
	OPTION_TRANSFER_PACKETS,
	OPTION_QUEUE,
	OPTION_INDEX,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_STRICT,
	OPTION_HELP,
	/* of one subcommand */
	OPTION_OUTPUT,
	OPTION_COMPACT,
	OPTION_GAPS,
	OPTION_KEEP_BAD,
	OPTION_BUFFER,
	OPTION_PACKET_BYTES,
	OPTION_LOOP,
	OPTION_RESTORE,
};

#define COMMON_OPTIONS \
	{ "json", no_argument, NULL, OPTION_JSON }, \
	{ \
		"help", no_argument, NULL, OPTION_HELP \
	}

#define STREAM_OPTIONS \
	{ "pipe", required_argument, NULL, OPTION_PIPE }, \
		{ "alternate", required_argument, NULL, OPTION_ALTERNATE }, \
		{ "duration", required_argument, NULL, OPTION_DURATION }, \
		{ "packets", required_argument, NULL, OPTION_PACKETS }, \
		{ "transfer-packets", required_argument, NULL, OPTION_TRANSFER_PACKETS }, \
		{ "queue", required_argument, NULL, OPTION_QUEUE }, \
		{ "quiet", no_argument, NULL, OPTION_QUIET }, \
		{ "strict", no_argument, NULL, OPTION_STRICT }, COMMON_OPTIONS

// clang-format off
#define STREAM_HELP \
"  --pipe ADDRESS          endpoint address, such as 0x81 (default: the first one)\n" \
"  --alternate N           alternate setting (default: the present one if it has the pipe,\n" \
"                          else the first that does)\n" \
"  --duration TIME         stop after 10, 1.5s, 250ms, 2m, 1h of bus time\n" \
"  --packets N             stop after N packets\n" \
"  --transfer-packets N    packets in one transfer (default: 4 ms of them)\n" \
"  --queue N               transfers queued ahead (default 64; more bridges longer pauses)\n"
// clang-format on

// clang-format off
#define REPORT_HELP \
"  --json                  one JSON object per line: progress and a summary\n" \
"  --quiet                 no progress, no summary\n" \
"  --strict                exit with 3 if packets were bad or service intervals lost\n" \
"  --help                  this text\n"
// clang-format on

/* The next option's key, -1 at the end, or '?' after an error was printed. */
int next_option(int argc, char **argv, const char *letters, const struct option *options);
/* False: not an option of all streams. *code is set when its value is wrong. */
bool stream_option(int key, struct stream_options *options, int *code);
/* What is left of argv may be one DEVICE. */
int take_device(int argc, char **argv, const char **device);

bool number_option(const char *name, uint64_t least, uint64_t most, uint64_t *value, int *code);

#endif
