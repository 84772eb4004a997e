// SPDX-License-Identifier: GPL-2.0-only
/* One transfer of a streaming pipe is cancelled: at each step, twice, and racing. */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "driver/cancel.h"
#include "world.h"

static void not_there(struct kunit *test)
{
	struct world *world = world_default(test);

	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 0), -ENOENT);
	world_submit(world, 8, 0);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, U64_MAX), -ENOENT);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ_MSG(test, iso_pipe_cancel(world->pipe, 0), -ENOENT, "done");
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
	world_expect(test, world, 0, NEW_STREAM);
}

static void queued(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 1000, 0);
	world_submit(world, 8, CONTINUE);
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), 0);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.unlinks, 0U, "nothing of it is out");
	world_expect_none(test, world);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, result.flags, NOT_SENT);
	KUNIT_EXPECT_EQ(test, result.error_count, 8U);
	/* It was behind the one that is missing now. */
	world_expect(test, world, -EXDEV, NOT_SENT);
}

static void held(struct kunit *test, enum fake_unlink on_unlink, int status,
		 u32 done)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 8, 0);
	world_submit(world, 16, CONTINUE);
	world_submit(world, 8, 0);
	fake_host.on_unlink = on_unlink;
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), 0);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	KUNIT_EXPECT_EQ_MSG(test, iso_pipe_cancel(world->pipe, 1), -ENOENT, "twice");
	KUNIT_EXPECT_EQ_MSG(test, world_submit(world, 8, CONTINUE), 0, "behind it");
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, status);
	KUNIT_EXPECT_EQ(test, result.flags, 0);
	KUNIT_EXPECT_EQ(test, result.actual_length, done * 4);
	KUNIT_EXPECT_EQ(test, result.error_count, 16 - done);
	world_expect(test, world, 0, 0);
	world_expect(test, world, -EXDEV, NOT_SENT);
}

static void held_cancelled(struct kunit *test)
{
	held(test, FAKE_UNLINK_CANCELS, -ECONNRESET, 0);
}

static void held_later(struct kunit *test)
{
	held(test, FAKE_UNLINK_LATER, -ECONNRESET, 0);
}

static void held_too_late(struct kunit *test)
{
	held(test, FAKE_UNLINK_TOO_LATE, -ECONNRESET, 16);
}

/* Of three URBs, as many are done as there were steps. */
static void every_step(struct kunit *test)
{
	unsigned int step;

	for (step = 0; step <= 3; step++) {
		struct world *world = world_default(test);
		struct winusb_iso_completion result;
		unsigned int i;

		world_submit(world, 192, 0);
		for (i = 0; i < step; i++)
			KUNIT_ASSERT_TRUE(test, fake_host_finish(0));
		KUNIT_EXPECT_EQ_MSG(test, iso_pipe_cancel(world->pipe, 0),
				    step < 3 ? 0 : -ENOENT, "step %u", step);
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, result.status,
				    step < 3 ? -ECONNRESET : 0, "step %u", step);
		KUNIT_EXPECT_EQ_MSG(test, result.actual_length, step * 256,
				    "step %u", step);
		KUNIT_EXPECT_EQ_MSG(test, result.error_count, 192 - step * 64,
				    "step %u", step);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

/* A long one of which only a window is out. */
static void rest_is_not_sent(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;

	world_submit(world, 2000, 0);
	KUNIT_ASSERT_EQ(test, fake_host.submitted, 8U);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 8U);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 8U, "nothing refilled");
	result = world_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.status, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, result.flags, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, result.error_count, 2000U);
}

static void same_cookie(struct kunit *test)
{
	struct world *world = world_default(test);
	struct iso_transfer *transfer;

	world_submit(world, 8, 0);
	world_submit(world, 8, 0);
	list_for_each_entry(transfer, &world->pipe->pending, order)
		transfer->request.cookie = 7;
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 7), 0);
	KUNIT_EXPECT_EQ(test, fake_host.count, 1U);
	world_expect(test, world, -ECONNRESET, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 7), 0);
	world_expect(test, world, -ECONNRESET, 0);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 7), -ENOENT);
}

/* It failed, and what is out of it was not given back yet. */
static void failed_already(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, 0);
	fake_host.move = 10;
	fake_host.on_unlink = FAKE_UNLINK_LATER;
	world_submit(world, 8, CONTINUE);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EXDEV, 0);
}

/* It is done, and waits for one before it. */
static void finished_already(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, 8, 0);
	world_submit(world, 8, 0);
	fake_host_finish(1);
	world_expect_none(test, world);
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), -ENOENT);
	fake_host_finish(0);
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
}

struct canceller {
	struct iso_pipe *pipe;
	struct completion done;
	int result;
};

static int cancel_thread(void *data)
{
	struct canceller *canceller = data;

	canceller->result = iso_pipe_cancel(canceller->pipe, 0);
	complete(&canceller->done);
	return 0;
}

/* As if the pump were at work on another processor. */
static void waits_for_pump(struct kunit *test)
{
	struct world *world = world_default(test);
	struct canceller canceller = { .pipe = world->pipe, .result = 1 };
	struct task_struct *thread;

	init_completion(&canceller.done);
	world_submit(world, 8, 0);
	world->pipe->pumping = true;
	thread = kthread_run(cancel_thread, &canceller, "fake-canceller");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	usleep_range(5000, 6000);
	KUNIT_EXPECT_FALSE(test, completion_done(&canceller.done));
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
	spin_lock_irq(&world->pipe->lock);
	world->pipe->pumping = false;
	spin_unlock_irq(&world->pipe->lock);
	wait_for_completion(&canceller.done);
	KUNIT_EXPECT_EQ(test, canceller.result, 0);
	world_expect(test, world, -ECONNRESET, NEW_STREAM);
}

/* Transfers of up to three URBs; any of them may be cancelled at any time. */
static void any_order(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	unsigned int step, cancelled = 0;
	struct chance chance;

	chance_begin(test, &chance);
	for (step = 0; step < 3000; step++) {
		u64 pending = world->queued - world->reaped;

		fake_host.on_unlink = chance_below(&chance, 3);
		switch (chance_below(&chance, 4)) {
		case 0:
			fake_host_finish(0);
			break;
		case 1:
			cancelled += !iso_pipe_cancel(world->pipe, world->reaped +
						      chance_below(&chance, pending + 1));
			break;
		default:
			if (pending < 50)
				world_submit(world, 1 + chance_below(&chance, 190),
					     chance_below(&chance, 3) ? CONTINUE : 0);
		}
		while (world_has_completion(world)) {
			result = world_reap(test, world);
			KUNIT_ASSERT_TRUE_MSG(test, !result.status ||
					      result.status == -EXDEV ||
					      result.status == -ECONNRESET,
					      "seed %u status %d", chance.seed,
					      result.status);
			cancelled -= result.status == -ECONNRESET;
		}
	}
	fake_host_finish_all();
	while (world_has_completion(world))
		cancelled -= world_reap(test, world).status == -ECONNRESET;
	KUNIT_EXPECT_EQ_MSG(test, cancelled, 0U, "seed %u", chance.seed);
	KUNIT_EXPECT_EQ_MSG(test, world->reaped, world->queued, "seed %u",
			    chance.seed);
}

static struct kunit_case cases[] = {
	CASE(not_there, "what is not pending can not be cancelled"),
	CASE(queued, "a cancelled transfer that waits ends unsent in its turn"),
	CASE(held_cancelled, "a cancelled transfer comes back inside unlink"),
	CASE(held_later, "a cancelled transfer comes back after unlink"),
	CASE(held_too_late, "a cancelled transfer that was done keeps its data"),
	CASE(every_step, "a cancel at each step loses nothing that was done"),
	CASE(rest_is_not_sent, "of a cancelled transfer nothing more goes"),
	CASE(same_cookie, "of transfers with one cookie the oldest is cancelled"),
	CASE(failed_already, "a transfer that failed can not be cancelled"),
	CASE(finished_already, "a transfer that is done can not be cancelled"),
	CASE(waits_for_pump, "a cancel waits until the pump is done"),
	CASE(any_order, "each transfer that was cancelled says so, and no other"),
	{}
};

struct kunit_suite iso_cancel_suite = {
	.name = "cancel",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
