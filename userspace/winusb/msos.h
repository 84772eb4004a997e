/* SPDX-License-Identifier: MIT */
/*
 * Microsoft OS descriptors 1.0 and 2.0: which interface classes a device says it belongs to.
 * Parsing is pure and believes nothing that the device says of lengths.
 */
#ifndef WINUSB_MSOS_H
#define WINUSB_MSOS_H

#include "guid.h"

/* ---- msos.c: pure ---------------------------------------------------------- */

/* Where the descriptor set of 2.0 is found, from the BOS descriptor. */
struct win_msos20_info {
	uint32_t windows_version;
	uint16_t set_length;
	uint8_t vendor_code;
};

/* The set for the newest Windows that is listed. false: there is none. */
bool win_msos20_find(const uint8_t *bos, size_t size, struct win_msos20_info *info);

/*
 * Adds the GUIDs of an interface from a descriptor set of 2.0. Those that the set gives to the
 * device as a whole count for it if it is the first one.
 */
void win_msos20_guids(const uint8_t *set, size_t size, unsigned int interface_number, bool first,
		      struct win_guids *guids);

/* bMS_VendorCode from string descriptor 0xee; -1: it is not that of 1.0. */
int win_msos10_vendor_code(const uint8_t *string, size_t size);

/* Adds the GUIDs of an extended properties descriptor of 1.0. */
void win_msos10_guids(const uint8_t *properties, size_t size, struct win_guids *guids);

/* ---- msos-read.c: asking a device ------------------------------------------ */

/* Does a control transfer as wiso_control() does. */
typedef ssize_t (*win_msos_control)(void *arg, const struct wiso_setup *setup, void *data);

/*
 * Adds what the device says of an interface, by 2.0 or else by 1.0. -1: it could not be asked
 * now, with errno ENODEV, EACCES, EHOSTUNREACH ...; a device that knows nothing of these
 * descriptors is no error.
 */
int win_msos_read(win_msos_control control, void *arg, unsigned int interface_number, bool first,
		  struct win_guids *guids);

#endif /* WINUSB_MSOS_H */
