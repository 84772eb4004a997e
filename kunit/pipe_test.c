// SPDX-License-Identifier: GPL-2.0-only
/* A pipe's queue and window: what the controller gets, and in what pieces. */

#include "world.h"

static void one_transfer(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	u64 start = fake_host_bus() + FAKE_THRESHOLD;

	KUNIT_ASSERT_EQ(test, world_submit(world, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, 1U);
	world_expect_none(test, world);
	fake_host_finish(0);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.actual_length, 32U);
	KUNIT_EXPECT_EQ(test, result.num_packets, 8U);
	KUNIT_EXPECT_EQ(test, result.error_count, 0U);
	KUNIT_EXPECT_EQ(test, result.start_uframe, start);
	KUNIT_EXPECT_EQ(test, result.timestamp_ns, fake_host_now());
	KUNIT_EXPECT_EQ(test, result.gap, 0U);
	KUNIT_EXPECT_EQ(test, result.inner_gap, 0U);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, result.flags, NEW_STREAM);
}

static void packets_in_place(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_packet *table;
	u32 i;

	world_submit(world, 3, 0);
	world_submit(world, 8, 0);
	table = &world->buffer.table[3];
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	KUNIT_EXPECT_PTR_EQ(test, fake_host.held[1].urb->transfer_buffer,
			    world->buffer.data + 12);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->transfer_buffer_length, 32U);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->interval, 1);
	fake_host_finish_all();
	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, table[i].offset, 4 * i);
		KUNIT_EXPECT_EQ(test, table[i].length, 4U);
		KUNIT_EXPECT_EQ(test, table[i].status, 0);
	}
	KUNIT_EXPECT_EQ(test, table[8].offset + table[8].length, 0U);
}

static void long_transfer(struct kunit *test)
{
	struct world *world = world_default(test);
	static const u32 counts[] = { 64, 64, 64, 8 };
	struct winusb_iso_completion result;
	u32 i;

	world_submit(world, 200, 0);
	KUNIT_ASSERT_EQ(test, fake_host.count, 4U);
	for (i = 0; i < 4; i++) {
		const struct urb *urb = fake_host.held[i].urb;

		KUNIT_EXPECT_EQ(test, (u32)urb->number_of_packets, counts[i]);
		KUNIT_EXPECT_PTR_EQ(test, urb->transfer_buffer,
				    world->buffer.data + i * 64 * 4);
		KUNIT_EXPECT_EQ(test, urb->iso_frame_desc[1].offset, 4U);
	}
	for (i = 0; i < 3; i++) {
		fake_host_finish(0);
		world_expect_none(test, world);
	}
	fake_host_finish(0);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.actual_length, 800U);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	for (i = 0; i < 200; i++)
		KUNIT_EXPECT_EQ(test, world->buffer.table[i].offset, 4 * i);
}

struct slot_row {
	enum usb_device_speed speed;
	u32 interval;
	u32 packets;
	int urb_interval;
};

/* At most 64 packets and 256 microframes to an URB, and at least a packet. */
static void slot_matrix(struct kunit *test)
{
	static const struct slot_row rows[] = {
		{ USB_SPEED_HIGH, 1, 64, 1 },
		{ USB_SPEED_HIGH, 4, 64, 4 },
		{ USB_SPEED_HIGH, 8, 32, 8 },
		{ USB_SPEED_FULL, 8, 32, 1 },
		{ USB_SPEED_HIGH, 128, 2, 128 },
		{ USB_SPEED_HIGH, 256, 1, 256 },
		{ USB_SPEED_HIGH, 512, 1, 512 },
		{ USB_SPEED_FULL, 8192, 1, 1024 },
		{ USB_SPEED_FULL, 262144, 1, 1024 },
		{ USB_SPEED_HIGH, 32768, 1, 8192 },
		{ USB_SPEED_SUPER, 32768, 1, 32768 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world_plan plan = WORLD_PLAN;
		struct world *world;

		plan.speed = rows[i].speed;
		plan.interval = rows[i].interval;
		world = world_of(test, &plan);
		world_submit(world, 200, 0);
		KUNIT_EXPECT_EQ_MSG(test, fake_host.held[0].urb->number_of_packets,
				    (int)rows[i].packets, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, fake_host.held[0].urb->interval,
				    rows[i].urb_interval, "row %u", i);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static void window(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	for (i = 0; i < 100; i++)
		world_submit(world, 50, 0);
	/* The 11th begins at 500 of 512 microframes. */
	KUNIT_EXPECT_EQ(test, fake_host.count, 11U);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.count, 11U, "refilled");
	fake_host_finish_all();
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 100U);
	KUNIT_EXPECT_EQ(test, fake_host.most, 11U);
}

static void slow_pipe_has_two(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;
	int i;

	plan.interval = 4096;
	world = world_of(test, &plan);
	for (i = 0; i < 5; i++)
		world_submit(world, 1, 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, 2U);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 5U);
}

static void all_slots(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	for (i = 0; i < 1000; i++)
		world_submit(world, 1, 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, (unsigned int)ISO_SLOTS);
	fake_host_finish_all();
	for (i = 0; i < 1000; i++)
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
}

static void ten_thousand(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	for (i = 0; i < 10000; i++)
		KUNIT_ASSERT_EQ(test, world_queue(world, 1, i ? CONTINUE : 0), 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
	iso_pipe_pump(world->pipe);
	fake_host_finish_all();
	for (i = 0; i < 10000; i++)
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
}

static void at_once(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	fake_host.finishes_at_once = true;
	for (i = 0; i < 300; i++)
		world_queue(world, 3, 0);
	world_queue(world, 500, 0);
	iso_pipe_pump(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.most, 1U);
	for (i = 0; i < 301; i++)
		world_expect(test, world, 0, NEW_STREAM);
	world_expect_none(test, world);
}

static void any_order(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 4, 0);
	world_submit(world, 100, 0);
	world_submit(world, 4, 0);
	fake_host_finish(3);
	fake_host_finish(1);
	fake_host_finish(1);
	world_expect_none(test, world);
	fake_host_finish(0);
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
}

static void table_full(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;

	plan.packets = 16;
	world = world_of(test, &plan);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, world_submit(world, 1, 0), -EBUSY);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, world_submit(world, 9, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), 0);
	fake_host_finish_all();
}

/* Submission by submission: what is refused ends its transfer. */
static void refused_first(struct kunit *test)
{
	static const int errors[] = { -ENOSPC, -ENOMEM, -EMSGSIZE, -EINVAL };
	struct world *world = world_default(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_host.refuse_with = errors[i];
		KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), 0);
		world_expect(test, world, errors[i], NEW_STREAM | NOT_SENT);
	}
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
}

static void refused_gone(struct kunit *test)
{
	static const int errors[] = { -ESHUTDOWN, -ENOENT, -EPERM };
	struct world *world = world_default(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_host.refuse_with = errors[i];
		world_submit(world, 8, 0);
		world_expect(test, world, -ENODEV, NEW_STREAM | NOT_SENT);
	}
}

static void refused_later(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	fake_host.refuse_with = -ENOSPC;
	fake_host.refuse_after = 2;
	world_submit(world, 200, 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, 2U);
	fake_host_finish(0);
	world_expect_none(test, world);
	fake_host_finish(0);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -ENOSPC);
	KUNIT_EXPECT_EQ(test, result.flags, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, result.actual_length, 512U);
	KUNIT_EXPECT_EQ(test, result.error_count, 72U);
	KUNIT_EXPECT_EQ(test, world->buffer.table[127].status, 0);
	KUNIT_EXPECT_EQ(test, world->buffer.table[128].status, -EXDEV);
	KUNIT_EXPECT_EQ(test, world->buffer.table[128].length, 0U);
	KUNIT_EXPECT_EQ(test, world->buffer.table[199].offset, 796U);
}

static void refused_between(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	fake_host.refuse_with = -ENOMEM;
	world_submit(world, 8, CONTINUE);
	world_submit(world, 8, CONTINUE);
	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -ENOMEM, NOT_SENT);
	world_expect(test, world, -EXDEV, NOT_SENT);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ_MSG(test, result.gap, 0U, "what was refused left no gap");
}

static void no_such_pipe(struct kunit *test)
{
	struct world *world = world_default(test);

	iso_pipe_configure(world->pipe, NULL);
	KUNIT_EXPECT_EQ(test, world->pipe->max_bytes, 0U);
	KUNIT_EXPECT_EQ(test, world->pipe->interval, 0U);
}

static void short_last_packet(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct winusb_iso_transfer request = {
		.num_packets = 65,
		.length = 65 * 4 - 3,
	};
	struct world *world;

	plan.out = true;
	world = world_of(test, &plan);
	KUNIT_EXPECT_FALSE(test, iso_pipe_is_in(world->pipe));
	KUNIT_ASSERT_EQ(test, world_queue_request(world, &request), 0);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->transfer_buffer_length, 1U);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 257U);
}

static struct kunit_case cases[] = {
	CASE(one_transfer, "a transfer goes to the controller and completes"),
	CASE(packets_in_place, "packets lie back to back in the slice of their transfer"),
	CASE(long_transfer, "a long transfer is cut into URBs and completes once"),
	CASE(slot_matrix, "an URB has at most 64 packets and 256 microframes at every interval"),
	CASE(window, "the controller gets a window and each completion refills it"),
	CASE(slow_pipe_has_two, "a pipe with a long interval has two URBs out"),
	CASE(all_slots, "a pipe never has more URBs out than it owns"),
	CASE(ten_thousand, "ten thousand transfers queued at once run as one stream"),
	CASE(at_once, "a controller may give every URB back before submit returns"),
	CASE(any_order, "completions come in order of submission whatever comes back first"),
	CASE(table_full, "no more packets are pending than the packet table has entries"),
	CASE(refused_first, "a transfer that the controller refuses says why"),
	CASE(refused_gone, "an endpoint that usbcore took away is a device that went"),
	CASE(refused_later, "a transfer refused in the middle keeps what was done"),
	CASE(refused_between, "a refused transfer breaks the stream and leaves no gap"),
	CASE(no_such_pipe, "an alternate setting without the pipe leaves it without bandwidth"),
	CASE(short_last_packet, "the last packet of an OUT transfer may be short"),
	{}
};

struct kunit_suite iso_pipe_suite = {
	.name = "pipe",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
