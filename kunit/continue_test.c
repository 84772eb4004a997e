// SPDX-License-Identifier: GPL-2.0-only
/* CONTINUE and AT_FRAME: what is admitted, and what is told when it fails. */

#include "world.h"

static void nothing_pending(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, CONTINUE);
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
	world_expect(test, world, -EXDEV, NOT_SENT);
	world_expect(test, world, -EXDEV, NOT_SENT);
	KUNIT_EXPECT_EQ(test, world->buffer.table[0].status, -EXDEV);
	KUNIT_EXPECT_EQ(test, world->buffer.table[7].offset, 28U);
	world_submit(world, 8, 0);
	world_submit(world, 8, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
}

static void stays_broken(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ(test, trace_counts.streams[ISO_STREAM_BROKEN], 1U);
	world_submit(world, 8, 0);
	world_submit(world, 8, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EXDEV, NOT_SENT);
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	KUNIT_EXPECT_EQ(test, trace_counts.streams[ISO_STREAM_NEW], 2U);
}

/* One frame before the end of what the controller has is the last moment. */
static void last_moment(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, 0);
	fake_host_advance(FAKE_THRESHOLD);
	world_submit(world, 1, CONTINUE);
	fake_host_advance(2);
	world_submit(world, 8, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, -EXDEV, NOT_SENT);
}

/*
 * A frame counter leaves the microframe open. Here it has been read once, and
 * the clock is as far ahead of the bus as it can be after that.
 */
static void clock_ahead(struct kunit *test)
{
	struct world *world = world_default(test);

	fake_host_advance(8);
	world->time.clock.uframe += 7;
	world_submit(world, 1, 0);
	fake_host_advance(1);
	world_submit(world, 1, CONTINUE);
	world_submit(world, 6, CONTINUE);
	fake_host_advance(7);
	world_submit(world, 1, CONTINUE);
	fake_host_advance(2);
	world_submit(world, 1, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	world_expect(test, world, -EXDEV, NOT_SENT);
}

/* What the clock does not show to be late is the controller's to judge. */
static void clock_in_doubt(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	fake_host_advance(5);
	world_submit(world, 1, 0);	/* 8 to 13 microframes ahead, for all one knows */
	fake_host_advance(6);
	world_submit(world, 1, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -EXDEV);
	KUNIT_EXPECT_EQ_MSG(test, result.gap, 5U, "it was late, and that is told");
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, result.actual_length, 0U);
}

static void clock_in_doubt_too_late(struct kunit *test)
{
	struct world *world = world_default(test);

	fake_host_advance(5);
	world_submit(world, 1, 0);
	fake_host_advance(7);
	world_submit(world, 1, CONTINUE);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 1U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EXDEV, NOT_SENT);
}

static void expect_moved(struct kunit *test, enum fake_unlink on_unlink,
			 u32 length)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	fake_host.on_unlink = on_unlink;
	world_submit(world, 8, 0);
	fake_host.move = 8;
	world_submit(world, 70, CONTINUE);
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 2U, "nothing more of it");
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -EXDEV);
	KUNIT_EXPECT_EQ(test, result.gap, 8U);
	KUNIT_EXPECT_EQ(test, result.actual_length, length);
	KUNIT_EXPECT_EQ(test, result.error_count, 70 - length / 4);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
	world_expect(test, world, -EXDEV, NOT_SENT);
}

static void moved_cancelled(struct kunit *test)
{
	expect_moved(test, FAKE_UNLINK_CANCELS, 0);
}

static void moved_later(struct kunit *test)
{
	expect_moved(test, FAKE_UNLINK_LATER, 0);
}

static void moved_too_late(struct kunit *test)
{
	expect_moved(test, FAKE_UNLINK_TOO_LATE, 64 * 4);
}

static void after_moved(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	fake_host.move = 8;
	world_submit(world, 8, CONTINUE);
	world_submit(world, 8, 0);
	world_submit(world, 8, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EXDEV, 0);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ_MSG(test, result.gap, 8U,
			    "what was taken back; the gap before it was told with it");
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.gap, 0U);
}

static void moved_inside(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	int i;

	world_submit(world, 8, 0);
	for (i = 0; i < 7; i++)
		world_submit(world, 64, CONTINUE);
	world_submit(world, 128, CONTINUE);
	KUNIT_ASSERT_EQ_MSG(test, fake_host.submitted, 9U, "half of the last");
	fake_host.move = 24;
	fake_host_finish_all();
	for (i = 0; i < 8; i++)
		world_expect(test, world, 0, i ? 0 : NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.gap, 0U);
	KUNIT_EXPECT_EQ(test, result.inner_gap, 24U);
	KUNIT_EXPECT_EQ(test, trace_counts.gaps, 1U);
}

static void late_is_told(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	fake_host_finish_all();
	fake_host_advance(100);
	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.gap, 100U + FAKE_THRESHOLD);
	KUNIT_EXPECT_EQ(test, result.flags, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
}

static struct world *world_reporting(struct kunit *test, enum iso_reports reports)
{
	struct world_plan plan = WORLD_PLAN;

	plan.controller.reports = reports;
	plan.controller.has_counter = reports != ISO_REPORTS_AT_COMPLETION;
	return world_of(test, &plan);
}

static void told_afterwards(struct kunit *test)
{
	struct world *world = world_reporting(test, ISO_REPORTS_AT_COMPLETION);
	struct winusb_iso_completion result;

	world_submit(world, 64, 0);
	world_submit(world, 64, CONTINUE);
	fake_host.move = 8;
	world_submit(world, 64, CONTINUE);
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_TIMED);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -EXDEV);
	KUNIT_EXPECT_EQ(test, result.gap, 8U);
	KUNIT_EXPECT_EQ_MSG(test, result.actual_length, 256U, "the data is there");
}

static void by_the_clock(struct kunit *test)
{
	struct world *world = world_reporting(test, ISO_REPORTS_NEVER);
	struct winusb_iso_completion result;

	world_submit(world, 64, 0);
	world_submit(world, 64, CONTINUE);
	fake_host_finish_all();
	fake_host_advance(1000);
	world_submit(world, 64, 0);
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_TIMED);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_TIMED);
	KUNIT_EXPECT_EQ(test, result.gap, 0U);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_UNKNOWN);
	KUNIT_EXPECT_EQ(test, result.gap, 1000U + FAKE_THRESHOLD);
}

static void world_expect_trust(struct kunit *test, struct world *world, u8 trust)
{
	struct winusb_iso_completion result = world_reap(test, world);

	KUNIT_EXPECT_EQ_MSG(test, result.trust, trust, "transfer %llu",
			    result.cookie);
	KUNIT_EXPECT_EQ_MSG(test, result.status, 0, "transfer %llu",
			    result.cookie);
	KUNIT_EXPECT_EQ_MSG(test, result.gap, 0U, "transfer %llu",
			    result.cookie);
}

/* On time is not proven: a controller may need more than a frame. */
static void by_the_clock_proven(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;

	plan.controller.reports = ISO_REPORTS_NEVER;
	plan.controller.proof_frames = 8;
	world = world_of(test, &plan);
	world_submit(world, 8, 0);
	world_submit(world, 47, CONTINUE);	/* 2 frames ahead */
	world_submit(world, 1, CONTINUE);	/* a microframe less than 8 */
	world_submit(world, 8, CONTINUE);	/* 8 frames ahead */
	fake_host_finish_all();
	world_expect_trust(test, world, WINUSB_ISO_TRUST_TIMED);
	world_expect_trust(test, world, WINUSB_ISO_TRUST_UNKNOWN);
	world_expect_trust(test, world, WINUSB_ISO_TRUST_UNKNOWN);
	world_expect_trust(test, world, WINUSB_ISO_TRUST_TIMED);
}

static void out_of_order(struct kunit *test)
{
	struct world *world = world_reporting(test, ISO_REPORTS_AT_COMPLETION);
	int i;

	for (i = 0; i < 4; i++)
		world_submit(world, 64, i ? CONTINUE : 0);
	fake_host_finish(0);
	world_expect_trust(test, world, WINUSB_ISO_TRUST_TIMED);
	fake_host_finish(0);
	world_expect_trust(test, world, WINUSB_ISO_TRUST_EXACT);
	fake_host_finish(1);
	KUNIT_EXPECT_FALSE(test, iso_stream_reports_count(&world->pipe->stream));
	world_expect_none(test, world);
	fake_host_finish(0);
	for (i = 0; i < 2; i++)
		world_expect_trust(test, world, WINUSB_ISO_TRUST_TIMED);
	world_submit_at(world, 8, iso_bus_time_read(&world->time).uframe + 300);
	world_expect(test, world, -EOPNOTSUPP, NOT_SENT);
	world_submit(world, 8, 0);
	world_submit(world, 8, 0);
	fake_host_finish_all();
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_LT_MSG(test, (u32)world_reap(test, world).trust,
				    (u32)WINUSB_ISO_TRUST_EXACT,
				    "never believed again");
}

static void keeps_its_slots(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;
	const struct urb *urb;

	plan.controller.keeps_slot = true;
	world = world_of(test, &plan);
	world_submit(world, 8, 0);
	world_submit(world, 8, CONTINUE);
	world_submit(world, 8, 0);
	KUNIT_ASSERT_EQ(test, fake_host.count, 3U);
	urb = fake_host.held[0].urb;
	KUNIT_EXPECT_EQ(test, urb->transfer_flags, (unsigned int)URB_ISO_ASAP);
	urb = fake_host.held[1].urb;
	KUNIT_EXPECT_EQ(test, urb->transfer_flags & URB_ISO_ASAP, 0U);
	urb = fake_host.held[2].urb;
	KUNIT_EXPECT_EQ(test, urb->transfer_flags, (unsigned int)URB_ISO_ASAP);
}

/*
 * What is over the budget of one call, 8192 packets, goes on in process
 * context, as often as it takes.
 */
static void long_broken_queue(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;
	u32 ended;
	int i;

	plan.packets = 5 * 8192;
	world = world_of(test, &plan);
	for (i = 0; i < 640; i++)
		KUNIT_ASSERT_EQ(test, world_queue(world, 64, CONTINUE), 0);
	/* The work is queued to this processor, so it does not begin here. */
	works_hold();
	iso_pipe_pump(world->pipe);
	ended = world->ring.completion_tail;
	works_release();
	KUNIT_EXPECT_EQ(test, ended, 128U);
	/* It queues itself again while there is something left. */
	while (flush_work(&world->pipe->work))
		;
	for (i = 0; i < 640; i++)
		world_expect(test, world, -EXDEV, NOT_SENT);
}

static void at_frame_idle(struct kunit *test)
{
	static const u32 ahead[] = { 9, 10, 64, 100, 511, 2048, 8192 };
	struct world *world = world_default(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		u64 target = fake_host_bus() + ahead[i];
		struct winusb_iso_completion result;

		world_submit_at(world, 8, target);
		fake_host_finish_all();
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, result.status, 0, "%u ahead", ahead[i]);
		KUNIT_EXPECT_EQ_MSG(test, result.start_uframe, target, "%u ahead",
				    ahead[i]);
		KUNIT_EXPECT_EQ_MSG(test, (u32)result.flags, NEW_STREAM,
				    "%u ahead", ahead[i]);
		fake_host_advance(50);
	}
}

static void at_frame_running(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	u64 target;

	world_submit(world, 8, 0);
	target = fake_host_bus() + FAKE_THRESHOLD + 8 + 30;
	world_submit_at(world, 8, target);
	world_submit(world, 8, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.start_uframe, target);
	KUNIT_EXPECT_EQ(test, result.gap, 30U);
	KUNIT_EXPECT_EQ(test, result.flags, 0);
	world_expect(test, world, 0, 0);
}

static void at_frame_between_intervals(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct world *world;
	u64 start, target;

	plan.interval = 8;
	world = world_of(test, &plan);
	start = fake_host_bus() + FAKE_THRESHOLD;
	world_submit(world, 1, 0);
	target = start + 8 + 13;
	world_submit_at(world, 1, target);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).start_uframe, start + 24);
}

static void at_frame_too_late(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit_at(world, 8, fake_host_bus());
	world_expect(test, world, -ETIME, NOT_SENT);
	world_submit(world, 64, 0);
	world_submit_at(world, 8, fake_host_bus() + 40);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -ETIME, NOT_SENT);
}

static void at_frame_refused(struct kunit *test)
{
	struct world *world = world_default(test);

	fake_host.refuse_with = -ENOSPC;
	world_submit_at(world, 8, fake_host_bus() + 100);
	world_expect(test, world, -ENOSPC, NOT_SENT);
	world->pipe->stream.evidence = ISO_EVIDENCE_CONTRADICTED;
	world_submit_at(world, 8, fake_host_bus() + 100);
	world_expect(test, world, -EOPNOTSUPP, NOT_SENT);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
}

static void at_frame_afterwards(struct kunit *test)
{
	struct world *world = world_reporting(test, ISO_REPORTS_AT_COMPLETION);
	struct winusb_iso_completion result;

	world_submit(world, 64, 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_submit_at(world, 8, iso_bus_time_read(&world->time).uframe + 300);
	fake_host_finish_all();
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, result.actual_length, 32U);
}

static struct kunit_case cases[] = {
	CASE(nothing_pending, "CONTINUE with nothing pending is not sent"),
	CASE(stays_broken, "a broken stream stays so until a transfer without CONTINUE"),
	CASE(last_moment, "CONTINUE is admitted up to one frame before the end"),
	CASE(clock_ahead, "CONTINUE is admitted while the clock does not show it to be late"),
	CASE(clock_in_doubt, "CONTINUE that was late in doubt is withdrawn and tells the gap"),
	CASE(clock_in_doubt_too_late, "CONTINUE that is late beyond doubt is not sent"),
	CASE(moved_cancelled, "CONTINUE that the controller moved is cancelled inside unlink"),
	CASE(moved_later, "CONTINUE that the controller moved comes back after unlink"),
	CASE(moved_too_late, "CONTINUE that was done before its unlink keeps its data"),
	CASE(after_moved, "after a moved CONTINUE a new stream tells the gap"),
	CASE(moved_inside, "a controller that moves later packets is told as an inner gap"),
	CASE(late_is_told, "a late transfer says how much was lost"),
	CASE(told_afterwards, "a gap that is known only afterwards fails CONTINUE with its data"),
	CASE(by_the_clock, "without start frames the clock says what can be said"),
	CASE(by_the_clock_proven, "without start frames only what came early enough is timed"),
	CASE(out_of_order, "URBs that come back out of order end all belief in start frames"),
	CASE(keeps_its_slots, "only what follows asks to keep its slots"),
	CASE(long_broken_queue, "a long broken queue is ended in process context"),
	CASE(at_frame_idle, "AT_FRAME starts an idle pipe in that microframe"),
	CASE(at_frame_running, "AT_FRAME in a running stream is reached by packets of no length"),
	CASE(at_frame_between_intervals, "AT_FRAME takes the next service interval"),
	CASE(at_frame_too_late, "AT_FRAME that has passed is not sent"),
	CASE(at_frame_refused, "AT_FRAME fails where the way there fails"),
	CASE(at_frame_afterwards, "AT_FRAME works where start frames come with completions"),
	{}
};

struct kunit_suite iso_continue_suite = {
	.name = "continue",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
