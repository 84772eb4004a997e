/* SPDX-License-Identifier: MIT */
/* Words and numbers for people: sizes, rates, and strings that devices made up. */
#ifndef WINUSB_ISO_TOOL_TEXT_H
#define WINUSB_ISO_TOOL_TEXT_H

#include <stdint.h>
#include <stdio.h>

struct text {
	char s[256];
};

/* Bytes of the well-formed, printable UTF-8 character at s, or 0. */
size_t text_character(const char *s);
/* A device's string without what could upset a terminal. */
struct text text_clean(const char *s);
/* "512 B", "81.9 MB": powers of 1000. */
struct text text_bytes(double bytes);
/* "10.000 s" */
struct text text_seconds(uint64_t nanoseconds);
/* "125 us", "1 ms" */
struct text text_uframes(uint64_t uframes);
/* "EPROTO" of -EPROTO, "ok" of 0 */
struct text text_status(int status);
/* "1 gap", "2 gaps" */
struct text text_count(uint64_t count, const char *noun);

#endif
