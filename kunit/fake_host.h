/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host controller without a bus: it takes URBs from a pipe's operations,
 * schedules them as EHCI does, and gives them back when a test says so. Time
 * stands still but for what tests do. One exists at a time.
 */
#ifndef WINUSB_ISO_KUNIT_FAKE_HOST_H
#define WINUSB_ISO_KUNIT_FAKE_HOST_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "driver/controller.h"
#include "driver/pipe.h"

struct usb_device;
struct usb_interface;

/* CLOCK_MONOTONIC at which bus time is ISO_UFRAME_EPOCH. */
#define FAKE_BEGIN_NS	5000000000ULL
#define FAKE_MODULUS	16384
#define FAKE_THRESHOLD	8
#define FAKE_HELD	(4 * ISO_SLOTS)
#define FAKE_LOG	16384

/**
 * enum fake_unlink - what an unlink meets
 * @FAKE_UNLINK_CANCELS: it gives the URB back before it returns.
 * @FAKE_UNLINK_LATER: the URB comes back later, when the test says so.
 * @FAKE_UNLINK_TOO_LATE: the URB was done and comes back as such before it
 *	returns.
 */
enum fake_unlink {
	FAKE_UNLINK_CANCELS,
	FAKE_UNLINK_LATER,
	FAKE_UNLINK_TOO_LATE,
};

struct fake_urb {
	struct urb *urb;
	unsigned int entry;
	u64 start;
	u64 earliest;
	u32 span;
	bool unlinked;
};

/**
 * struct fake_record - what became of an URB
 * @cookie: of its transfer; not for those without.
 * @start: bus time of its first packet.
 * @span: microframes that it takes.
 * @content: it has one.
 * @first: it was its transfer's first.
 * @dropped: packets of it that were left out just before.
 * @sent: it was not cancelled.
 * @fresh: a stream had been ended on purpose before it.
 */
struct fake_record {
	u64 cookie;
	u64 start;
	u32 span;
	bool content;
	bool first;
	u32 dropped;
	bool sent;
	bool fresh;
};

/**
 * struct fake_host - see above
 * @lock: guards @held, @count, @next and @unlinks.
 * @now: CLOCK_MONOTONIC.
 * @reports: when it tells start frames.
 * @unit: microframes per count of a start frame.
 * @held: URBs it has, oldest first ...
 * @count: ... and how many.
 * @next: bus time after the last packet it was given.
 * @move: starts the next URB that much later, once.
 * @refuse_with: errno with which it refuses an URB, once ...
 * @refuse_after: ... after it has taken this many.
 * @finishes_at_once: gives an URB back before submit returns, if it has no
 *	other.
 * @on_unlink: see there.
 * @edit: changes results before they are given back.
 * @giving: URBs that are being given back.
 * @awake: how often the device is kept awake.
 * @log: if not NULL, gets a record of each URB taken.
 * @fresh: the next one is.
 * @submitted: URBs taken.
 * @unlinks: URBs it had that were unlinked.
 * @most: most URBs it had at a time.
 */
struct fake_host {
	spinlock_t lock; /* held, count, next, unlinks */
	u64 now;
	enum iso_reports reports;
	u32 unit;
	struct fake_urb held[FAKE_HELD];
	unsigned int count;
	u64 next;
	u32 move;
	int refuse_with;
	unsigned int refuse_after;
	bool finishes_at_once;
	enum fake_unlink on_unlink;
	void (*edit)(struct urb *urb);
	atomic_t giving;
	atomic_t awake;
	struct fake_record *log;
	bool fresh;
	unsigned int submitted;
	unsigned int unlinks;
	unsigned int most;
};

extern struct fake_host fake_host;
extern const struct iso_pipe_ops fake_host_ops;

void fake_host_begin(enum iso_reports reports, u32 unit);
u64 fake_host_now(void);
int fake_host_frame(struct usb_device *udev);
u64 fake_host_bus(void);
void fake_host_advance(u64 uframes);
void fake_host_give_back(struct urb *urb, int status);
bool fake_host_finish(unsigned int index);
void fake_host_finish_all(void);
void fake_host_wake(struct usb_interface *intf);
void fake_host_let_sleep(struct usb_interface *intf);

#endif
