// SPDX-License-Identifier: MIT
/* The descriptors of a FunctionFS device, in the format that its control file wants. */
#include "functionfs.h"

#include <endian.h>
#include <errno.h>
#include <linux/usb/functionfs.h>
#include <stdint.h>
#include <unistd.h>

struct two_endpoints {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

struct two_companions {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in;
	struct usb_ss_ep_comp_descriptor in_companion;
	struct usb_endpoint_descriptor_no_audio out;
	struct usb_ss_ep_comp_descriptor out_companion;
} __attribute__((packed));

struct descriptors {
	struct usb_functionfs_descs_head_v2 head;
	__le32 full_count, high_count, super_count;
	struct two_endpoints full, high;
	struct two_companions super;
} __attribute__((packed));

static struct usb_interface_descriptor interface_descriptor(void)
{
	return (struct usb_interface_descriptor){
		.bLength = USB_DT_INTERFACE_SIZE,
		.bDescriptorType = USB_DT_INTERFACE,
		.bNumEndpoints = 2,
		.bInterfaceClass = USB_CLASS_VENDOR_SPEC,
	};
}

static struct usb_endpoint_descriptor_no_audio
endpoint_descriptor(uint8_t address, unsigned int max_packet, const struct functionfs_shape *shape)
{
	return (struct usb_endpoint_descriptor_no_audio){
		.bLength = USB_DT_ENDPOINT_SIZE,
		.bDescriptorType = USB_DT_ENDPOINT,
		.bEndpointAddress = address,
		.bmAttributes = USB_ENDPOINT_XFER_ISOC | USB_ENDPOINT_SYNC_ASYNC,
		.wMaxPacketSize = htole16((uint16_t)max_packet),
		.bInterval = (uint8_t)shape->interval,
	};
}

static struct usb_ss_ep_comp_descriptor companion_descriptor(const struct functionfs_shape *shape)
{
	return (struct usb_ss_ep_comp_descriptor){
		.bLength = USB_DT_SS_EP_COMP_SIZE,
		.bDescriptorType = USB_DT_SS_ENDPOINT_COMP,
		.bMaxBurst = (uint8_t)(shape->burst - 1),
		.bmAttributes = (uint8_t)(shape->mult - 1),
		.wBytesPerInterval = htole16((uint16_t)(shape->bytes * shape->mult * shape->burst)),
	};
}

static struct two_endpoints two_endpoints(unsigned int max_packet,
					  const struct functionfs_shape *shape)
{
	return (struct two_endpoints){
		interface_descriptor(),
		endpoint_descriptor(FUNCTIONFS_IN, max_packet, shape),
		endpoint_descriptor(FUNCTIONFS_OUT, max_packet, shape),
	};
}

static struct two_companions two_companions(const struct functionfs_shape *shape)
{
	return (struct two_companions){
		interface_descriptor(),
		endpoint_descriptor(FUNCTIONFS_IN, shape->bytes, shape),
		companion_descriptor(shape),
		endpoint_descriptor(FUNCTIONFS_OUT, shape->bytes, shape),
		companion_descriptor(shape),
	};
}

int functionfs_describe(int control, const struct functionfs_shape *shape)
{
	const struct descriptors descriptors = {
		.head = {
			.magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2),
			.length = htole32(sizeof(descriptors)),
			.flags = htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC |
					 FUNCTIONFS_HAS_SS_DESC),
		},
		.full_count = htole32(3), .high_count = htole32(3), .super_count = htole32(5),
		.full = two_endpoints(shape->bytes > 1023 ? 1023 : shape->bytes, shape),
		.high = two_endpoints(shape->bytes | (shape->mult - 1) << 11, shape),
		.super = two_companions(shape),
	};
	const struct usb_functionfs_strings_head strings = {
		.magic = htole32(FUNCTIONFS_STRINGS_MAGIC),
		.length = htole32(sizeof(strings)),
	};

	if (write(control, &descriptors, sizeof(descriptors)) != sizeof(descriptors) ||
	    write(control, &strings, sizeof(strings)) != sizeof(strings))
		return -errno;
	return 0;
}
