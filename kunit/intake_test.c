// SPDX-License-Identifier: GPL-2.0-only
/* A pipe's own transfer ring: indices that wrap or lie, and who takes entries when. */

#include <linux/xarray.h>

#include "driver/cancel.h"
#include "driver/intake.h"
#include "world.h"

#define ENTRIES 16

static DEFINE_XARRAY(buffers);

/* A world whose pipe has a ring, with indices that begin at @index. */
static struct world *world_ringed(struct kunit *test, u32 index)
{
	struct world *world = world_default(test);
	struct iso_intake *intake;

	KUNIT_ASSERT_EQ(test, xa_err(xa_store(&buffers, 1, &world->buffer, GFP_KERNEL)), 0);
	intake = iso_intake_create(&world->ring, &buffers, ENTRIES);
	KUNIT_ASSERT_NOT_NULL(test, intake);
	intake->head = index;
	intake->control->head = index;
	intake->control->tail = index;
	iso_pipe_attach(world->pipe, intake);
	return world;
}

static void publish(struct world *world, u32 count)
{
	struct iso_intake *intake = world->pipe->intake;
	u32 tail = intake->control->tail;

	while (count--) {
		intake->transfers[tail++ & (ENTRIES - 1)] = (struct winusb_iso_transfer){
			.cookie = world->queued,
			.buffer = 1,
			.flags = world->queued ? CONTINUE : 0,
			.offset = world->queued % 64 * 32,
			.length = 32,
			.first_packet = world->queued % 64 * 8,
			.num_packets = 8,
		};
		world->queued++;
	}
	WRITE_ONCE(intake->control->tail, tail);
}

static bool needs_start(const struct world *world)
{
	return world->pipe->intake->control->flags & WINUSB_ISO_PIPE_RING_NEED_START;
}

static void taken_in_complete(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	publish(world, 4);
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, fake_host.count, 4U);
		KUNIT_EXPECT_FALSE(test, needs_start(world));
		publish(world, 1);
		fake_host_finish(0);
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	}
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 104U);
}

static void wraps(struct kunit *test)
{
	struct world *world = world_ringed(test, U32_MAX - 2);
	u32 i;

	publish(world, 6);
	KUNIT_EXPECT_EQ(test, iso_intake_published(world->pipe->intake), 6);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 3U);
	KUNIT_ASSERT_EQ(test, fake_host.count, 6U);
	for (i = 0; i < 6; i++) {
		fake_host_finish(0);
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	}
}

static void lying_tail(struct kunit *test)
{
	static const u32 wrong[] = { ENTRIES + 1, U32_MAX, 1U << 31 };
	struct world *world = world_ringed(test, 0);
	struct iso_intake *intake = world->pipe->intake;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		intake->control->tail = wrong[i];
		KUNIT_EXPECT_EQ(test, iso_pipe_take_published(world->pipe), -ERANGE);
		KUNIT_EXPECT_EQ(test, intake->control->refused, i + 1);
	}
	KUNIT_EXPECT_EQ(test, intake->head, 0U);
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
}

static void asks_when_low(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);

	KUNIT_EXPECT_TRUE(test, needs_start(world));
	publish(world, 4);
	iso_pipe_take_published(world->pipe);
	KUNIT_EXPECT_FALSE(test, needs_start(world));
	fake_host_finish(0);
	KUNIT_EXPECT_FALSE(test, needs_start(world));
	/* After the next one there will be one left, of 1 ms. */
	fake_host_finish(0);
	KUNIT_EXPECT_TRUE(test, needs_start(world));
	fake_host_finish(0);
	KUNIT_EXPECT_TRUE(test, needs_start(world));
	publish(world, 1);
	fake_host_finish(0);
	KUNIT_EXPECT_TRUE(test, needs_start(world));
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	/* Nothing was pending any more when it was taken. */
	world_expect(test, world, -EXDEV, NOT_SENT);
}

static void stop_refuses(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	publish(world, 2);
	iso_pipe_stop(world->pipe, -ECONNRESET);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
	/* Packets say so, as those of pending transfers. */
	for (i = 0; i < 16; i++) {
		KUNIT_EXPECT_EQ(test, world->buffer.table[i].status, -EXDEV);
		KUNIT_EXPECT_EQ(test, world->buffer.table[i].offset, i % 8 * 4);
	}
	publish(world, 1);
	KUNIT_EXPECT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
}

static void retired_buffer(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);

	publish(world, 1);
	world->buffer.retired = true;
	iso_pipe_take_published(world->pipe);
	world_expect(test, world, -ENOENT, NOT_SENT);
	world->buffer.retired = false;
}

/* What waits in the ring goes before a call that comes later. */
static void call_after_published(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	publish(world, 3);
	KUNIT_ASSERT_EQ(test, world_submit(world, 8, CONTINUE), 0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 3U);
	KUNIT_ASSERT_EQ(test, fake_host.count, 4U);
	for (i = 0; i < 4; i++) {
		fake_host_finish(0);
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	}
}

/* The rings have one place less than it takes. */
static void no_room_before_call(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	struct iso_transfer *taken;
	LIST_HEAD(all);

	publish(world, 2);
	while (world->ring.outstanding + 2 < world->ring.entries) {
		taken = iso_ring_reserve(&world->ring);
		KUNIT_ASSERT_NOT_NULL(test, taken);
		list_add(&taken->node, &all);
	}
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, CONTINUE), -EAGAIN);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 1U);
	while (!list_empty(&all)) {
		taken = list_first_entry(&all, struct iso_transfer, node);
		list_del(&taken->node);
		iso_ring_unreserve(&world->ring, taken);
	}
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, CONTINUE), 0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 2U);
}

static void cancel_published(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);

	publish(world, 3);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), 0);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 3), -ENOENT);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	fake_host_finish(0);
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
	/* It is behind the hole. */
	world_expect(test, world, -EXDEV, NOT_SENT);
}

static struct kunit_case cases[] = {
	CASE(taken_in_complete, "complete() takes what was published, 100 times"),
	CASE(wraps, "indices wrap at 2^32"),
	CASE(lying_tail, "a tail that can not be takes nothing and is counted"),
	CASE(asks_when_low, "the flag is set while less than 2 ms will be left after the next URB"),
	CASE(stop_refuses, "a stopped pipe refuses what is published with its reason"),
	CASE(call_after_published, "SUBMIT goes behind what was published"),
	CASE(no_room_before_call, "SUBMIT takes no place before what was published"),
	CASE(cancel_published, "CANCEL finds what was published"),
	CASE(retired_buffer, "a retired buffer takes no transfer"),
	{}
};

struct kunit_suite iso_intake_suite = {
	.name = "intake",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
