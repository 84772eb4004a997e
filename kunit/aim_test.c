// SPDX-License-Identifier: GPL-2.0-only
/* The frame that is asked for: what is early, what is late, what is out of reach. */

#include "../driver/aim.c"

#include "case.h"

#define NOW	0x100400ULL
#define MOST	8192

struct check_row {
	u64 uframe;
	int whole;
	int dropping;
};

static void check_matrix(struct kunit *test)
{
	static const struct check_row rows[] = {
		{ NOW, -ETIME, 0 },
		{ NOW - 1, -ETIME, 0 },
		{ NOW - MOST, -ETIME, 0 },
		{ NOW - MOST - 1, -ETIME, -ETIME },
		{ 1, -ETIME, -ETIME },
		{ 0, -ETIME, -ETIME },
		{ NOW + 1, 0, 0 },
		{ NOW + MOST, 0, 0 },
		{ NOW + MOST + 1, -EFBIG, -EFBIG },
		{ U64_MAX, -EFBIG, -EFBIG },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iso_aim aim = { .uframe = rows[i].uframe };

		KUNIT_EXPECT_EQ_MSG(test, iso_aim_check(&aim, NOW),
				    rows[i].whole, "row %u", i);
		aim.drop_late = true;
		KUNIT_EXPECT_EQ_MSG(test, iso_aim_check(&aim, NOW),
				    rows[i].dropping, "row %u", i);
	}
}

static void passed(struct kunit *test)
{
	struct iso_aim aim = { .uframe = NOW, .interval = 8, .packets = 10 };

	KUNIT_EXPECT_FALSE(test, iso_aim_passed(&aim, NOW - 1));
	KUNIT_EXPECT_TRUE(test, iso_aim_passed(&aim, NOW));
	aim.drop_late = true;
	/* The last packet's interval can begin 7 microframes after NOW + 72. */
	KUNIT_EXPECT_FALSE(test, iso_aim_passed(&aim, NOW + 78));
	KUNIT_EXPECT_TRUE(test, iso_aim_passed(&aim, NOW + 79));
	aim.interval = 1;
	aim.packets = 1;
	KUNIT_EXPECT_FALSE(test, iso_aim_passed(&aim, NOW - 1));
	KUNIT_EXPECT_TRUE(test, iso_aim_passed(&aim, NOW));
	aim.interval = 32768;
	aim.packets = 65536;
	KUNIT_EXPECT_FALSE(test, iso_aim_passed(&aim, NOW + (1ULL << 31) - 2));
	KUNIT_EXPECT_TRUE(test, iso_aim_passed(&aim, NOW + (1ULL << 31) - 1));
}

struct row {
	int ahead;	/* of the end of the stream */
	u32 interval;
	u64 early;
	u32 late;
	bool whole_missed;
	bool missed;
};

static void matrix(struct kunit *test)
{
	static const struct row rows[] = {
		{ 0, 1, 0, 0, false, false },
		{ 1, 1, 1, 0, false, false },
		{ -1, 1, 0, 1, true, false },
		{ -9, 1, 0, 9, true, false },
		{ -10, 1, 0, 10, true, true },
		{ -11, 1, 0, 10, true, true },
		{ 1, 8, 1, 0, false, false },
		{ 8, 8, 1, 0, false, false },
		{ 9, 8, 2, 0, false, false },
		{ -7, 8, 0, 0, false, false },
		{ -8, 8, 0, 1, true, false },
		{ -15, 8, 0, 1, true, false },
		{ -16, 8, 0, 2, true, false },
		{ -79, 8, 0, 9, true, false },
		{ -80, 8, 0, 10, true, true },
		{ 1000000, 4, 250000, 0, false, false },
		{ -1000000, 4, 0, 10, true, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct iso_aim aim = {
			.uframe = NOW + row->ahead,
			.interval = row->interval,
			.packets = 10,
		};

		KUNIT_EXPECT_EQ_MSG(test, iso_aim_early(&aim, NOW), row->early,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, iso_aim_late(&aim, NOW), row->late,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, iso_aim_missed(&aim, NOW),
				    row->whole_missed, "row %u", i);
		aim.drop_late = true;
		KUNIT_EXPECT_EQ_MSG(test, iso_aim_missed(&aim, NOW),
				    row->missed, "row %u", i);
	}
}

/* Counted one by one: intervals begin at the end of the stream, or before. */
static void one_by_one(struct kunit *test)
{
	struct iso_aim aim = { .packets = 20 };
	u64 begin;
	u32 late;
	int i;

	for (aim.interval = 1; aim.interval <= 16; aim.interval *= 2)
		for (aim.uframe = NOW - 400; aim.uframe < NOW + 400; aim.uframe++) {
			begin = NOW - 100 * aim.interval;
			while (begin < aim.uframe)
				begin += aim.interval;
			for (late = 0, i = 0; i < 20; i++)
				late += begin + i * aim.interval < NOW;
			KUNIT_ASSERT_EQ(test, iso_aim_late(&aim, NOW), late);
			KUNIT_ASSERT_EQ(test, iso_aim_early(&aim, NOW),
					begin > NOW ?
					(begin - NOW) / aim.interval : 0);
		}
}

static struct kunit_case cases[] = {
	CASE(check_matrix, "a frame may be 8192 microframes away, or passed if late packets go"),
	CASE(passed, "a transfer has passed when its last packet has, or its first"),
	CASE(matrix, "packets are early, late or out of reach of the end of a stream"),
	CASE(one_by_one, "what is computed is what counting says"),
	{}
};

struct kunit_suite iso_aim_suite = {
	.name = "aim",
	.test_cases = cases,
};
