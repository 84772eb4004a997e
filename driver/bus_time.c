// SPDX-License-Identifier: GPL-2.0-only
/* Bus time of a device: its controller's frame counter, extended to 64 bits. */

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/ktime.h>
#include <linux/usb.h>

#include "bus_time.h"

/*
 * Divides the modulus of all frame counters that can be read; microframes. EHCI
 * counts modulo its schedule, 512 frames where the length is programmable.
 */
#define COUNTER_MODULUS	(512 * ISO_UFRAMES_PER_FRAME)

/* A start frame that came with a completion may be that much old: 64 ms. */
#define REPORT_SLACK	512

void iso_bus_time_init(struct iso_bus_time *time, struct usb_device *udev,
		       bool has_counter)
{
	time->udev = udev;
	time->has_counter = has_counter;
	spin_lock_init(&time->lock);
	time->clock.uframe = ISO_UFRAME_EPOCH;
	time->clock.ns = ktime_get_ns();
	time->adopted = false;
	time->offset = 0;
	time->last = 0;
	iso_bus_time_doubt(time);
}

/**
 * iso_bus_time_doubt - the bus has slept or was reset
 * @time: bus time
 *
 * What was seen of it before bounds nothing now; the next reading does.
 */
void iso_bus_time_doubt(struct iso_bus_time *time)
{
	unsigned long flags;

	spin_lock_irqsave(&time->lock, flags);
	time->least.uframe = 0;
	time->least.ns = ktime_get_ns();
	spin_unlock_irqrestore(&time->lock, flags);
}

/*
 * Where bus time and CLOCK_MONOTONIC did not go on together, a frame is all that
 * is known.
 */
static void iso_bus_time_bound(struct iso_bus_time *time, u64 low, u64 now)
{
	if (iso_clock_agrees(&time->least, low, ISO_UFRAMES_PER_FRAME - 1, now))
		return;
	time->least.uframe = low;
	/* The counter was read after @now, and can have gone on until then. */
	time->least.ns = ktime_get_ns();
}

static void iso_bus_time_count(struct iso_bus_time *time, u64 now)
{
	int frame = usb_get_current_frame_number(time->udev);
	u64 near = iso_clock_uframe(&time->clock, now);
	u64 low;

	/* Not "< 0": UHCI counts through all of 32 bits. */
	if (IS_ERR_VALUE((long)frame))
		return;
	low = iso_frame_extend(near, (u32)frame * ISO_UFRAMES_PER_FRAME,
			       COUNTER_MODULUS);
	iso_clock_observe(&time->clock, low, ISO_UFRAMES_PER_FRAME - 1, now);
	iso_bus_time_bound(time, low, now);
}

/**
 * iso_bus_time_read - the bus time now
 * @time: bus time of an active device
 *
 * Return: a bus time not before any that was returned earlier, and the
 *	CLOCK_MONOTONIC at which it was read.
 */
struct iso_clock iso_bus_time_read(struct iso_bus_time *time)
{
	struct iso_clock now;
	unsigned long flags;

	spin_lock_irqsave(&time->lock, flags);
	now.ns = ktime_get_ns();
	if (time->has_counter)
		iso_bus_time_count(time, now.ns);
	time->last = max(time->last, iso_clock_uframe(&time->clock, now.ns));
	now.uframe = time->last;
	spin_unlock_irqrestore(&time->lock, flags);
	return now;
}

/** iso_bus_time_clock - the relation of bus time and clock, to compute with */
struct iso_clock iso_bus_time_clock(struct iso_bus_time *time)
{
	struct iso_clock clock;
	unsigned long flags;

	spin_lock_irqsave(&time->lock, flags);
	clock = time->clock;
	spin_unlock_irqrestore(&time->lock, flags);
	return clock;
}

/**
 * iso_bus_time_when - when a microframe begins
 * @time: bus time, which was read before
 * @uframe: the microframe
 * @latest_ns: CLOCK_MONOTONIC before which it begins, however little is known
 *
 * Return: CLOCK_MONOTONIC, as near as it is known.
 */
u64 iso_bus_time_when(struct iso_bus_time *time, u64 uframe, u64 *latest_ns)
{
	unsigned long flags;
	u64 ns;

	spin_lock_irqsave(&time->lock, flags);
	ns = iso_clock_ns(&time->clock, uframe);
	*latest_ns = ns;
	if (time->has_counter)
		*latest_ns = max(ns, iso_clock_ns(&time->least, uframe));
	spin_unlock_irqrestore(&time->lock, flags);
	return ns;
}

/**
 * iso_bus_time_adopt - bus time of a start frame that came with a completion
 * @time: bus time
 * @near: where it should be
 * @raw: what was reported
 *
 * Where there is no counter, bus time has begun before anybody knew what the
 * other machine counts. The first report settles the difference, so that bus
 * time goes on as it was.
 *
 * Return: low bits of the bus time.
 */
u32 iso_bus_time_adopt(struct iso_bus_time *time, u64 near, u32 raw)
{
	unsigned long flags;

	spin_lock_irqsave(&time->lock, flags);
	if (!time->adopted)
		WRITE_ONCE(time->offset, (u32)near - raw);
	time->adopted = true;
	raw += time->offset;
	spin_unlock_irqrestore(&time->lock, flags);
	return raw;
}

/** iso_bus_time_foreign - what the other machine calls bus time @uframe */
u32 iso_bus_time_foreign(struct iso_bus_time *time, u64 uframe)
{
	return ((u32)uframe - READ_ONCE(time->offset)) & (ISO_START_MODULUS - 1);
}

/**
 * iso_bus_time_observe - learn from a report where there is no counter
 * @time: bus time
 * @low: bus time that has passed ...
 * @ns: ... at this CLOCK_MONOTONIC
 */
void iso_bus_time_observe(struct iso_bus_time *time, u64 low, u64 ns)
{
	unsigned long flags;

	if (time->has_counter)
		return;
	spin_lock_irqsave(&time->lock, flags);
	iso_clock_observe(&time->clock, low, REPORT_SLACK, ns);
	spin_unlock_irqrestore(&time->lock, flags);
}
