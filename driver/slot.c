// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots: one URB of a pipe each. How packets of a transfer get into it, where
 * in the stream they are, and how their results get out.
 */

#include <linux/minmax.h>
#include <linux/usb.h>

#include "buffer.h"
#include "bus_time.h"
#include "controller.h"
#include "intake.h"
#include "pipe.h"
#include "trace.h"
#include "transfer.h"

/* No controller counts frames below 0. */
#define NO_START_FRAME	(-1)

/* How far after its estimate a reported start can be, in microframes. */
#define AHEAD_AT_SUBMIT		512
#define AHEAD_AT_COMPLETION	64

/** iso_slot_find_free - a free slot if the window has room, else NULL */
struct iso_slot *iso_slot_find_free(struct iso_pipe *pipe)
{
	lockdep_assert_held(&pipe->lock);
	/* Two URBs are the least that lets one be refilled in time. */
	if (pipe->busy_span >= ISO_WINDOW && !list_empty(&pipe->busy) &&
	    !list_is_singular(&pipe->busy))
		return NULL;
	return list_first_entry_or_null(&pipe->idle, struct iso_slot, node);
}

/** iso_slot_room - the most packets that one slot takes */
u32 iso_slot_room(const struct iso_pipe *pipe)
{
	return clamp(ISO_SLOT_SPAN / pipe->interval, 1U, ISO_SLOT_PACKETS);
}

/**
 * iso_slot_append - put packets behind those that the slot has
 * @slot: a free slot with room for them
 * @packets: how many; their lengths are in its list, their data follows directly
 */
void iso_slot_append(struct iso_slot *slot, u32 packets)
{
	struct urb *urb = slot->urb;
	u32 offset = urb->transfer_buffer_length;
	u32 end = slot->count + packets;
	u32 i;

	for (i = slot->count; i < end; i++) {
		urb->iso_frame_desc[i] = (struct usb_iso_packet_descriptor){
			.offset = offset,
			.length = slot->lengths[i],
		};
		offset += slot->lengths[i];
	}
	slot->count = end;
	urb->transfer_buffer_length = offset;
	urb->number_of_packets = end;
}

/* A slot without packets, whose data is in the buffer of @transfer. */
static void iso_slot_prepare(struct iso_slot *slot,
			     const struct iso_transfer *transfer)
{
	struct iso_pipe *pipe = slot->pipe;
	struct urb *urb = slot->urb;

	slot->count = 0;
	urb->transfer_buffer = transfer->buffer->data +
			       transfer->request.offset + slot->offset;
	urb->transfer_buffer_length = 0;
	/* usbcore and the controller's driver may have changed these. */
	urb->interval = pipe->interval / pipe->frame_unit;
	urb->transfer_flags = URB_ISO_ASAP;
	urb->start_frame = NO_START_FRAME;
	urb->error_count = 0;
}

/* They say so in their places, and their data is left alone. */
static void iso_transfer_drop(struct iso_transfer *transfer, u32 count)
{
	struct winusb_iso_packet *packet = transfer->buffer->table +
					   transfer->request.first_packet +
					   transfer->issued;
	u32 i;

	for (i = 0; i < count; i++) {
		WRITE_ONCE(packet[i].length, 0);
		WRITE_ONCE(packet[i].status, -EXDEV);
	}
	transfer->issued += count;
	transfer->dropped += count;
	transfer->done += count;
	transfer->result.error_count += count;
}

/**
 * iso_slot_drop - leave out the first packets of a transfer
 * @slot: the free slot that the others go to
 * @transfer: nothing of it was handed over
 * @late: how many, less than all
 *
 * Return: as iso_slot_load().
 */
int iso_slot_drop(struct iso_slot *slot, struct iso_transfer *transfer,
		  u32 late)
{
	struct iso_layout layout = iso_pipe_layout(slot->pipe, transfer);
	u32 count, i;
	int err;

	while (transfer->dropped < late) {
		count = min(late - transfer->dropped, ISO_SLOT_PACKETS);
		err = iso_layout_cut(&layout, transfer->issued, count,
				     transfer->issued_bytes, slot->lengths);
		if (err)
			return err;
		iso_transfer_drop(transfer, count);
		for (i = 0; i < count; i++)
			transfer->issued_bytes += slot->lengths[i];
	}
	return 0;
}

/**
 * iso_slot_load - fill a slot with the next packets of a transfer
 * @slot: a free slot
 * @transfer: has packets that were not handed over
 *
 * Return: 0, -EMSGSIZE or -EBADMSG if the packet lengths in shared memory are
 *	no longer good.
 */
int iso_slot_load(struct iso_slot *slot, struct iso_transfer *transfer)
{
	struct iso_layout layout = iso_pipe_layout(slot->pipe, transfer);
	u32 packets = min(layout.num_packets - transfer->issued,
			  iso_slot_room(slot->pipe));
	int err;

	slot->transfer = transfer;
	slot->last = transfer;
	slot->first = transfer->issued;
	slot->offset = transfer->issued_bytes;
	err = iso_layout_cut(&layout, slot->first, packets, slot->offset,
			     slot->lengths);
	if (err)
		return err;
	iso_slot_prepare(slot, transfer);
	iso_slot_append(slot, packets);
	transfer->issued += packets;
	transfer->issued_bytes += slot->urb->transfer_buffer_length;
	return 0;
}

/** iso_slot_unload - the controller did not take it */
void iso_slot_unload(struct iso_slot *slot)
{
	struct iso_transfer *transfer = slot->transfer;

	if (iso_slot_is_shared(slot))
		iso_slot_unshare(slot);
	transfer->issued -= slot->count;
	transfer->issued_bytes -= slot->urb->transfer_buffer_length;
}

/**
 * iso_slot_load_empty - fill a slot with packets of no length
 * @slot: a free slot
 * @transfer: the AT_FRAME transfer that they come before
 * @packets: how many are wanted; it may become less
 */
void iso_slot_load_empty(struct iso_slot *slot, struct iso_transfer *transfer,
			 u32 packets)
{
	packets = min(packets, iso_slot_room(slot->pipe));
	slot->transfer = NULL;
	slot->last = NULL;
	slot->first = 0;
	slot->offset = 0;
	memset(slot->lengths, 0, packets * sizeof(slot->lengths[0]));
	iso_slot_prepare(slot, transfer);
	iso_slot_append(slot, packets);
}

#define FOLLOWING_FLAGS	(WINUSB_ISO_TRANSFER_CONTINUE | \
			 WINUSB_ISO_TRANSFER_AT_FRAME)

/* Is the slot to go right after what the controller has? */
static bool iso_slot_follows(const struct iso_slot *slot)
{
	return !slot->transfer || slot->first ||
	       slot->transfer->request.flags & FOLLOWING_FLAGS;
}

/*
 * Where a late URB keeps its slots, packets of a running stream ask for that,
 * so that a loss shows as -EXDEV in place and not as a shift.
 */
static void iso_slot_set_schedule(struct iso_slot *slot, bool pending)
{
	const struct iso_pipe *pipe = slot->pipe;

	if (!pipe->controller->keeps_slot || !pending ||
	    !pipe->stream.in_step || !iso_slot_follows(slot))
		return;
	slot->urb->transfer_flags &= ~URB_ISO_ASAP;
	/* Of all controllers only vhci_hcd passes this on. */
	slot->urb->start_frame =
		iso_bus_time_foreign(pipe->time, pipe->stream.end_uframe) /
		pipe->frame_unit;
}

/* Does it carry the first packets of its transfer that are sent? */
static bool iso_slot_begins(const struct iso_slot *slot)
{
	return slot->first == slot->transfer->dropped;
}

/** iso_slot_hand_over - account for a loaded slot as the controller's */
void iso_slot_hand_over(struct iso_slot *slot, u64 now)
{
	struct iso_pipe *pipe = slot->pipe;
	bool pending = !list_empty(&pipe->busy);

	iso_slot_set_schedule(slot, pending);
	slot->place.interval = pipe->interval;
	slot->place.content = slot->transfer;
	slot->place.dropped = slot->transfer && iso_slot_begins(slot) ?
			      slot->transfer->dropped : 0;
	iso_stream_hand_over(&pipe->stream, &slot->place, slot->count, pending,
			     now);
	list_move_tail(&slot->node, &pipe->busy);
	pipe->busy_span += slot->place.span;
	slot->busy = true;
	slot->unwanted = false;
	iso_intake_tell(pipe);
}

/** iso_slot_return - the controller does not have it any more */
void iso_slot_return(struct iso_slot *slot)
{
	struct iso_pipe *pipe = slot->pipe;

	list_move(&slot->node, &pipe->idle);
	pipe->busy_span -= slot->place.span;
	slot->busy = false;
	iso_intake_tell(pipe);
}

static u32 iso_slot_reported_frame(const struct iso_slot *slot)
{
	return (u32)slot->urb->start_frame * slot->pipe->frame_unit;
}

/** iso_slot_locate_submitted - place a slot by what was reported at submission */
void iso_slot_locate_submitted(struct iso_slot *slot)
{
	struct iso_pipe *pipe = slot->pipe;
	struct iso_report report = {
		.ahead = AHEAD_AT_SUBMIT,
		.raw = iso_slot_reported_frame(slot),
		.checked = pipe->controller->has_counter,
	};
	u64 ns, latest_ns;

	if (pipe->controller->reports != ISO_REPORTS_AT_SUBMIT ||
	    slot->place.located || slot->urb->start_frame == NO_START_FRAME)
		return;
	report.near = iso_bus_time_read(pipe->time).uframe;
	iso_stream_locate(&pipe->stream, &slot->place, &report);
	if (!slot->place.located)
		return;
	ns = iso_bus_time_when(pipe->time, slot->place.start_uframe,
			       &latest_ns);
	iso_stream_began_at(&pipe->stream, &slot->place, ns, latest_ns);
}

/* A machine at the other end of USB/IP can give them back in any order. */
static bool iso_slot_is_oldest(const struct iso_slot *slot)
{
	const struct iso_slot *first =
		list_first_entry_or_null(&slot->pipe->busy, struct iso_slot,
					 node);

	return !first || first->place.position > slot->place.position;
}

static void iso_slot_locate_reported(struct iso_slot *slot, u64 now)
{
	struct iso_pipe *pipe = slot->pipe;
	struct iso_clock clock = iso_bus_time_clock(pipe->time);
	struct iso_report report = {
		.near = iso_clock_uframe(&clock, now) - slot->place.span,
		.ahead = AHEAD_AT_COMPLETION,
	};

	if (!iso_slot_is_oldest(slot)) {
		iso_stream_contradict(&pipe->stream);
		return;
	}
	report.near &= ~(u64)(pipe->frame_unit - 1);
	report.raw = iso_bus_time_adopt(pipe->time, report.near,
					iso_slot_reported_frame(slot));
	iso_stream_locate(&pipe->stream, &slot->place, &report);
	if (slot->place.located)
		iso_bus_time_observe(pipe->time, slot->place.start_uframe +
				     slot->place.span, now);
}

/**
 * iso_slot_locate_done - place a slot that was given back, if it is not placed
 * @slot: the slot
 * @now: CLOCK_MONOTONIC
 *
 * An URB that was taken back by us has no start frame to look at. If that ends
 * the stream, it comes before those that were given to the controller earlier.
 */
void iso_slot_locate_done(struct iso_slot *slot, u64 now)
{
	struct iso_pipe *pipe = slot->pipe;
	struct iso_clock clock;

	if (slot->urb->status) {
		if (!slot->place.located && !pipe->stopping)
			iso_stream_skip(&pipe->stream, &slot->place);
		return;
	}
	iso_slot_locate_submitted(slot);
	if (pipe->controller->reports == ISO_REPORTS_AT_COMPLETION)
		iso_slot_locate_reported(slot, now);
	if (pipe->controller->reports != ISO_REPORTS_AT_SUBMIT ||
	    !slot->place.located)
		iso_stream_ended_at(&pipe->stream, &slot->place, now);
	if (slot->place.located)
		return;
	clock = iso_bus_time_clock(pipe->time);
	iso_stream_estimate(&pipe->stream, &slot->place, &clock, now);
}

/* A machine at the other end of USB/IP can put any number here. */
static int iso_sane_status(int status)
{
	return status <= 0 && status >= -MAX_ERRNO ? status : -EPROTO;
}

/*
 * What became of a packet for which @asked bytes were asked.
 * Return: its status.
 */
static int iso_packet_judge(const struct usb_iso_packet_descriptor *desc,
			    u32 asked, u32 *length)
{
	int status = iso_sane_status(desc->status);

	*length = desc->actual_length;
	if (*length <= asked)
		return status;
	if (*length > INT_MAX) {
		*length = 0;
		return -EPROTO;
	}
	*length = asked;
	return status ?: -EOVERFLOW;
}

static void iso_packet_report(struct winusb_iso_packet *packet, u32 length,
			      int status)
{
	WRITE_ONCE(packet->length, length);
	WRITE_ONCE(packet->status, status);
}

/* What a slot that was given back has of one transfer. */
struct iso_part {
	struct iso_transfer *transfer;
	u32 base; /* index in the slot of its first packet */
	u32 count;
	u32 reported; /* so many were given back, the first ones */
};

static void iso_slot_collect_packets(const struct iso_slot *slot,
				     const struct iso_part *part)
{
	const struct usb_iso_packet_descriptor *desc =
		slot->urb->iso_frame_desc + part->base;
	const u32 *lengths = slot->lengths + part->base;
	struct iso_transfer *transfer = part->transfer;
	struct winusb_iso_packet *packet = transfer->buffer->table +
					   transfer->request.first_packet +
					   slot->first;
	u32 bytes = 0, errors = part->count - part->reported, length, i;
	int status;

	for (i = 0; i < part->reported; i++) {
		status = iso_packet_judge(&desc[i], lengths[i], &length);
		iso_packet_report(&packet[i], length, status);
		bytes += length;
		errors += !!status;
	}
	for (; i < part->count; i++)
		iso_packet_report(&packet[i], 0, -EPROTO);
	transfer->result.actual_length += bytes;
	transfer->result.error_count += errors;
}

static int iso_slot_status(const struct iso_slot *slot)
{
	int status = iso_sane_status(slot->urb->status);

	switch (status) {
	case -ENOENT:
	case -ECONNRESET:
		return slot->pipe->stopping ?: -ECONNRESET;
	case -ESHUTDOWN:
		return slot->pipe->stopping ?: -ENODEV;
	default:
		return status;
	}
}

/* The first packets of a transfer tell of what was lost before it. */
static void iso_slot_collect_place(const struct iso_slot *slot,
				   struct winusb_iso_completion *result)
{
	const struct iso_place *place = &slot->place;

	if (!iso_slot_begins(slot)) {
		result->inner_gap += place->gap;
		result->trust = min(result->trust, place->trust);
		return;
	}
	result->start_uframe = place->start_uframe -
			       (u64)place->dropped * place->interval;
	result->trust = place->trust;
	result->gap += place->gap;
}

/* It follows directly on another one in the same URB. */
static void iso_slot_collect_behind(const struct iso_slot *slot,
				    const struct iso_part *part)
{
	struct winusb_iso_completion *result = &part->transfer->result;
	const struct iso_place *place = &slot->place;

	result->start_uframe = place->start_uframe +
			       (u64)part->base * place->interval;
	result->trust = place->trust;
}

static void iso_slot_collect_part(const struct iso_slot *slot,
				  const struct iso_part *part, int status)
{
	struct iso_transfer *transfer = part->transfer;

	iso_slot_collect_packets(slot, part);
	transfer->done += part->count;
	if (slot->place.located && part->base)
		iso_slot_collect_behind(slot, part);
	else if (slot->place.located)
		iso_slot_collect_place(slot, &transfer->result);
	if (status)
		iso_transfer_fail(slot->pipe, transfer, status);
}

/**
 * iso_slot_collect - results of a slot that was given back go to its transfers
 * @slot: the slot; iso_pipe_publish() is to follow
 * @now: CLOCK_MONOTONIC
 */
void iso_slot_collect(struct iso_slot *slot, u64 now)
{
	int reported = clamp(slot->urb->number_of_packets, 0, (int)slot->count);
	struct iso_part part = { .transfer = slot->transfer };
	int status = iso_slot_status(slot);

	for (; part.transfer; part.transfer = part.transfer->next) {
		part.count = part.transfer == slot->last ?
			     slot->count - part.base :
			     part.transfer->request.num_packets;
		part.reported = clamp(reported - (int)part.base, 0,
				      (int)part.count);
		iso_slot_collect_part(slot, &part, status);
		iso_transfer_settle(slot->pipe, part.transfer, now);
		part.base += part.count;
	}
}
