/* SPDX-License-Identifier: MIT */
/* UTF-8 and wide characters. */
#ifndef WINUSB_TEXT_H
#define WINUSB_TEXT_H

#include "internal.h"

/* Bytes of the code point at text, of which size bytes (at least 1) are there; 0: invalid. */
size_t win_utf8_decode(const char *text, size_t size, uint32_t *code_point);
/* Up to 4 bytes. Returns how many. */
size_t win_utf8_encode(uint32_t code_point, char *bytes);

/* Both return what is needed, write as much as fits, and set *invalid if something was replaced. */
size_t win_widen(const char *text, size_t size, wchar_t *wide, size_t room, bool *invalid);
size_t win_narrow_into(const wchar_t *wide, size_t count, char *text, size_t room, bool *invalid);

#endif /* WINUSB_TEXT_H */
