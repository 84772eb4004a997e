// SPDX-License-Identifier: MIT
/* A pipe's queue: where transfers start, when they are over, what an unlink leaves of them. */
#include "internal.h"

/* How many frames or microframes the transfer takes. */
static uint64_t span(const struct sim *sim, const struct pipe *pipe, const struct urb *urb)
{
	if (pipe->endpoint->type != SIM_ISO)
		return plain_span(sim, pipe, urb);
	return (uint64_t)urb->n_packets * pipe->interval;
}

static uint64_t end_of(const struct sim *sim, const struct pipe *pipe, const struct urb *urb)
{
	return urb->slot + span(sim, pipe, urb);
}

struct pipe *pipe_find(struct sim *sim, uint8_t address)
{
	unsigned int i;

	for (i = 0; i < SIM_ALL_PIPES; i++)
		if (sim->pipe[i].open && sim->pipe[i].endpoint->address == address)
			return &sim->pipe[i];
	return NULL;
}

static bool stream_is_live(const struct sim *sim, const struct pipe *pipe)
{
	if (!pipe->live || pipe->head)
		return pipe->live;
	return sim->now_frame <= pipe->empty_since + sim->options.idle_after;
}

static void begin_stream(struct pipe *pipe)
{
	pipe->live = true;
	pipe->index = 0;
	pipe->expecting = false;
	pipe->any_good = false;
	pipe->stats.streams++;
}

static struct schedule_slot place(const struct sim *sim, const struct pipe *pipe,
				  const struct urb *urb)
{
	bool iso = pipe->endpoint->type == SIM_ISO;
	struct schedule_request request = {
		.now = sim->now_frame,
		.seen = sim->seen_frame,
		.interval = pipe->interval,
		.lead = iso ? sim->options.lead : 0,
		.live = stream_is_live(sim, pipe),
		.next = pipe->next_slot,
		.asap = !iso || urb->flags & USBIP_URB_ISO_ASAP,
		.has_frame = !sim->options.ignore_start_frame,
		.frame = (uint32_t)urb->requested_frame,
		.frame_bits = sim->options.speed == SIM_FULL ? 8 : 11,
	};

	return schedule_place(&request);
}

static void append(struct pipe *pipe, struct urb *urb)
{
	urb->next = NULL;
	if (pipe->tail)
		pipe->tail->next = urb;
	else
		pipe->head = urb;
	pipe->tail = urb;
}

static void give_back(struct sim *sim, struct pipe *pipe, struct urb *urb)
{
	pipe->stats.transfers++;
	reply_submit(sim, urb);
	urb_put(sim, urb);
}

void pipe_submit(struct sim *sim, struct pipe *pipe, struct urb *urb)
{
	struct schedule_slot slot;

	if (pipe->halted && !pipe->head) {
		urb->status = -EPIPE;
		return give_back(sim, pipe, urb);
	}
	slot = place(sim, pipe, urb);
	if (slot.starts)
		begin_stream(pipe);
	pipe->stats.late_transfers += slot.late;
	urb->slot = slot.slot;
	urb->late_before = slot.late_before;
	append(pipe, urb);
	pipe->next_slot = end_of(sim, pipe, urb);
}

static void move_later(struct pipe *pipe, struct urb *urb, uint64_t frames)
{
	for (; urb; urb = urb->next)
		urb->slot += frames;
	pipe->next_slot += frames;
}

/* The transfers behind one that waited wait for it, too. */
static bool carry_plain(struct sim *sim, struct pipe *pipe, struct urb *urb, uint64_t until)
{
	uint64_t was = urb->slot;

	if (sim->vanishing || (!urb->waits && urb->slot >= until) ||
	    !plain_go(sim, pipe, urb, until))
		return false;
	if (urb->slot > was)
		move_later(pipe, urb->next, urb->slot - was);
	if (urb->refused)
		pipe->stats.errors++;
	else
		packet_carry(sim, pipe, urb, 0);
	urb->done = 1;
	return true;
}

/* Carries the packets of one transfer; false if some are still ahead. */
static bool carry_transfer(struct sim *sim, struct pipe *pipe, struct urb *urb, uint64_t until)
{
	uint64_t skip;

	if (pipe->endpoint->type != SIM_ISO)
		return carry_plain(sim, pipe, urb, until);
	/* Again and again, however late this process woke. */
	while (urb->done == 0 && urb->slot < until && sim->n_faults) {
		skip = faults_hole(sim, pipe, urb->slot / pipe->interval, urb->moved);
		if (!skip)
			break;
		urb->moved = true;
		move_later(pipe, urb, skip * pipe->interval);
	}
	while (urb->done < urb->n_packets && !sim->vanishing) {
		if (urb->slot + (uint64_t)urb->done * pipe->interval >= until)
			return false;
		packet_carry(sim, pipe, urb, urb->done);
		urb->done++;
	}
	return urb->done == urb->n_packets;
}

/* Everything in slots before frame @until. */
void pipe_carry(struct sim *sim, struct pipe *pipe, uint64_t until)
{
	struct urb *urb;

	for (urb = pipe->head; urb; urb = urb->next)
		if (urb->done < urb->n_packets && !carry_transfer(sim, pipe, urb, until))
			return;
}

static uint64_t reply_time(const struct sim *sim, const struct pipe *pipe, const struct urb *urb)
{
	return clock_time_of(sim, end_of(sim, pipe, urb)) + urb->delay_ns;
}

static struct urb *pop(struct sim *sim, struct pipe *pipe)
{
	struct urb *urb = pipe->head;

	pipe->head = urb->next;
	if (!pipe->head) {
		pipe->tail = NULL;
		pipe->empty_since = sim->now_frame;
	}
	return urb;
}

/* Whether the oldest transfer's reply is due, and since when. */
bool pipe_reply_due(const struct sim *sim, const struct pipe *pipe, uint64_t *when)
{
	const struct urb *urb = pipe->head;

	if (!urb || urb->done < urb->n_packets || urb->held)
		return false;
	*when = reply_time(sim, pipe, urb);
	return *when <= sim->now_ns;
}

void pipe_reply(struct sim *sim, struct pipe *pipe)
{
	struct urb *urb = pop(sim, pipe);

	if (!urb->is_iso)
		urb->status = urb->packets[0].status;
	give_back(sim, pipe, urb);
}

bool pipe_next_event(const struct sim *sim, const struct pipe *pipe, uint64_t *when)
{
	const struct urb *urb = pipe->head;
	uint64_t due;
	bool any = false;

	if (urb && urb->done == urb->n_packets && !urb->held) {
		*when = reply_time(sim, pipe, urb);
		any = true;
	}
	while (urb && urb->done == urb->n_packets)
		urb = urb->next;
	if (!urb || urb->waits)
		return any;
	due = clock_time_of(sim, end_of(sim, pipe, urb));
	*when = any && *when < due ? *when : due;
	return true;
}

static void unlink_from_queue(struct pipe *pipe, struct urb *before, struct urb *urb)
{
	if (before)
		before->next = urb->next;
	else
		pipe->head = urb->next;
	if (pipe->tail == urb)
		pipe->tail = before;
}

/* A stream that lost its end continues after what is left; one that lost all has ended. */
static void pull_back(struct sim *sim, struct pipe *pipe)
{
	if (!pipe->tail)
		pipe->live = false;
	else
		pipe->next_slot = end_of(sim, pipe, pipe->tail);
}

static void give_back_part(struct sim *sim, struct pipe *pipe, struct urb *urb, int32_t status)
{
	uint32_t i;

	for (i = urb->done; urb->is_iso && i < urb->n_packets; i++) {
		urb->packets[i].actual = 0;
		urb->packets[i].status = -EXDEV;
	}
	urb->status = urb->is_iso || urb->done < urb->n_packets ? status : urb->packets[0].status;
	give_back(sim, pipe, urb);
}

/* True if the request was still ours; @status is what the reply to the unlink must say. */
bool pipe_unlink(struct sim *sim, struct pipe *pipe, uint32_t seqnum, int32_t *status)
{
	struct urb *urb, *before = NULL;
	bool was_last;

	for (urb = pipe->head; urb && urb->seqnum != seqnum; urb = urb->next)
		before = urb;
	if (!urb)
		return false;
	was_last = pipe->tail == urb;
	unlink_from_queue(pipe, before, urb);
	if (was_last)
		pull_back(sim, pipe);
	pipe->stats.unlinked++;
	if (!urb->is_iso && urb->packets[0].actual)
		urb->actual = urb->packets[0].actual;
	*status = urb->done || urb->actual ? 0 : -ECONNRESET;
	/* Keep what was carried: first the transfer's reply, then the unlink's. */
	if (urb->done || urb->actual)
		give_back_part(sim, pipe, urb, urb->done < urb->n_packets ? -ECONNRESET : 0);
	else
		urb_put(sim, urb);
	return true;
}

void pipe_flush(struct sim *sim, struct pipe *pipe, int32_t status)
{
	while (pipe->head)
		give_back_part(sim, pipe, pop(sim, pipe), status);
	pipe->live = false;
}

void pipe_reset(struct sim *sim, struct pipe *pipe)
{
	pipe_flush(sim, pipe, -ESHUTDOWN);
	pipe->halted = false;
	pipe->next_slot = 0;
	loop_close(pipe);
	plain_forget(pipe);
}
