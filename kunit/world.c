// SPDX-License-Identifier: GPL-2.0-only
/* A pipe with everything around it. */

#include <linux/slab.h>

#include "world.h"

int world_suite_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct world), GFP_KERNEL);
	memset(&trace_counts, 0, sizeof(trace_counts));
	return test->priv ? 0 : -ENOMEM;
}

static void world_make_buffer(struct kunit *test, struct world *world)
{
	struct iso_buffer *buffer = &world->buffer;

	buffer->pipe = world->pipe;
	buffer->ring = &world->ring;
	buffer->handle = 1;
	buffer->packets = world->plan.packets;
	buffer->size = world->plan.packets * world->plan.max_bytes;
	buffer->data = kvzalloc(buffer->size, GFP_KERNEL);
	buffer->table = kvcalloc(buffer->packets, sizeof(*buffer->table),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buffer->data);
	KUNIT_ASSERT_NOT_NULL(test, buffer->table);
}

static void world_make_pipe(struct kunit *test, struct world *world)
{
	const struct world_plan *plan = &world->plan;

	world->udev = kunit_kzalloc(test, sizeof(*world->udev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, world->udev);
	world->udev->speed = plan->speed;
	iso_bus_time_init(&world->time, world->udev,
			  plan->controller.has_counter);
	world->pipe = iso_pipe_create(&fake_host_ops, world->udev,
				      plan->out ? 0x01 : 0x81, &world->time,
				      &plan->controller, 0);
	KUNIT_ASSERT_NOT_NULL(test, world->pipe);
	world->endpoint.max_bytes = plan->max_bytes;
	world->endpoint.interval = plan->interval;
	iso_pipe_configure(world->pipe, &world->endpoint);
}

/** world_of - build the world of a test; world_suite_exit() takes it down */
struct world *world_of(struct kunit *test, const struct world_plan *plan)
{
	struct world *world = test->priv;

	world->plan = *plan;
	fake_host_begin(plan->controller.reports,
			plan->speed == USB_SPEED_FULL ? 8 : 1);
	iso_ring_init(&world->ring);
	KUNIT_ASSERT_EQ(test, iso_ring_create(&world->ring, 16384), 0);
	world_make_pipe(test, world);
	world_make_buffer(test, world);
	return world;
}

struct world *world_default(struct kunit *test)
{
	const struct world_plan plan = WORLD_PLAN;

	return world_of(test, &plan);
}

/* Whatever a test did: all that was accepted completed, and nothing is left. */
static void world_expect_clean(struct kunit *test, struct world *world)
{
	while (world_has_completion(world))
		world_reap(test, world);
	KUNIT_EXPECT_EQ(test, world->reaped, world->queued);
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
	KUNIT_EXPECT_EQ(test, world->ring.outstanding, 0U);
	KUNIT_EXPECT_EQ(test, world->buffer.pending, 0U);
	KUNIT_EXPECT_EQ(test, world->buffer.pending_packets, 0U);
	KUNIT_EXPECT_EQ(test, world->pipe->busy_span, 0U);
	KUNIT_EXPECT_FALSE(test, world->pipe->pumping);
	KUNIT_EXPECT_TRUE(test, list_empty(&world->pipe->pending));
	KUNIT_EXPECT_TRUE(test, list_empty(&world->pipe->queue));
	KUNIT_EXPECT_TRUE(test, list_empty(&world->pipe->busy));
	KUNIT_EXPECT_EQ(test, trace_counts.completes, trace_counts.submits);
}

void world_suite_exit(struct kunit *test)
{
	struct world *world = test->priv;

	if (world->pipe) {
		fake_host.finishes_at_once = false;
		fake_host.on_unlink = FAKE_UNLINK_CANCELS;
		if (!world->pipe->stopping)
			iso_pipe_stop(world->pipe, -ENODEV);
		world_expect_clean(test, world);
		iso_pipe_destroy(world->pipe);
	}
	kvfree(world->buffer.data);
	kvfree(world->buffer.table);
	iso_ring_destroy(&world->ring);
}

/** world_queue_request - as SUBMIT does once it has found the request good */
int world_queue_request(struct world *world, struct winusb_iso_transfer *request)
{
	struct iso_transfer *transfer = iso_ring_reserve(&world->ring);
	int err;

	if (!transfer)
		return -EAGAIN;
	*transfer = (struct iso_transfer){
		.request = *request,
		.result = {
			.cookie = world->queued,
			.num_packets = request->num_packets,
			.buffer = world->buffer.handle,
			.pipe = world->pipe->address,
		},
		.buffer = &world->buffer,
	};
	transfer->request.cookie = world->queued;
	err = iso_pipe_queue(world->pipe, transfer);
	if (err)
		iso_ring_unreserve(&world->ring, transfer);
	else
		world->queued++;
	return err;
}

static struct winusb_iso_transfer world_request(struct world *world, u32 packets,
						u32 flags)
{
	u32 max_bytes = world->plan.max_bytes;
	struct winusb_iso_transfer request;

	if (world->cursor + packets > world->plan.packets)
		world->cursor = 0;
	request = (struct winusb_iso_transfer){
		.buffer = 1,
		.flags = flags,
		.offset = world->cursor * max_bytes,
		.length = packets * max_bytes,
		.first_packet = world->cursor,
		.num_packets = packets,
	};
	world->cursor += packets;
	return request;
}

/** world_queue - queue a transfer of full packets; nothing is handed over yet */
int world_queue(struct world *world, u32 packets, u32 flags)
{
	struct winusb_iso_transfer request = world_request(world, packets, flags);

	return world_queue_request(world, &request);
}

/** world_submit - queue a transfer of full packets and pump */
int world_submit(struct world *world, u32 packets, u32 flags)
{
	int err = world_queue(world, packets, flags);

	if (!err)
		iso_pipe_pump(world->pipe);
	return err;
}

int world_queue_frame(struct world *world, u32 packets, u64 uframe, u32 flags)
{
	struct winusb_iso_transfer request = world_request(world, packets, flags);

	request.start_uframe = uframe;
	return world_queue_request(world, &request);
}

/** world_submit_frame - the same, to begin at a bus time */
int world_submit_frame(struct world *world, u32 packets, u64 uframe, u32 flags)
{
	int err = world_queue_frame(world, packets, uframe, flags);

	if (!err)
		iso_pipe_pump(world->pipe);
	return err;
}

int world_submit_at(struct world *world, u32 packets, u64 uframe)
{
	return world_submit_frame(world, packets, uframe, AT_FRAME);
}

bool world_has_completion(struct world *world)
{
	return iso_ring_peek(&world->ring, NULL);
}

/** world_reap - the oldest completion; it must be the oldest transfer's */
struct winusb_iso_completion world_reap(struct kunit *test, struct world *world)
{
	struct winusb_iso_completion result = {};

	KUNIT_ASSERT_TRUE_MSG(test, iso_ring_peek(&world->ring, &result),
			      "no completion of transfer %llu", world->reaped);
	iso_ring_consume(&world->ring);
	KUNIT_EXPECT_EQ(test, result.cookie, world->reaped);
	KUNIT_EXPECT_EQ(test, result.pipe, world->pipe->address);
	KUNIT_EXPECT_EQ(test, result.buffer, 1U);
	KUNIT_EXPECT_EQ(test, result.reserved, 0ULL);
	world->reaped++;
	return result;
}

void world_expect(struct kunit *test, struct world *world, int status, u32 flags)
{
	struct winusb_iso_completion result = world_reap(test, world);

	KUNIT_EXPECT_EQ_MSG(test, result.status, status, "transfer %llu",
			    result.cookie);
	KUNIT_EXPECT_EQ_MSG(test, (u32)result.flags, flags, "transfer %llu",
			    result.cookie);
}

void world_expect_none(struct kunit *test, struct world *world)
{
	KUNIT_EXPECT_FALSE(test, world_has_completion(world));
}
