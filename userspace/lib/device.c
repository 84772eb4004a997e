// SPDX-License-Identifier: MIT
/* A session: opening and closing a node, and asking what it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"
#include "stream.h"

#define OPEN_FLAGS (WISO_OPEN_READ_ONLY | WISO_OPEN_RESTART)

/* A child of fork() shares the session and must leave the streams in it alone. */
bool wiso_is_foreign(const struct wiso_device *dev)
{
	return dev->owner != getpid();
}

static int check_version(struct wiso_device *dev)
{
	struct winusb_iso_info info;

	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_GET_INFO, &info) < 0)
		return -1;
	if (info.api_version == WINUSB_ISO_API_VERSION)
		return 0;
	errno = EPROTONOSUPPORT;
	return -1;
}

static void init_lock(struct wiso_device *dev)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&dev->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&dev->turn, &attr);
	pthread_condattr_destroy(&attr);
}

static int open_files(struct wiso_device *dev, const char *path)
{
	int mode = dev->flags & WISO_OPEN_READ_ONLY ? O_RDONLY : O_RDWR;

	dev->fd = wiso_sys.open(path, mode | O_CLOEXEC);
	if (dev->fd < 0)
		return -1;
	if (check_version(dev) < 0)
		return -1;
	dev->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return dev->wake_fd < 0 ? -1 : 0;
}

static void free_device(struct wiso_device *dev)
{
	if (dev->wake_fd >= 0)
		close(dev->wake_fd);
	if (dev->fd >= 0)
		wiso_sys.close(dev->fd);
	/* This would wait for who sleeps on it: in a child of fork() nobody, but it says so. */
	if (!wiso_is_foreign(dev)) {
		pthread_cond_destroy(&dev->turn);
		pthread_mutex_destroy(&dev->lock);
	}
	free(dev->backlog.entries);
	free(dev);
}

struct wiso_device *wiso_open(const char *path, unsigned int flags)
{
	struct wiso_device *dev;
	int error;

	if (flags & ~(unsigned int)OPEN_FLAGS) {
		errno = EINVAL;
		return NULL;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return NULL;
	dev->fd = -1;
	dev->wake_fd = -1;
	dev->flags = flags;
	dev->owner = getpid();
	init_lock(dev);
	if (!open_files(dev, path))
		return dev;
	error = errno;
	free_device(dev);
	errno = error;
	return NULL;
}

static void free_buffers(struct wiso_device *dev)
{
	for (unsigned int i = 0; i < WISO_BUFFER_BUCKETS; i++)
		while (dev->buffers[i])
			wiso_buffer_free(dev->buffers[i]);
}

static void free_waiters(struct wiso_device *dev)
{
	while (dev->waiters) {
		struct wiso_waiter *next = dev->waiters->next;

		free(dev->waiters);
		dev->waiters = next;
	}
}

void wiso_close(struct wiso_device *dev)
{
	int error = errno;

	if (!dev)
		return;
	while (dev->streams)
		wiso_stream_close(dev->streams);
	wiso_followers_free(dev);
	free_buffers(dev);
	wiso_scratch_free_all(dev);
	free_waiters(dev);
	wiso_ring_unmap(&dev->ring);
	free_device(dev);
	errno = error;
}

int wiso_fd(const struct wiso_device *dev)
{
	return dev->fd;
}

int wiso_get_info(struct wiso_device *dev, struct winusb_iso_info *info)
{
	return wiso_sys_ioctl(dev, WINUSB_ISO_IOC_GET_INFO, info) < 0 ? -1 : 0;
}

int wiso_get_alternate(struct wiso_device *dev, unsigned int index,
		       struct winusb_iso_alternate *alternate)
{
	struct winusb_iso_alternate ask = { .index = index };

	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_GET_ALTERNATE, &ask) < 0)
		return -1;
	*alternate = ask;
	return 0;
}

int wiso_get_pipe(struct wiso_device *dev, unsigned int alternate, unsigned int index,
		  struct winusb_iso_pipe_info *pipe)
{
	struct winusb_iso_pipe_info ask = { .alternate = alternate, .index = index };

	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_GET_PIPE, &ask) < 0)
		return -1;
	*pipe = ask;
	return 0;
}

/* Walks the pipes of the current alternate setting up to the one that fits. */
static int search_pipe(struct wiso_device *dev, struct winusb_iso_pipe_info *pipe,
		       bool (*fits)(const struct winusb_iso_pipe_info *pipe, unsigned int what),
		       unsigned int what)
{
	struct winusb_iso_info info;

	if (wiso_get_info(dev, &info) < 0)
		return -1;
	if (info.current_alternate < 0) {
		errno = ENOENT;
		return -1;
	}
	for (unsigned int i = 0;; i++) {
		if (wiso_get_pipe(dev, (unsigned int)info.current_alternate, i, pipe) < 0)
			return -1;
		if (fits(pipe, what))
			return 0;
	}
}

static bool has_address(const struct winusb_iso_pipe_info *pipe, unsigned int address)
{
	return pipe->address == address;
}

static bool can_stream(const struct winusb_iso_pipe_info *pipe, unsigned int direction)
{
	return pipe->type == WINUSB_ISO_PIPE_ISOCHRONOUS && pipe->max_bytes_per_interval &&
	       (pipe->address & WISO_IN) == direction;
}

static int describe_control(struct wiso_device *dev, struct winusb_iso_pipe_info *pipe)
{
	struct winusb_iso_info info;

	if (wiso_get_info(dev, &info) < 0)
		return -1;
	memset(pipe, 0, sizeof(*pipe));
	pipe->type = WINUSB_ISO_PIPE_CONTROL;
	return 0;
}

int wiso_find_pipe(struct wiso_device *dev, uint8_t address, struct winusb_iso_pipe_info *pipe)
{
	if (!address)
		return describe_control(dev, pipe);
	return search_pipe(dev, pipe, has_address, address);
}

int wiso_first_pipe(struct wiso_device *dev, unsigned int direction,
		    struct winusb_iso_pipe_info *pipe)
{
	if (direction != WISO_IN && direction != WISO_OUT) {
		errno = EINVAL;
		return -1;
	}
	return search_pipe(dev, pipe, can_stream, direction);
}

int wiso_set_alternate(struct wiso_device *dev, unsigned int alternate)
{
	struct winusb_iso_set_alternate set = { .alternate = alternate };

	pthread_mutex_lock(&dev->lock);
	wiso_scratch_outdate(dev);
	pthread_mutex_unlock(&dev->lock);
	return wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SET_ALTERNATE, &set) < 0 ? -1 : 0;
}

int wiso_get_frame(struct wiso_device *dev, struct winusb_iso_frame *frame)
{
	return wiso_sys_ioctl(dev, WINUSB_ISO_IOC_GET_FRAME, frame) < 0 ? -1 : 0;
}

int wiso_set_ring_size(struct wiso_device *dev, unsigned int entries)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = wiso_ring_setup(dev, entries);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* What was queued and not handed over yet counts as pending, too. */
static int cancel(struct wiso_device *dev, unsigned long request, uint8_t pipe)
{
	struct winusb_iso_pipe ask = { .pipe = pipe };

	pthread_mutex_lock(&dev->lock);
	wiso_flush_all(dev);
	pthread_mutex_unlock(&dev->lock);
	return wiso_sys_ioctl(dev, request, &ask) < 0 ? -1 : 0;
}

int wiso_abort_pipe(struct wiso_device *dev, uint8_t pipe)
{
	return cancel(dev, WINUSB_ISO_IOC_ABORT_PIPE, pipe);
}

int wiso_reset_pipe(struct wiso_device *dev, uint8_t pipe)
{
	return cancel(dev, WINUSB_ISO_IOC_RESET_PIPE, pipe);
}
