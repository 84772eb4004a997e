// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any sequence of operations, against what the fake host knows: each transfer
 * completes once and in order, its results add up, and what it says of start
 * and gap is what happened.
 */

#include <linux/slab.h>

#include "world.h"

#define STEPS		1200
#define TRANSFERS	4096

/*
 * struct trial - one random sequence
 * @seen: completions, by cookie.
 * @requests: flags and packets, by cookie.
 * @fresh: cookie of the first one since a stream was ended on purpose.
 */
struct trial {
	struct world *world;
	struct chance chance;
	u64 fresh;
	struct winusb_iso_completion seen[TRANSFERS];
	struct {
		u32 flags;
		u32 packets;
		u32 first_packet;
		u64 start;
	} requests[TRANSFERS];
};

static void expect_sums(struct kunit *test, struct trial *trial, u64 cookie)
{
	const struct winusb_iso_completion *result = &trial->seen[cookie];
	const struct winusb_iso_packet *packet = &trial->world->buffer.table
		[trial->requests[cookie].first_packet];
	u32 length = 0, errors = 0, offset = 0;
	u32 i;

	for (i = 0; i < trial->requests[cookie].packets; i++, packet++) {
		KUNIT_ASSERT_EQ_MSG(test, packet->offset, offset, "seed %u",
				    trial->chance.seed);
		offset += trial->world->plan.max_bytes;
		length += packet->length;
		errors += !!packet->status;
	}
	KUNIT_ASSERT_EQ_MSG(test, result->actual_length, length,
			    "seed %u cookie %llu", trial->chance.seed, cookie);
	KUNIT_ASSERT_EQ_MSG(test, result->error_count, errors,
			    "seed %u cookie %llu", trial->chance.seed, cookie);
	if (result->flags & NOT_SENT)
		KUNIT_ASSERT_EQ_MSG(test, errors, result->num_packets,
				    "seed %u cookie %llu", trial->chance.seed,
				    cookie);
}

static void expect_status(struct kunit *test, struct trial *trial, u64 cookie)
{
	const struct winusb_iso_completion *result = &trial->seen[cookie];
	u32 flags = trial->requests[cookie].flags;

	switch (result->status) {
	case 0:
		KUNIT_ASSERT_FALSE_MSG(test, flags & CONTINUE && result->gap &&
				       result->trust == WINUSB_ISO_TRUST_EXACT,
				       "seed %u cookie %llu", trial->chance.seed,
				       cookie);
		KUNIT_ASSERT_TRUE_MSG(test, !(flags & AT_FRAME) ||
				      result->start_uframe ==
				      trial->requests[cookie].start,
				      "seed %u cookie %llu", trial->chance.seed,
				      cookie);
		break;
	case -ETIME:
		KUNIT_ASSERT_TRUE_MSG(test, flags & AT_FRAME,
				      "seed %u cookie %llu", trial->chance.seed,
				      cookie);
		break;
	case -EXDEV:
		KUNIT_ASSERT_TRUE_MSG(test, flags & CONTINUE,
				      "seed %u cookie %llu", trial->chance.seed,
				      cookie);
		break;
	case -ENOSPC:
	case -ECONNRESET:
		break;
	default:
		KUNIT_FAIL(test, "seed %u cookie %llu status %d",
			   trial->chance.seed, cookie, result->status);
	}
}

/* Did it go as it was meant to, and is it known when? */
static bool is_certain(const struct trial *trial, u64 cookie)
{
	const struct winusb_iso_completion *result = &trial->seen[cookie];

	return !result->status && result->trust == WINUSB_ISO_TRUST_EXACT &&
	       !(trial->requests[cookie].flags & AT_FRAME);
}

/* Whether they shared an URB or not: the gap lies between the two. */
static void expect_chain(struct kunit *test, struct trial *trial, u64 cookie)
{
	const struct winusb_iso_completion *result = &trial->seen[cookie];
	const struct winusb_iso_completion *before = result - 1;

	if (!cookie || !is_certain(trial, cookie - 1) ||
	    !is_certain(trial, cookie) || cookie == trial->fresh)
		return;
	KUNIT_ASSERT_EQ_MSG(test, result->start_uframe, before->start_uframe +
			    before->num_packets + before->inner_gap + result->gap,
			    "seed %u cookie %llu", trial->chance.seed, cookie);
}

static void collect(struct kunit *test, struct trial *trial)
{
	struct world *world = trial->world;
	u64 before = 0;

	while (world_has_completion(world)) {
		u64 cookie = world->reaped;

		trial->seen[cookie] = world_reap(test, world);
		KUNIT_ASSERT_GE_MSG(test, trial->seen[cookie].timestamp_ns, before,
				    "seed %u", trial->chance.seed);
		before = trial->seen[cookie].timestamp_ns;
		expect_chain(test, trial, cookie);
		expect_sums(test, trial, cookie);
		expect_status(test, trial, cookie);
	}
}

static struct winusb_iso_transfer choose(struct trial *trial)
{
	struct winusb_iso_transfer request = {};
	struct chance *chance = &trial->chance;

	switch (chance_below(chance, 8)) {
	case 0:
	case 1:
		break;
	case 2:
		/* SUBMIT refuses it there. */
		if (trial->world->plan.controller.reports == ISO_REPORTS_NEVER)
			break;
		request.flags = AT_FRAME;
		if (chance_below(chance, 4))
			request.flags |= WINUSB_ISO_TRANSFER_DROP_LATE;
		request.start_uframe = fake_host.next - 100 +
				       chance_below(chance, 150);
		break;
	default:
		request.flags = CONTINUE;
	}
	if (chance_below(chance, 2))
		request.flags |= WINUSB_ISO_TRANSFER_NO_INTERRUPT;
	return request;
}

static void submit(struct kunit *test, struct trial *trial)
{
	struct world *world = trial->world;
	u32 packets = 1 + chance_below(&trial->chance, 90);
	struct winusb_iso_transfer chosen = choose(trial);
	u64 cookie = world->queued;

	if (cookie == TRANSFERS)
		return;
	/* A table entry is used again only when its transfer was looked at. */
	if (world->cursor + packets > world->plan.packets)
		collect(test, trial);
	if (world_queue_frame(world, packets, chosen.start_uframe, chosen.flags))
		return;
	trial->requests[cookie].flags = chosen.flags;
	trial->requests[cookie].start = chosen.start_uframe;
	trial->requests[cookie].packets = packets;
	trial->requests[cookie].first_packet = world->cursor - packets;
	/* Else the next one finds it in the queue. */
	if (chance_below(&trial->chance, 2))
		iso_pipe_pump(world->pipe);
}

static void step(struct kunit *test, struct trial *trial)
{
	struct chance *chance = &trial->chance;

	switch (chance_below(chance, 16)) {
	case 0:
		fake_host_advance(chance_below(chance, 20));
		break;
	case 1:
		fake_host.move = chance_below(chance, 4) ? 0 :
				 chance_below(chance, 200);
		break;
	case 2:
		if (!chance_below(chance, 4))
			fake_host.refuse_with = -ENOSPC;
		break;
	case 3:
		fake_host.on_unlink = chance_below(chance, 2);
		break;
	case 4:
		fake_host.finishes_at_once = !chance_below(chance, 4);
		break;
	case 5:
		if (chance_below(chance, 4))
			break;
		iso_pipe_stop(trial->world->pipe, -ECONNRESET);
		collect(test, trial);
		iso_pipe_start(trial->world->pipe);
		fake_host.fresh = true;
		trial->fresh = trial->world->queued;
		break;
	case 6:
	case 7:
	case 8:
	case 9:
	case 10:
		fake_host_finish(0);
		break;
	case 11:
		collect(test, trial);
		break;
	default:
		submit(test, trial);
	}
}

/* What was before a wrong answer helps to see why. */
static void show_before(struct kunit *test, const struct trial *trial,
			unsigned int entry)
{
	unsigned int i;

	for (i = entry > 8 ? entry - 8 : 0; i <= entry; i++) {
		const struct fake_record *record = &fake_host.log[i];
		const struct winusb_iso_completion *seen =
			&trial->seen[record->cookie];

		kunit_info(test, "urb %u: cookie %llu start %llu span %u%s%s%s%s",
			   i, record->cookie, record->start, record->span,
			   record->content ? "" : " empty",
			   record->first ? " first" : "",
			   record->sent ? "" : " cancelled",
			   record->fresh ? " fresh" : "");
		kunit_info(test, "  says status %d start %llu gap %u trust %u",
			   seen->status, seen->start_uframe, seen->gap,
			   seen->trust);
	}
}

/* Its completion told the gap before it; the next one tells what it left. */
static bool was_taken_back(const struct fake_record *record,
			   const struct winusb_iso_completion *seen)
{
	return record->first && !record->sent && seen->status == -EXDEV;
}

/* The fake host's own account of starts and gaps. */
static void expect_truth(struct kunit *test, struct trial *trial)
{
	unsigned int i, count = min(fake_host.submitted, FAKE_LOG + 0U);
	u64 end = 0;

	for (i = 0; i < count; i++) {
		const struct fake_record *record = &fake_host.log[i];
		const struct winusb_iso_completion *seen =
			&trial->seen[record->cookie];

		if (record->fresh)
			end = 0;
		if (!record->content ||
		    (!record->sent && !was_taken_back(record, seen)))
			continue;
		if (record->sent && record->first &&
		    seen->trust == WINUSB_ISO_TRUST_EXACT) {
			/* Where its first packet went, or would have gone. */
			u64 start = record->start - record->dropped;
			u64 gap = end && start > end ? start - end : 0;

			if (seen->start_uframe != start || seen->gap != gap)
				show_before(test, trial, i);
			KUNIT_ASSERT_EQ_MSG(test, seen->start_uframe, start,
					    "seed %u cookie %llu",
					    trial->chance.seed, record->cookie);
			KUNIT_ASSERT_EQ_MSG(test, (u64)seen->gap, gap,
					    "seed %u cookie %llu",
					    trial->chance.seed, record->cookie);
		}
		end = record->start + (record->sent ? record->span : 0);
	}
}

static void run(struct kunit *test, const struct world_plan *plan)
{
	struct trial *trial = kvzalloc(sizeof(*trial), GFP_KERNEL);
	struct fake_record *log = kvcalloc(FAKE_LOG, sizeof(*log), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, trial);
	KUNIT_ASSERT_NOT_NULL(test, log);
	chance_begin(test, &trial->chance);
	trial->world = world_of(test, plan);
	fake_host.log = log;
	for (i = 0; i < STEPS; i++)
		step(test, trial);
	fake_host.finishes_at_once = false;
	iso_pipe_pump(trial->world->pipe);
	fake_host_finish_all();
	flush_work(&trial->world->pipe->work);
	collect(test, trial);
	KUNIT_EXPECT_EQ_MSG(test, trial->world->reaped, trial->world->queued,
			    "seed %u", trial->chance.seed);
	if (plan->controller.reports != ISO_REPORTS_NEVER)
		expect_truth(test, trial);
	fake_host.log = NULL;
	kvfree(log);
	kvfree(trial);
}

static void at_submit(struct kunit *test)
{
	const struct world_plan plan = WORLD_PLAN;
	int i;

	for (i = 0; i < 10; i++) {
		run(test, &plan);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static void never(struct kunit *test)
{
	struct world_plan plan = WORLD_PLAN;
	int i;

	plan.controller.reports = ISO_REPORTS_NEVER;
	for (i = 0; i < 5; i++) {
		run(test, &plan);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static struct kunit_case cases[] = {
	CASE(at_submit, "any sequence on a controller that tells start frames is told as it was"),
	CASE(never, "any sequence on a controller that tells nothing completes in order"),
	{}
};

struct kunit_suite iso_pipe_random_suite = {
	.name = "pipe_random",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
