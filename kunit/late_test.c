// SPDX-License-Identifier: GPL-2.0-only
/* AT_FRAME with DROP_LATE: what is dropped, what goes, and what is told. */

#include <linux/workqueue.h>

#include "driver/cancel.h"

#include "world.h"

#define DROP_LATE	(AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE)

static int submit_late(struct world *world, u32 packets, u64 uframe)
{
	return world_submit_frame(world, packets, uframe, DROP_LATE);
}

/* Bus time after the last packet that the fake host was given. */
static u64 stream_end(void)
{
	return fake_host.next;
}

/* Where the first packet of an idle pipe goes. */
static u64 idle_start(void)
{
	return fake_host_bus() + FAKE_THRESHOLD;
}

/* The first @lost of @packets are told as dropped, and the others as done. */
static void expect_table(struct kunit *test, struct world *world, u32 first,
			 u32 packets, u32 lost)
{
	const struct winusb_iso_packet *table = &world->buffer.table[first];
	u32 size = world->plan.max_bytes;
	u32 i;

	for (i = 0; i < packets; i++) {
		KUNIT_ASSERT_EQ_MSG(test, table[i].offset, i * size,
				    "packet %u", i);
		KUNIT_ASSERT_EQ_MSG(test, table[i].length, i < lost ? 0 : size,
				    "packet %u", i);
		KUNIT_ASSERT_EQ_MSG(test, table[i].status, i < lost ? -EXDEV : 0,
				    "packet %u", i);
	}
}

static void expect_dropped(struct kunit *test, struct world *world, u64 start,
			   u32 lost, u32 gap)
{
	struct winusb_iso_completion result = world_reap(test, world);
	u32 sent = result.num_packets - lost;

	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.start_uframe, start);
	KUNIT_EXPECT_EQ(test, result.error_count, lost);
	KUNIT_EXPECT_EQ(test, result.actual_length, sent * world->plan.max_bytes);
	KUNIT_EXPECT_EQ(test, result.gap, gap);
	KUNIT_EXPECT_EQ(test, result.inner_gap, 0U);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
}

static void expect_all_late(struct kunit *test, struct world *world, u32 first)
{
	struct winusb_iso_completion result = world_reap(test, world);
	u32 i;

	KUNIT_EXPECT_EQ(test, result.status, -ETIME);
	KUNIT_EXPECT_EQ(test, result.flags, NOT_SENT);
	KUNIT_EXPECT_EQ(test, result.start_uframe, 0ULL);
	KUNIT_EXPECT_EQ(test, result.error_count, result.num_packets);
	KUNIT_EXPECT_EQ(test, result.actual_length, 0U);
	for (i = 0; i < result.num_packets; i++) {
		KUNIT_ASSERT_EQ(test, world->buffer.table[first + i].offset, 4 * i);
		KUNIT_ASSERT_EQ(test, world->buffer.table[first + i].status, -EXDEV);
	}
}

static void idle_one(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 start = idle_start();
	const struct urb *urb;

	submit_late(world, 8, start);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->transfer_buffer_length, 0U);
	urb = fake_host.held[1].urb;
	KUNIT_EXPECT_EQ(test, urb->number_of_packets, 7);
	KUNIT_EXPECT_PTR_EQ(test, urb->transfer_buffer, world->buffer.data + 4);
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 28U);
	KUNIT_EXPECT_EQ(test, urb->iso_frame_desc[0].offset, 0U);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].start, start + 1);
	world_expect_none(test, world);
	fake_host_finish_all();
	expect_table(test, world, 0, 8, 1);
	expect_dropped(test, world, start, 1, 0);
}

static void idle_none(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 start = idle_start();

	submit_late(world, 8, start + 1);
	submit_late(world, 8, start + 40);
	fake_host_finish_all();
	expect_table(test, world, 0, 8, 0);
	expect_table(test, world, 8, 8, 0);
	expect_dropped(test, world, start + 1, 0, 0);
	expect_dropped(test, world, start + 40, 0, 31);
}

struct shape_row {
	enum usb_device_speed speed;
	u32 interval;
	bool out;
};

static void drop_at(struct kunit *test, const struct shape_row *row, u32 lost)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;
	u64 target;

	plan.speed = row->speed;
	plan.interval = row->interval;
	plan.out = row->out;
	world = world_of(test, &plan);
	world_submit(world, 1, 0);
	target = stream_end() - lost * row->interval;
	/* Between two intervals the later one counts. */
	submit_late(world, 100, target - row->interval / 2);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	expect_table(test, world, 1, 100, lost);
	expect_dropped(test, world, target, lost, 0);
	world_suite_exit(test);
	world_suite_init(test);
}

static void shapes(struct kunit *test)
{
	static const struct shape_row rows[] = {
		{ USB_SPEED_HIGH, 1, false },
		{ USB_SPEED_HIGH, 2, true },
		{ USB_SPEED_HIGH, 4, false },
		{ USB_SPEED_HIGH, 8, true },
		{ USB_SPEED_HIGH, 64, false },
		{ USB_SPEED_FULL, 8, false },
		{ USB_SPEED_FULL, 8, true },
		{ USB_SPEED_FULL, 32, true },
		{ USB_SPEED_SUPER, 1, true },
		{ USB_SPEED_SUPER, 512, false },
	};
	static const u32 lost[] = { 0, 1, 2, 31, 32, 33, 63, 64, 65, 98, 99 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (j = 0; j < ARRAY_SIZE(lost); j++)
			drop_at(test, &rows[i], lost[j]);
}

static void over_slots(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 end;

	world_submit(world, 8, 0);
	end = stream_end();
	submit_late(world, 200, end - 130);
	KUNIT_ASSERT_EQ(test, fake_host.count, 3U);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->number_of_packets, 64);
	KUNIT_EXPECT_PTR_EQ(test, fake_host.held[1].urb->transfer_buffer,
			    world->buffer.data + (8 + 130) * 4);
	KUNIT_EXPECT_EQ(test, fake_host.held[2].urb->number_of_packets, 6);
	KUNIT_EXPECT_PTR_EQ(test, fake_host.held[2].urb->transfer_buffer,
			    world->buffer.data + (8 + 194) * 4);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	expect_table(test, world, 8, 200, 130);
	expect_dropped(test, world, end - 130, 130, 0);
}

/* More than a call of the pump may end: the rest is left to process context. */
static void thousands(struct kunit *test)
{
	struct world *world = world_default(test);
	unsigned int submitted;
	u64 end;

	world_submit(world, 8, 0);
	end = stream_end();
	works_hold();
	submit_late(world, 10000, end - 9000);
	submitted = fake_host.submitted;
	works_release();
	KUNIT_EXPECT_EQ(test, submitted, 2U);
	while (flush_work(&world->pipe->work))
		;
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 9U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	expect_table(test, world, 8, 10000, 9000);
	expect_dropped(test, world, end - 9000, 9000, 0);
}

static void all_pending(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 100, 0);
	submit_late(world, 30, stream_end() - 30);
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 2U);
	submit_late(world, 30, stream_end() - 29);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	expect_all_late(test, world, 100);
	world_expect(test, world, -EXDEV, NOT_SENT);
	expect_dropped(test, world, ISO_UFRAME_EPOCH + FAKE_THRESHOLD + 71, 29, 0);
}

static void all_passed(struct kunit *test)
{
	struct world *world = world_default(test);

	submit_late(world, 8, fake_host_bus() - 7);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 0U, "nothing went before it");
	expect_all_late(test, world, 0);
	submit_late(world, 8, fake_host_bus() - 6);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 1U, "only later it was seen");
	expect_all_late(test, world, 8);
	fake_host_finish_all();
	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
}

/* What is late before it began is told by its packets, the rest as a gap. */
static void gaps(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 end;

	world_submit(world, 8, 0);
	end = stream_end();
	fake_host_finish_all();
	fake_host_advance(20);
	submit_late(world, 60, end + 5);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	/* The leading packet went 28 after the end. */
	expect_dropped(test, world, end + 5, 24, 5);

	end = stream_end();
	fake_host_advance(20);
	submit_late(world, 60, end);
	fake_host_finish_all();
	expect_dropped(test, world, end, 29, 0);

	end = stream_end();
	fake_host_advance(20);
	submit_late(world, 60, end - 10);
	fake_host_finish_all();
	expect_dropped(test, world, end - 10, 39, 0);
	KUNIT_EXPECT_EQ(test, trace_counts.gaps, 1U);
}

/* The flag of a new stream is as without it; what follows goes on. */
static void goes_on(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	u64 start = idle_start();

	submit_late(world, 40, start - 10);
	submit_late(world, 40, start + 30);
	world_submit(world, 40, CONTINUE);
	world_submit(world, 40, 0);
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.flags, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, result.error_count, 11U);
	expect_dropped(test, world, start + 30, 0, 0);
	expect_dropped(test, world, start + 70, 0, 0);
	expect_dropped(test, world, start + 110, 0, 0);
}

/* Its turn comes when its frame has passed. */
static void in_queue(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 start = idle_start();

	world_submit(world, 2000, 0);
	submit_late(world, 100, start + 1950);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 8U);
	fake_host_finish_all();
	expect_dropped(test, world, start, 0, 0);
	expect_dropped(test, world, start + 1950, 50, 0);
}

/* --- packet tables --- */

static const u32 lengths[] = { 1, 2, 3, 4, 0, 1, 4, 2 };

static void queue_listed(struct kunit *test, struct world *world, u64 target,
			 u32 packets, u32 length)
{
	struct winusb_iso_transfer request = {
		.buffer = 1,
		.flags = DROP_LATE | LENGTHS,
		.start_uframe = target,
		.offset = 1000,
		.length = length,
		.first_packet = 8,
		.num_packets = packets,
	};

	world->cursor = 8 + packets;
	KUNIT_ASSERT_EQ(test, world_queue_request(world, &request), 0);
	iso_pipe_pump(world->pipe);
}

static void listed(struct kunit *test)
{
	static const u32 offsets[] = { 0, 1, 3, 6, 10, 10, 11, 15 };
	struct world *world = world_default(test);
	struct winusb_iso_packet *table;
	const struct urb *urb;
	u32 i;

	world_submit(world, 8, 0);
	table = &world->buffer.table[8];
	for (i = 0; i < 8; i++)
		table[i].length = lengths[i];
	queue_listed(test, world, stream_end() - 3, 8, 17);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	urb = fake_host.held[1].urb;
	KUNIT_EXPECT_PTR_EQ(test, urb->transfer_buffer, world->buffer.data + 1006);
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 11U);
	KUNIT_EXPECT_EQ(test, urb->number_of_packets, 5);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, urb->iso_frame_desc[i].length, lengths[i + 3]);
		KUNIT_EXPECT_EQ(test, urb->iso_frame_desc[i].offset,
				offsets[i + 3] - 6);
	}
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 11U);
	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, table[i].offset, offsets[i]);
		KUNIT_EXPECT_EQ(test, table[i].length, i < 3 ? 0 : lengths[i]);
		KUNIT_EXPECT_EQ(test, table[i].status, i < 3 ? -EXDEV : 0);
	}
}

/* User space has changed the length of @wrong since submission. */
static void changed_at(struct kunit *test, u32 wrong, u32 length, int status)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	struct winusb_iso_packet *table;
	u32 i;

	world_submit(world, 8, 0);
	table = &world->buffer.table[8];
	for (i = 0; i < 200; i++)
		table[i].length = 1;
	table[wrong].length = length;
	queue_listed(test, world, stream_end() - 150, 200, 200);
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.count, 1U, "nothing of it went");
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, status);
	KUNIT_EXPECT_EQ(test, result.flags, NOT_SENT);
	KUNIT_EXPECT_EQ(test, result.error_count, 200U);
	for (i = 0; i <= wrong; i++) {
		KUNIT_EXPECT_EQ(test, table[i].offset, i);
		KUNIT_EXPECT_EQ(test, table[i].status, -EXDEV);
	}
	world_expect(test, world, -EXDEV, NOT_SENT);
	world_suite_exit(test);
	world_suite_init(test);
}

static void listed_changed(struct kunit *test)
{
	changed_at(test, 0, 5, -EMSGSIZE);
	changed_at(test, 63, 5, -EMSGSIZE);
	changed_at(test, 64, U32_MAX, -EMSGSIZE);
	changed_at(test, 149, 5, -EMSGSIZE);
	changed_at(test, 150, 5, -EMSGSIZE);
}

static void listed_too_much(struct kunit *test)
{
	struct world *world = world_default(test);
	u32 i;

	world_submit(world, 8, 0);
	for (i = 0; i < 100; i++)
		world->buffer.table[8 + i].length = 4;
	queue_listed(test, world, stream_end() - 90, 100, 200);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EBADMSG, NOT_SENT);
}

/* --- what comes in between --- */

static void refused(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	u64 end;

	world_submit(world, 8, 0);
	end = stream_end();
	fake_host.refuse_with = -ENOSPC;
	submit_late(world, 30, end - 10);
	world_submit(world, 8, CONTINUE);
	submit_late(world, 30, end - 5);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -ENOSPC);
	KUNIT_EXPECT_EQ(test, result.flags, NOT_SENT);
	KUNIT_EXPECT_EQ(test, result.error_count, 30U);
	KUNIT_EXPECT_EQ(test, result.start_uframe, 0ULL);
	KUNIT_EXPECT_EQ(test, world->buffer.table[8 + 29].offset, 116U);
	world_expect(test, world, -EXDEV, NOT_SENT);
	expect_dropped(test, world, end - 5, 5, 0);
}

static void refused_later(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	fake_host.refuse_with = -ENOSPC;
	fake_host.refuse_after = 1;
	submit_late(world, 200, stream_end() - 100);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -ENOSPC);
	KUNIT_EXPECT_EQ(test, result.flags, 0);
	KUNIT_EXPECT_EQ(test, result.actual_length, 64U * 4);
	KUNIT_EXPECT_EQ(test, result.error_count, 136U);
}

static void moved(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	u64 end;

	world_submit(world, 8, 0);
	end = stream_end();
	fake_host.move = 3;
	submit_late(world, 30, end - 10);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ_MSG(test, result.status, -ETIME, "in other intervals");
	KUNIT_EXPECT_EQ(test, result.start_uframe, end - 7);
	KUNIT_EXPECT_EQ(test, result.actual_length, 80U);
	KUNIT_EXPECT_EQ(test, result.error_count, 10U);
}

static void stop_at_each_step(struct kunit *test)
{
	unsigned int step, i;

	for (step = 0; step <= 4; step++) {
		struct world *world = world_default(test);
		struct winusb_iso_completion result;
		u32 done = clamp((int)step - 1, 0, 2) * 64;

		/* 8, 64, 64 and 22 packets; 50 are dropped. */
		world_submit(world, 8, 0);
		submit_late(world, 200, stream_end() - 50);
		KUNIT_ASSERT_EQ(test, fake_host.count, 4U);
		for (i = 0; i < step; i++)
			fake_host_finish(0);
		iso_pipe_stop(world->pipe, -ENODEV);
		world_expect(test, world, step ? 0 : -ENODEV, NEW_STREAM);
		result = world_reap(test, world);
		done += step == 4 ? 22 : 0;
		KUNIT_EXPECT_EQ_MSG(test, result.status, step == 4 ? 0 : -ENODEV,
				    "step %u", step);
		KUNIT_EXPECT_EQ_MSG(test, result.actual_length, done * 4,
				    "step %u", step);
		KUNIT_EXPECT_EQ_MSG(test, result.error_count, 200 - done,
				    "step %u", step);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static void cancel_held(struct kunit *test, enum fake_unlink on_unlink,
			int status, u32 done)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	submit_late(world, 80, stream_end() - 50);
	world_submit(world, 1000, CONTINUE);
	fake_host.on_unlink = on_unlink;
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), 0);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, status);
	KUNIT_EXPECT_EQ(test, result.flags, 0);
	KUNIT_EXPECT_EQ(test, result.actual_length, done * 4);
	KUNIT_EXPECT_EQ(test, result.error_count, 80 - done);
	/* What the controller had of the next one keeps its intervals. */
	world_reap(test, world);
	world_suite_exit(test);
	world_suite_init(test);
}

static void cancelled(struct kunit *test)
{
	cancel_held(test, FAKE_UNLINK_CANCELS, -ECONNRESET, 0);
	cancel_held(test, FAKE_UNLINK_LATER, -ECONNRESET, 0);
	cancel_held(test, FAKE_UNLINK_TOO_LATE, -ECONNRESET, 30);
}

static void cancelled_unbegun(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 start = idle_start();

	world_submit(world, 2000, 0);
	submit_late(world, 100, start + 1950);
	submit_late(world, 100, start + 1990);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), 0);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), -ENOENT);
	fake_host_finish_all();
	expect_dropped(test, world, start, 0, 0);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
	expect_dropped(test, world, start + 1990, 10, 0);
}

static void finds_afterwards(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct winusb_iso_completion result;
	struct world *world;
	u64 target;

	plan.controller.reports = ISO_REPORTS_AT_COMPLETION;
	plan.controller.has_counter = false;
	world = world_of(test, &plan);
	target = iso_bus_time_read(&world->time).uframe + 40;
	submit_late(world, 200, target);
	submit_late(world, 200, target + 200);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.count, 2U, "the way there");
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.start_uframe, target);
	KUNIT_EXPECT_GT(test, result.error_count, 0U);
	KUNIT_EXPECT_LT(test, result.error_count, 100U);
	expect_table(test, world, 0, 200, result.error_count);
	expect_dropped(test, world, target + 200, 0, 0);
}

static void at_once(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	fake_host.finishes_at_once = true;
	for (i = 0; i < 50; i++) {
		submit_late(world, 90, fake_host_bus() - 20);
		KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
		/* Each packet that finds the bus is gone at once, until all have passed. */
		KUNIT_EXPECT_EQ(test, world_reap(test, world).status, -ETIME);
	}
}

static void not_there(struct kunit *test)
{
	struct world *world = world_default(test);

	world->pipe->stream.evidence = ISO_EVIDENCE_CONTRADICTED;
	submit_late(world, 8, fake_host_bus() + 100);
	submit_late(world, 8, fake_host_bus() - 100);
	world_expect(test, world, -EOPNOTSUPP, NOT_SENT);
	world_expect(test, world, -EOPNOTSUPP, NOT_SENT);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
}

static struct kunit_case cases[] = {
	CASE(idle_one, "one packet late on an idle pipe is dropped and the others go in place"),
	CASE(idle_none, "with none late it is AT_FRAME"),
	CASE(shapes, "late packets are dropped at every speed and interval"),
	CASE(over_slots, "more packets than an URB has are dropped"),
	CASE(thousands, "thousands of dropped packets count for the pump's budget"),
	CASE(all_pending, "all late behind something pending is not sent"),
	CASE(all_passed, "all late by the clock leaves the bus alone"),
	CASE(gaps, "each lost interval is told once, as gap or as packet"),
	CASE(goes_on, "what follows goes in the intervals after it"),
	CASE(in_queue, "what becomes late in the driver's queue is dropped there"),
	CASE(listed, "packets with lengths of their own are dropped"),
	CASE(listed_changed, "a length that was made wrong meanwhile is seen also when dropped"),
	CASE(listed_too_much, "lengths that were made too many are seen also when dropped"),
	CASE(refused, "a refusal after a drop is one of the whole transfer"),
	CASE(refused_later, "a refusal in the middle keeps what was done"),
	CASE(moved, "what the controller moved nevertheless says so"),
	CASE(stop_at_each_step, "a disconnect at each step tells of dropped and lost packets"),
	CASE(cancelled, "cancelled while the controller has it"),
	CASE(cancelled_unbegun, "cancelled while it waits for its turn"),
	CASE(finds_afterwards, "it works where start frames come with completions"),
	CASE(at_once, "it works on a controller that gives back before submit returns"),
	CASE(not_there, "without start frames it is refused"),
	{}
};

struct kunit_suite iso_late_suite = {
	.name = "late",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
