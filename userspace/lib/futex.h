/* SPDX-License-Identifier: MIT */
/*
 * Locks for what is done for every transfer: taking one that is free, and giving it back, are four
 * instructions each, where those of pthreads take some twenty, and a transfer of the WinUSB calls
 * takes thirty. No recursion, no priority inheritance. All zero: free.
 *
 * Used by the libraries inside; nothing of it is in their interface.
 */
#ifndef WISO_FUTEX_H
#define WISO_FUTEX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	WISO_FREE,
	WISO_TAKEN,
	WISO_AWAITED, /* taken, and somebody sleeps until it is free */
};

struct wiso_mutex {
	uint32_t state;
};

/* A condition goes with one mutex, which whoever waits or wakes holds. */
struct wiso_cond {
	uint32_t wakes; /* how often somebody was woken: what a thread sleeps on */
	uint32_t waiting;
};

/* futex.c */
void wiso_lock_slowly(struct wiso_mutex *mutex);
void wiso_unlock_awaited(struct wiso_mutex *mutex);
/* May come back for no reason. until_ns: of CLOCK_MONOTONIC; 0: no limit. */
void wiso_cond_wait(struct wiso_cond *cond, struct wiso_mutex *mutex, uint64_t until_ns);
void wiso_cond_wake_some(struct wiso_cond *cond, int count);

static inline void wiso_lock(struct wiso_mutex *mutex)
{
	uint32_t free = WISO_FREE;

	if (!__atomic_compare_exchange_n(&mutex->state, &free, WISO_TAKEN, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		wiso_lock_slowly(mutex);
}

static inline void wiso_unlock(struct wiso_mutex *mutex)
{
	if (__atomic_exchange_n(&mutex->state, WISO_FREE, __ATOMIC_RELEASE) == WISO_AWAITED)
		wiso_unlock_awaited(mutex);
}

static inline void wiso_cond_wake(struct wiso_cond *cond)
{
	if (cond->waiting)
		wiso_cond_wake_some(cond, INT_MAX);
}

static inline void wiso_cond_wake_one(struct wiso_cond *cond)
{
	if (cond->waiting)
		wiso_cond_wake_some(cond, 1);
}

#endif /* WISO_FUTEX_H */
