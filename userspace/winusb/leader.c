// SPDX-License-Identifier: MIT
/*
 * Who collects the completions of a file: one thread at a time. A thread that waits for its own
 * operation does it itself, so that the driver wakes the one that is waited for. The file's thread
 * does it whenever somebody waits for what that thread would not end (an event, a port, the end of
 * a file, another operation), and when nobody has led for a while: a program may also just look at
 * its OVERLAPPEDs.
 *
 * Who waits for the last of several operations sleeps once until all of them have ended: it is
 * patient. That must cost nobody anything: when somebody else needs, or has just looked at, what
 * may be there, or when it takes long, the file's thread wakes it, and it collects what there is.
 */
#include <errno.h>
#include <limits.h>

#include "device.h"
#include "internal.h"

#define NS_PER_MS 1000000u
/* So long the file's thread leaves the role to a program that has just waited, and so long one
 * that waits leaves it to the file's thread when others needed that. */
#define GRACE_NS (50u * NS_PER_MS)

/* Completions for which one sleeps at most: to wake it takes as many transfers that are refused. */
#define MOST_AHEAD 64u

/* So often the file's thread looks whether somebody has led, or still sleeps for several. */
uint64_t win_tick_ns = GRACE_NS;

/* With the lock of waits, as all that is static here. */
static pthread_cond_t changed;
static unsigned int dependants; /* threads that need the files' threads */
/* When one did for the last time that could not have led itself. */
static uint64_t depended_ns;
static DWORD last_follower;
static unsigned int patients; /* files whose leader is patient */
static uint64_t looked_ns;    /* when somebody looked meanwhile */

__attribute__((constructor)) static void init(void)
{
	win_cond_init(&changed);
}

void win_depend_locked(void)
{
	if (!dependants++)
		pthread_cond_broadcast(&changed);
}

void win_depend(void)
{
	win_wait_lock();
	win_depend_locked();
	win_wait_unlock();
}

void win_look(void)
{
	if (!patients)
		return;
	looked_ns = win_now_ns();
	pthread_cond_broadcast(&changed);
}

void win_undepend_locked(void)
{
	dependants--;
	depended_ns = win_now_ns();
}

void win_undepend(void)
{
	win_wait_lock();
	win_undepend_locked();
	win_wait_unlock();
}

/* Of several that take turns none can lead for the others. */
void win_follow(void)
{
	DWORD thread = GetCurrentThreadId();

	win_depend_locked();
	if (last_follower && last_follower != thread)
		depended_ns = win_now_ns();
	last_follower = thread;
}

void win_unfollow(void)
{
	dependants--;
}

/* ---- The file's thread ----------------------------------------------------- */

/* Does anybody but the one that leads want each completion at once? */
static bool is_hasty(const struct win_file *file)
{
	uint64_t now;

	if (dependants || file->num_hasty)
		return true;
	now = win_now_ns();
	return now < depended_ns + GRACE_NS || now < looked_ns + GRACE_NS;
}

static void set_patient(struct win_file *file, bool patient)
{
	patients += patient;
	patients -= file->patient;
	file->patient = patient;
}

static void hurry(struct win_file *file)
{
	set_patient(file, false);
	win_wait_unlock();
	wiso_wake(file->dev);
	win_wait_lock();
}

/* While programs that stream lead again and again they are not asked to say that they stop. */
static void wait_a_tick(struct win_file *file)
{
	uint64_t until = win_now_ns() + win_tick_ns;

	file->was_led = false;
	win_cond_wait(&changed, &win_wait_mutex, until);
	if (file->patient && !file->was_led && win_now_ns() >= until)
		hurry(file);
}

static void wait_for_leader(struct win_file *file)
{
	if (file->patient && is_hasty(file)) {
		hurry(file);
	} else if (file->patient || file->was_led) {
		wait_a_tick(file);
	} else {
		file->own_waits = true;
		pthread_cond_wait(&changed, &win_wait_mutex);
		file->own_waits = false;
	}
}

void win_own_begin(struct win_file *file)
{
	win_wait_lock();
	while (file->led || file->claimed || (file->was_led && !dependants))
		wait_for_leader(file);
	file->own = true;
	win_wait_unlock();
}

void win_own_end(struct win_file *file)
{
	win_wait_lock();
	file->own = false;
	if (file->claimed)
		pthread_cond_broadcast(&changed);
	win_wait_unlock();
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

	win_wait_lock();
	may = may_lead(file);
	win_wait_unlock();
	return may;
}

bool win_can_be_patient(struct win_file *file)
{
	bool can;

	win_wait_lock();
	can = may_lead(file) && !is_hasty(file);
	win_wait_unlock();
	return can;
}

enum win_leader win_leader(struct win_file *file)
{
	enum win_leader leader;

	win_wait_lock();
	leader = file->led ? WIN_LEADER_WAITS : file->own ? WIN_LEADER_OWN : WIN_LEADER_NONE;
	win_wait_unlock();
	return leader;
}

/* The file's thread steps back as soon as it looks; it may also have ended then. */
static void claim(struct win_file *file)
{
	file->claimed = true;
	win_wait_unlock();
	wiso_wake(file->dev);
	win_wait_lock();
	while (file->own)
		pthread_cond_wait(&changed, &win_wait_mutex);
	file->claimed = false;
}

/* look: only if the role is free. */
static bool take_role(struct win_file *file, bool look)
{
	bool taken = may_lead(file) && !(look && file->own);

	if (taken && file->own) {
		claim(file);
		taken = file->served;
	}
	if (taken)
		file->led = true;
	return taken;
}

/* at_once: there is something that only the file's thread can do. */
static void give_role(struct win_file *file, bool at_once)
{
	file->led = false;
	file->was_led = !at_once;
	if (file->own_waits || dependants || at_once)
		pthread_cond_broadcast(&changed);
}

/* INFINITE, and what is nearly as long, is -1. */
static int time_left(uint64_t deadline_ns)
{
	uint64_t now = deadline_ns == UINT64_MAX ? 0 : win_now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;

	return left / NS_PER_MS < INT_MAX ? (int)((left + NS_PER_MS - 1) / NS_PER_MS) : -1;
}

/* One round of collecting: 0, or ETIMEDOUT or ENODEV if it is the last. Without the lock. */
static int collect_once(struct win_op *op, struct wiso_device *dev, uint32_t goal,
			uint64_t deadline_ns)
{
	int left = time_left(deadline_ns);
	int error = win_collect(op->file, dev, goal, left);

	if (!left || error == ETIMEDOUT)
		return ETIMEDOUT;
	return error == ENODEV ? ENODEV : 0;
}

/* For how many completions to sleep. The file's thread has to know of it. */
static uint32_t goal_for(struct win_op *op)
{
	uint32_t ahead = op->class->ahead ? op->class->ahead(op) : 0;
	struct win_file *file = op->file;

	set_patient(file, ahead > 1 && !is_hasty(file));
	if (!file->patient)
		return 1;
	if (file->own_waits)
		pthread_cond_broadcast(&changed);
	return ahead < MOST_AHEAD ? ahead : MOST_AHEAD;
}

/* Whoever completes it in the meantime tells us. 0 if it has completed; or ETIMEDOUT or ENODEV. */
static int collect_until_done(struct win_op *op, struct wiso_device *dev, DWORD timeout_ms)
{
	uint64_t deadline = timeout_ms == INFINITE ?
				    UINT64_MAX :
				    win_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	int error = 0;

	op->leader = GetCurrentThreadId();
	while (!op->done.signaled && !error) {
		uint32_t goal = goal_for(op);

		win_wait_unlock();
		error = collect_once(op, dev, goal, deadline);
		win_wait_lock();
		set_patient(op->file, false);
	}
	op->leader = 0;
	return op->done.signaled ? 0 : error;
}

/* What is there already. */
static int look(struct win_op *op, struct wiso_device *dev)
{
	win_wait_unlock();
	win_collect(op->file, dev, 1, 0);
	win_wait_lock();
	return op->done.signaled ? 0 : ETIMEDOUT;
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
	win_file_leave_locked(op->file);
	return !error ? WIN_LED : error == ETIMEDOUT ? WIN_LED_IN_VAIN : WIN_NOT_LED;
}

/* ---- The end of the file's thread ------------------------------------------ */

void win_own_serves(struct win_file *file, bool serves)
{
	win_wait_lock();
	file->served = serves;
	file->own = false;
	pthread_cond_broadcast(&changed);
	win_wait_unlock();
}
