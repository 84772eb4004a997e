// SPDX-License-Identifier: MIT
#include "lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LENGTH	    (8 * 1024) /* of a transfer */
#define QUARTER_MIB (256 * 1024)
#define PAGE	    4096
#define LIMIT_MB    16

int lifecycle_device(struct fixture *fixture)
{
	return flow_device(fixture, SIM_HIGH, "in:0x81:1024:1,out:1:1024:1");
}

static void take_whole(struct flow *flow)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	REQUIRE(EQUAL(completion.cookie & 0xffffffff, flow->reaped));
	REQUIRE_WORKS(completion.status);
	EQUAL(completion.error_count, 0);
	EQUAL(completion.actual_length, LENGTH);
	flow->reaped++;
}

static void pipe_works(int fd, uint8_t address)
{
	struct flow flow;

	flow_open(&flow, fd, address, 8, 16);
	while (flow.reaped < 20) {
		while (flow.submitted < 20 && flow.submitted - flow.reaped < flow.n_slots)
			REQUIRE_WORKS(flow_submit(&flow, 0));
		take_whole(&flow);
	}
	flow_close(&flow);
}

void lifecycle_works(int fd)
{
	pipe_works(fd, FLOW_IN);
	pipe_works(fd, FLOW_OUT);
}

void lifecycle_works_anew(const struct fixture *fixture)
{
	int fd = fixture_open(fixture, O_RDWR);

	fixture_set_alternate(fd, 1);
	lifecycle_works(fd);
	fixture_close(fd);
}

void lifecycle_queue(struct flow *flow, int fd, unsigned int transfers)
{
	flow_open(flow, fd, FLOW_IN, 8, transfers);
	while (flow->submitted < transfers)
		REQUIRE_WORKS(flow_submit(flow, 0));
}

/* By the packet tables: the completions stay where they are. */
void lifecycle_let_run(struct flow *flow, unsigned int transfers)
{
	const struct winusb_iso_packet *last = &flow->slot[transfers - 1].table[7];
	unsigned int waited = 0;

	while (__atomic_load_n(&last->status, __ATOMIC_ACQUIRE) && waited++ < FIXTURE_WAIT_MS)
		fixture_sleep_ms(1);
	REQUIRE(last->status == 0);
}

void lifecycle_take_ended(struct flow *flow, unsigned int transfers, unsigned int good, int status)
{
	struct winusb_iso_completion completion;
	bool ended = false;
	unsigned int i;

	for (i = 0; i < transfers; i++) {
		REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, flow->reaped);
		flow->reaped++;
		if (ended || (completion.status && i >= good))
			REQUIRE(RETURNS(completion.status, -status));
		else
			REQUIRE_WORKS(completion.status);
		ended = completion.status;
		if (completion.status == 0)
			EQUAL(completion.actual_length, LENGTH);
	}
	flow->next_uframe = 0;
}

int lifecycle_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

void lifecycle_reset(int fd)
{
	struct winusb_iso_info info;
	char path[64];
	int usbfs;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", info.bus, info.device);
	usbfs = fixture_open_path(path, O_RDWR);
	REQUIRE(usbfs >= 0);
	WORKS(fixture_ioctl(usbfs, USBDEVFS_RESET, NULL));
	fixture_close(usbfs);
}

/* --- sleep --- */

static int write_power(const struct fixture *fixture, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/power/%s", fixture->bus_id, file);
	return lifecycle_write(path, text);
}

void lifecycle_allow_sleep(const struct fixture *fixture)
{
	WORKS(write_power(fixture, "autosuspend_delay_ms", "0"));
	WORKS(write_power(fixture, "control", "auto"));
}

struct power {
	const struct fixture *fixture;
	const char *wanted;
};

static bool power_is(void *argument)
{
	const struct power *power = argument;
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/power/runtime_status",
		 power->fixture->bus_id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, power->wanted, strlen(power->wanted));
}

bool lifecycle_power_is(const struct fixture *fixture, const char *wanted)
{
	return power_is(&(struct power){ fixture, wanted });
}

bool lifecycle_power_becomes(const struct fixture *fixture, const char *wanted)
{
	return fixture_wait(power_is, &(struct power){ fixture, wanted });
}

/* --- for child processes --- */

bool lifecycle_submit_one(int fd, uint32_t handle, unsigned int slot)
{
	struct winusb_iso_transfer transfer = {
		.buffer = handle,
		.offset = slot * 8192,
		.length = 8192,
		.first_packet = slot * 8,
		.num_packets = 8,
	};

	return !ioctl(fd, WINUSB_ISO_IOC_SUBMIT, &transfer);
}

int lifecycle_stream_forever(void *argument)
{
	const struct lifecycle_streamer *streamer = argument;
	struct winusb_iso_set_alternate set = { .alternate = 1 };
	struct winusb_iso_buffer buffer = { .pipe = FLOW_IN, .size = 16 * 8192, .packets = 128 };
	struct winusb_iso_completion completion;
	int fd = open(streamer->node, O_RDWR);
	unsigned int i;

	if (fd < 0 || ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set) ||
	    ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer))
		return 1;
	if (mmap(NULL, buffer.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 (off_t)buffer.mmap_offset) == MAP_FAILED)
		return 2;
	for (i = 0; i < 16; i++)
		if (!lifecycle_submit_one(fd, buffer.handle, i))
			return 3;
	for (i = 0;; i++) {
		if (ioctl(fd, WINUSB_ISO_IOC_REAP, &completion) ||
		    !lifecycle_submit_one(fd, buffer.handle, i % 16))
			return 4;
		if (i == 5 && write(streamer->tell, "", 1) != 1)
			return 5;
	}
}

static int register_quarter(int fd)
{
	struct winusb_iso_buffer buffer = {
		.pipe = FLOW_IN,
		.size = QUARTER_MIB - PAGE,
		.packets = PAGE / 12,
	};

	return fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer);
}

unsigned int lifecycle_fill_memory(int fd)
{
	unsigned int count = 0;
	int error;

	while (!(error = register_quarter(fd)))
		count++;
	RETURNS(error, EDQUOT);
	return count;
}

static void memory_is_free(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	fixture_set_module_parameter("memory_limit_mb", LIMIT_MB);
	EQUAL(lifecycle_fill_memory(fd), 4 * LIMIT_MB);
	fixture_close(fd);
	fixture_unplug(&fixture);
}

void lifecycle_nothing_left(void)
{
	fixture_nothing_left();
	memory_is_free();
	fixture_nothing_left();
}
