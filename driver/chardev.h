/* SPDX-License-Identifier: GPL-2.0-only */
/* The device node: the only code that touches user pointers. */
#ifndef WINUSB_ISO_CHARDEV_H
#define WINUSB_ISO_CHARDEV_H

#include <linux/fs.h>

#define ISO_MINORS	256

extern const struct file_operations iso_fops;

#endif
