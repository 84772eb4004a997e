// SPDX-License-Identifier: MIT
/*
 * Replies by chance. What stock vhci_hcd would not survive is left out: packets keep the sum of
 * their lengths, and each lies within the transfer's buffer.
 */
#include "chance.h"
#include "internal.h"

enum { BEFORE, HEADER, PACKETS };

static int32_t odd_number(uint64_t *state)
{
	static const int32_t odd[] = {
		0,	 1,	  -1,	  -ENOENT,    -ECONNRESET, -ESHUTDOWN,
		-EPIPE,	 -EPROTO, -EXDEV, -EOVERFLOW, -EREMOTEIO,  -EINPROGRESS,
		-EAGAIN, -ENODEV, -4095,  -4096,      INT32_MIN,   INT32_MAX,
	};
	uint32_t choice = chance_below(state, 2 * sizeof(odd) / sizeof(odd[0]));

	return choice < sizeof(odd) / sizeof(odd[0]) ? odd[choice] : (int32_t)chance_next(state);
}

static uint64_t begin(const struct urb *urb, uint32_t stage)
{
	return chance_begin((uint32_t)urb->malformed_value, stage);
}

/* Fewer packets, or fewer bytes of a transfer that has none. */
void garble_contents(struct urb *urb)
{
	uint64_t state = begin(urb, BEFORE);
	uint32_t kept;

	if (!chance_one_in(&state, 4))
		return;
	if (urb->is_iso) {
		kept = 1 + chance_below(&state, urb->n_packets);
		while (urb->n_packets > kept)
			urb->actual -= urb->packets[--urb->n_packets].actual;
		return;
	}
	urb->actual = chance_below(&state, urb->actual + 1);
	if (urb->n_packets)
		urb->packets[0].actual = urb->actual;
}

/* Such counts are taken for 0, and nothing more is read. */
static void impossible_count(const struct urb *urb, struct reply_plan *plan, uint64_t *state)
{
	int32_t more = (int32_t)(urb->n_packets + 1 + chance_below(state, 1000));
	bool negative = chance_one_in(state, 2);

	plan->packets = plan->data = 0;
	plan->header.actual = 0;
	plan->header.n_packets = negative ? -more : more;
}

static void odd_length(const struct urb *urb, struct reply_plan *plan, uint64_t *state)
{
	bool in = urb->address & 0x80;

	/* What is longer than the buffer, or has packets that say otherwise, drops the device. */
	if (urb->is_iso && plan->packets)
		return;
	if (in) {
		plan->header.actual = -(int32_t)(1 + chance_below(state, 1u << 30));
		plan->data = 0;
	} else {
		plan->header.actual = odd_number(state);
	}
}

void garble_header(const struct urb *urb, struct reply_plan *plan)
{
	uint64_t state = begin(urb, HEADER);

	if (chance_one_in(&state, 4))
		plan->header.status = odd_number(&state);
	if (chance_one_in(&state, 4))
		plan->header.start_frame = odd_number(&state);
	if (chance_one_in(&state, 4))
		plan->header.start_frame ^= 1 << chance_below(&state, 8);
	if (chance_one_in(&state, 4))
		plan->header.error_count = odd_number(&state);
	if (urb->is_iso && chance_one_in(&state, 12))
		impossible_count(urb, plan, &state);
	if (chance_one_in(&state, 12))
		odd_length(urb, plan, &state);
}

/* @count bytes of one packet's length to another's, as far as the buffer goes. */
static void move_bytes(struct urb *urb, uint32_t from, uint32_t to, uint32_t count)
{
	struct usbip_packet *packet = urb->packets;
	uint32_t room = urb->length - packet[to].offset - packet[to].actual;

	if (from == to)
		return;
	if (count > packet[from].actual)
		count = packet[from].actual;
	if (count > room)
		count = room;
	packet[from].actual -= count;
	packet[to].actual += count;
}

static void garble_packet(struct urb *urb, uint32_t i, uint64_t *state)
{
	struct usbip_packet *packet = &urb->packets[i];

	switch (chance_below(state, 5)) {
	case 0:
	case 1:
		packet->status = odd_number(state);
		break;
	case 2:
		packet->length = (uint32_t)odd_number(state);
		break;
	case 3:
		packet->offset = chance_below(state, urb->length - packet->actual + 1);
		break;
	default:
		move_bytes(urb, i, chance_below(state, urb->n_packets),
			   1 + chance_below(state, packet->actual + 1));
	}
}

void garble_packets(struct urb *urb)
{
	uint64_t state = begin(urb, PACKETS);
	uint32_t count = chance_below(&state, 4);

	while (urb->is_iso && count--)
		garble_packet(urb, chance_below(&state, urb->n_packets), &state);
}

/* What vhci_hcd does not look at: device, direction, endpoint, and the bytes behind the reply. */
void garble_unread(const struct urb *urb, uint8_t *header)
{
	uint64_t state = begin(urb, PACKETS);
	unsigned int at;

	for (at = 8; at < 20; at += 4)
		usbip_put32(header + at, (uint32_t)odd_number(&state));
	for (at = 40; at < USBIP_HEADER_SIZE; at += 4)
		usbip_put32(header + at, chance_next(&state));
}

/* One of the ways to make it drop the device. */
enum fault_kind garble_link(uint32_t seed)
{
	uint64_t state = chance_begin(seed, 0);

	return FAULT_WRONG_SEQNUM + chance_below(&state, FAULT_TRUNCATED - FAULT_WRONG_SEQNUM + 1);
}

int32_t garble_unlink(uint32_t seed, int32_t status)
{
	uint64_t state = chance_begin(seed, 0);

	return chance_one_in(&state, 2) ? odd_number(&state) : status;
}
