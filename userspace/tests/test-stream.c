// SPDX-License-Identifier: MIT
/*
 * Streams without a fault: at every speed, interval and size a pipe can have, each completion, each
 * packet record and each byte is what the device sent or got, in the service interval it was.
 */
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

struct shape {
	enum sim_speed speed;
	const char *alternate[6]; /* 1 and up, NULL at the end */
};

struct size {
	uint32_t packets;   /* of a transfer */
	unsigned int slots; /* transfers queued at a time */
	unsigned int transfers;
	unsigned int sparse; /* of flow.h */
};

static int start(struct fixture *fixture, const struct shape *shape)
{
	struct sim_options options;
	int fd;

	fixture_options(&options, shape->speed, shape->alternate);
	fixture_start(fixture, &options);
	fd = fixture_open(fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	return fd;
}

/* --- the kernel log --- */

static int log_open(void)
{
	int fd = fixture_open_path("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	REQUIRE(fd >= 0);
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* "6,519,1557528,-;text": the low three bits of the first number are the level. */
static void log_is_quiet(int fd)
{
	char line[1024];
	ssize_t length;

	while ((length = read(fd, line, sizeof(line) - 1)) > 0) {
		line[length] = '\0';
		if ((strtoul(line, NULL, 10) & 7) > LOG_WARNING && !strstr(line, "usb") &&
		    !strstr(line, "vhci"))
			continue; /* the machine's own business */
		tap_note("kernel log: %s", line);
		CHECK(!"the kernel log is quiet");
	}
	EQUAL(errno, EAGAIN);
}

/* --- one stream --- */

static uint32_t urbs_of(const struct flow *flow)
{
	uint32_t room = 256 / flow->interval;

	room = room < 1 ? 1 : room > 64 ? 64 : room;
	return (flow->packets + room - 1) / room;
}

/* What the device counted of a stream without a fault. */
static void device_agrees(struct sim *sim, const struct flow *flow, uint64_t bytes)
{
	uint64_t packets = flow->reaped * flow->packets;
	struct sim_pipe_stats stats;

	REQUIRE(sim_stats(sim, flow->address, &stats));
	EQUAL(stats.packets, packets);
	EQUAL(stats.transfers, flow->reaped * urbs_of(flow));
	EQUAL(stats.bytes, bytes);
	EQUAL(stats.bad, 0);
	EQUAL(stats.errors, 0);
	EQUAL(stats.missing, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.late_transfers, 0);
	EQUAL(stats.unlinked, 0);
	EQUAL(stats.streams, 1);
	EQUAL(stats.last_counter - stats.first_counter + 1, packets);
	if (flow->address & 0x80)
		EQUAL(flow_counter(flow, flow->next_uframe), stats.last_counter + 1);
}

static void run_pipe(struct sim *sim, int fd, uint8_t address, const struct size *size)
{
	struct flow flow;
	int log = log_open();

	flow_open(&flow, fd, address, size->packets, size->slots);
	flow.sparse = size->sparse;
	flow_prepare(&flow, size->slots);
	flow_run(&flow, size->transfers);
	device_agrees(sim, &flow, (uint64_t)size->transfers * size->packets * flow.max_bytes);
	log_is_quiet(log);
	flow_close(&flow);
}

static void stream(const struct shape *shape, uint8_t address, const struct size *size)
{
	struct fixture fixture;
	int fd = start(&fixture, shape);
	unsigned int i;

	for (i = 0; shape->alternate[i]; i++) {
		fixture_set_alternate(fd, i + 1);
		run_pipe(fixture.sim, fd, address, size);
	}
}

#define IN  0x81
#define OUT 0x01

#define SHAPE(speed, ...) (&(const struct shape){ speed, { __VA_ARGS__, NULL } })
#define SIZE(packets, slots, transfers, sparse) \
	(&(const struct size){ packets, slots, transfers, sparse })

#define STREAM(name, shape, address, size) \
	static void name(void) \
	{ \
		stream(shape, address, size); \
	}

STREAM(full_in, SHAPE(SIM_FULL, "in:0x81:1023:1"), IN, SIZE(4, 16, 100, 1))
STREAM(full_out, SHAPE(SIM_FULL, "out:1:1023:1"), OUT, SIZE(4, 16, 100, 1))
STREAM(full_in_intervals,
       SHAPE(SIM_FULL, "in:0x81:192:2", "in:0x81:192:3", "in:0x81:192:4", "in:0x81:192:5"), IN,
       SIZE(3, 16, 40, 1))
STREAM(full_out_intervals,
       SHAPE(SIM_FULL, "out:1:192:2", "out:1:192:3", "out:1:192:4", "out:1:192:5"), OUT,
       SIZE(3, 16, 40, 1))
STREAM(high_in_1, SHAPE(SIM_HIGH, "in:0x81:1024:1"), IN, SIZE(8, 32, 400, 1))
STREAM(high_in_2, SHAPE(SIM_HIGH, "in:0x81:1024x2:1"), IN, SIZE(8, 32, 400, 1))
STREAM(high_in_3, SHAPE(SIM_HIGH, "in:0x81:1024x3:1"), IN, SIZE(8, 32, 400, 1))
STREAM(high_out_1, SHAPE(SIM_HIGH, "out:1:1024:1"), OUT, SIZE(8, 32, 400, 1))
STREAM(high_out_2, SHAPE(SIM_HIGH, "out:1:1024x2:1"), OUT, SIZE(8, 32, 400, 1))
STREAM(high_out_3, SHAPE(SIM_HIGH, "out:1:1024x3:1"), OUT, SIZE(8, 32, 400, 1))
STREAM(high_in_intervals,
       SHAPE(SIM_HIGH, "in:0x81:1024x3:2", "in:0x81:1024x3:3", "in:0x81:1024x3:4",
	     "in:0x81:1024x3:5"),
       IN, SIZE(8, 32, 100, 1))
STREAM(high_out_intervals,
       SHAPE(SIM_HIGH, "out:1:1024x3:2", "out:1:1024x3:3", "out:1:1024x3:4", "out:1:1024x3:5"), OUT,
       SIZE(8, 32, 100, 1))
STREAM(super_in, SHAPE(SIM_SUPER, "in:0x81:1024x16x3:1"), IN, SIZE(8, 40, 100, 8))
STREAM(super_out, SHAPE(SIM_SUPER, "out:1:1024x16x3:1"), OUT, SIZE(8, 100, 100, 1))
STREAM(super_in_intervals,
       SHAPE(SIM_SUPER, "in:0x81:1024x16x3:2", "in:0x81:1024x16x3:3", "in:0x81:1024x16x3:4",
	     "in:0x81:1024x16x3:5"),
       IN, SIZE(8, 20, 40, 1))
STREAM(super_out_intervals,
       SHAPE(SIM_SUPER, "out:1:1024x16x3:2", "out:1:1024x16x3:3", "out:1:1024x16x3:4",
	     "out:1:1024x16x3:5"),
       OUT, SIZE(8, 20, 40, 1))

STREAM(full_in_single, SHAPE(SIM_FULL, "in:0x81:1023:1"), IN, SIZE(1, 64, 300, 1))
STREAM(high_in_single, SHAPE(SIM_HIGH, "in:0x81:1024:1"), IN, SIZE(1, 200, 1000, 1))
STREAM(high_out_single, SHAPE(SIM_HIGH, "out:1:1024:1"), OUT, SIZE(1, 200, 1000, 1))
STREAM(super_in_single, SHAPE(SIM_SUPER, "in:0x81:1024x16x3:1"), IN, SIZE(1, 200, 500, 2))
STREAM(super_in_10_ms, SHAPE(SIM_SUPER, "in:0x81:1024x16x3:1"), IN, SIZE(80, 8, 24, 8))
STREAM(super_out_10_ms, SHAPE(SIM_SUPER, "out:1:1024x16x3:1"), OUT, SIZE(80, 16, 16, 1))

STREAM(high_in_65, SHAPE(SIM_HIGH, "in:0x81:1024:1"), IN, SIZE(65, 12, 30, 1))
STREAM(high_in_200, SHAPE(SIM_HIGH, "in:0x81:1024:1"), IN, SIZE(200, 8, 20, 1))
STREAM(high_in_1000, SHAPE(SIM_HIGH, "in:0x81:1024:1"), IN, SIZE(1000, 4, 8, 1))
STREAM(high_out_1000, SHAPE(SIM_HIGH, "out:1:1024:1"), OUT, SIZE(1000, 4, 8, 1))
STREAM(high_in_4096, SHAPE(SIM_HIGH, "in:0x81:512:1"), IN, SIZE(4096, 3, 4, 1))
STREAM(full_out_500, SHAPE(SIM_FULL, "out:1:192:1"), OUT, SIZE(500, 3, 6, 1))
STREAM(high_in_interval_16_long, SHAPE(SIM_HIGH, "in:0x81:1024x3:5"), IN, SIZE(100, 4, 8, 1))

static const struct tap_test tests[] = {
	{ "a full-speed IN stream is whole", full_in },
	{ "a full-speed OUT stream is whole", full_out },
	{ "full-speed IN streams of 2, 4, 8 and 16 frames per packet are whole",
	  full_in_intervals },
	{ "full-speed OUT streams of 2, 4, 8 and 16 frames per packet are whole",
	  full_out_intervals },
	{ "a high-speed IN stream of 1 transaction per microframe is whole", high_in_1 },
	{ "a high-speed IN stream of 2 transactions per microframe is whole", high_in_2 },
	{ "a high-speed IN stream of 3 transactions per microframe is whole", high_in_3 },
	{ "a high-speed OUT stream of 1 transaction per microframe is whole", high_out_1 },
	{ "a high-speed OUT stream of 2 transactions per microframe is whole", high_out_2 },
	{ "a high-speed OUT stream of 3 transactions per microframe is whole", high_out_3 },
	{ "high-speed IN streams of intervals 2, 4, 8 and 16 are whole", high_in_intervals },
	{ "high-speed OUT streams of intervals 2, 4, 8 and 16 are whole", high_out_intervals },
	{ "a SuperSpeed IN stream of 49152 bytes in each microframe is whole", super_in },
	{ "a SuperSpeed OUT stream of 49152 bytes in each microframe is whole", super_out },
	{ "SuperSpeed IN streams of 49152 bytes at intervals 2, 4, 8 and 16 are whole",
	  super_in_intervals },
	{ "SuperSpeed OUT streams of 49152 bytes at intervals 2, 4, 8 and 16 are whole",
	  super_out_intervals },
	{ "full-speed IN transfers of one packet are one stream", full_in_single },
	{ "high-speed IN transfers of one packet of 125 us are one stream", high_in_single },
	{ "high-speed OUT transfers of one packet of 125 us are one stream", high_out_single },
	{ "SuperSpeed IN transfers of one packet of 49152 bytes are one stream", super_in_single },
	{ "SuperSpeed IN transfers of 10 ms and 3.9 MB are one stream", super_in_10_ms },
	{ "SuperSpeed OUT transfers of 10 ms and 3.9 MB are one stream", super_out_10_ms },
	{ "transfers of one packet more than an URB has are one stream", high_in_65 },
	{ "IN transfers of 200 packets are one stream", high_in_200 },
	{ "IN transfers of 1000 packets are one stream", high_in_1000 },
	{ "OUT transfers of 1000 packets are one stream", high_out_1000 },
	{ "IN transfers of 4096 packets are one stream", high_in_4096 },
	{ "full-speed OUT transfers of 500 packets are one stream", full_out_500 },
	{ "IN transfers of 100 packets of interval 16 are one stream", high_in_interval_16_long },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
