// SPDX-License-Identifier: MIT
/* Finding devices in a sysfs made of files. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-kernel.h"
#include "internal.h"
#include "tap.h"

static char root[64], class_dir[128];

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", root, dir, name);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

static void make_dir(const char *dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	mkdir(path, 0755);
}

static void make_sysfs(void)
{
	strcpy(root, "/tmp/wiso-test-XXXXXX");
	if (!mkdtemp(root))
		abort();
	make_dir("class");
	snprintf(class_dir, sizeof(class_dir), "%s/class", root);
	wiso_sys.class_dir = class_dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_sysfs(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	wiso_sys.class_dir = "/sys/class/winusb-iso";
}

static void add_device(const char *device, const char *address, const char *serial)
{
	make_dir(device);
	put(device, "idVendor", "1209\n");
	put(device, "idProduct", "0001\n");
	put(device, "busnum", "3\n");
	put(device, "devnum", address);
	put(device, "speed", "480\n");
	put(device, "product", "A product\n");
	if (serial)
		put(device, "serial", serial);
}

static void add_node(const char *device, const char *interface, const char *number,
		     const char *node)
{
	char dir[256], path[512], target[512];

	snprintf(dir, sizeof(dir), "%s/%s", device, interface);
	make_dir(dir);
	put(dir, "bInterfaceNumber", number);
	snprintf(dir, sizeof(dir), "class/%s", node);
	make_dir(dir);
	snprintf(path, sizeof(path), "%s/%s/device", root, dir);
	snprintf(target, sizeof(target), "../../%s/%s", device, interface);
	if (symlink(target, path))
		abort();
}

TEST(no_module, "a machine without the module has no nodes")
{
	struct wiso_list *list;

	wiso_sys.class_dir = "/nonexistent/winusb-iso";
	CHECK((list = wiso_list_new()));
	EQUAL(wiso_list_count(list), 0);
	FAILS_NULL(wiso_list_get(list, 0), ENOENT);
	FAILS_NULL(wiso_open_id(0x1209, 1, -1, NULL, 0), ENOENT);
	wiso_list_free(list);
	wiso_list_free(NULL);
	wiso_sys.class_dir = "/sys/class/winusb-iso";
}

TEST(lists, "nodes are listed by number with everything that sysfs knows")
{
	const struct wiso_node *node;
	struct wiso_list *list;

	make_sysfs();
	add_device("3-1", "7\n", "abc\n");
	add_node("3-1", "3-1:1.2", "02\n", "winusb-iso10");
	add_node("3-1", "3-1:1.1", "01\n", "winusb-iso2");
	CHECK((list = wiso_list_new()));
	remove_sysfs();
	EQUAL(wiso_list_count(list), 2);
	node = wiso_list_get(list, 0);
	CHECK(!strcmp(wiso_node_path(node), "/dev/winusb-iso2"));
	CHECK(!strcmp(wiso_node_interface_name(node), "3-1:1.1"));
	EQUAL(wiso_node_number(node), 2);
	EQUAL(wiso_node_vendor_id(node), 0x1209);
	EQUAL(wiso_node_product_id(node), 1);
	EQUAL(wiso_node_interface_number(node), 1);
	EQUAL(wiso_node_bus(node), 3);
	EQUAL(wiso_node_address(node), 7);
	EQUAL(wiso_node_speed(node), WINUSB_ISO_SPEED_HIGH);
	CHECK(!strcmp(wiso_node_product(node), "A product"));
	CHECK(!strcmp(wiso_node_manufacturer(node), ""));
	CHECK(!strcmp(wiso_node_serial(node), "abc"));
	EQUAL(wiso_node_number(wiso_list_get(list, 1)), 10);
	wiso_list_free(list);
}

TEST(odd_names, "what is not a node, or vanishes meanwhile, is left out")
{
	struct wiso_list *list;

	make_sysfs();
	make_dir("class/winusb-iso");
	make_dir("class/winusb-iso01");
	make_dir("class/winusb-iso1x");
	make_dir("class/winusb-iso5");	/* no device link */
	CHECK((list = wiso_list_new()));
	remove_sysfs();
	EQUAL(wiso_list_count(list), 0);
	wiso_list_free(list);
}

TEST(open_id_first, "opening by id takes the lowest interface of the first device")
{
	struct wiso_device *dev;

	make_sysfs();
	add_device("3-1", "7\n", NULL);
	add_node("3-1", "3-1:1.1", "01\n", "winusb-iso0");
	add_node("3-1", "3-1:1.0", "00\n", "winusb-iso1");
	dev = wiso_open_id(0x1209, 1, -1, NULL, 0);
	remove_sysfs();
	CHECK(dev);	/* the fake kernel's device is interface 0 */
	wiso_close(dev);
}

TEST(open_id_other, "a node that came to stand for another device is not opened")
{
	make_sysfs();
	add_device("3-1", "8\n", NULL);
	add_node("3-1", "3-1:1.0", "00\n", "winusb-iso0");
	FAILS_NULL(wiso_open_id(0x1209, 1, 0, NULL, 0), ENOENT);
	remove_sysfs();
}

TEST(open_id_serial, "opening by id can ask for a serial number and an interface")
{
	struct wiso_device *dev;

	make_sysfs();
	add_device("3-1", "7\n", "abc\n");
	add_node("3-1", "3-1:1.0", "00\n", "winusb-iso0");
	FAILS_NULL(wiso_open_id(0x1209, 1, -1, "abd", 0), ENOENT);
	FAILS_NULL(wiso_open_id(0x1209, 1, 1, "abc", 0), ENOENT);
	FAILS_NULL(wiso_open_id(0x1209, 2, -1, NULL, 0), ENOENT);
	dev = wiso_open_id(0x1209, 1, 0, "abc", 0);
	CHECK(dev);
	wiso_close(dev);
	remove_sysfs();
}
