// SPDX-License-Identifier: MIT
/* What must become of transfers on dummy_hcd, from its manual clock alone. */
#include "model.h"

#include <errno.h>

#include "busclock.h"

void model_init(struct model *model, const struct track *track)
{
	*model = (struct model){
		.interval = track->interval,
		.width = track->width,
		.packets = track->packets,
		.threshold = MODEL_THRESHOLD,
	};
}

static struct track_want refuse(struct model *model, int status)
{
	model->broken = true;
	return (struct track_want){
		.status = status,
		.packets = model->packets,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
		.trust = WINUSB_ISO_TRUST_UNKNOWN,
	};
}

static uint64_t round_up(uint64_t uframe, uint64_t step)
{
	return (uframe + step - 1) / step * step;
}

/* The pipe's first interval that begins at @uframe or later. */
static uint64_t interval_from(const struct model *model, uint64_t uframe)
{
	if (!model->begun)
		return round_up(uframe, model->width);
	if (uframe <= model->first)
		return model->first;
	return model->first + round_up(uframe - model->first, model->interval);
}

uint64_t model_first_interval(const struct model *model)
{
	return interval_from(model, busclock_now() + model->threshold);
}

/* Where the next packet goes. */
static uint64_t next_interval(const struct model *model)
{
	if (model->pending && model->next >= busclock_now())
		return model->next;
	return model_first_interval(model);
}

static void send(struct model *model, uint64_t start, uint64_t packets)
{
	if (!model->begun) {
		model->first = start;
		model->sent = 0;
		model->empty = 0;
	}
	model->begun = true;
	model->sent += packets;
	model->next = start + packets * model->interval;
}

static void send_empty(struct model *model, uint64_t start, uint64_t packets)
{
	send(model, start, packets);
	model->empty += packets;
}

/* The first packet's interval is @start; @lost packets are dropped. */
static struct track_want send_rest(struct model *model, uint64_t start, uint32_t lost,
				   bool new_stream)
{
	struct track_want want = {
		.start = start,
		.packets = model->packets,
		.lost = lost,
		.done = model->packets - lost,
		.trust = WINUSB_ISO_TRUST_EXACT,
		.flags = new_stream ? WINUSB_ISO_COMPLETION_NEW_STREAM : 0,
	};

	if (model->counting && start > model->end)
		want.gap = (uint32_t)((start - model->end) / model->interval);
	send(model, start + lost * model->interval, want.done);
	model->counting = true;
	model->end = model->next;
	model->pending = true;
	model->broken = false;
	return want;
}

static struct track_want send_transfer(struct model *model, uint64_t start, bool new_stream)
{
	return send_rest(model, start, 0, new_stream);
}

static bool can_continue(const struct model *model)
{
	return model->pending && !model->broken && model->next > busclock_now() + MODEL_GUARD;
}

struct track_want model_submit(struct model *model, uint32_t flags)
{
	if (flags & WINUSB_ISO_TRANSFER_CONTINUE && !can_continue(model))
		return refuse(model, -EXDEV);
	return send_transfer(model, next_interval(model), !model->pending);
}

struct track_want model_submit_at(struct model *model, uint64_t uframe)
{
	bool new_stream = !model->pending;
	uint64_t start;

	if (new_stream)
		send_empty(model, next_interval(model), 1);
	start = interval_from(model, uframe);
	model->pending = true;
	if (start < model->next)
		return refuse(model, -ETIME);
	send_empty(model, model->next, (start - model->next) / model->interval);
	return send_transfer(model, start, new_stream);
}

/* The same interval, also if it is before the pipe's first packet. */
static uint64_t interval_around(const struct model *model, uint64_t uframe)
{
	if (uframe >= model->first)
		return interval_from(model, uframe);
	return model->first - (model->first - uframe) / model->interval * model->interval;
}

static bool all_passed(const struct model *model, uint64_t uframe)
{
	return uframe + (uint64_t)model->packets * model->interval - 1 <= busclock_now();
}

struct track_want model_submit_late(struct model *model, uint64_t uframe)
{
	bool new_stream = !model->pending;
	uint64_t start, lost;

	if (all_passed(model, uframe))
		return refuse(model, -ETIME);
	if (new_stream)
		send_empty(model, next_interval(model), 1);
	start = interval_around(model, uframe);
	model->pending = true;
	if (start >= model->next) {
		send_empty(model, model->next, (start - model->next) / model->interval);
		return send_transfer(model, start, new_stream);
	}
	lost = (model->next - start) / model->interval;
	if (lost >= model->packets)
		return refuse(model, -ETIME);
	return send_rest(model, start, (uint32_t)lost, new_stream);
}

void model_drained(struct model *model)
{
	model->pending = false;
}

void model_lost(struct model *model, uint64_t packets)
{
	model->sent -= packets;
}

void model_ended(struct model *model, uint64_t unsent)
{
	model_lost(model, unsent);
	model->pending = false;
	model->counting = false;
	model->broken = true;
}

void model_selected(struct model *model)
{
	model_ended(model, 0);
	model->begun = false;
}

uint64_t model_missed(const struct model *model)
{
	uint64_t now = busclock_now();

	if (!model->begun || now < model->first + model->width)
		return 0;
	return (now - model->width - model->first) / model->interval + 1 - model->sent;
}
