// SPDX-License-Identifier: GPL-2.0-only
/* A bound interface: its descriptors, pipes, alternate settings and lifetime. */

#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/usb.h>
#include <linux/usb/hcd.h>

#include "chardev.h"
#include "claim.h"
#include "compat.h"
#include "controller.h"
#include "device.h"
#include "endpoint.h"
#include "pipe.h"
#include "plain.h"
#include "power.h"
#include "session.h"

static struct class *iso_class;
static dev_t iso_numbers;
static DEFINE_IDA(iso_minors);

static u32 iso_device_speed(const struct usb_device *udev)
{
	switch (udev->speed) {
	case USB_SPEED_LOW:
		return WINUSB_ISO_SPEED_LOW;
	case USB_SPEED_FULL:
		return WINUSB_ISO_SPEED_FULL;
	case USB_SPEED_HIGH:
		return WINUSB_ISO_SPEED_HIGH;
	case USB_SPEED_SUPER:
		return WINUSB_ISO_SPEED_SUPER;
	case USB_SPEED_SUPER_PLUS:
		return WINUSB_ISO_SPEED_SUPER_PLUS;
	default:
		return WINUSB_ISO_SPEED_UNKNOWN;
	}
}

static bool iso_device_streams(const struct iso_device *device)
{
	unsigned int a, e;

	for (a = 0; a < device->num_alternates; a++) {
		const struct iso_alternate *alternate = &device->alternates[a];

		for (e = 0; e < alternate->num_endpoints; e++)
			if (alternate->endpoints[e].max_bytes)
				return true;
	}
	return false;
}

static bool iso_device_is_vendors(const struct iso_device *device)
{
	unsigned int a;

	for (a = 0; a < device->num_alternates; a++)
		if (device->alternates[a].desc.bInterfaceClass ==
		    USB_CLASS_VENDOR_SPEC)
			return true;
	return false;
}

static bool iso_device_is_known(const struct usb_host_interface *setting,
				const struct iso_endpoint *endpoint)
{
	unsigned int i;

	for (i = 0; setting && i < setting->desc.bNumEndpoints; i++) {
		const struct usb_endpoint_descriptor *desc =
			&setting->endpoint[i].desc;

		if (desc->bEndpointAddress == endpoint->address &&
		    usb_endpoint_type(desc) ==
		    (endpoint->attributes & USB_ENDPOINT_XFERTYPE_MASK))
			return true;
	}
	return false;
}

/*
 * usbcore leaves out an endpoint whose address another interface has. What was
 * sent to it would go to that one, which may be of another type and another
 * driver's.
 */
static void iso_device_compare(const struct iso_device *device,
			       struct iso_complaint *complaint)
{
	unsigned int a, e;

	for (a = 0; a < device->num_alternates; a++) {
		const struct iso_alternate *alternate = &device->alternates[a];
		u8 number = alternate->desc.bAlternateSetting;
		const struct usb_host_interface *setting =
			usb_altnum_to_altsetting(device->intf, number);

		for (e = 0; e < alternate->num_endpoints; e++) {
			if (iso_device_is_known(setting,
						&alternate->endpoints[e]))
				continue;
			complaint->reason = "usbcore has left it out";
			complaint->alternate = number;
			complaint->address = alternate->endpoints[e].address;
			return;
		}
	}
}

/*
 * The raw bytes of the active configuration: what usbcore has parsed is
 * already repaired.
 */
static int iso_device_describe(struct iso_device *device)
{
	struct usb_host_config *config = device->udev->actconfig;
	const u8 *raw = device->udev->rawdescriptors
		[config - device->udev->config];
	size_t size = le16_to_cpu(config->desc.wTotalLength);
	struct iso_complaint complaint;
	unsigned int count;

	count = iso_descriptors_count(raw, size, device->interface);
	device->alternates = kvcalloc(count, sizeof(*device->alternates),
				      GFP_KERNEL);
	if (!device->alternates)
		return -ENOMEM;
	device->num_alternates =
		iso_descriptors_parse(raw, size, device->interface,
				      device->speed, device->alternates, count,
				      &complaint);
	if (!complaint.reason)
		iso_device_compare(device, &complaint);
	if (complaint.reason) {
		dev_err(&device->intf->dev,
			"refused: alternate setting %u, endpoint 0x%02x: %s\n",
			complaint.alternate, complaint.address,
			complaint.reason);
		return -ENODEV;
	}
	return 0;
}

/*
 * A device as a whole is named for its streams, and for what no other driver
 * knows how to handle; the rest only by itself.
 */
static bool iso_device_is_meant(const struct iso_device *device, bool named)
{
	return named || iso_device_streams(device) ||
	       iso_device_is_vendors(device);
}

static void iso_device_free(struct device *dev)
{
	struct iso_device *device = container_of(dev, struct iso_device, dev);

	if (dev->devt)
		ida_free(&iso_minors, MINOR(dev->devt) - MINOR(iso_numbers));
	usb_put_dev(device->udev);
	kvfree(device->alternates);
	mutex_destroy(&device->lock);
	lockdep_unregister_key(&device->lock_key);
	mutex_destroy(&device->open_lock);
	kfree(device);
}

static struct iso_device *iso_device_create(struct usb_interface *intf)
{
	struct usb_device *udev = interface_to_usbdev(intf);
	struct iso_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	if (!device)
		return NULL;
	device_initialize(&device->dev);
	device->dev.class = iso_class;
	device->dev.parent = &intf->dev;
	device->dev.release = iso_device_free;
	mutex_init(&device->open_lock);
	mutex_init(&device->lock);
	/* A reset holds the locks of all interfaces of a device at once. */
	lockdep_register_key(&device->lock_key);
	lockdep_set_class(&device->lock, &device->lock_key);
	INIT_LIST_HEAD(&device->sessions);
	device->udev = usb_get_dev(udev);
	device->intf = intf;
	device->interface = intf->cur_altsetting->desc.bInterfaceNumber;
	device->current_alternate =
		intf->cur_altsetting->desc.bAlternateSetting;
	device->speed = iso_device_speed(udev);
	device->controller_name =
		bus_to_hcd(udev->bus)->driver->description;
	device->controller = iso_controller_find(device->controller_name);
	iso_bus_time_init(&device->time, udev, device->controller->has_counter);
	return device;
}

static int iso_device_add(struct iso_device *device)
{
	int minor = ida_alloc_max(&iso_minors, ISO_MINORS - 1, GFP_KERNEL);
	int err;

	if (minor < 0)
		return minor;
	device->dev.devt = MKDEV(MAJOR(iso_numbers),
				 MINOR(iso_numbers) + minor);
	err = dev_set_name(&device->dev, "winusb-iso%d", minor);
	if (err)
		return err;
	cdev_init(&device->cdev, &iso_fops);
	device->cdev.owner = THIS_MODULE;
	return cdev_device_add(&device->cdev, &device->dev);
}

/**
 * iso_device_bind - make a node for an interface
 * @intf: the interface
 * @named: it was named itself, not the device as a whole
 *
 * Return: 0, -ENODEV if the interface is not meant or its descriptors are
 *	refused, or another errno.
 */
int iso_device_bind(struct usb_interface *intf, bool named)
{
	struct iso_device *device = iso_device_create(intf);
	int err;

	if (!device)
		return -ENOMEM;
	err = iso_device_describe(device);
	if (err)
		goto put;
	err = -ENODEV;
	if (!iso_device_is_meant(device, named))
		goto put;
	usb_set_intfdata(intf, device);
	err = iso_device_add(device);
	if (err)
		goto clear;
	return 0;

clear:
	usb_set_intfdata(intf, NULL);
put:
	put_device(&device->dev);
	return err;
}

/* The last chance: after this, closing must not touch the interface. */
static void iso_device_let_sleep(struct iso_device *device)
{
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++)
		if (device->pipes[i])
			usb_autopm_put_interface_no_suspend(device->intf);
}

/**
 * iso_device_unbind - the interface goes away; open files stay
 * @device: its device
 *
 * After this nothing here touches the USB device.
 */
void iso_device_unbind(struct iso_device *device)
{
	struct iso_session *session;

	cdev_device_del(&device->cdev, &device->dev);

	mutex_lock(&device->open_lock);
	list_for_each_entry(session, &device->sessions, node)
		iso_power_unbind(session);
	mutex_lock(&device->lock);
	iso_device_stop(device, -ENODEV);
	iso_device_let_sleep(device);
	/* Release: all that was pending has completed. */
	smp_store_release(&device->gone, true);
	list_for_each_entry(session, &device->sessions, node)
		iso_session_wake(session);
	mutex_unlock(&device->lock);
	mutex_unlock(&device->open_lock);
	put_device(&device->dev);
}

/** iso_device_setup - the class and the device numbers, before any probe */
int iso_device_setup(void)
{
	int err = alloc_chrdev_region(&iso_numbers, 0, ISO_MINORS,
				      "winusb-iso");

	if (err)
		return err;
	iso_class = iso_class_create("winusb-iso");
	if (IS_ERR(iso_class))
		unregister_chrdev_region(iso_numbers, ISO_MINORS);
	return PTR_ERR_OR_ZERO(iso_class);
}

/** iso_device_cleanup - undoes iso_device_setup() */
void iso_device_cleanup(void)
{
	class_destroy(iso_class);
	unregister_chrdev_region(iso_numbers, ISO_MINORS);
	ida_destroy(&iso_minors);
}

/** iso_device_alternate - the alternate setting called @setting, or NULL */
const struct iso_alternate *iso_device_alternate(const struct iso_device *device,
						 int setting)
{
	unsigned int i;

	for (i = 0; i < device->num_alternates; i++)
		if (device->alternates[i].desc.bAlternateSetting == setting)
			return &device->alternates[i];
	return NULL;
}

/** iso_device_endpoint - endpoint of the current alternate setting, or NULL */
const struct iso_endpoint *iso_device_endpoint(const struct iso_device *device,
					       u8 address)
{
	const struct iso_alternate *alternate =
		iso_device_alternate(device, device->current_alternate);
	unsigned int i;

	for (i = 0; alternate && i < alternate->num_endpoints; i++)
		if (alternate->endpoints[i].address == address)
			return &alternate->endpoints[i];
	return NULL;
}

/* The endpoint, if it can stream. */
static const struct iso_endpoint *
iso_device_streaming_endpoint(const struct iso_device *device, u8 address)
{
	const struct iso_endpoint *endpoint =
		iso_device_endpoint(device, address);

	return endpoint && endpoint->max_bytes ? endpoint : NULL;
}

/** iso_device_minor - N of /dev/winusb-isoN */
int iso_device_minor(const struct iso_device *device)
{
	return MINOR(device->dev.devt) - MINOR(iso_numbers);
}

/** iso_pipe_index - place of an endpoint's pipe among those of the device */
unsigned int iso_pipe_index(u8 address)
{
	return (address & USB_ENDPOINT_NUMBER_MASK) |
	       (address & USB_DIR_IN ? 16 : 0);
}

static void iso_device_stop_pipes(struct iso_device *device, int reason)
{
	unsigned int i;

	lockdep_assert_held(&device->lock);
	for (i = 0; i < ISO_PIPES; i++)
		if (device->pipes[i])
			iso_pipe_stop(device->pipes[i], reason);
	iso_device_stop_plain(device, reason);
}

static void iso_device_start_pipes(struct iso_device *device)
{
	unsigned int i;

	lockdep_assert_held(&device->lock);
	for (i = 0; i < ISO_PIPES; i++)
		if (device->pipes[i])
			iso_pipe_start(device->pipes[i]);
	iso_device_start_plain(device);
}

/** iso_device_stop - end everything pending; see iso_pipe_stop() */
void iso_device_stop(struct iso_device *device, int reason)
{
	iso_device_stop_pipes(device, reason);
	iso_device_stop_control(device, reason);
}

/** iso_device_start - take transfers again, after sleep or a reset */
void iso_device_start(struct iso_device *device)
{
	iso_bus_time_doubt(&device->time);
	iso_device_start_pipes(device);
	iso_device_start_control(device);
}

/** iso_device_restart - the same after a reset: no endpoint is halted */
void iso_device_restart(struct iso_device *device)
{
	iso_device_renew_plain(device);
	iso_device_start(device);
}

static bool iso_device_shared(const struct iso_device *device,
			      const struct iso_session *session)
{
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++)
		if (device->pipes[i] && device->pipes[i]->owner != session)
			return true;
	return iso_device_shares_plain(device, session);
}

static void iso_device_configure_pipes(struct iso_device *device)
{
	unsigned int i;

	for (i = 0; i < ISO_PIPES; i++) {
		struct iso_pipe *pipe = device->pipes[i];

		if (pipe)
			iso_pipe_configure(pipe, iso_device_streaming_endpoint
						 (device, pipe->address));
	}
}

/**
 * iso_device_select - change the alternate setting
 * @device: the device
 * @setting: bAlternateSetting
 * @session: who asks
 */
int iso_device_select(struct iso_device *device, u8 setting,
		      const struct iso_session *session)
{
	int err;

	/* usbcore keeps no more than it has room for. */
	if (!iso_device_alternate(device, setting) ||
	    !usb_altnum_to_altsetting(device->intf, setting))
		return -ENOENT;
	if (iso_device_shared(device, session))
		return -EBUSY;
	iso_device_stop_pipes(device, -ECONNRESET);
	err = usb_set_interface(device->udev, device->interface, setting);
	device->current_alternate = err ? -1 : setting;
	iso_device_configure_pipes(device);
	iso_device_renew_plain(device);
	iso_device_start_pipes(device);
	return err;
}

static struct iso_pipe *iso_device_new_pipe(struct iso_device *device,
					    u8 address)
{
	return iso_pipe_create(&iso_pipe_usb_ops, device->udev, address,
			       &device->time, device->controller,
			       iso_device_minor(device));
}

/** iso_device_is_taken - does another session own the pipe at an address? */
bool iso_device_is_taken(const struct iso_device *device, u8 address,
			 const struct iso_session *session)
{
	unsigned int i = iso_pipe_index(address);

	return (device->pipes[i] && device->pipes[i]->owner != session) ||
	       (device->plains[i] && device->plains[i]->owner != session);
}

/**
 * iso_device_claim - the pipe at an address, for one more buffer of a session
 * @device: the device
 * @address: bEndpointAddress
 * @session: who wants it
 *
 * Return: the pipe, or -ENOENT, -EOPNOTSUPP, -EBUSY or -ENOMEM.
 */
struct iso_pipe *iso_device_claim(struct iso_device *device, u8 address,
				  struct iso_session *session)
{
	const struct iso_endpoint *endpoint =
		iso_device_endpoint(device, address);
	struct iso_pipe **slot = &device->pipes[iso_pipe_index(address)];

	lockdep_assert_held(&device->lock);
	if (!endpoint)
		return ERR_PTR(-ENOENT);
	if (!endpoint->max_bytes)
		return ERR_PTR(-EOPNOTSUPP);
	if (iso_device_is_taken(device, address, session))
		return ERR_PTR(-EBUSY);
	if (!*slot) {
		*slot = iso_device_new_pipe(device, address);
		if (!*slot)
			return ERR_PTR(-ENOMEM);
		(*slot)->owner = session;
		iso_pipe_configure(*slot, endpoint);
		usb_autopm_get_interface_no_resume(device->intf);
	}
	(*slot)->buffers++;
	return *slot;
}

/** iso_device_unclaim - a buffer of the pipe is gone; undoes one claim */
void iso_device_unclaim(struct iso_device *device, struct iso_pipe *pipe)
{
	lockdep_assert_held(&device->lock);
	if (--pipe->buffers)
		return;
	device->pipes[iso_pipe_index(pipe->address)] = NULL;
	/* The last completion may be out while its complete() still runs. */
	iso_pipe_stop(pipe, -ECONNRESET);
	iso_pipe_destroy(pipe);
	if (!device->gone)
		usb_autopm_put_interface_async(device->intf);
}

/**
 * iso_device_find_owned - the pipe at an address, if a session may command it
 * @device: the device
 * @address: bEndpointAddress
 * @session: who wants to
 * @pipe: out: NULL if nobody owns it
 *
 * Return: 0, -ENOENT or -EBUSY.
 */
int iso_device_find_owned(struct iso_device *device, u8 address,
			  const struct iso_session *session,
			  struct iso_pipe **pipe)
{
	lockdep_assert_held(&device->lock);
	if (!iso_device_streaming_endpoint(device, address))
		return -ENOENT;
	if (iso_device_is_taken(device, address, session))
		return -EBUSY;
	*pipe = device->pipes[iso_pipe_index(address)];
	return 0;
}

/** iso_device_needs_low_memory - the controller can not reach above 4 GiB */
bool iso_device_needs_low_memory(const struct iso_device *device)
{
	struct device *sysdev = device->udev->bus->sysdev;

	return sysdev->dma_mask && dma_get_mask(sysdev) <= DMA_BIT_MASK(32);
}
