// SPDX-License-Identifier: MIT
#include "tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_TESTS 400

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

static bool run_one(unsigned int number, unsigned int test, void (*before)(void),
		    void (*after)(void))
{
	failed = false;
	before();
	tests[test].run();
	/* A test that failed may have left something. */
	if (!failed && after)
		after();
	printf("%sok %u - %s\n", failed ? "not " : "", number, tests[test].sentence);
	return !failed;
}

int tap_main(int argc, char **argv, void (*before)(void), void (*after)(void))
{
	unsigned int number = 0, passed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned int i = 0; i < num_tests; i++)
		if (argc < 2 || strstr(tests[i].sentence, argv[1]))
			passed += run_one(++number, i, before, after);
	printf("1..%u\n", number);
	printf("# %u passed, %u failed\n", passed, number - passed);
	return number && passed == number ? 0 : 1;
}
