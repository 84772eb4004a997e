// SPDX-License-Identifier: MIT
/*
 * Waitable timers. No thread of their own: a timer is signaled once the clock says so, and a wait
 * knows when that will be.
 */
#include <stdlib.h>
#include <time.h>

#include "internal.h"

#define NS_PER_TICK 100 /* of a due time */
#define NS_PER_MS   1000000u

struct win_timer {
	struct win_waitable waitable;
	bool manual;
	/* lock of waits */
	uint64_t due;	 /* CLOCK_MONOTONIC; 0: not set */
	uint64_t period; /* ns */
	bool signaled;
};

/* Brings it up to the present. */
static void update(struct win_timer *timer)
{
	uint64_t now;

	if (!timer->due)
		return;
	now = win_now_ns();
	if (now < timer->due)
		return;
	timer->signaled = true;
	if (timer->period)
		timer->due += ((now - timer->due) / timer->period + 1) * timer->period;
	else
		timer->due = 0;
}

static bool timer_is_signaled(struct win_waitable *object, DWORD thread)
{
	struct win_timer *timer = (struct win_timer *)(void *)object;

	(void)thread;
	update(timer);
	return timer->signaled;
}

static bool timer_take(struct win_waitable *object, DWORD thread)
{
	struct win_timer *timer = (struct win_timer *)(void *)object;

	(void)thread;
	if (!timer->manual)
		timer->signaled = false;
	return false;
}

static uint64_t timer_due(struct win_waitable *object)
{
	struct win_timer *timer = (struct win_timer *)(void *)object;

	update(timer);
	return timer->due;
}

static const struct win_wait_class timer_wait = {
	.is_signaled = timer_is_signaled,
	.take = timer_take,
	.due = timer_due,
};

static void timer_free(struct win_object *object)
{
	free(object);
}

static const struct win_class timer_class = {
	.name = "timer",
	.close_handle = true,
	.waitable = true,
	.free = timer_free,
};

static HANDLE create(bool manual, bool named)
{
	struct win_timer *timer;

	if (named)
		return win_fail_null(ERROR_NOT_SUPPORTED);
	timer = calloc(1, sizeof(*timer));
	if (!timer)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_waitable_init(&timer->waitable, &timer_class, &timer_wait);
	timer->manual = manual;
	SetLastError(ERROR_SUCCESS);
	return win_handle_give(&timer->waitable.object);
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
				   LPCSTR lpTimerName)
{
	(void)lpTimerAttributes;
	return create(bManualReset, lpTimerName && *lpTimerName);
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
				   LPCWSTR lpTimerName)
{
	(void)lpTimerAttributes;
	return create(bManualReset, lpTimerName && *lpTimerName);
}

static HANDLE create_ex(DWORD flags, bool named)
{
	if (flags &
	    ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION))
		return win_fail_null(ERROR_INVALID_PARAMETER);
	return create(flags & CREATE_WAITABLE_TIMER_MANUAL_RESET, named);
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName,
				     DWORD dwFlags, DWORD dwDesiredAccess)
{
	(void)lpTimerAttributes;
	(void)dwDesiredAccess;
	return create_ex(dwFlags, lpTimerName && *lpTimerName);
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName,
				     DWORD dwFlags, DWORD dwDesiredAccess)
{
	(void)lpTimerAttributes;
	(void)dwDesiredAccess;
	return create_ex(dwFlags, lpTimerName && *lpTimerName);
}

/* Negative: from now on; positive: a FILETIME. */
static uint64_t due_ns(LONGLONG due)
{
	LARGE_INTEGER wall;
	LONGLONG ahead;

	if (due <= 0) {
		ahead = due == INT64_MIN ? INT64_MAX : -due;
	} else {
		FILETIME now;

		GetSystemTimePreciseAsFileTime(&now);
		wall.LowPart = now.dwLowDateTime;
		wall.HighPart = (LONG)now.dwHighDateTime;
		ahead = due > wall.QuadPart ? due - wall.QuadPart : 0;
	}
	if (ahead > INT64_MAX / NS_PER_TICK / 2)
		ahead = INT64_MAX / NS_PER_TICK / 2;
	return win_now_ns() + (uint64_t)ahead * NS_PER_TICK;
}

BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
			     PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
			     BOOL fResume)
{
	struct win_timer *timer;

	(void)lpArgToCompletionRoutine;
	(void)fResume;
	if (!lpDueTime || lPeriod < 0)
		return win_fail(ERROR_INVALID_PARAMETER);
	if (pfnCompletionRoutine)
		return win_fail(ERROR_NOT_SUPPORTED);
	timer = win_handle_get(hTimer, &timer_class);
	if (!timer)
		return FALSE;
	win_wait_lock();
	timer->due = due_ns(lpDueTime->QuadPart);
	timer->period = (uint64_t)lPeriod * NS_PER_MS;
	timer->signaled = false;
	win_wait_changed(&timer->waitable);
	win_wait_unlock();
	win_object_put(&timer->waitable.object);
	return TRUE;
}

BOOL WINAPI CancelWaitableTimer(HANDLE hTimer)
{
	struct win_timer *timer = win_handle_get(hTimer, &timer_class);

	if (!timer)
		return FALSE;
	win_wait_lock();
	update(timer);
	timer->due = 0;
	timer->period = 0;
	win_wait_unlock();
	win_object_put(&timer->waitable.object);
	return TRUE;
}
