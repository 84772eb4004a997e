// SPDX-License-Identifier: MIT
/* DuplicateHandle(): another handle to the same object. */
#include "thread.h"

BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
			    HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
			    DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
{
	struct win_object *object;
	HANDLE handle;

	(void)dwDesiredAccess;
	(void)bInheritHandle;
	if (hSourceProcessHandle != GetCurrentProcess() ||
	    hTargetProcessHandle != GetCurrentProcess())
		return win_fail(ERROR_INVALID_HANDLE);
	if (!lpTargetHandle)
		return win_fail(ERROR_INVALID_PARAMETER);
	if (hSourceHandle == GetCurrentThread())
		object = win_thread_current();
	else
		object = win_handle_get(hSourceHandle, NULL);
	if (!object)
		return FALSE;
	handle = win_handle_give(object);
	if (!handle)
		return FALSE;
	*lpTargetHandle = handle;
	if (dwOptions & DUPLICATE_CLOSE_SOURCE)
		CloseHandle(hSourceHandle);
	return TRUE;
}
