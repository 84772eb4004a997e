// SPDX-License-Identifier: GPL-2.0-only
/* How a transfer of a plain pipe ends. */

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/usb.h>

#include "buffer.h"
#include "pipe.h"
#include "plain.h"
#include "ring.h"
#include "trace.h"
#include "transfer.h"

/* Taken away by us, or for us by usbcore: why? */
static int iso_plain_reason(const struct iso_plain *plain,
			    const struct iso_transfer *transfer)
{
	if (plain->stopping)
		return plain->stopping;
	return plain->halted && !transfer->cancelled ? -ECANCELED : -ECONNRESET;
}

static int iso_plain_status(const struct iso_plain *plain,
			    const struct iso_transfer *transfer, int status)
{
	switch (status) {
	case -ENOENT:
	case -ECONNRESET:
		return iso_plain_reason(plain, transfer);
	case -ESHUTDOWN:
		return plain->stopping ?: -ENODEV;
	default:
		/* The other end of USB/IP can put any number here. */
		return status <= 0 && status >= -MAX_ERRNO ? status : -EPROTO;
	}
}

/**
 * iso_plain_collect - results of an URB that was given back go to its transfer
 * @slot: the URB's slot
 * @transfer: what it carried
 *
 * Return: the transfer's status.
 */
int iso_plain_collect(struct iso_plain_slot *slot,
		      struct iso_transfer *transfer)
{
	int status = iso_plain_status(slot->plain, transfer, slot->urb->status);
	u32 asked = slot->urb->transfer_buffer_length;
	u32 length = slot->urb->actual_length;

	lockdep_assert_held(&slot->plain->lock);
	if (length > INT_MAX) {
		length = 0;
		status = status ?: -EPROTO;
	} else if (length > asked) {
		length = asked;
		status = status ?: -EOVERFLOW;
	}
	transfer->result.actual_length = length;
	return status;
}

static void iso_plain_publish(struct iso_plain *plain,
			      struct iso_transfer *transfer)
{
	struct winusb_iso_completion *result = &transfer->result;
	struct iso_buffer *buffer = transfer->buffer;

	/* One that ended early has waited for those before it. */
	result->timestamp_ns = max(result->timestamp_ns, plain->published_ns);
	plain->published_ns = result->timestamp_ns;
	trace_winusb_iso_complete(plain->minor, result);
	list_del(&transfer->order);
	buffer->pending--;
	iso_ring_post(buffer->ring, transfer);
	if (list_empty(&plain->pending) && plain->intf)
		usb_autopm_put_interface_async(plain->intf);
}

/**
 * iso_plain_publish_early - publish a transfer that waits for older ones
 * @plain: its pipe
 * @transfer: a finished one; it is gone afterwards
 */
void iso_plain_publish_early(struct iso_plain *plain,
			     struct iso_transfer *transfer)
{
	struct iso_ring *ring = transfer->buffer->ring;

	lockdep_assert_held(&plain->lock);
	iso_plain_publish(plain, transfer);
	iso_ring_wake(ring);
}

/* Completions of a pipe come in the order of submission. */
static void iso_plain_publish_ready(struct iso_plain *plain)
{
	struct iso_transfer *transfer, *next;
	struct iso_ring *ring = NULL;

	list_for_each_entry_safe(transfer, next, &plain->pending, order) {
		if (!transfer->finished)
			break;
		ring = transfer->buffer->ring;
		iso_plain_publish(plain, transfer);
	}
	if (ring)
		iso_ring_wake(ring);
}

/**
 * iso_plain_end - the controller has nothing of a transfer, and never will
 * @plain: its pipe
 * @transfer: the transfer; it may be gone afterwards
 * @status: how it went
 *
 * Publishes it, and what has waited for it. One that was cancelled by itself
 * waits for nobody: an older one may never end.
 */
void iso_plain_end(struct iso_plain *plain, struct iso_transfer *transfer,
		   int status)
{
	struct winusb_iso_completion *result = &transfer->result;

	lockdep_assert_held(&plain->lock);
	result->status = status;
	result->timestamp_ns = plain->ops->now();
	if (!transfer->issued)
		result->flags |= WINUSB_ISO_COMPLETION_NOT_SENT;
	transfer->finished = true;
	if (transfer->cancelled)
		iso_plain_publish_early(plain, transfer);
	iso_plain_publish_ready(plain);
}
