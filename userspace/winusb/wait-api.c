// SPDX-License-Identifier: MIT
/* WaitForSingleObject(), WaitForMultipleObjects() and Sleep(): handles, checked and held. */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "internal.h"
#include "thread.h"

static void put_all(struct win_waitable **waitables, DWORD count)
{
	while (count)
		win_object_put(&waitables[--count]->object);
}

static struct win_waitable *get_waitable(HANDLE handle)
{
	struct win_object *object =
		handle == GetCurrentThread() ? win_thread_current() : win_handle_get(handle, NULL);

	if (object && object->class == &win_mutex_class)
		win_mutex_watch_thread();
	if (!object || object->class->waitable)
		return (struct win_waitable *)(void *)object;
	win_object_put(object);
	return win_fail_null(ERROR_INVALID_HANDLE);
}

static bool get_all(const HANDLE *handles, DWORD count, struct win_waitable **waitables)
{
	for (DWORD i = 0; i < count; i++) {
		waitables[i] = get_waitable(handles[i]);
		if (!waitables[i]) {
			put_all(waitables, i);
			return false;
		}
	}
	return true;
}

static bool has_twins(struct win_waitable *const *waitables, DWORD count)
{
	for (DWORD i = 1; i < count; i++)
		for (DWORD j = 0; j < i; j++)
			if (waitables[i] == waitables[j])
				return true;
	return false;
}

static DWORD wait_failed(DWORD error)
{
	SetLastError(error);
	return WAIT_FAILED;
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				      DWORD dwMilliseconds, BOOL bAlertable)
{
	struct win_waitable *waitables[MAXIMUM_WAIT_OBJECTS];
	DWORD result;

	(void)bAlertable;
	if (!nCount || nCount > MAXIMUM_WAIT_OBJECTS || !lpHandles)
		return wait_failed(ERROR_INVALID_PARAMETER);
	if (!get_all(lpHandles, nCount, waitables))
		return WAIT_FAILED;
	if (bWaitAll && has_twins(waitables, nCount))
		result = wait_failed(ERROR_INVALID_PARAMETER);
	else
		result = win_wait_many(waitables, nCount, bWaitAll, dwMilliseconds);
	put_all(waitables, nCount);
	return result;
}

DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				    DWORD dwMilliseconds)
{
	return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
	return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, bAlertable);
}

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, FALSE);
}

static void sleep_ms(DWORD milliseconds)
{
	uint64_t until = win_now_ns() + (uint64_t)milliseconds * 1000000u;
	struct timespec at = {
		.tv_sec = (time_t)(until / 1000000000u),
		.tv_nsec = (long)(until % 1000000000u),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

void WINAPI Sleep(DWORD dwMilliseconds)
{
	if (!dwMilliseconds) {
		sched_yield();
	} else if (dwMilliseconds != INFINITE) {
		sleep_ms(dwMilliseconds);
	} else {
		for (;;)
			sleep_ms(dwMilliseconds);
	}
}

DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
	(void)bAlertable;
	Sleep(dwMilliseconds);
	return 0;
}

BOOL WINAPI SwitchToThread(void)
{
	return sched_yield() == 0;
}
