// SPDX-License-Identifier: MIT
/* Runs every registered test with a fresh kernel. An argument runs those whose name has it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../device.h"
#include "fake-kernel.h"
#include "tap.h"

#define MOST_TESTS	400

static struct {
	const char *sentence;
	void (*run)(void);
} tests[MOST_TESTS];
static unsigned int num_tests;
static bool failed;

void tap_register(const char *sentence, void (*run)(void))
{
	if (num_tests == MOST_TESTS)
		_exit(1);
	tests[num_tests].sentence = sentence;
	tests[num_tests++].run = run;
}

bool tap_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok) {
		printf("# %s:%d: not true: %s\n", file, line, what);
		failed = true;
	}
	return ok;
}

bool tap_equal(long long got, long long wanted, const char *what, const char *file, int line)
{
	if (got != wanted) {
		printf("# %s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
		failed = true;
	}
	return got == wanted;
}

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

static bool run_one(unsigned int number, const char *sentence, void (*run)(void))
{
	unsigned int handles = win_handle_count();

	failed = false;
	fake_reset();
	win_file_flock = lock_nothing;
	SetLastError(ERROR_SUCCESS);
	run();
	/* A test that failed may have left some. */
	if (!failed)
		tap_equal(win_handle_count(), handles, "handles left", __FILE__, __LINE__);
	printf("%sok %u - %s\n", failed ? "not " : "", number, sentence);
	return !failed;
}

int main(int argc, char **argv)
{
	unsigned int number = 0, passed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned int i = 0; i < num_tests; i++)
		if (argc < 2 || strstr(tests[i].sentence, argv[1]))
			passed += run_one(++number, tests[i].sentence, tests[i].run);
	printf("1..%u\n", number);
	printf("# %u passed, %u failed\n", passed, number - passed);
	return number && passed == number ? 0 : 1;
}
