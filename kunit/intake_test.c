// SPDX-License-Identifier: GPL-2.0-only
/* A pipe's own transfer ring: indices that wrap or lie, and who takes entries when. */

#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "driver/cancel.h"
#include "driver/intake.h"
#include "world.h"

#define ENTRIES 16

static DEFINE_XARRAY(buffers);

static void attach(struct kunit *test, struct world *world, u32 entries, u32 index)
{
	struct iso_intake *intake;

	KUNIT_ASSERT_EQ(test, xa_err(xa_store(&buffers, 1, &world->buffer, GFP_KERNEL)), 0);
	intake = iso_intake_create(&world->ring, &buffers, entries);
	KUNIT_ASSERT_NOT_NULL(test, intake);
	intake->head = index;
	intake->control->head = index;
	intake->control->tail = index;
	iso_pipe_attach(world->pipe, intake);
}

/* A world whose pipe has a ring, with indices that begin at @index. */
static struct world *world_ringed(struct kunit *test, u32 index)
{
	struct world *world = world_default(test);

	attach(test, world, ENTRIES, index);
	return world;
}

/* An entry of as many packets, each of 4 bytes. */
static void publish_packets(struct world *world, u32 packets)
{
	struct iso_intake *intake = world->pipe->intake;
	u32 tail = intake->control->tail;

	intake->transfers[tail & (intake->entries - 1)] = (struct winusb_iso_transfer){
		.cookie = world->queued,
		.buffer = 1,
		.flags = world->queued ? CONTINUE : 0,
		.offset = world->cursor * 4,
		.length = packets * 4,
		.first_packet = world->cursor,
		.num_packets = packets,
	};
	world->cursor += packets;
	world->queued++;
	WRITE_ONCE(intake->control->tail, tail + 1);
}

/* An entry that is refused with -EINVAL. */
static void publish_bad(struct world *world)
{
	struct iso_intake *intake = world->pipe->intake;
	u32 tail = intake->control->tail;

	publish_packets(world, 1);
	intake->transfers[tail & (intake->entries - 1)].flags = 1U << 31;
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

/* The same, to be told together. */
static void publish_group(struct world *world, u32 count)
{
	struct iso_intake *intake = world->pipe->intake;
	u32 tail = intake->control->tail;

	publish(world, count);
	while (--count)
		intake->transfers[tail++ & (ENTRIES - 1)].flags |=
			WINUSB_ISO_TRANSFER_NO_INTERRUPT;
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

static void shared_in_complete(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i, n;

	publish(world, 8);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	publish_group(world, 8);
	for (i = 0; i < 8; i++) {
		fake_host_finish(0);
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	}
	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
		KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->number_of_packets, 64);
		publish_group(world, 8);
		KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
		fake_host_finish(0);
		for (n = 0; n < 8; n++)
			world_expect(test, world, 0, 0);
		world_expect_none(test, world);
	}
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 176U);
}

static int submit_slowly(struct urb *urb)
{
	int err = fake_host_ops.submit(urb);

	fake_host_advance(80);
	return err;
}

static void slow_submission(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	struct iso_pipe_ops ops = fake_host_ops;

	publish(world, 2);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	publish(world, 2);
	ops.submit = submit_slowly;
	world->pipe->ops = &ops;
	fake_host_finish(0);
	world->pipe->ops = &fake_host_ops;
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	world_expect(test, world, -EXDEV, NOT_SENT);
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

static void full_ring(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	publish(world, ENTRIES);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->refused, 0U);
	KUNIT_EXPECT_EQ(test, fake_host.count, (unsigned int)ENTRIES);
	for (i = 0; i < ENTRIES; i++)
		fake_host_finish(0);
	for (i = 0; i < ENTRIES; i++)
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
}

/* After the first of four URBs of 5 microframes 15 will be left; with one more, 16. */
static void asks_below_16(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	for (i = 0; i < 4; i++)
		publish_packets(world, 5);
	iso_pipe_take_published(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.count, 4U);
	KUNIT_EXPECT_TRUE(test, needs_start(world));
	publish_packets(world, 1);
	iso_pipe_take_published(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.count, 5U);
	KUNIT_EXPECT_FALSE(test, needs_start(world));
}

static void asks_with_one_out(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);

	publish_packets(world, 64);
	iso_pipe_take_published(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.count, 1U);
	KUNIT_EXPECT_TRUE(test, needs_start(world));
}

static void attached_while_busy(struct kunit *test)
{
	struct world *world = world_default(test);
	u32 i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, world_submit(world, 8, i ? CONTINUE : 0), 0);
	attach(test, world, ENTRIES, 0);
	KUNIT_EXPECT_FALSE(test, needs_start(world));
	publish(world, 1);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 1U);
}

/* What the controller has no room for stays in the ring, where it can still be changed. */
static void taken_when_there_is_room(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	publish_packets(world, 1024);
	publish_packets(world, 8);
	iso_pipe_take_published(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.count, 8U);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 1U);
	for (i = 0; i < 8; i++)
		fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 1U);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 2U);
}

/* Only a list is read with interrupts off. */
static void many_packets(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);

	publish_packets(world, WINUSB_ISO_MAX_LISTED_PACKETS + 1);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, 8U);
	world_expect_none(test, world);
}

struct sleeper {
	struct wait_queue_entry entry;
	u32 woken;
};

static int count_wake(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	container_of(entry, struct sleeper, entry)->woken++;
	return 0;
}

static void refusal_is_told(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	struct winusb_iso_completion result;
	struct sleeper sleeper = { };

	init_waitqueue_func_entry(&sleeper.entry, count_wake);
	add_wait_queue(&world->ring.wait, &sleeper.entry);
	fake_host.now += 123456;
	publish_bad(world);
	iso_pipe_take_published(world->pipe);
	remove_wait_queue(&world->ring.wait, &sleeper.entry);
	KUNIT_EXPECT_EQ(test, sleeper.woken, 1U);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -EINVAL);
	KUNIT_EXPECT_EQ(test, (u32)result.flags, NOT_SENT);
	KUNIT_EXPECT_EQ(test, result.timestamp_ns, FAKE_BEGIN_NS + 123456);
}

/* One call refuses 512 entries at the most; a worker goes on. */
static void refusals_are_work(struct kunit *test)
{
	struct world *world = world_default(test);
	u32 i, taken;

	attach(test, world, 1024, 0);
	for (i = 0; i < 700; i++)
		publish_bad(world);
	/* So that the worker waits, as it does for complete(). */
	works_hold();
	iso_pipe_pump(world->pipe);
	taken = world->pipe->intake->head;
	works_release();
	KUNIT_EXPECT_EQ(test, taken, 512U);
	flush_work(&world->pipe->work);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 700U);
	for (i = 0; i < 700; i++)
		world_expect(test, world, -EINVAL, NOT_SENT);
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

/* Of three entries two have room for their completions. */
static void stop_without_room(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	u32 i;

	for (i = 0; i < 16384 - 2; i++)
		iso_ring_post(&world->ring, iso_ring_reserve(&world->ring));
	publish(world, 3);
	iso_pipe_stop(world->pipe, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 2U);
	for (i = 0; i < 16384 - 2; i++)
		iso_ring_consume(&world->ring);
	KUNIT_EXPECT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	for (i = 0; i < 3; i++)
		world_expect(test, world, -ECONNRESET, NOT_SENT);
}

struct refusal_row {
	u32 buffer;
	u32 flags;
	u32 first;
	u32 packets;
	u32 length;
	int wanted;
};

/* Entries that user space can write; between good ones of a running stream. */
static void hostile_entries(struct kunit *test)
{
	static const struct refusal_row rows[] = {
		{ 2, 0, 0, 8, 32, -ENOENT },
		{ U32_MAX, 0, 0, 8, 32, -ENOENT },
		{ 0, 0, 0, 8, 32, -ENOENT },
		{ 1, 1U << 31, 0, 8, 32, -EINVAL },
		{ 1, CONTINUE | AT_FRAME, 0, 8, 32, -EINVAL },
		{ 1, WINUSB_ISO_TRANSFER_ZERO_PACKET, 0, 8, 32, -EINVAL },
		{ 1, 0, 0, 0, 0, -ERANGE },
		{ 1, 0, U32_MAX, 8, 32, -E2BIG },
		{ 1, 0, 0, U32_MAX, 32, -E2BIG },
		{ 1, 0, 0, 8, U32_MAX, -EOVERFLOW },
		{ 1, 0, 0, 8, 33, -EMSGSIZE },
		{ 1, LENGTHS, 0, 1025, 0, -E2BIG },
		{ 1, AT_FRAME, 0, 8, 32, -ETIME },
	};
	struct world *world = world_ringed(test, U32_MAX - 3);
	struct iso_intake *intake = world->pipe->intake;
	struct winusb_iso_completion result;
	unsigned int i;
	u32 tail;

	publish(world, 4);
	KUNIT_ASSERT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		tail = intake->control->tail;
		intake->transfers[tail & (ENTRIES - 1)] = (struct winusb_iso_transfer){
			.cookie = 1000 + i,
			.buffer = rows[i].buffer,
			.flags = rows[i].flags,
			.length = rows[i].length,
			.first_packet = rows[i].first,
			.num_packets = rows[i].packets,
		};
		WRITE_ONCE(intake->control->tail, tail + 1);
		publish(world, 1);
		fake_host_finish(0);
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
		KUNIT_ASSERT_TRUE(test, iso_ring_peek(&world->ring, &result));
		iso_ring_consume(&world->ring);
		KUNIT_EXPECT_EQ(test, result.cookie, 1000ULL + i);
		KUNIT_EXPECT_EQ_MSG(test, result.status, rows[i].wanted, "row %u", i);
		KUNIT_EXPECT_EQ(test, (u32)result.flags, NOT_SENT);
		KUNIT_ASSERT_EQ(test, fake_host.count, 4U);
	}
}

/* 1024 lengths are read with interrupts off, and not one more. */
static void listed_limit(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	struct iso_intake *intake = world->pipe->intake;

	intake->transfers[0] = (struct winusb_iso_transfer){
		.buffer = 1, .flags = LENGTHS, .num_packets = 1024,
	};
	world->queued++;
	WRITE_ONCE(intake->control->tail, 1);
	KUNIT_EXPECT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
}

static void other_pipe(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);

	publish(world, 1);
	world->buffer.pipe = NULL;
	iso_pipe_take_published(world->pipe);
	world_expect(test, world, -ENOENT, NOT_SENT);
	world->buffer.pipe = world->pipe;
}

/* Completions that nobody collects leave room for four more. */
static void no_room(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	struct winusb_iso_completion result;
	u32 i;

	for (i = 0; i < 16384 - 4; i++)
		iso_ring_post(&world->ring, iso_ring_reserve(&world->ring));
	publish(world, ENTRIES);
	KUNIT_EXPECT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 4U);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 4U);
	for (i = 0; i < 16384 - 4; i++)
		iso_ring_consume(&world->ring);
	KUNIT_EXPECT_EQ(test, iso_pipe_take_published(world->pipe), 0);
	KUNIT_EXPECT_EQ(test, world->pipe->intake->control->head, 16U);
	for (i = 0; i < 4; i++)
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	/* The stream had ended before these were taken. */
	KUNIT_ASSERT_TRUE(test, iso_ring_peek(&world->ring, &result));
	KUNIT_EXPECT_EQ(test, result.status, -EXDEV);
}

/* What the driver writes there it never reads. */
static void scribbled_control(struct kunit *test)
{
	struct world *world = world_ringed(test, 0);
	struct winusb_iso_pipe_ring *control = world->pipe->intake->control;
	struct chance chance;
	u32 i;

	chance_begin(test, &chance);
	publish(world, 4);
	iso_pipe_take_published(world->pipe);
	for (i = 0; i < 200; i++) {
		control->head = chance_below(&chance, U32_MAX);
		control->flags = chance_below(&chance, U32_MAX);
		control->refused = chance_below(&chance, U32_MAX);
		publish(world, 1);
		fake_host_finish(0);
		KUNIT_ASSERT_EQ_MSG(test, fake_host.count, 4U, "seed %u", chance.seed);
		KUNIT_ASSERT_EQ_MSG(test, control->head, 5 + i, "seed %u", chance.seed);
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	}
}

/* Against a model: of what is published, what is under way, and what is over. */
static void random_use(struct kunit *test)
{
	struct world *world = world_ringed(test, U32_MAX - 100);
	struct iso_intake *intake = world->pipe->intake;
	u32 begun = intake->control->tail, step, waiting;
	struct chance chance;

	chance_begin(test, &chance);
	for (step = 0; step < 4000; step++) {
		/* The window has room for a full ring. */
		while (fake_host.count > ISO_SLOTS - ENTRIES)
			fake_host_finish(0);
		waiting = intake->control->tail - intake->head;
		switch (chance_below(&chance, 8)) {
		case 0:
		case 1:
			publish(world, chance_below(&chance, ENTRIES - waiting + 1));
			break;
		case 2:
			iso_pipe_take_published(world->pipe);
			KUNIT_ASSERT_EQ_MSG(test, intake->head, intake->control->tail,
					    "seed %u: there is room for all", chance.seed);
			break;
		case 3: /* a lie, taken back */
			intake->control->tail += ENTRIES + 1;
			KUNIT_ASSERT_EQ_MSG(test, iso_pipe_take_published(world->pipe),
					    -ERANGE, "seed %u", chance.seed);
			KUNIT_ASSERT_EQ_MSG(test, intake->control->tail - intake->head,
					    waiting + ENTRIES + 1, "seed %u", chance.seed);
			intake->control->tail -= ENTRIES + 1;
			break;
		case 4:
			if (chance_below(&chance, 8))
				break;
			iso_pipe_stop(world->pipe, -ECONNRESET);
			KUNIT_ASSERT_EQ_MSG(test, intake->head, intake->control->tail,
					    "seed %u: a stop refuses all", chance.seed);
			iso_pipe_start(world->pipe);
			break;
		default:
			fake_host_finish(0);
		}
		KUNIT_ASSERT_EQ_MSG(test, intake->control->head, intake->head, "seed %u",
				    chance.seed);
		while (world_has_completion(world))
			world_reap(test, world);
		KUNIT_ASSERT_EQ_MSG(test, world->reaped + world->ring.outstanding,
				    (u64)(intake->head - begun), "seed %u step %u",
				    chance.seed, step);
	}
	KUNIT_EXPECT_GT(test, world->reaped, 1000ULL);
	iso_pipe_take_published(world->pipe);
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

static void intake_suite_exit(struct kunit *test)
{
	world_suite_exit(test);
	xa_destroy(&buffers);
}

static struct kunit_case cases[] = {
	CASE(taken_in_complete, "complete() takes what was published, 100 times"),
	CASE(shared_in_complete, "entries that are told together are taken together"),
	CASE(slow_submission, "an entry taken after a slow submission is judged by the time then"),
	CASE(wraps, "indices wrap at 2^32"),
	CASE(lying_tail, "a tail that can not be takes nothing and is counted"),
	CASE(asks_when_low, "the flag is set when a stream runs low"),
	CASE(full_ring, "a full ring is taken whole"),
	CASE(asks_below_16, "the flag is set while less than 16 microframes will be left"),
	CASE(asks_with_one_out, "the flag is set while one URB is out, however long"),
	CASE(attached_while_busy, "a ring for a pipe that is busy needs no start"),
	CASE(taken_when_there_is_room, "an entry stays in the ring while the window is full"),
	CASE(many_packets, "1025 packets without a list of lengths are taken"),
	CASE(refusal_is_told, "a refused entry wakes, and says when"),
	CASE(refusals_are_work, "one call refuses 512 entries, and a worker the rest"),
	CASE(stop_refuses, "a stopped pipe refuses what is published with its reason"),
	CASE(call_after_published, "SUBMIT goes behind what was published"),
	CASE(no_room_before_call, "SUBMIT takes no place before what was published"),
	CASE(cancel_published, "CANCEL finds what was published"),
	CASE(stop_without_room, "a stop refuses what there is room for, and the rest later"),
	CASE(hostile_entries, "an entry that is refused says why and the stream goes on"),
	CASE(listed_limit, "an entry has up to 1024 packet lengths"),
	CASE(other_pipe, "a buffer of another pipe takes no transfer"),
	CASE(no_room, "entries wait while there is no room for their completions"),
	CASE(scribbled_control, "what user space writes over the driver's part changes nothing"),
	CASE(random_use, "any use of the ring agrees with a count of it"),
	CASE(retired_buffer, "a retired buffer takes no transfer"),
	{}
};

struct kunit_suite iso_intake_suite = {
	.name = "intake",
	.init = world_suite_init,
	.exit = intake_suite_exit,
	.test_cases = cases,
};
