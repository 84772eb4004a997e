// SPDX-License-Identifier: MIT
/*
 * Streams across the wraps of the controller's counters: the start frames that it tells and the
 * frame counter begin at 0 again, bus time goes on, and every gap is what it is. As in
 * test-matrix.c, what must come out is told by model.h, which knows no wrap.
 *
 * wrap_bits of dummy_hcd: 14 is its default, where start frames wrap at 2^14 microframes and 2^11
 * frames; 12 is the shortest that the driver is made for; 31 is where the sign of urb->start_frame
 * begins. 2^32 microframes are two wraps of that.
 */
#include <stdio.h>

#include "busclock.h"
#include "course.h"
#include "dummy.h"

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE

#define SPAN	 64 /* microframes of a transfer */
#define BEFORE	 5  /* transfers, and then comes the wrap */
#define AFTER	 6
#define LONG_GAP 2500 /* microframes: more than the 256 frames that start frames tell apart */

enum event { AT_START, INSIDE, GAP_TO, GAP_OVER, LONG_GAP_OVER, EVENTS };

struct wrap {
	const char *words[2]; /* at full speed, at others */
	unsigned int bits;
	uint64_t at; /* microframes; 0: the next one */
};

static const struct wrap wraps[] = {
	{ { "2^9 frames", "2^12 microframes" }, 12, 0 },
	{ { "2^11 frames", "2^14 microframes" }, 14, 0 },
	{ { "2^28 frames", "2^31 microframes" }, 31, 1ull << 31 },
	{ { "2^29 frames", "2^32 microframes" }, 31, 1ull << 32 },
};

static const char *const events[EVENTS] = {
	[AT_START] = "a transfer that starts with the wrap follows directly",
	[INSIDE] = "a transfer with the wrap inside of it, and those after, follow directly",
	[GAP_TO] = "after an underrun a stream starts with the wrap, and the gap is counted",
	[GAP_OVER] = "a gap with the wrap in the middle is counted",
	[LONG_GAP_OVER] = "a gap of more than 256 frames over the wrap is counted",
};

struct cell {
	char sentence[160];
	const struct gadget_speed *speed;
	bool in;
	const struct wrap *wrap;
	enum event event;
};

static uint64_t place_of(const struct wrap *wrap)
{
	uint64_t modulus = 1ull << wrap->bits;

	return wrap->at ? wrap->at : (busclock_now() / modulus + 2) * modulus;
}

/* The next stream, if nothing is pending, starts at @uframe. */
static void go_before(uint64_t uframe)
{
	busclock_advance_to(uframe - MODEL_THRESHOLD);
}

/* A stream, two transfers of which are always pending. */
static void stream(struct course *course, unsigned int transfers)
{
	unsigned int i;

	course_submit(course, 0);
	for (i = 1; i < transfers; i++) {
		course_submit(course, CONTINUE);
		busclock_advance_to(track_end(&course->track, &course->want[course->taken]));
		course_take(course);
	}
	course_finish(course);
}

/* @uframes before the wrap; from there the driver knows the bus time. */
static void jump_before(struct course *course, uint64_t wrap, uint64_t uframes)
{
	busclock_jump(wrap - uframes);
	track_learn(&course->track);
}

static void stream_over(struct course *course, uint64_t wrap, uint64_t before)
{
	jump_before(course, wrap, before + 64);
	go_before(wrap - before);
	stream(course, BEFORE + AFTER);
	EQUAL(course->want[0].start, wrap - before);
}

/* A stream that ends @end before the wrap, and one that starts @start after it. */
static void streams_around(struct course *course, uint64_t wrap, uint64_t end, uint64_t start)
{
	jump_before(course, wrap, 2 * SPAN + end + 64);
	go_before(wrap - end - 2 * SPAN);
	stream(course, 2);
	go_before(wrap + start);
	stream(course, AFTER);
	EQUAL(course->want[2].start, wrap + start);
	EQUAL(course->want[2].gap, (start + end) / course->track.interval);
}

static void run_event(struct course *course, enum event event, uint64_t wrap)
{
	uint64_t interval = course->track.interval;
	uint64_t some = LONG_GAP / 2 / interval * interval;

	switch (event) {
	case AT_START:
		stream_over(course, wrap, BEFORE * SPAN);
		EQUAL(course->want[BEFORE].start, wrap);
		break;
	case INSIDE:
		stream_over(course, wrap, BEFORE * SPAN - 3 * interval);
		break;
	case GAP_TO:
		streams_around(course, wrap, 13 * interval, 0);
		break;
	case GAP_OVER:
		streams_around(course, wrap, 13 * interval, 7 * interval);
		break;
	default:
		streams_around(course, wrap, some, some);
		break;
	}
}

static void run_cell(void)
{
	const struct cell *cell = (const void *)tap_sentence();
	struct course course;

	course_open(&course, cell->speed, 0, cell->in, SPAN / cell->speed->unit);
	dummy_set("wrap_bits", cell->wrap->bits);
	run_event(&course, cell->event, place_of(cell->wrap));
	course_check_counters(&course);
	EQUAL(busclock_learn(course.track.fd), course.track.bus);
}

#define SPEEDS 3
#define WRAPS  (sizeof(wraps) / sizeof(wraps[0]))
#define CELLS  (SPEEDS * 2 * WRAPS * EVENTS)

static struct cell cells[CELLS];
static struct tap_test tests[CELLS];

static void make_cell(unsigned int number)
{
	struct cell *cell = &cells[number];
	unsigned int rest = number;

	cell->event = rest % EVENTS;
	rest /= EVENTS;
	cell->wrap = &wraps[rest % WRAPS];
	rest /= WRAPS;
	cell->in = !(rest % 2);
	cell->speed = &gadget_speeds[rest / 2];
	snprintf(cell->sentence, sizeof(cell->sentence), "%s speed %s, wrap at %s: %s",
		 cell->speed->name, cell->in ? "IN" : "OUT",
		 cell->wrap->words[cell->speed->unit == 1], events[cell->event]);
	tests[number] = (struct tap_test){ cell->sentence, run_cell };
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		make_cell(i);
	return BENCH_MAIN(argc, argv, tests);
}
