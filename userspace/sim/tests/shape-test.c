// SPDX-License-Identifier: MIT
/* The text form of alternate settings, the pattern, and options that are refused. */
#include "harness.h"

TEST(shape_text, "an alternate setting's text gives its endpoints")
{
	struct sim_shape shape = { 0 };
	const struct sim_endpoint *e = shape.interface[0].alternate[1].endpoint;

	EQUAL(sim_shape_add(&shape, SIM_SUPER,
			    "in:0x81:1024x16x3:1:fixed=100,out:0x02:64:16,"
			    "in:0x83:512:5:loop=2+7:clip,in:0x84:1024:0:bulk"),
	      0);
	EQUAL(shape.n_interfaces, 1);
	EQUAL(shape.interface[0].n_alternates, 2);
	EQUAL(shape.interface[0].alternate[0].n_endpoints, 0);
	EQUAL(shape.interface[0].alternate[1].n_endpoints, 4);
	EQUAL(e[0].burst, 16);
	EQUAL(e[0].mult, 3);
	EQUAL(e[0].length_fixed, 100);
	EQUAL(sim_endpoint_payload(SIM_SUPER, &e[0]), 49152);
	EQUAL(sim_endpoint_interval(SIM_SUPER, &e[1]), 32768);
	EQUAL(e[2].loop_from, 2);
	EQUAL(e[2].loop_delay, 7);
	TRUE(e[2].clip);
	EQUAL(e[3].type, SIM_BULK);
}

static void refuse(enum sim_speed speed, const char *text)
{
	struct sim_options options;

	sim_options_init(&options, speed);
	memset(&options.shape, 0, sizeof(options.shape));
	if (sim_shape_add(&options.shape, speed, text) == 0 && sim_new(&options))
		printf("# accepted: %s\n", text);
	EQUAL(sim_shape_add(&options.shape, speed, text) == 0 && sim_new(&options), 0);
}

TEST(shape_refused, "shapes that cannot be are refused")
{
	refuse(SIM_HIGH, "");
	refuse(SIM_HIGH, "in:0x01:64:1");
	refuse(SIM_HIGH, "out:0x81:64:1");
	refuse(SIM_HIGH, "in:0x80:64:1");
	refuse(SIM_HIGH, "in:0x91:64:1");
	refuse(SIM_HIGH, "in:0x81:0:1");
	refuse(SIM_HIGH, "in:0x81:1025:1");
	refuse(SIM_HIGH, "in:0x81:1024x4:1");
	refuse(SIM_HIGH, "in:0x81:1024x1x2:1");
	refuse(SIM_HIGH, "in:0x81:1024:0");
	refuse(SIM_HIGH, "in:0x81:1024:17");
	refuse(SIM_HIGH, "in:0x81:1024:1:what");
	refuse(SIM_HIGH, "in:0x81:1024:1,in:0x81:64:1");
	refuse(SIM_HIGH, "in:0x81:1024:1,");
	refuse(SIM_HIGH, "in:0x81:1024:1 ");
	refuse(SIM_HIGH, "in:0x81:64:1:loop=2");
	refuse(SIM_HIGH, "in:0x81:64:1:loop=2,out:0x02:64:2");
	refuse(SIM_FULL, "in:0x81:1024:1");
	refuse(SIM_FULL, "in:0x81:512x2:1");
	refuse(SIM_SUPER, "in:0x81:1024x17:1");
	refuse(SIM_SUPER, "in:0x81:1024x16x4:1");
}

TEST(pattern_words, "the pattern's words carry counter, endpoint and place")
{
	uint8_t data[20];

	sim_pattern_fill(data, sizeof(data), 0x81, 0x0102030405);
	EQUAL(memcmp(data,
		     "\x05\x04\x03\x02\x01\x81\x00\x00\x05\x04\x03\x02\x01\x81\x01\x00"
		     "\x05\x04\x03\x02",
		     20),
	      0);
	EQUAL(sim_pattern_counter(data), 0x0102030405);
	TRUE(sim_pattern_matches(data, 20, 0x81, 0x0102030405));
	TRUE(!sim_pattern_matches(data, 20, 0x82, 0x0102030405));
	TRUE(!sim_pattern_matches(data, 20, 0x81, 0x0102030406));
	data[19] ^= 0x80;
	TRUE(!sim_pattern_matches(data, 20, 0x81, 0x0102030405));
}

static void refuse_options(struct sim_options options, const char *why)
{
	TRUE(sim_new(&options) == NULL);
	CONTAINS(sim_error(), why);
}

TEST(options_refused, "options out of range are refused with a reason")
{
	struct sim_options good, o;

	sim_options_init(&good, SIM_HIGH);
	o = good;
	o.speed = 6;
	refuse_options(o, "speed 6");
	o = good;
	o.frame_wrap = 7;
	refuse_options(o, "8..32 bits");
	o = good;
	o.lead = 8001;
	refuse_options(o, "too long");
	o = good;
	o.first_frame = 1ULL << 40;
	refuse_options(o, "first frame");
	o = good;
	o.shape.n_interfaces = 0;
	refuse_options(o, "1..3 interfaces");
	o = good;
	o.shape.n_interfaces = 2;
	o.shape.interface[1] = o.shape.interface[0];
	refuse_options(o, "share an endpoint");
}
