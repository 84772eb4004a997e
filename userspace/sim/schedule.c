// SPDX-License-Identifier: MIT
/* The rules of EHCI and of usb_submit_urb()'s documentation, as pure arithmetic. */
#include "schedule.h"

static uint64_t round_up(uint64_t frame, uint32_t interval)
{
	return (frame + interval - 1) / interval * interval;
}

/* The first slot whose frame has not begun. */
static uint64_t first_unexpired(const struct schedule_request *r)
{
	return round_up(r->now + 1, r->interval);
}

static struct schedule_slot start_soon(const struct schedule_request *r)
{
	return (struct schedule_slot){
		.slot = round_up(r->now + 1 + r->lead, r->interval),
		.starts = true,
	};
}

/* The frame number is short: of all frames it can mean take the one nearest to now. */
static uint64_t nearest_frame(const struct schedule_request *r)
{
	uint64_t modulus = 1ULL << r->frame_bits;
	uint64_t ahead = (r->frame - r->now) & (modulus - 1);

	if (ahead < modulus / 2 || r->now + ahead < modulus)
		return r->now + ahead;
	return r->now + ahead - modulus;
}

static struct schedule_slot start_at_frame(const struct schedule_request *r)
{
	struct schedule_slot s = { .starts = true };

	s.slot = round_up(nearest_frame(r), r->interval);
	s.late = s.slot <= r->now;
	s.late_before = s.late ? r->now + 1 : 0;
	return s;
}

static struct schedule_slot follow(const struct schedule_request *r)
{
	struct schedule_slot s = { .slot = r->next };

	/*
	 * What was read before this step's slots were carried out was in the queue in time, even
	 * if this process was slow to wake: hence seen and not now.
	 */
	if (r->next > r->seen)
		return s;
	s.late = true;
	if (r->asap)
		s.slot = first_unexpired(r);
	else
		s.late_before = r->now + 1;
	return s;
}

struct schedule_slot schedule_place(const struct schedule_request *r)
{
	if (r->live)
		return follow(r);
	return !r->asap && r->has_frame ? start_at_frame(r) : start_soon(r);
}
