/* SPDX-License-Identifier: GPL-2.0-only */
/* Which control requests a program may make. Pure: of USB only the wire formats. */
#ifndef WINUSB_ISO_REQUEST_H
#define WINUSB_ISO_REQUEST_H

#include <linux/types.h>
#include <linux/usb/ch9.h>

struct iso_alternate;

bool iso_request_is_in(const struct usb_ctrlrequest *setup);
int iso_request_check(const struct usb_ctrlrequest *setup,
		      const struct iso_alternate *alternates,
		      unsigned int num_alternates);

#endif
