// SPDX-License-Identifier: MIT
/*
 * Who collects the completions of a file: one thread at a time. A thread that waits for its own
 * operation does it itself, so that the driver wakes the one that is waited for. The file's thread
 * does it whenever somebody waits for what that thread would not end (an event, a port, the end of
 * a file, another operation), and when nobody has led for a while: a program may also just look at
 * its OVERLAPPEDs.
 */
#include <errno.h>
#include <limits.h>

#include "device.h"
#include "internal.h"

#define NS_PER_MS 1000000u
/* So long the file's thread leaves the role to a program that has just waited, and so long one
 * that waits leaves it to the file's thread when others needed that. */
#define GRACE_NS (50u * NS_PER_MS)

/* A leaf: no other lock is taken with it. Guards everything here, and of files. */
static pthread_mutex_t roles = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static unsigned int dependants; /* threads that need the files' threads */
/* When one did for the last time that could not have led itself. */
static uint64_t depended_ns;
static DWORD last_follower;

__attribute__((constructor)) static void init(void)
{
	win_cond_init(&changed);
}

/* With the lock. */
static void add_dependant(void)
{
	if (!dependants++)
		pthread_cond_broadcast(&changed);
}

void win_depend(void)
{
	pthread_mutex_lock(&roles);
	add_dependant();
	pthread_mutex_unlock(&roles);
}

void win_undepend(void)
{
	pthread_mutex_lock(&roles);
	dependants--;
	depended_ns = win_now_ns();
	pthread_mutex_unlock(&roles);
}

/* Of several that take turns none can lead for the others. */
void win_follow(void)
{
	DWORD thread = GetCurrentThreadId();

	pthread_mutex_lock(&roles);
	add_dependant();
	if (last_follower && last_follower != thread)
		depended_ns = win_now_ns();
	last_follower = thread;
	pthread_mutex_unlock(&roles);
}

void win_unfollow(void)
{
	pthread_mutex_lock(&roles);
	dependants--;
	pthread_mutex_unlock(&roles);
}

/* ---- The file's thread ----------------------------------------------------- */

/*
 * A program that streams leads again and again: it is asked to say that it has stopped only after
 * it was left alone for a while. Returns whether it was.
 */
static bool wait_for_leader(struct win_file *file, bool left_alone)
{
	if (!left_alone) {
		win_cond_wait(&changed, &roles, win_now_ns() + GRACE_NS);
		return true;
	}
	file->own_waits = true;
	pthread_cond_wait(&changed, &roles);
	file->own_waits = false;
	return false;
}

void win_own_begin(struct win_file *file)
{
	bool left_alone = false;

	pthread_mutex_lock(&roles);
	for (;;) {
		if (file->led || file->claimed)
			left_alone = wait_for_leader(file, left_alone);
		else if (dependants || win_now_ns() >= file->led_ns + GRACE_NS)
			break;
		else
			win_cond_wait(&changed, &roles, file->led_ns + GRACE_NS);
	}
	file->own = true;
	pthread_mutex_unlock(&roles);
}

void win_own_end(struct win_file *file)
{
	pthread_mutex_lock(&roles);
	file->own = false;
	if (file->claimed)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&roles);
}

/* ---- The thread that waits ------------------------------------------------- */

static bool may_lead(const struct win_file *file)
{
	if (!file->served || file->led || file->claimed || dependants)
		return false;
	return !file->own || win_now_ns() >= depended_ns + GRACE_NS;
}

bool win_can_lead(struct win_file *file)
{
	bool may;

	pthread_mutex_lock(&roles);
	may = may_lead(file);
	pthread_mutex_unlock(&roles);
	return may;
}

enum win_leader win_leader(struct win_file *file)
{
	enum win_leader leader;

	pthread_mutex_lock(&roles);
	leader = file->led ? WIN_LEADER_WAITS : file->own ? WIN_LEADER_OWN : WIN_LEADER_NONE;
	pthread_mutex_unlock(&roles);
	return leader;
}

/* The file's thread steps back as soon as it looks; it may also have ended then. */
static void claim(struct win_file *file)
{
	file->claimed = true;
	pthread_mutex_unlock(&roles);
	win_dispatcher_kick(file->dev);
	pthread_mutex_lock(&roles);
	while (file->own)
		pthread_cond_wait(&changed, &roles);
	file->claimed = false;
}

/* look: only if the role is free. */
static bool take_role(struct win_file *file, bool look)
{
	bool taken;

	pthread_mutex_lock(&roles);
	taken = may_lead(file) && !(look && file->own);
	if (taken && file->own) {
		claim(file);
		taken = file->served;
	}
	if (taken)
		file->led = true;
	pthread_mutex_unlock(&roles);
	return taken;
}

/* at_once: there is something that only the file's thread can do. */
static void give_role(struct win_file *file, bool at_once)
{
	pthread_mutex_lock(&roles);
	file->led = false;
	file->led_ns = at_once ? 0 : win_now_ns();
	if (file->own_waits || dependants || at_once)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&roles);
}

/* From now on whoever completes it tells us; with thread 0: not any more. Is it pending? */
static bool watch(struct win_op *op, DWORD thread)
{
	bool pending;

	win_wait_lock();
	op->leader = thread;
	pending = !op->done.signaled;
	win_wait_unlock();
	return pending;
}

static bool is_pending(struct win_op *op)
{
	bool pending;

	win_wait_lock();
	pending = !op->done.signaled;
	win_wait_unlock();
	return pending;
}

/* INFINITE, and what is nearly as long, is -1. */
static int time_left(uint64_t deadline_ns)
{
	uint64_t now = deadline_ns == UINT64_MAX ? 0 : win_now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;

	return left / NS_PER_MS < INT_MAX ? (int)((left + NS_PER_MS - 1) / NS_PER_MS) : -1;
}

/* One round of collecting: 0, or ETIMEDOUT or ENODEV if it is the last. */
static int collect_once(struct win_op *op, struct wiso_device *dev, uint64_t deadline_ns)
{
	int left = time_left(deadline_ns);
	int error = win_collect(op->file, dev, left);

	if (!left || error == ETIMEDOUT)
		return ETIMEDOUT;
	return error == ENODEV ? ENODEV : 0;
}

/* 0 if it has completed; or ETIMEDOUT or ENODEV. */
static int collect_until_done(struct win_op *op, struct wiso_device *dev, DWORD timeout_ms)
{
	uint64_t deadline = timeout_ms == INFINITE ?
				    UINT64_MAX :
				    win_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	bool pending = watch(op, GetCurrentThreadId());
	int error = 0;

	while (pending && !error) {
		error = collect_once(op, dev, deadline);
		pending = is_pending(op);
	}
	/* One that has completed is not looked at any more. */
	return pending && watch(op, 0) ? error : 0;
}

/* What is there already. */
static int look(struct win_op *op, struct wiso_device *dev)
{
	win_collect(op->file, dev, 0);
	return is_pending(op) ? ETIMEDOUT : 0;
}

enum win_lead win_lead(struct win_op *op, DWORD timeout_ms)
{
	struct wiso_device *dev;
	int error = ENODEV;

	if (!op->class->completed)
		return WIN_NOT_LED;
	dev = win_file_enter(op->file);
	if (!dev)
		return WIN_NOT_LED;
	if (take_role(op->file, !timeout_ms)) {
		error = timeout_ms ? collect_until_done(op, dev, timeout_ms) : look(op, dev);
		give_role(op->file, error == ENODEV);
	}
	win_file_leave(op->file);
	return !error ? WIN_LED : error == ETIMEDOUT ? WIN_LED_IN_VAIN : WIN_NOT_LED;
}

/* ---- The end of the file's thread ------------------------------------------ */

void win_own_serves(struct win_file *file, bool serves)
{
	pthread_mutex_lock(&roles);
	file->served = serves;
	file->own = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&roles);
}
