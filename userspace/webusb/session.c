// SPDX-License-Identifier: MIT
/* Sessions: making and freeing, which pipes there are, and ending what is on them. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"

static int watch(struct wusb_session *session, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(session->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_files(struct wusb_session *session)
{
	session->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	session->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	session->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (session->epoll_fd < 0 || session->ready_fd < 0 || session->wake_fd < 0)
		return -1;
	if (watch(session, wiso_fd(session->dev)) < 0)
		return -1;
	return watch(session, session->ready_fd);
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_files(struct wusb_session *session)
{
	close_file(&session->epoll_fd);
	close_file(&session->ready_fd);
	close_file(&session->wake_fd);
}

static void init_lock(struct wusb_session *session)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&session->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&session->turn, &attr);
	pthread_condattr_destroy(&attr);
}

static bool is_foreign(const struct wusb_session *session)
{
	return session->owner != getpid();
}

static void destroy(struct wusb_session *session)
{
	int error = errno;

	close_files(session);
	/* This would wait for who sleeps on it: in a child of fork() nobody, but it says so. */
	if (!is_foreign(session)) {
		pthread_cond_destroy(&session->turn);
		pthread_mutex_destroy(&session->lock);
	}
	free(session);
	errno = error;
}

struct wusb_session *wusb_session_new(struct wiso_device *dev)
{
	struct wusb_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->dev = dev;
	session->owner = getpid();
	session->finished_end = &session->finished;
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		session->pipes[i].parts_end = &session->pipes[i].parts;
	init_lock(session);
	if (open_files(session) == 0)
		return session;
	destroy(session);
	return NULL;
}

int wusb_fd(const struct wusb_session *session)
{
	return session->epoll_fd;
}

/* ---- Pipes ------------------------------------------------------------------- */

struct wusb_pipe *wusb_pipe_of(struct wusb_session *session, uint8_t address)
{
	return &session->pipes[(address & 15) | (address & WISO_IN ? 16 : 0)];
}

struct wusb_pipe *wusb_find_pipe(struct wusb_session *session, uint8_t address)
{
	struct wusb_pipe *pipe = wusb_pipe_of(session, address);

	if (pipe->known)
		return pipe;
	if (wiso_find_pipe(session->dev, address, &pipe->info) < 0)
		return NULL;
	pipe->known = true;
	return pipe;
}

static void end_queue(struct wusb_pipe *pipe, int error)
{
	while (pipe->first)
		wusb_request_end(pipe->first, error);
}

static void abort_pipe(struct wusb_session *session, struct wusb_pipe *pipe)
{
	end_queue(pipe, -ECONNRESET);
	for (struct wusb_part *part = pipe->parts; part; part = part->next)
		if (!part->request->error)
			part->request->error = -ECONNRESET;
	if (pipe->parts)
		wiso_abort_pipe(session->dev, pipe->info.address);
	wusb_collect(session);
}

void wusb_abort_pipe(struct wusb_session *session, uint8_t address)
{
	pthread_mutex_lock(&session->lock);
	abort_pipe(session, wusb_pipe_of(session, address));
	pthread_mutex_unlock(&session->lock);
}

/* All but the control pipe, whose place is the first. */
void wusb_abort_pipes(struct wusb_session *session)
{
	pthread_mutex_lock(&session->lock);
	for (unsigned int i = 1; i < WUSB_PIPES; i++)
		abort_pipe(session, &session->pipes[i]);
	pthread_mutex_unlock(&session->lock);
}

int wusb_reset_pipe(struct wusb_session *session, uint8_t address)
{
	int ret;

	pthread_mutex_lock(&session->lock);
	ret = wusb_find_pipe(session, address) ? 0 : -1;
	pthread_mutex_unlock(&session->lock);
	return ret < 0 ? ret : wiso_reset_pipe(session->dev, address);
}

/* Memory is given back, too: another session may want the pipes. */
static void forget_pipes(struct wusb_session *session)
{
	pthread_mutex_lock(&session->lock);
	wusb_collect(session);
	session->generation++;
	for (unsigned int i = 1; i < WUSB_PIPES; i++) {
		wusb_memory_trim(&session->pipes[i]);
		session->pipes[i].known = false;
	}
	pthread_mutex_unlock(&session->lock);
}

/* The device may take its time: nobody who only submits has to wait for that. */
int wusb_set_alternate(struct wusb_session *session, unsigned int alternate)
{
	int ret, error;

	wusb_abort_pipes(session);
	forget_pipes(session);
	ret = wiso_set_alternate(session->dev, alternate);
	error = errno;
	forget_pipes(session);
	errno = error;
	return ret;
}

void wusb_session_gone(struct wusb_session *session)
{
	session->gone = true;
	for (unsigned int i = 0; i < WUSB_PIPES; i++) {
		struct wusb_pipe *pipe = &session->pipes[i];

		end_queue(pipe, -ENODEV);
		wusb_parts_lost(pipe, -ENODEV);
		wusb_memory_trim(pipe);
	}
}

/* ---- The end ----------------------------------------------------------------- */

static bool anything_pending(const struct wusb_session *session)
{
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		if (session->pipes[i].parts)
			return true;
	return false;
}

/* Abort has completed all; collecting can lack memory for a moment, nothing else. */
static void end_all(struct wusb_session *session)
{
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		abort_pipe(session, &session->pipes[i]);
	if (anything_pending(session))
		wusb_session_gone(session);
}

static void free_all(struct wusb_session *session)
{
	while (session->requests)
		wusb_request_destroy(session->requests);
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		wusb_memory_trim(&session->pipes[i]);
}

/*
 * In a child of fork(): transfers and files are the parent's, too, and the lock may be
 * held by a thread that was not copied.
 */
static void free_copy(struct wusb_session *session)
{
	close_files(session);
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		wusb_parts_forget(&session->pipes[i]);
	free_all(session);
}

void wusb_session_free(struct wusb_session *session)
{
	int error = errno;

	if (!session)
		return;
	if (is_foreign(session)) {
		free_copy(session);
	} else {
		pthread_mutex_lock(&session->lock);
		end_all(session);
		free_all(session);
		pthread_mutex_unlock(&session->lock);
	}
	destroy(session);
	errno = error;
}
