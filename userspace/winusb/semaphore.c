// SPDX-License-Identifier: MIT
/* Semaphores. */
#include <stdlib.h>

#include "internal.h"

struct win_semaphore {
	struct win_waitable waitable;
	LONG maximum;
	LONG count; /* lock of waits */
};

static bool semaphore_is_signaled(struct win_waitable *object, DWORD thread)
{
	(void)thread;
	return ((struct win_semaphore *)(void *)object)->count > 0;
}

static bool semaphore_take(struct win_waitable *object, DWORD thread)
{
	(void)thread;
	((struct win_semaphore *)(void *)object)->count--;
	return false;
}

static const struct win_wait_class semaphore_wait = {
	.is_signaled = semaphore_is_signaled,
	.take = semaphore_take,
};

static void semaphore_free(struct win_object *object)
{
	free(object);
}

static const struct win_class semaphore_class = {
	.name = "semaphore",
	.close_handle = true,
	.waitable = true,
	.free = semaphore_free,
};

static HANDLE create(LONG count, LONG maximum, bool named)
{
	struct win_semaphore *semaphore;

	if (maximum <= 0 || count < 0 || count > maximum)
		return win_fail_null(ERROR_INVALID_PARAMETER);
	if (named)
		return win_fail_null(ERROR_NOT_SUPPORTED);
	semaphore = calloc(1, sizeof(*semaphore));
	if (!semaphore)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_waitable_init(&semaphore->waitable, &semaphore_class, &semaphore_wait);
	semaphore->count = count;
	semaphore->maximum = maximum;
	SetLastError(ERROR_SUCCESS);
	return win_handle_give(&semaphore->waitable.object);
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
			       LONG lMaximumCount, LPCSTR lpName)
{
	(void)lpSemaphoreAttributes;
	return create(lInitialCount, lMaximumCount, lpName && *lpName);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
			       LONG lMaximumCount, LPCWSTR lpName)
{
	(void)lpSemaphoreAttributes;
	return create(lInitialCount, lMaximumCount, lpName && *lpName);
}

BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount)
{
	struct win_semaphore *semaphore = win_handle_get(hSemaphore, &semaphore_class);
	DWORD error = ERROR_SUCCESS;

	if (!semaphore)
		return FALSE;
	win_wait_lock();
	if (lReleaseCount <= 0) {
		error = ERROR_INVALID_PARAMETER;
	} else if (lReleaseCount > semaphore->maximum - semaphore->count) {
		error = ERROR_TOO_MANY_POSTS;
	} else {
		if (lpPreviousCount)
			*lpPreviousCount = semaphore->count;
		semaphore->count += lReleaseCount;
		win_wait_changed(&semaphore->waitable);
	}
	win_wait_unlock();
	win_object_put(&semaphore->waitable.object);
	return error ? win_fail(error) : TRUE;
}
