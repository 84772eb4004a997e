// SPDX-License-Identifier: MIT
/*
 * The program is away for a while, as if it had been stopped: how many service intervals were lost?
 * The controller, dummy_hcd, says: those without a token between the first and now.
 */
#include "bench.h"

#include <stdio.h>
#include <time.h>

static void pause_ms(uint32_t ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&time, NULL);
}

void stall_report(struct job *job, uint32_t ms)
{
	int64_t before;

	job->peer->run(job, job->done + job->depth);
	before = device_lost(job);
	if (before < 0)
		die("the controller does not say what was lost");
	pause_ms(ms);
	job->peer->run(job, job->done + 2 * job->depth);
	printf("{\"stall\":\"%s\",\"packets\":%u,\"depth\":%u,\"milliseconds\":%u,\"lost\":%lld}\n",
	       job->peer->name, job->packets, job->depth, ms,
	       (long long)(device_lost(job) - before));
}
