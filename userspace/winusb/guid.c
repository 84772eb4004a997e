// SPDX-License-Identifier: MIT
/* GUIDs as text; CLSIDFromString() and StringFromGUID2(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(default)
#include <objbase.h>
#pragma GCC visibility pop

#include "guid.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 8-4-4-4-12 hexadecimal digits. */
static bool parse_bytes(const char *text, unsigned char *bytes)
{
	unsigned int digits = 0;

	memset(bytes, 0, 16);
	for (unsigned int i = 0; i < 36; i++) {
		int digit = digit_of(text[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		bytes[digits / 2] |= (unsigned char)(digits % 2 ? digit : digit << 4);
		digits++;
	}
	return true;
}

bool win_guid_parse(const char *text, size_t length, GUID *guid)
{
	unsigned char b[16];

	if (length == 38 && text[0] == '{' && text[37] == '}') {
		text++;
		length -= 2;
	}
	if (length != 36 || !parse_bytes(text, b))
		return false;
	guid->Data1 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	guid->Data2 = (uint16_t)(b[4] << 8 | b[5]);
	guid->Data3 = (uint16_t)(b[6] << 8 | b[7]);
	memcpy(guid->Data4, b + 8, 8);
	return true;
}

void win_guid_format(const GUID *guid, char *text, bool upper)
{
	const uint8_t *b = guid->Data4;

	snprintf(text, WIN_GUID_TEXT,
		 upper ? "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}" :
			 "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
		 guid->Data1, guid->Data2, guid->Data3, b[0], b[1], b[2], b[3], b[4], b[5], b[6],
		 b[7]);
}

bool win_guids_have(const struct win_guids *guids, const GUID *guid)
{
	for (unsigned int i = 0; i < guids->count; i++)
		if (win_guid_equal(&guids->guids[i], guid))
			return true;
	return false;
}

void win_guids_add(struct win_guids *guids, const GUID *guid)
{
	if (guids->count < WIN_MOST_GUIDS && !win_guids_have(guids, guid))
		guids->guids[guids->count++] = *guid;
}

/* ---- As COM has it --------------------------------------------------------- */

HRESULT WINAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid)
{
	static const GUID nothing;
	char text[WIN_GUID_TEXT];
	size_t length = 0;

	if (!pclsid)
		return E_INVALIDARG;
	*pclsid = nothing;
	if (!lpsz)
		return S_OK;
	for (; lpsz[length]; length++) {
		if (length == WIN_GUID_TEXT - 1 || lpsz[length] > 0x7f)
			return CO_E_CLASSSTRING;
		text[length] = (char)lpsz[length];
	}
	/* Here the braces are part of it. */
	if (length != WIN_GUID_TEXT - 1 || !win_guid_parse(text, length, pclsid))
		return CO_E_CLASSSTRING;
	return S_OK;
}

HRESULT WINAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid)
{
	HRESULT result = CLSIDFromString(lpsz, lpiid);

	return result == CO_E_CLASSSTRING ? E_INVALIDARG : result;
}

int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax)
{
	char text[WIN_GUID_TEXT];

	if (cchMax < WIN_GUID_TEXT)
		return 0;
	win_guid_format(rguid, text, true);
	for (int i = 0; i < WIN_GUID_TEXT; i++)
		lpsz[i] = (unsigned char)text[i];
	return WIN_GUID_TEXT;
}
