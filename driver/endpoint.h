/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the descriptors say of alternate settings and endpoints, computed and
 * checked. Pure: of USB only the wire formats.
 */
#ifndef WINUSB_ISO_ENDPOINT_H
#define WINUSB_ISO_ENDPOINT_H

#include <linux/types.h>
#include <linux/usb/ch9.h>

#define ISO_MAX_ENDPOINTS	30

/**
 * struct iso_endpoint - an endpoint; see &struct winusb_iso_pipe_info
 * @address: bEndpointAddress.
 * @attributes: bmAttributes.
 * @b_interval: bInterval.
 * @mult: transactions per microframe, or bursts per service interval.
 * @burst: packets per burst.
 * @max_packet_size: bytes of one transaction.
 * @max_bytes: bytes per service interval, 0 if it can not stream.
 * @interval: microframes, 0 if it is not periodic.
 */
struct iso_endpoint {
	u8 address;
	u8 attributes;
	u8 b_interval;
	u8 mult;
	u8 burst;
	u16 max_packet_size;
	u32 max_bytes;
	u32 interval;
};

/**
 * struct iso_alternate - one alternate setting as the device described it
 * @desc: its interface descriptor.
 * @num_endpoints: number of entries in @endpoints.
 * @endpoints: endpoints of every type, in the device's order.
 */
struct iso_alternate {
	struct usb_interface_descriptor desc;
	unsigned int num_endpoints;
	struct iso_endpoint endpoints[ISO_MAX_ENDPOINTS];
};

/**
 * struct iso_complaint - why descriptors were refused
 * @reason: for people; NULL if they were not.
 * @alternate: bAlternateSetting.
 * @address: bEndpointAddress.
 */
struct iso_complaint {
	const char *reason;
	u8 alternate;
	u8 address;
};

unsigned int iso_descriptors_count(const u8 *data, size_t size, u8 interface);
unsigned int iso_descriptors_parse(const u8 *data, size_t size, u8 interface,
				   u32 speed, struct iso_alternate *alternates,
				   unsigned int room,
				   struct iso_complaint *complaint);
bool iso_endpoint_is_isochronous(const struct iso_endpoint *endpoint);
bool iso_endpoint_is_plain(const struct iso_endpoint *endpoint);
bool iso_endpoint_is_in(const struct iso_endpoint *endpoint);

#endif
