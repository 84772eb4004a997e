/* SPDX-License-Identifier: MIT */
/* Reads descriptors as sysfs gives them: pure, and the bytes may be anything. */
#ifndef WINUSB_ISO_TOOL_DESCRIPTORS_H
#define WINUSB_ISO_TOOL_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of configuration @value: sets bit i of @isochronous for every interface i that has an isochronous
 * endpoint in one of its alternate settings, and bit i of @all for every interface there is. */
void descriptors_interfaces(const uint8_t *data, size_t size, uint8_t value,
			    uint32_t isochronous[8], uint32_t all[8]);
bool interface_in(const uint32_t set[8], unsigned int interface);

#endif
