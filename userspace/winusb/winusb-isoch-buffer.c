// SPDX-License-Identifier: MIT
/*
 * WINUSB_ISOCH_BUFFER_HANDLEs: the caller's memory, and that of the driver which stands for
 * it, byte by byte. (Why the caller's own pages are not made the driver's: PORTING.md.)
 */
#include <errno.h>
#include <stdlib.h>

#include "winusb-internal.h"

#define PAGE 4096u

static struct winusb_isoch_buffer *buffer_of(struct win_object *object)
{
	return (struct winusb_isoch_buffer *)(void *)object;
}

/* ---- Gone ---------------------------------------------------------------------------------- */

static void wait_until_idle(struct winusb_isoch_buffer *buffer)
{
	pthread_mutex_lock(&buffer->pipe->lock);
	buffer->dead = true;
	win_depend();
	while (buffer->pending)
		pthread_cond_wait(&buffer->pipe->ended, &buffer->pipe->lock);
	win_undepend();
	pthread_mutex_unlock(&buffer->pipe->lock);
}

static void give_back(struct winusb_isoch_buffer *buffer, struct wiso_device *dev)
{
	if (buffer->memory)
		winusb_memory_put(buffer->memory, dev);
	for (unsigned int i = 0; !buffer->memory && i < buffer->num_chunks; i++)
		winusb_chunk_put(buffer->device, dev, buffer->chunks[i]);
	buffer->memory = NULL;
	buffer->num_chunks = 0;
}

void winusb_isoch_unregister(struct winusb_isoch_buffer *buffer)
{
	struct wiso_device *dev;

	wait_until_idle(buffer);
	dev = win_file_enter(buffer->file);
	give_back(buffer, dev);
	if (dev)
		win_file_leave(buffer->file);
}

static void buffer_closed(struct win_object *object)
{
	winusb_isoch_unregister(buffer_of(object));
}

static void buffer_free(struct win_object *object)
{
	struct winusb_isoch_buffer *buffer = buffer_of(object);

	/* One that never had a handle. */
	if (buffer->num_chunks)
		winusb_isoch_unregister(buffer);
	free(buffer->chunks);
	win_object_put(&buffer->file->event.waitable.object);
	free(buffer);
}

static const struct win_class buffer_class = {
	.name = "isochronous buffer",
	.closed = buffer_closed,
	.free = buffer_free,
};

/* ---- Made ---------------------------------------------------------------------------------- */

DWORD winusb_isoch_refresh(struct winusb_isoch_buffer *buffer, struct wiso_device *dev)
{
	unsigned int settings = atomic_load(&buffer->device->settings);
	struct winusb_iso_pipe_info info;
	DWORD error;

	if (buffer->shape.speed && buffer->settings == settings)
		return ERROR_SUCCESS;
	error = winusb_find_pipe(dev, buffer->pipe->address, &info);
	if (error)
		return error;
	if (info.type != WINUSB_ISO_PIPE_ISOCHRONOUS || !info.max_bytes_per_interval)
		return ERROR_INVALID_PARAMETER;
	buffer->settings = settings;
	buffer->shape = (struct winusb_pipe_shape){
		.speed = buffer->file->info.speed,
		.max_bytes = info.max_bytes_per_interval,
		.interval = info.interval,
		.in = info.address & 0x80,
	};
	return ERROR_SUCCESS;
}

static unsigned int count_chunks(const struct winusb_isoch_buffer *buffer)
{
	if (buffer->length <= WINUSB_ISO_MAX_BUFFER_SIZE)
		return 1;
	return 1 +
	       (buffer->length - WINUSB_ISO_MAX_BUFFER_SIZE + buffer->stride - 1) / buffer->stride;
}

static uint32_t chunk_size(const struct winusb_isoch_buffer *buffer, unsigned int i)
{
	uint32_t rest = buffer->length - i * buffer->stride;

	return rest < WINUSB_ISO_MAX_BUFFER_SIZE ? rest : WINUSB_ISO_MAX_BUFFER_SIZE;
}

/* Chunks overlap by a packet, in whole pages. */
static DWORD get_chunks(struct winusb_isoch_buffer *buffer, struct wiso_device *dev)
{
	uint32_t overlap = (buffer->shape.max_bytes + PAGE - 1) / PAGE * PAGE;
	unsigned int count;

	buffer->stride = WINUSB_ISO_MAX_BUFFER_SIZE - overlap;
	count = count_chunks(buffer);
	buffer->chunks = calloc(count, sizeof(struct winusb_chunk *));
	if (!buffer->chunks)
		return ERROR_NOT_ENOUGH_MEMORY;
	while (buffer->num_chunks < count) {
		uint32_t size = chunk_size(buffer, buffer->num_chunks);
		struct winusb_chunk *chunk =
			winusb_chunk_get(buffer->device, dev, buffer->pipe->address, size,
					 size / buffer->shape.max_bytes + 1);

		if (!chunk)
			return win_error_from_errno(errno);
		buffer->chunks[buffer->num_chunks++] = chunk;
	}
	return ERROR_SUCCESS;
}

static DWORD get_memory(struct winusb_isoch_buffer *buffer, struct wiso_device *dev)
{
	buffer->memory = winusb_memory_find(buffer->device, buffer->pipe->address, buffer->data,
					    buffer->length);
	if (!buffer->memory)
		return get_chunks(buffer, dev);
	buffer->chunks = calloc(1, sizeof(struct winusb_chunk *));
	if (!buffer->chunks)
		return ERROR_NOT_ENOUGH_MEMORY;
	buffer->chunks[0] = buffer->memory->chunk;
	buffer->num_chunks = 1;
	buffer->stride = WINUSB_ISO_MAX_BUFFER_SIZE;
	buffer->base = (uint32_t)(buffer->data - buffer->memory->data);
	return ERROR_SUCCESS;
}

static DWORD set_up(struct winusb_isoch_buffer *buffer, struct wiso_device *dev)
{
	DWORD error;

	pthread_mutex_lock(&buffer->pipe->lock);
	error = winusb_isoch_refresh(buffer, dev);
	pthread_mutex_unlock(&buffer->pipe->lock);
	if (error)
		return error;
	if (!atomic_load(&buffer->device->lift_limits) &&
	    !winusb_interval_in_limits(&buffer->shape))
		return ERROR_INVALID_PARAMETER;
	return get_memory(buffer, dev);
}

DWORD winusb_isoch_register(struct winusb_interface *interface, struct wiso_device *dev,
			    uint8_t address, void *data, uint32_t length,
			    struct winusb_isoch_buffer **made)
{
	struct winusb_isoch_buffer *buffer = calloc(1, sizeof(*buffer));
	DWORD error;

	if (!buffer)
		return ERROR_NOT_ENOUGH_MEMORY;
	win_object_init(&buffer->object, &buffer_class);
	win_object_get(&interface->file->event.waitable.object);
	buffer->file = interface->file;
	buffer->device = interface->device;
	buffer->pipe = winusb_pipe_of(interface->device, address);
	buffer->data = data;
	buffer->length = length;
	error = address & 0x70 ? ERROR_INVALID_PARAMETER : set_up(buffer, dev);
	if (error) {
		give_back(buffer, dev);
		win_object_put(&buffer->object);
		return error;
	}
	*made = buffer;
	return ERROR_SUCCESS;
}

BOOL WINAPI WinUsb_RegisterIsochBuffer(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				       PUCHAR Buffer, ULONG BufferLength,
				       PWINUSB_ISOCH_BUFFER_HANDLE IsochBufferHandle)
{
	struct winusb_isoch_buffer *buffer = NULL;
	struct winusb_interface *interface;
	struct wiso_device *dev;
	DWORD error;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!Buffer || !BufferLength || !IsochBufferHandle)
		return winusb_leave(interface, ERROR_INVALID_PARAMETER);
	error = winusb_isoch_register(interface, dev, PipeID, Buffer, BufferLength, &buffer);
	if (error)
		return winusb_leave(interface, error);
	*IsochBufferHandle = win_handle_new(&buffer->object);
	if (!*IsochBufferHandle) {
		give_back(buffer, dev);
		error = ERROR_NOT_ENOUGH_MEMORY;
	}
	win_object_put(&buffer->object);
	return winusb_leave(interface, error);
}

/* Blocks while transfers are pending. After the file was closed there are none. */
BOOL WINAPI WinUsb_UnregisterIsochBuffer(WINUSB_ISOCH_BUFFER_HANDLE IsochBufferHandle)
{
	return win_handle_close(IsochBufferHandle, &buffer_class);
}

/* ---- Being inside -------------------------------------------------------------------------- */

struct winusb_isoch_buffer *winusb_isoch_enter(WINUSB_ISOCH_BUFFER_HANDLE handle,
					       struct wiso_device **dev)
{
	struct winusb_isoch_buffer *buffer = win_handle_get(handle, &buffer_class);

	if (!buffer)
		return NULL;
	*dev = win_file_enter(buffer->file);
	if (*dev)
		return buffer;
	win_object_put(&buffer->object);
	return NULL;
}

BOOL winusb_isoch_leave(struct winusb_isoch_buffer *buffer, DWORD error)
{
	win_file_leave(buffer->file);
	win_object_put(&buffer->object);
	return error ? win_fail(error) : TRUE;
}
