// SPDX-License-Identifier: MIT
#include "text.h"

#include <stdbool.h>
#include <string.h>

/* Bytes that follow the first one of a UTF-8 sequence, or -1. */
static int continuation_bytes(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Overlong forms, surrogates and what lies past U+10FFFF show in the second byte. */
static bool second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	case 0xc2:
		return second >= 0xa0; /* C1 control characters */
	default:
		return true;
	}
}

/* U+200B to U+200F and U+2028 to U+202E, U+2060 to U+2069: invisible, or turn text round. */
static bool is_formatting(const unsigned char *byte)
{
	if (byte[0] != 0xe2)
		return false;
	return (byte[1] == 0x80 &&
		((byte[2] >= 0x8b && byte[2] <= 0x8f) || (byte[2] >= 0xa8 && byte[2] <= 0xae))) ||
	       (byte[1] == 0x81 && byte[2] >= 0xa0 && byte[2] <= 0xa9);
}

size_t text_character(const char *s)
{
	const unsigned char *byte = (const unsigned char *)s;
	int i, more = continuation_bytes(byte[0]);

	if (more < 0 || byte[0] < 0x20 || byte[0] == 0x7f)
		return 0;
	for (i = 1; i <= more; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	if (more && (!second_fits(byte[0], byte[1]) || is_formatting(byte)))
		return 0;
	return more + 1;
}

struct text text_clean(const char *s)
{
	struct text text;
	size_t used = 0, length;

	while (*s && used < sizeof(text.s) - 5) {
		length = text_character(s);
		if (length)
			memcpy(text.s + used, s, length);
		else
			text.s[used] = '?';
		used += length ? length : 1;
		s += length ? length : 1;
	}
	text.s[used] = '\0';
	return text;
}

struct text text_bytes(double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	struct text text;
	size_t unit = 0;

	while (bytes >= 999.95 && unit + 1 < sizeof(units) / sizeof(*units)) {
		bytes /= 1000;
		unit++;
	}
	snprintf(text.s, sizeof(text.s), unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return text;
}

struct text text_seconds(uint64_t nanoseconds)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%llu.%03llu s",
		 (unsigned long long)(nanoseconds / 1000000000),
		 (unsigned long long)(nanoseconds / 1000000 % 1000));
	return text;
}

struct text text_uframes(uint64_t uframes)
{
	struct text text;
	uint64_t us = uframes * 125;

	if (us < 1000)
		snprintf(text.s, sizeof(text.s), "%llu us", (unsigned long long)us);
	else
		snprintf(text.s, sizeof(text.s), "%.10g ms", us / 1000.0);
	return text;
}

struct text text_status(int status)
{
	const char *name = status ? strerrorname_np(-status) : "ok";
	struct text text;

	if (name)
		snprintf(text.s, sizeof(text.s), "%s", name);
	else
		snprintf(text.s, sizeof(text.s), "%d", status);
	return text;
}

struct text text_count(uint64_t count, const char *noun)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%llu %s%s", (unsigned long long)count, noun,
		 count == 1 ? "" : "s");
	return text;
}
