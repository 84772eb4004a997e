// SPDX-License-Identifier: MIT
/* See device.h. */
#include <errno.h>
#include <stdlib.h>

#include "device.h"

static atomic_uint live;
static atomic_uint collector;
static int refuse_error;

/* A read, which is the number-th that was handed over. */
struct read {
	struct win_op op;
	atomic_uint number;
};

static atomic_uint handed, returned;

static void completed(struct win_op *op, const struct winusb_iso_completion *completion)
{
	atomic_store(&collector, GetCurrentThreadId());
	atomic_fetch_add(&returned, 1);
	win_op_complete(op, win_status_from_errno(completion->status), completion->actual_length);
}

/* The fake kernel knows only how to end all of a pipe. */
static void cancel(struct win_op *op, struct wiso_device *dev)
{
	(void)op;
	wiso_abort_pipe(dev, FAKE_IN);
}

static void free_op(struct win_op *op)
{
	atomic_fetch_sub(&live, 1);
	free(op);
}

static uint32_t ahead(struct win_op *op)
{
	unsigned int number = atomic_load(&((struct read *)op)->number);

	return number ? number - atomic_load(&returned) : 0;
}

static const struct win_op_class read_class = {
	.completed = completed,
	.cancel = cancel,
	.free = free_op,
	.ahead = ahead,
};

static const struct win_op_class hasty_class = {
	.completed = completed,
	.cancel = cancel,
	.free = free_op,
};

bool test_open(struct test_device *device, DWORD flags)
{
	refuse_error = 0;
	atomic_store(&handed, 0);
	atomic_store(&returned, 0);
	fake_real_sleep();
	device->handle = CreateFileA("/dev/winusb-iso0", GENERIC_READ | GENERIC_WRITE, 0, NULL,
				     OPEN_EXISTING, flags, NULL);
	if (device->handle == INVALID_HANDLE_VALUE)
		return false;
	device->file = win_handle_get(device->handle, &win_file_class);
	device->dev = win_file_enter(device->file);
	device->buffer =
		wiso_buffer_register(device->dev, FAKE_IN, TEST_BYTES * 16, TEST_PACKETS * 10000);
	win_file_leave(device->file);
	return device->buffer;
}

void test_close(struct test_device *device)
{
	if (device->handle)
		CloseHandle(device->handle);
	win_object_put(&device->file->event.waitable.object);
}

void test_refuse(int error)
{
	refuse_error = error;
}

static bool submit(struct test_device *device, struct win_op *op)
{
	struct winusb_iso_transfer transfer;

	if (refuse_error == TEST_HOLD_BACK)
		return true;
	if (refuse_error > 0) {
		errno = refuse_error;
		return false;
	}
	wiso_transfer_init(&transfer, device->buffer, 0, 0, TEST_PACKETS);
	transfer.cookie = win_op_cookie(op);
	if (wiso_submit(device->dev, &transfer) < 0)
		return false;
	atomic_store(&((struct read *)op)->number, atomic_fetch_add(&handed, 1) + 1);
	return true;
}

static BOOL read_inside(struct test_device *device, OVERLAPPED *overlapped, DWORD *bytes)
{
	DWORD error = win_file_dispatch(device->file);
	struct win_op *op;

	if (error)
		return win_fail(error);
	op = calloc(1, sizeof(struct read));
	atomic_fetch_add(&live, 1);
	error = win_op_start(op, refuse_error == TEST_HASTY ? &hasty_class : &read_class,
			     device->file, overlapped);
	if (error) {
		free_op(op);
		return win_fail(error);
	}
	if (!submit(device, op))
		return win_fail(win_op_abandon(op, win_error_from_errno(errno)));
	return win_op_finish(op, bytes);
}

BOOL test_read(struct test_device *device, OVERLAPPED *overlapped, DWORD *bytes)
{
	BOOL result;

	if (!win_file_enter(device->file))
		return FALSE;
	result = read_inside(device, overlapped, bytes);
	win_file_leave(device->file);
	return result;
}

unsigned int test_live_operations(void)
{
	return atomic_load(&live);
}

DWORD test_collector(void)
{
	return atomic_load(&collector);
}
