// SPDX-License-Identifier: MIT
/*
 * Waiting. The first thread that has to wait does so for all; the others sleep until it comes back,
 * and one of them takes its turn.
 *
 * It waits with a call of the driver, half as dear as poll(). What completes brings it
 * back for certain as long as nobody else collects; so nobody does. Only where nothing is pending
 * that could complete, it polls, and then a thread that collects in the meantime wakes it, since
 * the kernel has nothing to show it any more.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stream.h"

#define NS_PER_SECOND 1000000000u
#define NS_PER_MS     1000000u

struct deadline {
	bool never;
	uint64_t at_ns;
};

static struct deadline deadline_in(int timeout_ms)
{
	struct deadline deadline = { .never = timeout_ms < 0 };

	if (!deadline.never)
		deadline.at_ns = wiso_sys.now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	return deadline;
}

static bool is_over(const struct deadline *deadline)
{
	return !deadline->never && wiso_sys.now_ns() >= deadline->at_ns;
}

static struct timespec to_timespec(uint64_t ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / NS_PER_SECOND),
		.tv_nsec = (long)(ns % NS_PER_SECOND),
	};

	return ts;
}

static struct timespec remaining(const struct deadline *deadline)
{
	uint64_t now = wiso_sys.now_ns();

	return to_timespec(deadline->at_ns > now ? deadline->at_ns - now : 0);
}

/*
 * A transfer that the driver refuses completes at once: as many as are missing. Without room there
 * are others to come.
 */
static void kick_sleeper(struct wiso_device *dev)
{
	struct winusb_iso_transfer nothing = { .cookie = wiso_kick_cookie(dev) };
	uint32_t count = wiso_ring_uncollected(&dev->ring);

	do {
		if (!wiso_outbox_push(&dev->ring.outbox, &nothing))
			break;
	} while (++count < dev->goal);
	wiso_ring_flush(dev);
}

void wiso_wake_others(struct wiso_device *dev)
{
	int error = errno;

	if (dev->waiting)
		pthread_cond_broadcast(&dev->turn);
	if (dev->polling && !dev->kicked) {
		dev->kicked = true;
		if (dev->asleep)
			kick_sleeper(dev);
		else
			eventfd_write(dev->wake_fd, 1);
	}
	errno = error;
}

static void clear_kick(struct wiso_device *dev)
{
	eventfd_t count;

	dev->kicked = false;
	if (!dev->asleep)
		eventfd_read(dev->wake_fd, &count);
}

/* Whoever is asleep for several completions comes back first. NULL: no deadline. */
static void sleep_for_turn(struct wiso_device *dev, const struct deadline *deadline)
{
	if (dev->asleep && dev->goal > 1)
		wiso_wake_others(dev);
	dev->waiting++;
	if (!deadline || deadline->never) {
		pthread_cond_wait(&dev->turn, &dev->lock);
	} else {
		struct timespec at = to_timespec(deadline->at_ns);

		pthread_cond_timedwait(&dev->turn, &dev->lock, &at);
	}
	dev->waiting--;
}

void wiso_let_collect(struct wiso_device *dev)
{
	unsigned int returns = dev->returns;

	while (dev->asleep && dev->returns == returns && wiso_ring_uncollected(&dev->ring))
		sleep_for_turn(dev, NULL);
}

/* Around the call in which the thread sleeps for all. */
static void leave_lock(struct wiso_device *dev, bool asleep)
{
	dev->polling = true;
	dev->asleep = asleep;
	pthread_mutex_unlock(&dev->lock);
}

static void return_to_lock(struct wiso_device *dev)
{
	int error = errno;

	pthread_mutex_lock(&dev->lock);
	if (dev->kicked)
		clear_kick(dev);
	dev->polling = false;
	dev->asleep = false;
	dev->returns++;
	if (dev->waiting)
		pthread_cond_broadcast(&dev->turn);
	errno = error;
}

/* 0, or -1 with the errno of poll(). Sees whether the device has gone. */
static int poll_device(struct wiso_device *dev, const struct timespec *timeout)
{
	struct pollfd fds[2] = {
		{ .fd = dev->fd, .events = POLLIN },
		{ .fd = dev->wake_fd, .events = POLLIN },
	};
	int ret;

	leave_lock(dev, false);
	ret = wiso_sys.poll(fds, 2, timeout);
	return_to_lock(dev);
	if (ret > 0 && fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		dev->gone = true;
	return ret < 0 ? -1 : 0;
}

/* What an error of that call means: 0, -1 with errno, or 1 if poll() has to say. */
static int judge_wait(struct wiso_device *dev)
{
	switch (errno) {
	case ETIME:
		return 0;
	case ENODEV:
		dev->gone = true;
		return 0;
	case EINTR:
		return -1;
	default:
		dev->no_wait = true;
		return 1;
	}
}

/* 0, or -1 with EINTR; 1: there is nothing that could complete, or no such call. */
static int wait_in_driver(struct wiso_device *dev, uint32_t goal, const struct timespec *timeout)
{
	struct winusb_iso_wait wait = { .completions = goal };
	int ret;

	if (timeout)
		wait.timeout_ns =
			(uint64_t)timeout->tv_sec * NS_PER_SECOND + (uint64_t)timeout->tv_nsec;
	/* 0 would be without limit. */
	if (!dev->ring.map || dev->no_wait || (timeout && !wait.timeout_ns))
		return 1;
	dev->goal = goal;
	leave_lock(dev, true);
	ret = wiso_sys.ioctl(dev->fd, WINUSB_ISO_IOC_WAIT, &wait);
	return_to_lock(dev);
	if (ret < 0)
		return judge_wait(dev);
	return wiso_ring_uncollected(&dev->ring) ? 0 : 1;
}

/* Of several only if that is not at the cost of others. */
static uint32_t goal_of(const struct wiso_device *dev, const struct wiso_wait *wait)
{
	if (dev->waiting || !(wait->batch || wait->goal))
		return 1;
	return wait->batch ? wiso_stream_goal(wait->stream) : wait->goal;
}

static int sleep_once(struct wiso_device *dev, const struct wiso_wait *wait,
		      const struct deadline *deadline)
{
	uint32_t goal = goal_of(dev, wait);
	struct timespec left;
	int ret;

	if (dev->polling) {
		sleep_for_turn(dev, deadline);
		return 0;
	}
	if (!deadline->never)
		left = remaining(deadline);
	ret = wait_in_driver(dev, goal, deadline->never ? NULL : &left);
	if (ret > 0)
		ret = poll_device(dev, deadline->never ? NULL : &left);
	return ret < 0 && errno == EINTR && dev->flags & WISO_OPEN_RESTART ? 0 : ret;
}

/* Collects and submits until it is ready or nothing is left to do. 1, 0 or -1. */
static int collect_and_submit(struct wiso_device *dev, const struct wiso_wait *wait)
{
	for (;;) {
		int ret;

		if (wait->ready(wait->arg))
			return 1;
		ret = wiso_collect_one(dev);
		if (ret < 0)
			return -1;
		if (ret > 0)
			continue;
		ret = wiso_flush_all(dev);
		if (ret < 0 && errno != EAGAIN && errno != ENODEV)
			return -1;
		if (ret <= 0 && !wiso_may_collect(dev))
			return ret && wait->ready(wait->arg);
	}
}

static int make_progress(struct wiso_device *dev, const struct wiso_wait *wait)
{
	int ret;

	dev->collecting = wait->stream;
	ret = collect_and_submit(dev, wait);
	dev->collecting = NULL;
	return ret;
}

static int not_waiting(struct wiso_device *dev, const struct wiso_wait *wait)
{
	static const struct timespec now;

	if (wait->probe && !dev->polling && poll_device(dev, &now) == 0) {
		int ret = make_progress(dev, wait);

		if (ret)
			return ret < 0 ? -1 : 0;
	}
	errno = dev->gone ? ENODEV : EAGAIN;
	return -1;
}

/* By wiso_wake(). */
static bool was_woken(struct wiso_device *dev, const struct wiso_wait *wait)
{
	if (!wait->goal || !dev->woken)
		return false;
	errno = EINTR;
	return true;
}

/*
 * Until wait->ready() says so: 0; or -1 with EAGAIN, ETIMEDOUT, EINTR, ENODEV (and
 * nothing is left to collect) or what flushing said.
 */
int wiso_wait(struct wiso_device *dev, const struct wiso_wait *wait)
{
	struct deadline deadline;
	int ret;

	wiso_let_collect(dev);
	ret = make_progress(dev, wait);
	if (ret)
		return ret < 0 ? -1 : 0;
	if (dev->gone || !wait->timeout_ms)
		return not_waiting(dev, wait);
	for (deadline = deadline_in(wait->timeout_ms);;) {
		if (was_woken(dev, wait) || sleep_once(dev, wait, &deadline) < 0)
			return -1;
		ret = make_progress(dev, wait);
		if (ret)
			return ret < 0 ? -1 : 0;
		if (dev->gone || is_over(&deadline)) {
			errno = dev->gone ? ENODEV : ETIMEDOUT;
			return -1;
		}
	}
}
