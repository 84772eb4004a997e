/* SPDX-License-Identifier: MIT */
/* Which devices there are, as Windows would list them. */
#ifndef WINUSB_DEVICES_H
#define WINUSB_DEVICES_H

#include "guid.h"

#define WIN_PATH_SIZE 256
#define WIN_ID_SIZE   200

/* One node, which is one interface of a device. */
struct win_device {
	unsigned int number; /* of the node */
	char node[64];
	uint16_t vendor_id;
	uint16_t product_id;
	unsigned int interface_number;
	unsigned int bus;
	unsigned int address;
	/* No lower interface of the same device is bound: what is said of the device is meant for
	 * it. */
	bool first;
	char instance[128]; /* the serial number, or bus and ports */
	char location[64];  /* bus and ports */
	char *manufacturer; /* never NULL */
	char *product;
};

struct win_devices {
	struct win_device *list;
	size_t count;
};

/* By number of their nodes. An error of Windows. */
DWORD win_devices_read(struct win_devices *devices);
void win_devices_free(struct win_devices *devices);

/* Interface classes of a device: GUID_DEVINTERFACE_USB_DEVICE first. May ask the device. */
void win_device_guids(const struct win_device *device, struct win_guids *guids);
bool win_device_has_guid(const struct win_device *device, const GUID *guid);

/* \\?\usb#vid_1209&pid_0001&mi_00#instance#{guid} */
void win_device_path(const struct win_device *device, const GUID *guid, char *path);
/* USB\VID_1209&PID_0001&MI_00\INSTANCE */
void win_device_id(const struct win_device *device, char *id);

/* classes.c: the class of everything on USB, and the setup class of WinUSB devices. */
extern const GUID win_guid_usb_device;
extern const GUID win_guid_setup_class;

/* msos-cache.c: what the device itself says, asked once while it is plugged in. */
void win_msos_guids(const struct win_device *device, struct win_guids *guids);

#endif /* WINUSB_DEVICES_H */
