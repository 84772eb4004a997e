/* SPDX-License-Identifier: MIT */
/* Formats of Windows for the printf() of the C library. */
#ifndef WINUSB_FORMAT_H
#define WINUSB_FORMAT_H

#include <stdarg.h>

#include "internal.h"

/* The same format as the C library has it, to be freed; NULL: no memory. */
char *win_format_narrow(const char *format);
wchar_t *win_format_wide(const wchar_t *format);

/* As vsnprintf(), but with Windows' formats: characters needed, or -1. */
int win_vsnprintf(char *buffer, size_t size, const char *format, va_list args);
/* Into memory to be freed: its length, or -1. */
int win_vaswprintf(wchar_t **text, const wchar_t *format, va_list args);

#endif /* WINUSB_FORMAT_H */
