// SPDX-License-Identifier: MIT
/*
 * The same again and again: a device is unplugged in every state a file on it can be in, the module
 * is removed and loaded, processes are killed. How often is in the environment, as
 * ENDURANCE_ROUNDS; what is left over shows at the end: references, nodes, memory of the driver,
 * and with guest/leaks that of the kernel.
 */
#include "lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "plain.h"

#define HANG_UP	       (POLLHUP | POLLERR)
#define QUEUED	       10u
#define DEFAULT_ROUNDS 2u

/* One device, and what a program has on it. */
struct subject {
	struct fixture device;
	int fd; /* -1: closed */
	struct flow flow;
	struct fixture_rings rings;
	struct winusb_iso_setup_pipe_ring pipe_ring;
	void *pipe_map;
	pthread_t thread;
	pid_t child;
	unsigned int ended; /* transfers that the thread has collected, by status */
	int last;	    /* what its last call said */
};

static unsigned int rounds(void)
{
	const char *text = getenv("ENDURANCE_ROUNDS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : DEFAULT_ROUNDS;
}

static struct subject *subject_new(void)
{
	static struct subject subject;

	memset(&subject, 0, sizeof(subject));
	subject.fd = lifecycle_device(&subject.device);
	return &subject;
}

static void is_gone(struct subject *subject)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_info info;

	RETURNS(fixture_ioctl(subject->fd, WINUSB_ISO_IOC_GET_INFO, &info), ENODEV);
	RETURNS(fixture_reap(subject->fd, &completion), ENODEV);
	EQUAL(fixture_events(subject->fd), HANG_UP);
}

static void forget(struct subject *subject)
{
	while (subject->flow.n_buffers)
		fixture_unmap(&subject->flow.buffer[--subject->flow.n_buffers]);
	if (subject->pipe_map)
		munmap(subject->pipe_map, subject->pipe_ring.mmap_size);
	if (subject->fd >= 0)
		fixture_close(subject->fd);
	EQUAL(fixture_module_references(), 0);
}

static void queue(struct subject *subject, unsigned int transfers)
{
	lifecycle_queue(&subject->flow, subject->fd, transfers);
}

/* No packet of what is submitted from now on is carried. */
static void hold(struct subject *subject)
{
	REQUIRE(!sim_fault(subject->device.sim, "hole+1000000:n=1000000"));
}

/* --- states: what comes before the unplug, and what is found after it --- */

static void nothing(struct subject *subject)
{
	(void)subject;
}

static void close_it(struct subject *subject)
{
	fixture_close(subject->fd);
	subject->fd = -1;
}

static void alternate_0(struct subject *subject)
{
	fixture_set_alternate(subject->fd, 0);
}

static void registered(struct subject *subject)
{
	flow_open(&subject->flow, subject->fd, FLOW_IN, 8, 16);
	memset(subject->flow.slot[0].data, 0x55, 8192);
}

static void still_readable(struct subject *subject)
{
	is_gone(subject);
	EQUAL(subject->flow.slot[0].data[8191], 0x55);
}

static void queued(struct subject *subject)
{
	hold(subject);
	queue(subject, QUEUED);
}

static void all_ended(struct subject *subject)
{
	lifecycle_take_ended(&subject->flow, QUEUED, 0, -ENODEV);
	is_gone(subject);
}

static void streaming(struct subject *subject)
{
	queue(subject, 3 * QUEUED);
	lifecycle_let_run(&subject->flow, 2);
}

static void stream_ended(struct subject *subject)
{
	lifecycle_take_ended(&subject->flow, 3 * QUEUED, 2, -ENODEV);
	is_gone(subject);
}

static void streaming_out(struct subject *subject)
{
	flow_open(&subject->flow, subject->fd, FLOW_OUT, 8, 3 * QUEUED);
	while (subject->flow.submitted < 3 * QUEUED)
		REQUIRE_WORKS(flow_submit(&subject->flow, 0));
	lifecycle_let_run(&subject->flow, 2);
}

static void draining(struct subject *subject)
{
	queue(subject, QUEUED);
	lifecycle_let_run(&subject->flow, QUEUED - 1);
}

static void drained_but_one(struct subject *subject)
{
	lifecycle_take_ended(&subject->flow, QUEUED, QUEUED - 1, -ENODEV);
	is_gone(subject);
}

static void drained(struct subject *subject)
{
	queue(subject, QUEUED);
	lifecycle_let_run(&subject->flow, QUEUED);
}

static void all_whole(struct subject *subject)
{
	EQUAL(fixture_events(subject->fd), POLLIN | HANG_UP);
	lifecycle_take_ended(&subject->flow, QUEUED, QUEUED, 0);
	is_gone(subject);
}

static void closed_but_mapped(struct subject *subject)
{
	queue(subject, QUEUED);
	fixture_close(subject->fd);
	subject->fd = -1;
	lifecycle_let_run(&subject->flow, 1);
}

static void holds_the_module(struct subject *subject)
{
	CHECK(fixture_module_references() > 0);
	EQUAL(subject->flow.slot[0].table[7].length, 1024);
}

static void rings_in_use(struct subject *subject)
{
	struct winusb_iso_transfer transfer;
	unsigned int i;

	fixture_rings(subject->fd, &subject->rings, 32);
	flow_open(&subject->flow, subject->fd, FLOW_IN, 8, QUEUED);
	hold(subject);
	for (i = 0; i < QUEUED; i++) {
		transfer = (struct winusb_iso_transfer){
			.cookie = i,
			.buffer = subject->flow.slot[i].handle,
			.offset = subject->flow.slot[i].offset,
			.length = 8192,
			.first_packet = subject->flow.slot[i].first_packet,
			.num_packets = 8,
		};
		fixture_publish(&subject->rings, &transfer);
	}
	REQUIRE_WORKS(fixture_submit_ring(subject->fd, NULL));
}

static void collect_ended(struct subject *subject)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < QUEUED; i++) {
		REQUIRE(fixture_collect(&subject->rings, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, ENODEV);
	}
	CHECK(!fixture_collect(&subject->rings, &completion));
	fixture_unmap_rings(&subject->rings);
	EQUAL(fixture_events(subject->fd), HANG_UP);
}

/* Of these the driver takes by itself what it can hand over, and the rest at the end. */
static void pipe_ring_in_use(struct subject *subject)
{
	struct winusb_iso_pipe pipe = { .pipe = FLOW_IN };
	struct winusb_iso_pipe_ring *control;
	struct winusb_iso_transfer *entry;
	unsigned int i;

	flow_open(&subject->flow, subject->fd, FLOW_IN, 8, QUEUED);
	subject->pipe_ring = (struct winusb_iso_setup_pipe_ring){
		.pipe = FLOW_IN,
		.entries = 32,
	};
	REQUIRE_WORKS(
		fixture_ioctl(subject->fd, WINUSB_ISO_IOC_SETUP_PIPE_RING, &subject->pipe_ring));
	control = mmap(NULL, subject->pipe_ring.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       subject->fd, (off_t)subject->pipe_ring.mmap_offset);
	REQUIRE(control != MAP_FAILED);
	subject->pipe_map = control;
	entry = (void *)((uint8_t *)control + subject->pipe_ring.transfers_offset);
	hold(subject);
	for (i = 0; i < QUEUED; i++)
		entry[i] = (struct winusb_iso_transfer){
			.cookie = i,
			.buffer = subject->flow.slot[i].handle,
			.offset = subject->flow.slot[i].offset,
			.length = 8192,
			.first_packet = subject->flow.slot[i].first_packet,
			.num_packets = 8,
		};
	__atomic_store_n(&control->tail, QUEUED, __ATOMIC_RELEASE);
	REQUIRE_WORKS(fixture_ioctl(subject->fd, WINUSB_ISO_IOC_START_PIPE, &pipe));
}

static void each_once(struct subject *subject)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < QUEUED; i++) {
		REQUIRE_WORKS(fixture_reap(subject->fd, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, ENODEV);
	}
	is_gone(subject);
}

/* A control transfer that the device does not answer. */
static void control_pending(struct subject *subject)
{
	struct plain plain = { .device = subject->device, .fd = subject->fd };
	struct winusb_iso_transfer transfer;

	plain_buffer(&plain, &subject->flow.buffer[0], CONTROL, PLAIN_ROOM);
	subject->flow.n_buffers = 1;
	transfer =
		plain_control(&subject->flow.buffer[0], 0xc0, SIM_REQUEST_SLOW, 0xffff, 0, 64, 7);
	REQUIRE_WORKS(fixture_submit(subject->fd, &transfer));
}

static void control_ended(struct subject *subject)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(subject->fd, &completion));
	EQUAL(completion.cookie, 7);
	RETURNS(completion.status, ENODEV);
	is_gone(subject);
}

/* --- somebody else is in a call --- */

static void *reap_on(void *argument)
{
	struct subject *subject = argument;
	struct winusb_iso_completion completion;

	while (!(subject->last = fixture_reap(subject->fd, &completion)))
		subject->ended += completion.status == -ENODEV;
	return NULL;
}

static void reaping(struct subject *subject)
{
	queued(subject);
	REQUIRE(!pthread_create(&subject->thread, NULL, reap_on, subject));
}

static void reaper_has_all(struct subject *subject)
{
	pthread_join(subject->thread, NULL);
	RETURNS(subject->last, ENODEV);
	EQUAL(subject->ended, QUEUED);
}

static void *wait_on(void *argument)
{
	struct subject *subject = argument;
	struct winusb_iso_wait wait = { .completions = QUEUED };

	subject->last = fixture_ioctl(subject->fd, WINUSB_ISO_IOC_WAIT, &wait);
	return NULL;
}

static void waiting(struct subject *subject)
{
	fixture_rings(subject->fd, &subject->rings, 32);
	queued(subject);
	REQUIRE(!pthread_create(&subject->thread, NULL, wait_on, subject));
}

static void waiter_is_woken(struct subject *subject)
{
	pthread_join(subject->thread, NULL);
	WORKS(subject->last);
	fixture_unmap_rings(&subject->rings);
	all_ended(subject);
}

/* A child holds file and mapping, and is killed when the device has gone. */
static void shared_with_a_child(struct subject *subject)
{
	queued(subject);
	subject->child = fork();
	REQUIRE(subject->child >= 0);
	if (!subject->child)
		for (;;)
			pause();
}

static void child_is_killed(struct subject *subject)
{
	int status;

	all_ended(subject);
	EQUAL(kill(subject->child, SIGKILL), 0);
	EQUAL(waitpid(subject->child, &status, 0), subject->child);
	EQUAL(WTERMSIG(status), SIGKILL);
}

static void asleep(struct subject *subject)
{
	close_it(subject);
	lifecycle_allow_sleep(&subject->device);
	REQUIRE(lifecycle_power_becomes(&subject->device, "suspended"));
}

struct state {
	const char *sentence;
	void (*before)(struct subject *subject);
	void (*after)(struct subject *subject);
};

static const struct state states[] = {
	{ "devices are unplugged with no file open", close_it, nothing },
	{ "devices are unplugged in their sleep", asleep, nothing },
	{ "devices are unplugged with an idle file", nothing, is_gone },
	{ "devices are unplugged in alternate setting 0", alternate_0, is_gone },
	{ "devices are unplugged with memory registered and mapped", registered, still_readable },
	{ "devices are unplugged with transfers that have not begun", queued, all_ended },
	{ "devices are unplugged while an IN stream runs", streaming, stream_ended },
	{ "devices are unplugged while an OUT stream runs", streaming_out, stream_ended },
	{ "devices are unplugged while a stream drains", draining, drained_but_one },
	{ "devices are unplugged when a stream has drained", drained, all_whole },
	{ "devices are unplugged with the file closed and its memory mapped", closed_but_mapped,
	  holds_the_module },
	{ "devices are unplugged with the session's rings in use", rings_in_use, collect_ended },
	{ "devices are unplugged with a pipe's ring in use", pipe_ring_in_use, each_once },
	{ "devices are unplugged with a control transfer pending", control_pending, control_ended },
	{ "devices are unplugged under a reader in REAP", reaping, reaper_has_all },
	{ "devices are unplugged under a reader in WAIT", waiting, waiter_is_woken },
	{ "devices are unplugged that a child shares", shared_with_a_child, child_is_killed },
};

#define STATES (sizeof(states) / sizeof(states[0]))

static void unplug_each(void)
{
	const struct state *state = states;
	struct subject *subject;
	unsigned int i;

	while (strcmp(state->sentence, tap_sentence()))
		state++;
	for (i = 0; i < rounds(); i++) {
		subject = subject_new();
		state->before(subject);
		fixture_unplug(&subject->device);
		state->after(subject);
		forget(subject);
	}
	tap_note("%u times", i);
}

/* --- what a device outlives --- */

static void bind_again(struct fixture *device)
{
	char name[64];

	snprintf(name, sizeof(name), "%s:1.0", device->bus_id);
	REQUIRE_WORKS(module_driver_write("bind", name));
	REQUIRE(fixture_node(device, 0, device->node, sizeof(device->node)));
}

static void unbind(const struct fixture *device)
{
	char name[64];

	snprintf(name, sizeof(name), "%s:1.0", device->bus_id);
	REQUIRE_WORKS(module_driver_write("unbind", name));
}

static void open_again(struct subject *subject)
{
	subject->fd = fixture_open(&subject->device, O_RDWR);
	fixture_set_alternate(subject->fd, 1);
}

static void *abort_on(void *argument)
{
	struct subject *subject = argument;

	while (!(subject->last = fixture_abort(subject->fd, FLOW_IN)))
		;
	return NULL;
}

/* While an abort is under way none is taken. */
static void submit_against_aborts(struct flow *flow)
{
	int err;

	while (flow->submitted < 16) {
		err = flow_submit(flow, 0);
		if (err == -EBUSY || err == -EAGAIN)
			fixture_sleep_ms(1);
		else
			REQUIRE_WORKS(err);
	}
}

/* Each transfer that was taken ends once, for one of three reasons. */
static void take_aborted(struct subject *subject)
{
	struct winusb_iso_completion completion;
	uint64_t i;

	for (i = 0; i < subject->flow.submitted; i++) {
		REQUIRE_WORKS(fixture_reap(subject->fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, i);
		CHECK(completion.status == 0 || completion.status == -ECONNRESET ||
		      completion.status == -ENODEV);
	}
	is_gone(subject);
}

/* Not unplugged: vhci_hcd may lose an URB that is unlinked while the link goes. */
static void unbind_aborting(void)
{
	struct subject *subject = subject_new();
	unsigned int i;

	for (i = 0; i < rounds(); i++) {
		flow_open(&subject->flow, subject->fd, FLOW_IN, 8, 16);
		REQUIRE(!pthread_create(&subject->thread, NULL, abort_on, subject));
		submit_against_aborts(&subject->flow);
		unbind(&subject->device);
		pthread_join(subject->thread, NULL);
		RETURNS(subject->last, ENODEV);
		take_aborted(subject);
		forget(subject);
		bind_again(&subject->device);
		open_again(subject);
	}
	lifecycle_works(subject->fd);
}

/* The file of before holds the module, also when nothing is bound any more. */
static void removed_after_unbind(void)
{
	struct subject *subject = subject_new();
	unsigned int i;

	for (i = 0; i < rounds(); i++) {
		queue(subject, QUEUED);
		unbind(&subject->device);
		lifecycle_take_ended(&subject->flow, QUEUED, 0, -ENODEV);
		RETURNS(module_unload(), EAGAIN);
		forget(subject);
		REQUIRE_WORKS(module_unload());
		REQUIRE_WORKS(module_load(MODULE_DEFAULT_PARAMETERS));
		REQUIRE(fixture_node(&subject->device, 0, subject->device.node,
				     sizeof(subject->device.node)));
		open_again(subject);
	}
	lifecycle_works(subject->fd);
}

static void reset_streaming(void)
{
	struct subject *subject = subject_new();
	unsigned int i;

	for (i = 0; i < rounds(); i++) {
		queue(subject, 3 * QUEUED);
		lifecycle_let_run(&subject->flow, 2);
		lifecycle_reset(subject->fd);
		lifecycle_take_ended(&subject->flow, 3 * QUEUED, 2, -ENETRESET);
		flow_close(&subject->flow);
	}
	lifecycle_works(subject->fd);
}

static void killed(void)
{
	struct subject *subject = subject_new();
	struct lifecycle_streamer streamer = { .node = subject->device.node };
	unsigned int i;
	int ends[2];
	pid_t child;
	char byte;

	close_it(subject);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	streamer.tell = ends[1];
	for (i = 0; i < rounds(); i++) {
		child = fork();
		REQUIRE(child >= 0);
		if (!child)
			_exit(lifecycle_stream_forever(&streamer));
		REQUIRE(read(ends[0], &byte, 1) == 1);
		REQUIRE(!kill(child, SIGKILL));
		REQUIRE(waitpid(child, NULL, 0) == child);
		EQUAL(fixture_module_references(), 0);
	}
	close(ends[0]);
	close(ends[1]);
	lifecycle_works_anew(&subject->device);
}

/* As often as all the devices above together are unplugged. */
static void loaded(void)
{
	struct subject *subject = subject_new();
	unsigned int i;

	for (i = 0; i < rounds() * STATES; i++) {
		RETURNS(module_unload(), EAGAIN);
		fixture_close(subject->fd);
		REQUIRE_WORKS(module_unload());
		EQUAL(fixture_module_references(), -1);
		CHECK(!fixture_any_node());
		REQUIRE_WORKS(module_load(MODULE_DEFAULT_PARAMETERS));
		REQUIRE(fixture_node(&subject->device, 0, subject->device.node,
				     sizeof(subject->device.node)));
		open_again(subject);
	}
	tap_note("%u times", i);
	lifecycle_works(subject->fd);
}

static const struct tap_test others[] = {
	{ "interfaces are unbound while a thread aborts", unbind_aborting },
	{ "the module is removed after an unbind, as soon as the last file is closed",
	  removed_after_unbind },
	{ "devices are reset while a stream runs", reset_streaming },
	{ "processes are killed while they stream", killed },
	{ "the module is removed and loaded, but not while a file is open", loaded },
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

int main(int argc, char **argv)
{
	struct tap_test tests[STATES + OTHERS];
	size_t i;

	for (i = 0; i < STATES; i++)
		tests[i] = (struct tap_test){ states[i].sentence, unplug_each };
	memcpy(tests + STATES, others, sizeof(others));
	tap_after_each(lifecycle_nothing_left);
	return tap_main(argc, argv, tests, STATES + OTHERS);
}
