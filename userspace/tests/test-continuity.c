// SPDX-License-Identifier: MIT
/*
 * ContinueStream: CONTINUE goes in the very next service interval or not at all, and every interval
 * that was lost is counted, as exactly as the numbers in the packets say it.
 */
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE
#define NEW	 WINUSB_ISO_COMPLETION_NEW_STREAM
#define EXACT	 WINUSB_ISO_TRUST_EXACT

static const struct flow_want not_sent = {
	.status = -EXDEV,
	.errors = 8,
	.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
};

/* A new stream after an earlier one; gap and place are compared with the data. */
static const struct flow_want resumed = { .flags = NEW, .trust = EXACT, .any_gap = true };
/* A new stream after one that was ended on purpose. */
static const struct flow_want afresh = { .flags = NEW, .trust = EXACT, .any_place = true };
static const struct flow_want afresh_timed = {
	.flags = NEW,
	.trust = WINUSB_ISO_TRUST_TIMED,
	.any_place = true,
};

static int high_in(struct fixture *fixture, struct flow *flow, unsigned int slots)
{
	int fd = flow_device(fixture, SIM_HIGH, "in:0x81:1024:1");

	flow_open(flow, fd, FLOW_IN, 8, slots);
	return fd;
}

/* --- when CONTINUE can't be met --- */

static void unsent_packets(struct flow *flow, uint64_t transfer)
{
	const struct flow_slot *slot = &flow->slot[transfer % flow->n_slots];
	uint32_t i;

	for (i = 0; i < flow->packets; i++) {
		EQUAL(slot->table[i].offset, i * flow->max_bytes);
		EQUAL(slot->table[i].length, 0);
		EQUAL(slot->table[i].status, -EXDEV);
	}
}

static void nothing_pending(void)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	struct flow flow;

	high_in(&fixture, &flow, 8);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	unsent_packets(&flow, 0);
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.packets, 0);
}

static void broken_until_new(void)
{
	struct flow_want first = { .flags = NEW, .trust = WINUSB_ISO_TRUST_TIMED };
	struct sim_pipe_stats stats;
	struct fixture fixture;
	struct flow flow;
	unsigned int i;

	high_in(&fixture, &flow, 32);
	for (i = 0; i < 5; i++)
		REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	REQUIRE_WORKS(flow_submit(&flow, 0));
	for (i = 0; i < 5; i++)
		REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	for (i = 0; i < 5; i++)
		flow_take(&flow, &not_sent);
	flow_take(&flow, &first);
	for (i = 0; i < 5; i++)
		flow_take_plain(&flow);
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.packets, 6 * 8);
	EQUAL(stats.missing, 0);
}

static void drained(void)
{
	struct fixture fixture;
	struct flow flow;

	high_in(&fixture, &flow, 16);
	flow_run(&flow, 4);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	unsent_packets(&flow, 4);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &resumed);
	CHECK(flow.gaps > 0);
	flow_take_plain(&flow);
}

/* Queued at once behind one that fails: all fail, and none is sent. */
static void chain(void)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	struct flow flow;
	unsigned int i;

	high_in(&fixture, &flow, 128);
	flow_run(&flow, 4);
	for (i = 0; i < 100; i++)
		REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	for (i = 0; i < 100; i++)
		REQUIRE(flow_take(&flow, &not_sent));
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.packets, 4 * 8);
}

/* The one to continue failed: there is nothing to continue, though older ones are pending. */
static void behind_a_failure(void)
{
	struct flow_want late = {
		.status = -ETIME,
		.errors = 8,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
	};
	struct flow_want plain = { .trust = EXACT };
	struct fixture fixture;
	struct flow flow;
	unsigned int i;

	high_in(&fixture, &flow, 128);
	flow_fill(&flow, 100);
	REQUIRE(flow_take_plain(&flow));
	REQUIRE_WORKS(flow_submit_at(&flow, flow.next_uframe + 200));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	for (i = 1; i < 100; i++)
		REQUIRE(flow_take_plain(&flow));
	flow_take(&flow, &late);
	flow_take(&flow, &not_sent);
	flow_take(&flow, &not_sent);
	flow_take(&flow, &plain);
	flow_take_plain(&flow);
	EQUAL(flow.gaps, 0);
}

/* In time is up to a frame before the end of what is pending; after that it is refused. */
static void in_time(void)
{
	struct fixture fixture;
	struct flow flow;
	unsigned int i;

	high_in(&fixture, &flow, 16);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	for (i = 0; i < 7; i++)
		REQUIRE_WORKS(flow_submit(&flow, CONTINUE)); /* 8 ms */
	fixture_sleep_ms(4);
	for (i = 0; i < 4; i++)
		REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	for (i = 0; i < 12; i++)
		flow_take_plain(&flow);
	EQUAL(flow.gaps, 0);
}

static void too_late_for_certainty(void)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	struct flow flow;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	unsigned int i;

	flow_open(&flow, fd, FLOW_IN, 8, 32);
	flow_run(&flow, 16);
	for (i = 0; i < 200; i++) {
		REQUIRE_WORKS(flow_submit(&flow, 0));
		flow_take(&flow, &resumed);
		REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
		flow_take(&flow, &not_sent);
	}
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.packets, (16 + 200) * 8);
	EQUAL(stats.missing, flow.gaps);
}

static void without_continue_follows(void)
{
	struct flow_want plain = { .trust = EXACT };
	struct fixture fixture;
	struct flow flow;
	unsigned int i;

	high_in(&fixture, &flow, 32);
	for (i = 0; i < 20; i++)
		REQUIRE_WORKS(flow_submit(&flow, 0));
	flow_take_plain(&flow);
	for (i = 1; i < 20; i++)
		flow_take(&flow, &plain);
	EQUAL(flow.gaps, 0);
}

/* --- underruns --- */

/* The gap that the driver counts, the device's count and the numbers in the packets are one. */
static void underrun(enum sim_speed speed, const char *alternate, uint8_t address,
		     const unsigned int *pause_ms)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);
	struct flow flow;
	unsigned int i;

	flow_open(&flow, fd, address, 8, 16);
	flow_run(&flow, 4);
	for (; *pause_ms; pause_ms++) {
		fixture_sleep_ms(*pause_ms);
		REQUIRE_WORKS(flow_submit(&flow, 0));
		for (i = 0; i < 3; i++)
			REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
		REQUIRE(flow_take(&flow, &resumed));
		for (i = 0; i < 3; i++)
			REQUIRE(flow_take_plain(&flow));
		CHECK(flow.gaps * flow.interval >= *pause_ms * 8);
	}
	REQUIRE(sim_stats(fixture.sim, address, &stats));
	EQUAL(stats.packets, flow.reaped * 8);
	EQUAL(stats.last_counter - stats.first_counter + 1, flow.reaped * 8 + flow.gaps);
}

static void underrun_high_in(void)
{
	underrun(SIM_HIGH, "in:0x81:1024:1", FLOW_IN,
		 (const unsigned int[]){ 1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 50, 100, 200, 0 });
}

static void underrun_high_out(void)
{
	underrun(SIM_HIGH, "out:1:1024:1", FLOW_OUT,
		 (const unsigned int[]){ 1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 50, 100, 200, 0 });
}

static void underrun_interval_8(void)
{
	underrun(SIM_HIGH, "in:0x81:1024:4", FLOW_IN, (const unsigned int[]){ 1, 5, 33, 150, 0 });
}

static void underrun_full(void)
{
	underrun(SIM_FULL, "in:0x81:1023:1", FLOW_IN,
		 (const unsigned int[]){ 1, 2, 5, 6, 10, 20, 100, 0 });
}

static void underrun_full_interval_4(void)
{
	underrun(SIM_FULL, "in:0x81:1023:3", FLOW_IN, (const unsigned int[]){ 1, 5, 30, 100, 0 });
}

static void underrun_super(void)
{
	underrun(SIM_SUPER, "in:0x81:1024x3:1", FLOW_IN,
		 (const unsigned int[]){ 1, 5, 30, 100, 0 });
}

/* Longer than the 256 frames that a start frame tells apart. */
static void underrun_long(void)
{
	underrun(SIM_HIGH, "in:0x81:1024:1", FLOW_IN,
		 (const unsigned int[]){ 255, 256, 257, 300, 512, 1000, 2500, 5000, 0 });
}

/* --- streams that were ended on purpose: no gap --- */

static void after_abort(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 16);

	flow_run(&flow, 4);
	REQUIRE_WORKS(fixture_abort(fd, FLOW_IN));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	fixture_sleep_ms(20);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &afresh);
	flow_take_plain(&flow);
	EQUAL(flow.gaps, 0);
}

static void after_reset(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 16);

	flow_run(&flow, 4);
	REQUIRE_WORKS(fixture_reset(fd, FLOW_IN));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	fixture_sleep_ms(20);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &afresh);
	flow_take_plain(&flow);
	EQUAL(flow.gaps, 0);
}

static void aborted(struct flow *flow, unsigned int transfers)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < transfers; i++) {
		REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, flow->reaped);
		RETURNS(completion.status, ECONNRESET);
		flow->reaped++;
	}
	flow->next_uframe = 0;
}

/* Also when the abort cuts a running stream. */
static void after_abort_in_mid_stream(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 32);

	flow_fill(&flow, 24);
	for (int i = 0; i < 4; i++)
		REQUIRE(flow_take_plain(&flow));
	REQUIRE_WORKS(fixture_abort(fd, FLOW_IN));
	aborted(&flow, 20);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &afresh);
	flow_take_plain(&flow);
	EQUAL(flow.gaps, 0);
}

static void after_alternate(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 16);

	flow_run(&flow, 4);
	fixture_set_alternate(fd, 0);
	fixture_set_alternate(fd, 1);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	fixture_sleep_ms(20);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &afresh);
	flow_take_plain(&flow);
	EQUAL(flow.gaps, 0);
}

static void after_alternate_in_mid_stream(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 32);

	flow_fill(&flow, 24);
	for (int i = 0; i < 4; i++)
		REQUIRE(flow_take_plain(&flow));
	fixture_set_alternate(fd, 1);
	aborted(&flow, 20);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	flow_take(&flow, &afresh);
	EQUAL(flow.gaps, 0);
}

/* --- intervals that the device lost --- */

/*
 * The device leaves @hole intervals out before the transfer of packet 80. What was asked to
 * continue says so, with its data; what follows continues it.
 */
static void hole(enum sim_speed speed, const char *alternate, uint8_t address, unsigned int hole_n,
		 uint32_t flags)
{
	struct flow_want lost = {
		.status = flags & CONTINUE ? -EXDEV : 0,
		.trust = EXACT,
		.gap = hole_n,
	};
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);
	struct flow flow;
	unsigned int i;
	char text[64];

	flow_open(&flow, fd, address, 8, 32);
	snprintf(text, sizeof(text), "hole@80:n=%u", hole_n);
	EQUAL(sim_fault(fixture.sim, text), 0);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	while (flow.submitted < 20)
		REQUIRE_WORKS(flow_submit(&flow, flags));
	for (i = 0; i < 10; i++)
		REQUIRE(flow_take_plain(&flow));
	flow_take(&flow, &lost);
	for (i = 11; i < 20; i++)
		REQUIRE(flow_take_plain(&flow));
	REQUIRE(sim_stats(fixture.sim, address, &stats));
	EQUAL(stats.missing, hole_n);
	EQUAL(stats.packets, 160);
	EQUAL(stats.jumps, 0);
}

static void hole_one(void)
{
	hole(SIM_HIGH, "in:0x81:1024:1", FLOW_IN, 1, CONTINUE);
}

static void hole_out(void)
{
	hole(SIM_HIGH, "out:1:1024:1", FLOW_OUT, 7, CONTINUE);
}

static void hole_without_continue(void)
{
	hole(SIM_HIGH, "in:0x81:1024:1", FLOW_IN, 13, 0);
}

static void hole_full(void)
{
	hole(SIM_FULL, "in:0x81:192:1", FLOW_IN, 3, CONTINUE);
}

static void hole_interval(void)
{
	hole(SIM_HIGH, "in:0x81:192:4", FLOW_IN, 5, CONTINUE);
}

static void hole_super(void)
{
	hole(SIM_SUPER, "in:0x81:1024x2:1", FLOW_IN, 64, CONTINUE);
}

static void hole_long(void)
{
	hole(SIM_HIGH, "in:0x81:1024:1", FLOW_IN, 1000, CONTINUE);
}

/* Between the URBs of one long transfer. */
static void hole_inside(void)
{
	struct flow_want lost = { .trust = EXACT, .inner_gap = 9, .any_packets = true };
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1");
	struct flow flow;
	uint64_t counter;
	uint32_t i;

	flow_open(&flow, fd, FLOW_IN, 200, 8);
	EQUAL(sim_fault(fixture.sim, "hole@464:n=9"), 0); /* packet 64 of transfer 2 */
	flow_fill(&flow, 6);
	REQUIRE(flow_take_plain(&flow));
	REQUIRE(flow_take_plain(&flow));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	flow_check(&flow, &completion, &lost);
	counter = flow_counter(&flow, completion.start_uframe);
	for (i = 0; i < 200; i++)
		REQUIRE(flow_check_packet(&flow, &completion, i, counter + i + (i < 64 ? 0 : 9)));
	for (i = 3; i < 6; i++)
		REQUIRE(flow_take_plain(&flow));
}

static void holes_many(void)
{
	struct flow_want lost = { .status = -EXDEV, .trust = EXACT };
	struct sim_pipe_stats stats;
	struct fixture fixture;
	struct flow flow;

	high_in(&fixture, &flow, 32);
	EQUAL(sim_fault(fixture.sim, "hole@40:every=80:n=3"), 0);
	while (flow.reaped < 200) {
		flow_fill(&flow, 200);
		lost.gap = 3;
		if (flow.reaped % 10 == 5)
			REQUIRE(flow_take(&flow, &lost));
		else
			REQUIRE(flow_take_plain(&flow));
	}
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.missing, 60);
	EQUAL(flow.gaps, 60);
}

/* --- what the controller reports --- */

static void report_constant(int32_t frame)
{
	struct winusb_iso_completion completion;
	struct sim_options options;
	struct fixture fixture;
	struct flow flow;
	int fd;

	sim_options_init(&options, SIM_HIGH);
	options.report_constant = true;
	options.constant_start_frame = frame;
	fixture_start(&fixture, &options);
	fd = fixture_open(&fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	flow_open(&flow, fd, FLOW_IN, 8, 16);
	while (flow.reaped < 200) {
		flow_fill(&flow, 200);
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		flow.reaped++;
		WORKS(completion.status);
		EQUAL(completion.gap, 0);
		EQUAL(completion.inner_gap, 0);
		EQUAL(completion.actual_length, 8 * 1024);
		EQUAL(completion.trust, WINUSB_ISO_TRUST_TIMED);
	}
}

static void report_zero(void)
{
	report_constant(0);
}

static void report_nonsense(void)
{
	report_constant(1234567);
	report_constant(-1);
	report_constant(INT32_MIN);
}

/* One reply of a good device lies by @lie microframes: by more than the clock can leave open. */
static void report_lie(int lie)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 16);
	unsigned int gaps = 0;
	char text[64];

	flow_fill(&flow, 100);
	REQUIRE(flow_take_plain(&flow));
	snprintf(text, sizeof(text), "start-frame@480:n=%lld",
		 (long long)flow_counter(&flow, flow.next_uframe) + 480 - 8 + lie);
	EQUAL(sim_fault(fixture.sim, text), 0);
	while (flow.reaped < 60) {
		flow_fill(&flow, 100);
		REQUIRE(flow_take_plain(&flow));
	}
	while (flow.reaped < 100) {
		flow_fill(&flow, 100);
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		WORKS(completion.status);
		EQUAL(completion.trust, WINUSB_ISO_TRUST_TIMED);
		gaps += completion.gap + completion.inner_gap;
		flow.reaped++;
	}
	EQUAL(gaps, 0);
}

static void report_one_lie(void)
{
	report_lie(-1);
	report_lie(-500);
	report_lie(500);
	report_lie(1000);
}

/* A stream goes on over the wrap of the numbers that are reported. */
static void wrap(enum sim_speed speed, uint64_t first_frame, unsigned int bits, unsigned int count)
{
	struct sim_pipe_stats stats;
	struct sim_options options;
	struct fixture fixture;
	struct flow flow;
	int fd;

	sim_options_init(&options, speed);
	options.first_frame = first_frame;
	options.frame_wrap = bits;
	fixture_start(&fixture, &options);
	fd = fixture_open(&fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	flow_open(&flow, fd, FLOW_IN, 8, 16);
	flow_run(&flow, count);
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.missing, 0);
	EQUAL(stats.packets, count * 8);
	CHECK(stats.first_counter >> bits != stats.last_counter >> bits);
}

static void wrap_14(void)
{
	wrap(SIM_HIGH, 3 * 16384 - 6000, 14, 1500);
}

static void wrap_8(void)
{
	wrap(SIM_FULL, 5 * 2048 - 900, 11, 250);
}

static void wrap_31(void)
{
	wrap(SIM_HIGH, 0x80000000ULL - 6000, 31, 1500);
}

static void wrap_32(void)
{
	wrap(SIM_HIGH, 0x100000000ULL - 6000, 32, 1500);
}

/* Underruns across wraps; the device's counter goes on. */
static void wrap_underrun(void)
{
	struct sim_options options;
	struct fixture fixture;
	struct flow flow;
	unsigned int i;
	int fd;

	sim_options_init(&options, SIM_HIGH);
	options.first_frame = 0x100000000ULL - 6000;
	options.frame_wrap = 11;
	fixture_start(&fixture, &options);
	fd = fixture_open(&fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	flow_open(&flow, fd, FLOW_IN, 8, 16);
	flow_run(&flow, 4);
	for (i = 0; i < 20; i++) {
		fixture_sleep_ms(100 + i);
		REQUIRE_WORKS(flow_submit(&flow, 0));
		REQUIRE(flow_take(&flow, &resumed));
		CHECK(flow.gaps >= 800 * (i + 1));
	}
}

/* The pipe is given up and claimed again: nothing is known of the old stream. */
static void claimed_again(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = high_in(&fixture, &flow, 16);

	flow_run(&flow, 4);
	flow_close(&flow);
	fixture_sleep_ms(20);
	flow_open(&flow, fd, FLOW_IN, 8, 16);
	REQUIRE_WORKS(flow_submit(&flow, CONTINUE));
	flow_take(&flow, &not_sent);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	flow_take(&flow, &afresh_timed);
	EQUAL(flow.gaps, 0);
}

static const struct tap_test tests[] = {
	{ "CONTINUE with nothing pending fails with EXDEV, and nothing is sent", nothing_pending },
	{ "CONTINUE fails until a transfer without it starts a new stream", broken_until_new },
	{ "CONTINUE after the stream has drained fails until a new one starts", drained },
	{ "100 CONTINUE transfers queued behind one that failed all fail unsent", chain },
	{ "CONTINUE behind a transfer that fails, fails although older ones are pending",
	  behind_a_failure },
	{ "CONTINUE with time to spare is the same stream", in_time },
	{ "CONTINUE after each of 200 drained streams fails, and the gaps add up",
	  too_late_for_certainty },
	{ "transfers without CONTINUE follow directly on what is pending",
	  without_continue_follows },
	{ "after an underrun the gap of a high-speed IN pipe is what is missing",
	  underrun_high_in },
	{ "after an underrun the gap of a high-speed OUT pipe is what is missing",
	  underrun_high_out },
	{ "after an underrun the gap of a pipe of interval 8 is what is missing",
	  underrun_interval_8 },
	{ "after an underrun the gap of a full-speed pipe is what is missing", underrun_full },
	{ "after an underrun the gap of a full-speed pipe of 4 frames is what is missing",
	  underrun_full_interval_4 },
	{ "after an underrun the gap of a SuperSpeed pipe is what is missing", underrun_super },
	{ "after underruns of 255 ms to 5 s the gap is what is missing", underrun_long },
	{ "after an abort CONTINUE fails, and the next stream has no gap", after_abort },
	{ "after a reset CONTINUE fails, and the next stream has no gap", after_reset },
	{ "after an abort in mid-stream the next stream has no gap", after_abort_in_mid_stream },
	{ "after a change of alternate setting the next stream has no gap", after_alternate },
	{ "after the same alternate setting was selected in mid-stream the next stream has no gap",
	  after_alternate_in_mid_stream },
	{ "after all buffers were unregistered the next stream has no gap", claimed_again },
	{ "an interval that the device lost is the gap of the transfer after it", hole_one },
	{ "7 intervals that an OUT pipe lost are the gap of the transfer after them", hole_out },
	{ "intervals lost before a transfer without CONTINUE do not fail it",
	  hole_without_continue },
	{ "3 frames that a full-speed pipe lost are the gap of the transfer after them",
	  hole_full },
	{ "5 intervals of 8 microframes that were lost are a gap of 5", hole_interval },
	{ "64 intervals that a SuperSpeed pipe lost are the gap of the transfer after them",
	  hole_super },
	{ "1000 intervals lost at once are the gap of the transfer after them", hole_long },
	{ "intervals lost inside of a long transfer are its inner gap", hole_inside },
	{ "20 holes in one stream are reported, each where it was", holes_many },
	{ "start frames that are always 0 are not believed, and invent no gap", report_zero },
	{ "start frames that are always the same nonsense are not believed, and invent no gap",
	  report_nonsense },
	{ "after one start frame that can not be true none is believed, and no gap is invented",
	  report_one_lie },
	{ "a stream goes on where 14-bit start frames wrap", wrap_14 },
	{ "a full-speed stream goes on where 11-bit start frames wrap", wrap_8 },
	{ "a stream goes on where start frames pass 2^31", wrap_31 },
	{ "a stream goes on where start frames pass 2^32", wrap_32 },
	{ "underruns over wraps of start frames are counted exactly", wrap_underrun },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
