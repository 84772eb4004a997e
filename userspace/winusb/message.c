// SPDX-License-Identifier: MIT
/* FormatMessage(): what the errors mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct {
	DWORD error;
	const char *text;
} messages[] = {
	{ ERROR_SUCCESS, "The operation completed successfully." },
	{ ERROR_INVALID_FUNCTION, "Incorrect function." },
	{ ERROR_FILE_NOT_FOUND, "The system cannot find the file specified." },
	{ ERROR_PATH_NOT_FOUND, "The system cannot find the path specified." },
	{ ERROR_TOO_MANY_OPEN_FILES, "The system cannot open the file." },
	{ ERROR_ACCESS_DENIED, "Access is denied." },
	{ ERROR_INVALID_HANDLE, "The handle is invalid." },
	{ ERROR_NOT_ENOUGH_MEMORY, "Not enough memory to process this command." },
	{ ERROR_INVALID_DATA, "The data is invalid." },
	{ ERROR_NOT_READY, "The device is not ready." },
	{ ERROR_CRC, "Data error (cyclic redundancy check)." },
	{ ERROR_BAD_LENGTH, "The length of the command is incorrect." },
	{ ERROR_GEN_FAILURE, "A device attached to the system is not functioning." },
	{ ERROR_SHARING_VIOLATION, "The file is being used by another process." },
	{ ERROR_HANDLE_EOF, "Reached the end of the file." },
	{ ERROR_NOT_SUPPORTED, "The request is not supported." },
	{ ERROR_DEV_NOT_EXIST, "The device is no longer available." },
	{ ERROR_FILE_EXISTS, "The file exists." },
	{ ERROR_INVALID_PARAMETER, "The parameter is incorrect." },
	{ ERROR_SEM_TIMEOUT, "The semaphore timeout period has expired." },
	{ ERROR_INSUFFICIENT_BUFFER, "The data area passed to a system call is too small." },
	{ ERROR_MOD_NOT_FOUND, "The specified module could not be found." },
	{ ERROR_PROC_NOT_FOUND, "The specified procedure could not be found." },
	{ ERROR_MAX_THRDS_REACHED, "No more threads can be created in the system." },
	{ ERROR_BUSY, "The requested resource is in use." },
	{ ERROR_MORE_DATA, "More data is available." },
	{ WAIT_TIMEOUT, "The wait operation timed out." },
	{ ERROR_NO_MORE_ITEMS, "No more data is available." },
	{ ERROR_NOT_OWNER, "Attempt to release a mutex not owned by the caller." },
	{ ERROR_TOO_MANY_POSTS, "Too many posts were made to a semaphore." },
	{ ERROR_NO_SUCH_DEVICE, "A device which does not exist was specified." },
	{ ERROR_INVALID_ADDRESS, "Attempt to access an invalid address." },
	{ ERROR_ABANDONED_WAIT_0, "The object waited for was closed." },
	{ ERROR_OPERATION_ABORTED, "The I/O operation has been aborted." },
	{ ERROR_IO_INCOMPLETE, "The overlapped I/O event is not in a signaled state." },
	{ ERROR_IO_PENDING, "The overlapped I/O operation is in progress." },
	{ ERROR_NOACCESS, "Invalid access to memory location." },
	{ ERROR_NO_UNICODE_TRANSLATION, "There is no mapping for the Unicode character." },
	{ ERROR_IO_DEVICE, "The request failed because of an I/O device error." },
	{ ERROR_DEVICE_NOT_CONNECTED, "The device is not connected." },
	{ ERROR_NOT_FOUND, "Element not found." },
	{ ERROR_BAD_DEVICE, "The specified device name is invalid." },
	{ ERROR_NO_SYSTEM_RESOURCES, "Insufficient system resources to complete the service." },
	{ ERROR_TIMEOUT, "The timeout period expired." },
	{ ERROR_DEVICE_REMOVED, "The device has been removed." },
	{ ERROR_INVALID_USER_BUFFER, "The supplied user buffer is not valid." },
	{ ERROR_NOT_ENOUGH_QUOTA, "Not enough quota is available." },
};

#define FLAGS_KNOWN \
	(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS | \
	 FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM | \
	 FORMAT_MESSAGE_MAX_WIDTH_MASK)

static const char *find_message(DWORD error)
{
	/* An HRESULT made of one of them. */
	if (error >> 16 == 0x8007)
		error &= 0xffff;
	for (size_t i = 0; i < ARRAYSIZE(messages); i++)
		if (messages[i].error == error)
			return messages[i].text;
	return NULL;
}

/* The text, to be freed; NULL, and the last error. */
static char *make_text(DWORD flags, const char *string, DWORD error)
{
	const char *message;
	char *text;

	if (flags & ~(DWORD)FLAGS_KNOWN)
		return win_fail_null(ERROR_NOT_SUPPORTED);
	if (flags & FORMAT_MESSAGE_FROM_STRING) {
		if (!(flags & FORMAT_MESSAGE_IGNORE_INSERTS))
			return win_fail_null(ERROR_NOT_SUPPORTED);
		if (!string)
			return win_fail_null(ERROR_INVALID_PARAMETER);
		text = strdup(string);
		if (!text)
			SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return text;
	}
	if (!(flags & (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE)))
		return win_fail_null(ERROR_INVALID_PARAMETER);
	message = find_message(error);
	if (!message)
		return win_fail_null(ERROR_MR_MID_NOT_FOUND);
	/* A width of 255 asks for no line break at all. */
	if (asprintf(&text, "%s%s", message,
		     (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK ?
			     " " :
			     "\r\n") < 0)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	return text;
}

/* length characters of a width and a NUL, to buffer or to memory for LocalFree(). */
static DWORD deliver(DWORD flags, const void *text, size_t length, size_t width, void *buffer,
		     DWORD size)
{
	size_t least = length + 1;
	void *memory;

	if (!buffer)
		return (DWORD)win_fail(ERROR_INVALID_PARAMETER);
	if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)) {
		if (size < least)
			return (DWORD)win_fail(ERROR_INSUFFICIENT_BUFFER);
		memcpy(buffer, text, least * width);
		return (DWORD)length;
	}
	memory = LocalAlloc(LPTR, (size > least ? size : least) * width);
	if (!memory)
		return 0;
	memcpy(memory, text, least * width);
	memcpy(buffer, &memory, sizeof(memory));
	return (DWORD)length;
}

DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
			    LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
	char *text = make_text(dwFlags, lpSource, dwMessageId);
	DWORD length;

	(void)dwLanguageId;
	(void)Arguments;
	if (!text)
		return 0;
	length = deliver(dwFlags, text, strlen(text), 1, lpBuffer, nSize);
	free(text);
	return length;
}

DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
			    LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
	char *source =
		dwFlags & FORMAT_MESSAGE_FROM_STRING && lpSource ? win_narrow(lpSource) : NULL;
	char *text = make_text(dwFlags, source, dwMessageId);
	wchar_t *wide = text ? win_wide(text) : NULL;
	DWORD length = 0;

	(void)dwLanguageId;
	(void)Arguments;
	if (wide)
		length = deliver(dwFlags, wide, wcslen(wide), sizeof(*wide), lpBuffer, nSize);
	free(source);
	free(text);
	free(wide);
	return length;
}
