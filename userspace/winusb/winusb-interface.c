// SPDX-License-Identifier: MIT
/* WINUSB_INTERFACE_HANDLEs. */
#include <errno.h>
#include <stdlib.h>

#include "winusb-internal.h"

static struct win_object *object_of(struct win_file *file)
{
	return &file->event.waitable.object;
}

/* WinUsb_Free() of an associated interface makes it free to be asked for again. */
static void interface_closed(struct win_object *object)
{
	struct winusb_interface *interface = (struct winusb_interface *)(void *)object;
	struct winusb_device *first;

	if (!interface->first_file)
		return;
	first = interface->first_file->user;
	win_file_close_associated(interface->file);
	pthread_mutex_lock(&first->lock);
	first->associated &= ~(1u << interface->index);
	pthread_mutex_unlock(&first->lock);
}

static void interface_free(struct win_object *object)
{
	struct winusb_interface *interface = (struct winusb_interface *)(void *)object;

	win_object_put(object_of(interface->file));
	if (interface->first_file)
		win_object_put(object_of(interface->first_file));
	free(interface);
}

static const struct win_class interface_class = {
	.name = "interface",
	.closed = interface_closed,
	.free = interface_free,
};

/* Takes the reference to file over, and sets it up. NULL: *error. */
static struct winusb_interface *interface_new(struct win_file *file, DWORD *error)
{
	struct winusb_interface *interface = calloc(1, sizeof(*interface));
	struct wiso_device *dev;

	*error = ERROR_NOT_ENOUGH_MEMORY;
	if (interface)
		interface->device = winusb_device_get(file);
	if (!interface || !interface->device) {
		free(interface);
		win_object_put(object_of(file));
		return NULL;
	}
	win_object_init(&interface->object, &interface_class);
	interface->file = file;
	dev = win_file_enter(file);
	*error = ERROR_INVALID_HANDLE;
	if (dev) {
		*error = winusb_device_reset(interface->device, dev);
		win_file_leave(file);
	}
	if (!*error)
		return interface;
	win_object_put(&interface->object);
	return NULL;
}

BOOL WINAPI WinUsb_Initialize(HANDLE DeviceHandle, PWINUSB_INTERFACE_HANDLE InterfaceHandle)
{
	struct win_file *file = win_handle_get(DeviceHandle, &win_file_class);
	struct winusb_interface *interface;
	DWORD error;

	if (!file)
		return FALSE;
	error = InterfaceHandle ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER;
	if (!InterfaceHandle || !file->overlapped) {
		win_object_put(object_of(file));
		return win_fail(error);
	}
	interface = interface_new(file, &error);
	if (!interface)
		return win_fail(error);
	*InterfaceHandle = win_handle_give(&interface->object);
	return *InterfaceHandle != NULL;
}

BOOL WINAPI WinUsb_Free(WINUSB_INTERFACE_HANDLE InterfaceHandle)
{
	return win_handle_close(InterfaceHandle, &interface_class);
}

/* ---- Being inside -------------------------------------------------------------------------- */

struct winusb_interface *winusb_enter(WINUSB_INTERFACE_HANDLE handle, struct wiso_device **dev)
{
	struct winusb_interface *interface = win_handle_get(handle, &interface_class);

	if (!interface)
		return NULL;
	*dev = win_file_enter(interface->file);
	if (*dev)
		return interface;
	win_object_put(&interface->object);
	return NULL;
}

BOOL winusb_leave(struct winusb_interface *interface, DWORD error)
{
	win_file_leave(interface->file);
	win_object_put(&interface->object);
	return error ? win_fail(error) : TRUE;
}

DWORD winusb_find_pipe(struct wiso_device *dev, uint8_t address, struct winusb_iso_pipe_info *info)
{
	if (!(address & 15) || (address & 0x70))
		return ERROR_INVALID_PARAMETER;
	if (wiso_find_pipe(dev, address, info) == 0)
		return ERROR_SUCCESS;
	return errno == ENOENT ? ERROR_INVALID_PARAMETER : win_error_from_errno(errno);
}

/* Works after the file was closed, too, for what has completed. */
BOOL WINAPI WinUsb_GetOverlappedResult(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				       LPOVERLAPPED lpOverlapped,
				       LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
{
	struct winusb_interface *interface = win_handle_get(InterfaceHandle, &interface_class);
	struct win_file *file;
	BOOL done;

	if (!interface)
		return FALSE;
	if (!lpOverlapped) {
		win_object_put(&interface->object);
		return win_fail(ERROR_INVALID_PARAMETER);
	}
	file = interface->file;
	win_object_get(object_of(file));
	win_object_put(&interface->object);
	done = win_op_result(win_file_root(file), lpOverlapped, lpNumberOfBytesTransferred,
			     bWait ? INFINITE : 0);
	win_object_put(object_of(file));
	return done;
}

/* ---- Associated interfaces ----------------------------------------------------------------- */

/* Reserves the place of an associated interface. */
static DWORD claim(struct winusb_device *device, unsigned int index)
{
	DWORD error = ERROR_SUCCESS;

	pthread_mutex_lock(&device->lock);
	if (device->associated & 1u << index)
		error = ERROR_ALREADY_EXISTS;
	device->associated |= 1u << index;
	pthread_mutex_unlock(&device->lock);
	return error;
}

static void unclaim(struct winusb_device *device, unsigned int index)
{
	pthread_mutex_lock(&device->lock);
	device->associated &= ~(1u << index);
	pthread_mutex_unlock(&device->lock);
}

static DWORD open_associated(struct winusb_interface *interface, unsigned int index,
			     PWINUSB_INTERFACE_HANDLE handle)
{
	struct winusb_interface *associated;
	struct win_file *file;
	DWORD error;

	file = win_file_open_associated(interface->file, index, &error);
	if (!file)
		return error;
	win_object_get(object_of(file));
	associated = interface_new(file, &error);
	if (!associated) {
		win_file_close_associated(file);
		win_object_put(object_of(file));
		return error;
	}
	win_object_put(object_of(file));
	win_object_get(object_of(interface->file));
	associated->first_file = interface->file;
	associated->index = index;
	*handle = win_handle_new(&associated->object);
	if (!*handle)
		interface_closed(&associated->object);
	win_object_put(&associated->object);
	return *handle ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

BOOL WINAPI WinUsb_GetAssociatedInterface(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					  UCHAR AssociatedInterfaceIndex,
					  PWINUSB_INTERFACE_HANDLE AssociatedInterfaceHandle)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	/* 255 + 1 would be no index any more. */
	if (!AssociatedInterfaceHandle || AssociatedInterfaceIndex == 255)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	if (AssociatedInterfaceIndex >= 32)
		return winusb_leave(interface, ERROR_NO_MORE_ITEMS);
	error = claim(interface->device, AssociatedInterfaceIndex);
	if (error)
		return winusb_leave(interface, error);
	error = open_associated(interface, AssociatedInterfaceIndex, AssociatedInterfaceHandle);
	if (error)
		unclaim(interface->device, AssociatedInterfaceIndex);
	return winusb_leave(interface, error);
}
