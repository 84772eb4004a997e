// SPDX-License-Identifier: MIT
/* Requests come from a pool and keep their memory: nothing is allocated in a running stream. */
#include "internal.h"

#include <stdlib.h>

struct urb *urb_get(struct sim *sim)
{
	struct urb *urb = sim->pool, kept;

	if (!urb)
		return calloc(1, sizeof(*urb));
	sim->pool = urb->next;
	kept = *urb;
	*urb = (struct urb){
		.data = kept.data,
		.data_room = kept.data_room,
		.packets = kept.packets,
		.packet_room = kept.packet_room,
	};
	return urb;
}

void urb_put(struct sim *sim, struct urb *urb)
{
	urb->next = sim->pool;
	sim->pool = urb;
}

bool urb_room(struct urb *urb, size_t data, size_t packets)
{
	void *more;

	if (data > urb->data_room) {
		more = realloc(urb->data, data);
		if (!more)
			return false;
		urb->data = more;
		urb->data_room = data;
	}
	if (packets > urb->packet_room) {
		more = realloc(urb->packets, packets * sizeof(*urb->packets));
		if (!more)
			return false;
		urb->packets = more;
		urb->packet_room = packets;
	}
	return true;
}

void urb_free_pool(struct sim *sim)
{
	struct urb *urb;

	while ((urb = sim->pool)) {
		sim->pool = urb->next;
		free(urb->data);
		free(urb->packets);
		free(urb);
	}
}
