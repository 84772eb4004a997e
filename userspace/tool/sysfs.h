/* SPDX-License-Identifier: MIT */
/* The few things that binding needs from sysfs. */
#ifndef WINUSB_ISO_TOOL_SYSFS_H
#define WINUSB_ISO_TOOL_SYSFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "parse.h"
#include "text.h"

struct sysfs {
	char root[128]; /* "/sys/bus/usb" */
};

/* "…/drivers/winusb_iso/bind" and the like, by printf. */
ssize_t sysfs_read(const struct sysfs *sysfs, void *data, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* One write; 0 or -1 with the errno that the kernel answered. */
int sysfs_write(const struct sysfs *sysfs, const char *value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool sysfs_exists(const struct sysfs *sysfs, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The driver that holds an interface; false if none. */
bool sysfs_driver(const struct sysfs *sysfs, const char *interface, struct text *driver);

struct usb_device {
	char name[64]; /* "1-2" */
	uint16_t vendor, product;
	unsigned int configuration;
	uint32_t isochronous[8], all[8];
};

/* "1-2:1.0" of an interface of the device. */
struct text interface_name(const struct usb_device *device, unsigned int interface);
/* The device that fits: 1, none: 0, several: 2 with both names in *names, -1 with errno. */
int sysfs_find(const struct sysfs *sysfs, const struct device_spec *spec, struct usb_device *device,
	       struct text *names);

#endif
