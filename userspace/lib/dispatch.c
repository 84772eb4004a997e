// SPDX-License-Identifier: MIT
/*
 * One session, one completion ring, many callers: every completion goes to the
 * one it belongs to. The stream by its buffer, a blocked caller by its cookie,
 * all the rest to the backlog of wiso_next_completion().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "stream.h"

static int backlog_grow(struct wiso_backlog *backlog)
{
	size_t room = backlog->room ? backlog->room * 2 : 64;
	struct winusb_iso_completion *entries = calloc(room, sizeof(*entries));

	if (!entries)
		return -1;
	for (size_t i = 0; i < backlog->count; i++)
		entries[i] = backlog->entries[(backlog->first + i) & (backlog->room - 1)];
	free(backlog->entries);
	backlog->entries = entries;
	backlog->room = room;
	backlog->first = 0;
	return 0;
}

static int backlog_add(struct wiso_backlog *backlog, const struct winusb_iso_completion *completion)
{
	if (backlog->count == backlog->room && backlog_grow(backlog) < 0)
		return -1;
	backlog->entries[(backlog->first + backlog->count++) & (backlog->room - 1)] = *completion;
	return 0;
}

bool wiso_backlog_take(struct wiso_backlog *backlog, struct winusb_iso_completion *completion)
{
	if (!backlog->count)
		return false;
	*completion = backlog->entries[backlog->first];
	backlog->first = (backlog->first + 1) & (backlog->room - 1);
	backlog->count--;
	return true;
}

static struct wiso_waiter **find_waiter(struct wiso_device *dev,
					const struct winusb_iso_completion *completion)
{
	struct wiso_waiter **at = &dev->waiters;

	while (*at && (completion->cookie != (uintptr_t)*at ||
		       completion->buffer != (*at)->buffer || (*at)->done))
		at = &(*at)->next;
	return at;
}

static int give_to_waiter(struct wiso_device *dev, struct wiso_waiter **at,
			  const struct winusb_iso_completion *completion)
{
	struct wiso_waiter *waiter = *at;

	waiter->completion = *completion;
	waiter->completion.cookie = waiter->cookie;
	waiter->done = true;
	if (!waiter->abandoned)
		return 0;
	if (backlog_add(&dev->backlog, &waiter->completion) < 0) {
		waiter->done = false;
		return -1;
	}
	*at = waiter->next;
	free(waiter);
	return 0;
}

/*
 * 0: it has gone to whom it belongs, 1: it is for the caller of wiso_next_completion(), -1: no
 * memory.
 */
static int route(struct wiso_device *dev, const struct winusb_iso_completion *completion)
{
	struct wiso_buffer *buffer = wiso_buffer_lookup(dev, completion->buffer);
	struct wiso_waiter **waiter;

	if (!completion->buffer && completion->cookie == wiso_kick_cookie(dev))
		return 0;
	if (buffer && buffer->stream) {
		wiso_stream_completed(buffer->stream, completion);
		return 0;
	}
	if (buffer && buffer->orphan)
		return 0;
	waiter = find_waiter(dev, completion);
	if (*waiter)
		return give_to_waiter(dev, waiter, completion);
	return 1;
}

static int keep(struct wiso_device *dev, const struct winusb_iso_completion *completion)
{
	int ret = route(dev, completion);

	return ret > 0 ? backlog_add(&dev->backlog, completion) : ret;
}

/*
 * Takes one completion from the ring. 1: taken; 0: there is none for this thread; -1: no
 * memory, and the completion stays where it is.
 */
int wiso_collect_one(struct wiso_device *dev)
{
	struct winusb_iso_completion completion;

	if (!wiso_may_collect(dev))
		return 0;
	completion = *wiso_ring_first(&dev->ring);
	if (keep(dev, &completion) < 0)
		return -1;
	wiso_ring_pop(&dev->ring);
	wiso_wake_others(dev);
	return 1;
}

/* The next one for the caller of wiso_next_completion(). 1: there; 0: none; -1: no memory. */
int wiso_take_next(struct wiso_device *dev, struct winusb_iso_completion *completion)
{
	int ret = 0;

	while (!ret) {
		if (wiso_backlog_take(&dev->backlog, completion))
			return 1;
		if (!wiso_may_collect(dev))
			return 0;
		*completion = *wiso_ring_first(&dev->ring);
		ret = route(dev, completion);
		if (ret < 0)
			return -1;
		wiso_ring_pop(&dev->ring);
		wiso_wake_others(dev);
	}
	return ret;
}

/* What two flushes took; -1 if neither took anything, and one failed. */
static int add_taken(int taken, int ret)
{
	if (ret > 0)
		return ret + (taken > 0 ? taken : 0);
	return taken > 0 || !ret ? taken : ret;
}

/* The session's ring, and those of the pipes. Returns what the driver took. */
static int flush_once(struct wiso_device *dev)
{
	int taken = wiso_ring_flush(dev);

	for (struct wiso_follower *at = dev->followers; at; at = at->next)
		taken = add_taken(taken, wiso_pipe_ring_flush(dev, &at->ring, at->pipe));
	for (struct wiso_stream *stream = dev->streams; stream; stream = stream->next)
		taken = add_taken(taken,
				  wiso_pipe_ring_flush(dev, &stream->ring, stream->pipe.address));
	return taken;
}

/*
 * Hands over everything that waits for the driver, and then what the streams
 * had no room for. Returns the number of transfers taken; -1 only if none was.
 */
int wiso_flush_all(struct wiso_device *dev)
{
	int taken = 0;

	for (;;) {
		int ret = flush_once(dev);

		if (ret < 0 && !taken)
			return -1;
		if (ret <= 0)
			return taken;
		taken += ret;
		for (struct wiso_stream *stream = dev->streams; stream; stream = stream->next)
			wiso_stream_pump(stream);
	}
}
