// SPDX-License-Identifier: MIT
/* The isochronous calls: what they ask for, checked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

/* What one of the calls of winusb.h was given. */
struct isoch_call {
	bool in;
	ULONG offset, length, packets;
	bool continue_stream;
	PULONG frame; /* NULL: as soon as possible */
	USBD_ISO_PACKET_DESCRIPTOR *results;
};

/* ---- Common -------------------------------------------------------------------------------- */

static DWORD check_slice(const struct winusb_isoch_buffer *buffer, ULONG offset, ULONG length)
{
	return length && offset <= buffer->length && length <= buffer->length - offset ?
		       ERROR_SUCCESS :
		       ERROR_INVALID_PARAMETER;
}

/*
 * A start that the host controller can't be given is an error, or as soon as possible. drop_late:
 * packets that are late for it are left out, not the transfer refused.
 */
static DWORD set_start(struct winusb_isoch_buffer *buffer, uint64_t start, uint64_t now,
		       bool drop_late, struct winusb_isoch_request *request)
{
	uint64_t features = buffer->file->info.features;

	if (!winusb_frame_in_range(start, now))
		return ERROR_INVALID_PARAMETER;
	request->start_uframe = start;
	if (drop_late && features & WINUSB_ISO_FEATURE_DROP_LATE)
		request->flags |= WINUSB_ISO_TRANSFER_DROP_LATE;
	if (features & WINUSB_ISO_FEATURE_AT_FRAME)
		request->flags |= WINUSB_ISO_TRANSFER_AT_FRAME;
	else if (!atomic_load(&buffer->device->approximate_frames))
		return ERROR_NOT_SUPPORTED;
	return ERROR_SUCCESS;
}

static DWORD shape_now(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
		       struct winusb_pipe_shape *shape)
{
	DWORD error;

	pthread_mutex_lock(&buffer->pipe->lock);
	error = winusb_isoch_refresh(buffer, dev);
	*shape = buffer->shape;
	pthread_mutex_unlock(&buffer->pipe->lock);
	return error;
}

/* ---- winusb.h ------------------------------------------------------------------------------ */

static DWORD check_call(struct winusb_isoch_buffer *buffer, const struct isoch_call *call,
			const struct winusb_pipe_shape *shape, uint32_t *packets)
{
	DWORD error = check_slice(buffer, call->offset, call->length);

	if (error || shape->in != call->in || (call->in && !call->results))
		return ERROR_INVALID_PARAMETER;
	*packets =
		winusb_packets_for(shape, call->length, !atomic_load(&buffer->device->lift_limits));
	if (!*packets || (call->in && *packets != call->packets))
		return ERROR_INVALID_PARAMETER;
	return ERROR_SUCCESS;
}

static DWORD start_at(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
		      const struct isoch_call *call, const struct winusb_pipe_shape *shape,
		      struct winusb_isoch_request *request, ULONG *next)
{
	struct winusb_iso_frame now;
	uint64_t start;

	if (wiso_get_frame(dev, &now) < 0)
		return win_error_from_errno(errno);
	start = winusb_frame_extend(*call->frame, now.uframe);
	*next = (ULONG)wiso_frame_number(winusb_frame_after(shape, start, request->packets));
	return set_start(buffer, start, now.uframe, true, request);
}

static DWORD begin_call(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
			const struct isoch_call *call, LPOVERLAPPED overlapped,
			struct winusb_isoch_op **op)
{
	struct winusb_isoch_request request = {
		.offset = call->offset,
		.length = call->length,
		.results = call->results,
		.flags = call->continue_stream ? WINUSB_ISO_TRANSFER_CONTINUE : 0,
		.count_bytes = atomic_load(&buffer->device->real_byte_counts),
	};
	struct winusb_pipe_shape shape;
	DWORD error = shape_now(buffer, dev, &shape);
	ULONG next = 0;

	if (!error)
		error = check_call(buffer, call, &shape, &request.packets);
	if (!error && call->frame)
		error = start_at(buffer, dev, call, &shape, &request, &next);
	if (!error)
		error = winusb_isoch_begin(buffer, dev, &request, overlapped, op);
	if (!error && call->frame)
		*call->frame = next;
	return error;
}

static BOOL isoch(WINUSB_ISOCH_BUFFER_HANDLE handle, const struct isoch_call *call,
		  LPOVERLAPPED overlapped)
{
	struct winusb_isoch_buffer *buffer;
	struct winusb_isoch_op *op = NULL;
	struct wiso_device *dev;

	buffer = winusb_isoch_enter(handle, &dev);
	if (!buffer)
		return FALSE;
	if (!winusb_isoch_leave(buffer, begin_call(buffer, dev, call, overlapped, &op)))
		return FALSE;
	return win_op_finish(&op->op, NULL);
}

BOOL WINAPI WinUsb_ReadIsochPipe(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				 ULONG Length, PULONG FrameNumber, ULONG NumberOfPackets,
				 PUSBD_ISO_PACKET_DESCRIPTOR IsoPacketDescriptors,
				 LPOVERLAPPED Overlapped)
{
	struct isoch_call call = {
		.in = true,
		.offset = Offset,
		.length = Length,
		.packets = NumberOfPackets,
		.frame = FrameNumber,
		.results = IsoPacketDescriptors,
	};

	return FrameNumber ? isoch(BufferHandle, &call, Overlapped) :
			     win_fail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI WinUsb_WriteIsochPipe(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				  ULONG Length, PULONG FrameNumber, LPOVERLAPPED Overlapped)
{
	struct isoch_call call = { .offset = Offset, .length = Length, .frame = FrameNumber };

	return FrameNumber ? isoch(BufferHandle, &call, Overlapped) :
			     win_fail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI WinUsb_ReadIsochPipeAsap(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				     ULONG Length, BOOL ContinueStream, ULONG NumberOfPackets,
				     PUSBD_ISO_PACKET_DESCRIPTOR IsoPacketDescriptors,
				     LPOVERLAPPED Overlapped)
{
	struct isoch_call call = {
		.in = true,
		.offset = Offset,
		.length = Length,
		.packets = NumberOfPackets,
		.continue_stream = ContinueStream,
		.results = IsoPacketDescriptors,
	};

	return isoch(BufferHandle, &call, Overlapped);
}

BOOL WINAPI WinUsb_WriteIsochPipeAsap(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle, ULONG Offset,
				      ULONG Length, BOOL ContinueStream, LPOVERLAPPED Overlapped)
{
	struct isoch_call call = {
		.offset = Offset,
		.length = Length,
		.continue_stream = ContinueStream,
	};

	return isoch(BufferHandle, &call, Overlapped);
}

/* ---- winusb_ext.h -------------------------------------------------------------------------- */

#define EXT_FLAGS \
	(WINUSBEXT_CONTINUE_STREAM | WINUSBEXT_AT_FRAME | WINUSBEXT_PACKET_LENGTHS | \
	 WINUSBEXT_DROP_LATE)

static void report_ext(const struct winusb_isoch_op *op, void *argument)
{
	PWINUSBEXT_ISOCH_TRANSFER transfer = argument;

	transfer->BytesTransferred = op->bytes;
	transfer->ErrorCount = op->errors;
	transfer->Gap = op->gap;
	transfer->InnerGap = op->inner_gap;
	transfer->StartFrame = (ULONG)wiso_frame_number(op->start_uframe);
	transfer->StartMicroFrame = (ULONG)op->start_uframe & 7;
	transfer->Trust = op->trust;
	transfer->ResultFlags = op->flags;
	transfer->TimeStamp.QuadPart = win_ticks_from_ns(op->timestamp_ns);
}

static DWORD check_lengths(const WINUSBEXT_ISOCH_TRANSFER *transfer,
			   const struct winusb_pipe_shape *shape)
{
	uint64_t sum = 0;

	if (!transfer->Packets)
		return ERROR_INVALID_PARAMETER;
	for (ULONG i = 0; i < transfer->NumberOfPackets; i++) {
		if (transfer->Packets[i].Length > shape->max_bytes)
			return ERROR_INVALID_PARAMETER;
		sum += transfer->Packets[i].Length;
	}
	return sum == transfer->Length ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static DWORD count_packets(const WINUSBEXT_ISOCH_TRANSFER *transfer,
			   const struct winusb_pipe_shape *shape, uint32_t *packets)
{
	*packets = transfer->NumberOfPackets;
	if (transfer->Flags & WINUSBEXT_PACKET_LENGTHS)
		return *packets && *packets <= WINUSB_ISO_MAX_BUFFER_PACKETS ?
			       check_lengths(transfer, shape) :
			       ERROR_INVALID_PARAMETER;
	*packets = winusb_packets_for(shape, transfer->Length, false);
	if (!*packets || *packets > WINUSB_ISO_MAX_BUFFER_PACKETS)
		return ERROR_INVALID_PARAMETER;
	return transfer->NumberOfPackets && transfer->NumberOfPackets != *packets ?
		       ERROR_INVALID_PARAMETER :
		       ERROR_SUCCESS;
}

static DWORD check_ext(struct winusb_isoch_buffer *buffer, const WINUSBEXT_ISOCH_TRANSFER *transfer,
		       const struct winusb_pipe_shape *shape, uint32_t *packets)
{
	const ULONG both = WINUSBEXT_CONTINUE_STREAM | WINUSBEXT_AT_FRAME;
	const ULONG late = WINUSBEXT_DROP_LATE | WINUSBEXT_AT_FRAME;

	if (transfer->Size != sizeof(*transfer) || transfer->Flags & ~(ULONG)EXT_FLAGS ||
	    (transfer->Flags & both) == both || (transfer->Flags & late) == WINUSBEXT_DROP_LATE ||
	    transfer->MicroFrameNumber > 7 || (shape->in && !transfer->Packets))
		return ERROR_INVALID_PARAMETER;
	/* Packets of no length make no bytes. */
	if ((transfer->Length || !(transfer->Flags & WINUSBEXT_PACKET_LENGTHS)) &&
	    check_slice(buffer, transfer->Offset, transfer->Length))
		return ERROR_INVALID_PARAMETER;
	if (transfer->Offset > buffer->length)
		return ERROR_INVALID_PARAMETER;
	return count_packets(transfer, shape, packets);
}

/* What follows the last packet is known only if it is known where the first one goes. */
static DWORD start_ext(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
		       PWINUSBEXT_ISOCH_TRANSFER transfer, const struct winusb_pipe_shape *shape,
		       struct winusb_isoch_request *request, uint64_t *next)
{
	struct winusb_iso_frame now;
	uint64_t start;

	if (wiso_get_frame(dev, &now) < 0)
		return win_error_from_errno(errno);
	start = winusb_frame_extend(transfer->FrameNumber, now.uframe) + transfer->MicroFrameNumber;
	*next = start + (uint64_t)request->packets * shape->interval;
	return set_start(buffer, start, now.uframe, transfer->Flags & WINUSBEXT_DROP_LATE, request);
}

static DWORD begin_ext(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
		       PWINUSBEXT_ISOCH_TRANSFER transfer, LPOVERLAPPED overlapped,
		       struct winusb_isoch_op **op)
{
	struct winusb_isoch_request request = {
		.offset = transfer->Offset,
		.length = transfer->Length,
		.results = transfer->Packets,
		.count_bytes = true,
		.report = report_ext,
		.argument = transfer,
	};
	ULONG frame = transfer->FrameNumber, uframe = transfer->MicroFrameNumber;
	struct winusb_pipe_shape shape;
	DWORD error = shape_now(buffer, dev, &shape);
	uint64_t next = 0;

	if (transfer->Flags & WINUSBEXT_CONTINUE_STREAM)
		request.flags |= WINUSB_ISO_TRANSFER_CONTINUE;
	if (transfer->Flags & WINUSBEXT_PACKET_LENGTHS)
		request.flags |= WINUSB_ISO_TRANSFER_PACKET_LENGTHS;
	if (!error)
		error = check_ext(buffer, transfer, &shape, &request.packets);
	if (!error && transfer->Flags & WINUSBEXT_AT_FRAME)
		error = start_ext(buffer, dev, transfer, &shape, &request, &next);
	if (error)
		return error;
	if (transfer->Flags & WINUSBEXT_AT_FRAME) {
		transfer->FrameNumber = (ULONG)wiso_frame_number(next);
		transfer->MicroFrameNumber = (ULONG)next & 7;
	}
	/* When it has begun, transfer may be gone. */
	error = winusb_isoch_begin(buffer, dev, &request, overlapped, op);
	if (error) {
		transfer->FrameNumber = frame;
		transfer->MicroFrameNumber = uframe;
	}
	return error;
}

BOOL WINAPI WinUsbExt_IsochTransfer(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle,
				    PWINUSBEXT_ISOCH_TRANSFER Transfer, LPOVERLAPPED Overlapped)
{
	struct winusb_isoch_buffer *buffer;
	struct winusb_isoch_op *op = NULL;
	struct wiso_device *dev;

	buffer = winusb_isoch_enter(BufferHandle, &dev);
	if (!buffer)
		return FALSE;
	if (!Transfer)
		return winusb_isoch_leave(buffer, ERROR_INVALID_PARAMETER);
	if (!winusb_isoch_leave(buffer, begin_ext(buffer, dev, Transfer, Overlapped, &op)))
		return FALSE;
	return win_op_finish(&op->op, NULL);
}
