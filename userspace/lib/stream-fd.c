// SPDX-License-Identifier: MIT
/*
 * A file per stream for event loops: an epoll set of the device and of an eventfd
 * that is set while the stream has something that was already taken from the
 * kernel. A program with one stream per device never pays for the eventfd.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stream.h"

void wiso_stream_signal(struct wiso_stream *stream)
{
	bool news = wiso_stream_has_news(stream);
	int error = errno;
	eventfd_t count;

	if (stream->event_fd < 0 || news == stream->signalled)
		return;
	stream->signalled = news;
	if (news)
		eventfd_write(stream->event_fd, 1);
	else
		eventfd_read(stream->event_fd, &count);
	errno = error;
}

static int watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_fd(struct wiso_stream *stream)
{
	stream->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	stream->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	stream->signalled = false;
	if (stream->event_fd < 0 || stream->epoll_fd < 0)
		return -1;
	if (watch(stream->epoll_fd, stream->event_fd) < 0)
		return -1;
	return watch(stream->epoll_fd, stream->dev->fd);
}

void wiso_stream_close_fd(struct wiso_stream *stream)
{
	if (stream->epoll_fd >= 0)
		close(stream->epoll_fd);
	if (stream->event_fd >= 0)
		close(stream->event_fd);
	stream->epoll_fd = -1;
	stream->event_fd = -1;
}

static int fd_locked(struct wiso_stream *stream)
{
	int error;

	if (stream->epoll_fd >= 0)
		return stream->epoll_fd;
	if (open_fd(stream) < 0) {
		error = errno;
		wiso_stream_close_fd(stream);
		errno = error;
		return -1;
	}
	wiso_stream_signal(stream);
	return stream->epoll_fd;
}

int wiso_stream_fd(struct wiso_stream *stream)
{
	int ret;

	pthread_mutex_lock(&stream->dev->lock);
	ret = fd_locked(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}
