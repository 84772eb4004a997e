// SPDX-License-Identifier: GPL-2.0-only
/* One service interval: a packet of an URB and a request of the gadget. */

#include "dummy_iso.h"

static u32 frame_of(const struct dummy_iso *iso,
		    const struct dummy_iso_stream *stream, u64 slot)
{
	return dummy_iso_frame(slot, stream->shape.beat.width, iso->wrap_bits);
}

/* There is a token in @slot: what is before it and had none was missed. */
static void token(struct dummy_iso_stream *stream, u64 slot)
{
	const struct dummy_iso_beat *beat = &stream->shape.beat;

	if (stream->begun)
		stream->missed += dummy_iso_slots_before(beat, stream->cursor,
							 slot);
	stream->begun = true;
	stream->cursor = slot + (1ULL << beat->shift);
	stream->packets++;
}

static void fail(struct dummy_iso_stream *stream, struct urb *urb,
		 struct usb_iso_packet_descriptor *desc, int status)
{
	desc->status = status;
	urb->error_count++;
	stream->errors++;
}

static void finish_request(struct usb_request *req, u32 frame, u32 actual,
			   int status)
{
	req->frame_number = frame;
	req->actual = actual;
	req->status = status;
}

/* The device sends the whole request, however much the host has room for. */
static void transfer_in(struct dummy_iso_stream *stream, struct urb *urb,
			struct usb_iso_packet_descriptor *desc,
			struct usb_request *req, u32 frame)
{
	u32 room = min_t(u32, desc->length, stream->shape.bytes);
	u32 length = min_t(u32, req->length, room);

	memcpy(urb->transfer_buffer + desc->offset, req->buf, length);
	desc->actual_length = length;
	desc->status = 0;
	if (req->length > room)
		fail(stream, urb, desc, -EOVERFLOW);
	finish_request(req, frame, req->length, 0);
}

/* No handshake: the host never learns what the device made of it. */
static void transfer_out(struct urb *urb,
			 struct usb_iso_packet_descriptor *desc,
			 struct usb_request *req, u32 frame)
{
	u32 length = min_t(u32, desc->length, req->length);

	memcpy(req->buf, urb->transfer_buffer + desc->offset, length);
	desc->actual_length = desc->length;
	desc->status = 0;
	finish_request(req, frame, length,
		       desc->length > req->length ? -EOVERFLOW : 0);
}

/* Nothing waits in the device: it sends a packet of no length, or drops ours. */
static void transfer_nothing(struct usb_iso_packet_descriptor *desc, bool in)
{
	desc->actual_length = in ? 0 : desc->length;
	desc->status = 0;
}

static int status_of(enum dummy_iso_fault fault, bool in)
{
	switch (fault) {
	case DUMMY_ISO_MISSED:
		return -EXDEV;
	case DUMMY_ISO_CRC:
		return -EILSEQ;
	case DUMMY_ISO_TIMEOUT:
		return -ETIME;
	case DUMMY_ISO_BABBLE:
		return -EOVERFLOW;
	case DUMMY_ISO_UNDERRUN:
		return in ? -ECOMM : -ENOSR;
	default:
		return -EPROTO;
	}
}

/* The device has sent its data, and does not know that they went wrong. */
static bool consumes(enum dummy_iso_fault fault, bool in)
{
	return in && (fault == DUMMY_ISO_CRC || fault == DUMMY_ISO_BABBLE ||
		      fault == DUMMY_ISO_UNDERRUN);
}

/**
 * dummy_iso_transfer - transfer the next packet of an URB
 * @iso: the controller
 * @stream: the endpoint
 * @iu: the URB; some packet of it is left
 *
 * Return: the gadget's endpoint if its first request is finished, to be given
 * back; otherwise NULL.
 */
struct dummy_ep *dummy_iso_transfer(struct dummy_iso *iso,
				    struct dummy_iso_stream *stream,
				    struct dummy_iso_urb *iu)
{
	struct urb *urb = iu->urb;
	struct usb_iso_packet_descriptor *desc =
		&urb->iso_frame_desc[iu->packet];
	u64 slot = dummy_iso_slot(stream, iu, iu->packet);
	u32 frame = frame_of(iso, stream, slot);
	enum dummy_iso_fault fault =
		dummy_iso_take_fault(iso, stream->address);
	bool in = usb_urb_dir_in(urb);
	struct usb_request *req = NULL;
	struct dummy_ep *ep;

	if (fault == DUMMY_ISO_MISSED) {
		fail(stream, urb, desc, -EXDEV);
		return NULL;
	}
	token(stream, slot);
	ep = dummy_iso_find_ep(iso->dum, stream->hcd, stream->address);
	if (ep)
		req = dummy_iso_request(ep);
	if (!ep) {
		fail(stream, urb, desc, -EPROTO);
	} else if (fault) {
		fail(stream, urb, desc, status_of(fault, in));
		if (!req || !consumes(fault, in))
			return NULL;
		finish_request(req, frame, req->length, 0);
	} else if (!req) {
		transfer_nothing(desc, in);
		stream->unheard++;
	} else if (in) {
		transfer_in(stream, urb, desc, req, frame);
	} else {
		transfer_out(urb, desc, req, frame);
	}
	urb->actual_length += desc->actual_length;
	stream->bytes += desc->actual_length;
	return req ? ep : NULL;
}

/**
 * dummy_iso_head - the request that the next token would meet
 * @iso: the controller
 * @stream: the endpoint
 *
 * Return: the request, or NULL.
 */
struct usb_request *dummy_iso_head(struct dummy_iso *iso,
				   struct dummy_iso_stream *stream)
{
	struct dummy_ep *ep = dummy_iso_find_ep(iso->dum, stream->hcd,
						stream->address);

	return ep ? dummy_iso_request(ep) : NULL;
}

/**
 * dummy_iso_expire - the slot at the cursor is over and had no token
 * @iso: the controller
 * @stream: the endpoint; dummy_iso_head() has found a request
 *
 * Return: the gadget's endpoint, whose first request is to be given back.
 */
struct dummy_ep *dummy_iso_expire(struct dummy_iso *iso,
				  struct dummy_iso_stream *stream)
{
	struct dummy_ep *ep = dummy_iso_find_ep(iso->dum, stream->hcd,
						stream->address);

	finish_request(dummy_iso_request(ep),
		       frame_of(iso, stream, stream->cursor), 0, -EXDEV);
	stream->missed++;
	stream->cursor += 1ULL << stream->shape.beat.shift;
	return ep;
}
