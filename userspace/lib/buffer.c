// SPDX-License-Identifier: MIT
/* Registered buffers: data area and packet table, mapped for as long as they live. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static struct wiso_buffer **bucket(struct wiso_device *dev, uint32_t handle)
{
	return &dev->buffers[handle % WISO_BUFFER_BUCKETS];
}

struct wiso_buffer *wiso_buffer_lookup(struct wiso_device *dev, uint32_t handle)
{
	struct wiso_buffer *buffer = *bucket(dev, handle);

	while (buffer && buffer->handle != handle)
		buffer = buffer->next;
	return buffer;
}

static void unlink_buffer(struct wiso_buffer *buffer)
{
	struct wiso_buffer **at = bucket(buffer->dev, buffer->handle);

	while (*at != buffer)
		at = &(*at)->next;
	*at = buffer->next;
}

/* The offsets come from the driver; a wrong one must not become a wild pointer. */
static bool fits(const struct winusb_iso_buffer *reg)
{
	uint64_t table = (uint64_t)reg->packets * sizeof(struct winusb_iso_packet);

	return reg->mmap_size <= SIZE_MAX && reg->size <= reg->mmap_size &&
	       reg->packets_offset <= reg->mmap_size &&
	       table <= reg->mmap_size - reg->packets_offset;
}

static int release_handle(struct wiso_device *dev, uint32_t handle)
{
	struct winusb_iso_unregister_buffer unregister = { .handle = handle };

	return wiso_sys_ioctl(dev, WINUSB_ISO_IOC_UNREGISTER_BUFFER, &unregister);
}

static int map_buffer(struct wiso_buffer *buffer, const struct winusb_iso_buffer *reg)
{
	void *map;

	if (!fits(reg)) {
		errno = EPROTO;
		return -1;
	}
	map = wiso_sys.mmap(buffer->dev->fd, reg->mmap_size, true, reg->mmap_offset);
	if (map == (void *)-1)
		return -1;
	buffer->handle = reg->handle;
	buffer->size = reg->size;
	buffer->num_packets = reg->packets;
	buffer->map_size = reg->mmap_size;
	buffer->data = map;
	buffer->packets = reg->packets ? (void *)(buffer->data + reg->packets_offset) : NULL;
	return 0;
}

static int register_and_map(struct wiso_buffer *buffer, uint32_t size, uint32_t packets)
{
	struct winusb_iso_buffer reg = {
		.pipe = buffer->pipe.address,
		.size = size,
		.packets = packets,
	};
	int error;

	if (wiso_sys_ioctl(buffer->dev, WINUSB_ISO_IOC_REGISTER_BUFFER, &reg) < 0)
		return -1;
	if (!map_buffer(buffer, &reg))
		return 0;
	error = errno;
	release_handle(buffer->dev, reg.handle);
	errno = error;
	return -1;
}

struct wiso_buffer *wiso_buffer_register_locked(struct wiso_device *dev,
						const struct winusb_iso_pipe_info *pipe,
						uint32_t size, uint32_t packets)
{
	struct wiso_buffer *buffer;

	if (wiso_ring_need(dev, 0) < 0)
		return NULL;
	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return NULL;
	buffer->dev = dev;
	buffer->pipe = *pipe;
	if (register_and_map(buffer, size, packets) < 0) {
		free(buffer);
		return NULL;
	}
	buffer->next = *bucket(dev, buffer->handle);
	*bucket(dev, buffer->handle) = buffer;
	return buffer;
}

/* Forgets the buffer without asking the driver. */
void wiso_buffer_free(struct wiso_buffer *buffer)
{
	unlink_buffer(buffer);
	wiso_follower_put(buffer->dev, buffer->pipe.address);
	wiso_sys.munmap(buffer->data, buffer->map_size);
	free(buffer);
}

int wiso_buffer_unregister_locked(struct wiso_buffer *buffer)
{
	if (release_handle(buffer->dev, buffer->handle) < 0 && errno != ENODEV && errno != ENOENT)
		return -1;
	wiso_buffer_free(buffer);
	return 0;
}

struct wiso_buffer *wiso_buffer_register(struct wiso_device *dev, uint8_t pipe, size_t size,
					 uint32_t packets)
{
	struct winusb_iso_pipe_info info;
	struct wiso_buffer *buffer;

	if (size > UINT32_MAX) {
		errno = ERANGE;
		return NULL;
	}
	if (wiso_find_pipe(dev, pipe, &info) < 0)
		return NULL;
	pthread_mutex_lock(&dev->lock);
	buffer = wiso_buffer_register_locked(dev, &info, (uint32_t)size, packets);
	pthread_mutex_unlock(&dev->lock);
	return buffer;
}

int wiso_buffer_unregister(struct wiso_buffer *buffer)
{
	struct wiso_device *dev;
	int ret;

	if (!buffer)
		return 0;
	dev = buffer->dev;
	if (wiso_is_foreign(dev)) {
		wiso_buffer_free(buffer);
		return 0;
	}
	pthread_mutex_lock(&dev->lock);
	if (buffer->stream) {
		errno = EBUSY;
		ret = -1;
	} else {
		ret = wiso_buffer_unregister_locked(buffer);
	}
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

void *wiso_buffer_data(const struct wiso_buffer *buffer)
{
	return buffer->data;
}

struct winusb_iso_packet *wiso_buffer_packets(const struct wiso_buffer *buffer)
{
	return buffer->packets;
}

size_t wiso_buffer_size(const struct wiso_buffer *buffer)
{
	return buffer->size;
}

uint32_t wiso_buffer_num_packets(const struct wiso_buffer *buffer)
{
	return buffer->num_packets;
}

uint32_t wiso_buffer_handle(const struct wiso_buffer *buffer)
{
	return buffer->handle;
}

const struct winusb_iso_pipe_info *wiso_buffer_pipe(const struct wiso_buffer *buffer)
{
	return &buffer->pipe;
}
