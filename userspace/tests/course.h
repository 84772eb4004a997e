/* SPDX-License-Identifier: MIT */
/*
 * A course: what a test does with one pipe of the bench's gadget (bench.h) on the manual clock,
 * while the model (model.h) keeps the account of what must come of it.
 *
 *	course_open(&course, speed, 0, true, 8);
 *	course_submit(&course, 0);
 *	course_run_dry(&course);
 *	course_take_all(&course);
 *	course_check_counters(&course);
 */
#ifndef WINUSB_ISO_TESTS_COURSE_H
#define WINUSB_ISO_TESTS_COURSE_H

#include "bench.h"
#include "model.h"
#include "track.h"

#define COURSE_MAX 256 /* transfers in all */

struct course {
	struct track track;
	struct model model;
	struct track_want want[COURSE_MAX]; /* of each transfer */
	unsigned int submitted, taken;
};

/* The gadget, the clock, the IN or OUT pipe; the driver knows the bus time. */
void course_open(struct course *course, const struct gadget_speed *speed, unsigned int exponent,
		 bool in, uint32_t packets);
/* The same on a recorder. */
void course_open_recorded(struct course *course, const struct gadget_speed *speed,
			  unsigned int exponent, bool in, uint32_t packets);

/* Submits the next transfer, now. */
void course_submit(struct course *course, uint32_t flags);
void course_submit_at(struct course *course, uint64_t uframe);
void course_submit_late(struct course *course, uint64_t uframe); /* with DROP_LATE */
/* What must come of the last one. */
struct track_want *course_last(struct course *course);

/* Until the last packet has gone. */
void course_run_dry(struct course *course);
/* Collects completions: one, all there must be. */
bool course_take(struct course *course);
void course_take_all(struct course *course);
/* Runs dry, and collects all: nothing is pending then. */
void course_finish(struct course *course);

/* How many packets a transfer has to have, to take some frames and some intervals. */
uint32_t course_packets(uint32_t interval);

/* The controller has counted what the model has. */
void course_check_counters(const struct course *course);

#endif
