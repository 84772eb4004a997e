/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rings that a session shares with user space: completions out, transfers
 * in. The driver keeps its own indices and believes nothing that it reads.
 */
#ifndef WINUSB_ISO_RING_H
#define WINUSB_ISO_RING_H

#include <linux/spinlock.h>
#include <linux/wait.h>

#include <uapi/linux/winusb_iso.h>

struct iso_transfer;
struct page;

/**
 * struct iso_ring - rings of a session
 * @control: start of the shared memory; NULL before iso_ring_create(). Its
 *	count of refused indices is for information: user space can write it.
 * @completions: in the shared memory.
 * @transfers: in the shared memory.
 * @size: bytes of shared memory.
 * @entries: of each ring, a power of two.
 * @pool: @entries transfers.
 * @wait: those who wait for a completion.
 * @transfer_head: next entry to take; guarded by the device's lock.
 * @lock: guards what follows. Nests inside the pipe's lock. iso_ring_has()
 *	reads the three counts without it, so they are written at once.
 * @idle: a transfer that is free, and by their next all others.
 * @outstanding: transfers that are not, each with a right to a completion.
 * @completion_head: next completion to be collected.
 * @completion_tail: next completion to be written.
 */
struct iso_ring {
	struct winusb_iso_ring *control;
	struct winusb_iso_completion *completions;
	struct winusb_iso_transfer *transfers;
	size_t size;
	u32 entries;
	struct iso_transfer *pool;
	wait_queue_head_t wait;
	u32 transfer_head;

	spinlock_t lock; /* all that follows */
	struct iso_transfer *idle;
	u32 outstanding;
	u32 completion_head;
	u32 completion_tail;
};

/**
 * iso_index_advance - believe an index of user space if it can be true
 * @own: the driver's copy
 * @claimed: what user space wrote
 * @limit: it can not be past this
 *
 * Indices wrap, so "past" is meant modulo 2^32.
 */
static inline bool iso_index_advance(u32 *own, u32 claimed, u32 limit)
{
	if (claimed - *own > limit - *own)
		return false;
	WRITE_ONCE(*own, claimed); /* iso_ring_has() reads it without the lock */
	return true;
}

void iso_ring_init(struct iso_ring *ring);
int iso_ring_create(struct iso_ring *ring, u32 entries);
void iso_ring_destroy(struct iso_ring *ring);
bool iso_ring_exists(const struct iso_ring *ring);
void iso_ring_describe(const struct iso_ring *ring,
		       struct winusb_iso_setup_ring *setup);
struct page *iso_ring_page(const struct iso_ring *ring, unsigned long index);

struct iso_transfer *iso_ring_reserve(struct iso_ring *ring);
void iso_ring_unreserve(struct iso_ring *ring, struct iso_transfer *transfer);
void iso_ring_post(struct iso_ring *ring, struct iso_transfer *transfer);
void iso_ring_wake(struct iso_ring *ring);

bool iso_ring_peek(struct iso_ring *ring, struct winusb_iso_completion *result);
bool iso_ring_has(struct iso_ring *ring, u32 goal);
void iso_ring_consume(struct iso_ring *ring);

int iso_ring_published(struct iso_ring *ring);
void iso_ring_look(struct iso_ring *ring, struct winusb_iso_transfer *transfer);
void iso_ring_took(struct iso_ring *ring);

#endif
