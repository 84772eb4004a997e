// SPDX-License-Identifier: MIT
/* The locks inside the library. */
#include <errno.h>
#include <pthread.h>

#include "futex.h"
#include "tap.h"

#define THREADS 4
#define ROUNDS	100000u

static struct wiso_mutex mutex;
static struct wiso_cond cond;
static pthread_barrier_t start;
static unsigned int count;
static bool ready;

static void *add(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&start);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		wiso_lock(&mutex);
		count++;
		wiso_unlock(&mutex);
	}
	return NULL;
}

TEST(excludes, "a lock that several threads fight for is held by one at a time")
{
	pthread_t threads[THREADS];

	count = 0;
	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, add, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	EQUAL(count, THREADS * ROUNDS);
	EQUAL(mutex.state, WISO_FREE);
}

static void *wait_until_ready(void *arg)
{
	(void)arg;
	wiso_lock(&mutex);
	count++;
	while (!ready)
		wiso_cond_wait(&cond, &mutex, 0);
	count--;
	wiso_unlock(&mutex);
	return NULL;
}

static unsigned int waiting(void)
{
	unsigned int now;

	wiso_lock(&mutex);
	now = count;
	wiso_unlock(&mutex);
	return now;
}

static void start_waiters(pthread_t *threads)
{
	count = 0;
	ready = false;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, wait_until_ready, NULL);
	while (waiting() < THREADS)
		;
}

static void join_waiters(pthread_t *threads)
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	EQUAL(count, 0);
	EQUAL(cond.waiting, 0);
}

TEST(wakes_all, "a condition wakes everybody who waits for it")
{
	pthread_t threads[THREADS];

	start_waiters(threads);
	wiso_lock(&mutex);
	ready = true;
	wiso_cond_wake(&cond);
	wiso_unlock(&mutex);
	join_waiters(threads);
}

TEST(wakes_each, "a condition that wakes one at a time gets to everybody")
{
	pthread_t threads[THREADS];

	start_waiters(threads);
	wiso_lock(&mutex);
	ready = true;
	for (int i = 0; i < THREADS; i++)
		wiso_cond_wake_one(&cond);
	wiso_unlock(&mutex);
	join_waiters(threads);
}

TEST(deadline, "a wait whose time is up ends, holds the lock and leaves errno alone")
{
	errno = EXDEV;
	wiso_lock(&mutex);
	wiso_cond_wait(&cond, &mutex, 1);
	EQUAL(errno, EXDEV);
	EQUAL(mutex.state, WISO_TAKEN);
	EQUAL(cond.waiting, 0);
	wiso_unlock(&mutex);
}
