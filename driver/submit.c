// SPDX-License-Identifier: GPL-2.0-only
/* Submission: what a transfer must be to get into the queue of its pipe. */

#include <linux/sched/signal.h>
#include <linux/string.h>

#include "any.h"
#include "buffer.h"
#include "check.h"
#include "device.h"
#include "intake.h"
#include "pipe.h"
#include "plain.h"
#include "session.h"
#include "transfer.h"

static int iso_check_transfer(struct iso_session *session,
			      struct iso_transfer *transfer)
{
	int err = iso_check_flags(&transfer->request);

	if (err)
		return err;
	transfer->buffer = iso_session_buffer(session,
					      transfer->request.buffer);
	if (!transfer->buffer)
		return -ENOENT;
	transfer->result.pipe = iso_buffer_address(transfer->buffer);
	return transfer->buffer->plain ?
	       iso_check_plain(session, transfer) :
	       iso_check_isochronous(transfer);
}

static void iso_transfer_init(struct iso_transfer *transfer,
			      const struct winusb_iso_transfer *request)
{
	transfer->request = *request;
	iso_transfer_begin(transfer);
}

/* Return: 0 if the transfer is in the queue; its pipe then is to be pumped. */
static int iso_session_queue(struct iso_session *session,
			     struct iso_transfer *transfer)
{
	int err = iso_check_transfer(session, transfer);

	if (err)
		return err;
	if (transfer->buffer->plain)
		return iso_plain_queue(transfer->buffer->plain, transfer);
	return iso_pipe_queue(transfer->buffer->pipe, transfer);
}

int iso_session_submit(struct iso_session *session,
		       const struct winusb_iso_transfer *request)
{
	struct iso_transfer *transfer;
	int err;

	/* A session without rings has no buffer that could be named. */
	if (!iso_ring_exists(&session->ring))
		return iso_check_flags(request) ?: -ENOENT;
	transfer = iso_ring_reserve(&session->ring);
	if (!transfer)
		return -EAGAIN;
	iso_transfer_init(transfer, request);
	err = iso_session_queue(session, transfer);
	if (err) {
		iso_ring_unreserve(&session->ring, transfer);
		return err;
	}
	iso_buffer_pump(iso_session_buffer(session, request->buffer));
	return 0;
}

/* An entry of the ring that is refused says so in a completion. */
static struct iso_buffer *iso_session_take(struct iso_session *session,
					   struct iso_transfer *transfer,
					   const struct winusb_iso_transfer *request)
{
	int err;

	iso_transfer_init(transfer, request);
	err = iso_session_queue(session, transfer);
	if (!err)
		return iso_session_buffer(session, request->buffer);
	transfer->result.status = err;
	transfer->result.flags = WINUSB_ISO_COMPLETION_NOT_SENT;
	transfer->result.timestamp_ns = ktime_get_ns();
	iso_ring_post(&session->ring, transfer);
	iso_ring_wake(&session->ring);
	return NULL;
}

int iso_session_submit_ring(struct iso_session *session,
			    struct winusb_iso_submit_ring *request)
{
	struct winusb_iso_transfer entry;
	struct iso_transfer *transfer;
	struct iso_buffer *buffer, *last = NULL;
	int published;

	if (request->flags)
		return -EINVAL;
	if (!iso_ring_exists(&session->ring))
		return -ENXIO;
	published = iso_ring_published(&session->ring);
	if (published < 0)
		return published;
	for (request->taken = 0; request->taken < published; request->taken++) {
		if (fatal_signal_pending(current))
			break;
		transfer = iso_ring_reserve(&session->ring);
		if (!transfer)
			break;
		iso_ring_look(&session->ring, &entry);
		iso_ring_took(&session->ring);
		buffer = iso_session_take(session, transfer, &entry);
		/* Pump once for a run of transfers of one pipe. */
		if (last && buffer && !iso_buffer_shares_pipe(buffer, last))
			iso_buffer_pump(last);
		last = buffer ?: last;
		cond_resched();
	}
	if (last)
		iso_buffer_pump(last);
	return published && !request->taken ? -EAGAIN : 0;
}

/* A streaming pipe of the session, also if the alternate setting lacks it now. */
static struct iso_pipe *iso_session_pipe(struct iso_session *session,
					 u8 address)
{
	struct iso_pipe *pipe = session->device->pipes[iso_pipe_index(address)];

	if (!pipe || pipe->owner != session || pipe->address != address)
		return NULL;
	return pipe;
}

int iso_session_setup_pipe_ring(struct iso_session *session,
				struct winusb_iso_setup_pipe_ring *setup)
{
	struct iso_intake *intake;
	struct iso_pipe *pipe;

	if (memchr_inv(setup->padding, 0, sizeof(setup->padding)) ||
	    setup->reserved)
		return -EINVAL;
	if (!setup->entries || setup->entries > WINUSB_ISO_MAX_RING_ENTRIES)
		return -ERANGE;
	pipe = iso_session_pipe(session, setup->pipe);
	if (!pipe)
		return -ENOENT;
	if (pipe->intake)
		return -EEXIST;
	intake = iso_intake_create(&session->ring, &session->buffers,
				   setup->entries);
	if (!intake)
		return -ENOMEM;
	iso_pipe_attach(pipe, intake);
	setup->entries = intake->entries;
	setup->mmap_offset = (u64)(ISO_INTAKE_COOKIE +
				   iso_pipe_index(setup->pipe)) << 32;
	setup->mmap_size = intake->size;
	setup->transfers_offset = sizeof(*intake->control);
	return 0;
}

int iso_session_start_pipe(struct iso_session *session,
			   const struct winusb_iso_pipe *request)
{
	struct iso_pipe *pipe;

	if (memchr_inv(request->padding, 0, sizeof(request->padding)))
		return -EINVAL;
	pipe = iso_session_pipe(session, request->pipe);
	return pipe ? iso_pipe_take_published(pipe) : -ENOENT;
}

/** iso_session_intake - the transfer ring that is mapped at a cookie, or NULL */
struct iso_intake *iso_session_intake(struct iso_session *session, u32 cookie)
{
	struct iso_device *device = session->device;
	struct iso_pipe *pipe;

	if (cookie < ISO_INTAKE_COOKIE ||
	    cookie >= ISO_INTAKE_COOKIE + ISO_PIPES)
		return NULL;
	pipe = device->pipes[cookie - ISO_INTAKE_COOKIE];
	return pipe && pipe->owner == session ? pipe->intake : NULL;
}
