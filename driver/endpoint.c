// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors of alternate settings and endpoints. Pure: of USB only the wire
 * formats.
 *
 * usbcore repairs what it can (a bInterval of 0 or 255, a missing companion),
 * so the device's own bytes are read here: a stream over a guessed interval
 * would count frames that do not exist.
 */

#include <linux/minmax.h>
#include <linux/string.h>

#include <uapi/linux/winusb_iso.h>

#include "endpoint.h"

/* Limits of USB 2.0 5.6.3 and USB 3.2 9.6.6, 9.6.7. */
#define FULL_SPEED_MAX_PACKET	1023
#define MAX_PACKET		1024
#define MAX_B_INTERVAL		16
#define MAX_BURST		16
#define MAX_MULT		3

/**
 * struct iso_cursor - a walk along descriptors
 * @data: the descriptor at hand.
 * @size: bytes from there to the end.
 */
struct iso_cursor {
	const u8 *data;
	size_t size;
};

static bool iso_cursor_valid(const struct iso_cursor *at)
{
	return at->size >= 2 && at->data[0] >= 2 && at->data[0] <= at->size;
}

static u8 iso_cursor_type(const struct iso_cursor *at)
{
	return at->data[1];
}

static struct iso_cursor iso_cursor_next(const struct iso_cursor *at)
{
	return (struct iso_cursor){
		.data = at->data + at->data[0],
		.size = at->size - at->data[0],
	};
}

static const void *iso_cursor_read(const struct iso_cursor *at, u8 type, u8 size)
{
	if (!iso_cursor_valid(at) || iso_cursor_type(at) != type ||
	    at->data[0] < size)
		return NULL;
	return at->data;
}

bool iso_endpoint_is_isochronous(const struct iso_endpoint *endpoint)
{
	return (endpoint->attributes & USB_ENDPOINT_XFERTYPE_MASK) ==
	       USB_ENDPOINT_XFER_ISOC;
}

bool iso_endpoint_is_in(const struct iso_endpoint *endpoint)
{
	return endpoint->address & USB_DIR_IN;
}

static const char *iso_full_speed(struct iso_endpoint *ep, u16 w_max)
{
	ep->max_bytes = w_max & USB_ENDPOINT_MAXP_MASK;
	if (w_max > FULL_SPEED_MAX_PACKET)
		return "packet size is over the 1023 bytes of full speed";
	return NULL;
}

static const char *iso_high_speed(struct iso_endpoint *ep, u16 w_max)
{
	ep->mult = USB_EP_MAXP_MULT(w_max) + 1;
	ep->max_bytes = ep->max_packet_size * ep->mult;
	if (ep->mult > MAX_MULT)
		return "more than 3 transactions per microframe";
	if (ep->max_packet_size > MAX_PACKET)
		return "packet size is over 1024 bytes";
	return NULL;
}

static const char *iso_super_plus(struct iso_endpoint *ep, u32 limit,
				  const struct iso_cursor *at)
{
	const struct usb_ssp_isoc_ep_comp_descriptor *desc;

	desc = iso_cursor_read(at, USB_DT_SSP_ISOC_ENDPOINT_COMP,
			       USB_DT_SSP_ISOC_EP_COMP_SIZE);
	if (!desc)
		return "SuperSpeedPlus isochronous companion descriptor is missing";
	ep->max_bytes = le32_to_cpu(desc->dwBytesPerInterval);
	if (!ep->max_bytes || ep->max_bytes > limit)
		return "bytes per interval are 0 or more than its bursts can carry";
	return NULL;
}

static const char *iso_super_speed(struct iso_endpoint *ep,
				   const struct iso_cursor *at, u32 speed)
{
	const struct usb_ss_ep_comp_descriptor *desc;
	struct iso_cursor next;
	u32 limit;

	desc = iso_cursor_read(at, USB_DT_SS_ENDPOINT_COMP,
			       USB_DT_SS_EP_COMP_SIZE);
	if (!desc)
		return "SuperSpeed companion descriptor is missing";
	ep->burst = min_t(u8, desc->bMaxBurst, MAX_BURST) + 1;
	ep->mult = (desc->bmAttributes & 0x3) + 1;
	ep->max_bytes = le16_to_cpu(desc->wBytesPerInterval);
	if (ep->max_packet_size > MAX_PACKET)
		return "packet size is over 1024 bytes";
	if (ep->burst > MAX_BURST)
		return "burst is over 16 packets";
	limit = ep->max_packet_size * ep->burst * ep->mult;
	if (desc->bmAttributes & BIT(7)) {
		next = iso_cursor_next(at);
		/* SuperSpeedPlus has Mult in dwBytesPerInterval: 6 x 16 x 1024. */
		limit = ep->max_packet_size * ep->burst * 6;
		ep->mult = 1;
		if (speed < WINUSB_ISO_SPEED_SUPER_PLUS)
			return "SuperSpeedPlus companion at SuperSpeed";
		return iso_super_plus(ep, limit, &next);
	}
	if (ep->mult > MAX_MULT)
		return "more than 3 bursts per service interval";
	if (!ep->max_bytes || ep->max_bytes > limit)
		return "bytes per interval are 0 or more than its bursts can carry";
	return NULL;
}

static const char *iso_speed_rules(struct iso_endpoint *ep, u16 w_max,
				   const struct iso_cursor *companion, u32 speed)
{
	switch (speed) {
	case WINUSB_ISO_SPEED_FULL:
		return iso_full_speed(ep, w_max);
	case WINUSB_ISO_SPEED_HIGH:
		return iso_high_speed(ep, w_max);
	case WINUSB_ISO_SPEED_SUPER:
	case WINUSB_ISO_SPEED_SUPER_PLUS:
		return iso_super_speed(ep, companion, speed);
	default:
		return "this speed has no isochronous transfers";
	}
}

/*
 * Alternate setting 0 may, and for audio does, have an endpoint that takes no
 * bandwidth: packets of 0 bytes (USB 2.0, 5.6.3). Elsewhere that is no pipe.
 */
static const char *iso_isochronous_rules(struct iso_endpoint *ep, u16 w_max,
					 const struct iso_cursor *companion,
					 u32 speed, u8 alternate)
{
	u32 unit = speed == WINUSB_ISO_SPEED_FULL ? 8 : 1;

	if (ep->b_interval < 1 || ep->b_interval > MAX_B_INTERVAL)
		return "interval is not 1 to 16";
	ep->interval = unit << (ep->b_interval - 1);
	if (!ep->max_packet_size)
		return alternate ? "packet size is 0" : NULL;
	return iso_speed_rules(ep, w_max, companion, speed);
}

static const char *iso_endpoint_parse(struct iso_endpoint *ep,
				      const struct iso_cursor *at, u32 speed,
				      u8 alternate)
{
	const struct usb_endpoint_descriptor *desc;
	struct iso_cursor companion;
	u16 w_max;

	desc = iso_cursor_read(at, USB_DT_ENDPOINT, USB_DT_ENDPOINT_SIZE);
	if (!desc)
		return "endpoint descriptor is too short";
	companion = iso_cursor_next(at);
	w_max = le16_to_cpu(desc->wMaxPacketSize);
	*ep = (struct iso_endpoint){
		.address = desc->bEndpointAddress,
		.attributes = desc->bmAttributes,
		.b_interval = desc->bInterval,
		.max_packet_size = w_max & USB_ENDPOINT_MAXP_MASK,
		.mult = 1,
		.burst = 1,
	};
	if (!iso_endpoint_is_isochronous(ep))
		return NULL;
	return iso_isochronous_rules(ep, w_max, &companion, speed, alternate);
}

static bool iso_is_our_interface(const struct iso_cursor *at, u8 interface)
{
	const struct usb_interface_descriptor *desc;

	desc = iso_cursor_read(at, USB_DT_INTERFACE, USB_DT_INTERFACE_SIZE);
	return desc && desc->bInterfaceNumber == interface;
}

/**
 * iso_descriptors_count - alternate settings of an interface
 * @data: a configuration's descriptors
 * @size: their bytes
 * @interface: bInterfaceNumber
 */
unsigned int iso_descriptors_count(const u8 *data, size_t size, u8 interface)
{
	struct iso_cursor at = { data, size };
	unsigned int count = 0;

	for (; iso_cursor_valid(&at); at = iso_cursor_next(&at))
		count += iso_is_our_interface(&at, interface);
	return count;
}

static void iso_take_endpoint(struct iso_alternate *alternate,
			      const struct iso_cursor *at, u32 speed,
			      struct iso_complaint *complaint)
{
	struct iso_endpoint *ep;

	complaint->alternate = alternate->desc.bAlternateSetting;
	if (alternate->num_endpoints == ISO_MAX_ENDPOINTS) {
		complaint->reason = "more endpoints than USB has";
		return;
	}
	ep = &alternate->endpoints[alternate->num_endpoints++];
	complaint->reason = iso_endpoint_parse(ep, at, speed,
					       complaint->alternate);
	complaint->address = ep->address;
}

/**
 * iso_descriptors_parse - read the alternate settings of an interface
 * @data: a configuration's descriptors
 * @size: their bytes
 * @interface: bInterfaceNumber
 * @speed: &enum winusb_iso_speed
 * @alternates: out: zeroed array
 * @room: entries of @alternates
 * @complaint: out: the first thing that is wrong
 *
 * Return: alternate settings found; only good if there is no complaint.
 */
unsigned int iso_descriptors_parse(const u8 *data, size_t size, u8 interface,
				   u32 speed, struct iso_alternate *alternates,
				   unsigned int room,
				   struct iso_complaint *complaint)
{
	struct iso_alternate *current_alternate = NULL;
	struct iso_cursor at = { data, size };
	unsigned int count = 0;

	complaint->reason = NULL;
	for (; iso_cursor_valid(&at); at = iso_cursor_next(&at)) {
		if (iso_is_our_interface(&at, interface) && count < room) {
			current_alternate = &alternates[count++];
			memcpy(&current_alternate->desc, at.data,
			       USB_DT_INTERFACE_SIZE);
		} else if (iso_cursor_type(&at) == USB_DT_INTERFACE) {
			current_alternate = NULL;
		} else if (iso_cursor_type(&at) == USB_DT_ENDPOINT &&
			   current_alternate) {
			iso_take_endpoint(current_alternate, &at, speed,
					  complaint);
			if (complaint->reason)
				break;
		}
	}
	return count;
}
