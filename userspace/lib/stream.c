// SPDX-License-Identifier: MIT
/* Opening, closing, starting and stopping a stream, and asking it. */
#include <errno.h>
#include <stdlib.h>

#include "stream.h"

#define DEFAULT_TRANSFER_MS    4u
#define DEFAULT_TRANSFER_BYTES 0x80000u /* 512 KiB */
#define DEFAULT_QUEUE_UFRAMES  256u	/* 32 ms */
#define DEFAULT_TRANSFERS_MIN  8u
#define DEFAULT_TRANSFERS_MAX  32u

static uint32_t default_packets(const struct winusb_iso_pipe_info *pipe)
{
	uint32_t packets = wiso_packets_for_ms(pipe, DEFAULT_TRANSFER_MS);
	uint32_t most = DEFAULT_TRANSFER_BYTES / pipe->max_bytes_per_interval;

	if (packets > most)
		packets = most;
	return packets ? packets : 1;
}

static uint32_t default_transfers(const struct winusb_iso_pipe_info *pipe, uint32_t packets)
{
	uint64_t uframes = (uint64_t)packets * pipe->interval;
	uint64_t transfers = uframes ? DEFAULT_QUEUE_UFRAMES / uframes : 0;

	if (transfers < DEFAULT_TRANSFERS_MIN)
		return DEFAULT_TRANSFERS_MIN;
	return transfers > DEFAULT_TRANSFERS_MAX ? DEFAULT_TRANSFERS_MAX : (uint32_t)transfers;
}

static int check_pipe(const struct winusb_iso_pipe_info *pipe)
{
	if (pipe->type == WINUSB_ISO_PIPE_ISOCHRONOUS && pipe->max_bytes_per_interval)
		return 0;
	errno = EOPNOTSUPP;
	return -1;
}

static int check_shape(const struct wiso_stream *stream)
{
	uint64_t size = (uint64_t)stream->packets * stream->pipe.max_bytes_per_interval;

	if (stream->transfers == 1) {
		errno = EINVAL;
		return -1;
	}
	if (size <= WINUSB_ISO_MAX_BUFFER_SIZE &&
	    stream->packets <= WINUSB_ISO_MAX_BUFFER_PACKETS &&
	    stream->transfers <= WINUSB_ISO_MAX_RING_ENTRIES)
		return 0;
	errno = ERANGE;
	return -1;
}

static int set_shape(struct wiso_stream *stream, uint32_t packets, uint32_t transfers)
{
	if (check_pipe(&stream->pipe) < 0)
		return -1;
	stream->in = stream->pipe.address & WISO_IN;
	stream->packets = packets ? packets : default_packets(&stream->pipe);
	stream->transfers =
		transfers ? transfers : default_transfers(&stream->pipe, stream->packets);
	if (check_shape(stream) < 0)
		return -1;
	stream->transfer_size = stream->packets * stream->pipe.max_bytes_per_interval;
	stream->threshold = stream->transfers;
	stream->batch = 1;
	return 0;
}

static int add_to_device(struct wiso_stream *stream)
{
	struct wiso_device *dev = stream->dev;

	for (struct wiso_stream *other = dev->streams; other; other = other->next) {
		if (other->pipe.address != stream->pipe.address)
			continue;
		errno = EBUSY;
		return -1;
	}
	if (wiso_ring_need(dev, stream->transfers) < 0 || wiso_stream_get_memory(stream) < 0)
		return -1;
	stream->next = dev->streams;
	dev->streams = stream;
	return 0;
}

static int init(struct wiso_stream *stream, uint8_t pipe, uint32_t packets, uint32_t transfers)
{
	int ret;

	if (wiso_find_pipe(stream->dev, pipe, &stream->pipe) < 0 ||
	    set_shape(stream, packets, transfers) < 0)
		return -1;
	pthread_mutex_lock(&stream->dev->lock);
	ret = add_to_device(stream);
	if (ret < 0) {
		int error = errno;

		wiso_stream_free_memory(stream);
		errno = error;
	}
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}

struct wiso_stream *wiso_stream_open(struct wiso_device *dev, uint8_t pipe, uint32_t packets,
				     uint32_t transfers, unsigned int flags)
{
	struct wiso_stream *stream;
	int error;

	if (flags) {
		errno = EINVAL;
		return NULL;
	}
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->dev = dev;
	stream->epoll_fd = -1;
	stream->event_fd = -1;
	if (!init(stream, pipe, packets, transfers))
		return stream;
	error = errno;
	free(stream);
	errno = error;
	return NULL;
}

static void remove_from_device(struct wiso_stream *stream)
{
	struct wiso_stream **at = &stream->dev->streams;

	while (*at != stream)
		at = &(*at)->next;
	*at = stream->next;
	wiso_stream_free_memory(stream);
}

void wiso_stream_close(struct wiso_stream *stream)
{
	int error = errno;

	if (!stream)
		return;
	if (wiso_is_foreign(stream->dev)) {
		/* The lock may be held by a thread that was not copied. */
		remove_from_device(stream);
	} else {
		pthread_mutex_lock(&stream->dev->lock);
		wiso_stream_end(stream, ECONNRESET);
		wiso_stream_cancel(stream);
		remove_from_device(stream);
		pthread_mutex_unlock(&stream->dev->lock);
	}
	wiso_stream_close_fd(stream);
	free(stream);
	errno = error;
}

static int start_locked(struct wiso_stream *stream)
{
	if (stream->dev->gone || stream->error == ENODEV) {
		errno = ENODEV;
		return -1;
	}
	wiso_stream_begin(stream);
	return wiso_flush_all(stream->dev) < 0 && errno != EAGAIN ? -1 : 0;
}

int wiso_stream_start(struct wiso_stream *stream)
{
	int ret;

	pthread_mutex_lock(&stream->dev->lock);
	ret = start_locked(stream);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}

int wiso_stream_stop(struct wiso_stream *stream)
{
	int ret;

	pthread_mutex_lock(&stream->dev->lock);
	wiso_stream_end(stream, ECONNRESET);
	ret = wiso_stream_cancel(stream);
	wiso_stream_signal(stream);
	wiso_wake_others(stream->dev);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}

int wiso_stream_set_threshold(struct wiso_stream *stream, uint32_t transfers)
{
	if (stream->in) {
		errno = EINVAL;
		return -1;
	}
	if (!transfers || transfers > stream->transfers) {
		errno = ERANGE;
		return -1;
	}
	pthread_mutex_lock(&stream->dev->lock);
	stream->threshold = transfers;
	wiso_stream_begin_if_primed(stream);
	wiso_flush_all(stream->dev);
	pthread_mutex_unlock(&stream->dev->lock);
	return 0;
}

int wiso_stream_set_batch(struct wiso_stream *stream, uint32_t transfers)
{
	struct winusb_iso_info info;

	if (!transfers || transfers > stream->transfers / 2) {
		errno = ERANGE;
		return -1;
	}
	if (wiso_get_info(stream->dev, &info) < 0)
		return -1;
	pthread_mutex_lock(&stream->dev->lock);
	stream->batch = transfers;
	stream->may_share = info.features & WINUSB_ISO_FEATURE_NO_INTERRUPT;
	pthread_mutex_unlock(&stream->dev->lock);
	return 0;
}

static bool is_drained(void *arg)
{
	struct wiso_stream *stream = arg;

	wiso_stream_begin_if_primed(stream);
	return stream->error ||
	       (!stream->in_flight && !stream->queue.count && !stream->retry.count);
}

static int drain_locked(struct wiso_stream *stream, int timeout_ms)
{
	struct wiso_wait wait = {
		.ready = is_drained,
		.arg = stream,
		.stream = stream,
		.timeout_ms = timeout_ms,
		.probe = !stream->in_flight,
	};
	int ret;

	stream->draining = true;
	ret = wiso_wait(stream->dev, &wait);
	stream->draining = false;
	if (ret < 0)
		return -1;
	if (stream->error) {
		errno = stream->error;
		return -1;
	}
	/* An abort with nothing pending: the pause that follows is no gap. */
	wiso_stream_end(stream, 0);
	return wiso_stream_cancel(stream);
}

int wiso_stream_drain(struct wiso_stream *stream, int timeout_ms)
{
	int ret;

	if (stream->in) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&stream->dev->lock);
	ret = drain_locked(stream, timeout_ms);
	wiso_stream_signal(stream);
	pthread_mutex_unlock(&stream->dev->lock);
	return ret;
}

void wiso_stream_get_stats(struct wiso_stream *stream, struct wiso_stream_stats *stats)
{
	pthread_mutex_lock(&stream->dev->lock);
	*stats = stream->stats;
	pthread_mutex_unlock(&stream->dev->lock);
}

const struct winusb_iso_pipe_info *wiso_stream_pipe(const struct wiso_stream *stream)
{
	return &stream->pipe;
}

uint32_t wiso_stream_packets(const struct wiso_stream *stream)
{
	return stream->packets;
}

uint32_t wiso_stream_transfers(const struct wiso_stream *stream)
{
	return stream->transfers;
}

uint32_t wiso_stream_transfer_size(const struct wiso_stream *stream)
{
	return stream->transfer_size;
}
