// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several transfers in one URB: what user space need not be told of one by one
 * (%WINUSB_ISO_TRANSFER_NO_INTERRUPT), the controller need not tell one by one
 * either. Only whole transfers share, so each is in one URB then.
 */

#include <linux/usb.h>

#include "buffer.h"
#include "pipe.h"
#include "transfer.h"

/** iso_slot_is_shared - does it carry more than one transfer? */
bool iso_slot_is_shared(const struct iso_slot *slot)
{
	return slot->transfer != slot->last;
}

/** iso_slot_is_open - may another transfer join those of a free, loaded slot? */
bool iso_slot_is_open(const struct iso_slot *slot)
{
	const struct iso_transfer *last = slot->last;

	return last && !slot->first &&
	       last->request.flags & WINUSB_ISO_TRANSFER_NO_INTERRUPT &&
	       !(last->request.flags & WINUSB_ISO_TRANSFER_AT_FRAME) &&
	       last->issued == last->request.num_packets &&
	       slot->count < iso_slot_room(slot->pipe);
}

/* Is what they ask for the same, but for when it is told? */
static bool iso_transfer_is_alike(const struct iso_transfer *a,
				  const struct iso_transfer *b)
{
	return !((a->request.flags ^ b->request.flags) &
		 ~WINUSB_ISO_TRANSFER_NO_INTERRUPT);
}

/* An URB has one piece of memory, and what lies between may be someone's. */
static bool iso_transfer_adjoins(const struct iso_transfer *transfer,
				 const struct iso_transfer *next)
{
	return transfer->buffer == next->buffer &&
	       transfer->request.offset + transfer->request.length ==
	       next->request.offset;
}

static bool iso_slot_suits(const struct iso_slot *slot,
			   const struct iso_transfer *transfer)
{
	return !transfer->cancelled &&
	       iso_transfer_is_alike(slot->last, transfer) &&
	       iso_transfer_adjoins(slot->last, transfer) &&
	       transfer->request.num_packets <=
	       iso_slot_room(slot->pipe) - slot->count;
}

/**
 * iso_slot_share - let a transfer join those of a slot
 * @slot: an open slot
 * @transfer: at the head of the queue, which it then leaves
 *
 * Return: false if it does not fit to them; then it stays where it is.
 */
bool iso_slot_share(struct iso_slot *slot, struct iso_transfer *transfer)
{
	struct iso_layout layout = iso_pipe_layout(slot->pipe, transfer);

	if (!iso_slot_suits(slot, transfer) ||
	    iso_layout_cut(&layout, 0, layout.num_packets, 0,
			   slot->lengths + slot->count))
		return false;
	iso_slot_append(slot, layout.num_packets);
	transfer->issued = layout.num_packets;
	transfer->issued_bytes = layout.length;
	list_del_init(&transfer->node);
	slot->transfer->shared = slot;
	transfer->shared = slot;
	slot->last->next = transfer;
	slot->last = transfer;
	return true;
}

/** iso_slot_unshare - all but the first go back to the head of the queue */
void iso_slot_unshare(struct iso_slot *slot)
{
	struct iso_transfer *first = slot->transfer, *transfer, *next;
	struct list_head *behind = slot->pipe->queue.next;

	for (transfer = first->next; transfer; transfer = next) {
		next = transfer->next;
		transfer->issued = 0;
		transfer->issued_bytes = 0;
		transfer->shared = NULL;
		transfer->next = NULL;
		list_add_tail(&transfer->node, behind);
	}
	first->shared = NULL;
	first->next = NULL;
	slot->last = first;
	slot->count = first->issued;
	slot->urb->transfer_buffer_length = first->issued_bytes;
}

/** iso_slot_all_cancelled - is nobody left who wants it? */
bool iso_slot_all_cancelled(const struct iso_slot *slot)
{
	const struct iso_transfer *transfer;

	for (transfer = slot->transfer; transfer; transfer = transfer->next)
		if (!transfer->cancelled)
			return false;
	return true;
}
