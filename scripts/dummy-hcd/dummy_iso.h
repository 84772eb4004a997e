/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Isochronous transfers of dummy_hcd: what dummy_hcd.c calls, what it offers in
 * return, and the state, which is private to dummy_iso*.c.
 */
#ifndef DUMMY_ISO_H
#define DUMMY_ISO_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/usb.h>
#include <linux/usb/gadget.h>
#include <linux/usb/hcd.h>
#include <linux/wait.h>

#include "dummy_iso_sched.h"

struct dummy;
struct dummy_ep;

#define DUMMY_ISO_HUBS		2	/* USB 2.0 and SuperSpeed */
#define DUMMY_ISO_ENDPOINTS	32	/* 16 numbers, 2 directions */
#define DUMMY_ISO_NEVER		U64_MAX
#define DUMMY_ISO_BUDGET	64	/* events between two looks around */

/**
 * struct dummy_iso_urb - an URB in the schedule
 * @node: in the stream's list waiting or done.
 * @urb: the URB.
 * @slot: of its first packet.
 * @due: when it is given back; set once it is on the list done.
 * @packet: the next one to transfer.
 */
struct dummy_iso_urb {
	struct list_head node;
	struct urb *urb;
	u64 slot;
	u64 due;
	int packet;
};

/**
 * struct dummy_iso_shape - what an endpoint's descriptors ask for
 * @beat: its service interval; the phase comes with the reservation.
 * @cost: what it takes of a slot: nanoseconds, bytes at super speed.
 * @budget: how much of that there is.
 * @bytes: most that a service interval carries.
 */
struct dummy_iso_shape {
	struct dummy_iso_beat beat;
	u32 cost;
	u32 budget;
	u32 bytes;
};

/**
 * struct dummy_iso_stream - an isochronous endpoint in use
 * @node: in struct dummy_iso.streams, from the first URB until the endpoint is
 *	disabled: so long its bandwidth is reserved.
 * @waiting: URBs with packets to transfer, in the order of their slots.
 * @done: URBs that wait to be given back.
 * @hcd: the root hub.
 * @shape: what its descriptors ask for.
 * @next: the slot after the last queued packet.
 * @cursor: the first slot whose fate is not known yet, once @begun.
 * @completing: complete() callbacks that run; the endpoint is not idle then.
 * @used: in struct dummy_iso.streams.
 * @begun: there was a token.
 * @address: bEndpointAddress.
 * @packets: tokens.
 * @missed: slots before @cursor without a token.
 * @late: packets that got -EXDEV because their slot had passed.
 * @bytes: transferred.
 * @errors: tokens that failed.
 * @unheard: tokens for which the gadget had no request.
 */
struct dummy_iso_stream {
	struct list_head node;
	struct list_head waiting;
	struct list_head done;
	struct usb_hcd *hcd;
	struct dummy_iso_shape shape;
	u64 next;
	u64 cursor;
	unsigned int completing;
	bool used;
	bool begun;
	u8 address;

	u64 packets;
	u64 missed;
	u64 late;
	u64 bytes;
	u64 errors;
	u64 unheard;
};

/**
 * enum dummy_iso_fault - packet errors to order
 * @DUMMY_ISO_NONE: none.
 * @DUMMY_ISO_MISSED: the controller sends no token.
 * @DUMMY_ISO_CRC: the data arrives damaged.
 * @DUMMY_ISO_TIMEOUT: the device does not answer.
 * @DUMMY_ISO_BABBLE: the device sends more than it should.
 * @DUMMY_ISO_PROTOCOL: bit stuffing, an unknown packet identifier, ...
 * @DUMMY_ISO_UNDERRUN: the host's memory is too slow.
 */
enum dummy_iso_fault {
	DUMMY_ISO_NONE,
	DUMMY_ISO_MISSED,
	DUMMY_ISO_CRC,
	DUMMY_ISO_TIMEOUT,
	DUMMY_ISO_BABBLE,
	DUMMY_ISO_PROTOCOL,
	DUMMY_ISO_UNDERRUN,
};

/**
 * struct dummy_iso_order - packet errors ordered for an endpoint
 * @node: in struct dummy_iso.orders.
 * @skip: so many packets are left alone first.
 * @count: so many fail then.
 * @fault: how.
 * @address: bEndpointAddress.
 */
struct dummy_iso_order {
	struct list_head node;
	u32 skip;
	u32 count;
	enum dummy_iso_fault fault;
	u8 address;
};

/**
 * struct dummy_iso - the isochronous side of an emulated controller
 * @dum: the controller.
 * @lock: its lock; what follows @idle is protected by it.
 * @dir: the debugfs directory.
 * @knobs: one change of the clock at a time; taken before @lock.
 * @idle: waits for @servicing to end.
 * @timer: fires when a packet or a giveback is due.
 * @armed: the microframe that @timer waits for, or DUMMY_ISO_NEVER.
 * @manual: the clock stands at @stopped_at; otherwise it follows
 *	CLOCK_MONOTONIC.
 * @stopped_at: the microframe in progress, if @manual.
 * @offset: what is added to CLOCK_MONOTONIC in microframes, unless @manual.
 * @servicing: somebody runs the schedule; @lock is dropped around callbacks.
 * @host_first: order of the two sides' complete() calls.
 * @expire: requests of missed intervals are given back with -EXDEV.
 * @wrap_bits: log2 of the microframes that the frame counter counts.
 * @threshold: microframes until a new stream starts.
 * @horizon: microframes that URBs may reach into the future.
 * @giveback_delay: microframes between an URB's end and its giveback.
 * @tick: microframes that a packet may wait for the next timer.
 * @queued: URBs in all streams.
 * @unlinks: how many of them were unlinked.
 * @streams: endpoints in use, in the order of their first URBs.
 * @orders: packet errors ordered.
 * @table: bandwidth by root hub and, at super speed, direction.
 * @stream: of each root hub and endpoint.
 */
struct dummy_iso {
	struct dummy *dum;
	spinlock_t *lock;	/* struct dummy.lock */
	struct dentry *dir;
	struct mutex knobs;	/* changes of the clock */
	wait_queue_head_t idle;

	struct hrtimer timer;
	u64 armed;
	u64 stopped_at;
	u64 offset;
	bool manual;
	bool servicing;
	bool host_first;
	bool expire;
	u32 wrap_bits;
	u32 threshold;
	u32 horizon;
	u32 giveback_delay;
	u32 tick;
	unsigned int queued;
	unsigned int unlinks;
	struct list_head streams;
	struct list_head orders;
	u32 table[DUMMY_ISO_HUBS][2][DUMMY_ISO_TABLE];
	struct dummy_iso_stream stream[DUMMY_ISO_HUBS][DUMMY_ISO_ENDPOINTS];
};

/* --- for dummy_hcd.c --- */

void dummy_iso_init(struct dummy_iso *iso, struct dummy *dum, spinlock_t *lock);
void dummy_iso_exit(struct dummy_iso *iso);
int dummy_iso_urb_enqueue(struct dummy_iso *iso, struct usb_hcd *hcd,
			  struct urb *urb, gfp_t mem_flags);
int dummy_iso_urb_dequeue(struct dummy_iso *iso, struct usb_hcd *hcd,
			  struct urb *urb, int status);
void dummy_iso_endpoint_disable(struct dummy_iso *iso, struct usb_hcd *hcd,
				struct usb_host_endpoint *ep);
void dummy_iso_request_queued(struct dummy_iso *iso, struct usb_hcd *hcd,
			      u8 address, bool alone);
int dummy_iso_frame_number(struct dummy_iso *iso);

void dummy_iso_debugfs_init(struct dummy_iso *iso, const char *name);
void dummy_iso_debugfs_exit(struct dummy_iso *iso);

/* --- in dummy_hcd.c; with the lock held --- */

struct dummy_ep *dummy_iso_find_ep(struct dummy *dum, struct usb_hcd *hcd,
				   u8 address);
struct usb_request *dummy_iso_request(struct dummy_ep *ep);
void dummy_iso_giveback_request(struct dummy_ep *ep);

/* --- within dummy_iso*.c; with the lock held, but for debugfs --- */

struct dummy_ep *dummy_iso_transfer(struct dummy_iso *iso,
				    struct dummy_iso_stream *stream,
				    struct dummy_iso_urb *iu);
struct dummy_ep *dummy_iso_expire(struct dummy_iso *iso,
				  struct dummy_iso_stream *stream);
struct usb_request *dummy_iso_head(struct dummy_iso *iso,
				   struct dummy_iso_stream *stream);
enum dummy_iso_fault dummy_iso_take_fault(struct dummy_iso *iso, u8 address);
int dummy_iso_order_fault(struct dummy_iso *iso, char *text);
void dummy_iso_clear_faults(struct dummy_iso *iso);

/* The slot of a packet; that of one too many is where the next URB goes on. */
static inline u64 dummy_iso_slot(const struct dummy_iso_stream *stream,
				 const struct dummy_iso_urb *iu, int packet)
{
	return iu->slot + ((u64)packet << stream->shape.beat.shift);
}

u64 dummy_iso_now(const struct dummy_iso *iso);
u64 dummy_iso_next_event(struct dummy_iso *iso);
u64 dummy_iso_missed(const struct dummy_iso *iso,
		     struct dummy_iso_stream *stream);
void dummy_iso_catch_up(const struct dummy_iso *iso,
			struct dummy_iso_stream *stream);
void dummy_iso_catch_up_all(struct dummy_iso *iso);
void dummy_iso_run(struct dummy_iso *iso, u64 now, unsigned int budget);
void dummy_iso_arm(struct dummy_iso *iso);
#endif
