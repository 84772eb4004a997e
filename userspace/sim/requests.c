// SPDX-License-Identifier: MIT
/* Vendor and class requests: what tests of control transfers need, and Microsoft's. */
#include "internal.h"

#include <string.h>

enum { FOR_EVER = 0xffff };

static int store(struct sim *sim, struct urb *urb, const struct setup *setup)
{
	if (setup->type & 0x80) {
		memcpy(urb->data, sim->stored, sim->stored_length);
		urb->actual = sim->stored_length;
		return 0;
	}
	sim->stored_length = urb->length < setup->length ? urb->length : setup->length;
	memcpy(sim->stored, urb->data, sim->stored_length);
	return 0;
}

static void slow(struct urb *urb, const struct setup *setup)
{
	if (setup->value == FOR_EVER)
		urb->held = true;
	else
		urb->delay_ns = setup->value * 1000000u;
}

static int halt(struct sim *sim, const struct setup *setup)
{
	struct pipe *pipe = pipe_find(sim, (uint8_t)setup->index);

	if (!pipe || pipe->endpoint->type == SIM_ISO)
		return -EPIPE;
	plain_halt(sim, pipe);
	return 0;
}

/* 0 or -EPIPE; data and delay are in the request. */
int request_handle(struct sim *sim, struct urb *urb, const struct setup *setup)
{
	size_t length = ms_os_request(sim, setup, urb->data, urb->data_room);

	if (length) {
		urb->actual = (uint32_t)length;
		return 0;
	}
	switch (setup->request) {
	case SIM_REQUEST_SLOW:
		slow(urb, setup);
		return store(sim, urb, setup);
	case SIM_REQUEST_STORE:
		return store(sim, urb, setup);
	case SIM_REQUEST_HALT:
		return halt(sim, setup);
	case SIM_REQUEST_SETUP:
		memcpy(urb->data, urb->setup, sizeof(urb->setup));
		urb->actual = sizeof(urb->setup);
		return 0;
	}
	return -EPIPE; /* SIM_REQUEST_STALL, and all others */
}
