/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plain pipe: control, bulk or interrupt. One URB per transfer and no time
 * to keep; the driver owns the queue, and the host controller has the head of
 * it.
 */
#ifndef WINUSB_ISO_PLAIN_H
#define WINUSB_ISO_PLAIN_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct iso_pipe_ops;
struct iso_plain;
struct iso_session;
struct iso_transfer;
struct urb;
struct usb_ctrlrequest;
struct usb_device;
struct usb_interface;

/* URBs of a pipe. Control transfers go one by one: nothing halts that queue. */
#define ISO_PLAIN_SLOTS		32
#define ISO_CONTROL_SLOTS	1

/**
 * struct iso_plain_slot - one URB and whose it is
 * @node: in the pipe's list of idle or of busy ones.
 * @plain: its pipe.
 * @urb: its URB.
 * @setup: control: the setup packet, in memory of its own for DMA.
 * @transfer: what the controller has; NULL if it has nothing.
 * @held: somebody is about to submit or unlink the URB; until that is over it
 *	serves no other transfer.
 * @withdrawn: its URB was unlinked, because nobody wants the transfer.
 */
struct iso_plain_slot {
	struct list_head node;
	struct iso_plain *plain;
	struct urb *urb;
	struct usb_ctrlrequest *setup;
	struct iso_transfer *transfer;
	bool held;
	bool withdrawn;
};

/**
 * struct iso_plain - a plain pipe in use
 * @ops: what it does to the world.
 * @udev: the device.
 * @intf: kept awake while something is pending; NULL in tests.
 * @minor: of the device node, for traces.
 * @address: bEndpointAddress, 0 for control.
 * @num_slots: entries of @slots in use.
 *
 * Guarded by the device's lock:
 * @owner: the session that has buffers registered for it.
 * @buffers: how many.
 * @usable: the current alternate setting has such a pipe.
 * @bulk: and it is bulk, not interrupt.
 * @urb_pipe: and this is usbcore's name for it.
 * @interval: interrupt: as usbcore counts it.
 *	The last four change only while nothing is pending.
 *
 * @lock: guards what follows; taken with interrupts off, also in complete().
 *	The lock of the ring nests inside. Never held over a call of @ops.
 * @pending: transfers whose completion is not published, oldest first.
 * @published_ns: time stamp of the last one that was: they never run backwards.
 * @queue: transfers that the controller does not have, oldest first.
 * @idle: slots that are free.
 * @busy: the others, newest first.
 * @pumping: slots are being handed over somewhere; all others leave.
 * @halted: a transfer failed; no more is taken until iso_plain_clear().
 * @stopping: 0, or the errno with which everything pending is ended.
 * @slots: the pool.
 * @work: goes on where complete() must not take longer.
 */
struct iso_plain {
	const struct iso_pipe_ops *ops;
	struct usb_device *udev;
	struct usb_interface *intf;
	int minor;
	u8 address;
	unsigned int num_slots;

	struct iso_session *owner;
	unsigned int buffers;
	bool usable;
	bool bulk;
	unsigned int urb_pipe;
	int interval;

	spinlock_t lock; /* all that follows */
	struct list_head pending;
	u64 published_ns;
	struct list_head queue;
	struct list_head idle;
	struct list_head busy;
	bool pumping;
	bool halted;
	int stopping;
	struct iso_plain_slot slots[ISO_PLAIN_SLOTS];
	struct work_struct work;
};

struct iso_plain *iso_plain_create(const struct iso_pipe_ops *ops,
				   struct usb_device *udev,
				   struct usb_interface *intf, u8 address,
				   int minor);
void iso_plain_destroy(struct iso_plain *plain);
void iso_plain_configure(struct iso_plain *plain, bool there);
bool iso_plain_is_control(const struct iso_plain *plain);
bool iso_plain_is_in(const struct iso_plain *plain);
int iso_plain_queue(struct iso_plain *plain, struct iso_transfer *transfer);
void iso_plain_pump(struct iso_plain *plain);
void iso_plain_complete(struct urb *urb);
int iso_plain_cancel(struct iso_plain *plain, u64 cookie);
void iso_plain_stop(struct iso_plain *plain, int reason);
void iso_plain_start(struct iso_plain *plain);
void iso_plain_clear(struct iso_plain *plain);

/* plain_end.c: how a transfer ends; called with the pipe's lock held. */
int iso_plain_collect(struct iso_plain_slot *slot,
		      struct iso_transfer *transfer);
void iso_plain_end(struct iso_plain *plain, struct iso_transfer *transfer,
		   int status);
void iso_plain_publish_early(struct iso_plain *plain,
			     struct iso_transfer *transfer);

#endif
