// SPDX-License-Identifier: MIT
/*
 * The transfer ring of one pipe: the driver takes from it what a running stream needs. A call is
 * needed only where its flag asks for one. Modules without it say ENOTTY, and the session's ring
 * serves instead.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static bool fits(const struct winusb_iso_setup_pipe_ring *setup)
{
	return setup->mmap_size >= sizeof(struct winusb_iso_pipe_ring) &&
	       wiso_array_fits(setup->entries, sizeof(struct winusb_iso_transfer),
			       setup->transfers_offset, setup->mmap_size);
}

static void attach(struct wiso_pipe_ring *ring, const struct winusb_iso_setup_pipe_ring *setup,
		   void *map)
{
	ring->map = map;
	ring->map_size = setup->mmap_size;
	ring->control = map;
	wiso_outbox_attach(&ring->outbox, (unsigned char *)map + setup->transfers_offset,
			   setup->entries, &ring->control->head, &ring->control->tail);
}

/* 0 also where there can be none: then ring->map stays NULL. */
int wiso_pipe_ring_setup(struct wiso_device *dev, struct wiso_pipe_ring *ring, uint8_t pipe,
			 uint32_t entries)
{
	struct winusb_iso_setup_pipe_ring setup = { .pipe = pipe, .entries = entries };
	void *map;

	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_SETUP_PIPE_RING, &setup) < 0)
		return errno == ENOTTY || errno == EEXIST ? 0 : -1;
	if (!fits(&setup)) {
		errno = EPROTO;
		return -1;
	}
	map = wiso_ring_map(dev, setup.mmap_size, setup.mmap_offset);
	if (!map)
		return -1;
	attach(ring, &setup, map);
	return 0;
}

void wiso_pipe_ring_unmap(struct wiso_pipe_ring *ring)
{
	if (ring->map)
		wiso_sys.munmap(ring->map, ring->map_size);
	memset(ring, 0, sizeof(*ring));
}

bool wiso_pipe_ring_needs_start(const struct wiso_pipe_ring *ring)
{
	return __atomic_load_n(&ring->control->flags, __ATOMIC_ACQUIRE) &
	       WINUSB_ISO_PIPE_RING_NEED_START;
}

/*
 * Calls the driver if it does not look by itself. Returns what it took then; the driver reads what
 * is published after it has written the flag, and we do the opposite: one sees the other.
 */
int wiso_pipe_ring_flush(struct wiso_device *dev, struct wiso_pipe_ring *ring, uint8_t pipe)
{
	struct winusb_iso_pipe start = { .pipe = pipe };
	uint32_t before = wiso_outbox_waiting(&ring->outbox);

	if (!before)
		return 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!wiso_pipe_ring_needs_start(ring))
		return 0;
	if (wiso_sys_ioctl(dev, WINUSB_ISO_IOC_START_PIPE, &start) < 0) {
		if (errno == ENODEV)
			dev->gone = true;
		return -1;
	}
	return (int)(before - wiso_outbox_waiting(&ring->outbox));
}
