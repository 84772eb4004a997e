/* SPDX-License-Identifier: GPL-2.0-only */
/* Bus time of a device: its controller's frame counter, extended to 64 bits. */
#ifndef WINUSB_ISO_BUS_TIME_H
#define WINUSB_ISO_BUS_TIME_H

#include <linux/spinlock.h>

#include "frame.h"

struct usb_device;

/**
 * struct iso_bus_time - bus time of a device
 * @udev: the device.
 * @has_counter: the controller's frame counter can be read.
 * @lock: guards what follows; innermost lock, taken with interrupts off.
 * @clock: relation to CLOCK_MONOTONIC, as near as it is known.
 * @least: the same, but never ahead of the bus: a frame counter leaves the
 *	microframe open until it has been read at both sides of a frame's end.
 * @adopted: @offset is known.
 * @offset: bus time less what the machine at the other end calls it.
 * @last: latest bus time told to anybody, so that it never runs backwards.
 */
struct iso_bus_time {
	struct usb_device *udev;
	bool has_counter;
	spinlock_t lock; /* innermost */
	struct iso_clock clock;
	struct iso_clock least;
	bool adopted;
	u32 offset;
	u64 last;
};

void iso_bus_time_init(struct iso_bus_time *time, struct usb_device *udev,
		       bool has_counter);
void iso_bus_time_doubt(struct iso_bus_time *time);
struct iso_clock iso_bus_time_read(struct iso_bus_time *time);
struct iso_clock iso_bus_time_clock(struct iso_bus_time *time);
u64 iso_bus_time_when(struct iso_bus_time *time, u64 uframe, u64 *latest_ns);
u32 iso_bus_time_adopt(struct iso_bus_time *time, u64 near, u32 raw);
u32 iso_bus_time_foreign(struct iso_bus_time *time, u64 uframe);
void iso_bus_time_observe(struct iso_bus_time *time, u64 low, u64 ns);

#endif
