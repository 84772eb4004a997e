/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration's descriptors, put together byte by byte. */
#ifndef WINUSB_ISO_KUNIT_BLOB_H
#define WINUSB_ISO_KUNIT_BLOB_H

#include <linux/string.h>
#include <linux/usb/ch9.h>

struct blob {
	size_t size;
	u8 data[1024];
};

static inline void blob_put(struct blob *blob, const void *bytes, size_t size)
{
	memcpy(blob->data + blob->size, bytes, size);
	blob->size += size;
}

static inline void blob_interface(struct blob *blob, u8 number, u8 alternate,
				  u8 endpoints)
{
	const u8 bytes[] = { 9, USB_DT_INTERFACE, number, alternate,
			     endpoints, 255, 1, 2, 0 };

	blob_put(blob, bytes, sizeof(bytes));
}

static inline void blob_endpoint(struct blob *blob, u8 address, u8 attributes,
				 u16 w_max, u8 b_interval)
{
	const u8 bytes[] = { 7, USB_DT_ENDPOINT, address, attributes,
			     w_max & 0xff, w_max >> 8, b_interval };

	blob_put(blob, bytes, sizeof(bytes));
}

static inline void blob_super(struct blob *blob, u8 burst, u8 attributes,
			      u16 bytes_per_interval)
{
	const u8 bytes[] = { 6, USB_DT_SS_ENDPOINT_COMP, burst, attributes,
			     bytes_per_interval & 0xff, bytes_per_interval >> 8 };

	blob_put(blob, bytes, sizeof(bytes));
}

static inline void blob_super_plus(struct blob *blob, u32 n)
{
	const u8 bytes[] = { 8, USB_DT_SSP_ISOC_ENDPOINT_COMP, 0, 0,
			     n & 0xff, n >> 8 & 0xff, n >> 16 & 0xff, n >> 24 };

	blob_put(blob, bytes, sizeof(bytes));
}

#endif
