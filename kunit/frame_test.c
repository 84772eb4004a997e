// SPDX-License-Identifier: GPL-2.0-only
/* Bus time arithmetic: extension of counters, the clock, its correction. */

#include "../driver/frame.c"

#include "case.h"

#define FRAMES_2_11	(2048 * ISO_UFRAMES_PER_FRAME)

struct extend_row {
	const char *name;
	u64 near;
	u32 raw;
	u32 modulus;
	u64 wanted;
};

static const struct extend_row extend_rows[] = {
	{ "the same", 5000, 5000 % 2048, 2048, 5000 },
	{ "one ahead", 5000, 5001 % 2048, 2048, 5001 },
	{ "one behind", 5000, 4999 % 2048, 2048, 4999 },
	{ "furthest ahead", 4096, 1023, 2048, 4096 + 1023 },
	{ "furthest behind", 4096, 1024, 2048, 4096 - 1024 },
	{ "ahead over the wrap", 2047, 3, 2048, 2051 },
	{ "behind over the wrap", 2049, 2045, 2048, 2045 },
	{ "higher bits of raw are ignored", 5000, 0xfffff800 | 904, 2048, 5000 },
	{ "negative raw", 2048, (u32)-1, 2048, 2047 },
	{ "2^11 frames, ahead", FRAMES_2_11 - 1, 0, FRAMES_2_11, FRAMES_2_11 },
	{ "2^11 frames, behind", FRAMES_2_11, FRAMES_2_11 - 1, FRAMES_2_11,
	  FRAMES_2_11 - 1 },
	{ "2^14 microframes, ahead", 16383, 1, 16384, 16385 },
	{ "2^14 microframes, behind", 16384, 16383, 16384, 16383 },
	{ "over 2^31", 0x7fffffff, 2, 2048, 0x80000002 },
	{ "back over 2^31", 0x80000000, 2047, 2048, 0x7fffffff },
	{ "over 2^32", 0xffffffff, 2, 2048, 0x100000002 },
	{ "back over 2^32", 0x100000000, 2040, 2048, 0xfffffff8 },
};

static void extend_matrix(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(extend_rows); i++) {
		const struct extend_row *row = &extend_rows[i];

		KUNIT_EXPECT_EQ_MSG(test, row->wanted,
				    iso_frame_extend(row->near, row->raw,
						     row->modulus),
				    "%s", row->name);
	}
}

static void extend_random(struct kunit *test)
{
	struct chance chance;
	int i;

	chance_begin(test, &chance);
	for (i = 0; i < 20000; i++) {
		u32 modulus = 8U << chance_below(&chance, 20);
		u64 truth = ((u64)chance_below(&chance, 1 << 20) << 16) +
			    chance_below(&chance, 1 << 16) + (1 << 27);
		u64 near = truth + modulus / 2 - chance_below(&chance, modulus);
		u32 raw = (truth & (modulus - 1)) |
			  chance_below(&chance, 16) * modulus;

		KUNIT_ASSERT_EQ_MSG(test, truth,
				    iso_frame_extend(near, raw, modulus),
				    "seed %u near %llu modulus %u", chance.seed,
				    near, modulus);
	}
}

static void clock_rounds_down(struct kunit *test)
{
	const struct iso_clock clock = { .uframe = 1000, .ns = 10000000 };

	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 10000000), 1000ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 10124999), 1000ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 10125000), 1001ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 9999999), 999ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 9875000), 999ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 9874999), 998ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_uframe(&clock, 0), 920ULL);
}

static void clock_tells_when(struct kunit *test)
{
	const struct iso_clock clock = { .uframe = 1000, .ns = 10000000 };

	KUNIT_EXPECT_EQ(test, iso_clock_ns(&clock, 1000), 10000000ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_ns(&clock, 1001), 10125000ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_ns(&clock, 999), 9875000ULL);
	KUNIT_EXPECT_EQ(test, iso_clock_ns(&clock, 920), 0ULL);
}

static void clock_turns_back(struct kunit *test)
{
	struct iso_clock clock = { .uframe = ISO_UFRAME_EPOCH, .ns = 12345 };
	struct chance chance;
	int i;

	chance_begin(test, &chance);
	for (i = 0; i < 20000; i++) {
		u64 uframe = ISO_UFRAME_EPOCH + chance_below(&chance, 1 << 30);

		KUNIT_ASSERT_EQ_MSG(test, uframe,
				    iso_clock_uframe(&clock,
						     iso_clock_ns(&clock, uframe)),
				    "seed %u", chance.seed);
	}
}

struct observe_row {
	const char *name;
	u64 low;
	u32 slack;
	u64 uframe;
	u64 ns;
};

/* The clock predicts 1008 at the time of the reading. */
static const struct observe_row observe_rows[] = {
	{ "the prediction is the least", 1008, 7, 1000, 10000000 },
	{ "the prediction is the most", 1001, 7, 1000, 10000000 },
	{ "the prediction is exact", 1008, 0, 1000, 10000000 },
	{ "too early by one", 1009, 7, 1009, 11000000 },
	{ "too late by one", 1000, 7, 1007, 11000000 },
	{ "far too early", 9000, 7, 9000, 11000000 },
	{ "far too late", 8, 7, 15, 11000000 },
};

static void observe_matrix(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(observe_rows); i++) {
		const struct observe_row *row = &observe_rows[i];
		struct iso_clock clock = { .uframe = 1000, .ns = 10000000 };

		iso_clock_observe(&clock, row->low, row->slack, 11000000);
		KUNIT_EXPECT_EQ_MSG(test, clock.uframe, row->uframe, "%s",
				    row->name);
		KUNIT_EXPECT_EQ_MSG(test, clock.ns, row->ns, "%s", row->name);
	}
}

static struct kunit_case cases[] = {
	CASE(extend_matrix, "a counter is extended over every wrap"),
	CASE(extend_random, "any counter reading is extended to the time it came from"),
	CASE(clock_rounds_down, "the clock rounds down on both sides of its reading"),
	CASE(clock_tells_when, "the clock tells when a microframe begins"),
	CASE(clock_turns_back, "time of a microframe and microframe of a time agree"),
	CASE(observe_matrix, "a reading moves the clock no more than it must"),
	{}
};

struct kunit_suite iso_frame_suite = { .name = "frame", .test_cases = cases };
