// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of what a session is made of fails once. Nothing may be left:
 * the kernel's own look at its memory (kmemleak, KASAN) judges that.
 *
 * Wants a kernel with fault injection whose failslab and fail_page_alloc take
 * allocations that may wait, too; scripts/tests/03-kunit sets that.
 */

#include <linux/err.h>
#include <linux/sched.h>

#include "session_world.h"
#include "world.h"

/* More than any of these has. */
#define MOST	400

/* See each_fails_once(). */
#define SWEEPS	8

#ifdef CONFIG_FAILSLAB
static void fail_nth(unsigned int n)
{
	WRITE_ONCE(current->fail_nth, n);
}

/* Did it come to that? Ends it. */
static bool has_failed(void)
{
	bool failed = !READ_ONCE(current->fail_nth);

	fail_nth(0);
	return failed;
}
#else
static void fail_nth(unsigned int n)
{
}

static bool has_failed(void)
{
	return false;
}
#endif

/**
 * struct maker - something that is made, with memory, and freed again
 * @make: returns an errno.
 * @free: what was made.
 * @refusals: at least so many of its allocations are ones it can not do without.
 */
struct maker {
	int (*make)(struct kunit *test);
	void (*free)(struct kunit *test);
	unsigned int refusals;
};

static unsigned int sweep(struct kunit *test, const struct maker *maker)
{
	unsigned int n, refusals = 0;
	bool failed = true;
	int err;

	for (n = 1; failed && n < MOST; n++) {
		fail_nth(n);
		err = maker->make(test);
		failed = has_failed();
		KUNIT_EXPECT_TRUE_MSG(test, !err || err == -ENOMEM,
				      "allocation %u: %d", n, err);
		KUNIT_EXPECT_TRUE_MSG(test, failed || !err, "none has failed");
		refusals += !!err;
		if (!err)
			maker->free(test);
	}
	KUNIT_EXPECT_LT(test, n, (unsigned int)MOST);
	return refusals;
}

/*
 * What is counted are also allocations of the kernel's own, and a cache that
 * needs another page now and then moves the others: one of ours can be missed.
 */
static void each_fails_once(struct kunit *test, const struct maker *maker)
{
	unsigned int i, refusals = 0;

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "this kernel can not fail allocations");
	for (i = 0; i < SWEEPS && refusals < maker->refusals; i++)
		refusals = sweep(test, maker);
	KUNIT_EXPECT_GE(test, refusals, maker->refusals);
}

static struct iso_pipe *made_pipe;

static int make_pipe(struct kunit *test)
{
	struct session_world *world = test->priv;

	made_pipe = iso_pipe_create(&fake_host_ops, world->udev, STREAM_IN,
				    &world->device->time, &world->controller, 0);
	return made_pipe ? 0 : -ENOMEM;
}

static void free_pipe(struct kunit *test)
{
	iso_pipe_destroy(made_pipe);
}

static void pipe(struct kunit *test)
{
	const struct maker maker = { make_pipe, free_pipe, ISO_SLOTS };

	session_world_of(test);
	each_fails_once(test, &maker);
}

static struct iso_plain *made_plain;

static int make_plain(struct kunit *test)
{
	struct session_world *world = test->priv;

	made_plain = iso_plain_create(&fake_host_ops, world->udev, NULL, BULK_OUT, 0);
	return made_plain ? 0 : -ENOMEM;
}

static int make_control(struct kunit *test)
{
	struct session_world *world = test->priv;

	made_plain = iso_plain_create(&fake_host_ops, world->udev, NULL, 0, 0);
	return made_plain ? 0 : -ENOMEM;
}

static void free_plain(struct kunit *test)
{
	iso_plain_destroy(made_plain);
}

static void plain(struct kunit *test)
{
	const struct maker bulk = { make_plain, free_plain, 1 + ISO_PLAIN_SLOTS };
	const struct maker control = { make_control, free_plain, 3 };

	session_world_of(test);
	each_fails_once(test, &bulk);
	each_fails_once(test, &control);
}

static int make_ring(struct kunit *test)
{
	struct winusb_iso_setup_ring setup = { .entries = 4096 };
	struct session_world *world = test->priv;

	return iso_session_setup_ring(world->session, &setup);
}

static void free_ring(struct kunit *test)
{
	struct session_world *world = test->priv;

	iso_ring_destroy(&world->session->ring);
	memset(&world->session->ring, 0, sizeof(world->session->ring));
	iso_ring_init(&world->session->ring);
}

static void ring(struct kunit *test)
{
	const struct maker maker = { make_ring, free_ring, 2 };

	session_world_of(test);
	each_fails_once(test, &maker);
}

static struct iso_intake *made_intake;

static int make_intake(struct kunit *test)
{
	made_intake = iso_intake_create(NULL, NULL, 1024);
	return made_intake ? 0 : -ENOMEM;
}

static void free_intake(struct kunit *test)
{
	iso_intake_destroy(made_intake);
}

static void intake(struct kunit *test)
{
	const struct maker maker = { make_intake, free_intake, 2 };

	session_world_of(test);
	iso_intake_destroy(NULL);
	each_fails_once(test, &maker);
}

static u32 made_handle;

/* Its pipe, its ring and its place among the buffers, too. */
static int make_buffer(struct kunit *test)
{
	struct session_world *world = test->priv;

	return session_register(world->session, STREAM_IN, 40000, 1000, &made_handle);
}

static void free_buffer(struct kunit *test)
{
	struct session_world *world = test->priv;

	KUNIT_EXPECT_EQ(test, session_unregister(world->session, made_handle), 0);
	free_ring(test);
}

static void registration(struct kunit *test)
{
	const struct maker maker = { make_buffer, free_buffer, ISO_SLOTS + 3 };
	struct session_world *world = session_world_of(test);

	each_fails_once(test, &maker);
	KUNIT_EXPECT_EQ(test, session_memory(), 0L);
	KUNIT_EXPECT_NULL(test, world->device->pipes[iso_pipe_index(STREAM_IN)]);
}

static int make_plain_buffer(struct kunit *test)
{
	struct session_world *world = test->priv;

	return session_register(world->session, BULK_IN, 4096, 0, &made_handle);
}

static void plain_registration(struct kunit *test)
{
	const struct maker maker = {
		make_plain_buffer, free_buffer, ISO_PLAIN_SLOTS + 3,
	};
	struct session_world *world = session_world_of(test);

	each_fails_once(test, &maker);
	KUNIT_EXPECT_EQ(test, session_memory(), 0L);
	KUNIT_EXPECT_NULL(test, world->device->plains[iso_pipe_index(BULK_IN)]);
}

static int make_pipe_ring(struct kunit *test)
{
	struct session_world *world = test->priv;
	struct winusb_iso_setup_pipe_ring setup = {
		.pipe = STREAM_IN,
		.entries = 256,
	};
	int err;

	mutex_lock(&world->device->lock);
	err = iso_session_setup_pipe_ring(world->session, &setup);
	mutex_unlock(&world->device->lock);
	return err;
}

static void free_pipe_ring(struct kunit *test)
{
	struct session_world *world = test->priv;
	struct iso_pipe *pipe = world->device->pipes[iso_pipe_index(STREAM_IN)];

	iso_intake_destroy(pipe->intake);
	pipe->intake = NULL;
}

static void pipe_ring(struct kunit *test)
{
	const struct maker maker = { make_pipe_ring, free_pipe_ring, 2 };
	struct session_world *world = session_world_of(test);
	u32 handle;

	KUNIT_ASSERT_EQ(test, session_register(world->session, STREAM_IN, 4, 1, &handle), 0);
	each_fails_once(test, &maker);
	KUNIT_EXPECT_EQ(test, make_pipe_ring(test), 0);
	KUNIT_EXPECT_EQ(test, make_pipe_ring(test), -EEXIST);
}

static struct iso_session *made_session;

static int make_session(struct kunit *test)
{
	struct session_world *world = test->priv;

	made_session = iso_session_create(world->device);
	return made_session ? 0 : -ENOMEM;
}

static void free_session(struct kunit *test)
{
	iso_session_destroy(made_session);
}

static void session(struct kunit *test)
{
	const struct maker maker = { make_session, free_session, 1 };

	session_world_of(test);
	each_fails_once(test, &maker);
}

static struct kunit_case cases[] = {
	CASE(pipe, "a streaming pipe without memory for one of its parts is not made"),
	CASE(plain, "a plain pipe without memory for one of its parts is not made"),
	CASE(ring, "rings without memory are not made"),
	CASE(intake, "a pipe's ring without memory is not made"),
	CASE(session, "a session without memory is not made"),
	CASE(registration, "a registration without memory undoes what it did"),
	CASE(plain_registration, "a plain pipe's registration without memory undoes what it did"),
	CASE(pipe_ring, "a pipe's ring that failed can be made afterwards"),
	{}
};

struct kunit_suite iso_memory_suite = {
	.name = "memory",
	.init = session_suite_init,
	.exit = session_suite_exit,
	.test_cases = cases,
};
