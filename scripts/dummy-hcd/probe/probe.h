/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iso_probe: both ends of isochronous endpoints, to see what a controller does.
 * A gadget function and a driver for it, which say in one log, in the order of
 * events, what they get. Driven through debugfs (/sys/kernel/debug/iso_probe).
 */
#ifndef ISO_PROBE_H
#define ISO_PROBE_H

#include <linux/types.h>

struct dentry;

#define PROBE_VENDOR	0x1209
#define PROBE_PRODUCT	0x0d15

__printf(1, 2) void probe_log(const char *format, ...);

int probe_host_init(struct dentry *dir);
void probe_host_exit(void);
int probe_gadget_init(void);
void probe_gadget_exit(void);

/* All bytes of a packet are alike; the value, or -1 if they are not. */
int probe_value(const u8 *data, unsigned int length);

#endif
