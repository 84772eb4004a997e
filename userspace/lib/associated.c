// SPDX-License-Identifier: MIT
/* Interfaces that belong together, found through sysfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define MOST_INTERFACES 256u

/* Interfaces of a device: those that are there, and those that are in a group. */
struct siblings {
	bool there[MOST_INTERFACES];
	bool grouped[MOST_INTERFACES];
};

static bool read_hex(int dir, const char *name, const char *attribute, unsigned int *number)
{
	char path[NAME_MAX + 32], text[16];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", name, attribute);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	*number = (unsigned int)strtoul(text, NULL, 16);
	return *number < MOST_INTERFACES;
}

/* "1-2:1.0": an interface; all else in the folder is something else. */
static void note(struct siblings *siblings, int dir, const char *name)
{
	unsigned int number, first;

	if (!strchr(name, ':') || !read_hex(dir, name, "bInterfaceNumber", &number))
		return;
	siblings->there[number] = true;
	siblings->grouped[number] = read_hex(dir, name, "iad_bFirstInterface", &first);
}

static int read_siblings(struct siblings *siblings, const struct wiso_node *node)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	memset(siblings, 0, sizeof(*siblings));
	snprintf(path, sizeof(path), "%s/winusb-iso%u/device/..", wiso_sys.class_dir,
		 wiso_node_number(node));
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		note(siblings, dirfd(dir), entry->d_name);
	closedir(dir);
	return 0;
}

static bool belongs(const struct siblings *siblings, const struct wiso_node *node, unsigned int i)
{
	unsigned int own = wiso_node_interface_number(node);
	unsigned int first = wiso_node_function_first(node);

	if (i == own || !siblings->there[i])
		return false;
	if (siblings->grouped[own])
		return i >= first && i - first < wiso_node_function_count(node);
	return !siblings->grouped[i];
}

/* bInterfaceNumber of the one meant, or -1. */
static int find_sibling(const struct wiso_node *node, unsigned int index)
{
	struct siblings siblings;

	if (read_siblings(&siblings, node) < 0)
		return -1;
	for (unsigned int i = 0; i < MOST_INTERFACES; i++)
		if (belongs(&siblings, node, i) && !index--)
			return (int)i;
	errno = ENOENT;
	return -1;
}

/* The node of an interface of the device that info is about; NULL: ENXIO. */
static const struct wiso_node *find_node(const struct wiso_list *list,
					 const struct winusb_iso_info *info, unsigned int interface)
{
	for (size_t i = 0; i < wiso_list_count(list); i++) {
		const struct wiso_node *node = wiso_list_get(list, i);

		if (wiso_node_bus(node) == info->bus && wiso_node_address(node) == info->device &&
		    wiso_node_interface_number(node) == interface)
			return node;
	}
	errno = ENXIO;
	return NULL;
}

static struct wiso_device *open_sibling(const struct wiso_list *list,
					const struct winusb_iso_info *info, unsigned int index,
					unsigned int flags)
{
	const struct wiso_node *node = find_node(list, info, info->interface_number);
	int interface;

	/* A node that has no place in sysfs is one that is being taken away. */
	if (!node) {
		errno = ENODEV;
		return NULL;
	}
	interface = find_sibling(node, index);
	if (interface < 0)
		return NULL;
	node = find_node(list, info, (unsigned int)interface);
	return node ? wiso_open_node(node, flags) : NULL;
}

struct wiso_device *wiso_open_associated(struct wiso_device *dev, unsigned int index,
					 unsigned int flags)
{
	struct wiso_device *associated;
	struct winusb_iso_info info;
	struct wiso_list *list;

	if (wiso_get_info(dev, &info) < 0)
		return NULL;
	list = wiso_list_new();
	if (!list)
		return NULL;
	associated = open_sibling(list, &info, index, flags);
	wiso_list_free(list);
	return associated;
}
