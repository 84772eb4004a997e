// SPDX-License-Identifier: GPL-2.0-only
/* What an isochronous transfer must be to get into the queue of its pipe. */

#include "aim.h"
#include "buffer.h"
#include "bus_time.h"
#include "check.h"
#include "controller.h"
#include "pipe.h"
#include "transfer.h"

#define ISO_PLAIN_FLAGS		(WINUSB_ISO_TRANSFER_ZERO_PACKET | \
				 WINUSB_ISO_TRANSFER_SHORT_NOT_OK)
#define ISO_TRANSFER_FLAGS	(WINUSB_ISO_TRANSFER_CONTINUE | \
				 WINUSB_ISO_TRANSFER_AT_FRAME | \
				 WINUSB_ISO_TRANSFER_PACKET_LENGTHS | \
				 WINUSB_ISO_TRANSFER_DROP_LATE | \
				 WINUSB_ISO_TRANSFER_NO_INTERRUPT | \
				 ISO_PLAIN_FLAGS)

/** iso_check_flags - what can be said of a transfer of any pipe */
int iso_check_flags(const struct winusb_iso_transfer *request)
{
	bool at_frame = request->flags & WINUSB_ISO_TRANSFER_AT_FRAME;
	bool cont = request->flags & WINUSB_ISO_TRANSFER_CONTINUE;
	bool drop_late = request->flags & WINUSB_ISO_TRANSFER_DROP_LATE;

	if (request->padding[0] | request->padding[1])
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

static int iso_check_frame(const struct iso_pipe *pipe,
			   const struct winusb_iso_transfer *request)
{
	const struct iso_aim aim = {
		.uframe = request->start_uframe,
		.drop_late = request->flags & WINUSB_ISO_TRANSFER_DROP_LATE,
	};

	if (!(request->flags & WINUSB_ISO_TRANSFER_AT_FRAME))
		return 0;
	if (pipe->controller->reports == ISO_REPORTS_NEVER)
		return -EOPNOTSUPP;
	return iso_aim_check(&aim, iso_bus_time_read(pipe->time).uframe);
}

/**
 * iso_check_isochronous - check a transfer whose buffer is of a streaming pipe
 * @transfer: with its own copy of the request
 *
 * The device's lock or the pipe's lock keeps the pipe as it is.
 */
int iso_check_isochronous(const struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;
	const struct iso_buffer *buffer = transfer->buffer;
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
	return iso_check_frame(buffer->pipe, request);
}

/** iso_transfer_begin - a transfer that has nothing but its request */
void iso_transfer_begin(struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;

	transfer->buffer = NULL;
	transfer->result = (struct winusb_iso_completion){
		.cookie = request->cookie,
		.num_packets = request->num_packets,
		.buffer = request->buffer,
	};
	transfer->issued = 0;
	transfer->issued_bytes = 0;
	transfer->dropped = 0;
	transfer->done = 0;
	transfer->failed = false;
	transfer->finished = false;
	transfer->cancelled = false;
	transfer->shared = NULL;
}
