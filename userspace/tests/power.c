// SPDX-License-Identifier: MIT
/* Sleep of the system, from which it wakes at once (Documentation/power/basic-pm-debugging.rst). */
#include "power.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define POWER "/sys/power/"

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t size = (ssize_t)strlen(text);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)size) != size)
		err = -errno;
	close(fd);
	return err;
}

static long sleeps_so_far(void)
{
	FILE *file = fopen(POWER "suspend_stats/success", "re");
	long number = -1;

	REQUIRE(file);
	REQUIRE(fscanf(file, "%ld", &number) == 1);
	fclose(file);
	return number;
}

void power_sleep(void)
{
	long before = sleeps_so_far();

	REQUIRE_WORKS(write_text("/sys/module/suspend/parameters/pm_test_delay", "0"));
	REQUIRE_WORKS(write_text(POWER "pm_test", "devices"));
	REQUIRE_WORKS(write_text(POWER "state", "freeze"));
	EQUAL(sleeps_so_far(), before + 1);
}
