// SPDX-License-Identifier: MIT
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 5
#define MODULE "/sys/module/winusb_iso"

/* --- waiting --- */

void fixture_sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

bool fixture_wait(bool (*condition)(void *), void *argument)
{
	unsigned int waited;

	for (waited = 0; waited < FIXTURE_WAIT_MS; waited += PAUSE_MS) {
		if (condition(argument))
			return true;
		fixture_sleep_ms(PAUSE_MS);
	}
	return condition(argument);
}

/* --- the device --- */

/* usbcore's children of an interface: <interface>/winusb-iso/winusb-isoN. */
bool fixture_node(const struct fixture *fixture, unsigned int number, char *path, size_t size)
{
	char folder[128];
	struct dirent *entry;
	bool found = false;
	DIR *directory;

	snprintf(folder, sizeof(folder), "/sys/bus/usb/devices/%s:1.%u/winusb-iso",
		 fixture->bus_id, number);
	directory = opendir(folder);
	if (!directory)
		return false;
	while (!found && (entry = readdir(directory))) {
		found = entry->d_name[0] != '.';
		snprintf(path, size, "/dev/%.20s", entry->d_name);
	}
	closedir(directory);
	return found && !access(path, F_OK);
}

static bool has_node(void *argument)
{
	struct fixture *fixture = argument;

	return fixture_node(fixture, 0, fixture->node, sizeof(fixture->node));
}

static bool is_forgotten(void *argument)
{
	const struct fixture *fixture = argument;
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s", fixture->bus_id);
	return access(path, F_OK) && (!fixture->node[0] || access(fixture->node, F_OK));
}

static void free_device(void *argument)
{
	struct fixture *fixture = argument;

	sim_free(fixture->sim);
	fixture->sim = NULL;
	if (fixture->bus_id[0])
		CHECK(fixture_wait(is_forgotten, fixture));
}

void fixture_unplug(struct fixture *fixture)
{
	sim_vanish(fixture->sim);
	REQUIRE(fixture_wait(is_forgotten, fixture));
	fixture->bus_id[0] = '\0';
}

void fixture_options(struct sim_options *options, enum sim_speed speed,
		     const char *const *alternates)
{
	sim_options_init(options, speed);
	memset(&options->shape, 0, sizeof(options->shape));
	for (; *alternates; alternates++) {
		if (!sim_shape_add(&options->shape, speed, *alternates))
			continue;
		tap_note("%s", sim_error());
		REQUIRE(!"the shape is good");
	}
}

static void sim_works(bool good, const char *what)
{
	if (good)
		return;
	tap_note("%s: %s", what, sim_error());
	REQUIRE(!"the simulated device works");
}

void fixture_start_unbound(struct fixture *fixture, const struct sim_options *options)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->sim = sim_new(options);
	sim_works(fixture->sim, "new");
	tap_defer(free_device, fixture);
	sim_works(!sim_attach(fixture->sim), "attach");
	sim_works(!sim_start(fixture->sim), "start");
	sim_works(!sim_wait_configured(fixture->sim, FIXTURE_WAIT_MS), "configuration");
	sim_works(!sim_bus_id(fixture->sim, fixture->bus_id, sizeof(fixture->bus_id)), "bus id");
}

void fixture_start(struct fixture *fixture, const struct sim_options *options)
{
	fixture_start_unbound(fixture, options);
	if (fixture_wait(has_node, fixture))
		return;
	fixture->node[0] = '\0';
	REQUIRE(!"winusb_iso made a node for the device");
}

void fixture_start_speed(struct fixture *fixture, enum sim_speed speed)
{
	struct sim_options options;

	sim_options_init(&options, speed);
	fixture_start(fixture, &options);
}

/* --- files and calls --- */

static void close_file(void *argument)
{
	close((int)(intptr_t)argument);
}

int fixture_open_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	tap_defer(close_file, (void *)(intptr_t)fd);
	return fd;
}

int fixture_open(const struct fixture *fixture, int flags)
{
	int fd = fixture_open_path(fixture->node, flags);

	REQUIRE(fd >= 0);
	return fd;
}

void fixture_close(int fd)
{
	tap_cancel(close_file, (void *)(intptr_t)fd);
	close(fd);
}

int fixture_ioctl(int fd, unsigned long command, void *argument)
{
	return ioctl(fd, command, argument) < 0 ? -errno : 0;
}

void fixture_set_alternate(int fd, unsigned int alternate)
{
	struct winusb_iso_set_alternate set = { .alternate = alternate };

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set));
}

void fixture_pipe(int fd, unsigned int alternate, uint8_t address,
		  struct winusb_iso_pipe_info *pipe)
{
	unsigned int i;

	for (i = 0; i < 32; i++) {
		*pipe = (struct winusb_iso_pipe_info){ .alternate = alternate, .index = i };
		if (fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, pipe))
			break;
		if (pipe->address == address)
			return;
	}
	REQUIRE(!"the alternate setting has the pipe");
}

/* --- registered buffers --- */

static uint32_t current_max_bytes(int fd, uint8_t address)
{
	struct winusb_iso_pipe_info pipe;
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	fixture_pipe(fd, (unsigned int)info.current_alternate, address, &pipe);
	return pipe.max_bytes_per_interval;
}

struct mapping {
	void *start;
	size_t size;
};

static void unmap(void *argument)
{
	struct mapping *mapping = argument;

	if (mapping->start)
		munmap(mapping->start, mapping->size);
	free(mapping);
}

/* Mappings are few: found again by their start. */
static struct mapping *mappings[MAX_MAPPINGS];
