// SPDX-License-Identifier: MIT
/* Asking a device for its Microsoft OS descriptors. */
#include <errno.h>
#include <stdlib.h>

#include "msos.h"

#define REQUEST_GET_DESCRIPTOR 6
#define DESCRIPTOR_DEVICE      1
#define DESCRIPTOR_STRING      3
#define DESCRIPTOR_BOS	       15
#define MSOS_STRING_INDEX      0xee
#define MSOS10_PROPERTIES      5 /* wIndex */
#define MSOS20_SET	       7 /* wIndex */
#define FROM_DEVICE	       0x80
#define VENDOR_FROM_DEVICE     0xc0
#define VENDOR_FROM_INTERFACE  0xc1

struct reader {
	win_msos_control control;
	void *arg;
	unsigned int interface_number;
	bool first;
	struct win_guids *guids;
};

/*
 * What a device answers that does not know the request; all else is a reason to ask again some
 * time. A request that was not let through is asked in vain, too.
 */
static bool is_refusal(int error)
{
	return error == EPIPE || error == ETIMEDOUT || error == EOVERFLOW || error == EPROTO ||
	       error == EREMOTEIO;
}

/* Bytes; 0: the device does not have it; -1: errno. */
static ssize_t ask(const struct reader *reader, const struct wiso_setup *setup, uint8_t *data)
{
	ssize_t size = reader->control(reader->arg, setup, data);

	if (size < 0)
		return is_refusal(errno) ? 0 : -1;
	return size > setup->length ? setup->length : size;
}

static ssize_t get_descriptor(const struct reader *reader, uint8_t type, uint8_t index,
			      uint8_t *data, uint16_t size)
{
	struct wiso_setup setup = {
		.request_type = FROM_DEVICE,
		.request = REQUEST_GET_DESCRIPTOR,
		.value = (uint16_t)(type << 8 | index),
		.length = size,
	};

	return ask(reader, &setup, data);
}

/* A descriptor whose total length is in the header, into memory to be freed. */
static ssize_t get_whole(const struct reader *reader, const struct wiso_setup *setup,
			 uint8_t **data)
{
	ssize_t size;

	*data = calloc(1, setup->length);
	if (!*data)
		return -1;
	size = ask(reader, setup, *data);
	if (size > 0)
		return size;
	free(*data);
	*data = NULL;
	return size;
}

/* ---- 2.0 --------------------------------------------------------------------- */

static int find_set(const struct reader *reader, struct win_msos20_info *info)
{
	struct wiso_setup setup = {
		.request_type = FROM_DEVICE,
		.request = REQUEST_GET_DESCRIPTOR,
		.value = DESCRIPTOR_BOS << 8,
	};
	uint8_t header[5], *bos;
	ssize_t size;
	int found;

	size = get_descriptor(reader, DESCRIPTOR_BOS, 0, header, sizeof(header));
	if (size < (ssize_t)sizeof(header))
		return size < 0 ? -1 : 0;
	setup.length = (uint16_t)(header[2] | header[3] << 8);
	if (setup.length <= sizeof(header))
		return 0;
	size = get_whole(reader, &setup, &bos);
	if (size <= 0)
		return (int)size;
	found = win_msos20_find(bos, (size_t)size, info);
	free(bos);
	return found;
}

/* 1: the device has such a set; 0: it has none. */
static int read_msos20(const struct reader *reader)
{
	struct win_msos20_info info;
	struct wiso_setup setup = {
		.request_type = VENDOR_FROM_DEVICE,
		.index = MSOS20_SET,
	};
	uint8_t *set;
	ssize_t size;
	int found;

	found = find_set(reader, &info);
	if (found <= 0)
		return found;
	setup.request = info.vendor_code;
	setup.length = info.set_length;
	size = get_whole(reader, &setup, &set);
	if (size <= 0)
		return (int)size;
	win_msos20_guids(set, (size_t)size, reader->interface_number, reader->first, reader->guids);
	free(set);
	return 1;
}

/* ---- 1.0 --------------------------------------------------------------------- */

static uint32_t total_length(const uint8_t *header)
{
	return header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16 |
	       (uint32_t)header[3] << 24;
}

static int read_properties(const struct reader *reader, uint8_t vendor_code, uint8_t request_type,
			   uint16_t value)
{
	struct wiso_setup setup = {
		.request_type = request_type,
		.request = vendor_code,
		.value = value,
		.index = MSOS10_PROPERTIES,
		.length = 10,
	};
	uint8_t header[10], *properties;
	ssize_t size = ask(reader, &setup, header);

	if (size < (ssize_t)sizeof(header))
		return size < 0 ? -1 : 0;
	setup.length =
		total_length(header) > UINT16_MAX ? UINT16_MAX : (uint16_t)total_length(header);
	if (setup.length <= sizeof(header))
		return 1;
	size = get_whole(reader, &setup, &properties);
	if (size <= 0)
		return (int)size;
	win_msos10_guids(properties, (size_t)size, reader->guids);
	free(properties);
	return 1;
}

/*
 * The specification puts the interface in the high byte of wValue; there are devices that look
 * for it in the low byte, and devices of one interface that only answer to a request to the
 * device.
 */
static int read_msos10(const struct reader *reader)
{
	uint16_t high = (uint16_t)(reader->interface_number << 8);
	uint16_t low = (uint16_t)reader->interface_number;
	uint8_t string[18];
	ssize_t size;
	int code, ret;

	size = get_descriptor(reader, DESCRIPTOR_STRING, MSOS_STRING_INDEX, string, sizeof(string));
	if (size < 0)
		return -1;
	code = win_msos10_vendor_code(string, (size_t)size);
	if (code < 0)
		return 0;
	ret = read_properties(reader, (uint8_t)code, VENDOR_FROM_INTERFACE, high);
	if (!ret && low != high)
		ret = read_properties(reader, (uint8_t)code, VENDOR_FROM_INTERFACE, low);
	if (!ret && reader->first)
		ret = read_properties(reader, (uint8_t)code, VENDOR_FROM_DEVICE, high);
	return ret;
}

int win_msos_read(win_msos_control control, void *arg, unsigned int interface_number, bool first,
		  struct win_guids *guids)
{
	struct reader reader = { control, arg, interface_number, first, guids };
	uint8_t device[18];
	int ret = 0;
	ssize_t size = get_descriptor(&reader, DESCRIPTOR_DEVICE, 0, device, sizeof(device));

	if (size < 0)
		return -1;
	/* bcdUSB: 2.01 and later have a BOS descriptor. */
	if (size >= 4 && (device[2] | device[3] << 8) >= 0x0201)
		ret = read_msos20(&reader);
	if (!ret)
		ret = read_msos10(&reader);
	return ret < 0 ? -1 : 0;
}
