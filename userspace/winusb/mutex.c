// SPDX-License-Identifier: MIT
/* Mutexes: owned by a thread, recursive, and abandoned when their owner ends without letting go. */
#include <stdlib.h>

#include "thread.h"

struct win_mutex {
	struct win_waitable waitable;
	/* lock of waits */
	DWORD owner; /* 0: none */
	unsigned int depth;
	bool abandoned;
	struct win_mutex *next, *prev;
};

/* All of them, for the end of a thread; lock of waits. */
static struct win_mutex *mutexes;

static bool mutex_is_signaled(struct win_waitable *object, DWORD thread)
{
	struct win_mutex *mutex = (struct win_mutex *)(void *)object;

	return !mutex->owner || mutex->owner == thread;
}

static bool mutex_take(struct win_waitable *object, DWORD thread)
{
	struct win_mutex *mutex = (struct win_mutex *)(void *)object;
	bool abandoned = mutex->abandoned;

	mutex->owner = thread;
	mutex->depth++;
	mutex->abandoned = false;
	return abandoned;
}

static const struct win_wait_class mutex_wait = {
	.is_signaled = mutex_is_signaled,
	.take = mutex_take,
};

static void mutex_free(struct win_object *object)
{
	struct win_mutex *mutex = (struct win_mutex *)(void *)object;

	win_wait_lock();
	if (mutex->prev)
		mutex->prev->next = mutex->next;
	else
		mutexes = mutex->next;
	if (mutex->next)
		mutex->next->prev = mutex->prev;
	win_wait_unlock();
	free(mutex);
}

const struct win_class win_mutex_class = {
	.name = "mutex",
	.close_handle = true,
	.waitable = true,
	.free = mutex_free,
};

static void abandon_all(void)
{
	DWORD thread = GetCurrentThreadId();

	win_wait_lock();
	for (struct win_mutex *mutex = mutexes; mutex; mutex = mutex->next) {
		if (mutex->owner != thread)
			continue;
		mutex->owner = 0;
		mutex->depth = 0;
		mutex->abandoned = true;
		win_wait_changed(&mutex->waitable);
	}
	win_wait_unlock();
}

void win_mutex_watch_thread(void)
{
	win_thread_at_exit(abandon_all);
}

static void insert(struct win_mutex *mutex)
{
	win_wait_lock();
	mutex->next = mutexes;
	if (mutexes)
		mutexes->prev = mutex;
	mutexes = mutex;
	win_wait_unlock();
}

static HANDLE create(bool mine, bool named)
{
	struct win_mutex *mutex;

	if (named)
		return win_fail_null(ERROR_NOT_SUPPORTED);
	mutex = calloc(1, sizeof(*mutex));
	if (!mutex)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_waitable_init(&mutex->waitable, &win_mutex_class, &mutex_wait);
	if (mine) {
		mutex->owner = GetCurrentThreadId();
		mutex->depth = 1;
		win_mutex_watch_thread();
	}
	insert(mutex);
	SetLastError(ERROR_SUCCESS);
	return win_handle_give(&mutex->waitable.object);
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
			   LPCSTR lpName)
{
	(void)lpMutexAttributes;
	return create(bInitialOwner, lpName && *lpName);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
			   LPCWSTR lpName)
{
	(void)lpMutexAttributes;
	return create(bInitialOwner, lpName && *lpName);
}

static bool release(struct win_mutex *mutex)
{
	if (mutex->owner != GetCurrentThreadId())
		return false;
	if (--mutex->depth)
		return true;
	mutex->owner = 0;
	win_wait_changed(&mutex->waitable);
	return true;
}

BOOL WINAPI ReleaseMutex(HANDLE hMutex)
{
	struct win_mutex *mutex = win_handle_get(hMutex, &win_mutex_class);
	bool ok;

	if (!mutex)
		return FALSE;
	win_wait_lock();
	ok = release(mutex);
	win_wait_unlock();
	win_object_put(&mutex->waitable.object);
	return ok ? TRUE : win_fail(ERROR_NOT_OWNER);
}
