// SPDX-License-Identifier: MIT
/*
 * Memory of the driver behind registered buffers. Some programs register anew for every
 * transfer, so a few are kept for the next registration.
 */
#include <errno.h>
#include <stdlib.h>

#include "winusb-internal.h"

#define MAX_SPARE      8u
#define MAX_SPARE_SIZE 0x100000u
#define MIN_ENTRIES    256u

static uint32_t entries_for(uint32_t packets)
{
	if (packets > WINUSB_ISO_MAX_BUFFER_PACKETS / 2)
		return WINUSB_ISO_MAX_BUFFER_PACKETS;
	return packets * 2 > MIN_ENTRIES ? packets * 2 : MIN_ENTRIES;
}

static struct winusb_chunk *chunk_new(struct wiso_device *dev, uint8_t pipe, uint32_t size,
				      uint32_t entries)
{
	struct winusb_chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->buffer = wiso_buffer_register(dev, pipe, size, entries);
	if (!chunk->buffer) {
		free(chunk);
		return NULL;
	}
	chunk->data = wiso_buffer_data(chunk->buffer);
	chunk->packets = wiso_buffer_packets(chunk->buffer);
	chunk->size = size;
	chunk->pipe = pipe;
	chunk->table.entries = entries;
	return chunk;
}

static void chunk_free(struct winusb_chunk *chunk)
{
	if (chunk->buffer)
		wiso_buffer_unregister(chunk->buffer);
	free(chunk);
}

/* ---- Kept. With the lock of the device. ---------------------------------------------------- */

static struct winusb_chunk *take_spare(struct winusb_device *device, uint8_t pipe, uint32_t size,
				       uint32_t packets)
{
	struct winusb_chunk **at = &device->spare, *found;

	while (*at && ((*at)->pipe != pipe || (*at)->size < size || (*at)->size / 2 > size ||
		       (*at)->table.entries < packets))
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	return found;
}

/* The one that was not wanted for longest goes. */
static struct winusb_chunk *add_spare(struct winusb_device *device, struct winusb_chunk *chunk)
{
	struct winusb_chunk **at = &device->spare, *last;
	unsigned int count = 0;

	chunk->next = device->spare;
	device->spare = chunk;
	while (*at && count++ < MAX_SPARE)
		at = &(*at)->next;
	last = *at;
	*at = NULL;
	return last;
}

static void link_used(struct winusb_device *device, struct winusb_chunk *chunk)
{
	chunk->prev = NULL;
	chunk->next = device->chunks;
	if (chunk->next)
		chunk->next->prev = chunk;
	device->chunks = chunk;
}

static void unlink_used(struct winusb_device *device, struct winusb_chunk *chunk)
{
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		device->chunks = chunk->next;
	if (chunk->next)
		chunk->next->prev = chunk->prev;
}

/* ---- The whole ----------------------------------------------------------------------------- */

struct winusb_chunk *winusb_chunk_get(struct winusb_device *device, struct wiso_device *dev,
				      uint8_t pipe, uint32_t size, uint32_t packets)
{
	struct winusb_chunk *chunk;

	pthread_mutex_lock(&device->lock);
	chunk = take_spare(device, pipe, size, packets);
	if (!chunk)
		chunk = chunk_new(dev, pipe, size, entries_for(packets));
	if (chunk)
		link_used(device, chunk);
	pthread_mutex_unlock(&device->lock);
	return chunk;
}

void winusb_chunk_put(struct winusb_device *device, struct wiso_device *dev,
		      struct winusb_chunk *chunk)
{
	struct winusb_chunk *twin, *surplus = chunk;

	pthread_mutex_lock(&device->lock);
	unlink_used(device, chunk);
	/* wiso_close() gives the memory back, or has done so. */
	for (twin = chunk; !dev && twin; twin = twin->twin)
		twin->buffer = NULL;
	while (chunk->twin) {
		twin = chunk->twin;
		chunk->twin = twin->twin;
		chunk_free(twin);
	}
	if (dev && chunk->buffer && chunk->size <= MAX_SPARE_SIZE)
		surplus = add_spare(device, chunk);
	pthread_mutex_unlock(&device->lock);
	if (surplus)
		chunk_free(surplus);
}

void winusb_chunks_drop(struct winusb_device *device)
{
	struct winusb_chunk *chunk;

	pthread_mutex_lock(&device->lock);
	while ((chunk = device->spare)) {
		device->spare = chunk->next;
		chunk_free(chunk);
	}
	pthread_mutex_unlock(&device->lock);
}

/* wiso_close() gives the memory back. */
void winusb_chunks_close(struct winusb_device *device)
{
	winusb_chunks_drop(device);
	pthread_mutex_lock(&device->lock);
	for (struct winusb_chunk *chunk = device->chunks; chunk; chunk = chunk->next)
		for (struct winusb_chunk *twin = chunk; twin; twin = twin->twin)
			twin->buffer = NULL;
	pthread_mutex_unlock(&device->lock);
}

struct winusb_chunk *winusb_chunk_take(struct wiso_device *dev, struct winusb_chunk *chunk,
				       uint32_t packets, uint32_t *first)
{
	struct winusb_chunk *twin = chunk;

	while (!winusb_table_take(&twin->table, packets, first)) {
		if (!twin->twin)
			twin->twin = chunk_new(dev, chunk->pipe, chunk->size,
					       entries_for(4 * twin->table.entries));
		twin = twin->twin;
		if (!twin)
			return NULL;
		if (packets > twin->table.entries &&
		    twin->table.entries == WINUSB_ISO_MAX_BUFFER_PACKETS) {
			errno = E2BIG;
			return NULL;
		}
	}
	return twin;
}
