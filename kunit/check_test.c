// SPDX-License-Identifier: GPL-2.0-only
/* What a transfer of a streaming pipe must be: every limit, and one past it. */

#include "driver/check.h"
#include "world.h"

#define DROP_LATE	WINUSB_ISO_TRANSFER_DROP_LATE
#define NO_INTERRUPT	WINUSB_ISO_TRANSFER_NO_INTERRUPT
#define ZERO_PACKET	WINUSB_ISO_TRANSFER_ZERO_PACKET
#define SHORT_NOT_OK	WINUSB_ISO_TRANSFER_SHORT_NOT_OK

/* Of the default world: 16384 packets of 4 bytes. */
#define PACKETS		16384U
#define BYTES		65536U

struct flags_row {
	u32 flags;
	u64 start;
	int wanted;
};

static void flags_matrix(struct kunit *test)
{
	static const struct flags_row rows[] = {
		{ 0, 0, 0 },
		{ CONTINUE, 0, 0 },
		{ LENGTHS, 0, 0 },
		{ CONTINUE | LENGTHS, 0, 0 },
		{ AT_FRAME, 0, 0 },
		{ AT_FRAME, U64_MAX, 0 },
		{ AT_FRAME | LENGTHS | DROP_LATE, 1, 0 },
		{ ZERO_PACKET, 0, 0 },
		{ SHORT_NOT_OK, 0, 0 },
		{ NO_INTERRUPT, 0, 0 },
		{ NO_INTERRUPT | AT_FRAME, 1, 0 },
		{ AT_FRAME | CONTINUE, 1, -EINVAL },
		{ 0, 1, -EINVAL },
		{ CONTINUE, 1ULL << 63, -EINVAL },
		{ DROP_LATE, 0, -EINVAL },
		{ CONTINUE | DROP_LATE, 0, -EINVAL },
	};
	struct winusb_iso_transfer request;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		request = (struct winusb_iso_transfer){
			.flags = rows[i].flags,
			.start_uframe = rows[i].start,
		};
		KUNIT_EXPECT_EQ_MSG(test, iso_check_flags(&request),
				    rows[i].wanted, "row %u", i);
	}
}

static void unknown_flags(struct kunit *test)
{
	const u32 known = CONTINUE | AT_FRAME | LENGTHS | DROP_LATE |
			  ZERO_PACKET | SHORT_NOT_OK | NO_INTERRUPT;
	struct winusb_iso_transfer request = {};
	unsigned int bit, refused = 0;

	for (bit = 0; bit < 32; bit++) {
		if (known & BIT(bit))
			continue;
		request.flags = BIT(bit);
		KUNIT_EXPECT_EQ_MSG(test, iso_check_flags(&request), -EINVAL,
				    "bit %u", bit);
		refused++;
	}
	KUNIT_EXPECT_EQ(test, refused, 25U);
}

static void padding(struct kunit *test)
{
	struct winusb_iso_transfer request;
	u8 *bytes = (u8 *)request.padding;
	unsigned int i;

	for (i = 0; i < sizeof(request.padding); i++) {
		memset(&request, 0, sizeof(request));
		KUNIT_EXPECT_EQ(test, iso_check_flags(&request), 0);
		bytes[i] = 0x80;
		KUNIT_EXPECT_EQ_MSG(test, iso_check_flags(&request), -EINVAL,
				    "byte %u", i);
	}
}

static int check(struct world *world, const struct winusb_iso_transfer *request)
{
	struct iso_transfer transfer = {
		.buffer = &world->buffer,
		.request = *request,
	};

	return iso_check_isochronous(&transfer);
}

struct slice_row {
	u32 first;
	u32 packets;
	u32 offset;
	u32 length;
	int wanted;
};

static void slices(struct kunit *test)
{
	static const struct slice_row rows[] = {
		{ 0, PACKETS, 0, BYTES, 0 },
		{ 0, PACKETS + 1, 0, BYTES, -E2BIG },
		{ 1, PACKETS, 0, BYTES, -E2BIG },
		{ 1, PACKETS - 1, 4, BYTES - 4, 0 },
		{ PACKETS - 1, 1, BYTES - 4, 4, 0 },
		{ PACKETS, 1, 0, 4, -E2BIG },
		{ U32_MAX, 1, 0, 4, -E2BIG },
		{ 1, U32_MAX, 0, 4, -E2BIG },
		{ U32_MAX, U32_MAX, 0, 4, -E2BIG },
		{ 0, 0, 0, 0, -ERANGE },
		{ U32_MAX, 0, 0, 0, -ERANGE },
		{ 0, 1, BYTES - 3, 4, -EOVERFLOW },
		{ 0, 1, BYTES, 4, -EOVERFLOW },
		{ 0, 1, U32_MAX, 4, -EOVERFLOW },
		{ 0, 1, 4, U32_MAX, -EOVERFLOW },
		{ 0, 1, U32_MAX, U32_MAX, -EOVERFLOW },
		{ 0, 1, 1, 4, 0 },
		{ 0, 1, 0, 3, -EMSGSIZE },
		{ 0, 1, 0, 5, -EMSGSIZE },
		{ 0, 1, 0, 0, -EMSGSIZE },
	};
	struct world *world = world_default(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct winusb_iso_transfer request = {
			.first_packet = rows[i].first,
			.num_packets = rows[i].packets,
			.offset = rows[i].offset,
			.length = rows[i].length,
		};

		KUNIT_EXPECT_EQ_MSG(test, check(world, &request), rows[i].wanted,
				    "row %u", i);
	}
}

static const struct winusb_iso_transfer one_packet = {
	.num_packets = 1,
	.length = 4,
};

static void foreign_flags(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_transfer request = one_packet;

	KUNIT_EXPECT_EQ(test, check(world, &request), 0);
	request.flags = ZERO_PACKET;
	KUNIT_EXPECT_EQ(test, check(world, &request), -EINVAL);
	request.flags = SHORT_NOT_OK | CONTINUE;
	KUNIT_EXPECT_EQ(test, check(world, &request), -EINVAL);
}

static void stale(struct kunit *test)
{
	struct world *world = world_default(test);

	iso_pipe_configure(world->pipe, NULL);
	KUNIT_EXPECT_EQ(test, check(world, &one_packet), -ESTALE);
	iso_pipe_configure(world->pipe, &world->endpoint);
	KUNIT_EXPECT_EQ(test, check(world, &one_packet), 0);
}

static void pending_packets(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_transfer request = { .num_packets = 8, .length = 32 };

	world->buffer.pending_packets = PACKETS - 8;
	KUNIT_EXPECT_EQ(test, check(world, &request), 0);
	request.num_packets = 9;
	request.length = 36;
	KUNIT_EXPECT_EQ(test, check(world, &request), -EBUSY);
	world->buffer.pending_packets = PACKETS;
	KUNIT_EXPECT_EQ(test, check(world, &one_packet), -EBUSY);
	world->buffer.pending_packets = 0;
}

static void listed(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_transfer request = {
		.first_packet = PACKETS - 2,
		.num_packets = 2,
		.flags = LENGTHS,
		.length = 5,
	};

	world->buffer.table[PACKETS - 2].length = 4;
	world->buffer.table[PACKETS - 1].length = 1;
	KUNIT_EXPECT_EQ(test, check(world, &request), 0);
	request.length = 6;
	KUNIT_EXPECT_EQ(test, check(world, &request), -EBADMSG);
	world->buffer.table[PACKETS - 2].length = 5;
	KUNIT_EXPECT_EQ(test, check(world, &request), -EMSGSIZE);
}

struct frame_row {
	s64 ahead;
	u32 flags;
	int wanted;
};

static void frames(struct kunit *test)
{
	static const struct frame_row rows[] = {
		{ 1, AT_FRAME, 0 },
		{ 8192, AT_FRAME, 0 },
		{ 8193, AT_FRAME, -EFBIG },
		{ 0, AT_FRAME, -ETIME },
		{ -1, AT_FRAME, -ETIME },
		{ 0, AT_FRAME | DROP_LATE, 0 },
		{ -8192, AT_FRAME | DROP_LATE, 0 },
		{ -8193, AT_FRAME | DROP_LATE, -ETIME },
		{ 8193, AT_FRAME | DROP_LATE, -EFBIG },
	};
	struct world *world = world_default(test);
	u64 now = iso_bus_time_read(&world->time).uframe;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct winusb_iso_transfer request = one_packet;

		request.flags = rows[i].flags;
		request.start_uframe = now + rows[i].ahead;
		KUNIT_EXPECT_EQ_MSG(test, check(world, &request), rows[i].wanted,
				    "row %u", i);
	}
}

static void frames_unknown(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct winusb_iso_transfer request = one_packet;
	struct world *world;

	plan.controller.reports = ISO_REPORTS_NEVER;
	world = world_of(test, &plan);
	request.flags = AT_FRAME;
	request.start_uframe = iso_bus_time_read(&world->time).uframe + 100;
	KUNIT_EXPECT_EQ(test, check(world, &request), -EOPNOTSUPP);
	request.flags = 0;
	request.start_uframe = 0;
	KUNIT_EXPECT_EQ(test, check(world, &request), 0);
}

static struct kunit_case cases[] = {
	CASE(flags_matrix, "flags that contradict each other are refused"),
	CASE(unknown_flags, "each bit that is no flag is refused"),
	CASE(padding, "each byte of padding must be zero"),
	CASE(slices, "a slice fits into buffer and table up to their last byte and entry"),
	CASE(foreign_flags, "flags of bulk pipes are refused"),
	CASE(stale, "a pipe that the alternate setting lacks takes nothing"),
	CASE(pending_packets, "no more packets are taken than the table has entries left"),
	CASE(listed, "lengths at the end of the table are added up"),
	CASE(frames, "a frame may be asked for from one ahead up to 8192"),
	CASE(frames_unknown, "without start frames no frame can be asked for"),
	{}
};

struct kunit_suite iso_check_suite = {
	.name = "check",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
