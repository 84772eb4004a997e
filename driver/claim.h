/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has which plain pipe of a device. */
#ifndef WINUSB_ISO_CLAIM_H
#define WINUSB_ISO_CLAIM_H

#include <linux/types.h>

struct iso_device;
struct iso_plain;
struct iso_session;

bool iso_device_has_plain(const struct iso_device *device, u8 address);
struct iso_plain *iso_plain_claim(struct iso_device *device, u8 address,
				  struct iso_session *session);
void iso_plain_unclaim(struct iso_device *device, struct iso_plain *plain);
int iso_plain_find_owned(struct iso_device *device, u8 address,
			 const struct iso_session *session,
			 struct iso_plain **plain);
bool iso_device_shares_plain(const struct iso_device *device,
			     const struct iso_session *session);
void iso_device_stop_plain(struct iso_device *device, int reason);
void iso_device_start_plain(struct iso_device *device);
void iso_device_renew_plain(struct iso_device *device);
void iso_device_stop_control(struct iso_device *device, int reason);
void iso_device_start_control(struct iso_device *device);

#endif
