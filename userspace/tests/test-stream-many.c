// SPDX-License-Identifier: MIT
/* Several pipes, interfaces, devices and sessions at once, each stream as whole as alone. */
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define MANY 4

struct many {
	struct flow flow[MANY];
	unsigned int n;
};

static struct many many;

static struct flow *add_flow(int fd, uint8_t address, uint32_t packets, unsigned int slots)
{
	struct flow *flow = &many.flow[many.n++];

	flow_open(flow, fd, address, packets, slots);
	flow_prepare(flow, slots);
	return flow;
}

static struct flow *flow_of(int fd, uint8_t address)
{
	unsigned int i;

	for (i = 0; i < many.n; i++)
		if (many.flow[i].fd == fd && many.flow[i].address == address)
			return &many.flow[i];
	tap_note("there is no pipe %02x", address);
	REQUIRE(!"the completion is of one of the pipes");
	return NULL;
}

static bool all_done(uint64_t total)
{
	unsigned int i;

	for (i = 0; i < many.n; i++)
		if (many.flow[i].reaped < total)
			return false;
	return true;
}

/* Sessions do not mix: whatever a file gives is of one of its own pipes. */
static void collect(int fd)
{
	struct winusb_iso_completion completion;

	while (fixture_events(fd) & POLLIN) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		REQUIRE(flow_check_plain(flow_of(fd, completion.pipe), &completion));
	}
}

static void wait_for_any(void)
{
	struct pollfd poller[MANY];
	unsigned int i;

	for (i = 0; i < many.n; i++)
		poller[i] = (struct pollfd){ .fd = many.flow[i].fd, .events = POLLIN };
	REQUIRE(poll(poller, many.n, FIXTURE_WAIT_MS) > 0);
}

static void run_all(uint64_t total)
{
	unsigned int i;

	while (!all_done(total)) {
		for (i = 0; i < many.n; i++)
			flow_fill(&many.flow[i], total);
		wait_for_any();
		for (i = 0; i < many.n; i++)
			collect(many.flow[i].fd);
	}
}

static void device_agrees(struct sim *sim, const struct flow *flow)
{
	struct sim_pipe_stats stats;

	REQUIRE(sim_stats(sim, flow->address, &stats));
	EQUAL(stats.packets, flow->reaped * flow->packets);
	EQUAL(stats.good, flow->reaped * flow->packets);
	EQUAL(stats.bad + stats.errors + stats.missing + stats.jumps, 0);
	EQUAL(stats.streams, 1);
}

static void pipes_alternate(enum sim_speed speed, const char *alternate)
{
	static const uint8_t address[MANY] = { 0x81, 0x01, 0x82, 0x02 };
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);
	unsigned int i, round;

	many.n = 0;
	for (i = 0; i < MANY; i++)
		add_flow(fd, address[i], 8, 16);
	for (round = 1; round <= 16; round++)
		for (i = 0; i < MANY; i++)
			flow_fill(&many.flow[i], round);
	run_all(100);
	for (i = 0; i < MANY; i++)
		device_agrees(fixture.sim, &many.flow[i]);
}

static void pipes_full(void)
{
	pipes_alternate(SIM_FULL, "in:0x81:192:1,out:1:192:1,in:0x82:64:2,out:2:100:1");
}

static void pipes_high(void)
{
	pipes_alternate(SIM_HIGH, "in:0x81:512:1,out:1:512:1,in:0x82:1024:2,out:2:192:4");
}

static void pipes_super(void)
{
	pipes_alternate(SIM_SUPER, "in:0x81:1024x2:1,out:1:1024x2:1,in:0x82:1024:1,out:2:1024:2");
}

static void three_devices(void)
{
	static const enum sim_speed speed[3] = { SIM_FULL, SIM_HIGH, SIM_SUPER };
	static const char *const alternate[3] = {
		"in:0x81:1023:1",
		"in:0x81:1024:1",
		"in:0x81:1024x3:1",
	};
	struct fixture fixture[3];
	unsigned int i;

	many.n = 0;
	for (i = 0; i < 3; i++)
		add_flow(flow_device(&fixture[i], speed[i], alternate[i]), FLOW_IN, 8, 32);
	run_all(100);
	for (i = 0; i < 3; i++)
		device_agrees(fixture[i].sim, &many.flow[i]);
}

/* 20 of its transfers of 8 packets go through before it goes. */
static void gone_after_20(struct flow *flow)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < 60; i++) {
		REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
		RETURNS(completion.status, i < 20 ? 0 : ENODEV);
	}
	RETURNS(fixture_reap(flow->fd, &completion), ENODEV);
}

static void one_of_three_leaves(void)
{
	static struct flow leaving;
	struct fixture fixture[3];
	unsigned int i;

	many.n = 0;
	for (i = 0; i < 2; i++)
		add_flow(flow_device(&fixture[i], SIM_HIGH, "in:0x81:1024:1"), FLOW_IN, 8, 64);
	flow_open(&leaving, flow_device(&fixture[2], SIM_HIGH, "in:0x81:1024:1"), FLOW_IN, 8, 60);
	EQUAL(sim_fault(fixture[2].sim, "vanish@160"), 0);
	flow_fill(&leaving, 60);
	run_all(200);
	gone_after_20(&leaving);
	for (i = 0; i < 2; i++)
		device_agrees(fixture[i].sim, &many.flow[i]);
}

static void two_sessions(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1,out:1:1024:1");
	int other = fixture_open(&fixture, O_RDWR);

	many.n = 0;
	add_flow(fd, FLOW_IN, 8, 32);
	add_flow(other, FLOW_OUT, 8, 32);
	run_all(200);
	device_agrees(fixture.sim, &many.flow[0]);
	device_agrees(fixture.sim, &many.flow[1]);
}

/* What one session ends, the other does not feel. */
static void two_sessions_one_aborts(void)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1,out:1:1024:1");
	int other = fixture_open(&fixture, O_RDWR);
	unsigned int i;

	many.n = 0;
	add_flow(fd, FLOW_IN, 8, 64);
	add_flow(other, FLOW_OUT, 8, 32);
	flow_fill(&many.flow[0], 60);
	flow_fill(&many.flow[1], 20);
	WORKS(fixture_abort(other, FLOW_OUT));
	for (i = 0; i < 20; i++) {
		REQUIRE_WORKS(fixture_reap(other, &completion));
		EQUAL(completion.pipe, FLOW_OUT);
	}
	fixture_close(other);
	many.n = 1;
	run_all(60);
	device_agrees(fixture.sim, &many.flow[0]);
}

static void two_interfaces(void)
{
	struct sim_options options;
	struct fixture fixture;
	char path[64];
	int fd, other;

	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, 2);
	fixture_start(&fixture, &options);
	fd = fixture_open(&fixture, O_RDWR);
	REQUIRE(fixture_node(&fixture, 1, path, sizeof(path)));
	other = fixture_open_path(path, O_RDWR);
	REQUIRE(other >= 0);
	fixture_set_alternate(fd, 1);
	fixture_set_alternate(other, 3);
	many.n = 0;
	add_flow(fd, 0x81, 8, 32);
	add_flow(other, 0x85, 8, 32);
	add_flow(other, 0x05, 8, 32);
	run_all(100);
	device_agrees(fixture.sim, &many.flow[0]);
	device_agrees(fixture.sim, &many.flow[1]);
	device_agrees(fixture.sim, &many.flow[2]);
}

static const struct tap_test tests[] = {
	{ "four full-speed pipes of one session stream at once", pipes_full },
	{ "four high-speed pipes of one session stream at once", pipes_high },
	{ "four SuperSpeed pipes of one session stream at once", pipes_super },
	{ "three devices of three speeds stream at once", three_devices },
	{ "of three devices one is unplugged, and the others do not notice", one_of_three_leaves },
	{ "two sessions stream on two pipes of one device", two_sessions },
	{ "one session aborts and leaves, and the other does not notice", two_sessions_one_aborts },
	{ "two interfaces of one device stream at once", two_interfaces },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
