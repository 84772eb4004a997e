// SPDX-License-Identifier: MIT
/* dummy_iso_sched.c against the same things done the slow way. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a kernel source takes for granted. */
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#include "dummy_iso_sched.c"

#include "tap.h"

#define MANY 200000

/* Numbers that are the same in each run. */
static unsigned int chance(unsigned int below)
{
	static unsigned long long seed = 1;

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static struct dummy_iso_beat any_beat(void)
{
	struct dummy_iso_beat beat = { .width = chance(3) ? 1 : 8 };

	beat.shift = beat.width == 8 ? 3 + chance(5) : chance(8);
	beat.phase = chance(1 << beat.shift) & -(u32)beat.width;
	return beat;
}

static bool is_slot(const struct dummy_iso_beat *beat, u64 uframe)
{
	return (uframe & ((1U << beat->shift) - 1)) == beat->phase;
}

static void first_slot(void)
{
	struct dummy_iso_beat beat;
	u64 uframe, slot;
	int i;

	for (i = 0; i < MANY; i++) {
		beat = any_beat();
		uframe = ((u64)chance(1 << 20) << chance(30)) + chance(1000);
		for (slot = uframe; !is_slot(&beat, slot); slot++)
			;
		if (!EQUAL(dummy_iso_slot_from(&beat, uframe), slot))
			return;
	}
}

static void slots_before(void)
{
	struct dummy_iso_beat beat;
	u64 from, to, slot, count;
	int i;

	for (i = 0; i < MANY; i++) {
		beat = any_beat();
		from = dummy_iso_slot_from(&beat, 1000 + chance(100000));
		to = from + chance(500) - 100;
		count = 0;
		for (slot = from; (int64_t)(to - slot) > 0; slot += 1 << beat.shift)
			count++;
		if (!EQUAL(dummy_iso_slots_before(&beat, from, to), count))
			return;
	}
}

/* The rules of usb_submit_urb(), packet by packet. */
static void places(void)
{
	struct dummy_iso_place place;
	struct dummy_iso_beat beat;
	struct dummy_iso_ask ask;
	u64 slot, end;
	u32 late, i;
	int rc, round;

	for (round = 0; round < MANY; round++) {
		beat = any_beat();
		ask = (struct dummy_iso_ask){
			.now = 1000 + chance(1000), .threshold = chance(20),
			.horizon = 1 + chance(3000), .packets = 1 + chance(40),
			.queued = chance(2), .asap = chance(2),
		};
		ask.next = dummy_iso_slot_from(&beat, ask.now - 300 + chance(500));
		slot = ask.queued ? ask.next : 0;
		if (!ask.queued || (ask.asap && slot < ask.now))
			for (slot = ask.now + ask.threshold; !is_slot(&beat, slot); slot++)
				;
		late = 0;
		for (i = 0; i < ask.packets; i++)
			late += slot + ((u64)i << beat.shift) < ask.now;
		end = slot + ((u64)(ask.packets - 1) << beat.shift) + beat.width;
		rc = dummy_iso_place(&beat, &ask, &place);
		if (!RETURNS(rc, end > ask.now + ask.horizon ? EFBIG : 0))
			return;
		if (!EQUAL(place.slot, slot) || !EQUAL(place.late, late))
			return;
	}
}

static void frames(void)
{
	unsigned int bits;

	for (bits = 11; bits <= 31; bits++) {
		EQUAL(dummy_iso_frame((5ULL << bits) - 1, 1, bits), (1ULL << bits) - 1);
		EQUAL(dummy_iso_frame(5ULL << bits, 1, bits), 0);
		EQUAL(dummy_iso_frame((5ULL << bits) - 8, 8, bits), (1ULL << (bits - 3)) - 1);
		EQUAL(dummy_iso_frame((5ULL << bits) + 8, 8, bits), 1);
	}
}

/* Figures of usb_calc_bus_time() and HS_NSECS_ISO() of Linux 6.1. */
static void bus_times(void)
{
	EQUAL(dummy_iso_full_speed_ns(true, 0), 8526);
	EQUAL(dummy_iso_full_speed_ns(false, 0), 7523);
	EQUAL(dummy_iso_full_speed_ns(true, 192), 158230);
	EQUAL(dummy_iso_full_speed_ns(true, 1023), 806166);
	EQUAL(dummy_iso_full_speed_ns(false, 1023), 805163);
	EQUAL(dummy_iso_high_speed_ns(0, 1), 644);
	EQUAL(dummy_iso_high_speed_ns(1024, 1), 20551);
	EQUAL(dummy_iso_high_speed_ns(1024, 3), 3 * 20551);
	EQUAL(dummy_iso_super_speed_bytes(1024, 1024), 1056);
	EQUAL(dummy_iso_super_speed_bytes(1025, 1024), 1025 + 64);
	EQUAL(dummy_iso_super_speed_bytes(49152, 1024), 50688);
}

#define ENDPOINTS 30

/* What each microframe carries, of all that are reserved, for a whole period of the longest. */
static u32 busiest(const struct dummy_iso_beat *beats, const u32 *costs, const bool *used)
{
	u32 most = 0, sum, uframe, i;

	for (uframe = 0; uframe < 1024; uframe++) {
		sum = 0;
		for (i = 0; i < ENDPOINTS; i++)
			if (used[i] && is_slot(&beats[i], uframe))
				sum += costs[i];
		most = sum > most ? sum : most;
	}
	return most;
}

/* Whether another phase had been free; those of long periods count as of 64 microframes. */
static bool had_room(const u32 *table, u32 step, u32 unit, u32 room)
{
	u32 phase, i;
	bool free;

	for (phase = 0; phase < step; phase += unit) {
		free = true;
		for (i = phase; i < DUMMY_ISO_TABLE; i += step)
			free &= table[i] <= room;
		if (free)
			return true;
	}
	return false;
}

static void bandwidth(void)
{
	u32 table[DUMMY_ISO_TABLE] = { 0 }, costs[ENDPOINTS], budget = 1000, step;
	struct dummy_iso_beat beats[ENDPOINTS];
	bool used[ENDPOINTS] = { false };
	unsigned int full = 0;
	int i, rc, round;

	for (round = 0; round < 20000; round++) {
		i = chance(ENDPOINTS);
		if (used[i]) {
			dummy_iso_release(table, &beats[i], costs[i]);
			used[i] = false;
			continue;
		}
		beats[i] = (struct dummy_iso_beat){ .shift = chance(10), .width = 1 };
		costs[i] = 1 + chance(600);
		rc = dummy_iso_find_phase(table, &beats[i], chance(100000), costs[i], budget);
		step = beats[i].shift < 6 ? 1 << beats[i].shift : DUMMY_ISO_TABLE;
		if (!RETURNS(rc, had_room(table, step, 1, budget - costs[i]) ? 0 : ENOSPC))
			return;
		full += !!rc;
		if (rc)
			continue;
		dummy_iso_reserve(table, &beats[i], costs[i]);
		used[i] = true;
		if (!(round % 50) && !CHECK(busiest(beats, costs, used) <= budget))
			return;
	}
	CHECK(full > 100);
	for (i = 0; i < ENDPOINTS; i++)
		if (used[i])
			dummy_iso_release(table, &beats[i], costs[i]);
	for (i = 0; i < DUMMY_ISO_TABLE; i++)
		EQUAL(table[i], 0);
}

static void soonest_phase(void)
{
	struct dummy_iso_beat beat = { .shift = 4, .width = 1 };
	struct dummy_iso_beat full = { .shift = 4, .width = 8 };
	u32 table[DUMMY_ISO_TABLE] = { 0 };

	WORKS(dummy_iso_find_phase(table, &beat, 1003, 10, 10));
	EQUAL(beat.phase, 1003 % 16);
	dummy_iso_reserve(table, &beat, 10);
	WORKS(dummy_iso_find_phase(table, &beat, 1003, 10, 10));
	EQUAL(beat.phase, 1004 % 16);
	RETURNS(dummy_iso_find_phase(table, &beat, 1003, 11, 10), ENOSPC);
	/* At full speed a slot is where a frame begins. */
	WORKS(dummy_iso_find_phase(table, &full, 1003, 10, 10));
	EQUAL(full.phase, 1008 % 16);
}

static const struct tap_test tests[] = {
	{ "the first slot is the first one", first_slot },
	{ "slots are counted", slots_before },
	{ "URBs get the slots that usb_submit_urb() promises", places },
	{ "frame numbers wrap at each power of two", frames },
	{ "bus times are those of the USB core", bus_times },
	{ "no microframe is overcommitted, and none is left unused", bandwidth },
	{ "the soonest phase is taken", soonest_phase },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
