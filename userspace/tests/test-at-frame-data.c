// SPDX-License-Identifier: MIT
/*
 * AT_FRAME as the device sees it: a FunctionFS gadget's requests, one for each service interval
 * from the first on, hold nothing up to the frame and then the transfer's packets, in order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "busclock.h"
#include "course.h"
#include "recorder.h"

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE
#define SOME	 7 /* intervals */

struct scenario {
	const char *words;
	void (*run)(struct course *course);
};

struct cell {
	char sentence[160];
	const struct gadget_speed *speed;
	unsigned int exponent;
	const struct scenario *scenario;
};

/* Requests for the intervals from @start to @end that carried packets of no length. */
static unsigned int check_empty(const struct recorder_log *log, unsigned int at, uint64_t count)
{
	for (; count; count--, at++)
		EQUAL(log->entry[at].result, 0);
	return at;
}

static unsigned int check_packets(const struct recorder_log *log, unsigned int at,
				  uint64_t transfer, const struct track_want *want)
{
	uint32_t i;

	for (i = want->lost; i < want->packets; i++, at++) {
		EQUAL(log->entry[at].result, RECORDER_PACKET);
		EQUAL(log->entry[at].head, track_mark(transfer, i));
	}
	return at;
}

/* As soon as possible, then in their frames; after an idle time leading packets begin anew. */
static void check_log(const struct course *course, uint64_t first_empty)
{
	static struct recorder_log log;
	uint64_t next = first_empty;
	unsigned int at = 0, i;

	recorder_wait(false, (unsigned int)course->model.sent, &log);
	EQUAL(log.count, course->model.sent);
	for (i = 0; i < course->submitted; i++) {
		const struct track_want *want = &course->want[i];
		uint64_t begin = want->start + want->lost * course->model.interval;

		at = check_empty(&log, at, (begin - next) / course->model.interval);
		at = check_packets(&log, at, i, want);
		next = track_end(&course->track, want);
	}
	EQUAL(at, log.count);
}

static void first(struct course *course)
{
	uint64_t begin = model_first_interval(&course->model);

	course_submit_at(course, begin + SOME * course->model.interval);
	course_submit(course, CONTINUE);
	course_finish(course);
	EQUAL(course->want[0].start, begin + SOME * course->model.interval);
	check_log(course, begin);
}

static void pending(struct course *course)
{
	uint32_t interval = course->model.interval;

	course_submit(course, 0);
	course_submit_at(course, course->model.next + SOME * interval - interval / 2);
	course_submit(course, CONTINUE);
	course_finish(course);
	EQUAL(course->want[1].gap, SOME);
	check_log(course, course->want[0].start);
}

static void directly(struct course *course)
{
	course_submit(course, 0);
	course_submit_at(course, course->model.next);
	course_submit_at(course, course->model.next + 1);
	course_finish(course);
	EQUAL(course->want[1].gap, 0);
	EQUAL(course->want[2].gap, 1);
	check_log(course, course->want[0].start);
}

/* The packet that finds the bus takes the interval of one that is asked for. */
static void late(struct course *course)
{
	uint64_t begin = model_first_interval(&course->model);

	course_submit_late(course, begin - course->model.interval);
	course_submit(course, CONTINUE);
	course_finish(course);
	EQUAL(course->want[0].lost, 2);
	EQUAL(course->want[0].gap, 0);
	check_log(course, begin);
}

static void late_pending(struct course *course)
{
	uint32_t interval = course->model.interval;
	uint32_t most = course->track.packets - 1;

	course_submit(course, 0);
	course_submit_late(course, course->model.next - most * interval);
	course_submit_late(course, course->model.next - interval + interval / 2);
	course_submit(course, CONTINUE);
	course_finish(course);
	EQUAL(course->want[1].lost, most);
	EQUAL(course->want[2].lost, interval > 1 ? 0 : 1);
	check_log(course, course->want[0].start);
}

static const struct scenario scenarios[] = {
	{ "as the first transfer", first },
	{ "behind something pending", pending },
	{ "in the interval after what is pending, and in the next but one", directly },
	{ "with DROP_LATE, two packets late as the first transfer", late },
	{ "with DROP_LATE, all but one late behind something pending", late_pending },
};

static void run_cell(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	struct course course;

	course_open_recorded(&course, cell->speed, cell->exponent, false,
			     course_packets(cell->speed->unit << cell->exponent) + 1);
	cell->scenario->run(&course);
	course_check_counters(&course);
}

#define SPEEDS	  3
#define EXPONENTS 5
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))
#define CELLS	  (SPEEDS * EXPONENTS * SCENARIOS)

static struct cell cells[CELLS];
static struct tap_test tests[CELLS];

static void make_cell(unsigned int number)
{
	struct cell *cell = &cells[number];
	unsigned int rest = number;

	cell->scenario = &scenarios[rest % SCENARIOS];
	rest /= SCENARIOS;
	cell->exponent = rest % EXPONENTS;
	cell->speed = &gadget_speeds[rest / EXPONENTS];
	snprintf(cell->sentence, sizeof(cell->sentence),
		 "%s speed OUT, interval %u, AT_FRAME %s: the gadget gets it in that interval",
		 cell->speed->name, 1u << cell->exponent, cell->scenario->words);
	tests[number] = (struct tap_test){ cell->sentence, run_cell };
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		make_cell(i);
	return BENCH_MAIN(argc, argv, tests);
}
