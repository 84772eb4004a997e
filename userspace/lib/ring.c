// SPDX-License-Identifier: MIT
/*
 * The rings shared with the driver: indices run freely and wrap at 2^32, an
 * entry is index modulo entries. The driver writes completion_tail and
 * transfer_head, we write completion_head and transfer_tail.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define DEFAULT_ENTRIES	1024u

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* The offsets come from the driver; a wrong one must not become a wild pointer. */
static bool fits(const struct winusb_iso_setup_ring *setup)
{
	uint64_t completions = (uint64_t)setup->entries * sizeof(struct winusb_iso_completion);
	uint64_t transfers = (uint64_t)setup->entries * sizeof(struct winusb_iso_transfer);

	return setup->entries && !(setup->entries & (setup->entries - 1)) &&
	       setup->mmap_size <= SIZE_MAX &&
	       setup->mmap_size >= sizeof(struct winusb_iso_ring) &&
	       setup->completions_offset + completions <= setup->mmap_size &&
	       setup->transfers_offset + transfers <= setup->mmap_size;
}

static void attach(struct wiso_ring *ring, const struct winusb_iso_setup_ring *setup, void *map)
{
	unsigned char *base = map;

	ring->map = map;
	ring->map_size = setup->mmap_size;
	ring->control = map;
	ring->completions = (const void *)(base + setup->completions_offset);
	ring->transfers = (void *)(base + setup->transfers_offset);
	ring->entries = setup->entries;
	ring->completion_head = ring->control->completion_head;
	ring->transfer_tail = ring->control->transfer_tail;
}

int wiso_ring_setup(struct wiso_device *dev, uint32_t entries)
{
	struct winusb_iso_setup_ring setup = { .entries = entries };
	void *map;

	if (dev->ring.map) {
		errno = EEXIST;
		return -1;
	}
	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SETUP_RING, &setup) < 0)
		return -1;
	if (!fits(&setup)) {
		errno = EPROTO;
		return -1;
	}
	map = wiso_sys.mmap(dev->fd, setup.mmap_size, true, setup.mmap_offset);
	if (map == (void *)-1)
		return -1;
	attach(&dev->ring, &setup, map);
	return (int)setup.entries;
}

/* Rings for at least so many entries, unless there are rings already. */
int wiso_ring_need(struct wiso_device *dev, uint32_t entries)
{
	if (dev->ring.map)
		return 0;
	return wiso_ring_setup(dev, entries > DEFAULT_ENTRIES ? entries : DEFAULT_ENTRIES) < 0 ?
	       -1 : 0;
}

void wiso_ring_unmap(struct wiso_ring *ring)
{
	if (ring->map)
		wiso_sys.munmap(ring->map, ring->map_size);
	memset(ring, 0, sizeof(*ring));
}

/* Transfers that were published and that the driver has not taken yet. */
uint32_t wiso_ring_unflushed(const struct wiso_ring *ring)
{
	return ring->map ? ring->transfer_tail - load(&ring->control->transfer_head) : 0;
}

bool wiso_ring_push(struct wiso_ring *ring, const struct winusb_iso_transfer *transfer)
{
	if (wiso_ring_unflushed(ring) >= ring->entries)
		return false;
	ring->transfers[ring->transfer_tail & (ring->entries - 1)] = *transfer;
	store(&ring->control->transfer_tail, ++ring->transfer_tail);
	return true;
}

/*
 * The one place that makes the driver look at the ring. Returns what it took,
 * which a driver that drains the ring by itself makes 0 in a running stream.
 */
int wiso_ring_flush(struct wiso_device *dev)
{
	struct winusb_iso_submit_ring submit = { 0 };

	if (!wiso_ring_unflushed(&dev->ring))
		return 0;
	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SUBMIT_RING, &submit) < 0) {
		if (errno == ENODEV)
			dev->gone = true;
		return -1;
	}
	return (int)submit.taken;
}

uint32_t wiso_ring_uncollected(const struct wiso_ring *ring)
{
	return ring->map ? load(&ring->control->completion_tail) - ring->completion_head : 0;
}

const struct winusb_iso_completion *wiso_ring_peek(const struct wiso_ring *ring)
{
	if (!wiso_ring_uncollected(ring))
		return NULL;
	return &ring->completions[ring->completion_head & (ring->entries - 1)];
}

void wiso_ring_pop(struct wiso_ring *ring)
{
	store(&ring->control->completion_head, ++ring->completion_head);
}
