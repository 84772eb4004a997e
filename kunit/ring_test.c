// SPDX-License-Identifier: GPL-2.0-only
/* Rings: accounting, wrap, and what user space may claim. */

#include "../driver/ring.c"

#include "case.h"

static struct iso_ring *ring_begin(struct kunit *test, u32 entries)
{
	struct iso_ring *ring = test->priv;

	KUNIT_ASSERT_EQ(test, iso_ring_create(ring, entries), 0);
	return ring;
}

static void post(struct iso_ring *ring, struct iso_transfer *transfer, u64 cookie)
{
	transfer->result = (struct winusb_iso_completion){ .cookie = cookie };
	iso_ring_post(ring, transfer);
}

/* As if this many completions and transfers had passed through it. */
static void ring_age(struct iso_ring *ring, u32 age)
{
	ring->completion_head = age;
	ring->completion_tail = age;
	ring->transfer_head = age;
	ring->control->completion_head = age;
	ring->control->completion_tail = age;
	ring->control->transfer_head = age;
	ring->control->transfer_tail = age;
}

struct advance_row {
	u32 own, claimed, limit;
	bool wanted;
};

static void index_matrix(struct kunit *test)
{
	static const struct advance_row rows[] = {
		{ 0, 0, 0, true },
		{ 0, 1, 0, false },
		{ 0, (u32)-1, 0, false },
		{ 5, 5, 9, true },
		{ 5, 9, 9, true },
		{ 5, 10, 9, false },
		{ 5, 4, 9, false },
		{ (u32)-2, 1, 1, true },
		{ (u32)-2, (u32)-1, 1, true },
		{ (u32)-2, 2, 1, false },
		{ (u32)-2, (u32)-3, 1, false },
		{ 5, 5 + 0x80000000, 9, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 own = rows[i].own;

		KUNIT_EXPECT_EQ_MSG(test, rows[i].wanted,
				    iso_index_advance(&own, rows[i].claimed,
						      rows[i].limit),
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, own, rows[i].wanted ? rows[i].claimed :
				    rows[i].own, "row %u", i);
	}
}

static void sizes(struct kunit *test)
{
	static const u32 asked[] = { 1, 2, 3, 255, 256, 257, 65535, 65536 };
	static const u32 given[] = { 1, 2, 4, 256, 256, 512, 65536, 65536 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		struct winusb_iso_setup_ring setup = {};
		struct iso_ring ring = {};

		iso_ring_init(&ring);
		KUNIT_ASSERT_EQ(test, iso_ring_create(&ring, asked[i]), 0);
		iso_ring_describe(&ring, &setup);
		KUNIT_EXPECT_EQ(test, setup.entries, given[i]);
		KUNIT_EXPECT_EQ(test, setup.completions_offset, 128U);
		KUNIT_EXPECT_EQ(test, setup.transfers_offset,
				128 + given[i] * (u32)
				sizeof(struct winusb_iso_completion));
		KUNIT_EXPECT_EQ(test, setup.mmap_size,
				(u64)PAGE_ALIGN(setup.transfers_offset + given[i] *
				sizeof(struct winusb_iso_transfer)));
		KUNIT_EXPECT_EQ(test, setup.mmap_offset, 0ULL);
		iso_ring_destroy(&ring);
	}
}

static void pages(struct kunit *test)
{
	struct iso_ring *ring = test->priv;
	unsigned long i;

	KUNIT_EXPECT_FALSE(test, iso_ring_exists(ring));
	KUNIT_EXPECT_NULL(test, iso_ring_page(ring, 0));
	ring_begin(test, 256);
	KUNIT_EXPECT_TRUE(test, iso_ring_exists(ring));
	for (i = 0; i < ring->size >> PAGE_SHIFT; i++)
		KUNIT_EXPECT_NOT_NULL(test, iso_ring_page(ring, i));
	KUNIT_EXPECT_NULL(test, iso_ring_page(ring, i));
	KUNIT_EXPECT_NULL(test, iso_ring_page(ring, ULONG_MAX));
}

static void fills(struct kunit *test)
{
	struct iso_ring *ring = ring_begin(test, 4);
	struct iso_transfer *held[4];
	int i;

	for (i = 0; i < 4; i++) {
		held[i] = iso_ring_reserve(ring);
		KUNIT_ASSERT_NOT_NULL(test, held[i]);
	}
	KUNIT_EXPECT_NULL(test, iso_ring_reserve(ring));
	for (i = 0; i < 4; i++)
		post(ring, held[i], i);
	KUNIT_EXPECT_NULL_MSG(test, iso_ring_reserve(ring), "not collected");
	iso_ring_consume(ring);
	held[0] = iso_ring_reserve(ring);
	KUNIT_EXPECT_NOT_NULL(test, held[0]);
	KUNIT_EXPECT_NULL(test, iso_ring_reserve(ring));
	iso_ring_unreserve(ring, held[0]);
	KUNIT_EXPECT_NOT_NULL(test, iso_ring_reserve(ring));
	KUNIT_EXPECT_EQ(test, ring->outstanding, 1U);
}

static void order(struct kunit *test)
{
	struct iso_ring *ring = ring_begin(test, 4);
	struct winusb_iso_completion got;
	u64 i;

	KUNIT_EXPECT_FALSE(test, iso_ring_peek(ring, &got));
	for (i = 0; i < 3; i++)
		post(ring, iso_ring_reserve(ring), 100 + i);
	KUNIT_EXPECT_EQ(test, ring->control->completion_tail, 3U);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, iso_ring_peek(ring, NULL));
		KUNIT_ASSERT_TRUE(test, iso_ring_peek(ring, &got));
		KUNIT_EXPECT_EQ(test, got.cookie, 100 + i);
		KUNIT_ASSERT_TRUE_MSG(test, iso_ring_peek(ring, &got), "again");
		KUNIT_EXPECT_EQ(test, got.cookie, 100 + i);
		iso_ring_consume(ring);
		KUNIT_EXPECT_EQ(test, (u64)ring->control->completion_head, i + 1);
	}
	KUNIT_EXPECT_FALSE(test, iso_ring_peek(ring, &got));
	iso_ring_consume(ring);
	KUNIT_EXPECT_EQ_MSG(test, ring->completion_head, 3U, "nothing to collect");
}

static void without_memory(struct kunit *test)
{
	struct winusb_iso_completion got;

	KUNIT_EXPECT_FALSE(test, iso_ring_peek(test->priv, &got));
	iso_ring_wake(test->priv);
}

static void wraps(struct kunit *test)
{
	struct iso_ring *ring = ring_begin(test, 4);
	struct winusb_iso_completion got;
	u64 i;

	ring_age(ring, (u32)-3);
	for (i = 0; i < 10; i++) {
		post(ring, iso_ring_reserve(ring), i);
		post(ring, iso_ring_reserve(ring), i + 1000);
		KUNIT_ASSERT_TRUE(test, iso_ring_peek(ring, &got));
		KUNIT_EXPECT_EQ(test, got.cookie, i);
		iso_ring_consume(ring);
		KUNIT_ASSERT_TRUE(test, iso_ring_peek(ring, &got));
		KUNIT_EXPECT_EQ(test, got.cookie, i + 1000);
		ring->control->completion_head = ring->completion_head + 1;
		KUNIT_EXPECT_FALSE(test, iso_ring_peek(ring, &got));
	}
	KUNIT_EXPECT_EQ(test, ring->completion_head, 17U);
	KUNIT_EXPECT_EQ(test, ring->control->refused, 0U);
}

static void hostile_head(struct kunit *test)
{
	static const u32 claims[] = { 3, (u32)-1, 0x80000000, 0x7fffffff, 1000 };
	struct iso_ring *ring = ring_begin(test, 4);
	struct winusb_iso_completion got;
	unsigned int i;

	post(ring, iso_ring_reserve(ring), 7);
	post(ring, iso_ring_reserve(ring), 8);
	for (i = 0; i < ARRAY_SIZE(claims); i++) {
		ring->control->completion_head = claims[i];
		KUNIT_ASSERT_TRUE(test, iso_ring_peek(ring, &got));
		KUNIT_EXPECT_EQ(test, got.cookie, 7ULL);
		KUNIT_EXPECT_EQ(test, ring->control->refused, i + 1);
	}
	ring->control->completion_head = 1;
	KUNIT_ASSERT_TRUE(test, iso_ring_peek(ring, &got));
	KUNIT_EXPECT_EQ_MSG(test, got.cookie, 8ULL, "a true claim still counts");
	ring->control->completion_head = 0;
	KUNIT_ASSERT_TRUE(test, iso_ring_peek(ring, &got));
	KUNIT_EXPECT_EQ_MSG(test, got.cookie, 8ULL, "a step back does not");
	KUNIT_EXPECT_EQ(test, ring->control->refused, i + 1);
}

static void hostile_head_gives_no_room(struct kunit *test)
{
	struct iso_ring *ring = ring_begin(test, 2);
	u32 claim;

	post(ring, iso_ring_reserve(ring), 1);
	post(ring, iso_ring_reserve(ring), 2);
	for (claim = 3; claim < 10; claim++) {
		ring->control->completion_head = claim;
		KUNIT_EXPECT_NULL(test, iso_ring_reserve(ring));
	}
	ring->control->completion_tail = 500; /* the driver keeps its own */
	ring->control->completion_head = 2;
	KUNIT_EXPECT_NOT_NULL(test, iso_ring_reserve(ring));
}

static void published(struct kunit *test)
{
	struct iso_ring *ring = ring_begin(test, 4);
	struct winusb_iso_transfer got;
	u32 age;

	for (age = (u32)-3; age != 5; age++) {
		ring_age(ring, age);
		KUNIT_EXPECT_EQ(test, iso_ring_published(ring), 0);
		ring->control->transfer_tail = age + 4;
		KUNIT_EXPECT_EQ(test, iso_ring_published(ring), 4);
		ring->control->transfer_tail = age + 5;
		KUNIT_EXPECT_EQ(test, iso_ring_published(ring), -ERANGE);
		ring->control->transfer_tail = age - 1;
		KUNIT_EXPECT_EQ(test, iso_ring_published(ring), -ERANGE);
		ring->control->transfer_tail = age + 1;
		ring->transfers[age & 3].cookie = age;
		iso_ring_look(ring, &got);
		KUNIT_EXPECT_EQ(test, got.cookie, (u64)age);
		KUNIT_EXPECT_EQ_MSG(test, iso_ring_published(ring), 1, "looked");
		iso_ring_took(ring);
		KUNIT_EXPECT_EQ(test, iso_ring_published(ring), 0);
		KUNIT_EXPECT_EQ(test, ring->control->transfer_head, age + 1);
	}
	KUNIT_EXPECT_EQ(test, ring->control->refused, 16U);
}

/* Against a model of three counts. */
static void random_use(struct kunit *test)
{
	struct iso_ring *ring = ring_begin(test, 8);
	u32 reserved = 0, waiting = 0;
	struct iso_transfer *held[8], *got;
	u64 posted = 0, collected = 0;
	struct winusb_iso_completion seen;
	struct chance chance;
	int i;

	chance_begin(test, &chance);
	ring_age(ring, (u32)-1000);
	for (i = 0; i < 20000; i++) {
		switch (chance_below(&chance, 5)) {
		case 0:
			got = iso_ring_reserve(ring);
			KUNIT_ASSERT_EQ_MSG(test, !!got, reserved + waiting < 8,
					    "seed %u step %d", chance.seed, i);
			if (got)
				held[reserved++] = got;
			break;
		case 1:
			if (!reserved)
				break;
			post(ring, held[--reserved], posted++);
			waiting++;
			break;
		case 2:
			if (reserved && !chance_below(&chance, 4))
				iso_ring_unreserve(ring, held[--reserved]);
			break;
		case 3:
			KUNIT_ASSERT_EQ_MSG(test, iso_ring_peek(ring, &seen),
					    waiting > 0, "seed %u step %d",
					    chance.seed, i);
			if (!waiting)
				break;
			KUNIT_ASSERT_EQ_MSG(test, seen.cookie, collected++,
					    "seed %u step %d", chance.seed, i);
			if (chance_below(&chance, 2))
				iso_ring_consume(ring);
			else
				ring->control->completion_head++;
			waiting--;
			break;
		default: /* a lie, taken back; the truth is known by then */
			iso_ring_peek(ring, NULL);
			ring->control->completion_head += 9;
			KUNIT_ASSERT_EQ_MSG(test, iso_ring_peek(ring, NULL),
					    waiting > 0, "seed %u step %d",
					    chance.seed, i);
			ring->control->completion_head -= 9;
		}
	}
	KUNIT_EXPECT_GT(test, posted, 1000ULL);
}

static int ring_suite_init(struct kunit *test)
{
	struct iso_ring *ring = kunit_kzalloc(test, sizeof(*ring), GFP_KERNEL);

	if (!ring)
		return -ENOMEM;
	iso_ring_init(ring);
	test->priv = ring;
	return 0;
}

static void ring_suite_exit(struct kunit *test)
{
	if (test->priv)
		iso_ring_destroy(test->priv);
}

static struct kunit_case cases[] = {
	CASE(index_matrix, "an index of user space is believed only if it can be true"),
	CASE(sizes, "entries are rounded up and the arrays lie where user space is told"),
	CASE(pages, "every page of the rings can be mapped and none past them"),
	CASE(fills, "transfers under way and completions not collected fill the ring"),
	CASE(order, "completions are collected in order and only once"),
	CASE(without_memory, "a session without rings has no completions"),
	CASE(wraps, "completions pass over the wrap of their index"),
	CASE(hostile_head, "an impossible completion index is counted and ignored"),
	CASE(hostile_head_gives_no_room, "no index of user space makes room in a full ring"),
	CASE(published, "transfers are taken up to the index of user space if it can be true"),
	CASE(random_use, "any use of the ring agrees with a count of it"),
	{}
};

struct kunit_suite iso_ring_suite = {
	.name = "ring",
	.init = ring_suite_init,
	.exit = ring_suite_exit,
	.test_cases = cases,
};
