// SPDX-License-Identifier: MIT
/* Unit tests of the tool, TAP on stdout. They touch nothing but a folder of their own. */
#include <signal.h>
#include <stdio.h>

#include "tap.h"

static int tests, failed;
static const char *test_name;
static bool test_ok;

void begin(const char *name)
{
	test_name = name;
	test_ok = true;
}

bool check(bool ok, const char *file, int line, const char *what)
{
	if (!ok) {
		printf("# %s:%d: %s\n", file, line, what);
		test_ok = false;
	}
	return ok;
}

void end(void)
{
	tests++;
	failed += !test_ok;
	printf("%sok %d - tool: %s\n", test_ok ? "" : "not ", tests, test_name);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	test_parsers();
	test_text();
	test_tally();
	test_source();
	test_writer();
	test_descriptors();
	test_binding();
	printf("1..%d\n", tests);
	return failed != 0;
}
