// SPDX-License-Identifier: GPL-2.0-only
/* The rings that a session shares with user space. */

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "ring.h"
#include "transfer.h"

void iso_ring_init(struct iso_ring *ring)
{
	init_waitqueue_head(&ring->wait);
	spin_lock_init(&ring->lock);
}

static size_t iso_ring_transfers_offset(u32 entries)
{
	return sizeof(struct winusb_iso_ring) +
	       entries * sizeof(struct winusb_iso_completion);
}

/**
 * iso_ring_create - allocate the rings
 * @ring: initialised, without memory
 * @entries: 1 to %WINUSB_ISO_MAX_RING_ENTRIES
 */
int iso_ring_create(struct iso_ring *ring, u32 entries)
{
	struct winusb_iso_ring *control;
	u32 i;

	entries = roundup_pow_of_two(entries);
	ring->size = PAGE_ALIGN(iso_ring_transfers_offset(entries) +
				entries * sizeof(struct winusb_iso_transfer));
	ring->pool = kvcalloc(entries, sizeof(*ring->pool),
			      GFP_KERNEL_ACCOUNT);
	if (!ring->pool)
		return -ENOMEM;
	control = __vmalloc(ring->size,
			    GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	if (!control) {
		kvfree(ring->pool);
		ring->pool = NULL;
		return -ENOMEM;
	}
	ring->completions = (void *)(control + 1);
	ring->transfers = (void *)control + iso_ring_transfers_offset(entries);
	ring->entries = entries;
	for (i = 0; i < entries - 1; i++)
		ring->pool[i].next = &ring->pool[i + 1];
	ring->idle = ring->pool;
	/* Release: poll() and REAP look for it without a lock. */
	smp_store_release(&ring->control, control);
	return 0;
}

/** iso_ring_destroy - the session is over; mappings keep their pages */
void iso_ring_destroy(struct iso_ring *ring)
{
	vfree(ring->control);
	kvfree(ring->pool);
}

/** iso_ring_exists - have the rings been created? */
bool iso_ring_exists(const struct iso_ring *ring)
{
	/* Acquire: what was set up before it. */
	return smp_load_acquire(&ring->control);
}

void iso_ring_describe(const struct iso_ring *ring,
		       struct winusb_iso_setup_ring *setup)
{
	setup->entries = ring->entries;
	setup->mmap_offset = 0;
	setup->mmap_size = ring->size;
	setup->completions_offset = sizeof(struct winusb_iso_ring);
	setup->transfers_offset = iso_ring_transfers_offset(ring->entries);
}

/** iso_ring_page - page @index of the shared memory, NULL past its end */
struct page *iso_ring_page(const struct iso_ring *ring, unsigned long index)
{
	if (!ring->control || index >= ring->size >> PAGE_SHIFT)
		return NULL;
	return vmalloc_to_page((void *)ring->control + (index << PAGE_SHIFT));
}

/* For information, and user space can write it: two at once may count as one. */
static void iso_ring_refuse(struct iso_ring *ring)
{
	WRITE_ONCE(ring->control->refused,
		   READ_ONCE(ring->control->refused) + 1);
}

static void iso_ring_refresh_head(struct iso_ring *ring)
{
	/* Acquire: user space has read a completion before it says so. */
	u32 claimed = smp_load_acquire(&ring->control->completion_head);

	lockdep_assert_held(&ring->lock);
	if (!iso_index_advance(&ring->completion_head, claimed,
			       ring->completion_tail))
		iso_ring_refuse(ring);
}

static u32 iso_ring_waiting(const struct iso_ring *ring)
{
	return ring->completion_tail - ring->completion_head;
}

/**
 * iso_ring_reserve - a free transfer, with the right to a completion
 * @ring: rings of a session
 *
 * Return: NULL if pending transfers and uncollected completions fill the ring.
 */
struct iso_transfer *iso_ring_reserve(struct iso_ring *ring)
{
	struct iso_transfer *transfer = NULL;
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	iso_ring_refresh_head(ring);
	if (ring->outstanding + iso_ring_waiting(ring) < ring->entries) {
		transfer = ring->idle;
		ring->idle = transfer->next;
		transfer->next = NULL;
		WRITE_ONCE(ring->outstanding, ring->outstanding + 1);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	return transfer;
}

static void iso_ring_put(struct iso_ring *ring, struct iso_transfer *transfer)
{
	transfer->next = ring->idle;
	ring->idle = transfer;
	WRITE_ONCE(ring->outstanding, ring->outstanding - 1);
}

/** iso_ring_unreserve - the transfer was refused and will not complete */
void iso_ring_unreserve(struct iso_ring *ring, struct iso_transfer *transfer)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	iso_ring_put(ring, transfer);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * iso_ring_post - publish the result of a transfer and free it
 * @ring: rings of a session
 * @transfer: from iso_ring_reserve()
 *
 * Any context. iso_ring_wake() is to follow.
 */
void iso_ring_post(struct iso_ring *ring, struct iso_transfer *transfer)
{
	unsigned long flags;
	u32 slot;

	spin_lock_irqsave(&ring->lock, flags);
	slot = ring->completion_tail & (ring->entries - 1);
	ring->completions[slot] = transfer->result;
	WRITE_ONCE(ring->completion_tail, ring->completion_tail + 1);
	/* Release: the completion is there before its index says so. */
	smp_store_release(&ring->control->completion_tail,
			  ring->completion_tail);
	iso_ring_put(ring, transfer);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/** iso_ring_wake - wake those who wait for completions */
void iso_ring_wake(struct iso_ring *ring)
{
	wake_up_interruptible_poll(&ring->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * iso_ring_peek - read the oldest completion and leave it
 * @ring: may be without memory
 * @result: out; NULL to ask only if there is one
 */
bool iso_ring_peek(struct iso_ring *ring, struct winusb_iso_completion *result)
{
	unsigned long flags;
	bool ready;

	if (!iso_ring_exists(ring))
		return false;
	spin_lock_irqsave(&ring->lock, flags);
	iso_ring_refresh_head(ring);
	ready = iso_ring_waiting(ring);
	if (ready && result)
		*result = ring->completions[ring->completion_head &
					    (ring->entries - 1)];
	spin_unlock_irqrestore(&ring->lock, flags);
	return ready;
}

/**
 * iso_ring_has - are there so many completions, or will there be no more?
 * @ring: rings of a session
 * @goal: so many
 *
 * Any context, no lock: what was true a moment ago. Completions that user space
 * has collected count until the ring is looked at, so it can be true too early.
 */
bool iso_ring_has(struct iso_ring *ring, u32 goal)
{
	u32 waiting = READ_ONCE(ring->completion_tail) -
		      READ_ONCE(ring->completion_head);

	return waiting >= goal || !READ_ONCE(ring->outstanding);
}

/** iso_ring_consume - collect the completion that iso_ring_peek() read */
void iso_ring_consume(struct iso_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	if (iso_ring_waiting(ring))
		WRITE_ONCE(ring->completion_head, ring->completion_head + 1);
	/* Release: the completion was read before its place is free. */
	smp_store_release(&ring->control->completion_head,
			  ring->completion_head);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * iso_ring_published - transfers that user space has put in the ring
 * @ring: rings of a session
 *
 * Return: their number, or -ERANGE if its index can not be.
 */
int iso_ring_published(struct iso_ring *ring)
{
	/* Acquire: the entries were written before the index. */
	u32 tail = smp_load_acquire(&ring->control->transfer_tail);

	if (tail - ring->transfer_head > ring->entries) {
		iso_ring_refuse(ring);
		return -ERANGE;
	}
	return tail - ring->transfer_head;
}

/** iso_ring_look - copy the next transfer, once: user space can still write */
void iso_ring_look(struct iso_ring *ring, struct winusb_iso_transfer *transfer)
{
	u32 slot = ring->transfer_head & (ring->entries - 1);

	memcpy(transfer, &ring->transfers[slot], sizeof(*transfer));
	barrier();
}

/** iso_ring_took - the entry that iso_ring_look() copied may be filled again */
void iso_ring_took(struct iso_ring *ring)
{
	ring->transfer_head++;
	/* Release: the entry was copied before its place is free. */
	smp_store_release(&ring->control->transfer_head, ring->transfer_head);
}
