// SPDX-License-Identifier: MIT
/* Where transfers go: the rules in schedule.c, exact to the frame. */
#include "harness.h"
#include "schedule.h"

TEST(idle_starts_after_lead, "an idle pipe starts in the first slot after now plus the lead")
{
	struct schedule_request r = { .now = 100,
				      .seen = 100,
				      .interval = 1,
				      .lead = 8,
				      .asap = true };
	struct schedule_slot s = schedule_place(&r);

	EQUAL(s.slot, 109);
	TRUE(s.starts);
	EQUAL(s.late_before, 0);
	r.interval = 8;
	EQUAL(schedule_place(&r).slot, 112);
}

TEST(busy_follows, "a busy pipe continues right after the transfer before")
{
	struct schedule_request r = { .now = 100,
				      .seen = 100,
				      .interval = 1,
				      .lead = 8,
				      .live = true,
				      .next = 101 };

	EQUAL(schedule_place(&r).slot, 101);
	TRUE(!schedule_place(&r).late);
	TRUE(!schedule_place(&r).starts);
}

TEST(asap_jumps, "as soon as possible: a slot that has begun is given up for the next free one")
{
	struct schedule_request r = { .now = 103,
				      .seen = 103,
				      .interval = 1,
				      .lead = 8,
				      .live = true,
				      .next = 101,
				      .asap = true };
	struct schedule_slot s = schedule_place(&r);

	EQUAL(s.slot, 104);
	TRUE(s.late);
	EQUAL(s.late_before, 0);
	r.interval = 4;
	r.next = 100;
	EQUAL(schedule_place(&r).slot, 104);
}

TEST(not_asap_keeps, "not as soon as possible: the slot is kept and packets up to now are late")
{
	struct schedule_request r = { .now = 103,
				      .seen = 103,
				      .interval = 1,
				      .live = true,
				      .next = 101 };
	struct schedule_slot s = schedule_place(&r);

	EQUAL(s.slot, 101);
	TRUE(s.late);
	EQUAL(s.late_before, 104);
}

TEST(slow_process, "a slot that passed while the device slept is still met")
{
	struct schedule_request r = { .now = 103,
				      .seen = 99,
				      .interval = 1,
				      .live = true,
				      .next = 101,
				      .asap = true };

	EQUAL(schedule_place(&r).slot, 101);
	TRUE(!schedule_place(&r).late);
}

TEST(frame_ahead, "an idle pipe starts at the frame asked for, modulo 2048")
{
	struct schedule_request r = { .now = 5000,
				      .seen = 5000,
				      .interval = 1,
				      .lead = 8,
				      .has_frame = true,
				      .frame = 5100 % 2048,
				      .frame_bits = 11 };
	struct schedule_slot s = schedule_place(&r);

	EQUAL(s.slot, 5100);
	TRUE(s.starts);
	TRUE(!s.late);
	r.frame = 5100;
	EQUAL(schedule_place(&r).slot, 5100);
	r.frame = (5000 + 1023) % 2048;
	EQUAL(schedule_place(&r).slot, 6023);
}

TEST(frame_passed, "a frame asked for that has passed keeps its slot and its packets are late")
{
	struct schedule_request r = { .now = 5000,
				      .seen = 5000,
				      .interval = 1,
				      .has_frame = true,
				      .frame = 4990 % 2048,
				      .frame_bits = 11 };
	struct schedule_slot s = schedule_place(&r);

	EQUAL(s.slot, 4990);
	EQUAL(s.late_before, 5001);
	TRUE(s.late);
	r.frame = (5000 - 1024) % 2048;
	EQUAL(schedule_place(&r).slot, 3976);
}

TEST(frame_full_speed, "full speed compares frames modulo 256")
{
	struct schedule_request r = { .now = 1000,
				      .seen = 1000,
				      .interval = 1,
				      .has_frame = true,
				      .frame = 1050 % 256,
				      .frame_bits = 8 };

	EQUAL(schedule_place(&r).slot, 1050);
}

TEST(frame_before_zero, "a frame nearest in the past before the clock began means the next one")
{
	struct schedule_request r = { .now = 5,
				      .seen = 5,
				      .interval = 1,
				      .has_frame = true,
				      .frame = 2000,
				      .frame_bits = 11 };

	EQUAL(schedule_place(&r).slot, 2000);
}

TEST(frame_aligned, "a frame asked for is rounded up to the service interval")
{
	struct schedule_request r = { .now = 5,
				      .seen = 5,
				      .interval = 8,
				      .has_frame = true,
				      .frame = 33,
				      .frame_bits = 11 };

	EQUAL(schedule_place(&r).slot, 40);
}
