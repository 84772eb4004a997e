// SPDX-License-Identifier: MIT
/* The subcommands bind and unbind. */
#include <string.h>
#include <time.h>

#include "binding.h"
#include "descriptors.h"
#include "json.h"
#include "options.h"

// clang-format off
static const char bind_help[] =
"usage: winusb-iso bind [--json] VID:PID[:INTERFACE]\n"
"\n"
"Gives a device's interfaces that have isochronous endpoints, or the one that is named, to\n"
"winusb_iso, taking them from the driver that holds them, and prints the nodes. Instead of\n"
"ids, the kernel's name of a device (1-2) or interface (1-2:1.0) can be given. Needs root.\n"
"\n"
"  --json                  one JSON object per interface\n"
"  --help                  this text\n";
// clang-format on

// clang-format off
static const char unbind_help[] =
"usage: winusb-iso unbind [--restore] [--json] VID:PID[:INTERFACE]\n"
"\n"
"Takes a device's interfaces, or the one that is named, from winusb_iso. Needs root.\n"
"\n"
"  --restore               also forget the device's id, and give its interfaces back to\n"
"                          the drivers that the kernel has for them\n"
"  --json                  one JSON object per interface\n"
"  --help                  this text\n";
// clang-format on

static const struct option long_options[] = { { "restore", no_argument, NULL, OPTION_RESTORE },
					      COMMON_OPTIONS,
					      { 0 } };

struct bind_options {
	bool restore, json;
	const char *device;
};

#define NODE_TRIES    40
#define NODE_PAUSE_NS 50000000

static bool find_node(const char *interface, struct text *path)
{
	struct wiso_list *list = wiso_list_new();
	const struct wiso_node *node;
	bool found = false;
	size_t i;

	for (i = 0; list && i < wiso_list_count(list) && !found; i++) {
		node = wiso_list_get(list, i);
		found = !strcmp(wiso_node_interface_name(node), interface);
		if (found)
			snprintf(path->s, sizeof(path->s), "%s", wiso_node_path(node));
	}
	wiso_list_free(list);
	return found;
}

/* udev may still be at work. */
static bool wait_node(const char *interface, struct text *path)
{
	const struct timespec pause = { .tv_nsec = NODE_PAUSE_NS };
	int tries;

	for (tries = 0; tries < NODE_TRIES; tries++) {
		if (find_node(interface, path))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void report_bound(const char *name, const char *node, const char *former, bool as_json)
{
	struct json json;

	if (!as_json) {
		printf("%s: %s%s%s%s\n", name, node, former[0] ? " (taken from " : "", former,
		       former[0] ? ")" : "");
		return;
	}
	json = json_begin(stdout, "bound");
	json_string(&json, "interface_name", name);
	json_string(&json, "node", node);
	json_string(&json, "former_driver", former);
	json_end(&json);
}

static int bind_one(struct binding *binding, unsigned int interface, bool as_json)
{
	struct text former, node, name = interface_name(&binding->device, interface);
	int code = binding_take(binding, interface, &former);

	if (code)
		return code;
	if (!wait_node(name.s, &node))
		return fail("%s is bound, but its node does not appear", name.s);
	report_bound(name.s, node.s, former.s, as_json);
	return TOOL_OK;
}

static int bind_all(const struct bind_options *options)
{
	struct binding binding = { .sysfs.root = "/sys/bus/usb" };
	int code = binding_find(&binding, options->device, false);
	unsigned int i;

	for (i = 0; i < 256 && !code; i++)
		if (interface_in(binding.wanted, i))
			code = bind_one(&binding, i, options->json);
	return code;
}

static void report_unbound(const struct binding *binding, unsigned int interface, bool as_json)
{
	struct text driver = { "" }, name = interface_name(&binding->device, interface);
	struct json json;

	sysfs_driver(&binding->sysfs, name.s, &driver);
	if (!as_json) {
		printf("%s: unbound%s%s\n", name.s, driver.s[0] ? "; now held by " : "", driver.s);
		return;
	}
	json = json_begin(stdout, "unbound");
	json_string(&json, "interface_name", name.s);
	json_string(&json, "driver", driver.s);
	json_end(&json);
}

static int unbind_all(const struct bind_options *options)
{
	struct binding binding = { .sysfs.root = "/sys/bus/usb" };
	int code = binding_find(&binding, options->device, true);
	unsigned int i;

	for (i = 0; i < 256 && !code; i++)
		if (interface_in(binding.wanted, i))
			code = binding_drop(&binding, i);
	if (!code && options->restore)
		code = binding_restore(&binding);
	for (i = 0; i < 256 && !code; i++)
		if (interface_in(binding.wanted, i))
			report_unbound(&binding, i, options->json);
	return code;
}

static int parse(int argc, char **argv, const struct command *command, struct bind_options *options)
{
	int key;

	while ((key = next_option(argc, argv, "", long_options)) != -1) {
		if (key == OPTION_HELP)
			return -1;
		if (key == OPTION_RESTORE && command == &unbind_command)
			options->restore = true;
		else if (key == OPTION_RESTORE)
			return usage_error("--restore is for unbind");
		else if (key == OPTION_JSON)
			options->json = true;
		else
			return TOOL_USAGE;
	}
	if (optind >= argc)
		return usage_error("%s: which device? (VID:PID[:INTERFACE])", command->name);
	return take_device(argc, argv, &options->device);
}

static int run_bind(int argc, char **argv)
{
	struct bind_options options = { 0 };
	int code = parse(argc, argv, &bind_command, &options);

	if (code < 0)
		print_help(&bind_command);
	return code ? (code < 0 ? TOOL_OK : code) : bind_all(&options);
}

static int run_unbind(int argc, char **argv)
{
	struct bind_options options = { 0 };
	int code = parse(argc, argv, &unbind_command, &options);

	if (code < 0)
		print_help(&unbind_command);
	return code ? (code < 0 ? TOOL_OK : code) : unbind_all(&options);
}

const struct command bind_command = {
	.name = "bind",
	.summary = "give a device's interfaces to winusb_iso",
	.help = bind_help,
	.run = run_bind,
};

const struct command unbind_command = {
	.name = "unbind",
	.summary = "take them back",
	.help = unbind_help,
	.run = run_unbind,
};
