// SPDX-License-Identifier: MIT
/* The clock of dummy_hcd.0 by hand, in step with CLOCK_MONOTONIC. */
#include "busclock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "dummy.h"
#include "fixture.h"

/* What one write moves at most: completions inside of it all see the same CLOCK_MONOTONIC. */
#define STEP 8

/*
 * When a call is made, after its microframe has begun: late enough that the driver, whose reading
 * in busclock_learn() was early, says the same microframe, and early enough to be done within it.
 */
#define SETTLE_NS 50000
#define LATE_NS	  100000

#define MAX_TRIES 16 /* to ask the driver within a microframe */

#define COUNTER_MODULUS 4096 /* microframes; bus time is that of the clock modulo this */

static struct {
	uint64_t uframe;    /* the clock */
	uint64_t origin;    /* a microframe ... */
	uint64_t origin_ns; /* ... and when it began */
} bus;

static void write_number(const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	REQUIRE_WORKS(dummy_write(name, text));
}

uint64_t busclock_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec time = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL))
		;
}

/*
 * Where a kernel checks its memory, it does so now and not in the middle of a test, where it would
 * take several microframes (scripts/stretch).
 */
static void hold_memory(const char *hold)
{
	int fd = open("/sys/module/stretch/parameters/hold_freed", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	CHECK(write(fd, hold, 1) == 1);
	close(fd);
}

static void restore(void *unused)
{
	(void)unused;
	hold_memory("0");
	WORKS(dummy_write("clock", "real"));
}

void busclock_take(void)
{
	prctl(PR_SET_TIMERSLACK, 1);
	REQUIRE_WORKS(dummy_write("clock", "manual"));
	tap_defer(restore, NULL);
	hold_memory("1");
	bus.uframe = bus.origin = dummy_get("uframe");
	bus.origin_ns = busclock_monotonic();
}

uint64_t busclock_now(void)
{
	return bus.uframe;
}

uint64_t busclock_ns(uint64_t uframe)
{
	return bus.origin_ns + (uframe - bus.origin) * BUSCLOCK_NS;
}

static void move(uint64_t uframes)
{
	sleep_until(busclock_ns(bus.uframe + uframes));
	write_number("advance", uframes);
	bus.uframe += uframes;
}

void busclock_advance_to(uint64_t uframe)
{
	REQUIRE(uframe >= bus.uframe);
	while (uframe - bus.uframe > STEP)
		move(STEP);
	if (uframe > bus.uframe)
		move(uframe - bus.uframe);
	sleep_until(busclock_ns(bus.uframe) + SETTLE_NS);
}

void busclock_advance(uint64_t uframes)
{
	busclock_advance_to(bus.uframe + uframes);
}

void busclock_advance_to_phase(unsigned int phase)
{
	busclock_advance((phase - bus.uframe - 1) % BUSCLOCK_FRAME + 1);
}

void busclock_catch_up(void)
{
	uint64_t passed = (busclock_monotonic() - bus.origin_ns) / BUSCLOCK_NS + 1;

	if (bus.origin + passed > bus.uframe)
		move(bus.origin + passed - bus.uframe);
	busclock_advance(0);
}

void busclock_jump(uint64_t uframe)
{
	uint64_t wait = (uframe - bus.uframe) % COUNTER_MODULUS;

	bus.origin_ns = busclock_ns(bus.uframe + wait);
	bus.origin = uframe;
	bus.uframe = uframe;
	sleep_until(bus.origin_ns);
	write_number("uframe", uframe);
	busclock_advance(0);
}

void busclock_set_back(uint64_t uframes)
{
	bus.uframe -= uframes;
	bus.origin -= uframes;
	write_number("uframe", bus.uframe);
}

static uint64_t bus_time(int fd)
{
	struct winusb_iso_frame frame;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	return frame.uframe;
}

/*
 * What the driver knows is no more than 7 microframes behind or ahead. In the last microframe of a
 * frame the counter tells it that it is not ahead, in the first that it is not behind. False if
 * something took so long that it was not asked then.
 */
static bool learn_once(int fd, uint64_t *time, uint64_t *again)
{
	busclock_advance_to_phase(BUSCLOCK_FRAME - 1);
	sleep_until(busclock_ns(bus.uframe) + LATE_NS);
	bus_time(fd);
	if (busclock_monotonic() >= busclock_ns(bus.uframe + 1))
		return false;
	move(1);
	*time = bus_time(fd);
	if (busclock_monotonic() >= busclock_ns(bus.uframe) + SETTLE_NS)
		return false;
	busclock_advance(0);
	*again = bus_time(fd);
	return busclock_monotonic() < busclock_ns(bus.uframe + 1);
}

uint64_t busclock_learn(int fd)
{
	uint64_t time, again;
	unsigned int tries = 0;

	while (!learn_once(fd, &time, &again)) {
		REQUIRE(++tries < MAX_TRIES);
		busclock_catch_up();
	}
	EQUAL((time - bus.uframe) % COUNTER_MODULUS, 0);
	EQUAL(again, time);
	return time - bus.uframe;
}
