// SPDX-License-Identifier: MIT
/* The streams besides the first: each is run by a thread of its own until the program ends. */
#include "bench.h"

#include <pthread.h>

static void *run(void *argument)
{
	struct job *job = argument;

	job->peer->run(job, UINT64_MAX);
	return NULL;
}

void streams_start(struct job *job)
{
	pthread_t thread;

	for (job = job->next; job; job = job->next) {
		job->peer->open(job);
		if (pthread_create(&thread, NULL, run, job))
			die("no thread");
	}
}

uint64_t streams_done(const struct job *job)
{
	uint64_t sum = 0;

	for (; job; job = job->next)
		sum += __atomic_load_n(&job->done, __ATOMIC_RELAXED);
	return sum;
}
