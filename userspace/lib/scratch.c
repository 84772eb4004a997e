// SPDX-License-Identifier: MIT
/*
 * Memory for transfers that came without any: registered buffers that the library
 * keeps, one idle one for each pipe and as many as there are callers.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

#define LEAST_BYTES 4096u

static struct wiso_scratch *find_idle(struct wiso_device *dev, uint8_t address)
{
	struct wiso_scratch *scratch = dev->scratches;

	while (scratch && (scratch->busy || scratch->buffer->pipe.address != address))
		scratch = scratch->next;
	return scratch;
}

static void drop(struct wiso_scratch *scratch)
{
	struct wiso_device *dev = scratch->buffer->dev;
	struct wiso_scratch **at = &dev->scratches;
	int error = errno;

	while (*at != scratch) /* NOLINT: it is in the list */
		at = &(*at)->next;
	*at = scratch->next;
	wiso_buffer_unregister_locked(scratch->buffer);
	free(scratch);
	errno = error;
}

/* The pipes may be others from now on; what is in use goes when it is given back. */
void wiso_scratch_outdate(struct wiso_device *dev)
{
	struct wiso_scratch *scratch, *next;

	for (scratch = dev->scratches; scratch; scratch = next) {
		next = scratch->next;
		scratch->outdated = scratch->buffer->pipe.type != WINUSB_ISO_PIPE_CONTROL;
		if (scratch->outdated && !scratch->busy)
			drop(scratch);
	}
}

static uint32_t round_up(uint32_t size)
{
	uint32_t rounded = LEAST_BYTES;

	while (rounded < size)
		rounded *= 2;
	return rounded;
}

static struct wiso_scratch *make(struct wiso_device *dev, const struct winusb_iso_pipe_info *pipe,
				 uint32_t size)
{
	struct wiso_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return NULL;
	scratch->buffer = wiso_buffer_register_locked(dev, pipe, round_up(size), 0);
	if (!scratch->buffer) {
		free(scratch);
		return NULL;
	}
	scratch->next = dev->scratches;
	dev->scratches = scratch;
	return scratch;
}

/*
 * At least size bytes for a transfer of the pipe; NULL: errno of the registration.
 * With the lock held.
 */
struct wiso_scratch *wiso_scratch_take(struct wiso_device *dev,
				       const struct winusb_iso_pipe_info *pipe, uint32_t size)
{
	struct wiso_scratch *scratch = find_idle(dev, pipe->address);

	if (!scratch || scratch->buffer->size < size)
		scratch = make(dev, pipe, size);
	if (scratch)
		scratch->busy = true;
	return scratch;
}

/* Of two that are idle the larger one stays. */
void wiso_scratch_put(struct wiso_scratch *scratch)
{
	struct wiso_device *dev = scratch->buffer->dev;
	struct wiso_scratch *other = find_idle(dev, scratch->buffer->pipe.address);

	scratch->busy = false;
	if (scratch->outdated || (other && other->buffer->size >= scratch->buffer->size))
		drop(scratch);
	else if (other)
		drop(other);
}

/* Their buffers are freed with all others. */
void wiso_scratch_free_all(struct wiso_device *dev)
{
	while (dev->scratches) {
		struct wiso_scratch *next = dev->scratches->next;

		free(dev->scratches);
		dev->scratches = next;
	}
}
