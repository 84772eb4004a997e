// SPDX-License-Identifier: MIT
/*
 * Everything at once, on two processors: that nothing is left over, and that the kernel does not
 * complain, is what is tested.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#define UNPLUGS 15

static atomic_bool stop;

/* Numbers that are the same in each run. */
static unsigned int chance(unsigned int *seed, unsigned int below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

/* Submits and unlinks, four URBs of its own for each endpoint. */
static void *submitter(void *argument)
{
	unsigned int first = (unsigned int)(long)argument * 8, seed = first + 1, id;

	while (!stop) {
		id = chance(&seed, 8);
		switch (chance(&seed, 4)) {
		case 0:
			command("unlink %u", first + id);
			break;
		case 1:
			command("kill %u", first + id);
			break;
		default:
			command("submit %u %x %u %u asap=%u again=%u silent=1", first + id,
				id & 1 ? IN : OUT, 1 + chance(&seed, 20), chance(&seed, 65),
				chance(&seed, 2), chance(&seed, 50));
		}
	}
	return NULL;
}

static void *clockwork(void *argument)
{
	unsigned int seed = 77;

	(void)argument;
	while (!stop) {
		switch (chance(&seed, 12)) {
		case 0:
			knob("clock", "real");
			usleep(chance(&seed, 20000));
			break;
		case 1:
			knob("clock", "manual");
			break;
		case 2:
			knob("uframe", "%u", chance(&seed, 1000000));
			break;
		default:
			knob("advance", "%u", chance(&seed, 40));
		}
	}
	return NULL;
}

static void *knob_turner(void *argument)
{
	static const char *const faults[] = { "missed", "crc", "timeout", "babble" };
	unsigned int seed = 99;

	(void)argument;
	while (!stop) {
		switch (chance(&seed, 8)) {
		case 0:
			knob("complete_order", "%s", chance(&seed, 2) ? "host" : "gadget");
			break;
		case 1:
			knob("expire", "%u", chance(&seed, 2));
			break;
		case 2:
			knob("giveback_delay", "%u", chance(&seed, 20));
			break;
		case 3:
			knob("tick", "%u", 1 + chance(&seed, 20));
			break;
		case 4:
			knob("inject", "%x %s %u %u", chance(&seed, 2) ? IN : OUT,
			     faults[chance(&seed, 4)], 1 + chance(&seed, 3), chance(&seed, 20));
			break;
		case 5:
			knob("inject", "clear");
			break;
		case 6:
			command("alternate %u", chance(&seed, 3) > 0);
			break;
		default:
			write_text("/sys/kernel/debug/iso_probe/log", "");
			usleep(1000);
		}
	}
	return NULL;
}

static void everything_at_once(void)
{
	static void *(*const jobs[])(void *) = { submitter, submitter, clockwork, knob_turner };
	pthread_t threads[4];
	int i, speed;

	for (i = 0; i < 4; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, jobs[i], (void *)(long)i));
	for (i = 0; i < UNPLUGS; i++) {
		speed = i % 3;
		plug(&(struct rig){ .speed = speed });
		usleep(300000);
		unplug();
	}
	stop = true;
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	SAME_TEXT(dummy("endpoints"), "");
}

static void works_afterwards(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 1 8"));
	advance(9);
	LOG("submit 0 start 1008 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n");
}

static const struct tap_test tests[] = {
	{ "streams, clock, knobs, alternate settings and unplugs survive each other",
	  everything_at_once },
	{ "after that all is as before", works_afterwards },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
