// SPDX-License-Identifier: MIT
/*
 * A controller whose counter runs backwards: start frames that can not be true are not believed,
 * and trust says so. From then on it is CLOCK_MONOTONIC, which goes on evenly, that tells how many
 * intervals were lost.
 */
#include <errno.h>
#include <stdio.h>

#include "busclock.h"
#include "course.h"

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE
#define BACK	 800 /* microframes */

struct cell {
	char sentence[160];
	const struct gadget_speed *speed;
	bool in;
};

static void forget_gadget(void *unused)
{
	(void)unused;
	bench_gadget_gone();
}

/* The bus time of a device does not forget what it was told: this device serves no other test. */
static void set_up(struct course *course, const struct cell *cell)
{
	bench_gadget_gone();
	tap_defer(forget_gadget, NULL);
	course_open(course, cell->speed, 0, cell->in, course_packets(cell->speed->unit));
}

static void stream_once(struct course *course)
{
	course_submit(course, 0);
	course_finish(course);
}

/* What the model wants of the last one, but told by the clock. */
static void by_the_clock(struct course *course, uint8_t trust)
{
	course_last(course)->any_start = true;
	course_last(course)->trust = trust;
}

/* Two transfers after a while: the first may have been late, the second can not have been. */
static void resume(struct course *course)
{
	busclock_advance(5 * course->model.interval + 3);
	course_submit(course, 0);
	by_the_clock(course, WINUSB_ISO_TRUST_UNKNOWN);
	CHECK(course_last(course)->gap > 5);
	course_submit(course, CONTINUE);
	by_the_clock(course, WINUSB_ISO_TRUST_TIMED);
	/* It was not told; a giveback's time is what the driver goes by. */
	busclock_advance_to(course_last(course)->start - course->model.interval +
			    course->model.width);
	course_take(course);
	course_finish(course);
}

static void set_back(struct course *course)
{
	struct model *model = &course->model;

	busclock_set_back(BACK);
	/* The controller goes on from there; for all others time has not stood still. */
	model->first -= BACK;
	model->next -= BACK;
	model->end -= BACK;
}

static void run_cell(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	struct course course;

	set_up(&course, cell);
	stream_once(&course);
	set_back(&course);
	resume(&course);
	resume(&course);
	REQUIRE_WORKS(track_submit_at(&course.track, busclock_now() + BACK + 400));
	course.want[course.submitted++] = (struct track_want){
		.status = -EOPNOTSUPP,
		.packets = course.track.packets,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
	};
	course_take_all(&course);
}

#define SPEEDS 3
#define CELLS  (SPEEDS * 2)

static struct cell cells[CELLS];
static struct tap_test tests[CELLS];

static void make_cell(unsigned int number)
{
	struct cell *cell = &cells[number];

	cell->in = !(number % 2);
	cell->speed = &gadget_speeds[number / 2];
	snprintf(cell->sentence, sizeof(cell->sentence),
		 "%s speed %s, a counter that runs backwards is believed no more: "
		 "trust is not exact, and gaps are the clock's",
		 cell->speed->name, cell->in ? "IN" : "OUT");
	tests[number] = (struct tap_test){ cell->sentence, run_cell };
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		make_cell(i);
	return BENCH_MAIN(argc, argv, tests);
}
