// SPDX-License-Identifier: MIT
/*
 * How a stream runs: the first transfer without CONTINUE, all others with it, so
 * that the driver can never hide a hole. A hole breaks the stream: the driver
 * sends back unsent (-EXDEV) what was queued behind it, and it is queued again,
 * again with a first one that starts a stream.
 *
 * IN does that at once: one slot is as good as another. OUT waits until all have
 * come back, so that no transfer overtakes another, and until enough of them are
 * there to bridge the next pause (the threshold).
 */
#include <errno.h>

#include "stream.h"

#define CANCEL_PATIENCE_MS 2000

void wiso_stream_begin(struct wiso_stream *stream)
{
	if (stream->running)
		return;
	stream->running = true;
	stream->fresh = true;
	stream->error = 0;
	stream->generation++;
	wiso_stream_pump(stream);
}

/*
 * OUT starts with a threshold's worth of transfers; with less, once no more can
 * come before some have been sent, or none will.
 */
void wiso_stream_begin_if_primed(struct wiso_stream *stream)
{
	if (stream->in || stream->running || stream->error || stream->broken)
		return;
	if (!stream->queue.count)
		return;
	if (stream->queue.count >= stream->threshold || stream->draining)
		wiso_stream_begin(stream);
}

static void drop_unsent(struct wiso_stream *stream, struct wiso_slot_list *list)
{
	struct wiso_stream_slot *slot;

	while ((slot = wiso_slots_take(list))) {
		slot->state = WISO_SLOT_READY;
		slot->public.num_packets = 0;
		wiso_slots_append(&stream->ready, slot);
		stream->stats.dropped++;
	}
}

/* The stream does not go on by itself: stopped, or interrupted with error. */
void wiso_stream_end(struct wiso_stream *stream, int error)
{
	stream->running = false;
	stream->broken = false;
	stream->lost_place = false;
	stream->draining = false;
	stream->error = error;
	stream->generation++;
	if (stream->in)
		return;
	drop_unsent(stream, &stream->retry);
	drop_unsent(stream, &stream->queue);
}

/* Of a batch only the last one is to be told. */
static uint32_t sharing(const struct wiso_stream *stream, const struct wiso_stream_slot *slot)
{
	bool last = (slot - stream->slots) % stream->batch == stream->batch - 1;

	return stream->may_share && !last ? WINUSB_ISO_TRANSFER_NO_INTERRUPT : 0;
}

/* Not so many that the controller runs out of them before the program is woken. */
uint32_t wiso_stream_goal(const struct wiso_stream *stream)
{
	uint32_t most = stream->in_flight / 2;

	if (most > stream->batch)
		most = stream->batch;
	return most ? most : 1;
}

static void describe(const struct wiso_stream *stream, const struct wiso_stream_slot *slot,
		     struct winusb_iso_transfer *transfer)
{
	*transfer = (struct winusb_iso_transfer){
		.cookie = (uint64_t)(slot - stream->slots),
		.buffer = slot->buffer->handle,
		.flags = (stream->fresh ? 0 : WINUSB_ISO_TRANSFER_CONTINUE) |
			 sharing(stream, slot) |
			 (slot->has_lengths ? WINUSB_ISO_TRANSFER_PACKET_LENGTHS : 0),
		.offset = slot->offset,
		.length = slot->length,
		.first_packet = slot->first_packet,
		.num_packets = slot->num_packets,
	};
}

static void write_lengths(struct wiso_stream_slot *slot)
{
	for (uint32_t i = 0; i < slot->num_packets; i++)
		slot->public.packets[i].length = slot->lengths[i];
}

/* Of the ring that this stream uses. */
static struct wiso_outbox *outbox_of(struct wiso_stream *stream)
{
	return stream->ring.map ? &stream->ring.outbox : &stream->dev->ring.outbox;
}

/* Transfers that the driver has not taken yet. */
uint32_t wiso_stream_unflushed(const struct wiso_stream *stream)
{
	return wiso_outbox_waiting(stream->ring.map ? &stream->ring.outbox :
						      &stream->dev->ring.outbox);
}

static bool has_room(struct wiso_stream *stream)
{
	return wiso_stream_unflushed(stream) < outbox_of(stream)->entries;
}

static bool push(struct wiso_stream *stream, struct wiso_stream_slot *slot)
{
	struct winusb_iso_transfer transfer;

	if (!has_room(stream))
		return false;
	if (slot->has_lengths)
		write_lengths(slot);
	describe(stream, slot, &transfer);
	slot->continued = !stream->fresh;
	slot->generation = stream->generation;
	slot->place = stream->place;
	slot->state = WISO_SLOT_IN_FLIGHT;
	return wiso_outbox_push(outbox_of(stream), &transfer);
}

static void lose_place(struct wiso_stream *stream)
{
	stream->place++;
	stream->lost_place = true;
	stream->fresh = true;
	if (!stream->in)
		stream->broken = true;
}

/* OUT, and all have come back: what was not sent goes first the next time. */
static void mend(struct wiso_stream *stream)
{
	if (!stream->broken || stream->in_flight)
		return;
	stream->broken = false;
	stream->running = false;
	wiso_slots_prepend_all(&stream->queue, &stream->retry);
	wiso_stream_begin_if_primed(stream);
}

/* With nothing in flight there is nothing to continue: no need to try. */
static void notice_idle(struct wiso_stream *stream)
{
	if (!stream->running || stream->fresh || stream->in_flight || !stream->queue.first)
		return;
	lose_place(stream);
	mend(stream);
}

/* Puts in the ring what waits for it. Flushing is the caller's business. */
void wiso_stream_pump(struct wiso_stream *stream)
{
	notice_idle(stream);
	while (stream->running && !stream->broken && stream->queue.first) {
		if (!push(stream, stream->queue.first))
			return;
		wiso_slots_take(&stream->queue);
		stream->in_flight++;
		stream->stats.restarts += stream->lost_place;
		stream->lost_place = false;
		stream->fresh = false;
	}
}

/* Was anything of it on the bus? A refused transfer has no start. */
static bool was_carried(const struct winusb_iso_completion *completion)
{
	if (completion->flags & WINUSB_ISO_COMPLETION_NOT_SENT)
		return false;
	return !completion->status || completion->status == -EXDEV || completion->start_uframe ||
	       completion->actual_length;
}

static void count(struct wiso_stream_stats *stats, const struct winusb_iso_completion *completion)
{
	uint32_t bad = completion->error_count;

	stats->transfers++;
	stats->packets_bad += bad;
	stats->packets_ok += completion->num_packets > bad ? completion->num_packets - bad : 0;
	stats->bytes += completion->actual_length;
	stats->gaps += !!completion->gap + !!completion->inner_gap;
	stats->lost_intervals += (uint64_t)completion->gap + completion->inner_gap;
	stats->trust_exact += completion->trust == WINUSB_ISO_TRUST_EXACT;
	stats->trust_timed += completion->trust == WINUSB_ISO_TRUST_TIMED;
	stats->trust_unknown += completion->trust == WINUSB_ISO_TRUST_UNKNOWN;
}

static void react(struct wiso_stream *stream, const struct wiso_stream_slot *slot, int status)
{
	if (slot->generation != stream->generation || !status)
		return;
	if (status == -EXDEV && slot->continued) {
		if (slot->place == stream->place)
			lose_place(stream);
		return;
	}
	stream->stats.interruptions++;
	wiso_stream_end(stream, -status);
}

static void make_ready(struct wiso_stream *stream, struct wiso_stream_slot *slot,
		       const struct winusb_iso_completion *completion)
{
	slot->state = WISO_SLOT_READY;
	slot->public.completion = *completion;
	slot->public.num_packets = completion->num_packets;
	slot->public.sequence = stream->sequence++;
	wiso_slots_append(&stream->ready, slot);
	count(&stream->stats, completion);
}

static void return_unsent(struct wiso_stream *stream, struct wiso_stream_slot *slot, int status)
{
	stream->stats.not_sent += status == -EXDEV;
	if (stream->in) {
		slot->state = WISO_SLOT_QUEUED;
		wiso_slots_append(&stream->queue, slot);
	} else if (status == -EXDEV && stream->broken) {
		slot->state = WISO_SLOT_QUEUED;
		wiso_slots_append(&stream->retry, slot);
	} else {
		struct wiso_slot_list one = { 0 };

		wiso_slots_append(&one, slot);
		drop_unsent(stream, &one);
	}
}

static struct wiso_stream_slot *slot_of(struct wiso_stream *stream,
					const struct winusb_iso_completion *completion)
{
	struct wiso_stream_slot *slot;

	if (completion->cookie >= stream->transfers)
		return NULL;
	slot = &stream->slots[completion->cookie];
	return slot->state == WISO_SLOT_IN_FLIGHT ? slot : NULL;
}

void wiso_stream_completed(struct wiso_stream *stream,
			   const struct winusb_iso_completion *completion)
{
	struct wiso_stream_slot *slot = slot_of(stream, completion);

	if (!slot)
		return;
	stream->in_flight--;
	react(stream, slot, completion->status);
	if (was_carried(completion))
		make_ready(stream, slot, completion);
	else
		return_unsent(stream, slot, completion->status);
	mend(stream);
	wiso_stream_pump(stream);
	if (stream->dev->collecting != stream)
		wiso_stream_signal(stream);
}

static bool nothing_in_flight(void *arg)
{
	return !((struct wiso_stream *)arg)->in_flight;
}

static int abort_pipe(struct wiso_stream *stream)
{
	struct winusb_iso_pipe ask = { .pipe = stream->pipe.address };

	return wiso_sys_ioctl(stream->dev, WINUSB_ISO_IOC_ABORT_PIPE, &ask);
}

/*
 * Ends what is pending, and collects it. What is still in the ring must be taken
 * first, or the driver would start it later; full rings make that more than one
 * round. A pipe that has gone has nothing pending.
 */
int wiso_stream_cancel(struct wiso_stream *stream)
{
	struct wiso_wait wait = {
		.ready = nothing_in_flight,
		.arg = stream,
		.stream = stream,
		.timeout_ms = CANCEL_PATIENCE_MS,
	};
	int ret, error;
	bool progress;

	do {
		progress = wiso_flush_all(stream->dev) > 0;
		ret = abort_pipe(stream);
		error = errno;
		wiso_let_collect(stream->dev);
		while (wiso_collect_one(stream->dev) > 0)
			progress = true;
	} while (stream->in_flight && progress);
	if (stream->in_flight)
		wiso_wait(stream->dev, &wait);
	errno = error;
	return ret < 0 && error != ENOENT ? -1 : 0;
}
