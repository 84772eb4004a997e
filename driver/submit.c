// SPDX-License-Identifier: GPL-2.0-only
/* Submission: what a transfer must be to get into the queue of its pipe. */

#include <linux/sched/signal.h>
#include <linux/string.h>

#include "aim.h"
#include "any.h"
#include "buffer.h"
#include "controller.h"
#include "device.h"
#include "pipe.h"
#include "plain.h"
#include "session.h"
#include "transfer.h"

#define ISO_PLAIN_FLAGS		(WINUSB_ISO_TRANSFER_ZERO_PACKET | \
				 WINUSB_ISO_TRANSFER_SHORT_NOT_OK)
#define ISO_TRANSFER_FLAGS	(WINUSB_ISO_TRANSFER_CONTINUE | \
				 WINUSB_ISO_TRANSFER_AT_FRAME | \
				 WINUSB_ISO_TRANSFER_PACKET_LENGTHS | \
				 WINUSB_ISO_TRANSFER_DROP_LATE | \
				 ISO_PLAIN_FLAGS)

static int iso_check_flags(const struct winusb_iso_transfer *request)
{
	bool at_frame = request->flags & WINUSB_ISO_TRANSFER_AT_FRAME;
	bool cont = request->flags & WINUSB_ISO_TRANSFER_CONTINUE;
	bool drop_late = request->flags & WINUSB_ISO_TRANSFER_DROP_LATE;

	if (memchr_inv(request->padding, 0, sizeof(request->padding)))
		return -EINVAL;
	if (request->flags & ~ISO_TRANSFER_FLAGS || (at_frame && cont))
		return -EINVAL;
	if (!at_frame && (request->start_uframe || drop_late))
		return -EINVAL;
	return 0;
}

static int iso_check_slice(const struct winusb_iso_transfer *request,
			   const struct iso_buffer *buffer)
{
	if (!request->num_packets)
		return -ERANGE;
	if ((u64)request->first_packet + request->num_packets > buffer->packets)
		return -E2BIG;
	if ((u64)request->offset + request->length > buffer->size)
		return -EOVERFLOW;
	return 0;
}

static int iso_check_frame(struct iso_device *device,
			   const struct winusb_iso_transfer *request)
{
	const struct iso_aim aim = {
		.uframe = request->start_uframe,
		.drop_late = request->flags & WINUSB_ISO_TRANSFER_DROP_LATE,
	};

	if (!(request->flags & WINUSB_ISO_TRANSFER_AT_FRAME))
		return 0;
	if (device->controller->reports == ISO_REPORTS_NEVER)
		return -EOPNOTSUPP;
	return iso_aim_check(&aim, iso_bus_time_read(&device->time).uframe);
}

static int iso_check_isochronous(struct iso_session *session,
				 struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;
	struct iso_buffer *buffer = transfer->buffer;
	struct iso_layout layout;
	int err;

	if (!buffer->pipe->max_bytes)
		return -ESTALE;
	if (request->flags & ISO_PLAIN_FLAGS)
		return -EINVAL;
	err = iso_check_slice(request, buffer);
	if (err)
		return err;
	/* Before its many lengths are read; counted for good when queued. */
	if (request->num_packets >
	    buffer->packets - READ_ONCE(buffer->pending_packets))
		return -EBUSY;
	layout = iso_pipe_layout(buffer->pipe, transfer);
	err = iso_layout_check(&layout, iso_pipe_is_in(buffer->pipe));
	if (err)
		return err;
	return iso_check_frame(session->device, request);
}

static int iso_check_transfer(struct iso_session *session,
			      struct iso_transfer *transfer)
{
	int err = iso_check_flags(&transfer->request);

	if (err)
		return err;
	transfer->buffer = iso_session_buffer(session,
					      transfer->request.buffer);
	if (!transfer->buffer)
		return -ENOENT;
	transfer->result.pipe = iso_buffer_address(transfer->buffer);
	return transfer->buffer->plain ?
	       iso_check_plain(session, transfer) :
	       iso_check_isochronous(session, transfer);
}

static void iso_transfer_init(struct iso_transfer *transfer,
			      const struct winusb_iso_transfer *request)
{
	*transfer = (struct iso_transfer){
		.request = *request,
		.result = {
			.cookie = request->cookie,
			.num_packets = request->num_packets,
			.buffer = request->buffer,
		},
	};
}

/* Return: 0 if the transfer is in the queue; its pipe then is to be pumped. */
static int iso_session_queue(struct iso_session *session,
			     struct iso_transfer *transfer)
{
	int err = iso_check_transfer(session, transfer);

	if (err)
		return err;
	if (transfer->buffer->plain)
		return iso_plain_queue(transfer->buffer->plain, transfer);
	return iso_pipe_queue(transfer->buffer->pipe, transfer);
}

int iso_session_submit(struct iso_session *session,
		       const struct winusb_iso_transfer *request)
{
	struct iso_transfer *transfer;
	int err;

	/* A session without rings has no buffer that could be named. */
	if (!iso_ring_exists(&session->ring))
		return iso_check_flags(request) ?: -ENOENT;
	transfer = iso_ring_reserve(&session->ring);
	if (!transfer)
		return -EAGAIN;
	iso_transfer_init(transfer, request);
	err = iso_session_queue(session, transfer);
	if (err) {
		iso_ring_unreserve(&session->ring, transfer);
		return err;
	}
	iso_buffer_pump(iso_session_buffer(session, request->buffer));
	return 0;
}

/* An entry of the ring that is refused says so in a completion. */
static struct iso_buffer *iso_session_take(struct iso_session *session,
					   struct iso_transfer *transfer,
					   const struct winusb_iso_transfer *request)
{
	int err;

	iso_transfer_init(transfer, request);
	err = iso_session_queue(session, transfer);
	if (!err)
		return iso_session_buffer(session, request->buffer);
	transfer->result.status = err;
	transfer->result.flags = WINUSB_ISO_COMPLETION_NOT_SENT;
	transfer->result.timestamp_ns = ktime_get_ns();
	iso_ring_post(&session->ring, transfer);
	iso_ring_wake(&session->ring);
	return NULL;
}

int iso_session_submit_ring(struct iso_session *session,
			    struct winusb_iso_submit_ring *request)
{
	struct winusb_iso_transfer entry;
	struct iso_transfer *transfer;
	struct iso_buffer *buffer, *last = NULL;
	int published;

	if (request->flags)
		return -EINVAL;
	if (!iso_ring_exists(&session->ring))
		return -ENXIO;
	published = iso_ring_published(&session->ring);
	if (published < 0)
		return published;
	for (request->taken = 0; request->taken < published; request->taken++) {
		if (fatal_signal_pending(current))
			break;
		transfer = iso_ring_reserve(&session->ring);
		if (!transfer)
			break;
		iso_ring_look(&session->ring, &entry);
		iso_ring_took(&session->ring);
		buffer = iso_session_take(session, transfer, &entry);
		/* Pump once for a run of transfers of one pipe. */
		if (last && buffer && !iso_buffer_shares_pipe(buffer, last))
			iso_buffer_pump(last);
		last = buffer ?: last;
		cond_resched();
	}
	if (last)
		iso_buffer_pump(last);
	return published && !request->taken ? -EAGAIN : 0;
}
