// SPDX-License-Identifier: MIT
/*
 * The rings shared with the driver: indices run freely and wrap at 2^32, an
 * entry is index modulo entries. The driver writes completion_tail and
 * transfer_head, we write completion_head and transfer_tail.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define DEFAULT_ENTRIES 1024u

static void store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* ---- What all rings have in common ----------------------------------------- */

/* What a driver says of an array in a mapping must not become a wild pointer. */
bool wiso_array_fits(uint32_t entries, size_t entry_size, uint32_t offset, uint64_t map_size)
{
	return entries && !(entries & (entries - 1)) && map_size <= SIZE_MAX &&
	       offset + (uint64_t)entries * entry_size <= map_size;
}

/* NULL: errno. */
void *wiso_ring_map(struct wiso_device *dev, uint64_t size, uint64_t offset)
{
	void *map = wiso_sys.mmap(dev->fd, size, true, offset);

	return map == (void *)-1 ? NULL : map;
}

void wiso_outbox_attach(struct wiso_outbox *outbox, void *transfers, uint32_t entries,
			const uint32_t *taken, uint32_t *published)
{
	*outbox = (struct wiso_outbox){
		.transfers = transfers,
		.entries = entries,
		.taken = taken,
		.published = published,
		.tail = *published,
	};
}

bool wiso_outbox_push(struct wiso_outbox *outbox, const struct winusb_iso_transfer *transfer)
{
	if (wiso_outbox_waiting(outbox) >= outbox->entries)
		return false;
	outbox->transfers[outbox->tail & (outbox->entries - 1)] = *transfer;
	store(outbox->published, ++outbox->tail);
	return true;
}

/* The youngest, if the driver did not take it, and never will: it has no device any more. */
bool wiso_outbox_take_back(struct wiso_outbox *outbox)
{
	if (!wiso_outbox_waiting(outbox))
		return false;
	store(outbox->published, --outbox->tail);
	return true;
}

/* ---- The session's rings --------------------------------------------------- */

static bool fits(const struct winusb_iso_setup_ring *setup)
{
	return setup->mmap_size >= sizeof(struct winusb_iso_ring) &&
	       wiso_array_fits(setup->entries, sizeof(struct winusb_iso_completion),
			       setup->completions_offset, setup->mmap_size) &&
	       wiso_array_fits(setup->entries, sizeof(struct winusb_iso_transfer),
			       setup->transfers_offset, setup->mmap_size);
}

static void attach(struct wiso_ring *ring, const struct winusb_iso_setup_ring *setup, void *map)
{
	unsigned char *base = map;

	ring->map = map;
	ring->map_size = setup->mmap_size;
	ring->control = map;
	ring->completions = (const void *)(base + setup->completions_offset);
	ring->entries = setup->entries;
	ring->completion_head = ring->control->completion_head;
	wiso_outbox_attach(&ring->outbox, base + setup->transfers_offset, setup->entries,
			   &ring->control->transfer_head, &ring->control->transfer_tail);
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
	map = wiso_ring_map(dev, setup.mmap_size, setup.mmap_offset);
	if (!map)
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
		       -1 :
		       0;
}

void wiso_ring_unmap(struct wiso_ring *ring)
{
	if (ring->map)
		wiso_sys.munmap(ring->map, ring->map_size);
	memset(ring, 0, sizeof(*ring));
}

/*
 * The one place that makes the driver look at the ring. Returns what it took,
 * which a driver that drains the ring by itself makes 0 in a running stream.
 */
int wiso_ring_flush(struct wiso_device *dev)
{
	struct winusb_iso_submit_ring submit = { 0 };

	if (!wiso_outbox_waiting(&dev->ring.outbox))
		return 0;
	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SUBMIT_RING, &submit) < 0) {
		if (errno == ENODEV)
			dev->gone = true;
		return -1;
	}
	return (int)submit.taken;
}
