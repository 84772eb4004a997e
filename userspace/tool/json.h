/* SPDX-License-Identifier: MIT */
/* Writes JSON, one value per line. */
#ifndef WINUSB_ISO_TOOL_JSON_H
#define WINUSB_ISO_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma;
};

/* A line is one object; @type tells readers which. json_end() flushes it. */
struct json json_begin(FILE *out, const char *type);
void json_end(struct json *json);

/* In an object @key names the member; in an array it is NULL. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_string(struct json *json, const char *key, const char *value);
void json_format(struct json *json, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
void json_real(struct json *json, const char *key, double value, int digits);
void json_bool(struct json *json, const char *key, bool value);

#endif
