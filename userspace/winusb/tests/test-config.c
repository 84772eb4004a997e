// SPDX-License-Identifier: MIT
/* The configuration file, and GUIDs as text. */
#include <stdio.h>
#include <string.h>

#include <objbase.h>

#include "../config.h"
#include "winapi.h"

static unsigned int matches, complaints, last_line;
static struct win_config_device last;
static GUID last_guid;

static void match(void *arg, const GUID *guid, const struct win_config_device *device)
{
	(void)arg;
	matches++;
	last = *device;
	last_guid = *guid;
}

static void complain(void *arg, unsigned int line, const char *problem)
{
	(void)arg;
	(void)problem;
	complaints++;
	last_line = line;
}

static void parse(const char *text)
{
	struct win_config_sink sink = { .match = match, .complain = complain };

	matches = 0;
	complaints = 0;
	last_line = 0;
	win_config_parse(text, strlen(text), &sink);
}

#define SECTION "[{11111111-2222-3333-4444-555555555555}]\n"

TEST(config_good, "A configuration file gives devices to interface classes")
{
	parse("# comment\n\n  " SECTION "device=1209:0001\r\n device = 04B4:00f1:2 ; second\n");
	EQUAL(complaints, 0);
	EQUAL(matches, 2);
	EQUAL(last.vendor_id, 0x04b4);
	EQUAL(last.product_id, 0x00f1);
	EQUAL(last.interface_number, 2);
	EQUAL(last_guid.Data1, 0x11111111);
	parse("[11111111-2222-3333-4444-555555555555]\ndevice = 1:2");
	EQUAL(matches, 1);
	EQUAL(last.vendor_id, 1);
	EQUAL(last.interface_number, -1);
}

TEST(config_bad, "Each line that is wrong is complained of once, with its number, and skipped")
{
	static const char *const lines[] = {
		"device",
		"device = 12345:1",
		"device = 1209",
		"device = 1209:",
		"device = :1",
		"device = 1209:0001:",
		"device = 1209:0001:100",
		"device = 1209:0001:1:1",
		"device = 1209:xyz",
		"devices = 1209:0001",
		"= 1209:0001",
		"device 1209:0001",
		"device = 1209 0001",
	};
	char text[200];

	for (size_t i = 0; i < ARRAYSIZE(lines); i++) {
		snprintf(text, sizeof(text), SECTION "%s\ndevice = 1:1\n", lines[i]);
		parse(text);
		EQUAL(complaints, 1);
		EQUAL(last_line, 2);
		EQUAL(matches, 1);
	}
}

TEST(config_sections, "A device outside of a section, or in one that is wrong, belongs to none")
{
	parse("device = 1:1\n");
	EQUAL(complaints, 1);
	EQUAL(matches, 0);
	parse(SECTION "[nonsense]\ndevice = 1:1\n");
	EQUAL(complaints, 2);
	EQUAL(matches, 0);
	parse("[\n]\n[]\n[{\ndevice=1:1");
	EQUAL(complaints, 5);
	EQUAL(matches, 0);
	parse("");
	EQUAL(complaints, 0);
}

TEST(guid_text,
     "A GUID as text is read in both cases and with or without braces, and nothing else is")
{
	static const char *const bad[] = {
		"",
		"{}",
		"{11111111-2222-3333-4444-55555555555}",
		"11111111222233334444555555555555",
		"{11111111-2222-3333-4444-555555555555",
		"11111111-2222-3333-4444-555555555555}",
		"{1111111g-2222-3333-4444-555555555555}",
		"{11111111-2222-3333-4444555555555555-}",
	};
	char text[WIN_GUID_TEXT];
	GUID guid;

	CHECK(win_guid_parse("{DEADbeef-0102-0304-0506-0708090a0b0c}", 38, &guid));
	EQUAL(guid.Data1, 0xdeadbeef);
	EQUAL(guid.Data2, 0x0102);
	EQUAL(guid.Data3, 0x0304);
	EQUAL(guid.Data4[7], 0x0c);
	win_guid_format(&guid, text, true);
	CHECK(!strcmp(text, "{DEADBEEF-0102-0304-0506-0708090A0B0C}"));
	win_guid_format(&guid, text, false);
	CHECK(!strcmp(text, "{deadbeef-0102-0304-0506-0708090a0b0c}"));
	for (size_t i = 0; i < ARRAYSIZE(bad); i++)
		CHECK(!win_guid_parse(bad[i], strlen(bad[i]), &guid));
}

TEST(com_guids, "CLSIDFromString() wants braces; StringFromGUID2() writes 39 characters")
{
	WCHAR text[39];
	GUID guid;

	EQUAL(CLSIDFromString(L"{DEADBEEF-0102-0304-0506-0708090A0B0C}", &guid), S_OK);
	EQUAL(guid.Data1, 0xdeadbeef);
	EQUAL(StringFromGUID2(&guid, text, 39), 39);
	CHECK(!wcscmp(text, L"{DEADBEEF-0102-0304-0506-0708090A0B0C}"));
	EQUAL(StringFromGUID2(&guid, text, 38), 0);
	EQUAL((DWORD)CLSIDFromString(L"DEADBEEF-0102-0304-0506-0708090A0B0C", &guid), 0x800401f3);
	EQUAL((DWORD)IIDFromString(L"nonsense", &guid), 0x80070057);
	EQUAL((DWORD)CLSIDFromString(L"", NULL), 0x80070057);
	EQUAL(CLSIDFromString(NULL, &guid), S_OK);
	EQUAL(guid.Data1, 0);
}
