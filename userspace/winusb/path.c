// SPDX-License-Identifier: MIT
/* From the path that a program gives to CreateFile() to a node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "devices.h"

#define NODE_PREFIX "/dev/winusb-iso"

/* A path of Windows, taken apart. */
struct parts {
	unsigned int vendor_id;
	unsigned int product_id;
	int interface_number; /* -1: not said */
	const char *instance;
	size_t instance_length;
	bool has_guid;
	GUID guid;
};

static bool is_node(const char *path)
{
	size_t digits;

	if (strncmp(path, NODE_PREFIX, strlen(NODE_PREFIX)))
		return false;
	path += strlen(NODE_PREFIX);
	digits = strspn(path, "0123456789");
	return digits && digits < 10 && !path[digits];
}

/* "\\?\" or "\\.\", with either kind of slash. */
static const char *skip_prefix(const char *path)
{
	static const char slashes[] = "\\/";

	if (strlen(path) < 4 || !strchr(slashes, path[0]) || !strchr(slashes, path[1]) ||
	    (path[2] != '?' && path[2] != '.') || !strchr(slashes, path[3]))
		return NULL;
	return path + 4;
}

/* "vid_" and so on, and hexadecimal digits. */
static bool take_field(const char **text, const char *name, unsigned int digits,
		       unsigned int *value)
{
	char number[8] = "";

	if (strncasecmp(*text, name, strlen(name)))
		return false;
	*text += strlen(name);
	for (unsigned int i = 0; i < digits; i++) {
		if (!strchr("0123456789abcdefABCDEF", (*text)[i]) || !(*text)[i])
			return false;
		number[i] = (*text)[i];
	}
	*text += digits;
	*value = (unsigned int)strtoul(number, NULL, 16);
	return true;
}

/* "serial#{guid}", or without the GUID. */
static void split_instance(const char *text, struct parts *parts)
{
	const char *hash = strrchr(text, '#');

	parts->instance = text;
	parts->instance_length = strlen(text);
	if (!hash || !win_guid_parse(hash + 1, strlen(hash + 1), &parts->guid))
		return;
	parts->has_guid = true;
	parts->instance_length = (size_t)(hash - text);
}

static bool split_path(const char *path, struct parts *parts)
{
	unsigned int interface;

	memset(parts, 0, sizeof(*parts));
	parts->interface_number = -1;
	if (!take_field(&path, "usb#vid_", 4, &parts->vendor_id) ||
	    !take_field(&path, "&pid_", 4, &parts->product_id))
		return false;
	if (take_field(&path, "&mi_", 2, &interface))
		parts->interface_number = (int)interface;
	if (*path++ != '#')
		return false;
	split_instance(path, parts);
	return parts->instance_length;
}

static bool is_instance(const struct parts *parts, const char *name)
{
	return strlen(name) == parts->instance_length &&
	       !strncasecmp(name, parts->instance, parts->instance_length);
}

static bool fits(const struct win_device *device, const struct parts *parts)
{
	if (device->vendor_id != parts->vendor_id || device->product_id != parts->product_id)
		return false;
	if (parts->interface_number < 0 ?
		    !device->first :
		    (unsigned int)parts->interface_number != device->interface_number)
		return false;
	/* The port stays good when a second device with the same serial number comes. */
	if (!is_instance(parts, device->instance) && !is_instance(parts, device->location))
		return false;
	return !parts->has_guid || win_device_has_guid(device, &parts->guid);
}

static DWORD find_node(const struct parts *parts, char *node, size_t size)
{
	struct win_devices devices;
	DWORD error = win_devices_read(&devices);

	if (error)
		return error;
	error = ERROR_FILE_NOT_FOUND;
	for (size_t i = 0; i < devices.count && error; i++) {
		if (!fits(&devices.list[i], parts))
			continue;
		snprintf(node, size, "%s", devices.list[i].node);
		error = ERROR_SUCCESS;
	}
	win_devices_free(&devices);
	return error;
}

DWORD win_device_node(const char *path, char *node, size_t size)
{
	const char *rest = skip_prefix(path);
	struct parts parts;

	if (is_node(path)) {
		snprintf(node, size, "%s", path);
		return ERROR_SUCCESS;
	}
	if (!rest)
		return ERROR_NOT_SUPPORTED;
	return split_path(rest, &parts) ? find_node(&parts, node, size) : ERROR_FILE_NOT_FOUND;
}
