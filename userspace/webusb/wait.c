// SPDX-License-Identifier: MIT
/*
 * Waiting. One thread polls for all; the others sleep until something has finished or
 * that thread has had enough, and then one of them polls.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "internal.h"

#define NS_PER_SECOND 1000000000
#define NS_PER_MS     1000000

struct deadline {
	bool never;
	struct timespec at;
};

static struct deadline deadline_in(int timeout_ms)
{
	struct deadline deadline = { .never = timeout_ms < 0 };

	clock_gettime(CLOCK_MONOTONIC, &deadline.at);
	if (deadline.never)
		return deadline;
	deadline.at.tv_sec += timeout_ms / 1000;
	deadline.at.tv_nsec += (long)(timeout_ms % 1000) * NS_PER_MS;
	if (deadline.at.tv_nsec >= NS_PER_SECOND) {
		deadline.at.tv_sec++;
		deadline.at.tv_nsec -= NS_PER_SECOND;
	}
	return deadline;
}

/* Milliseconds left, rounded up; -1 for ever. */
static int remaining(const struct deadline *deadline)
{
	struct timespec now;
	int64_t ns;

	if (deadline->never)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (int64_t)(deadline->at.tv_sec - now.tv_sec) * NS_PER_SECOND +
	     (deadline->at.tv_nsec - now.tv_nsec);
	return ns > 0 ? (int)((ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

/* Takes everything that has come back. -1: the device has gone, and that was all. */
int wusb_collect(struct wusb_session *session)
{
	struct winusb_iso_completion completion;

	while (!session->gone && wiso_wait_completion(session->dev, &completion, 0) == 0)
		wusb_part_done(session, &completion);
	if (!session->gone && errno == ENODEV)
		wusb_session_gone(session);
	wusb_pump(session);
	if (!session->gone)
		return 0;
	errno = ENODEV;
	return -1;
}

static int poll_once(struct wusb_session *session, int timeout_ms)
{
	struct pollfd fds[2] = {
		{ .fd = wiso_fd(session->dev), .events = POLLIN },
		{ .fd = session->wake_fd, .events = POLLIN },
	};
	eventfd_t count;
	int ret, error;

	session->polling = true;
	pthread_mutex_unlock(&session->lock);
	ret = poll(fds, 2, timeout_ms);
	error = errno;
	pthread_mutex_lock(&session->lock);
	session->polling = false;
	eventfd_read(session->wake_fd, &count);
	pthread_cond_broadcast(&session->turn);
	errno = error;
	return ret < 0 ? -1 : 0;
}

/* 0: look again. */
static int sleep_once(struct wusb_session *session, const struct deadline *deadline)
{
	int left = remaining(deadline);

	if (!left) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (!session->polling)
		return poll_once(session, left);
	if (deadline->never)
		pthread_cond_wait(&session->turn, &session->lock);
	else
		pthread_cond_timedwait(&session->turn, &session->lock, &deadline->at);
	return 0;
}

static struct wusb_request *next_locked(struct wusb_session *session, int timeout_ms)
{
	struct deadline deadline = deadline_in(timeout_ms);

	for (;;) {
		int collected = wusb_collect(session);

		if (session->finished)
			return wusb_finished_take(session);
		if (collected < 0)
			return NULL;
		if (!timeout_ms) {
			errno = EAGAIN;
			return NULL;
		}
		if (sleep_once(session, &deadline) < 0)
			return NULL;
	}
}

struct wusb_request *wusb_next(struct wusb_session *session, int timeout_ms)
{
	struct wusb_request *request;

	pthread_mutex_lock(&session->lock);
	request = next_locked(session, timeout_ms);
	pthread_mutex_unlock(&session->lock);
	return request;
}

static int wait_locked(struct wusb_request *request, int timeout_ms)
{
	struct wusb_session *session = request->session;
	struct deadline deadline = deadline_in(timeout_ms);

	for (;;) {
		wusb_collect(session);
		if (request->finished)
			return 0;
		if (!timeout_ms) {
			errno = EAGAIN;
			return -1;
		}
		if (sleep_once(session, &deadline) < 0)
			return -1;
	}
}

int wusb_wait(struct wusb_request *request, int timeout_ms)
{
	struct wusb_session *session = request->session;
	int ret;

	pthread_mutex_lock(&session->lock);
	wusb_finished_remove(request);
	request->waiters++;
	ret = wait_locked(request, timeout_ms);
	request->waiters--;
	pthread_mutex_unlock(&session->lock);
	return ret;
}
