// SPDX-License-Identifier: MIT
/* How users name a device: by node, number, ids, or the kernel's name. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* Four hexadecimal digits, as lsusb prints them. */
static bool parse_id(const char *text, uint16_t *id)
{
	int i;

	for (i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	*id = strtoul(text, NULL, 16);
	return true;
}

static bool is_id(const char *text)
{
	return strcspn(text, ":") == 4 && strlen(text) >= 9 && (!text[9] || text[9] == ':') &&
	       isxdigit((unsigned char)text[0]);
}

static bool parse_ids(const char *text, struct device_spec *spec, const char **problem)
{
	uint64_t interface;
	char ids[5] = "";

	memcpy(ids, text + 5, 4);
	if (!parse_id(text, &spec->vendor) || !parse_id(ids, &spec->product)) {
		*problem = "not VID:PID in four hexadecimal digits each";
		return false;
	}
	spec->kind = DEVICE_ID;
	if (!text[9])
		return true;
	if (!parse_number(text + 10, 0, 255, &interface, problem)) {
		*problem = "has no interface number from 0 to 255 behind VID:PID:";
		return false;
	}
	spec->interface = interface;
	return true;
}

/* "1-2", "1-2.4.1", "1-2:1.0": what stands in /sys/bus/usb/devices. */
static bool is_name(const char *text)
{
	size_t bus = strspn(text, "0123456789"), rest;

	if (!bus || text[bus] != '-' || !isdigit((unsigned char)text[bus + 1]))
		return false;
	rest = strspn(text + bus + 1, "0123456789.:");
	return text[bus + 1 + rest] == '\0';
}

static bool keep_text(struct device_spec *spec, enum device_spec_kind kind, const char *format,
		      const char *text, const char **problem)
{
	if (snprintf(spec->path, sizeof(spec->path), format, text) >= (int)sizeof(spec->path)) {
		*problem = "too long";
		return false;
	}
	spec->kind = kind;
	return true;
}

bool parse_device(const char *text, struct device_spec *spec, const char **problem)
{
	uint64_t number;

	*spec = (struct device_spec){ .kind = DEVICE_ANY, .interface = -1 };
	if (strchr(text, '/'))
		return keep_text(spec, DEVICE_PATH, "%s", text, problem);
	if (!strncmp(text, "winusb-iso", 10) && parse_number(text + 10, 0, 9999, &number, problem))
		return keep_text(spec, DEVICE_PATH, "/dev/%s", text, problem);
	if (is_id(text))
		return parse_ids(text, spec, problem);
	if (is_name(text))
		return keep_text(spec, DEVICE_NAME, "%s", text, problem);
	if (strspn(text, "0123456789") == strlen(text) && strlen(text) <= 4 && *text)
		return keep_text(spec, DEVICE_PATH, "/dev/winusb-iso%s", text, problem);
	*problem = "not a device (such as /dev/winusb-iso0, 0, 1209:0001, 1209:0001:2 or 1-2:1.0)";
	return false;
}
