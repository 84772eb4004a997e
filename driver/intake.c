// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pipe's own transfer ring. The pump takes entries when the controller has
 * room, mostly in complete(): so nothing here sleeps or allocates, and all runs
 * under the pipe's lock. Each entry is copied once, and then checked.
 */

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "buffer.h"
#include "check.h"
#include "intake.h"
#include "pipe.h"
#include "ring.h"
#include "transfer.h"

/*
 * What the controller must still have when the next completion makes the pump
 * look, or CONTINUE may come too late then: 2 ms.
 */
#define LOW_SPAN	16

/**
 * iso_intake_create - allocate a transfer ring
 * @ring: the session's rings, which exist
 * @buffers: the session's buffers
 * @entries: 1 to %WINUSB_ISO_MAX_RING_ENTRIES
 *
 * Return: NULL if there is no memory.
 */
struct iso_intake *iso_intake_create(struct iso_ring *ring,
				     struct xarray *buffers, u32 entries)
{
	struct iso_intake *intake = kzalloc(sizeof(*intake), GFP_KERNEL);

	if (!intake)
		return NULL;
	intake->ring = ring;
	intake->buffers = buffers;
	intake->entries = roundup_pow_of_two(entries);
	intake->size = PAGE_ALIGN(sizeof(*intake->control) +
				  intake->entries * sizeof(*intake->transfers));
	intake->control = __vmalloc(intake->size,
				    GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				    __GFP_NOWARN);
	if (!intake->control) {
		kfree(intake);
		return NULL;
	}
	intake->transfers = (void *)(intake->control + 1);
	intake->low = true;
	intake->control->flags = WINUSB_ISO_PIPE_RING_NEED_START;
	return intake;
}

/** iso_intake_destroy - the pipe is gone; mappings keep their pages */
void iso_intake_destroy(struct iso_intake *intake)
{
	if (!intake)
		return;
	vfree(intake->control);
	kfree(intake);
}

/**
 * iso_intake_published - entries that user space has published
 * @intake: of a pipe whose lock is held
 *
 * Return: their number, or -ERANGE if its index can not be.
 */
int iso_intake_published(struct iso_intake *intake)
{
	/* Acquire: the entries were written before the index. */
	u32 tail = smp_load_acquire(&intake->control->tail);

	if (tail - intake->head <= intake->entries)
		return tail - intake->head;
	WRITE_ONCE(intake->control->refused,
		   READ_ONCE(intake->control->refused) + 1);
	return -ERANGE;
}

/* Copies the next entry, once: user space can still write to it. */
static void iso_intake_copy(struct iso_intake *intake,
			    struct iso_transfer *transfer)
{
	u32 slot = intake->head & (intake->entries - 1);

	memcpy(&transfer->request, &intake->transfers[slot],
	       sizeof(transfer->request));
	barrier();
	intake->head++;
	/* Release: the entry was copied before its place is free. */
	smp_store_release(&intake->control->head, intake->head);
	iso_transfer_begin(transfer);
}

/* The buffer that is named, if it is one of this pipe. */
static struct iso_buffer *iso_intake_buffer(const struct iso_pipe *pipe,
					    u32 handle)
{
	struct iso_buffer *buffer;

	rcu_read_lock();
	buffer = xa_load(pipe->intake->buffers, handle);
	if (buffer && (buffer->pipe != pipe || buffer->retired))
		buffer = NULL;
	rcu_read_unlock();
	return buffer;
}

static int iso_intake_check(const struct iso_pipe *pipe,
			    struct iso_transfer *transfer)
{
	const struct winusb_iso_transfer *request = &transfer->request;
	int err;

	transfer->result.pipe = pipe->address;
	err = iso_check_flags(request);
	if (err)
		return err;
	transfer->buffer = iso_intake_buffer(pipe, request->buffer);
	if (!transfer->buffer)
		return -ENOENT;
	/* They are read here, with interrupts off. */
	if (request->flags & WINUSB_ISO_TRANSFER_PACKET_LENGTHS &&
	    request->num_packets > WINUSB_ISO_MAX_LISTED_PACKETS)
		return -E2BIG;
	return iso_check_isochronous(transfer);
}

static int iso_intake_queue(struct iso_pipe *pipe,
			    struct iso_transfer *transfer)
{
	int err = iso_intake_check(pipe, transfer);

	if (err)
		return err;
	/* It ends like those that were pending. */
	if (pipe->stopping)
		iso_transfer_fill_rest(pipe, transfer);
	return iso_pipe_append(pipe, transfer);
}

/**
 * iso_intake_take - take one entry: it gets behind all others, or is refused
 * @pipe: a pipe whose lock is held
 *
 * Return: 1, 0 if there is none, or -EAGAIN if there is no room for its
 *	completion.
 */
int iso_intake_take(struct iso_pipe *pipe)
{
	struct iso_intake *intake = pipe->intake;
	struct iso_transfer *transfer;
	int err;

	lockdep_assert_held(&pipe->lock);
	if (!intake || iso_intake_published(intake) <= 0)
		return 0;
	transfer = iso_ring_reserve(intake->ring);
	if (!transfer)
		return -EAGAIN;
	iso_intake_copy(intake, transfer);
	err = iso_intake_queue(pipe, transfer);
	if (err) {
		transfer->result.status = err;
		transfer->result.flags = WINUSB_ISO_COMPLETION_NOT_SENT;
		transfer->result.timestamp_ns = pipe->ops->now();
		iso_ring_post(intake->ring, transfer);
		iso_ring_wake(intake->ring);
	}
	return 1;
}

/* Will the controller have little of the pipe after the next completion? */
static bool iso_intake_is_low(struct iso_pipe *pipe)
{
	const struct iso_slot *next =
		list_first_entry_or_null(&pipe->busy, struct iso_slot, node);

	return !next || pipe->busy_span - next->place.span < LOW_SPAN;
}

/**
 * iso_intake_tell - tell user space whether the pump looks by itself
 * @pipe: a pipe whose lock is held, and which the pump will look at afterwards
 */
void iso_intake_tell(struct iso_pipe *pipe)
{
	struct iso_intake *intake = pipe->intake;
	bool low = iso_intake_is_low(pipe);

	if (!intake || low == intake->low)
		return;
	intake->low = low;
	WRITE_ONCE(intake->control->flags,
		   low ? WINUSB_ISO_PIPE_RING_NEED_START : 0);
	if (!low)
		return;
	/*
	 * User space publishes and then reads the flag; here the flag is
	 * written before the pump reads what is published. One of the two sees
	 * the other.
	 */
	smp_mb();
}
