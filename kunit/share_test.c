// SPDX-License-Identifier: GPL-2.0-only
/* Several transfers in one URB: which may, what each is told, and how they part. */

#include "driver/cancel.h"
#include "world.h"

#define HINT	WINUSB_ISO_TRANSFER_NO_INTERRUPT
#define EACH	8U

/* So many transfers of 8 packets, all but the last with the hint; not pumped. */
static void queue_group(struct kunit *test, struct world *world, u32 count, u32 flags)
{
	while (count--)
		KUNIT_ASSERT_EQ(test, world_queue(world, EACH, flags | (count ? HINT : 0)), 0);
}

static struct world *world_with_group(struct kunit *test, u32 count, u32 flags)
{
	struct world *world = world_default(test);

	queue_group(test, world, count, flags);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	KUNIT_ASSERT_EQ(test, fake_host.held[0].urb->number_of_packets, (int)(count * EACH));
	return world;
}

static void one_urb(struct kunit *test)
{
	struct world *world = world_with_group(test, 8, 0);
	const struct urb *urb = fake_host.held[0].urb;
	u64 start = fake_host.held[0].start;
	u32 i;

	KUNIT_EXPECT_PTR_EQ(test, urb->transfer_buffer, (void *)world->buffer.data);
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 256U);
	for (i = 0; i < 64; i++) {
		KUNIT_EXPECT_EQ(test, urb->iso_frame_desc[i].offset, i * 4);
		KUNIT_EXPECT_EQ(test, urb->iso_frame_desc[i].length, 4U);
		KUNIT_EXPECT_EQ(test, world->buffer.table[i].offset, i % EACH * 4);
	}
	fake_host_finish(0);
	for (i = 0; i < 8; i++) {
		struct winusb_iso_completion result = world_reap(test, world);

		KUNIT_EXPECT_EQ(test, result.status, 0);
		KUNIT_EXPECT_EQ(test, result.actual_length, 32U);
		KUNIT_EXPECT_EQ(test, result.error_count, 0U);
		KUNIT_EXPECT_EQ(test, result.gap, 0U);
		KUNIT_EXPECT_EQ(test, result.start_uframe, start + i * EACH);
		KUNIT_EXPECT_EQ(test, (u32)result.flags, i ? 0U : NEW_STREAM);
		KUNIT_EXPECT_EQ(test, result.timestamp_ns, fake_host_now());
	}
	world_expect_none(test, world);
}

static void gap_told_once(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_completion result;
	u32 i;

	queue_group(test, world, 2, 0);
	iso_pipe_pump(world->pipe);
	fake_host.move = 5;
	queue_group(test, world, 3, 0);
	iso_pipe_pump(world->pipe);
	fake_host_finish_all();
	for (i = 0; i < 5; i++) {
		result = world_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, result.gap, i == 2 ? 5U : 0U, "transfer %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.inner_gap, 0U, "transfer %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.trust, WINUSB_ISO_TRUST_EXACT,
				    "transfer %u", i);
	}
}

/* Without the hint the one behind it is for the next URB. */
static void ends_where_told(struct kunit *test)
{
	struct world *world = world_default(test);

	queue_group(test, world, 3, 0);
	queue_group(test, world, 1, 0);
	queue_group(test, world, 2, 0);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 3U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->number_of_packets, 24);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->number_of_packets, 8);
	KUNIT_EXPECT_EQ(test, fake_host.held[2].urb->number_of_packets, 16);
	fake_host_finish(0);
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	world_expect_none(test, world);
}

static void nothing_is_held_back(struct kunit *test)
{
	struct world *world = world_default(test);

	KUNIT_ASSERT_EQ(test, world_submit(world, EACH, HINT), 0);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	KUNIT_ASSERT_EQ(test, world_submit(world, EACH, HINT), 0);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	fake_host_finish(0);
	world_expect(test, world, 0, NEW_STREAM);
	world_expect_none(test, world);
}

static void most_packets(struct kunit *test)
{
	static const struct { u32 interval, each, wanted; } rows[] = {
		{ 1, 8, 64 }, { 1, 9, 63 }, { 1, 64, 64 }, { 2, 8, 64 }, { 4, 8, 64 },
		{ 8, 8, 32 }, { 8, 5, 30 }, { 64, 1, 4 }, { 256, 1, 1 }, { 1024, 1, 1 },
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world_plan plan = WORLD_PLAN;
		struct world *world;

		plan.interval = rows[i].interval;
		world = world_of(test, &plan);
		for (n = 0; n < 10; n++)
			world_queue(world, rows[i].each, HINT);
		iso_pipe_pump(world->pipe);
		KUNIT_EXPECT_EQ_MSG(test, (u32)fake_host.held[0].urb->number_of_packets,
				    rows[i].wanted, "row %u", i);
		fake_host_finish_all();
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static struct winusb_iso_transfer plain_request(void)
{
	return (struct winusb_iso_transfer){
		.buffer = 1, .length = 32, .num_packets = EACH, .flags = HINT,
	};
}

/* The second one differs from what would fit in one thing. */
static void strangers(struct kunit *test)
{
	static const struct {
		const char *what;
		u32 flags, offset, urbs;
	} rows[] = {
		{ "nothing", HINT, 32, 1 },
		{ "it is to be told", 0, 32, 1 },
		{ "CONTINUE", HINT | CONTINUE, 32, 2 },
		{ "lengths", HINT | LENGTHS, 32, 2 },
		{ "a hole between", HINT, 36, 2 },
		{ "data before it", HINT, 0, 2 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *world = world_default(test);
		struct winusb_iso_transfer request = plain_request();
		u32 n;

		for (n = 0; n < EACH; n++)
			world->buffer.table[EACH + n].length = 4;
		world_queue_request(world, &request);
		request.flags = rows[i].flags;
		request.offset = rows[i].offset;
		request.first_packet = EACH;
		world_queue_request(world, &request);
		iso_pipe_pump(world->pipe);
		KUNIT_EXPECT_EQ_MSG(test, fake_host.count, rows[i].urbs, "%s", rows[i].what);
		fake_host_finish_all();
		world_expect(test, world, 0, NEW_STREAM);
		world_expect(test, world, 0, 0);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static void other_buffer(struct kunit *test)
{
	struct world *world = world_default(test);
	struct iso_buffer *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct iso_transfer *last;

	KUNIT_ASSERT_NOT_NULL(test, other);
	*other = world->buffer;
	queue_group(test, world, 2, 0);
	last = list_last_entry(&world->pipe->queue, struct iso_transfer, node);
	last->buffer = other;
	iso_pipe_pump(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.count, 2U);
	fake_host_finish_all();
	world->buffer.pending = 0;
	world->buffer.pending_packets = 0;
}

static void at_frame_goes_alone(struct kunit *test)
{
	struct world *world = world_default(test);
	u64 frame;

	world_submit(world, EACH, 0);
	frame = fake_host.next;
	world_queue_frame(world, EACH, frame, AT_FRAME | HINT);
	world_queue_frame(world, EACH, frame + EACH, AT_FRAME | HINT);
	iso_pipe_pump(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.count, 3U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).start_uframe, frame);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).start_uframe, frame + EACH);
}

/* Its end would be in the middle of an URB, its beginning in another. */
static void long_one_goes_alone(struct kunit *test)
{
	struct world *world = world_default(test);

	world_queue(world, 72, HINT);
	world_queue(world, 8, 0);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 3U);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->number_of_packets, 8);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 288U);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 32U);
}

static void long_one_stays_out(struct kunit *test)
{
	struct world *world = world_default(test);

	world_queue(world, 8, HINT);
	world_queue(world, 57, 0);
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 228U);
}

static void cancelled_stays_out(struct kunit *test)
{
	struct world *world = world_default(test);

	queue_group(test, world, 3, 0);
	list_last_entry(&world->pipe->queue, struct iso_transfer, node)->cancelled = true;
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.held[0].urb->number_of_packets, 16);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, -ECONNRESET, NOT_SENT);
}

static void spoil_two(struct urb *urb)
{
	urb->iso_frame_desc[7].status = -EILSEQ;
	urb->iso_frame_desc[8].actual_length = 1;
	urb->iso_frame_desc[23].actual_length = 5;
}

static void errors_in_place(struct kunit *test)
{
	static const u32 length[] = { 32, 29, 32 }, errors[] = { 1, 0, 1 };
	struct world *world = world_with_group(test, 3, 0);
	const struct winusb_iso_packet *table = world->buffer.table;
	u32 i;

	fake_host.edit = spoil_two;
	fake_host_finish(0);
	for (i = 0; i < 3; i++) {
		struct winusb_iso_completion result = world_reap(test, world);

		KUNIT_EXPECT_EQ(test, result.status, 0);
		KUNIT_EXPECT_EQ(test, result.actual_length, length[i]);
		KUNIT_EXPECT_EQ(test, result.error_count, errors[i]);
	}
	KUNIT_EXPECT_EQ(test, table[7].status, -EILSEQ);
	KUNIT_EXPECT_EQ(test, table[8].length, 1U);
	KUNIT_EXPECT_EQ(test, table[23].status, -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, table[23].length, 4U);
}

static int told;

static void tell_fewer(struct urb *urb)
{
	urb->number_of_packets = told;
}

static void too_few_answers(struct kunit *test)
{
	static const struct { int told; u32 errors[3]; } rows[] = {
		{ 24, { 0, 0, 0 } }, { 23, { 0, 0, 1 } }, { 16, { 0, 0, 8 } },
		{ 10, { 0, 6, 8 } }, { 1, { 7, 8, 8 } }, { 0, { 8, 8, 8 } },
		{ INT_MIN, { 8, 8, 8 } }, { -1, { 8, 8, 8 } }, { INT_MAX, { 0, 0, 0 } },
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *world = world_with_group(test, 3, 0);

		told = rows[i].told;
		fake_host.edit = tell_fewer;
		fake_host_finish(0);
		for (n = 0; n < 3; n++)
			KUNIT_EXPECT_EQ_MSG(test, world_reap(test, world).error_count,
					    rows[i].errors[n], "row %u transfer %u", i, n);
		world_suite_exit(test);
		world_suite_init(test);
	}
}

static void fail_together(struct kunit *test)
{
	struct world *world = world_with_group(test, 3, 0);

	fake_host_give_back(fake_host.held[0].urb, -EPROTO);
	world_expect(test, world, -EPROTO, NEW_STREAM);
	world_expect(test, world, -EPROTO, 0);
	world_expect(test, world, -EPROTO, 0);
}

/* Only the first one has been refused; the others get their own turn. */
static void refused(struct kunit *test)
{
	struct world *world = world_default(test);

	queue_group(test, world, 3, 0);
	queue_group(test, world, 1, 0);
	fake_host.refuse_with = -ENOSPC;
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->number_of_packets, 16);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->transfer_buffer_length, 64U);
	KUNIT_EXPECT_EQ(test, fake_host.held[1].urb->number_of_packets, 8);
	world_expect(test, world, -ENOSPC, NEW_STREAM | NOT_SENT);
	KUNIT_EXPECT_EQ(test, world->buffer.table[EACH - 1].offset, 28U);
	KUNIT_EXPECT_EQ(test, world->buffer.table[EACH - 1].status, -EXDEV);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
}

static void refused_alone(struct kunit *test)
{
	struct world *world = world_default(test);

	queue_group(test, world, 2, 0);
	fake_host.refuse_with = -ENOSPC;
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->number_of_packets, 8);
	fake_host_finish_all();
	world_expect(test, world, -ENOSPC, NEW_STREAM | NOT_SENT);
	KUNIT_EXPECT_EQ(test, world_reap(test, world).actual_length, 32U);
}

static void stopped(struct kunit *test)
{
	struct world *world = world_with_group(test, 3, 0);
	u32 i;

	queue_group(test, world, 2, 0);
	iso_pipe_stop(world->pipe, -ENETRESET);
	for (i = 0; i < 5; i++) {
		struct winusb_iso_completion result = world_reap(test, world);

		KUNIT_EXPECT_EQ(test, result.status, -ENETRESET);
		KUNIT_EXPECT_EQ(test, result.error_count, EACH);
		KUNIT_EXPECT_EQ(test, (u32)result.flags, !i ? NEW_STREAM : i < 3 ? 0U : NOT_SENT);
	}
}

/* The controller has moved what all of them meant to follow directly. */
static void continue_not_met(struct kunit *test)
{
	struct world *world = world_default(test);

	world_submit(world, EACH, 0);
	queue_group(test, world, 3, CONTINUE);
	fake_host.move = 3;
	iso_pipe_pump(world->pipe);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EXDEV, 0);
	world_expect(test, world, -EXDEV, 0);
	world_expect(test, world, -EXDEV, 0);
}

static void cancel_one(struct kunit *test)
{
	struct world *world = world_with_group(test, 3, 0);

	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 1), 0);
	KUNIT_EXPECT_EQ_MSG(test, iso_pipe_cancel(world->pipe, 1), -ENOENT, "twice");
	KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
	KUNIT_EXPECT_FALSE(test, world->pipe->broken);
	KUNIT_ASSERT_EQ(test, world_submit(world, EACH, CONTINUE), 0);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
	world_expect(test, world, 0, 0);
}

static void cancel_all(struct kunit *test)
{
	static const u64 order[] = { 2, 0, 1 };
	struct world *world = world_with_group(test, 3, 0);
	u32 i;

	world_submit(world, EACH, 0);
	fake_host.on_unlink = FAKE_UNLINK_LATER;
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, fake_host.unlinks, 0U);
		KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, order[i]), 0);
	}
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 1U);
	KUNIT_EXPECT_TRUE(test, fake_host.held[0].unlinked);
	KUNIT_EXPECT_FALSE(test, fake_host.held[1].unlinked);
	world_submit(world, EACH, CONTINUE);
	fake_host_finish_all();
	world_expect(test, world, -ECONNRESET, NEW_STREAM);
	world_expect(test, world, -ECONNRESET, 0);
	world_expect(test, world, -ECONNRESET, 0);
	world_expect(test, world, 0, 0);
	world_expect(test, world, -EXDEV, NOT_SENT);
}

/* As with one that has its URB for itself: what was done counts, and the status stays. */
static void cancel_too_late(struct kunit *test)
{
	struct world *world = world_with_group(test, 3, 0);
	u32 i;

	fake_host.on_unlink = FAKE_UNLINK_TOO_LATE;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, iso_pipe_cancel(world->pipe, i), 0);
	for (i = 0; i < 3; i++) {
		struct winusb_iso_completion result = world_reap(test, world);

		KUNIT_EXPECT_EQ(test, result.status, -ECONNRESET);
		KUNIT_EXPECT_EQ(test, result.actual_length, 32U);
		KUNIT_EXPECT_EQ(test, result.error_count, 0U);
	}
}

static void lengths_changed(struct kunit *test)
{
	struct world *world = world_default(test);
	struct winusb_iso_transfer request = plain_request();
	u32 i;

	for (i = 0; i < 2 * EACH; i++)
		world->buffer.table[i].length = 4;
	request.flags |= LENGTHS;
	world_queue_request(world, &request);
	request.offset = 32;
	request.first_packet = EACH;
	world_queue_request(world, &request);
	world->buffer.table[EACH + 3].length = 5;
	iso_pipe_pump(world->pipe);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->number_of_packets, 8);
	KUNIT_EXPECT_EQ(test, fake_host.held[0].urb->transfer_buffer_length, 32U);
	fake_host_finish_all();
	world_expect(test, world, 0, NEW_STREAM);
	world_expect(test, world, -EMSGSIZE, NOT_SENT);
}

static struct kunit_case cases[] = {
	CASE(one_urb, "transfers that need not be told one by one share an URB"),
	CASE(gap_told_once, "a gap is told by the first of those that share, once"),
	CASE(ends_where_told, "an URB ends with the transfer that is to be told"),
	CASE(nothing_is_held_back, "nothing waits for others to share with"),
	CASE(most_packets, "no more share than 64 packets and 32 ms"),
	CASE(strangers, "only neighbours that ask for the same share"),
	CASE(other_buffer, "what is in another buffer does not share"),
	CASE(at_frame_goes_alone, "what goes at a frame does not share"),
	CASE(long_one_goes_alone, "what needs several URBs shares none"),
	CASE(long_one_stays_out, "what does not fit whole stays out"),
	CASE(cancelled_stays_out, "what was cancelled in time does not go with the others"),
	CASE(errors_in_place, "errors count to the transfer whose packet it was"),
	CASE(too_few_answers, "packets that were not answered for are told by their own transfer"),
	CASE(fail_together, "when an URB fails, so does each that shares it"),
	CASE(refused, "when the controller refuses, the first fails and the others try again"),
	CASE(refused_alone, "when nothing is behind them the others try again, too"),
	CASE(stopped, "a pipe that stops ends those that share, each with the reason"),
	CASE(continue_not_met, "CONTINUE that is not met is told by all that share"),
	CASE(cancel_one, "a cancelled one goes on while another needs the URB"),
	CASE(cancel_all, "an URB is withdrawn when all that share it are cancelled"),
	CASE(cancel_too_late, "what was done when all were cancelled keeps its data"),
	CASE(lengths_changed, "lengths changed before they are used keep a transfer out"),
	{}
};

struct kunit_suite iso_share_suite = {
	.name = "share",
	.init = world_suite_init,
	.exit = world_suite_exit,
	.test_cases = cases,
};
