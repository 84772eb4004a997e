// SPDX-License-Identifier: MIT
#include "session.h"

#include <errno.h>
#include <string.h>

/* Often enough to redraw progress and to notice a signal that came just before the wait. */
#define WAIT_MS 50
/* A stream that should have ended by its bus time is waited for so much longer. */
#define PATIENCE_NS 2000000000ULL

static int stream_failed(const struct session *session, int error)
{
	const char *problem = strerror(error);

	if (error == EBUSY)
		problem = "another program streams on it";
	else if (error == ERANGE)
		problem = "--transfer-packets or --queue is more than the driver takes";
	else if (error == EDQUOT)
		problem = "the module's memory limit is reached (smaller --queue?)";
	else if (error == ENOMEM)
		problem = "not enough contiguous memory (smaller --transfer-packets?)";
	else if (error == ENODEV)
		problem = "the device has gone";
	return fail("%s: cannot stream on pipe 0x%02x: %s", session->path.s,
		    session->selection.pipe.address, problem);
}

static void set_limits(struct session *session)
{
	const struct stream_options *options = session->options;
	uint64_t interval_ns = wiso_uframes_to_ns(session->selection.pipe.interval);

	session->most_packets = options->packets ? options->packets : UINT64_MAX;
	session->most_intervals = UINT64_MAX;
	if (!options->duration_ns)
		return;
	session->most_intervals = options->duration_ns / interval_ns;
	if (!session->most_intervals)
		session->most_intervals = 1;
}

int session_open(struct session *session, const struct stream_options *options, const char *verb,
		 unsigned int direction, FILE *report)
{
	int code;

	*session = (struct session){ .options = options, .selection.before = -1 };
	session->dev = device_open(options->device, 0, &session->path);
	if (!session->dev)
		return TOOL_FAILED;
	code = select_pipe(session->dev, options, direction, &session->selection);
	if (code)
		return code;
	session->stream = wiso_stream_open(session->dev, session->selection.pipe.address,
					   options->transfer_packets, options->queue, 0);
	if (!session->stream)
		return stream_failed(session, errno);
	set_limits(session);
	session->progress = (struct progress){
		.out = report,
		.verb = verb,
		.path = session->path.s,
		.pipe = session->selection.pipe,
		.json = options->json,
		.quiet = options->quiet,
	};
	wiso_get_info(session->dev, &session->progress.info);
	return TOOL_OK;
}

int session_begin(struct session *session)
{
	const char *path = session->options->index;

	if (path) {
		session->index = index_open(path);
		if (!session->index)
			return fail("cannot open the index %s: %s", path, strerror(errno));
	}
	stop_on_signals();
	progress_start(&session->progress);
	session->deadline_ns = UINT64_MAX;
	if (session->options->duration_ns)
		session->deadline_ns =
			session->progress.start_ns + session->options->duration_ns + PATIENCE_NS;
	return TOOL_OK;
}

static int close_index(struct session *session)
{
	int error = index_close(session->index);

	return error ? fail("cannot write the index %s: %s", session->options->index,
			    strerror(error)) :
		       TOOL_OK;
}

int session_end(struct session *session, int code)
{
	if (session->progress.start_ns) {
		progress_summary(&session->progress, &session->tally);
		code = finish_output(session->progress.out, code);
	}
	if (close_index(session))
		code = TOOL_FAILED;
	wiso_stream_close(session->stream);
	if (session->dev)
		select_undo(session->dev, &session->selection);
	wiso_close(session->dev);
	if (code == TOOL_OK && session->options->strict && !tally_is_clean(&session->tally))
		return TOOL_IMPERFECT;
	return code;
}

uint64_t session_left(const struct session *session)
{
	uint64_t packets = session->tally.packets_ok + session->tally.packets_bad;
	uint64_t intervals = tally_intervals(&session->tally), a, b;

	a = packets < session->most_packets ? session->most_packets - packets : 0;
	b = intervals < session->most_intervals ? session->most_intervals - intervals : 0;
	return a < b ? a : b;
}

bool session_is_over(const struct session *session)
{
	return stop_asked() || !session_left(session);
}

void session_packet(struct session *session, const struct wiso_slot *slot, uint32_t number,
		    uint32_t requested, uint64_t offset)
{
	const struct winusb_iso_packet *packet = &slot->packets[number];
	const struct winusb_iso_completion *completion = &slot->completion;
	struct index_entry entry = {
		.packet = session->tally.packets_ok + session->tally.packets_bad,
		.uframe = completion->start_uframe +
			  (uint64_t)number * session->selection.pipe.interval,
		.offset = offset,
		.requested = requested,
		.actual = packet->length,
		.status = packet->status,
		.trust = completion->trust,
		.gap = number ? 0 : completion->gap,
		.inner_gap = number ? 0 : completion->inner_gap,
	};

	tally_packet(&session->tally, packet->status, requested, packet->length);
	if (session->index)
		index_add(session->index, &entry);
}

static const char *interruption(int error)
{
	switch (error) {
	case EHOSTUNREACH:
		return "the system or the device went to sleep";
	case ENETRESET:
		return "the device was reset";
	case ECONNRESET:
		return "the stream was aborted, or the alternate setting changed";
	case ENODEV:
		return "the device has gone";
	case ENOSPC:
		return "the bus has not enough bandwidth";
	case ESTALE:
		return "the pipe has gone with a change of the alternate setting";
	default:
		return strerror(error);
	}
}

enum session_wait session_interrupted(struct session *session, int error, int *code)
{
	bool goes_on = error == EHOSTUNREACH || error == ENETRESET;

	progress_interrupt(&session->progress);
	session->tally.interruptions++;
	if (goes_on && !wiso_stream_start(session->stream)) {
		note("%s: %s; going on", session->path.s, interruption(error));
		return SESSION_AGAIN;
	}
	*code = fail("%s: %s", session->path.s, interruption(error));
	return SESSION_OVER;
}

enum session_wait session_acquire(struct session *session, struct wiso_slot **slot, int *code)
{
	*slot = wiso_stream_acquire(session->stream, WAIT_MS);
	progress_tick(&session->progress, &session->tally);
	if (*slot)
		return SESSION_READY;
	if (errno != ETIMEDOUT && errno != EINTR && errno != EAGAIN)
		return session_interrupted(session, errno, code);
	if (clock_ns() < session->deadline_ns)
		return SESSION_AGAIN;
	progress_interrupt(&session->progress);
	*code = fail("%s: the stream did not come to its end in time", session->path.s);
	return SESSION_OVER;
}
