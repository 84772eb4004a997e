// SPDX-License-Identifier: MIT
/* Finding devices in a sysfs made of files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake-kernel.h"
#include "internal.h"
#include "machine.h"
#include "tap.h"

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

	machine_make();
	machine_add_device("3-1", "7\n", "abc\n");
	machine_add_node("3-1", "3-1:1.2", "02\n", "winusb-iso10");
	machine_add_node("3-1", "3-1:1.1", "01\n", "winusb-iso2");
	CHECK((list = wiso_list_new()));
	machine_remove();
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
	CHECK(!strcmp(wiso_node_product(node), "A camera"));
	CHECK(!strcmp(wiso_node_manufacturer(node), ""));
	CHECK(!strcmp(wiso_node_serial(node), "abc"));
	EQUAL(wiso_node_number(wiso_list_get(list, 1)), 10);
	wiso_list_free(list);
}

TEST(odd_names, "what is not a node, or vanishes meanwhile, is left out")
{
	struct wiso_list *list;

	machine_make();
	machine_make_dir("class/winusb-iso");
	machine_make_dir("class/winusb-iso01");
	machine_make_dir("class/winusb-iso1x");
	machine_make_dir("class/winusb-iso5"); /* no device link */
	CHECK((list = wiso_list_new()));
	machine_remove();
	EQUAL(wiso_list_count(list), 0);
	wiso_list_free(list);
}

TEST(open_id_first, "opening by id takes the lowest interface of the first device")
{
	struct wiso_device *dev;

	machine_make();
	machine_add_device("3-1", "7\n", NULL);
	machine_add_node("3-1", "3-1:1.1", "01\n", "winusb-iso0");
	machine_add_node("3-1", "3-1:1.0", "00\n", "winusb-iso1");
	dev = wiso_open_id(0x1209, 1, -1, NULL, 0);
	machine_remove();
	CHECK(dev); /* the fake kernel's device is interface 0 */
	wiso_close(dev);
}

TEST(open_id_other, "a node that came to stand for another device is not opened")
{
	machine_make();
	machine_add_device("3-1", "8\n", NULL);
	machine_add_node("3-1", "3-1:1.0", "00\n", "winusb-iso0");
	FAILS_NULL(wiso_open_id(0x1209, 1, 0, NULL, 0), ENOENT);
	machine_remove();
}

TEST(open_id_serial, "opening by id can ask for a serial number and an interface")
{
	struct wiso_device *dev;

	machine_make();
	machine_add_device("3-1", "7\n", "abc\n");
	machine_add_node("3-1", "3-1:1.0", "00\n", "winusb-iso0");
	FAILS_NULL(wiso_open_id(0x1209, 1, -1, "abd", 0), ENOENT);
	FAILS_NULL(wiso_open_id(0x1209, 1, 1, "abc", 0), ENOENT);
	FAILS_NULL(wiso_open_id(0x1209, 2, -1, NULL, 0), ENOENT);
	dev = wiso_open_id(0x1209, 1, 0, "abc", 0);
	CHECK(dev);
	wiso_close(dev);
	machine_remove();
}
