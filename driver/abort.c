// SPDX-License-Identifier: GPL-2.0-only
/* Ending what is pending: a whole pipe, with or without a reset, or one transfer. */

#include <linux/string.h>
#include <linux/usb.h>

#include "any.h"
#include "cancel.h"
#include "claim.h"
#include "device.h"
#include "pipe.h"
#include "plain.h"
#include "session.h"

int iso_session_abort(struct iso_session *session,
		      const struct winusb_iso_pipe *request)
{
	struct iso_any any;
	int err;

	if (memchr_inv(request->padding, 0, sizeof(request->padding)))
		return -EINVAL;
	err = iso_any_find(session->device, request->pipe, session, &any);
	if (err)
		return err;
	iso_any_stop(&any, -ECONNRESET);
	iso_any_start(&any);
	return 0;
}

/* A stall of endpoint 0 is over with the next request. */
static int iso_session_clear(struct iso_session *session, u8 address,
			     const struct iso_any *any)
{
	struct usb_device *udev = session->device->udev;
	unsigned int number = address & USB_ENDPOINT_NUMBER_MASK;
	int err;

	if (!address)
		return 0;
	if (!iso_device_has_plain(session->device, address)) {
		/* Isochronous ones have no halt (USB 2.0, 9.4.5). */
		usb_reset_endpoint(udev, address);
		return 0;
	}
	/* Of the pipe's type only the direction and number are looked at. */
	err = usb_clear_halt(udev, address & USB_DIR_IN ?
				   usb_rcvbulkpipe(udev, number) :
				   usb_sndbulkpipe(udev, number));
	if (!err && any->plain)
		iso_plain_clear(any->plain);
	return err;
}

int iso_session_reset(struct iso_session *session,
		      const struct winusb_iso_pipe *request)
{
	struct iso_any any;
	int err;

	if (memchr_inv(request->padding, 0, sizeof(request->padding)))
		return -EINVAL;
	err = iso_any_find(session->device, request->pipe, session, &any);
	if (err)
		return err;
	iso_any_stop(&any, -ECONNRESET);
	err = iso_session_clear(session, request->pipe, &any);
	iso_any_start(&any);
	return err;
}

int iso_session_cancel(struct iso_session *session,
		       const struct winusb_iso_cancel *request)
{
	struct iso_any any;
	int err;

	if (memchr_inv(request->padding, 0, sizeof(request->padding)))
		return -EINVAL;
	err = iso_any_find(session->device, request->pipe, session, &any);
	if (err)
		return err;
	if (any.plain)
		return iso_plain_cancel(any.plain, request->cookie);
	if (any.pipe)
		return iso_pipe_cancel(any.pipe, request->cookie);
	return -ENOENT;
}
