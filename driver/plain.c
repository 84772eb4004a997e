// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plain pipe: the driver owns the queue, and the host controller has the head
 * of it, which complete() tops up.
 *
 * When a bulk or interrupt transfer fails, nothing behind it may go: usbcore
 * stops the endpoint only until complete() returns, and some controllers not
 * even that long. So the rest is withdrawn, and the pipe halted until somebody
 * has looked.
 */

#include <linux/slab.h>
#include <linux/usb.h>

#include "buffer.h"
#include "pipe.h"
#include "plain.h"
#include "request.h"
#include "trace.h"
#include "transfer.h"

/* Transfers that one call may hand over. */
#define PUMP_BUDGET	(2 * ISO_PLAIN_SLOTS)

bool iso_plain_is_control(const struct iso_plain *plain)
{
	return !plain->address;
}

bool iso_plain_is_in(const struct iso_plain *plain)
{
	return plain->address & USB_DIR_IN;
}

/* Ends what the controller does not have, and never will have. */
static void iso_plain_flush(struct iso_plain *plain, int status)
{
	struct iso_transfer *transfer;

	do {
		spin_lock_irq(&plain->lock);
		transfer = list_first_entry_or_null(&plain->queue,
						    struct iso_transfer, node);
		if (transfer) {
			list_del_init(&transfer->node);
			iso_plain_end(plain, transfer, status);
		}
		spin_unlock_irq(&plain->lock);
		cond_resched();
	} while (transfer);
}

static void iso_plain_work(struct work_struct *work)
{
	struct iso_plain *plain = container_of(work, struct iso_plain, work);

	if (READ_ONCE(plain->halted))
		iso_plain_flush(plain, -ECANCELED);
	iso_plain_pump(plain);
}

static int iso_plain_init_slot(struct iso_plain *plain,
			       struct iso_plain_slot *slot)
{
	slot->plain = plain;
	slot->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!slot->urb)
		return -ENOMEM;
	slot->urb->dev = plain->udev;
	slot->urb->complete = iso_plain_complete;
	slot->urb->context = slot;
	if (iso_plain_is_control(plain)) {
		slot->setup = kzalloc(sizeof(*slot->setup), GFP_KERNEL);
		if (!slot->setup)
			return -ENOMEM;
		slot->urb->setup_packet = (void *)slot->setup;
	}
	list_add_tail(&slot->node, &plain->idle);
	return 0;
}

/**
 * iso_plain_create - allocate a pipe with all that its transfers will need
 * @ops: what it does to the world
 * @udev: the device; it must stay until iso_plain_stop() has returned
 * @intf: kept awake while something is pending
 * @address: bEndpointAddress, or 0
 * @minor: of the device node, for traces
 */
struct iso_plain *iso_plain_create(const struct iso_pipe_ops *ops,
				   struct usb_device *udev,
				   struct usb_interface *intf, u8 address,
				   int minor)
{
	struct iso_plain *plain = kzalloc(sizeof(*plain), GFP_KERNEL);
	unsigned int i;

	if (!plain)
		return NULL;
	plain->ops = ops;
	plain->udev = udev;
	plain->intf = intf;
	plain->address = address;
	plain->minor = minor;
	plain->num_slots = iso_plain_is_control(plain) ? ISO_CONTROL_SLOTS :
							 ISO_PLAIN_SLOTS;
	spin_lock_init(&plain->lock);
	INIT_LIST_HEAD(&plain->pending);
	INIT_LIST_HEAD(&plain->queue);
	INIT_LIST_HEAD(&plain->idle);
	INIT_LIST_HEAD(&plain->busy);
	INIT_WORK(&plain->work, iso_plain_work);
	for (i = 0; i < plain->num_slots; i++) {
		if (iso_plain_init_slot(plain, &plain->slots[i])) {
			iso_plain_destroy(plain);
			return NULL;
		}
	}
	return plain;
}

/** iso_plain_destroy - free a pipe that is stopped or has nothing pending */
void iso_plain_destroy(struct iso_plain *plain)
{
	unsigned int i;

	for (i = 0; i < plain->num_slots; i++) {
		usb_free_urb(plain->slots[i].urb);
		kfree(plain->slots[i].setup);
	}
	kfree(plain);
}

static struct usb_host_endpoint *
iso_plain_endpoint(const struct iso_plain *plain)
{
	unsigned int number = plain->address & USB_ENDPOINT_NUMBER_MASK;

	return iso_plain_is_in(plain) ? plain->udev->ep_in[number] :
					plain->udev->ep_out[number];
}

static bool iso_plain_fits(const struct usb_host_endpoint *ep)
{
	return ep && usb_endpoint_maxp(&ep->desc) &&
	       (usb_endpoint_xfer_bulk(&ep->desc) ||
		usb_endpoint_xfer_int(&ep->desc));
}

/* As usb_submit_urb() wants it; usbcore has mended what the device says. */
static int iso_plain_interval(const struct iso_plain *plain,
			      const struct usb_endpoint_descriptor *desc)
{
	if (!usb_endpoint_xfer_int(desc))
		return 0;
	if (plain->udev->speed < USB_SPEED_HIGH)
		return desc->bInterval;
	return 1 << (clamp_t(int, desc->bInterval, 1, 16) - 1);
}

static unsigned int iso_plain_urb_pipe(const struct iso_plain *plain)
{
	unsigned int number = plain->address & USB_ENDPOINT_NUMBER_MASK;

	if (plain->bulk)
		return iso_plain_is_in(plain) ?
		       usb_rcvbulkpipe(plain->udev, number) :
		       usb_sndbulkpipe(plain->udev, number);
	return iso_plain_is_in(plain) ? usb_rcvintpipe(plain->udev, number) :
					usb_sndintpipe(plain->udev, number);
}

/**
 * iso_plain_configure - take over what the current alternate setting says
 * @plain: a pipe with nothing pending
 * @there: it has such a pipe
 */
void iso_plain_configure(struct iso_plain *plain, bool there)
{
	const struct usb_host_endpoint *ep = iso_plain_endpoint(plain);

	if (iso_plain_is_control(plain)) {
		plain->usable = true;
		return;
	}
	plain->usable = there && iso_plain_fits(ep);
	if (!plain->usable)
		return;
	plain->bulk = usb_endpoint_xfer_bulk(&ep->desc);
	plain->interval = iso_plain_interval(plain, &ep->desc);
	plain->urb_pipe = iso_plain_urb_pipe(plain);
}

static void iso_plain_append(struct iso_plain *plain,
			     struct iso_transfer *transfer)
{
	if (list_empty(&plain->pending) && plain->intf)
		usb_autopm_get_interface_no_resume(plain->intf);
	transfer->buffer->pending++;
	list_add_tail(&transfer->order, &plain->pending);
	list_add_tail(&transfer->node, &plain->queue);
	trace_winusb_iso_submit(plain->minor, plain->address,
				&transfer->request);
}

/**
 * iso_plain_queue - put a transfer behind all others
 * @plain: the pipe
 * @transfer: checked
 *
 * Return: 0, the errno of a stopped pipe, or -EPIPE of a halted one. On error
 *	nothing was queued.
 */
int iso_plain_queue(struct iso_plain *plain, struct iso_transfer *transfer)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&plain->lock, flags);
	err = plain->stopping ?: plain->halted ? -EPIPE : 0;
	if (!err)
		iso_plain_append(plain, transfer);
	spin_unlock_irqrestore(&plain->lock, flags);
	return err;
}

static void iso_plain_load_control(struct iso_plain_slot *slot,
				   const struct iso_transfer *transfer)
{
	struct usb_device *udev = slot->plain->udev;
	struct urb *urb = slot->urb;

	*slot->setup = transfer->setup;
	urb->pipe = iso_request_is_in(slot->setup) ? usb_rcvctrlpipe(udev, 0) :
						     usb_sndctrlpipe(udev, 0);
	urb->transfer_buffer += sizeof(*slot->setup);
	urb->transfer_buffer_length = le16_to_cpu(slot->setup->wLength);
}

static void iso_plain_load(struct iso_plain_slot *slot,
			   struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;
	struct iso_plain *plain = slot->plain;
	struct urb *urb = slot->urb;

	urb->pipe = plain->urb_pipe;
	urb->interval = plain->interval;
	urb->transfer_buffer = transfer->buffer->data + request->offset;
	urb->transfer_buffer_length = request->length;
	urb->transfer_flags = 0;
	if (request->flags & WINUSB_ISO_TRANSFER_ZERO_PACKET)
		urb->transfer_flags |= URB_ZERO_PACKET;
	if (request->flags & WINUSB_ISO_TRANSFER_SHORT_NOT_OK)
		urb->transfer_flags |= URB_SHORT_NOT_OK;
	if (iso_plain_is_control(plain))
		iso_plain_load_control(slot, transfer);
	slot->transfer = transfer;
	transfer->issued = 1;
}

/* Hands the next transfer over in the books; NULL if there is nothing to do. */
static struct iso_plain_slot *iso_plain_next(struct iso_plain *plain,
					     int *budget)
{
	struct iso_transfer *transfer;
	struct iso_plain_slot *slot;

	transfer = list_first_entry_or_null(&plain->queue, struct iso_transfer,
					    node);
	slot = list_first_entry_or_null(&plain->idle, struct iso_plain_slot,
					node);
	if (!transfer || !slot || plain->stopping || plain->halted)
		return NULL;
	/* The rest is left to process context: complete() stays short. */
	if (!(*budget)--) {
		queue_work(system_highpri_wq, &plain->work);
		return NULL;
	}
	list_del_init(&transfer->node);
	list_move(&slot->node, &plain->busy);
	slot->held = true;
	slot->withdrawn = false;
	iso_plain_load(slot, transfer);
	return slot;
}

static void iso_plain_let_go(struct iso_plain_slot *slot)
{
	slot->held = false;
	if (!slot->transfer)
		list_move(&slot->node, &slot->plain->idle);
}

/* No more goes out, and none is taken, until somebody has looked. */
static void iso_plain_halt(struct iso_plain *plain)
{
	if (iso_plain_is_control(plain) || plain->stopping || plain->halted)
		return;
	WRITE_ONCE(plain->halted, true); /* iso_plain_work() only looks */
	queue_work(system_highpri_wq, &plain->work);
}

/* Must the controller give back what it has in this slot? */
static bool iso_plain_unwanted(const struct iso_plain_slot *slot)
{
	return slot->transfer &&
	       (slot->plain->halted || slot->transfer->cancelled);
}

/*
 * The next one to take back: the last first, because a controller goes on with
 * what is behind the one that it gives back.
 */
static struct iso_plain_slot *iso_plain_hold_unwanted(struct iso_plain *plain)
{
	struct iso_plain_slot *slot;

	list_for_each_entry(slot, &plain->busy, node) {
		if (slot->held || slot->withdrawn || !iso_plain_unwanted(slot))
			continue;
		slot->held = true;
		slot->withdrawn = true;
		return slot;
	}
	return NULL;
}

/*
 * Takes back what is unwanted. What somebody else holds he is taking back
 * already, or he is submitting it, and looks afterwards.
 */
static void iso_plain_withdraw(struct iso_plain *plain)
{
	struct iso_plain_slot *slot;
	unsigned long flags;

	spin_lock_irqsave(&plain->lock, flags);
	while ((slot = iso_plain_hold_unwanted(plain))) {
		spin_unlock_irqrestore(&plain->lock, flags);
		plain->ops->unlink(slot->urb);
		spin_lock_irqsave(&plain->lock, flags);
		iso_plain_let_go(slot);
	}
	spin_unlock_irqrestore(&plain->lock, flags);
}

/* What usbcore says of an endpoint, or a device, that is being taken away. */
static int iso_plain_refusal(const struct iso_plain *plain, int err)
{
	if (plain->stopping)
		return plain->stopping;
	switch (err) {
	case -EPERM:
	case -ENOENT:
	case -ESHUTDOWN:
		return -ENODEV;
	default:
		return err;
	}
}

static void iso_plain_refused(struct iso_plain_slot *slot, int err)
{
	struct iso_transfer *transfer = slot->transfer;
	struct iso_plain *plain = slot->plain;

	slot->transfer = NULL;
	transfer->issued = 0;
	err = iso_plain_refusal(plain, err);
	if (err != -ENODEV)
		iso_plain_halt(plain);
	iso_plain_end(plain, transfer, err);
}

/**
 * iso_plain_pump - give the controller what there are free slots for
 * @plain: the pipe
 *
 * Any context, no lock held. If the pump is at work already, on another CPU or
 * below on this stack, it looks again before it stops.
 */
void iso_plain_pump(struct iso_plain *plain)
{
	int budget = PUMP_BUDGET;
	struct iso_plain_slot *slot;
	unsigned long flags;
	int err;

	spin_lock_irqsave(&plain->lock, flags);
	if (plain->pumping)
		goto unlock;
	plain->pumping = true;
	while ((slot = iso_plain_next(plain, &budget))) {
		spin_unlock_irqrestore(&plain->lock, flags);
		err = plain->ops->submit(slot->urb);
		spin_lock_irqsave(&plain->lock, flags);
		if (err) {
			iso_plain_refused(slot, err);
		} else if (iso_plain_unwanted(slot)) {
			spin_unlock_irqrestore(&plain->lock, flags);
			plain->ops->unlink(slot->urb);
			spin_lock_irqsave(&plain->lock, flags);
		}
		iso_plain_let_go(slot);
	}
	plain->pumping = false;
unlock:
	spin_unlock_irqrestore(&plain->lock, flags);
}

/*
 * Does an URB that ended like this stop its pipe? Being short does not, nor
 * does being taken away; and when the device is gone so is the pipe.
 */
static bool iso_plain_failed(const struct urb *urb, int status)
{
	if (urb->status == -ENOENT || urb->status == -ECONNRESET)
		return false;
	return status && status != -EREMOTEIO && status != -ENODEV;
}

/** iso_plain_complete - an URB was given back; any context */
void iso_plain_complete(struct urb *urb)
{
	struct iso_plain_slot *slot = urb->context;
	struct iso_plain *plain = slot->plain;
	struct iso_transfer *transfer;
	unsigned long flags;
	bool failed;
	int status;

	spin_lock_irqsave(&plain->lock, flags);
	transfer = slot->transfer;
	status = iso_plain_collect(slot, transfer);
	failed = iso_plain_failed(urb, status);
	slot->transfer = NULL;
	if (!slot->held)
		iso_plain_let_go(slot);
	/* Before anybody learns of it and submits more. */
	if (failed)
		iso_plain_halt(plain);
	iso_plain_end(plain, transfer, status);
	failed = plain->halted;
	spin_unlock_irqrestore(&plain->lock, flags);

	if (failed)
		iso_plain_withdraw(plain);
	iso_plain_pump(plain);
}

/* The oldest that was not cancelled already. */
static struct iso_transfer *iso_plain_find(const struct iso_plain *plain,
					   u64 cookie)
{
	struct iso_transfer *transfer;

	list_for_each_entry(transfer, &plain->pending, order)
		if (transfer->request.cookie == cookie && !transfer->cancelled)
			return transfer;
	return NULL;
}

static void iso_plain_cancel_locked(struct iso_plain *plain,
				    struct iso_transfer *transfer)
{
	transfer->cancelled = true;
	if (transfer->finished) {
		iso_plain_publish_early(plain, transfer);
	} else if (!transfer->issued) {
		list_del_init(&transfer->node);
		iso_plain_end(plain, transfer, -ECONNRESET);
	}
}

/**
 * iso_plain_cancel - end one transfer
 * @plain: the pipe; the caller holds the device's lock
 * @cookie: the transfer's
 *
 * It may still be with the controller when this returns.
 *
 * Return: 0, or -ENOENT if nothing with that cookie is pending.
 */
int iso_plain_cancel(struct iso_plain *plain, u64 cookie)
{
	struct iso_transfer *transfer;

	spin_lock_irq(&plain->lock);
	transfer = iso_plain_find(plain, cookie);
	if (transfer)
		iso_plain_cancel_locked(plain, transfer);
	spin_unlock_irq(&plain->lock);
	if (!transfer)
		return -ENOENT;
	iso_plain_withdraw(plain);
	/* What came back meanwhile could not use a slot that was held. */
	iso_plain_pump(plain);
	return 0;
}

/*
 * All at once: each may take the controller some time. The last first, as in
 * iso_plain_hold_unwanted(). No new ones come meanwhile.
 */
static void iso_plain_unlink_all(struct iso_plain *plain)
{
	struct urb *urbs[ISO_PLAIN_SLOTS];
	struct iso_plain_slot *slot;
	unsigned int count = 0;
	unsigned int i;

	spin_lock_irq(&plain->lock);
	list_for_each_entry(slot, &plain->busy, node)
		urbs[count++] = slot->urb;
	spin_unlock_irq(&plain->lock);
	for (i = 0; i < count; i++)
		plain->ops->unlink(urbs[i]);
}

/**
 * iso_plain_stop - end everything pending; sleeps
 * @plain: the pipe; the caller holds the device's lock
 * @reason: errno of what had not completed
 *
 * The URBs stay poisoned, so that nobody can submit one behind our back, until
 * iso_plain_start().
 */
void iso_plain_stop(struct iso_plain *plain, int reason)
{
	unsigned int i;

	spin_lock_irq(&plain->lock);
	plain->stopping = reason;
	spin_unlock_irq(&plain->lock);

	iso_plain_unlink_all(plain);
	for (i = 0; i < plain->num_slots; i++)
		plain->ops->poison(plain->slots[i].urb);
	cancel_work_sync(&plain->work);
	iso_plain_flush(plain, reason);
}

/**
 * iso_plain_start - take transfers again, unless the pipe is halted
 * @plain: the pipe; the caller holds the device's lock. One that was made
 *	while the device slept was never stopped.
 */
void iso_plain_start(struct iso_plain *plain)
{
	unsigned int i;

	if (!READ_ONCE(plain->stopping))
		return;
	for (i = 0; i < plain->num_slots; i++)
		usb_unpoison_urb(plain->slots[i].urb);
	spin_lock_irq(&plain->lock);
	plain->stopping = 0;
	spin_unlock_irq(&plain->lock);
}

/** iso_plain_clear - a stopped pipe is halted no more */
void iso_plain_clear(struct iso_plain *plain)
{
	spin_lock_irq(&plain->lock);
	WRITE_ONCE(plain->halted, false);
	spin_unlock_irq(&plain->lock);
}
