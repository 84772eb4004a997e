/* SPDX-License-Identifier: GPL-2.0-only */
/* Slots, lateness, counter wrap and bandwidth of isochronous endpoints: arithmetic only. */
#ifndef DUMMY_ISO_SCHED_H
#define DUMMY_ISO_SCHED_H

#include <linux/types.h>

/* Microframes that the bandwidth is kept for; longer periods count as this one. */
#define DUMMY_ISO_TABLE	64

/**
 * struct dummy_iso_beat - when an endpoint may use the bus
 * @shift: log2 of its service interval in microframes.
 * @width: microframes that a packet takes: 8 at full speed, else 1.
 * @phase: a slot is a microframe that is this modulo the service interval.
 */
struct dummy_iso_beat {
	u8 shift;
	u8 width;
	u32 phase;
};

/**
 * struct dummy_iso_ask - an URB that wants its slots
 * @now: the microframe in progress; slots before it have passed.
 * @next: the slot after the last queued packet; only if @queued.
 * @threshold: a new stream starts that many microframes after @now.
 * @horizon: the last packet has to end that many microframes after @now.
 * @packets: how many slots.
 * @queued: the endpoint is not idle.
 * @asap: URB_ISO_ASAP.
 */
struct dummy_iso_ask {
	u64 now;
	u64 next;
	u32 threshold;
	u32 horizon;
	u32 packets;
	bool queued;
	bool asap;
};

/**
 * struct dummy_iso_place - the slots that it gets
 * @slot: of its first packet.
 * @late: so many packets at its beginning have lost their slot.
 */
struct dummy_iso_place {
	u64 slot;
	u32 late;
};

u64 dummy_iso_slot_from(const struct dummy_iso_beat *beat, u64 uframe);
u64 dummy_iso_slots_before(const struct dummy_iso_beat *beat, u64 slot,
			   u64 uframe);
int dummy_iso_place(const struct dummy_iso_beat *beat,
		    const struct dummy_iso_ask *ask,
		    struct dummy_iso_place *place);
u32 dummy_iso_frame(u64 uframe, unsigned int width, unsigned int wrap_bits);

u32 dummy_iso_full_speed_ns(bool in, unsigned int bytes);
u32 dummy_iso_high_speed_ns(unsigned int maxp, unsigned int transactions);
u32 dummy_iso_super_speed_bytes(unsigned int bytes, unsigned int maxp);
int dummy_iso_find_phase(const u32 *table, struct dummy_iso_beat *beat,
			 u64 earliest, u32 cost, u32 budget);
void dummy_iso_reserve(u32 *table, const struct dummy_iso_beat *beat, u32 cost);
void dummy_iso_release(u32 *table, const struct dummy_iso_beat *beat, u32 cost);

/*
 * What periodic transfers may take: USB 2.0, 5.6.4; of SuperSpeed, as xhci-hcd
 * has it (SS_BW_RESERVED).
 */
#define DUMMY_ISO_FULL_SPEED_BUDGET	900000		/* ns: 90 % of a frame */
#define DUMMY_ISO_HIGH_SPEED_BUDGET	100000		/* ns: 80 % of a microframe */
#define DUMMY_ISO_SUPER_SPEED_BUDGET	56250		/* bytes: 90 % of 62500 */

#endif
