// SPDX-License-Identifier: GPL-2.0-only
/* How a transfer ends. */

#include <linux/minmax.h>
#include <linux/usb.h>

#include "buffer.h"
#include "pipe.h"
#include "ring.h"
#include "trace.h"
#include "transfer.h"

/** iso_transfer_fill_rest - packets that were never handed over say so */
void iso_transfer_fill_rest(struct iso_pipe *pipe,
			    struct iso_transfer *transfer)
{
	struct iso_layout layout = iso_pipe_layout(pipe, transfer);
	u32 offset = transfer->issued_bytes;
	u32 i;

	for (i = transfer->issued; i < layout.num_packets; i++) {
		struct winusb_iso_packet *packet = &layout.table[i];
		u32 length = layout.listed ? READ_ONCE(packet->length) :
			     layout.max_bytes;

		WRITE_ONCE(packet->offset, offset);
		WRITE_ONCE(packet->length, 0);
		WRITE_ONCE(packet->status, -EXDEV);
		offset += length;
	}
	transfer->result.error_count += layout.num_packets - transfer->issued;
}

/*
 * A controller that tells the start only afterwards can have broken a promise;
 * the data is there all the same.
 */
static void iso_transfer_judge(const struct iso_pipe *pipe,
			       struct iso_transfer *transfer)
{
	struct winusb_iso_completion *result = &transfer->result;
	u32 flags = transfer->request.flags;

	if (result->status)
		return;
	if (flags & WINUSB_ISO_TRANSFER_CONTINUE && result->gap &&
	    result->trust == WINUSB_ISO_TRUST_EXACT)
		result->status = -EXDEV;
	if (flags & WINUSB_ISO_TRANSFER_AT_FRAME &&
	    result->start_uframe - transfer->request.start_uframe >=
	    pipe->interval)
		result->status = -ETIME;
}

static void iso_transfer_finish(struct iso_pipe *pipe,
				struct iso_transfer *transfer, u64 now)
{
	struct winusb_iso_completion *result = &transfer->result;

	if (transfer->issued < result->num_packets)
		iso_transfer_fill_rest(pipe, transfer);
	iso_transfer_judge(pipe, transfer);
	if (!iso_transfer_begun(transfer))
		result->flags |= WINUSB_ISO_COMPLETION_NOT_SENT;
	result->timestamp_ns = now;
	if (result->gap || result->inner_gap)
		trace_winusb_iso_gap(pipe->minor, result);
	trace_winusb_iso_complete(pipe->minor, result);
	transfer->finished = true;
}

static void iso_transfer_publish(struct iso_pipe *pipe,
				 struct iso_transfer *transfer)
{
	struct winusb_iso_completion *result = &transfer->result;
	struct iso_buffer *buffer = transfer->buffer;

	/* One that ended unsent has waited for those before it. */
	result->timestamp_ns = max(result->timestamp_ns, pipe->published_ns);
	pipe->published_ns = result->timestamp_ns;
	list_del(&transfer->order);
	buffer->pending--;
	WRITE_ONCE(buffer->pending_packets,
		   buffer->pending_packets - result->num_packets);
	iso_ring_post(buffer->ring, transfer);
}

/**
 * iso_pipe_publish - publish what has ended and waits for nothing before it
 * @pipe: its pipe; its transfers may be gone afterwards
 *
 * Completions of a pipe come in the order of submission.
 */
void iso_pipe_publish(struct iso_pipe *pipe)
{
	struct iso_transfer *transfer, *next;
	struct iso_ring *ring = NULL;

	list_for_each_entry_safe(transfer, next, &pipe->pending, order) {
		if (!transfer->finished)
			break;
		ring = transfer->buffer->ring;
		iso_transfer_publish(pipe, transfer);
	}
	if (ring)
		iso_ring_wake(ring);
}

/**
 * iso_transfer_settle - end a transfer that has nothing out
 * @pipe: its pipe; iso_pipe_publish() is to follow
 * @transfer: the transfer
 * @now: CLOCK_MONOTONIC
 */
void iso_transfer_settle(struct iso_pipe *pipe, struct iso_transfer *transfer,
			 u64 now)
{
	lockdep_assert_held(&pipe->lock);
	if (transfer->done != transfer->issued)
		return;
	if (transfer->failed || transfer->done == transfer->result.num_packets)
		iso_transfer_finish(pipe, transfer, now);
}

/**
 * iso_transfer_finish_if_done - end a transfer that has nothing out, and publish
 *	what has waited for it
 * @pipe: its pipe
 * @transfer: the transfer; it may be gone afterwards
 * @now: CLOCK_MONOTONIC
 */
void iso_transfer_finish_if_done(struct iso_pipe *pipe,
				 struct iso_transfer *transfer, u64 now)
{
	iso_transfer_settle(pipe, transfer, now);
	iso_pipe_publish(pipe);
}

/**
 * iso_transfer_fail - hand over no more of a transfer
 * @pipe: its pipe
 * @transfer: the transfer
 * @status: why; the first reason stays
 *
 * It is published when what the controller has of it comes back.
 */
void iso_transfer_fail(struct iso_pipe *pipe, struct iso_transfer *transfer,
		       int status)
{
	lockdep_assert_held(&pipe->lock);
	if (!transfer->result.status)
		transfer->result.status = status;
	transfer->failed = true;
	list_del_init(&transfer->node);
}
