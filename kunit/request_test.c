// SPDX-License-Identifier: GPL-2.0-only
/* Which control requests are let through. */

#include "../driver/request.c"

#include "case.h"

/* Interface 2, with endpoint 0x81 in one alternate setting and 0x03 in another. */
static const struct iso_alternate alternates[] = {
	{ .desc = { .bInterfaceNumber = 2, .bInterfaceClass = USB_CLASS_PRINTER },
	  .num_endpoints = 1, .endpoints = { { .address = 0x81 } } },
	{ .desc = { .bInterfaceNumber = 2, .bInterfaceClass = USB_CLASS_PRINTER },
	  .num_endpoints = 1, .endpoints = { { .address = 0x03 } } },
};

static const struct row {
	u8 type;
	u8 request;
	u16 value;
	u16 index;
	int wanted;
} rows[] = {
	{ 0x80, USB_REQ_GET_DESCRIPTOR, 0x0100, 0, 0 },
	{ 0x80, USB_REQ_GET_STATUS, 0, 7, 0 },
	{ 0x00, USB_REQ_SET_ADDRESS, 5, 0, -EACCES },
	{ 0x9f, USB_REQ_SET_ADDRESS, 5, 0, -EACCES },
	{ 0x00, USB_REQ_SET_CONFIGURATION, 1, 0, -EACCES },
	{ 0x01, USB_REQ_SET_INTERFACE, 1, 2, -EACCES },
	{ 0x00, USB_REQ_SET_SEL, 0, 0, -EACCES },
	{ 0x00, USB_REQ_SET_ISOCH_DELAY, 0, 0, -EACCES },
	{ 0x00, USB_REQ_SET_FEATURE, USB_DEVICE_REMOTE_WAKEUP, 0, 0 },
	{ 0x00, USB_REQ_CLEAR_FEATURE, USB_DEVICE_REMOTE_WAKEUP, 0, 0 },
	{ 0x00, USB_REQ_SET_FEATURE, USB_DEVICE_TEST_MODE, 0, -EACCES },
	{ 0x01, USB_REQ_SET_FEATURE, USB_DEVICE_REMOTE_WAKEUP, 2, -EACCES },
	{ 0x02, USB_REQ_CLEAR_FEATURE, USB_ENDPOINT_HALT, 0x81, -EACCES },
	{ 0x81, USB_REQ_GET_INTERFACE, 0, 2, 0 },
	{ 0x81, USB_REQ_GET_INTERFACE, 0, 0xff02, 0 },
	{ 0x81, USB_REQ_GET_INTERFACE, 0, 1, -EACCES },
	{ 0x81, USB_REQ_GET_INTERFACE, 0, 0x0201, -EACCES },
	{ 0x82, USB_REQ_GET_STATUS, 0, 0x00, 0 },
	{ 0x82, USB_REQ_GET_STATUS, 0, 0x80, 0 },
	{ 0x82, USB_REQ_GET_STATUS, 0, 0x81, 0 },
	{ 0x82, USB_REQ_GET_STATUS, 0, 0x03, 0 },
	{ 0x82, USB_REQ_GET_STATUS, 0, 0x01, -EACCES },
	{ 0x82, USB_REQ_GET_STATUS, 0, 0x83, -EACCES },
	{ 0x21, 9, 0, 2, 0 },
	{ 0x21, 9, 0, 0, -EACCES },
	{ 0x22, 9, 0, 0x82, -EACCES },
	{ 0x20, 9, 0, 0x82, 0 },
	{ 0xa1, 0, 0, 0x0200, 0 },
	{ 0xa1, 0, 0, 0x0100, -EACCES },
	{ 0x21, 0, 0, 0x0200, -EACCES },
	{ 0xa1, 1, 0, 0x0200, -EACCES },
	{ 0x40, USB_REQ_SET_ADDRESS, 5, 0, 0 },
	{ 0xc1, 0x20, 0, 5, 0 },
	{ 0x42, 0x20, 0, 0x99, 0 },
	{ 0x61, 9, 0, 0, -EACCES },
};

static struct usb_ctrlrequest setup_of(const struct row *row, u16 length)
{
	return (struct usb_ctrlrequest){
		.bRequestType = row->type,
		.bRequest = row->request,
		.wValue = cpu_to_le16(row->value),
		.wIndex = cpu_to_le16(row->index),
		.wLength = cpu_to_le16(length),
	};
}

static void filter(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct usb_ctrlrequest setup = setup_of(&rows[i], 0);

		KUNIT_EXPECT_EQ_MSG(test,
				    iso_request_check(&setup, alternates,
						      ARRAY_SIZE(alternates)),
				    rows[i].wanted, "row %u: %02x %02x %04x %04x",
				    i, rows[i].type, rows[i].request,
				    rows[i].value, rows[i].index);
	}
}

/* The same bytes, of an interface that is no printer. */
static void no_printer(struct kunit *test)
{
	const struct usb_ctrlrequest setup = {
		.bRequestType = 0xa1,
		.wIndex = cpu_to_le16(0x0200),
	};
	const struct iso_alternate other = {
		.desc = { .bInterfaceNumber = 2, .bInterfaceClass = USB_CLASS_VENDOR_SPEC },
	};

	KUNIT_EXPECT_EQ(test, iso_request_check(&setup, &other, 1), -EACCES);
}

static void direction(struct kunit *test)
{
	static const struct row in = { .type = 0xc0 }, out = { .type = 0x40 };
	struct usb_ctrlrequest setup = setup_of(&in, 1);

	KUNIT_EXPECT_TRUE(test, iso_request_is_in(&setup));
	setup = setup_of(&in, 0x0100);
	KUNIT_EXPECT_TRUE(test, iso_request_is_in(&setup));
	setup = setup_of(&in, 0);
	KUNIT_EXPECT_FALSE(test, iso_request_is_in(&setup));
	setup = setup_of(&out, 1);
	KUNIT_EXPECT_FALSE(test, iso_request_is_in(&setup));
}

static struct kunit_case cases[] = {
	CASE(filter, "requests are let through or refused one by one"),
	CASE(no_printer, "only a printer is named in the upper byte"),
	CASE(direction, "a request without data counts as OUT"),
	{}
};

struct kunit_suite iso_request_suite = {
	.name = "request",
	.test_cases = cases,
};
