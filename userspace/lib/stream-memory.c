// SPDX-License-Identifier: MIT
/*
 * The memory of a stream: slots laid out in registered buffers. Several slots
 * share a buffer as long as it stays small, since large contiguous memory is
 * hard to get on a machine that has run for a while.
 */
#include <errno.h>
#include <stdlib.h>

#include "stream.h"

#define BUFFER_TARGET 0x40000u /* 256 KiB */
#define MOST_BUFFERS  256u     /* of WINUSB_ISO_MAX_BUFFERS */
/* The largest cache line that a transfer must not share with its neighbour. */
#define SLOT_ALIGN 128u

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t stride_of(const struct wiso_stream *stream)
{
	return (stream->transfer_size + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);
}

/* Most slots that the contract lets one buffer have. */
static uint32_t most_per_buffer(const struct wiso_stream *stream)
{
	uint32_t by_size =
		1 + (WINUSB_ISO_MAX_BUFFER_SIZE - stream->transfer_size) / stride_of(stream);

	return min_u32(by_size, WINUSB_ISO_MAX_BUFFER_PACKETS / stream->packets);
}

static uint32_t wanted_per_buffer(const struct wiso_stream *stream)
{
	uint32_t wanted = BUFFER_TARGET / stride_of(stream);
	uint32_t needed = (stream->transfers + MOST_BUFFERS - 1) / MOST_BUFFERS;

	if (wanted < needed)
		wanted = needed;
	if (!wanted)
		wanted = 1;
	return min_u32(min_u32(wanted, most_per_buffer(stream)), stream->transfers);
}

/* Fewer slots per buffer as long as memory is short. Updates *slots. */
static struct wiso_buffer *get_buffer(struct wiso_stream *stream, uint32_t *slots)
{
	for (;;) {
		uint32_t size = (*slots - 1) * stride_of(stream) + stream->transfer_size;
		struct wiso_buffer *buffer;

		buffer = wiso_buffer_register_locked(stream->dev, &stream->pipe, size,
						     *slots * stream->packets);
		if (buffer || errno != ENOMEM || *slots == 1)
			return buffer;
		*slots /= 2;
	}
}

static int init_slot(struct wiso_stream *stream, struct wiso_stream_slot *slot,
		     struct wiso_buffer *buffer, uint32_t index)
{
	slot->buffer = buffer;
	slot->offset = index * stride_of(stream);
	slot->first_packet = index * stream->packets;
	slot->public.data = buffer->data + slot->offset;
	slot->public.packets = buffer->packets + slot->first_packet;
	slot->public.capacity = stream->transfer_size;
	slot->public.max_packets = stream->packets;
	if (stream->in) {
		slot->num_packets = stream->packets;
		slot->length = stream->transfer_size;
		slot->state = WISO_SLOT_QUEUED;
		wiso_slots_append(&stream->queue, slot);
		return 0;
	}
	slot->lengths = calloc(stream->packets, sizeof(*slot->lengths));
	slot->state = WISO_SLOT_READY;
	wiso_slots_append(&stream->ready, slot);
	return slot->lengths ? 0 : -1;
}

static int fill_buffers(struct wiso_stream *stream)
{
	uint32_t per_buffer = wanted_per_buffer(stream);

	for (uint32_t done = 0; done < stream->transfers;) {
		uint32_t slots = min_u32(per_buffer, stream->transfers - done);
		struct wiso_buffer *buffer = get_buffer(stream, &slots);

		if (!buffer)
			return -1;
		per_buffer = min_u32(per_buffer, slots);
		stream->buffers[stream->num_buffers++] = buffer;
		buffer->stream = stream;
		for (uint32_t i = 0; i < slots; i++)
			if (init_slot(stream, &stream->slots[done++], buffer, i) < 0)
				return -1;
	}
	return 0;
}

int wiso_stream_get_memory(struct wiso_stream *stream)
{
	stream->slots = calloc(stream->transfers, sizeof(*stream->slots));
	stream->buffers = calloc(stream->transfers, sizeof(struct wiso_buffer *));
	if (!stream->slots || !stream->buffers)
		return -1;
	if (fill_buffers(stream) < 0)
		return -1;
	return wiso_pipe_ring_setup(stream->dev, &stream->ring, stream->pipe.address,
				    stream->transfers);
}

/* A buffer that the driver does not let go of stays until the device is closed. */
static void drop_buffer(struct wiso_buffer *buffer)
{
	buffer->stream = NULL;
	if (wiso_is_foreign(buffer->dev))
		wiso_buffer_free(buffer);
	else if (wiso_buffer_unregister_locked(buffer) < 0)
		buffer->orphan = true;
}

void wiso_stream_free_memory(struct wiso_stream *stream)
{
	wiso_pipe_ring_unmap(&stream->ring);
	for (uint32_t i = 0; i < stream->num_buffers; i++)
		drop_buffer(stream->buffers[i]);
	for (uint32_t i = 0; stream->slots && i < stream->transfers; i++)
		free(stream->slots[i].lengths);
	free(stream->buffers);
	free(stream->slots);
}
