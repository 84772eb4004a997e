// SPDX-License-Identifier: MIT
/* One pipe on the manual clock, and the account of what must come of its transfers. */
#include "course.h"

#include <string.h>

#include "busclock.h"
#include "dummy.h"
#include "recorder.h"

/* On the bench's gadget, as it is. */
static void open_pipe(struct course *course, bool in, uint32_t packets)
{
	memset(course, 0, sizeof(*course));
	busclock_take();
	track_open(&course->track, bench_node(), bench_alternate(), in, packets);
	busclock_catch_up();
	track_learn(&course->track);
	model_init(&course->model, &course->track);
}

void course_open(struct course *course, const struct gadget_speed *speed, unsigned int exponent,
		 bool in, uint32_t packets)
{
	bench_gadget(BENCH_SOURCE_SINK, speed, exponent);
	open_pipe(course, in, packets);
	EQUAL(course->track.interval, speed->unit << exponent);
}

void course_open_recorded(struct course *course, const struct gadget_speed *speed,
			  unsigned int exponent, bool in, uint32_t packets)
{
	bench_gadget(BENCH_RECORDER, speed, exponent);
	open_pipe(course, in, packets);
	EQUAL(course->track.interval, speed->unit << exponent);
	recorder_forget(in);
}

static struct track_want *next_want(struct course *course)
{
	REQUIRE(course->submitted < COURSE_MAX);
	return &course->want[course->submitted++];
}

void course_submit(struct course *course, uint32_t flags)
{
	*next_want(course) = model_submit(&course->model, flags);
	REQUIRE_WORKS(track_submit(&course->track, flags));
}

void course_submit_at(struct course *course, uint64_t uframe)
{
	*next_want(course) = model_submit_at(&course->model, uframe);
	REQUIRE_WORKS(track_submit_at(&course->track, uframe));
}

void course_submit_late(struct course *course, uint64_t uframe)
{
	*next_want(course) = model_submit_late(&course->model, uframe);
	REQUIRE_WORKS(track_submit_late(&course->track, uframe));
}

struct track_want *course_last(struct course *course)
{
	return &course->want[course->submitted - 1];
}

void course_run_dry(struct course *course)
{
	const struct model *model = &course->model;
	uint64_t end = model->next - model->interval + model->width;

	if (model->begun && end > busclock_now())
		busclock_advance_to(end);
}

bool course_take(struct course *course)
{
	REQUIRE(course->taken < course->submitted);
	return track_take(&course->track, &course->want[course->taken++]);
}

void course_take_all(struct course *course)
{
	while (course->taken < course->submitted)
		course_take(course);
	track_take_none(&course->track);
}

void course_finish(struct course *course)
{
	course_run_dry(course);
	course_take_all(course);
	model_drained(&course->model);
}

uint32_t course_packets(uint32_t interval)
{
	uint32_t packets = 4 * BUSCLOCK_FRAME / interval;

	return packets > 2 ? packets : 2;
}

void course_check_counters(const struct course *course)
{
	const struct model *model = &course->model;
	struct dummy_endpoint endpoint;

	EQUAL(dummy_endpoint(course->track.address, &endpoint), model->begun);
	if (!model->begun)
		return;
	EQUAL(endpoint.queued_urbs, 0);
	EQUAL(endpoint.packets, model->sent);
	EQUAL(endpoint.bytes, (model->sent - model->empty) * course->track.max_bytes);
	EQUAL(endpoint.missed, model_missed(model));
	EQUAL(endpoint.late, 0);
}
