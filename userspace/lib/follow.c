// SPDX-License-Identifier: MIT
/*
 * Transfers of a running stream, handed over through the ring of their pipe. What the pipe's
 * stream does not run for, or a ring can not say at once, goes by a call.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/* When it is full a call makes the driver take all of it. */
#define ENTRIES 256u

static struct wiso_follower **find(struct wiso_device *dev, uint8_t pipe)
{
	struct wiso_follower **at = &dev->followers;

	while (*at && (*at)->pipe != pipe)
		at = &(*at)->next;
	return at;
}

/* Also one without a ring: of an older driver, or where a stream has it. NULL: no memory. */
static struct wiso_follower *get(struct wiso_device *dev, uint8_t pipe)
{
	struct wiso_follower *follower = *find(dev, pipe);

	if (follower)
		return follower;
	follower = calloc(1, sizeof(*follower));
	if (!follower)
		return NULL;
	follower->pipe = pipe;
	wiso_pipe_ring_setup(dev, &follower->ring, pipe, ENTRIES);
	follower->next = dev->followers;
	dev->followers = follower;
	return follower;
}

static void drop(struct wiso_follower **at)
{
	struct wiso_follower *follower = *at;

	*at = follower->next;
	wiso_pipe_ring_unmap(&follower->ring);
	free(follower);
}

static bool has_buffer(const struct wiso_device *dev, uint8_t pipe)
{
	for (unsigned int i = 0; i < WISO_BUFFER_BUCKETS; i++)
		for (struct wiso_buffer *buffer = dev->buffers[i]; buffer; buffer = buffer->next)
			if (buffer->pipe.address == pipe)
				return true;
	return false;
}

/* A buffer of the pipe is no more: with the last one the driver's ring goes. */
void wiso_follower_put(struct wiso_device *dev, uint8_t pipe)
{
	struct wiso_follower **at = find(dev, pipe);

	if (*at && !has_buffer(dev, pipe))
		drop(at);
}

void wiso_followers_free(struct wiso_device *dev)
{
	while (dev->followers)
		drop(&dev->followers);
}

/* Would the driver take it as it is, and see nothing wrong that a call had to say? */
static bool suits(const struct winusb_iso_transfer *transfer)
{
	const uint32_t known = WINUSB_ISO_TRANSFER_CONTINUE | WINUSB_ISO_TRANSFER_PACKET_LENGTHS;

	return !(transfer->flags & ~known) &&
	       (!(transfer->flags & WINUSB_ISO_TRANSFER_PACKET_LENGTHS) ||
		transfer->num_packets <= WINUSB_ISO_MAX_LISTED_PACKETS);
}

/* The ring, if the driver looks there by itself and nothing that was queued has to go before. */
static struct wiso_follower *running(struct wiso_device *dev,
				     const struct winusb_iso_transfer *transfer)
{
	struct wiso_buffer *buffer = wiso_buffer_lookup(dev, transfer->buffer);
	struct wiso_follower *follower;

	if (!buffer || buffer->stream || buffer->pipe.type != WINUSB_ISO_PIPE_ISOCHRONOUS ||
	    !suits(transfer) || wiso_outbox_waiting(&dev->ring.outbox))
		return NULL;
	follower = get(dev, buffer->pipe.address);
	if (!follower || !follower->ring.map || wiso_pipe_ring_needs_start(&follower->ring))
		return NULL;
	return follower;
}

/* The device has gone, and so has whoever could take it. */
static int start(struct wiso_device *dev, struct wiso_follower *follower)
{
	if (wiso_pipe_ring_flush(dev, &follower->ring, follower->pipe) >= 0 || errno != ENODEV ||
	    !wiso_outbox_take_back(&follower->ring.outbox))
		return 0;
	errno = ENODEV;
	return -1;
}

int wiso_follow(struct wiso_device *dev, const struct winusb_iso_transfer *transfer)
{
	struct wiso_follower *follower;
	int ret;

	pthread_mutex_lock(&dev->lock);
	follower = running(dev, transfer);
	if (follower && wiso_outbox_push(&follower->ring.outbox, transfer))
		ret = start(dev, follower);
	else
		ret = wiso_submit_locked(dev, transfer);
	pthread_mutex_unlock(&dev->lock);
	return ret;
}
