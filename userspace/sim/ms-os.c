// SPDX-License-Identifier: MIT
/* Microsoft OS descriptors, 1.0 and 2.0: "WINUSB", and the GUIDs of the device's interfaces. */
#include "internal.h"

#include <string.h>

/* Requests of the vendor code, by wIndex. */
enum { COMPATIBLE_IDS = 4, PROPERTIES = 5, DESCRIPTOR_SET = 7 };
/* Parts of a 2.0 descriptor set. */
enum { SET_HEADER = 0, CONFIG_SUBSET = 1, FUNCTION_SUBSET = 2, COMPATIBLE_ID = 3, PROPERTY = 4 };
enum { REG_MULTI_SZ = 7 };

#define WINDOWS_8_1   0x06030000u
#define PROPERTY_NAME "DeviceInterfaceGUIDs"
#define ROOM	      4096

struct bytes {
	uint8_t data[ROOM];
	size_t used;
};

static void put8(struct bytes *b, unsigned int value)
{
	if (b->used < ROOM)
		b->data[b->used++] = (uint8_t)value;
}

static void put16(struct bytes *b, unsigned int value)
{
	put8(b, value & 0xff);
	put8(b, value >> 8);
}

static void put32(struct bytes *b, uint32_t value)
{
	put16(b, value & 0xffff);
	put16(b, value >> 16);
}

static void put_text(struct bytes *b, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		put8(b, i < strlen(text) ? (unsigned char)text[i] : 0);
}

static void patch16(struct bytes *b, size_t at, size_t value)
{
	b->data[at] = (uint8_t)value;
	b->data[at + 1] = (uint8_t)(value >> 8);
}

static void patch32(struct bytes *b, size_t at, size_t value)
{
	patch16(b, at, value & 0xffff);
	patch16(b, at + 2, value >> 16);
}

/* UTF-16 with its NUL; a comma ends one text of several. Returns the bytes. */
static size_t put_wide(struct bytes *b, const char *text)
{
	size_t before = b->used;

	for (; *text; text++)
		put16(b, *text == ',' ? 0 : (unsigned char)*text);
	put16(b, 0);
	return b->used - before;
}

/* The functions of the device: groups of interfaces, and those that are in no group. */
static unsigned int functions(const struct sim_shape *shape, struct sim_association *out)
{
	unsigned int i, a, count = 0;

	for (i = 0; i < shape->n_interfaces; i += out[count - 1].count) {
		out[count] = (struct sim_association){ (uint8_t)i, 1 };
		for (a = 0; a < shape->n_associations; a++)
			if (shape->association[a].first == i)
				out[count] = shape->association[a];
		count++;
	}
	return count;
}

static size_t copy(const struct bytes *b, uint8_t *out, size_t room)
{
	size_t length = b->used < room ? b->used : room;

	memcpy(out, b->data, length);
	return length;
}

/* --- 1.0 --- */

/* The string that says that there are some, and by which request. */
size_t ms_os_string(const struct sim *sim, uint8_t *out, size_t room)
{
	struct bytes b = { .used = 0 };

	if (!(sim->options.ms_os & SIM_MS_OS_1))
		return 0;
	put8(&b, 18);
	put8(&b, 3);
	put_wide(&b, "MSFT100");
	b.used -= 2;
	put8(&b, SIM_MS_OS_REQUEST);
	put8(&b, 0);
	return copy(&b, out, room);
}

static void compatible_ids(const struct sim *sim, struct bytes *b)
{
	struct sim_association function[SIM_MAX_INTERFACES];
	unsigned int i, count = functions(&sim->options.shape, function);

	put32(b, 16 + 24 * count);
	put16(b, 0x0100);
	put16(b, COMPATIBLE_IDS);
	put8(b, count);
	put_text(b, "", 7);
	for (i = 0; i < count; i++) {
		put8(b, function[i].first);
		put8(b, 1);
		put_text(b, "WINUSB", 16);
		put_text(b, "", 6);
	}
}

/* Name, length and data of the property, as both versions have it; sizes are 16 or 32 bits. */
static void put_property(struct bytes *b, const char *guids, bool wide)
{
	size_t at, length;

	put16(b, 2 * sizeof(PROPERTY_NAME));
	put_wide(b, PROPERTY_NAME);
	at = b->used;
	wide ? put32(b, 0) : put16(b, 0);
	length = put_wide(b, guids);
	put16(b, 0);
	wide ? patch32(b, at, length + 2) : patch16(b, at, length + 2);
}

/* Which function has this interface; its GUIDs, "" if it has none. */
static const char *guids_of(const struct sim *sim, unsigned int interface)
{
	struct sim_association function[SIM_MAX_INTERFACES];
	unsigned int i, count = functions(&sim->options.shape, function);

	for (i = 0; i < count; i++)
		if (interface >= function[i].first &&
		    interface < function[i].first + function[i].count)
			return sim->guid[i];
	return "";
}

static void properties(const struct sim *sim, unsigned int interface, struct bytes *b)
{
	const char *guids = guids_of(sim, interface);

	put32(b, 0);
	put16(b, 0x0100);
	put16(b, PROPERTIES);
	put16(b, guids[0] != '\0');
	if (guids[0]) {
		put32(b, 0);
		put32(b, REG_MULTI_SZ);
		put_property(b, guids, true);
		patch32(b, 10, b->used - 10);
	}
	patch32(b, 0, b->used);
}

/* --- 2.0 --- */

static void put_features(const struct sim *sim, unsigned int number, struct bytes *b)
{
	size_t begin;

	put16(b, 20);
	put16(b, COMPATIBLE_ID);
	put_text(b, "WINUSB", 16);
	if (!sim->guid[number][0])
		return;
	begin = b->used;
	put16(b, 0);
	put16(b, PROPERTY);
	put16(b, REG_MULTI_SZ);
	put_property(b, sim->guid[number], false);
	patch16(b, begin, b->used - begin);
}

static void put_function(const struct sim *sim, const struct sim_association *function,
			 unsigned int number, struct bytes *b)
{
	size_t begin = b->used;

	put16(b, 8);
	put16(b, FUNCTION_SUBSET);
	put8(b, function->first);
	put8(b, 0);
	put16(b, 0);
	put_features(sim, number, b);
	patch16(b, begin + 6, b->used - begin);
}

/* A device of one function needs no subsets. */
static void descriptor_set(const struct sim *sim, struct bytes *b)
{
	struct sim_association function[SIM_MAX_INTERFACES];
	unsigned int i, count = functions(&sim->options.shape, function);

	put16(b, 10);
	put16(b, SET_HEADER);
	put32(b, WINDOWS_8_1);
	put16(b, 0);
	if (count == 1) {
		put_features(sim, 0, b);
	} else {
		put16(b, 8);
		put16(b, CONFIG_SUBSET);
		put16(b, 0);
		put16(b, 0);
		for (i = 0; i < count; i++)
			put_function(sim, &function[i], i, b);
		patch16(b, 16, b->used - 10);
	}
	patch16(b, 8, b->used);
}

/* The platform capability in the BOS; 0 bytes if there is none. */
size_t ms_os_capability(const struct sim *sim, uint8_t *out, size_t room)
{
	static const uint8_t head[20] = {
		/* platform, and the UUID of these descriptors */
		28,   16,   5,	  0,	0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45,
		0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f,
	};
	struct bytes b = { .used = 0 }, set = { .used = 0 };

	if (!(sim->options.ms_os & SIM_MS_OS_2))
		return 0;
	descriptor_set(sim, &set);
	memcpy(b.data, head, sizeof(head));
	b.used = sizeof(head);
	put32(&b, WINDOWS_8_1);
	put16(&b, (unsigned int)set.used);
	put8(&b, SIM_MS_OS_REQUEST);
	put8(&b, 0);
	return copy(&b, out, room);
}

/*
 * The answer to a vendor request; 0: it is none of these. Hosts have the interface's number in the
 * lower byte of wValue, whatever the specification says.
 */
size_t ms_os_request(const struct sim *sim, const struct setup *setup, uint8_t *out, size_t room)
{
	unsigned int has = sim->options.ms_os;
	struct bytes b = { .used = 0 };

	if (setup->request != SIM_MS_OS_REQUEST || !(setup->type & 0x80))
		return 0;
	if (has & SIM_MS_OS_1 && setup->index == COMPATIBLE_IDS && setup->value == 0)
		compatible_ids(sim, &b);
	else if (has & SIM_MS_OS_1 && setup->index == PROPERTIES &&
		 setup->value < sim->options.shape.n_interfaces)
		properties(sim, setup->value, &b);
	else if (has & SIM_MS_OS_2 && setup->index == DESCRIPTOR_SET && setup->value == 0)
		descriptor_set(sim, &b);
	return copy(&b, out, room);
}

int ms_os_check(const struct sim_options *options)
{
	unsigned int i;

	if (options->ms_os & ~(unsigned int)(SIM_MS_OS_1 | SIM_MS_OS_2))
		return sim_fail(EINVAL, "Microsoft OS descriptors are of version 1 or 2");
	for (i = 0; i < SIM_MAX_INTERFACES; i++)
		if (options->guid[i] && strlen(options->guid[i]) >= SIM_GUIDS_SIZE)
			return sim_fail(EINVAL, "a function's GUIDs have at most %d characters",
					SIM_GUIDS_SIZE - 1);
	return 0;
}
