// SPDX-License-Identifier: MIT
/* Several streams and callers on one device. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-kernel.h"
#include "internal.h"
#include "tap.h"

#define PACKETS	  4u
#define TRANSFERS 4u
#define SIZE	  (PACKETS * FAKE_MAX)
#define ROUNDS	  500u

static struct wiso_device *dev;
static struct wiso_stream *a, *b, *out;

static void open_streams(void)
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	a = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	b = wiso_stream_open(dev, FAKE_IN2, PACKETS, TRANSFERS, 0);
	out = wiso_stream_open(dev, FAKE_OUT, PACKETS, TRANSFERS, 0);
	wiso_stream_start(a);
	wiso_stream_start(b);
}

static long long next_sequence(struct wiso_stream *stream)
{
	struct wiso_slot *slot = wiso_stream_acquire(stream, 0);
	long long sequence;

	if (!slot)
		return -1;
	sequence = (long long)slot->sequence;
	wiso_stream_release(stream, slot);
	return sequence;
}

TEST(dispatch, "a slow stream does not cost another one anything, nor its own results")
{
	open_streams();
	fake_complete_good(FAKE_IN2, TRANSFERS);
	for (int i = 0; i < 50; i++) {
		fake_complete_good(FAKE_IN, 1);
		EQUAL(next_sequence(a), i);
	}
	for (unsigned int i = 0; i < TRANSFERS; i++)
		EQUAL(next_sequence(b), i);
	FAILS(next_sequence(b), EAGAIN);
	wiso_close(dev);
}

TEST(mixed, "streams, single and blocking transfers on one device each get their own")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct wiso_buffer *buffer;

	dev = wiso_open("/dev/winusb-iso0", 0);
	a = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	wiso_stream_start(a);
	buffer = wiso_buffer_register(dev, FAKE_OUT, 1024, 32);
	wiso_transfer_init(&transfer, buffer, 0, 0, 4);
	transfer.cookie = 1; /* also the cookie of a slot of the stream */
	EQUAL(wiso_submit(dev, &transfer), 0);
	fake_complete_good(FAKE_IN, 2);
	fake_complete_good(FAKE_OUT, 1);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(wiso_next_completion(dev, &completion), 0);
	EQUAL(completion.cookie, 1);
	EQUAL(completion.pipe, FAKE_OUT);
	for (int i = 0; i < 3; i++)
		EQUAL(next_sequence(a), i);
	FAILS(wiso_next_completion(dev, &completion), EAGAIN);
	wiso_close(dev);
}

TEST(stop_one, "stopping one stream leaves the others running")
{
	open_streams();
	fake_complete_good(FAKE_IN, 1);
	fake_complete_good(FAKE_IN2, 1);
	EQUAL(wiso_stream_stop(a), 0);
	EQUAL(fake_pending(FAKE_IN), 0);
	EQUAL(fake_pending(FAKE_IN2), TRANSFERS - 1);
	EQUAL(next_sequence(b), 0);
	EQUAL(fake_pending(FAKE_IN2), TRANSFERS);
	EQUAL(next_sequence(a), 0);
	FAILS(next_sequence(a), ECONNRESET);
	wiso_close(dev);
}

TEST(close_one, "closing one stream gives its buffers back and leaves the others running")
{
	unsigned int buffers;

	open_streams();
	buffers = fake_counts().buffers;
	wiso_stream_close(a);
	EQUAL(fake_counts().buffers, buffers - 1);
	fake_complete_good(FAKE_IN2, 2);
	EQUAL(next_sequence(b), 0);
	EQUAL(next_sequence(b), 1);
	CHECK((a = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0)));
	fake_complete_good(FAKE_IN, 1);
	FAILS(next_sequence(a), EAGAIN);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	wiso_close(dev);
}

TEST(shared_ring, "streams that share too small a ring all go on, in order")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	EQUAL(wiso_set_ring_size(dev, 4), 4);
	a = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	b = wiso_stream_open(dev, FAKE_IN2, PACKETS, TRANSFERS, 0);
	EQUAL(wiso_stream_start(a), 0);
	EQUAL(wiso_stream_start(b), 0);
	EQUAL(fake_pending(FAKE_IN) + fake_pending(FAKE_IN2), 4);
	fake_complete_good(FAKE_IN, 4);
	for (int i = 0; i < 4; i++)
		EQUAL(next_sequence(a), i);
	EQUAL(fake_pending(FAKE_IN) + fake_pending(FAKE_IN2), 4);
	CHECK(fake_pending(FAKE_IN2));
	fake_complete_good(FAKE_IN2, 1);
	EQUAL(next_sequence(b), 0);
	wiso_close(dev);
	EQUAL(fake_counts().maps, 0);
}

static bool readable(int fd)
{
	struct pollfd ask = { .fd = fd, .events = POLLIN };

	fake_update_fd();
	return poll(&ask, 1, 0) == 1 && ask.revents & POLLIN;
}

TEST(stream_fd, "the file of a stream is readable when it has something, whoever collected it")
{
	int fd_a, fd_b;

	open_streams();
	fd_a = wiso_stream_fd(a);
	fd_b = wiso_stream_fd(b);
	CHECK(fd_a >= 0 && fd_b >= 0);
	EQUAL(wiso_stream_fd(a), fd_a);
	CHECK(!readable(fd_a));
	CHECK(!readable(fd_b));
	fake_complete_good(FAKE_IN2, 2);
	fake_complete_good(FAKE_IN, 1);
	CHECK(readable(fd_a));
	/* Collects what is b's, too. */
	EQUAL(next_sequence(a), 0);
	FAILS(next_sequence(a), EAGAIN);
	CHECK(!readable(fd_a));
	CHECK(readable(fd_b));
	EQUAL(next_sequence(b), 0);
	CHECK(readable(fd_b));
	EQUAL(next_sequence(b), 1);
	CHECK(!readable(fd_b));
	wiso_close(dev);
}

TEST(stream_fd_out, "the file of an OUT stream is readable while there are free slots")
{
	unsigned char data[SIZE] = { 0 };
	int fd;

	open_streams();
	fd = wiso_stream_fd(out);
	for (unsigned int i = 0; i < TRANSFERS; i++) {
		CHECK(readable(fd));
		EQUAL(wiso_stream_write_transfer(out, data, SIZE, NULL, 0, 0), 0);
	}
	CHECK(!readable(fd));
	fake_complete_good(FAKE_OUT, 1);
	CHECK(readable(fd));
	wiso_close(dev);
}

TEST(stream_fd_end, "the file of a stream is readable when the stream has ended")
{
	int fd;

	open_streams();
	fd = wiso_stream_fd(a);
	fake_end(FAKE_IN, -ENETRESET);
	CHECK(readable(fd));
	FAILS(next_sequence(a), ENETRESET);
	CHECK(readable(fd));
	EQUAL(wiso_stream_start(a), 0);
	CHECK(!readable(fd));
	EQUAL(wiso_stream_stop(a), 0);
	CHECK(readable(fd));
	wiso_close(dev);
}

TEST(nothing_per_transfer, "a stream fed in time costs one system call for each batch and no poll")
{
	open_streams();
	fake_complete_good(FAKE_IN, 1);
	EQUAL(next_sequence(a), 0);
	EQUAL(fake_counts().flushes, 3); /* two starts, one release */
	EQUAL(fake_counts().polls, 0);
	wiso_close(dev);
}

/* ---- Threads -------------------------------------------------------------- */

struct reader {
	struct wiso_stream *stream;
	unsigned int good;
	int error;
};

static void *read_all(void *arg)
{
	struct reader *reader = arg;
	struct wiso_slot *slot;

	while ((slot = wiso_stream_acquire(reader->stream, -1))) {
		if (slot->sequence == reader->good && slot->completion.buffer)
			reader->good++;
		wiso_stream_release(reader->stream, slot);
	}
	reader->error = errno;
	return NULL;
}

/* The hardware: completes whatever is pending, alternating. */
static void *complete_all(void *arg)
{
	static const struct fake_result good;
	unsigned int done_a = 0, done_b = 0;

	(void)arg;
	while (done_a < ROUNDS || done_b < ROUNDS) {
		if (done_a < ROUNDS && fake_pending(FAKE_IN) > 1)
			done_a += fake_complete(FAKE_IN, &good);
		if (done_b < ROUNDS && fake_pending(FAKE_IN2) > 1)
			done_b += fake_complete(FAKE_IN2, &good);
	}
	fake_unplug();
	return NULL;
}

TEST(threads, "two threads reading two streams of a device each get all of theirs, in order")
{
	struct reader readers[2] = { { 0 } };
	pthread_t threads[3];

	fake_real_sleep();
	open_streams();
	readers[0].stream = a;
	readers[1].stream = b;
	pthread_create(&threads[0], NULL, read_all, &readers[0]);
	pthread_create(&threads[1], NULL, read_all, &readers[1]);
	pthread_create(&threads[2], NULL, complete_all, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		EQUAL(readers[i].good, ROUNDS);
		EQUAL(readers[i].error, ENODEV);
	}
	wiso_close(dev);
}

TEST(stop_wakes, "stopping a stream wakes the thread that waits for it")
{
	struct reader reader = { 0 };
	pthread_t thread;

	fake_real_sleep();
	open_streams();
	reader.stream = a;
	pthread_create(&thread, NULL, read_all, &reader);
	while (!fake_counts().polls)
		;
	EQUAL(wiso_stream_stop(a), 0);
	pthread_join(thread, NULL);
	EQUAL(reader.error, ECONNRESET);
	wiso_close(dev);
}

static void *wait_for_completion(void *arg)
{
	return (void *)(intptr_t)wiso_wait_completion(dev, arg, -1);
}

TEST(two_waiters, "a thread that collects for another one wakes it")
{
	struct winusb_iso_completion completion = { 0 };
	struct winusb_iso_transfer transfer;
	struct wiso_buffer *buffer;
	pthread_t thread;
	void *ret;

	fake_real_sleep();
	dev = wiso_open("/dev/winusb-iso0", 0);
	a = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	wiso_stream_start(a);
	buffer = wiso_buffer_register(dev, FAKE_OUT, 1024, 32);
	wiso_transfer_init(&transfer, buffer, 0, 0, 4);
	transfer.cookie = 77;
	pthread_create(&thread, NULL, wait_for_completion, &completion);
	while (!fake_counts().polls)
		;
	EQUAL(wiso_submit(dev, &transfer), 0);
	fake_complete_good(FAKE_OUT, 1);
	FAILS(next_sequence(a), EAGAIN); /* may have taken the other one's */
	pthread_join(thread, &ret);
	EQUAL((intptr_t)ret, 0);
	EQUAL(completion.cookie, 77);
	wiso_close(dev);
}

/* A thread that waits for a completion with this cookie, asleep in the driver. */
static pthread_t start_sleeper(struct winusb_iso_completion *completion)
{
	pthread_t thread;

	fake_real_sleep();
	open_streams();
	wiso_stream_start(b);
	pthread_create(&thread, NULL, wait_for_completion, completion);
	while (!fake_counts().polls)
		;
	return thread;
}

static void submit_out(uint64_t cookie)
{
	struct wiso_buffer *buffer = wiso_buffer_register(dev, FAKE_OUT, 1024, 32);
	struct winusb_iso_transfer transfer;

	wiso_transfer_init(&transfer, buffer, 0, 0, 4);
	transfer.cookie = cookie;
	EQUAL(wiso_submit(dev, &transfer), 0);
	fake_complete_good(FAKE_OUT, 1);
}

TEST(kicked, "a thread that is woken for nothing sleeps on, and is told of no completion")
{
	struct winusb_iso_completion completion = { 0 };
	pthread_t thread = start_sleeper(&completion);
	void *ret;

	/* From the second on nothing of it is pending: only the kick can bring the thread back. */
	for (int i = 0; i < 5; i++) {
		unsigned int polls = fake_counts().polls;

		EQUAL(wiso_stream_stop(a), 0);
		while (fake_counts().polls == polls)
			;
	}
	submit_out(78);
	pthread_join(thread, &ret);
	EQUAL((intptr_t)ret, 0);
	EQUAL(completion.cookie, 78);
	wiso_close(dev);
}

TEST(looks, "who only looks is told of what another thread is being woken for")
{
	struct winusb_iso_completion first = { 0 }, second = { 0 };
	pthread_t thread = start_sleeper(&first);
	void *ret;

	submit_out(79);
	submit_out(80);
	/* The sleeper keeps one; the other one is there for us, at once. */
	EQUAL(wiso_next_completion(dev, &second), 0);
	pthread_join(thread, &ret);
	EQUAL((intptr_t)ret, 0);
	EQUAL(first.cookie + second.cookie, 159);
	wiso_close(dev);
}

static void *acquire_one(void *arg)
{
	*(struct wiso_slot **)arg = wiso_stream_acquire(a, -1);
	return NULL;
}

static void *wait_for_four(void *arg)
{
	return (void *)(intptr_t)wiso_wait_completions(dev, arg, 4, 4, -1);
}

TEST(woken, "a thread that sleeps for several completions can be woken for those that are there")
{
	struct winusb_iso_completion completions[4] = { 0 };
	pthread_t thread;
	void *ret;

	fake_real_sleep();
	open_streams();
	pthread_create(&thread, NULL, wait_for_four, completions);
	while (!fake_counts().polls)
		;
	submit_out(82);
	wiso_wake(dev);
	pthread_join(thread, &ret);
	EQUAL((intptr_t)ret, 1);
	EQUAL(completions[0].cookie, 82);
	wiso_close(dev);
}

TEST(goal_waiters, "a thread that waits is not kept until another one has all it sleeps for")
{
	struct winusb_iso_completion completions[4] = { 0 };
	struct wiso_slot *slot = NULL;
	pthread_t threads[2];
	void *ret;

	fake_real_sleep();
	open_streams();
	pthread_create(&threads[0], NULL, wait_for_four, completions);
	while (!fake_counts().polls)
		;
	pthread_create(&threads[1], NULL, acquire_one, &slot);
	fake_complete_good(FAKE_IN, 1);
	pthread_join(threads[1], NULL);
	CHECK(slot);
	submit_out(83);
	wiso_wake(dev);
	pthread_join(threads[0], &ret);
	EQUAL((intptr_t)ret, 1);
	wiso_close(dev);
}

TEST(batch_shared, "who looks gets what is there from a thread that sleeps for a batch")
{
	struct winusb_iso_completion completion = { 0 };
	struct wiso_slot *slot = NULL;
	pthread_t thread;

	fake_real_sleep();
	open_streams();
	EQUAL(wiso_stream_set_batch(a, 2), 0);
	pthread_create(&thread, NULL, acquire_one, &slot);
	while (!fake_counts().polls)
		;
	/* One is less than the batch: the driver alone would let the thread sleep on. */
	submit_out(81);
	EQUAL(wiso_next_completion(dev, &completion), 0);
	EQUAL(completion.cookie, 81);
	fake_complete_good(FAKE_IN, 2);
	pthread_join(thread, NULL);
	CHECK(slot);
	wiso_close(dev);
}

TEST(batch_waiters, "a thread that waits is not kept until the batch of another one is full")
{
	struct winusb_iso_completion completion = { 0 };
	struct wiso_slot *slot = NULL;
	pthread_t threads[2];
	unsigned int polls;
	void *ret;

	fake_real_sleep();
	open_streams();
	EQUAL(wiso_stream_set_batch(a, 2), 0);
	pthread_create(&threads[0], NULL, acquire_one, &slot);
	while (!fake_counts().polls)
		;
	polls = fake_counts().polls;
	pthread_create(&threads[1], NULL, wait_for_completion, &completion);
	while (fake_counts().polls == polls)
		;
	submit_out(82);
	pthread_join(threads[1], &ret);
	EQUAL((intptr_t)ret, 0);
	EQUAL(completion.cookie, 82);
	fake_complete_good(FAKE_IN, 2);
	pthread_join(threads[0], NULL);
	CHECK(slot);
	wiso_close(dev);
}

/* Threads that sleep until the one in the driver comes back. */
static unsigned int sleepers(void)
{
	unsigned int now;

	pthread_mutex_lock(&dev->lock);
	now = dev->waiting;
	pthread_mutex_unlock(&dev->lock);
	return now;
}

TEST(fork_waiters, "a forked child can close while threads of its parent wait")
{
	struct winusb_iso_completion completions[2] = { 0 };
	pthread_t threads[2];
	pid_t child;
	int status;

	threads[0] = start_sleeper(&completions[0]);
	pthread_create(&threads[1], NULL, wait_for_completion, &completions[1]);
	while (!sleepers())
		;
	child = fork();
	if (!child) {
		alarm(60); /* instead of hanging */
		wiso_close(dev);
		_exit(0);
	}
	EQUAL(waitpid(child, &status, 0), child);
	EQUAL(status, 0);
	submit_out(83);
	submit_out(84);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	EQUAL(completions[0].cookie + completions[1].cookie, 167);
	wiso_close(dev);
}
