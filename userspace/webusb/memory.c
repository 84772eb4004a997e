// SPDX-License-Identifier: MIT
/*
 * Registered buffers of a pipe. Each part of a transfer takes one and gives it back, so
 * that a stream goes round in the same few; a pipe never has more than it needs for a
 * good while ahead.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

#define PIPE_BYTES     16777216u /* of parts that the driver has: 42 ms at 400 MB/s */
#define PIPE_BUFFERS   512u	 /* 64 ms of parts with a single packet of 125 us */
#define SMALLEST       4096u
#define FEWEST_PACKETS 64u

static uint32_t round_up(uint32_t value, uint32_t least)
{
	uint32_t rounded = least;

	while (rounded < value)
		rounded *= 2;
	return rounded;
}

static void forget(struct wusb_pipe *pipe, struct wusb_memory *memory)
{
	pipe->bytes -= memory->size;
	pipe->buffers--;
	wiso_buffer_unregister(memory->buffer);
	free(memory);
}

void wusb_memory_trim(struct wusb_pipe *pipe)
{
	while (pipe->idle) {
		struct wusb_memory *memory = pipe->idle;

		pipe->idle = memory->next;
		forget(pipe, memory);
	}
}

static struct wusb_memory *take_idle(struct wusb_pipe *pipe, uint32_t bytes, uint32_t packets)
{
	for (struct wusb_memory **at = &pipe->idle; *at; at = &(*at)->next) {
		struct wusb_memory *memory = *at;

		if (memory->size < bytes || wiso_buffer_num_packets(memory->buffer) < packets)
			continue;
		*at = memory->next;
		return memory;
	}
	return NULL;
}

static struct wusb_memory *register_memory(struct wusb_session *session, struct wusb_pipe *pipe,
					   uint32_t bytes, uint32_t packets)
{
	struct wusb_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->size = bytes;
	memory->generation = session->generation;
	memory->buffer = wiso_buffer_register(session->dev, pipe->info.address, bytes, packets);
	if (!memory->buffer) {
		free(memory);
		return NULL;
	}
	pipe->bytes += bytes;
	pipe->buffers++;
	return memory;
}

static bool is_short_of_memory(int error)
{
	return error == ENOMEM || error == EDQUOT || error == EMFILE;
}

/*
 * NULL with EAGAIN: as soon as a part of this pipe comes back there is some. Memory that
 * lies idle, of wrong size or on other pipes, is given back before anything fails.
 */
struct wusb_memory *wusb_memory_get(struct wusb_session *session, struct wusb_pipe *pipe,
				    uint32_t bytes, uint32_t packets)
{
	struct wusb_memory *memory;

	bytes = round_up(bytes, SMALLEST);
	packets = packets ? round_up(packets, FEWEST_PACKETS) : 0;
	memory = take_idle(pipe, bytes, packets);
	if (memory)
		return memory;
	if (pipe->bytes + bytes > PIPE_BYTES || pipe->buffers >= PIPE_BUFFERS)
		wusb_memory_trim(pipe);
	if (pipe->parts && (pipe->bytes + bytes > PIPE_BYTES || pipe->buffers >= PIPE_BUFFERS)) {
		errno = EAGAIN;
		return NULL;
	}
	memory = register_memory(session, pipe, bytes, packets);
	if (memory || !is_short_of_memory(errno))
		return memory;
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		wusb_memory_trim(&session->pipes[i]);
	memory = register_memory(session, pipe, bytes, packets);
	if (!memory && is_short_of_memory(errno) && pipe->parts)
		errno = EAGAIN;
	return memory;
}

void wusb_memory_put(struct wusb_session *session, struct wusb_pipe *pipe,
		     struct wusb_memory *memory)
{
	if (memory->generation != session->generation || session->gone) {
		forget(pipe, memory);
		return;
	}
	memory->next = pipe->idle;
	pipe->idle = memory;
}
