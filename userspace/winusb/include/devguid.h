/* SPDX-License-Identifier: MIT */
/* Setup classes: USB host controllers and hubs, and devices of WinUSB. */
#include <guiddef.h>

/* Declared once, and defined once after <initguid.h>. */
#if !defined(WINUSB_DEVGUID_DECLARED) || (defined(INITGUID) && !defined(WINUSB_DEVGUID_DEFINED))
#define WINUSB_DEVGUID_DECLARED
#ifdef INITGUID
#define WINUSB_DEVGUID_DEFINED
#endif

DEFINE_GUID(GUID_DEVCLASS_USB, 0x36fc9e60, 0xc465, 0x11cf, 0x80, 0x56, 0x44, 0x45, 0x53, 0x54, 0x00,
	    0x00);
DEFINE_GUID(GUID_DEVCLASS_USBDEVICE, 0x88bae032, 0x5a81, 0x49f0, 0xbc, 0x3d, 0xa4, 0xff, 0x13, 0x82,
	    0x16, 0xd6);

#endif
