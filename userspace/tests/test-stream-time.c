// SPDX-License-Identifier: MIT
/* Bus time: the frame number, where transfers start, and transfers at a frame of one's choice. */
#include "flow.h"

#include <errno.h>
#include <time.h>

#define NS_PER_UFRAME 125000

static struct winusb_iso_frame frame_now(int fd)
{
	struct winusb_iso_frame frame;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	return frame;
}

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- the frame number --- */

/* 8000 microframes to the second, to the microframe that rounding costs. */
static void agrees(const struct winusb_iso_frame *a, const struct winusb_iso_frame *b)
{
	uint64_t microframes = b->uframe - a->uframe;
	uint64_t whole = (b->timestamp_ns - a->timestamp_ns) / NS_PER_UFRAME;

	if (!CHECK(microframes == whole || microframes == whole + 1))
		tap_note("%llu microframes in %llu", (unsigned long long)microframes,
			 (unsigned long long)whole);
}

static void frame_counts(enum sim_speed speed, const char *alternate)
{
	struct winusb_iso_frame first, last;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);

	first = frame_now(fd);
	fixture_sleep_ms(1000);
	last = frame_now(fd);
	CHECK(last.uframe - first.uframe >= 8000);
	agrees(&first, &last);
	EQUAL(first.resolution, 1);
	EQUAL(first.trust, WINUSB_ISO_TRUST_TIMED);
}

static void frame_counts_full(void)
{
	frame_counts(SIM_FULL, "in:0x81:192:1");
}

static void frame_counts_high(void)
{
	frame_counts(SIM_HIGH, "in:0x81:192:1");
}

static void frame_is_now(void)
{
	struct winusb_iso_frame frame, before;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:192:1");
	unsigned int i;
	uint64_t time;

	before = frame_now(fd);
	for (i = 0; i < 1000; i++) {
		time = monotonic();
		frame = frame_now(fd);
		CHECK(frame.timestamp_ns >= time && frame.timestamp_ns <= monotonic());
		CHECK(frame.uframe >= before.uframe);
		agrees(&before, &frame);
		before = frame;
	}
}

static void frame_while_streaming(void)
{
	struct winusb_iso_frame frame = { 0 }, before, first;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;

	flow_open(&flow, fd, FLOW_IN, 8, 16);
	first = before = frame_now(fd);
	while (flow.reaped < 500) {
		flow_fill(&flow, 500);
		REQUIRE(flow_take_plain(&flow));
		frame = frame_now(fd);
		CHECK(frame.uframe >= before.uframe);
		before = frame;
	}
	agrees(&first, &frame);
}

/* The transfers of a stream are where the clock says that they are, to a frame. */
static void starts_are_in_bus_time(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_frame before, after;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;

	flow_open(&flow, fd, FLOW_IN, 8, 16);
	while (flow.reaped < 50) {
		before = frame_now(fd);
		REQUIRE_WORKS(flow_submit(&flow, 0));
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		after = frame_now(fd);
		CHECK(completion.start_uframe >= before.uframe);
		CHECK(completion.start_uframe + 8 <= after.uframe + 1);
		CHECK(completion.timestamp_ns >= before.timestamp_ns);
		CHECK(completion.timestamp_ns <= after.timestamp_ns);
		flow.reaped++;
	}
}

/* --- AT_FRAME --- */

/* Takes the transfer that was to start at @asked; the intervals before it were lost to it. */
static void take_at(struct flow *flow, uint64_t asked, uint16_t flags, uint8_t trust, bool first)
{
	struct winusb_iso_completion completion;
	struct flow_want want = { .flags = flags, .trust = trust, .any_gap = true };
	uint64_t end = flow->next_uframe;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	flow_check(flow, &completion, &want);
	CHECK(completion.start_uframe >= asked);
	if (!CHECK(completion.start_uframe < asked + flow->interval))
		tap_note("asked for %llu, got %llu", (unsigned long long)asked,
			 (unsigned long long)completion.start_uframe);
	EQUAL(completion.gap, first ? 0 : (completion.start_uframe - end) / flow->interval);
	EQUAL(completion.inner_gap, 0);
}

#define NEW WINUSB_ISO_COMPLETION_NEW_STREAM

static void at_frame_first(enum sim_speed speed, const char *alternate, uint8_t address)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);
	struct flow flow;
	uint64_t asked;

	flow_open(&flow, fd, address, 8, 16);
	asked = frame_now(fd).uframe + 800;
	REQUIRE_WORKS(flow_submit_at(&flow, asked));
	while (flow.submitted < 10)
		REQUIRE_WORKS(flow_submit(&flow, WINUSB_ISO_TRANSFER_CONTINUE));
	take_at(&flow, asked, NEW, WINUSB_ISO_TRUST_EXACT, true);
	while (flow.reaped < 10)
		flow_take_plain(&flow);
	REQUIRE(sim_stats(fixture.sim, address, &stats));
	EQUAL(stats.streams, 1);
	if (address == FLOW_OUT)
		EQUAL(stats.good, 80);
	EQUAL(stats.bad, address == FLOW_OUT ? 0 : stats.packets - 80);
	EQUAL(stats.jumps, 0);
}

static void at_frame_first_in(void)
{
	at_frame_first(SIM_HIGH, "in:0x81:1024:1", FLOW_IN);
}

static void at_frame_first_out(void)
{
	at_frame_first(SIM_HIGH, "out:1:1024:1", FLOW_OUT);
}

static void at_frame_first_full(void)
{
	at_frame_first(SIM_FULL, "out:1:192:1", FLOW_OUT);
}

static void at_frame_first_super(void)
{
	at_frame_first(SIM_SUPER, "in:0x81:1024x2:4", FLOW_IN);
}

/* Streams once, so that the device's frames are known, and lets the stream end. */
static int known_device(struct fixture *fixture, struct flow *flow, enum sim_speed speed,
			const char *alternate, uint8_t address)
{
	int fd = flow_device(fixture, speed, alternate);

	flow_open(flow, fd, address, 8, 16);
	flow_run(flow, 4);
	fixture_sleep_ms(100);
	return fd;
}

static void at_frame_idle(enum sim_speed speed, const char *alternate, uint8_t address,
			  unsigned int ahead)
{
	struct fixture fixture;
	struct flow flow;
	int fd = known_device(&fixture, &flow, speed, alternate, address);
	uint64_t asked = frame_now(fd).uframe + ahead;

	REQUIRE_WORKS(flow_submit_at(&flow, asked));
	REQUIRE_WORKS(flow_submit(&flow, WINUSB_ISO_TRANSFER_CONTINUE));
	take_at(&flow, asked, NEW, WINUSB_ISO_TRUST_EXACT, false);
	flow_take_plain(&flow);
}

static void at_frame_idle_soon(void)
{
	at_frame_idle(SIM_HIGH, "in:0x81:1024:1", FLOW_IN, 100);
	at_frame_idle(SIM_HIGH, "out:1:1024:1", FLOW_OUT, 100);
	at_frame_idle(SIM_FULL, "in:0x81:192:1", FLOW_IN, 160);
	at_frame_idle(SIM_HIGH, "in:0x81:192:4", FLOW_IN, 101);
}

static void at_frame_idle_far(void)
{
	at_frame_idle(SIM_HIGH, "in:0x81:1024:1", FLOW_IN, 3000);
	at_frame_idle(SIM_HIGH, "in:0x81:1024:1", FLOW_IN, 8000);
	at_frame_idle(SIM_FULL, "in:0x81:192:1", FLOW_IN, 8000);
}

static void at_frame_streaming(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;
	uint64_t asked;
	unsigned int i;

	flow_open(&flow, fd, FLOW_IN, 8, 32);
	flow_fill(&flow, 20);
	for (i = 0; i < 10; i++)
		REQUIRE(flow_take_plain(&flow));
	asked = flow.next_uframe + 10 * 8 + 123; /* behind the 10 that are pending */
	REQUIRE_WORKS(flow_submit_at(&flow, asked));
	REQUIRE_WORKS(flow_submit(&flow, WINUSB_ISO_TRANSFER_CONTINUE));
	for (i = 0; i < 10; i++)
		REQUIRE(flow_take_plain(&flow));
	take_at(&flow, asked, 0, WINUSB_ISO_TRUST_EXACT, false);
	EQUAL(flow.gaps, 123);
	flow_take_plain(&flow);
}

static void at_frame_directly_after(void)
{
	struct flow_want want = { .trust = WINUSB_ISO_TRUST_EXACT };
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;
	unsigned int i;

	flow_open(&flow, fd, FLOW_IN, 8, 32);
	flow_fill(&flow, 20);
	for (i = 0; i < 10; i++)
		REQUIRE(flow_take_plain(&flow));
	REQUIRE_WORKS(flow_submit_at(&flow, flow.next_uframe + 10 * 8));
	for (i = 0; i < 10; i++)
		REQUIRE(flow_take_plain(&flow));
	flow_take(&flow, &want);
	EQUAL(flow.gaps, 0);
}

/* Intervals of 8: the first at or after what was asked, in step with the stream. */
static void at_frame_between_intervals(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:4");
	struct flow flow;
	uint64_t end;
	unsigned int i;

	flow_open(&flow, fd, FLOW_IN, 4, 16);
	flow_fill(&flow, 6);
	for (i = 0; i < 2; i++)
		REQUIRE(flow_take_plain(&flow));
	end = flow.next_uframe + 4 * 4 * 8;
	REQUIRE_WORKS(flow_submit_at(&flow, end + 8 * 5 + 3));
	for (i = 0; i < 4; i++)
		REQUIRE(flow_take_plain(&flow));
	take_at(&flow, end + 8 * 5 + 3, 0, WINUSB_ISO_TRUST_EXACT, false);
	EQUAL(flow.gaps, 6);
}

static void at_frame_several(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "out:1:1024:1");
	uint64_t first = frame_now(fd).uframe + 400;
	struct flow flow;
	unsigned int i;

	flow_open(&flow, fd, FLOW_OUT, 8, 32);
	for (i = 0; i < 20; i++)
		REQUIRE_WORKS(flow_submit_at(&flow, first + 50 * i));
	for (i = 0; i < 20; i++)
		take_at(&flow, first + 50 * i, i ? 0 : NEW, WINUSB_ISO_TRUST_EXACT, !i);
	EQUAL(flow.gaps, 19 * 42);
}

static void at_frame_refused(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;
	uint64_t now;

	flow_open(&flow, fd, FLOW_IN, 8, 16);
	now = frame_now(fd).uframe;
	RETURNS(flow_submit_at(&flow, now), ETIME);
	RETURNS(flow_submit_at(&flow, 1), ETIME);
	RETURNS(flow_submit_at(&flow, 0), ETIME);
	RETURNS(flow_submit_at(&flow, frame_now(fd).uframe + 8192 + 80), EFBIG);
	RETURNS(flow_submit_at(&flow, UINT64_MAX), EFBIG);
	flow_run(&flow, 4);
}

static void at_frame_too_late(void)
{
	struct flow_want late = {
		.status = -ETIME,
		.errors = 8,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
	};
	struct flow_want fresh = {
		.trust = WINUSB_ISO_TRUST_EXACT,
		.flags = 0,
		.any_gap = true,
		.any_place = true,
	};
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;
	unsigned int i;

	flow_open(&flow, fd, FLOW_IN, 8, 128);
	flow_fill(&flow, 100);
	REQUIRE(flow_take_plain(&flow));
	REQUIRE_WORKS(flow_submit_at(&flow, flow.next_uframe + 200));
	REQUIRE_WORKS(flow_submit(&flow, 0));
	for (i = 1; i < 100; i++)
		REQUIRE(flow_take_plain(&flow));
	flow_take(&flow, &late);
	flow_take(&flow, &fresh);
	EQUAL(flow.gaps, 0);
}

static const struct tap_test tests[] = {
	{ "the frame number of a full-speed device counts 8000 microframes per second",
	  frame_counts_full },
	{ "the frame number of a high-speed device counts 8000 microframes per second",
	  frame_counts_high },
	{ "the frame number is that of its time stamp and never runs backwards", frame_is_now },
	{ "the frame number goes on evenly while a stream runs", frame_while_streaming },
	{ "a transfer starts after it was submitted and ends before it is reported",
	  starts_are_in_bus_time },
	{ "AT_FRAME as the first transfer of an IN pipe starts at the frame", at_frame_first_in },
	{ "AT_FRAME as the first transfer of an OUT pipe starts at the frame", at_frame_first_out },
	{ "AT_FRAME as the first transfer of a full-speed pipe starts at the frame",
	  at_frame_first_full },
	{ "AT_FRAME as the first transfer of a SuperSpeed pipe starts at the frame",
	  at_frame_first_super },
	{ "AT_FRAME on an idle pipe starts at the frame", at_frame_idle_soon },
	{ "AT_FRAME on an idle pipe reaches 1000 frames ahead", at_frame_idle_far },
	{ "AT_FRAME on a streaming pipe starts at the frame, after as many intervals of gap",
	  at_frame_streaming },
	{ "AT_FRAME at the end of what is pending continues the stream", at_frame_directly_after },
	{ "AT_FRAME between two service intervals takes the later one",
	  at_frame_between_intervals },
	{ "many AT_FRAME transfers in one queue each start at their frame", at_frame_several },
	{ "AT_FRAME for the past is ETIME, for too far ahead EFBIG", at_frame_refused },
	{ "AT_FRAME found to be too late completes with ETIME and sends nothing",
	  at_frame_too_late },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
