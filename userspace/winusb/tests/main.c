// SPDX-License-Identifier: MIT
#include "../device.h"
#include "fake-kernel.h"
#include "tap.h"

static unsigned int handles;
static uint64_t tick_ns;

/* Sanitizers: memory that is not to be had is a test, not an error. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Every file of the fake kernel is the same one to flock(). */
static int lock_nothing(int fd, int operation)
{
	(void)fd;
	(void)operation;
	return 0;
}

static void before(void)
{
	handles = win_handle_count();
	fake_reset();
	win_file_flock = lock_nothing;
	win_tick_ns = tick_ns;
	SetLastError(ERROR_SUCCESS);
}

static void after(void)
{
	tap_equal(win_handle_count(), handles, "handles left", __FILE__, __LINE__);
}

int main(int argc, char **argv)
{
	tick_ns = win_tick_ns;
	return tap_main(argc, argv, before, after);
}
