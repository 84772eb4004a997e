// SPDX-License-Identifier: GPL-2.0-only
/* What the Linux host controller drivers do about start frames. */

#include <linux/string.h>

#include "controller.h"

/*
 * From the drivers' sources, Linux 6.1: ehci-sched.c:iso_stream_schedule(),
 * uhci-q.c:uhci_submit_isochronous(), ohci-hcd.c:ohci_urb_enqueue(),
 * xhci-ring.c:xhci_queue_isoc_tx_prepare(), usbip/vhci_hcd.c.
 *
 * xHCI has the controller start "as soon as possible" and writes into
 * start_frame what a stream without a loss would have had, so it proves
 * nothing; its scheduling threshold may be 7 frames (xHCI 1.2, 5.3.4, IST).
 * fotg210_hcd always schedules as soon as possible. vhci_hcd has no frame
 * counter (it logs an error when asked for it); it delivers the start frame of
 * the machine at the other end. dummy_hcd is the one with isochronous transfers
 * (scripts/dummy-hcd/dummy_iso_sched.c); the kernel's own has none at all.
 */
static const struct iso_controller iso_controllers[] = {
	{
		.name = "dummy_hcd",
		.reports = ISO_REPORTS_AT_SUBMIT,
		.has_counter = true,
		.keeps_slot = true,
		.proof_frames = 1,
	}, {
		.name = "ehci_hcd",
		.reports = ISO_REPORTS_AT_SUBMIT,
		.has_counter = true,
		.keeps_slot = true,
		.proof_frames = 1,
	}, {
		.name = "fotg210_hcd",
		.reports = ISO_REPORTS_AT_SUBMIT,
		.has_counter = true,
		.proof_frames = 1,
	}, {
		.name = "ohci_hcd",
		.reports = ISO_REPORTS_AT_SUBMIT,
		.has_counter = true,
		.keeps_slot = true,
		.proof_frames = 1,
	}, {
		.name = "uhci_hcd",
		.reports = ISO_REPORTS_AT_SUBMIT,
		.has_counter = true,
		.keeps_slot = true,
		.proof_frames = 1,
	}, {
		.name = "vhci_hcd",
		.reports = ISO_REPORTS_AT_COMPLETION,
		.keeps_slot = true,
		.proof_frames = 1,
	}, {
		.name = "xhci-hcd",
		.reports = ISO_REPORTS_NEVER,
		.has_counter = true,
		.proof_frames = 8,
	}, {
		.reports = ISO_REPORTS_NEVER,
		.proof_frames = 8,
	},
};

/** iso_controller_find - behaviour of the driver that is called @name */
const struct iso_controller *iso_controller_find(const char *name)
{
	const struct iso_controller *controller = iso_controllers;

	while (controller->name && strcmp(controller->name, name))
		controller++;
	return controller;
}
