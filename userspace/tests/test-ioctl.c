// SPDX-License-Identifier: MIT
/* What holds for every call: unknown numbers, memory, permission, padding, and after an unplug. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "scene.h"

union argument {
	struct winusb_iso_info info;
	struct winusb_iso_alternate alternate;
	struct winusb_iso_pipe_info pipe_info;
	struct winusb_iso_set_alternate set_alternate;
	struct winusb_iso_setup_ring setup_ring;
	struct winusb_iso_buffer buffer;
	struct winusb_iso_unregister_buffer unregister;
	struct winusb_iso_transfer transfer;
	struct winusb_iso_submit_ring submit_ring;
	struct winusb_iso_pipe pipe;
	struct winusb_iso_frame frame;
	struct winusb_iso_cancel cancel;
	struct winusb_iso_power power;
	struct winusb_iso_completion completion;
};

/* Arguments that are good in a scene that is set up. */
#define GOOD_GET_INFO \
	{ \
		.info = { 0 } \
	}
#define GOOD_GET_ALTERNATE \
	{ \
		.alternate = {.index = 1 } \
	}
#define GOOD_GET_PIPE \
	{ \
		.pipe_info = {.alternate = 1 } \
	}
#define GOOD_SET_ALTERNATE \
	{ \
		.set_alternate = {.alternate = 2 } \
	}
#define GOOD_SETUP_RING \
	{ \
		.setup_ring = {.entries = 16 } \
	}
#define GOOD_REGISTER_BUFFER \
	{ \
		.buffer = {.pipe = SCENE_OUT, .size = 4096, .packets = 4 } \
	}
#define GOOD_UNREGISTER_BUFFER \
	{ \
		.unregister = {.handle = 1 } \
	}
#define GOOD_SUBMIT \
	{ \
		.transfer = {.buffer = 1, .length = 1024, .num_packets = 1 } \
	}
#define GOOD_SUBMIT_RING \
	{ \
		.submit_ring = { 0 } \
	}
#define GOOD_REAP \
	{ \
		.completion = { 0 } \
	}
#define GOOD_ABORT_PIPE \
	{ \
		.pipe = {.pipe = SCENE_IN } \
	}
#define GOOD_RESET_PIPE \
	{ \
		.pipe = {.pipe = SCENE_IN } \
	}
#define GOOD_GET_FRAME \
	{ \
		.frame = { 0 } \
	}
#define GOOD_CANCEL \
	{ \
		.cancel = {.cookie = 1, .pipe = SCENE_IN } \
	}
#define GOOD_SET_POWER \
	{ \
		.power = {.policy = 0x81, .value = 0 } \
	}
#define GOOD_GET_POWER \
	{ \
		.power = {.policy = 0x81 } \
	}

// clang-format off
#define QUERIES(DO) DO(GET_INFO) DO(GET_ALTERNATE) DO(GET_PIPE) DO(GET_FRAME) DO(GET_POWER)
#define CHANGES(DO) DO(SET_ALTERNATE) DO(SETUP_RING) DO(REGISTER_BUFFER) DO(UNREGISTER_BUFFER) \
	DO(SUBMIT) DO(SUBMIT_RING) DO(ABORT_PIPE) DO(RESET_PIPE) DO(CANCEL) DO(SET_POWER)
#define ALL_BUT_REAP(DO) QUERIES(DO) CHANGES(DO)
#define ALL(DO) ALL_BUT_REAP(DO) DO(REAP)
// clang-format on

/* Nothing of the session has changed: alternate setting, ring, buffer, stream. */
static void check_unchanged(struct scene *scene)
{
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(scene->fd, WINUSB_ISO_IOC_GET_INFO, &info));
	EQUAL(info.current_alternate, 1);
	scene_still_streams(scene, 4711);
	WORKS(fixture_unregister(scene->fd, scene->in.info.handle));
}

static void check_no_memory(unsigned long command)
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(fixture_ioctl(scene.fd, command, NULL), EFAULT);
	RETURNS(fixture_ioctl(scene.fd, command, scene_no_page()), EFAULT);
	check_unchanged(&scene);
}

/* The argument's last byte is on a page that is not there. */
static void check_half_memory(unsigned long command, const union argument *good)
{
	size_t size = _IOC_SIZE(command), page = (size_t)sysconf(_SC_PAGESIZE);
	struct scene scene;
	char *start;

	scene_set_up(&scene);
	start = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(start != MAP_FAILED);
	munmap(start + page, page);
	memcpy(start + page - size + 1, good, size - 1);
	RETURNS(fixture_ioctl(scene.fd, command, start + page - size + 1), EFAULT);
	munmap(start, page);
	check_unchanged(&scene);
}

static void check_read_only_memory(unsigned long command, const union argument *good)
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(fixture_ioctl(scene.fd, command, scene_read_only(good, sizeof(*good))), EFAULT);
	check_unchanged(&scene);
}

static void check_permission(unsigned long command, const union argument *good)
{
	union argument argument = *good;
	struct scene scene;
	int fd;

	scene_set_up(&scene);
	fd = fixture_open(&scene.device, O_RDONLY);
	RETURNS(fixture_ioctl(fd, command, &argument), EPERM);
	CHECK(!memcmp(&argument, good, sizeof(argument)));
	RETURNS(fixture_ioctl(fd, command, NULL), EPERM);
	check_unchanged(&scene);
}

static void check_query_allowed(unsigned long command, const union argument *good)
{
	union argument argument = *good;
	struct scene scene;

	scene_set_up(&scene);
	WORKS(fixture_ioctl(fixture_open(&scene.device, O_RDONLY), command, &argument));
}

static void check_unplugged(unsigned long command, const union argument *good)
{
	union argument argument = *good;
	struct scene scene;

	scene_set_up(&scene);
	fixture_unplug(&scene.device);
	RETURNS(fixture_ioctl(scene.fd, command, &argument), ENODEV);
	CHECK(!memcmp(&argument, good, sizeof(argument)));
}

static void check_wrong_size(unsigned long command)
{
	unsigned int size = _IOC_SIZE(command), direction = _IOC_DIR(command);
	char argument[256] = { 0 };
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(fixture_ioctl(scene.fd,
			      _IOC(direction, _IOC_TYPE(command), _IOC_NR(command), size - 1),
			      argument),
		ENOTTY);
	RETURNS(fixture_ioctl(scene.fd,
			      _IOC(direction, _IOC_TYPE(command), _IOC_NR(command), size + 8),
			      argument),
		ENOTTY);
	RETURNS(fixture_ioctl(scene.fd, _IOC(0, _IOC_TYPE(command), _IOC_NR(command), size),
			      argument),
		ENOTTY);
	check_unchanged(&scene);
}

#define DEFINE(check, NAME) \
	static void check##_##NAME(void) \
	{ \
		static const union argument good = GOOD_##NAME; \
		check_##check(WINUSB_ISO_IOC_##NAME, &good); \
	}
#define DEFINE_PLAIN(check, NAME) \
	static void check##_##NAME(void) \
	{ \
		check_##check(WINUSB_ISO_IOC_##NAME); \
	}
#define ENTRY(check, NAME, text) { #NAME " " text, check##_##NAME },

#define NO_MEMORY(NAME)	    DEFINE_PLAIN(no_memory, NAME)
#define WRONG_SIZE(NAME)    DEFINE_PLAIN(wrong_size, NAME)
#define HALF_MEMORY(NAME)   DEFINE(half_memory, NAME)
#define PERMISSION(NAME)    DEFINE(permission, NAME)
#define QUERY_ALLOWED(NAME) DEFINE(query_allowed, NAME)
#define UNPLUGGED(NAME)	    DEFINE(unplugged, NAME)
ALL_BUT_REAP(NO_MEMORY)
ALL_BUT_REAP(HALF_MEMORY)
ALL(WRONG_SIZE)
CHANGES(PERMISSION)
QUERIES(QUERY_ALLOWED)
ALL(UNPLUGGED)
DEFINE(read_only_memory, GET_INFO)
DEFINE(read_only_memory, GET_ALTERNATE)
DEFINE(read_only_memory, GET_PIPE)
DEFINE(read_only_memory, GET_FRAME)
DEFINE(read_only_memory, GET_POWER)

static void unknown_number(void)
{
	char argument[256] = { 0 };
	struct scene scene;
	unsigned int number;

	scene_set_up(&scene);
	for (number = 0x10; number < 0x100; number++) {
		RETURNS(fixture_ioctl(scene.fd, _IOWR(WINUSB_ISO_IOC_MAGIC, number, char[8]),
				      argument),
			ENOTTY);
		RETURNS(fixture_ioctl(scene.fd, _IO(WINUSB_ISO_IOC_MAGIC, number), NULL), ENOTTY);
	}
	check_unchanged(&scene);
}

static void other_magic(void)
{
	struct winusb_iso_info info;
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(fixture_ioctl(scene.fd, _IOR(0xe0, 0, struct winusb_iso_info), &info), ENOTTY);
	RETURNS(fixture_ioctl(scene.fd, _IOR('U', 0, struct winusb_iso_info), &info), ENOTTY);
	check_unchanged(&scene);
}

/* --- padding: every byte of it --- */

static void check_padding(unsigned long command, const union argument *good, size_t first,
			  size_t size)
{
	union argument argument;
	struct scene scene;
	size_t i;

	scene_set_up(&scene);
	for (i = first; i < first + size; i++) {
		argument = *good;
		((uint8_t *)&argument)[i] = 0x80;
		RETURNS(fixture_ioctl(scene.fd, command, &argument), EINVAL);
	}
	check_unchanged(&scene);
}

#define PADDING(NAME, type, member) \
	static void padding_##NAME(void) \
	{ \
		static const union argument good = GOOD_##NAME; \
		check_padding(WINUSB_ISO_IOC_##NAME, &good, offsetof(struct type, member), \
			      sizeof(((struct type *)0)->member)); \
	}
PADDING(GET_ALTERNATE, winusb_iso_alternate, padding)
PADDING(GET_PIPE, winusb_iso_pipe_info, padding)
PADDING(SET_ALTERNATE, winusb_iso_set_alternate, padding)
PADDING(SETUP_RING, winusb_iso_setup_ring, padding)
PADDING(REGISTER_BUFFER, winusb_iso_buffer, padding)
PADDING(UNREGISTER_BUFFER, winusb_iso_unregister_buffer, padding)
PADDING(SUBMIT, winusb_iso_transfer, padding)
PADDING(SUBMIT_RING, winusb_iso_submit_ring, flags)
PADDING(ABORT_PIPE, winusb_iso_pipe, padding)
PADDING(RESET_PIPE, winusb_iso_pipe, padding)
PADDING(CANCEL, winusb_iso_cancel, padding)

/* --- results that can not be delivered --- */

static void setup_ring_undone(void)
{
	struct winusb_iso_setup_ring setup = { .entries = 16 };
	struct scene scene;

	scene_open(&scene);
	RETURNS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_SETUP_RING,
			      scene_read_only(&setup, sizeof(setup))),
		EFAULT);
	WORKS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_SETUP_RING, &setup));
}

static void register_undone(void)
{
	struct winusb_iso_buffer request = { .pipe = SCENE_IN, .size = 4096, .packets = 4 };
	struct winusb_iso_setup_ring setup = { .entries = 16 };
	struct scene scene;

	scene_open(&scene);
	RETURNS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_REGISTER_BUFFER,
			      scene_read_only(&request, sizeof(request))),
		EFAULT);
	RETURNS(fixture_unregister(scene.fd, 1), ENOENT);
	tap_note("the pipe is free again, and there are no rings");
	WORKS(fixture_ioctl(scene_open_another(&scene), WINUSB_ISO_IOC_REGISTER_BUFFER, &request));
	WORKS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_SETUP_RING, &setup));
}

static void submit_ring_takes_nothing(void)
{
	struct winusb_iso_submit_ring submit = { 0 };
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_rings rings;
	struct scene scene;
	uint32_t taken;

	scene_open(&scene);
	fixture_rings(scene.fd, &rings, 4);
	fixture_register_packets(scene.fd, &scene.in, SCENE_IN, SCENE_PACKETS);
	transfer = fixture_transfer(&scene.in, 0, 8, 5);
	fixture_publish(&rings, &transfer);
	RETURNS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_SUBMIT_RING,
			      scene_read_only(&submit, sizeof(submit))),
		EFAULT);
	EQUAL(rings.control->transfer_head, 0);
	WORKS(fixture_submit_ring(scene.fd, &taken));
	EQUAL(taken, 1);
	WORKS(fixture_collect_wait(scene.fd, &rings, &completion));
	EQUAL(completion.cookie, 5);
}

static void reap_loses_nothing(void)
{
	struct winusb_iso_completion completion = { 0 };
	struct winusb_iso_transfer transfer;
	struct pollfd poller;
	struct scene scene;

	scene_set_up(&scene);
	transfer = fixture_transfer(&scene.in, 0, 8, 99);
	REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	poller = (struct pollfd){ .fd = scene.fd, .events = POLLIN };
	EQUAL(poll(&poller, 1, FIXTURE_WAIT_MS), 1);
	RETURNS(fixture_reap(scene.fd, NULL), EFAULT);
	RETURNS(fixture_reap(scene.fd, scene_no_page()), EFAULT);
	RETURNS(fixture_reap(scene.fd, scene_read_only(&completion, sizeof(completion))), EFAULT);
	WORKS(fixture_reap(scene.fd, &completion));
	EQUAL(completion.cookie, 99);
	EQUAL(completion.actual_length, 8 * SCENE_MAX_BYTES);
	RETURNS(fixture_reap(scene.fd, &completion), EAGAIN);
}

/* --- waiting --- */

static void reap_would_block(void)
{
	struct winusb_iso_completion completion;
	struct scene scene;

	scene_open(&scene);
	tap_note("without rings");
	RETURNS(fixture_reap(scene.fd, &completion), EAGAIN);
	fixture_register_packets(scene.fd, &scene.in, SCENE_IN, SCENE_PACKETS);
	tap_note("with rings, and nothing in them");
	RETURNS(fixture_reap(scene.fd, &completion), EAGAIN);
}

static volatile sig_atomic_t signals;

static void count_signal(int signal)
{
	(void)signal;
	signals++;
}

static void stop_timer(void *unused)
{
	struct itimerval none = { 0 };

	(void)unused;
	setitimer(ITIMER_REAL, &none, NULL);
	signal(SIGVTALRM, SIG_DFL);
}

/* The signal repeats, so that it can not come before the wait only. */
static void start_signals(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	struct itimerval every_10_ms = { { 0, 10000 }, { 0, 10000 } };

	signals = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every_10_ms, NULL);
	tap_defer(stop_timer, NULL);
}

static void reap_interrupted(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct scene scene;
	int fd;

	scene_open(&scene);
	fd = fixture_open(&scene.device, O_RDWR);
	fixture_register_packets(fd, &scene.in, SCENE_IN, SCENE_PACKETS);
	scene_hold(&scene);
	transfer = fixture_transfer(&scene.in, 0, 8, 3);
	REQUIRE_WORKS(fixture_submit(fd, &transfer));
	start_signals();
	RETURNS(fixture_reap(fd, &completion), EINTR);
	CHECK(signals > 0);
	stop_timer(NULL);
	scene_release(&scene);
	WORKS(fixture_reap(fd, &completion));
	EQUAL(completion.cookie, 3);
}

/* --- after an unplug --- */

static void unplugged_results_stay(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct scene scene;
	unsigned int i;

	scene_set_up(&scene);
	scene_hold(&scene);
	for (i = 0; i < 3; i++) {
		transfer = fixture_transfer(&scene.in, 8 * i, 8, i);
		REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	}
	fixture_unplug(&scene.device);
	for (i = 0; i < 3; i++) {
		EQUAL(fixture_events(scene.fd), POLLIN | POLLHUP | POLLERR);
		WORKS(fixture_reap(scene.fd, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, ENODEV);
	}
	EQUAL(fixture_events(scene.fd), POLLHUP | POLLERR);
	RETURNS(fixture_reap(scene.fd, &completion), ENODEV);
}

static void unplugged_mmap(void)
{
	struct scene scene;

	scene_set_up(&scene);
	fixture_unplug(&scene.device);
	CHECK(mmap64(NULL, 4096, PROT_READ, MAP_SHARED, scene.fd,
		     (off64_t)scene.in.info.mmap_offset) == MAP_FAILED);
	EQUAL(errno, ENODEV);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, scene.fd, 0) == MAP_FAILED);
	EQUAL(errno, ENODEV);
	tap_note("what was mapped before can still be read and written");
	scene.in.data[0] = 0x5a;
	EQUAL(scene.in.data[0], 0x5a);
}

// clang-format off
static const struct tap_test tests[] = {
	{ "an ioctl number that is not named says ENOTTY", unknown_number },
	{ "a known number with another magic says ENOTTY", other_magic },
#define ROW(NAME) ENTRY(wrong_size, NAME, "with another size or direction says ENOTTY")
	ALL(ROW)
#undef ROW
#define ROW(NAME) ENTRY(no_memory, NAME, "with unreadable memory says EFAULT, changes nothing")
	ALL_BUT_REAP(ROW)
#undef ROW
#define ROW(NAME) ENTRY(half_memory, NAME, "with memory that ends too early says EFAULT")
	ALL_BUT_REAP(ROW)
#undef ROW
	ENTRY(read_only_memory, GET_INFO, "with memory that can't be written says EFAULT")
	ENTRY(read_only_memory, GET_ALTERNATE, "with memory that can't be written says EFAULT")
	ENTRY(read_only_memory, GET_PIPE, "with memory that can't be written says EFAULT")
	ENTRY(read_only_memory, GET_FRAME, "with memory that can't be written says EFAULT")
	ENTRY(read_only_memory, GET_POWER, "with memory that can't be written says EFAULT")
	{ "SETUP_RING that can't deliver its result says EFAULT and is undone", setup_ring_undone },
	{ "REGISTER_BUFFER that can't deliver its result says EFAULT and is undone",
	  register_undone },
	{ "SUBMIT_RING that can't deliver its result says EFAULT and takes nothing",
	  submit_ring_takes_nothing },
	{ "REAP that can't deliver its result says EFAULT and loses nothing", reap_loses_nothing },
#define ROW(NAME) ENTRY(permission, NAME, "on a file opened for reading says EPERM")
	CHANGES(ROW)
#undef ROW
#define ROW(NAME) ENTRY(query_allowed, NAME, "works on a file opened for reading")
	QUERIES(ROW)
#undef ROW
	ENTRY(padding, GET_ALTERNATE, "with padding that is not zero says EINVAL")
	ENTRY(padding, GET_PIPE, "with padding that is not zero says EINVAL")
	ENTRY(padding, SET_ALTERNATE, "with padding that is not zero says EINVAL")
	ENTRY(padding, SETUP_RING, "with padding that is not zero says EINVAL")
	ENTRY(padding, REGISTER_BUFFER, "with padding that is not zero says EINVAL")
	ENTRY(padding, UNREGISTER_BUFFER, "with padding that is not zero says EINVAL")
	ENTRY(padding, SUBMIT, "with padding that is not zero says EINVAL")
	ENTRY(padding, SUBMIT_RING, "with a flag says EINVAL")
	ENTRY(padding, ABORT_PIPE, "with padding that is not zero says EINVAL")
	ENTRY(padding, RESET_PIPE, "with padding that is not zero says EINVAL")
	ENTRY(padding, CANCEL, "with padding that is not zero says EINVAL")
	{ "REAP on a non-blocking file without a completion says EAGAIN", reap_would_block },
	{ "REAP that a signal interrupts says EINTR and loses nothing", reap_interrupted },
#define ROW(NAME) ENTRY(unplugged, NAME, "after an unplug says ENODEV")
	ALL(ROW)
#undef ROW
	{ "results that were pending at an unplug are collected before ENODEV",
	  unplugged_results_stay },
	{ "mmap after an unplug says ENODEV", unplugged_mmap },
};
// clang-format on

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
