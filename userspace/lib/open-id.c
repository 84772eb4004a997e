// SPDX-License-Identifier: MIT
/* Opening a device by what it is instead of by its node. */
#include <errno.h>
#include <string.h>

#include "internal.h"

struct wanted {
	uint16_t vendor_id;
	uint16_t product_id;
	int interface_number;
	const char *serial;
};

static bool fits(const struct wiso_node *node, const struct wanted *wanted)
{
	return wiso_node_vendor_id(node) == wanted->vendor_id &&
	       wiso_node_product_id(node) == wanted->product_id &&
	       (wanted->interface_number < 0 ||
		wiso_node_interface_number(node) == (unsigned int)wanted->interface_number) &&
	       (!wanted->serial || !strcmp(wiso_node_serial(node), wanted->serial));
}

/* Another interface of the same device, with a lower number? */
static bool comes_before(const struct wiso_node *node, const struct wiso_node *best)
{
	return wiso_node_bus(node) == wiso_node_bus(best) &&
	       wiso_node_address(node) == wiso_node_address(best) &&
	       wiso_node_interface_number(node) < wiso_node_interface_number(best);
}

static const struct wiso_node *search(const struct wiso_list *list, const struct wanted *wanted)
{
	const struct wiso_node *best = NULL;

	for (size_t i = 0; i < wiso_list_count(list); i++) {
		const struct wiso_node *node = wiso_list_get(list, i);

		if (fits(node, wanted) && (!best || comes_before(node, best)))
			best = node;
	}
	if (!best)
		errno = ENOENT;
	return best;
}

/* Between the list and now, the node may have come to stand for another device. */
static bool is_still(struct wiso_device *dev, const struct wiso_node *node)
{
	struct winusb_iso_info info;

	return wiso_get_info(dev, &info) == 0 && info.vendor_id == wiso_node_vendor_id(node) &&
	       info.product_id == wiso_node_product_id(node) &&
	       info.interface_number == wiso_node_interface_number(node) &&
	       info.bus == wiso_node_bus(node) && info.device == wiso_node_address(node);
}

/* Opens a node if it still is what the list says; otherwise ENOENT. */
struct wiso_device *wiso_open_node(const struct wiso_node *node, unsigned int flags)
{
	struct wiso_device *dev = wiso_open(wiso_node_path(node), flags);

	if (!dev || is_still(dev, node))
		return dev;
	wiso_close(dev);
	errno = ENOENT;
	return NULL;
}

struct wiso_device *wiso_open_id(uint16_t vendor_id, uint16_t product_id, int interface_number,
				 const char *serial, unsigned int flags)
{
	struct wanted wanted = { vendor_id, product_id, interface_number, serial };
	struct wiso_device *dev = NULL;
	const struct wiso_node *node;
	struct wiso_list *list = wiso_list_new();

	if (!list)
		return NULL;
	node = search(list, &wanted);
	if (node)
		dev = wiso_open_node(node, flags);
	wiso_list_free(list);
	return dev;
}
