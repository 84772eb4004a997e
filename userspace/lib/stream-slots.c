// SPDX-License-Identifier: MIT
/* The caller's side of a stream: acquire, release, submit. */
#include <errno.h>

#include "stream.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Would acquire give or say something without waiting? */
bool wiso_stream_has_news(const struct wiso_stream *stream)
{
	if (stream->error && (!stream->in || !stream->in_flight))
		return true;
	return stream->ready.first || stream->held == stream->transfers;
}

static bool acquire_ready(void *arg)
{
	struct wiso_stream *stream = arg;

	if (wiso_stream_has_news(stream))
		return true;
	/* OUT: the caller holds so many slots that the threshold is out of reach. */
	if (!stream->running && !stream->error && !stream->in_flight && stream->queue.count)
		wiso_stream_begin(stream);
	return false;
}

/* The slot that was asked for, or why there will be none. */
static struct wiso_stream_slot *take_ready(struct wiso_stream *stream)
{
	struct wiso_stream_slot *slot = NULL;

	if (stream->in || !stream->error)
		slot = wiso_slots_take(&stream->ready);
	if (!slot) {
		errno = stream->error ? stream->error : EDEADLK;
		return NULL;
	}
	slot->state = WISO_SLOT_HELD;
	stream->held++;
	return slot;
}

/* OUT: so that a break is noticed while there are free slots. IN: see below. */
static void collect_available(struct wiso_stream *stream)
{
	struct wiso_device *dev = stream->dev;

	wiso_let_collect(dev);
	dev->collecting = stream;
	while (wiso_collect_one(dev) > 0)
		;
	dev->collecting = NULL;
}

static struct wiso_stream_slot *acquire_locked(struct wiso_stream *stream, int timeout_ms)
{
	struct wiso_wait wait = {
		.ready = acquire_ready,
		.arg = stream,
		.stream = stream,
		.timeout_ms = timeout_ms,
		.probe = !stream->in_flight,
		.batch = true,
	};

	if (!stream->in)
		collect_available(stream);
	else if (!stream->error)
		wiso_stream_begin(stream);
	if (wiso_wait(stream->dev, &wait) < 0)
		return NULL;
	return take_ready(stream);
}

struct wiso_slot *wiso_stream_acquire(struct wiso_stream *stream, int timeout_ms)
{
	struct wiso_stream_slot *slot;

	pthread_mutex_lock(&stream->dev->lock);
	slot = acquire_locked(stream, timeout_ms);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return slot ? &slot->public : NULL;
}

/* The pointer comes from the caller: it may be anything. */
static struct wiso_stream_slot *held_slot(struct wiso_stream *stream, struct wiso_slot *slot)
{
	uintptr_t first = (uintptr_t)stream->slots;
	uintptr_t offset = (uintptr_t)slot - first;
	size_t index = offset / sizeof(*stream->slots);

	if ((uintptr_t)slot < first || offset % sizeof(*stream->slots) ||
	    index >= stream->transfers)
		return NULL;
	return stream->slots[index].state == WISO_SLOT_HELD ? &stream->slots[index] : NULL;
}

/*
 * While the driver has half of the queue and more results wait, the caller is
 * about to come back: one system call then does for several slots.
 */
static bool can_wait(const struct wiso_stream *stream)
{
	const struct wiso_ring *ring = &stream->dev->ring;
	uint32_t uncollected = wiso_ring_uncollected(ring);
	uint64_t elsewhere = (uint64_t)uncollected + wiso_stream_unflushed(stream);

	return (uncollected || stream->ready.first) && stream->in_flight >= elsewhere &&
	       (stream->in_flight - elsewhere) * 2 >= stream->transfers;
}

/*
 * A consumer that fell behind until nothing is pending must not lose more by trying
 * to continue: collecting shows whether that is so.
 */
static void collect_if_maybe_idle(struct wiso_stream *stream)
{
	const struct wiso_ring *ring = &stream->dev->ring;
	uint32_t uncollected = wiso_ring_uncollected(ring);

	if (uncollected &&
	    stream->in_flight <= (uint64_t)uncollected + wiso_stream_unflushed(stream))
		collect_available(stream);
}

static int release_locked(struct wiso_stream *stream, struct wiso_slot *pointer)
{
	struct wiso_stream_slot *slot = held_slot(stream, pointer);

	if (!slot)
		return fail(EINVAL);
	stream->held--;
	if (!stream->in) {
		slot->state = WISO_SLOT_READY;
		wiso_slots_append(&stream->ready, slot);
		return 0;
	}
	collect_if_maybe_idle(stream);
	slot->state = WISO_SLOT_QUEUED;
	wiso_slots_append(&stream->queue, slot);
	wiso_stream_pump(stream);
	if (!can_wait(stream))
		wiso_flush_all(stream->dev);
	return 0;
}

int wiso_stream_release(struct wiso_stream *stream, struct wiso_slot *slot)
{
	int ret;

	pthread_mutex_lock(&stream->dev->lock);
	ret = release_locked(stream, slot);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}

/* IN: as if it had not been acquired. */
void wiso_stream_put_back(struct wiso_stream *stream, struct wiso_slot *slot)
{
	struct wiso_slot_list one = { 0 };
	struct wiso_stream_slot *held;

	pthread_mutex_lock(&stream->dev->lock);
	held = held_slot(stream, slot);
	held->state = WISO_SLOT_READY;
	stream->held--;
	wiso_slots_append(&one, held);
	wiso_slots_prepend_all(&stream->ready, &one);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
}

static struct wiso_stream_slot *check_submit(struct wiso_stream *stream, struct wiso_slot *slot)
{
	struct wiso_stream_slot *held = stream->in ? NULL : held_slot(stream, slot);

	if (held)
		collect_available(stream);
	if (held && !stream->error)
		return held;
	errno = held ? stream->error : EINVAL;
	return NULL;
}

static void send(struct wiso_stream *stream, struct wiso_stream_slot *slot)
{
	stream->held--;
	slot->state = WISO_SLOT_QUEUED;
	wiso_slots_append(&stream->queue, slot);
	wiso_stream_begin_if_primed(stream);
	wiso_stream_pump(stream);
	wiso_flush_all(stream->dev);
}

static int submit_locked(struct wiso_stream *stream, struct wiso_slot *pointer, size_t length)
{
	struct wiso_stream_slot *slot = check_submit(stream, pointer);
	uint32_t max = stream->pipe.max_bytes_per_interval;

	if (!slot)
		return -1;
	if (!length)
		return fail(EINVAL);
	if (length > stream->transfer_size)
		return fail(EMSGSIZE);
	slot->length = (uint32_t)length;
	slot->num_packets = (slot->length + max - 1) / max;
	slot->has_lengths = false;
	send(stream, slot);
	return 0;
}

int wiso_stream_submit(struct wiso_stream *stream, struct wiso_slot *slot, size_t length)
{
	int ret;

	pthread_mutex_lock(&stream->dev->lock);
	ret = submit_locked(stream, slot, length);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}

/* Copies the lengths; they may change under our hands. */
static int take_lengths(const struct wiso_stream *stream, struct wiso_stream_slot *slot,
			uint32_t num_packets)
{
	slot->length = 0;
	for (uint32_t i = 0; i < num_packets; i++) {
		uint32_t length = slot->public.packets[i].length;

		if (length > stream->pipe.max_bytes_per_interval)
			return fail(EMSGSIZE);
		slot->lengths[i] = length;
		slot->length += length;
	}
	return 0;
}

static int submit_packets_locked(struct wiso_stream *stream, struct wiso_slot *pointer,
				 uint32_t num_packets)
{
	struct wiso_stream_slot *slot = check_submit(stream, pointer);

	if (!slot)
		return -1;
	if (!num_packets || num_packets > stream->packets)
		return fail(EINVAL);
	if (take_lengths(stream, slot, num_packets) < 0)
		return -1;
	slot->num_packets = num_packets;
	slot->has_lengths = true;
	send(stream, slot);
	return 0;
}

int wiso_stream_submit_packets(struct wiso_stream *stream, struct wiso_slot *slot,
			       uint32_t num_packets)
{
	int ret;

	pthread_mutex_lock(&stream->dev->lock);
	ret = submit_packets_locked(stream, slot, num_packets);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}
