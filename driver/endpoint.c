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

/* bEndpointAddress beside number and direction. */
#define ADDRESS_RESERVED	0x70

/* wMaxPacketSize beside the size, and Mult at high speed. */
#define HIGH_SPEED_RESERVED	0xe000
#define SUPER_SPEED_RESERVED	0xf800

/* SuperSpeedPlus: Mult is in dwBytesPerInterval, up to 6 x 16 x 1024 bytes. */
#define SSP_COMPANION		BIT(7)
#define SSP_MAX_MULT		6

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

/** iso_endpoint_is_plain - is it bulk or interrupt? */
bool iso_endpoint_is_plain(const struct iso_endpoint *endpoint)
{
	u8 type = endpoint->attributes & USB_ENDPOINT_XFERTYPE_MASK;

	return type == USB_ENDPOINT_XFER_BULK || type == USB_ENDPOINT_XFER_INT;
}

bool iso_endpoint_is_in(const struct iso_endpoint *endpoint)
{
	return endpoint->address & USB_DIR_IN;
}

static bool iso_endpoint_is_periodic(const struct iso_endpoint *ep)
{
	return iso_endpoint_is_isochronous(ep) ||
	       (ep->attributes & USB_ENDPOINT_XFERTYPE_MASK) ==
	       USB_ENDPOINT_XFER_INT;
}

static const struct usb_ss_ep_comp_descriptor *
iso_companion(const struct iso_cursor *at)
{
	return iso_cursor_read(at, USB_DT_SS_ENDPOINT_COMP,
			       USB_DT_SS_EP_COMP_SIZE);
}

/* Isochronous endpoints count in powers of two at every speed. */
static u32 iso_interval(const struct iso_endpoint *ep, u32 speed)
{
	u32 unit = speed == WINUSB_ISO_SPEED_FULL ||
		   speed == WINUSB_ISO_SPEED_LOW ? 8 : 1;

	if (!iso_endpoint_is_periodic(ep))
		return 0;
	if (unit == 8 && !iso_endpoint_is_isochronous(ep))
		return unit * ep->b_interval;
	if (ep->b_interval < 1 || ep->b_interval > MAX_B_INTERVAL)
		return 0;
	return unit << (ep->b_interval - 1);
}

/* What any endpoint says of itself, good or not. */
static void iso_describe(struct iso_endpoint *ep, u16 w_max,
			 const struct iso_cursor *next, u32 speed)
{
	const struct usb_ss_ep_comp_descriptor *companion = iso_companion(next);

	ep->max_packet_size = w_max & USB_ENDPOINT_MAXP_MASK;
	ep->interval = iso_interval(ep, speed);
	ep->mult = 1;
	ep->burst = 1;
	if (speed == WINUSB_ISO_SPEED_HIGH && iso_endpoint_is_periodic(ep))
		ep->mult = USB_EP_MAXP_MULT(w_max) + 1;
	if (speed < WINUSB_ISO_SPEED_SUPER || !companion)
		return;
	ep->burst = min_t(u8, companion->bMaxBurst, MAX_BURST) + 1;
	if (iso_endpoint_is_isochronous(ep) &&
	    !(companion->bmAttributes & SSP_COMPANION))
		ep->mult = (companion->bmAttributes & 0x3) + 1;
}

static const char *iso_full_speed(struct iso_endpoint *ep, u16 w_max)
{
	ep->max_bytes = ep->max_packet_size;
	if (w_max > FULL_SPEED_MAX_PACKET)
		return "packet size is over the 1023 bytes of full speed";
	return NULL;
}

static const char *iso_high_speed(struct iso_endpoint *ep, u16 w_max)
{
	ep->max_bytes = ep->max_packet_size * ep->mult;
	if (w_max & HIGH_SPEED_RESERVED)
		return "reserved bits of wMaxPacketSize are set";
	if (ep->mult > MAX_MULT)
		return "more than 3 transactions per microframe";
	if (ep->max_packet_size > MAX_PACKET)
		return "packet size is over 1024 bytes";
	return NULL;
}

static const char *iso_check_bytes(const struct iso_endpoint *ep, u32 limit)
{
	if (!ep->max_bytes || ep->max_bytes > limit)
		return "bytes per interval are 0 or more than its bursts can carry";
	return NULL;
}

static const char *iso_super_plus(struct iso_endpoint *ep, u32 speed,
				  const struct iso_cursor *at)
{
	const struct usb_ssp_isoc_ep_comp_descriptor *desc;

	if (speed < WINUSB_ISO_SPEED_SUPER_PLUS)
		return "SuperSpeedPlus companion at SuperSpeed";
	desc = iso_cursor_read(at, USB_DT_SSP_ISOC_ENDPOINT_COMP,
			       USB_DT_SSP_ISOC_EP_COMP_SIZE);
	if (!desc)
		return "SuperSpeedPlus isochronous companion descriptor is missing";
	ep->max_bytes = le32_to_cpu(desc->dwBytesPerInterval);
	return iso_check_bytes(ep, ep->max_packet_size * ep->burst *
				   SSP_MAX_MULT);
}

static const char *iso_super_speed(struct iso_endpoint *ep, u16 w_max,
				   const struct iso_cursor *at, u32 speed)
{
	const struct usb_ss_ep_comp_descriptor *companion = iso_companion(at);
	struct iso_cursor next;

	if (!companion)
		return "SuperSpeed companion descriptor is missing";
	if (w_max & SUPER_SPEED_RESERVED)
		return "reserved bits of wMaxPacketSize are set";
	if (ep->max_packet_size > MAX_PACKET)
		return "packet size is over 1024 bytes";
	if (ep->burst > MAX_BURST)
		return "burst is over 16 packets";
	if (companion->bmAttributes & SSP_COMPANION) {
		next = iso_cursor_next(at);
		return iso_super_plus(ep, speed, &next);
	}
	if (ep->mult > MAX_MULT)
		return "more than 3 bursts per service interval";
	ep->max_bytes = le16_to_cpu(companion->wBytesPerInterval);
	return iso_check_bytes(ep, ep->max_packet_size * ep->burst * ep->mult);
}

static const char *iso_speed_rules(struct iso_endpoint *ep, u16 w_max,
				   const struct iso_cursor *next, u32 speed)
{
	switch (speed) {
	case WINUSB_ISO_SPEED_FULL:
		return iso_full_speed(ep, w_max);
	case WINUSB_ISO_SPEED_HIGH:
		return iso_high_speed(ep, w_max);
	case WINUSB_ISO_SPEED_SUPER:
	case WINUSB_ISO_SPEED_SUPER_PLUS:
		return iso_super_speed(ep, w_max, next, speed);
	default:
		return "this speed has no isochronous transfers";
	}
}

/*
 * Alternate setting 0 may, and for audio does, have an endpoint that takes no
 * bandwidth: packets of 0 bytes (USB 2.0, 5.6.3). Elsewhere that is no pipe.
 */
static const char *iso_isochronous_rules(struct iso_endpoint *ep, u16 w_max,
					 const struct iso_cursor *next,
					 u32 speed, u8 alternate)
{
	if (!ep->interval)
		return "interval is not 1 to 16";
	if (!ep->max_packet_size)
		return alternate ? "packet size is 0" : NULL;
	return iso_speed_rules(ep, w_max, next, speed);
}

static const char *iso_endpoint_parse(struct iso_endpoint *ep,
				      const struct iso_cursor *at, u32 speed,
				      u8 alternate)
{
	const struct usb_endpoint_descriptor *desc;
	struct iso_cursor next;
	u16 w_max;

	desc = iso_cursor_read(at, USB_DT_ENDPOINT, USB_DT_ENDPOINT_SIZE);
	if (!desc)
		return "endpoint descriptor is too short";
	ep->address = desc->bEndpointAddress;
	ep->attributes = desc->bmAttributes;
	ep->b_interval = desc->bInterval;
	w_max = le16_to_cpu(desc->wMaxPacketSize);
	next = iso_cursor_next(at);
	iso_describe(ep, w_max, &next, speed);
	if (!(ep->address & USB_ENDPOINT_NUMBER_MASK))
		return "address has no endpoint number";
	if (ep->address & ADDRESS_RESERVED)
		return "reserved bits of bEndpointAddress are set";
	if (!iso_endpoint_is_isochronous(ep))
		return NULL;
	return iso_isochronous_rules(ep, w_max, &next, speed, alternate);
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

static bool iso_address_is_taken(const struct iso_alternate *alternate,
				 u8 address)
{
	unsigned int i;

	for (i = 0; i < alternate->num_endpoints; i++)
		if (alternate->endpoints[i].address == address)
			return true;
	return false;
}

static void iso_take_endpoint(struct iso_alternate *alternate,
			      const struct iso_cursor *at, u32 speed,
			      struct iso_complaint *complaint)
{
	struct iso_endpoint ep = {};

	complaint->alternate = alternate->desc.bAlternateSetting;
	complaint->reason = iso_endpoint_parse(&ep, at, speed,
					       complaint->alternate);
	complaint->address = ep.address;
	if (complaint->reason)
		return;
	if (iso_address_is_taken(alternate, ep.address))
		complaint->reason = "address is there twice";
	else if (alternate->num_endpoints == ISO_MAX_ENDPOINTS)
		complaint->reason = "more endpoints than USB has";
	else
		alternate->endpoints[alternate->num_endpoints++] = ep;
}

/*
 * usbcore drops everything behind a descriptor of no length, so only this tells
 * that an endpoint was lost.
 */
static void iso_check_counts(const struct iso_alternate *alternates,
			     unsigned int count,
			     struct iso_complaint *complaint)
{
	unsigned int i;

	for (i = 0; i < count && !complaint->reason; i++) {
		if (alternates[i].num_endpoints >=
		    alternates[i].desc.bNumEndpoints)
			continue;
		complaint->reason =
			"fewer endpoints than its interface descriptor says";
		complaint->alternate = alternates[i].desc.bAlternateSetting;
		complaint->address = 0;
	}
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

	*complaint = (struct iso_complaint){};
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
				return count;
		}
	}
	iso_check_counts(alternates, count, complaint);
	return count;
}
