// SPDX-License-Identifier: MIT
/*
 * The continuity matrix: what becomes of a transfer in each state that a pipe can be in, with and
 * without CONTINUE, in both directions, at every speed and five intervals. The device is the
 * kernel's own SourceSink gadget on dummy_hcd; time is a manual clock. What must come out is told
 * by model.h, of the clock alone; what the controller counted has to agree, too.
 *
 * Each cell selects the alternate setting anew, brings the pipe into its state, submits the
 * transfer in question and one with CONTINUE behind it, and looks at all that comes back.
 */
#include <errno.h>
#include <stdio.h>

#include "busclock.h"
#include "course.h"
#include "dummy.h"
#include "power.h"

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE

#define IDLE_INTERVALS 3 /* between two streams ... */
#define IDLE_UFRAMES   5 /* ... and some more, so that the next does not begin at once */

enum state { NOTHING, AHEAD, PASSED, DRAINED, ABORTED, SELECTED, LOST, SLEPT, STATES };

enum outcome { FOLLOWS, REFUSED, MOVED, RESUMED, AFRESH };

struct cell {
	char sentence[160];
	const struct gadget_speed *speed;
	unsigned int exponent; /* of the interval */
	bool in;
	enum state state;
	uint32_t flags;
};

static const struct {
	const char *words;
	enum outcome outcome[2]; /* without and with CONTINUE */
} states[STATES] = {
	[NOTHING] = { "nothing pending", { RESUMED, REFUSED } },
	[AHEAD] = { "pending with time to spare", { FOLLOWS, FOLLOWS } },
	[PASSED] = { "pending but its slot already passed", { MOVED, REFUSED } },
	/* Here the next interval is still to come; is it more than a frame away? */
	[DRAINED] = { "drained and not yet reported", { FOLLOWS, REFUSED } },
	[ABORTED] = { "after abort", { AFRESH, REFUSED } },
	[SELECTED] = { "after an alternate-setting change", { AFRESH, REFUSED } },
	[LOST] = { "after a lost interval", { FOLLOWS, FOLLOWS } },
	[SLEPT] = { "after suspend and resume", { AFRESH, REFUSED } },
};

static const char *const outcomes[] = {
	[FOLLOWS] = "follows directly",
	[REFUSED] = "fails with -EXDEV and nothing is sent",
	[MOVED] = "takes the first free slot and counts the gap",
	[RESUMED] = "starts a new stream and counts the gap",
	[AFRESH] = "starts a new stream without a gap",
};

/* --- the states --- */

static void stand_idle(struct course *course)
{
	busclock_advance(IDLE_INTERVALS * course->model.interval + IDLE_UFRAMES);
}

static void be_idle(struct course *course)
{
	course_submit(course, 0);
	course_finish(course);
	stand_idle(course);
}

/* One packet of what was submitted last has gone. */
static void run_one_packet(struct course *course)
{
	busclock_advance_to(course_last(course)->start + course->model.width);
}

static void be_ahead(struct course *course)
{
	course_submit(course, 0);
	run_one_packet(course);
}

static void be_dry(struct course *course)
{
	dummy_set("giveback_delay", 8 * course->model.interval + 16);
	course_submit(course, 0);
	course_run_dry(course);
}

static void be_late(struct course *course)
{
	be_dry(course);
	busclock_advance_to(course->model.next);
	stand_idle(course);
}

/* Of what is pending one packet has gone; the second transfer was handed over, too. */
static void be_in_mid_stream(struct course *course)
{
	course_submit(course, 0);
	run_one_packet(course);
	course_submit(course, CONTINUE);
}

static void be_ended(struct course *course, int reason)
{
	model_ended(&course->model, 2 * course->model.packets - 1);
	course->want[0].status = course->want[1].status = reason;
	course->want[0].done = 1;
	course->want[1].done = 0;
	course_take_all(course);
}

static void be_aborted(struct course *course)
{
	be_in_mid_stream(course);
	REQUIRE_WORKS(fixture_abort(course->track.fd, course->track.address));
	be_ended(course, -ECONNRESET);
}

static void be_selected(struct course *course)
{
	be_in_mid_stream(course);
	fixture_set_alternate(course->track.fd, bench_alternate());
	busclock_catch_up();
	be_ended(course, -ECONNRESET);
	model_selected(&course->model);
}

/* Sleep takes the gadget's power, so the device is reset and configured again. */
static void be_woken(struct course *course)
{
	be_in_mid_stream(course);
	power_sleep();
	busclock_catch_up();
	be_ended(course, -EHOSTUNREACH);
	model_selected(&course->model);
}

/* The stream has run dry and was resumed; now the controller leaves out its first packet. */
static void be_short(struct course *course)
{
	be_idle(course);
	dummy_inject(course->track.address, "missed", 1, 0);
	course_submit(course, 0);
	course_last(course)->lost = 1;
	course_last(course)->done--;
	model_lost(&course->model, 1);
	run_one_packet(course);
}

static void (*const reach[STATES])(struct course *) = {
	[NOTHING] = be_idle,	[AHEAD] = be_ahead,	  [PASSED] = be_late, [DRAINED] = be_dry,
	[ABORTED] = be_aborted, [SELECTED] = be_selected, [LOST] = be_short,  [SLEPT] = be_woken,
};

/* --- a cell --- */

static uint32_t interval_of(const struct cell *cell)
{
	return cell->speed->unit << cell->exponent;
}

static enum outcome outcome_of(const struct cell *cell)
{
	bool cont = cell->flags & CONTINUE;

	/* The last packet has just ended, so the next interval is that far away. */
	if (cell->state == DRAINED && cont && interval_of(cell) - cell->speed->unit > MODEL_GUARD)
		return FOLLOWS;
	return states[cell->state].outcome[cont];
}

/* The sentence is kept, as well as the model. */
static void check_outcome(const struct cell *cell, const struct course *course,
			  const struct track_want *before, const struct track_want *want)
{
	enum outcome outcome = outcome_of(cell);
	uint64_t end = track_end(&course->track, before);
	bool new_stream = want->flags & WINUSB_ISO_COMPLETION_NEW_STREAM;

	EQUAL(want->status, outcome == REFUSED ? -EXDEV : 0);
	EQUAL(new_stream, outcome == RESUMED || outcome == AFRESH);
	if (outcome == FOLLOWS)
		EQUAL(want->start, end);
	if (outcome == MOVED || outcome == RESUMED)
		CHECK(want->start > end);
	EQUAL(want->gap > 0, outcome == MOVED || outcome == RESUMED);
}

/* Three transfers have to fit into what the driver gives the controller ahead of time. */
static void make_room(struct course *course)
{
	if (3 * course->model.packets * course->model.interval > course->track.window)
		course->model.packets = course->track.packets = 1;
}

static void run_cell(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	struct track_want *want;
	struct course course;

	course_open(&course, cell->speed, cell->exponent, cell->in,
		    course_packets(interval_of(cell)));
	reach[cell->state](&course);
	make_room(&course);
	course_submit(&course, cell->flags);
	want = course_last(&course);
	check_outcome(cell, &course, want - 1, want);
	course_submit(&course, CONTINUE);
	course_run_dry(&course);
	busclock_advance(dummy_get("giveback_delay"));
	course_take_all(&course);
	course_check_counters(&course);
	EQUAL(busclock_learn(course.track.fd), course.track.bus);
}

/* --- the table --- */

#define SPEEDS	  3
#define EXPONENTS 5
#define CELLS	  (SPEEDS * EXPONENTS * 2 * STATES * 2)

static struct cell cells[CELLS];
static struct tap_test tests[CELLS];

static void describe(struct cell *cell)
{
	snprintf(cell->sentence, sizeof(cell->sentence), "%s speed %s, interval %u, %s, %s: %s",
		 cell->speed->name, cell->in ? "IN" : "OUT", 1u << cell->exponent,
		 states[cell->state].words, cell->flags & CONTINUE ? "CONTINUE" : "no CONTINUE",
		 outcomes[outcome_of(cell)]);
}

/* A gadget serves all cells of its speed and interval. */
static void make_cell(unsigned int number)
{
	struct cell *cell = &cells[number];
	unsigned int rest = number;

	cell->flags = rest % 2 ? CONTINUE : 0;
	rest /= 2;
	cell->state = rest % STATES;
	rest /= STATES;
	cell->in = !(rest % 2);
	rest /= 2;
	cell->exponent = rest % EXPONENTS;
	cell->speed = &gadget_speeds[rest / EXPONENTS];
	describe(cell);
	tests[number] = (struct tap_test){ cell->sentence, run_cell };
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		make_cell(i);
	return BENCH_MAIN(argc, argv, tests);
}
