// SPDX-License-Identifier: MIT
/* Replies to the host, right ones and - on request - wrong ones. */
#include "internal.h"

static uint32_t start_frame(const struct sim *sim, const struct urb *urb)
{
	unsigned int bits = sim->options.frame_wrap;

	if (sim->options.report_constant)
		return (uint32_t)sim->options.constant_start_frame;
	return (uint32_t)(urb->slot & ((1ULL << bits) - 1));
}

/* IN data is made here, straight into the output buffer. */
static void put_packet_data(uint8_t *out, const struct pipe *pipe, const struct urb *urb,
			    uint32_t number)
{
	const struct usbip_packet *packet = &urb->packets[number];
	uint64_t counter = urb->slot / pipe->interval + number;

	if (pipe->loop_from)
		memcpy(out, urb->data + packet->offset, packet->actual);
	else
		sim_pattern_fill(out, packet->actual, urb->address, counter);
	if (packet->status == -EILSEQ && packet->actual)
		out[0] ^= 0xff;
}

static void put_data(struct sim *sim, const struct urb *urb, uint8_t *out)
{
	struct pipe *pipe = pipe_find(sim, urb->address);
	uint32_t i;

	if (!pipe) {
		memcpy(out, urb->data, urb->actual);
		return;
	}
	for (i = 0; i < urb->n_packets; i++) {
		put_packet_data(out, pipe, urb, i);
		out += urb->packets[i].actual;
	}
}

static void drop_packets(struct urb *urb, int64_t count)
{
	while (count-- > 0 && urb->n_packets > 1)
		urb->actual -= urb->packets[--urb->n_packets].actual;
}

static void header_only(struct reply_plan *plan, int32_t packets, int32_t actual)
{
	plan->header.n_packets = packets;
	plan->header.actual = actual;
	plan->packets = plan->data = 0;
}

static void malform_header(const struct urb *urb, struct reply_plan *plan)
{
	switch (urb->malformed) {
	case FAULT_MORE_PACKETS: /* vhci_hcd takes such a count as 0 and reads no more */
		return header_only(plan, (int32_t)(urb->n_packets + urb->malformed_value), 0);
	case FAULT_NEGATIVE_COUNT:
		return header_only(plan, -1, -1);
	case FAULT_PACKET_NEGATIVE:
		plan->header.actual = 0;
		plan->data = 0;
		break;
	case FAULT_URB_STATUS:
		plan->header.status = (int32_t)urb->malformed_value;
		break;
	case FAULT_START_FRAME:
		plan->header.start_frame = (int32_t)urb->malformed_value;
		break;
	case FAULT_WRONG_SEQNUM:
		plan->header.seqnum += 0x10000000;
		break;
	case FAULT_HUGE_ACTUAL:
		plan->header.actual = (int32_t)urb->length + 1;
		break;
	case FAULT_BAD_COMMAND:
		plan->header.command = 9;
		break;
	case FAULT_GARBLE:
		garble_header(urb, plan);
		break;
	default:
		break;
	}
}

/* Moves @count bytes of packet @from's length to packet @to's: the sum stays. */
static void move_bytes(struct urb *urb, uint32_t from, uint32_t to, uint32_t count)
{
	if (count > urb->packets[from].actual)
		count = urb->packets[from].actual;
	urb->packets[from].actual -= count;
	urb->packets[to].actual += count;
}

static void malform_pair(struct urb *urb)
{
	struct usbip_packet *packet = urb->packets;
	uint32_t last = urb->n_packets - 1, i, value = (uint32_t)urb->malformed_value;

	switch (urb->malformed) {
	case FAULT_PACKET_OVERRUN:
		move_bytes(urb, 1, 0, packet[0].length - packet[0].actual + value);
		break;
	case FAULT_LAST_OVERRUN:
		move_bytes(urb, 0, last, packet[last].length - packet[last].actual + value);
		break;
	case FAULT_PACKET_NEGATIVE:
		for (i = 2; i <= last; i++)
			packet[i].actual = 0;
		packet[0].actual = UINT32_MAX;
		packet[1].actual = 1;
		break;
	default:
		break;
	}
}

static void malform_packets(struct urb *urb)
{
	struct usbip_packet *packet = urb->packets;

	if (urb->n_packets == 0)
		return;
	if (urb->malformed == FAULT_GARBLE)
		return garble_packets(urb);
	if (urb->n_packets > 1)
		malform_pair(urb);
	if (urb->malformed == FAULT_ODD_STATUS)
		packet[0].status = (int32_t)urb->malformed_value;
	if (urb->malformed == FAULT_ACTUAL_MISMATCH)
		packet[0].actual ^= 1;
	if (urb->malformed == FAULT_WILD_OFFSET)
		packet[urb->n_packets - 1].offset = (uint32_t)urb->malformed_value;
}

static struct reply_plan plan_reply(struct sim *sim, struct urb *urb)
{
	bool in = urb->address & 0x80;
	struct reply_plan plan = { .packets = urb->is_iso ? urb->n_packets : 0 };

	plan.data = in ? urb->actual : 0;
	plan.header = (struct usbip_reply){
		.command = USBIP_RET_SUBMIT,
		.seqnum = urb->seqnum,
		.status = urb->status,
		.actual = (int32_t)urb->actual,
		.n_packets = (int32_t)plan.packets,
		.start_frame = urb->is_iso ? (int32_t)start_frame(sim, urb) : 0,
		.error_count = urb->is_iso ? (int32_t)urb->errors : 0,
	};
	return plan;
}

static void write_reply(struct sim *sim, struct urb *urb, const struct reply_plan *plan)
{
	size_t size = USBIP_HEADER_SIZE + plan->data + (size_t)plan->packets * USBIP_PACKET_SIZE;
	uint8_t *out = link_reserve(sim, size);

	if (!out)
		return link_drop(sim);
	usbip_encode_reply(out, &plan->header);
	if (urb->malformed == FAULT_WRONG_DIRECTION)
		usbip_put32(out + 12, 7);
	if (plan->data)
		put_data(sim, urb, out + USBIP_HEADER_SIZE);
	if (urb->malformed == FAULT_GARBLE)
		garble_unread(urb, out);
	if (urb->malformed)
		malform_packets(urb);
	usbip_encode_packets(out + USBIP_HEADER_SIZE + plan->data, urb->packets, plan->packets);
	link_commit(sim, urb->malformed == FAULT_TRUNCATED ? size / 2 : size);
}

void reply_submit(struct sim *sim, struct urb *urb)
{
	struct reply_plan plan;

	if (urb->malformed == FAULT_GARBLE)
		garble_contents(urb);
	if (urb->malformed == FAULT_FEWER_PACKETS)
		drop_packets(urb, urb->malformed_value);
	if (urb->malformed == FAULT_PACKET_NEGATIVE && urb->n_packets < 2)
		urb->malformed = FAULT_NONE;
	plan = plan_reply(sim, urb);
	if (urb->malformed)
		malform_header(urb, &plan);
	write_reply(sim, urb, &plan);
	if (urb->malformed == FAULT_TWICE)
		write_reply(sim, urb, &plan);
	if (urb->malformed == FAULT_TRUNCATED)
		link_drop(sim);
}

void reply_unlink(struct sim *sim, uint32_t seqnum, int32_t status)
{
	struct usbip_reply reply = {
		.command = USBIP_RET_UNLINK,
		.seqnum = seqnum,
		.status = status,
	};
	uint8_t *out = link_reserve(sim, USBIP_HEADER_SIZE);

	if (!out)
		return link_drop(sim);
	usbip_encode_reply(out, &reply);
	link_commit(sim, USBIP_HEADER_SIZE);
}
