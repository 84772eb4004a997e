// SPDX-License-Identifier: GPL-2.0-only
/* Pipes of either kind, for those who need not know which. */

#include <linux/err.h>
#include <linux/spinlock.h>

#include "any.h"
#include "buffer.h"
#include "claim.h"
#include "device.h"
#include "pipe.h"
#include "plain.h"
#include "session.h"

/**
 * iso_any_find - the pipe at an address, if a session may command it
 * @device: the device
 * @address: bEndpointAddress, or 0 for the session's control transfers
 * @session: who wants to
 * @any: out: the pipe, if anybody owns it
 *
 * Return: 0, -ENOENT or -EBUSY.
 */
int iso_any_find(struct iso_device *device, u8 address,
		 const struct iso_session *session, struct iso_any *any)
{
	*any = (struct iso_any){};
	if (iso_device_has_plain(device, address))
		return iso_plain_find_owned(device, address, session,
					    &any->plain);
	return iso_device_find_owned(device, address, session, &any->pipe);
}

/** iso_any_stop - end everything pending; see iso_pipe_stop() */
void iso_any_stop(const struct iso_any *any, int reason)
{
	if (any->pipe)
		iso_pipe_stop(any->pipe, reason);
	if (any->plain)
		iso_plain_stop(any->plain, reason);
}

/** iso_any_start - take transfers again */
void iso_any_start(const struct iso_any *any)
{
	if (any->pipe)
		iso_pipe_start(any->pipe);
	if (any->plain)
		iso_plain_start(any->plain);
}

static int iso_buffer_claim_plain(struct iso_buffer *buffer,
				  struct iso_session *session, u8 address)
{
	struct iso_plain *plain;

	if (buffer->packets)
		return -EDOM;
	plain = iso_plain_claim(session->device, address, session);
	if (IS_ERR(plain))
		return PTR_ERR(plain);
	buffer->plain = plain;
	return 0;
}

static int iso_buffer_claim_pipe(struct iso_buffer *buffer,
				 struct iso_session *session, u8 address)
{
	struct iso_pipe *pipe;

	if (!buffer->packets && iso_device_endpoint(session->device, address))
		return -EDOM;
	pipe = iso_device_claim(session->device, address, session);
	if (IS_ERR(pipe))
		return PTR_ERR(pipe);
	buffer->pipe = pipe;
	return 0;
}

/**
 * iso_buffer_claim - give a buffer the pipe at an address
 * @buffer: a new buffer
 * @session: its session
 * @address: bEndpointAddress, or 0
 *
 * Return: 0, or -ENOENT, -EDOM, -EOPNOTSUPP, -EBUSY or -ENOMEM.
 */
int iso_buffer_claim(struct iso_buffer *buffer, struct iso_session *session,
		     u8 address)
{
	if (iso_device_has_plain(session->device, address))
		return iso_buffer_claim_plain(buffer, session, address);
	return iso_buffer_claim_pipe(buffer, session, address);
}

/** iso_buffer_unclaim - undoes iso_buffer_claim(); the last one ends the pipe */
void iso_buffer_unclaim(struct iso_buffer *buffer, struct iso_session *session)
{
	if (buffer->plain)
		iso_plain_unclaim(session->device, buffer->plain);
	else
		iso_device_unclaim(session->device, buffer->pipe);
}

static spinlock_t *iso_buffer_lock(const struct iso_buffer *buffer)
{
	return buffer->plain ? &buffer->plain->lock : &buffer->pipe->lock;
}

/**
 * iso_buffer_retire - from here on no transfer of it is taken
 * @buffer: a registered buffer
 * @always: even if one is pending
 *
 * Asked under the pipe's lock: publishing touches the buffer after the count.
 * Return: is there a transfer of it that has not completed?
 */
bool iso_buffer_retire(struct iso_buffer *buffer, bool always)
{
	bool pending;

	spin_lock_irq(iso_buffer_lock(buffer));
	pending = buffer->pending;
	if (always || !pending)
		buffer->retired = true;
	spin_unlock_irq(iso_buffer_lock(buffer));
	return pending;
}

/** iso_buffer_stop - end everything pending on its pipe */
void iso_buffer_stop(const struct iso_buffer *buffer, int reason)
{
	struct iso_any any = { .pipe = buffer->pipe, .plain = buffer->plain };

	iso_any_stop(&any, reason);
}

/** iso_buffer_shares_pipe - are two buffers of the same pipe? */
bool iso_buffer_shares_pipe(const struct iso_buffer *a,
			    const struct iso_buffer *b)
{
	return a->pipe == b->pipe && a->plain == b->plain;
}

/** iso_buffer_pump - give the controller what has been queued on its pipe */
void iso_buffer_pump(const struct iso_buffer *buffer)
{
	if (buffer->plain)
		iso_plain_pump(buffer->plain);
	else
		iso_pipe_pump(buffer->pipe);
}

/** iso_buffer_address - bEndpointAddress of its pipe */
u8 iso_buffer_address(const struct iso_buffer *buffer)
{
	return buffer->plain ? buffer->plain->address : buffer->pipe->address;
}
