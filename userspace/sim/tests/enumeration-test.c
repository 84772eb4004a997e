// SPDX-License-Identifier: MIT
/* Endpoint 0: every byte a host reads while it gets to know the device. */
#include "harness.h"

#define GET_DESCRIPTOR(host, type, index, length) \
	host_control(host, 0x80, 6, (uint16_t)((type) << 8 | (index)), 0, length)

static void expect_bytes(const struct reply *reply, const uint8_t *bytes, size_t length)
{
	EQUAL(reply->status, 0);
	EQUAL(reply->data_length, length);
	EQUAL(memcmp(reply->data, bytes, length), 0);
}

TEST(device_high, "the high-speed device descriptor is right to the byte")
{
	static const uint8_t bytes[18] = { 18,	 1, 0, 2, 0, 0, 0, 64, 0x09,
					   0x12, 1, 0, 0, 1, 1, 2, 3,  1 };
	struct host *host = host_open(SIM_HIGH);

	expect_bytes(GET_DESCRIPTOR(host, 1, 0, 64), bytes, 18);
	expect_bytes(GET_DESCRIPTOR(host, 1, 0, 8), bytes, 8);
	host_close(host);
}

TEST(device_super, "the super-speed device descriptor says 3.0 and 512-byte control packets")
{
	static const uint8_t bytes[18] = { 18,	 1,    0,    3, 0, 0, 0, 9, 0x34,
					   0x12, 0x78, 0x56, 0, 1, 1, 2, 3, 1 };
	struct sim_options options;
	struct host *host;

	sim_options_init(&options, SIM_SUPER);
	options.vendor = 0x1234;
	options.product = 0x5678;
	host = host_open_with(&options);
	expect_bytes(GET_DESCRIPTOR(host, 1, 0, 18), bytes, 18);
	host_close(host);
}

static struct host *open_shape(enum sim_speed speed, const char *alternate, const char *hostile)
{
	struct sim_options options;

	sim_options_init(&options, speed);
	memset(&options.shape, 0, sizeof(options.shape));
	EQUAL(sim_shape_add(&options.shape, speed, alternate), 0);
	options.hostile = hostile;
	return host_open_with(&options);
}

TEST(config_high, "the configuration descriptor carries multipliers and intervals at high speed")
{
	static const uint8_t bytes[] = {
		9,    2,    41, 0,    1,    1, 0, 0xc0, 0,    9,    4,	  0,	0, 0,
		0xff, 0,    0,	0,    9,    4, 0, 1,	2,    0xff, 0,	  0,	0, 7,
		5,    0x81, 1,	0x00, 0x14, 1, 7, 5,	0x01, 1,    0x00, 0x02, 4,
	};
	struct host *host = open_shape(SIM_HIGH, "in:0x81:1024x3:1,out:0x01:512:4", NULL);

	expect_bytes(GET_DESCRIPTOR(host, 2, 0, 255), bytes, sizeof(bytes));
	expect_bytes(GET_DESCRIPTOR(host, 2, 0, 9), bytes, 9);
	EQUAL(GET_DESCRIPTOR(host, 2, 1, 9)->status, -EPIPE);
	host_close(host);
}

TEST(config_super, "the companion descriptor carries burst, multiplier and bytes per interval")
{
	static const uint8_t bytes[] = {
		9,    2,    40, 0,    1,    1, 0, 0xc0, 0,  9,	  4,	0,    0, 0,
		0xff, 0,    0,	0,    9,    4, 0, 1,	1,  0xff, 0,	0,    0, 7,
		5,    0x81, 1,	0x00, 0x04, 1, 6, 48,	15, 2,	  0x00, 0xc0,
	};
	struct host *host = open_shape(SIM_SUPER, "in:0x81:1024x16x3:1", NULL);

	expect_bytes(GET_DESCRIPTOR(host, 2, 0, 255), bytes, sizeof(bytes));
	host_close(host);
}

TEST(default_shapes, "each default shape describes nine alternate settings and its own length")
{
	static const enum sim_speed speeds[] = { SIM_FULL, SIM_HIGH, SIM_SUPER };
	size_t i, at, alternates;

	for (i = 0; i < 3; i++) {
		struct host *host = host_open(speeds[i]);
		const struct reply *reply = GET_DESCRIPTOR(host, 2, 0, 4096);

		EQUAL(reply->data[2] | reply->data[3] << 8, reply->data_length);
		alternates = 0;
		for (at = 0; at < reply->data_length; at += reply->data[at])
			alternates += reply->data[at + 1] == 4;
		EQUAL(at, reply->data_length);
		EQUAL(alternates, 9);
		host_close(host);
	}
}

TEST(three_interfaces, "three interfaces have endpoints of their own")
{
	struct sim_options options;
	struct host *host;

	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, 3);
	host = host_open_with(&options);
	EQUAL(GET_DESCRIPTOR(host, 2, 0, 9)->data[4], 3);
	EQUAL(host_control(host, 0, 9, 1, 0, 0)->status, 0);
	EQUAL(host_control(host, 1, 11, 1, 2, 0)->status, 0);
	EQUAL(host_control(host, 0x81, 10, 0, 2, 1)->data[0], 1);
	EQUAL(host_control(host, 0x81, 10, 0, 0, 1)->data[0], 0);
	EQUAL(host_control(host, 0x82, 0, 0, 0x89, 2)->status, 0);
	EQUAL(host_control(host, 0x82, 0, 0, 0x85, 2)->status, -EPIPE);
	host_close(host);
}

TEST(strings, "strings are UTF-16, and the Microsoft one stalls")
{
	static const uint8_t serial[] = { 10, 3, '0', 0, '0', 0, '0', 0, '1', 0 };
	static const uint8_t languages[] = { 4, 3, 9, 4 };
	struct host *host = host_open(SIM_HIGH);

	expect_bytes(GET_DESCRIPTOR(host, 3, 0, 255), languages, 4);
	expect_bytes(GET_DESCRIPTOR(host, 3, 3, 255), serial, 10);
	EQUAL(GET_DESCRIPTOR(host, 3, 0xee, 18)->status, -EPIPE);
	EQUAL(GET_DESCRIPTOR(host, 3, 4, 18)->status, -EPIPE);
	host_close(host);
}

TEST(bos_and_qualifier, "BOS exists at super speed, the qualifier at high speed, neither at full")
{
	struct host *super = host_open(SIM_SUPER), *high = host_open(SIM_HIGH);
	struct host *full = host_open(SIM_FULL);

	EQUAL(GET_DESCRIPTOR(super, 15, 0, 255)->data_length, 22);
	EQUAL(GET_DESCRIPTOR(super, 6, 0, 10)->status, -EPIPE);
	EQUAL(GET_DESCRIPTOR(high, 15, 0, 5)->status, -EPIPE);
	EQUAL(GET_DESCRIPTOR(high, 6, 0, 10)->data_length, 10);
	EQUAL(GET_DESCRIPTOR(high, 7, 0, 9)->data[1], 7);
	EQUAL(GET_DESCRIPTOR(full, 15, 0, 5)->status, -EPIPE);
	EQUAL(GET_DESCRIPTOR(full, 6, 0, 10)->status, -EPIPE);
	host_close(super);
	host_close(high);
	host_close(full);
}

TEST(configuration_state, "configuration and alternate setting are set, told and refused")
{
	struct host *host = host_open(SIM_HIGH);

	EQUAL(host_control(host, 0x80, 8, 0, 0, 1)->data[0], 0);
	EQUAL(host_control(host, 0x01, 11, 1, 0, 0)->status, -EPIPE);
	EQUAL(host_control(host, 0x00, 9, 2, 0, 0)->status, -EPIPE);
	EQUAL(host_control(host, 0x00, 9, 1, 0, 0)->status, 0);
	EQUAL(host_control(host, 0x80, 8, 0, 0, 1)->data[0], 1);
	EQUAL(host_control(host, 0x81, 10, 0, 0, 1)->data[0], 0);
	EQUAL(host_control(host, 0x01, 11, 8, 0, 0)->status, 0);
	EQUAL(host_control(host, 0x81, 10, 0, 0, 1)->data[0], 8);
	EQUAL(host_control(host, 0x01, 11, 9, 0, 0)->status, -EPIPE);
	EQUAL(host_control(host, 0x01, 11, 0, 1, 0)->status, -EPIPE);
	host_close(host);
}

TEST(status_and_features, "a bulk endpoint halts and clears; unknown requests stall")
{
	struct host *host = host_open(SIM_HIGH);

	host_configure(host, 8);
	EQUAL(host_control(host, 0x80, 0, 0, 0, 2)->data[0], 1);
	EQUAL(host_control(host, 0x02, 3, 0, 0x83, 0)->status, 0);
	EQUAL(host_control(host, 0x82, 0, 0, 0x83, 2)->data[0], 1);
	EQUAL(host_control(host, 0x02, 1, 0, 0x83, 0)->status, 0);
	EQUAL(host_control(host, 0x82, 0, 0, 0x83, 2)->data[0], 0);
	EQUAL(host_control(host, 0x02, 3, 0, 0x8f, 0)->status, -EPIPE);
	EQUAL(host_control(host, 0xc0, 0x20, 0, 0, 8)->status, -EPIPE);
	EQUAL(host_control(host, 0x80, 99, 0, 0, 8)->status, -EPIPE);
	host_close(host);
}

static void expect_endpoint(enum sim_speed speed, const char *kind, size_t at, uint8_t value)
{
	struct host *host = open_shape(speed, "in:0x81:512:1", kind);
	const struct reply *reply = GET_DESCRIPTOR(host, 2, 0, 255);

	EQUAL(reply->data[27 + at], value);
	host_close(host);
}

TEST(hostile, "each hostile kind spoils exactly its byte of the endpoint or companion")
{
	expect_endpoint(SIM_HIGH, "zero-packet-size", 5, 0);
	expect_endpoint(SIM_HIGH, "mult-3", 5, 0x1a);
	expect_endpoint(SIM_HIGH, "interval-0", 6, 0);
	expect_endpoint(SIM_HIGH, "interval-255", 6, 255);
	expect_endpoint(SIM_HIGH, "short-endpoint", 0, 5);
	expect_endpoint(SIM_HIGH, "zero-length-endpoint", 0, 0);
	expect_endpoint(SIM_FULL, "full-speed-too-big", 5, 7);
	expect_endpoint(SIM_SUPER, "companion-too-small", 11, 16);
	expect_endpoint(SIM_SUPER, "burst-too-big", 9, 200);
	expect_endpoint(SIM_SUPER, "companion-mult-3", 10, 3);
	expect_endpoint(SIM_SUPER, "bytes-per-interval-0", 12, 0);
	expect_endpoint(SIM_SUPER, "bytes-per-interval-too-big", 12, 255);
}

TEST(hostile_missing, "the missing companion makes the configuration six bytes shorter")
{
	struct host *host = open_shape(SIM_SUPER, "in:0x81:512:1", "missing-companion");

	EQUAL(GET_DESCRIPTOR(host, 2, 0, 255)->data_length, 34);
	host_close(host);
}

static void refuse_hostile(enum sim_speed speed, const char *kind)
{
	struct sim_options options;

	sim_options_init(&options, speed);
	options.hostile = kind;
	TRUE(sim_new(&options) == NULL);
	CONTAINS(sim_error(), kind);
}

TEST(hostile_refused, "unknown hostile kinds, and those of another speed, are refused")
{
	refuse_hostile(SIM_HIGH, "nonsense");
	refuse_hostile(SIM_HIGH, "missing-companion");
	refuse_hostile(SIM_SUPER, "mult-3");
}
