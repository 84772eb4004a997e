// SPDX-License-Identifier: GPL-2.0-only
/*
 * winusb-iso: isochronous USB streams for user space.
 *
 * The module and its usb_driver: which interfaces are bound, and what happens
 * to their streams when the device goes, sleeps or is reset.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/usb.h>

#include "device.h"

#define ISO_MAX_IDS	32

static char *devices[ISO_MAX_IDS];
static unsigned int num_devices;
module_param_array(devices, charp, &num_devices, 0444);
MODULE_PARM_DESC(devices,
		 "Devices to bind: vid:pid or vid:pid:interface, hexadecimal, comma-separated");

/* Filled from the parameter before registration; never a wildcard. */
static struct usb_device_id iso_ids[ISO_MAX_IDS + 1];

static int iso_parse_id(const char *text, struct usb_device_id *id)
{
	unsigned int vendor, product, interface;
	int fields, used = 0;

	fields = sscanf(text, "%4x:%4x%n:%2x%n", &vendor, &product, &used,
			&interface, &used);
	/* No vendor is 0, and usbcore takes it for the end of the table. */
	if (fields < 2 || text[used] || !vendor)
		return -EINVAL;
	id->match_flags = USB_DEVICE_ID_MATCH_DEVICE;
	id->idVendor = vendor;
	id->idProduct = product;
	if (fields == 3) {
		id->match_flags |= USB_DEVICE_ID_MATCH_INT_NUMBER;
		id->bInterfaceNumber = interface;
	}
	return 0;
}

static int iso_parse_ids(void)
{
	unsigned int i;

	for (i = 0; i < num_devices; i++) {
		if (iso_parse_id(devices[i], &iso_ids[i])) {
			pr_err("devices: \"%s\" is not vid:pid or vid:pid:interface\n",
			       devices[i]);
			return -EINVAL;
		}
	}
	return 0;
}

#define NAMES_INTERFACE	(USB_DEVICE_ID_MATCH_INT_NUMBER | \
			 USB_DEVICE_ID_MATCH_INT_CLASS)

/*
 * Does vid:pid:interface name it, or an id with a class that was added later?
 * The id that led here may be another one, for the device as a whole.
 */
static bool iso_is_named(struct usb_interface *intf,
			 const struct usb_device_id *id)
{
	unsigned int i;

	if (id->match_flags & NAMES_INTERFACE)
		return true;
	for (i = 0; i < num_devices; i++)
		if (iso_ids[i].match_flags & NAMES_INTERFACE &&
		    usb_match_one_id(intf, &iso_ids[i]))
			return true;
	return false;
}

static int iso_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	return iso_device_bind(intf, iso_is_named(intf, id));
}

static void iso_disconnect(struct usb_interface *intf)
{
	struct iso_device *device = usb_get_intfdata(intf);

	usb_set_intfdata(intf, NULL);
	iso_device_unbind(device);
}

/*
 * A device that falls asleep by itself does not wait for a call: usbcore tries
 * again later. (Waiting for the lock in the work that suspends a device looks
 * to lockdep like a deadlock with usb_set_interface(), which we call under the
 * lock, and which waits for the same work of the endpoints' devices.)
 */
static int iso_suspend(struct usb_interface *intf, pm_message_t message)
{
	struct iso_device *device = usb_get_intfdata(intf);

	if (!PMSG_IS_AUTO(message))
		mutex_lock(&device->lock);
	else if (!mutex_trylock(&device->lock))
		return -EBUSY;
	iso_device_stop(device, -EHOSTUNREACH);
	mutex_unlock(&device->lock);
	return 0;
}

/* Streams do not start by themselves: user space decides what comes next. */
static int iso_resume(struct usb_interface *intf)
{
	struct iso_device *device = usb_get_intfdata(intf);

	mutex_lock(&device->lock);
	iso_device_start(device);
	mutex_unlock(&device->lock);
	return 0;
}

/* Asleep, it was reset. */
static int iso_reset_resume(struct usb_interface *intf)
{
	struct iso_device *device = usb_get_intfdata(intf);

	mutex_lock(&device->lock);
	iso_device_restart(device);
	mutex_unlock(&device->lock);
	return 0;
}

/* The lock is held over the reset, so that nothing is submitted meanwhile. */
static int iso_pre_reset(struct usb_interface *intf)
{
	struct iso_device *device = usb_get_intfdata(intf);

	mutex_lock(&device->lock);
	iso_device_stop(device, -ENETRESET);
	return 0;
}

static int iso_post_reset(struct usb_interface *intf)
{
	struct iso_device *device = usb_get_intfdata(intf);

	iso_device_restart(device);
	mutex_unlock(&device->lock);
	return 0;
}

static struct usb_driver iso_driver = {
	.name = "winusb_iso",
	.probe = iso_probe,
	.disconnect = iso_disconnect,
	.suspend = iso_suspend,
	.resume = iso_resume,
	.reset_resume = iso_reset_resume,
	.pre_reset = iso_pre_reset,
	.post_reset = iso_post_reset,
	.id_table = iso_ids,
	.supports_autosuspend = 1,
	/* Streams are ended by us, before usbcore takes the endpoints away. */
	.soft_unbind = 1,
};

static int __init iso_init(void)
{
	int err;

	err = iso_parse_ids();
	if (err)
		return err;
	err = iso_device_setup();
	if (err)
		return err;
	err = usb_register(&iso_driver);
	if (err)
		iso_device_cleanup();
	return err;
}

static void __exit iso_exit(void)
{
	usb_deregister(&iso_driver);
	iso_device_cleanup();
}

module_init(iso_init);
module_exit(iso_exit);

MODULE_DESCRIPTION("Isochronous USB streams for user space");
MODULE_AUTHOR("The winusb-iso authors");
MODULE_LICENSE("GPL");
