// SPDX-License-Identifier: MIT
/* Which nodes there are. */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "options.h"

// clang-format off
static const char help[] =
"usage: winusb-iso list [--json]\n"
"\n"
"Lists the interfaces that are bound: node, ids and interface, the kernel's name, bus and\n"
"address, speed, and what the device calls itself.\n"
"\n"
"  --json                  one JSON object per line\n"
"  --help                  this text\n";
// clang-format on

static const struct option long_options[] = { COMMON_OPTIONS, { 0 } };

static void json_node(const struct wiso_node *node)
{
	struct json json = json_begin(stdout, "device");

	json_string(&json, "node", wiso_node_path(node));
	json_unsigned(&json, "number", wiso_node_number(node));
	json_format(&json, "vendor_id", "%04x", wiso_node_vendor_id(node));
	json_format(&json, "product_id", "%04x", wiso_node_product_id(node));
	json_unsigned(&json, "interface", wiso_node_interface_number(node));
	json_string(&json, "interface_name", wiso_node_interface_name(node));
	json_unsigned(&json, "bus", wiso_node_bus(node));
	json_unsigned(&json, "address", wiso_node_address(node));
	json_string(&json, "speed", wiso_speed_text(wiso_node_speed(node)));
	json_string(&json, "manufacturer", wiso_node_manufacturer(node));
	json_string(&json, "product", wiso_node_product(node));
	json_string(&json, "serial", wiso_node_serial(node));
	json_end(&json);
}

static void text_node(const struct wiso_node *node)
{
	struct text id, serial = text_clean(wiso_node_serial(node));

	snprintf(id.s, sizeof(id.s), "%04x:%04x:%u", wiso_node_vendor_id(node),
		 wiso_node_product_id(node), wiso_node_interface_number(node));
	printf("%-16s  %-13s  %-10s  %03u/%03u  %-16s  %s", wiso_node_path(node), id.s,
	       wiso_node_interface_name(node), wiso_node_bus(node), wiso_node_address(node),
	       wiso_speed_text(wiso_node_speed(node)), text_clean(wiso_node_manufacturer(node)).s);
	printf("%s%s%s%s%s\n", *wiso_node_manufacturer(node) ? " " : "",
	       text_clean(wiso_node_product(node)).s, serial.s[0] ? " (" : "", serial.s,
	       serial.s[0] ? ")" : "");
}

static int list_nodes(bool as_json)
{
	struct wiso_list *list = wiso_list_new();
	size_t i;

	if (!list)
		return fail("cannot list the devices: %s", strerror(errno));
	if (!as_json && wiso_list_count(list))
		printf("%-16s  %-13s  %-10s  %-7s  %-16s  %s\n", "NODE", "ID:INTERFACE", "NAME",
		       "BUS/DEV", "SPEED", "DEVICE");
	for (i = 0; i < wiso_list_count(list); i++) {
		if (as_json)
			json_node(wiso_list_get(list, i));
		else
			text_node(wiso_list_get(list, i));
	}
	if (!as_json && !wiso_list_count(list))
		note("no device is bound (winusb-iso bind VID:PID binds one)");
	wiso_list_free(list);
	return TOOL_OK;
}

static int run(int argc, char **argv)
{
	bool as_json = false;
	int key;

	while ((key = next_option(argc, argv, "", long_options)) != -1) {
		if (key == OPTION_HELP) {
			print_help(&list_command);
			return TOOL_OK;
		}
		if (key != OPTION_JSON)
			return TOOL_USAGE;
		as_json = true;
	}
	if (optind < argc)
		return usage_error("unexpected '%s'", argv[optind]);
	return list_nodes(as_json);
}

const struct command list_command = {
	.name = "list",
	.summary = "which devices there are",
	.help = help,
	.run = run,
};
