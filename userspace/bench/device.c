// SPDX-License-Identifier: MIT
/* Where the device is, and which driver has its interface. */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/usb/devices"
#define DRIVERS "/sys/bus/usb/drivers"

static unsigned int attribute(const char *device, const char *name, const char *format)
{
	char path[384];
	unsigned int value = 0;
	FILE *file;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", device, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, format, &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

/* dummy_hcd.N, if it is one. */
static bool on_controller(const struct job *job, const char *device)
{
	char path[384], target[512] = "", wanted[32];
	ssize_t length;

	snprintf(path, sizeof(path), DEVICES "/%s", device);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	snprintf(wanted, sizeof(wanted), "/dummy_hcd.%u/", job->controller);
	return !strstr(target, "/dummy_hcd.") || strstr(target, wanted);
}

/* The first isochronous endpoint of the interface and alternate setting in the same direction. */
static uint8_t first_endpoint(const struct job *job)
{
	uint8_t bytes[4096];
	char path[128];
	bool there = false;
	size_t length, at;
	FILE *file;

	snprintf(path, sizeof(path), DEVICES "/%s/descriptors", job->sysfs);
	file = fopen(path, "re");
	length = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
	if (file)
		fclose(file);
	for (at = 0; at + 4 < length && bytes[at]; at += bytes[at]) {
		if (bytes[at + 1] == 4)
			there = bytes[at + 2] == job->interface && bytes[at + 3] == job->alternate;
		else if (there && bytes[at + 1] == 5 && (bytes[at + 3] & 3) == 1 &&
			 (bytes[at + 2] & 0x80) == (job->endpoint & 0x80))
			return bytes[at + 2];
	}
	die("no isochronous endpoint in interface %u of %s", job->interface, job->sysfs);
}

void device_find(struct job *job)
{
	DIR *folder = opendir(DEVICES);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (attribute(entry->d_name, "idVendor", "%x") != job->vendor ||
		    attribute(entry->d_name, "idProduct", "%x") != job->product ||
		    !on_controller(job, entry->d_name))
			continue;
		snprintf(job->sysfs, sizeof(job->sysfs), "%.30s", entry->d_name);
		snprintf(job->usbfs, sizeof(job->usbfs), "/dev/bus/usb/%03u/%03u",
			 attribute(entry->d_name, "busnum", "%u"),
			 attribute(entry->d_name, "devnum", "%u"));
		closedir(folder);
		if (!(job->endpoint & 0x0f))
			job->endpoint = first_endpoint(job);
		return;
	}
	die("no device %04x:%04x", job->vendor, job->product);
}

static int64_t lost_of(const struct job *job)
{
	char line[512], address[24];
	const char *found = NULL;
	FILE *file;

	snprintf(line, sizeof(line), "/sys/kernel/debug/dummy_hcd.%u/endpoints", job->controller);
	file = fopen(line, "re");
	if (!file)
		return -1;
	snprintf(address, sizeof(address), "address=0x%02x ", job->endpoint);
	while (!found && fgets(line, sizeof(line), file))
		if (strstr(line, address))
			found = strstr(line, "missed=");
	fclose(file);
	return found ? (int64_t)strtoull(found + strlen("missed="), NULL, 10) : -1;
}

int64_t device_lost(const struct job *job)
{
	int64_t sum = 0, lost;

	for (; job; job = job->next) {
		lost = lost_of(job);
		if (lost < 0)
			return -1;
		sum += lost;
	}
	return sum;
}

static int write_name(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t wrote;

	if (fd < 0)
		return -1;
	wrote = write(fd, text, strlen(text));
	close(fd);
	return wrote < 0 ? -1 : 0;
}

/* Name of the driver in @name, "" if there is none. */
static void current_driver(const struct job *job, char *name, size_t size)
{
	char path[128], target[512];
	ssize_t length;

	snprintf(path, sizeof(path), DEVICES "/%s:1.%u/driver", job->sysfs, job->interface);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	snprintf(name, size, "%s", length > 0 ? basename(target) : "");
}

static void find_node(struct job *job)
{
	char path[128];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), DEVICES "/%s:1.%u/winusb-iso", job->sysfs, job->interface);
	folder = opendir(path);
	if (!folder)
		die("no node of winusb_iso for %s", job->sysfs);
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "winusb-iso", 10))
			snprintf(job->node, sizeof(job->node), "/dev/%.20s", entry->d_name);
	closedir(folder);
}

/* Gives the interface to job->peer->driver. */
void device_bind(struct job *job)
{
	char name[64], path[128], interface[40];
	const char *wanted = job->peer->driver ? job->peer->driver : "";

	snprintf(interface, sizeof(interface), "%s:1.%u", job->sysfs, job->interface);
	current_driver(job, name, sizeof(name));
	if (strcmp(name, wanted)) {
		snprintf(path, sizeof(path), DRIVERS "/%s/unbind", name);
		if (name[0] && write_name(path, interface) < 0)
			die("%s: %m", path);
		snprintf(path, sizeof(path), DRIVERS "/%s/bind", wanted);
		if (wanted[0] && write_name(path, interface) < 0)
			die("%s: %m", path);
	}
	if (!strcmp(wanted, "winusb_iso"))
		find_node(job);
}
