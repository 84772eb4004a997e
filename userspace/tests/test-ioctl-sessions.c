// SPDX-License-Identifier: MIT
/* Changing the alternate setting, aborting, polling, and several sessions at one device. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

static int select_alternate(int fd, uint32_t alternate)
{
	struct winusb_iso_set_alternate set = { .alternate = alternate };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set);
}

static int current_alternate(int fd)
{
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	return info.current_alternate;
}

static unsigned int device_alternate(const struct scene *scene)
{
	struct sim_device_stats stats;

	sim_device_stats(scene->device.sim, &stats);
	return stats.alternate[0];
}

static void submit_some(struct scene *scene, unsigned int count)
{
	struct winusb_iso_transfer transfer;
	unsigned int i;

	for (i = 0; i < count; i++) {
		transfer = fixture_transfer(&scene->in, 8 * i, 8, i);
		REQUIRE_WORKS(fixture_submit(scene->fd, &transfer));
	}
}

/* All of submit_some() has completed by now, in order, with @status and nothing received. */
static void expect_ended(struct scene *scene, unsigned int count, int status)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < count; i++) {
		REQUIRE_WORKS(fixture_reap(scene->fd, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, status);
		EQUAL(completion.num_packets, 8);
		EQUAL(completion.error_count, 8);
		EQUAL(completion.actual_length, 0);
	}
	RETURNS(fixture_reap(scene->fd, &completion), EAGAIN);
}

/* --- alternate settings --- */

static void every_alternate(void)
{
	struct scene scene;
	unsigned int i;

	scene_open(&scene);
	for (i = 0; i < 9; i++) {
		WORKS(select_alternate(scene.fd, 8 - i));
		EQUAL(current_alternate(scene.fd), 8 - i);
		EQUAL(device_alternate(&scene), 8 - i);
	}
}

static void no_such_alternate(void)
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(select_alternate(scene.fd, 9), ENOENT);
	RETURNS(select_alternate(scene.fd, 257), ENOENT);
	RETURNS(select_alternate(scene.fd, UINT32_MAX), ENOENT);
	EQUAL(current_alternate(scene.fd), 1);
	EQUAL(device_alternate(&scene), 1);
	scene_still_streams(&scene, 1);
}

/* A failed call leaves the stream alone. */
static void failed_change_ends_nothing(void)
{
	struct winusb_iso_completion completion;
	struct scene scene;
	unsigned int i;

	scene_set_up(&scene);
	scene_hold(&scene);
	submit_some(&scene, 4);
	RETURNS(select_alternate(scene.fd, 9), ENOENT);
	RETURNS(fixture_reap(scene.fd, &completion), EAGAIN);
	scene_release(&scene);
	for (i = 0; i < 4; i++) {
		REQUIRE_WORKS(scene_reap_wait(scene.fd, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, 0);
	}
}

static void owned_by_another(void)
{
	struct scene scene;
	int other;

	scene_set_up(&scene);
	other = scene_open_another(&scene);
	scene_hold(&scene);
	submit_some(&scene, 2);
	RETURNS(select_alternate(other, 2), EBUSY);
	EQUAL(current_alternate(other), 1);
	scene_release(&scene);
	tap_note("the owner may, and once nobody is, anybody");
	WORKS(select_alternate(scene.fd, 2));
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
	WORKS(select_alternate(other, 1));
	EQUAL(current_alternate(scene.fd), 1);
}

static void change_ends_streams(void)
{
	struct scene scene;

	scene_set_up(&scene);
	scene_hold(&scene);
	submit_some(&scene, 5);
	WORKS(select_alternate(scene.fd, 2));
	expect_ended(&scene, 5, ECONNRESET);
	scene_release(&scene);
	tap_note("the buffer serves the pipe of the same address, by its new size");
	scene.in.max_bytes = 3072;
	submit_some(&scene, 1);
}

static void buffer_serves_again(void)
{
	struct winusb_iso_transfer transfer;
	struct scene scene;

	scene_set_up(&scene);
	scene_still_streams(&scene, 1);
	WORKS(select_alternate(scene.fd, 0));
	transfer = fixture_transfer(&scene.in, 0, 8, 2);
	RETURNS(fixture_submit(scene.fd, &transfer), ESTALE);
	WORKS(select_alternate(scene.fd, 1));
	scene_still_streams(&scene, 3);
}

/* The device stalls SET_INTERFACE. */
static void device_refuses(void)
{
	struct scene scene;

	scene_set_up(&scene);
	scene_hold(&scene);
	submit_some(&scene, 3);
	REQUIRE(!sim_fault(scene.device.sim, "stall:pipe=0"));
	RETURNS(select_alternate(scene.fd, 2), EPIPE);
	EQUAL(current_alternate(scene.fd), -1);
	expect_ended(&scene, 3, ECONNRESET);
	tap_note("until one is known there are no pipes");
	{
		struct winusb_iso_transfer transfer = fixture_transfer(&scene.in, 0, 8, 9);

		RETURNS(fixture_submit(scene.fd, &transfer), ESTALE);
		RETURNS(fixture_abort(scene.fd, SCENE_IN), ENOENT);
	}
	scene_release(&scene);
	WORKS(select_alternate(scene.fd, 1));
	EQUAL(current_alternate(scene.fd), 1);
	scene_still_streams(&scene, 4);
}

/* --- abort and reset --- */

static void check_stop_refused(int (*stop)(int fd, uint8_t pipe))
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(stop(scene.fd, 0x8f), ENOENT);
	RETURNS(stop(scene.fd, SCENE_IN | 0x10), ENOENT);
	RETURNS(stop(scene_open_another(&scene), SCENE_IN), EBUSY);
	tap_note("a pipe with nothing pending, and one that nobody owns");
	WORKS(stop(scene.fd, SCENE_IN));
	WORKS(stop(scene.fd, SCENE_OUT));
	WORKS(stop(scene.fd, 0x00));
	scene_still_streams(&scene, 1);
	tap_note("what another alternate setting has");
	RETURNS(stop(scene.fd, 0x83), ENOENT);
	fixture_set_alternate(scene.fd, 8);
	WORKS(stop(scene.fd, 0x83));
	fixture_set_alternate(scene.fd, 0);
	RETURNS(stop(scene.fd, SCENE_IN), ENOENT);
}

static void abort_refused(void)
{
	check_stop_refused(fixture_abort);
}
static void reset_refused(void)
{
	check_stop_refused(fixture_reset);
}

static void check_stop(int (*stop)(int fd, uint8_t pipe))
{
	struct scene scene;

	scene_set_up(&scene);
	scene_hold(&scene);
	submit_some(&scene, 8);
	WORKS(stop(scene.fd, SCENE_IN));
	expect_ended(&scene, 8, ECONNRESET);
	scene_release(&scene);
	scene_still_streams(&scene, 9);
}

static void aborts(void)
{
	check_stop(fixture_abort);
}
static void resets(void)
{
	check_stop(fixture_reset);
}

static void refused_stop_ends_nothing(void)
{
	struct winusb_iso_completion completion;
	struct scene scene;

	scene_set_up(&scene);
	scene_hold(&scene);
	submit_some(&scene, 1);
	RETURNS(fixture_abort(scene_open_another(&scene), SCENE_IN), EBUSY);
	RETURNS(fixture_reset(scene_open_another(&scene), SCENE_IN), EBUSY);
	RETURNS(fixture_reap(scene.fd, &completion), EAGAIN);
	scene_release(&scene);
	REQUIRE_WORKS(scene_reap_wait(scene.fd, &completion));
	RETURNS(completion.status, 0);
}

static void abort_leaves_other_pipes(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer out;
	struct scene scene;

	scene_set_up(&scene);
	fixture_register_packets(scene.fd, &out, SCENE_OUT, 8);
	scene_hold(&scene);
	submit_some(&scene, 1);
	transfer = fixture_transfer(&out, 0, 8, 77);
	REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	WORKS(fixture_abort(scene.fd, SCENE_IN));
	expect_ended(&scene, 1, ECONNRESET);
	scene_release(&scene);
	REQUIRE_WORKS(scene_reap_wait(scene.fd, &completion));
	EQUAL(completion.cookie, 77);
	RETURNS(completion.status, 0);
}

/* --- poll --- */

static void polls(void)
{
	struct winusb_iso_completion completion;
	struct fixture_rings rings;
	struct scene scene;

	scene_open(&scene);
	EQUAL(fixture_events(scene.fd), 0);
	fixture_rings(scene.fd, &rings, 16);
	fixture_register_packets(scene.fd, &scene.in, SCENE_IN, SCENE_PACKETS);
	EQUAL(fixture_events(scene.fd), 0);
	scene_hold(&scene);
	submit_some(&scene, 2);
	EQUAL(fixture_events(scene.fd), 0);
	WORKS(fixture_abort(scene.fd, SCENE_IN));
	EQUAL(fixture_events(scene.fd), POLLIN);
	tap_note("it tells the level: until both are collected, by call or through the ring");
	REQUIRE(fixture_collect(&rings, &completion));
	EQUAL(fixture_events(scene.fd), POLLIN);
	REQUIRE_WORKS(fixture_reap(scene.fd, &completion));
	EQUAL(completion.cookie, 1);
	EQUAL(fixture_events(scene.fd), 0);
}

static void poll_wakes(void)
{
	struct pollfd poller;
	struct scene scene;

	scene_set_up(&scene);
	submit_some(&scene, 1);
	poller = (struct pollfd){ .fd = scene.fd, .events = POLLIN };
	EQUAL(poll(&poller, 1, FIXTURE_WAIT_MS), 1);
	EQUAL(poller.revents, POLLIN);
}

static void poll_wakes_at_unplug(void)
{
	struct pollfd poller;
	struct scene scene;

	scene_set_up(&scene);
	sim_vanish(scene.device.sim);
	poller = (struct pollfd){ .fd = scene.fd, .events = POLLIN };
	EQUAL(poll(&poller, 1, FIXTURE_WAIT_MS), 1);
	EQUAL(poller.revents, POLLHUP | POLLERR);
}

/* --- several sessions --- */

static void sessions_are_apart(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct scene scene, other;

	scene_set_up(&scene);
	other = scene;
	other.fd = scene_open_another(&scene);
	fixture_register_packets(other.fd, &other.in, SCENE_OUT, SCENE_PACKETS);
	transfer = fixture_transfer(&scene.in, 0, 8, 1);
	REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	transfer = fixture_transfer(&other.in, 0, 16, 2);
	REQUIRE_WORKS(fixture_submit(other.fd, &transfer));
	REQUIRE_WORKS(scene_reap_wait(scene.fd, &completion));
	EQUAL(completion.cookie, 1);
	EQUAL(completion.pipe, SCENE_IN);
	REQUIRE_WORKS(scene_reap_wait(other.fd, &completion));
	EQUAL(completion.cookie, 2);
	EQUAL(completion.pipe, SCENE_OUT);
	RETURNS(fixture_reap(scene.fd, &completion), EAGAIN);
	RETURNS(fixture_reap(other.fd, &completion), EAGAIN);
	tap_note("one closes, the other goes on");
	fixture_close(other.fd);
	scene_still_streams(&scene, 3);
}

static void closing_while_pending(void)
{
	struct winusb_iso_completion completion;
	struct scene scene;
	int other;

	scene_set_up(&scene);
	other = scene_open_another(&scene);
	scene_hold(&scene);
	submit_some(&scene, 8);
	fixture_unmap(&scene.in);
	fixture_close(scene.fd);
	scene_release(&scene);
	tap_note("another can take the pipe at once");
	scene.fd = other;
	fixture_register_packets(other, &scene.in, SCENE_IN, SCENE_PACKETS);
	RETURNS(fixture_reap(other, &completion), EAGAIN);
	scene_still_streams(&scene, 1);
}

static void many_sessions(void)
{
	struct scene scene;
	unsigned int i;

	scene_set_up(&scene);
	for (i = 0; i < 200; i++)
		EQUAL(current_alternate(scene_open_another(&scene)), 1);
	scene_still_streams(&scene, 1);
}

static const struct tap_test tests[] = {
	{ "SET_ALTERNATE selects every alternate setting", every_alternate },
	{ "SET_ALTERNATE of one that is not there says ENOENT", no_such_alternate },
	{ "SET_ALTERNATE that fails ends no stream", failed_change_ends_nothing },
	{ "SET_ALTERNATE while another session owns a pipe says EBUSY", owned_by_another },
	{ "SET_ALTERNATE ends what is pending with ECONNRESET", change_ends_streams },
	{ "a buffer serves again when its pipe is back", buffer_serves_again },
	{ "SET_ALTERNATE that the device stalls says EPIPE, and it is unknown", device_refuses },
	{ "ABORT_PIPE says ENOENT without the pipe and EBUSY to others", abort_refused },
	{ "RESET_PIPE says ENOENT without the pipe and EBUSY to others", reset_refused },
	{ "ABORT_PIPE ends what is pending with ECONNRESET before it returns", aborts },
	{ "RESET_PIPE ends what is pending with ECONNRESET before it returns", resets },
	{ "an abort that is refused ends nothing", refused_stop_ends_nothing },
	{ "ABORT_PIPE leaves other pipes alone", abort_leaves_other_pipes },
	{ "poll() tells whether a completion waits", polls },
	{ "poll() wakes when a transfer completes", poll_wakes },
	{ "poll() wakes when the device is unplugged", poll_wakes_at_unplug },
	{ "sessions get their own completions only", sessions_are_apart },
	{ "closing a file with pending transfers gives the pipe back", closing_while_pending },
	{ "two hundred sessions can be open", many_sessions },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
