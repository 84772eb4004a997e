// SPDX-License-Identifier: MIT
/* One packet in its service interval: the length it gets, what happens to it, who counts it. */
#include "internal.h"

static void carry_in(struct pipe *pipe, struct urb *urb, struct usbip_packet *packet,
		     uint64_t counter)
{
	uint32_t length;

	if (pipe->loop_from && pipe->endpoint->type != SIM_ISO)
		return; /* plain_go() has filled it */
	if (pipe->loop_from)
		loop_get(pipe->loop_from, counter - pipe->endpoint->loop_delay,
			 urb->data + packet->offset, packet->length, &length);
	else
		length = function_length(pipe, counter, packet->length);
	packet->status = 0;
	packet->actual = length;
	if (length <= packet->length)
		return;
	/* The device does not know what the host asked for; a longer packet is babble. */
	packet->status = pipe->endpoint->clip ? 0 : -EOVERFLOW;
	packet->actual = pipe->endpoint->clip ? packet->length : 0;
}

static void count(struct pipe *pipe, const struct usbip_packet *packet, uint64_t counter)
{
	struct sim_pipe_stats *stats = &pipe->stats;

	if (stats->packets == 0)
		stats->first_counter = counter;
	stats->last_counter = counter;
	stats->packets++;
	stats->bytes += packet->actual;
	stats->errors += packet->status != 0;
}

static void count_in(struct pipe *pipe, const struct usbip_packet *packet, uint64_t counter)
{
	if (packet->status) {
		pipe->stats.bad++;
		return;
	}
	pipe->stats.good++;
	pipe->stats.empty += packet->actual == 0;
	function_count_missing(pipe, counter);
}

static void take_out(struct pipe *pipe, struct urb *urb, const struct usbip_packet *packet,
		     uint64_t counter)
{
	const uint8_t *data = urb->data + packet->offset;

	if (packet->status)
		return;
	if (pipe->feeds_loop) { /* plain_go() has taken it */
		pipe->stats.good++;
		return;
	}
	if (!pipe->store.entry) {
		function_sink(pipe, data, packet->actual, counter);
		if (pipe->endpoint->type != SIM_ISO && packet->actual)
			pipe->stats.empty += plain_ends_empty(pipe, urb);
		return;
	}
	function_count_missing(pipe, counter);
	pipe->stats.good++;
	loop_put(pipe, data, packet->actual, counter);
}

static void carry(struct sim *sim, struct pipe *pipe, struct urb *urb, struct usbip_packet *packet,
		  uint64_t counter)
{
	bool in = endpoint_is_in(pipe->endpoint);

	if (in) {
		carry_in(pipe, urb, packet, counter);
	} else {
		packet->status = 0;
		packet->actual = packet->length;
	}
	if (sim->n_faults)
		faults_at_packet(sim, pipe, urb, packet, counter);
	count(pipe, packet, counter);
	if (in)
		count_in(pipe, packet, counter);
	else
		take_out(pipe, urb, packet, counter);
}

void packet_carry(struct sim *sim, struct pipe *pipe, struct urb *urb, uint32_t number)
{
	struct usbip_packet *packet = &urb->packets[number];
	uint64_t slot = urb->slot + (uint64_t)number * pipe->interval;

	if (slot < urb->late_before) {
		packet->actual = 0;
		packet->status = -EXDEV;
		pipe->stats.errors++;
	} else {
		carry(sim, pipe, urb, packet, slot / pipe->interval);
	}
	pipe->index++;
	urb->actual += packet->actual;
	urb->errors += packet->status != 0;
}
