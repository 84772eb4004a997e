// SPDX-License-Identifier: MIT
/*
 * Formats of Windows for the printf() of the C library. What differs:
 *
 *	%s %c a string of the function's own kind; %S %C: of the other; %hs narrow, %ls %ws wide
 *	%ld %lu %lx 32 bits: LONG and DWORD %I64d %I32d %Id 64 bits, 32 bits, as wide as a pointer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

/* The length modifier of a conversion, as Windows means it. */
enum size { SIZE_NONE, SIZE_NARROW, SIZE_CHAR, SIZE_LONG, SIZE_64, SIZE_POINTER, SIZE_OTHER };

/* Both kinds of format are worked on as wide ones. */
struct translation {
	const wchar_t *from;
	wchar_t *to;
	bool wide; /* of a wide function */
};

static void put(struct translation *t, const wchar_t *text)
{
	while (*text)
		*t->to++ = *text++;
}

static bool skip(struct translation *t, const wchar_t *text)
{
	size_t length = wcslen(text);

	if (wcsncmp(t->from, text, length))
		return false;
	t->from += length;
	return true;
}

static enum size take_size(struct translation *t, wchar_t *other)
{
	*other = 0;
	if (skip(t, L"I64") || skip(t, L"ll"))
		return SIZE_64;
	if (skip(t, L"I32"))
		return SIZE_NONE;
	if (skip(t, L"I"))
		return SIZE_POINTER;
	if (skip(t, L"hh"))
		return SIZE_CHAR;
	if (skip(t, L"h"))
		return SIZE_NARROW;
	if (skip(t, L"l") || skip(t, L"w"))
		return SIZE_LONG;
	if (*t->from && wcschr(L"jztL", *t->from)) {
		*other = *t->from++;
		return SIZE_OTHER;
	}
	return SIZE_NONE;
}

/* %s, %S, %c, %C */
static void put_text(struct translation *t, enum size size, wchar_t conversion)
{
	bool other = conversion == L'S' || conversion == L'C';
	bool wide = size == SIZE_LONG || (size != SIZE_NARROW && t->wide != other);

	put(t, wide ? L"l" : L"");
	*t->to++ = conversion == L's' || conversion == L'S' ? L's' : L'c';
}

static void put_number(struct translation *t, enum size size, wchar_t other, wchar_t conversion)
{
	static const wchar_t *const names[] = {
		[SIZE_NONE] = L"", [SIZE_NARROW] = L"h",  [SIZE_CHAR] = L"hh", [SIZE_LONG] = L"",
		[SIZE_64] = L"ll", [SIZE_POINTER] = L"z", [SIZE_OTHER] = L"",
	};

	put(t, names[size]);
	if (other)
		*t->to++ = other;
	*t->to++ = conversion;
}

static void translate_one(struct translation *t)
{
	wchar_t other;
	enum size size;

	*t->to++ = *t->from++;
	while (*t->from && wcschr(L"-+ #0123456789.*", *t->from))
		*t->to++ = *t->from++;
	size = take_size(t, &other);
	if (!*t->from)
		return;
	if (wcschr(L"sScC", *t->from))
		put_text(t, size, *t->from++);
	else
		put_number(t, size, other, *t->from++);
}

static void translate(struct translation *t)
{
	while (*t->from) {
		if (*t->from == L'%')
			translate_one(t);
		else
			*t->to++ = *t->from++;
	}
	*t->to = 0;
}

wchar_t *win_format_wide(const wchar_t *format)
{
	wchar_t *to = calloc(2 * wcslen(format) + 2, sizeof(*to));
	struct translation t = { .from = format, .to = to, .wide = true };

	if (to)
		translate(&t);
	return to;
}

/* Byte by byte, so that it does not matter what the bytes mean. */
char *win_format_narrow(const char *format)
{
	size_t length = strlen(format);
	wchar_t *from = calloc(3 * length + 3, sizeof(*from)),
		*to = from ? from + length + 1 : NULL;
	struct translation t = { .from = from, .to = to };
	char *result = malloc(2 * length + 2);

	if (from && result) {
		for (size_t i = 0; i < length; i++)
			from[i] = (unsigned char)format[i];
		translate(&t);
		for (size_t i = 0; i == 0 || to[i - 1]; i++)
			result[i] = (char)to[i];
	} else {
		free(result);
		result = NULL;
	}
	free(from);
	return result;
}

int win_vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
	char *own = win_format_narrow(format);
	int length = own ? vsnprintf(buffer, size, own, args) : -1;

	free(own);
	return length;
}

/* vswprintf() does not say how much it needs. */
int win_vaswprintf(wchar_t **text, const wchar_t *format, va_list args)
{
	wchar_t *own = win_format_wide(format);
	int length = -1;

	*text = NULL;
	for (size_t size = 256; own && length < 0 && size <= (1u << 20); size *= 4) {
		va_list copy;

		free(*text);
		*text = calloc(size, sizeof(**text));
		if (!*text)
			break;
		va_copy(copy, args);
		length = vswprintf(*text, size, own, copy);
		va_end(copy);
	}
	free(own);
	if (length < 0) {
		free(*text);
		*text = NULL;
	}
	return length;
}
