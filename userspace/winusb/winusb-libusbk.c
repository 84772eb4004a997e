// SPDX-License-Identifier: MIT
/* The isochronous helpers of libusbK: IsoK_*, IsochK_*, and the transfers that use them. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

/* ---- IsoK: a context per transfer, without registration ------------------------------------ */

BOOL KUSB_API IsoK_Init(PKISO_CONTEXT *IsoContext, INT NumberOfPackets, INT StartFrame)
{
	PKISO_CONTEXT context;

	if (!IsoContext || NumberOfPackets < 1 || NumberOfPackets > SHRT_MAX)
		return win_fail(ERROR_INVALID_PARAMETER);
	context = calloc(1, sizeof(*context) + (size_t)NumberOfPackets * sizeof(KISO_PACKET));
	if (!context)
		return win_fail(ERROR_NOT_ENOUGH_MEMORY);
	context->NumberOfPackets = (SHORT)NumberOfPackets;
	context->StartFrame = (UINT)StartFrame;
	*IsoContext = context;
	return TRUE;
}

BOOL KUSB_API IsoK_Free(PKISO_CONTEXT IsoContext)
{
	if (!IsoContext)
		return win_fail(ERROR_INVALID_HANDLE);
	free(IsoContext);
	return TRUE;
}

BOOL KUSB_API IsoK_SetPackets(PKISO_CONTEXT IsoContext, INT PacketSize)
{
	if (!IsoContext || PacketSize < 0)
		return win_fail(IsoContext ? ERROR_INVALID_PARAMETER : ERROR_INVALID_HANDLE);
	for (INT i = 0; i < IsoContext->NumberOfPackets; i++)
		IsoContext->IsoPackets[i].Offset = (UINT)i * (UINT)PacketSize;
	return TRUE;
}

static DWORD check_packet(PKISO_CONTEXT context, INT index, const void *other)
{
	if (!context)
		return ERROR_INVALID_HANDLE;
	return other && index >= 0 && index < context->NumberOfPackets ? ERROR_SUCCESS :
									 ERROR_INVALID_PARAMETER;
}

BOOL KUSB_API IsoK_SetPacket(PKISO_CONTEXT IsoContext, INT PacketIndex, PKISO_PACKET IsoPacket)
{
	DWORD error = check_packet(IsoContext, PacketIndex, IsoPacket);

	if (error)
		return win_fail(error);
	IsoContext->IsoPackets[PacketIndex] = *IsoPacket;
	return TRUE;
}

BOOL KUSB_API IsoK_GetPacket(PKISO_CONTEXT IsoContext, INT PacketIndex, PKISO_PACKET IsoPacket)
{
	DWORD error = check_packet(IsoContext, PacketIndex, IsoPacket);

	if (error)
		return win_fail(error);
	*IsoPacket = IsoContext->IsoPackets[PacketIndex];
	return TRUE;
}

BOOL KUSB_API IsoK_EnumPackets(PKISO_CONTEXT IsoContext, KISO_ENUM_PACKETS_CB *EnumPackets,
			       INT StartPacketIndex, PVOID UserState)
{
	const void *callback = (const void *)(uintptr_t)EnumPackets;
	DWORD error = check_packet(IsoContext, StartPacketIndex, callback);

	if (error)
		return win_fail(error);
	for (INT i = StartPacketIndex; i < IsoContext->NumberOfPackets; i++)
		if (!EnumPackets((UINT)i, &IsoContext->IsoPackets[i], UserState))
			break;
	return TRUE;
}

BOOL KUSB_API IsoK_ReUse(PKISO_CONTEXT IsoContext)
{
	if (!IsoContext)
		return win_fail(ERROR_INVALID_HANDLE);
	for (INT i = 0; i < IsoContext->NumberOfPackets; i++) {
		IsoContext->IsoPackets[i].Length = 0;
		IsoContext->IsoPackets[i].Status = 0;
	}
	IsoContext->StartFrame = 0;
	IsoContext->ErrorCount = 0;
	return TRUE;
}

/* What one of the calls was given. */
struct iso_call {
	UCHAR address;
	bool in;
	PUCHAR data;
	UINT length;
	PKISO_CONTEXT context;
	struct win_object *owner; /* of the context; NULL: it is the program's */
};

/* What a transfer of packets with offsets of their own needs until it ends. */
struct placed {
	PKISO_CONTEXT context;
	struct win_object *owner; /* with a reference, or NULL */
	USBD_ISO_PACKET_DESCRIPTOR *results;
	uint32_t *places;
};

static void placed_free(struct placed *placed)
{
	win_object_put(placed->owner);
	free(placed->results);
	free(placed->places);
	free(placed);
}

static void report_placed(const struct winusb_isoch_op *op, void *argument)
{
	struct placed *placed = argument;
	PKISO_CONTEXT context = placed->context;

	for (uint32_t i = 0; i < op->request.packets; i++) {
		context->IsoPackets[i].Length = (USHORT)placed->results[i].Length;
		context->IsoPackets[i].Status = (USHORT)placed->results[i].Status;
		/* The lower half of some is 0. */
		if (placed->results[i].Status && !context->IsoPackets[i].Status)
			context->IsoPackets[i].Status = (USHORT)USBD_STATUS_NOT_ACCESSED;
	}
	context->ErrorCount = (SHORT)op->errors;
	context->StartFrame = (UINT)wiso_frame_number(op->start_uframe);
	context->UrbHdrStatus =
		(UINT)winusb_isoch_urb_status(op->status, op->errors, op->request.packets);
	placed_free(placed);
}

/* Lengths are what lies between offsets. An error. */
static DWORD read_places(struct placed *placed, uint32_t packets, uint32_t length,
			 uint32_t max_bytes, uint32_t *total)
{
	const KISO_PACKET *packet = placed->context->IsoPackets;

	for (uint32_t i = 0; i < packets; i++) {
		uint32_t end = i + 1 < packets ? packet[i + 1].Offset : length;

		if (end < packet[i].Offset || end > length)
			return ERROR_INVALID_PARAMETER;
		placed->places[i] = packet[i].Offset;
		placed->results[i].Length =
			end - packet[i].Offset < max_bytes ? end - packet[i].Offset : max_bytes;
		*total += placed->results[i].Length;
	}
	return ERROR_SUCCESS;
}

static struct placed *placed_new(const struct iso_call *call)
{
	struct placed *placed = calloc(1, sizeof(*placed));
	size_t packets = (size_t)call->context->NumberOfPackets;

	if (!placed)
		return NULL;
	placed->context = call->context;
	placed->owner = call->owner;
	if (call->owner)
		win_object_get(call->owner);
	placed->results = calloc(packets, sizeof(*placed->results));
	placed->places = calloc(packets, sizeof(*placed->places));
	if (placed->results && placed->places)
		return placed;
	placed_free(placed);
	return NULL;
}

/* start_uframe 0: as soon as possible. Takes placed over when it works. */
static DWORD begin_placed(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
			  struct placed *placed, uint32_t packets, uint32_t length,
			  uint64_t start_uframe, LPOVERLAPPED overlapped,
			  struct winusb_isoch_op **op)
{
	struct winusb_isoch_request request = {
		.packets = packets,
		.flags = WINUSB_ISO_TRANSFER_PACKET_LENGTHS,
		.start_uframe = start_uframe,
		.results = placed->results,
		.places = placed->places,
		.count_bytes = true,
		.report = report_placed,
		.argument = placed,
	};
	DWORD error =
		read_places(placed, packets, length, buffer->shape.max_bytes, &request.length);

	if (start_uframe)
		request.flags |= WINUSB_ISO_TRANSFER_AT_FRAME;
	return error ? error : winusb_isoch_begin(buffer, dev, &request, overlapped, op);
}

/* Bus time that the context asks for; 0: none. */
static uint64_t start_of(PKISO_CONTEXT context, struct wiso_device *dev)
{
	struct winusb_iso_frame now;

	if (!(context->Flags & KISO_FLAG_SET_START_FRAME) || wiso_get_frame(dev, &now) < 0)
		return 0;
	return winusb_frame_extend(context->StartFrame, now.uframe);
}

static DWORD iso_transfer(struct winusb_interface *interface, struct wiso_device *dev,
			  const struct iso_call *call, LPOVERLAPPED overlapped,
			  struct winusb_isoch_op **op)
{
	struct winusb_isoch_buffer *buffer = NULL;
	struct placed *placed;
	DWORD error;

	error = winusb_isoch_register(interface, dev, call->address, call->data, call->length,
				      &buffer);
	if (error)
		return error;
	placed = placed_new(call);
	error = !placed ?
			ERROR_NOT_ENOUGH_MEMORY :
			begin_placed(buffer, dev, placed, (uint32_t)call->context->NumberOfPackets,
				     call->length, start_of(call->context, dev), overlapped, op);
	if (error && placed)
		placed_free(placed);
	/* It goes with the transfer. */
	win_object_put(&buffer->object);
	return error;
}

static BOOL iso_pipe(KUSB_HANDLE handle, const struct iso_call *call, LPOVERLAPPED overlapped)
{
	struct winusb_interface *interface;
	struct winusb_isoch_op *op = NULL;
	struct wiso_device *dev;

	interface = winusb_enter(handle, &dev);
	if (!interface)
		return FALSE;
	if (!call->data || !call->length || !call->context || call->context->NumberOfPackets < 1 ||
	    !(call->address & 0x80) == call->in)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	if (!winusb_leave(interface, iso_transfer(interface, dev, call, overlapped, &op)))
		return FALSE;
	return win_op_finish(&op->op, NULL);
}

BOOL KUSB_API UsbK_IsoReadPipe(KUSB_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
			       UINT BufferLength, LPOVERLAPPED Overlapped, PKISO_CONTEXT IsoContext)
{
	struct iso_call call = {
		.address = PipeID,
		.in = true,
		.data = Buffer,
		.length = BufferLength,
		.context = IsoContext,
	};

	return iso_pipe(InterfaceHandle, &call, Overlapped);
}

BOOL KUSB_API UsbK_IsoWritePipe(KUSB_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
				UINT BufferLength, LPOVERLAPPED Overlapped,
				PKISO_CONTEXT IsoContext)
{
	struct iso_call call = {
		.address = PipeID,
		.data = Buffer,
		.length = BufferLength,
		.context = IsoContext,
	};

	return iso_pipe(InterfaceHandle, &call, Overlapped);
}

/* ---- IsochK: a handle with a registered buffer --------------------------------------------- */

struct isochk {
	struct win_object object;
	WINUSB_INTERFACE_HANDLE interface;
	UCHAR address;
	PUCHAR data;
	UINT length;
	UINT max_packets;
	uint32_t interval;     /* microframes */
	PKISO_CONTEXT context; /* offsets in, results out: of max_packets packets */
};

static void isochk_free(struct win_object *object)
{
	struct isochk *isoch = (struct isochk *)(void *)object;

	free(isoch->context);
	free(isoch);
}

static const struct win_class isochk_class = {
	.name = "IsochK",
	.free = isochk_free,
};

static BOOL ask_pipe(KUSB_HANDLE handle, UCHAR address, struct winusb_iso_pipe_info *info)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(handle, &dev);
	if (!interface)
		return FALSE;
	error = winusb_find_pipe(dev, address, info);
	if (!error && (info->type != WINUSB_ISO_PIPE_ISOCHRONOUS || !info->interval))
		error = ERROR_INVALID_PARAMETER;
	return winusb_leave(interface, error);
}

BOOL KUSB_API IsochK_Init(KISOCH_HANDLE *IsochHandle, KUSB_HANDLE InterfaceHandle, UCHAR PipeId,
			  UINT MaxNumberOfPackets, PUCHAR TransferBuffer, UINT TransferBufferSize)
{
	struct winusb_iso_pipe_info info = { 0 };
	struct isochk *isoch;

	if (!IsochHandle || !TransferBuffer || !TransferBufferSize || !MaxNumberOfPackets ||
	    MaxNumberOfPackets > SHRT_MAX)
		return win_fail(ERROR_INVALID_PARAMETER);
	if (!ask_pipe(InterfaceHandle, PipeId, &info))
		return FALSE;
	isoch = calloc(1, sizeof(*isoch));
	if (!isoch || !IsoK_Init(&isoch->context, (INT)MaxNumberOfPackets, 0)) {
		free(isoch);
		return win_fail(ERROR_NOT_ENOUGH_MEMORY);
	}
	IsoK_SetPackets(isoch->context, (INT)info.max_bytes_per_interval);
	win_object_init(&isoch->object, &isochk_class);
	isoch->interface = InterfaceHandle;
	isoch->address = PipeId;
	isoch->data = TransferBuffer;
	isoch->length = TransferBufferSize;
	isoch->max_packets = MaxNumberOfPackets;
	isoch->interval = info.interval;
	*IsochHandle = win_handle_give(&isoch->object);
	return *IsochHandle != NULL;
}

BOOL KUSB_API IsochK_Free(KISOCH_HANDLE IsochHandle)
{
	return win_handle_close(IsochHandle, &isochk_class);
}

static struct isochk *isochk_get(KISOCH_HANDLE handle)
{
	return win_handle_get(handle, &isochk_class);
}

static BOOL isochk_put(struct isochk *isoch, DWORD error)
{
	win_object_put(&isoch->object);
	return error ? win_fail(error) : TRUE;
}

BOOL KUSB_API IsochK_SetPacketOffsets(KISOCH_HANDLE IsochHandle, UINT PacketSize)
{
	struct isochk *isoch = isochk_get(IsochHandle);

	if (!isoch)
		return FALSE;
	for (UINT i = 0; i < isoch->max_packets; i++) {
		isoch->context->IsoPackets[i].Offset = i * PacketSize;
		isoch->context->IsoPackets[i].Length = (USHORT)PacketSize;
		isoch->context->IsoPackets[i].Status = 0;
	}
	return isochk_put(isoch, ERROR_SUCCESS);
}

BOOL KUSB_API IsochK_SetPacket(KISOCH_HANDLE IsochHandle, UINT PacketIndex, UINT Offset,
			       UINT Length, UINT Status)
{
	struct isochk *isoch = isochk_get(IsochHandle);

	if (!isoch)
		return FALSE;
	if (PacketIndex >= isoch->max_packets)
		return isochk_put(isoch, ERROR_INVALID_PARAMETER);
	isoch->context->IsoPackets[PacketIndex].Offset = Offset;
	isoch->context->IsoPackets[PacketIndex].Length = (USHORT)Length;
	isoch->context->IsoPackets[PacketIndex].Status = (USHORT)Status;
	return isochk_put(isoch, ERROR_SUCCESS);
}

BOOL KUSB_API IsochK_GetPacket(KISOCH_HANDLE IsochHandle, UINT PacketIndex, PUINT Offset,
			       PUINT Length, PUINT Status)
{
	struct isochk *isoch = isochk_get(IsochHandle);
	KISO_PACKET packet;

	if (!isoch)
		return FALSE;
	if (PacketIndex >= isoch->max_packets)
		return isochk_put(isoch, ERROR_INVALID_PARAMETER);
	packet = isoch->context->IsoPackets[PacketIndex];
	if (Offset)
		*Offset = packet.Offset;
	if (Length)
		*Length = packet.Length;
	if (Status)
		*Status = packet.Status;
	return isochk_put(isoch, ERROR_SUCCESS);
}

BOOL KUSB_API IsochK_EnumPackets(KISOCH_HANDLE IsochHandle, KISOCH_ENUM_PACKETS_CB *EnumPackets,
				 UINT StartPacketIndex, PVOID UserState)
{
	struct isochk *isoch = isochk_get(IsochHandle);
	UINT offset, length, status, count;
	BOOL more = TRUE;

	if (!isoch)
		return FALSE;
	if (!EnumPackets || StartPacketIndex >= isoch->max_packets)
		return isochk_put(isoch, ERROR_INVALID_PARAMETER);
	count = (UINT)isoch->context->NumberOfPackets;
	for (UINT i = StartPacketIndex; more && i < count; i++) {
		PKISO_PACKET packet = &isoch->context->IsoPackets[i];

		offset = packet->Offset;
		length = packet->Length;
		status = packet->Status;
		more = EnumPackets(i, &offset, &length, &status, UserState);
		packet->Offset = offset;
		packet->Length = (USHORT)length;
		packet->Status = (USHORT)status;
	}
	return isochk_put(isoch, ERROR_SUCCESS);
}

BOOL KUSB_API IsochK_GetNumberOfPackets(KISOCH_HANDLE IsochHandle, PUINT NumberOfPackets)
{
	struct isochk *isoch = isochk_get(IsochHandle);

	if (!isoch)
		return FALSE;
	if (!NumberOfPackets)
		return isochk_put(isoch, ERROR_INVALID_PARAMETER);
	*NumberOfPackets = (UINT)isoch->context->NumberOfPackets;
	return isochk_put(isoch, ERROR_SUCCESS);
}

BOOL KUSB_API IsochK_SetNumberOfPackets(KISOCH_HANDLE IsochHandle, UINT NumberOfPackets)
{
	struct isochk *isoch = isochk_get(IsochHandle);

	if (!isoch)
		return FALSE;
	if (!NumberOfPackets || NumberOfPackets > isoch->max_packets)
		return isochk_put(isoch, ERROR_INVALID_PARAMETER);
	isoch->context->NumberOfPackets = (SHORT)NumberOfPackets;
	return isochk_put(isoch, ERROR_SUCCESS);
}

BOOL KUSB_API IsochK_CalcPacketInformation(BOOL IsHighSpeed,
					   PWINUSB_PIPE_INFORMATION_EX PipeInformationEx,
					   PKISOCH_PACKET_INFORMATION PacketInformation)
{
	UINT period, exponent;

	if (!PipeInformationEx || !PacketInformation || !PipeInformationEx->Interval)
		return win_fail(ERROR_INVALID_PARAMETER);
	exponent = PipeInformationEx->Interval < 16 ? PipeInformationEx->Interval - 1u : 15;
	period = 1u << exponent;
	PacketInformation->PacketsPerFrame = !IsHighSpeed || period > 8 ? 1 : 8 / period;
	PacketInformation->PollingPeriodMicroseconds = period * (IsHighSpeed ? 125 : 1000);
	PacketInformation->BytesPerMillisecond =
		(UINT)((uint64_t)1000 * PipeInformationEx->MaximumBytesPerInterval /
		       PacketInformation->PollingPeriodMicroseconds);
	return TRUE;
}

/* The frame that was asked for goes in by the context, and what follows comes out. */
static BOOL isochk_pipe(KISOCH_HANDLE handle, bool in, UINT length, PUINT frame, UINT packets,
			LPOVERLAPPED overlapped)
{
	struct isochk *isoch = isochk_get(handle);
	struct iso_call call;
	UINT frames;
	BOOL done;

	if (!isoch)
		return FALSE;
	call = (struct iso_call){
		.address = isoch->address,
		.in = in,
		.data = isoch->data,
		.length = length ? length : isoch->length,
		.context = isoch->context,
		.owner = &isoch->object,
	};
	if (length > isoch->length || packets > isoch->max_packets)
		return isochk_put(isoch, ERROR_INVALID_PARAMETER);
	if (packets)
		isoch->context->NumberOfPackets = (SHORT)packets;
	isoch->context->Flags = frame ? KISO_FLAG_SET_START_FRAME : KISO_FLAG_NONE;
	isoch->context->StartFrame = frame ? *frame : 0;
	frames = ((UINT)isoch->context->NumberOfPackets * isoch->interval + 7) / 8;
	done = iso_pipe(isoch->interface, &call, overlapped);
	if (frame && (done || GetLastError() == ERROR_IO_PENDING))
		*frame += frames;
	win_object_put(&isoch->object);
	return done;
}

BOOL KUSB_API UsbK_IsochReadPipe(KISOCH_HANDLE IsochHandle, UINT DataLength, PUINT FrameNumber,
				 UINT NumberOfPackets, LPOVERLAPPED Overlapped)
{
	return isochk_pipe(IsochHandle, true, DataLength, FrameNumber, NumberOfPackets, Overlapped);
}

BOOL KUSB_API UsbK_IsochWritePipe(KISOCH_HANDLE IsochHandle, UINT DataLength, PUINT FrameNumber,
				  UINT NumberOfPackets, LPOVERLAPPED Overlapped)
{
	return isochk_pipe(IsochHandle, false, DataLength, FrameNumber, NumberOfPackets,
			   Overlapped);
}
