// SPDX-License-Identifier: MIT
#include "json.h"

#include <stdarg.h>
#include <string.h>

#include "text.h"

static void quoted(FILE *out, const char *s)
{
	size_t length;

	putc('"', out);
	while (*s) {
		length = text_character(s);
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (length)
			fwrite(s, 1, length, out);
		else if ((unsigned char)*s < 0x80)
			fprintf(out, "\\u%04x", *s);
		else
			fputs("\\ufffd", out);
		s += length ? length : 1;
	}
	putc('"', out);
}

static void key_of(struct json *json, const char *key)
{
	if (json->comma)
		putc(',', json->out);
	json->comma = true;
	if (key) {
		quoted(json->out, key);
		putc(':', json->out);
	}
}

struct json json_begin(FILE *out, const char *type)
{
	struct json json = { .out = out };

	putc('{', out);
	json_string(&json, "type", type);
	return json;
}

void json_end(struct json *json)
{
	fputs("}\n", json->out);
	fflush(json->out);
}

void json_open(struct json *json, const char *key, char bracket)
{
	key_of(json, key);
	putc(bracket, json->out);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	putc(bracket, json->out);
	json->comma = true;
}

void json_string(struct json *json, const char *key, const char *value)
{
	key_of(json, key);
	quoted(json->out, value);
}

void json_format(struct json *json, const char *key, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_string(json, key, text);
}

void json_unsigned(struct json *json, const char *key, uint64_t value)
{
	key_of(json, key);
	fprintf(json->out, "%llu", (unsigned long long)value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	key_of(json, key);
	fprintf(json->out, "%lld", (long long)value);
}

void json_real(struct json *json, const char *key, double value, int digits)
{
	key_of(json, key);
	fprintf(json->out, "%.*f", digits, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	key_of(json, key);
	fputs(value ? "true" : "false", json->out);
}
