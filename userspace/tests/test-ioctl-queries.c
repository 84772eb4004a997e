// SPDX-License-Identifier: MIT
/* What the queries say of devices whose descriptors are known to the last bit. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "scene.h"

#define VHCI_FEATURES \
	(WINUSB_ISO_FEATURE_RING | WINUSB_ISO_FEATURE_PACKET_LENGTHS | \
	 WINUSB_ISO_FEATURE_AT_FRAME | WINUSB_ISO_FEATURE_START_FRAME | WINUSB_ISO_FEATURE_PLAIN | \
	 WINUSB_ISO_FEATURE_CANCEL | WINUSB_ISO_FEATURE_POWER | WINUSB_ISO_FEATURE_DROP_LATE | \
	 WINUSB_ISO_FEATURE_PIPE_RING | WINUSB_ISO_FEATURE_NO_INTERRUPT)

/* A file of the USB device in sysfs, as a number. */
static long sysfs_number(const struct fixture *fixture, const char *name)
{
	char path[128];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", fixture->bus_id, name);
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(fscanf(file, "%ld", &number) == 1);
	fclose(file);
	return number;
}

static struct winusb_iso_info get_info(int fd)
{
	struct winusb_iso_info info;

	memset(&info, 0xff, sizeof(info));
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	return info;
}

static void check_info(const struct fixture *f, const struct winusb_iso_info *info,
		       enum sim_speed speed)
{
	static const char controller[16] = "vhci_hcd";

	EQUAL(info->features, VHCI_FEATURES);
	EQUAL(info->api_version, 1);
	EQUAL(info->speed, speed);
	EQUAL(info->current_alternate, 0);
	EQUAL(info->num_alternates, 9);
	EQUAL(info->bus, sysfs_number(f, "busnum"));
	EQUAL(info->device, sysfs_number(f, "devnum"));
	EQUAL(info->vendor_id, 0x1209);
	EQUAL(info->product_id, 0x0001);
	EQUAL(info->device_release, 0x0100);
	EQUAL(info->padding, 0);
	EQUAL(info->window, 512);
	EQUAL(info->reserved[0] | info->reserved[1] | info->reserved[2], 0);
	CHECK(!memcmp(info->controller, controller, sizeof(controller)));
}

static void check_info_at(enum sim_speed speed)
{
	struct winusb_iso_info info;
	struct fixture f;

	fixture_start_speed(&f, speed);
	info = get_info(fixture_open(&f, O_RDONLY));
	check_info(&f, &info, speed);
	EQUAL(info.interface_number, 0);
}

static void info_full(void)
{
	check_info_at(SIM_FULL);
}
static void info_high(void)
{
	check_info_at(SIM_HIGH);
}
static void info_super(void)
{
	check_info_at(SIM_SUPER);
}

struct numbered {
	struct fixture *fixture;
	unsigned int interface;
	char path[32];
};

static bool has_interface(void *argument)
{
	struct numbered *n = argument;

	return fixture_node(n->fixture, n->interface, n->path, sizeof(n->path));
}

static void several_interfaces(void)
{
	struct sim_options options;
	struct winusb_iso_info info;
	struct fixture f;
	unsigned int i;
	int fd;

	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, 3);
	fixture_start(&f, &options);
	for (i = 0; i < 3; i++) {
		struct numbered n = { .fixture = &f, .interface = i };
		struct winusb_iso_pipe_info pipe;

		REQUIRE(fixture_wait(has_interface, &n));
		fd = fixture_open_path(n.path, O_RDWR);
		REQUIRE(fd >= 0);
		info = get_info(fd);
		check_info(&f, &info, SIM_HIGH);
		EQUAL(info.interface_number, i);
		fixture_pipe(fd, 1, 0x81 + 4 * i, &pipe);
		EQUAL(pipe.max_bytes_per_interval, 1024);
	}
}

/* --- alternate settings --- */

static void alternates(void)
{
	static const unsigned int pipes[] = { 0, 2, 2, 4, 2, 2, 2, 2, 5 };
	struct winusb_iso_alternate alternate;
	struct scene scene;
	unsigned int i;

	scene_open(&scene);
	for (i = 0; i < 9; i++) {
		alternate = (struct winusb_iso_alternate){ .index = i };
		REQUIRE_WORKS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate));
		EQUAL(alternate.index, i);
		EQUAL(alternate.alternate, i);
		EQUAL(alternate.num_pipes, pipes[i]);
		EQUAL(alternate.interface_class, 0xff);
		EQUAL(alternate.interface_subclass, 0);
		EQUAL(alternate.interface_protocol, 0);
	}
	alternate.index = 9;
	RETURNS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate), ENOENT);
	alternate.index = 256;
	RETURNS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate), ENOENT);
	alternate.index = UINT32_MAX;
	RETURNS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate), ENOENT);
}

static int get_pipe(int fd, uint32_t alternate, uint32_t index)
{
	struct winusb_iso_pipe_info pipe = { .alternate = alternate, .index = index };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, &pipe);
}

static void no_such_pipe(void)
{
	struct scene scene;

	scene_open(&scene);
	WORKS(get_pipe(scene.fd, 8, 4));
	RETURNS(get_pipe(scene.fd, 8, 5), ENOENT);
	RETURNS(get_pipe(scene.fd, 0, 0), ENOENT);
	RETURNS(get_pipe(scene.fd, 1, UINT32_MAX), ENOENT);
	RETURNS(get_pipe(scene.fd, 9, 0), ENOENT);
	RETURNS(get_pipe(scene.fd, 257, 0), ENOENT);
	RETURNS(get_pipe(scene.fd, UINT32_MAX, 0), ENOENT);
}

/* --- pipes --- */

struct pipe_case {
	const char *text; /* an alternate setting with this one endpoint */
	struct winusb_iso_pipe_info wanted;
};

static void check_pipe(int fd, unsigned int alternate, const struct pipe_case *it)
{
	const struct winusb_iso_pipe_info *wanted = &it->wanted;
	struct winusb_iso_pipe_info pipe = { .alternate = alternate };

	bool good;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, &pipe));
	good = EQUAL(pipe.alternate, alternate) & EQUAL(pipe.index, 0) &
	       EQUAL(pipe.max_bytes_per_interval, wanted->max_bytes_per_interval) &
	       EQUAL(pipe.interval, wanted->interval) & EQUAL(pipe.address, wanted->address) &
	       EQUAL(pipe.type, wanted->type) & EQUAL(pipe.attributes, wanted->attributes) &
	       EQUAL(pipe.b_interval, wanted->b_interval) &
	       EQUAL(pipe.max_packet_size, wanted->max_packet_size) &
	       EQUAL(pipe.mult, wanted->mult) & EQUAL(pipe.burst, wanted->burst);
	if (!good)
		tap_note("of %s", it->text);
}

#define MAX_CASES (SIM_MAX_ALTERNATES - 1)

static void check_pipes(enum sim_speed speed, const struct pipe_case *cases, unsigned int count)
{
	const char *texts[MAX_CASES + 1] = { NULL };
	struct sim_options options;
	struct fixture f;
	unsigned int i;
	int fd;

	REQUIRE(count <= MAX_CASES);
	for (i = 0; i < count; i++)
		texts[i] = cases[i].text;
	fixture_options(&options, speed, texts);
	fixture_start(&f, &options);
	fd = fixture_open(&f, O_RDONLY);
	for (i = 0; i < count; i++)
		check_pipe(fd, i + 1, &cases[i]);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* max_bytes, interval, address, type, attributes, bInterval, wMaxPacketSize, mult, burst */
#define ISO(max, uframes, address_, b, size, mult_, burst_) \
	{ \
		.max_bytes_per_interval = max, .interval = uframes, .address = address_, \
		.type = 1, .attributes = 1, .b_interval = b, .max_packet_size = size, \
		.mult = mult_, .burst = burst_ \
	}

static void pipes_full(void)
{
	static const struct pipe_case cases[] = {
		{ "in:0x81:1:1", ISO(1, 8, 0x81, 1, 1, 1, 1) },
		{ "out:0x0f:1023:2", ISO(1023, 16, 0x0f, 2, 1023, 1, 1) },
		{ "in:0x8f:192:3", ISO(192, 32, 0x8f, 3, 192, 1, 1) },
		{ "in:0x81:1:4", ISO(1, 64, 0x81, 4, 1, 1, 1) },
		{ "in:0x81:1:5", ISO(1, 128, 0x81, 5, 1, 1, 1) },
		{ "in:0x81:1:6", ISO(1, 256, 0x81, 6, 1, 1, 1) },
		{ "in:0x81:1:7", ISO(1, 512, 0x81, 7, 1, 1, 1) },
		{ "in:0x81:1:8", ISO(1, 1024, 0x81, 8, 1, 1, 1) },
		{ "in:0x81:1:9", ISO(1, 2048, 0x81, 9, 1, 1, 1) },
		{ "in:0x81:1:10", ISO(1, 4096, 0x81, 10, 1, 1, 1) },
		{ "in:0x81:1:11", ISO(1, 8192, 0x81, 11, 1, 1, 1) },
		{ "in:0x81:1:12", ISO(1, 16384, 0x81, 12, 1, 1, 1) },
		{ "in:0x81:1:14", ISO(1, 65536, 0x81, 14, 1, 1, 1) },
		{ "in:0x81:1:16", ISO(1, 262144, 0x81, 16, 1, 1, 1) },
	};

	check_pipes(SIM_FULL, cases, COUNT(cases));
}

static void pipes_high(void)
{
	static const struct pipe_case cases[] = {
		{ "in:0x81:1:1", ISO(1, 1, 0x81, 1, 1, 1, 1) },
		{ "out:0x0f:1024:2", ISO(1024, 2, 0x0f, 2, 1024, 1, 1) },
		{ "in:0x8f:1024x2:3", ISO(2048, 4, 0x8f, 3, 1024, 2, 1) },
		{ "out:0x01:1024x3:4", ISO(3072, 8, 0x01, 4, 1024, 3, 1) },
		{ "in:0x81:513x2:5", ISO(1026, 16, 0x81, 5, 513, 2, 1) },
		{ "in:0x81:683x3:6", ISO(2049, 32, 0x81, 6, 683, 3, 1) },
		{ "in:0x81:1:7", ISO(1, 64, 0x81, 7, 1, 1, 1) },
		{ "in:0x81:1:8", ISO(1, 128, 0x81, 8, 1, 1, 1) },
		{ "in:0x81:1:9", ISO(1, 256, 0x81, 9, 1, 1, 1) },
		{ "in:0x81:1:10", ISO(1, 512, 0x81, 10, 1, 1, 1) },
		{ "in:0x81:1:11", ISO(1, 1024, 0x81, 11, 1, 1, 1) },
		{ "in:0x81:1:12", ISO(1, 2048, 0x81, 12, 1, 1, 1) },
		{ "in:0x81:1:13", ISO(1, 4096, 0x81, 13, 1, 1, 1) },
		{ "in:0x81:1:14", ISO(1, 8192, 0x81, 14, 1, 1, 1) },
		{ "in:0x81:1:16", ISO(1, 32768, 0x81, 16, 1, 1, 1) },
	};

	check_pipes(SIM_HIGH, cases, COUNT(cases));
}

static void pipes_super(void)
{
	static const struct pipe_case cases[] = {
		{ "in:0x81:1:1", ISO(1, 1, 0x81, 1, 1, 1, 1) },
		{ "out:0x0f:1024x16x3:1", ISO(49152, 1, 0x0f, 1, 1024, 3, 16) },
		{ "in:0x8f:1024x16x2:2", ISO(32768, 2, 0x8f, 2, 1024, 2, 16) },
		{ "out:0x01:1024x2x1:3", ISO(2048, 4, 0x01, 3, 1024, 1, 2) },
		{ "in:0x81:1024x15x3:4", ISO(46080, 8, 0x81, 4, 1024, 3, 15) },
		{ "in:0x81:1:5", ISO(1, 16, 0x81, 5, 1, 1, 1) },
		{ "in:0x81:1:6", ISO(1, 32, 0x81, 6, 1, 1, 1) },
		{ "in:0x81:1:7", ISO(1, 64, 0x81, 7, 1, 1, 1) },
		{ "in:0x81:1:8", ISO(1, 128, 0x81, 8, 1, 1, 1) },
		{ "in:0x81:1:9", ISO(1, 256, 0x81, 9, 1, 1, 1) },
		{ "in:0x81:1:10", ISO(1, 512, 0x81, 10, 1, 1, 1) },
		{ "in:0x81:1:11", ISO(1, 1024, 0x81, 11, 1, 1, 1) },
		{ "in:0x81:1:12", ISO(1, 2048, 0x81, 12, 1, 1, 1) },
		{ "in:0x81:1:13", ISO(1, 4096, 0x81, 13, 1, 1, 1) },
		{ "in:0x81:1:16", ISO(1, 32768, 0x81, 16, 1, 1, 1) },
	};

	check_pipes(SIM_SUPER, cases, COUNT(cases));
}

static void rest_of_intervals(void)
{
	static const struct pipe_case full[] = {
		{ "in:0x81:1:13", ISO(1, 32768, 0x81, 13, 1, 1, 1) },
		{ "in:0x81:1:15", ISO(1, 131072, 0x81, 15, 1, 1, 1) },
	};
	static const struct pipe_case high[] = {
		{ "in:0x81:1:15", ISO(1, 16384, 0x81, 15, 1, 1, 1) },
	};
	static const struct pipe_case super[] = {
		{ "in:0x81:1:14", ISO(1, 8192, 0x81, 14, 1, 1, 1) },
		{ "in:0x81:1:15", ISO(1, 16384, 0x81, 15, 1, 1, 1) },
	};

	check_pipes(SIM_FULL, full, COUNT(full));
	check_pipes(SIM_HIGH, high, COUNT(high));
	check_pipes(SIM_SUPER, super, COUNT(super));
}

/* Not for streaming: no bytes per interval, but described. */
#define OTHER(uframes, address_, type_, b, size, mult_, burst_) \
	{ \
		.interval = uframes, .address = address_, .type = type_, .attributes = type_, \
		.b_interval = b, .max_packet_size = size, .mult = mult_, .burst = burst_ \
	}

static void other_pipes_high(void)
{
	static const struct pipe_case cases[] = {
		{ "in:0x81:1:1", ISO(1, 1, 0x81, 1, 1, 1, 1) },
		{ "in:0x83:512:0:bulk", OTHER(0, 0x83, 2, 0, 512, 1, 1) },
		{ "out:0x03:512:0:bulk", OTHER(0, 0x03, 2, 0, 512, 1, 1) },
		{ "in:0x84:16:4:interrupt", OTHER(8, 0x84, 3, 4, 16, 1, 1) },
		{ "in:0x84:1024x3:1:interrupt", OTHER(1, 0x84, 3, 1, 1024, 3, 1) },
	};

	check_pipes(SIM_HIGH, cases, COUNT(cases));
}

static void other_pipes_full(void)
{
	static const struct pipe_case cases[] = {
		{ "in:0x81:1:1", ISO(1, 8, 0x81, 1, 1, 1, 1) },
		{ "in:0x83:64:0:bulk", OTHER(0, 0x83, 2, 0, 64, 1, 1) },
		{ "in:0x84:16:8:interrupt", OTHER(64, 0x84, 3, 8, 16, 1, 1) },
		{ "in:0x84:16:255:interrupt", OTHER(2040, 0x84, 3, 255, 16, 1, 1) },
	};

	check_pipes(SIM_FULL, cases, COUNT(cases));
}

static void other_pipes_super(void)
{
	static const struct pipe_case cases[] = {
		{ "in:0x81:1:1", ISO(1, 1, 0x81, 1, 1, 1, 1) },
		{ "in:0x83:1024x4:0:bulk", OTHER(0, 0x83, 2, 0, 1024, 1, 4) },
		{ "in:0x84:1024x3:4:interrupt", OTHER(8, 0x84, 3, 4, 1024, 1, 3) },
	};

	check_pipes(SIM_SUPER, cases, COUNT(cases));
}

/* --- the bus time --- */

static void frame(void)
{
	struct winusb_iso_frame first, next;
	struct scene scene;
	unsigned int i;
	int64_t ns;

	scene_open(&scene);
	REQUIRE_WORKS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_GET_FRAME, &first));
	EQUAL(first.resolution, 1);
	EQUAL(first.trust, WINUSB_ISO_TRUST_TIMED);
	for (i = 0; i < 100; i++) {
		fixture_sleep_ms(i % 3);
		REQUIRE_WORKS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_GET_FRAME, &next));
		ns = (int64_t)(next.timestamp_ns - first.timestamp_ns);
		CHECK(ns > 0);
		CHECK(next.uframe >= first.uframe);
		tap_equal((int64_t)(next.uframe - first.uframe) - ns / 125000 > 1, 0,
			  TAP_HERE("bus time and clock agree"));
		tap_equal((int64_t)(next.uframe - first.uframe) - ns / 125000 < 0, 0,
			  TAP_HERE("bus time and clock agree"));
	}
}

static const struct tap_test tests[] = {
	{ "GET_INFO tells everything of a full-speed device", info_full },
	{ "GET_INFO tells everything of a high-speed device", info_high },
	{ "GET_INFO tells everything of a super-speed device", info_super },
	{ "each of three interfaces has a node of its own", several_interfaces },
	{ "GET_ALTERNATE tells each alternate setting, and past the last ENOENT", alternates },
	{ "GET_PIPE of a pipe or alternate setting that is not there says ENOENT", no_such_pipe },
	{ "full-speed pipes: sizes, and intervals in frames", pipes_full },
	{ "high-speed pipes: sizes, 1 to 3 transactions, intervals", pipes_high },
	{ "super-speed pipes: sizes, bursts, mult, intervals", pipes_super },
	{ "the remaining intervals at every speed", rest_of_intervals },
	{ "full-speed bulk and interrupt pipes are described and can not stream",
	  other_pipes_full },
	{ "high-speed bulk and interrupt pipes are described and can not stream",
	  other_pipes_high },
	{ "super-speed bulk and interrupt pipes are described and can not stream",
	  other_pipes_super },
	{ "GET_FRAME counts microframes with the clock", frame },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
