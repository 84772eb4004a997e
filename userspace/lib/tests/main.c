// SPDX-License-Identifier: MIT
/* Runs every registered test with a fresh kernel. An argument runs those whose name has it. */
#include <stdio.h>
#include <string.h>

#include "fake-kernel.h"
#include "tap.h"

#define MOST_TESTS	200

static struct {
	const char *sentence;
	void (*run)(void);
} tests[MOST_TESTS];
static unsigned int num_tests;
static bool failed;

void tap_register(const char *sentence, void (*run)(void))
{
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

static bool run_one(unsigned int number, const char *sentence, void (*run)(void))
{
	failed = false;
	fake_reset();
	run();
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
