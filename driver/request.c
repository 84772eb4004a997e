// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which control requests a program may make. Pure: of USB only the wire
 * formats.
 *
 * A program has one interface of the device. What belongs to other interfaces
 * is their drivers', and what changes the state that usbcore keeps of the
 * device is usbcore's.
 */

#include <linux/errno.h>

#include "endpoint.h"
#include "request.h"

/* Printer class: names its interface in the upper byte of wIndex. */
#define PRINTER_GET_DEVICE_ID	0

/**
 * iso_request_is_in - does data come from the device?
 * @setup: the request
 *
 * One without data has a status stage towards the host, so it counts as OUT.
 */
bool iso_request_is_in(const struct usb_ctrlrequest *setup)
{
	return setup->bRequestType & USB_DIR_IN && setup->wLength;
}

static u8 iso_request_type(const struct usb_ctrlrequest *setup)
{
	return setup->bRequestType & USB_TYPE_MASK;
}

static u8 iso_request_recipient(const struct usb_ctrlrequest *setup)
{
	return setup->bRequestType & USB_RECIP_MASK;
}

/* Not usbcore's own business? */
static bool iso_standard_allowed(const struct usb_ctrlrequest *setup)
{
	switch (setup->bRequest) {
	case USB_REQ_SET_ADDRESS:
	case USB_REQ_SET_CONFIGURATION:
	case USB_REQ_SET_INTERFACE:
	case USB_REQ_SET_SEL:
	case USB_REQ_SET_ISOCH_DELAY:
		return false;
	case USB_REQ_SET_FEATURE:
	case USB_REQ_CLEAR_FEATURE:
		return iso_request_recipient(setup) == USB_RECIP_DEVICE &&
		       le16_to_cpu(setup->wValue) == USB_DEVICE_REMOTE_WAKEUP;
	default:
		return true;
	}
}

static bool iso_has_endpoint(const struct iso_alternate *alternate, u8 address)
{
	unsigned int i;

	for (i = 0; i < alternate->num_endpoints; i++)
		if (alternate->endpoints[i].address == address)
			return true;
	return false;
}

static bool iso_endpoint_allowed(u8 address,
				 const struct iso_alternate *alternates,
				 unsigned int num_alternates)
{
	unsigned int i;

	/* Endpoint 0, whatever the direction. */
	if (!(address & ~USB_DIR_IN))
		return true;
	for (i = 0; i < num_alternates; i++)
		if (iso_has_endpoint(&alternates[i], address))
			return true;
	return false;
}

static bool iso_is_printer_id(const struct usb_ctrlrequest *setup,
			      const struct iso_alternate *alternates)
{
	const struct usb_interface_descriptor *desc = &alternates[0].desc;

	return setup->bRequestType ==
	       (USB_DIR_IN | USB_TYPE_CLASS | USB_RECIP_INTERFACE) &&
	       setup->bRequest == PRINTER_GET_DEVICE_ID &&
	       le16_to_cpu(setup->wIndex) >> 8 == desc->bInterfaceNumber &&
	       desc->bInterfaceClass == USB_CLASS_PRINTER;
}

static bool iso_recipient_allowed(const struct usb_ctrlrequest *setup,
				  const struct iso_alternate *alternates,
				  unsigned int num_alternates)
{
	u8 index = le16_to_cpu(setup->wIndex) & 0xff;

	switch (iso_request_recipient(setup)) {
	case USB_RECIP_INTERFACE:
		return index == alternates[0].desc.bInterfaceNumber ||
		       iso_is_printer_id(setup, alternates);
	case USB_RECIP_ENDPOINT:
		return iso_endpoint_allowed(index, alternates, num_alternates);
	default:
		return true;
	}
}

/**
 * iso_request_check - may a program with this interface make this request?
 * @setup: the request
 * @alternates: alternate settings of the interface, at least one
 * @num_alternates: their number
 *
 * Vendor requests use wIndex as they like, so there it says nothing.
 *
 * Return: 0 or -EACCES.
 */
int iso_request_check(const struct usb_ctrlrequest *setup,
		      const struct iso_alternate *alternates,
		      unsigned int num_alternates)
{
	u8 type = iso_request_type(setup);

	if (type == USB_TYPE_VENDOR)
		return 0;
	if (type == USB_TYPE_STANDARD && !iso_standard_allowed(setup))
		return -EACCES;
	if (!iso_recipient_allowed(setup, alternates, num_alternates))
		return -EACCES;
	return 0;
}
