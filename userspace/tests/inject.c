// SPDX-License-Identifier: MIT
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define FAULTS "/sys/kernel/debug/"

static int counter = -1; /* fail-nth of this thread */

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "we");

	REQUIRE(file);
	fputs(value, file);
	REQUIRE(!fclose(file));
}

void inject_only_copies(void)
{
	set(FAULTS "failslab/cache-filter", "Y"); /* and no cache is chosen */
	set(FAULTS "fail_page_alloc/min-order", "32");
}

void inject_prepare(void)
{
	set(FAULTS "failslab/cache-filter", "N");
	/* As it comes, the kernel spares allocations that may wait, which are nearly all. */
	set(FAULTS "failslab/ignore-gfp-wait", "N");
	set(FAULTS "fail_page_alloc/ignore-gfp-wait", "N");
	set(FAULTS "fail_page_alloc/ignore-gfp-highmem", "N");
	set(FAULTS "fail_page_alloc/min-order", "0");
	set(FAULTS "failslab/verbose", "0");
	set(FAULTS "fail_page_alloc/verbose", "0");
	set(FAULTS "fail_usercopy/verbose", "0");
	if (counter < 0)
		counter = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	REQUIRE(counter >= 0);
}

void inject_begin(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	REQUIRE(pwrite(counter, text, length, 0) == length);
}

/*
 * What is left of the count. Reading it is a copy to user space, too: if that is what fails,
 * nothing had failed before, so one is left.
 */
unsigned int inject_left(void)
{
	char text[16] = "";
	ssize_t length = pread(counter, text, sizeof(text) - 1, 0);
	int error = errno;

	/* The same holds for writing, and there is no third time. */
	while (pwrite(counter, "0", 1, 0) != 1)
		;
	if (length < 0)
		REQUIRE_WORKS(error == EFAULT ? 0 : -error);
	return length > 0 ? strtoul(text, NULL, 10) : 1;
}

bool inject_end(void)
{
	return !inject_left();
}
