// SPDX-License-Identifier: MIT
/* Microsoft OS descriptors, well-formed, cut short, and hostile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../msos.h"
#include "winapi.h"

static const GUID first_guid = {
	0x11111111,
	0x2222,
	0x3333,
	{ 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 },
};
static const GUID second_guid = {
	0xaaaaaaaa,
	0xbbbb,
	0xcccc,
	{ 0xdd, 0xdd, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee },
};
#define FIRST  "{11111111-2222-3333-4444-555555555555}"
#define SECOND "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}"

/* ---- Writing descriptors -------------------------------------------------------------- */

static uint8_t room[4096];
static size_t used;

static void put8(unsigned int value)
{
	room[used++] = (uint8_t)value;
}

static void put16(unsigned int value)
{
	put8(value);
	put8(value >> 8);
}

static void put32(uint32_t value)
{
	put16(value & 0xffff);
	put16(value >> 16);
}

/* With all NULs that are in it, the last one included. */
static void put_utf16(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put16((unsigned char)text[i]);
}

static void set16(size_t at, size_t value)
{
	room[at] = (uint8_t)value;
	room[at + 1] = (uint8_t)(value >> 8);
}

static void put_property20(unsigned int type, const char *name, const char *data, size_t size)
{
	size_t start = used;

	put16(0);
	put16(4);
	put16(type);
	put16((unsigned int)(strlen(name) + 1) * 2);
	put_utf16(name, strlen(name) + 1);
	put16((unsigned int)size * 2);
	put_utf16(data, size);
	set16(start, used - start);
}

static void begin_set(void)
{
	used = 0;
	put16(10);
	put16(0);
	put32(0x06030000);
	put16(0);
}

static size_t begin_subset(unsigned int type, unsigned int number)
{
	size_t start = used;

	put16(8);
	put16(type);
	put8(number);
	put8(0);
	put16(0);
	return start;
}

static void end_subset(size_t start)
{
	set16(start + 6, used - start);
}

static void end_set(void)
{
	set16(8, used);
}

/* A composite device: interface 2 has two GUIDs, interface 0 one of them. */
static void composite_set(void)
{
	size_t configuration, function;

	begin_set();
	configuration = begin_subset(1, 0);
	function = begin_subset(2, 2);
	put_property20(7, "DeviceInterfaceGUIDs", FIRST "\0" SECOND "\0", sizeof(FIRST SECOND) + 2);
	end_subset(function);
	function = begin_subset(2, 0);
	put16(20);
	put16(3);
	put_utf16("WINUSB\0\0", 8);
	put_property20(1, "DeviceInterfaceGUID", SECOND, sizeof(SECOND));
	end_subset(function);
	end_subset(configuration);
	end_set();
}

static struct win_guids from_set(unsigned int interface, bool first)
{
	struct win_guids guids = { 0 };

	win_msos20_guids(room, used, interface, first, &guids);
	return guids;
}

TEST(composite, "2.0: a function subset gives its GUIDs to its first interface and no other")
{
	struct win_guids guids;

	composite_set();
	guids = from_set(2, false);
	EQUAL(guids.count, 2);
	CHECK(win_guids_have(&guids, &first_guid) && win_guids_have(&guids, &second_guid));
	guids = from_set(0, true);
	EQUAL(guids.count, 1);
	CHECK(win_guids_have(&guids, &second_guid));
	EQUAL(from_set(1, false).count, 0);
}

TEST(device_level, "2.0: what is said of the whole device counts for its first interface")
{
	begin_set();
	put_property20(7, "DeviceInterfaceGUIDs", FIRST "\0", sizeof(FIRST) + 1);
	end_set();
	EQUAL(from_set(0, true).count, 1);
	EQUAL(from_set(3, true).count, 1);
	EQUAL(from_set(1, false).count, 0);
}

TEST(wrong_properties, "2.0: other names, types and texts are no GUIDs")
{
	begin_set();
	put_property20(1, "DeviceInterfaceGUIDs", FIRST "\0", sizeof(FIRST) + 1);
	put_property20(7, "DeviceInterfaceGUID", FIRST, sizeof(FIRST));
	put_property20(7, "Label", FIRST "\0", sizeof(FIRST) + 1);
	put_property20(7, "DeviceInterfaceGUIDs", "{nonsense}\0", 12);
	put_property20(7, "DeviceInterfaceGUIDs", FIRST "x", sizeof(FIRST) + 1);
	put_property20(7, "DeviceInterfaceGUIDs", "", 0);
	end_set();
	EQUAL(from_set(0, true).count, 0);
	/* Without a NUL at the end, and with a name in another case. */
	put_property20(7, "deviceinterfaceguids", FIRST, sizeof(FIRST) - 1);
	end_set();
	EQUAL(from_set(0, true).count, 1);
}

/* Each size and each byte in memory that ends right there, for the sanitizers. */
static void try_all(void (*parse)(const uint8_t *data, size_t size))
{
	for (size_t size = 0; size <= used; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, room, size);
		parse(copy, size);
		free(copy);
	}
	for (size_t at = 0; at < used; at++) {
		static const uint8_t values[] = { 0, 1, 3, 4, 7, 8, 0x7f, 0x80, 0xff };

		for (size_t i = 0; i < sizeof(values); i++) {
			uint8_t *copy = malloc(used);

			memcpy(copy, room, used);
			copy[at] = values[i];
			parse(copy, used);
			free(copy);
		}
	}
}

static void parse_set(const uint8_t *data, size_t size)
{
	struct win_guids guids = { 0 };

	win_msos20_guids(data, size, 2, true, &guids);
	if (guids.count > WIN_MOST_GUIDS)
		abort();
}

TEST(hostile_set, "2.0: no cut and no changed byte of a set makes the parser leave it")
{
	composite_set();
	try_all(parse_set);
	CHECK(true);
}

TEST(nested_subsets, "2.0: subsets within subsets end, whatever their lengths say")
{
	begin_set();
	for (unsigned int i = 0; i < 200; i++)
		begin_subset(1 + i % 2, 0);
	for (unsigned int i = 0; i < 200; i++)
		set16(10 + 8 * i + 6, used - 10 - 8 * i);
	put_property20(7, "DeviceInterfaceGUIDs", FIRST "\0", sizeof(FIRST) + 1);
	end_set();
	CHECK(from_set(0, true).count <= 1);
}

TEST(too_many_guids, "A device that names thousands of GUIDs gets the first of them")
{
	size_t start, count = 0;

	begin_set();
	start = used;
	put16(0);
	put16(4);
	put16(7);
	put16(42);
	put_utf16("DeviceInterfaceGUIDs", 21);
	put16(0);
	while (used < 3900) {
		char text[WIN_GUID_TEXT];
		GUID guid = { .Data1 = (uint32_t)count++ };

		win_guid_format(&guid, text, true);
		put_utf16(text, sizeof(text));
	}
	set16(start + 50, used - start - 52);
	set16(start, used - start);
	end_set();
	CHECK(count > WIN_MOST_GUIDS);
	EQUAL(from_set(0, true).count, WIN_MOST_GUIDS);
}

/* ---- BOS -------------------------------------------------------------------------------- */

static void put_platform(const uint8_t *uuid, unsigned int sets)
{
	put8(20 + 8 * sets);
	put8(0x10);
	put8(5);
	put8(0);
	for (unsigned int i = 0; i < 16; i++)
		put8(uuid[i]);
}

static const uint8_t msos_uuid[16] = {
	0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c,
	0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f,
};

static void put_information(uint32_t version, unsigned int length, unsigned int code)
{
	put32(version);
	put16(length);
	put8(code);
	put8(0);
}

static void make_bos(void)
{
	static const uint8_t other[16] = { 1 };

	used = 0;
	put8(5);
	put8(15);
	put16(0);
	put8(3);
	put8(7);
	put8(0x10);
	put8(2);
	put32(0);
	put_platform(other, 1);
	put_information(0x06030000, 99, 9);
	put_platform(msos_uuid, 3);
	put_information(0x06030000, 100, 1);
	put_information(0x0a000000, 200, 2);
	put_information(0x7f000000, 300, 3);
	set16(2, used);
}

TEST(bos, "2.0: the set for the newest Windows is chosen from the platform capability")
{
	struct win_msos20_info info;

	make_bos();
	CHECK(win_msos20_find(room, used, &info));
	EQUAL(info.vendor_code, 2);
	EQUAL(info.set_length, 200);
	CHECK(!win_msos20_find(room, 40, &info));
	EQUAL(info.set_length, 0);
}

static void parse_bos(const uint8_t *data, size_t size)
{
	struct win_msos20_info info;

	win_msos20_find(data, size, &info);
}

TEST(hostile_bos, "2.0: no cut and no changed byte of a BOS descriptor makes the parser leave it")
{
	make_bos();
	try_all(parse_bos);
	CHECK(true);
}

/* ---- 1.0 ---------------------------------------------------------------------------------- */

static void make_properties(void)
{
	used = 0;
	put32(0);
	put16(0x0100);
	put16(5);
	put16(2);
	for (unsigned int i = 0; i < 2; i++) {
		size_t start = used;

		put32(0);
		put32(i ? 7 : 1);
		put16(i ? 42 : 40);
		put_utf16(i ? "DeviceInterfaceGUIDs" : "DeviceInterfaceGUID", i ? 21 : 20);
		put32((i ? sizeof(SECOND) + 1 : sizeof(FIRST)) * 2);
		put_utf16(i ? SECOND "\0" : FIRST, i ? sizeof(SECOND) + 1 : sizeof(FIRST));
		set16(start, used - start);
	}
	set16(0, used);
}

TEST(extended_properties, "1.0: the extended properties give GUIDs, singly or several")
{
	struct win_guids guids = { 0 };

	make_properties();
	win_msos10_guids(room, used, &guids);
	EQUAL(guids.count, 2);
	CHECK(win_guids_have(&guids, &first_guid) && win_guids_have(&guids, &second_guid));
}

static void parse_properties(const uint8_t *data, size_t size)
{
	struct win_guids guids = { 0 };

	win_msos10_guids(data, size, &guids);
}

TEST(hostile_properties,
     "1.0: no cut and no changed byte of the properties makes the parser leave them")
{
	make_properties();
	try_all(parse_properties);
	CHECK(true);
}

TEST(os_string, "1.0: the vendor code comes from the string MSFT100 alone")
{
	uint8_t string[18] = "\x12\x03M\0S\0F\0T\0001\0000\0000\0\x42";

	EQUAL(win_msos10_vendor_code(string, 18), 0x42);
	EQUAL(win_msos10_vendor_code(string, 17), -1);
	EQUAL(win_msos10_vendor_code(string, 0), -1);
	string[2] = 'm';
	EQUAL(win_msos10_vendor_code(string, 18), -1);
}

/* ---- Asking --------------------------------------------------------------------------------- */

/* A device that answers from its own memory, or refuses. */
struct pretender {
	unsigned int bcd_usb;
	int error; /* of what it does not know */
	const uint8_t *bos, *set, *properties;
	size_t bos_size, set_size, properties_size;
	bool has_string;
	unsigned int requests;
};

static ssize_t give(const struct wiso_setup *setup, void *data, const void *from, size_t size)
{
	if (size > setup->length)
		size = setup->length;
	memcpy(data, from, size);
	return (ssize_t)size;
}

static ssize_t answer(void *arg, const struct wiso_setup *setup, void *data)
{
	static const uint8_t string[] = "\x12\x03M\0S\0F\0T\0001\0000\0000\0\x42";
	struct pretender *self = arg;
	uint8_t device[18] = { 18, 1, (uint8_t)self->bcd_usb, (uint8_t)(self->bcd_usb >> 8) };

	self->requests++;
	if (setup->request_type == 0x80 && setup->value == 0x0100)
		return give(setup, data, device, sizeof(device));
	if (setup->request_type == 0x80 && setup->value == 0x0f00 && self->bos)
		return give(setup, data, self->bos, self->bos_size);
	if (setup->request_type == 0xc0 && setup->index == 7 && setup->request == 2 && self->set)
		return give(setup, data, self->set, self->set_size);
	if (setup->request_type == 0x80 && setup->value == 0x03ee && self->has_string)
		return give(setup, data, string, 18);
	if (setup->request_type == 0xc1 && setup->index == 5 && setup->request == 0x42 &&
	    setup->value == 0x0100 && self->properties)
		return give(setup, data, self->properties, self->properties_size);
	errno = self->error;
	return -1;
}

static uint8_t bos_room[200], set_room[600];

static struct pretender with_20(void)
{
	struct pretender self = { .bcd_usb = 0x0210, .error = EPIPE };

	composite_set();
	memcpy(set_room, room, used);
	self.set = set_room;
	self.set_size = used;
	used = 0;
	put8(5);
	put8(15);
	put16(33);
	put8(1);
	put_platform(msos_uuid, 1);
	put_information(0x06030000, (unsigned int)self.set_size, 2);
	memcpy(bos_room, room, used);
	self.bos = bos_room;
	self.bos_size = used;
	return self;
}

TEST(ask_20, "A device with descriptors 2.0 is not asked for 1.0")
{
	struct pretender self = with_20();
	struct win_guids guids = { 0 };

	EQUAL(win_msos_read(answer, &self, 2, false, &guids), 0);
	EQUAL(guids.count, 2);
	EQUAL(self.requests, 4);
	self.requests = 0;
	self.bcd_usb = 0x0200;
	guids.count = 0;
	EQUAL(win_msos_read(answer, &self, 2, false, &guids), 0);
	EQUAL(guids.count, 0);
	EQUAL(self.requests, 2);
}

TEST(ask_10, "A device without 2.0 is asked for 1.0, for its interface")
{
	struct pretender self = { .bcd_usb = 0x0200, .error = EPIPE, .has_string = true };
	struct win_guids guids = { 0 };

	make_properties();
	self.properties = room;
	self.properties_size = used;
	EQUAL(win_msos_read(answer, &self, 1, false, &guids), 0);
	EQUAL(guids.count, 2);
	guids.count = 0;
	EQUAL(win_msos_read(answer, &self, 3, false, &guids), 0);
	EQUAL(guids.count, 0);
}

TEST(ask_none, "A device that refuses everything has no GUIDs; one that is gone is an error")
{
	struct pretender self = { .bcd_usb = 0x0210, .error = EPIPE };
	struct win_guids guids = { 0 };

	EQUAL(win_msos_read(answer, &self, 0, true, &guids), 0);
	EQUAL(guids.count, 0);
	self.error = ENODEV;
	EQUAL(win_msos_read(answer, &self, 0, true, &guids), -1);
	EQUAL(errno, ENODEV);
}
