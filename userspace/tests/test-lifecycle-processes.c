// SPDX-License-Identifier: MIT
/*
 * What processes do to their files and mappings: they are killed, fork, exec, unmap in part, run
 * out of descriptors and memory, and want the same pipe. Nothing is left of any of it.
 */
#include "lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

/* --- children: they use nothing but bare calls, and say how it was by their exit status --- */

static pid_t start_child(int (*run)(void *), void *argument)
{
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (!child)
		_exit(run(argument));
	return child;
}

static void child_says(pid_t child, int wanted)
{
	int status;

	EQUAL(waitpid(child, &status, 0), child);
	EQUAL(WIFEXITED(status), 1);
	EQUAL(WEXITSTATUS(status), wanted);
}

static void kill_child(pid_t child)
{
	int status;

	EQUAL(kill(child, SIGKILL), 0);
	EQUAL(waitpid(child, &status, 0), child);
	EQUAL(WTERMSIG(status), SIGKILL);
}

static void wait_told(int fd)
{
	char byte;

	REQUIRE(read(fd, &byte, 1) == 1);
}

static void device_closed(struct fixture *fixture)
{
	fixture_close(lifecycle_device(fixture));
}

static void killed(void)
{
	struct fixture fixture;
	struct lifecycle_streamer streamer;
	unsigned int i;
	pid_t child;
	int pipes[2];

	device_closed(&fixture);
	REQUIRE(!pipe2(pipes, O_CLOEXEC));
	streamer = (struct lifecycle_streamer){ fixture.node, pipes[1] };
	for (i = 0; i < 10; i++) {
		child = start_child(lifecycle_stream_forever, &streamer);
		wait_told(pipes[0]);
		kill_child(child);
		EQUAL(fixture_module_references(), 0);
		lifecycle_works_anew(&fixture);
	}
	close(pipes[0]);
	close(pipes[1]);
}

static void killed_without_answers(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = lifecycle_device(&fixture);

	EQUAL(sim_fault(fixture.sim, "hold@0"), 0);
	lifecycle_queue(&flow, fd, 100);
	fixture_sleep_ms(50);
	fixture_unmap(&flow.buffer[0]);
	fixture_close(fd);
	EQUAL(fixture_module_references(), 0);
	lifecycle_works_anew(&fixture);
}

static void close_pending(void)
{
	struct winusb_iso_setup_ring ring = { .entries = 1024 };
	struct fixture fixture;
	struct flow flow;
	unsigned int i;
	int fd;

	device_closed(&fixture);
	for (i = 0; i < 5; i++) {
		fd = fixture_open(&fixture, O_RDWR);
		fixture_set_alternate(fd, 1);
		REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_SETUP_RING, &ring));
		lifecycle_queue(&flow, fd, 500);
		while (flow.n_buffers)
			fixture_unmap(&flow.buffer[--flow.n_buffers]);
		fixture_close(fd);
		EQUAL(fixture_module_references(), 0);
	}
	lifecycle_works_anew(&fixture);
}

/* The mapping holds the file: what was queued goes on after close(). */
static void close_mapped(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = lifecycle_device(&fixture);

	lifecycle_queue(&flow, fd, 20);
	fixture_close(fd);
	lifecycle_let_run(&flow, 20);
	CHECK(sim_pattern_matches(flow.slot[19].data, 1024, FLOW_IN,
				  sim_pattern_counter(flow.slot[19].data)));
	fixture_unmap(&flow.buffer[0]);
	EQUAL(fixture_module_references(), 0);
	lifecycle_works_anew(&fixture);
}

/* --- fork --- */

struct family {
	struct flow *flow;
	int ready[2], go[2];
};

static bool whole(const struct flow_slot *slot)
{
	return slot->table[7].status == 0 && slot->table[7].length == 1024 &&
	       sim_pattern_matches(slot->data, 1024, FLOW_IN, sim_pattern_counter(slot->data));
}

/* After its parent has closed and unmapped everything: results, memory and more transfers. */
static int go_on_alone(void *argument)
{
	struct family *family = argument;
	struct flow *flow = family->flow;
	struct winusb_iso_completion completion;
	unsigned int i;
	char byte;

	if (write(family->ready[1], "", 1) != 1 || read(family->go[0], &byte, 1) != 1)
		return 1;
	for (i = 0; i < 20; i++)
		if (ioctl(flow->fd, WINUSB_ISO_IOC_REAP, &completion) || completion.status ||
		    completion.cookie % 0x100000000 != i || !whole(&flow->slot[i]))
			return 2;
	memset(flow->slot[3].data, 0, 8192);
	if (!lifecycle_submit_one(flow->fd, flow->slot[3].handle, 3) ||
	    ioctl(flow->fd, WINUSB_ISO_IOC_REAP, &completion) || completion.status)
		return 3;
	return whole(&flow->slot[3]) ? 0 : 4;
}

static void fork_parent_leaves(void)
{
	struct fixture fixture;
	struct flow flow;
	struct family family = { .flow = &flow };
	int fd = lifecycle_device(&fixture);
	pid_t child;

	REQUIRE(!pipe2(family.ready, O_CLOEXEC) && !pipe2(family.go, O_CLOEXEC));
	lifecycle_queue(&flow, fd, 20);
	child = start_child(go_on_alone, &family);
	wait_told(family.ready[0]);
	fixture_unmap(&flow.buffer[0]);
	fixture_close(fd);
	EQUAL(write(family.go[1], "", 1), 1);
	child_says(child, 0);
	EQUAL(fixture_module_references(), 0);
	lifecycle_works_anew(&fixture);
	close(family.ready[0]);
	close(family.ready[1]);
	close(family.go[0]);
	close(family.go[1]);
}

static int look_and_leave(void *argument)
{
	const struct flow *flow = argument;

	return flow->slot[0].table[7].length == 1024 ? 0 : 1;
}

static void fork_child_leaves(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = lifecycle_device(&fixture);
	unsigned int i;

	lifecycle_queue(&flow, fd, 20);
	for (i = 0; i < 5; i++)
		child_says(start_child(look_and_leave, &flow), 0);
	lifecycle_take_ended(&flow, 20, 20, 0);
	flow_close(&flow);
	lifecycle_works(fd);
}

/* --- exec --- */

static int exec_self(void *argument)
{
	execl("/proc/self/exe", "test", "--reap", argument, NULL);
	return 99;
}

/* In the new program: what the old one had queued on the file that it left open. */
static int reap_after_exec(int fd)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < 20; i++)
		if (ioctl(fd, WINUSB_ISO_IOC_REAP, &completion) || completion.status ||
		    completion.actual_length != 8192)
			return 1;
	return 0;
}

static void exec_keeps_file(void)
{
	struct fixture fixture;
	struct flow flow;
	int fd = lifecycle_device(&fixture);
	char number[16];

	EQUAL(fcntl(fd, F_SETFD, 0), 0);
	snprintf(number, sizeof(number), "%d", fd);
	lifecycle_queue(&flow, fd, 20);
	child_says(start_child(exec_self, number), 0);
	flow_close(&flow);
	lifecycle_works(fd);
}

static int exec_nothing(void *argument)
{
	if (lifecycle_stream_forever(argument) != 5)
		return 98;
	execl("/proc/self/exe", "test", "--nothing", NULL);
	return 99;
}

/* The file is not closed by hand, but the mapping goes, and with O_CLOEXEC the file, too. */
static void exec_ends_stream(void)
{
	struct lifecycle_streamer streamer = { .tell = -1 };
	struct fixture fixture;

	device_closed(&fixture);
	streamer.node = fixture.node;
	child_says(start_child(exec_nothing, &streamer), 0);
	EQUAL(fixture_module_references(), 0);
	lifecycle_works_anew(&fixture);
}

/* --- mappings --- */

static unsigned int memory_left(const struct fixture *fixture)
{
	int fd = fixture_open(fixture, O_RDWR);
	unsigned int count;

	count = lifecycle_fill_memory(fd);
	fixture_close(fd);
	return count;
}

/* A part of a mapping keeps the whole buffer, until the last of it has gone. */
static void partial_unmap(void)
{
	struct winusb_iso_buffer request = {
		.pipe = FLOW_OUT,
		.size = 1024 * 1024 - PAGE,
		.packets = PAGE / 12,
	};
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	unsigned char *map;

	fixture_set_module_parameter("memory_limit_mb", 4);
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request));
	map = mmap(NULL, request.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)request.mmap_offset);
	REQUIRE(map != MAP_FAILED);
	memset(map, 0x11, request.size);
	EQUAL(munmap(map + 16 * PAGE, 32 * PAGE), 0);
	EQUAL(munmap(map, PAGE), 0);
	WORKS(fixture_unregister(fd, request.handle));
	EQUAL(map[PAGE] + map[15 * PAGE] + map[48 * PAGE], 0x33);
	EQUAL(memory_left(&fixture), 12);
	EQUAL(munmap(map + PAGE, 15 * PAGE), 0);
	EQUAL(memory_left(&fixture), 12);
	EQUAL(munmap(map + 48 * PAGE, request.mmap_size - 48 * PAGE), 0);
	EQUAL(memory_left(&fixture), 16);
}

static void mremap_grow(void)
{
	struct fixture_buffer buffer;
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);

	fixture_register(fd, &buffer, FLOW_IN, 4 * PAGE, 10);
	EQUAL((long)mremap(buffer.data, 5 * PAGE, 6 * PAGE, MREMAP_MAYMOVE), -1);
	EQUAL(errno, EFAULT);
	EQUAL((long)mremap(buffer.data, PAGE, 2 * PAGE, MREMAP_MAYMOVE), -1);
	EQUAL(errno, EFAULT);
	EQUAL((long)mremap(buffer.data, 0, PAGE, MREMAP_MAYMOVE), -1);
	EQUAL(errno, EFAULT);
	buffer.data[0] = 1;
	lifecycle_works(fd);
}

static void mremap_move(void)
{
	struct winusb_iso_buffer request = { .pipe = FLOW_IN, .size = 8192, .packets = 8 };
	struct winusb_iso_packet *table;
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = lifecycle_device(&fixture);
	unsigned char *map, *place;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request));
	map = mmap(NULL, request.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)request.mmap_offset);
	place = mmap(NULL, request.mmap_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(map != MAP_FAILED && place != MAP_FAILED);
	EQUAL(mremap(map, request.mmap_size, request.mmap_size, MREMAP_MAYMOVE | MREMAP_FIXED,
		     place) == place,
	      1);
	REQUIRE(lifecycle_submit_one(fd, request.handle, 0));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	WORKS(completion.status);
	table = (void *)(place + request.packets_offset);
	EQUAL(table[7].length, 1024);
	CHECK(sim_pattern_matches(place, 1024, FLOW_IN, sim_pattern_counter(place)));
	EQUAL(munmap(place, request.mmap_size), 0);
	WORKS(fixture_unregister(fd, request.handle));
	lifecycle_works(fd);
}

/* --- limits --- */

static void memory_100_times(void)
{
	struct fixture fixture;
	unsigned int i;

	device_closed(&fixture);
	fixture_set_module_parameter("memory_limit_mb", 8);
	for (i = 0; i < 100; i++)
		REQUIRE(EQUAL(memory_left(&fixture), 32));
}

/* Both ends of a limit that is there for all. */
static void memory_of_several(void)
{
	struct fixture one, other;
	int fd, other_fd;

	fd = lifecycle_device(&one);
	other_fd = lifecycle_device(&other);
	fixture_set_module_parameter("memory_limit_mb", 8);
	EQUAL(lifecycle_fill_memory(fd), 32);
	EQUAL(lifecycle_fill_memory(other_fd), 0);
	fixture_close(fd);
	EQUAL(lifecycle_fill_memory(other_fd), 32);
}

static void restore_limit(void *argument)
{
	setrlimit(RLIMIT_NOFILE, argument);
}

static void out_of_descriptors(void)
{
	static struct rlimit before;
	struct rlimit limit;
	struct fixture fixture;
	int fd = lifecycle_device(&fixture), next = dup(fd);

	REQUIRE(next >= 0);
	close(next);
	REQUIRE(!getrlimit(RLIMIT_NOFILE, &before));
	tap_defer(restore_limit, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)next;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit));
	RETURNS(fixture_open_path(fixture.node, O_RDWR), EMFILE);
	lifecycle_works(fd);
	restore_limit(&before);
	fixture_close(fd);
	EQUAL(fixture_module_references(), 0);
}

/* --- two want one pipe --- */

static void pipe_is_taken(void)
{
	struct winusb_iso_buffer buffer = { .pipe = FLOW_IN, .size = 8192, .packets = 8 };
	struct winusb_iso_set_alternate set = { .alternate = 1 };
	struct lifecycle_streamer streamer;
	struct fixture fixture;
	int fd, pipes[2];
	pid_t child;

	device_closed(&fixture);
	REQUIRE(!pipe2(pipes, O_CLOEXEC));
	streamer = (struct lifecycle_streamer){ fixture.node, pipes[1] };
	child = start_child(lifecycle_stream_forever, &streamer);
	wait_told(pipes[0]);
	fd = fixture_open(&fixture, O_RDWR);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer), EBUSY);
	RETURNS(fixture_ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set), EBUSY);
	RETURNS(fixture_abort(fd, FLOW_IN), EBUSY);
	RETURNS(fixture_reset(fd, FLOW_IN), EBUSY);
	buffer.pipe = FLOW_OUT;
	WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer));
	WORKS(fixture_unregister(fd, buffer.handle));
	EQUAL(waitpid(child, NULL, WNOHANG), 0); /* it was not disturbed */
	kill_child(child);
	lifecycle_works(fd);
	close(pipes[0]);
	close(pipes[1]);
}

/* @argument: the node. Exit status: how often of 200 times it had the pipe; 250 and up: failure. */
static int fight(void *argument)
{
	struct winusb_iso_buffer buffer = { .pipe = FLOW_IN, .size = 8192, .packets = 8 };
	struct winusb_iso_unregister_buffer undo = { 0 };
	struct winusb_iso_completion completion;
	int fd = open(argument, O_RDWR), won = 0, i;

	for (i = 0; fd >= 0 && i < 200; i++) {
		if (ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer)) {
			if (errno != EBUSY)
				return 250;
			usleep(500);
			continue;
		}
		if (!lifecycle_submit_one(fd, buffer.handle, 0) ||
		    ioctl(fd, WINUSB_ISO_IOC_REAP, &completion) || completion.status)
			return 251;
		undo.handle = buffer.handle;
		if (ioctl(fd, WINUSB_ISO_IOC_UNREGISTER_BUFFER, &undo))
			return 252;
		won++;
		usleep(100);
	}
	return fd < 0 ? 253 : won;
}

static void fight_for_pipe(void)
{
	struct fixture fixture;
	pid_t child[3];
	unsigned int i;
	int fd, status;

	fd = lifecycle_device(&fixture);
	for (i = 0; i < 3; i++)
		child[i] = start_child(fight, fixture.node);
	for (i = 0; i < 3; i++) {
		EQUAL(waitpid(child[i], &status, 0), child[i]);
		REQUIRE(WIFEXITED(status));
		CHECK(WEXITSTATUS(status) > 0 && WEXITSTATUS(status) <= 200);
	}
	lifecycle_works(fd);
}

static const struct tap_test tests[] = {
	{ "a process killed in mid-stream leaves nothing, ten times", killed },
	{ "a file closed while the device answers nothing leaves nothing", killed_without_answers },
	{ "a file closed with 500 transfers pending leaves nothing", close_pending },
	{ "a file closed with its memory mapped goes on until it is unmapped", close_mapped },
	{ "a child goes on with the stream after its parent has left", fork_parent_leaves },
	{ "children that end leave their parent's stream alone", fork_child_leaves },
	{ "a file kept over exec collects what was queued before", exec_keeps_file },
	{ "exec ends what the old program mapped and did not keep", exec_ends_stream },
	{ "a part of a mapping keeps its memory until the last of it is unmapped", partial_unmap },
	{ "mremap can not make a mapping grow", mremap_grow },
	{ "mremap can move a mapping, and the stream goes into it", mremap_move },
	{ "the memory limit is reached and freed 100 times", memory_100_times },
	{ "the memory limit holds for all devices together", memory_of_several },
	{ "a process out of file descriptors gets EMFILE, and its open file streams",
	  out_of_descriptors },
	{ "a pipe that another process has is EBUSY until that process ends", pipe_is_taken },
	{ "three processes that fight for a pipe all get it, one at a time", fight_for_pipe },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--nothing"))
		return 0;
	if (argc == 3 && !strcmp(argv[1], "--reap"))
		return reap_after_exec(atoi(argv[2]));
	tap_after_each(lifecycle_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
