/* SPDX-License-Identifier: GPL-2.0-only */
/* What every suite needs: cases named as sentences, and chance that repeats. */
#ifndef WINUSB_ISO_KUNIT_CASE_H
#define WINUSB_ISO_KUNIT_CASE_H

#include <linux/prandom.h>
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

void chance_begin(struct kunit *test, struct chance *chance);
u32 chance_below(struct chance *chance, u32 limit);

#endif
