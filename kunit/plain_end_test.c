// SPDX-License-Identifier: GPL-2.0-only
/* Transfers of a plain pipe that are ended: cancel, stop and disconnect at every step. */

#include <linux/delay.h>
#include <linux/kthread.h>

#include "plain_world.h"

/* --- cancel --- */

static void cancel_queued(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	plain_submit_many(test, world, 34);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 33), 0);
	plain_expect(test, world, 33, -ECONNRESET, NOT_SENT);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 33), -ENOENT);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 34), -ENOENT);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
	fake_host_finish_all();
	for (i = 0; i < 33; i++)
		plain_expect_done(test, world, i);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 0), -ENOENT);
}

/*
 * One that the controller has: the next one takes its place also when it comes
 * back inside of unlink, while its slot is held.
 */
static void cancel_held(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	plain_submit_many(test, world, 40);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 5), 0);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	plain_expect(test, world, 5, -ECONNRESET, 0);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 33U, "refilled");
	KUNIT_EXPECT_FALSE(test, world->plain->halted);
	fake_host_finish_all();
	for (i = 0; i < 40; i++)
		if (i != 5)
			plain_expect_done(test, world, i);
}

static void cancel_later(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	fake_host.on_unlink = FAKE_UNLINK_LATER;
	plain_submit_many(test, world, 3);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 1), 0);
	plain_expect_none(test, world);
	KUNIT_EXPECT_EQ_MSG(test, iso_plain_cancel(world->plain, 1), -ENOENT,
			    "it is on its way");
	fake_host_finish(1);
	plain_expect(test, world, 1, -ECONNRESET, 0);
	fake_host_finish_all();
	plain_expect_done(test, world, 0);
	plain_expect_done(test, world, 2);
}

static void cancel_too_late(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	fake_host.on_unlink = FAKE_UNLINK_TOO_LATE;
	plain_submit_many(test, world, 2);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 1), 0);
	plain_expect_done(test, world, 1);
	fake_host_finish_all();
	plain_expect_done(test, world, 0);
}

static void fail_all(struct urb *urb)
{
	urb->status = -EPIPE;
}

/* It failed just then: that stands, and halts the pipe. */
static void cancel_fails(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	plain_submit_many(test, world, 2);
	fake_host.on_unlink = FAKE_UNLINK_TOO_LATE;
	fake_host.edit = fail_all;
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 0), 0);
	plain_settle(world);
	KUNIT_EXPECT_TRUE(test, world->plain->halted);
	plain_expect(test, world, 0, -EPIPE, 0);
	plain_expect(test, world, 1, -EPIPE, 0);
}

/* One that is done waits for an older one no longer. */
static void cancel_waiting(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	plain_submit_many(test, world, 3);
	plain_finish(1, 0);
	plain_expect_none(test, world);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 1), 0);
	plain_expect_done(test, world, 1);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
	fake_host_finish_all();
	plain_expect_done(test, world, 0);
	plain_expect_done(test, world, 2);
}

static void cancel_first(struct plain_world *world)
{
	iso_plain_cancel(world->plain, 0);
}

/* While it is on its way to the controller nobody can unlink it yet. */
static void cancel_while_submitted(struct kunit *test)
{
	static const enum fake_unlink kinds[] = {
		FAKE_UNLINK_CANCELS, FAKE_UNLINK_LATER, FAKE_UNLINK_TOO_LATE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct plain_world *world = plain_bulk(test);

		fake_host.on_unlink = kinds[i];
		world->before_submit = cancel_first;
		plain_submit(world);
		KUNIT_EXPECT_EQ_MSG(test, fake_host.unlinks, 1U, "kind %u", i);
		fake_host_finish_all();
		plain_expect(test, world, 0,
			     kinds[i] == FAKE_UNLINK_TOO_LATE ? 0 : -ECONNRESET, 0);
		plain_suite_exit(test);
		plain_suite_init(test);
	}
}

static void cancel_while_refused(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	fake_host.refuse_with = -ENOMEM;
	world->before_submit = cancel_first;
	plain_submit(world);
	plain_expect(test, world, 0, -ENOMEM, NOT_SENT);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
}

static void cancel_while_done_at_once(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	fake_host.finishes_at_once = true;
	world->before_submit = cancel_first;
	plain_submit(world);
	plain_expect_done(test, world, 0);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
}

static void finish_first(struct plain_world *world)
{
	plain_finish(0, -EPIPE);
}

/* Another one fails while this one is on its way: it is withdrawn as soon as it is there. */
static void halt_while_submitted(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	plain_submit(world);
	world->before_submit = finish_first;
	plain_submit(world);
	plain_settle(world);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 2U);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	plain_expect(test, world, 0, -EPIPE, 0);
	plain_expect(test, world, 1, -ECANCELED, 0);
}

static void cancel_of_halted(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	fake_host.on_unlink = FAKE_UNLINK_LATER;
	plain_submit_many(test, world, 3);
	plain_finish(0, -EPIPE);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 2), 0);
	fake_host_finish_all();
	plain_expect(test, world, 0, -EPIPE, 0);
	plain_expect(test, world, 1, -ECANCELED, 0);
	plain_expect(test, world, 2, -ECONNRESET, 0);
}

static void cancel_control(struct kunit *test)
{
	struct plain_world *world = plain_control(test);

	plain_submit_many(test, world, 4);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 2), 0);
	plain_expect(test, world, 2, -ECONNRESET, NOT_SENT);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 0), 0);
	plain_expect(test, world, 0, -ECONNRESET, 0);
	fake_host_finish_all();
	plain_expect(test, world, 1, 0, 0);
	plain_expect(test, world, 3, 0, 0);
}

/* --- stop --- */

static void only_queued(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	for (i = 0; i < 3; i++)
		plain_queue(world);
	iso_plain_stop(world->plain, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
	for (i = 0; i < 3; i++)
		plain_expect(test, world, i, -ECONNRESET, NOT_SENT);
}

static void stop_held(struct kunit *test, enum fake_unlink on_unlink, int status)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	fake_host.on_unlink = on_unlink;
	plain_submit_many(test, world, 50);
	iso_plain_stop(world->plain, -ENODEV);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 32U, "nothing refilled");
	for (i = 0; i < 50; i++)
		plain_expect(test, world, i, i < 32 ? status : -ENODEV,
			     i < 32 ? 0 : NOT_SENT);
	plain_suite_exit(test);
	plain_suite_init(test);
}

static void stopped(struct kunit *test)
{
	stop_held(test, FAKE_UNLINK_CANCELS, -ENODEV);
	stop_held(test, FAKE_UNLINK_LATER, -ENODEV);
	stop_held(test, FAKE_UNLINK_TOO_LATE, 0);
}

/* Also when its slots have been used in another order before. */
static void stopped_from_its_end(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int round, i;

	world->ops.unlink = plain_unlink_and_go_on;
	for (round = 0; round < 3; round++) {
		plain_submit_many(test, world, 5 + round);
		fake_host.on_unlink = FAKE_UNLINK_CANCELS;
		iso_plain_stop(world->plain, -ECONNRESET);
		iso_plain_start(world->plain);
		for (i = 0; i < 5 + round; i++)
			plain_expect(test, world, world->reaped, -ECONNRESET, 0);
	}
}

/* A device that goes after so many have come back, whatever else was going on. */
static void disconnect_at(struct kunit *test, unsigned int step, bool fails,
			  bool cancels)
{
	struct plain_world *world = plain_bulk(test);
	unsigned int seen = 0, done = 0;
	unsigned int i;

	plain_submit_many(test, world, 40);
	fake_host.on_unlink = FAKE_UNLINK_LATER;
	for (i = 0; i < step; i++)
		plain_finish(0, 0);
	if (fails)
		plain_finish(0, -EPIPE);
	if (cancels)
		iso_plain_cancel(world->plain, 39);
	iso_plain_stop(world->plain, -ENODEV);
	while (iso_ring_peek(&world->ring, NULL)) {
		struct winusb_iso_completion result = plain_reap(test, world);

		seen++;
		done += !result.status;
		KUNIT_EXPECT_EQ_MSG(test, !result.status, result.cookie < step,
				    "step %u transfer %llu", step, result.cookie);
	}
	KUNIT_EXPECT_EQ_MSG(test, seen, 40U, "step %u", step);
	KUNIT_EXPECT_EQ_MSG(test, done, step, "step %u", step);
	KUNIT_EXPECT_EQ(test, plain_submit(world), -ENODEV);
	KUNIT_EXPECT_EQ(test, iso_plain_cancel(world->plain, 0), -ENOENT);
	plain_suite_exit(test);
	plain_suite_init(test);
}

static void every_step(struct kunit *test)
{
	unsigned int step;

	for (step = 0; step <= 38; step++) {
		disconnect_at(test, step, false, false);
		disconnect_at(test, step, true, false);
		disconnect_at(test, step, false, true);
		disconnect_at(test, step, true, true);
	}
}

static void stop_plain(struct plain_world *world)
{
	/* As another thread would, that has come so far. */
	spin_lock_irq(&world->plain->lock);
	world->plain->stopping = -ENODEV;
	spin_unlock_irq(&world->plain->lock);
}

static void poison_urb(struct plain_world *world)
{
	stop_plain(world);
	fake_host.refuse_with = -EPERM;
}

/* Between the books and the controller. */
static void stop_while_submitted(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	plain_queue(world);
	plain_queue(world);
	world->before_submit = stop_plain;
	iso_plain_pump(world->plain);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 1U);
	iso_plain_stop(world->plain, -ENODEV);
	plain_expect(test, world, 0, -ENODEV, 0);
	plain_expect(test, world, 1, -ENODEV, NOT_SENT);
}

static void poisoned_while_submitted(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	plain_queue(world);
	world->before_submit = poison_urb;
	iso_plain_pump(world->plain);
	KUNIT_EXPECT_EQ(test, fake_host.submitted, 0U);
	KUNIT_EXPECT_FALSE(test, world->plain->halted);
	plain_expect(test, world, 0, -ENODEV, NOT_SENT);
	iso_plain_stop(world->plain, -ENODEV);
}

static void takes_nothing(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	iso_plain_stop(world->plain, -EHOSTUNREACH);
	KUNIT_EXPECT_EQ(test, plain_submit(world), -EHOSTUNREACH);
	plain_expect_none(test, world);
	iso_plain_start(world->plain);
	KUNIT_EXPECT_EQ(test, plain_submit(world), 0);
	fake_host_finish_all();
	plain_expect_done(test, world, 0);
}

static void again_and_again(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	for (i = 0; i < 100; i++) {
		plain_submit(world);
		iso_plain_stop(world->plain, -ECONNRESET);
		iso_plain_start(world->plain);
		plain_expect(test, world, i, -ECONNRESET, 0);
	}
}

static void stop_deep(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	for (i = 0; i < 10000; i++)
		KUNIT_ASSERT_EQ(test, plain_queue(world), 0);
	iso_plain_pump(world->plain);
	iso_plain_stop(world->plain, -ENODEV);
	for (i = 0; i < 10000; i++)
		plain_expect(test, world, i, -ENODEV, i < 32 ? 0 : NOT_SENT);
}

/* --- races --- */

/* A controller on a thread of its own gives back what it finds, and sometimes fails it. */
static int controller_thread(void *data)
{
	unsigned int count = 0;

	while (!kthread_should_stop()) {
		struct urb *urb = NULL;

		spin_lock_irq(&fake_host.lock);
		if (fake_host.count)
			urb = fake_host.held[0].urb;
		spin_unlock_irq(&fake_host.lock);
		if (urb)
			fake_host_give_back(urb, ++count % 50 ? 0 : -EPIPE);
		else
			usleep_range(5, 50);
	}
	return 0;
}

static void race_once(struct plain_world *world, struct chance *chance)
{
	u64 first = world->queued;
	u32 i;

	fake_host.on_unlink = chance_below(chance, 3);
	for (i = chance_below(chance, 80); i; i--)
		plain_submit(world);
	for (i = chance_below(chance, 10); i && world->queued > first; i--)
		iso_plain_cancel(world->plain, first +
				 chance_below(chance, world->queued - first));
	if (chance_below(chance, 2))
		usleep_range(1, 200);
	iso_plain_stop(world->plain, -ECONNRESET);
}

static void races(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	struct task_struct *thread;
	struct chance chance;
	int round;

	chance_begin(test, &chance);
	thread = kthread_run(controller_thread, NULL, "fake-controller");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	for (round = 0; round < 150; round++) {
		race_once(world, &chance);
		while (iso_ring_peek(&world->ring, NULL))
			plain_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, world->reaped, world->queued,
				    "seed %u round %d", chance.seed, round);
		iso_plain_clear(world->plain);
		iso_plain_start(world->plain);
	}
	kthread_stop(thread);
}

static struct kunit_case cases[] = {
	CASE(cancel_queued, "a cancelled transfer that waits in the driver ends at once"),
	CASE(cancel_held, "a cancelled transfer is withdrawn and the others go on"),
	CASE(cancel_later, "a cancelled transfer that comes back later completes then"),
	CASE(cancel_too_late, "a cancelled transfer that was done keeps its result"),
	CASE(cancel_fails, "a cancelled transfer that failed just then halts the pipe"),
	CASE(cancel_waiting, "a cancelled transfer that was done waits for no older one"),
	CASE(cancel_while_submitted, "a transfer cancelled on its way out is withdrawn"),
	CASE(cancel_while_refused, "a transfer cancelled on its way may be refused"),
	CASE(cancel_while_done_at_once, "a transfer cancelled on its way may be done at once"),
	CASE(halt_while_submitted, "a halt reaches what is on its way to the controller"),
	CASE(cancel_of_halted, "a transfer cancelled on a halted pipe says so"),
	CASE(cancel_control, "control transfers are cancelled one by one"),
	CASE(only_queued, "what only waits in the driver ends unsent"),
	CASE(stopped_from_its_end, "a stop takes back the last first: nothing goes out meanwhile"),
	CASE(stopped, "a stop ends everything whatever unlink meets"),
	CASE(every_step, "a disconnect at each step loses nothing that was done"),
	CASE(stop_while_submitted, "a stop ends what is on its way to the controller"),
	CASE(poisoned_while_submitted, "what a stop refuses on its way has the stop's reason"),
	CASE(takes_nothing, "a stopped pipe says why it takes nothing"),
	CASE(again_and_again, "a pipe stops and starts again and again"),
	CASE(stop_deep, "ten thousand pending transfers end with the device"),
	CASE(races, "stops and cancels race with completions and each transfer completes once"),
	{}
};

struct kunit_suite iso_plain_end_suite = {
	.name = "plain_end",
	.init = plain_suite_init,
	.exit = plain_suite_exit,
	.test_cases = cases,
};
