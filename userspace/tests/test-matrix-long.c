// SPDX-License-Identifier: MIT
/*
 * Transfers longer than what the driver gives the controller ahead of time, while URBs are given
 * back late. As long as the rest of what the controller has bridges that, nothing happens.
 * Otherwise the packets whose interval passed say EXDEV, each in its place: nothing is moved, and
 * what the controller counts as late is what the packets say.
 */
#include <errno.h>
#include <stdio.h>

#include "busclock.h"
#include "course.h"
#include "dummy.h"

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE
#define SPAN	 1536 /* microframes of a transfer: three windows */

struct cell {
	char sentence[160];
	const struct gadget_speed *speed;
	bool in;
	unsigned int delay; /* microframes until an URB is given back */
};

static const unsigned int delays[] = { 0, 100, 200, 1000 };

static bool loses(const struct cell *cell, uint32_t window)
{
	return cell->delay >= window;
}

/* What is not lost has gone whole. */
static uint32_t count_lost(const struct course *course, uint64_t transfer)
{
	const struct winusb_iso_packet *packet = track_packets(&course->track, transfer);
	uint32_t lost = 0, wrong = 0, i;

	for (i = 0; i < course->track.packets; i++) {
		bool gone = packet[i].status == -EXDEV;

		lost += gone;
		wrong += packet[i].offset != i * course->track.max_bytes;
		wrong += packet[i].length != (gone ? 0 : course->track.max_bytes);
		wrong += packet[i].status && !gone;
	}
	EQUAL(wrong, 0);
	return lost;
}

/* Lost packets are errors, and nothing else differs from what the model wants. */
static uint32_t take(struct course *course)
{
	const struct track_want *want = &course->want[course->taken];
	struct winusb_iso_completion completion;
	uint32_t lost;

	REQUIRE_WORKS(track_wait(&course->track, &completion));
	lost = count_lost(course, course->taken++);
	WORKS(completion.status);
	EQUAL(completion.start_uframe, want->start + course->track.bus);
	EQUAL(completion.gap, want->gap);
	EQUAL(completion.inner_gap, 0);
	EQUAL(completion.trust, want->trust);
	EQUAL(completion.flags, want->flags);
	EQUAL(completion.error_count, lost);
	EQUAL(completion.actual_length, (want->packets - lost) * course->track.max_bytes);
	return lost;
}

static void run_cell(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	struct dummy_endpoint endpoint;
	struct course course;
	uint32_t lost;

	course_open(&course, cell->speed, 0, cell->in, SPAN / cell->speed->unit);
	dummy_set("giveback_delay", cell->delay);
	course_submit(&course, 0);
	if (!loses(cell, course.track.window))
		course_submit(&course, CONTINUE);
	course_run_dry(&course);
	busclock_advance(cell->delay);
	for (lost = 0; course.taken < course.submitted;)
		lost += take(&course);
	EQUAL(lost > 0, loses(cell, course.track.window));
	REQUIRE(dummy_endpoint(course.track.address, &endpoint));
	EQUAL(endpoint.late, lost);
	EQUAL(endpoint.packets, course.model.sent - lost);
	EQUAL(endpoint.next_uframe, course.model.next);
}

#define SPEEDS 3
#define DELAYS (sizeof(delays) / sizeof(delays[0]))
#define CELLS  (SPEEDS * 2 * DELAYS)

static struct cell cells[CELLS];
static struct tap_test tests[CELLS];

static void make_cell(unsigned int number)
{
	struct cell *cell = &cells[number];
	unsigned int rest = number;

	cell->delay = delays[rest % DELAYS];
	rest /= DELAYS;
	cell->in = !(rest % 2);
	cell->speed = &gadget_speeds[rest / 2];
	snprintf(cell->sentence, sizeof(cell->sentence),
		 "%s speed %s, long transfers, given back %u microframes late: %s",
		 cell->speed->name, cell->in ? "IN" : "OUT", cell->delay,
		 loses(cell, 512) ? "what was lost says EXDEV in its place" : "nothing is lost");
	tests[number] = (struct tap_test){ cell->sentence, run_cell };
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		make_cell(i);
	return BENCH_MAIN(argc, argv, tests);
}
