/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the Linux host controller drivers do about start frames. No capability
 * bit tells, so it is a table by name.
 */
#ifndef WINUSB_ISO_CONTROLLER_H
#define WINUSB_ISO_CONTROLLER_H

#include <linux/types.h>

/**
 * enum iso_reports - when urb->start_frame is set to something true
 * @ISO_REPORTS_NEVER: never, or it can not be told from fiction.
 * @ISO_REPORTS_AT_SUBMIT: when usb_submit_urb() returns.
 * @ISO_REPORTS_AT_COMPLETION: when the URB is given back.
 */
enum iso_reports {
	ISO_REPORTS_NEVER,
	ISO_REPORTS_AT_SUBMIT,
	ISO_REPORTS_AT_COMPLETION,
};

/**
 * struct iso_controller - behaviour of a host controller driver
 * @name: hc_driver.description; NULL ends the table and stands for all others.
 * @reports: see there.
 * @has_counter: usb_get_current_frame_number() gives a frame number modulo
 *	512 or a multiple of that.
 * @proof_frames: a packet handed over that long before its interval can not
 *	be late.
 * @keeps_slot: without URB_ISO_ASAP a late URB keeps its slots, and its late
 *	packets say -EXDEV; otherwise it would move silently.
 */
struct iso_controller {
	const char *name;
	enum iso_reports reports;
	unsigned int proof_frames;
	bool has_counter;
	bool keeps_slot;
};

const struct iso_controller *iso_controller_find(const char *name);

#endif
