// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has which plain pipe of a device: bulk and interrupt pipes one session at
 * a time, endpoint 0 every session for itself.
 */

#include <linux/err.h>
#include <linux/usb.h>

#include "claim.h"
#include "device.h"
#include "endpoint.h"
#include "pipe.h"
#include "plain.h"
#include "session.h"

/** iso_device_has_plain - is there a plain pipe now, if it is any good or not? */
bool iso_device_has_plain(const struct iso_device *device, u8 address)
{
	const struct iso_endpoint *endpoint;

	if (!address)
		return true;
	endpoint = iso_device_endpoint(device, address);
	return endpoint && iso_endpoint_is_plain(endpoint);
}

static struct iso_plain *iso_plain_new(struct iso_device *device, u8 address,
				       struct iso_session *session)
{
	struct iso_plain *plain;

	plain = iso_plain_create(&iso_pipe_usb_ops, device->udev, device->intf,
				 address, iso_device_minor(device));
	if (!plain)
		return ERR_PTR(-ENOMEM);
	plain->owner = session;
	iso_plain_configure(plain, true);
	if (plain->usable)
		return plain;
	iso_plain_destroy(plain);
	return ERR_PTR(-EOPNOTSUPP);
}

static struct iso_plain **iso_plain_place(struct iso_device *device, u8 address,
					  struct iso_session *session)
{
	return address ? &device->plains[iso_pipe_index(address)] :
			 &session->control;
}

/**
 * iso_plain_claim - the plain pipe at an address, for one more buffer
 * @device: the device; it has such a pipe
 * @address: bEndpointAddress, or 0
 * @session: who wants it
 *
 * Return: the pipe, or -EOPNOTSUPP, -EBUSY or -ENOMEM.
 */
struct iso_plain *iso_plain_claim(struct iso_device *device, u8 address,
				  struct iso_session *session)
{
	struct iso_plain **place = iso_plain_place(device, address, session);
	struct iso_plain *plain = *place;

	lockdep_assert_held(&device->lock);
	if (address && iso_device_is_taken(device, address, session))
		return ERR_PTR(-EBUSY);
	if (!plain)
		plain = iso_plain_new(device, address, session);
	else if (!plain->usable)
		return ERR_PTR(-EOPNOTSUPP);
	if (IS_ERR(plain))
		return plain;
	*place = plain;
	plain->buffers++;
	return plain;
}

/** iso_plain_unclaim - a buffer of the pipe is gone; undoes one claim */
void iso_plain_unclaim(struct iso_device *device, struct iso_plain *plain)
{
	lockdep_assert_held(&device->lock);
	if (--plain->buffers)
		return;
	*iso_plain_place(device, plain->address, plain->owner) = NULL;
	/* The last completion may be out while its complete() still runs. */
	iso_plain_stop(plain, -ECONNRESET);
	iso_plain_destroy(plain);
}

static bool iso_device_usable(const struct iso_device *device, u8 address)
{
	const struct iso_endpoint *endpoint =
		iso_device_endpoint(device, address);

	return endpoint && endpoint->max_packet_size;
}

/**
 * iso_plain_find_owned - the plain pipe at an address, if a session may
 *	command it
 * @device: the device
 * @address: bEndpointAddress, or 0
 * @session: who wants to
 * @plain: out: NULL if nobody owns it
 *
 * Return: 0, -ENOENT or -EBUSY.
 */
int iso_plain_find_owned(struct iso_device *device, u8 address,
			 const struct iso_session *session,
			 struct iso_plain **plain)
{
	lockdep_assert_held(&device->lock);
	*plain = session->control;
	if (!address)
		return 0;
	if (!iso_device_usable(device, address))
		return -ENOENT;
	if (iso_device_is_taken(device, address, session))
		return -EBUSY;
	*plain = device->plains[iso_pipe_index(address)];
	return 0;
}

/** iso_device_shares_plain - has anybody else a bulk or interrupt pipe? */
bool iso_device_shares_plain(const struct iso_device *device,
			     const struct iso_session *session)
{
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++)
		if (device->plains[i] && device->plains[i]->owner != session)
			return true;
	return false;
}

/** iso_device_stop_plain - stop all bulk and interrupt pipes */
void iso_device_stop_plain(struct iso_device *device, int reason)
{
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++)
		if (device->plains[i])
			iso_plain_stop(device->plains[i], reason);
}

/** iso_device_start_plain - bulk and interrupt pipes take transfers again */
void iso_device_start_plain(struct iso_device *device)
{
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++)
		if (device->plains[i])
			iso_plain_start(device->plains[i]);
}

/**
 * iso_device_renew_plain - the endpoints are new: of another alternate setting,
 *	or after a reset
 * @device: the device; its pipes are stopped
 */
void iso_device_renew_plain(struct iso_device *device)
{
	struct iso_plain *plain;
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++) {
		plain = device->plains[i];
		if (!plain)
			continue;
		iso_plain_configure(plain, iso_device_has_plain
						(device, plain->address));
		iso_plain_clear(plain);
	}
}

/** iso_device_stop_control - stop the control transfers of all sessions */
void iso_device_stop_control(struct iso_device *device, int reason)
{
	struct iso_session *session;

	list_for_each_entry(session, &device->sessions, node)
		if (session->control)
			iso_plain_stop(session->control, reason);
}

/** iso_device_start_control - control transfers are taken again */
void iso_device_start_control(struct iso_device *device)
{
	struct iso_session *session;

	list_for_each_entry(session, &device->sessions, node)
		if (session->control)
			iso_plain_start(session->control);
}
