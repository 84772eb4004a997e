// SPDX-License-Identifier: MIT
/*
 * Collecting: every completion goes to its operation; and the thread of a file that does it when
 * nobody else does.
 */
#include <errno.h>
#include <time.h>

#include "device.h"
#include "internal.h"

/* Taken from the device at a time. */
#define ROOM 16u

static void hand_over(const struct winusb_iso_completion *completion)
{
	struct win_op *op = (struct win_op *)(uintptr_t)completion->cookie;

	op->class->completed(op, completion);
}

static bool should_stop(struct win_file *file)
{
	return win_file_is_closed(file) && !win_op_any(file);
}

static void progress(struct win_file *file, struct wiso_device *dev)
{
	if (file->hooks && file->hooks->progress)
		file->hooks->progress(file, dev);
}

int win_collect(struct win_file *file, struct wiso_device *dev, uint32_t goal, int timeout_ms)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	struct winusb_iso_completion completions[ROOM];
	int count = wiso_wait_completions(dev, completions, ROOM, goal, timeout_ms);
	int error = count < 0 ? errno : 0;

	for (int i = 0; i < count; i++)
		hand_over(&completions[i]);
	/* No memory to keep a completion for another caller: it stays in the ring. */
	if (error && error != EINTR && error != ENODEV && error != ETIMEDOUT && error != EAGAIN)
		nanosleep(&pause, NULL);
	progress(file, dev);
	return error;
}

static void device_gone(struct win_file *file, struct wiso_device *dev)
{
	pthread_mutex_lock(&file->lock);
	file->gone = true;
	pthread_mutex_unlock(&file->lock);
	win_op_refuse(file, ERROR_DEVICE_NOT_CONNECTED);
	if (file->hooks && file->hooks->gone)
		file->hooks->gone(file, dev);
	win_op_fail_all(file, ERROR_DEVICE_NOT_CONNECTED);
}

static void ended(struct win_file *file)
{
	win_own_serves(file, false);
	pthread_mutex_lock(&file->lock);
	atomic_store(&file->dispatching, false);
	pthread_mutex_unlock(&file->lock);
	win_wait_lock();
	pthread_cond_broadcast(&file->left);
	win_wait_unlock();
	win_object_put(&file->event.waitable.object);
}

static void dispatch(void *arg)
{
	struct win_file *file = arg;
	struct wiso_device *dev = file->dev;
	int error = 0;

	win_own_serves(file, true);
	while (error != ENODEV && !should_stop(file)) {
		win_own_begin(file);
		error = win_collect(file, dev, 1, -1);
		win_own_end(file);
	}
	if (error == ENODEV)
		device_gone(file, dev);
	ended(file);
}

/* With the lock of the file. */
static DWORD start(struct win_file *file)
{
	DWORD error;

	win_object_get(&file->event.waitable.object);
	error = win_thread_start(dispatch, file);
	if (error)
		win_object_put(&file->event.waitable.object);
	else
		atomic_store(&file->dispatching, true);
	return error;
}

DWORD win_file_dispatch(struct win_file *file)
{
	DWORD error = ERROR_SUCCESS;

	/* If it has just ended, operations are refused. */
	if (atomic_load(&file->dispatching))
		return ERROR_SUCCESS;
	pthread_mutex_lock(&file->lock);
	if (win_file_is_closed(file))
		error = ERROR_INVALID_HANDLE;
	else if (file->gone)
		error = ERROR_DEVICE_NOT_CONNECTED;
	else if (!atomic_load(&file->dispatching))
		error = start(file);
	pthread_mutex_unlock(&file->lock);
	return error;
}

void win_file_kick(struct win_file *file)
{
	struct wiso_device *dev = win_file_join(file);

	if (!dev)
		return;
	wiso_wake(dev);
	win_file_leave(file);
}

static void wait_until_ended(struct win_file *file)
{
	win_wait_lock();
	win_depend_locked();
	while (atomic_load(&file->dispatching))
		pthread_cond_wait(&file->left, &win_wait_mutex);
	win_undepend_locked();
	win_wait_unlock();
}

void win_dispatcher_stop(struct win_file *file)
{
	if (!atomic_load(&file->dispatching))
		return;
	wiso_wake(file->dev);
	wait_until_ended(file);
}
