// SPDX-License-Identifier: GPL-2.0-only
/* Slots, lateness, counter wrap and bandwidth of isochronous endpoints: arithmetic only. */

#include <linux/errno.h>

#include "dummy_iso_sched.h"

/**
 * dummy_iso_slot_from - an endpoint's first slot
 * @beat: the endpoint's
 * @uframe: not before this microframe
 *
 * Return: the slot, a microframe.
 */
u64 dummy_iso_slot_from(const struct dummy_iso_beat *beat, u64 uframe)
{
	u64 mask = (1ULL << beat->shift) - 1;

	return uframe + ((beat->phase - uframe) & mask);
}

/**
 * dummy_iso_slots_before - how many slots begin before a microframe
 * @beat: the endpoint's
 * @slot: the first slot to count
 * @uframe: slots from here on do not count
 *
 * Return: their number, 0 if @slot is not before @uframe.
 */
u64 dummy_iso_slots_before(const struct dummy_iso_beat *beat, u64 slot,
			   u64 uframe)
{
	if (slot >= uframe)
		return 0;
	return ((uframe - slot - 1) >> beat->shift) + 1;
}

/**
 * dummy_iso_place - the slots of an URB, as usb_submit_urb() describes them
 * @beat: the endpoint's
 * @ask: the URB and the state of its endpoint
 * @place: the result
 *
 * Return: 0, or -EFBIG if it would end beyond the horizon.
 */
int dummy_iso_place(const struct dummy_iso_beat *beat,
		    const struct dummy_iso_ask *ask,
		    struct dummy_iso_place *place)
{
	u64 passed, end;

	place->slot = ask->next;
	if (!ask->queued || (ask->asap && ask->next < ask->now))
		place->slot = dummy_iso_slot_from(beat,
						  ask->now + ask->threshold);
	passed = dummy_iso_slots_before(beat, place->slot, ask->now);
	place->late = passed < ask->packets ? passed : ask->packets;
	end = place->slot + ((u64)(ask->packets - 1) << beat->shift) +
	      beat->width;
	return end > ask->now + ask->horizon ? -EFBIG : 0;
}

/**
 * dummy_iso_frame - a microframe as the frame counter tells it
 * @uframe: unwrapped
 * @width: 8 for frames, 1 for microframes
 * @wrap_bits: log2 of the microframes after which the counter starts again
 *
 * Return: the (micro)frame number.
 */
u32 dummy_iso_frame(u64 uframe, unsigned int width, unsigned int wrap_bits)
{
	return ((u32)uframe & ((1U << wrap_bits) - 1)) / width;
}

/* Bytes as bit times, with bit stuffing (USB 2.0, 5.11.3), not for the worst case. */
static u32 bit_times(unsigned int bytes)
{
	return 7 * 8 * bytes / 6;
}

/**
 * dummy_iso_full_speed_ns - bus time of a full-speed isochronous transaction
 * @in: towards the host
 * @bytes: payload
 *
 * As usb_calc_bus_time() has it.
 *
 * Return: nanoseconds.
 */
u32 dummy_iso_full_speed_ns(bool in, unsigned int bytes)
{
	u32 data = 8354 * (31 + 10 * bit_times(bytes)) / 1000;

	return (in ? 7268 : 6265) + 1000 + data;
}

/**
 * dummy_iso_high_speed_ns - bus time of a high-speed service interval
 * @maxp: payload of a transaction
 * @transactions: of a microframe, 1 to 3
 *
 * Return: nanoseconds.
 */
u32 dummy_iso_high_speed_ns(unsigned int maxp, unsigned int transactions)
{
	u32 one = (38 * 8 * 2083 + 2083 * (3 + bit_times(maxp))) / 1000 + 5;

	return one * transactions;
}

/**
 * dummy_iso_super_speed_bytes - what a SuperSpeed service interval takes
 * @bytes: wBytesPerInterval
 * @maxp: payload of a packet
 *
 * Return: bytes with the headers and framing of each data packet.
 */
u32 dummy_iso_super_speed_bytes(unsigned int bytes, unsigned int maxp)
{
	return bytes + 32 * ((bytes + maxp - 1) / maxp);
}

static u32 step_of(const struct dummy_iso_beat *beat)
{
	return beat->shift < 6 ? 1U << beat->shift : DUMMY_ISO_TABLE;
}

static bool fits(const u32 *table, u32 first, u32 step, u32 room)
{
	u32 i;

	for (i = first % step; i < DUMMY_ISO_TABLE; i += step)
		if (table[i] > room)
			return false;
	return true;
}

/**
 * dummy_iso_find_phase - find room in the schedule for an endpoint
 * @table: what is taken of each microframe
 * @beat: the endpoint's; its phase is the result
 * @earliest: the first slot should be as soon as possible after this
 * @cost: what the endpoint takes of a slot
 * @budget: what there is
 *
 * Return: 0, or -ENOSPC.
 */
int dummy_iso_find_phase(const u32 *table, struct dummy_iso_beat *beat,
			 u64 earliest, u32 cost, u32 budget)
{
	u32 step = step_of(beat), tried;
	u64 slot = earliest + (-earliest & (beat->width - 1));

	if (cost > budget)
		return -ENOSPC;
	for (tried = 0; tried < step; tried += beat->width) {
		if (fits(table, (slot + tried) % DUMMY_ISO_TABLE, step,
			 budget - cost)) {
			beat->phase = (slot + tried) &
				      ((1U << beat->shift) - 1);
			return 0;
		}
	}
	return -ENOSPC;
}

/**
 * dummy_iso_reserve - take bandwidth
 * @table: what is taken of each microframe
 * @beat: the endpoint's
 * @cost: what it takes of a slot
 */
void dummy_iso_reserve(u32 *table, const struct dummy_iso_beat *beat, u32 cost)
{
	u32 i, step = step_of(beat);

	for (i = beat->phase % step; i < DUMMY_ISO_TABLE; i += step)
		table[i] += cost;
}

/**
 * dummy_iso_release - give bandwidth back
 * @table: what is taken of each microframe
 * @beat: the endpoint's
 * @cost: what it took of a slot
 */
void dummy_iso_release(u32 *table, const struct dummy_iso_beat *beat, u32 cost)
{
	u32 i, step = step_of(beat);

	for (i = beat->phase % step; i < DUMMY_ISO_TABLE; i += step)
		table[i] -= cost;
}
