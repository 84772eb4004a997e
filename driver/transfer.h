/* SPDX-License-Identifier: GPL-2.0-only */
/* A transfer on its way from submission to completion. */
#ifndef WINUSB_ISO_TRANSFER_H
#define WINUSB_ISO_TRANSFER_H

#include <linux/list.h>
#include <linux/usb/ch9.h>

#include <uapi/linux/winusb_iso.h>

struct iso_buffer;
struct iso_slot;

/**
 * struct iso_transfer - a transfer, from the pool of its session's ring
 * @node: in the pipe's queue while it has packets that are not handed to the
 *	controller.
 * @order: in the pipe's list of pending transfers, oldest first.
 * @buffer: its buffer; pending transfers keep it registered.
 * @request: the driver's own copy of what was asked for.
 * @result: what becomes of it.
 * @issued: packets handed to the controller.
 * @issued_bytes: bytes in them.
 * @dropped: AT_FRAME with DROP_LATE: packets at the beginning that were too late;
 *	they count as issued and done.
 * @done: packets given back.
 * @failed: no more packets of it are to be handed over.
 * @finished: nothing of it is out; it waits for older ones to be published.
 *
 * @cancelled: to be ended by itself. On a plain pipe it waits for no older ones.
 * @shared: the slot whose URB it shares with others, or NULL.
 * @next: the one behind it there, or NULL; before it is queued, and after it is
 *	posted, of the ring's idle ones.
 * @setup: control: the setup packet, read once.
 *
 * On a plain pipe @issued is 0 or 1, and @failed, @done, @issued_bytes, @shared
 * and @next unused.
 *
 * Between queueing and posting, the pipe's lock guards all of it.
 */
struct iso_transfer {
	struct list_head node;
	struct list_head order;
	struct iso_buffer *buffer;
	struct winusb_iso_transfer request;
	struct winusb_iso_completion result;
	u32 issued;
	u32 issued_bytes;
	u32 dropped;
	u32 done;
	bool failed;
	bool finished;
	bool cancelled;
	struct iso_slot *shared;
	struct iso_transfer *next;
	struct usb_ctrlrequest setup;
};

/** iso_transfer_begun - has anything of it been handed to the controller? */
static inline bool iso_transfer_begun(const struct iso_transfer *transfer)
{
	return transfer->issued > transfer->dropped;
}

#endif
