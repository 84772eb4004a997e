/* SPDX-License-Identifier: MIT */
/*
 * What this library does beyond WinUSB. Nothing here exists on Windows; a program that is to run
 * there, too, keeps its use of this header apart.
 *
 * As in winusb.h, functions return FALSE and set GetLastError() when they fail, and a request with
 * an OVERLAPPED that was accepted returns FALSE with ERROR_IO_PENDING.
 */
#ifndef WINUSB_EXT_H
#define WINUSB_EXT_H

#include <winusb.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Policies of an interface -------------------------------------------------------------- */

/*
 * Each is a UCHAR, FALSE at first. WinUsb_Initialize() sets them back.
 *
 * REAL_BYTE_COUNTS: WinUsb_GetOverlappedResult() and OVERLAPPED.InternalHigh give the bytes that an
 *	isochronous transfer moved. (Windows gives 0.)
 * LIFT_LIMITS: the isochronous functions of winusb.h take transfers that do not end with a frame,
 *	of more than 1024 packets (255 at full speed), and on pipes whose interval is more than 8
 *	microframes; and WinUsb_ControlTransfer() more than 4 KiB. (Otherwise
 *	ERROR_INVALID_PARAMETER.)
 * APPROXIMATE_FRAMES: on a host controller that can't be told a start frame (xHCI, at the time),
 *	WinUsb_Read/WriteIsochPipe() go as soon as possible instead of failing with
 *	ERROR_NOT_SUPPORTED. It is FALSE at first unless the environment has
 *	WINUSB_ISO_APPROXIMATE_FRAMES=1.
 */
#define WINUSBEXT_REAL_BYTE_COUNTS   0x01
#define WINUSBEXT_LIFT_LIMITS	     0x02
#define WINUSBEXT_APPROXIMATE_FRAMES 0x03

/* As WinUsb_Get/SetPowerPolicy(). ERROR_INVALID_PARAMETER: no such policy, or a wrong length. */
BOOL WINAPI WinUsbExt_SetPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				ULONG ValueLength, PVOID Value);
BOOL WINAPI WinUsbExt_GetPolicy(WINUSB_INTERFACE_HANDLE InterfaceHandle, ULONG PolicyType,
				PULONG ValueLength, PVOID Value);

/* ---- Memory that the host controller reaches ----------------------------------------------- */

/*
 * WinUsb_RegisterIsochBuffer() takes any memory. Data then is copied once, at the call of
 * WinUsb_Write... or at the completion of WinUsb_Read...; between the two the caller's memory
 * is not looked at. Memory from here is what the controller itself reads and writes: nothing is
 * copied.
 *
 * WinUsbExt_AllocIsochBuffer() allocates for one pipe of the current alternate setting:
 * zeroed, page aligned, 1 byte to WINUSBEXT_MAX_ISOCH_BUFFER (else ERROR_INVALID_PARAMETER;
 * allocate several). Register the whole or any parts of it, for the same pipe of the same
 * interface; for another pipe it is memory like any other.
 *
 * WinUsbExt_FreeIsochBuffer() gives it back; it stays until what was registered of it is
 * unregistered. ERROR_INVALID_PARAMETER: no such memory. CloseHandle() of the device's file takes
 * the memory away, whoever still has it.
 */
#define WINUSBEXT_MAX_ISOCH_BUFFER 0x400000

BOOL WINAPI WinUsbExt_AllocIsochBuffer(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				       ULONG BufferLength, PUCHAR *Buffer);
BOOL WINAPI WinUsbExt_FreeIsochBuffer(PUCHAR Buffer);

/* ---- Isochronous transfers with all that the driver knows about them ----------------------- */

/* WINUSBEXT_ISOCH_TRANSFER.Flags */
#define WINUSBEXT_CONTINUE_STREAM 0x01 /* ContinueStream */
#define WINUSBEXT_AT_FRAME	  0x02 /* not together with CONTINUE_STREAM */
#define WINUSBEXT_PACKET_LENGTHS  0x04
#define WINUSBEXT_DROP_LATE \
	0x08 /* with AT_FRAME: drop just the packets that are
						 * late, as WinUsb_ReadIsochPipe() does */

/* WINUSBEXT_ISOCH_TRANSFER.Trust: how it is known that Gap and StartFrame are right. */
#define WINUSBEXT_TRUST_UNKNOWN 0 /* it is not: they are estimates */
#define WINUSBEXT_TRUST_TIMED	1 /* the clock says it was not late */
#define WINUSBEXT_TRUST_EXACT	2 /* the host controller reported start frames */

/* WINUSBEXT_ISOCH_TRANSFER.ResultFlags */
#define WINUSBEXT_NEW_STREAM 0x01 /* nothing was pending before it */
#define WINUSBEXT_NOT_SENT   0x02 /* nothing of it was on the bus */

/*
 * One transfer, in and out. It belongs to the library until the transfer has completed.
 *
 * Size: sizeof(WINUSBEXT_ISOCH_TRANSFER).
 * Offset, Length: bytes in the registered buffer. Without PACKET_LENGTHS: full packets, of
 * which the
 *	last one of an OUT transfer may be short. With it: the sum of the packets' lengths.
 * NumberOfPackets: any number, also fewer than a frame has; 0: what Length makes.
 * Packets: IN: NumberOfPackets entries; OUT: the same, or NULL. Filled at completion: Offset,
 * Length
 *	(bytes received or *sent*) and Status. With PACKET_LENGTHS Length goes in, too: of each
 *	packet, 0 to MaximumBytesPerInterval; their data lies back to back.
 * FrameNumber, MicroFrameNumber: in with AT_FRAME: where the first packet goes. Out, before
 * the call
 *	returns: what follows the last packet.
 */
typedef struct _WINUSBEXT_ISOCH_TRANSFER {
	ULONG Size;
	ULONG Flags;
	ULONG Offset;
	ULONG Length;
	ULONG NumberOfPackets;
	ULONG FrameNumber;
	ULONG MicroFrameNumber;
	ULONG Reserved;
	PUSBD_ISO_PACKET_DESCRIPTOR Packets;

	/* Out, at completion. */
	ULONG BytesTransferred;
	ULONG ErrorCount;      /* packets that failed */
	ULONG Gap;	       /* service intervals without a packet of ours just before it */
	ULONG InnerGap;	       /* and between packets of it */
	ULONG StartFrame;      /* as of WinUsb_GetCurrentFrameNumber() */
	ULONG StartMicroFrame; /* 0 to 7 */
	ULONG Trust;
	ULONG ResultFlags;
	LARGE_INTEGER TimeStamp; /* QueryPerformanceCounter() when its last packet was done */
} WINUSBEXT_ISOCH_TRANSFER, *PWINUSBEXT_ISOCH_TRANSFER;

/*
 * The limits that LIFT_LIMITS lifts do not apply here, and Overlapped has the real byte count.
 * An IN or an OUT transfer: as the buffer's pipe is. Errors at the call: ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER; of the transfer: as WinUsb_ReadIsochPipeAsap().
 */
BOOL WINAPI WinUsbExt_IsochTransfer(WINUSB_ISOCH_BUFFER_HANDLE BufferHandle,
				    PWINUSBEXT_ISOCH_TRANSFER Transfer, LPOVERLAPPED Overlapped);

/* ---- Strings ------------------------------------------------------------------------------- */

/*
 * A string descriptor (UTF-16) as a string of this library's WCHAR, terminated. Returns its length
 * without the terminator; 0 if it is empty or no string descriptor. What does not fit is cut off.
 */
ULONG WINAPI WinUsbExt_StringFromDescriptor(const USB_STRING_DESCRIPTOR *Descriptor, PWSTR Text,
					    ULONG Characters);

/* ---- Exported by winusb.dll, without a public declaration ---------------------------------- */

BOOL WINAPI WinUsb_AbortPipeAsync(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				  LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_ResetPipeAsync(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				  LPOVERLAPPED Overlapped);
BOOL WINAPI WinUsb_SetCurrentAlternateSettingAsync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
						   UCHAR SettingNumber, LPOVERLAPPED Overlapped);

/* ---- libusbK's helpers --------------------------------------------------------------------- */

/*
 * The isochronous part of libusbK, with its names and structures, over WinUSB handles:
 * KUSB_HANDLE is a WINUSB_INTERFACE_HANDLE.
 */
#ifndef _LIBUSBK_H__

#define KUSB_EXP
#define KUSB_API WINAPI

typedef WINUSB_INTERFACE_HANDLE KUSB_HANDLE;
typedef PVOID KISOCH_HANDLE;

typedef enum _KISO_FLAG {
	KISO_FLAG_NONE = 0,
	KISO_FLAG_SET_START_FRAME = 0x00000001 /* start at KISO_CONTEXT.StartFrame */
} KISO_FLAG;

/* Status: the lower half of the USBD_STATUS. Length: bytes received; for OUT bytes sent. */
typedef struct _KISO_PACKET {
	UINT Offset;
	USHORT Length;
	USHORT Status;
} KISO_PACKET, *PKISO_PACKET;

/*
 * Offset of packet i counts from the start of the buffer; the packet has room, or data, up to the
 * offset of packet i + 1, the last one up to the end of the buffer: at most MaximumBytesPerInterval
 * of it. StartFrame comes out, too.
 */
typedef struct _KISO_CONTEXT {
	KISO_FLAG Flags;
	UINT StartFrame;
	SHORT ErrorCount;
	SHORT NumberOfPackets;
	UINT UrbHdrStatus;
	__extension__ KISO_PACKET IsoPackets[0];
} KISO_CONTEXT, *PKISO_CONTEXT;

_WINUSB_SIZE(KISO_PACKET, 8);
_WINUSB_SIZE(KISO_CONTEXT, 16);

typedef struct _KISOCH_PACKET_INFORMATION {
	UINT PacketsPerFrame;
	UINT PollingPeriodMicroseconds;
	UINT BytesPerMillisecond;
} KISOCH_PACKET_INFORMATION, *PKISOCH_PACKET_INFORMATION;

/* Return FALSE to end the enumeration. */
typedef BOOL KUSB_API KISO_ENUM_PACKETS_CB(UINT PacketIndex, PKISO_PACKET IsoPacket,
					   PVOID UserState);
typedef BOOL KUSB_API KISOCH_ENUM_PACKETS_CB(UINT PacketIndex, PUINT Offset, PUINT Length,
					     PUINT Status, PVOID UserState);

KUSB_EXP BOOL KUSB_API IsoK_Init(PKISO_CONTEXT *IsoContext, INT NumberOfPackets, INT StartFrame);
KUSB_EXP BOOL KUSB_API IsoK_Free(PKISO_CONTEXT IsoContext);
KUSB_EXP BOOL KUSB_API IsoK_SetPackets(PKISO_CONTEXT IsoContext, INT PacketSize);
KUSB_EXP BOOL KUSB_API IsoK_SetPacket(PKISO_CONTEXT IsoContext, INT PacketIndex,
				      PKISO_PACKET IsoPacket);
KUSB_EXP BOOL KUSB_API IsoK_GetPacket(PKISO_CONTEXT IsoContext, INT PacketIndex,
				      PKISO_PACKET IsoPacket);
KUSB_EXP BOOL KUSB_API IsoK_EnumPackets(PKISO_CONTEXT IsoContext, KISO_ENUM_PACKETS_CB *EnumPackets,
					INT StartPacketIndex, PVOID UserState);
KUSB_EXP BOOL KUSB_API IsoK_ReUse(PKISO_CONTEXT IsoContext);
KUSB_EXP BOOL KUSB_API UsbK_IsoReadPipe(KUSB_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
					UINT BufferLength, LPOVERLAPPED Overlapped,
					PKISO_CONTEXT IsoContext);
KUSB_EXP BOOL KUSB_API UsbK_IsoWritePipe(KUSB_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
					 UINT BufferLength, LPOVERLAPPED Overlapped,
					 PKISO_CONTEXT IsoContext);

KUSB_EXP BOOL KUSB_API IsochK_Init(KISOCH_HANDLE *IsochHandle, KUSB_HANDLE InterfaceHandle,
				   UCHAR PipeId, UINT MaxNumberOfPackets, PUCHAR TransferBuffer,
				   UINT TransferBufferSize);
KUSB_EXP BOOL KUSB_API IsochK_Free(KISOCH_HANDLE IsochHandle);
KUSB_EXP BOOL KUSB_API IsochK_SetPacketOffsets(KISOCH_HANDLE IsochHandle, UINT PacketSize);
KUSB_EXP BOOL KUSB_API IsochK_SetPacket(KISOCH_HANDLE IsochHandle, UINT PacketIndex, UINT Offset,
					UINT Length, UINT Status);
KUSB_EXP BOOL KUSB_API IsochK_GetPacket(KISOCH_HANDLE IsochHandle, UINT PacketIndex, PUINT Offset,
					PUINT Length, PUINT Status);
KUSB_EXP BOOL KUSB_API IsochK_EnumPackets(KISOCH_HANDLE IsochHandle,
					  KISOCH_ENUM_PACKETS_CB *EnumPackets,
					  UINT StartPacketIndex, PVOID UserState);
KUSB_EXP BOOL KUSB_API IsochK_GetNumberOfPackets(KISOCH_HANDLE IsochHandle, PUINT NumberOfPackets);
KUSB_EXP BOOL KUSB_API IsochK_SetNumberOfPackets(KISOCH_HANDLE IsochHandle, UINT NumberOfPackets);
KUSB_EXP BOOL KUSB_API IsochK_CalcPacketInformation(BOOL IsHighSpeed,
						    PWINUSB_PIPE_INFORMATION_EX PipeInformationEx,
						    PKISOCH_PACKET_INFORMATION PacketInformation);
/*
 * DataLength 0: the whole buffer. NumberOfPackets 0: what IsochK_SetNumberOfPackets() said.
 * FrameNumber NULL: directly behind what is pending, else as soon as possible.
 */
KUSB_EXP BOOL KUSB_API UsbK_IsochReadPipe(KISOCH_HANDLE IsochHandle, UINT DataLength,
					  PUINT FrameNumber, UINT NumberOfPackets,
					  LPOVERLAPPED Overlapped);
KUSB_EXP BOOL KUSB_API UsbK_IsochWritePipe(KISOCH_HANDLE IsochHandle, UINT DataLength,
					   PUINT FrameNumber, UINT NumberOfPackets,
					   LPOVERLAPPED Overlapped);

#endif /* _LIBUSBK_H__ */

#ifdef __cplusplus
}
#endif

#endif /* WINUSB_EXT_H */
