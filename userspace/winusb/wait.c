// SPDX-License-Identifier: MIT
/*
 * Waiting for objects. One lock covers the state of every object that can be waited for, so that
 * a wait for all of several takes them in one step or none. Whoever changes an object ends the
 * waits that can end, oldest first, and hands the object over: what an auto-reset event releases
 * is decided when it is set, not when a thread gets to run.
 */
#include "internal.h"

#define NS_PER_MS 1000000u

struct win_wait {
	pthread_cond_t cond;
	struct win_wait_block *blocks;
	unsigned int count;
	bool all;
	bool done;
	bool depends; /* on the end of operations */
	DWORD thread;
	DWORD result;
};

pthread_mutex_t win_wait_mutex = PTHREAD_MUTEX_INITIALIZER;

void win_waitable_init(struct win_waitable *waitable, const struct win_class *class,
		       const struct win_wait_class *wait)
{
	win_object_init(&waitable->object, class);
	waitable->wait = wait;
	waitable->first = NULL;
	waitable->last = NULL;
	waitable->awaited = 0;
}

static void depend(struct win_wait *wait)
{
	if (!wait->depends)
		win_depend_locked();
	wait->depends = true;
}

void win_wait_await(struct win_waitable *waitable)
{
	waitable->awaited++;
	for (struct win_wait_block *block = waitable->first; block; block = block->next)
		depend(block->wait);
}

void win_wait_unawait(struct win_waitable *waitable)
{
	waitable->awaited--;
}

static void link_block(struct win_wait_block *block)
{
	struct win_waitable *object = block->object;

	block->next = NULL;
	block->prev = object->last;
	if (object->last)
		object->last->next = block;
	else
		object->first = block;
	object->last = block;
}

static void unlink_block(struct win_wait_block *block)
{
	struct win_waitable *object = block->object;

	if (block->prev)
		block->prev->next = block->next;
	else
		object->first = block->next;
	if (block->next)
		block->next->prev = block->prev;
	else
		object->last = block->prev;
}

static bool is_signaled(const struct win_wait *wait, unsigned int i)
{
	struct win_waitable *object = wait->blocks[i].object;

	return object->wait->is_signaled(object, wait->thread);
}

/* Returns whether it was abandoned. */
static bool take(const struct win_wait *wait, unsigned int i)
{
	struct win_waitable *object = wait->blocks[i].object;

	return object->wait->take && object->wait->take(object, wait->thread);
}

static bool try_all(struct win_wait *wait)
{
	DWORD result = WAIT_OBJECT_0;

	for (unsigned int i = 0; i < wait->count; i++)
		if (!is_signaled(wait, i))
			return false;
	for (unsigned int i = wait->count; i-- > 0;)
		if (take(wait, i))
			result = WAIT_ABANDONED_0 + i;
	wait->result = result;
	wait->done = true;
	return true;
}

static bool try_any(struct win_wait *wait)
{
	for (unsigned int i = 0; i < wait->count; i++) {
		if (!is_signaled(wait, i))
			continue;
		wait->result = (take(wait, i) ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + i;
		wait->done = true;
		return true;
	}
	return false;
}

static bool try_wait(struct win_wait *wait)
{
	return wait->all ? try_all(wait) : try_any(wait);
}

static void unlink_wait(struct win_wait *wait)
{
	for (unsigned int i = 0; i < wait->count; i++)
		unlink_block(&wait->blocks[i]);
}

void win_wait_changed(struct win_waitable *waitable)
{
	struct win_wait_block *block = waitable->first;

	while (block) {
		struct win_wait *wait = block->wait;

		if (try_wait(wait)) {
			unlink_wait(wait);
			pthread_cond_signal(&wait->cond);
			block = waitable->first;
		} else {
			/* It may have a timer that is due earlier now. */
			if (waitable->wait->due)
				pthread_cond_signal(&wait->cond);
			block = block->next;
		}
	}
}

/* When to look again: the end of the wait or the next timer. 0: never. */
static uint64_t next_look(const struct win_wait *wait, uint64_t deadline)
{
	uint64_t look = deadline;

	for (unsigned int i = 0; i < wait->count; i++) {
		struct win_waitable *object = wait->blocks[i].object;
		uint64_t due = object->wait->due ? object->wait->due(object) : 0;

		if (due && (!look || due < look))
			look = due;
	}
	return look;
}

static void sleep_for(struct win_wait *wait, DWORD timeout_ms)
{
	uint64_t deadline = 0;

	if (timeout_ms != INFINITE)
		deadline = win_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	while (!wait->done) {
		win_cond_wait(&wait->cond, &win_wait_mutex, next_look(wait, deadline));
		if (wait->done)
			return;
		/* A timer became due, or the time is up. */
		if (try_wait(wait)) {
			unlink_wait(wait);
		} else if (deadline && win_now_ns() >= deadline) {
			unlink_wait(wait);
			wait->result = WAIT_TIMEOUT;
			return;
		}
	}
}

/* What it looks for may have come. */
static void look(const struct win_wait *wait)
{
	for (unsigned int i = 0; i < wait->count; i++)
		if (wait->blocks[i].object->awaited)
			win_look();
}

static void wait_locked(struct win_wait *wait, DWORD timeout_ms)
{
	if (try_wait(wait))
		return;
	if (!timeout_ms) {
		look(wait);
		wait->result = WAIT_TIMEOUT;
		return;
	}
	win_cond_init(&wait->cond);
	for (unsigned int i = 0; i < wait->count; i++) {
		link_block(&wait->blocks[i]);
		if (wait->blocks[i].object->awaited)
			depend(wait);
	}
	sleep_for(wait, timeout_ms);
	pthread_cond_destroy(&wait->cond);
	if (wait->depends)
		win_undepend_locked();
}

/* With the lock. */
static DWORD wait_for(struct win_waitable *const *waitables, struct win_wait_block *blocks,
		      unsigned int count, bool all, DWORD timeout_ms)
{
	struct win_wait wait = {
		.blocks = blocks,
		.count = count,
		.all = all,
		.thread = GetCurrentThreadId(),
		.result = WAIT_FAILED,
	};

	for (unsigned int i = 0; i < count; i++) {
		blocks[i].object = waitables[i];
		blocks[i].wait = &wait;
	}
	wait_locked(&wait, timeout_ms);
	return wait.result;
}

DWORD win_wait_many(struct win_waitable *const *waitables, unsigned int count, bool all,
		    DWORD timeout_ms)
{
	struct win_wait_block blocks[MAXIMUM_WAIT_OBJECTS];
	DWORD result;

	win_wait_lock();
	result = wait_for(waitables, blocks, count, all, timeout_ms);
	win_wait_unlock();
	return result;
}

DWORD win_wait_one_locked(struct win_waitable *waitable, DWORD timeout_ms)
{
	struct win_wait_block block;

	return wait_for(&waitable, &block, 1, false, timeout_ms);
}

DWORD win_wait_one(struct win_waitable *waitable, DWORD timeout_ms)
{
	return win_wait_many(&waitable, 1, false, timeout_ms);
}
