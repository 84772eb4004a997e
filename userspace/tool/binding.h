/* SPDX-License-Identifier: MIT */
/* Takes interfaces from their driver and gives them to winusb_iso, and back. */
#ifndef WINUSB_ISO_TOOL_BINDING_H
#define WINUSB_ISO_TOOL_BINDING_H

#include "sysfs.h"
#include "tool.h"

#define DRIVER "winusb_iso"

struct binding {
	struct sysfs sysfs;
	struct usb_device device;
	uint32_t wanted[8]; /* interfaces */
};

/* Finds the device and its interfaces; TOOL_OK, or an exit code after an error was printed.
 * @bound_only: interfaces that winusb_iso holds; otherwise those with isochronous endpoints. */
int binding_find(struct binding *binding, const char *text, bool bound_only);
/* Binds one interface. *former: the driver it was taken from, "" if none. */
int binding_take(struct binding *binding, unsigned int interface, struct text *former);
/* Unbinds one interface. */
int binding_drop(struct binding *binding, unsigned int interface);
/* Removes the device's id and lets other drivers have what is free. */
int binding_restore(struct binding *binding);
bool binding_holds(const struct binding *binding, unsigned int interface);

#endif
