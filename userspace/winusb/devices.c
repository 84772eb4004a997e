// SPDX-License-Identifier: MIT
/* The list of devices, and their names in the manner of Windows. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "devices.h"

/* GUID_DEVINTERFACE_USB_DEVICE */
const GUID win_guid_usb_device = {
	0xa5dcbf10,
	0x6530,
	0x11d2,
	{ 0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed },
};

/* GUID_DEVCLASS_USBDEVICE, which WinUSB devices are in */
const GUID win_guid_setup_class = {
	0x88bae032,
	0x5a81,
	0x49f0,
	{ 0xbc, 0x3d, 0xa4, 0xff, 0x13, 0x82, 0x16, 0xd6 },
};

/* ---- Reading ---------------------------------------------------------------- */

/* What Windows takes for a serial number, without what would end a path early. */
static bool is_serial(const char *serial, size_t most)
{
	size_t length = strlen(serial);

	for (size_t i = 0; i < length; i++)
		if (serial[i] <= ' ' || serial[i] > '~' || strchr(",\\/#", serial[i]))
			return false;
	return length && length < most;
}

/* "1-2.3:1.0" begins with bus and ports. */
static void set_location(struct win_device *device, const struct wiso_node *node)
{
	const char *name = wiso_node_interface_name(node);
	size_t length = strcspn(name, ":");

	if (length && length < sizeof(device->location))
		memcpy(device->location, name, length);
	else
		snprintf(device->location, sizeof(device->location), "%u-%u", device->bus,
			 device->address);
}

static bool read_device(struct win_device *device, const struct wiso_node *node)
{
	memset(device, 0, sizeof(*device));
	device->number = wiso_node_number(node);
	snprintf(device->node, sizeof(device->node), "%s", wiso_node_path(node));
	device->vendor_id = wiso_node_vendor_id(node);
	device->product_id = wiso_node_product_id(node);
	device->interface_number = wiso_node_interface_number(node);
	device->bus = wiso_node_bus(node);
	device->address = wiso_node_address(node);
	set_location(device, node);
	snprintf(device->instance, sizeof(device->instance), "%s",
		 is_serial(wiso_node_serial(node), sizeof(device->instance)) ?
			 wiso_node_serial(node) :
			 device->location);
	device->manufacturer = strdup(wiso_node_manufacturer(node));
	device->product = strdup(wiso_node_product(node));
	return device->manufacturer && device->product;
}

static bool is_same_device(const struct win_device *a, const struct win_device *b)
{
	return a->bus == b->bus && a->address == b->address;
}

/* The serial number of one device must not be that of another one, too. */
static bool has_twin(const struct win_devices *devices, const struct win_device *device)
{
	for (size_t i = 0; i < devices->count; i++) {
		const struct win_device *other = &devices->list[i];

		if (!is_same_device(device, other) && device->vendor_id == other->vendor_id &&
		    device->product_id == other->product_id &&
		    !strcasecmp(device->instance, other->instance))
			return true;
	}
	return false;
}

static bool is_first(const struct win_devices *devices, const struct win_device *device)
{
	for (size_t i = 0; i < devices->count; i++)
		if (is_same_device(device, &devices->list[i]) &&
		    devices->list[i].interface_number < device->interface_number)
			return false;
	return true;
}

static void compare_devices(struct win_devices *devices)
{
	bool *twins = calloc(devices->count, sizeof(*twins));

	for (size_t i = 0; i < devices->count; i++) {
		devices->list[i].first = is_first(devices, &devices->list[i]);
		if (twins)
			twins[i] = has_twin(devices, &devices->list[i]);
	}
	for (size_t i = 0; twins && i < devices->count; i++)
		if (twins[i])
			snprintf(devices->list[i].instance, sizeof(devices->list[i].instance), "%s",
				 devices->list[i].location);
	free(twins);
}

static bool read_all(struct win_devices *devices, const struct wiso_list *list)
{
	size_t count = wiso_list_count(list);

	devices->list = calloc(count ? count : 1, sizeof(*devices->list));
	if (!devices->list)
		return false;
	for (; devices->count < count; devices->count++)
		if (!read_device(&devices->list[devices->count],
				 wiso_list_get(list, devices->count)))
			return false;
	if (count)
		compare_devices(devices);
	return true;
}

DWORD win_devices_read(struct win_devices *devices)
{
	struct wiso_list *list = wiso_list_new();
	bool ok;

	memset(devices, 0, sizeof(*devices));
	if (!list)
		return win_error_from_errno(errno);
	ok = read_all(devices, list);
	wiso_list_free(list);
	if (ok)
		return ERROR_SUCCESS;
	win_devices_free(devices);
	return ERROR_NOT_ENOUGH_MEMORY;
}

void win_devices_free(struct win_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++) {
		free(devices->list[i].manufacturer);
		free(devices->list[i].product);
	}
	free(devices->list);
	memset(devices, 0, sizeof(*devices));
}

/* ---- Interface classes -------------------------------------------------------- */

static void add_configured(const struct win_device *device, struct win_guids *guids)
{
	struct win_config_device named = {
		.vendor_id = device->vendor_id,
		.product_id = device->product_id,
		.interface_number = (int)device->interface_number,
	};

	win_config_guids(&named, device->first, guids);
}

void win_device_guids(const struct win_device *device, struct win_guids *guids)
{
	guids->count = 0;
	win_guids_add(guids, &win_guid_usb_device);
	add_configured(device, guids);
	win_msos_guids(device, guids);
}

bool win_device_has_guid(const struct win_device *device, const GUID *guid)
{
	struct win_guids guids = { 0 };

	if (win_guid_equal(guid, &win_guid_usb_device))
		return true;
	/* A device is not asked what a file says already. */
	add_configured(device, &guids);
	if (win_guids_have(&guids, guid))
		return true;
	win_msos_guids(device, &guids);
	return win_guids_have(&guids, guid);
}

/* ---- Names --------------------------------------------------------------------- */

void win_device_path(const struct win_device *device, const GUID *guid, char *path)
{
	char text[WIN_GUID_TEXT];

	win_guid_format(guid, text, false);
	snprintf(path, WIN_PATH_SIZE, "\\\\?\\usb#vid_%04x&pid_%04x&mi_%02x#%s#%s",
		 device->vendor_id, device->product_id, device->interface_number, device->instance,
		 text);
}

void win_device_id(const struct win_device *device, char *id)
{
	snprintf(id, WIN_ID_SIZE, "USB\\VID_%04X&PID_%04X&MI_%02X\\%s", device->vendor_id,
		 device->product_id, device->interface_number, device->instance);
	for (; *id; id++)
		*id = (char)toupper((unsigned char)*id);
}
