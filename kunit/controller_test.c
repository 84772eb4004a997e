// SPDX-License-Identifier: GPL-2.0-only
/* The table of host controller drivers. */

#include "../driver/controller.c"

#include "case.h"

static const struct iso_controller wanted[] = {
	{ .name = "dummy_hcd", .reports = ISO_REPORTS_AT_SUBMIT, .has_counter = true,
	  .keeps_slot = true, .proof_frames = 1 },
	{ .name = "ehci_hcd", .reports = ISO_REPORTS_AT_SUBMIT, .has_counter = true,
	  .keeps_slot = true, .proof_frames = 1 },
	{ .name = "fotg210_hcd", .reports = ISO_REPORTS_AT_SUBMIT, .has_counter = true,
	  .keeps_slot = false, .proof_frames = 1 },
	{ .name = "ohci_hcd", .reports = ISO_REPORTS_AT_SUBMIT, .has_counter = true,
	  .keeps_slot = true, .proof_frames = 1 },
	{ .name = "uhci_hcd", .reports = ISO_REPORTS_AT_SUBMIT, .has_counter = true,
	  .keeps_slot = true, .proof_frames = 1 },
	{ .name = "vhci_hcd", .reports = ISO_REPORTS_AT_COMPLETION, .has_counter = false,
	  .keeps_slot = true, .proof_frames = 1 },
	{ .name = "xhci-hcd", .reports = ISO_REPORTS_NEVER, .has_counter = true,
	  .keeps_slot = false, .proof_frames = 8 },
};

static void known(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct iso_controller *got =
			iso_controller_find(wanted[i].name);

		KUNIT_ASSERT_NOT_NULL(test, got->name);
		KUNIT_EXPECT_STREQ(test, got->name, wanted[i].name);
		KUNIT_EXPECT_EQ_MSG(test, got->reports, wanted[i].reports, "%s",
				    got->name);
		KUNIT_EXPECT_EQ_MSG(test, got->has_counter,
				    wanted[i].has_counter, "%s", got->name);
		KUNIT_EXPECT_EQ_MSG(test, got->keeps_slot, wanted[i].keeps_slot,
				    "%s", got->name);
		KUNIT_EXPECT_EQ_MSG(test, got->proof_frames,
				    wanted[i].proof_frames, "%s", got->name);
	}
}

static void unknown(struct kunit *test)
{
	static const char *const names[] = { "", "ehci", "ehci_hcd2", "dwc2_hsotg" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct iso_controller *got = iso_controller_find(names[i]);

		KUNIT_EXPECT_NULL_MSG(test, got->name, "%s", names[i]);
		KUNIT_EXPECT_EQ(test, got->reports, ISO_REPORTS_NEVER);
		KUNIT_EXPECT_FALSE(test, got->has_counter);
		KUNIT_EXPECT_FALSE(test, got->keeps_slot);
		KUNIT_EXPECT_EQ(test, got->proof_frames, 8U);
	}
}

static struct kunit_case cases[] = {
	CASE(known, "what is known of each host controller driver"),
	CASE(unknown, "nothing is believed of an unknown host controller driver"),
	{}
};

struct kunit_suite iso_controller_suite = {
	.name = "controller",
	.test_cases = cases,
};
