// SPDX-License-Identifier: MIT
/* Power policy: when the device sleeps, what wakes it, and what is left as it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "plain.h"

#define AUTO  WINUSB_ISO_POWER_AUTO_SUSPEND
#define WAKE  WINUSB_ISO_POWER_ENABLE_WAKE
#define DELAY WINUSB_ISO_POWER_SUSPEND_DELAY

static int set_power(int fd, uint32_t policy, uint32_t value)
{
	struct winusb_iso_power power = { .policy = policy, .value = value };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_SET_POWER, &power);
}

static uint32_t get_power(int fd, uint32_t policy)
{
	struct winusb_iso_power power = { .policy = policy, .value = 0x5a5a5a5a };

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_POWER, &power));
	return power.value;
}

static void read_power(const struct fixture *f, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/power/%s", f->bus_id, name);
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(fgets(text, (int)size, file));
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
}

static void expect_power(const struct fixture *f, const char *name, const char *wanted)
{
	char text[64];

	read_power(f, name, text, sizeof(text));
	SAME_TEXT(text, wanted);
}

static bool is_asleep(void *argument)
{
	char text[64];

	read_power(argument, "runtime_status", text, sizeof(text));
	return !strcmp(text, "suspended");
}

static void wait_asleep(struct plain *plain)
{
	REQUIRE(fixture_wait(is_asleep, &plain->device));
}

static void let_sleep(struct plain *plain)
{
	REQUIRE_WORKS(set_power(plain->fd, DELAY, 10));
	REQUIRE_WORKS(set_power(plain->fd, AUTO, 1));
	wait_asleep(plain);
}

/* Long after it would sleep if it could. */
static void expect_awake(struct plain *plain)
{
	fixture_sleep_ms(500);
	expect_power(&plain->device, "runtime_status", "active");
}

static void check_transfer(struct plain *plain)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	uint32_t length;

	plain_buffer(plain, &in, SOURCE, PLAIN_ROOM);
	transfer = plain_transfer(&in, 0, 1024, 1);
	WORKS(plain_do(plain->fd, &transfer, &length));
	EQUAL(length, 1024);
	REQUIRE_WORKS(fixture_unregister(plain->fd, in.info.handle));
}

static void defaults(void)
{
	struct plain plain;

	plain_open(&plain);
	EQUAL(get_power(plain.fd, AUTO), 0);
	EQUAL(get_power(plain.fd, WAKE), 0);
	EQUAL(get_power(plain.fd, DELAY), 2000);
	expect_power(&plain.device, "control", "on");
}

static void refused(void)
{
	struct winusb_iso_power power = { .policy = 0x80 };
	struct plain plain;

	plain_open(&plain);
	RETURNS(set_power(plain.fd, 0x80, 0), ENOENT);
	RETURNS(set_power(plain.fd, 0, 0), ENOENT);
	RETURNS(set_power(plain.fd, 0x84, 0), ENOENT);
	RETURNS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_GET_POWER, &power), ENOENT);
	RETURNS(set_power(plain.fd, AUTO, 2), ERANGE);
	RETURNS(set_power(plain.fd, WAKE, 2), ERANGE);
	RETURNS(set_power(plain.fd, DELAY, 0x80000000u), ERANGE);
	RETURNS(set_power(plain.fd, WAKE, 1), EOPNOTSUPP);
	EQUAL(get_power(plain.fd, WAKE), 0);
	WORKS(set_power(plain.fd, DELAY, 0x7fffffff));
}

static void sleeps_and_wakes(void)
{
	struct plain plain;

	plain_open(&plain);
	let_sleep(&plain);
	EQUAL(get_power(plain.fd, AUTO), 1);
	expect_power(&plain.device, "control", "auto");
	check_transfer(&plain);
	wait_asleep(&plain);
	tap_note("asleep, it answers what needs no device");
	EQUAL(get_power(plain.fd, DELAY), 10);
	WORKS(set_power(plain.fd, AUTO, 0));
	expect_awake(&plain);
	expect_power(&plain.device, "control", "on");
	check_transfer(&plain);
}

/* Each call that needs the device wakes it. */
static void calls_wake(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer control, in;
	struct fixture_rings rings;
	struct winusb_iso_completion completion;
	struct plain plain;
	uint32_t taken;

	plain_open(&plain);
	fixture_rings(plain.fd, &rings, 8);
	let_sleep(&plain);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	plain_buffer(&plain, &in, SOURCE, PLAIN_ROOM);
	transfer = plain_control(&control, 0xc0, SIM_REQUEST_SETUP, 0, 0, 8, 1);
	fixture_publish(&rings, &transfer);
	WORKS(fixture_submit_ring(plain.fd, &taken));
	REQUIRE_WORKS(fixture_collect_wait(plain.fd, &rings, &completion));
	RETURNS(completion.status, 0);
	wait_asleep(&plain);
	WORKS(fixture_reset(plain.fd, SOURCE));
	wait_asleep(&plain);
	fixture_set_alternate(plain.fd, 1);
	wait_asleep(&plain);
	WORKS(fixture_abort(plain.fd, SLOW_IN));
}

static void pending_keeps_awake(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	let_sleep(&plain);
	transfer = plain_transfer(&in, 0, 512, 1);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	expect_awake(&plain);
	WORKS(plain_cancel(plain.fd, LOOP_IN, 1));
	plain_expect(plain.fd, 1, -ECONNRESET, 0);
	wait_asleep(&plain);
}

static void stream_keeps_awake(void)
{
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	fixture_set_alternate(plain.fd, 1);
	fixture_register_packets(plain.fd, &in, LOOP_IN, 8);
	REQUIRE_WORKS(set_power(plain.fd, DELAY, 10));
	REQUIRE_WORKS(set_power(plain.fd, AUTO, 1));
	expect_awake(&plain);
	REQUIRE_WORKS(fixture_unregister(plain.fd, in.info.handle));
	wait_asleep(&plain);
}

static void other_session_keeps_awake(void)
{
	struct plain plain;
	int other;

	plain_open(&plain);
	let_sleep(&plain);
	other = plain_open_another(&plain);
	expect_awake(&plain);
	WORKS(set_power(other, AUTO, 1));
	wait_asleep(&plain);
	WORKS(set_power(other, AUTO, 0));
	fixture_close(other);
	wait_asleep(&plain);
}

static void put_back(void)
{
	struct plain plain;
	int other;

	plain_open(&plain);
	other = plain_open_another(&plain);
	REQUIRE_WORKS(set_power(other, AUTO, 1));
	REQUIRE_WORKS(set_power(other, DELAY, 77));
	let_sleep(&plain);
	fixture_close(plain.fd);
	expect_power(&plain.device, "control", "auto");
	EQUAL(get_power(other, DELAY), 10);
	fixture_close(other);
	expect_power(&plain.device, "control", "on");
	expect_power(&plain.device, "autosuspend_delay_ms", "2000");
	expect_power(&plain.device, "runtime_status", "active");
	plain.fd = plain_open_another(&plain);
	check_transfer(&plain);
}

static void unplugged_asleep(void)
{
	struct winusb_iso_completion completion;
	struct plain plain;

	plain_open(&plain);
	let_sleep(&plain);
	fixture_unplug(&plain.device);
	RETURNS(set_power(plain.fd, AUTO, 0), ENODEV);
	RETURNS(fixture_reap(plain.fd, &completion), ENODEV);
}

static void wakes_the_host(void)
{
	struct sim_options options;
	struct plain plain;

	plain_options(&options, SIM_HIGH);
	options.remote_wakeup = true;
	fixture_start(&plain.device, &options);
	plain.fd = fixture_open(&plain.device, O_RDWR | O_NONBLOCK);
	WORKS(set_power(plain.fd, WAKE, 1));
	EQUAL(get_power(plain.fd, WAKE), 1);
	let_sleep(&plain);
	check_transfer(&plain);
	WORKS(set_power(plain.fd, WAKE, 0));
	EQUAL(get_power(plain.fd, WAKE), 0);
	wait_asleep(&plain);
}

static const struct tap_test tests[] = {
	{ "a session keeps the device awake, and changes nothing by itself", defaults },
	{ "policies and values that are none are refused", refused },
	{ "with AUTO_SUSPEND the device sleeps, and a transfer wakes it", sleeps_and_wakes },
	{ "calls that need the device wake it", calls_wake },
	{ "a pending transfer keeps the device awake", pending_keeps_awake },
	{ "an isochronous pipe in use keeps the device awake", stream_keeps_awake },
	{ "a session without AUTO_SUSPEND keeps the device awake", other_session_keeps_awake },
	{ "when its sessions are closed the device is as it was", put_back },
	{ "a device that sleeps can be unplugged", unplugged_asleep },
	{ "a device that can wake the host may be told to", wakes_the_host },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
