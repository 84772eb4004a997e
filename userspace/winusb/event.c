// SPDX-License-Identifier: MIT
/* Events, manual and auto-reset. */
#include <stdlib.h>

#include "internal.h"

static bool event_is_signaled(struct win_waitable *object, DWORD thread)
{
	(void)thread;
	return ((struct win_event *)(void *)object)->signaled;
}

static bool event_take(struct win_waitable *object, DWORD thread)
{
	struct win_event *event = (struct win_event *)(void *)object;

	(void)thread;
	if (!event->manual)
		event->signaled = false;
	return false;
}

static const struct win_wait_class event_wait = {
	.is_signaled = event_is_signaled,
	.take = event_take,
};

static void event_free(struct win_object *object)
{
	free(object);
}

const struct win_class win_event_class = {
	.name = "event",
	.close_handle = true,
	.waitable = true,
	.free = event_free,
};

void win_event_init(struct win_event *event, const struct win_class *class, bool manual,
		    bool signaled)
{
	win_waitable_init(&event->waitable, class, &event_wait);
	event->manual = manual;
	event->signaled = signaled;
}

void win_event_set_locked(struct win_event *event)
{
	event->signaled = true;
	win_wait_changed(&event->waitable);
}

void win_event_set(struct win_event *event)
{
	win_wait_lock();
	win_event_set_locked(event);
	win_wait_unlock();
}

void win_event_reset(struct win_event *event)
{
	win_wait_lock();
	event->signaled = false;
	win_wait_unlock();
}

static HANDLE create(bool manual, bool signaled, bool named)
{
	struct win_event *event;

	if (named)
		return win_fail_null(ERROR_NOT_SUPPORTED);
	event = calloc(1, sizeof(*event));
	if (!event)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_event_init(event, &win_event_class, manual, signaled);
	/* Programs ask after CreateEvent() whether the name existed. */
	SetLastError(ERROR_SUCCESS);
	return win_handle_give(&event->waitable.object);
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCSTR lpName)
{
	(void)lpEventAttributes;
	return create(bManualReset, bInitialState, lpName && *lpName);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
			   BOOL bInitialState, LPCWSTR lpName)
{
	(void)lpEventAttributes;
	return create(bManualReset, bInitialState, lpName && *lpName);
}

static HANDLE create_ex(bool named, DWORD flags)
{
	if (flags & ~(DWORD)(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET))
		return win_fail_null(ERROR_INVALID_PARAMETER);
	return create(flags & CREATE_EVENT_MANUAL_RESET, flags & CREATE_EVENT_INITIAL_SET, named);
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags,
			     DWORD dwDesiredAccess)
{
	(void)lpEventAttributes;
	(void)dwDesiredAccess;
	return create_ex(lpName && *lpName, dwFlags);
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags,
			     DWORD dwDesiredAccess)
{
	(void)lpEventAttributes;
	(void)dwDesiredAccess;
	return create_ex(lpName && *lpName, dwFlags);
}

static BOOL with_event(HANDLE handle, void (*change)(struct win_event *event))
{
	struct win_event *event = win_handle_get(handle, &win_event_class);

	if (!event)
		return FALSE;
	change(event);
	win_object_put(&event->waitable.object);
	return TRUE;
}

BOOL WINAPI SetEvent(HANDLE hEvent)
{
	return with_event(hEvent, win_event_set);
}

BOOL WINAPI ResetEvent(HANDLE hEvent)
{
	return with_event(hEvent, win_event_reset);
}

static void pulse(struct win_event *event)
{
	win_wait_lock();
	win_event_set_locked(event);
	event->signaled = false;
	win_wait_unlock();
}

BOOL WINAPI PulseEvent(HANDLE hEvent)
{
	return with_event(hEvent, pulse);
}
