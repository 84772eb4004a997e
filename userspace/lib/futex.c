// SPDX-License-Identifier: MIT
/* Where a lock is not free, or a thread has to sleep: futexes of this process. */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "futex.h"

#define NS_PER_SECOND 1000000000u

/* Architectures with a long of 32 bits may only have the call with 64-bit times. */
#ifdef SYS_futex
#define FUTEX_CALL SYS_futex
typedef long futex_time;
#else
#define FUTEX_CALL SYS_futex_time64
typedef int64_t futex_time;
#endif

struct futex_until {
	futex_time seconds;
	futex_time nanoseconds;
};

/* Sleeps while *word is value, until woken, a signal, or the time is up. */
static void futex_wait(uint32_t *word, uint32_t value, uint64_t until_ns)
{
	struct futex_until until = {
		.seconds = (futex_time)(until_ns / NS_PER_SECOND),
		.nanoseconds = (futex_time)(until_ns % NS_PER_SECOND),
	};
	int error = errno;

	syscall(FUTEX_CALL, word, FUTEX_WAIT_BITSET_PRIVATE, value, until_ns ? &until : NULL, NULL,
		FUTEX_BITSET_MATCH_ANY);
	errno = error;
}

static void futex_wake(uint32_t *word, int count)
{
	int error = errno;

	syscall(FUTEX_CALL, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
	errno = error;
}

void wiso_lock_slowly(struct wiso_mutex *mutex)
{
	while (__atomic_exchange_n(&mutex->state, WISO_AWAITED, __ATOMIC_ACQUIRE) != WISO_FREE)
		futex_wait(&mutex->state, WISO_AWAITED, 0);
}

void wiso_unlock_awaited(struct wiso_mutex *mutex)
{
	futex_wake(&mutex->state, 1);
}

void wiso_cond_wait(struct wiso_cond *cond, struct wiso_mutex *mutex, uint64_t until_ns)
{
	uint32_t wakes = __atomic_load_n(&cond->wakes, __ATOMIC_RELAXED);

	cond->waiting++;
	wiso_unlock(mutex);
	futex_wait(&cond->wakes, wakes, until_ns);
	wiso_lock(mutex);
	cond->waiting--;
}

void wiso_cond_wake_some(struct wiso_cond *cond, int count)
{
	__atomic_add_fetch(&cond->wakes, 1, __ATOMIC_RELAXED);
	futex_wake(&cond->wakes, count);
}
