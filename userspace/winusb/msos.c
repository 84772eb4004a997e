// SPDX-License-Identifier: MIT
/* Parsing Microsoft OS descriptors, from memory that a hostile device filled. */
#include <string.h>
#include <strings.h>

#include "msos.h"

/* A descriptor or section: bytes that are really there. */
struct span {
	const uint8_t *data;
	size_t size;
};

static uint16_t get16(const uint8_t *data)
{
	return (uint16_t)(data[0] | data[1] << 8);
}

static uint32_t get32(const uint8_t *data)
{
	return (uint32_t)get16(data) | (uint32_t)get16(data + 2) << 16;
}

/* Cuts the first bytes off. false: there are not so many. */
static bool cut(struct span *span, size_t size, struct span *first)
{
	if (size > span->size)
		return false;
	first->data = span->data;
	first->size = size;
	span->data += size;
	span->size -= size;
	return true;
}

/* ---- The property that holds GUIDs, in 1.0 and 2.0 -------------------------- */

#define REGISTRY_SZ	  1
#define REGISTRY_MULTI_SZ 7

/* UTF-16LE, with or without NUL at the end, against ASCII. */
static bool is_name(const struct span *name, const char *wanted)
{
	size_t length = strlen(wanted);

	if (name->size / 2 < length || (name->size / 2 > length && get16(name->data + 2 * length)))
		return false;
	for (size_t i = 0; i < length; i++) {
		uint16_t c = get16(name->data + 2 * i);
		char text[2] = { c < 0x80 ? (char)c : '\0' }, other[2] = { wanted[i] };

		if (strcasecmp(text, other))
			return false;
	}
	return true;
}

/* One or more NUL-terminated strings in UTF-16LE. */
static void add_guids(const struct span *data, struct win_guids *guids)
{
	char text[WIN_GUID_TEXT];
	size_t length = 0;
	GUID guid;

	for (size_t i = 0; i <= data->size / 2; i++) {
		uint16_t c = i < data->size / 2 ? get16(data->data + 2 * i) : 0;

		if (c) {
			if (length < sizeof(text))
				text[length++] = c < 0x80 ? (char)c : '?';
			continue;
		}
		if (win_guid_parse(text, length, &guid))
			win_guids_add(guids, &guid);
		length = 0;
	}
}

static void add_property(uint32_t type, const struct span *name, const struct span *data,
			 struct win_guids *guids)
{
	if ((type == REGISTRY_MULTI_SZ && is_name(name, "DeviceInterfaceGUIDs")) ||
	    (type == REGISTRY_SZ && is_name(name, "DeviceInterfaceGUID")))
		add_guids(data, guids);
}

/* ---- 2.0: the BOS descriptor ------------------------------------------------ */

#define BOS_HEADER	    5
#define DEVICE_CAPABILITY   0x10
#define CAPABILITY_PLATFORM 0x05
#define PLATFORM_HEADER	    20 /* up to the UUID and with it */
#define SET_INFORMATION	    8
#define NEWEST_WINDOWS	    0x0a00ffffu

/* D8DD60DF-4589-4CC7-9CD2-659D9E648A9F as it is on the wire. */
static const uint8_t msos20_uuid[16] = {
	0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c,
	0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f,
};

static bool is_msos20(const struct span *capability)
{
	return capability->size >= PLATFORM_HEADER && capability->data[1] == DEVICE_CAPABILITY &&
	       capability->data[2] == CAPABILITY_PLATFORM &&
	       !memcmp(capability->data + 4, msos20_uuid, sizeof(msos20_uuid));
}

static void choose_set(struct span sets, struct win_msos20_info *best)
{
	struct span set;

	while (cut(&sets, SET_INFORMATION, &set)) {
		struct win_msos20_info info = {
			.windows_version = get32(set.data),
			.set_length = get16(set.data + 4),
			.vendor_code = set.data[6],
		};

		if (info.set_length && info.windows_version <= NEWEST_WINDOWS &&
		    (!best->set_length || info.windows_version > best->windows_version))
			*best = info;
	}
}

bool win_msos20_find(const uint8_t *bos, size_t size, struct win_msos20_info *info)
{
	struct span rest = { bos, size }, capability, header;

	memset(info, 0, sizeof(*info));
	if (!cut(&rest, BOS_HEADER, &header))
		return false;
	while (rest.size && rest.data[0] >= 3 && cut(&rest, rest.data[0], &capability)) {
		if (!is_msos20(&capability))
			continue;
		cut(&capability, PLATFORM_HEADER, &header);
		choose_set(capability, info);
	}
	return info->set_length;
}

/* ---- 2.0: the descriptor set ------------------------------------------------ */

enum msos20_type {
	SET_HEADER = 0,
	CONFIGURATION_SUBSET = 1,
	FUNCTION_SUBSET = 2,
	REGISTRY_PROPERTY = 4,
};

#define SET_HEADER_LENGTH    10
#define SUBSET_HEADER_LENGTH 8

struct set_parser {
	unsigned int interface_number;
	bool first;
	struct win_guids *guids;
};

/* wLength, wDescriptorType, wPropertyDataType, wPropertyNameLength, name, wPropertyDataLength,
 * data */
static void parse_property20(const struct set_parser *parser, struct span property)
{
	struct span header, name, length, data;

	if (!cut(&property, 8, &header) || !cut(&property, get16(header.data + 6), &name) ||
	    !cut(&property, 2, &length) || !cut(&property, get16(length.data), &data))
		return;
	add_property(get16(header.data + 4), &name, &data, parser->guids);
}

/* One level: features, and what applies to them if they are ours. */
static void parse_features(const struct set_parser *parser, struct span features, bool ours)
{
	struct span feature;

	while (features.size >= 4 && get16(features.data) >= 4 &&
	       cut(&features, get16(features.data), &feature))
		if (ours && get16(feature.data + 2) == REGISTRY_PROPERTY)
			parse_property20(parser, feature);
}

/* The header of a subset is followed by what its total length covers. */
static bool cut_subset(struct span *rest, struct span *subset)
{
	struct span header;

	if (rest->size < SUBSET_HEADER_LENGTH || get16(rest->data) != SUBSET_HEADER_LENGTH ||
	    get16(rest->data + 6) < SUBSET_HEADER_LENGTH)
		return false;
	if (!cut(rest, get16(rest->data + 6), subset))
		return false;
	return cut(subset, SUBSET_HEADER_LENGTH, &header);
}

static void parse_level(const struct set_parser *parser, struct span rest, unsigned int depth)
{
	struct span part;

	while (rest.size >= 4 && get16(rest.data) >= 4) {
		const uint8_t *header = rest.data;
		uint16_t type = get16(header + 2);

		if (type == CONFIGURATION_SUBSET || type == FUNCTION_SUBSET) {
			if (!cut_subset(&rest, &part))
				return;
			if (type == FUNCTION_SUBSET)
				parse_features(parser, part, header[4] == parser->interface_number);
			else if (!depth)
				parse_level(parser, part, depth + 1);
		} else {
			if (!cut(&rest, get16(header), &part))
				return;
			if (type == REGISTRY_PROPERTY && parser->first)
				parse_property20(parser, part);
		}
	}
}

void win_msos20_guids(const uint8_t *set, size_t size, unsigned int interface_number, bool first,
		      struct win_guids *guids)
{
	struct set_parser parser = { interface_number, first, guids };
	struct span rest = { set, size }, header;

	if (size < SET_HEADER_LENGTH || get16(set) != SET_HEADER_LENGTH ||
	    get16(set + 2) != SET_HEADER || get16(set + 8) < SET_HEADER_LENGTH)
		return;
	if (rest.size > get16(set + 8))
		rest.size = get16(set + 8);
	cut(&rest, SET_HEADER_LENGTH, &header);
	parse_level(&parser, rest, 0);
}

/* ---- 1.0 --------------------------------------------------------------------- */

#define STRING_SIZE	  18
#define PROPERTIES_HEADER 10
#define PROPERTIES_INDEX  5

int win_msos10_vendor_code(const uint8_t *string, size_t size)
{
	static const uint8_t signature[] = {
		'M', 0, 'S', 0, 'F', 0, 'T', 0, '1', 0, '0', 0, '0', 0,
	};

	if (size < STRING_SIZE || string[0] < STRING_SIZE || string[1] != 3 ||
	    memcmp(string + 2, signature, sizeof(signature)))
		return -1;
	return string[16];
}

/* dwSize, dwPropertyDataType, wPropertyNameLength, name, dwPropertyDataLength, data */
static void parse_property10(struct span property, struct win_guids *guids)
{
	struct span header, name, length, data;

	if (!cut(&property, 10, &header) || !cut(&property, get16(header.data + 8), &name) ||
	    !cut(&property, 4, &length) || !cut(&property, get32(length.data), &data))
		return;
	add_property(get32(header.data + 4), &name, &data, guids);
}

void win_msos10_guids(const uint8_t *properties, size_t size, struct win_guids *guids)
{
	struct span rest = { properties, size }, header, property;
	unsigned int count;

	if (size < PROPERTIES_HEADER || get32(properties) < PROPERTIES_HEADER ||
	    get16(properties + 6) != PROPERTIES_INDEX)
		return;
	if (rest.size > get32(properties))
		rest.size = get32(properties);
	count = get16(properties + 8);
	cut(&rest, PROPERTIES_HEADER, &header);
	while (count-- && rest.size >= 4 && get32(rest.data) >= 4 &&
	       cut(&rest, get32(rest.data), &property))
		parse_property10(property, guids);
}
