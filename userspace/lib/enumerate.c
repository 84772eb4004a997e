// SPDX-License-Identifier: MIT
/* Which nodes there are, read from sysfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define NAME_PREFIX "winusb-iso"
#define TEXT_SIZE   256 /* a string descriptor has at most 126 characters, UTF-8 */

struct wiso_node {
	unsigned int number;
	unsigned int interface_number;
	unsigned int function_first;
	unsigned int function_count;
	unsigned int bus;
	unsigned int address;
	uint16_t vendor_id;
	uint16_t product_id;
	enum winusb_iso_speed speed;
	char path[40];
	char interface_name[64];
	char manufacturer[2 * TEXT_SIZE];
	char product[2 * TEXT_SIZE];
	char serial[2 * TEXT_SIZE];
};

struct wiso_list {
	struct wiso_node *nodes;
	size_t count;
};

/* One attribute without its newline; "" if it is not there. */
static bool read_text(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	text[0] = '\0';
	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		length = 0;
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return true;
}

static bool read_number(int dir, const char *name, int base, unsigned int *number)
{
	char text[32], *end;
	unsigned long value;

	if (!read_text(dir, name, text, sizeof(text)))
		return false;
	value = strtoul(text, &end, base);
	if (end == text || *end || value > UINT_MAX)
		return false;
	*number = (unsigned int)value;
	return true;
}

static enum winusb_iso_speed read_speed(int dir)
{
	unsigned int mbit = 0;

	read_number(dir, "speed", 10, &mbit);
	switch (mbit) {
	case 12:
		return WINUSB_ISO_SPEED_FULL;
	case 480:
		return WINUSB_ISO_SPEED_HIGH;
	case 5000:
		return WINUSB_ISO_SPEED_SUPER;
	default:
		return mbit >= 10000 ? WINUSB_ISO_SPEED_SUPER_PLUS : WINUSB_ISO_SPEED_UNKNOWN;
	}
}

static bool read_device(struct wiso_node *node, int dir)
{
	unsigned int vendor, product;

	if (!read_number(dir, "idVendor", 16, &vendor) ||
	    !read_number(dir, "idProduct", 16, &product) ||
	    !read_number(dir, "busnum", 10, &node->bus) ||
	    !read_number(dir, "devnum", 10, &node->address))
		return false;
	node->vendor_id = (uint16_t)vendor;
	node->product_id = (uint16_t)product;
	node->speed = read_speed(dir);
	read_text(dir, "manufacturer", node->manufacturer, sizeof(node->manufacturer));
	read_text(dir, "product", node->product, sizeof(node->product));
	read_text(dir, "serial", node->serial, sizeof(node->serial));
	return true;
}

/* Interface association, if there is one. */
static void read_function(struct wiso_node *node, int interface)
{
	if (read_number(interface, "iad_bFirstInterface", 16, &node->function_first) &&
	    read_number(interface, "iad_bInterfaceCount", 16, &node->function_count))
		return;
	node->function_first = node->interface_number;
	node->function_count = 1;
}

/* The link leads to the interface, whose parent is the device. */
static bool read_interface(struct wiso_node *node, int interface)
{
	int device = openat(interface, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (device < 0)
		return false;
	ok = read_number(interface, "bInterfaceNumber", 16, &node->interface_number) &&
	     read_device(node, device);
	if (ok)
		read_function(node, interface);
	close(device);
	return ok;
}

static void read_interface_name(struct wiso_node *node, int class_dir, const char *link)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(class_dir, link, target, sizeof(target) - 1);
	const char *name;

	if (length <= 0)
		return;
	target[length] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) < sizeof(node->interface_name))
		strcpy(node->interface_name, name);
}

static bool read_node(struct wiso_node *node, int class_dir, unsigned int number)
{
	char link[64];
	int interface;
	bool ok;

	memset(node, 0, sizeof(*node));
	node->number = number;
	snprintf(node->path, sizeof(node->path), "/dev/" NAME_PREFIX "%u", number);
	snprintf(link, sizeof(link), NAME_PREFIX "%u/device", number);
	interface = openat(class_dir, link, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (interface < 0)
		return false;
	ok = read_interface(node, interface);
	close(interface);
	read_interface_name(node, class_dir, link);
	return ok;
}

static bool parse_name(const char *name, unsigned int *number)
{
	char again[32];

	if (sscanf(name, NAME_PREFIX "%9u", number) != 1)
		return false;
	snprintf(again, sizeof(again), NAME_PREFIX "%u", *number);
	return !strcmp(name, again);
}

static int add_node(struct wiso_list *list, int class_dir, unsigned int number)
{
	struct wiso_node *nodes = reallocarray(list->nodes, list->count + 1, sizeof(*nodes));

	if (!nodes)
		return -1;
	list->nodes = nodes;
	list->count += read_node(&nodes[list->count], class_dir, number);
	return 0;
}

static int read_list(struct wiso_list *list, DIR *dir)
{
	struct dirent *entry;
	unsigned int number;

	while ((entry = readdir(dir)))
		if (parse_name(entry->d_name, &number) && add_node(list, dirfd(dir), number) < 0)
			return -1;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct wiso_node *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static int fill_list(struct wiso_list *list)
{
	DIR *dir = opendir(wiso_sys.class_dir);
	int ret;

	if (!dir)
		return errno == ENOENT ? 0 : -1;
	ret = read_list(list, dir);
	closedir(dir);
	if (list->count)
		qsort(list->nodes, list->count, sizeof(*list->nodes), by_number);
	return ret;
}

struct wiso_list *wiso_list_new(void)
{
	struct wiso_list *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	if (fill_list(list) < 0) {
		wiso_list_free(list);
		return NULL;
	}
	return list;
}

void wiso_list_free(struct wiso_list *list)
{
	int error = errno;

	if (!list)
		return;
	free(list->nodes);
	free(list);
	errno = error;
}

size_t wiso_list_count(const struct wiso_list *list)
{
	return list->count;
}

const struct wiso_node *wiso_list_get(const struct wiso_list *list, size_t index)
{
	if (index < list->count)
		return &list->nodes[index];
	errno = ENOENT;
	return NULL;
}

const char *wiso_node_path(const struct wiso_node *node)
{
	return node->path;
}

const char *wiso_node_interface_name(const struct wiso_node *node)
{
	return node->interface_name;
}

unsigned int wiso_node_number(const struct wiso_node *node)
{
	return node->number;
}

uint16_t wiso_node_vendor_id(const struct wiso_node *node)
{
	return node->vendor_id;
}

uint16_t wiso_node_product_id(const struct wiso_node *node)
{
	return node->product_id;
}

unsigned int wiso_node_interface_number(const struct wiso_node *node)
{
	return node->interface_number;
}

unsigned int wiso_node_function_first(const struct wiso_node *node)
{
	return node->function_first;
}

unsigned int wiso_node_function_count(const struct wiso_node *node)
{
	return node->function_count;
}

unsigned int wiso_node_bus(const struct wiso_node *node)
{
	return node->bus;
}

unsigned int wiso_node_address(const struct wiso_node *node)
{
	return node->address;
}

enum winusb_iso_speed wiso_node_speed(const struct wiso_node *node)
{
	return node->speed;
}

const char *wiso_node_manufacturer(const struct wiso_node *node)
{
	return node->manufacturer;
}

const char *wiso_node_product(const struct wiso_node *node)
{
	return node->product;
}

const char *wiso_node_serial(const struct wiso_node *node)
{
	return node->serial;
}
