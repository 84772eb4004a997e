// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes in: URBs get their slots, or an error; endpoints their bandwidth;
 * and what ends them early.
 */

#include <linux/slab.h>

#include "dummy_iso.h"

static struct dummy_iso_stream *stream_of(struct dummy_iso *iso,
					  struct usb_hcd *hcd, u8 address)
{
	int index = (address & USB_ENDPOINT_NUMBER_MASK) * 2 +
		    !!(address & USB_DIR_IN);

	return &iso->stream[hcd->speed >= HCD_USB3][index];
}

static u32 *table_of(struct dummy_iso *iso, struct dummy_iso_stream *stream)
{
	bool super = stream->hcd->speed >= HCD_USB3;

	/* SuperSpeed has a pair of wires for each direction. */
	return iso->table[super][super && stream->address & USB_DIR_IN];
}

static int shape_full(struct dummy_iso_shape *shape,
		      const struct usb_endpoint_descriptor *desc)
{
	shape->beat.width = 8;
	shape->beat.shift = 3 + min(desc->bInterval - 1, 10);
	shape->bytes = usb_endpoint_maxp(desc);
	shape->cost = dummy_iso_full_speed_ns(usb_endpoint_dir_in(desc),
					      shape->bytes);
	shape->budget = DUMMY_ISO_FULL_SPEED_BUDGET;
	return 0;
}

static int shape_high(struct dummy_iso_shape *shape,
		      const struct usb_endpoint_descriptor *desc)
{
	int maxp = usb_endpoint_maxp(desc), mult = usb_endpoint_maxp_mult(desc);

	if (mult > 3)
		return -EINVAL;
	shape->beat.width = 1;
	shape->beat.shift = min(desc->bInterval - 1, 13);
	shape->bytes = maxp * mult;
	shape->cost = dummy_iso_high_speed_ns(maxp, mult);
	shape->budget = DUMMY_ISO_HIGH_SPEED_BUDGET;
	return 0;
}

static int shape_super(struct dummy_iso_shape *shape,
		       const struct usb_host_endpoint *ep)
{
	const struct usb_ss_ep_comp_descriptor *comp = &ep->ss_ep_comp;
	int maxp = usb_endpoint_maxp(&ep->desc);
	u32 most = maxp * (comp->bMaxBurst + 1) *
		   USB_SS_MULT(comp->bmAttributes);

	shape->beat.width = 1;
	shape->beat.shift = ep->desc.bInterval - 1;
	shape->bytes = le16_to_cpu(comp->wBytesPerInterval);
	if (!shape->bytes || shape->bytes > most)
		shape->bytes = most;
	shape->cost = dummy_iso_super_speed_bytes(shape->bytes, maxp);
	shape->budget = DUMMY_ISO_SUPER_SPEED_BUDGET;
	return 0;
}

/* What the descriptors say; usbcore has checked them, but not all. */
static int shape_of(struct dummy_iso_shape *shape, const struct urb *urb)
{
	const struct usb_host_endpoint *ep = urb->ep;
	int interval = ep->desc.bInterval;

	if (interval < 1 || interval > 16 || !usb_endpoint_maxp(&ep->desc))
		return -EINVAL;
	shape->beat.phase = 0;
	switch (urb->dev->speed) {
	case USB_SPEED_FULL:
		return shape_full(shape, &ep->desc);
	case USB_SPEED_HIGH:
		return shape_high(shape, &ep->desc);
	case USB_SPEED_SUPER:
		return shape_super(shape, ep);
	default:
		return -EINVAL;
	}
}

/* usbcore has checked the packets' lengths, but not where they are. */
static int check_urb(struct urb *urb, const struct dummy_iso_shape *shape)
{
	const struct usb_iso_packet_descriptor *desc = urb->iso_frame_desc;
	int i, interval = (1 << shape->beat.shift) / shape->beat.width;

	if (urb->interval != interval || urb->num_sgs)
		return -EINVAL;
	for (i = 0; i < urb->number_of_packets; i++, desc++) {
		if (desc->offset > urb->transfer_buffer_length ||
		    desc->length > urb->transfer_buffer_length - desc->offset)
			return -EINVAL;
		if (usb_urb_dir_out(urb) && desc->length > shape->bytes)
			return -EMSGSIZE;
	}
	if (urb->transfer_buffer_length && !urb->transfer_buffer)
		return -EINVAL;
	return 0;
}

static bool is_queued(const struct dummy_iso_stream *stream)
{
	return stream->used && (!list_empty(&stream->waiting) ||
				!list_empty(&stream->done) ||
				stream->completing);
}

/* An endpoint not in use gets a phase; it is reserved when all is well. */
static int find_place(struct dummy_iso *iso, struct dummy_iso_stream *stream,
		      const struct urb *urb, struct dummy_iso_place *place)
{
	struct dummy_iso_shape *shape = &stream->shape;
	u64 now = dummy_iso_now(iso);
	struct dummy_iso_ask ask = {
		.now = now,
		.next = stream->next,
		.threshold = iso->threshold,
		.horizon = min_t(u64, iso->horizon, 1ULL << iso->wrap_bits),
		.packets = urb->number_of_packets,
		.queued = is_queued(stream),
		.asap = urb->transfer_flags & URB_ISO_ASAP,
	};
	int rc;

	if (!stream->used) {
		rc = dummy_iso_find_phase(table_of(iso, stream), &shape->beat,
					  now + iso->threshold, shape->cost,
					  shape->budget);
		if (rc)
			return rc;
	}
	return dummy_iso_place(&shape->beat, &ask, place);
}

static void start_using(struct dummy_iso *iso, struct dummy_iso_stream *stream)
{
	dummy_iso_reserve(table_of(iso, stream), &stream->shape.beat,
			  stream->shape.cost);
	stream->used = true;
	stream->begun = false;
	stream->packets = 0;
	stream->missed = 0;
	stream->late = 0;
	stream->bytes = 0;
	stream->errors = 0;
	stream->unheard = 0;
	list_add_tail(&stream->node, &iso->streams);
}

static void append(struct dummy_iso *iso, struct dummy_iso_stream *stream,
		   struct dummy_iso_urb *iu, const struct dummy_iso_place *place)
{
	struct urb *urb = iu->urb;

	iu->slot = place->slot;
	iu->packet = place->late;
	iu->due = dummy_iso_now(iso);
	list_add_tail(&iu->node, &stream->waiting);
	stream->next = dummy_iso_slot(stream, iu, urb->number_of_packets);
	stream->late += place->late;
	iso->queued++;
	urb->hcpriv = iu;
	urb->error_count = place->late;
	urb->start_frame = dummy_iso_frame(place->slot,
					   stream->shape.beat.width,
					   iso->wrap_bits);
}

static int enqueue(struct dummy_iso *iso, struct usb_hcd *hcd,
		   struct dummy_iso_urb *iu)
{
	struct urb *urb = iu->urb;
	u8 address = urb->ep->desc.bEndpointAddress;
	struct dummy_iso_stream *stream = stream_of(iso, hcd, address);
	struct dummy_iso_place place;
	int rc = 0;

	if (!stream->used) {
		stream->hcd = hcd;
		stream->address = address;
		rc = shape_of(&stream->shape, urb);
	}
	if (!rc)
		rc = check_urb(urb, &stream->shape);
	if (!rc)
		rc = find_place(iso, stream, urb, &place);
	if (!rc)
		rc = usb_hcd_link_urb_to_ep(hcd, urb);
	if (rc)
		return rc;
	if (!stream->used)
		start_using(iso, stream);
	append(iso, stream, iu, &place);
	dummy_iso_arm(iso);
	return 0;
}

/**
 * dummy_iso_urb_enqueue - hc_driver.urb_enqueue for isochronous endpoints
 * @iso: the controller
 * @hcd: the root hub
 * @urb: the URB
 * @mem_flags: for what has to be allocated
 *
 * Return: 0; -EINVAL for an interval that is not the endpoint's or a packet
 * outside the buffer; -EMSGSIZE for a packet that is too long; -ENOSPC without
 * bandwidth; -EFBIG if it would end beyond the horizon; what
 * usb_hcd_link_urb_to_ep() says.
 */
int dummy_iso_urb_enqueue(struct dummy_iso *iso, struct usb_hcd *hcd,
			  struct urb *urb, gfp_t mem_flags)
{
	struct dummy_iso_urb *iu = kmalloc(sizeof(*iu), mem_flags);
	unsigned long flags;
	int rc;

	if (!iu)
		return -ENOMEM;
	iu->urb = urb;
	spin_lock_irqsave(iso->lock, flags);
	rc = enqueue(iso, hcd, iu);
	spin_unlock_irqrestore(iso->lock, flags);
	if (rc)
		kfree(iu);
	return rc;
}

/**
 * dummy_iso_urb_dequeue - hc_driver.urb_dequeue for isochronous endpoints
 * @iso: the controller
 * @hcd: the root hub
 * @urb: the URB
 * @status: what it is to be given back with
 *
 * The timer gives it back, whatever the clock says.
 *
 * Return: what usb_hcd_check_unlink_urb() says.
 */
int dummy_iso_urb_dequeue(struct dummy_iso *iso, struct usb_hcd *hcd,
			  struct urb *urb, int status)
{
	unsigned long flags;
	int rc;

	spin_lock_irqsave(iso->lock, flags);
	rc = usb_hcd_check_unlink_urb(hcd, urb, status);
	if (!rc) {
		iso->unlinks++;
		dummy_iso_arm(iso);
	}
	spin_unlock_irqrestore(iso->lock, flags);
	return rc;
}

/**
 * dummy_iso_endpoint_disable - hc_driver.endpoint_disable
 * @iso: the controller
 * @hcd: the root hub
 * @ep: an endpoint without URBs, of any type
 *
 * Its bandwidth is free again.
 */
void dummy_iso_endpoint_disable(struct dummy_iso *iso, struct usb_hcd *hcd,
				struct usb_host_endpoint *ep)
{
	struct dummy_iso_stream *stream =
		stream_of(iso, hcd, ep->desc.bEndpointAddress);
	unsigned long flags;

	if (!usb_endpoint_xfer_isoc(&ep->desc))
		return;
	spin_lock_irqsave(iso->lock, flags);
	if (stream->used && list_empty(&stream->waiting) &&
	    list_empty(&stream->done)) {
		dummy_iso_release(table_of(iso, stream), &stream->shape.beat,
				  stream->shape.cost);
		list_del(&stream->node);
		stream->used = false;
	}
	spin_unlock_irqrestore(iso->lock, flags);
}

/**
 * dummy_iso_request_queued - the gadget has queued a request
 * @iso: the controller; the lock is held
 * @hcd: the root hub
 * @address: bEndpointAddress of its endpoint
 * @alone: there was none before
 *
 * Only where requests expire does it matter when they were queued.
 */
void dummy_iso_request_queued(struct dummy_iso *iso, struct usb_hcd *hcd,
			      u8 address, bool alone)
{
	struct dummy_iso_stream *stream = stream_of(iso, hcd, address);

	if (!iso->expire || iso->servicing || !stream->used)
		return;
	if (alone)
		dummy_iso_catch_up(iso, stream);
	dummy_iso_arm(iso);
}
