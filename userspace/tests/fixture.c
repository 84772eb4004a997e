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
#define MODULE	 "/sys/module/winusb_iso"

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

	snprintf(folder, sizeof(folder), "/sys/bus/usb/devices/%s:1.%u/winusb-iso", fixture->bus_id,
		 number);
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

/* @argument is a copy: the test's own is gone when this runs. */
static void free_device(void *argument)
{
	struct fixture *fixture = argument;

	sim_free(fixture->sim);
	if (fixture->bus_id[0])
		CHECK(fixture_wait(is_forgotten, fixture));
	free(fixture);
}

void fixture_end(struct fixture *fixture)
{
	REQUIRE(tap_cancel(free_device, fixture->copy));
	free_device(fixture->copy);
}

void fixture_unplug(struct fixture *fixture)
{
	sim_vanish(fixture->sim);
	REQUIRE(fixture_wait(is_forgotten, fixture));
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

/* The kernel reads this out under the device's lock, which it holds while drivers probe. */
static void wait_for_probes(const struct fixture *fixture)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/bConfigurationValue",
		 fixture->bus_id);
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(fgetc(file) == '1');
	fclose(file);
}

static struct fixture *plug_in(const struct sim_options *options)
{
	struct fixture *copy = calloc(1, sizeof(*copy));

	REQUIRE(copy);
	copy->copy = copy;
	copy->sim = sim_new(options);
	sim_works(copy->sim, "new");
	tap_defer(free_device, copy);
	sim_works(!sim_attach(copy->sim), "attach");
	sim_works(!sim_start(copy->sim), "start");
	return copy;
}

static void wait_probed(struct fixture *copy)
{
	sim_works(!sim_bus_id(copy->sim, copy->bus_id, sizeof(copy->bus_id)), "bus id");
	wait_for_probes(copy);
}

void fixture_start_unbound(struct fixture *fixture, const struct sim_options *options)
{
	struct fixture *copy = plug_in(options);

	sim_works(!sim_wait_configured(copy->sim, FIXTURE_WAIT_MS), "configuration");
	wait_probed(copy);
	*fixture = *copy;
}

static bool is_selected(void *sim)
{
	struct sim_device_stats stats;

	sim_device_stats(sim, &stats);
	return stats.configuration;
}

void fixture_start_any(struct fixture *fixture, const struct sim_options *options)
{
	struct fixture *copy = plug_in(options);

	REQUIRE(fixture_wait(is_selected, copy->sim));
	wait_probed(copy);
	*fixture = *copy;
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

struct fixture_mapping {
	void *start;
	size_t size;
};

static void unmap(void *argument)
{
	struct fixture_mapping *mapping = argument;

	munmap(mapping->start, mapping->size);
	free(mapping);
}

static struct fixture_mapping *map(int fd, uint64_t offset, uint64_t size)
{
	struct fixture_mapping *mapping = malloc(sizeof(*mapping));

	REQUIRE(mapping);
	mapping->size = size;
	mapping->start =
		mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off64_t)offset);
	if (mapping->start == MAP_FAILED) {
		free(mapping);
		REQUIRE_WORKS(-errno);
	}
	tap_defer(unmap, mapping);
	return mapping;
}

void fixture_register(int fd, struct fixture_buffer *buffer, uint8_t pipe, uint32_t size,
		      uint32_t packets)
{
	*buffer = (struct fixture_buffer){
		.info = { .pipe = pipe, .size = size, .packets = packets },
	};
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer->info));
	buffer->mapping = map(fd, buffer->info.mmap_offset, buffer->info.mmap_size);
	buffer->data = buffer->mapping->start;
	buffer->packets = (void *)(buffer->data + buffer->info.packets_offset);
}

void fixture_register_packets(int fd, struct fixture_buffer *buffer, uint8_t pipe, uint32_t packets)
{
	struct winusb_iso_pipe_info pipe_info;
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	fixture_pipe(fd, (unsigned int)info.current_alternate, pipe, &pipe_info);
	fixture_register(fd, buffer, pipe, packets * pipe_info.max_bytes_per_interval, packets);
	buffer->max_bytes = pipe_info.max_bytes_per_interval;
}

void fixture_unmap(struct fixture_buffer *buffer)
{
	REQUIRE(tap_cancel(unmap, buffer->mapping));
	unmap(buffer->mapping);
	buffer->mapping = NULL;
	buffer->data = NULL;
	buffer->packets = NULL;
}

int fixture_unregister(int fd, uint32_t handle)
{
	struct winusb_iso_unregister_buffer request = { .handle = handle };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_UNREGISTER_BUFFER, &request);
}

/* --- transfers --- */

struct winusb_iso_transfer fixture_transfer(const struct fixture_buffer *buffer, uint32_t first,
					    uint32_t count, uint64_t cookie)
{
	return (struct winusb_iso_transfer){
		.cookie = cookie,
		.buffer = buffer->info.handle,
		.offset = first * buffer->max_bytes,
		.length = count * buffer->max_bytes,
		.first_packet = first,
		.num_packets = count,
	};
}

int fixture_submit(int fd, const struct winusb_iso_transfer *transfer)
{
	struct winusb_iso_transfer copy = *transfer;

	return fixture_ioctl(fd, WINUSB_ISO_IOC_SUBMIT, &copy);
}

int fixture_reap(int fd, struct winusb_iso_completion *completion)
{
	return fixture_ioctl(fd, WINUSB_ISO_IOC_REAP, completion);
}

static int pipe_call(int fd, unsigned long command, uint8_t pipe)
{
	struct winusb_iso_pipe request = { .pipe = pipe };

	return fixture_ioctl(fd, command, &request);
}

int fixture_abort(int fd, uint8_t pipe)
{
	return pipe_call(fd, WINUSB_ISO_IOC_ABORT_PIPE, pipe);
}

int fixture_reset(int fd, uint8_t pipe)
{
	return pipe_call(fd, WINUSB_ISO_IOC_RESET_PIPE, pipe);
}

static short poll_once(int fd, int timeout_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	REQUIRE(poll(&poller, 1, timeout_ms) >= 0);
	return poller.revents;
}

short fixture_events(int fd)
{
	return poll_once(fd, 0);
}

/* --- shared rings --- */

void fixture_map_rings(int fd, struct fixture_rings *rings)
{
	uint8_t *start;

	rings->mapping = map(fd, rings->info.mmap_offset, rings->info.mmap_size);
	start = rings->mapping->start;
	rings->control = (void *)start;
	rings->completions = (void *)(start + rings->info.completions_offset);
	rings->transfers = (void *)(start + rings->info.transfers_offset);
}

void fixture_unmap_rings(struct fixture_rings *rings)
{
	REQUIRE(tap_cancel(unmap, rings->mapping));
	unmap(rings->mapping);
	rings->mapping = NULL;
}

void fixture_rings(int fd, struct fixture_rings *rings, uint32_t entries)
{
	*rings = (struct fixture_rings){ .info = { .entries = entries } };
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_SETUP_RING, &rings->info));
	fixture_map_rings(fd, rings);
}

void fixture_publish(struct fixture_rings *rings, const struct winusb_iso_transfer *transfer)
{
	rings->transfers[rings->tail++ & (rings->info.entries - 1)] = *transfer;
	__atomic_store_n(&rings->control->transfer_tail, rings->tail, __ATOMIC_RELEASE);
}

int fixture_submit_ring(int fd, uint32_t *taken)
{
	struct winusb_iso_submit_ring submit = { 0 };
	int result = fixture_ioctl(fd, WINUSB_ISO_IOC_SUBMIT_RING, &submit);

	if (taken)
		*taken = submit.taken;
	return result;
}

bool fixture_collect(struct fixture_rings *rings, struct winusb_iso_completion *completion)
{
	uint32_t tail = __atomic_load_n(&rings->control->completion_tail, __ATOMIC_ACQUIRE);

	if (tail == rings->head)
		return false;
	*completion = rings->completions[rings->head++ & (rings->info.entries - 1)];
	__atomic_store_n(&rings->control->completion_head, rings->head, __ATOMIC_RELEASE);
	return true;
}

int fixture_collect_wait(int fd, struct fixture_rings *rings,
			 struct winusb_iso_completion *completion)
{
	short events;

	while (!fixture_collect(rings, completion)) {
		events = poll_once(fd, FIXTURE_WAIT_MS);
		if (events & POLLIN)
			continue;
		return events ? -ENODEV : -ETIMEDOUT;
	}
	return 0;
}

/* --- the module --- */

static bool is_our_node(const char *name)
{
	return !strncmp(name, "winusb-iso", strlen("winusb-iso"));
}

bool fixture_any_node(void)
{
	DIR *directory = opendir("/dev");
	struct dirent *entry;
	bool found = false;

	REQUIRE(directory);
	while (!found && (entry = readdir(directory)))
		found = is_our_node(entry->d_name);
	closedir(directory);
	return found;
}

static bool read_number(const char *path, long *number)
{
	FILE *file = fopen(path, "re");
	bool good;

	if (!file)
		return false;
	good = fscanf(file, "%ld", number) == 1;
	fclose(file);
	return good;
}

long fixture_module_references(void)
{
	long references;

	return read_number(MODULE "/refcnt", &references) ? references : -1;
}

long fixture_module_parameter(const char *name)
{
	char path[128];
	long value;

	snprintf(path, sizeof(path), MODULE "/parameters/%s", name);
	REQUIRE(read_number(path, &value));
	return value;
}

struct parameter {
	char path[128];
	long value;
};

static int write_parameter(const struct parameter *parameter)
{
	FILE *file = fopen(parameter->path, "we");
	int written;

	if (!file)
		return -errno;
	written = fprintf(file, "%ld\n", parameter->value);
	return fclose(file) || written < 0 ? -errno : 0;
}

static void restore_parameter(void *argument)
{
	WORKS(write_parameter(argument));
	free(argument);
}

void fixture_set_module_parameter(const char *name, long value)
{
	struct parameter *before = malloc(sizeof(*before)), wanted = { .value = value };

	REQUIRE(before);
	snprintf(wanted.path, sizeof(wanted.path), MODULE "/parameters/%s", name);
	*before = wanted;
	before->value = fixture_module_parameter(name);
	REQUIRE_WORKS(write_parameter(&wanted));
	tap_defer(restore_parameter, before);
}

/* What a failed test leaves is its own failure, not that of those after it. */
void fixture_nothing_left(void)
{
	static long before;
	long references = fixture_module_references();

	CHECK(!fixture_any_node());
	CHECK(references <= before);
	before = references;
}
