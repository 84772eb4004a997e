// SPDX-License-Identifier: MIT
/*
 * The program is away for a while, as if it had been stopped: how many service intervals were lost?
 * The controller, dummy_hcd, says: those without a token between the first and now.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ENDPOINTS "/sys/kernel/debug/dummy_hcd.0/endpoints"

static uint64_t missed(const struct job *job)
{
	char line[512], address[24];
	const char *found = NULL;
	FILE *file = fopen(ENDPOINTS, "re");

	if (!file)
		die("%s: %m", ENDPOINTS);
	snprintf(address, sizeof(address), "address=0x%02x ", job->endpoint);
	while (!found && fgets(line, sizeof(line), file))
		if (strstr(line, address))
			found = strstr(line, "missed=");
	fclose(file);
	if (!found)
		die("no endpoint 0x%02x in %s", job->endpoint, ENDPOINTS);
	return strtoull(found + strlen("missed="), NULL, 10);
}

static void pause_ms(uint32_t ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&time, NULL);
}

void stall_report(struct job *job, uint32_t ms)
{
	uint64_t before;

	job->peer->run(job, job->done + job->depth);
	before = missed(job);
	pause_ms(ms);
	job->peer->run(job, job->done + 2 * job->depth);
	printf("{\"stall\":\"%s\",\"packets\":%u,\"depth\":%u,\"milliseconds\":%u,\"lost\":%llu}\n",
	       job->peer->name, job->packets, job->depth, ms,
	       (unsigned long long)(missed(job) - before));
}
