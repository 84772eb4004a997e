/* SPDX-License-Identifier: GPL-2.0-only */
/* A bound interface: the object behind /dev/winusb-isoN. */
#ifndef WINUSB_ISO_DEVICE_H
#define WINUSB_ISO_DEVICE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "bus_time.h"
#include "power.h"

struct iso_alternate;
struct iso_controller;
struct iso_endpoint;
struct iso_pipe;
struct iso_plain;
struct iso_session;
struct usb_device;
struct usb_interface;

/* Endpoint numbers 0 to 15, both directions. */
#define ISO_PIPES	32

/**
 * struct iso_device - a bound interface
 * @dev: the device of class winusb-iso; holds the last reference.
 * @cdev: its node.
 * @udev: the USB device; a reference is held.
 * @intf: the interface; only touched while not @gone.
 * @controller: what the host controller does.
 * @controller_name: its driver's name.
 * @time: bus time.
 * @speed: &enum winusb_iso_speed.
 * @interface: bInterfaceNumber.
 * @alternates: all alternate settings, as the device described them.
 * @num_alternates: their number.
 *
 * @open_lock: orders open, release and disconnect; outermost. Guards @power.
 * @power: what sessions have changed of its power policy.
 * @lock: one call at a time; sleeps. Nests inside @open_lock. Not held over
 *	copies from and to user space, since mmap() takes it inside of the
 *	caller's mmap_lock. Guards what follows.
 * @lock_key: its own class of lock for lockdep.
 * @gone: unplugged or unbound; nothing of USB is touched any more.
 * @current_alternate: bAlternateSetting, -1 if unknown.
 * @sessions: the open files; changes only under both locks.
 * @pipes: isochronous pipes that a session owns; each keeps the device awake.
 * @plains: bulk and interrupt pipes that a session owns.
 */
struct iso_device {
	struct device dev;
	struct cdev cdev;
	struct usb_device *udev;
	struct usb_interface *intf;
	const struct iso_controller *controller;
	const char *controller_name;
	struct iso_bus_time time;
	u32 speed;
	u8 interface;
	struct iso_alternate *alternates;
	unsigned int num_alternates;

	struct mutex open_lock; /* open, release, disconnect */
	struct iso_power power;
	struct mutex lock; /* one call at a time */
	struct lock_class_key lock_key;
	bool gone;
	int current_alternate;
	struct list_head sessions;
	struct iso_pipe *pipes[ISO_PIPES];
	struct iso_plain *plains[ISO_PIPES];
};

int iso_device_bind(struct usb_interface *intf, bool named);
void iso_device_unbind(struct iso_device *device);
int iso_device_setup(void);
void iso_device_cleanup(void);

const struct iso_alternate *iso_device_alternate(const struct iso_device *device,
						 int setting);
const struct iso_endpoint *iso_device_endpoint(const struct iso_device *device,
					       u8 address);
int iso_device_minor(const struct iso_device *device);
unsigned int iso_pipe_index(u8 address);
int iso_device_select(struct iso_device *device, u8 setting,
		      const struct iso_session *session);
struct iso_pipe *iso_device_claim(struct iso_device *device, u8 address,
				  struct iso_session *session);
void iso_device_unclaim(struct iso_device *device, struct iso_pipe *pipe);
bool iso_device_is_taken(const struct iso_device *device, u8 address,
			 const struct iso_session *session);
int iso_device_find_owned(struct iso_device *device, u8 address,
			  const struct iso_session *session,
			  struct iso_pipe **pipe);
void iso_device_stop(struct iso_device *device, int reason);
void iso_device_start(struct iso_device *device);
void iso_device_restart(struct iso_device *device);
bool iso_device_needs_low_memory(const struct iso_device *device);

#endif
