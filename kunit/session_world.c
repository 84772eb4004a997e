// SPDX-License-Identifier: GPL-2.0-only
/* Sessions of a device with everything around them. */

#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/usb.h>
#include <linux/usb/hcd.h>

#include "driver/chardev.h"
#include "session_world.h"

static struct session_world *present;

static int world_set_interface(struct usb_device *udev, int interface,
			       int setting)
{
	present->settings++;
	return present->set_interface;
}

static struct usb_host_interface *
world_altsetting(const struct usb_interface *intf, unsigned int setting)
{
	static struct usb_host_interface there;

	return (int)setting == present->lacks ? NULL : &there;
}

static int world_clear_halt(struct usb_device *udev, int pipe)
{
	present->clears++;
	return present->clear_halt;
}

static void world_reset_endpoint(struct usb_device *udev, unsigned int address)
{
	present->resets++;
}

const struct file_operations iso_fops;

/*
 * The driver's files as they are; what they ask of usbcore is counted, and
 * their pipes are on the fake host.
 */
#define iso_pipe_usb_ops			fake_host_ops
#define usb_autopm_get_interface_no_resume	fake_host_wake
#define usb_autopm_put_interface_async		fake_host_let_sleep
#define usb_set_interface			world_set_interface
#define usb_altnum_to_altsetting		world_altsetting
#define usb_clear_halt				world_clear_halt
#define usb_reset_endpoint			world_reset_endpoint
#include "../driver/buffer.c"
#include "../driver/claim.c"
#include "../driver/any.c"
#include "../driver/abort.c"
#include "../driver/power.c"
#include "../driver/device.c"
#include "../driver/submit.c"
#include "../driver/submit_plain.c"
#include "../driver/session.c"
#undef usb_autopm_get_interface_no_resume
#undef usb_autopm_put_interface_async
#undef usb_set_interface
#undef usb_altnum_to_altsetting
#undef usb_clear_halt
#undef usb_reset_endpoint

/** session_limit_memory - what buffers may take together, in MiB */
void session_limit_memory(unsigned int mb)
{
	memory_limit_mb = mb;
}

/** session_memory - what they take, in bytes */
long session_memory(void)
{
	/* A buffer's last reference may be put after a grace period. */
	return atomic_long_read(&iso_buffer_bytes);
}

static void world_forget_device(struct device *dev)
{
}

int session_suite_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct session_world), GFP_KERNEL);
	memset(&trace_counts, 0, sizeof(trace_counts));
	return test->priv ? 0 : -ENOMEM;
}

static void world_add_endpoint(struct session_world *world, unsigned int setting,
			       u8 address, u8 type, u16 bytes)
{
	struct iso_alternate *alternate = &world->alternates[setting];
	struct iso_endpoint *endpoint =
		&alternate->endpoints[alternate->num_endpoints++];

	endpoint->address = address;
	endpoint->attributes = type;
	endpoint->max_packet_size = bytes;
	endpoint->interval = 1;
	endpoint->b_interval = 1;
	if (type == USB_ENDPOINT_XFER_ISOC)
		endpoint->max_bytes = bytes;
}

/* As usbcore has it. */
static void world_add_plain(struct session_world *world, unsigned int index,
			    u8 address, u8 type, u16 bytes)
{
	unsigned int number = address & USB_ENDPOINT_NUMBER_MASK;
	struct usb_host_endpoint *end = &world->ends[index];

	world_add_endpoint(world, 1, address, type, bytes);
	end->desc.bEndpointAddress = address;
	end->desc.bmAttributes = type;
	end->desc.wMaxPacketSize = cpu_to_le16(bytes);
	end->desc.bInterval = 1;
	if (address & USB_DIR_IN)
		world->udev->ep_in[number] = end;
	else
		world->udev->ep_out[number] = end;
}

static void world_describe(struct session_world *world)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(world->alternates); i++) {
		world->alternates[i].desc.bAlternateSetting = i;
		world->alternates[i].desc.bInterfaceNumber = 3;
		world->alternates[i].desc.bInterfaceClass = 0xff;
	}
	world_add_endpoint(world, 1, STREAM_IN, USB_ENDPOINT_XFER_ISOC, 4);
	world_add_endpoint(world, 1, STREAM_OUT, USB_ENDPOINT_XFER_ISOC, 4);
	world_add_plain(world, 0, BULK_OUT, USB_ENDPOINT_XFER_BULK, 512);
	world_add_plain(world, 1, BULK_IN, USB_ENDPOINT_XFER_BULK, 512);
	world_add_plain(world, 2, INTERRUPT_IN, USB_ENDPOINT_XFER_INT, 8);
	world_add_endpoint(world, 1, NARROW, USB_ENDPOINT_XFER_ISOC, 0);
	world_add_plain(world, 3, BROKEN, USB_ENDPOINT_XFER_BULK, 0);
	world_add_plain(world, 4, INTERRUPT_OUT, USB_ENDPOINT_XFER_INT, 8);
	world_add_endpoint(world, 2, STREAM_IN, USB_ENDPOINT_XFER_ISOC, 8);
}

static void world_make_device(struct kunit *test, struct session_world *world)
{
	struct iso_device *device = kunit_kzalloc(test, sizeof(*device), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, device);
	world->device = device;
	device_initialize(&device->dev);
	device->dev.release = world_forget_device;
	mutex_init(&device->open_lock);
	mutex_init(&device->lock);
	INIT_LIST_HEAD(&device->sessions);
	device->udev = world->udev;
	device->intf = &world->intf;
	device->interface = 3;
	device->current_alternate = 1;
	device->speed = WINUSB_ISO_SPEED_HIGH;
	device->controller_name = world->controller.name;
	device->controller = &world->controller;
	device->alternates = world->alternates;
	device->num_alternates = ARRAY_SIZE(world->alternates);
	iso_bus_time_init(&device->time, world->udev,
			  world->controller.has_counter);
}

static struct iso_session *world_open(struct kunit *test,
				      struct session_world *world)
{
	struct iso_session *session = iso_session_create(world->device);

	KUNIT_ASSERT_NOT_NULL(test, session);
	list_add_tail(&session->node, &world->device->sessions);
	return session;
}

/** session_world_reporting - build the world; session_suite_exit() takes it down */
struct session_world *session_world_reporting(struct kunit *test,
					      enum iso_reports reports,
					      bool has_counter)
{
	struct session_world *world = test->priv;

	present = world;
	session_limit_memory(256);
	fake_host_begin(reports, 1);
	world->lacks = -1;
	world->controller = (struct iso_controller){
		.name = "fake",
		.reports = reports,
		.has_counter = has_counter,
		.proof_frames = 1,
	};
	world->bus.sysdev = &world->sysdev;
	world->bus.busnum = 7;
	world->udev = kunit_kzalloc(test, sizeof(*world->udev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, world->udev);
	world->udev->speed = USB_SPEED_HIGH;
	world->udev->bus = &world->bus;
	world->udev->devnum = 42;
	world_describe(world);
	world_make_device(test, world);
	world->session = world_open(test, world);
	world->other = world_open(test, world);
	return world;
}

/** session_world_of - the same on a controller like EHCI */
struct session_world *session_world_of(struct kunit *test)
{
	return session_world_reporting(test, ISO_REPORTS_AT_SUBMIT, true);
}

static void world_close(struct iso_session *session)
{
	list_del(&session->node);
	iso_session_destroy(session);
}

/* Whatever a test did: when the files are closed, nothing is left. */
void session_suite_exit(struct kunit *test)
{
	struct session_world *world = test->priv;
	unsigned int i;

	if (!world->other)
		return;
	fake_host.finishes_at_once = false;
	fake_host.on_unlink = FAKE_UNLINK_CANCELS;
	fake_host.edit = NULL;
	world_close(world->session);
	world_close(world->other);
	for (i = 0; i < ISO_PIPES; i++) {
		KUNIT_EXPECT_NULL(test, world->device->pipes[i]);
		KUNIT_EXPECT_NULL(test, world->device->plains[i]);
	}
	KUNIT_EXPECT_EQ(test, fake_host.count, 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 0);
	KUNIT_EXPECT_EQ(test, session_memory(), 0L);
	KUNIT_EXPECT_EQ(test, trace_counts.completes, trace_counts.submits);
	put_device(&world->device->dev);
}

int session_select(struct session_world *world, u32 setting)
{
	const struct winusb_iso_set_alternate set = { .alternate = setting };
	int err;

	mutex_lock(&world->device->lock);
	err = iso_session_set_alternate(world->session, &set);
	mutex_unlock(&world->device->lock);
	return err;
}

/** session_register - as REGISTER_BUFFER does */
int session_register(struct iso_session *session, u8 address, u32 size,
		     u32 packets, u32 *handle)
{
	struct winusb_iso_buffer request = {
		.pipe = address,
		.size = size,
		.packets = packets,
	};
	struct iso_buffer *buffer = iso_session_prepare(session, &request);
	int err;

	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	mutex_lock(&session->device->lock);
	err = iso_session_register(session, buffer, &request);
	mutex_unlock(&session->device->lock);
	if (err)
		iso_buffer_put(buffer);
	else if (handle)
		*handle = request.handle;
	return err;
}

int session_unregister(struct iso_session *session, u32 handle)
{
	const struct winusb_iso_unregister_buffer request = { .handle = handle };
	int err;

	mutex_lock(&session->device->lock);
	err = iso_session_unregister(session, &request);
	mutex_unlock(&session->device->lock);
	return err;
}

int session_submit(struct iso_session *session,
		   const struct winusb_iso_transfer *request)
{
	int err;

	mutex_lock(&session->device->lock);
	err = iso_session_submit(session, request);
	mutex_unlock(&session->device->lock);
	return err;
}

/** session_reap - the oldest completion, if there is one */
bool session_reap(struct iso_session *session,
		  struct winusb_iso_completion *result)
{
	if (!iso_ring_peek(&session->ring, result))
		return false;
	iso_ring_consume(&session->ring);
	return true;
}
