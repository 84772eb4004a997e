// SPDX-License-Identifier: MIT
/*
 * Underrun: the program stops for a while, and as many service intervals are lost as the bus went
 * on without it. Three say how many: the driver, in its gaps; the controller, dummy_hcd, which
 * counts intervals without a token; and the gadget, whose requests come back with EXDEV, each for
 * an interval that passed without one (dummy_hcd's knob "expire"). They have to agree, not one more
 * or less. On the manual clock the number is also known beforehand: what was queued does not get
 * lost, and with a threshold of 0 the first interval is used in which the program is back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "busclock.h"
#include "course.h"
#include "dummy.h"
#include "recorder.h"

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE
#define SPAN	 64 /* microframes of a transfer, or two intervals */

static const unsigned int stops_ms[] = { 1, 2, 3, 5, 8, 13, 25, 50, 100 };
static const unsigned int exponents[] = { 0, 2, 4 };
static const unsigned int ahead_uframes[] = { 0, 24 };

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct cell {
	char sentence[160];
	const struct gadget_speed *speed;
	unsigned int exponent;
	bool in;
	unsigned int ahead;   /* microframes that are queued when the program stops */
	unsigned int stop_ms; /* 0: one after another, on the real clock */
};

static uint32_t packets_of(const struct cell *cell)
{
	uint32_t packets = SPAN / (cell->speed->unit << cell->exponent);

	return packets > 2 ? packets : 2;
}

/* --- what the gadget saw --- */

struct seen {
	unsigned int good; /* requests with data */
	unsigned int lost; /* those with EXDEV that came before the last good one */
	unsigned int other;
};

static struct seen look(const struct recorder_log *log)
{
	struct seen seen = { 0 };
	unsigned int lost = 0, i;

	for (i = 0; i < log->count; i++) {
		if (log->entry[i].result == RECORDER_PACKET) {
			seen.good++;
			seen.lost = lost;
		} else if (log->entry[i].result == -EXDEV) {
			lost++;
		} else {
			seen.other++;
		}
	}
	return seen;
}

/* So many requests came back, and so they were. */
static void check_seen(bool in, uint64_t good, uint64_t lost)
{
	static struct recorder_log log;
	struct seen seen;

	recorder_wait(in, (unsigned int)(good + lost), &log);
	seen = look(&log);
	EQUAL(seen.good, good);
	EQUAL(seen.lost, lost);
	EQUAL(seen.other, 0);
}

/* --- on the manual clock --- */

/* What is lost: the intervals of the stop, less those that something was queued for. */
static uint64_t lost_in(const struct cell *cell)
{
	uint64_t interval = cell->speed->unit << cell->exponent;
	uint64_t stop = cell->stop_ms * BUSCLOCK_FRAME;

	return stop > cell->ahead ? (stop - cell->ahead + interval - 1) / interval : 0;
}

static void set_up(struct course *course, const struct cell *cell)
{
	course_open_recorded(course, cell->speed, cell->exponent, cell->in, packets_of(cell));
	dummy_set("expire", 1);
	dummy_set("threshold", 0);
	course->model.threshold = 0;
}

static void stop(struct course *course, const struct cell *cell)
{
	uint64_t until = course->model.next - cell->ahead;

	busclock_advance_to(until + cell->stop_ms * BUSCLOCK_FRAME);
	if (busclock_now() >= course->model.next - course->model.interval + course->model.width) {
		course_take_all(course);
		model_drained(&course->model);
	}
}

static void run_stop(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	uint64_t lost = lost_in(cell);
	struct course course;

	set_up(&course, cell);
	course_submit(&course, 0);
	stop(&course, cell);
	course_submit(&course, 0);
	EQUAL(course_last(&course)->gap, lost);
	course_submit(&course, CONTINUE);
	course_finish(&course);
	EQUAL(model_missed(&course.model), lost);
	course_check_counters(&course);
	check_seen(cell->in, course.model.sent, lost);
}

/* --- on the real clock --- */

/* A program of its own pace. */
struct runner {
	struct track track;
	uint64_t lost; /* in all gaps */
};

static void submit(struct runner *runner, unsigned int transfers)
{
	unsigned int i;

	for (i = 0; i < transfers; i++)
		REQUIRE_WORKS(track_submit(&runner->track, i ? CONTINUE : 0));
}

/* Waits for the oldest transfer; only a new stream can have lost something. */
static void reap(struct runner *runner, bool new_stream)
{
	struct winusb_iso_completion completion;
	struct track *track = &runner->track;

	REQUIRE_WORKS(track_wait(track, &completion));
	REQUIRE_WORKS(completion.status);
	EQUAL(completion.error_count, 0);
	EQUAL(completion.trust, WINUSB_ISO_TRUST_EXACT);
	EQUAL(completion.inner_gap, 0);
	if (!new_stream)
		EQUAL(completion.gap, 0);
	runner->lost += completion.gap;
}

/* The program is away until all that was queued has gone, and @stop_ms longer. */
static void pause_for(struct runner *runner, unsigned int stop_ms)
{
	uint64_t before = runner->lost;
	unsigned int i;

	submit(runner, 2);
	fixture_sleep_ms(2 * track_span(&runner->track) / BUSCLOCK_FRAME + stop_ms);
	for (i = 0; i < 2; i++)
		reap(runner, !i);
	submit(runner, 2);
	for (i = 0; i < 2; i++)
		reap(runner, !i);
	CHECK((runner->lost - before) * runner->track.interval + runner->track.interval >
	      (stop_ms - 1) * BUSCLOCK_FRAME);
}

/* While something is pending nothing is missed: then the controller's count holds still. */
static void compare(struct runner *runner)
{
	struct dummy_endpoint endpoint;
	unsigned int i;

	submit(runner, 4);
	reap(runner, true);
	REQUIRE(dummy_endpoint(runner->track.address, &endpoint));
	EQUAL(endpoint.missed, runner->lost);
	EQUAL(endpoint.late, 0);
	for (i = 1; i < 4; i++)
		reap(runner, false);
}

static void run_real(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	struct runner runner = { .lost = 0 };
	unsigned int i;

	bench_gadget(BENCH_RECORDER, cell->speed, cell->exponent);
	dummy_set("expire", 1);
	track_open(&runner.track, bench_node(), bench_alternate(), cell->in, packets_of(cell));
	recorder_forget(cell->in);
	for (i = 0; i < LENGTH(stops_ms); i++)
		pause_for(&runner, stops_ms[i]);
	compare(&runner);
	tap_note("%llu intervals were lost", (unsigned long long)runner.lost);
	check_seen(cell->in, runner.track.submitted * runner.track.packets, runner.lost);
}

/* --- the table --- */

#define SPEEDS 3
#define STOPS  (LENGTH(stops_ms) * LENGTH(ahead_uframes) + 1)
#define CELLS  (SPEEDS * LENGTH(exponents) * 2 * STOPS)

static struct cell cells[CELLS];
static struct tap_test tests[CELLS];

static void describe_stop(struct cell *cell)
{
	snprintf(cell->sentence, sizeof(cell->sentence),
		 "%s speed %s, interval %u, stopped for %u ms with %u ms queued: "
		 "driver, controller and gadget count %u lost",
		 cell->speed->name, cell->in ? "IN" : "OUT", 1u << cell->exponent, cell->stop_ms,
		 cell->ahead / BUSCLOCK_FRAME, (unsigned int)lost_in(cell));
}

static void describe_real(struct cell *cell)
{
	snprintf(cell->sentence, sizeof(cell->sentence),
		 "%s speed %s, interval %u, real clock, stopped for 1 to 100 ms: "
		 "driver, controller and gadget count the same",
		 cell->speed->name, cell->in ? "IN" : "OUT", 1u << cell->exponent);
}

static void make_cell(unsigned int number)
{
	struct cell *cell = &cells[number];
	unsigned int stop_number = number % STOPS, rest = number / STOPS;
	bool real = stop_number == STOPS - 1;

	cell->in = !(rest % 2);
	rest /= 2;
	cell->exponent = exponents[rest % LENGTH(exponents)];
	cell->speed = &gadget_speeds[rest / LENGTH(exponents)];
	if (!real) {
		cell->stop_ms = stops_ms[stop_number % LENGTH(stops_ms)];
		cell->ahead = ahead_uframes[stop_number / LENGTH(stops_ms)];
		describe_stop(cell);
	} else {
		describe_real(cell);
	}
	tests[number] = (struct tap_test){ cell->sentence, real ? run_real : run_stop };
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		make_cell(i);
	return BENCH_MAIN(argc, argv, tests);
}
