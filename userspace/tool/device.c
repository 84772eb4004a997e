// SPDX-License-Identifier: MIT
/* From what the user typed to an open node. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static bool node_fits(const struct wiso_node *node, const struct device_spec *spec)
{
	const char *name = wiso_node_interface_name(node);
	size_t length = strlen(spec->path);

	switch (spec->kind) {
	case DEVICE_ANY:
		return true;
	case DEVICE_ID:
		return wiso_node_vendor_id(node) == spec->vendor &&
		       wiso_node_product_id(node) == spec->product &&
		       (spec->interface < 0 ||
			(int)wiso_node_interface_number(node) == spec->interface);
	case DEVICE_NAME:
		return !strncmp(name, spec->path, length) &&
		       (name[length] == '\0' || name[length] == ':');
	default:
		return false;
	}
}

static void no_node(const struct wiso_list *list, const char *text)
{
	if (text)
		fail("no winusb-iso device fits '%s' (see winusb-iso list)", text);
	else if (access("/sys/bus/usb/drivers/winusb_iso", F_OK) && !wiso_list_count(list))
		fail("no device: the module winusb_iso is not loaded (modprobe winusb_iso)");
	else
		fail("no device is bound (winusb-iso bind VID:PID binds one)");
}

/* The one node that fits; guessing between two would be worse than asking. */
static const struct wiso_node *choose(const struct wiso_list *list, const struct device_spec *spec,
				      const char *text)
{
	const struct wiso_node *node, *chosen = NULL;
	size_t i;

	for (i = 0; i < wiso_list_count(list); i++) {
		node = wiso_list_get(list, i);
		if (!node_fits(node, spec))
			continue;
		if (chosen) {
			fail("%s and %s%s%s: name one", wiso_node_path(chosen),
			     wiso_node_path(node), text ? " fit " : " are there", text ? text : "");
			return NULL;
		}
		chosen = node;
	}
	if (!chosen)
		no_node(list, text);
	return chosen;
}

static bool find_path(const struct device_spec *spec, const char *text, struct text *path)
{
	struct wiso_list *list = wiso_list_new();
	const struct wiso_node *node;

	if (!list) {
		fail("cannot list the devices: %s", strerror(errno));
		return false;
	}
	node = choose(list, spec, text);
	if (node)
		snprintf(path->s, sizeof(path->s), "%s", wiso_node_path(node));
	wiso_list_free(list);
	return node;
}

static const char *open_problem(int error)
{
	switch (error) {
	case ENOENT:
		return "there is no such node (see winusb-iso list)";
	case EACCES:
		return "no permission (be root, or in the group of the udev rule)";
	case ENOTTY:
		return "not a winusb-iso node";
	case EPROTONOSUPPORT:
		return "the module and this program speak different versions";
	case ENODEV:
	case ENXIO:
		return "the device has gone";
	default:
		return strerror(error);
	}
}

struct wiso_device *device_open(const char *text, unsigned int flags, struct text *path)
{
	struct device_spec spec = { .kind = DEVICE_ANY, .interface = -1 };
	struct wiso_device *dev;
	const char *problem;

	if (text && !parse_device(text, &spec, &problem)) {
		fail("'%s': %s", text, problem);
		return NULL;
	}
	if (spec.kind == DEVICE_PATH)
		snprintf(path->s, sizeof(path->s), "%s", spec.path);
	else if (!find_path(&spec, text, path))
		return NULL;
	dev = wiso_open(path->s, flags);
	if (!dev)
		fail("%s: %s", path->s, open_problem(errno));
	return dev;
}
