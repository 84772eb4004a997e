// SPDX-License-Identifier: MIT
#include "machine.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

char machine_root[64];
static char class_dir[128];

void machine_put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", machine_root, dir, name);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

void machine_make_dir(const char *dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", machine_root, dir);
	mkdir(path, 0755);
}

void machine_make(void)
{
	strcpy(machine_root, "/tmp/wiso-test-XXXXXX");
	if (!mkdtemp(machine_root))
		abort();
	machine_make_dir("class");
	machine_make_dir("dev");
	snprintf(class_dir, sizeof(class_dir), "%s/class", machine_root);
	wiso_sys.class_dir = class_dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void machine_remove(void)
{
	nftw(machine_root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	wiso_sys.class_dir = "/sys/class/winusb-iso";
}

void machine_add_device(const char *device, const char *address, const char *serial)
{
	machine_make_dir(device);
	machine_put(device, "idVendor", "1209\n");
	machine_put(device, "idProduct", "0001\n");
	machine_put(device, "busnum", "3\n");
	machine_put(device, "devnum", address);
	machine_put(device, "speed", "480\n");
	machine_put(device, "product", "A camera\n");
	if (serial)
		machine_put(device, "serial", serial);
}

void machine_add_node(const char *device, const char *interface, const char *number,
		      const char *node)
{
	char dir[256], path[512], target[512];

	snprintf(dir, sizeof(dir), "%s/%s", device, interface);
	machine_make_dir(dir);
	snprintf(path, sizeof(path), "%s/%s/bInterfaceNumber", machine_root, dir);
	if (access(path, F_OK))
		machine_put(dir, "bInterfaceNumber", number);
	snprintf(dir, sizeof(dir), "class/%s", node);
	machine_make_dir(dir);
	snprintf(path, sizeof(path), "%s/%s/device", machine_root, dir);
	snprintf(target, sizeof(target), "../../%s/%s", device, interface);
	if (symlink(target, path))
		abort();
	machine_put("dev", node, "");
}

static void remove_path(const char *format, const char *node)
{
	char name[256], path[512];

	snprintf(name, sizeof(name), format, node);
	snprintf(path, sizeof(path), "%s/%s", machine_root, name);
	remove(path);
}

void machine_remove_node(const char *node)
{
	remove_path("class/%s/device", node);
	remove_path("class/%s", node);
	remove_path("dev/%s", node);
}
