// SPDX-License-Identifier: MIT
/* Gadgets of the kernel's own on dummy_hcd, through configfs. */
#include "gadget.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIGFS      "/sys/kernel/config"
#define GADGET	      CONFIGFS "/usb_gadget/tests"
#define CONFIGURATION GADGET "/configs/c.1"
#define CONTROLLER    "dummy_udc.0"
#define DEVICES	      "/sys/bus/usb/devices"

const struct gadget_speed gadget_speeds[3] = {
	{ "full", WINUSB_ISO_SPEED_FULL, 8 },
	{ "high", WINUSB_ISO_SPEED_HIGH, 1 },
	{ "super", WINUSB_ISO_SPEED_SUPER, 1 },
};

static int try_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t size = (ssize_t)strlen(text);
	int err;

	if (fd < 0)
		return -errno;
	err = write(fd, text, (size_t)size) == size ? 0 : -errno;
	close(fd);
	return err;
}

static void write_text(const char *path, const char *text)
{
	int err = try_write(path, text);

	if (err)
		tap_note("\"%s\" to %s", text, path);
	REQUIRE_WORKS(err);
}

static void make_folder(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		tap_note("%s: %m", path);
	REQUIRE(!access(path, F_OK));
}

/* Calls @remove for every entry of @folder; the attributes, plain files, refuse it. */
static void remove_all(const char *folder, int (*remove)(const char *))
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char path[384];

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (remove(path) && errno == EBUSY)
			tap_note("%s: %m", path);
	}
	if (directory)
		closedir(directory);
}

static bool read_hex(const char *device, const char *attribute, unsigned int *value)
{
	char path[384];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", device, attribute);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fscanf(file, "%x", value) == 1;
	fclose(file);
	return good;
}

static bool is_ours(const char *device, unsigned int product)
{
	unsigned int vendor, id;

	return read_hex(device, "idVendor", &vendor) && vendor == GADGET_VENDOR &&
	       read_hex(device, "idProduct", &id) && id == product;
}

static bool find_device(struct gadget *gadget)
{
	DIR *directory = opendir(DEVICES);
	struct dirent *entry;
	bool found = false;

	REQUIRE(directory);
	while (!found && (entry = readdir(directory))) {
		found = is_ours(entry->d_name, gadget->product);
		if (found)
			snprintf(gadget->device.bus_id, sizeof(gadget->device.bus_id), "%.20s",
				 entry->d_name);
	}
	closedir(directory);
	return found;
}

struct search {
	struct gadget *gadget;
	unsigned int number;
};

static bool has_node(void *argument)
{
	struct search *search = argument;
	struct fixture *device = &search->gadget->device;

	return find_device(search->gadget) &&
	       fixture_node(device, search->number, device->node, sizeof(device->node));
}

static bool is_gone(void *argument)
{
	return !find_device(argument) && !fixture_any_node();
}

void gadget_wait(struct gadget *gadget, unsigned int number)
{
	struct search search = { gadget, number };

	REQUIRE(fixture_wait(has_node, &search));
}

bool gadget_wait_gone(struct gadget *gadget)
{
	return fixture_wait(is_gone, gadget);
}

void gadget_remove(struct gadget *gadget)
{
	try_write(GADGET "/UDC", "\n");
	CHECK(fixture_wait(is_gone, gadget));
	remove_all(CONFIGURATION, unlink);
	rmdir(CONFIGURATION);
	remove_all(GADGET "/functions", rmdir);
	CHECK(!rmdir(GADGET));
}

static void tear_down(void *argument)
{
	gadget_remove(argument);
	free(argument);
}

void gadget_make(struct gadget *gadget, unsigned int product)
{
	char text[16];

	*gadget = (struct gadget){ .product = product };
	if (access(CONFIGFS "/usb_gadget", F_OK))
		REQUIRE(!mount("configfs", CONFIGFS, "configfs", 0, NULL));
	make_folder(GADGET);
	snprintf(text, sizeof(text), "0x%04x", GADGET_VENDOR);
	write_text(GADGET "/idVendor", text);
	snprintf(text, sizeof(text), "0x%04x", product);
	write_text(GADGET "/idProduct", text);
	make_folder(CONFIGURATION);
}

void gadget_new(struct gadget *gadget, unsigned int product)
{
	struct gadget *copy = calloc(1, sizeof(*copy));

	REQUIRE(copy);
	copy->product = product;
	tap_defer(tear_down, copy);
	gadget_make(gadget, product);
}

void gadget_add(struct gadget *gadget, const char *function)
{
	char path[128];

	snprintf(gadget->function, sizeof(gadget->function), "%s", function);
	snprintf(path, sizeof(path), GADGET "/functions/%s", function);
	make_folder(path);
}

void gadget_set(const struct gadget *gadget, const char *attribute, unsigned int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), GADGET "/functions/%s/%s", gadget->function, attribute);
	snprintf(text, sizeof(text), "%u", value);
	write_text(path, text);
}

void gadget_add_source_sink(struct gadget *gadget, const struct gadget_source_sink *options)
{
	gadget_add(gadget, "SourceSink.0");
	gadget_set(gadget, "isoc_interval", options->interval);
	gadget_set(gadget, "isoc_maxpacket", options->max_packet);
	gadget_set(gadget, "isoc_mult", options->mult);
	gadget_set(gadget, "isoc_maxburst", options->burst);
	gadget_set(gadget, "pattern", options->pattern);
	gadget_set(gadget, "iso_qlen", options->queue);
}

/* Attributes can not be set once the function belongs to a configuration. */
static void link_functions(void)
{
	DIR *directory = opendir(GADGET "/functions");
	char from[384], to[384];
	struct dirent *entry;

	REQUIRE(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(from, sizeof(from), GADGET "/functions/%s", entry->d_name);
		snprintf(to, sizeof(to), CONFIGURATION "/%s", entry->d_name);
		if (symlink(from, to) && errno != EEXIST)
			tap_note("%s: %m", to);
	}
	closedir(directory);
}

void gadget_plug_interface(struct gadget *gadget, const struct gadget_speed *speed,
			   unsigned int number)
{
	char name[32];

	link_functions();
	snprintf(name, sizeof(name), "%s-speed", speed->name);
	write_text(GADGET "/max_speed", name);
	write_text(GADGET "/UDC", CONTROLLER);
	gadget_wait(gadget, number);
}

void gadget_plug(struct gadget *gadget, const struct gadget_speed *speed)
{
	gadget_plug_interface(gadget, speed, 0);
}

void gadget_unplug(struct gadget *gadget)
{
	write_text(GADGET "/UDC", "\n");
	REQUIRE(gadget_wait_gone(gadget));
}
