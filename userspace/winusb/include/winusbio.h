/* SPDX-License-Identifier: MIT */
/* What winusb.h says about pipes, and the numbers of policies and of device information. */
#ifndef __WINUSBIO_H
#define __WINUSBIO_H

#include <windows.h>
#include <usb.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Interval is bInterval of the endpoint descriptor. */
typedef struct _WINUSB_PIPE_INFORMATION {
	USBD_PIPE_TYPE PipeType;
	UCHAR PipeId;
	USHORT MaximumPacketSize;
	UCHAR Interval;
} WINUSB_PIPE_INFORMATION, *PWINUSB_PIPE_INFORMATION;

/* MaximumBytesPerInterval: bytes of one isochronous packet. */
typedef struct _WINUSB_PIPE_INFORMATION_EX {
	USBD_PIPE_TYPE PipeType;
	UCHAR PipeId;
	USHORT MaximumPacketSize;
	UCHAR Interval;
	ULONG MaximumBytesPerInterval;
} WINUSB_PIPE_INFORMATION_EX, *PWINUSB_PIPE_INFORMATION_EX;

/* WinUsb_SetPipePolicy(): the value is a UCHAR, but for those marked with its type. */
#define SHORT_PACKET_TERMINATE 0x01
#define AUTO_CLEAR_STALL       0x02
#define PIPE_TRANSFER_TIMEOUT  0x03 /* ULONG, milliseconds; 0: none */
#define IGNORE_SHORT_PACKETS   0x04
#define ALLOW_PARTIAL_READS    0x05
#define AUTO_FLUSH	       0x06
#define RAW_IO		       0x07
#define MAXIMUM_TRANSFER_SIZE  0x08 /* ULONG, bytes; can only be asked for */
#define RESET_PIPE_ON_RESUME   0x09

/* WinUsb_SetPowerPolicy() */
#define AUTO_SUSPEND  0x81 /* UCHAR */
#define ENABLE_WAKE   0x82 /* UCHAR */
#define SUSPEND_DELAY 0x83 /* ULONG, milliseconds */

/* WinUsb_QueryDeviceInformation(): DEVICE_SPEED is a UCHAR, LowSpeed up to full speed. */
#define DEVICE_SPEED 0x01
#define LowSpeed     0x01
#define FullSpeed    0x02
#define HighSpeed    0x03

_WINUSB_SIZE(WINUSB_PIPE_INFORMATION, 12);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION, PipeId, 4);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION, MaximumPacketSize, 6);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION, Interval, 8);
_WINUSB_SIZE(WINUSB_PIPE_INFORMATION_EX, 16);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION_EX, PipeId, 4);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION_EX, MaximumPacketSize, 6);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION_EX, Interval, 8);
_WINUSB_OFFSET(WINUSB_PIPE_INFORMATION_EX, MaximumBytesPerInterval, 12);

#ifdef __cplusplus
}
#endif

#endif /* __WINUSBIO_H */
