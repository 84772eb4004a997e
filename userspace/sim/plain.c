// SPDX-License-Identifier: MIT
/*
 * Bulk and interrupt transfers: when they may go, and what they carry. One that may not is
 * answered with NAK: it waits, and those behind it.
 */
#include "internal.h"

#include <stdlib.h>

/* Bytes a bulk endpoint moves per frame or microframe: a bus with nothing else on it. */
static uint32_t bulk_capacity(enum sim_speed speed)
{
	return speed == SIM_FULL ? 1216 : speed == SIM_HIGH ? 6656 : 49152;
}

/* What a loop keeps before its OUT endpoint answers with NAK. */
#define FIFO_BYTES (4u << 20)

/* One OUT transfer on its way back. */
struct fifo_entry {
	struct fifo_entry *next;
	uint32_t length, taken;
	bool zero_packet; /* a packet of no length is to come, after the data */
	uint8_t data[];
};

static uint32_t rounded_up(uint32_t length, uint32_t unit)
{
	return (length + unit - 1) / unit * unit;
}

/* What the device sends when it is asked for so many bytes; more than that is babble. */
uint32_t plain_length(const struct pipe *pipe, uint64_t counter, uint32_t asked)
{
	uint32_t packet = pipe->payload, length = rounded_up(asked, packet);

	switch (pipe->endpoint->lengths) {
	case SIM_LENGTH_FIXED:
		return length < pipe->endpoint->length_fixed ? length :
							       pipe->endpoint->length_fixed;
	case SIM_LENGTH_RAMP:
		return (uint32_t)(counter % (packet + 1));
	case SIM_LENGTH_AUDIO44:
		return counter % 10 == 9 ? 180 : 176;
	case SIM_LENGTH_FULL:
		break;
	}
	return pipe->endpoint->type == SIM_BULK ? asked : length;
}

/* How many frames or microframes a transfer takes once it goes. */
uint64_t plain_span(const struct sim *sim, const struct pipe *pipe, const struct urb *urb)
{
	uint32_t capacity = bulk_capacity(sim->options.speed);
	uint64_t turns;

	if (pipe->loop_from)
		return 1 + pipe->endpoint->delay;
	if (pipe->endpoint->type != SIM_BULK)
		capacity = pipe->payload;
	turns = urb->length ? (urb->length + capacity - 1) / capacity : 1;
	return turns * pipe->interval + pipe->endpoint->delay;
}

/* --- loops --- */

/* Does an OUT transfer end with a packet of no length? */
bool plain_ends_empty(const struct pipe *pipe, const struct urb *urb)
{
	return !urb->length || (urb->flags & USBIP_URB_ZERO_PACKET &&
				urb->length % pipe->endpoint->packet_size == 0);
}

/* False: there is no room, or no memory, for it now. */
static bool fifo_put(struct pipe *pipe, const struct urb *urb)
{
	struct fifo *fifo = &pipe->fifo;
	struct fifo_entry *entry;

	if (fifo->head && fifo->bytes + urb->length > FIFO_BYTES)
		return false;
	entry = malloc(sizeof(*entry) + urb->length);
	if (!entry)
		return false;
	*entry = (struct fifo_entry){
		.length = urb->length,
		.zero_packet = plain_ends_empty(pipe, urb),
	};
	if (urb->length)
		memcpy(entry->data, urb->data, urb->length);
	if (fifo->tail)
		fifo->tail->next = entry;
	else
		fifo->head = entry;
	fifo->tail = entry;
	fifo->bytes += urb->length;
	return true;
}

static void fifo_pop(struct fifo *fifo)
{
	struct fifo_entry *entry = fifo->head;

	fifo->head = entry->next;
	if (!fifo->head)
		fifo->tail = NULL;
	fifo->bytes -= entry->length;
	free(entry);
}

void plain_forget(struct pipe *pipe)
{
	while (pipe->fifo.head)
		fifo_pop(&pipe->fifo);
}

/* Takes the next packet away, at most @room bytes of it; returns its length. */
static uint32_t fifo_packet(struct fifo *fifo, uint32_t most, uint8_t *out, uint32_t room)
{
	struct fifo_entry *entry = fifo->head;
	uint32_t length = entry->length - entry->taken;

	if (length > most)
		length = most;
	memcpy(out, entry->data + entry->taken, length < room ? length : room);
	entry->taken += length;
	if (length == 0)
		entry->zero_packet = false;
	if (entry->taken == entry->length && !entry->zero_packet)
		fifo_pop(fifo);
	return length;
}

/* Fills the transfer; false: more is to come. */
static bool loop_fill(struct pipe *pipe, struct urb *urb)
{
	struct usbip_packet *packet = &urb->packets[0];
	uint32_t most = pipe->endpoint->packet_size, length, room;
	struct fifo *fifo = &pipe->loop_from->fifo;

	while (fifo->head) {
		room = urb->length - packet->actual;
		length = fifo_packet(fifo, most, urb->data + packet->actual, room);
		if (length > room) {
			packet->status = -EOVERFLOW;
			return true;
		}
		packet->actual += length;
		if (length < most || packet->actual == urb->length)
			return true;
	}
	return false;
}

/* --- waiting --- */

static bool fails_behind_stall(const struct pipe *pipe, struct urb *urb)
{
	if (!pipe->halted || !pipe->runs_ahead)
		return false;
	urb->packets[0].status = -EPIPE;
	urb->refused = true;
	return true;
}

static bool may_go(struct sim *sim, struct pipe *pipe, struct urb *urb)
{
	bool in = endpoint_is_in(pipe->endpoint);

	if (fails_behind_stall(pipe, urb))
		return true;
	if (pipe->halted || urb->nak)
		return false;
	if (!urb->asked_nak && sim->n_faults) {
		urb->asked_nak = true;
		urb->nak = faults_nak(sim, pipe);
		if (urb->nak)
			return false;
	}
	if (in && pipe->loop_from)
		return loop_fill(pipe, urb);
	if (!in && pipe->feeds_loop)
		return fifo_put(pipe, urb);
	return true;
}

/* Whether the transfer whose turn it is may go now; one that waited goes at once. */
bool plain_go(struct sim *sim, struct pipe *pipe, struct urb *urb, uint64_t until)
{
	if (!may_go(sim, pipe, urb)) {
		urb->waits = true;
		return false;
	}
	if (urb->waits && until > urb->slot)
		urb->slot = until - 1;
	urb->waits = false;
	return true;
}

/* A halt strikes the transfer whose turn it is; those behind it wait. */
void plain_halt(struct sim *sim, struct pipe *pipe)
{
	struct urb *urb = pipe->head;

	pipe->halted = true;
	pipe->runs_ahead = false;
	while (urb && urb->done)
		urb = urb->next;
	if (!urb)
		return;
	urb->packets[0].status = -EPIPE;
	urb->actual = urb->packets[0].actual;
	urb->done = 1;
	urb->waits = false;
	urb->slot = sim->now_frame;
	pipe->stats.errors++;
}
