// SPDX-License-Identifier: MIT
/* Descriptors that no honest device has: refused at probe, with one line in the kernel's log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kmsg.h"

static void check_refused(enum sim_speed speed, const char *kind, const char *reason)
{
	struct sim_options options;
	struct kmsg kmsg;
	struct fixture f;
	char wanted[KMSG_LINE_SIZE], path[32];

	sim_options_init(&options, speed);
	options.hostile = kind;
	kmsg_start(&kmsg);
	fixture_start_unbound(&f, &options);
	CHECK(!fixture_node(&f, 0, path, sizeof(path)));
	CHECK(!fixture_any_node());
	snprintf(wanted, sizeof(wanted), "winusb_iso %s:1.0: refused: alternate setting 1, %s",
		 f.bus_id, reason);
	kmsg_expect_error(&kmsg, wanted);
}

/* Odd, but nothing that a stream could go wrong by. */
static void check_accepted(enum sim_speed speed, const char *kind)
{
	struct sim_options options;
	struct kmsg kmsg;
	struct fixture f;

	sim_options_init(&options, speed);
	options.hostile = kind;
	kmsg_start(&kmsg);
	fixture_start(&f, &options);
	kmsg_expect_silence(&kmsg);
}

#define REFUSED(name, speed, kind, reason) \
	static void name(void) \
	{ \
		check_refused(speed, kind, reason); \
	}
#define ACCEPTED(name, speed, kind) \
	static void name(void) \
	{ \
		check_accepted(speed, kind); \
	}

#define AT_0X81(reason) "endpoint 0x81: " reason
#define SIZE_0		AT_0X81("packet size is 0")
#define INTERVAL	AT_0X81("interval is not 1 to 16")
#define TOO_SHORT	"endpoint 0x00: endpoint descriptor is too short"
#define RESERVED_BITS	AT_0X81("reserved bits of wMaxPacketSize are set")
#define TOO_FEW		"endpoint 0x00: fewer endpoints than its interface descriptor says"
#define OVER_1024	AT_0X81("packet size is over 1024 bytes")
#define OVER_1023	AT_0X81("packet size is over the 1023 bytes of full speed")
#define BURSTS		AT_0X81("bytes per interval are 0 or more than its bursts can carry")

REFUSED(full_size_0, SIM_FULL, "zero-packet-size", SIZE_0)
REFUSED(full_interval_0, SIM_FULL, "interval-0", INTERVAL)
REFUSED(full_interval_255, SIM_FULL, "interval-255", INTERVAL)
REFUSED(full_too_big, SIM_FULL, "full-speed-too-big", OVER_1023)
REFUSED(full_mult, SIM_FULL, "full-speed-mult", OVER_1023)
REFUSED(full_packet_too_big, SIM_FULL, "packet-too-big", OVER_1023)
REFUSED(full_short, SIM_FULL, "short-endpoint", TOO_SHORT)
REFUSED(full_zero_length, SIM_FULL, "zero-length-endpoint", TOO_FEW)
REFUSED(full_address_0, SIM_FULL, "address-0", "endpoint 0x80: address has no endpoint number")
REFUSED(full_same_address, SIM_FULL, "same-address", AT_0X81("address is there twice"))
REFUSED(full_reserved_bits, SIM_FULL, "reserved-bits", OVER_1023)

REFUSED(high_size_0, SIM_HIGH, "zero-packet-size", SIZE_0)
REFUSED(high_interval_0, SIM_HIGH, "interval-0", INTERVAL)
REFUSED(high_interval_255, SIM_HIGH, "interval-255", INTERVAL)
REFUSED(high_mult_3, SIM_HIGH, "mult-3", AT_0X81("more than 3 transactions per microframe"))
REFUSED(high_packet_too_big, SIM_HIGH, "packet-too-big", OVER_1024)
REFUSED(high_short, SIM_HIGH, "short-endpoint", TOO_SHORT)
REFUSED(high_zero_length, SIM_HIGH, "zero-length-endpoint", TOO_FEW)
REFUSED(high_address_0, SIM_HIGH, "address-0", "endpoint 0x80: address has no endpoint number")
REFUSED(high_same_address, SIM_HIGH, "same-address", AT_0X81("address is there twice"))
REFUSED(high_reserved_bits, SIM_HIGH, "reserved-bits", RESERVED_BITS)

REFUSED(super_size_0, SIM_SUPER, "zero-packet-size", SIZE_0)
REFUSED(super_interval_0, SIM_SUPER, "interval-0", INTERVAL)
REFUSED(super_interval_255, SIM_SUPER, "interval-255", INTERVAL)
REFUSED(super_no_companion, SIM_SUPER, "missing-companion",
	AT_0X81("SuperSpeed companion descriptor is missing"))
REFUSED(super_burst, SIM_SUPER, "burst-too-big", AT_0X81("burst is over 16 packets"))
REFUSED(super_mult_3, SIM_SUPER, "companion-mult-3",
	AT_0X81("more than 3 bursts per service interval"))
REFUSED(super_bytes_0, SIM_SUPER, "bytes-per-interval-0", BURSTS)
REFUSED(super_bytes_too_big, SIM_SUPER, "bytes-per-interval-too-big", BURSTS)
REFUSED(super_packet_too_big, SIM_SUPER, "packet-too-big", OVER_1024)
REFUSED(super_short, SIM_SUPER, "short-endpoint", TOO_SHORT)
REFUSED(super_zero_length, SIM_SUPER, "zero-length-endpoint", TOO_FEW)
REFUSED(super_address_0, SIM_SUPER, "address-0", "endpoint 0x80: address has no endpoint number")
REFUSED(super_same_address, SIM_SUPER, "same-address", AT_0X81("address is there twice"))
REFUSED(super_reserved_bits, SIM_SUPER, "reserved-bits", RESERVED_BITS)
/* A device may reserve less than its bursts could carry. */
ACCEPTED(super_small_companion, SIM_SUPER, "companion-too-small")

static void check_bound(enum sim_speed speed)
{
	struct sim_options options;
	struct kmsg kmsg;
	struct fixture f;

	sim_options_init(&options, speed);
	kmsg_start(&kmsg);
	fixture_start(&f, &options);
	kmsg_expect_silence(&kmsg);
	fixture_unplug(&f);
	kmsg_expect_silence(&kmsg);
}

static void full_bound(void)
{
	check_bound(SIM_FULL);
}
static void high_bound(void)
{
	check_bound(SIM_HIGH);
}
static void super_bound(void)
{
	check_bound(SIM_SUPER);
}

/* --- interfaces that can not stream --- */

/* Class aa is nobody's. */
#define OTHER_CLASS "aa"

static void check_plain(const char *const *alternates, const char *class, bool bound)
{
	struct sim_options options;
	struct kmsg kmsg;
	struct fixture f;
	char path[32];

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	options.shape.n_interfaces = 1;
	options.shape.interface[0].n_alternates = 1;
	if (alternates)
		fixture_options(&options, SIM_HIGH, alternates);
	if (class)
		REQUIRE(!sim_shape_class(&options.shape, class));
	kmsg_start(&kmsg);
	fixture_start_unbound(&f, &options);
	CHECK(fixture_node(&f, 0, path, sizeof(path)) == bound);
	kmsg_expect_silence(&kmsg);
}

static const char *const plain[] = {
	"in:0x83:512:0:bulk,out:0x03:512:0:bulk,in:0x84:16:4:interrupt", NULL
};

static void no_isochronous(void)
{
	check_plain(plain, OTHER_CLASS, false);
}
static void no_endpoints(void)
{
	check_plain(NULL, OTHER_CLASS, false);
}
static void vendors_plain(void)
{
	check_plain(plain, NULL, true);
}
static void vendors_empty(void)
{
	check_plain(NULL, "ff:01:02", true);
}

/* Interface 1 of three has a bulk endpoint only, and is of a class. */
static void only_what_streams(void)
{
	struct sim_options options;
	struct kmsg kmsg;
	struct fixture f;
	char path[32];

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x81:192:1"));
	options.shape.n_interfaces++;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x82:512:0:bulk"));
	REQUIRE(!sim_shape_class(&options.shape, OTHER_CLASS));
	options.shape.n_interfaces++;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x83:192:1"));
	kmsg_start(&kmsg);
	fixture_start(&f, &options);
	CHECK(fixture_node(&f, 0, path, sizeof(path)));
	CHECK(!fixture_node(&f, 1, path, sizeof(path)));
	CHECK(fixture_node(&f, 2, path, sizeof(path)));
	kmsg_expect_silence(&kmsg);
}

/* One bad interface does not keep another from being bound. */
static void hostile_alone(void)
{
	struct sim_options options;
	char path[32], wanted[KMSG_LINE_SIZE];
	struct kmsg kmsg;
	struct fixture f;

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	options.hostile = "mult-3";
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x81:192:1"));
	options.shape.n_interfaces++;
	options.shape.interface[1].n_alternates = 1;
	options.shape.interface[1].alternate[0].n_endpoints = 1;
	options.shape.interface[1].alternate[0].endpoint[0] = (struct sim_endpoint){
		.address = 0x82,
		.type = SIM_ISO,
		.packet_size = 64,
		.mult = 1,
		.burst = 1,
		.interval = 1,
	};
	kmsg_start(&kmsg);
	fixture_start_unbound(&f, &options);
	CHECK(!fixture_node(&f, 0, path, sizeof(path)));
	CHECK(fixture_node(&f, 1, path, sizeof(path)));
	snprintf(wanted, sizeof(wanted), "winusb_iso %s:1.0: refused: alternate setting 1, %s",
		 f.bus_id, AT_0X81("more than 3 transactions per microframe"));
	kmsg_expect_error(&kmsg, wanted);
}

/*
 * usbcore leaves the second one out; what was sent to it would go to the first, of another type and
 * perhaps another driver's.
 */
static void address_of_another(void)
{
	struct sim_options options;
	char path[32], wanted[KMSG_LINE_SIZE];
	struct kmsg kmsg;
	struct fixture f;

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	options.hostile = "same-address";
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x81:512:0:bulk"));
	options.shape.n_interfaces++;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x82:192:1"));
	kmsg_start(&kmsg);
	fixture_start_unbound(&f, &options);
	CHECK(fixture_node(&f, 0, path, sizeof(path)));
	CHECK(!fixture_node(&f, 1, path, sizeof(path)));
	snprintf(wanted, sizeof(wanted), "winusb_iso %s:1.1: refused: alternate setting 1, %s",
		 f.bus_id, AT_0X81("usbcore has left it out"));
	kmsg_expect_error(&kmsg, wanted);
}

static const struct tap_test tests[] = {
	{ "an honest full-speed device is bound, and nothing is said", full_bound },
	{ "an honest high-speed device is bound, and nothing is said", high_bound },
	{ "an honest super-speed device is bound, and nothing is said", super_bound },
	{ "full speed: a packet size of 0 is refused", full_size_0 },
	{ "full speed: interval 0 is refused", full_interval_0 },
	{ "full speed: interval 255 is refused", full_interval_255 },
	{ "full speed: packets over 1023 bytes are refused", full_too_big },
	{ "full speed: several transactions per frame are refused", full_mult },
	{ "full speed: packets of 2047 bytes are refused", full_packet_too_big },
	{ "full speed: an endpoint descriptor that is too short is refused", full_short },
	{ "full speed: an endpoint descriptor of length 0 is refused", full_zero_length },
	{ "full speed: endpoint number 0 is refused", full_address_0 },
	{ "full speed: two endpoints of one address are refused", full_same_address },
	{ "full speed: reserved bits of the packet size are refused", full_reserved_bits },
	{ "high speed: a packet size of 0 is refused", high_size_0 },
	{ "high speed: interval 0 is refused", high_interval_0 },
	{ "high speed: interval 255 is refused", high_interval_255 },
	{ "high speed: four transactions per microframe are refused", high_mult_3 },
	{ "high speed: packets over 1024 bytes are refused", high_packet_too_big },
	{ "high speed: an endpoint descriptor that is too short is refused", high_short },
	{ "high speed: an endpoint descriptor of length 0 is refused", high_zero_length },
	{ "high speed: endpoint number 0 is refused", high_address_0 },
	{ "high speed: two endpoints of one address are refused", high_same_address },
	{ "high speed: reserved bits of the packet size are refused", high_reserved_bits },
	{ "super speed: a packet size of 0 is refused", super_size_0 },
	{ "super speed: interval 0 is refused", super_interval_0 },
	{ "super speed: interval 255 is refused", super_interval_255 },
	{ "super speed: a missing companion is refused", super_no_companion },
	{ "super speed: a burst of 201 packets is refused", super_burst },
	{ "super speed: four bursts per interval are refused", super_mult_3 },
	{ "super speed: 0 bytes per interval are refused", super_bytes_0 },
	{ "super speed: more bytes per interval than bursts carry are refused",
	  super_bytes_too_big },
	{ "super speed: packets over 1024 bytes are refused", super_packet_too_big },
	{ "super speed: an endpoint descriptor that is too short is refused", super_short },
	{ "super speed: an endpoint descriptor of length 0 is refused", super_zero_length },
	{ "super speed: endpoint number 0 is refused", super_address_0 },
	{ "super speed: two endpoints of one address are refused", super_same_address },
	{ "super speed: reserved bits of the packet size are refused", super_reserved_bits },
	{ "super speed: less bytes per interval than a packet are accepted",
	  super_small_companion },
	{ "an interface of a class with bulk and interrupt endpoints only is left alone",
	  no_isochronous },
	{ "an interface of a class without endpoints is left alone", no_endpoints },
	{ "a vendor-specific interface with bulk and interrupt endpoints only is bound",
	  vendors_plain },
	{ "a vendor-specific interface without endpoints is bound", vendors_empty },
	{ "of a device's interfaces of a class those that can stream are bound",
	  only_what_streams },
	{ "a refused interface does not keep another from being bound", hostile_alone },
	{ "an endpoint at the address of another interface's is refused", address_of_another },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
