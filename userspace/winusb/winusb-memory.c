// SPDX-License-Identifier: MIT
/* WinUsbExt_AllocIsochBuffer(): memory that need not be copied, because it is the driver's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct winusb_memory *all;

/* As many packets as it has room for can be pending, at least. */
static struct winusb_chunk *get_chunk(struct winusb_device *device, struct wiso_device *dev,
				      const struct winusb_iso_pipe_info *info, uint32_t size)
{
	return winusb_chunk_get(device, dev, info->address, size,
				size / info->max_bytes_per_interval + 1);
}

static DWORD allocate(struct winusb_interface *interface, struct wiso_device *dev, UCHAR address,
		      ULONG length, PUCHAR *buffer)
{
	struct winusb_iso_pipe_info info;
	struct winusb_memory *memory;
	DWORD error = winusb_find_pipe(dev, address, &info);

	if (error)
		return error;
	if (info.type != WINUSB_ISO_PIPE_ISOCHRONOUS || !info.max_bytes_per_interval)
		return ERROR_INVALID_PARAMETER;
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return ERROR_NOT_ENOUGH_MEMORY;
	memory->chunk = get_chunk(interface->device, dev, &info, length);
	if (!memory->chunk) {
		error = win_error_from_errno(errno);
		free(memory);
		return error;
	}
	win_object_get(&interface->file->event.waitable.object);
	memory->file = interface->file;
	memory->data = memory->chunk->data;
	memory->size = length;
	memory->users = 1;
	/* One that was kept has old data. */
	memset(memory->data, 0, length);
	pthread_mutex_lock(&lock);
	memory->next = all;
	all = memory;
	pthread_mutex_unlock(&lock);
	*buffer = memory->data;
	return ERROR_SUCCESS;
}

BOOL WINAPI WinUsbExt_AllocIsochBuffer(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				       ULONG BufferLength, PUCHAR *Buffer)
{
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!Buffer || !BufferLength || BufferLength > WINUSBEXT_MAX_ISOCH_BUFFER)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	return winusb_leave(interface, allocate(interface, dev, PipeID, BufferLength, Buffer));
}

struct winusb_memory *winusb_memory_find(struct winusb_device *device, uint8_t pipe,
					 const void *data, uint32_t length)
{
	uintptr_t start = (uintptr_t)data;
	struct winusb_memory *memory;

	pthread_mutex_lock(&lock);
	for (memory = all; memory; memory = memory->next)
		if (!memory->freed && memory->file->user == device && memory->chunk->pipe == pipe &&
		    start >= (uintptr_t)memory->data &&
		    start - (uintptr_t)memory->data <= memory->size &&
		    length <= memory->size - (start - (uintptr_t)memory->data))
			break;
	if (memory)
		memory->users++;
	pthread_mutex_unlock(&lock);
	return memory;
}

static void forget(struct winusb_memory *memory)
{
	struct winusb_memory **at = &all;

	while (*at != memory)
		at = &(*at)->next;
	*at = memory->next;
}

void winusb_memory_put(struct winusb_memory *memory, struct wiso_device *dev)
{
	bool last;

	pthread_mutex_lock(&lock);
	last = !--memory->users;
	if (last)
		forget(memory);
	pthread_mutex_unlock(&lock);
	if (!last)
		return;
	winusb_chunk_put(memory->file->user, dev, memory->chunk);
	win_object_put(&memory->file->event.waitable.object);
	free(memory);
}

static struct winusb_memory *free_by_address(const void *data)
{
	struct winusb_memory *memory;

	pthread_mutex_lock(&lock);
	for (memory = all; memory; memory = memory->next)
		if (memory->data == data && !memory->freed)
			break;
	if (memory)
		memory->freed = true;
	pthread_mutex_unlock(&lock);
	return memory;
}

BOOL WINAPI WinUsbExt_FreeIsochBuffer(PUCHAR Buffer)
{
	struct winusb_memory *memory = free_by_address(Buffer);
	struct wiso_device *dev;
	struct win_file *file;

	if (!memory)
		return win_fail(ERROR_INVALID_PARAMETER);
	file = memory->file;
	win_object_get(&file->event.waitable.object);
	dev = win_file_enter(file);
	winusb_memory_put(memory, dev);
	if (dev)
		win_file_leave(file);
	win_object_put(&file->event.waitable.object);
	return TRUE;
}
