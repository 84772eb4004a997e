// SPDX-License-Identifier: GPL-2.0-only
/* Packet layout: which transfers add up, and how they are cut. */

#include "../driver/packet.c"

#include "case.h"

struct fixed_row {
	const char *name;
	u32 packets;
	u32 length;
	u32 max;
	bool in;
	int wanted;
};

static const struct fixed_row fixed_rows[] = {
	{ "IN of full packets", 3, 300, 100, true, 0 },
	{ "IN one byte less", 3, 299, 100, true, -EMSGSIZE },
	{ "IN one byte more", 3, 301, 100, true, -EMSGSIZE },
	{ "IN of nothing", 3, 0, 100, true, -EMSGSIZE },
	{ "IN of one byte", 1, 1, 1, true, 0 },
	{ "OUT of full packets", 3, 300, 100, false, 0 },
	{ "OUT, last packet one byte short", 3, 299, 100, false, 0 },
	{ "OUT, last packet of one byte", 3, 201, 100, false, 0 },
	{ "OUT, last packet empty", 3, 200, 100, false, -EMSGSIZE },
	{ "OUT, two packets short", 3, 199, 100, false, -EMSGSIZE },
	{ "OUT one byte more", 3, 301, 100, false, -EMSGSIZE },
	{ "OUT of one short packet", 1, 1, 100, false, 0 },
	{ "OUT of one empty packet", 1, 0, 100, false, -EMSGSIZE },
	{ "full size is 2^32", 65536, 0, 65536, true, -EMSGSIZE },
	{ "OUT of 2^32 less one", 65536, 0xffffffff, 65536, false, 0 },
	{ "full size is over 2^32", 65537, 65536, 65536, false, -EMSGSIZE },
};

static void fixed_matrix(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed_rows); i++) {
		const struct fixed_row *row = &fixed_rows[i];
		const struct iso_layout layout = {
			.num_packets = row->packets,
			.length = row->length,
			.max_bytes = row->max,
		};

		KUNIT_EXPECT_EQ_MSG(test, row->wanted,
				    iso_layout_check(&layout, row->in), "%s",
				    row->name);
	}
}

struct listed_row {
	const char *name;
	u32 lengths[3];
	u32 length;
	u32 max;
	int wanted;
};

static const struct listed_row listed_rows[] = {
	{ "the sum", { 100, 0, 50 }, 150, 100, 0 },
	{ "one byte less", { 100, 0, 50 }, 149, 100, -EBADMSG },
	{ "one byte more", { 100, 0, 50 }, 151, 100, -EBADMSG },
	{ "all empty", { 0, 0, 0 }, 0, 100, 0 },
	{ "all full", { 100, 100, 100 }, 300, 100, 0 },
	{ "the first one too long", { 101, 0, 0 }, 101, 100, -EMSGSIZE },
	{ "the last one too long", { 0, 0, 101 }, 101, 100, -EMSGSIZE },
	{ "as long as can be", { 0, 0, 0xffffffff }, 0xffffffff, 100, -EMSGSIZE },
	{ "the sum is 2^32", { 0xffffffff, 1, 0 }, 0, 0xffffffff, -EBADMSG },
};

static void listed_matrix(struct kunit *test)
{
	struct winusb_iso_packet table[3] = {};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(listed_rows); i++) {
		const struct listed_row *row = &listed_rows[i];
		const struct iso_layout layout = {
			.table = table,
			.num_packets = 3,
			.length = row->length,
			.max_bytes = row->max,
			.listed = true,
		};

		for (j = 0; j < 3; j++)
			table[j].length = row->lengths[j];
		KUNIT_EXPECT_EQ_MSG(test, row->wanted,
				    iso_layout_check(&layout, true), "IN: %s",
				    row->name);
		KUNIT_EXPECT_EQ_MSG(test, row->wanted,
				    iso_layout_check(&layout, false), "OUT: %s",
				    row->name);
	}
}

static void cut_fixed(struct kunit *test)
{
	struct winusb_iso_packet table[3] = { { 7, 7, 7 }, { 7, 7, 7 }, { 7, 7, 7 } };
	const struct iso_layout layout = { table, 3, 250, 100, false };
	u32 lengths[3] = {};

	KUNIT_ASSERT_EQ(test, iso_layout_cut(&layout, 0, 2, 0, lengths), 0);
	KUNIT_EXPECT_EQ(test, lengths[0], 100U);
	KUNIT_EXPECT_EQ(test, lengths[1], 100U);
	KUNIT_EXPECT_EQ(test, table[2].offset, 7U);
	KUNIT_ASSERT_EQ(test, iso_layout_cut(&layout, 2, 1, 200, lengths), 0);
	KUNIT_EXPECT_EQ(test, lengths[0], 50U);
	KUNIT_EXPECT_EQ(test, table[0].offset, 0U);
	KUNIT_EXPECT_EQ(test, table[1].offset, 100U);
	KUNIT_EXPECT_EQ(test, table[2].offset, 200U);
	KUNIT_EXPECT_EQ(test, table[0].length, 7U);
	KUNIT_EXPECT_EQ(test, table[0].status, 7);
}

struct cut_row {
	const char *name;
	u32 lengths[3];
	u32 count;
	int wanted;
};

/* 150 bytes in 3 packets of 100 at the most, changed after they were checked. */
static const struct cut_row cut_rows[] = {
	{ "unchanged", { 100, 0, 50 }, 3, 0 },
	{ "moved between packets", { 50, 50, 50 }, 3, 0 },
	{ "one too long", { 101, 0, 49 }, 3, -EMSGSIZE },
	{ "past the end in the middle", { 100, 51, 0 }, 3, -EBADMSG },
	{ "past the end by the last", { 100, 0, 51 }, 3, -EBADMSG },
	{ "short of the end", { 100, 0, 49 }, 3, -EBADMSG },
	{ "short, but more is to come", { 100, 0, 0 }, 2, 0 },
	{ "past the end, and more is to come", { 100, 51, 0 }, 2, -EBADMSG },
	{ "nearly 2^32", { 100, 0xffffffff, 51 }, 3, -EMSGSIZE },
};

static void cut_changed(struct kunit *test)
{
	struct winusb_iso_packet table[3] = {};
	const struct iso_layout layout = { table, 3, 150, 100, true };
	u32 lengths[3];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cut_rows); i++) {
		for (j = 0; j < 3; j++)
			table[j].length = cut_rows[i].lengths[j];
		KUNIT_EXPECT_EQ_MSG(test, cut_rows[i].wanted,
				    iso_layout_cut(&layout, 0, cut_rows[i].count,
						   0, lengths),
				    "%s", cut_rows[i].name);
	}
}

#define RANDOM_PACKETS	64

static u32 random_table(struct chance *chance, struct winusb_iso_packet *table,
			u32 packets, u32 max)
{
	u32 sum = 0;
	u32 i;

	for (i = 0; i < packets; i++) {
		table[i].length = chance_below(chance, max + 1);
		sum += table[i].length;
	}
	return sum;
}

/* Cuts it in pieces of any size. Return: bytes in all, or a negative errno. */
static int cut_in_pieces(struct kunit *test, struct chance *chance,
			 const struct iso_layout *layout)
{
	u32 lengths[RANDOM_PACKETS];
	u32 first, count, offset = 0, i;

	for (first = 0; first < layout->num_packets; first += count) {
		int err;

		count = 1 + chance_below(chance, layout->num_packets - first);
		err = iso_layout_cut(layout, first, count, offset, lengths);
		if (err)
			return err;
		for (i = 0; i < count; i++) {
			KUNIT_EXPECT_EQ(test, layout->table[first + i].offset,
					offset);
			offset += lengths[i];
		}
	}
	return offset;
}

static void cut_random(struct kunit *test)
{
	struct winusb_iso_packet table[RANDOM_PACKETS];
	struct chance chance;
	int i;

	chance_begin(test, &chance);
	for (i = 0; i < 2000; i++) {
		u32 max = 1 + chance_below(&chance, 3072);
		u32 packets = 1 + chance_below(&chance, RANDOM_PACKETS);
		struct iso_layout layout = {
			.table = table,
			.num_packets = packets,
			.length = random_table(&chance, table, packets, max),
			.max_bytes = max,
			.listed = true,
		};

		KUNIT_ASSERT_EQ_MSG(test, iso_layout_check(&layout, false), 0,
				    "seed %u", chance.seed);
		KUNIT_ASSERT_EQ_MSG(test, (int)layout.length,
				    cut_in_pieces(test, &chance, &layout),
				    "seed %u", chance.seed);
		layout.listed = false;
		layout.length = packets * max - chance_below(&chance, max);
		KUNIT_ASSERT_EQ_MSG(test, (int)layout.length,
				    cut_in_pieces(test, &chance, &layout),
				    "seed %u", chance.seed);
	}
}

static struct kunit_case cases[] = {
	CASE(fixed_matrix, "packets of fixed length add up to the transfer or are refused"),
	CASE(listed_matrix, "listed packets add up to the transfer or are refused"),
	CASE(cut_fixed, "packets are cut back to back and nothing else is written"),
	CASE(cut_changed, "lengths that changed after the check never leave the transfer"),
	CASE(cut_random, "any layout cut in any pieces gives the whole transfer"),
	{}
};

struct kunit_suite iso_packet_suite = { .name = "packet", .test_cases = cases };
