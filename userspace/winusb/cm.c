// SPDX-License-Identifier: MIT
/* CM: device paths by interface class, and instance IDs. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#pragma GCC visibility push(default)
#include <cfgmgr32.h>
#pragma GCC visibility pop

#include "devices.h"

static CONFIGRET from_error(DWORD error)
{
	return error == ERROR_NOT_ENOUGH_MEMORY ? CR_OUT_OF_MEMORY : CR_FAILURE;
}

DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET CmReturnCode, DWORD DefaultErr)
{
	switch (CmReturnCode) {
	case CR_SUCCESS:
		return ERROR_SUCCESS;
	case CR_OUT_OF_MEMORY:
		return ERROR_NOT_ENOUGH_MEMORY;
	case CR_INVALID_POINTER:
		return ERROR_INVALID_USER_BUFFER;
	case CR_INVALID_FLAG:
		return ERROR_INVALID_FLAGS;
	case CR_INVALID_DEVNODE:
	case CR_INVALID_DEVICE_ID:
		return ERROR_INVALID_DATA;
	case CR_NO_SUCH_DEVNODE:
	case CR_NO_SUCH_VALUE:
	case CR_NO_SUCH_DEVICE_INTERFACE:
		return ERROR_NOT_FOUND;
	case CR_BUFFER_SMALL:
		return ERROR_INSUFFICIENT_BUFFER;
	case CR_ACCESS_DENIED:
		return ERROR_ACCESS_DENIED;
	case CR_CALL_NOT_IMPLEMENTED:
		return ERROR_CALL_NOT_IMPLEMENTED;
	default:
		return DefaultErr;
	}
}

/* ---- Paths ---------------------------------------------------------------------- */

/* Strings one after another, each with its NUL. */
struct strings {
	char *text;
	size_t size;
};

static bool append(struct strings *strings, const char *text)
{
	size_t length = strlen(text) + 1;
	char *bigger = realloc(strings->text, strings->size + length);

	if (!bigger)
		return false;
	memcpy(bigger + strings->size, text, length);
	strings->text = bigger;
	strings->size += length;
	return true;
}

static bool is_wanted(const struct win_device *device, const GUID *guid, const char *id)
{
	char own[WIN_ID_SIZE];

	win_device_id(device, own);
	return (!id || !*id || !strcasecmp(id, own)) && win_device_has_guid(device, guid);
}

static CONFIGRET list_paths(const GUID *guid, const char *id, struct strings *paths)
{
	struct win_devices devices;
	DWORD error = win_devices_read(&devices);
	bool ok = true;

	if (error)
		return from_error(error);
	for (size_t i = 0; i < devices.count && ok; i++) {
		char path[WIN_PATH_SIZE];

		if (!is_wanted(&devices.list[i], guid, id))
			continue;
		win_device_path(&devices.list[i], guid, path);
		ok = append(paths, path);
	}
	win_devices_free(&devices);
	return ok && append(paths, "") ? CR_SUCCESS : CR_OUT_OF_MEMORY;
}

static CONFIGRET get_paths(const GUID *guid, const char *id, ULONG flags, struct strings *paths)
{
	if (flags & ~(ULONG)CM_GET_DEVICE_INTERFACE_LIST_BITS)
		return CR_INVALID_FLAG;
	return guid ? list_paths(guid, id, paths) : CR_INVALID_POINTER;
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid,
						    DEVINSTID_A pDeviceID, ULONG ulFlags)
{
	struct strings paths = { 0 };
	CONFIGRET result;

	if (!pulLen)
		return CR_INVALID_POINTER;
	*pulLen = 0;
	result = get_paths(InterfaceClassGuid, pDeviceID, ulFlags, &paths);
	if (result == CR_SUCCESS)
		*pulLen = (ULONG)paths.size;
	free(paths.text);
	return result;
}

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid,
						    DEVINSTID_W pDeviceID, ULONG ulFlags)
{
	char *id = pDeviceID ? win_narrow(pDeviceID) : NULL;
	CONFIGRET result;

	if (pDeviceID && !id)
		return CR_OUT_OF_MEMORY;
	result = CM_Get_Device_Interface_List_SizeA(pulLen, InterfaceClassGuid, id, ulFlags);
	free(id);
	return result;
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID,
					       PZZSTR Buffer, ULONG BufferLen, ULONG ulFlags)
{
	struct strings paths = { 0 };
	CONFIGRET result;

	if (!Buffer || !BufferLen)
		return CR_INVALID_POINTER;
	result = get_paths(InterfaceClassGuid, pDeviceID, ulFlags, &paths);
	if (result == CR_SUCCESS && paths.size > BufferLen)
		result = CR_BUFFER_SMALL;
	if (result == CR_SUCCESS)
		memcpy(Buffer, paths.text, paths.size);
	free(paths.text);
	return result;
}

CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID,
					       PZZWSTR Buffer, ULONG BufferLen, ULONG ulFlags)
{
	char *id = pDeviceID ? win_narrow(pDeviceID) : NULL;
	struct strings paths = { 0 };
	CONFIGRET result = CR_INVALID_POINTER;

	if (pDeviceID && !id)
		return CR_OUT_OF_MEMORY;
	if (Buffer && BufferLen)
		result = get_paths(InterfaceClassGuid, id, ulFlags, &paths);
	if (result == CR_SUCCESS && paths.size > BufferLen)
		result = CR_BUFFER_SMALL;
	for (size_t i = 0; result == CR_SUCCESS && i < paths.size; i++)
		Buffer[i] = (unsigned char)paths.text[i];
	free(paths.text);
	free(id);
	return result;
}

/* ---- Instance IDs ---------------------------------------------------------------- */

static CONFIGRET id_of(DEVINST instance, char *id)
{
	struct win_devices devices;
	DWORD error = win_devices_read(&devices);
	CONFIGRET result = CR_NO_SUCH_DEVNODE;

	if (error)
		return from_error(error);
	for (size_t i = 0; i < devices.count && result != CR_SUCCESS; i++) {
		if (devices.list[i].number + 1 != instance)
			continue;
		win_device_id(&devices.list[i], id);
		result = CR_SUCCESS;
	}
	win_devices_free(&devices);
	return result;
}

CONFIGRET WINAPI CM_Get_Device_ID_Size(PULONG pulLen, DEVINST dnDevInst, ULONG ulFlags)
{
	char id[WIN_ID_SIZE];
	CONFIGRET result;

	if (!pulLen)
		return CR_INVALID_POINTER;
	*pulLen = 0;
	if (ulFlags)
		return CR_INVALID_FLAG;
	result = id_of(dnDevInst, id);
	if (result == CR_SUCCESS)
		*pulLen = (ULONG)strlen(id);
	return result;
}

/* The NUL may be missing, if it does not fit: so it is on Windows. */
static CONFIGRET copy_id(DEVINST instance, char *narrow, wchar_t *wide, ULONG size, ULONG flags)
{
	char id[WIN_ID_SIZE];
	CONFIGRET result;

	if ((!narrow && !wide) || flags)
		return flags ? CR_INVALID_FLAG : CR_INVALID_POINTER;
	result = id_of(instance, id);
	if (result != CR_SUCCESS)
		return result;
	if (size < strlen(id))
		return CR_BUFFER_SMALL;
	for (size_t i = 0; i < size && i <= strlen(id); i++) {
		if (narrow)
			narrow[i] = id[i];
		else
			wide[i] = (unsigned char)id[i];
	}
	return CR_SUCCESS;
}

CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST dnDevInst, PSTR Buffer, ULONG BufferLen, ULONG ulFlags)
{
	return copy_id(dnDevInst, Buffer, NULL, BufferLen, ulFlags);
}

CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST dnDevInst, PWSTR Buffer, ULONG BufferLen, ULONG ulFlags)
{
	return copy_id(dnDevInst, NULL, Buffer, BufferLen, ulFlags);
}

CONFIGRET WINAPI CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID, ULONG ulFlags)
{
	struct win_devices devices;
	CONFIGRET result = CR_NO_SUCH_DEVNODE;
	DWORD error;

	if (!pdnDevInst)
		return CR_INVALID_POINTER;
	if (ulFlags & ~(ULONG)CM_LOCATE_DEVNODE_PHANTOM)
		return CR_INVALID_FLAG;
	if (!pDeviceID)
		return CR_INVALID_DEVICE_ID;
	error = win_devices_read(&devices);
	if (error)
		return from_error(error);
	for (size_t i = 0; i < devices.count && result != CR_SUCCESS; i++) {
		char id[WIN_ID_SIZE];

		win_device_id(&devices.list[i], id);
		if (strcasecmp(id, pDeviceID))
			continue;
		*pdnDevInst = devices.list[i].number + 1;
		result = CR_SUCCESS;
	}
	win_devices_free(&devices);
	return result;
}

CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID, ULONG ulFlags)
{
	char *id = pDeviceID ? win_narrow(pDeviceID) : NULL;
	CONFIGRET result;

	if (pDeviceID && !id)
		return CR_OUT_OF_MEMORY;
	result = CM_Locate_DevNodeA(pdnDevInst, id, ulFlags);
	free(id);
	return result;
}
