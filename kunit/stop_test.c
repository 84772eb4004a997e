// SPDX-License-Identifier: GPL-2.0-only
/* The end of streams: abort, disconnect at every step, and races. */

#include <linux/delay.h>
#include <linux/kthread.h>

#include "world.h"

static void only_queued(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	for (i = 0; i < 3; i++)
		world_queue(world, 8, 0);
	iso_pipe_stop(world->pipe, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
	for (i = 0; i < 3; i++)
		world_expect(test, world, -ECONNRESET, NOT_SENT);
}

static void stop_held(struct kunit *test, enum fake_unlink on_unlink, int status)
{
	struct world *world = world_default(test);
	int i;

	fake_host.on_unlink = on_unlink;
	for (i = 0; i < 50; i++)
		world_submit(world, 64, 0);
	iso_pipe_stop(world->pipe, -ENODEV);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 8U, "nothing refilled");
	for (i = 0; i < 50; i++)
		world_expect(test, world, i < 8 ? status : -ENODEV,
			     i < 8 ? i ? 0 : NEW_STREAM : NOT_SENT);
}

static void held_cancelled(struct kunit *test)
{
	stop_held(test, FAKE_UNLINK_CANCELS, -ENODEV);
}

static void held_later(struct kunit *test)
{
	stop_held(test, FAKE_UNLINK_LATER, -ENODEV);
}

static void held_too_late(struct kunit *test)
{
	stop_held(test, FAKE_UNLINK_TOO_LATE, 0);
}

/* What is next goes out as soon as what was before it has been taken back. */
static int unlink_and_go_on(struct urb *urb)
{
	bool was_first = fake_host.count && fake_host.held[0].urb == urb;
	int err = fake_host_ops.unlink(urb);

	if (was_first)
		fake_host_finish_all();
	return err;
}

/* Slots are used in another order each time. */
static void cut_at_its_end(struct kunit *test)
{
	struct world *world = world_default(test);
	struct iso_pipe_ops ops = fake_host_ops;
	int round, i;

	ops.unlink = unlink_and_go_on;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 8; i++)
			world_submit(world, 64, 0);
		world->pipe->ops = &ops;
		iso_pipe_stop(world->pipe, -ECONNRESET);
		world->pipe->ops = &fake_host_ops;
		iso_pipe_start(world->pipe);
		for (i = 0; i < 8; i++)
			world_expect(test, world, -ECONNRESET,
				     i ? 0 : NEW_STREAM);
		KUNIT_EXPECT_EQ(test, fake_host.unlinks, 8U * (round + 1));
	}
}

/* The stream goes on until its first is taken back, too. */
static int unlink_and_finish_one(struct urb *urb)
{
	int err = fake_host_ops.unlink(urb);

	if (fake_host.unlinks == 2)
		fake_host_finish(0);
	return err;
}

static void goes_on_meanwhile(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	struct iso_pipe_ops ops = fake_host_ops;
	struct winusb_iso_completion result;
	struct world *world;
	int i;

	plan.controller.reports = ISO_REPORTS_AT_COMPLETION;
	plan.controller.has_counter = false;
	plan.controller.proof_frames = 1;
	world = world_of(test, &plan);
	for (i = 0; i < 5; i++)
		world_submit(world, 64, i ? CONTINUE : 0);
	fake_host_finish(0);
	fake_host_finish(0);
	ops.unlink = unlink_and_finish_one;
	world->pipe->ops = &ops;
	iso_pipe_stop(world->pipe, -ECONNRESET);
	world->pipe->ops = &fake_host_ops;
	for (i = 0; i < 5; i++) {
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ(test, result.status, i < 3 ? 0 : -ECONNRESET);
		KUNIT_EXPECT_EQ_MSG(test, result.gap, 0U, "transfer %d", i);
	}
	KUNIT_EXPECT_NE(test, world->pipe->stream.evidence,
			ISO_EVIDENCE_CONTRADICTED);
	iso_pipe_start(world->pipe);
	world_submit(world, 64, 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
}

static void every_step(struct kunit *test)
{
	unsigned int step;

	for (step = 0; step <= 12; step++) {
		struct world *world = world_default(test);
		struct winusb_iso_completion result;
		unsigned int i, done;

		for (i = 0; i < 4; i++)
			world_submit(world, 192, i ? CONTINUE : 0);
		for (i = 0; i < step; i++)
			KUNIT_ASSERT_TRUE(test, fake_host_finish(0));
		iso_pipe_stop(world->pipe, -ENODEV);
		for (i = 0; i < 4; i++) {
			done = clamp((int)step - (int)i * 3, 0, 3);
			result = world_reap(test, world);
			KUNIT_EXPECT_EQ_MSG(test, result.status,
					    done == 3 ? 0 : -ENODEV,
					    "step %u transfer %u", step, i);
			KUNIT_EXPECT_EQ_MSG(test, result.actual_length, done * 256,
					    "step %u transfer %u", step, i);
			KUNIT_EXPECT_EQ_MSG(test, result.error_count,
					    192 - done * 64,
					    "step %u transfer %u", step, i);
		}
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static void stopped_takes_nothing(struct kunit *test)
{
	struct world *world = world_default(test);

	iso_pipe_stop(world->pipe, -EHOSTUNREACH);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), -EHOSTUNREACH);
	world_expect_none(test, world);
	iso_pipe_start(world->pipe);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, CONTINUE), 0);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), 0);
	fake_host_finish_all();
	world_expect(test, world, -EXDEV, NOT_SENT);
	world_expect(test, world, 0, NEW_STREAM);
}

static struct iso_pipe *stopped_meanwhile;

static int submit_stopped(struct urb *urb)
{
	stopped_meanwhile->stopping = -EHOSTUNREACH;
	return -EPERM;
}

/* The stop has come while the pump was on its way to the controller. */
static void refused_by_stop(struct kunit *test)
{
	struct world *world = world_default(test);
	struct iso_pipe_ops ops = fake_host_ops;

	stopped_meanwhile = world->pipe;
	ops.submit = submit_stopped;
	world->pipe->ops = &ops;
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, 0), 0);
	world->pipe->ops = &fake_host_ops;
	world_expect(test, world, -EHOSTUNREACH, NEW_STREAM | NOT_SENT);
	iso_pipe_stop(world->pipe, -EHOSTUNREACH);
}

static void edit_shut_down(struct urb *urb)
{
	urb->status = -ESHUTDOWN;
}

/* usbcore takes endpoints away with an errno of its own. */
static void shut_down_by_stop(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, 0);
	fake_host.edit = edit_shut_down;
	iso_pipe_stop(world->pipe, -EHOSTUNREACH);
	world_expect(test, world, -EHOSTUNREACH, NEW_STREAM);
}

static void never_stopped(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, 0);
	iso_pipe_start(world->pipe);
	KUNIT_EXPECT_EQ(test, world_submit(world, 8, CONTINUE), 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
}

static void no_gap_after_stop(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_submit(world, 8, 0);
	iso_pipe_stop(world->pipe, -ECONNRESET);
	fake_host_advance(5000);
	iso_pipe_start(world->pipe);
	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_reap(test, world);
	world_expect(test, world, -ECONNRESET, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.gap, 0U);
	KUNIT_EXPECT_EQ(test, result.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, result.flags, NEW_STREAM);
}

static void stop_while_leading(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit_at(world, 8, fake_host_bus() + 5000);
	KUNIT_EXPECT_GT(test, fake_host.count, 0U);
	iso_pipe_stop(world->pipe, -ECONNRESET);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
	iso_pipe_start(world->pipe);
	world_submit(world, 8, 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
}

static void stop_deep_queue(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	for (i = 0; i < 10000; i++)
		KUNIT_ASSERT_EQ(test, world_queue(world, 1, 0), 0);
	iso_pipe_pump(world->pipe);
	iso_pipe_stop(world->pipe, -ENODEV);
	for (i = 0; i < 10000; i++)
		world_expect(test, world, -ENODEV, i < ISO_SLOTS ?
			     i ? 0 : NEW_STREAM : NOT_SENT);
}

static void again_and_again(struct kunit *test)
{
	struct world *world = world_default(test);
	int i;

	for (i = 0; i < 100; i++) {
		world_submit(world, 70, 0);
		fake_host_finish(0);
		iso_pipe_stop(world->pipe, -ECONNRESET);
		iso_pipe_start(world->pipe);
		world_expect(test, world, -ECONNRESET, NEW_STREAM);
	}
}

/* A controller on a thread of its own gives back what it finds. */
static int controller_thread(void *data)
{
	while (!kthread_should_stop())
		if (!fake_host_finish(0))
			usleep_range(5, 50);
	return 0;
}

static void races(struct kunit *test)
{
	struct world *world = world_default(test);
	struct task_struct *thread;
	struct chance chance;
	int round, i;

	chance_begin(test, &chance);
	thread = kthread_run(controller_thread, NULL, "fake-controller");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	for (round = 0; round < 150; round++) {
		u32 transfers = chance_below(&chance, 40);

		fake_host.on_unlink = chance_below(&chance, 3);
		for (i = 0; i < (int)transfers; i++)
			world_submit(world, 1 + chance_below(&chance, 130),
				     i ? CONTINUE : 0);
		if (chance_below(&chance, 2))
			usleep_range(1, 200);
		iso_pipe_stop(world->pipe, -ECONNRESET);
		while (world_has_completion(world))
			world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, world->reaped, world->queued,
				    "seed %u round %d", chance.seed, round);
		KUNIT_EXPECT_EQ(test, world->pipe->busy_span, 0U);
		iso_pipe_start(world->pipe);
	}
	kthread_stop(thread);
}

static struct kunit_case cases[] = {
	CASE(only_queued, "what only waits in the driver ends unsent"),
	CASE(held_cancelled, "a stop whose unlinks give back at once ends everything"),
	CASE(held_later, "a stop whose unlinks give back later ends everything"),
	CASE(held_too_late, "what was done before its unlink keeps its results"),
	CASE(cut_at_its_end, "a stop takes back the last first: none goes without those before"),
	CASE(goes_on_meanwhile, "what goes out while a stop takes back the rest has no gap"),
	CASE(every_step, "a disconnect at each step loses nothing that was done"),
	CASE(stopped_takes_nothing, "a stopped pipe says why it takes nothing"),
	CASE(refused_by_stop, "what a stop refuses on its way has the stop's reason"),
	CASE(shut_down_by_stop, "what usbcore takes away in a stop has the stop's reason"),
	CASE(never_stopped, "a start of a pipe that was never stopped changes nothing"),
	CASE(no_gap_after_stop, "after a stop there is no gap to tell"),
	CASE(stop_while_leading, "a stop on the way to a frame ends cleanly"),
	CASE(stop_deep_queue, "ten thousand pending transfers end with the device"),
	CASE(again_and_again, "a pipe stops and starts again and again"),
	CASE(races, "stops race with completions and every transfer completes once"),
	{}
};

struct kunit_suite iso_stop_suite = {
	.name = "stop",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
