/* SPDX-License-Identifier: GPL-2.0-only */
/* What every suite needs: cases named as sentences, and chance that repeats. */
#ifndef WINUSB_ISO_KUNIT_CASE_H
#define WINUSB_ISO_KUNIT_CASE_H

#include <linux/prandom.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <kunit/test.h>

#define CASE(function, sentence) { .run_case = function, .name = sentence }

extern struct kunit_suite iso_frame_suite;
extern struct kunit_suite iso_aim_suite;
extern struct kunit_suite iso_packet_suite;
extern struct kunit_suite iso_endpoint_suite;
extern struct kunit_suite iso_descriptors_suite;
extern struct kunit_suite iso_controller_suite;
extern struct kunit_suite iso_request_suite;
extern struct kunit_suite iso_continuity_suite;
extern struct kunit_suite iso_bus_time_suite;
extern struct kunit_suite iso_ring_suite;
extern struct kunit_suite iso_pipe_suite;
extern struct kunit_suite iso_intake_suite;
extern struct kunit_suite iso_results_suite;
extern struct kunit_suite iso_share_suite;
extern struct kunit_suite iso_continue_suite;
extern struct kunit_suite iso_late_suite;
extern struct kunit_suite iso_stop_suite;
extern struct kunit_suite iso_pipe_random_suite;
extern struct kunit_suite iso_plain_suite;
extern struct kunit_suite iso_plain_end_suite;
extern struct kunit_suite iso_check_suite;
extern struct kunit_suite iso_cancel_suite;
extern struct kunit_suite iso_session_suite;
extern struct kunit_suite iso_submit_suite;
extern struct kunit_suite iso_memory_suite;

/**
 * struct chance - random numbers that repeat
 * @state: of the generator.
 * @seed: where it began; goes into every message of a failure.
 */
struct chance {
	struct rnd_state state;
	u32 seed;
};

/*
 * Between these two a work that is queued to this processor, as it is by
 * complete(), does not begin. With PREEMPT_RT preemption must stay on where a
 * spinlock is taken; there the worker waits for whoever is more urgent.
 */
static inline void works_hold(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		migrate_disable();
		sched_set_fifo_low(current);
	} else {
		preempt_disable();
	}
}

static inline void works_release(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		sched_set_normal(current, 0);
		migrate_enable();
	} else {
		preempt_enable();
	}
}

void chance_begin(struct kunit *test, struct chance *chance);
u32 chance_below(struct chance *chance, u32 limit);

#endif
