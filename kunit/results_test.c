// SPDX-License-Identifier: GPL-2.0-only
/* What comes back with an URB: errors, and answers that make no sense. */

#include "world.h"

static struct usb_iso_packet_descriptor edited;
static int edited_count;

/* The second packet says what the test wants. */
static void edit_packet(struct urb *urb)
{
	urb->iso_frame_desc[1].status = edited.status;
	urb->iso_frame_desc[1].actual_length = edited.actual_length;
}

static void edit_count(struct urb *urb)
{
	urb->number_of_packets = edited_count;
}

static void edit_layout(struct urb *urb)
{
	urb->iso_frame_desc[1].length = 0xffffffff;
	urb->iso_frame_desc[1].offset = 0x80000000;
	urb->iso_frame_desc[1].actual_length = 0xffffffff;
	urb->start_frame = 0x7fffffff;
	urb->interval = 0;
	urb->error_count = -1;
	urb->actual_length = -1;
}

struct packet_row {
	int status;
	u32 length;
	int wanted_status;
	u32 wanted_length;
};

/* Of 4 bytes asked for. */
static void packet_matrix(struct kunit *test)
{
	static const struct packet_row rows[] = {
		{ 0, 4, 0, 4 },
		{ 0, 3, 0, 3 },
		{ 0, 0, 0, 0 },
		{ 0, 5, -EOVERFLOW, 4 },
		{ 0, 0x7fffffff, -EOVERFLOW, 4 },
		{ 0, 0x80000000, -EPROTO, 0 },
		{ 0, 0xffffffff, -EPROTO, 0 },
		{ -EPROTO, 0, -EPROTO, 0 },
		{ -EILSEQ, 2, -EILSEQ, 2 },
		{ -EXDEV, 0, -EXDEV, 0 },
		{ -EOVERFLOW, 4, -EOVERFLOW, 4 },
		{ -EPROTO, 5, -EPROTO, 4 },
		{ 1, 4, -EPROTO, 4 },
		{ 0x7fffffff, 4, -EPROTO, 4 },
		{ -4095, 4, -4095, 4 },
		{ -4096, 4, -EPROTO, 4 },
		{ INT_MIN, 4, -EPROTO, 4 },
	};
	struct world *world = world_default(test);
	unsigned int i;

	fake_host.edit = edit_packet;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct winusb_iso_packet *packet =
			&world->buffer.table[world->cursor + 1];
		struct winusb_iso_completion result;

		edited.status = rows[i].status;
		edited.actual_length = rows[i].length;
		world_submit(world, 3, 0);
		fake_host_finish(0);
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, packet->status, rows[i].wanted_status,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, packet->length, rows[i].wanted_length,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, packet->offset, 4U, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.status, 0, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.error_count,
				    !!rows[i].wanted_status, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.actual_length,
				    8 + rows[i].wanted_length, "row %u", i);
	}
}

static void packet_counts(struct kunit *test)
{
	static const int counts[] = { 0, -1, INT_MIN, 1, 2, 3, 4, INT_MAX };
	static const u32 good[] = { 0, 0, 0, 1, 2, 3, 3, 3 };
	struct world *world = world_default(test);
	unsigned int i;

	fake_host.edit = edit_count;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct winusb_iso_completion result;
		u32 first = world->cursor;

		edited_count = counts[i];
		world_submit(world, 3, 0);
		fake_host_finish(0);
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, result.actual_length, good[i] * 4,
				    "count %d", counts[i]);
		KUNIT_EXPECT_EQ_MSG(test, result.error_count, 3 - good[i],
				    "count %d", counts[i]);
		KUNIT_EXPECT_EQ_MSG(test, world->buffer.table[first + 2].status,
				    good[i] < 3 ? -EPROTO : 0, "count %d",
				    counts[i]);
		KUNIT_EXPECT_EQ_MSG(test, world->buffer.table[first + 3].status, 0,
				    "past the end, count %d", counts[i]);
	}
}

static void nonsense(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	fake_host.edit = edit_layout;
	world_submit(world, 3, 0);
	world_submit(world, 3, 0);
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.actual_length, 8U);
	KUNIT_EXPECT_EQ(test, result.error_count, 1U);
	KUNIT_EXPECT_EQ(test, world->buffer.table[1].offset, 4U);
	KUNIT_EXPECT_EQ(test, world->buffer.table[1].status, -EPROTO);
	fake_host.edit = NULL;
	KUNIT_ASSERT_EQ(test, world_submit(world, 3, 0), 0);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.held[0].urb->interval, 1,
			    "set again for each submission");
}

struct status_row {
	int status;
	int wanted;
};

static void urb_status_matrix(struct kunit *test)
{
	static const struct status_row rows[] = {
		{ -ESHUTDOWN, -ENODEV },
		{ -ECONNRESET, -ECONNRESET },
		{ -ENOENT, -ECONNRESET },
		{ -EPROTO, -EPROTO },
		{ -EXDEV, -EXDEV },
		{ 5, -EPROTO },
		{ INT_MIN, -EPROTO },
	};
	struct world *world = world_default(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct winusb_iso_completion result;

		world_submit(world, 3, 0);
		fake_host_give_back(fake_host.held[0].urb, rows[i].status);
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, result.status, rows[i].wanted, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.error_count, 3U, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, (u32)result.flags, NEW_STREAM, "row %u", i);
	}
}

static void failed_in_the_middle(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 64 * 12, 0);
	KUNIT_ASSERT_EQ(test, fake_host.count, 8U);
	fake_host_finish(0);
	fake_host_give_back(fake_host.held[0].urb, -EPROTO);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.count, 7U, "nothing more is sent");
	world_expect_none(test, world);
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -EPROTO);
	KUNIT_EXPECT_EQ(test, result.actual_length, 8 * 64 * 4U);
	KUNIT_EXPECT_EQ(test, result.error_count, 64 + 3 * 64U);
}

static int queue_listed(struct world *world, u32 packets, u32 length)
{
	struct winusb_iso_transfer request = {
		.flags = LENGTHS,
		.num_packets = packets,
		.length = length,
	};

	return world_queue_request(world, &request);
}

static void listed_lengths(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_packet *table = world->buffer.table;

	table[0].length = 4;
	table[1].length = 0;
	table[2].length = 3;
	queue_listed(world, 3, 7);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->transfer_buffer_length, 7U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->iso_frame_desc[2].offset, 4U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->iso_frame_desc[1].length, 0U);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 7U);
}

static void lengths_changed(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_packet *table = world->buffer.table;

	table[0].length = 5; /* changed after the check */
	queue_listed(world, 3, 4);
	iso_pipe_pump(world->pipe);
	table[0].length = 3;
	queue_listed(world, 3, 4);
	iso_pipe_pump(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
	world_expect(test, world, -EMSGSIZE, NEW_STREAM | NOT_SENT);
	world_expect(test, world, -EBADMSG, NEW_STREAM | NOT_SENT);
}

static void lengths_changed_later(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_packet *table = world->buffer.table;
	struct winusb_iso_completion result;
	u32 i;

	for (i = 0; i < 64 * 10; i++)
		table[i].length = 4;
	queue_listed(world, 64 * 10, 64 * 10 * 4);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 8U);
	table[64 * 8].length = 4000;
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, result.actual_length, 64 * 8 * 4U);
	KUNIT_EXPECT_EQ(test, result.error_count, 128U);
	KUNIT_EXPECT_EQ(test, table[64 * 9].status, -EXDEV);
	KUNIT_EXPECT_EQ(test, table[64 * 9].length, 0U);
}

/* Between hand-over and giving back, user space may write what it likes. */
static void table_scribbled(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_packet *table = world->buffer.table;

	table[0].length = 4;
	table[1].length = 2;
	queue_listed(world, 2, 6);
	iso_pipe_pump(world->pipe);
	memset(table, 0xff, 2 * sizeof(*table));
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 6U);
	KUNIT_EXPECT_EQ(test, table[1].length, 2U);
	KUNIT_EXPECT_EQ(test, table[1].status, 0);
}

static struct kunit_case cases[] = {
	CASE(packet_matrix, "a packet's length and status are told, or made sane and marked"),
	CASE(packet_counts, "packets that were not answered for say so"),
	CASE(nonsense, "nothing else that comes back with an URB is believed"),
	CASE(urb_status_matrix, "the status of an URB becomes that of its transfer"),
	CASE(failed_in_the_middle, "a transfer that fails in the middle sends nothing more"),
	CASE(listed_lengths, "listed packet lengths are what the controller gets"),
	CASE(lengths_changed, "lengths changed before they are used fail the transfer unsent"),
	CASE(lengths_changed_later, "lengths changed while it is under way end the transfer there"),
	CASE(table_scribbled, "a table written over while pending changes no result"),
	{}
};

struct kunit_suite iso_results_suite = {
	.name = "results",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
