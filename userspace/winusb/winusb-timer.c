// SPDX-License-Identifier: MIT
/*
 * PIPE_TRANSFER_TIMEOUT: one thread for all transfers that have a time-out. It only asks the driver
 * to cancel; the transfer ends like any other, and then is found to have expired.
 */

#include "winusb-internal.h"

#define NS_PER_MS 1000000u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* everything here */
static pthread_cond_t changed;
static struct winusb_timer *timers; /* armed, the first to expire first */
static bool running;

__attribute__((constructor)) static void init(void)
{
	win_cond_init(&changed);
}

static void insert(struct winusb_timer *timer)
{
	struct winusb_timer **at = &timers;

	while (*at && (*at)->due_ns <= timer->due_ns)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
	timer->armed = true;
}

static void take_out(struct winusb_timer *timer)
{
	struct winusb_timer **at = &timers;

	while (*at && *at != timer)
		at = &(*at)->next;
	if (*at)
		*at = timer->next;
	timer->armed = false;
}

/* Without the lock; the caller has given a reference to the operation. */
static void expire(struct win_op *op, uint8_t pipe)
{
	struct wiso_device *dev = win_file_enter(op->file);

	if (dev) {
		wiso_cancel(dev, pipe, win_op_cookie(op));
		win_file_leave(op->file);
	}
	win_op_put(op);
}

static void expire_first(void)
{
	struct winusb_timer *timer = timers;
	struct win_op *op = timer->op;
	uint8_t pipe = timer->pipe;

	take_out(timer);
	atomic_store(&timer->expired, true);
	pthread_mutex_unlock(&lock);
	expire(op, pipe);
	pthread_mutex_lock(&lock);
}

static void wait_for_first(void)
{
	win_cond_wait(&changed, &lock, timers->due_ns);
}

static void run(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	for (;;) {
		if (!timers)
			pthread_cond_wait(&changed, &lock);
		else if (timers->due_ns <= win_now_ns())
			expire_first();
		else
			wait_for_first();
	}
}

/* With the lock. */
static DWORD start(void)
{
	DWORD error = running ? ERROR_SUCCESS : win_thread_start(run, NULL);

	running = !error;
	return error;
}

DWORD winusb_timer_arm(struct winusb_timer *timer, struct win_op *op, uint8_t pipe, ULONG ms)
{
	DWORD error;

	if (!ms || ms == INFINITE)
		return ERROR_SUCCESS;
	pthread_mutex_lock(&lock);
	error = start();
	if (!error) {
		win_op_get(op);
		timer->op = op;
		timer->pipe = pipe;
		timer->due_ns = win_now_ns() + (uint64_t)ms * NS_PER_MS;
		insert(timer);
		if (timers == timer)
			pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
	return error;
}

void winusb_timer_disarm(struct winusb_timer *timer)
{
	struct win_op *op = NULL;

	pthread_mutex_lock(&lock);
	if (timer->armed) {
		take_out(timer);
		op = timer->op;
	}
	pthread_mutex_unlock(&lock);
	if (op)
		win_op_put(op);
}
