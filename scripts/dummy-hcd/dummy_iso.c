// SPDX-License-Identifier: GPL-2.0-only
/*
 * Isochronous transfers of dummy_hcd: the clock, and what happens when.
 *
 * Time is counted in microframes. An URB gets its slots when it is submitted,
 * and they do not change; what can be said about them then is said by
 * dummy_iso_place(). A packet is transferred when its slot is over: the clock
 * has left its microframe, at full speed its frame. Everything that happens is
 * an event with a time; dummy_iso_run() works through those that are due in
 * the order of their times, so that it does not matter how late it is called,
 * and that microframes without an event cost nothing.
 *
 * The controller's lock is dropped around complete() calls. Nothing is kept
 * across them but what was taken off the lists before, and only one context
 * at a time runs the schedule (struct dummy_iso.servicing).
 */

#include <linux/math64.h>
#include <linux/slab.h>

#include "dummy_iso.h"

#define UFRAME_NSECS	125000

/* --- clock --- */

/**
 * dummy_iso_now - the microframe in progress
 * @iso: the controller
 *
 * Return: a count that never wraps.
 */
u64 dummy_iso_now(const struct dummy_iso *iso)
{
	if (iso->manual)
		return iso->stopped_at;
	return div_u64(ktime_get_ns(), UFRAME_NSECS) + iso->offset;
}

/**
 * dummy_iso_frame_number - usb_get_current_frame_number()
 * @iso: the controller
 *
 * Return: the frame in progress, with the wrap of start_frame.
 */
int dummy_iso_frame_number(struct dummy_iso *iso)
{
	unsigned long flags;
	int frame;

	spin_lock_irqsave(iso->lock, flags);
	frame = dummy_iso_frame(dummy_iso_now(iso), 8, iso->wrap_bits);
	spin_unlock_irqrestore(iso->lock, flags);
	return frame;
}

/* --- what is due when --- */

enum event_kind { GIVEBACK, EXPIRE, PACKET };

struct event {
	u64 due;
	enum event_kind kind;
};

static struct dummy_iso_urb *first_of(struct list_head *list)
{
	return list_first_entry_or_null(list, struct dummy_iso_urb, node);
}

static u64 end_of_slot(const struct dummy_iso_stream *stream, u64 slot)
{
	return slot + stream->shape.beat.width;
}

static bool is_over(const struct dummy_iso_urb *iu)
{
	return iu->packet == iu->urb->number_of_packets;
}

/* The next packet's end; an URB whose packets were all too late has none. */
static u64 packet_due(const struct dummy_iso_stream *stream,
		      const struct dummy_iso_urb *iu)
{
	if (is_over(iu))
		return 0;
	return end_of_slot(stream, dummy_iso_slot(stream, iu, iu->packet));
}

/* When a request is given back because its interval had no token. */
static u64 expiry_due(struct dummy_iso *iso, struct dummy_iso_stream *stream)
{
	const struct dummy_iso_urb *iu = first_of(&stream->waiting);

	if (!iso->expire || !stream->begun)
		return DUMMY_ISO_NEVER;
	if (iu && !is_over(iu) && dummy_iso_slot(stream, iu, iu->packet) <= stream->cursor)
		return DUMMY_ISO_NEVER;
	if (!dummy_iso_head(iso, stream))
		return DUMMY_ISO_NEVER;
	return end_of_slot(stream, stream->cursor);
}

static struct event next_event_of(struct dummy_iso *iso,
				  struct dummy_iso_stream *stream)
{
	const struct dummy_iso_urb *waiting = first_of(&stream->waiting);
	const struct dummy_iso_urb *done = first_of(&stream->done);
	struct event event = { DUMMY_ISO_NEVER, GIVEBACK };
	u64 due;

	if (done)
		event.due = done->due;
	due = expiry_due(iso, stream);
	if (due < event.due)
		event = (struct event){ due, EXPIRE };
	if (waiting) {
		due = packet_due(stream, waiting);
		if (due < event.due)
			event = (struct event){ due, PACKET };
	}
	return event;
}

/**
 * dummy_iso_next_event - when the schedule goes on
 * @iso: the controller
 *
 * Return: a microframe, 0 for at once, or DUMMY_ISO_NEVER.
 */
u64 dummy_iso_next_event(struct dummy_iso *iso)
{
	struct dummy_iso_stream *stream;
	u64 due = DUMMY_ISO_NEVER;

	if (iso->unlinks)
		return 0;
	list_for_each_entry(stream, &iso->streams, node)
		due = min(due, next_event_of(iso, stream).due);
	return due;
}

/**
 * dummy_iso_missed - slots without a token since the first one
 * @iso: the controller
 * @stream: the endpoint
 *
 * Return: their number up to now.
 */
u64 dummy_iso_missed(const struct dummy_iso *iso,
		     struct dummy_iso_stream *stream)
{
	const struct dummy_iso_urb *iu = first_of(&stream->waiting);
	u64 end = dummy_iso_now(iso) + 1;

	if (!stream->begun || end < stream->shape.beat.width)
		return stream->missed;
	end -= stream->shape.beat.width;
	if (iu && !is_over(iu))
		end = min(end, dummy_iso_slot(stream, iu, iu->packet));
	return stream->missed +
	       dummy_iso_slots_before(&stream->shape.beat, stream->cursor, end);
}

/**
 * dummy_iso_catch_up - all past slots without a token were missed
 * @iso: the controller
 * @stream: the endpoint
 *
 * Requests queued from now on are not for them.
 */
void dummy_iso_catch_up(const struct dummy_iso *iso,
			struct dummy_iso_stream *stream)
{
	u64 missed = dummy_iso_missed(iso, stream) - stream->missed;

	stream->missed += missed;
	stream->cursor += missed << stream->shape.beat.shift;
}

/**
 * dummy_iso_catch_up_all - the same for all endpoints
 * @iso: the controller
 */
void dummy_iso_catch_up_all(struct dummy_iso *iso)
{
	struct dummy_iso_stream *stream;

	list_for_each_entry(stream, &iso->streams, node)
		dummy_iso_catch_up(iso, stream);
}

/* --- timer --- */

/* Like the next event, but packets may wait a tick for company. */
static u64 wake_time(struct dummy_iso *iso, struct dummy_iso_stream *stream)
{
	const struct dummy_iso_urb *waiting = first_of(&stream->waiting);
	const struct dummy_iso_urb *done = first_of(&stream->done);
	u64 due = expiry_due(iso, stream), wake = DUMMY_ISO_NEVER;

	if (due != DUMMY_ISO_NEVER)
		wake = due + iso->tick - 1;
	if (done)
		wake = min(wake, done->due);
	if (!waiting)
		return wake;
	due = packet_due(stream, waiting);
	if (!due)
		return 0;
	wake = min(wake, due + iso->tick - 1);
	due = dummy_iso_slot(stream, waiting, waiting->urb->number_of_packets - 1);
	return min(wake, end_of_slot(stream, due) + iso->giveback_delay);
}

static void arm_at(struct dummy_iso *iso, u64 wake)
{
	u64 now = dummy_iso_now(iso);
	ktime_t time = 0;

	/* A clock that stands does not get anywhere by waiting. */
	if (wake == DUMMY_ISO_NEVER || (iso->manual && wake > now))
		return;
	if (wake > now)
		time = ns_to_ktime((wake - iso->offset) * UFRAME_NSECS);
	iso->armed = wake;
	hrtimer_start(&iso->timer, time, HRTIMER_MODE_ABS_SOFT);
}

/**
 * dummy_iso_arm - have the timer fire when something is due
 * @iso: the controller
 */
void dummy_iso_arm(struct dummy_iso *iso)
{
	struct dummy_iso_stream *stream;
	u64 wake = DUMMY_ISO_NEVER;

	if (iso->servicing)
		return; /* whoever does it arms the timer at the end */
	if (iso->manual || iso->unlinks) {
		wake = dummy_iso_next_event(iso);
	} else {
		list_for_each_entry(stream, &iso->streams, node)
			wake = min(wake, wake_time(iso, stream));
	}
	if (wake < iso->armed)
		arm_at(iso, wake);
}

static enum hrtimer_restart dummy_iso_timer(struct hrtimer *timer)
{
	struct dummy_iso *iso = container_of(timer, struct dummy_iso, timer);
	unsigned long flags;

	spin_lock_irqsave(iso->lock, flags);
	iso->armed = DUMMY_ISO_NEVER;
	if (!iso->servicing)
		dummy_iso_run(iso, dummy_iso_now(iso), DUMMY_ISO_BUDGET);
	spin_unlock_irqrestore(iso->lock, flags);
	return HRTIMER_NORESTART;
}

/* --- service --- */

/* Drops the lock. */
static void give_back(struct dummy_iso *iso, struct dummy_iso_stream *stream,
		      struct dummy_iso_urb *iu)
{
	struct urb *urb = iu->urb;
	struct usb_hcd *hcd = stream->hcd;
	bool unlinked = urb->unlinked;

	list_del(&iu->node);
	kfree(iu);
	iso->queued--;
	if (unlinked)
		iso->unlinks--;
	else
		stream->completing++;
	usb_hcd_unlink_urb_from_ep(hcd, urb);
	spin_unlock(iso->lock);
	usb_hcd_giveback_urb(hcd, urb, 0);
	spin_lock(iso->lock);
	if (!unlinked)
		stream->completing--;
}

/* What follows the last URB that is left follows that one, not a hole. */
static void close_ranks(struct dummy_iso_stream *stream)
{
	struct list_head *list = list_empty(&stream->waiting) ? &stream->done :
							      &stream->waiting;
	struct dummy_iso_urb *last;

	if (list_empty(list))
		return;
	last = list_last_entry(list, struct dummy_iso_urb, node);
	stream->next = dummy_iso_slot(stream, last, last->urb->number_of_packets);
	if (stream->begun)
		stream->next = max(stream->next, stream->cursor);
}

static struct dummy_iso_urb *find_unlinked(const struct list_head *list)
{
	struct dummy_iso_urb *iu;

	list_for_each_entry(iu, list, node)
		if (iu->urb->unlinked)
			return iu;
	return NULL;
}

static void give_back_unlinked(struct dummy_iso *iso)
{
	struct dummy_iso_stream *stream;
	struct dummy_iso_urb *iu;
	bool last;

	list_for_each_entry(stream, &iso->streams, node) {
		iu = find_unlinked(&stream->done);
		if (!iu)
			iu = find_unlinked(&stream->waiting);
		if (!iu)
			continue;
		last = list_is_last(&iu->node, &stream->waiting);
		list_del_init(&iu->node);
		if (last)
			close_ranks(stream);
		give_back(iso, stream, iu);
		return;
	}
}

static void service_packet(struct dummy_iso *iso,
			   struct dummy_iso_stream *stream)
{
	struct dummy_iso_urb *iu = first_of(&stream->waiting);
	struct dummy_ep *ep = NULL;

	if (!is_over(iu)) {
		ep = dummy_iso_transfer(iso, stream, iu);
		iu->due = packet_due(stream, iu) + iso->giveback_delay;
		iu->packet++;
	}
	if (is_over(iu)) {
		list_move_tail(&iu->node, &stream->done);
		if (ep && iso->host_first && !iso->giveback_delay &&
		    first_of(&stream->done) == iu)
			give_back(iso, stream, iu);
	}
	if (ep)
		dummy_iso_giveback_request(ep);
}

/* The earliest event that is due; false if there is none. */
static bool service_event(struct dummy_iso *iso, u64 now)
{
	struct dummy_iso_stream *stream, *found = NULL;
	struct event event, first = { DUMMY_ISO_NEVER, GIVEBACK };

	if (iso->unlinks) {
		give_back_unlinked(iso);
		return true;
	}
	list_for_each_entry(stream, &iso->streams, node) {
		event = next_event_of(iso, stream);
		if (event.due > now || event.due >= first.due)
			continue;
		first = event;
		found = stream;
	}
	if (!found)
		return false;
	switch (first.kind) {
	case GIVEBACK:
		give_back(iso, found, first_of(&found->done));
		break;
	case EXPIRE:
		dummy_iso_giveback_request(dummy_iso_expire(iso, found));
		break;
	case PACKET:
		service_packet(iso, found);
		break;
	}
	return true;
}

/**
 * dummy_iso_run - let happen what is due
 * @iso: the controller; the lock is held, nobody else services, and interrupts
 *	are off. Drops the lock.
 * @now: events that are due then
 * @budget: so many events; what is left makes the timer fire at once
 */
void dummy_iso_run(struct dummy_iso *iso, u64 now, unsigned int budget)
{
	iso->servicing = true;
	while (budget-- && service_event(iso, now))
		;
	if (iso->expire && dummy_iso_next_event(iso) > now)
		dummy_iso_catch_up_all(iso);
	iso->servicing = false;
	dummy_iso_arm(iso);
	/* Who waits has looked at servicing with the lock held. */
	if (waitqueue_active(&iso->idle))
		wake_up(&iso->idle);
}

/* --- life --- */

/**
 * dummy_iso_init - before the root hubs are there
 * @iso: the controller's isochronous side
 * @dum: the controller
 * @lock: its lock
 */
void dummy_iso_init(struct dummy_iso *iso, struct dummy *dum, spinlock_t *lock)
{
	struct dummy_iso_stream *stream = &iso->stream[0][0];
	int i;

	memset(iso, 0, sizeof(*iso));
	iso->dum = dum;
	iso->lock = lock;
	iso->armed = DUMMY_ISO_NEVER;
	iso->wrap_bits = 14;
	iso->threshold = 8;
	iso->horizon = 8192;
	iso->tick = 8;
	mutex_init(&iso->knobs);
	init_waitqueue_head(&iso->idle);
	INIT_LIST_HEAD(&iso->streams);
	INIT_LIST_HEAD(&iso->orders);
	for (i = 0; i < DUMMY_ISO_HUBS * DUMMY_ISO_ENDPOINTS; i++, stream++) {
		INIT_LIST_HEAD(&stream->waiting);
		INIT_LIST_HEAD(&stream->done);
	}
	hrtimer_init(&iso->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	iso->timer.function = dummy_iso_timer;
}

/**
 * dummy_iso_exit - after the root hubs are gone
 * @iso: the controller; no URB is queued any more
 */
void dummy_iso_exit(struct dummy_iso *iso)
{
	hrtimer_cancel(&iso->timer);
	dummy_iso_clear_faults(iso);
}
