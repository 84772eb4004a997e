// SPDX-License-Identifier: MIT
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fixture.h"

static char module_path[512];

static int look(const char *path, const struct stat *status, int type, struct FTW *position)
{
	(void)status;
	if (type != FTW_F || strcmp(path + position->base, "winusb_iso.ko"))
		return 0;
	snprintf(module_path, sizeof(module_path), "%s", path);
	return 1;
}

static void find_module(void)
{
	char folder[256];
	struct utsname name;

	if (module_path[0])
		return;
	uname(&name);
	snprintf(folder, sizeof(folder), "/lib/modules/%.100s", name.release);
	nftw(folder, look, 16, FTW_PHYS);
	REQUIRE(module_path[0]);
}

int module_load(const char *parameters)
{
	int fd, result;

	find_module();
	fd = open(module_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return result;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "winusb_iso", O_NONBLOCK) ? -errno : 0;
}

static void put_back(void *unused)
{
	(void)unused;
	if (fixture_module_references() >= 0)
		WORKS(module_unload());
	WORKS(module_load(MODULE_DEFAULT_PARAMETERS));
}

void module_take_out(void)
{
	find_module();
	REQUIRE_WORKS(module_unload());
	tap_defer(put_back, NULL);
}

void module_reload(const char *parameters)
{
	module_take_out();
	REQUIRE_WORKS(module_load(parameters));
}

int module_driver_write(const char *file, const char *text)
{
	char path[128];
	int fd, result;

	snprintf(path, sizeof(path), "/sys/bus/usb/drivers/winusb_iso/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return result;
}
