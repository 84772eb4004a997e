// SPDX-License-Identifier: MIT
/* Values of JavaScript, in and out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addon.h"

bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments,
		   napi_value *self)
{
	size_t given = count;

	if (napi_get_cb_info(env, info, &given, arguments, self, NULL) == napi_ok && given >= count)
		return true;
	napi_throw_type_error(env, NULL, "too few arguments");
	return false;
}

bool get_number(napi_env env, napi_value value, uint32_t *number)
{
	if (napi_get_value_uint32(env, value, number) == napi_ok)
		return true;
	napi_throw_type_error(env, NULL, "not a number");
	return false;
}

bool get_text(napi_env env, napi_value value, char *text, size_t size)
{
	size_t length;

	if (napi_get_value_string_utf8(env, value, text, size, &length) == napi_ok &&
	    length + 1 < size)
		return true;
	napi_throw_type_error(env, NULL, "not a text, or too long");
	return false;
}

bool get_bytes(napi_env env, napi_value value, void **data, size_t *size)
{
	bool is_buffer = false;

	napi_is_arraybuffer(env, value, &is_buffer);
	if (is_buffer && napi_get_arraybuffer_info(env, value, data, size) == napi_ok)
		return true;
	if (napi_get_typedarray_info(env, value, NULL, size, data, NULL, NULL) == napi_ok)
		return true;
	napi_throw_type_error(env, NULL, "not bytes");
	return false;
}

bool get_lengths(napi_env env, napi_value value, const uint32_t **lengths, uint32_t *count)
{
	napi_typedarray_type type;
	size_t length;
	void *data;

	if (napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok ||
	    type != napi_uint32_array || length > UINT32_MAX) {
		napi_throw_type_error(env, NULL, "not a Uint32Array");
		return false;
	}
	*lengths = data;
	*count = (uint32_t)length;
	return true;
}

napi_value make_number(napi_env env, double number)
{
	napi_value value = NULL;

	napi_create_double(env, number, &value);
	return value;
}

/* Devices can put any byte in their texts; what is not UTF-8 becomes U+FFFD. */
napi_value make_text(napi_env env, const char *text)
{
	napi_value value = NULL;

	napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
	return value;
}

/* An Error with code and errno, as those of Node's own modules. */
napi_value make_error(napi_env env, int error)
{
	napi_value object = NULL;
	char text[128], buffer[64];

	snprintf(text, sizeof(text), "%s", strerror_r(error, buffer, sizeof(buffer)));
	napi_create_error(env, NULL, make_text(env, text), &object);
	set_number(env, object, "errno", error);
	return object;
}

void *throw_errno(napi_env env, int error)
{
	napi_throw(env, make_error(env, error));
	return NULL;
}

void set_property(napi_env env, napi_value object, const char *name, napi_value value)
{
	napi_set_named_property(env, object, name, value);
}

void set_number(napi_env env, napi_value object, const char *name, double number)
{
	set_property(env, object, name, make_number(env, number));
}

void set_text(napi_env env, napi_value object, const char *name, const char *text)
{
	set_property(env, object, name, make_text(env, text));
}

void set_function(napi_env env, napi_value object, const char *name, napi_callback function)
{
	napi_value value = NULL;

	napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value);
	set_property(env, object, name, value);
}
