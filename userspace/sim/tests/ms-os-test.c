// SPDX-License-Identifier: MIT
/* Microsoft OS descriptors to the byte, interface associations and classes. */
#include "harness.h"

static struct host *open_with(unsigned int ms_os, const char *guid, unsigned int interfaces)
{
	struct sim_options options;

	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, interfaces);
	options.ms_os = ms_os;
	options.guid[0] = guid;
	if (interfaces == 3)
		EQUAL(sim_shape_associate(&options.shape, "1+2"), 0);
	return host_open_with(&options);
}

static void expect_bytes(const struct reply *reply, const uint8_t *bytes, size_t length)
{
	EQUAL(reply->status, 0);
	EQUAL(reply->data_length, length);
	EQUAL(memcmp(reply->data, bytes, length), 0);
}

TEST(none, "a device without Microsoft OS descriptors stalls all questions for them")
{
	struct host *host = open_with(0, NULL, 1);

	EQUAL(host_control(host, 0x80, 6, 0x03ee, 0, 18)->status, -EPIPE);
	EQUAL(host_control(host, 0x80, 6, 0x0f00, 0, 5)->status, -EPIPE);
	EQUAL(host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 4, 16)->status, -EPIPE);
	EQUAL(host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 7, 16)->status, -EPIPE);
	host_close(host);
}

TEST(version_1, "1.0: the string, the compatible ids and the properties are right to the byte")
{
	static const uint8_t string[18] = {
		18, 3, 'M', 0, 'S', 0, 'F', 0, 'T', 0, '1', 0, '0', 0, '0', 0, 0x20, 0,
	};
	static const uint8_t ids[64] = {
		64, 0, 0,   0,	 0,   1,   4,	0,   2,	       0, 0,   0,   0,	 0,   0,   0,
		0,  1, 'W', 'I', 'N', 'U', 'S', 'B', [40] = 1, 1, 'W', 'I', 'N', 'U', 'S', 'B',
	};
	static const uint8_t properties[] = {
		74,  0, 0,   0, 0,   1, 5,   0, 1,   0, 64,  0, 0,   0, 7,   0, 0,   0, 42,  0,
		'D', 0, 'e', 0, 'v', 0, 'i', 0, 'c', 0, 'e', 0, 'I', 0, 'n', 0, 't', 0, 'e', 0,
		'r', 0, 'f', 0, 'a', 0, 'c', 0, 'e', 0, 'G', 0, 'U', 0, 'I', 0, 'D', 0, 's', 0,
		0,   0, 8,   0, 0,   0, '{', 0, '}', 0, 0,   0, 0,   0,
	};
	struct host *host = open_with(SIM_MS_OS_1, "{}", 3);

	expect_bytes(host_control(host, 0x80, 6, 0x03ee, 0, 18), string, 18);
	expect_bytes(host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 4, 255), ids, 64);
	expect_bytes(host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 4, 16), ids, 16);
	expect_bytes(host_control(host, 0xc1, SIM_MS_OS_REQUEST, 0, 5, 255), properties,
		     sizeof(properties));
	EQUAL(host_control(host, 0xc1, SIM_MS_OS_REQUEST, 1, 5, 255)->actual, 10);
	EQUAL(host_control(host, 0xc1, SIM_MS_OS_REQUEST, 3, 5, 255)->status, -EPIPE);
	EQUAL(host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 7, 255)->status, -EPIPE);
	host_close(host);
}

TEST(version_2, "2.0: the BOS names a descriptor set, which is right to the byte")
{
	static const uint8_t bos[33] = {
		5,    15,   33,	  0,	1,    28,   16,	  5,	0,    0xdf, 0x60,
		0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d, 0x9e,
		0x64, 0x8a, 0x9f, 0,	0,    3,    6,	  90,	0,    0x20, 0,
	};
	static const uint8_t set[90] = {
		10,  0,	  0,   0,   0,	       0, 3,   6, 90,  0, 20,  0, 3,   0, 'W', 'I',
		'N', 'U', 'S', 'B', [30] = 60, 0, 4,   0, 7,   0, 42,  0, 'D', 0, 'e', 0,
		'v', 0,	  'i', 0,   'c',       0, 'e', 0, 'I', 0, 'n', 0, 't', 0, 'e', 0,
		'r', 0,	  'f', 0,   'a',       0, 'c', 0, 'e', 0, 'G', 0, 'U', 0, 'I', 0,
		'D', 0,	  's', 0,   0,	       0, 8,   0, '{', 0, '}', 0, 0,   0, 0,   0,
	};
	struct host *host = open_with(SIM_MS_OS_2, "{}", 1);

	EQUAL(host_control(host, 0x80, 6, 0x0100, 0, 18)->data[2], 1);
	expect_bytes(host_control(host, 0x80, 6, 0x0f00, 0, 255), bos, 33);
	expect_bytes(host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 7, 255), set, 90);
	EQUAL(host_control(host, 0x80, 6, 0x03ee, 0, 18)->status, -EPIPE);
	host_close(host);
}

TEST(version_2_composite, "2.0: a device of two functions has a subset for each")
{
	static const uint8_t head[26] = {
		10, 0, 0, 0, 0, 0, 3, 6, 134, 0, 8, 0, 1, 0, 0, 0, 124, 0, 8, 0, 2, 0, 0, 0, 88, 0,
	};
	static const uint8_t second[28] = {
		8, 0, 2, 0, 1, 0, 28, 0, 20, 0, 3, 0, 'W', 'I', 'N', 'U', 'S', 'B',
	};
	struct host *host = open_with(SIM_MS_OS_2, "{}", 3);
	const struct reply *reply = host_control(host, 0xc0, SIM_MS_OS_REQUEST, 0, 7, 255);

	EQUAL(reply->actual, 134);
	EQUAL(memcmp(reply->data, head, sizeof(head)), 0);
	EQUAL(memcmp(reply->data + 18 + 88, second, sizeof(second)), 0);
	host_close(host);
}

TEST(super, "super speed: the platform capability is the third in the BOS")
{
	struct sim_options options;
	struct host *host;
	const struct reply *reply;

	sim_options_init(&options, SIM_SUPER);
	options.ms_os = SIM_MS_OS_2;
	host = host_open_with(&options);
	reply = host_control(host, 0x80, 6, 0x0f00, 0, 255);
	EQUAL(reply->actual, 50);
	EQUAL(reply->data[2], 50);
	EQUAL(reply->data[4], 3);
	EQUAL(reply->data[22], 28);
	host_close(host);
}

TEST(association, "grouped interfaces have an association descriptor and the device says so")
{
	static const uint8_t association[8] = { 8, 11, 1, 2, 0xff, 0, 0, 0 };
	struct host *host = open_with(0, NULL, 3);
	const struct reply *reply = host_control(host, 0x80, 6, 0x0100, 0, 18);
	size_t i;

	EQUAL(reply->data[4], 0xef);
	EQUAL(reply->data[5], 2);
	EQUAL(reply->data[6], 1);
	reply = host_control(host, 0x80, 6, 0x0200, 0, 4096);
	for (i = 0; i < reply->data_length && reply->data[i + 1] != 11; i += reply->data[i])
		;
	EQUAL(memcmp(reply->data + i, association, 8), 0);
	EQUAL(reply->data[i + 8 + 2], 1);
	host_close(host);
}

TEST(bad_shapes, "groups and classes that are none are refused")
{
	struct sim_options options;

	sim_options_init(&options, SIM_HIGH);
	EQUAL(sim_shape_associate(&options.shape, "0+"), -1);
	EQUAL(sim_shape_associate(&options.shape, "0+1x"), -1);
	EQUAL(sim_shape_class(&options.shape, ""), -1);
	EQUAL(sim_shape_class(&options.shape, "8:6:50:1"), -1);
	EQUAL(sim_shape_class(&options.shape, "8:6:50"), 0);
	EQUAL(sim_shape_associate(&options.shape, "0+2"), 0);
	TRUE(sim_new(&options) == NULL);
	CONTAINS(sim_error(), "function 0+2");
	sim_options_init(&options, SIM_HIGH);
	options.ms_os = 4;
	TRUE(sim_new(&options) == NULL);
}
