// SPDX-License-Identifier: MIT
/* Many streams at once: several pipes of a device, several devices, several alternate settings. */
#include "fixture.h"
#include "flow.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES	  4
#define PIPES	  4
#define PACKETS	  32 /* of a transfer: 4 ms */
#define SLOTS	  24
#define TRANSFERS 750 /* of each stream: 3 s */

struct station {
	struct fixture fixture;
	int fd;
	struct flow *flow[PIPES];
};

static const uint8_t addresses[PIPES] = { 0x81, 0x82, 0x01, 0x02 };

static void free_flow(void *argument)
{
	free(argument);
}

static struct flow *open_flow(int fd, uint8_t address)
{
	struct flow *flow = malloc(sizeof(*flow));

	REQUIRE(flow);
	tap_defer(free_flow, flow);
	flow_open(flow, fd, address, PACKETS, SLOTS);
	return flow;
}

static void open_station(struct station *station)
{
	unsigned int i;

	station->fd = flow_device(&station->fixture, SIM_HIGH,
				  "in:0x81:64:1,in:0x82:64:1,out:0x01:64:1,out:0x02:64:1");
	for (i = 0; i < PIPES; i++)
		station->flow[i] = open_flow(station->fd, addresses[i]);
}

static struct flow *flow_of(struct station *station, uint8_t address)
{
	unsigned int i;

	for (i = 0; i < PIPES; i++)
		if (station->flow[i]->address == address)
			return station->flow[i];
	tap_note("completion of pipe 0x%02x", address);
	REQUIRE(!"the pipe is one of ours");
	return NULL;
}

/* All streams of all devices go at the same pace: one completion each in turn. */
static void turn(struct station *station)
{
	struct winusb_iso_completion completion;
	struct flow *flow;
	unsigned int i;

	for (i = 0; i < PIPES; i++) {
		REQUIRE_WORKS(fixture_reap(station->fd, &completion));
		flow = flow_of(station, completion.pipe);
		REQUIRE(flow_check_plain(flow, &completion));
		flow_fill(flow, TRANSFERS);
	}
}

/* OUT: everything arrived, in order. IN: nothing that the host asked for was left out. */
static void device_agrees(const struct station *station, const struct flow *flow)
{
	struct sim_pipe_stats stats;

	REQUIRE(sim_stats(station->fixture.sim, flow->address, &stats));
	EQUAL(flow->reaped, TRANSFERS);
	EQUAL(flow->gaps, 0);
	EQUAL(stats.good, TRANSFERS * PACKETS);
	EQUAL(stats.bad, 0);
	EQUAL(stats.missing, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.streams, 1);
}

static void sixteen_streams(void)
{
	static struct station stations[DEVICES];
	unsigned int i, j;

	for (i = 0; i < DEVICES; i++)
		open_station(&stations[i]);
	for (i = 0; i < DEVICES * PIPES; i++)
		flow_fill(stations[i / PIPES].flow[i % PIPES], TRANSFERS);
	for (j = 0; j < TRANSFERS; j++)
		for (i = 0; i < DEVICES; i++)
			turn(&stations[i]);
	for (i = 0; i < DEVICES * PIPES; i++)
		device_agrees(&stations[i / PIPES], stations[i / PIPES].flow[i % PIPES]);
}

/* Each pipe belongs to another file: their completions do not mix. */
static void a_session_for_each_pipe(void)
{
	struct fixture fixture;
	struct flow *flow[PIPES];
	unsigned int i, j;
	int fd[PIPES];

	fd[0] = flow_device(&fixture, SIM_HIGH,
			    "in:0x81:64:1,in:0x82:64:1,out:0x01:64:1,out:0x02:64:1");
	for (i = 0; i < PIPES; i++) {
		if (i)
			fd[i] = fixture_open(&fixture, O_RDWR);
		flow[i] = open_flow(fd[i], addresses[i]);
	}
	for (i = 0; i < PIPES; i++)
		flow_fill(flow[i], 100);
	for (j = 0; j < 100; j++) {
		for (i = 0; i < PIPES; i++) {
			REQUIRE(flow_take_plain(flow[i]));
			flow_fill(flow[i], 100);
		}
	}
	for (i = 0; i < PIPES; i++)
		EQUAL(flow[i]->reaped, 100);
}

/* Alternate settings and streams of one interface are nothing to the other. */
static void two_interfaces(void)
{
	struct sim_options options;
	struct fixture fixture;
	struct flow *first, *second;
	unsigned int i;
	char node[32];
	int fd[2];

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x81:512:1"));
	options.shape.n_interfaces++;
	options.shape.interface[1].n_alternates = 1;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "in:0x82:512:1"));
	fixture_start(&fixture, &options);
	REQUIRE(fixture_node(&fixture, 1, node, sizeof(node)));
	fd[0] = fixture_open(&fixture, O_RDWR);
	fd[1] = fixture_open_path(node, O_RDWR);
	REQUIRE(fd[1] >= 0);
	fixture_set_alternate(fd[0], 1);
	first = open_flow(fd[0], 0x81);
	flow_fill(first, 200);
	for (i = 0; i < 50; i++) {
		REQUIRE(flow_take_plain(first));
		flow_fill(first, 200);
	}
	fixture_set_alternate(fd[1], 1);
	second = open_flow(fd[1], 0x82);
	flow_fill(second, 100);
	for (i = 0; i < 100; i++) {
		REQUIRE(flow_take_plain(first));
		flow_fill(first, 200);
		REQUIRE(flow_take_plain(second));
		flow_fill(second, 100);
	}
	fixture_set_alternate(fd[1], 0);
	for (i = 0; i < 50; i++) {
		REQUIRE(flow_take_plain(first));
		flow_fill(first, 200);
	}
	EQUAL(first->reaped, 200);
	EQUAL(second->reaped, 100);
}

static const struct tap_test tests[] = {
	{ "4 pipes of a device stream for 4 sessions", a_session_for_each_pipe },
	{ "2 interfaces of a device stream by themselves", two_interfaces },
	{ "16 streams of 4 devices, both directions, run 3 s without a gap", sixteen_streams },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
