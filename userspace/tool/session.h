/* SPDX-License-Identifier: MIT */
/* One stream from start to summary: what capture, play and monitor have in common. */
#ifndef WINUSB_ISO_TOOL_SESSION_H
#define WINUSB_ISO_TOOL_SESSION_H

#include "index.h"
#include "options.h"
#include "progress.h"
#include "select.h"
#include "tally.h"

struct session {
	const struct stream_options *options;
	struct text path;
	struct wiso_device *dev;
	struct selection selection;
	struct wiso_stream *stream;
	struct index *index;
	struct tally tally;
	struct progress progress;
	uint64_t most_packets, most_intervals; /* UINT64_MAX: no limit */
	uint64_t deadline_ns;		       /* for a device that sends nothing at all */
};

/* 0, or an exit code after an error was printed; session_end() either way. Opens everything but
 * the index. */
int session_open(struct session *session, const struct stream_options *options, const char *verb,
		 unsigned int direction, FILE *report);
/* Opens the index and starts the clock of the progress. */
int session_begin(struct session *session);
/* Summary, and the exit code that goes with @code. */
int session_end(struct session *session, int code);

/* Packets that may still be taken. */
uint64_t session_left(const struct session *session);
bool session_is_over(const struct session *session);
/* Counts a packet and writes its line of the index. */
void session_packet(struct session *session, const struct wiso_slot *slot, uint32_t number,
		    uint32_t requested, uint64_t offset);

enum session_wait { SESSION_READY, SESSION_AGAIN, SESSION_OVER };
/* The next slot. SESSION_OVER: *code says whether that is a failure. */
enum session_wait session_acquire(struct session *session, struct wiso_slot **slot, int *code);
/* After acquire or submit failed with @error: goes on after sleep and reset. */
enum session_wait session_interrupted(struct session *session, int error, int *code);

#endif
