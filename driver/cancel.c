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
	bool serves;

	spin_lock_irq(&slot->pipe->lock);
	serves = slot->busy && slot->transfer == transfer;
	spin_unlock_irq(&slot->pipe->lock);
	return serves;
}

static void iso_pipe_withdraw(struct iso_pipe *pipe,
			      const struct iso_transfer *transfer)
{
	unsigned int i;

	for (i = 0; i < ISO_SLOTS; i++)
		if (iso_slot_serves(&pipe->slots[i], transfer))
			pipe->ops->unlink(pipe->slots[i].urb);
}

/*
 * One that is not begun ends when its turn comes, so that those before it are
 * not behind the hole.
 *
 * Return: the transfer, or NULL.
 */
static struct iso_transfer *iso_pipe_mark(struct iso_pipe *pipe, u64 cookie)
{
	struct iso_transfer *transfer;

	spin_lock_irq(&pipe->lock);
	transfer = iso_pipe_find(pipe, cookie);
	if (transfer) {
		transfer->cancelled = true;
		if (iso_transfer_begun(transfer)) {
			iso_pipe_break(pipe);
			iso_transfer_fail(pipe, transfer, -ECONNRESET);
			iso_transfer_finish_if_done(pipe, transfer,
						    pipe->ops->now());
		}
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
	struct iso_transfer *transfer;

	iso_pipe_take_pump(pipe);
	/* What waits in the pipe's own transfer ring is pending, too. */
	iso_pipe_take_all(pipe);
	transfer = iso_pipe_mark(pipe, cookie);
	if (transfer)
		iso_pipe_withdraw(pipe, transfer);
	iso_pipe_give_pump(pipe);
	return transfer ? 0 : -ENOENT;
}
