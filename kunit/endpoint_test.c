// SPDX-License-Identifier: GPL-2.0-only
/* One isochronous endpoint at each speed: what it can carry, and every complaint. */

#include "../driver/endpoint.c"

#include "blob.h"
#include "case.h"

#define NO_COMPANION	(-1)
#define FULL		WINUSB_ISO_SPEED_FULL
#define HIGH		WINUSB_ISO_SPEED_HIGH
#define SUPER		WINUSB_ISO_SPEED_SUPER
#define PLUS		WINUSB_ISO_SPEED_SUPER_PLUS

#define COMPLAIN_INTERVAL	"interval is not 1 to 16"
#define COMPLAIN_ZERO		"packet size is 0"
#define COMPLAIN_FULL		"packet size is over the 1023 bytes of full speed"
#define COMPLAIN_SIZE		"packet size is over 1024 bytes"
#define COMPLAIN_MULT		"more than 3 transactions per microframe"
#define COMPLAIN_COMPANION	"SuperSpeed companion descriptor is missing"
#define COMPLAIN_BURST		"burst is over 16 packets"
#define COMPLAIN_BURSTS		"more than 3 bursts per service interval"
#define COMPLAIN_BYTES	"bytes per interval are 0 or more than its bursts can carry"
#define COMPLAIN_NOT_PLUS	"SuperSpeedPlus companion at SuperSpeed"
#define COMPLAIN_PLUS	"SuperSpeedPlus isochronous companion descriptor is missing"
#define COMPLAIN_RESERVED	"reserved bits of wMaxPacketSize are set"
#define COMPLAIN_SPEED		"this speed has no isochronous transfers"

/*
 * struct companion - companion descriptors
 * @burst: bMaxBurst; %NO_COMPANION without that descriptor.
 * @super: bmAttributes.
 * @bytes: wBytesPerInterval.
 * @plus: dwBytesPerInterval; %NO_COMPANION without that descriptor.
 */
struct companion {
	int burst;
	u8 super;
	u16 bytes;
	int plus;
};

/*
 * struct row - an endpoint of alternate setting 1 and what becomes of it
 * @complaint: NULL if it is good; then the rest counts.
 */
struct row {
	const char *name;
	u32 speed;
	u16 w_max;
	u8 b_interval;
	struct companion companion;
	const char *complaint;
	u32 max_bytes;
	u32 interval;
	u8 out_mult;
	u8 out_burst;
};

#define PLAIN	{ NO_COMPANION, 0, 0, NO_COMPANION }

static const struct row usb2_rows[] = {
	{ "full, 1 byte", FULL, 1, 1, PLAIN, NULL, 1, 8, 1, 1 },
	{ "full, 1023", FULL, 1023, 1, PLAIN, NULL, 1023, 8, 1, 1 },
	{ "full, 1024", FULL, 1024, 1, PLAIN, COMPLAIN_FULL },
	{ "full, mult bits", FULL, 0x0800 | 100, 1, PLAIN, COMPLAIN_FULL },
	{ "full, reserved bits", FULL, 0x8000 | 100, 1, PLAIN, COMPLAIN_FULL },
	{ "full, 0 bytes", FULL, 0, 1, PLAIN, COMPLAIN_ZERO },
	{ "full, interval 2", FULL, 8, 2, PLAIN, NULL, 8, 16, 1, 1 },
	{ "full, interval 16", FULL, 8, 16, PLAIN, NULL, 8, 262144, 1, 1 },
	{ "full, interval 0", FULL, 8, 0, PLAIN, COMPLAIN_INTERVAL },
	{ "full, interval 17", FULL, 8, 17, PLAIN, COMPLAIN_INTERVAL },
	{ "high, 1 byte", HIGH, 1, 1, PLAIN, NULL, 1, 1, 1, 1 },
	{ "high, 1024", HIGH, 1024, 1, PLAIN, NULL, 1024, 1, 1, 1 },
	{ "high, 1025", HIGH, 1025, 1, PLAIN, COMPLAIN_SIZE },
	{ "high, 2047", HIGH, 2047, 1, PLAIN, COMPLAIN_SIZE },
	{ "high, 2 x 1024", HIGH, 0x0800 | 1024, 1, PLAIN, NULL, 2048, 1, 2, 1 },
	{ "high, 3 x 1024", HIGH, 0x1000 | 1024, 1, PLAIN, NULL, 3072, 1, 3, 1 },
	{ "high, 3 x 1025", HIGH, 0x1000 | 1025, 1, PLAIN, COMPLAIN_SIZE },
	{ "high, 4 x 1024", HIGH, 0x1800 | 1024, 1, PLAIN, COMPLAIN_MULT },
	{ "high, 4 x 1", HIGH, 0x1800 | 1, 1, PLAIN, COMPLAIN_MULT },
	{ "high, reserved bit 13", HIGH, 0x2000 | 64, 1, PLAIN, COMPLAIN_RESERVED },
	{ "high, reserved bit 15", HIGH, 0x8000 | 64, 1, PLAIN, COMPLAIN_RESERVED },
	{ "high, 3 x 0 bytes", HIGH, 0x1000, 1, PLAIN, COMPLAIN_ZERO },
	{ "high, interval 4", HIGH, 64, 4, PLAIN, NULL, 64, 8, 1, 1 },
	{ "high, interval 16", HIGH, 64, 16, PLAIN, NULL, 64, 32768, 1, 1 },
	{ "high, interval 0", HIGH, 64, 0, PLAIN, COMPLAIN_INTERVAL },
	{ "high, interval 17", HIGH, 64, 17, PLAIN, COMPLAIN_INTERVAL },
	{ "high, interval 255", HIGH, 64, 255, PLAIN, COMPLAIN_INTERVAL },
	{ "no speed", WINUSB_ISO_SPEED_UNKNOWN, 64, 1, PLAIN, COMPLAIN_SPEED },
	{ "low speed", 1, 8, 1, PLAIN, COMPLAIN_SPEED },
	{ "speed 7", 7, 8, 1, PLAIN, COMPLAIN_SPEED },
};

static const struct row usb3_rows[] = {
	{ "super, alone", SUPER, 1024, 1, PLAIN, COMPLAIN_COMPANION },
	{ "super, 1 byte", SUPER, 1024, 1, { 0, 0, 1, NO_COMPANION }, NULL, 1, 1, 1, 1 },
	{ "super, 0 bytes", SUPER, 1024, 1, { 0, 0, 0, NO_COMPANION }, COMPLAIN_BYTES },
	{ "super, 1024", SUPER, 1024, 1, { 0, 0, 1024, NO_COMPANION },
	  NULL, 1024, 1, 1, 1 },
	{ "super, 1025", SUPER, 1024, 1, { 0, 0, 1025, NO_COMPANION }, COMPLAIN_BYTES },
	{ "super, packet of 1025", SUPER, 1025, 1, { 0, 0, 1024, NO_COMPANION },
	  COMPLAIN_SIZE },
	{ "super, mult bits of high speed", SUPER, 0x0800 | 1024, 1, { 0, 0, 1024, NO_COMPANION },
	  COMPLAIN_RESERVED },
	{ "super, packet of 0", SUPER, 0, 1, { 0, 0, 1024, NO_COMPANION }, COMPLAIN_ZERO },
	{ "super, burst 16", SUPER, 1024, 1, { 15, 0, 16384, NO_COMPANION },
	  NULL, 16384, 1, 1, 16 },
	{ "super, burst 16, 1 too many", SUPER, 1024, 1, { 15, 0, 16385, NO_COMPANION },
	  COMPLAIN_BYTES },
	{ "super, burst 17", SUPER, 1024, 1, { 16, 0, 1024, NO_COMPANION },
	  COMPLAIN_BURST },
	{ "super, burst 256", SUPER, 1024, 1, { 255, 0, 1024, NO_COMPANION },
	  COMPLAIN_BURST },
	{ "super, 16 x 3", SUPER, 1024, 1, { 15, 2, 49152, NO_COMPANION },
	  NULL, 49152, 1, 3, 16 },
	{ "super, 16 x 3, 1 too many", SUPER, 1024, 1, { 15, 2, 49153, NO_COMPANION },
	  COMPLAIN_BYTES },
	{ "super, 4 bursts", SUPER, 1024, 1, { 0, 3, 1024, NO_COMPANION },
	  COMPLAIN_BURSTS },
	{ "super, interval 16", SUPER, 1024, 16, { 0, 0, 8, NO_COMPANION },
	  NULL, 8, 32768, 1, 1 },
	{ "super, interval 17", SUPER, 1024, 17, { 0, 0, 8, NO_COMPANION },
	  COMPLAIN_INTERVAL },
	{ "super, plus companion", SUPER, 1024, 1, { 15, 0x80, 1, 98304 },
	  COMPLAIN_NOT_PLUS },
	{ "plus, as at super", PLUS, 1024, 1, { 15, 2, 49152, NO_COMPANION },
	  NULL, 49152, 1, 3, 16 },
	{ "plus, companion missing", PLUS, 1024, 1, { 15, 0x80, 1, NO_COMPANION },
	  COMPLAIN_PLUS },
	{ "plus, 0 bytes", PLUS, 1024, 1, { 15, 0x80, 1, 0 }, COMPLAIN_BYTES },
	{ "plus, 1 byte", PLUS, 1024, 1, { 15, 0x80, 1, 1 }, NULL, 1, 1, 1, 16 },
	{ "plus, 16 x 6", PLUS, 1024, 1, { 15, 0x80, 1, 98304 },
	  NULL, 98304, 1, 1, 16 },
	{ "plus, 16 x 6, 1 too many", PLUS, 1024, 1, { 15, 0x80, 1, 98305 },
	  COMPLAIN_BYTES },
	{ "plus, as much as can be", PLUS, 1024, 1, { 15, 0x80, 1, 0x7fffffff },
	  COMPLAIN_BYTES },
	{ "plus, mult beside it", PLUS, 1024, 1, { 0, 0x83, 1, 6144 },
	  NULL, 6144, 1, 1, 1 },
	{ "plus, burst 17", PLUS, 1024, 1, { 16, 0x80, 1, 1024 }, COMPLAIN_BURST },
};

static struct iso_complaint parse_row(const struct row *row, u8 alternate,
				      struct iso_alternate *result)
{
	const struct companion *with = &row->companion;
	struct iso_complaint complaint;
	struct blob blob = {};

	blob_interface(&blob, 2, alternate, 1);
	blob_endpoint(&blob, 0x81, 0x05, row->w_max, row->b_interval);
	if (with->burst != NO_COMPANION)
		blob_super(&blob, with->burst, with->super, with->bytes);
	if (with->plus != NO_COMPANION)
		blob_super_plus(&blob, with->plus);
	memset(result, 0, sizeof(*result));
	iso_descriptors_parse(blob.data, blob.size, 2, row->speed, result, 1,
			      &complaint);
	return complaint;
}

static void expect_endpoint(struct kunit *test, const struct row *row,
			    const struct iso_endpoint *ep)
{
	KUNIT_EXPECT_EQ_MSG(test, ep->max_bytes, row->max_bytes, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->interval, row->interval, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->mult, row->out_mult, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->burst, row->out_burst, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->max_packet_size, row->w_max & 0x7ff, "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->address, 0x81, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->attributes, 5, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, ep->b_interval, row->b_interval, "%s", row->name);
}

static void expect_rows(struct kunit *test, const struct row *row, size_t count)
{
	struct iso_alternate *got = kunit_kzalloc(test, sizeof(*got), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, got);
	for (; count--; row++) {
		struct iso_complaint complaint = parse_row(row, 1, got);

		KUNIT_EXPECT_STREQ_MSG(test, complaint.reason ?: "none",
				       row->complaint ?: "none", "%s", row->name);
		KUNIT_ASSERT_EQ_MSG(test, got->num_endpoints, !row->complaint, "%s",
				    row->name);
		if (!row->complaint)
			expect_endpoint(test, row, &got->endpoints[0]);
	}
}

static void usb2(struct kunit *test)
{
	expect_rows(test, usb2_rows, ARRAY_SIZE(usb2_rows));
}

static void usb3(struct kunit *test)
{
	expect_rows(test, usb3_rows, ARRAY_SIZE(usb3_rows));
}

/* USB 2.0, 5.6.3: the default alternate setting takes no bandwidth. */
static void zero_bandwidth(struct kunit *test)
{
	static const struct row rows[] = {
		{ "full", FULL, 0, 1, PLAIN },
		{ "high", HIGH, 0, 4, PLAIN },
		{ "high with mult", HIGH, 0x1000, 1, PLAIN },
		{ "super without companion", SUPER, 0, 1, PLAIN },
	};
	struct iso_alternate *got = kunit_kzalloc(test, sizeof(*got), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, got);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iso_complaint complaint = parse_row(&rows[i], 0, got);

		KUNIT_EXPECT_NULL_MSG(test, complaint.reason, "%s", rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, got->endpoints[0].max_bytes, 0U, "%s",
				    rows[i].name);
	}
}

static void sixteen_intervals(struct kunit *test)
{
	struct iso_alternate *got = kunit_kzalloc(test, sizeof(*got), GFP_KERNEL);
	struct row row = { "interval", FULL, 8, 1, PLAIN };
	u8 i;

	KUNIT_ASSERT_NOT_NULL(test, got);
	for (i = 1; i <= 16; i++) {
		row.b_interval = i;
		row.speed = FULL;
		parse_row(&row, 1, got);
		KUNIT_EXPECT_EQ(test, got->endpoints[0].interval, 8U << (i - 1));
		row.speed = HIGH;
		parse_row(&row, 1, got);
		KUNIT_EXPECT_EQ(test, got->endpoints[0].interval, 1U << (i - 1));
	}
}

struct other_row {
	const char *name;
	u32 speed;
	u8 attributes;
	u16 w_max;
	u8 b_interval;
	u32 interval;
	u8 mult;
	u8 burst;
};

/* With a companion that says 3 packets and, were it isochronous, 2 bursts. */
static void other_types(struct kunit *test)
{
	static const struct other_row rows[] = {
		{ "control", HIGH, 0, 64, 9, 0, 1, 1 },
		{ "bulk, full", FULL, 2, 64, 9, 0, 1, 1 },
		{ "bulk, high", HIGH, 2, 512, 9, 0, 1, 1 },
		{ "bulk, super", SUPER, 2, 1024, 9, 0, 1, 3 },
		{ "interrupt, full", FULL, 3, 8, 255, 2040, 1, 1 },
		{ "interrupt, full, interval 0", FULL, 3, 8, 0, 0, 1, 1 },
		{ "interrupt, high", HIGH, 3, 0x1400, 4, 8, 3, 1 },
		{ "interrupt, high, interval 16", HIGH, 3, 64, 16, 32768, 1, 1 },
		{ "interrupt, high, interval 17", HIGH, 3, 64, 17, 0, 1, 1 },
		{ "interrupt, super", SUPER, 3, 1024, 4, 8, 1, 3 },
	};
	struct iso_alternate *got = kunit_kzalloc(test, sizeof(*got), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, got);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct iso_endpoint *ep = &got->endpoints[0];
		struct iso_complaint complaint;
		struct blob blob = {};

		blob_interface(&blob, 2, 1, 1);
		blob_endpoint(&blob, 0x81, rows[i].attributes, rows[i].w_max,
			      rows[i].b_interval);
		blob_super(&blob, 2, 1, 8);
		memset(got, 0, sizeof(*got));
		iso_descriptors_parse(blob.data, blob.size, 2, rows[i].speed,
				      got, 1, &complaint);
		KUNIT_EXPECT_NULL_MSG(test, complaint.reason, "%s", rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, ep->interval, rows[i].interval, "%s",
				    rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, ep->mult, rows[i].mult, "%s",
				    rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, ep->burst, rows[i].burst, "%s",
				    rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, ep->max_bytes, 0U, "%s", rows[i].name);
	}
}

static void kinds(struct kunit *test)
{
	const struct iso_endpoint iso_in = { .address = 0x81, .attributes = 0x0d };
	const struct iso_endpoint bulk_out = { .address = 0x0f, .attributes = 0x02 };
	const struct iso_endpoint interrupt = { .address = 0x81, .attributes = 0x03 };
	const struct iso_endpoint control = { .address = 0x01, .attributes = 0x00 };

	KUNIT_EXPECT_TRUE(test, iso_endpoint_is_isochronous(&iso_in));
	KUNIT_EXPECT_FALSE(test, iso_endpoint_is_isochronous(&bulk_out));
	KUNIT_EXPECT_FALSE(test, iso_endpoint_is_isochronous(&interrupt));
	KUNIT_EXPECT_FALSE(test, iso_endpoint_is_isochronous(&control));
	KUNIT_EXPECT_TRUE(test, iso_endpoint_is_in(&iso_in));
	KUNIT_EXPECT_FALSE(test, iso_endpoint_is_in(&bulk_out));
}

static struct kunit_case cases[] = {
	CASE(usb2, "full and high speed: bytes, interval and mult, each limit and one past it"),
	CASE(usb3, "SuperSpeed and above: burst, mult, companions, each limit and one past it"),
	CASE(zero_bandwidth, "packets of no bytes are good in alternate setting 0 only"),
	CASE(sixteen_intervals, "all sixteen intervals at both units"),
	CASE(other_types, "endpoints of other types are described and can not stream"),
	CASE(kinds, "an endpoint's type and direction are read from its bits"),
	{}
};

struct kunit_suite iso_endpoint_suite = { .name = "endpoint", .test_cases = cases };
