// SPDX-License-Identifier: MIT
/* Parsing the configuration file. */
#include <stdio.h>
#include <string.h>

#include "config.h"

struct parser {
	const struct win_config_sink *sink;
	unsigned int line;
	bool in_section;
	GUID guid;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Without the space around it and the comment behind it. */
static void trim(const char **text, size_t *length)
{
	for (size_t i = 0; i < *length; i++)
		if ((*text)[i] == '#' || (*text)[i] == ';')
			*length = i;
	while (*length && is_space(**text)) {
		++*text;
		--*length;
	}
	while (*length && is_space((*text)[*length - 1]))
		--*length;
}

static void complain(const struct parser *parser, const char *problem)
{
	parser->sink->complain(parser->sink->arg, parser->line, problem);
}

static void parse_section(struct parser *parser, const char *text, size_t length)
{
	parser->in_section = false;
	if (text[length - 1] != ']')
		complain(parser, "a section ends with ]");
	else if (win_guid_parse(text + 1, length - 2, &parser->guid))
		parser->in_section = true;
	else
		complain(parser, "a section is the GUID of an interface class, [{xxxxxxxx-xxxx-"
				 "xxxx-xxxx-xxxxxxxxxxxx}]");
}

/* Hexadecimal digits up to the end or a colon. */
static bool parse_number(const char **text, const char *end, unsigned int digits,
			 unsigned int *value)
{
	const char *start = *text;

	*value = 0;
	for (; *text < end && **text != ':'; ++*text) {
		char c = **text;
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 :
						   -1;

		if (digit < 0 || *text - start == (ptrdiff_t)digits)
			return false;
		*value = *value << 4 | (unsigned int)digit;
	}
	return *text > start;
}

static bool parse_device(const char *text, size_t length, struct win_config_device *device)
{
	const char *end = text + length;
	unsigned int vendor, product, interface;

	if (!parse_number(&text, end, 4, &vendor) || text++ == end ||
	    !parse_number(&text, end, 4, &product))
		return false;
	device->vendor_id = (uint16_t)vendor;
	device->product_id = (uint16_t)product;
	device->interface_number = -1;
	if (text == end)
		return true;
	text++;
	if (!parse_number(&text, end, 2, &interface) || text != end)
		return false;
	device->interface_number = (int)interface;
	return true;
}

static void parse_setting(struct parser *parser, const char *text, size_t length)
{
	const char *equals = memchr(text, '=', length), *value;
	size_t key_length, value_length;
	struct win_config_device device;

	if (!equals) {
		complain(parser, "neither a section nor device = vid:pid[:interface]");
		return;
	}
	key_length = (size_t)(equals - text);
	value = equals + 1;
	value_length = length - key_length - 1;
	trim(&text, &key_length);
	trim(&value, &value_length);
	if (key_length != 6 || memcmp(text, "device", 6))
		complain(parser, "the only setting is device");
	else if (!parse_device(value, value_length, &device))
		complain(parser, "a device is vid:pid or vid:pid:interface, in hexadecimal");
	else if (!parser->in_section)
		complain(parser, "a device outside of a section");
	else
		parser->sink->match(parser->sink->arg, &parser->guid, &device);
}

void win_config_parse(const char *text, size_t size, const struct win_config_sink *sink)
{
	struct parser parser = { .sink = sink };

	while (size) {
		const char *end = memchr(text, '\n', size), *line = text;
		size_t length = end ? (size_t)(end - text) : size;
		size_t used = end ? length + 1 : length;

		parser.line++;
		trim(&line, &length);
		if (length && *line == '[')
			parse_section(&parser, line, length);
		else if (length)
			parse_setting(&parser, line, length);
		text += used;
		size -= used;
	}
}
