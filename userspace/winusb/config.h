/* SPDX-License-Identifier: MIT */
/* Files that say to which interface classes (GUIDs) a device belongs. README.md documents them. */
#ifndef WINUSB_CONFIG_H
#define WINUSB_CONFIG_H

#include "guid.h"

/* What a line "device = vid:pid[:interface]" asks for. */
struct win_config_device {
	uint16_t vendor_id;
	uint16_t product_id;
	int interface_number; /* -1: the first of the device */
};

struct win_config_sink {
	void (*match)(void *arg, const GUID *guid, const struct win_config_device *device);
	/* A line that is neither: what is wrong with it. It is skipped. */
	void (*complain)(void *arg, unsigned int line, const char *problem);
	void *arg;
};

/* Pure: the text of a file. */
void win_config_parse(const char *text, size_t size, const struct win_config_sink *sink);

/* What the files say now of a device; first: it is the first bound interface of the device. */
void win_config_guids(const struct win_config_device *device, bool first, struct win_guids *guids);

#endif /* WINUSB_CONFIG_H */
