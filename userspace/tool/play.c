// SPDX-License-Identifier: MIT
/* Sends a file or stdin to an OUT pipe. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"
#include "source.h"

#define DRAIN_WAIT_MS 50

// clang-format off
static const char help[] =
"usage: winusb-iso play [OPTION...] [DEVICE] [FILE]\n"
"\n"
"Sends FILE to an OUT pipe (no FILE or -: stdin). What is queued when the data or a limit\n"
"ends, or Ctrl-C comes, is still sent; a second Ctrl-C drops it.\n"
"\n"
"  -i, --input FILE|-      the same as FILE, for use without DEVICE\n"
"  --packet-bytes LENGTHS  lengths of the packets, repeated: 192, or 176*9,180, or full\n"
"                          (default: full, the pipe's maximum)\n"
"  --loop                  start again at the end of FILE\n"
"  --index FILE            one line of CSV per packet: packet, bus_time (microframes),\n"
"                          offset in the data, requested, actual, status, gap_before and\n"
"                          gap_inside (service intervals), trust\n"
STREAM_HELP
REPORT_HELP;
// clang-format on

static const struct option long_options[] = { { "input", required_argument, NULL, OPTION_OUTPUT },
					      { "packet-bytes", required_argument, NULL,
						OPTION_PACKET_BYTES },
					      { "loop", no_argument, NULL, OPTION_LOOP },
					      { "index", required_argument, NULL, OPTION_INDEX },
					      STREAM_OPTIONS,
					      { 0 } };

struct total {
	const struct wiso_slot *slot;
	uint32_t bytes;
};

struct play {
	struct stream_options stream;
	const char *input, *lengths;
	struct source source;
	/* while it runs */
	uint64_t submitted; /* packets */
	uint64_t sent_offset;
	struct total *totals; /* bytes of each slot's transfer, hashed by slot */
	size_t n_totals;      /* a power of two, twice the slots or more */
};

static int own_option(int key, struct play *play)
{
	switch (key) {
	case 'i':
	case OPTION_OUTPUT:
		play->input = optarg;
		return TOOL_OK;
	case OPTION_PACKET_BYTES:
		play->lengths = optarg;
		return TOOL_OK;
	case OPTION_LOOP:
		play->source.loop = true;
		return TOOL_OK;
	default:
		return TOOL_USAGE;
	}
}

static bool looks_like_device(const char *text)
{
	struct device_spec spec;
	const char *problem;

	return !strncmp(text, "/dev/winusb-iso", 15) ||
	       (parse_device(text, &spec, &problem) && spec.kind != DEVICE_PATH) ||
	       (!strchr(text, '/') && parse_device(text, &spec, &problem) && access(text, F_OK));
}

/* [DEVICE] [FILE]: one argument is a device if it looks like one. */
static int take_arguments(int argc, char **argv, struct play *play)
{
	int left = argc - optind;

	if (left && (left > 1 || looks_like_device(argv[optind]))) {
		play->stream.device = argv[optind++];
		left--;
	}
	if (left && play->input)
		return usage_error("both --input %s and %s", play->input, argv[optind]);
	if (left > 1)
		return usage_error("unexpected '%s'", argv[optind + 1]);
	if (left)
		play->input = argv[optind];
	return TOOL_OK;
}

static int parse(int argc, char **argv, struct play *play)
{
	int key, code = TOOL_OK;

	while (!code && (key = next_option(argc, argv, "i:", long_options)) != -1) {
		if (key == OPTION_HELP)
			return -1;
		if (!stream_option(key, &play->stream, &code))
			code = own_option(key, play);
	}
	return code ? code : take_arguments(argc, argv, play);
}

static int open_source(struct play *play)
{
	bool is_stdin = !play->input || !strcmp(play->input, "-");
	const char *name = is_stdin ? "stdin" : play->input;

	play->source.fd = is_stdin ? STDIN_FILENO : open(play->input, O_RDONLY | O_CLOEXEC);
	if (play->source.fd < 0)
		return fail("cannot open %s: %s", name, strerror(errno));
	if (play->source.loop && lseek(play->source.fd, 0, SEEK_CUR) < 0)
		return usage_error("%s can not be played in a loop: it is no file", name);
	play->source.stop = stop_asked;
	return TOOL_OK;
}

static int set_pattern(struct play *play, uint32_t most)
{
	const char *problem;

	play->source.full = most;
	if (parse_pattern(play->lengths, most, &play->source.pattern, &problem))
		return TOOL_OK;
	return usage_error("--packet-bytes %s: %s (%u bytes)", play->lengths, problem, most);
}

static uint32_t *total_of(struct play *play, const struct wiso_slot *slot)
{
	size_t at = (uintptr_t)slot / sizeof(*slot);

	for (;; at++) {
		struct total *total = &play->totals[at & (play->n_totals - 1)];

		if (!total->slot)
			total->slot = slot;
		if (total->slot == slot)
			return &total->bytes;
	}
}

/* The transfer that the slot carried before: its packets are not cut by limits, they were sent. */
static void account(struct play *play, struct session *session, const struct wiso_slot *slot)
{
	uint32_t i, end, requested, total;

	if (!slot->num_packets)
		return;
	total = *total_of(play, slot);
	tally_transfer(&session->tally, &slot->completion);
	tally_gap(&session->tally, slot->completion.gap);
	tally_gap(&session->tally, slot->completion.inner_gap);
	for (i = 0; i < slot->num_packets; i++) {
		end = i + 1 < slot->num_packets ? slot->packets[i + 1].offset : total;
		requested = end - slot->packets[i].offset;
		session_packet(session, slot, i, requested, play->sent_offset);
		play->sent_offset += requested;
	}
}

/* How many more packets may be submitted. */
static uint32_t may_submit(const struct play *play, const struct session *session, uint32_t room)
{
	uint64_t most = session->most_packets < session->most_intervals ? session->most_packets :
									  session->most_intervals;
	uint64_t left = play->submitted < most ? most - play->submitted : 0;

	return left < room ? left : room;
}

static int submit(struct play *play, struct session *session, struct wiso_slot *slot,
		  const uint32_t *lengths, uint32_t packets)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i < packets; i++) {
		slot->packets[i].length = lengths[i];
		total += lengths[i];
	}
	if (wiso_stream_submit_packets(session->stream, slot, packets))
		return -1;
	*total_of(play, slot) = total;
	play->submitted += packets;
	return 0;
}

/* Fills and submits one slot. False at the end of the data, with the slot still held. */
static bool feed(struct play *play, struct session *session, struct wiso_slot *slot,
		 uint32_t *lengths, int *code)
{
	uint32_t room = may_submit(play, session, slot->max_packets);
	int packets = room ? source_fill(&play->source, slot->data, lengths, room) : 0;

	if (packets < 0)
		*code = fail("cannot read %s: %s", play->input ? play->input : "stdin",
			     strerror(errno));
	if (packets <= 0)
		return false;
	if (!submit(play, session, slot, lengths, packets))
		return true;
	while (session_interrupted(session, errno, code) == SESSION_AGAIN)
		if (!submit(play, session, slot, lengths, packets))
			return true;
	return false;
}

static bool feed_all(struct play *play, struct session *session, uint32_t *lengths, int *code)
{
	struct wiso_slot *slot;

	while (!stop_asked()) {
		switch (session_acquire(session, &slot, code)) {
		case SESSION_AGAIN:
			continue;
		case SESSION_OVER:
			return false;
		case SESSION_READY:
			break;
		}
		account(play, session, slot);
		if (!feed(play, session, slot, lengths, code))
			break;
	}
	return *code == TOOL_OK;
}

/* After an interruption the library gives no more slots, but it has counted. */
static void trust_library(struct session *session)
{
	struct tally *tally = &session->tally;
	struct wiso_stream_stats stats;

	wiso_stream_get_stats(session->stream, &stats);
	tally->transfers = stats.transfers;
	tally->packets_ok = stats.packets_ok;
	tally->packets_bad = stats.packets_bad;
	tally->bytes = stats.bytes;
	tally->gaps = stats.gaps;
	tally->lost_intervals = stats.lost_intervals;
}

/* Waits until everything queued was sent: once every slot is held, nothing is left to come. A
 * second signal drops what was not sent yet. */
static int drain(struct play *play, struct session *session)
{
	struct wiso_slot *slot;
	int code = TOOL_OK;

	while (stop_asked() < 2) {
		slot = wiso_stream_acquire(session->stream, DRAIN_WAIT_MS);
		progress_tick(&session->progress, &session->tally);
		if (slot)
			account(play, session, slot);
		else if (errno == EDEADLK)
			break;
		else if (errno != ETIMEDOUT && errno != EINTR && errno != EAGAIN &&
			 session_interrupted(session, errno, &code) == SESSION_OVER)
			break;
	}
	return code;
}

/* What is known at the end, however it came. */
static void take_stock(const struct play *play, struct session *session, int code)
{
	if (code)
		trust_library(session);
	session->tally.dropped =
		play->submitted - session->tally.packets_ok - session->tally.packets_bad;
}

static int get_memory(struct play *play, const struct session *session, uint32_t **lengths)
{
	play->n_totals = 4;
	while (play->n_totals < 2 * wiso_stream_transfers(session->stream))
		play->n_totals *= 2;
	play->totals = calloc(play->n_totals, sizeof(*play->totals));
	*lengths = calloc(wiso_stream_packets(session->stream), sizeof(**lengths));
	return play->totals && *lengths ? TOOL_OK : fail("not enough memory");
}

static int run_stream(struct play *play, struct session *session)
{
	uint32_t *lengths = NULL;
	int code;

	code = get_memory(play, session, &lengths);
	if (!code)
		code = session_begin(session);
	if (!code) {
		if (feed_all(play, session, lengths, &code))
			code = drain(play, session);
		take_stock(play, session, code);
	}
	if (!code && !play->submitted && !stop_asked())
		code = fail("%s is empty", play->input ? play->input : "stdin");
	free(lengths);
	free(play->totals);
	return code;
}

static int run(int argc, char **argv)
{
	struct play play = { .stream = { .alternate = -1, .queue = 64 }, .lengths = "full" };
	struct session session = { .options = &play.stream };
	int code = parse(argc, argv, &play);

	if (code < 0)
		print_help(&play_command);
	if (code)
		return code < 0 ? TOOL_OK : code;
	code = open_source(&play);
	if (code)
		return code;
	code = session_open(&session, &play.stream, "play", WISO_OUT, stdout);
	if (!code)
		code = set_pattern(&play, session.selection.pipe.max_bytes_per_interval);
	if (!code)
		code = run_stream(&play, &session);
	code = session_end(&session, code);
	free_pattern(&play.source.pattern);
	return code;
}

const struct command play_command = {
	.name = "play",
	.summary = "send a file or stdin to an OUT pipe",
	.help = help,
	.run = run,
};
