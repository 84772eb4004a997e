// SPDX-License-Identifier: GPL-2.0-only
/* The module: its suites run when it is loaded. */

#include <linux/module.h>
#include <linux/string.h>

#include "case.h"

static char *only;
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "run only cases of which suite or sentence contains this");

static struct kunit_suite *suites[] = {
	&iso_frame_suite,
	&iso_aim_suite,
	&iso_packet_suite,
	&iso_endpoint_suite,
	&iso_descriptors_suite,
	&iso_controller_suite,
	&iso_request_suite,
	&iso_continuity_suite,
	&iso_bus_time_suite,
	&iso_ring_suite,
	&iso_check_suite,
	&iso_pipe_suite,
	&iso_intake_suite,
	&iso_results_suite,
	&iso_share_suite,
	&iso_continue_suite,
	&iso_late_suite,
	&iso_stop_suite,
	&iso_cancel_suite,
	&iso_pipe_random_suite,
	&iso_plain_suite,
	&iso_plain_end_suite,
	&iso_session_suite,
	&iso_submit_suite,
	&iso_memory_suite,
};

static void suite_keep(struct kunit_suite *suite, const char *part)
{
	struct kunit_case *from = suite->test_cases;
	struct kunit_case *to = from;

	if (strstr(suite->name, part))
		return;
	for (; from->run_case; from++)
		if (strstr(from->name, part))
			*to++ = *from;
	memset(to, 0, sizeof(*to));
}

/*
 * Not kunit_test_suites(): before Linux 6.6 KUnit starts those before the
 * module's parameters are read.
 */
static int __init winusb_iso_kunit_init(void)
{
	unsigned int i;

	for (i = 0; only && i < ARRAY_SIZE(suites); i++)
		suite_keep(suites[i], only);
	return __kunit_test_suites_init(suites, ARRAY_SIZE(suites));
}
module_init(winusb_iso_kunit_init);

static void __exit winusb_iso_kunit_exit(void)
{
	__kunit_test_suites_exit(suites, ARRAY_SIZE(suites));
}
module_exit(winusb_iso_kunit_exit);

MODULE_DESCRIPTION("KUnit tests of winusb_iso");
MODULE_LICENSE("GPL");
