/* SPDX-License-Identifier: GPL-2.0-only */
/* Power policy: whether and when the device may sleep, and who it wakes. */
#ifndef WINUSB_ISO_POWER_H
#define WINUSB_ISO_POWER_H

#include <linux/types.h>

struct iso_device;
struct iso_session;
struct winusb_iso_power;

/**
 * struct iso_power - what sessions have changed for the device as a whole
 * @auto_suspend: how many sessions let it sleep.
 * @wake: how many want it to wake the host.
 * @delay: how many have set the time of idleness.
 * @was_allowed: it was allowed to sleep before the first of them.
 * @former_delay: the time of idleness before, in ms.
 *
 * Guarded by the device's open lock.
 */
struct iso_power {
	unsigned int auto_suspend;
	unsigned int wake;
	unsigned int delay;
	bool was_allowed;
	int former_delay;
};

int iso_power_open(struct iso_device *device);
void iso_power_close(struct iso_session *session);
void iso_power_unbind(struct iso_session *session);
int iso_session_set_power(struct iso_session *session,
			  const struct winusb_iso_power *request);
int iso_session_get_power(struct iso_session *session,
			  struct winusb_iso_power *request);

#endif
