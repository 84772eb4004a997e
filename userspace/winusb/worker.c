// SPDX-License-Identifier: MIT
/* A thread for calls that block. */
#include <stdlib.h>

#include "internal.h"

struct win_worker {
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t changed;
	struct win_work *first, *last;
	bool running;
	bool stopping;
};

struct win_worker *win_worker_new(void)
{
	struct win_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->changed, NULL);
	return worker;
}

static struct win_work *next_work(struct win_worker *worker)
{
	struct win_work *work = worker->first;

	if (work)
		worker->first = work->next;
	return work;
}

static void work_until_stopped(void *arg)
{
	struct win_worker *worker = arg;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		struct win_work *work = next_work(worker);

		if (!work && worker->stopping)
			break;
		if (!work) {
			pthread_cond_wait(&worker->changed, &worker->lock);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		work->run(work);
		pthread_mutex_lock(&worker->lock);
	}
	worker->running = false;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

static DWORD start_locked(struct win_worker *worker)
{
	DWORD error;

	if (worker->running)
		return ERROR_SUCCESS;
	error = win_thread_start(work_until_stopped, worker);
	worker->running = !error;
	return error;
}

DWORD win_worker_queue(struct win_worker *worker, struct win_work *work)
{
	DWORD error;

	work->next = NULL;
	pthread_mutex_lock(&worker->lock);
	error = start_locked(worker);
	if (!error) {
		if (worker->first)
			worker->last->next = work;
		else
			worker->first = work;
		worker->last = work;
		pthread_cond_broadcast(&worker->changed);
	}
	pthread_mutex_unlock(&worker->lock);
	return error;
}

/* Returns whether it was there. */
static bool remove_locked(struct win_worker *worker, struct win_work *work)
{
	struct win_work **at = &worker->first, *before = NULL;

	while (*at && *at != work) {
		before = *at;
		at = &before->next;
	}
	if (!*at)
		return false;
	*at = work->next;
	if (worker->last == work)
		worker->last = before;
	return true;
}

bool win_worker_unqueue(struct win_worker *worker, struct win_work *work)
{
	bool found;

	pthread_mutex_lock(&worker->lock);
	found = remove_locked(worker, work);
	pthread_mutex_unlock(&worker->lock);
	return found;
}

void win_worker_free(struct win_worker *worker)
{
	if (!worker)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->stopping = true;
	pthread_cond_broadcast(&worker->changed);
	while (worker->running)
		pthread_cond_wait(&worker->changed, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}
