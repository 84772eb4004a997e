// SPDX-License-Identifier: MIT
/*
 * AT_FRAME, to the microframe: on dummy_hcd with a manual clock, at every speed and five intervals,
 * in both directions. Transfers start in the frame that was asked for, or say why not; what the
 * controller counted has to agree. model.h tells what must come out, from the clock alone.
 */
#include <errno.h>

#include "busclock.h"
#include "course.h"
#include "dummy.h"
#include "grid.h"

#define CONTINUE  WINUSB_ISO_TRANSFER_CONTINUE
#define MOST	  WINUSB_ISO_MAX_AT_FRAME_AHEAD
#define SOME	  5 /* intervals */
#define WRAP_BITS 14

/* @uframe is asked for, and something continues it. */
static void ask(struct course *course, uint64_t uframe)
{
	course_submit_at(course, uframe);
	course_submit(course, CONTINUE);
}

/* It started in the first interval at or after @uframe. */
static void check_start(struct course *course, uint64_t uframe)
{
	const struct track_want *want = &course->want[course->submitted - 2];

	EQUAL(want->status, 0);
	CHECK(want->start >= uframe);
	CHECK(want->start < uframe + course->model.interval);
}

/* It did not start, and so there was nothing to continue; one without CONTINUE heals that. */
static void check_unsent(struct course *course)
{
	EQUAL(course->want[course->submitted - 2].status, -ETIME);
	EQUAL(course->want[course->submitted - 1].status, -EXDEV);
	course_submit(course, 0);
	course_submit(course, CONTINUE);
	EQUAL(course->want[course->submitted - 1].status, 0);
}

static void stream_once(struct course *course)
{
	course_submit(course, 0);
	course_finish(course);
	busclock_advance(3 * course->model.interval + 5);
}

/* --- starts in the frame --- */

static void first(struct course *course)
{
	uint64_t at = model_first_interval(&course->model) + SOME * course->model.interval;

	ask(course, at);
	check_start(course, at);
	EQUAL(course->want[0].start, at);
	EQUAL(course->want[0].gap, 0);
}

static void idle(struct course *course)
{
	uint64_t at;

	stream_once(course);
	at = model_first_interval(&course->model) + SOME * course->model.interval;
	ask(course, at);
	check_start(course, at);
	EQUAL(course->want[1].start, at);
	CHECK(course->want[1].gap > SOME);
}

static void between(struct course *course)
{
	uint64_t at;

	stream_once(course);
	at = model_first_interval(&course->model) + SOME * course->model.interval + 1;
	ask(course, at);
	check_start(course, at);
}

static void earliest(struct course *course)
{
	uint64_t at;

	stream_once(course);
	at = model_first_interval(&course->model) + 1;
	ask(course, at);
	check_start(course, at);
}

static void farthest(struct course *course)
{
	uint64_t at = busclock_now() + MOST;

	ask(course, at);
	check_start(course, at);
}

static void pending(struct course *course)
{
	uint64_t at;

	course_submit(course, 0);
	at = course->model.next + SOME * course->model.interval;
	ask(course, at);
	check_start(course, at);
	EQUAL(course->want[1].gap, SOME);
}

static void directly(struct course *course)
{
	course_submit(course, 0);
	ask(course, course->model.next);
	check_start(course, track_end(&course->track, &course->want[0]));
	EQUAL(course->want[1].gap, 0);
}

static void several(struct course *course)
{
	unsigned int i;

	course_submit(course, 0);
	for (i = 0; i < 4; i++) {
		course_submit_at(course, course->model.next + i * course->model.interval);
		EQUAL(course_last(course)->gap, i);
	}
}

/* To where the counters begin at 0 again. */
static uint64_t go_to_wrap(struct course *course)
{
	uint64_t modulus = 1 << WRAP_BITS;
	uint64_t wrap = (busclock_now() / modulus + 2) * modulus;

	busclock_jump(wrap - 3 * course->model.interval - 4 * BUSCLOCK_FRAME);
	track_learn(&course->track);
	return wrap;
}

static void wrap_idle(struct course *course)
{
	uint64_t at = go_to_wrap(course) + 2 * course->model.interval;

	ask(course, at);
	check_start(course, at);
	CHECK(model_first_interval(&course->model) < at);
}

static void wrap_pending(struct course *course)
{
	uint64_t at = go_to_wrap(course) + 3 * course->model.interval;

	course_submit(course, 0);
	if (at < course->model.next)
		at = course->model.next;
	ask(course, at);
	check_start(course, at);
}

/* --- does not start --- */

static void passed(struct course *course)
{
	stream_once(course);
	RETURNS(track_submit_at(&course->track, busclock_now()), ETIME);
	RETURNS(track_submit_at(&course->track, busclock_now() - 1), ETIME);
	RETURNS(track_submit_at(&course->track, busclock_now() - 100000), ETIME);
}

static void too_far(struct course *course)
{
	RETURNS(track_submit_at(&course->track, busclock_now() + MOST + 1), EFBIG);
	RETURNS(track_submit_at(&course->track, busclock_now() + 100 * MOST), EFBIG);
}

static void too_soon(struct course *course)
{
	stream_once(course);
	ask(course, model_first_interval(&course->model));
	check_unsent(course);
}

static void behind_pending(struct course *course)
{
	course_submit(course, 0);
	ask(course, course->model.next - course->model.interval);
	check_unsent(course);
}

/* So much is pending that it waits in the driver until its frame has passed. */
static void in_queue(struct course *course)
{
	uint64_t window = course->track.window + course->model.packets * course->model.interval;

	course_submit(course, 0);
	while (course->model.next < course->want[0].start + 2 * window)
		course_submit(course, CONTINUE);
	ask(course, course->want[0].start + window);
	check_unsent(course);
}

/* The controller itself does not look so far ahead: what it says is what the transfer says. */
static void beyond_horizon(struct course *course)
{
	uint32_t interval = course->model.interval;
	struct track_want *want;

	dummy_set("horizon", MODEL_THRESHOLD + BUSCLOCK_FRAME + interval);
	ask(course, model_first_interval(&course->model) + 3 * SOME * interval);
	want = &course->want[course->submitted - 2];
	*want = want[1] = (struct track_want){
		.status = -EFBIG,
		.packets = course->track.packets,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
	};
	want[1].status = -EXDEV;
	course_finish(course);
}

/* Packets of no length lead to it, so far ahead that the transfer waits in the driver. */
static void aborted(struct course *course)
{
	stream_once(course);
	ask(course, busclock_now() + 3 * course->track.window);
	busclock_advance(SOME * course->model.interval);
	REQUIRE_WORKS(fixture_abort(course->track.fd, course->track.address));
	course->want[1] = course->want[2] = (struct track_want){
		.status = -ECONNRESET,
		.packets = course->track.packets,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
	};
	course_take_all(course);
	model_ended(&course->model, 0);
	course_submit(course, 0);
	EQUAL(course_last(course)->gap, 0);
	course_submit(course, CONTINUE);
}

static const struct grid_scenario scenarios[] = {
	{ "as the first transfer it starts in the frame", first },
	{ "on an idle pipe it starts in the frame, and the gap is counted", idle },
	{ "between two intervals it starts in the later one", between },
	{ "one interval after where a stream can start is soon enough", earliest },
	{ "8192 microframes ahead it starts in the frame", farthest },
	{ "behind something pending it starts in the frame, and the gap is counted", pending },
	{ "in the interval after what is pending it follows directly", directly },
	{ "several of them in one queue start each in its frame", several },
	{ "on an idle pipe it starts in a frame after the wrap", wrap_idle },
	{ "behind something pending it starts in a frame after the wrap", wrap_pending },
	{ "a frame that has passed is ETIME at submission", passed },
	{ "a frame more than 8192 microframes ahead is EFBIG at submission", too_far },
	{ "where a stream starts is too soon: ETIME, and nothing is sent", too_soon },
	{ "in what is pending it is ETIME, and nothing is sent", behind_pending },
	{ "found to have passed when its turn comes it is ETIME, and nothing is sent", in_queue },
	{ "beyond the controller's horizon it is EFBIG, and nothing is sent", beyond_horizon },
	{ "aborted before its frame nothing of it is sent; what comes next has no gap", aborted },
};

static void run_cell(void)
{
	const struct grid_cell *cell = grid_cell();
	struct course course;

	course_open(&course, cell->speed, cell->exponent, cell->in,
		    course_packets(cell->speed->unit << cell->exponent));
	cell->scenario->run(&course);
	course_finish(&course);
	/* There not all that lead to the frame went, and how many is the driver's choice. */
	if (cell->scenario->run != beyond_horizon && cell->scenario->run != aborted)
		course_check_counters(&course);
	EQUAL(busclock_learn(course.track.fd), course.track.bus);
}

int main(int argc, char **argv)
{
	return GRID_MAIN(argc, argv, "AT_FRAME", scenarios, run_cell);
}
