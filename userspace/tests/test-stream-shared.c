// SPDX-License-Identifier: MIT
/*
 * Streams whose transfers are told in groups, so that they share URBs: each completion, each packet
 * record and each byte is what it would be without that.
 */
#include "flow.h"

#include <fcntl.h>

#define QUEUED 200u

struct shape {
	enum sim_speed speed;
	const char *alternate;
	uint32_t packets; /* of a transfer */
	unsigned int group;
};

/* More is queued than a window of 64 ms, and what waits shares. */
static void run(const struct shape *shape, uint8_t address)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	struct flow flow;
	int fd = flow_device(&fixture, shape->speed, shape->alternate);

	flow_open(&flow, fd, address, shape->packets, QUEUED);
	flow.group = shape->group;
	flow_prepare(&flow, QUEUED);
	flow_run(&flow, 5 * QUEUED);
	REQUIRE(sim_stats(fixture.sim, address, &stats));
	EQUAL(stats.packets, 5 * QUEUED * shape->packets);
	EQUAL(stats.bytes, 5 * QUEUED * shape->packets * flow.max_bytes);
	EQUAL(stats.bad, 0);
	EQUAL(stats.errors, 0);
	EQUAL(stats.missing, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.streams, 1);
	EQUAL(stats.last_counter - stats.first_counter + 1, stats.packets);
	/* All but the first and last windows. */
	CHECK(stats.transfers * 2 < 5 * QUEUED);
	flow_close(&flow);
}

#define SHARED(name, direction, ...) \
	static void name(void) \
	{ \
		run(&(const struct shape){ __VA_ARGS__ }, direction); \
	}

SHARED(high_in, FLOW_IN, SIM_HIGH, "in:0x81:512:1", 8, 8)
SHARED(high_out, FLOW_OUT, SIM_HIGH, "out:1:512:1", 8, 8)
SHARED(high_odd, FLOW_IN, SIM_HIGH, "in:0x81:100:1", 7, 5)
SHARED(full_in, FLOW_IN, SIM_FULL, "in:0x81:192:1", 4, 8)
SHARED(full_out, FLOW_OUT, SIM_FULL, "out:1:192:1", 4, 8)
SHARED(super_in, FLOW_IN, SIM_SUPER, "in:0x81:1024x3:1", 8, 8)

static const struct tap_test tests[] = {
	{ "a high-speed IN stream told in groups of 8 is whole", high_in },
	{ "a high-speed OUT stream told in groups of 8 is whole", high_out },
	{ "a high-speed IN stream told in groups of 5 is whole", high_odd },
	{ "a full-speed IN stream told in groups of 8 is whole", full_in },
	{ "a full-speed OUT stream told in groups of 8 is whole", full_out },
	{ "a SuperSpeed IN stream told in groups of 8 is whole", super_in },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
