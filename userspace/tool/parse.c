// SPDX-License-Identifier: MIT
/* What users type: numbers, pipes, durations and sizes. */
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Decimal, or hexadecimal with 0x; nothing before or behind it. */
static bool whole_number(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	if (!isdigit((unsigned char)text[0]) || (hex && !isxdigit((unsigned char)text[2])))
		return false;
	errno = 0;
	*value = strtoull(text, &end, hex ? 16 : 10);
	return errno == 0 && *end == '\0';
}

bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *value,
		  const char **problem)
{
	uint64_t number;

	if (!whole_number(text, &number)) {
		*problem = "not a number";
		return false;
	}
	if (number < least || number > most) {
		*problem = number < least ? "too small" : "too large";
		return false;
	}
	*value = number;
	return true;
}

bool parse_pipe(const char *text, uint8_t *address, const char **problem)
{
	uint64_t number;

	if (!whole_number(text, &number) || number > 0xff || (number & 0x70) || !(number & 0xf)) {
		*problem = "not an endpoint address (0x81 to 0x8f are IN, 0x01 to 0x0f OUT)";
		return false;
	}
	*address = number;
	return true;
}

/* Digits, perhaps a point and up to nine more, times @unit; *rest is what follows. */
static bool fixed_point(const char *text, const char **rest, uint64_t unit, uint64_t *value)
{
	uint64_t whole = 0, part = 0, scale = 1;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *text - '0', &whole))
			return false;
	if (*text == '.') {
		if (!isdigit((unsigned char)*++text))
			return false;
		for (; isdigit((unsigned char)*text) && scale < 1000000000; text++) {
			part = part * 10 + (*text - '0');
			scale *= 10;
		}
	}
	*rest = text;
	/* Units are at most an hour in nanoseconds, 3.6e12; part is below 1e9. */
	return !__builtin_mul_overflow(whole, unit, value) &&
	       !__builtin_add_overflow(*value, (uint64_t)((__uint128_t)part * unit / scale), value);
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* The unit that the text behind the number names, or 0. */
static uint64_t unit_of(const char *text, const struct unit *units)
{
	text += strspn(text, "0123456789.");
	for (; units->suffix; units++)
		if (!strcmp(text, units->suffix))
			return units->factor;
	return 0;
}

static bool parse_with_unit(const char *text, const struct unit *units, uint64_t *value)
{
	uint64_t unit = unit_of(text, units), result;
	const char *rest;

	if (!unit || !fixed_point(text, &rest, unit, &result) || isdigit((unsigned char)*rest) ||
	    *rest == '.' || !result)
		return false;
	*value = result;
	return true;
}

bool parse_duration(const char *text, uint64_t *nanoseconds, const char **problem)
{
	static const struct unit units[] = {
		{ "", 1000000000 },	{ "s", 1000000000 },  { "ms", 1000000 },
		{ "us", 1000 },		{ "m", 60000000000 }, { "min", 60000000000 },
		{ "h", 3600000000000 }, { NULL, 0 },
	};

	if (parse_with_unit(text, units, nanoseconds))
		return true;
	*problem = "not a duration (such as 10, 1.5s, 250ms, 2m, 1h)";
	return false;
}

bool parse_size(const char *text, uint64_t *bytes, const char **problem)
{
	static const struct unit units[] = {
		{ "", 1 },	  { "k", 1 << 10 }, { "K", 1 << 10 },
		{ "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 },
	};

	if (parse_with_unit(text, units, bytes))
		return true;
	*problem = "not a size (such as 4096, 64k, 8M, 1G)";
	return false;
}
