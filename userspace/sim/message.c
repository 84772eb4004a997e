// SPDX-License-Identifier: MIT
/* Requests of the host, part by part: header, OUT data, packet descriptors. Trusts none of it. */
#include "internal.h"

static void expect(struct sim *sim, enum link_state state, void *where, size_t size)
{
	sim->link.state = state;
	sim->link.destination = where;
	sim->link.need = size;
}

void message_begin(struct sim *sim)
{
	sim->link.urb = NULL;
	expect(sim, LINK_HEADER, sim->link.header, USBIP_HEADER_SIZE);
}

static int submit_is_sane(const struct usbip_header *h)
{
	if (h->ep > 15)
		return sim_fail(EPROTO, "host: endpoint %u does not exist", h->ep);
	if (h->length > SIM_MAX_TRANSFER)
		return sim_fail(EPROTO, "host: transfer of %u bytes is too long", h->length);
	if (h->n_packets > (int32_t)SIM_MAX_PACKETS || h->n_packets < -1)
		return sim_fail(EPROTO, "host: %d packets are not possible", h->n_packets);
	return 0;
}

static int begin_submit(struct sim *sim)
{
	const struct usbip_header *h = &sim->link.request;
	struct urb *urb;

	if (submit_is_sane(h))
		return -1;
	sim->link.urb = urb = urb_get(sim);
	if (!urb)
		return sim_fail(ENOMEM, "out of memory");
	urb->seqnum = h->seqnum;
	urb->flags = h->flags;
	urb->address = (uint8_t)(h->ep | (h->direction == USBIP_DIR_IN ? 0x80 : 0));
	urb->length = h->length;
	urb->requested_frame = h->start_frame;
	urb->is_iso = h->n_packets > 0 && h->ep != 0;
	urb->n_packets = urb->is_iso ? (uint32_t)h->n_packets : 0;
	memcpy(urb->setup, h->setup, sizeof(urb->setup));
	if (!urb_room(urb, h->length, urb->is_iso ? urb->n_packets : 1))
		return sim_fail(ENOMEM, "out of memory");
	return 0;
}

static int check_packets(const struct urb *urb)
{
	uint32_t i;

	for (i = 0; i < urb->n_packets; i++)
		if (urb->packets[i].length > urb->length ||
		    urb->packets[i].offset > urb->length - urb->packets[i].length)
			return sim_fail(EPROTO, "host: packet %u lies outside of its buffer", i);
	return 0;
}

static int finish_submit(struct sim *sim)
{
	struct urb *urb = sim->link.urb;

	message_begin(sim);
	return device_submit(sim, urb);
}

static int after_data(struct sim *sim)
{
	struct urb *urb = sim->link.urb;

	if (!urb->is_iso)
		return finish_submit(sim);
	expect(sim, LINK_PACKETS, urb->packets, (size_t)urb->n_packets * USBIP_PACKET_SIZE);
	return 0;
}

static int after_header(struct sim *sim)
{
	struct usbip_header *h = &sim->link.request;
	int result;

	usbip_decode_header(h, sim->link.header);
	if (h->command == USBIP_CMD_UNLINK) {
		result = device_unlink(sim, h);
		message_begin(sim);
		return result;
	}
	if (h->command != USBIP_CMD_SUBMIT)
		return sim_fail(EPROTO, "host: command %u is unknown", h->command);
	if (begin_submit(sim))
		return -1;
	if (h->direction == USBIP_DIR_IN || h->length == 0)
		return after_data(sim);
	expect(sim, LINK_DATA, sim->link.urb->data, h->length);
	return 0;
}

/* The part expected last is complete. -1: the host's message makes no sense. */
int message_part_done(struct sim *sim)
{
	switch (sim->link.state) {
	case LINK_HEADER:
		return after_header(sim);
	case LINK_DATA:
		return after_data(sim);
	case LINK_PACKETS:
		usbip_decode_packets(sim->link.urb->packets, sim->link.urb->n_packets);
		if (check_packets(sim->link.urb))
			return -1;
		return finish_submit(sim);
	}
	return -1;
}
