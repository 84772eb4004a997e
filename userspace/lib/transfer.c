// SPDX-License-Identifier: MIT
/* Single transfers: submit, queue, collect, wait. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "stream.h"

void wiso_transfer_init(struct winusb_iso_transfer *transfer, const struct wiso_buffer *buffer,
			uint32_t offset, uint32_t first_packet, uint32_t num_packets)
{
	memset(transfer, 0, sizeof(*transfer));
	transfer->buffer = buffer->handle;
	transfer->offset = offset;
	transfer->first_packet = first_packet;
	transfer->num_packets = num_packets;
	transfer->length = num_packets * buffer->pipe.max_bytes_per_interval;
}

/* What was queued before goes first, so that the order is the caller's. */
static int flush_before_submit(struct wiso_device *dev)
{
	if (wiso_flush_all(dev) < 0)
		return -1;
	if (!wiso_outbox_waiting(&dev->ring.outbox))
		return 0;
	errno = EAGAIN;
	return -1;
}

int wiso_submit_locked(struct wiso_device *dev, const struct winusb_iso_transfer *transfer)
{
	struct winusb_iso_transfer copy = *transfer;

	if (flush_before_submit(dev) < 0)
		return -1;
	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SUBMIT, &copy) < 0) {
		if (errno == ENODEV)
			dev->gone = true;
		return -1;
	}
	return 0;
}

int wiso_submit(struct wiso_device *dev, const struct winusb_iso_transfer *transfer)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = wiso_submit_locked(dev, transfer);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static int queue_locked(struct wiso_device *dev, const struct winusb_iso_transfer *transfer)
{
	if (wiso_ring_need(dev, 0) < 0)
		return -1;
	if (wiso_outbox_push(&dev->ring.outbox, transfer))
		return 0;
	errno = EAGAIN;
	return -1;
}

int wiso_queue(struct wiso_device *dev, const struct winusb_iso_transfer *transfer)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = queue_locked(dev, transfer);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

int wiso_flush(struct wiso_device *dev)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = wiso_flush_all(dev);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

struct next_arg {
	struct wiso_device *dev;
	struct winusb_iso_completion *completions;
	uint32_t room;
	uint32_t count;
};

static bool next_ready(void *arg)
{
	struct next_arg *next = arg;

	while (next->count < next->room &&
	       wiso_take_next(next->dev, &next->completions[next->count]) > 0)
		next->count++;
	return next->count;
}

int wiso_next_completion(struct wiso_device *dev, struct winusb_iso_completion *completion)
{
	int taken;

	pthread_mutex_lock(&dev->lock);
	wiso_let_collect(dev);
	taken = wiso_take_next(dev, completion);
	if (!taken)
		errno = dev->gone ? ENODEV : EAGAIN;
	pthread_mutex_unlock(&dev->lock);
	return taken > 0 ? 0 : -1;
}

int wiso_wait_completions(struct wiso_device *dev, struct winusb_iso_completion *completions,
			  uint32_t room, uint32_t goal, int timeout_ms)
{
	struct next_arg arg = { .dev = dev, .completions = completions, .room = room };
	struct wiso_wait wait = {
		.ready = next_ready,
		.arg = &arg,
		.timeout_ms = timeout_ms,
		.probe = true,
		.goal = goal ? goal : 1,
	};
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = wiso_wait(dev, &wait);
	/* Whoever called it wanted that. */
	if (timeout_ms)
		dev->woken = false;
	pthread_mutex_unlock(&dev->lock);
	return ret < 0 ? -1 : (int)arg.count;
}

int wiso_wait_completion(struct wiso_device *dev, struct winusb_iso_completion *completion,
			 int timeout_ms)
{
	return wiso_wait_completions(dev, completion, 1, 1, timeout_ms) < 0 ? -1 : 0;
}

void wiso_wake(struct wiso_device *dev)
{
	pthread_mutex_lock(&dev->lock);
	dev->woken = true;
	wiso_wake_others(dev);
	pthread_mutex_unlock(&dev->lock);
}

static bool waiter_ready(void *arg)
{
	return ((struct wiso_waiter *)arg)->done;
}

void wiso_waiter_remove(struct wiso_device *dev, struct wiso_waiter *waiter)
{
	struct wiso_waiter **at = &dev->waiters;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	free(waiter);
}

static int wait_for(struct wiso_device *dev, struct wiso_waiter *waiter,
		    struct winusb_iso_completion *completion, int timeout_ms)
{
	struct wiso_wait wait = {
		.ready = waiter_ready,
		.arg = waiter,
		.timeout_ms = timeout_ms,
		.probe = true,
	};

	if (wiso_wait(dev, &wait) < 0) {
		waiter->abandoned = true;
		completion->cookie = waiter->cookie;
		completion->buffer = waiter->buffer;
		completion->status = -EINPROGRESS;
		return -1;
	}
	*completion = waiter->completion;
	wiso_waiter_remove(dev, waiter);
	return 0;
}

/* Submits a transfer whose completion goes to a waiter. NULL: it was not. */
struct wiso_waiter *wiso_waiter_submit(struct wiso_device *dev,
				       const struct winusb_iso_transfer *transfer)
{
	struct wiso_waiter *waiter = calloc(1, sizeof(*waiter));
	struct winusb_iso_transfer marked = *transfer;

	if (!waiter)
		return NULL;
	/* The address of a live object: no other completion of ours has it. */
	marked.cookie = (uintptr_t)waiter;
	waiter->cookie = transfer->cookie;
	waiter->buffer = transfer->buffer;
	waiter->next = dev->waiters;
	dev->waiters = waiter;
	if (wiso_submit_locked(dev, &marked) == 0)
		return waiter;
	wiso_waiter_remove(dev, waiter);
	return NULL;
}

int wiso_submit_and_wait(struct wiso_device *dev, const struct winusb_iso_transfer *transfer,
			 struct winusb_iso_completion *completion, int timeout_ms)
{
	struct wiso_waiter *waiter;
	int ret = -1;

	memset(completion, 0, sizeof(*completion));
	pthread_mutex_lock(&dev->lock);
	waiter = wiso_waiter_submit(dev, transfer);
	if (waiter)
		ret = wait_for(dev, waiter, completion, timeout_ms);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static bool has_stream(const struct wiso_device *dev, uint8_t pipe)
{
	const struct wiso_stream *stream = dev->streams;

	while (stream && stream->pipe.address != pipe)
		stream = stream->next;
	return stream;
}

/* The cookie that the driver knows: of wiso_submit_and_wait() another than the caller's. */
static uint64_t drivers_cookie(struct wiso_device *dev, uint8_t pipe, uint64_t cookie)
{
	for (struct wiso_waiter *waiter = dev->waiters; waiter; waiter = waiter->next) {
		const struct wiso_buffer *buffer = wiso_buffer_lookup(dev, waiter->buffer);

		if (waiter->cookie == cookie && !waiter->done && buffer &&
		    buffer->pipe.address == pipe)
			return (uintptr_t)waiter;
	}
	return cookie;
}

static int cancel_locked(struct wiso_device *dev, uint8_t pipe, uint64_t cookie)
{
	struct winusb_iso_cancel cancel = { .pipe = pipe };

	if (has_stream(dev, pipe)) {
		errno = ENOENT;
		return -1;
	}
	/* What was queued and not handed over yet counts as pending, too. */
	wiso_flush_all(dev);
	cancel.cookie = drivers_cookie(dev, pipe, cookie);
	return wiso_sys_ioctl(dev, WINUSB_ISO_IOC_CANCEL, &cancel) < 0 ? -1 : 0;
}

int wiso_cancel(struct wiso_device *dev, uint8_t pipe, uint64_t cookie)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = cancel_locked(dev, pipe, cookie);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

void *wiso_packet_data(const struct wiso_buffer *buffer, const struct winusb_iso_transfer *transfer,
		       uint32_t i)
{
	return buffer->data + transfer->offset + buffer->packets[transfer->first_packet + i].offset;
}
