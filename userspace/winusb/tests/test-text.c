// SPDX-License-Identifier: MIT
/* Strings: conversion, limits, formats of Windows, messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strsafe.h>
#include <tchar.h>

#include "winapi.h"

TEST(wide_and_back, "UTF-8 becomes wide characters and the same UTF-8 again")
{
	static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	WCHAR wide[16];
	char narrow[16];

	EQUAL(MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0), 5);
	EQUAL(MultiByteToWideChar(CP_ACP, 0, text, -1, wide, 16), 5);
	CHECK(!wcscmp(wide, L"a\u00e4\u20ac\U0001f600"));
	EQUAL(WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL), sizeof(text));
	EQUAL(WideCharToMultiByte(CP_UTF8, 0, wide, -1, narrow, 16, NULL, NULL), sizeof(text));
	CHECK(!strcmp(narrow, text));
	EQUAL(MultiByteToWideChar(CP_UTF8, 0, text, 3, wide, 16), 2);
}

TEST(bad_utf8, "What is no UTF-8 is replaced, or refused where that is asked for")
{
	WCHAR wide[16], surrogate[2] = { 0xd800, 0 };
	BOOL used = FALSE;
	char text[16];

	EQUAL(MultiByteToWideChar(CP_UTF8, 0, "\xff\xc3(\xe0\x80\x80", -1, wide, 16), 7);
	EQUAL(wide[0], 0xfffd);
	EQUAL(wide[2], '(');
	REFUSED(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xff", -1, wide, 16),
		ERROR_NO_UNICODE_TRANSLATION);
	REFUSED(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, wide, 3), ERROR_INSUFFICIENT_BUFFER);
	REFUSED(MultiByteToWideChar(CP_UTF8, 0, NULL, -1, wide, 3), ERROR_INVALID_PARAMETER);
	REFUSED(MultiByteToWideChar(CP_UTF8, 0, "abc", 0, wide, 3), ERROR_INVALID_PARAMETER);
	EQUAL(WideCharToMultiByte(CP_UTF8, 0, surrogate, -1, text, 16, NULL, &used), 4);
	EQUAL(used, TRUE);
	REFUSED(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, surrogate, -1, text, 16, NULL,
				    NULL),
		ERROR_NO_UNICODE_TRANSLATION);
	REFUSED(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, text, 2, NULL, NULL),
		ERROR_INSUFFICIENT_BUFFER);
}

TEST(copies, "StringCch and StringCb cut off what does not fit, and say so")
{
	char text[5];
	WCHAR wide[5];
	size_t length;

	EQUAL(StringCchCopyA(text, 5, "abcd"), S_OK);
	EQUAL(StringCchCopyA(text, 5, "abcde"), STRSAFE_E_INSUFFICIENT_BUFFER);
	CHECK(!strcmp(text, "abcd"));
	EQUAL(StringCchCopyA(text, 0, "a"), STRSAFE_E_INVALID_PARAMETER);
	EQUAL(StringCchCopyA(NULL, 5, "a"), STRSAFE_E_INVALID_PARAMETER);
	EQUAL(StringCchCopyNA(text, 5, "abcdef", 2), S_OK);
	EQUAL(StringCchCatA(text, 5, "xyz"), STRSAFE_E_INSUFFICIENT_BUFFER);
	CHECK(!strcmp(text, "abxy"));
	EQUAL(StringCbCopyW(wide, sizeof(wide), L"abcd"), S_OK);
	EQUAL(StringCbCatW(wide, sizeof(wide), L"e"), STRSAFE_E_INSUFFICIENT_BUFFER);
	EQUAL(StringCchLengthW(wide, 5, &length), S_OK);
	EQUAL(length, 4);
	EQUAL(StringCbLengthW(wide, sizeof(wide), &length), S_OK);
	EQUAL(length, 4 * sizeof(WCHAR));
	EQUAL(StringCchLengthA("abcd", 4, &length), STRSAFE_E_INVALID_PARAMETER);
	EQUAL(length, 0);
}

TEST(formats, "Formats mean what they mean on Windows, in both kinds of string")
{
	char text[100];
	WCHAR wide[100];

	EQUAL(StringCchPrintfA(text, 100, "%lu %ld %lx", (DWORD)4000000000u, (LONG)-5,
			       (ULONG)0xabcdef01),
	      S_OK);
	CHECK(!strcmp(text, "4000000000 -5 abcdef01"));
	EQUAL(StringCchPrintfA(text, 100, "%s %S %hs %ls %c %C", "a", L"b", "c", L"d", 'e', L'f'),
	      S_OK);
	CHECK(!strcmp(text, "a b c d e f"));
	EQUAL(StringCchPrintfA(text, 100, "%I64d %I64x %I32u %Iu %llu%%", (LONGLONG)-1,
			       (ULONGLONG)0x123456789abull, (DWORD)7, (SIZE_T)8, (ULONGLONG)9),
	      S_OK);
	CHECK(!strcmp(text, "-1 123456789ab 7 8 9%"));
	EQUAL(StringCchPrintfW(wide, 100, L"%s %S %hs %ls %ws %c 0x%08lX", L"a", "b", "c", L"d",
			       L"e", L'f', (DWORD)0x1f),
	      S_OK);
	CHECK(!wcscmp(wide, L"a b c d e f 0x0000001F"));
	EQUAL(StringCchPrintfA(text, 100, "%-5s|%5.2f|%*d|%p", "ab", 1.5, 4, 7, (void *)NULL),
	      S_OK);
	CHECK(!strncmp(text, "ab   | 1.50|   7|", 17));
	EQUAL(StringCchPrintfA(text, 4, "%d", 12345), STRSAFE_E_INSUFFICIENT_BUFFER);
	CHECK(!strcmp(text, "123"));
	EQUAL(StringCchPrintfW(wide, 4, L"%d", 12345), STRSAFE_E_INSUFFICIENT_BUFFER);
	CHECK(!wcscmp(wide, L"123"));
	EQUAL(StringCbPrintfW(wide, sizeof(wide), L"%"), STRSAFE_E_INVALID_PARAMETER);
	EQUAL(StringCchPrintfA(text, 0, "x"), STRSAFE_E_INVALID_PARAMETER);
}

TEST(printing, "The functions of tchar.h print with formats of Windows, wide ones as UTF-8")
{
	char buffer[200] = "";
	WCHAR wide[8];
	char narrow[4];
	FILE *file = fmemopen(buffer, sizeof(buffer), "w");

	CHECK(file);
	EQUAL(winusb_fprintf(file, "%lu %S\n", (DWORD)7, L"x"), 4);
	EQUAL(winusb_fwprintf(file, L"%s %S \u20ac\n", L"wide", "narrow"), 14);
	CHECK(winusb_fputws(L"end\n", file) >= 0);
	fclose(file);
	CHECK(!strcmp(buffer, "7 x\nwide narrow \xe2\x82\xac\nend\n"));
	EQUAL(winusb_snwprintf(wide, 8, L"%s", L"1234567"), 7);
	EQUAL(winusb_snwprintf(wide, 8, L"%s", L"12345678"), -1);
	CHECK(!wcscmp(wide, L"1234567"));
	EQUAL(winusb_snprintf(narrow, 4, "%s", "1234"), -1);
	CHECK(!strcmp(narrow, "123"));
	CHECK(!winusb_wfopen(L"/nonexistent/file", L"r"));
}

TEST(arguments, "The arguments of a wide main program are wide")
{
	char *argv[] = { (char *)"program", (char *)"\xc3\xa4", NULL };
	wchar_t **wide = winusb_wide_arguments(2, argv);

	CHECK(wide && !wcscmp(wide[0], L"program") && !wcscmp(wide[1], L"\u00e4") && !wide[2]);
	free(wide[0]);
	free(wide[1]);
	free(wide);
}

TEST(messages, "FormatMessage() tells what an error means")
{
	char text[100], *allocated = NULL;
	WCHAR wide[100], *wide_allocated = NULL;
	DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;

	EQUAL(FormatMessageA(flags, NULL, ERROR_INVALID_HANDLE, 0, text, sizeof(text), NULL), 24);
	CHECK(!strcmp(text, "The handle is invalid.\r\n"));
	EQUAL(FormatMessageW(flags, NULL, ERROR_INVALID_HANDLE, 0, wide, 100, NULL), 24);
	CHECK(!wcscmp(wide, L"The handle is invalid.\r\n"));
	EQUAL(FormatMessageA(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
			     (DWORD)HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE), 0,
			     (LPSTR)(void *)&allocated, 0, NULL),
	      24);
	CHECK(allocated && !strcmp(allocated, "The handle is invalid.\r\n"));
	CHECK(!LocalFree(allocated));
	EQUAL(FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_IGNORE_INSERTS |
				     FORMAT_MESSAGE_ALLOCATE_BUFFER,
			     L"%1", 0, 0, (LPWSTR)(void *)&wide_allocated, 0, NULL),
	      2);
	CHECK(!LocalFree(wide_allocated));
	REFUSED(FormatMessageA(flags, NULL, ERROR_INVALID_HANDLE, 0, text, 10, NULL),
		ERROR_INSUFFICIENT_BUFFER);
	REFUSED(FormatMessageA(flags, NULL, 424242, 0, text, sizeof(text), NULL),
		ERROR_MR_MID_NOT_FOUND);
	REFUSED(FormatMessageA(flags, NULL, 0, 0, NULL, 0, NULL), ERROR_INVALID_PARAMETER);
	REFUSED(FormatMessageA(0, NULL, 0, 0, text, sizeof(text), NULL), ERROR_INVALID_PARAMETER);
	REFUSED(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, sizeof(text), NULL),
		ERROR_NOT_SUPPORTED);
}
