// SPDX-License-Identifier: MIT
/* What <tchar.h> stands for: printing with formats of Windows, and wide arguments. */
#pragma GCC visibility push(default)
#include <tchar.h>
#pragma GCC visibility pop

#include "format.h"

int winusb_vfprintf(FILE *file, const char *format, va_list args)
{
	char *own = win_format_narrow(format);
	int length = own ? vfprintf(file, own, args) : -1;

	free(own);
	return length;
}

int winusb_vprintf(const char *format, va_list args)
{
	return winusb_vfprintf(stdout, format, args);
}

/* As _snprintf_s() with truncation: always a NUL; -1 if something was cut off. */
int winusb_vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
	int length = win_vsnprintf(buffer, size, format, args);

	return length >= 0 && (size_t)length < size ? length : -1;
}

int winusb_printf(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = winusb_vfprintf(stdout, format, args);
	va_end(args);
	return length;
}

int winusb_fprintf(FILE *file, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = winusb_vfprintf(file, format, args);
	va_end(args);
	return length;
}

int winusb_snprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = winusb_vsnprintf(buffer, size, format, args);
	va_end(args);
	return length;
}

/* ---- Wide: written as UTF-8, so that a stream never becomes a wide one ---------- */

int winusb_fputws(const wchar_t *text, FILE *file)
{
	char *narrow = win_narrow(text);
	int result = narrow ? fputs(narrow, file) : -1;

	free(narrow);
	return result;
}

int winusb_vfwprintf(FILE *file, const wchar_t *format, va_list args)
{
	wchar_t *text;
	int length = win_vaswprintf(&text, format, args);

	if (length >= 0 && winusb_fputws(text, file) < 0)
		length = -1;
	free(text);
	return length;
}

int winusb_vwprintf(const wchar_t *format, va_list args)
{
	return winusb_vfwprintf(stdout, format, args);
}

int winusb_vsnwprintf(wchar_t *buffer, size_t size, const wchar_t *format, va_list args)
{
	wchar_t *text;
	int length = win_vaswprintf(&text, format, args);

	if (size)
		*buffer = 0;
	for (size_t i = 0; length >= 0 && i < size; i++) {
		buffer[i] = i + 1 < size ? text[i] : 0;
		if (!text[i])
			break;
	}
	free(text);
	return length >= 0 && (size_t)length < size ? length : -1;
}

int winusb_wprintf(const wchar_t *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = winusb_vfwprintf(stdout, format, args);
	va_end(args);
	return length;
}

int winusb_fwprintf(FILE *file, const wchar_t *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = winusb_vfwprintf(file, format, args);
	va_end(args);
	return length;
}

int winusb_snwprintf(wchar_t *buffer, size_t size, const wchar_t *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = winusb_vsnwprintf(buffer, size, format, args);
	va_end(args);
	return length;
}

FILE *winusb_wfopen(const wchar_t *name, const wchar_t *mode)
{
	char *narrow_name = win_narrow(name), *narrow_mode = win_narrow(mode);
	FILE *file = narrow_name && narrow_mode ? fopen(narrow_name, narrow_mode) : NULL;

	free(narrow_name);
	free(narrow_mode);
	return file;
}

wchar_t **winusb_wide_arguments(int argc, char **argv)
{
	wchar_t **wide = calloc((size_t)argc + 1, sizeof(*wide));

	for (int i = 0; wide && i < argc; i++)
		wide[i] = win_wide(argv[i]);
	return wide;
}
