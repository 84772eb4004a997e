// SPDX-License-Identifier: MIT
/* SetupDi: sets of devices, each a snapshot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#pragma GCC visibility push(default)
#include <setupapi.h>
#pragma GCC visibility pop

#include "devices.h"

struct win_set {
	struct win_object object;
	struct win_devices devices;
	/* Which of them are in the set, and their interface classes. */
	struct member *members;
	DWORD count;
};

struct member {
	const struct win_device *device;
	struct win_guids guids; /* of interfaces that are in the set */
};

static void set_free(struct win_object *object)
{
	struct win_set *set = (struct win_set *)(void *)object;

	win_devices_free(&set->devices);
	free(set->members);
	free(set);
}

static const struct win_class set_class = {
	.name = "device information set",
	.free = set_free,
};

/* ---- Making one --------------------------------------------------------------- */

struct query {
	const GUID *guid; /* NULL: all classes */
	const char *id;	  /* instance ID, or NULL */
	bool interfaces;
};

static bool wants(const struct query *query, const struct win_device *device, struct member *member)
{
	char id[WIN_ID_SIZE];

	member->device = device;
	member->guids.count = 0;
	win_device_id(device, id);
	if (query->id && strcasecmp(query->id, id))
		return false;
	if (!query->interfaces)
		return !query->guid || win_guid_equal(query->guid, &win_guid_setup_class);
	if (!query->guid) {
		win_device_guids(device, &member->guids);
		return true;
	}
	if (!win_device_has_guid(device, query->guid))
		return false;
	win_guids_add(&member->guids, query->guid);
	return true;
}

static DWORD fill(struct win_set *set, const struct query *query)
{
	DWORD error = win_devices_read(&set->devices);

	if (error)
		return error;
	set->members = calloc(set->devices.count + 1, sizeof(*set->members));
	if (!set->members)
		return ERROR_NOT_ENOUGH_MEMORY;
	for (size_t i = 0; i < set->devices.count; i++)
		set->count += wants(query, &set->devices.list[i], &set->members[set->count]);
	return ERROR_SUCCESS;
}

static HDEVINFO no_set(DWORD error)
{
	SetLastError(error);
	return INVALID_HANDLE_VALUE;
}

static HDEVINFO new_set(const struct query *query)
{
	struct win_set *set = calloc(1, sizeof(*set));
	HANDLE handle;
	DWORD error;

	if (!set)
		return no_set(ERROR_NOT_ENOUGH_MEMORY);
	win_object_init(&set->object, &set_class);
	error = fill(set, query);
	if (error) {
		win_object_put(&set->object);
		return no_set(error);
	}
	handle = win_handle_give(&set->object);
	return handle ? handle : INVALID_HANDLE_VALUE;
}

HDEVINFO WINAPI SetupDiGetClassDevsA(const GUID *ClassGuid, PCSTR Enumerator, HWND hwndParent,
				     DWORD Flags)
{
	struct query query = {
		.guid = Flags & DIGCF_ALLCLASSES ? NULL : ClassGuid,
		.interfaces = Flags & DIGCF_DEVICEINTERFACE,
	};

	(void)hwndParent;
	if (!ClassGuid && !(Flags & DIGCF_ALLCLASSES))
		return no_set(ERROR_INVALID_PARAMETER);
	if (Enumerator && strcasecmp(Enumerator, "USB")) {
		if (!query.interfaces || strncasecmp(Enumerator, "USB\\", 4))
			return no_set(ERROR_INVALID_DATA);
		query.id = Enumerator;
	}
	return new_set(&query);
}

HDEVINFO WINAPI SetupDiGetClassDevsW(const GUID *ClassGuid, PCWSTR Enumerator, HWND hwndParent,
				     DWORD Flags)
{
	char *enumerator = NULL;
	HDEVINFO set;

	if (Enumerator) {
		enumerator = win_narrow(Enumerator);
		if (!enumerator)
			return INVALID_HANDLE_VALUE;
	}
	set = SetupDiGetClassDevsA(ClassGuid, enumerator, hwndParent, Flags);
	free(enumerator);
	return set;
}

BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO DeviceInfoSet)
{
	return win_handle_close(DeviceInfoSet, &set_class);
}

/* ---- What is in it ------------------------------------------------------------- */

static struct win_set *get_set(HDEVINFO handle)
{
	return win_handle_get(handle, &set_class);
}

static BOOL put_set(struct win_set *set, DWORD error)
{
	win_object_put(&set->object);
	return error ? win_fail(error) : TRUE;
}

/* Devices are known to the caller by the number of their node, counted from 1. */
static void describe_device(const struct win_device *device, SP_DEVINFO_DATA *data)
{
	data->ClassGuid = win_guid_setup_class;
	data->DevInst = device->number + 1;
	data->Reserved = 0;
}

static const struct member *find_member(const struct win_set *set, const SP_DEVINFO_DATA *data)
{
	for (DWORD i = 0; i < set->count; i++)
		if (set->members[i].device->number + 1 == data->DevInst)
			return &set->members[i];
	return NULL;
}

BOOL WINAPI SetupDiEnumDeviceInfo(HDEVINFO DeviceInfoSet, DWORD MemberIndex,
				  PSP_DEVINFO_DATA DeviceInfoData)
{
	struct win_set *set = get_set(DeviceInfoSet);
	DWORD error = ERROR_SUCCESS;

	if (!set)
		return FALSE;
	if (!DeviceInfoData)
		error = ERROR_INVALID_PARAMETER;
	else if (DeviceInfoData->cbSize != sizeof(*DeviceInfoData))
		error = ERROR_INVALID_USER_BUFFER;
	else if (MemberIndex >= set->count)
		error = ERROR_NO_MORE_ITEMS;
	else
		describe_device(set->members[MemberIndex].device, DeviceInfoData);
	return put_set(set, error);
}

/* The index-th interface of the class; Reserved tells member and class again. */
static bool find_interface(const struct win_set *set, const SP_DEVINFO_DATA *of, const GUID *guid,
			   DWORD index, SP_DEVICE_INTERFACE_DATA *data)
{
	for (DWORD i = 0; i < set->count; i++) {
		const struct member *member = &set->members[i];

		if (of && member->device->number + 1 != of->DevInst)
			continue;
		if (!win_guids_have(&member->guids, guid) || index--)
			continue;
		data->InterfaceClassGuid = *guid;
		data->Flags = SPINT_ACTIVE;
		data->Reserved = i + 1;
		return true;
	}
	return false;
}

BOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
					const GUID *InterfaceClassGuid, DWORD MemberIndex,
					PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData)
{
	struct win_set *set = get_set(DeviceInfoSet);
	DWORD error = ERROR_SUCCESS;

	if (!set)
		return FALSE;
	if (!InterfaceClassGuid || !DeviceInterfaceData ||
	    (DeviceInfoData && (DeviceInfoData->cbSize != sizeof(*DeviceInfoData) ||
				!find_member(set, DeviceInfoData))))
		error = ERROR_INVALID_PARAMETER;
	else if (DeviceInterfaceData->cbSize != sizeof(*DeviceInterfaceData))
		error = ERROR_INVALID_USER_BUFFER;
	else if (!find_interface(set, DeviceInfoData, InterfaceClassGuid, MemberIndex,
				 DeviceInterfaceData))
		error = ERROR_NO_MORE_ITEMS;
	return put_set(set, error);
}

/* ---- Paths ---------------------------------------------------------------------- */

static DWORD find_path(const struct win_set *set, const SP_DEVICE_INTERFACE_DATA *data, char *path,
		       const struct win_device **device)
{
	const struct member *member;

	if (!data)
		return ERROR_INVALID_PARAMETER;
	if (data->cbSize != sizeof(*data))
		return ERROR_INVALID_USER_BUFFER;
	if (!data->Reserved || data->Reserved > set->count)
		return ERROR_INVALID_PARAMETER;
	member = &set->members[data->Reserved - 1];
	if (!win_guids_have(&member->guids, &data->InterfaceClassGuid))
		return ERROR_INVALID_PARAMETER;
	win_device_path(member->device, &data->InterfaceClassGuid, path);
	*device = member->device;
	return ERROR_SUCCESS;
}

static DWORD describe_found(const struct win_device *device, SP_DEVINFO_DATA *data)
{
	if (!data)
		return ERROR_SUCCESS;
	if (data->cbSize != sizeof(*data))
		return ERROR_INVALID_USER_BUFFER;
	describe_device(device, data);
	return ERROR_SUCCESS;
}

/* Both variants differ in where the path begins and how wide a character is. */
struct detail {
	void *data;
	DWORD size;
	DWORD header;
	DWORD fixed; /* cbSize */
	DWORD width;
	PDWORD required;
};

static DWORD check_detail(const struct detail *detail, size_t length)
{
	DWORD required = detail->header + (DWORD)(length + 1) * detail->width;

	if (detail->data &&
	    (detail->size < detail->fixed || *(const DWORD *)detail->data != detail->fixed))
		return ERROR_INVALID_USER_BUFFER;
	if (!detail->data && detail->size)
		return ERROR_INVALID_USER_BUFFER;
	if (required < detail->fixed)
		required = detail->fixed;
	if (detail->required)
		*detail->required = required;
	return detail->size < required ? ERROR_INSUFFICIENT_BUFFER : ERROR_SUCCESS;
}

static void write_path(const struct detail *detail, const char *path)
{
	char *narrow = (char *)detail->data + detail->header;
	wchar_t *wide = (wchar_t *)(void *)narrow;

	for (size_t i = 0; i <= strlen(path); i++) {
		if (detail->width == 1)
			narrow[i] = path[i];
		else
			wide[i] = (unsigned char)path[i];
	}
}

static BOOL get_detail(HDEVINFO handle, const SP_DEVICE_INTERFACE_DATA *interface,
		       const struct detail *detail, SP_DEVINFO_DATA *info)
{
	struct win_set *set = get_set(handle);
	const struct win_device *device;
	char path[WIN_PATH_SIZE];
	DWORD error;

	if (!set)
		return FALSE;
	error = find_path(set, interface, path, &device);
	if (!error)
		error = check_detail(detail, strlen(path));
	if (!error || error == ERROR_INSUFFICIENT_BUFFER) {
		DWORD other = describe_found(device, info);

		error = other ? other : error;
	}
	if (!error)
		write_path(detail, path);
	return put_set(set, error);
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailA(
	HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
	PSP_DEVICE_INTERFACE_DETAIL_DATA_A DeviceInterfaceDetailData,
	DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData)
{
	struct detail detail = {
		.data = DeviceInterfaceDetailData,
		.size = DeviceInterfaceDetailDataSize,
		.header = offsetof(SP_DEVICE_INTERFACE_DETAIL_DATA_A, DevicePath),
		.fixed = sizeof(*DeviceInterfaceDetailData),
		.width = sizeof(CHAR),
		.required = RequiredSize,
	};

	return get_detail(DeviceInfoSet, DeviceInterfaceData, &detail, DeviceInfoData);
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailW(
	HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
	PSP_DEVICE_INTERFACE_DETAIL_DATA_W DeviceInterfaceDetailData,
	DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData)
{
	struct detail detail = {
		.data = DeviceInterfaceDetailData,
		.size = DeviceInterfaceDetailDataSize,
		.header = offsetof(SP_DEVICE_INTERFACE_DETAIL_DATA_W, DevicePath),
		.fixed = sizeof(*DeviceInterfaceDetailData),
		.width = sizeof(WCHAR),
		.required = RequiredSize,
	};

	return get_detail(DeviceInfoSet, DeviceInterfaceData, &detail, DeviceInfoData);
}

/* ---- Properties ------------------------------------------------------------------ */

/* A value as UTF-8: REG_SZ, REG_MULTI_SZ (each string with a NUL, size without the last one), or a
 * number. */
struct property {
	DWORD type;
	DWORD number;
	char text[600];
	size_t size; /* of text, with NULs */
};

static void set_text(struct property *property, const char *text)
{
	property->type = REG_SZ;
	property->size = strlen(text) + 1;
	if (property->size > sizeof(property->text))
		property->size = sizeof(property->text);
	memcpy(property->text, text, property->size);
	property->text[property->size - 1] = '\0';
}

static void set_hardware_ids(struct property *property, const struct win_device *device)
{
	int length = snprintf(property->text, sizeof(property->text),
			      "USB\\VID_%04X&PID_%04X&MI_%02X%cUSB\\VID_%04X&PID_%04X%c",
			      device->vendor_id, device->product_id, device->interface_number, 0,
			      device->vendor_id, device->product_id, 0);

	property->type = REG_MULTI_SZ;
	property->size = (size_t)length + 1;
}

static void set_number(struct property *property, DWORD number)
{
	property->type = REG_DWORD;
	property->number = number;
}

static bool read_property(const struct win_device *device, DWORD which, struct property *property)
{
	char guid[WIN_GUID_TEXT];

	property->type = REG_NONE;
	switch (which) {
	case SPDRP_DEVICEDESC:
		set_text(property, *device->product ? device->product : "USB device");
		break;
	case SPDRP_FRIENDLYNAME:
		if (*device->product)
			set_text(property, device->product);
		break;
	case SPDRP_MFG:
		if (*device->manufacturer)
			set_text(property, device->manufacturer);
		break;
	case SPDRP_HARDWAREID:
		set_hardware_ids(property, device);
		break;
	case SPDRP_SERVICE:
		set_text(property, "WINUSB");
		break;
	case SPDRP_CLASS:
		set_text(property, "USBDevice");
		break;
	case SPDRP_CLASSGUID:
		win_guid_format(&win_guid_setup_class, guid, false);
		set_text(property, guid);
		break;
	case SPDRP_LOCATION_INFORMATION:
		set_text(property, device->location);
		break;
	case SPDRP_PHYSICAL_DEVICE_OBJECT_NAME:
		set_text(property, device->node);
		break;
	case SPDRP_ENUMERATOR_NAME:
		set_text(property, "USB");
		break;
	case SPDRP_BUSNUMBER:
		set_number(property, device->bus);
		break;
	case SPDRP_ADDRESS:
		set_number(property, device->address);
		break;
	default:
		break;
	}
	return property->type != REG_NONE;
}

struct out {
	PDWORD type;
	PBYTE buffer;
	DWORD size;
	PDWORD required;
};

static DWORD hand_out(const struct out *out, DWORD type, const void *value, size_t size)
{
	if (out->type)
		*out->type = type;
	if (out->required)
		*out->required = (DWORD)size;
	if (!out->buffer || out->size < size)
		return ERROR_INSUFFICIENT_BUFFER;
	memcpy(out->buffer, value, size);
	return ERROR_SUCCESS;
}

static DWORD hand_out_wide(const struct out *out, const struct property *property)
{
	wchar_t wide[sizeof(property->text)];
	int count = MultiByteToWideChar(CP_UTF8, 0, property->text, (int)property->size, wide,
					ARRAYSIZE(wide));

	return hand_out(out, property->type, wide, (size_t)count * sizeof(*wide));
}

static BOOL get_property(HDEVINFO handle, const SP_DEVINFO_DATA *data, DWORD which, bool wide,
			 const struct out *out)
{
	struct win_set *set = get_set(handle);
	const struct member *member;
	struct property property;
	DWORD error;

	if (!set)
		return FALSE;
	if (!data || data->cbSize != sizeof(*data))
		return put_set(set, ERROR_INVALID_PARAMETER);
	member = find_member(set, data);
	if (!member)
		return put_set(set, ERROR_NO_SUCH_DEVINST);
	if (!out->buffer && out->size)
		return put_set(set, ERROR_INVALID_PARAMETER);
	if (!read_property(member->device, which, &property))
		return put_set(set, ERROR_INVALID_DATA);
	if (property.type == REG_DWORD)
		error = hand_out(out, REG_DWORD, &property.number, sizeof(property.number));
	else if (wide)
		error = hand_out_wide(out, &property);
	else
		error = hand_out(out, property.type, property.text, property.size);
	return put_set(set, error);
}

BOOL WINAPI SetupDiGetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet,
					      PSP_DEVINFO_DATA DeviceInfoData, DWORD Property,
					      PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
					      DWORD PropertyBufferSize, PDWORD RequiredSize)
{
	struct out out = { PropertyRegDataType, PropertyBuffer, PropertyBufferSize, RequiredSize };

	return get_property(DeviceInfoSet, DeviceInfoData, Property, false, &out);
}

BOOL WINAPI SetupDiGetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet,
					      PSP_DEVINFO_DATA DeviceInfoData, DWORD Property,
					      PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
					      DWORD PropertyBufferSize, PDWORD RequiredSize)
{
	struct out out = { PropertyRegDataType, PropertyBuffer, PropertyBufferSize, RequiredSize };

	return get_property(DeviceInfoSet, DeviceInfoData, Property, true, &out);
}

static BOOL get_id(HDEVINFO handle, const SP_DEVINFO_DATA *data, char *id)
{
	struct win_set *set = get_set(handle);
	const struct member *member;

	if (!set)
		return FALSE;
	if (!data || data->cbSize != sizeof(*data))
		return put_set(set, ERROR_INVALID_PARAMETER);
	member = find_member(set, data);
	if (!member)
		return put_set(set, ERROR_NO_SUCH_DEVINST);
	win_device_id(member->device, id);
	return put_set(set, ERROR_SUCCESS);
}

BOOL WINAPI SetupDiGetDeviceInstanceIdA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
					PSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
					PDWORD RequiredSize)
{
	char id[WIN_ID_SIZE];
	size_t size;

	if (!get_id(DeviceInfoSet, DeviceInfoData, id))
		return FALSE;
	size = strlen(id) + 1;
	if (RequiredSize)
		*RequiredSize = (DWORD)size;
	if (!DeviceInstanceId || DeviceInstanceIdSize < size)
		return win_fail(ERROR_INSUFFICIENT_BUFFER);
	memcpy(DeviceInstanceId, id, size);
	return TRUE;
}

BOOL WINAPI SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
					PWSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
					PDWORD RequiredSize)
{
	char id[WIN_ID_SIZE];
	size_t size;

	if (!get_id(DeviceInfoSet, DeviceInfoData, id))
		return FALSE;
	size = strlen(id) + 1;
	if (RequiredSize)
		*RequiredSize = (DWORD)size;
	if (!DeviceInstanceId || DeviceInstanceIdSize < size)
		return win_fail(ERROR_INSUFFICIENT_BUFFER);
	for (size_t i = 0; i < size; i++)
		DeviceInstanceId[i] = (unsigned char)id[i];
	return TRUE;
}
