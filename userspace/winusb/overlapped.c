// SPDX-License-Identifier: MIT
/* GetOverlappedResult() and CancelIo(): operations, as programs ask for them. */
#include "thread.h"

static void put_file(struct win_file *file)
{
	if (file)
		win_object_put(&file->event.waitable.object);
}

BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
				  LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
				  BOOL bAlertable)
{
	struct win_file *file = NULL;
	BOOL result;

	(void)bAlertable;
	if (!lpOverlapped)
		return win_fail(ERROR_INVALID_PARAMETER);
	/* With an event nobody looks at the handle of the file, as on Windows. */
	if (!lpOverlapped->hEvent) {
		file = win_handle_get(hFile, &win_file_class);
		if (!file)
			return FALSE;
	}
	result = win_op_result(file, lpOverlapped, lpNumberOfBytesTransferred, dwMilliseconds);
	put_file(file);
	return result;
}

BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
				LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
{
	return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred,
				     bWait ? INFINITE : 0, FALSE);
}

static BOOL cancel(HANDLE handle, const OVERLAPPED *overlapped, DWORD thread, unsigned int *count)
{
	struct win_op_filter filter = { .overlapped = overlapped, .thread = thread };

	filter.file = win_handle_get(handle, &win_file_class);
	if (!filter.file)
		return FALSE;
	*count = win_op_cancel(&filter);
	put_file(filter.file);
	return TRUE;
}

BOOL WINAPI CancelIo(HANDLE hFile)
{
	unsigned int count;

	return cancel(hFile, NULL, GetCurrentThreadId(), &count);
}

BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped)
{
	unsigned int count;

	if (!cancel(hFile, lpOverlapped, 0, &count))
		return FALSE;
	return count ? TRUE : win_fail(ERROR_NOT_FOUND);
}

BOOL WINAPI CancelSynchronousIo(HANDLE hThread)
{
	struct win_object *thread = win_thread_get(hThread);
	struct win_op_filter filter = { .waits = true };

	if (!thread)
		return FALSE;
	filter.thread = win_thread_id(thread);
	win_object_put(thread);
	return win_op_cancel(&filter) ? TRUE : win_fail(ERROR_NOT_FOUND);
}
