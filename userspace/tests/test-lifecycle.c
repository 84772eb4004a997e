// SPDX-License-Identifier: MIT
/* What becomes of open files when the device goes, is unbound, reset or put to sleep. */
#include "lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USB	"/sys/bus/usb"
#define HANG_UP (POLLHUP | POLLERR)

static int remove_module(void)
{
	return syscall(SYS_delete_module, "winusb_iso", O_NONBLOCK) ? -errno : 0;
}

static void load_module(void)
{
	EQUAL(system("modprobe winusb_iso devices=1209:0001"), 0);
}

/* Every call on a file whose device has gone. */
static void all_is_gone(int fd)
{
	struct winusb_iso_info info;
	struct winusb_iso_frame frame;
	struct winusb_iso_set_alternate set = { 0 };
	struct winusb_iso_alternate alternate = { 0 };
	struct winusb_iso_pipe_info pipe = { 0 };
	struct winusb_iso_buffer buffer = { .pipe = FLOW_IN, .size = 4096, .packets = 1 };
	struct winusb_iso_transfer transfer = { 0 };
	struct winusb_iso_completion completion;

	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info), ENODEV);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate), ENODEV);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, &pipe), ENODEV);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set), ENODEV);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer), ENODEV);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &frame), ENODEV);
	RETURNS(fixture_submit(fd, &transfer), ENODEV);
	RETURNS(fixture_submit_ring(fd, NULL), ENODEV);
	RETURNS(fixture_unregister(fd, 1), ENODEV);
	RETURNS(fixture_abort(fd, FLOW_IN), ENODEV);
	RETURNS(fixture_reset(fd, FLOW_IN), ENODEV);
	RETURNS(fixture_reap(fd, &completion), ENODEV);
	EQUAL(fixture_events(fd), HANG_UP);
	EQUAL((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), -1);
	EQUAL(errno, ENODEV);
}

/* --- unplugged --- */

static void unplug_idle(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	EQUAL(fixture_events(fd), 0);
	fixture_unplug(&fixture);
	all_is_gone(fd);
	CHECK(fixture_module_references() > 0);
	fixture_close(fd);
	EQUAL(fixture_module_references(), 0);
}

static void unplug_registered(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	flow_open(&flow, fd, FLOW_IN, 8, 16);
	fixture_unplug(&fixture);
	all_is_gone(fd);
}

static void unplug_streaming(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	lifecycle_queue(&flow, fd, 100);
	lifecycle_let_run(&flow, 5);
	fixture_unplug(&fixture);
	EQUAL(fixture_events(fd), POLLIN | HANG_UP);
	lifecycle_take_ended(&flow, 100, 5, -ENODEV);
	all_is_gone(fd);
}

/* The device itself goes, in the middle of packet 100, as from a pulled plug. */
static void vanish_streaming(void)
{
	struct winusb_iso_completion completion;
	unsigned int i, whole = 0, ended = 0;
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	EQUAL(sim_fault(fixture.sim, "vanish@100"), 0);
	lifecycle_queue(&flow, fd, 50);
	for (i = 0; i < 50; i++) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, i);
		whole += completion.status == 0;
		ended += completion.status == -ENODEV;
	}
	EQUAL(whole, 12);
	EQUAL(ended, 38);
	RETURNS(fixture_reap(fd, &completion), ENODEV);
}

static void unplug_queued_deep(void)
{
	struct winusb_iso_setup_ring ring = { .entries = 1024 };
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_SETUP_RING, &ring));
	lifecycle_queue(&flow, fd, 1000);
	lifecycle_let_run(&flow, 5);
	fixture_unplug(&fixture);
	lifecycle_take_ended(&flow, 1000, 5, -ENODEV);
}

struct waiter {
	int fd;
	int result;
	short events;
	unsigned int reaped;
	bool entered;
};

static void *wait_in_reap(void *argument)
{
	struct waiter *waiter = argument;
	struct winusb_iso_completion completion;

	__atomic_store_n(&waiter->entered, true, __ATOMIC_RELEASE);
	while (!(waiter->result = fixture_reap(waiter->fd, &completion)))
		waiter->reaped++;
	return NULL;
}

static void *wait_in_poll(void *argument)
{
	struct waiter *waiter = argument;
	struct pollfd poller = { .fd = waiter->fd, .events = POLLIN };

	__atomic_store_n(&waiter->entered, true, __ATOMIC_RELEASE);
	waiter->result = poll(&poller, 1, -1);
	waiter->events = poller.revents;
	return NULL;
}

static pthread_t start_waiting(struct waiter *waiter, void *(*run)(void *))
{
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, run, waiter));
	while (!__atomic_load_n(&waiter->entered, __ATOMIC_ACQUIRE))
		fixture_sleep_ms(1);
	fixture_sleep_ms(50);
	return thread;
}

static void unplug_reaping(void)
{
	struct fixture fixture;
	struct waiter waiter = { .fd = lifecycle_device(&fixture) };
	pthread_t thread = start_waiting(&waiter, wait_in_reap);

	fixture_unplug(&fixture);
	pthread_join(thread, NULL);
	RETURNS(waiter.result, ENODEV);
	EQUAL(waiter.reaped, 0);
}

static void unplug_reaping_pending(void)
{
	struct fixture fixture;
	struct waiter waiter = { .fd = lifecycle_device(&fixture) };
	struct flow flow;
	pthread_t thread;

	EQUAL(sim_fault(fixture.sim, "hold@0"), 0);
	lifecycle_queue(&flow, waiter.fd, 10);
	thread = start_waiting(&waiter, wait_in_reap);
	fixture_unplug(&fixture);
	pthread_join(thread, NULL);
	RETURNS(waiter.result, ENODEV);
	EQUAL(waiter.reaped, 10);
}

static void unplug_polling(void)
{
	struct fixture fixture;
	struct waiter waiter = { .fd = lifecycle_device(&fixture) };
	pthread_t thread = start_waiting(&waiter, wait_in_poll);

	fixture_unplug(&fixture);
	pthread_join(thread, NULL);
	EQUAL(waiter.result, 1);
	EQUAL(waiter.events, HANG_UP);
}

/* Whoever sees the hang-up finds every completion there. */
static void unplug_polling_pending(void)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	struct waiter waiter = { .fd = lifecycle_device(&fixture) };
	struct flow flow;
	pthread_t thread;
	unsigned int i;

	EQUAL(sim_fault(fixture.sim, "hold@0"), 0);
	lifecycle_queue(&flow, waiter.fd, 10);
	thread = start_waiting(&waiter, wait_in_poll);
	fixture_unplug(&fixture);
	pthread_join(thread, NULL);
	EQUAL(waiter.result, 1);
	CHECK(waiter.events & POLLIN);
	for (i = 0; i < 10; i++)
		REQUIRE_WORKS(fixture_reap(waiter.fd, &completion));
	RETURNS(fixture_reap(waiter.fd, &completion), ENODEV);
}

static void unplug_mapped(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;
	unsigned int i;

	lifecycle_queue(&flow, fd, 4);
	lifecycle_let_run(&flow, 4);
	fixture_unplug(&fixture);
	fixture_close(fd);
	for (i = 0; i < 4; i++) {
		EQUAL(flow.slot[i].table[7].length, 1024);
		CHECK(sim_pattern_matches(flow.slot[i].data, 1024, FLOW_IN,
					  sim_pattern_counter(flow.slot[i].data)));
	}
	memset(flow.slot[0].data, 0x55, 4 * 8 * 1024);
	EQUAL(flow.slot[3].data[8191], 0x55);
	CHECK(fixture_module_references() > 0);
}

static void plug_100_times(void)
{
	struct fixture fixture;
	struct flow flow;
	unsigned int i;
	int fd;

	for (i = 0; i < 100; i++) {
		fd = lifecycle_device(&fixture);
		lifecycle_queue(&flow, fd, 20);
		if (i % 2)
			lifecycle_let_run(&flow, 1);
		fixture_unplug(&fixture);
		lifecycle_take_ended(&flow, 20, i % 2, -ENODEV);
		EQUAL(fixture_events(fd), HANG_UP);
		fixture_unmap(&flow.buffer[0]);
		fixture_close(fd);
	}
}

/* --- unbound, and the module removed --- */

/* Under another name, if a file is open under the old one. */
static void bind_again(struct fixture *fixture)
{
	char name[64];

	snprintf(name, sizeof(name), "%s:1.0", fixture->bus_id);
	WORKS(lifecycle_write(USB "/drivers/winusb_iso/bind", name));
	REQUIRE(fixture_node(fixture, 0, fixture->node, sizeof(fixture->node)));
	lifecycle_works_anew(fixture);
}

static void unbind(const struct fixture *fixture)
{
	char name[64];

	snprintf(name, sizeof(name), "%s:1.0", fixture->bus_id);
	WORKS(lifecycle_write(USB "/drivers/winusb_iso/unbind", name));
	CHECK(access(fixture->node, F_OK));
}

static void unbind_idle(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	unbind(&fixture);
	all_is_gone(fd);
	fixture_close(fd);
	bind_again(&fixture);
}

static void unbind_streaming(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	lifecycle_queue(&flow, fd, 100);
	lifecycle_let_run(&flow, 5);
	unbind(&fixture);
	lifecycle_take_ended(&flow, 100, 5, -ENODEV);
	all_is_gone(fd);
	fixture_unmap(&flow.buffer[0]);
	fixture_close(fd);
	bind_again(&fixture);
}

/* The old file stays dead when the same interface is bound again under the same name. */
static void unbind_keep_open(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	unbind(&fixture);
	bind_again(&fixture);
	all_is_gone(fd);
}

static void remove_while_open(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	lifecycle_queue(&flow, fd, 30);
	RETURNS(remove_module(), EAGAIN);
	lifecycle_take_ended(&flow, 30, 30, 0);
	flow_close(&flow);
	fixture_close(fd);
	WORKS(remove_module());
	EQUAL(fixture_module_references(), -1);
	load_module();
	REQUIRE(fixture_node(&fixture, 0, fixture.node, sizeof(fixture.node)));
	lifecycle_works_anew(&fixture);
}

static void remove_while_mapped(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	flow_open(&flow, fd, FLOW_IN, 8, 4);
	fixture_close(fd);
	RETURNS(remove_module(), EAGAIN);
	fixture_unplug(&fixture);
	RETURNS(remove_module(), EAGAIN);
	flow.slot[0].data[0] = 1;
	fixture_unmap(&flow.buffer[0]);
	WORKS(remove_module());
	load_module();
}

static void remove_bound(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	unsigned int i;

	lifecycle_works(fd);
	fixture_close(fd);
	for (i = 0; i < 10; i++) {
		WORKS(remove_module());
		CHECK(!fixture_any_node());
		load_module();
		CHECK(fixture_any_node());
	}
	lifecycle_works_anew(&fixture);
}

/* --- reset and sleep --- */

static void reset_idle(void)
{
	struct winusb_iso_info info;
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	lifecycle_reset(fd);
	WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	EQUAL(info.current_alternate, 1);
	lifecycle_works(fd);
}

static void reset_streaming(void)
{
	struct flow_want fresh = {
		.flags = WINUSB_ISO_COMPLETION_NEW_STREAM,
		.trust = WINUSB_ISO_TRUST_EXACT,
		.any_place = true,
	};
	struct flow_want not_sent = {
		.status = -EXDEV,
		.errors = 8,
		.flags = WINUSB_ISO_COMPLETION_NOT_SENT,
	};
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;

	lifecycle_queue(&flow, fd, 100);
	lifecycle_let_run(&flow, 5);
	lifecycle_reset(fd);
	lifecycle_take_ended(&flow, 100, 5, -ENETRESET);
	REQUIRE_WORKS(flow_submit(&flow, WINUSB_ISO_TRANSFER_CONTINUE));
	flow_take(&flow, &not_sent);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	flow_take(&flow, &fresh);
	EQUAL(flow.gaps, 0);
	flow_close(&flow);
	lifecycle_works(fd);
}

static void deauthorize(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	struct flow flow;
	char path[128];

	lifecycle_queue(&flow, fd, 100);
	lifecycle_let_run(&flow, 5);
	snprintf(path, sizeof(path), USB "/devices/%s/authorized", fixture.bus_id);
	WORKS(lifecycle_write(path, "0"));
	lifecycle_take_ended(&flow, 100, 5, -ENODEV);
	all_is_gone(fd);
	fixture_unmap(&flow.buffer[0]);
	fixture_close(fd);
	WORKS(lifecycle_write(path, "1"));
	REQUIRE(fixture_node(&fixture, 0, fixture.node, sizeof(fixture.node)));
	lifecycle_works_anew(&fixture);
}

/* Open, it is awake; closed, it may sleep; and it wakes up when it is opened. */
static void autosuspend(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	lifecycle_allow_sleep(&fixture);
	fixture_sleep_ms(200);
	CHECK(lifecycle_power_is(&fixture, "active"));
	lifecycle_works(fd);
	fixture_close(fd);
	CHECK(lifecycle_power_becomes(&fixture, "suspended"));
	fd = fixture_open(&fixture, O_RDWR);
	CHECK(lifecycle_power_is(&fixture, "active"));
	fixture_set_alternate(fd, 1);
	lifecycle_works(fd);
	fixture_close(fd);
	CHECK(lifecycle_power_becomes(&fixture, "suspended"));
}

static void unplug_asleep(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	fixture_close(fd);
	lifecycle_allow_sleep(&fixture);
	CHECK(lifecycle_power_becomes(&fixture, "suspended"));
	fixture_unplug(&fixture);
}

/*
 * vhci_hcd lets no machine sleep that has a device. All that can be seen here is that the attempt
 * does no harm; nothing may be pending, for the device is a process and is frozen first.
 */
static void sleep_refused(void)
{
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	if (access("/sys/power/pm_test", W_OK))
		tap_skip("this kernel can not test to sleep");
	lifecycle_works(fd);
	WORKS(lifecycle_write("/sys/power/pm_test", "devices"));
	RETURNS(lifecycle_write("/sys/power/state", "freeze"), EBUSY);
	WORKS(lifecycle_write("/sys/power/pm_test", "none"));
	EQUAL(fixture_events(fd), 0);
	lifecycle_works(fd);
}

static const struct tap_test tests[] = {
	{ "an idle file outlives its device, and every call says ENODEV", unplug_idle },
	{ "a file with registered buffers outlives its device", unplug_registered },
	{ "unplugged in mid-stream, what was done is collected and the rest says ENODEV",
	  unplug_streaming },
	{ "a device that vanishes in packet 100 leaves 12 transfers of 8 and 38 with ENODEV",
	  vanish_streaming },
	{ "unplugged with 1000 transfers queued, each of them completes", unplug_queued_deep },
	{ "a reader that waits in REAP is woken by the unplug", unplug_reaping },
	{ "a reader that waits in REAP gets all that was pending, then ENODEV",
	  unplug_reaping_pending },
	{ "a reader that waits in poll is woken by the unplug with POLLHUP and POLLERR",
	  unplug_polling },
	{ "a reader that waits in poll finds all that was pending", unplug_polling_pending },
	{ "mapped memory outlives the device and the file", unplug_mapped },
	{ "100 devices in a row are plugged, stream and are unplugged", plug_100_times },
	{ "an idle device is unbound and bound again", unbind_idle },
	{ "unbound in mid-stream, the rest says ENODEV, and bound again it streams",
	  unbind_streaming },
	{ "a file of before stays dead when its device is bound again", unbind_keep_open },
	{ "the module can not be removed while a file is open, and can afterwards",
	  remove_while_open },
	{ "the module can not be removed while memory is mapped, and can afterwards",
	  remove_while_mapped },
	{ "the module is removed and loaded ten times with a device plugged in", remove_bound },
	{ "a reset of an idle device leaves file and alternate setting", reset_idle },
	{ "a reset in mid-stream ends it with ENETRESET, and the next stream works",
	  reset_streaming },
	{ "a device that is not authorized any more in mid-stream says ENODEV", deauthorize },
	{ "a closed device sleeps, and wakes up to stream when it is opened", autosuspend },
	{ "a device is unplugged in its sleep", unplug_asleep },
	{ "an attempt to put the machine to sleep, which vhci_hcd refuses, does no harm",
	  sleep_refused },
};

int main(int argc, char **argv)
{
	tap_after_each(lifecycle_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
