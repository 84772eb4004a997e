// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ending one transfer of an isochronous pipe. The stream is broken there: what
 * the controller has behind it keeps its service intervals, what it has not is
 * behind a hole.
 */

#include <linux/delay.h>
#include <linux/usb.h>

#include "cancel.h"
#include "pipe.h"
#include "transfer.h"

/* A run of the pump is that short. */
#define PUMP_RUN_US	50

/* The oldest that may still go well. */
static struct iso_transfer *iso_pipe_find(const struct iso_pipe *pipe,
					  u64 cookie)
{
	struct iso_transfer *transfer;

	lockdep_assert_held(&pipe->lock);
	list_for_each_entry(transfer, &pipe->pending, order)
		if (transfer->request.cookie == cookie &&
		    !transfer->cancelled && !transfer->failed &&
		    !transfer->finished)
			return transfer;
	return NULL;
}

/*
 * While the pump is ours nothing is handed over: a slot that serves @transfer
 * now can not come to serve another before it is unlinked.
 */
static void iso_pipe_take_pump(struct iso_pipe *pipe)
{
	spin_lock_irq(&pipe->lock);
	while (pipe->pumping) {
		spin_unlock_irq(&pipe->lock);
		usleep_range(PUMP_RUN_US, 2 * PUMP_RUN_US);
		spin_lock_irq(&pipe->lock);
	}
	pipe->pumping = true;
	spin_unlock_irq(&pipe->lock);
}

static void iso_pipe_give_pump(struct iso_pipe *pipe)
{
	spin_lock_irq(&pipe->lock);
	pipe->pumping = false;
	spin_unlock_irq(&pipe->lock);
	iso_pipe_pump(pipe);
}

static bool iso_slot_serves(const struct iso_slot *slot,
			    const struct iso_transfer *transfer)
{
	if (!slot->busy)
		return false;
	return transfer->shared ? slot == transfer->shared :
				  slot->transfer == transfer;
}

static void iso_pipe_mark_slots(struct iso_pipe *pipe,
				const struct iso_transfer *transfer)
{
	unsigned int i;

	lockdep_assert_held(&pipe->lock);
	for (i = 0; i < ISO_SLOTS; i++)
		if (iso_slot_serves(&pipe->slots[i], transfer))
			pipe->slots[i].unwanted = true;
}

static bool iso_slot_is_unwanted(const struct iso_slot *slot)
{
	bool unwanted;

	spin_lock_irq(&slot->pipe->lock);
	unwanted = slot->busy && slot->unwanted;
	spin_unlock_irq(&slot->pipe->lock);
	return unwanted;
}

static void iso_pipe_withdraw(struct iso_pipe *pipe)
{
	unsigned int i;

	for (i = 0; i < ISO_SLOTS; i++)
		if (iso_slot_is_unwanted(&pipe->slots[i]))
			pipe->ops->unlink(pipe->slots[i].urb);
}

/* Those that share an URB end together. */
static void iso_pipe_cut_off(struct iso_pipe *pipe,
			     struct iso_transfer *transfer)
{
	struct iso_transfer *each = transfer->shared ?
				    transfer->shared->transfer : transfer;

	iso_pipe_break(pipe);
	iso_pipe_mark_slots(pipe, transfer);
	for (; each; each = each->next)
		iso_transfer_fail(pipe, each, -ECONNRESET);
	iso_transfer_finish_if_done(pipe, transfer, pipe->ops->now());
}

/*
 * One that is not begun ends when its turn comes, so that those before it are
 * not behind the hole. One that shares its URB ends with those that do.
 *
 * Return: was it found?
 */
static bool iso_pipe_mark(struct iso_pipe *pipe, u64 cookie)
{
	struct iso_transfer *transfer;

	spin_lock_irq(&pipe->lock);
	transfer = iso_pipe_find(pipe, cookie);
	if (transfer) {
		transfer->cancelled = true;
		if (iso_transfer_begun(transfer) &&
		    (!transfer->shared ||
		     iso_slot_all_cancelled(transfer->shared)))
			iso_pipe_cut_off(pipe, transfer);
	}
	spin_unlock_irq(&pipe->lock);
	return transfer;
}

/**
 * iso_pipe_cancel - end one transfer; sleeps
 * @pipe: the pipe; the caller holds the device's lock
 * @cookie: the transfer's
 *
 * It may still be with the controller when this returns.
 *
 * Return: 0, or -ENOENT if nothing with that cookie is pending.
 */
int iso_pipe_cancel(struct iso_pipe *pipe, u64 cookie)
{
	bool found;

	iso_pipe_take_pump(pipe);
	/* What waits in the pipe's own transfer ring is pending, too. */
	iso_pipe_take_all(pipe);
	found = iso_pipe_mark(pipe, cookie);
	if (found)
		iso_pipe_withdraw(pipe);
	iso_pipe_give_pump(pipe);
	return found ? 0 : -ENOENT;
}
