// SPDX-License-Identifier: MIT
/*
 * AT_FRAME with DROP_LATE, packet by packet: on dummy_hcd with a manual clock, at every speed and
 * five intervals, in both directions. Packets that are too late are dropped, all others go in their
 * intervals; what the controller counted has to agree. model.h tells what must come out.
 */
#include <errno.h>

#include "busclock.h"
#include "course.h"
#include "grid.h"

#define CONTINUE    WINUSB_ISO_TRANSFER_CONTINUE
#define MOST	    WINUSB_ISO_MAX_AT_FRAME_AHEAD
#define SOME	    5	 /* intervals */
#define SAMPLE_LEAD 40	 /* microframes: what WinUSB programs ask for, 5 frames */
#define URB_PACKETS 64u	 /* most packets ... */
#define URB_SPAN    256u /* ... and microframes of an URB */
#define WRAP_BITS   14

static uint32_t urb_packets(uint32_t interval)
{
	uint32_t fit = URB_SPAN / interval;

	return fit < 1 ? 1 : fit < URB_PACKETS ? fit : URB_PACKETS;
}

static uint64_t intervals(const struct course *course, uint64_t count)
{
	return count * course->model.interval;
}

/* @uframe is asked for, and something continues it; the first @lost packets are late. */
static void ask(struct course *course, uint64_t uframe, uint32_t lost)
{
	const struct track_want *want;

	course_submit_late(course, uframe);
	want = course_last(course);
	EQUAL(want->status, 0);
	EQUAL(want->lost, lost);
	EQUAL(want->done, want->packets - lost);
	CHECK(want->start >= uframe);
	CHECK(want->start < uframe + course->model.interval);
	course_submit(course, CONTINUE);
	EQUAL(course_last(course)->status, 0);
	EQUAL(course_last(course)->gap, 0);
}

/* All are late, so there is nothing to continue; one without CONTINUE heals that. */
static void ask_in_vain(struct course *course, uint64_t uframe)
{
	course_submit_late(course, uframe);
	EQUAL(course_last(course)->status, -ETIME);
	course_submit(course, CONTINUE);
	EQUAL(course_last(course)->status, -EXDEV);
	course_submit(course, 0);
	course_submit(course, CONTINUE);
	EQUAL(course_last(course)->status, 0);
}

/* While it ran the driver has read the clock in the middle of its steps. */
static void stream_once(struct course *course)
{
	course_submit(course, 0);
	course_finish(course);
	busclock_advance(intervals(course, 3) + 5);
	track_learn(&course->track);
}

/* --- none is late --- */

static void none(struct course *course)
{
	ask(course, model_first_interval(&course->model) + intervals(course, SOME), 0);
	EQUAL(course->want[0].gap, 0);
}

static void none_idle(struct course *course)
{
	stream_once(course);
	ask(course, model_first_interval(&course->model) + intervals(course, 1), 0);
}

static void none_pending(struct course *course)
{
	course_submit(course, 0);
	ask(course, course->model.next + intervals(course, SOME), 0);
	EQUAL(course->want[1].gap, SOME);
	ask(course, course->model.next, 0);
	EQUAL(course->want[3].gap, 0);
}

/* --- some are --- */

static void sample(struct course *course)
{
	uint64_t at = busclock_now() + SAMPLE_LEAD;
	uint64_t lead = model_first_interval(&course->model);

	/* A packet of no length finds the bus, and takes the interval of one that is asked for. */
	ask(course, at, lead >= at ? 1 : 0);
	at += intervals(course, course->want[0].packets);
	EQUAL(course->want[0].start,
	      course->want[1].start - intervals(course, course->want[0].packets));
	CHECK(course->want[1].start >= at);
}

static void one(struct course *course)
{
	ask(course, model_first_interval(&course->model), 1);
	EQUAL(course->want[0].gap, 0);
}

static void one_pending(struct course *course)
{
	course_submit(course, 0);
	ask(course, course->model.next - intervals(course, 1), 1);
	EQUAL(course->want[1].gap, 0);
}

static void some(struct course *course)
{
	ask(course, model_first_interval(&course->model) - intervals(course, SOME), SOME + 1);
}

static void between(struct course *course)
{
	course_submit(course, 0);
	ask(course, course->model.next - intervals(course, 3) + 1, 2);
}

/* Each fills the end of an URB, or begins another. */
static void borders(struct course *course)
{
	uint32_t urb = urb_packets(course->model.interval), lost;

	for (lost = urb - 1; lost <= 2 * urb + 1; lost += lost == urb + 1 ? urb - 1 : 1) {
		course_submit(course, 0);
		ask(course, course->model.next - intervals(course, lost), lost);
		course_finish(course);
	}
}

static void all_but_one(struct course *course)
{
	uint32_t most = course->track.packets - 1;

	course_submit(course, 0);
	ask(course, course->model.next - intervals(course, most), most);
}

/* What a program counts on, frame by frame, it gets. */
static void in_a_row(struct course *course)
{
	uint64_t at = model_first_interval(&course->model) - intervals(course, 2);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		course_submit_late(course, at);
		at += intervals(course, course->track.packets);
		EQUAL(course_last(course)->lost, i ? 0 : 3);
		EQUAL(course_last(course)->gap, 0);
	}
}

/* --- the gap: each interval is told once, as one of it or as a packet --- */

static void gap_before(struct course *course)
{
	uint64_t at;

	stream_once(course);
	at = course->model.end + intervals(course, 2);
	course_submit_late(course, at);
	EQUAL(course->want[1].gap, 2);
	EQUAL(course->want[1].start, at);
	CHECK(course->want[1].lost > 0);
}

static void no_gap(struct course *course)
{
	stream_once(course);
	course_submit_late(course, course->model.end);
	EQUAL(course->want[1].gap, 0);
	CHECK(course->want[1].lost > 3);
}

static void overlap(struct course *course)
{
	stream_once(course);
	course_submit_late(course, course->model.end - intervals(course, 2));
	EQUAL(course->want[1].gap, 0);
	CHECK(course->want[1].lost > 5);
}

static void over_wrap(struct course *course)
{
	uint64_t modulus = 1 << WRAP_BITS;
	uint64_t wrap = (busclock_now() / modulus + 2) * modulus;

	busclock_jump(wrap - 2 * BUSCLOCK_FRAME);
	track_learn(&course->track);
	course_submit(course, 0);
	CHECK(course->model.next > wrap);
	ask(course, course->model.next - intervals(course, SOME), SOME);
}

/* --- all are late --- */

static void all_pending(struct course *course)
{
	course_submit(course, 0);
	ask_in_vain(course, course->model.next - intervals(course, course->track.packets));
}

static void all_finding(struct course *course)
{
	stream_once(course);
	ask_in_vain(course, model_first_interval(&course->model) -
				    intervals(course, course->track.packets - 1));
}

static void all_passed(struct course *course)
{
	uint64_t sent;

	stream_once(course);
	sent = course->model.sent;
	course_submit_late(course, busclock_now() + 1 - intervals(course, course->track.packets));
	EQUAL(course->want[1].status, -ETIME);
	EQUAL(course->model.sent, sent);
	course_finish(course);
}

static void longest_ago(struct course *course)
{
	stream_once(course);
	course_submit_late(course, busclock_now() - MOST);
	RETURNS(track_submit_late(&course->track, busclock_now() - MOST - 1), ETIME);
	RETURNS(track_submit_late(&course->track, busclock_now() + MOST + 1), EFBIG);
}

/* --- ended --- */

static void aborted(struct course *course)
{
	struct track_want *want;

	stream_once(course);
	course_submit_late(course, model_first_interval(&course->model) - intervals(course, SOME));
	REQUIRE_WORKS(fixture_abort(course->track.fd, course->track.address));
	want = course_last(course);
	want->status = -ECONNRESET;
	want->lost = 0;
	want->done = 0;
	course_take_all(course);
	model_ended(&course->model, 0);
	course_submit(course, 0);
	EQUAL(course_last(course)->gap, 0);
	course_submit(course, CONTINUE);
}

static const struct grid_scenario scenarios[] = {
	{ "with none late, as the first transfer, it is AT_FRAME", none },
	{ "with none late, on an idle pipe, it is AT_FRAME", none_idle },
	{ "with none late, behind something pending, it is AT_FRAME", none_pending },
	{ "five frames ahead of an idle pipe it starts there", sample },
	{ "one packet late on an idle pipe is dropped", one },
	{ "one packet late behind something pending is dropped", one_pending },
	{ "packets in the past are dropped", some },
	{ "between two intervals the later one counts", between },
	{ "as many are dropped as an URB has, one less and one more, and twice that", borders },
	{ "all but one are dropped", all_but_one },
	{ "transfers in a row keep their intervals", in_a_row },
	{ "the gap ends where the first dropped packet was to go", gap_before },
	{ "dropped packets right behind a stream are no gap", no_gap },
	{ "dropped packets in intervals of the stream before are no gap", overlap },
	{ "packets on both sides of a wrap are dropped", over_wrap },
	{ "all late behind something pending is ETIME, and nothing is sent", all_pending },
	{ "all late once the bus is found is ETIME, and nothing is sent", all_finding },
	{ "all late by the clock is ETIME, and the bus is left alone", all_passed },
	{ "longer ago than 8192 microframes is ETIME at submission", longest_ago },
	{ "aborted it tells of all packets; what comes next has no gap", aborted },
};

static void run_cell(void)
{
	const struct grid_cell *cell = grid_cell();
	uint32_t interval = cell->speed->unit << cell->exponent;
	struct course course;

	course_open(&course, cell->speed, cell->exponent, cell->in, 2 * urb_packets(interval) + 7);
	cell->scenario->run(&course);
	course_finish(&course);
	/* There not all went, and how many is the controller's business. */
	if (cell->scenario->run != aborted)
		course_check_counters(&course);
	EQUAL(busclock_learn(course.track.fd), course.track.bus);
}

int main(int argc, char **argv)
{
	return GRID_MAIN(argc, argv, "DROP_LATE", scenarios, run_cell);
}
