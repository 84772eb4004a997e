// SPDX-License-Identifier: MIT
/*
 * UTF-8 and wide characters, without looking at the locale. A wide character here is one code
 * point; what is none (too large, or half of a UTF-16 pair) becomes U+FFFD, and so does each byte
 * that is no UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define REPLACEMENT 0xfffdu

static bool is_code_point(uint32_t c)
{
	return c < 0xd800 || (c > 0xdfff && c < 0x110000);
}

/* Bytes of the sequence that begins with this one; 0: none does. */
static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t win_utf8_decode(const char *text, size_t size, uint32_t *code_point)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = sequence_length(bytes[0]);
	uint32_t c;

	if (!length || length > size)
		return 0;
	c = bytes[0] & first_bits[length];
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (bytes[i] & 0x3f);
	}
	if (c < least[length] || !is_code_point(c))
		return 0;
	*code_point = c;
	return length;
}

size_t win_utf8_encode(uint32_t c, char *bytes)
{
	if (c < 0x80) {
		bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		bytes[0] = (char)(0xc0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		bytes[0] = (char)(0xe0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | c >> 18);
	bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t win_widen(const char *text, size_t size, wchar_t *wide, size_t room, bool *invalid)
{
	size_t count = 0;

	while (size) {
		uint32_t c = REPLACEMENT;
		size_t length = win_utf8_decode(text, size, &c);

		*invalid |= !length;
		if (count < room)
			wide[count] = (wchar_t)c;
		count++;
		text += length ? length : 1;
		size -= length ? length : 1;
	}
	return count;
}

size_t win_narrow_into(const wchar_t *wide, size_t count, char *text, size_t room, bool *invalid)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t c = (uint32_t)wide[i];
		char bytes[4];
		size_t length;

		if (!is_code_point(c)) {
			*invalid = true;
			c = REPLACEMENT;
		}
		length = win_utf8_encode(c, bytes);
		if (room >= length && size <= room - length)
			memcpy(text + size, bytes, length);
		size += length;
	}
	return size;
}

wchar_t *win_wide(const char *text)
{
	size_t size = strlen(text) + 1;
	wchar_t *wide = calloc(size, sizeof(*wide));
	bool invalid = false;

	if (!wide)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_widen(text, size, wide, size, &invalid);
	return wide;
}

char *win_narrow(const wchar_t *wide)
{
	size_t count = wcslen(wide) + 1;
	char *text = calloc(count, 4);
	bool invalid = false;

	if (!text)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_narrow_into(wide, count, text, count * 4, &invalid);
	return text;
}
