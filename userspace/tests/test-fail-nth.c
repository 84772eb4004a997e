// SPDX-License-Identifier: MIT
/*
 * Every call, with its first, second, third ... allocation of memory or copy from or to user space
 * failing, until none is left: it says ENOMEM or EFAULT, nothing of it stays, and the device
 * streams. Needs a kernel with fault injection, and dummy_hcd with isochronous transfers. (Not
 * vhci_hcd: it loses an URB when it has no memory, and then waits for it.)
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gadget.h"
#include "inject.h"
#include "module.h"

#define PACKETS 8u
#define MOST	5000u /* allocations of a call: far more than there are */

/* All that may be registered: a buffer that fits finds out that nothing else is there. */
#define LIMIT_MB 1
#define LIMIT	 ((uint32_t)LIMIT_MB << 20)
#define PAGE	 4096u

/* struct trial - what a call works on; made anew for each failure */
struct trial {
	int fd;
	struct fixture_buffer buffer;
	struct fixture_rings rings;
	struct winusb_iso_setup_pipe_ring pipe_ring;
	void *mapping;
	void *pipe_mapping;
};

/*
 * struct call - a call to be tried
 * @prepare: what comes before it; NULL if nothing does.
 * @run: the call: 0 or a negative errno.
 * @check: what must hold after it, @err is what it said; NULL if nothing is to be looked at.
 * @copies: how many copies from and to user space it makes; each says EFAULT.
 * @allocates: it can say ENOMEM.
 */
struct call {
	void (*prepare)(struct trial *trial);
	int (*run)(struct trial *trial);
	void (*check)(struct trial *trial, int err);
	unsigned int copies;
	bool allocates;
};

static struct gadget gadget;
static struct winusb_iso_pipe_info pipe_in; /* the isochronous one */
static struct winusb_iso_pipe_info bulk_in;

enum { ISOCHRONOUS = 1, BULK };

/* The first IN pipe of the type in alternate setting 1. */
static void find_pipe(int fd, unsigned int type, struct winusb_iso_pipe_info *pipe)
{
	unsigned int i = 0;

	do {
		*pipe = (struct winusb_iso_pipe_info){ .alternate = 1, .index = i++ };
		REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, pipe));
	} while (pipe->type != type || !(pipe->address & 0x80));
}

/* Zeros, one packet each ms. */
static void plug(void)
{
	static const struct gadget_source_sink zeros = {
		.interval = 4,
		.max_packet = 192,
		.queue = 8,
	};
	int fd;

	gadget_new(&gadget, GADGET_PRODUCT);
	gadget_add_source_sink(&gadget, &zeros);
	gadget_plug(&gadget, &gadget_speeds[1]);
	fd = fixture_open(&gadget.device, O_RDONLY);
	find_pipe(fd, ISOCHRONOUS, &pipe_in);
	find_pipe(fd, BULK, &bulk_in);
	fixture_close(fd);
}

static bool has_node(void *unused)
{
	(void)unused;
	return !access(gadget.device.node, F_OK);
}

static int open_node(void)
{
	REQUIRE(fixture_wait(has_node, NULL));
	return fixture_open(&gadget.device, O_RDWR | O_NONBLOCK);
}

static void reap(int fd, struct winusb_iso_completion *completion)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	REQUIRE(poll(&poller, 1, FIXTURE_WAIT_MS) == 1);
	REQUIRE_WORKS(fixture_reap(fd, completion));
}

/* Alternate setting 1; changing it costs more than all else here. */
static void select_pipe(int fd)
{
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	if (info.current_alternate != 1)
		fixture_set_alternate(fd, 1);
}

/* A transfer works, with a buffer as large as all buffers may be: the last trial left none. */
static void expect_whole(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	int fd = open_node();

	select_pipe(fd);
	fixture_register(fd, &buffer, pipe_in.address, LIMIT - PAGE, PACKETS);
	buffer.max_bytes = pipe_in.max_bytes_per_interval;
	transfer = fixture_transfer(&buffer, 0, PACKETS, 7);
	REQUIRE_WORKS(fixture_submit(fd, &transfer));
	reap(fd, &completion);
	WORKS(completion.status);
	EQUAL(completion.actual_length, PACKETS * pipe_in.max_bytes_per_interval);
	EQUAL(completion.error_count, 0);
	fixture_unmap(&buffer);
	fixture_close(fd);
}

/* struct tally - what became of the failures */
struct tally {
	unsigned int injected, no_memory, faults;
};

static void judge(const struct call *call, struct trial *trial, int err, struct tally *tally)
{
	tally->injected++;
	tally->no_memory += err == -ENOMEM;
	tally->faults += err == -EFAULT;
	if (err && err != -ENOMEM && err != -EFAULT) {
		tap_note("failure %u", tally->injected);
		WORKS(err);
	}
	if (call->check)
		call->check(trial, err);
}

/* One trial; false if the call had nothing left that could fail. */
static bool try_nth(const struct call *call, unsigned int nth, struct tally *tally)
{
	struct trial trial = { .fd = open_node() };
	bool failed;
	int err;

	if (call->prepare)
		call->prepare(&trial);
	inject_begin(nth);
	err = call->run(&trial);
	failed = inject_end();
	if (failed)
		judge(call, &trial, err, tally);
	else
		WORKS(err);
	if (trial.mapping)
		munmap(trial.mapping, trial.rings.info.entries ? trial.rings.info.mmap_size :
								 trial.buffer.info.mmap_size);
	if (trial.pipe_mapping)
		munmap(trial.pipe_mapping, trial.pipe_ring.mmap_size);
	if (trial.buffer.mapping)
		fixture_unmap(&trial.buffer);
	fixture_close(trial.fd);
	return failed;
}

static struct tally run_sweep(const struct call *call)
{
	struct tally tally = { 0 };
	unsigned int nth = 1;

	while (nth < MOST && try_nth(call, nth, &tally)) {
		expect_whole();
		nth++;
	}
	tap_note("%u failures: %u ENOMEM, %u EFAULT, %u without harm", tally.injected,
		 tally.no_memory, tally.faults, tally.injected - tally.no_memory - tally.faults);
	CHECK(nth < MOST);
	return tally;
}

/*
 * Allocations and copies first. How many of the former there are varies a little: the kernel's own
 * checks allocate now and then, so that a copy may fail twice, or not at all. So then copies alone.
 */
static void sweep(const struct call *call)
{
	struct tally tally;

	plug();
	fixture_set_module_parameter("memory_limit_mb", LIMIT_MB);
	inject_prepare();
	tally = run_sweep(call);
	EQUAL(tally.no_memory > 0, call->allocates);
	inject_only_copies();
	tally = run_sweep(call);
	EQUAL(tally.no_memory, 0);
	EQUAL(tally.injected, call->copies);
	EQUAL(tally.faults, call->copies);
}

/* --- queries --- */

static int run_info(struct trial *trial)
{
	struct winusb_iso_info info;

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_INFO, &info);
}

static void get_info(void)
{
	sweep(&(struct call){ .run = run_info, .copies = 2 });
}

static int run_alternate(struct trial *trial)
{
	struct winusb_iso_alternate alternate = { .index = 1 };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate);
}

static void get_alternate(void)
{
	sweep(&(struct call){ .run = run_alternate, .copies = 3 });
}

static int run_pipe(struct trial *trial)
{
	struct winusb_iso_pipe_info pipe = { .alternate = 1 };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_PIPE, &pipe);
}

static void get_pipe(void)
{
	sweep(&(struct call){ .run = run_pipe, .copies = 3 });
}

static int run_frame(struct trial *trial)
{
	struct winusb_iso_frame frame;

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_FRAME, &frame);
}

static void get_frame(void)
{
	sweep(&(struct call){ .run = run_frame, .copies = 2 });
}

/* --- opening, alternate settings, memory --- */

static int run_open(struct trial *trial)
{
	int fd = open(gadget.device.node, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	(void)trial;
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void open_fails(void)
{
	sweep(&(struct call){ .run = run_open, .copies = 1, .allocates = true });
}

static int run_set_alternate(struct trial *trial)
{
	struct winusb_iso_set_alternate set = { .alternate = 1 };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set);
}

/* The device did not hear of it, or its answer was not heard: then it is not known. */
static void check_alternate(struct trial *trial, int err)
{
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_INFO, &info));
	if (err)
		CHECK(info.current_alternate == 0 || info.current_alternate == -1);
	else
		EQUAL(info.current_alternate, 1);
}

static void prepare_other_alternate(struct trial *trial)
{
	fixture_set_alternate(trial->fd, 0);
}

static void set_alternate(void)
{
	sweep(&(struct call){ .prepare = prepare_other_alternate,
			      .run = run_set_alternate,
			      .check = check_alternate,
			      .copies = 1,
			      .allocates = true });
}

static int run_setup_ring(struct trial *trial)
{
	struct winusb_iso_setup_ring setup = { .entries = 512 };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_SETUP_RING, &setup);
}

static void setup_ring(void)
{
	sweep(&(struct call){ .run = run_setup_ring, .copies = 3, .allocates = true });
}

static void prepare_pipe(struct trial *trial)
{
	select_pipe(trial->fd);
}

static int run_register(struct trial *trial)
{
	trial->buffer.info = (struct winusb_iso_buffer){
		.pipe = pipe_in.address,
		.packets = PACKETS,
		.size = PACKETS * pipe_in.max_bytes_per_interval,
	};
	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &trial->buffer.info);
}

static void register_first(void)
{
	sweep(&(struct call){ .prepare = prepare_pipe,
			      .run = run_register,
			      .copies = 3,
			      .allocates = true });
}

static void prepare_buffer(struct trial *trial)
{
	prepare_pipe(trial);
	fixture_register_packets(trial->fd, &trial->buffer, pipe_in.address, PACKETS);
}

static int run_register_more(struct trial *trial)
{
	struct winusb_iso_buffer more = {
		.pipe = pipe_in.address,
		.packets = PACKETS,
		.size = PACKETS * pipe_in.max_bytes_per_interval,
	};

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &more);
}

static void register_second(void)
{
	sweep(&(struct call){ .prepare = prepare_buffer,
			      .run = run_register_more,
			      .copies = 3,
			      .allocates = true });
}

static int run_unregister(struct trial *trial)
{
	return fixture_unregister(trial->fd, trial->buffer.info.handle);
}

static void unregister(void)
{
	sweep(&(struct call){ .prepare = prepare_buffer, .run = run_unregister, .copies = 1 });
}

static int run_map(struct trial *trial, uint64_t offset, uint64_t size)
{
	void *start =
		mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, trial->fd, (off64_t)offset);

	if (start == MAP_FAILED)
		return -errno;
	trial->mapping = start;
	return 0;
}

static void prepare_unmapped(struct trial *trial)
{
	prepare_pipe(trial);
	REQUIRE_WORKS(run_register(trial));
}

static int run_map_buffer(struct trial *trial)
{
	return run_map(trial, trial->buffer.info.mmap_offset, trial->buffer.info.mmap_size);
}

static void map_buffer(void)
{
	sweep(&(struct call){ .prepare = prepare_unmapped,
			      .run = run_map_buffer,
			      .allocates = true });
}

static void prepare_ring(struct trial *trial)
{
	trial->rings.info.entries = 512;
	REQUIRE_WORKS(fixture_ioctl(trial->fd, WINUSB_ISO_IOC_SETUP_RING, &trial->rings.info));
}

static int run_map_ring(struct trial *trial)
{
	return run_map(trial, trial->rings.info.mmap_offset, trial->rings.info.mmap_size);
}

static void map_ring(void)
{
	sweep(&(struct call){ .prepare = prepare_ring, .run = run_map_ring, .allocates = true });
}

/* --- transfers --- */

static int run_submit(struct trial *trial)
{
	struct winusb_iso_transfer transfer = fixture_transfer(&trial->buffer, 0, PACKETS, 9);

	return fixture_submit(trial->fd, &transfer);
}

static unsigned int unsent;

/* Where the host controller's driver finds no memory, the transfer says so, not the call. */
static void check_submitted(struct trial *trial, int err)
{
	struct winusb_iso_completion completion;

	if (err) {
		RETURNS(fixture_reap(trial->fd, &completion), EAGAIN);
		return;
	}
	reap(trial->fd, &completion);
	EQUAL(completion.cookie, 9);
	if (!completion.status) {
		EQUAL(completion.actual_length, PACKETS * pipe_in.max_bytes_per_interval);
		return;
	}
	unsent++;
	RETURNS(completion.status, ENOMEM);
	EQUAL(completion.flags & WINUSB_ISO_COMPLETION_NOT_SENT, WINUSB_ISO_COMPLETION_NOT_SENT);
	EQUAL(completion.error_count, PACKETS);
	EQUAL(completion.actual_length, 0);
}

static void submit(void)
{
	unsent = 0;
	sweep(&(struct call){ .prepare = prepare_buffer,
			      .run = run_submit,
			      .check = check_submitted,
			      .copies = 1 });
	CHECK(unsent > 0);
}

static void prepare_published(struct trial *trial)
{
	struct winusb_iso_transfer transfer;

	uint8_t *start;

	prepare_ring(trial);
	REQUIRE_WORKS(run_map_ring(trial));
	start = trial->mapping;
	trial->rings.control = (void *)start;
	trial->rings.transfers = (void *)(start + trial->rings.info.transfers_offset);
	prepare_buffer(trial);
	transfer = fixture_transfer(&trial->buffer, 0, PACKETS, 9);
	fixture_publish(&trial->rings, &transfer);
}

static int run_submit_ring(struct trial *trial)
{
	return fixture_submit_ring(trial->fd, NULL);
}

/* What was taken completes, also where the number of those taken could not be told. */
static void check_taken(struct trial *trial, int err)
{
	(void)err;
	if (__atomic_load_n(&trial->rings.control->transfer_head, __ATOMIC_ACQUIRE))
		check_submitted(trial, 0);
}

static void submit_ring(void)
{
	unsent = 0;
	sweep(&(struct call){ .prepare = prepare_published,
			      .run = run_submit_ring,
			      .check = check_taken,
			      .copies = 3 });
	CHECK(unsent > 0);
}

/* --- a pipe's own ring --- */

static int run_setup_pipe_ring(struct trial *trial)
{
	trial->pipe_ring = (struct winusb_iso_setup_pipe_ring){
		.pipe = pipe_in.address,
		.entries = 512,
	};
	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_SETUP_PIPE_RING, &trial->pipe_ring);
}

/* It is there only where it was made, and memory that could be written before could not be then. */
static void check_no_pipe_ring(struct trial *trial, int err)
{
	int again = run_setup_pipe_ring(trial);

	if (err == -EFAULT && again == -EEXIST)
		return;
	RETURNS(again, err ? 0 : EEXIST);
}

static void setup_pipe_ring(void)
{
	sweep(&(struct call){ .prepare = prepare_buffer,
			      .run = run_setup_pipe_ring,
			      .check = check_no_pipe_ring,
			      .copies = 3,
			      .allocates = true });
}

static void prepare_pipe_ring(struct trial *trial)
{
	prepare_buffer(trial);
	REQUIRE_WORKS(run_setup_pipe_ring(trial));
}

static int run_map_pipe_ring(struct trial *trial)
{
	void *start = mmap64(NULL, trial->pipe_ring.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			     trial->fd, (off64_t)trial->pipe_ring.mmap_offset);

	if (start == MAP_FAILED)
		return -errno;
	trial->pipe_mapping = start;
	return 0;
}

static void map_pipe_ring(void)
{
	sweep(&(struct call){ .prepare = prepare_pipe_ring,
			      .run = run_map_pipe_ring,
			      .allocates = true });
}

static void prepare_waiting_entry(struct trial *trial)
{
	struct winusb_iso_pipe_ring *control;
	struct winusb_iso_transfer *entry;

	prepare_pipe_ring(trial);
	REQUIRE_WORKS(run_map_pipe_ring(trial));
	control = trial->pipe_mapping;
	entry = (void *)((uint8_t *)trial->pipe_mapping + trial->pipe_ring.transfers_offset);
	*entry = fixture_transfer(&trial->buffer, 0, PACKETS, 9);
	__atomic_store_n(&control->tail, 1, __ATOMIC_RELEASE);
}

static int run_start_pipe(struct trial *trial)
{
	struct winusb_iso_pipe pipe = { .pipe = pipe_in.address };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_START_PIPE, &pipe);
}

static void start_pipe(void)
{
	unsent = 0;
	sweep(&(struct call){ .prepare = prepare_waiting_entry,
			      .run = run_start_pipe,
			      .check = check_submitted,
			      .copies = 1 });
	CHECK(unsent > 0);
}

static void prepare_completed(struct trial *trial)
{
	struct pollfd poller = { .fd = trial->fd, .events = POLLIN };

	prepare_buffer(trial);
	REQUIRE_WORKS(run_submit(trial));
	REQUIRE(poll(&poller, 1, FIXTURE_WAIT_MS) == 1);
}

static int run_reap(struct trial *trial)
{
	struct winusb_iso_completion completion;

	return fixture_reap(trial->fd, &completion);
}

static void check_kept(struct trial *trial, int err)
{
	struct winusb_iso_completion completion;

	RETURNS(err, EFAULT);
	REQUIRE_WORKS(fixture_reap(trial->fd, &completion));
	EQUAL(completion.cookie, 9);
}

static void collect(void)
{
	sweep(&(struct call){ .prepare = prepare_completed,
			      .run = run_reap,
			      .check = check_kept,
			      .copies = 1 });
}

static void prepare_awaited(struct trial *trial)
{
	prepare_ring(trial);
	prepare_buffer(trial);
	REQUIRE_WORKS(run_submit(trial));
}

static int run_wait(struct trial *trial)
{
	struct winusb_iso_wait wait = { .completions = 1 };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_WAIT, &wait);
}

static void wait_for_one(void)
{
	sweep(&(struct call){ .prepare = prepare_awaited, .run = run_wait, .copies = 1 });
}

static int run_abort(struct trial *trial)
{
	return fixture_abort(trial->fd, pipe_in.address);
}

static void prepare_pending(struct trial *trial)
{
	prepare_buffer(trial);
	REQUIRE_WORKS(run_submit(trial));
}

static void abort_pipe(void)
{
	sweep(&(struct call){ .prepare = prepare_pending, .run = run_abort, .copies = 1 });
}

static int run_reset(struct trial *trial)
{
	return fixture_reset(trial->fd, pipe_in.address);
}

static void reset_pipe(void)
{
	sweep(&(struct call){ .prepare = prepare_pending, .run = run_reset, .copies = 1 });
}

/* --- cancel, and transfers that are not isochronous --- */

#define LONG 1000u /* packets, of 1 ms: pending until somebody ends it */

static void prepare_long(struct trial *trial)
{
	struct winusb_iso_transfer transfer;

	prepare_pipe(trial);
	fixture_register_packets(trial->fd, &trial->buffer, pipe_in.address, LONG);
	transfer = fixture_transfer(&trial->buffer, 0, LONG, 9);
	REQUIRE_WORKS(fixture_submit(trial->fd, &transfer));
}

static int run_cancel(struct trial *trial)
{
	struct winusb_iso_cancel cancel = { .cookie = 9, .pipe = pipe_in.address };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_CANCEL, &cancel);
}

/* The one that was not heard has done nothing. */
static void check_cancelled(struct trial *trial, int err)
{
	struct winusb_iso_completion completion;

	if (err)
		REQUIRE_WORKS(run_cancel(trial));
	reap(trial->fd, &completion);
	EQUAL(completion.cookie, 9);
	RETURNS(completion.status, ECONNRESET);
}

static void cancel(void)
{
	sweep(&(struct call){ .prepare = prepare_long,
			      .run = run_cancel,
			      .check = check_cancelled,
			      .copies = 1 });
}

/* Buffer and transfer of a pipe that is not isochronous. */
static void prepare_plain(struct trial *trial, uint8_t pipe)
{
	prepare_pipe(trial);
	fixture_register(trial->fd, &trial->buffer, pipe, 512, 0);
}

static void prepare_bulk(struct trial *trial)
{
	prepare_plain(trial, bulk_in.address);
}

/* GET_DESCRIPTOR of the device */
static void prepare_control(struct trial *trial)
{
	static const uint8_t setup[8] = { 0x80, 6, 0, 1, 0, 0, 18, 0 };

	prepare_plain(trial, 0);
	memcpy(trial->buffer.data, setup, sizeof(setup));
}

static int run_plain(struct trial *trial)
{
	struct winusb_iso_transfer transfer = {
		.cookie = 9,
		.buffer = trial->buffer.info.handle,
		.length = 512,
	};

	return fixture_submit(trial->fd, &transfer);
}

/* Where the host controller's driver finds no memory; of bulk that is an end of the pipe, too. */
static void check_plain(struct trial *trial, int err, uint32_t length)
{
	struct winusb_iso_completion completion;

	if (err) {
		RETURNS(fixture_reap(trial->fd, &completion), EAGAIN);
		REQUIRE_WORKS(run_plain(trial));
	}
	reap(trial->fd, &completion);
	EQUAL(completion.cookie, 9);
	if (!completion.status) {
		EQUAL(completion.actual_length, length);
		return;
	}
	unsent++;
	RETURNS(completion.status, ENOMEM);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	EQUAL(completion.actual_length, 0);
	WORKS(fixture_reset(trial->fd, trial->buffer.info.pipe));
	REQUIRE_WORKS(run_plain(trial));
	reap(trial->fd, &completion);
	WORKS(completion.status);
	EQUAL(completion.actual_length, length);
}

static void check_bulk(struct trial *trial, int err)
{
	check_plain(trial, err, 512);
}

static void check_control(struct trial *trial, int err)
{
	check_plain(trial, err, 18);
}

static void bulk(void)
{
	unsent = 0;
	sweep(&(struct call){ .prepare = prepare_bulk,
			      .run = run_plain,
			      .check = check_bulk,
			      .copies = 1 });
	CHECK(unsent > 0);
}

static void control(void)
{
	unsent = 0;
	sweep(&(struct call){ .prepare = prepare_control,
			      .run = run_plain,
			      .check = check_control,
			      .copies = 1 });
	CHECK(unsent > 0);
}

static int run_bulk_register(struct trial *trial)
{
	trial->buffer.info = (struct winusb_iso_buffer){ .pipe = bulk_in.address, .size = 512 };
	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &trial->buffer.info);
}

static void register_bulk(void)
{
	sweep(&(struct call){ .prepare = prepare_pipe,
			      .run = run_bulk_register,
			      .copies = 3,
			      .allocates = true });
}

/* --- power, poll --- */

static int run_set_power(struct trial *trial)
{
	struct winusb_iso_power power = {
		.policy = WINUSB_ISO_POWER_SUSPEND_DELAY,
		.value = 5000,
	};

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_SET_POWER, &power);
}

static void check_power(struct trial *trial, int err)
{
	struct winusb_iso_power power = { .policy = WINUSB_ISO_POWER_SUSPEND_DELAY };

	REQUIRE_WORKS(fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_POWER, &power));
	EQUAL(power.value == 5000, !err);
}

static void set_power(void)
{
	sweep(&(struct call){ .run = run_set_power, .check = check_power, .copies = 1 });
}

static int run_auto_suspend(struct trial *trial)
{
	struct winusb_iso_power power = { .policy = WINUSB_ISO_POWER_AUTO_SUSPEND, .value = 1 };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_SET_POWER, &power);
}

static void set_auto_suspend(void)
{
	sweep(&(struct call){ .run = run_auto_suspend, .copies = 1 });
}

static int run_get_power(struct trial *trial)
{
	struct winusb_iso_power power = { .policy = WINUSB_ISO_POWER_SUSPEND_DELAY };

	return fixture_ioctl(trial->fd, WINUSB_ISO_IOC_GET_POWER, &power);
}

static void get_power(void)
{
	sweep(&(struct call){ .run = run_get_power, .copies = 3 });
}

/* In a process' first poll() of a file nothing is allocated either; the array is copied in. */
static int run_poll(struct trial *trial)
{
	struct pollfd poller = { .fd = trial->fd, .events = POLLIN };
	int result = poll(&poller, 1, 0);

	return result < 0 ? -errno : result;
}

static void poll_fails(void)
{
	sweep(&(struct call){ .run = run_poll, .copies = 1 });
}

/* --- module, probe --- */

/*
 * How many allocations the loader makes before it looks at parameters: by one that is refused. They
 * are not ours, and trace events, which are among them, warn of failures.
 */
static unsigned int before_parameters(void)
{
	unsigned int left;

	inject_begin(MOST);
	RETURNS(module_load("memory_limit_mb=none"), EINVAL);
	left = inject_left();
	REQUIRE(left > 0 && left < MOST);
	return MOST - left;
}

static void load_module(void)
{
	unsigned int nth, first, no_memory = 0;
	bool failed = true;
	int err;

	module_take_out();
	inject_prepare();
	first = before_parameters() + 1;
	for (nth = first; failed && nth < MOST; nth++) {
		inject_begin(nth);
		err = module_load(MODULE_DEFAULT_PARAMETERS);
		failed = inject_end();
		no_memory += err == -ENOMEM;
		if (err && err != -ENOMEM)
			WORKS(err);
		if (!err)
			REQUIRE_WORKS(module_unload());
		REQUIRE_WORKS(module_load(MODULE_DEFAULT_PARAMETERS));
		REQUIRE_WORKS(module_unload());
	}
	tap_note("%u failures from number %u on: %u ENOMEM", nth - first, first, no_memory);
	CHECK(nth < MOST);
	CHECK(no_memory > 10);
}

static void probe(void)
{
	struct tally tally = { 0 };
	bool failed = true;
	unsigned int nth;
	char name[48];
	int err;

	plug();
	fixture_set_module_parameter("memory_limit_mb", LIMIT_MB);
	inject_prepare();
	snprintf(name, sizeof(name), "%.30s:1.0", gadget.device.bus_id);
	for (nth = 1; failed && nth < MOST; nth++) {
		REQUIRE_WORKS(module_driver_write("unbind", name));
		inject_begin(nth);
		err = module_driver_write("bind", name);
		failed = inject_end();
		if (failed)
			judge(&(struct call){ 0 }, NULL, err, &tally);
		/* The driver core does without what only tells the world of a new device. */
		if (!err)
			REQUIRE_WORKS(module_driver_write("unbind", name));
		REQUIRE_WORKS(module_driver_write("bind", name));
		expect_whole();
	}
	WORKS(err);
	tap_note("%u failures: %u ENOMEM, %u EFAULT", tally.injected, tally.no_memory,
		 tally.faults);
	CHECK(nth < MOST);
	CHECK(tally.no_memory > 10);
}

static const struct tap_test tests[] = {
	{ "open() without memory says ENOMEM and leaves nothing", open_fails },
	{ "GET_INFO whose copies fail says EFAULT", get_info },
	{ "GET_ALTERNATE whose copies fail says EFAULT", get_alternate },
	{ "GET_PIPE whose copies fail says EFAULT", get_pipe },
	{ "GET_FRAME whose copies fail says EFAULT", get_frame },
	{ "SET_ALTERNATE without memory says ENOMEM, and can be called again", set_alternate },
	{ "SETUP_RING without memory says ENOMEM and leaves nothing", setup_ring },
	{ "REGISTER_BUFFER of a pipe's first buffer without memory leaves nothing",
	  register_first },
	{ "REGISTER_BUFFER of another one without memory leaves nothing", register_second },
	{ "UNREGISTER_BUFFER needs no memory", unregister },
	{ "mmap() of a buffer without memory says ENOMEM and leaves nothing", map_buffer },
	{ "mmap() of the rings without memory says ENOMEM and leaves nothing", map_ring },
	{ "a transfer that the controller has no memory for completes with ENOMEM", submit },
	{ "and so does one that was taken from the ring", submit_ring },
	{ "REAP whose copy fails says EFAULT and keeps the completion", collect },
	{ "SETUP_PIPE_RING without memory says ENOMEM and leaves nothing", setup_pipe_ring },
	{ "mmap() of a pipe's ring without memory says ENOMEM and leaves nothing", map_pipe_ring },
	{ "START_PIPE whose copy fails says EFAULT, without memory the transfer says ENOMEM",
	  start_pipe },
	{ "WAIT needs no memory", wait_for_one },
	{ "ABORT_PIPE needs no memory", abort_pipe },
	{ "RESET_PIPE needs no memory", reset_pipe },
	{ "CANCEL needs no memory, and what was not heard has cancelled nothing", cancel },
	{ "REGISTER_BUFFER of a bulk pipe without memory leaves nothing", register_bulk },
	{ "a bulk transfer that the controller has no memory for says ENOMEM", bulk },
	{ "and so does a control transfer", control },
	{ "SET_POWER whose copy fails changes nothing", set_power },
	{ "SET_POWER of AUTO_SUSPEND needs no memory", set_auto_suspend },
	{ "GET_POWER whose copies fail says EFAULT", get_power },
	{ "poll() whose copy fails says EFAULT", poll_fails },
	{ "a module without memory says ENOMEM, and can be loaded again", load_module },
	{ "a probe without memory says ENOMEM and leaves nothing", probe },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
