// SPDX-License-Identifier: MIT
/* Signals that end a stream, and the clock that it is shown by. */
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "tool.h"

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	(void)number;
	if (asked < 2)
		asked++;
}

/* No SA_RESTART: waits and reads end at once. A pipe that closed is an errno, not our death. */
void stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int stop_asked(void)
{
	return asked;
}

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}
