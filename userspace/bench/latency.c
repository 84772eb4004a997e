// SPDX-License-Identifier: MIT
/*
 * From the end of a transfer's last microframe until the program knew of it. The transfers of a
 * stream end a known time apart, and the service intervals of the gadget begin with microframes of
 * CLOCK_MONOTONIC; that the soonest of all is told within a microframe is all that is assumed.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UFRAME_NS 125000u
#define BIN_NS	  250u

void latency_measure(struct job *job, uint64_t transfers)
{
	job->stamps = calloc(transfers, sizeof(job->stamps[0]));
	if (!job->stamps)
		die("no memory");
	memset(job->stamps, 0xff, transfers * sizeof(job->stamps[0])); /* no faults later */
	job->stamps_room = transfers;
	job->peer->run(job, job->done + transfers);
	job->stamps_room = 0;
}

/* Replaces each time by the time since the end of its transfer. */
static void relate(struct job *job)
{
	uint64_t period = (uint64_t)job->packets * job->frame * UFRAME_NS, soonest = UINT64_MAX, i;

	for (i = 0; i < job->stamps_count; i++) {
		job->stamps[i] -= i * period;
		soonest = job->stamps[i] < soonest ? job->stamps[i] : soonest;
	}
	for (i = 0; i < job->stamps_count; i++)
		job->stamps[i] -= soonest - soonest % UFRAME_NS;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* [[begin of the bin in ns, transfers in it], ...] */
static void print_histogram(const struct job *job)
{
	const char *separator = "";
	uint64_t i, first;

	printf(",\"histogram\":[");
	for (i = 0; i < job->stamps_count; separator = ",") {
		for (first = i; i < job->stamps_count; i++)
			if (job->stamps[i] / BIN_NS != job->stamps[first] / BIN_NS)
				break;
		printf("%s[%llu,%llu]", separator,
		       (unsigned long long)(job->stamps[first] / BIN_NS * BIN_NS),
		       (unsigned long long)(i - first));
	}
	printf("]");
}

void latency_print(struct job *job)
{
	static const struct {
		const char *name;
		unsigned int per_mille;
	} parts[] = {
		{ "0", 0 },    { "50", 500 },  { "90", 900 },
		{ "99", 990 }, { "999", 999 }, { "100", 1000 },
	};
	uint64_t last = job->stamps_count - 1;
	unsigned int i;

	if (!job->stamps_count)
		return;
	relate(job);
	qsort(job->stamps, job->stamps_count, sizeof(job->stamps[0]), ascending);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		printf(",\"latency_%s\":%llu", parts[i].name,
		       (unsigned long long)job->stamps[last * parts[i].per_mille / 1000]);
	print_histogram(job);
}
