// SPDX-License-Identifier: MIT
/* The module: what JavaScript gets, and what happens when an environment ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static napi_value make_node(napi_env env, const struct wiso_node *node)
{
	napi_value object = NULL;

	napi_create_object(env, &object);
	set_text(env, object, "path", wiso_node_path(node));
	set_text(env, object, "interfaceName", wiso_node_interface_name(node));
	set_number(env, object, "interfaceNumber", wiso_node_interface_number(node));
	set_number(env, object, "bus", wiso_node_bus(node));
	set_number(env, object, "address", wiso_node_address(node));
	return object;
}

static napi_value list(napi_env env, napi_callback_info info)
{
	struct wiso_list *nodes = wiso_list_new();
	napi_value array = NULL;

	(void)info;
	if (!nodes)
		return throw_errno(env, errno);
	napi_create_array(env, &array);
	for (size_t i = 0; i < wiso_list_count(nodes); i++)
		napi_set_element(env, array, (uint32_t)i, make_node(env, wiso_list_get(nodes, i)));
	wiso_list_free(nodes);
	return array;
}

/* errorName(errno): the name of the DOMException. */
static napi_value error_name(napi_env env, napi_callback_info info)
{
	napi_value argument;
	uint32_t error;

	if (!get_arguments(env, info, 1, &argument, NULL) || !get_number(env, argument, &error))
		return NULL;
	return make_text(env, wusb_error_name((int)error));
}

/* errorText(errno): for people. */
static napi_value error_text(napi_env env, napi_callback_info info)
{
	char buffer[64];
	napi_value argument;
	uint32_t error;

	if (!get_arguments(env, info, 1, &argument, NULL) || !get_number(env, argument, &error))
		return NULL;
	return make_text(env, strerror_r((int)error, buffer, sizeof(buffer)));
}

/* packetText(errno): the same, of a packet. */
static napi_value packet_text(napi_env env, napi_callback_info info)
{
	napi_value argument;
	uint32_t error;

	if (!get_arguments(env, info, 1, &argument, NULL) || !get_number(env, argument, &error))
		return NULL;
	return make_text(env, wiso_packet_status_text(-(int)error));
}

/* Everything that writes into JavaScript's memory has ended when this returns. */
static void environment_ends(void *data)
{
	struct addon *addon = data;

	while (addon->sessions)
		session_end(addon->sessions);
}

static void free_addon(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	free(data);
}

NAPI_MODULE_INIT()
{
	struct addon *addon = calloc(1, sizeof(*addon));

	if (!addon)
		return throw_errno(env, ENOMEM);
	napi_set_instance_data(env, addon, free_addon, NULL);
	napi_add_env_cleanup_hook(env, environment_ends, addon);
	set_function(env, exports, "list", list);
	set_function(env, exports, "open", session_open);
	set_function(env, exports, "resetDevice", reset_device);
	set_function(env, exports, "errorName", error_name);
	set_function(env, exports, "errorText", error_text);
	set_function(env, exports, "packetText", packet_text);
	return exports;
}
