// SPDX-License-Identifier: GPL-2.0-only
/* A plain pipe's queue and the head of it that the controller has; results; the halt. */

#include "plain_world.h"

static void one_transfer(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	struct winusb_iso_completion result;

	KUNIT_ASSERT_EQ(test, plain_submit(world), 0);
	KUNIT_ASSERT_EQ(test, fake_host.count, 1U);
	plain_expect_none(test, world);
	KUNIT_EXPECT_EQ(test, world->buffer.pending, 1U);
	plain_finish(0, 0);
	result = plain_reap(test, world);
	KUNIT_EXPECT_EQ(test, result.cookie, 0ULL);
	KUNIT_EXPECT_EQ(test, result.status, 0);
	KUNIT_EXPECT_EQ(test, result.flags, 0);
	KUNIT_EXPECT_EQ(test, result.actual_length, (u32)PLAIN_BYTES);
	KUNIT_EXPECT_EQ(test, result.timestamp_ns, fake_host_now());
	KUNIT_EXPECT_EQ(test, world->buffer.pending, 0U);
}

struct pipe_row {
	enum usb_device_speed speed;
	u8 address;
	u8 type;
	u8 b_interval;
	int interval;
};

/* What usbcore is told of the pipe. */
static void pipes(struct kunit *test)
{
	static const struct pipe_row rows[] = {
		{ USB_SPEED_HIGH, 0x81, USB_ENDPOINT_XFER_BULK, 5, 0 },
		{ USB_SPEED_SUPER, 0x0f, USB_ENDPOINT_XFER_BULK, 0, 0 },
		{ USB_SPEED_LOW, 0x81, USB_ENDPOINT_XFER_INT, 10, 10 },
		{ USB_SPEED_FULL, 0x01, USB_ENDPOINT_XFER_INT, 255, 255 },
		{ USB_SPEED_HIGH, 0x82, USB_ENDPOINT_XFER_INT, 1, 1 },
		{ USB_SPEED_HIGH, 0x02, USB_ENDPOINT_XFER_INT, 4, 8 },
		{ USB_SPEED_SUPER, 0x83, USB_ENDPOINT_XFER_INT, 16, 32768 },
		{ USB_SPEED_SUPER, 0x83, USB_ENDPOINT_XFER_INT, 17, 32768 },
		{ USB_SPEED_HIGH, 0x83, USB_ENDPOINT_XFER_INT, 0, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct pipe_row *row = &rows[i];
		struct plain_world *world =
			plain_world_of(test, row->speed, row->address, row->type,
				       row->b_interval);
		const struct urb *urb;

		KUNIT_EXPECT_TRUE_MSG(test, world->plain->usable, "row %u", i);
		plain_submit(world);
		urb = plain_held(0);
		KUNIT_EXPECT_EQ_MSG(test, urb->interval, row->interval, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, usb_pipeendpoint(urb->pipe),
				    row->address & 15, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, !!usb_pipein(urb->pipe),
				    row->address >> 7, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, usb_pipebulk(urb->pipe),
				    row->type == USB_ENDPOINT_XFER_BULK, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, usb_pipeint(urb->pipe),
				    row->type == USB_ENDPOINT_XFER_INT, "row %u", i);
		plain_suite_exit(test);
		plain_suite_init(test);
	}
}

/* Endpoints of another kind, without packets, or that are not there. */
static void unusable(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	iso_plain_configure(world->plain, false);
	KUNIT_EXPECT_FALSE(test, world->plain->usable);
	world->endpoint.desc.bmAttributes = USB_ENDPOINT_XFER_ISOC;
	iso_plain_configure(world->plain, true);
	KUNIT_EXPECT_FALSE(test, world->plain->usable);
	world->endpoint.desc.bmAttributes = USB_ENDPOINT_XFER_INT;
	iso_plain_configure(world->plain, true);
	KUNIT_EXPECT_TRUE(test, world->plain->usable);
	world->endpoint.desc.wMaxPacketSize = 0;
	iso_plain_configure(world->plain, true);
	KUNIT_EXPECT_FALSE(test, world->plain->usable);
	world->udev->ep_out[1] = NULL;
	iso_plain_configure(world->plain, true);
	KUNIT_EXPECT_FALSE(test, world->plain->usable);
}

static void loaded(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	struct winusb_iso_transfer request = {
		.buffer = 1, .offset = 100, .length = 77,
		.flags = WINUSB_ISO_TRANSFER_ZERO_PACKET,
	};
	const struct urb *urb;

	plain_queue_request(world, &request, NULL);
	request.flags = WINUSB_ISO_TRANSFER_SHORT_NOT_OK;
	request.length = 0;
	plain_queue_request(world, &request, NULL);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.count, 0U, "nobody has pumped");
	iso_plain_pump(world->plain);
	KUNIT_ASSERT_EQ(test, fake_host.count, 2U);
	urb = plain_held(0);
	KUNIT_EXPECT_PTR_EQ(test, urb->transfer_buffer, world->buffer.data + 100);
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 77U);
	KUNIT_EXPECT_EQ(test, urb->transfer_flags, (unsigned int)URB_ZERO_PACKET);
	urb = plain_held(1);
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 0U);
	KUNIT_EXPECT_EQ(test, urb->transfer_flags, (unsigned int)URB_SHORT_NOT_OK);
	fake_host_finish_all();
}

/* 32 at a time, in order of submission. */
static void head_window(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	unsigned int i;

	plain_submit_many(test, world, 100);
	KUNIT_EXPECT_EQ(test, fake_host.count, 32U);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_PTR_EQ_MSG(test, plain_held(0)->transfer_buffer,
					world->buffer.data + i * PLAIN_BYTES,
					"transfer %u", i);
		plain_finish(0, 0);
		KUNIT_EXPECT_EQ_MSG(test, fake_host.count, min(32U, 99 - i),
				    "after %u", i);
		plain_expect_done(test, world, i);
	}
	KUNIT_EXPECT_EQ(test, fake_host.most, 32U);
}

static void any_order(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	u64 before = 0;
	int i;

	plain_submit_many(test, world, 4);
	plain_finish(3, 0);
	fake_host_advance(1);
	plain_finish(1, 0);
	plain_expect_none(test, world);
	fake_host_advance(1);
	plain_finish(0, 0);
	plain_finish(0, 0);
	for (i = 0; i < 4; i++) {
		struct winusb_iso_completion result = plain_reap(test, world);

		KUNIT_EXPECT_EQ(test, result.cookie, (u64)i);
		KUNIT_EXPECT_GE(test, result.timestamp_ns, before);
		before = result.timestamp_ns;
	}
}

static void at_once(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	u32 ended;
	int i;

	fake_host.finishes_at_once = true;
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, plain_queue(world), 0);
	/* The work is queued to this processor, so it does not begin here. */
	works_hold();
	iso_plain_pump(world->plain);
	ended = world->ring.completion_tail;
	works_release();
	KUNIT_EXPECT_EQ_MSG(test, ended, 64U, "the budget of one call");
	plain_settle(world);
	KUNIT_EXPECT_EQ(test, fake_host.most, 1U);
	for (i = 0; i < 1000; i++)
		plain_expect_done(test, world, i);
}

/* --- control --- */

static void queue_setup(struct plain_world *world, u8 request_type, u16 length)
{
	const struct usb_ctrlrequest setup = {
		.bRequestType = request_type,
		.bRequest = 0x5a,
		.wLength = cpu_to_le16(length),
	};
	struct winusb_iso_transfer request = {
		.buffer = 1, .offset = 64, .length = 64,
	};

	plain_queue_request(world, &request, &setup);
	iso_plain_pump(world->plain);
}

static void control_load(struct kunit *test)
{
	struct plain_world *world = plain_control(test);
	const struct usb_ctrlrequest *setup;
	const struct urb *urb;

	queue_setup(world, USB_DIR_IN | USB_TYPE_VENDOR, 40);
	queue_setup(world, USB_DIR_IN | USB_TYPE_VENDOR, 0);
	queue_setup(world, USB_DIR_OUT | USB_TYPE_VENDOR, 7);
	KUNIT_ASSERT_EQ_MSG(test, fake_host.count, 1U, "one by one");
	urb = plain_held(0);
	setup = (void *)urb->setup_packet;
	KUNIT_EXPECT_EQ(test, setup->bRequest, 0x5a);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(setup->wLength), 40);
	KUNIT_EXPECT_TRUE(test, usb_pipecontrol(urb->pipe));
	KUNIT_EXPECT_TRUE(test, usb_pipein(urb->pipe));
	KUNIT_EXPECT_PTR_EQ(test, urb->transfer_buffer, world->buffer.data + 72);
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 40U);
	plain_finish(0, 0);
	urb = plain_held(0);
	KUNIT_EXPECT_FALSE_MSG(test, usb_pipein(urb->pipe), "without data it is OUT");
	KUNIT_EXPECT_EQ(test, urb->transfer_buffer_length, 0U);
	plain_finish(0, 0);
	KUNIT_EXPECT_FALSE(test, usb_pipein(plain_held(0)->pipe));
	plain_finish(0, 0);
	KUNIT_EXPECT_EQ(test, plain_reap(test, world).actual_length, 40U);
	KUNIT_EXPECT_EQ(test, plain_reap(test, world).actual_length, 0U);
	KUNIT_EXPECT_EQ(test, plain_reap(test, world).actual_length, 7U);
}

static void control_stall(struct kunit *test)
{
	struct plain_world *world = plain_control(test);

	plain_submit_many(test, world, 3);
	plain_finish(0, -EPIPE);
	plain_finish(0, -ETIME);
	plain_finish(0, 0);
	KUNIT_EXPECT_FALSE(test, world->plain->halted);
	plain_expect(test, world, 0, -EPIPE, 0);
	plain_expect(test, world, 1, -ETIME, 0);
	plain_expect(test, world, 2, 0, 0);
}

static void control_refused(struct kunit *test)
{
	struct plain_world *world = plain_control(test);

	fake_host.refuse_with = -ENOMEM;
	plain_submit(world);
	plain_submit(world);
	plain_finish(0, 0);
	plain_expect(test, world, 0, -ENOMEM, NOT_SENT);
	plain_expect(test, world, 1, 0, 0);
}

/* --- results --- */

static u32 says_length;

static void say_length(struct urb *urb)
{
	urb->actual_length = says_length;
}

struct result_row {
	int urb_status;
	u32 urb_length;
	int status;
	u32 length;
	bool halts;
};

static void results(struct kunit *test)
{
	static const struct result_row rows[] = {
		{ 0, 0, 0, 0, false },
		{ 0, 16, 0, 16, false },
		{ 0, 17, -EOVERFLOW, 16, true },
		{ 0, U32_MAX, -EPROTO, 0, true },
		{ 0, 1U << 31, -EPROTO, 0, true },
		{ -EPIPE, 17, -EPIPE, 16, true },
		{ -EPIPE, 3, -EPIPE, 3, true },
		{ -EPIPE, U32_MAX, -EPIPE, 0, true },
		{ -EREMOTEIO, 5, -EREMOTEIO, 5, false },
		{ -EOVERFLOW, 16, -EOVERFLOW, 16, true },
		{ -EPROTO, 0, -EPROTO, 0, true },
		{ -EILSEQ, 0, -EILSEQ, 0, true },
		{ -ETIME, 0, -ETIME, 0, true },
		{ 1, 0, -EPROTO, 0, true },
		{ INT_MIN, 0, -EPROTO, 0, true },
		{ -4096, 0, -EPROTO, 0, true },
		{ -4095, 0, -4095, 0, true },
		{ -ESHUTDOWN, 0, -ENODEV, 0, false },
		{ -ECONNRESET, 2, -ECONNRESET, 2, false },
		{ -ENOENT, 0, -ECONNRESET, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plain_world *world = plain_bulk(test);
		struct winusb_iso_completion result;

		says_length = rows[i].urb_length;
		fake_host.edit = say_length;
		plain_submit(world);
		plain_finish(0, rows[i].urb_status);
		result = plain_reap(test, world);
		KUNIT_EXPECT_EQ_MSG(test, result.status, rows[i].status, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, result.actual_length, rows[i].length,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, world->plain->halted, rows[i].halts,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, plain_submit(world),
				    rows[i].halts ? -EPIPE : 0, "row %u", i);
		plain_suite_exit(test);
		plain_suite_init(test);
	}
}

/* --- the halt --- */

static void halt_with(struct kunit *test, enum fake_unlink on_unlink, int status)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	fake_host.on_unlink = on_unlink;
	plain_submit_many(test, world, 50);
	plain_finish(0, 0);
	plain_finish(0, -EPIPE);
	KUNIT_EXPECT_EQ(test, plain_queue(world), -EPIPE);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 31U);
	fake_host_finish_all();
	plain_settle(world);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 33U, "nothing behind it went");
	plain_expect_done(test, world, 0);
	plain_expect(test, world, 1, -EPIPE, 0);
	for (i = 2; i < 50; i++)
		plain_expect(test, world, i, i < 33 ? status : -ECANCELED,
			     i < 33 ? 0 : NOT_SENT);
	plain_suite_exit(test);
	plain_suite_init(test);
}

static void halted(struct kunit *test)
{
	halt_with(test, FAKE_UNLINK_CANCELS, -ECANCELED);
	halt_with(test, FAKE_UNLINK_LATER, -ECANCELED);
	halt_with(test, FAKE_UNLINK_TOO_LATE, 0);
}

/* The last of several fails: those before it have still their own results. */
static void halted_behind(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	fake_host.on_unlink = FAKE_UNLINK_LATER;
	plain_submit_many(test, world, 3);
	plain_finish(2, -EPROTO);
	plain_expect_none(test, world);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 2U);
	fake_host_finish_all();
	plain_expect(test, world, 0, -ECANCELED, 0);
	plain_expect(test, world, 1, -ECANCELED, 0);
	plain_expect(test, world, 2, -EPROTO, 0);
}

/* Also when its slots have been used in another order before. */
static void halted_from_its_end(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	unsigned int used, i;

	world->ops.unlink = plain_unlink_and_go_on;
	for (used = 0; used < 3; used++) {
		plain_submit_many(test, world, 3 * used);
		fake_host_finish_all();
		for (i = 0; i < 3 * used; i++)
			plain_expect_done(test, world, world->reaped);
		plain_submit_many(test, world, 8);
		fake_host.on_unlink = FAKE_UNLINK_CANCELS;
		plain_finish(0, -EPIPE);
		plain_settle(world);
		plain_expect(test, world, world->reaped, -EPIPE, 0);
		for (i = 1; i < 8; i++)
			plain_expect(test, world, world->reaped, -ECANCELED, 0);
		iso_plain_clear(world->plain);
	}
}

static void fail_all(struct urb *urb)
{
	urb->status = -EPIPE;
}

static void halted_at_once(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	fake_host.finishes_at_once = true;
	fake_host.edit = fail_all;
	for (i = 0; i < 100; i++)
		plain_queue(world);
	iso_plain_pump(world->plain);
	plain_settle(world);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 1U,
			    "it failed before submit returned");
	plain_expect(test, world, 0, -EPIPE, 0);
	for (i = 1; i < 100; i++)
		plain_expect(test, world, i, -ECANCELED, NOT_SENT);
}

/* Each of the others fails, too, when it is unlinked: the pipe is halted once. */
static void halted_in_unlink(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	plain_submit_many(test, world, 10);
	fake_host.on_unlink = FAKE_UNLINK_TOO_LATE;
	fake_host.edit = fail_all;
	plain_finish(0, -EPIPE);
	plain_settle(world);
	KUNIT_EXPECT_EQ(test, fake_host.unlinks, 9U);
	for (i = 0; i < 10; i++)
		plain_expect(test, world, i, -EPIPE, 0);
}

static void cleared(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);

	plain_submit(world);
	plain_finish(0, -EPIPE);
	iso_plain_start(world->plain);
	KUNIT_EXPECT_EQ_MSG(test, plain_submit(world), -EPIPE, "it was not stopped");
	iso_plain_stop(world->plain, -ECONNRESET);
	KUNIT_EXPECT_EQ(test, plain_submit(world), -ECONNRESET);
	iso_plain_start(world->plain);
	KUNIT_EXPECT_EQ_MSG(test, plain_submit(world), -EPIPE, "still halted");
	iso_plain_stop(world->plain, -ECONNRESET);
	iso_plain_clear(world->plain);
	iso_plain_start(world->plain);
	KUNIT_EXPECT_EQ(test, plain_submit(world), 0);
	plain_finish(0, 0);
	plain_expect(test, world, 0, -EPIPE, 0);
	plain_expect_done(test, world, 1);
}

static void halted_deep(struct kunit *test)
{
	struct plain_world *world = plain_bulk(test);
	int i;

	for (i = 0; i < 10000; i++)
		KUNIT_ASSERT_EQ(test, plain_queue(world), 0);
	iso_plain_pump(world->plain);
	plain_finish(0, -EPIPE);
	plain_settle(world);
	plain_expect(test, world, 0, -EPIPE, 0);
	for (i = 1; i < 10000; i++)
		plain_expect(test, world, i, -ECANCELED, i < 32 ? 0 : NOT_SENT);
}

struct refusal_row {
	int error;
	int status;
	bool halts;
};

static void refused(struct kunit *test)
{
	static const struct refusal_row rows[] = {
		{ -ENOMEM, -ENOMEM, true },
		{ -EMSGSIZE, -EMSGSIZE, true },
		{ -EHOSTUNREACH, -EHOSTUNREACH, true },
		{ -ESHUTDOWN, -ENODEV, false },
		{ -ENOENT, -ENODEV, false },
		{ -EPERM, -ENODEV, false },
		{ -ENODEV, -ENODEV, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct plain_world *world = plain_bulk(test);

		fake_host.refuse_with = rows[i].error;
		fake_host.refuse_after = 1;
		plain_queue(world);
		plain_queue(world);
		plain_queue(world);
		iso_plain_pump(world->plain);
		plain_settle(world);
		KUNIT_EXPECT_EQ_MSG(test, world->plain->halted, rows[i].halts,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, fake_host.count,
				    rows[i].halts ? 1U : 2U, "row %u", i);
		fake_host_finish_all();
		plain_expect_done(test, world, 0);
		plain_expect(test, world, 1, rows[i].status, NOT_SENT);
		plain_expect(test, world, 2, rows[i].halts ? -ECANCELED : 0,
			     rows[i].halts ? NOT_SENT : 0);
		plain_suite_exit(test);
		plain_suite_init(test);
	}
}

static struct kunit_case cases[] = {
	CASE(one_transfer, "a transfer goes to the controller and completes"),
	CASE(pipes, "a pipe has the type, direction and interval of its endpoint"),
	CASE(unusable, "an endpoint that can not carry data makes no pipe"),
	CASE(loaded, "a transfer takes its slice and flags to the controller"),
	CASE(head_window, "the controller has 32 transfers and each completion refills them"),
	CASE(any_order, "completions come in order of submission whatever comes back first"),
	CASE(at_once, "a controller may give every URB back before submit returns"),
	CASE(control_load, "control transfers go one by one with their setup packets"),
	CASE(control_stall, "a stalled control transfer halts nothing"),
	CASE(control_refused, "a refused control transfer halts nothing"),
	CASE(results, "what an URB says becomes a result, nonsense too"),
	CASE(halted, "a failed transfer halts the pipe and nothing behind it goes"),
	CASE(halted_from_its_end, "a halt withdraws the last first: nothing goes on behind it"),
	CASE(halted_behind, "what was before a failed transfer is withdrawn, too"),
	CASE(halted_at_once, "a failure before submit returns lets nothing more out"),
	CASE(halted_in_unlink, "a failure inside unlink halts the pipe no second time"),
	CASE(cleared, "a halted pipe takes nothing until it is cleared"),
	CASE(halted_deep, "ten thousand transfers behind a failed one end unsent"),
	CASE(refused, "a transfer that the controller refuses says why"),
	{}
};

struct kunit_suite iso_plain_suite = {
	.name = "plain",
	.init = plain_suite_init,
	.exit = plain_suite_exit,
	.test_cases = cases,
};
