// SPDX-License-Identifier: GPL-2.0-only
/* The walk along a configuration's descriptors, however broken they are. */

#include <linux/slab.h>

#include <uapi/linux/winusb_iso.h>

#include "driver/endpoint.h"

#include "blob.h"
#include "case.h"

#define ROOM	8

#define FEWER	"fewer endpoints than its interface descriptor says"

struct walk {
	struct blob blob;
	struct iso_alternate alternates[ROOM];
	struct iso_complaint complaint;
};

static struct walk *walk_begin(struct kunit *test)
{
	struct walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, walk);
	return walk;
}

static unsigned int walk_parse(struct walk *walk, u8 interface, u32 speed,
			       unsigned int room)
{
	memset(walk->alternates, 0, sizeof(walk->alternates));
	return iso_descriptors_parse(walk->blob.data, walk->blob.size, interface,
				     speed, walk->alternates, room,
				     &walk->complaint);
}

static void put_audio_like(struct blob *blob)
{
	static const u8 class_specific[] = { 7, 0x25, 1, 0, 0, 0, 0 };
	static const u8 configuration[] = { 9, 2, 0, 0, 2, 1, 0, 0x80, 50 };

	blob_put(blob, configuration, sizeof(configuration));
	blob_endpoint(blob, 0x8f, 0x01, 9, 1); /* belongs to no interface */
	blob_interface(blob, 0, 0, 1);
	blob_endpoint(blob, 0x83, 0x03, 8, 1);
	blob_interface(blob, 1, 0, 0);
	blob_interface(blob, 1, 1, 2);
	blob_endpoint(blob, 0x01, 0x09, 192, 1);
	blob_put(blob, class_specific, sizeof(class_specific));
	blob_endpoint(blob, 0x82, 0x11, 3, 1);
	blob_interface(blob, 2, 0, 1);
	blob_endpoint(blob, 0x84, 0x02, 64, 0);
	blob_interface(blob, 1, 5, 1);
	blob_endpoint(blob, 0x01, 0x09, 1023, 1);
}

static void finds_alternates(struct kunit *test)
{
	struct walk *walk = walk_begin(test);

	put_audio_like(&walk->blob);
	KUNIT_ASSERT_EQ(test, walk_parse(walk, 1, WINUSB_ISO_SPEED_FULL, ROOM), 3U);
	KUNIT_EXPECT_NULL(test, walk->complaint.reason);
	KUNIT_EXPECT_EQ(test, walk->alternates[0].desc.bAlternateSetting, 0);
	KUNIT_EXPECT_EQ(test, walk->alternates[1].desc.bAlternateSetting, 1);
	KUNIT_EXPECT_EQ(test, walk->alternates[2].desc.bAlternateSetting, 5);
	KUNIT_EXPECT_EQ(test, walk->alternates[0].num_endpoints, 0U);
	KUNIT_ASSERT_EQ(test, walk->alternates[1].num_endpoints, 2U);
	KUNIT_EXPECT_EQ(test, walk->alternates[1].endpoints[0].max_bytes, 192U);
	KUNIT_EXPECT_EQ(test, walk->alternates[1].endpoints[1].address, 0x82);
	KUNIT_ASSERT_EQ(test, walk->alternates[2].num_endpoints, 1U);
	KUNIT_EXPECT_EQ(test, walk->alternates[2].endpoints[0].max_bytes, 1023U);
}

static void counts_alternates(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	const u8 *data = walk->blob.data;

	put_audio_like(&walk->blob);
	KUNIT_EXPECT_EQ(test, iso_descriptors_count(data, walk->blob.size, 0), 1U);
	KUNIT_EXPECT_EQ(test, iso_descriptors_count(data, walk->blob.size, 1), 3U);
	KUNIT_EXPECT_EQ(test, iso_descriptors_count(data, walk->blob.size, 2), 1U);
	KUNIT_EXPECT_EQ(test, iso_descriptors_count(data, walk->blob.size, 3), 0U);
	KUNIT_EXPECT_EQ(test, iso_descriptors_count(data, 0, 1), 0U);
}

static void keeps_to_its_room(struct kunit *test)
{
	struct walk *walk = walk_begin(test);

	put_audio_like(&walk->blob);
	KUNIT_EXPECT_EQ(test, walk_parse(walk, 1, WINUSB_ISO_SPEED_FULL, 2), 2U);
	KUNIT_EXPECT_EQ(test, walk->alternates[1].num_endpoints, 2U);
	KUNIT_EXPECT_EQ(test, walk->alternates[2].desc.bLength, 0);
	KUNIT_EXPECT_EQ(test, walk_parse(walk, 1, WINUSB_ISO_SPEED_FULL, 0), 0U);
}

static void other_types_are_not_judged(struct kunit *test)
{
	struct walk *walk = walk_begin(test);

	blob_interface(&walk->blob, 0, 1, 2);
	blob_endpoint(&walk->blob, 0x81, 0x02, 0, 0);
	blob_endpoint(&walk->blob, 0x02, 0x03, 0xffff, 255);
	KUNIT_EXPECT_EQ(test, walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM), 1U);
	KUNIT_EXPECT_NULL(test, walk->complaint.reason);
	KUNIT_EXPECT_EQ(test, walk->alternates[0].num_endpoints, 2U);
	KUNIT_EXPECT_EQ(test, walk->alternates[0].endpoints[1].max_bytes, 0U);
}

static void says_where(struct kunit *test)
{
	struct walk *walk = walk_begin(test);

	blob_interface(&walk->blob, 0, 0, 1);
	blob_interface(&walk->blob, 0, 3, 1);
	blob_endpoint(&walk->blob, 0x01, 0x01, 8, 1);
	blob_endpoint(&walk->blob, 0x86, 0x01, 8, 0);
	blob_endpoint(&walk->blob, 0x87, 0x01, 0, 1);
	walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM);
	KUNIT_EXPECT_STREQ(test, walk->complaint.reason ?: "none",
			   "interval is not 1 to 16");
	KUNIT_EXPECT_EQ(test, walk->complaint.alternate, 3);
	KUNIT_EXPECT_EQ(test, walk->complaint.address, 0x86);
}

static void all_endpoints(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	int i;

	blob_interface(&walk->blob, 0, 1, 30);
	for (i = 1; i <= 15; i++) {
		blob_endpoint(&walk->blob, i, 0x01, 8, 1);
		blob_endpoint(&walk->blob, 0x80 | i, 0x01, 8, 1);
	}
	walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM);
	KUNIT_EXPECT_NULL(test, walk->complaint.reason);
	KUNIT_EXPECT_EQ(test, walk->alternates[0].num_endpoints, 30U);
}

struct address_row {
	u8 address;
	const char *complaint;
};

static void addresses(struct kunit *test)
{
	static const struct address_row rows[] = {
		{ 0x01, "none" },
		{ 0x8f, "none" },
		{ 0x81, "address is there twice" },
		{ 0x00, "address has no endpoint number" },
		{ 0x80, "address has no endpoint number" },
		{ 0x11, "reserved bits of bEndpointAddress are set" },
		{ 0xc1, "reserved bits of bEndpointAddress are set" },
	};
	struct walk *walk = walk_begin(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		walk->blob.size = 0;
		blob_interface(&walk->blob, 0, 1, 2);
		blob_endpoint(&walk->blob, 0x81, 0x02, 8, 1);
		blob_endpoint(&walk->blob, rows[i].address, 0x01, 8, 1);
		walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM);
		KUNIT_EXPECT_STREQ_MSG(test, walk->complaint.reason ?: "none",
				       rows[i].complaint, "%#x", rows[i].address);
	}
}

static void short_descriptors(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	static const u8 endpoint[] = { 6, USB_DT_ENDPOINT, 0x81, 1, 8, 0 };
	static const u8 interface[] = { 8, USB_DT_INTERFACE, 0, 2, 0, 0, 0, 0 };
	static const u8 companion[] = { 5, USB_DT_SS_ENDPOINT_COMP, 0, 0, 8 };

	blob_interface(&walk->blob, 0, 1, 1);
	blob_endpoint(&walk->blob, 0x82, 0x01, 8, 1);
	blob_put(&walk->blob, companion, sizeof(companion));
	walk_parse(walk, 0, WINUSB_ISO_SPEED_SUPER, ROOM);
	KUNIT_EXPECT_STREQ(test, walk->complaint.reason ?: "none",
			   "SuperSpeed companion descriptor is missing");
	blob_put(&walk->blob, endpoint, sizeof(endpoint));
	walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM);
	KUNIT_EXPECT_STREQ(test, walk->complaint.reason ?: "none",
			   "endpoint descriptor is too short");

	walk->blob.size = 0;
	blob_put(&walk->blob, interface, sizeof(interface));
	KUNIT_EXPECT_EQ(test, walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM), 0U);
}

static void fewer_endpoints(struct kunit *test)
{
	struct walk *walk = walk_begin(test);

	blob_interface(&walk->blob, 0, 0, 0);
	blob_interface(&walk->blob, 0, 4, 2);
	blob_endpoint(&walk->blob, 0x82, 0x01, 8, 1);
	walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM);
	KUNIT_EXPECT_STREQ(test, walk->complaint.reason ?: "none", FEWER);
	KUNIT_EXPECT_EQ(test, walk->complaint.alternate, 4);
	KUNIT_EXPECT_EQ(test, walk->complaint.address, 0);
	blob_endpoint(&walk->blob, 0x83, 0x01, 8, 1);
	walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM);
	KUNIT_EXPECT_NULL(test, walk->complaint.reason);
	KUNIT_EXPECT_EQ(test, walk->alternates[1].num_endpoints, 2U);
}

static void padding(struct kunit *test)
{
	struct walk *walk = walk_begin(test);

	blob_interface(&walk->blob, 0, 1, 1);
	blob_endpoint(&walk->blob, 0x82, 0x01, 8, 1);
	walk->blob.size += 5; /* zeroes */
	KUNIT_EXPECT_EQ(test, walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH, ROOM), 1U);
	KUNIT_EXPECT_NULL(test, walk->complaint.reason);
	KUNIT_EXPECT_EQ(test, walk->alternates[0].num_endpoints, 1U);
}

static void lengths_that_end_the_walk(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	static const u8 lengths[] = { 0, 1, 8, 255 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		walk->blob.size = 0;
		blob_interface(&walk->blob, 0, 1, 1);
		blob_endpoint(&walk->blob, 0x82, 0x01, 8, 1);
		walk->blob.data[9] = lengths[i];
		KUNIT_EXPECT_EQ(test, walk_parse(walk, 0, WINUSB_ISO_SPEED_HIGH,
						 ROOM), 1U);
		KUNIT_EXPECT_EQ_MSG(test, walk->alternates[0].num_endpoints, 0U,
				    "bLength %u", lengths[i]);
		KUNIT_EXPECT_STREQ_MSG(test, walk->complaint.reason ?: "none",
				       FEWER, "bLength %u", lengths[i]);
	}
}

/* In memory of exactly that size, so that KASAN sees a byte read past it. */
static void parse_exact(struct kunit *test, struct walk *walk, const u8 *data,
			size_t size, u32 speed)
{
	u8 *copy = kmemdup(data, max_t(size_t, size, 1), GFP_KERNEL);
	unsigned int count, i;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memset(walk->alternates, 0, sizeof(walk->alternates));
	count = iso_descriptors_parse(copy, size, 1, speed, walk->alternates,
				      ROOM, &walk->complaint);
	KUNIT_EXPECT_LE(test, count, iso_descriptors_count(copy, size, 1));
	KUNIT_EXPECT_LE(test, count, (unsigned int)ROOM);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_LE(test, walk->alternates[i].num_endpoints,
				(unsigned int)ISO_MAX_ENDPOINTS);
	kfree(copy);
}

static void truncated(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	size_t size;
	u32 speed;

	blob_interface(&walk->blob, 1, 0, 1);
	blob_interface(&walk->blob, 1, 1, 1);
	blob_endpoint(&walk->blob, 0x81, 0x05, 1024, 1);
	blob_super(&walk->blob, 15, 0x80, 1);
	blob_super_plus(&walk->blob, 98304);
	blob_endpoint(&walk->blob, 0x02, 0x05, 1024, 1);
	for (speed = 0; speed <= WINUSB_ISO_SPEED_SUPER_PLUS; speed++)
		for (size = 0; size <= walk->blob.size; size++)
			parse_exact(test, walk, walk->blob.data, size, speed);
}

/* What it accepts a stream can be built on. */
static void expect_sane(struct kunit *test, const struct walk *walk,
			const struct chance *chance)
{
	unsigned int i, j;

	for (i = 0; i < ROOM && !walk->complaint.reason; i++) {
		const struct iso_alternate *alternate = &walk->alternates[i];

		for (j = 0; j < alternate->num_endpoints; j++) {
			const struct iso_endpoint *ep = &alternate->endpoints[j];

			if (!iso_endpoint_is_isochronous(ep))
				continue;
			KUNIT_EXPECT_LE_MSG(test, ep->max_bytes, 98304U,
					    "seed %u", chance->seed);
			KUNIT_EXPECT_TRUE_MSG(test, ep->max_bytes ||
					      !alternate->desc.bAlternateSetting,
					      "seed %u", chance->seed);
			KUNIT_EXPECT_GE_MSG(test, ep->interval, 1U, "seed %u",
					    chance->seed);
			KUNIT_EXPECT_LE_MSG(test, ep->interval, 262144U,
					    "seed %u", chance->seed);
		}
	}
}

static void random_blob(struct chance *chance, struct blob *blob)
{
	u32 mutations = chance_below(chance, 6);
	u32 parts = 1 + chance_below(chance, 20);

	blob->size = 0;
	while (parts--) {
		switch (chance_below(chance, 5)) {
		case 0:
			blob_interface(blob, chance_below(chance, 3),
				       chance_below(chance, 3),
				       chance_below(chance, 3));
			break;
		case 1:
			blob_super(blob, chance_below(chance, 20),
				   chance_below(chance, 256),
				   chance_below(chance, 65536));
			break;
		case 2:
			blob_super_plus(blob, chance_below(chance, 110000));
			break;
		default:
			blob_endpoint(blob, chance_below(chance, 2) << 7 |
				      chance_below(chance, 16),
				      chance_below(chance, 8),
				      chance_below(chance, 65536),
				      chance_below(chance, 20));
		}
	}
	while (mutations--)
		blob->data[chance_below(chance, blob->size)] =
			chance_below(chance, 256);
	blob->size -= chance_below(chance, min_t(u32, blob->size, 4));
}

static void random_descriptors(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	struct chance chance;
	int i;

	chance_begin(test, &chance);
	for (i = 0; i < 5000; i++) {
		random_blob(&chance, &walk->blob);
		parse_exact(test, walk, walk->blob.data, walk->blob.size,
			    chance_below(&chance, 8));
		expect_sane(test, walk, &chance);
	}
}

static void random_bytes(struct kunit *test)
{
	struct walk *walk = walk_begin(test);
	struct chance chance;
	int i;

	chance_begin(test, &chance);
	for (i = 0; i < 5000; i++) {
		prandom_bytes_state(&chance.state, walk->blob.data, 64);
		parse_exact(test, walk, walk->blob.data,
			    chance_below(&chance, 65), chance_below(&chance, 8));
		expect_sane(test, walk, &chance);
	}
}

static struct kunit_case cases[] = {
	CASE(finds_alternates, "the alternate settings of one interface are found among others"),
	CASE(counts_alternates, "alternate settings are counted per interface"),
	CASE(keeps_to_its_room, "no more alternate settings are written than there is room for"),
	CASE(other_types_are_not_judged, "endpoints of other types are listed and not judged"),
	CASE(says_where, "the first complaint names alternate setting and endpoint"),
	CASE(all_endpoints, "all thirty endpoints that USB has are taken"),
	CASE(addresses, "addresses that can not be, or are there twice, are refused"),
	CASE(short_descriptors, "descriptors shorter than their kind are refused or ignored"),
	CASE(fewer_endpoints, "an alternate setting that lost an endpoint is refused"),
	CASE(padding, "padding after the last descriptor is harmless"),
	CASE(lengths_that_end_the_walk, "a length that can not be ends the walk"),
	CASE(truncated, "descriptors cut off at any byte are read no further"),
	CASE(random_descriptors, "damaged descriptors are refused or sane"),
	CASE(random_bytes, "random bytes are refused or sane"),
	{}
};

struct kunit_suite iso_descriptors_suite = {
	.name = "descriptors",
	.test_cases = cases,
};
