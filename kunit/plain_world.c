// SPDX-License-Identifier: GPL-2.0-only
/* A plain pipe with everything around it. */

#include <linux/slab.h>

#include "plain_world.h"

static struct plain_world *present;

static int plain_world_submit(struct urb *urb)
{
	void (*before)(struct plain_world *world) = present->before_submit;

	present->before_submit = NULL;
	if (before)
		before(present);
	return fake_host_ops.submit(urb);
}

int plain_suite_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct plain_world), GFP_KERNEL);
	memset(&trace_counts, 0, sizeof(trace_counts));
	return test->priv ? 0 : -ENOMEM;
}

static void plain_world_make_endpoint(struct plain_world *world, u8 address,
				      u8 type, u8 interval)
{
	unsigned int number = address & USB_ENDPOINT_NUMBER_MASK;

	world->endpoint.desc = (struct usb_endpoint_descriptor){
		.bLength = USB_DT_ENDPOINT_SIZE,
		.bDescriptorType = USB_DT_ENDPOINT,
		.bEndpointAddress = address,
		.bmAttributes = type,
		.wMaxPacketSize = cpu_to_le16(64),
		.bInterval = interval,
	};
	if (address & USB_DIR_IN)
		world->udev->ep_in[number] = &world->endpoint;
	else
		world->udev->ep_out[number] = &world->endpoint;
}

/** plain_world_of - build the world of a test; plain_suite_exit() takes it down */
struct plain_world *plain_world_of(struct kunit *test, enum usb_device_speed speed,
				   u8 address, u8 type, u8 interval)
{
	struct plain_world *world = test->priv;
	struct iso_buffer *buffer = &world->buffer;

	present = world;
	fake_host_begin(ISO_REPORTS_NEVER, 1);
	world->ops = fake_host_ops;
	world->ops.submit = plain_world_submit;
	world->udev = kunit_kzalloc(test, sizeof(*world->udev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, world->udev);
	world->udev->speed = speed;
	plain_world_make_endpoint(world, address, type, interval);
	iso_ring_init(&world->ring);
	KUNIT_ASSERT_EQ(test, iso_ring_create(&world->ring, PLAIN_MOST), 0);
	world->plain = iso_plain_create(&world->ops, world->udev, NULL, address, 0);
	KUNIT_ASSERT_NOT_NULL(test, world->plain);
	iso_plain_configure(world->plain, true);
	buffer->plain = world->plain;
	buffer->ring = &world->ring;
	buffer->handle = 1;
	buffer->size = PLAIN_MOST * PLAIN_BYTES;
	buffer->data = kvzalloc(buffer->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buffer->data);
	return world;
}

struct plain_world *plain_bulk(struct kunit *test)
{
	return plain_world_of(test, USB_SPEED_HIGH, PLAIN_OUT,
			      USB_ENDPOINT_XFER_BULK, 0);
}

struct plain_world *plain_control(struct kunit *test)
{
	return plain_world_of(test, USB_SPEED_HIGH, 0, USB_ENDPOINT_XFER_CONTROL, 0);
}

static unsigned int plain_idle_slots(const struct iso_plain *plain)
{
	const struct iso_plain_slot *slot;
	unsigned int count = 0;

	list_for_each_entry(slot, &plain->idle, node)
		count += !slot->held && !slot->transfer;
	return count;
}

/* Whatever a test did: all that was accepted completed, and nothing is left. */
static void plain_expect_clean(struct kunit *test, struct plain_world *world)
{
	while (iso_ring_peek(&world->ring, NULL))
		plain_reap(test, world);
	KUNIT_EXPECT_EQ(test, world->reaped, world->queued);
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
	KUNIT_EXPECT_EQ(test, world->ring.outstanding, 0U);
	KUNIT_EXPECT_EQ(test, world->buffer.pending, 0U);
	KUNIT_EXPECT_FALSE(test, world->plain->pumping);
	KUNIT_EXPECT_TRUE(test, list_empty(&world->plain->pending));
	KUNIT_EXPECT_TRUE(test, list_empty(&world->plain->queue));
	KUNIT_EXPECT_EQ(test, plain_idle_slots(world->plain),
			world->plain->num_slots);
	KUNIT_EXPECT_EQ(test, trace_counts.completes, trace_counts.submits);
}

void plain_suite_exit(struct kunit *test)
{
	struct plain_world *world = test->priv;

	if (world->plain) {
		fake_host.finishes_at_once = false;
		fake_host.on_unlink = FAKE_UNLINK_CANCELS;
		fake_host.edit = NULL;
		world->before_submit = NULL;
		if (!world->plain->stopping)
			iso_plain_stop(world->plain, -ENODEV);
		plain_expect_clean(test, world);
		iso_plain_destroy(world->plain);
	}
	kvfree(world->buffer.data);
	iso_ring_destroy(&world->ring);
}

/** plain_queue_request - as SUBMIT does once it has found the request good */
int plain_queue_request(struct plain_world *world,
			struct winusb_iso_transfer *request,
			const struct usb_ctrlrequest *setup)
{
	struct iso_transfer *transfer = iso_ring_reserve(&world->ring);
	int err;

	if (!transfer)
		return -EAGAIN;
	*transfer = (struct iso_transfer){
		.request = *request,
		.result = {
			.cookie = world->queued,
			.buffer = world->buffer.handle,
			.pipe = world->plain->address,
		},
		.buffer = &world->buffer,
	};
	transfer->request.cookie = world->queued;
	if (setup)
		transfer->setup = *setup;
	err = iso_plain_queue(world->plain, transfer);
	if (err)
		iso_ring_unreserve(&world->ring, transfer);
	else
		world->queued++;
	return err;
}

/** plain_queue - queue a transfer with a place of its own in the buffer */
int plain_queue(struct plain_world *world)
{
	static const struct usb_ctrlrequest setup = {
		.bRequestType = USB_DIR_OUT | USB_TYPE_VENDOR,
		.wLength = cpu_to_le16(PLAIN_BYTES - sizeof(setup)),
	};
	struct winusb_iso_transfer request = {
		.buffer = 1,
		.offset = world->queued % PLAIN_MOST * PLAIN_BYTES,
		.length = PLAIN_BYTES,
	};

	return plain_queue_request(world, &request,
				   world->plain->address ? NULL : &setup);
}

/** plain_submit - the same, and pump */
int plain_submit(struct plain_world *world)
{
	int err = plain_queue(world);

	if (!err)
		iso_plain_pump(world->plain);
	return err;
}

void plain_submit_many(struct kunit *test, struct plain_world *world,
		       unsigned int count)
{
	while (count--)
		KUNIT_ASSERT_EQ(test, plain_submit(world), 0);
}

/** plain_held - the URB that the host got as the @index-th of those it has */
struct urb *plain_held(unsigned int index)
{
	return index < fake_host.count ? fake_host.held[index].urb : NULL;
}

/** plain_finish - the host gives an URB back */
void plain_finish(unsigned int index, int status)
{
	fake_host_give_back(plain_held(index), status);
}

struct winusb_iso_completion plain_reap(struct kunit *test,
					struct plain_world *world)
{
	struct winusb_iso_completion result = {};

	KUNIT_ASSERT_TRUE_MSG(test, iso_ring_peek(&world->ring, &result),
			      "no completion after %llu", world->reaped);
	iso_ring_consume(&world->ring);
	KUNIT_EXPECT_EQ(test, result.pipe, world->plain->address);
	KUNIT_EXPECT_EQ(test, result.buffer, 1U);
	KUNIT_EXPECT_EQ(test, result.num_packets, 0U);
	KUNIT_EXPECT_EQ(test, result.error_count, 0U);
	KUNIT_EXPECT_EQ(test, result.start_uframe, 0ULL);
	world->reaped++;
	return result;
}

/** plain_expect - the oldest completion is this one */
void plain_expect(struct kunit *test, struct plain_world *world, u64 cookie,
		  int status, u32 flags)
{
	struct winusb_iso_completion result = plain_reap(test, world);

	KUNIT_EXPECT_EQ(test, result.cookie, cookie);
	KUNIT_EXPECT_EQ_MSG(test, result.status, status, "transfer %llu", cookie);
	KUNIT_EXPECT_EQ_MSG(test, (u32)result.flags, flags, "transfer %llu",
			    cookie);
}

void plain_expect_done(struct kunit *test, struct plain_world *world, u64 cookie)
{
	struct winusb_iso_completion result = plain_reap(test, world);

	KUNIT_EXPECT_EQ(test, result.cookie, cookie);
	KUNIT_EXPECT_EQ_MSG(test, result.status, 0, "transfer %llu", cookie);
	KUNIT_EXPECT_EQ_MSG(test, (u32)result.flags, 0U, "transfer %llu", cookie);
	KUNIT_EXPECT_EQ_MSG(test, result.actual_length, (u32)PLAIN_BYTES,
			    "transfer %llu", cookie);
}

void plain_expect_none(struct kunit *test, struct plain_world *world)
{
	KUNIT_EXPECT_FALSE(test, iso_ring_peek(&world->ring, NULL));
}

/*
 * An unlink as it meets a controller that goes on with what is next when its
 * first has been taken back: for that it is too late then.
 */
int plain_unlink_and_go_on(struct urb *urb)
{
	if (fake_host.on_unlink == FAKE_UNLINK_TOO_LATE || !fake_host.count ||
	    plain_held(0) != urb)
		return fake_host_ops.unlink(urb);
	fake_host.on_unlink = FAKE_UNLINK_TOO_LATE;
	fake_host_give_back(urb, -ECONNRESET);
	return -EINPROGRESS;
}

/** plain_settle - until what was left to process context is done */
void plain_settle(struct plain_world *world)
{
	while (flush_work(&world->plain->work))
		;
}
