// SPDX-License-Identifier: MIT
/* MultiByteToWideChar() and its opposite, lstrlen() and friends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte,
			       LPWSTR lpWideCharStr, int cchWideChar)
{
	bool invalid = false;
	size_t size, needed;

	(void)CodePage;
	if (!lpMultiByteStr || !cbMultiByte || cchWideChar < 0 || (cchWideChar && !lpWideCharStr))
		return win_fail(ERROR_INVALID_PARAMETER);
	size = cbMultiByte < 0 ? strlen(lpMultiByteStr) + 1 : (size_t)cbMultiByte;
	needed = win_widen(lpMultiByteStr, size, lpWideCharStr, (size_t)cchWideChar, &invalid);
	if (invalid && dwFlags & MB_ERR_INVALID_CHARS)
		return win_fail(ERROR_NO_UNICODE_TRANSLATION);
	if (cchWideChar && needed > (size_t)cchWideChar)
		return win_fail(ERROR_INSUFFICIENT_BUFFER);
	return (int)needed;
}

int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar,
			       LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar,
			       LPBOOL lpUsedDefaultChar)
{
	bool invalid = false;
	size_t count, needed;

	(void)CodePage;
	(void)lpDefaultChar;
	if (!lpWideCharStr || !cchWideChar || cbMultiByte < 0 || (cbMultiByte && !lpMultiByteStr))
		return win_fail(ERROR_INVALID_PARAMETER);
	count = cchWideChar < 0 ? wcslen(lpWideCharStr) + 1 : (size_t)cchWideChar;
	needed = win_narrow_into(lpWideCharStr, count, lpMultiByteStr, (size_t)cbMultiByte,
				 &invalid);
	if (lpUsedDefaultChar)
		*lpUsedDefaultChar = invalid;
	if (invalid && dwFlags & WC_ERR_INVALID_CHARS)
		return win_fail(ERROR_NO_UNICODE_TRANSLATION);
	if (cbMultiByte && needed > (size_t)cbMultiByte)
		return win_fail(ERROR_INSUFFICIENT_BUFFER);
	return (int)needed;
}

int WINAPI lstrlenA(LPCSTR lpString)
{
	return lpString ? (int)strlen(lpString) : 0;
}

int WINAPI lstrlenW(LPCWSTR lpString)
{
	return lpString ? (int)wcslen(lpString) : 0;
}

int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2)
{
	return strcmp(lpString1, lpString2);
}

int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2)
{
	return wcscmp(lpString1, lpString2);
}

int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2)
{
	return strcasecmp(lpString1, lpString2);
}

int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2)
{
	return wcscasecmp(lpString1, lpString2);
}

void WINAPI OutputDebugStringA(LPCSTR lpOutputString)
{
	if (lpOutputString && secure_getenv("WINUSB_DEBUG"))
		fputs(lpOutputString, stderr);
}

void WINAPI OutputDebugStringW(LPCWSTR lpOutputString)
{
	char *text = lpOutputString ? win_narrow(lpOutputString) : NULL;

	OutputDebugStringA(text);
	free(text);
}
