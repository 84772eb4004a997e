/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pipe: its queue of transfers, the window of URBs that the host controller
 * has of it, and the state of its stream.
 */
#ifndef WINUSB_ISO_PIPE_H
#define WINUSB_ISO_PIPE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "continuity.h"
#include "packet.h"

struct iso_bus_time;
struct iso_controller;
struct iso_endpoint;
struct iso_intake;
struct iso_session;
struct iso_transfer;
struct urb;
struct usb_device;

/* URBs of a pipe, and packets in each. */
#define ISO_SLOTS		64
#define ISO_SLOT_PACKETS	64U

/*
 * What the controller is given ahead of time, in microframes: 64 ms, which
 * EHCI takes at every interval, in URBs of at most 32 ms.
 */
#define ISO_WINDOW		512
#define ISO_SLOT_SPAN		256

/**
 * struct iso_pipe_ops - what a pipe does to the world; tests put in their own
 * @submit: usb_submit_urb() from any context.
 * @unlink: usb_unlink_urb().
 * @poison: usb_poison_urb().
 * @now: CLOCK_MONOTONIC in ns.
 */
struct iso_pipe_ops {
	int (*submit)(struct urb *urb);
	int (*unlink)(struct urb *urb);
	void (*poison)(struct urb *urb);
	u64 (*now)(void);
};

/**
 * struct iso_slot - one URB and what it carries
 * @node: in the pipe's idle or busy list.
 * @pipe: its pipe.
 * @urb: its URB.
 * @transfer: whose packets, or whose come first; NULL for packets of no length
 *	before the frame of an AT_FRAME transfer.
 * @last: whose come last: @transfer, but for an URB that transfers share.
 * @first: index in the transfer of its first packet; 0 in a shared one.
 * @count: number of packets.
 * @offset: bytes of the transfer before it; 0 in a shared one.
 * @busy: the controller has it.
 * @unwanted: it is to be withdrawn.
 * @place: where it is in the stream.
 * @lengths: bytes asked for, packet by packet. What the URB says after it was
 *	given back may come from a machine that lies.
 */
struct iso_slot {
	struct list_head node;
	struct iso_pipe *pipe;
	struct urb *urb;
	struct iso_transfer *transfer;
	struct iso_transfer *last;
	u32 first;
	u32 count;
	u32 offset;
	bool busy;
	bool unwanted;
	struct iso_place place;
	u32 lengths[ISO_SLOT_PACKETS];
};

/**
 * struct iso_pipe - an isochronous endpoint in use
 *
 * @ops: see there.
 * @udev: the device.
 * @time: its bus time.
 * @controller: what its host controller does.
 * @minor: of the device node, for traces.
 * @address: bEndpointAddress.
 * @frame_unit: microframes per count of urb->start_frame and urb->interval.
 *
 * Guarded by the device's lock:
 * @owner: the session that has buffers registered for it.
 * @buffers: how many.
 * @max_bytes: of one packet; 0: the current alternate setting has no such pipe.
 * @interval: microframes per packet.
 *	Both change only while nothing is pending.
 *
 * @lock: guards what follows; taken with interrupts off, also in complete().
 *	The locks of ring and bus time nest inside. Never held over a call of
 *	@ops: a controller may give an URB back inside of it.
 * @pending: transfers whose completion is not published, oldest first.
 * @published_ns: time stamp of the last one that was: they never run backwards.
 * @queue: transfers with packets that the controller does not have, oldest
 *	first.
 * @idle: slots that are free.
 * @busy: slots that the controller has, oldest first.
 * @busy_span: microframes in them.
 * @pumping: slots are being handed over somewhere; all others leave.
 * @stopping: 0, or the errno with which everything pending is ended.
 * @broken: transfers with CONTINUE fail.
 * @leading: packets for an AT_FRAME transfer have been handed over ...
 * @lead_new: ... and they began a new stream.
 * @stream: see there.
 * @slots: the pool; no transfer needs more memory than this.
 * @intake: its own transfer ring, or NULL; set once.
 * @work: goes on pumping where complete() must not take longer.
 */
struct iso_pipe {
	const struct iso_pipe_ops *ops;
	struct usb_device *udev;
	struct iso_bus_time *time;
	const struct iso_controller *controller;
	int minor;
	u8 address;
	u8 frame_unit;

	struct iso_session *owner;
	unsigned int buffers;
	u32 max_bytes;
	u32 interval;

	spinlock_t lock; /* all that follows */
	struct list_head pending;
	u64 published_ns;
	struct list_head queue;
	struct list_head idle;
	struct list_head busy;
	u32 busy_span;
	bool pumping;
	int stopping;
	bool broken;
	bool leading;
	bool lead_new;
	struct iso_stream stream;
	struct iso_intake *intake;
	struct iso_slot slots[ISO_SLOTS];
	struct work_struct work;
};

extern const struct iso_pipe_ops iso_pipe_usb_ops;

struct iso_pipe *iso_pipe_create(const struct iso_pipe_ops *ops,
				 struct usb_device *udev, u8 address,
				 struct iso_bus_time *time,
				 const struct iso_controller *controller,
				 int minor);
void iso_pipe_destroy(struct iso_pipe *pipe);
void iso_pipe_configure(struct iso_pipe *pipe,
			const struct iso_endpoint *endpoint);
bool iso_pipe_is_in(const struct iso_pipe *pipe);
struct iso_layout iso_pipe_layout(const struct iso_pipe *pipe,
				  const struct iso_transfer *transfer);
int iso_pipe_queue(struct iso_pipe *pipe, struct iso_transfer *transfer);
int iso_pipe_append(struct iso_pipe *pipe, struct iso_transfer *transfer);
void iso_pipe_attach(struct iso_pipe *pipe, struct iso_intake *intake);
int iso_pipe_take_all(struct iso_pipe *pipe);
int iso_pipe_take_published(struct iso_pipe *pipe);
void iso_pipe_break(struct iso_pipe *pipe);
void iso_pipe_pump(struct iso_pipe *pipe);
void iso_pipe_complete(struct urb *urb);
void iso_pipe_stop(struct iso_pipe *pipe, int reason);
void iso_pipe_start(struct iso_pipe *pipe);

/* slot.c: what a slot carries; called with the pipe's lock held. */
struct iso_slot *iso_slot_find_free(struct iso_pipe *pipe);
int iso_slot_drop(struct iso_slot *slot, struct iso_transfer *transfer,
		  u32 late);
int iso_slot_load(struct iso_slot *slot, struct iso_transfer *transfer);
void iso_slot_load_empty(struct iso_slot *slot, struct iso_transfer *transfer,
			 u32 packets);
void iso_slot_append(struct iso_slot *slot, u32 packets);
u32 iso_slot_room(const struct iso_pipe *pipe);
void iso_slot_unload(struct iso_slot *slot);
void iso_slot_hand_over(struct iso_slot *slot, u64 now);
void iso_slot_return(struct iso_slot *slot);
void iso_slot_locate_submitted(struct iso_slot *slot);
void iso_slot_locate_done(struct iso_slot *slot, u64 now);
void iso_slot_collect(struct iso_slot *slot, u64 now);

/* share.c: several transfers in one URB; called with the pipe's lock held. */
bool iso_slot_is_open(const struct iso_slot *slot);
bool iso_slot_share(struct iso_slot *slot, struct iso_transfer *transfer);
void iso_slot_unshare(struct iso_slot *slot);
bool iso_slot_is_shared(const struct iso_slot *slot);
bool iso_slot_all_cancelled(const struct iso_slot *slot);

/* finish.c: how a transfer ends; called with the pipe's lock held. */
void iso_transfer_fill_rest(struct iso_pipe *pipe,
			    struct iso_transfer *transfer);
void iso_transfer_fail(struct iso_pipe *pipe, struct iso_transfer *transfer,
		       int status);
void iso_transfer_settle(struct iso_pipe *pipe, struct iso_transfer *transfer,
			 u64 now);
void iso_pipe_publish(struct iso_pipe *pipe);
void iso_transfer_finish_if_done(struct iso_pipe *pipe,
				 struct iso_transfer *transfer, u64 now);

#endif
