// SPDX-License-Identifier: MIT
#include "sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"

static void path_of(const struct sysfs *sysfs, char path[PATH_MAX], const char *format,
		    va_list arguments)
{
	int used = snprintf(path, PATH_MAX, "%s/", sysfs->root);

	vsnprintf(path + used, PATH_MAX - used, format, arguments);
}

ssize_t sysfs_read(const struct sysfs *sysfs, void *data, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	ssize_t got, total = 0;
	int fd;

	va_start(arguments, format);
	path_of(sysfs, path, format, arguments);
	va_end(arguments);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((got = read(fd, (char *)data + total, size - total)) > 0)
		total += got;
	close(fd);
	return got < 0 ? -1 : total;
}

int sysfs_write(const struct sysfs *sysfs, const char *value, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int fd, error = 0;

	va_start(arguments, format);
	path_of(sysfs, path, format, arguments);
	va_end(arguments);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_APPEND);
	if (fd < 0)
		return -1;
	if (write(fd, value, strlen(value)) < 0)
		error = errno;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

bool sysfs_exists(const struct sysfs *sysfs, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	path_of(sysfs, path, format, arguments);
	va_end(arguments);
	return access(path, F_OK) == 0;
}

bool sysfs_driver(const struct sysfs *sysfs, const char *interface, struct text *driver)
{
	char path[PATH_MAX], target[PATH_MAX], *base;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/devices/%s/driver", sysfs->root, interface);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	base = strrchr(target, '/');
	snprintf(driver->s, sizeof(driver->s), "%.200s", base ? base + 1 : target);
	return true;
}

static bool read_number(const struct sysfs *sysfs, const char *device, const char *file, int base,
			unsigned long *value)
{
	char text[32] = "", *end;

	if (sysfs_read(sysfs, text, sizeof(text) - 1, "devices/%s/%s", device, file) <= 0)
		return false;
	*value = strtoul(text, &end, base);
	return end != text && (*end == '\n' || *end == '\0');
}

/* False for interfaces, hubs' ports, and what has just gone. */
static bool read_device(const struct sysfs *sysfs, const char *name, struct usb_device *device)
{
	unsigned long vendor, product, configuration = 0;
	uint8_t data[65536];
	ssize_t size;

	if (strchr(name, ':') || strlen(name) >= sizeof(device->name) ||
	    !read_number(sysfs, name, "idVendor", 16, &vendor) ||
	    !read_number(sysfs, name, "idProduct", 16, &product))
		return false;
	/* Empty while the device is not configured. */
	read_number(sysfs, name, "bConfigurationValue", 10, &configuration);
	size = sysfs_read(sysfs, data, sizeof(data), "devices/%s/descriptors", name);
	if (size < 0)
		return false;
	*device = (struct usb_device){
		.vendor = vendor,
		.product = product,
		.configuration = configuration,
	};
	memcpy(device->name, name, strlen(name) + 1);
	descriptors_interfaces(data, size, configuration, device->isochronous, device->all);
	return true;
}

struct text interface_name(const struct usb_device *device, unsigned int interface)
{
	struct text name;

	snprintf(name.s, sizeof(name.s), "%s:%u.%u", device->name, device->configuration,
		 interface);
	return name;
}

static bool device_fits(const struct usb_device *device, const struct device_spec *spec)
{
	size_t length = strlen(device->name);

	if (spec->kind == DEVICE_ID)
		return device->vendor == spec->vendor && device->product == spec->product;
	return !strncmp(spec->path, device->name, length) &&
	       (spec->path[length] == '\0' || spec->path[length] == ':');
}

static int compare_found(DIR *folder, const struct sysfs *sysfs, const struct device_spec *spec,
			 struct usb_device *device, struct text *names)
{
	struct usb_device candidate;
	struct dirent *entry;
	int found = 0;

	while (found < 2 && (entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_device(sysfs, entry->d_name, &candidate) ||
		    !device_fits(&candidate, spec))
			continue;
		if (found++)
			snprintf(names->s, sizeof(names->s), "%s and %s", device->name,
				 candidate.name);
		else
			*device = candidate;
	}
	return found;
}

int sysfs_find(const struct sysfs *sysfs, const struct device_spec *spec, struct usb_device *device,
	       struct text *names)
{
	char path[PATH_MAX];
	DIR *folder;
	int found;

	snprintf(path, sizeof(path), "%s/devices", sysfs->root);
	folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? 0 : -1;
	found = compare_found(folder, sysfs, spec, device, names);
	closedir(folder);
	return found;
}
