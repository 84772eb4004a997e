// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pipe: the driver owns the queue, and the host controller gets a window of
 * it. complete() tops the window up at once: only there is a stream free of
 * races with the controller.
 */

#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <linux/usb.h>

#include "aim.h"
#include "buffer.h"
#include "bus_time.h"
#include "controller.h"
#include "endpoint.h"
#include "intake.h"
#include "pipe.h"
#include "trace.h"
#include "transfer.h"

/* Packets that one call may hand over or end unsent: more than a window. */
#define PUMP_BUDGET	(2 * ISO_SLOTS * ISO_SLOT_PACKETS)

/* Taking an entry, also one that is refused, is as much as so many of them. */
#define TAKE_COST	16

/* Microframes that bridge the time until a first start frame is reported. */
#define LEAD_SPAN	64

static int iso_pipe_submit_urb(struct urb *urb)
{
	return usb_submit_urb(urb, GFP_ATOMIC);
}

const struct iso_pipe_ops iso_pipe_usb_ops = {
	.submit = iso_pipe_submit_urb,
	.unlink = usb_unlink_urb,
	.poison = usb_poison_urb,
	.now = ktime_get_ns,
};

bool iso_pipe_is_in(const struct iso_pipe *pipe)
{
	return pipe->address & USB_DIR_IN;
}

static void iso_pipe_work(struct work_struct *work)
{
	iso_pipe_pump(container_of(work, struct iso_pipe, work));
}

static void iso_pipe_init_slot(struct iso_pipe *pipe, struct iso_slot *slot,
			       struct urb *urb)
{
	unsigned int number = pipe->address & USB_ENDPOINT_NUMBER_MASK;

	urb->dev = pipe->udev;
	urb->pipe = iso_pipe_is_in(pipe) ?
		    usb_rcvisocpipe(pipe->udev, number) :
		    usb_sndisocpipe(pipe->udev, number);
	urb->complete = iso_pipe_complete;
	urb->context = slot;
	slot->urb = urb;
	slot->pipe = pipe;
	list_add_tail(&slot->node, &pipe->idle);
}

/**
 * iso_pipe_create - allocate a pipe with all that its transfers will need
 * @ops: what it does to the world
 * @udev: the device; it must stay until iso_pipe_stop() has returned
 * @address: bEndpointAddress
 * @time: bus time of the device
 * @controller: what the host controller does
 * @minor: of the device node, for traces
 */
struct iso_pipe *iso_pipe_create(const struct iso_pipe_ops *ops,
				 struct usb_device *udev, u8 address,
				 struct iso_bus_time *time,
				 const struct iso_controller *controller,
				 int minor)
{
	struct iso_pipe *pipe;
	unsigned int i;

	pipe = kvzalloc(sizeof(*pipe), GFP_KERNEL);
	if (!pipe)
		return NULL;
	pipe->ops = ops;
	pipe->udev = udev;
	pipe->time = time;
	pipe->controller = controller;
	pipe->minor = minor;
	pipe->stream.proof_ns = controller->proof_frames *
				ISO_UFRAMES_PER_FRAME * ISO_NS_PER_UFRAME;
	pipe->address = address;
	pipe->frame_unit = udev->speed == USB_SPEED_FULL ?
			   ISO_UFRAMES_PER_FRAME : 1;
	spin_lock_init(&pipe->lock);
	INIT_LIST_HEAD(&pipe->pending);
	INIT_LIST_HEAD(&pipe->queue);
	INIT_LIST_HEAD(&pipe->idle);
	INIT_LIST_HEAD(&pipe->busy);
	INIT_WORK(&pipe->work, iso_pipe_work);
	for (i = 0; i < ISO_SLOTS; i++) {
		struct urb *urb = usb_alloc_urb(ISO_SLOT_PACKETS, GFP_KERNEL);

		if (!urb) {
			iso_pipe_destroy(pipe);
			return NULL;
		}
		iso_pipe_init_slot(pipe, &pipe->slots[i], urb);
	}
	return pipe;
}

/** iso_pipe_destroy - free a pipe that is stopped or has nothing pending */
void iso_pipe_destroy(struct iso_pipe *pipe)
{
	unsigned int i;

	for (i = 0; i < ISO_SLOTS; i++)
		usb_free_urb(pipe->slots[i].urb);
	iso_intake_destroy(pipe->intake);
	kvfree(pipe);
}

/**
 * iso_pipe_configure - take over what the current alternate setting says
 * @pipe: a pipe with nothing pending
 * @endpoint: NULL if the alternate setting has no such pipe
 */
void iso_pipe_configure(struct iso_pipe *pipe,
			const struct iso_endpoint *endpoint)
{
	/* usb_submit_urb() polls no slower than each 1024 frames. */
	u32 limit = pipe->udev->speed >= USB_SPEED_SUPER ? 32768 : 8192;

	pipe->max_bytes = endpoint ? endpoint->max_bytes : 0;
	pipe->interval = endpoint ? min(endpoint->interval, limit) : 0;
}

/** iso_pipe_layout - how a transfer of this pipe is cut into packets */
struct iso_layout iso_pipe_layout(const struct iso_pipe *pipe,
				  const struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;

	return (struct iso_layout){
		.table = transfer->buffer->table + request->first_packet,
		.num_packets = request->num_packets,
		.length = request->length,
		.max_bytes = pipe->max_bytes,
		.listed = request->flags & WINUSB_ISO_TRANSFER_PACKET_LENGTHS,
	};
}

/**
 * iso_pipe_append - put a transfer behind all others
 * @pipe: the pipe; its lock is held
 * @transfer: checked; its packets are counted against its buffer's table
 *
 * Return: 0, the errno of a stopped pipe, or -EBUSY if more packets would be
 *	pending than the packet table has entries. On error nothing was queued.
 */
int iso_pipe_append(struct iso_pipe *pipe, struct iso_transfer *transfer)
{
	struct iso_buffer *buffer = transfer->buffer;
	u32 packets = transfer->request.num_packets;

	lockdep_assert_held(&pipe->lock);
	if (pipe->stopping)
		return pipe->stopping;
	if (packets > buffer->packets - buffer->pending_packets)
		return -EBUSY;
	buffer->pending++;
	WRITE_ONCE(buffer->pending_packets, buffer->pending_packets + packets);
	list_add_tail(&transfer->order, &pipe->pending);
	list_add_tail(&transfer->node, &pipe->queue);
	trace_winusb_iso_submit(pipe->minor, pipe->address, &transfer->request);
	return 0;
}

/**
 * iso_pipe_take_all - take what has been published until now; sleeps
 * @pipe: the pipe; the caller holds the device's lock
 *
 * If the pipe is stopped, all of it is refused with the reason.
 *
 * Return: 0, or -EAGAIN if there is no room for all of their completions.
 */
int iso_pipe_take_all(struct iso_pipe *pipe)
{
	int left = 0, ret = 1;

	if (!pipe->intake)
		return 0;
	spin_lock_irq(&pipe->lock);
	left = iso_intake_published(pipe->intake);
	spin_unlock_irq(&pipe->lock);
	while (left-- > 0 && ret > 0) {
		spin_lock_irq(&pipe->lock);
		ret = iso_intake_take(pipe);
		spin_unlock_irq(&pipe->lock);
		cond_resched();
	}
	return min(ret, 0);
}

/**
 * iso_pipe_queue - put a transfer behind all others, and behind what has been
 *	published in the pipe's own transfer ring; sleeps
 * @pipe: the pipe; the caller holds the device's lock
 * @transfer: as for iso_pipe_append()
 *
 * Return: as iso_pipe_append(), or -EAGAIN if what was published could not be
 *	taken.
 */
int iso_pipe_queue(struct iso_pipe *pipe, struct iso_transfer *transfer)
{
	unsigned long flags;
	int err = iso_pipe_take_all(pipe);

	if (err)
		return err;
	spin_lock_irqsave(&pipe->lock, flags);
	err = iso_pipe_append(pipe, transfer);
	spin_unlock_irqrestore(&pipe->lock, flags);
	return err;
}

/** iso_pipe_attach - give a pipe its own transfer ring, which it then frees */
void iso_pipe_attach(struct iso_pipe *pipe, struct iso_intake *intake)
{
	spin_lock_irq(&pipe->lock);
	pipe->intake = intake;
	iso_intake_tell(pipe);
	spin_unlock_irq(&pipe->lock);
}

/** iso_pipe_break - transfers with CONTINUE fail from here on */
void iso_pipe_break(struct iso_pipe *pipe)
{
	lockdep_assert_held(&pipe->lock);
	if (!pipe->broken)
		trace_winusb_iso_stream(pipe->minor, pipe->address,
					ISO_STREAM_BROKEN);
	pipe->broken = true;
}

/*
 * Packets that show where the bus is: a first one, and some to keep the stream
 * running until that is known.
 */
static int iso_pipe_find_step(const struct iso_pipe *pipe)
{
	if (list_empty(&pipe->busy))
		return 1;
	if (pipe->busy_span >= LEAD_SPAN)
		return -EAGAIN;
	return DIV_ROUND_UP(LEAD_SPAN, pipe->interval);
}

static struct iso_aim iso_pipe_aim(const struct iso_pipe *pipe,
				   const struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;

	return (struct iso_aim){
		.uframe = request->start_uframe,
		.interval = pipe->interval,
		.packets = request->num_packets,
		.drop_late = request->flags & WINUSB_ISO_TRANSFER_DROP_LATE,
	};
}

/*
 * The frame that was asked for is reached by packets of no length: no host
 * controller driver looks at urb->start_frame, but all keep a running stream
 * in step.
 *
 * Return: packets to be sent first; 0: go; -EAGAIN: wait for a report; or why
 * it can not be.
 */
static int iso_pipe_lead(const struct iso_pipe *pipe,
			 const struct iso_transfer *transfer)
{
	const struct iso_aim aim = iso_pipe_aim(pipe, transfer);
	const struct iso_stream *stream = &pipe->stream;

	if (!iso_stream_reports_count(stream))
		return -EOPNOTSUPP;
	if (iso_aim_passed(&aim, iso_bus_time_read(pipe->time).uframe))
		return -ETIME;
	if (list_empty(&pipe->busy) || !stream->in_step)
		return iso_pipe_find_step(pipe);
	if (iso_aim_missed(&aim, stream->end_uframe))
		return -ETIME;
	return min_t(u64, iso_aim_early(&aim, stream->end_uframe),
		     ISO_SLOT_PACKETS);
}

/* Packets of an admitted transfer that are too late for their intervals. */
static u32 iso_pipe_late(const struct iso_pipe *pipe,
			 const struct iso_transfer *transfer)
{
	struct iso_aim aim;

	if (!(transfer->request.flags & WINUSB_ISO_TRANSFER_DROP_LATE))
		return 0;
	aim = iso_pipe_aim(pipe, transfer);
	return iso_aim_late(&aim, pipe->stream.end_uframe);
}

/*
 * May the first packet of this transfer go now?
 * Return: as iso_pipe_lead(), or -EXDEV.
 */
static int iso_pipe_admit(struct iso_pipe *pipe,
			  const struct iso_transfer *transfer, u64 now)
{
	u32 flags = transfer->request.flags;

	if (flags & WINUSB_ISO_TRANSFER_AT_FRAME)
		return iso_pipe_lead(pipe, transfer);
	if (!(flags & WINUSB_ISO_TRANSFER_CONTINUE))
		return 0;
	if (!pipe->broken && !list_empty(&pipe->busy) &&
	    iso_stream_on_time(&pipe->stream, now))
		return 0;
	return -EXDEV;
}

static void iso_pipe_begin_transfer(struct iso_pipe *pipe,
				    struct iso_transfer *transfer)
{
	bool new_stream = pipe->leading ? pipe->lead_new :
			  list_empty(&pipe->busy);

	if (new_stream) {
		transfer->result.flags |= WINUSB_ISO_COMPLETION_NEW_STREAM;
		trace_winusb_iso_stream(pipe->minor, pipe->address,
					ISO_STREAM_NEW);
	}
	pipe->broken = false;
	pipe->leading = false;
}

static void iso_pipe_begin_lead(struct iso_pipe *pipe)
{
	if (pipe->leading)
		return;
	pipe->leading = true;
	pipe->lead_new = list_empty(&pipe->busy);
}

static void iso_pipe_end_unsent(struct iso_pipe *pipe,
				struct iso_transfer *transfer, int status,
				u64 now)
{
	if (!iso_transfer_begun(transfer)) {
		iso_pipe_break(pipe);
		pipe->leading = false;
	}
	iso_transfer_fail(pipe, transfer, status);
	iso_transfer_finish_if_done(pipe, transfer, now);
}

/*
 * Loads @slot for the transfer at the head of the queue.
 * Return: 0 if it is loaded, -EAGAIN to wait, or why the transfer fails.
 */
static int iso_pipe_load(struct iso_pipe *pipe, struct iso_transfer *transfer,
			 struct iso_slot *slot, u64 now)
{
	int verdict;
	u32 late;

	if (transfer->cancelled)
		return -ECONNRESET;
	if (iso_transfer_begun(transfer))
		return iso_slot_load(slot, transfer);
	verdict = iso_pipe_admit(pipe, transfer, now);
	if (verdict > 0) {
		iso_pipe_begin_lead(pipe);
		iso_slot_load_empty(slot, transfer, verdict);
		return 0;
	}
	if (verdict)
		return verdict;
	iso_pipe_begin_transfer(pipe, transfer);
	late = iso_pipe_late(pipe, transfer);
	if (late)
		verdict = iso_slot_drop(slot, transfer, late);
	return verdict ?: iso_slot_load(slot, transfer);
}

/* The rest is left to process context, so that complete() stays short. */
static bool iso_pipe_defer_if_spent(struct iso_pipe *pipe, int budget)
{
	if (budget > 0)
		return false;
	queue_work(system_highpri_wq, &pipe->work);
	return true;
}

/* The transfer at the head of the queue, which may have to be taken first. */
static struct iso_transfer *iso_pipe_head(struct iso_pipe *pipe, int *budget)
{
	while (list_empty(&pipe->queue) && *budget > 0 &&
	       iso_intake_take(pipe) > 0)
		*budget -= TAKE_COST;
	return list_first_entry_or_null(&pipe->queue, struct iso_transfer,
					node);
}

/* What need not be told by itself may go with what is behind it. */
static void iso_pipe_share(struct iso_pipe *pipe, struct iso_slot *slot,
			   int *budget)
{
	struct iso_transfer *transfer;

	while (iso_slot_is_open(slot)) {
		transfer = iso_pipe_head(pipe, budget);
		if (!transfer || !iso_slot_share(slot, transfer))
			return;
	}
}

/*
 * Hands the next slot over in the books; NULL if there is nothing to do. @now is
 * 0 if it is not known.
 */
static struct iso_slot *iso_pipe_next(struct iso_pipe *pipe, u64 now,
				      int *budget)
{
	struct iso_transfer *transfer;
	struct iso_slot *slot;
	int err;

	while (!pipe->stopping) {
		slot = iso_slot_find_free(pipe);
		if (!slot)
			break;
		transfer = iso_pipe_head(pipe, budget);
		if (iso_pipe_defer_if_spent(pipe, *budget) || !transfer)
			break;
		now = now ?: pipe->ops->now();
		err = iso_pipe_load(pipe, transfer, slot, now);
		if (err == -EAGAIN)
			break;
		if (!err) {
			if (slot->transfer &&
			    transfer->issued == transfer->request.num_packets)
				list_del_init(&transfer->node);
			iso_pipe_share(pipe, slot, budget);
			iso_slot_hand_over(slot, now);
			*budget -= slot->count + slot->place.dropped;
			return slot;
		}
		*budget -= transfer->request.num_packets;
		iso_pipe_end_unsent(pipe, transfer, err, now);
	}
	return NULL;
}

/* What usbcore says of an endpoint, or a device, that is being taken away. */
static int iso_pipe_refusal(const struct iso_pipe *pipe, int err)
{
	if (pipe->stopping)
		return pipe->stopping;
	switch (err) {
	case -EPERM:
	case -ENOENT:
	case -ESHUTDOWN:
		return -ENODEV;
	default:
		return err;
	}
}

static void iso_pipe_refused(struct iso_pipe *pipe, struct iso_slot *slot,
			     int err, int *budget)
{
	struct iso_transfer *transfer = slot->transfer;

	iso_slot_return(slot);
	iso_stream_take_back(&pipe->stream, &slot->place);
	if (transfer)
		iso_slot_unload(slot);
	else
		transfer = list_first_entry(&pipe->queue, struct iso_transfer,
					    node);
	*budget -= transfer->request.num_packets;
	iso_pipe_end_unsent(pipe, transfer, iso_pipe_refusal(pipe, err),
			    pipe->ops->now());
}

/*
 * The controller has it, and may have given it back already.
 * Return: it must be taken back, because CONTINUE was not met.
 */
static bool iso_pipe_accepted(struct iso_pipe *pipe, struct iso_slot *slot)
{
	struct iso_transfer *transfer = slot->transfer;

	if (!slot->busy)
		return false;
	iso_slot_locate_submitted(slot);
	if (!transfer || slot->first || !slot->place.gap ||
	    !(transfer->request.flags & WINUSB_ISO_TRANSFER_CONTINUE))
		return false;
	iso_pipe_break(pipe);
	for (; transfer; transfer = transfer->next)
		iso_transfer_fail(pipe, transfer, -EXDEV);
	iso_stream_take_back(&pipe->stream, &slot->place);
	return true;
}

/*
 * While the pump submits, complete() leaves refilling to it, so it should not
 * be scheduled away. With PREEMPT_RT, where submitting may sleep, it can be.
 */
static void iso_pump_pin(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
}

static void iso_pump_unpin(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
}

/* Lets go of the lock, which is held, to submit. */
static int iso_pump_submit(struct iso_pipe *pipe, struct urb *urb,
			   unsigned long *flags)
{
	int err;

	iso_pump_pin();
	spin_unlock_irqrestore(&pipe->lock, *flags);
	err = pipe->ops->submit(urb);
	spin_lock_irqsave(&pipe->lock, *flags);
	iso_pump_unpin();
	return err;
}

/*
 * If the pump is at work already, on another CPU or below on this stack, it
 * looks again before it stops. The lock is held, and let go of now and then;
 * @now is 0 if it is not known.
 */
static void iso_pipe_pump_locked(struct iso_pipe *pipe, u64 now,
				 unsigned long *flags)
{
	int budget = PUMP_BUDGET;
	struct iso_slot *slot;
	int err;

	if (pipe->pumping)
		return;
	pipe->pumping = true;
	while ((slot = iso_pipe_next(pipe, now, &budget))) {
		err = iso_pump_submit(pipe, slot->urb, flags);
		now = 0;
		if (err) {
			iso_pipe_refused(pipe, slot, err, &budget);
		} else if (iso_pipe_accepted(pipe, slot)) {
			spin_unlock_irqrestore(&pipe->lock, *flags);
			pipe->ops->unlink(slot->urb);
			spin_lock_irqsave(&pipe->lock, *flags);
		}
	}
	pipe->pumping = false;
}

/**
 * iso_pipe_pump - give the controller what its window has room for
 * @pipe: the pipe
 *
 * Any context, no lock held.
 */
void iso_pipe_pump(struct iso_pipe *pipe)
{
	unsigned long flags;

	spin_lock_irqsave(&pipe->lock, flags);
	iso_pipe_pump_locked(pipe, 0, &flags);
	spin_unlock_irqrestore(&pipe->lock, flags);
}

/** iso_pipe_complete - an URB was given back; any context */
void iso_pipe_complete(struct urb *urb)
{
	struct iso_slot *slot = urb->context;
	struct iso_pipe *pipe = slot->pipe;
	unsigned long flags;
	u64 now;

	spin_lock_irqsave(&pipe->lock, flags);
	now = pipe->ops->now();
	iso_slot_return(slot);
	iso_slot_locate_done(slot, now);
	iso_slot_collect(slot, now);
	iso_pipe_publish(pipe);
	iso_pipe_pump_locked(pipe, now, &flags);
	spin_unlock_irqrestore(&pipe->lock, flags);
}

static void iso_pipe_flush(struct iso_pipe *pipe, int reason)
{
	struct iso_transfer *transfer;

	do {
		spin_lock_irq(&pipe->lock);
		transfer = list_first_entry_or_null(&pipe->queue,
						    struct iso_transfer, node);
		if (transfer)
			iso_pipe_end_unsent(pipe, transfer, reason,
					    pipe->ops->now());
		spin_unlock_irq(&pipe->lock);
		cond_resched();
	} while (transfer);
}

/**
 * iso_pipe_take_published - look at the pipe's own transfer ring now
 * @pipe: the pipe; the caller holds the device's lock. If it is stopped, all
 *	that was published is refused with the reason.
 *
 * Return: 0, -ENXIO or -ERANGE.
 */
int iso_pipe_take_published(struct iso_pipe *pipe)
{
	int published = -ENXIO;
	bool stopping;

	spin_lock_irq(&pipe->lock);
	stopping = pipe->stopping;
	if (pipe->intake)
		published = iso_intake_published(pipe->intake);
	spin_unlock_irq(&pipe->lock);
	if (published < 0)
		return published;
	if (stopping)
		iso_pipe_take_all(pipe);
	else
		iso_pipe_pump(pipe);
	return 0;
}

/*
 * All at once: each may take the controller some frames. The last first: a
 * controller goes on with what is next, which would then be sent, and complete,
 * without those before it. No new ones come meanwhile.
 */
static void iso_pipe_unlink_all(struct iso_pipe *pipe)
{
	struct urb *urbs[ISO_SLOTS];
	struct iso_slot *slot;
	unsigned int i = 0;

	spin_lock_irq(&pipe->lock);
	list_for_each_entry(slot, &pipe->busy, node)
		urbs[i++] = slot->urb;
	spin_unlock_irq(&pipe->lock);
	while (i)
		pipe->ops->unlink(urbs[--i]);
}

/**
 * iso_pipe_stop - end the stream and everything pending; sleeps
 * @pipe: the pipe; the caller holds the device's lock
 * @reason: errno of what had not completed
 *
 * The URBs stay poisoned, so that nobody can submit one behind our back, until
 * iso_pipe_start().
 */
void iso_pipe_stop(struct iso_pipe *pipe, int reason)
{
	unsigned int i;

	spin_lock_irq(&pipe->lock);
	pipe->stopping = reason;
	spin_unlock_irq(&pipe->lock);

	iso_pipe_unlink_all(pipe);
	for (i = 0; i < ISO_SLOTS; i++)
		pipe->ops->poison(pipe->slots[i].urb);
	cancel_work_sync(&pipe->work);
	iso_pipe_flush(pipe, reason);
	iso_pipe_take_all(pipe);

	spin_lock_irq(&pipe->lock);
	iso_pipe_break(pipe);
	iso_stream_forget(&pipe->stream);
	spin_unlock_irq(&pipe->lock);
}

/**
 * iso_pipe_start - take transfers again
 * @pipe: the pipe; the caller holds the device's lock. One that was made while
 *	the device slept was never stopped.
 */
void iso_pipe_start(struct iso_pipe *pipe)
{
	unsigned int i;

	if (!READ_ONCE(pipe->stopping))
		return;
	for (i = 0; i < ISO_SLOTS; i++)
		usb_unpoison_urb(pipe->slots[i].urb);
	spin_lock_irq(&pipe->lock);
	pipe->stopping = 0;
	spin_unlock_irq(&pipe->lock);
}
