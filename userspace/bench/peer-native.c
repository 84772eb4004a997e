// SPDX-License-Identifier: MIT
/* libwinusb-iso: a stream. */
#include "bench.h"

#include <stdlib.h>

#include <winusb-iso.h>

struct state {
	struct wiso_device *dev;
	struct wiso_stream *stream;
};

static void open_stream(struct job *job)
{
	struct state *state = calloc(1, sizeof(*state));

	job->state = state;
	state->dev = wiso_open(job->node, 0);
	if (!state->dev || wiso_set_alternate(state->dev, job->alternate) < 0)
		die("wiso_open %s: %m", job->node);
	state->stream = wiso_stream_open(state->dev, job->endpoint, job->packets, job->depth, 0);
	if (!state->stream)
		die("wiso_stream_open: %m");
	if (job->batch > 1 && wiso_stream_set_batch(state->stream, job->batch))
		die("wiso_stream_set_batch: %m");
}

static void run(struct job *job, uint64_t until)
{
	struct state *state = job->state;

	while (job->done < until) {
		struct wiso_slot *slot = wiso_stream_acquire(state->stream, -1);

		if (!slot)
			die("wiso_stream_acquire: %m");
		if (job_is_in(job) || slot->num_packets) {
			job->gaps += slot->completion.gap;
			job_done(job, slot->completion.status != 0, slot->completion.error_count);
		}
		if (job_is_in(job) ? wiso_stream_release(state->stream, slot) :
				     wiso_stream_submit(state->stream, slot, slot->capacity))
			die("wiso_stream: %m");
	}
}

static void close_stream(struct job *job)
{
	struct state *state = job->state;

	wiso_close(state->dev);
	free(state);
}

const struct peer peer_native = {
	.name = "winusb-iso",
	.driver = "winusb_iso",
	.open = open_stream,
	.run = run,
	.close = close_stream,
};
