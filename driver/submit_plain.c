// SPDX-License-Identifier: GPL-2.0-only
/* What a transfer must be to get into the queue of a plain pipe. */

#include <linux/compiler.h>
#include <linux/string.h>

#include "buffer.h"
#include "device.h"
#include "plain.h"
#include "request.h"
#include "session.h"
#include "transfer.h"

static u32 iso_plain_flags(const struct iso_plain *plain)
{
	if (iso_plain_is_control(plain))
		return 0;
	if (iso_plain_is_in(plain))
		return WINUSB_ISO_TRANSFER_SHORT_NOT_OK;
	return plain->bulk ? WINUSB_ISO_TRANSFER_ZERO_PACKET : 0;
}

static int iso_check_control(const struct iso_device *device,
			     struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;
	const void *slice = transfer->buffer->data + request->offset;
	struct usb_ctrlrequest *setup = &transfer->setup;

	if (request->length < sizeof(*setup))
		return -EMSGSIZE;
	memcpy(setup, slice, sizeof(*setup));
	/* User space can still write there: what was checked is what is used. */
	barrier();
	if (le16_to_cpu(setup->wLength) > request->length - sizeof(*setup))
		return -EMSGSIZE;
	return iso_request_check(setup, device->alternates,
				 device->num_alternates);
}

/**
 * iso_check_plain - check a transfer of a plain pipe
 * @session: whose it is
 * @transfer: its buffer is set; flags that no pipe takes are refused already
 *
 * Return: 0 or the errno with which it is refused.
 */
int iso_check_plain(struct iso_session *session, struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;
	const struct iso_buffer *buffer = transfer->buffer;

	if (!buffer->plain->usable)
		return -ESTALE;
	if (request->flags & ~iso_plain_flags(buffer->plain))
		return -EINVAL;
	if (request->first_packet || request->num_packets)
		return -E2BIG;
	if ((u64)request->offset + request->length > buffer->size)
		return -EOVERFLOW;
	if (iso_plain_is_control(buffer->plain))
		return iso_check_control(session->device, transfer);
	return 0;
}
