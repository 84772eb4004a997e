// SPDX-License-Identifier: MIT
/* Streams for callers with memory of their own. */
#include <errno.h>
#include <string.h>

#include "stream.h"

/* Packets back to back, the room between short ones left out. */
static ssize_t copy_out(const struct wiso_slot *slot, unsigned char *data,
			struct winusb_iso_packet *packets)
{
	uint32_t done = 0;

	for (uint32_t i = 0; i < slot->num_packets; i++) {
		struct winusb_iso_packet packet = slot->packets[i];

		if (packet.offset > slot->capacity ||
		    packet.length > slot->capacity - packet.offset)
			packet.length = 0;
		memcpy(data + done, slot->data + packet.offset, packet.length);
		packet.offset = done;
		done += packet.length;
		if (packets)
			packets[i] = packet;
	}
	return (ssize_t)done;
}

ssize_t wiso_stream_read_transfer(struct wiso_stream *stream, void *data, size_t size,
				  struct winusb_iso_packet *packets,
				  struct winusb_iso_completion *completion, int timeout_ms)
{
	struct wiso_slot *slot;
	ssize_t bytes;

	if (!stream->in) {
		errno = EINVAL;
		return -1;
	}
	slot = wiso_stream_acquire(stream, timeout_ms);
	if (!slot)
		return -1;
	if (completion)
		*completion = slot->completion;
	if (slot->completion.actual_length > size) {
		wiso_stream_put_back(stream, slot);
		errno = EMSGSIZE;
		return -1;
	}
	bytes = copy_out(slot, data, packets);
	wiso_stream_release(stream, slot);
	return bytes;
}

static int check_lengths(const struct wiso_stream *stream, size_t size, const uint32_t *lengths,
			 uint32_t num_packets)
{
	uint64_t sum = 0;

	if (stream->in || (lengths ? !num_packets : num_packets || !size) ||
	    num_packets > stream->packets) {
		errno = EINVAL;
		return -1;
	}
	for (uint32_t i = 0; i < num_packets; i++)
		sum += lengths[i];
	if (lengths && sum != size) {
		errno = EBADMSG;
		return -1;
	}
	if (size > stream->transfer_size) {
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}

static int fill_and_submit(struct wiso_stream *stream, struct wiso_slot *slot, const void *data,
			   size_t size, const uint32_t *lengths, uint32_t num_packets)
{
	if (size)
		memcpy(slot->data, data, size);
	if (!lengths)
		return wiso_stream_submit(stream, slot, size);
	for (uint32_t i = 0; i < num_packets; i++)
		slot->packets[i].length = lengths[i];
	return wiso_stream_submit_packets(stream, slot, num_packets);
}

int wiso_stream_write_transfer(struct wiso_stream *stream, const void *data, size_t size,
			       const uint32_t *lengths, uint32_t num_packets, int timeout_ms)
{
	struct wiso_slot *slot;
	int error;

	if (check_lengths(stream, size, lengths, num_packets) < 0)
		return -1;
	slot = wiso_stream_acquire(stream, timeout_ms);
	if (!slot)
		return -1;
	if (!fill_and_submit(stream, slot, data, size, lengths, num_packets))
		return 0;
	error = errno;
	wiso_stream_release(stream, slot);
	errno = error;
	return -1;
}
