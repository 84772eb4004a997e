/* SPDX-License-Identifier: MIT */
/* GUIDs as text, and small sets of them. */
#ifndef WINUSB_GUID_H
#define WINUSB_GUID_H

#include "internal.h"

#define WIN_GUID_TEXT 39 /* with braces and NUL */

static inline bool win_guid_equal(const GUID *a, const GUID *b)
{
	return IsEqualGUID(a, b);
}

/* length characters, all of them a GUID, with braces or without. */
bool win_guid_parse(const char *text, size_t length, GUID *guid);
/* With braces; text has WIN_GUID_TEXT bytes. */
void win_guid_format(const GUID *guid, char *text, bool upper);

#define WIN_MOST_GUIDS 32

struct win_guids {
	unsigned int count;
	GUID guids[WIN_MOST_GUIDS];
};

/* Each only once; what is too much is left out. */
void win_guids_add(struct win_guids *guids, const GUID *guid);
bool win_guids_have(const struct win_guids *guids, const GUID *guid);

#endif /* WINUSB_GUID_H */
