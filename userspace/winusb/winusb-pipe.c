// SPDX-License-Identifier: MIT
/* Abort, flush, reset, change of alternate setting: now, or as operations of their own. */
#include <errno.h>
#include <stdlib.h>

#include "winusb-internal.h"

/* ---- Now ----------------------------------------------------------------------------------- */

/* A pipe of the current setting, or the control pipe. */
static DWORD check_pipe(struct wiso_device *dev, uint8_t address)
{
	struct winusb_iso_pipe_info info;

	return address ? winusb_find_pipe(dev, address, &info) : ERROR_SUCCESS;
}

static DWORD start_abort(struct winusb_device *device, struct wiso_device *dev, uint8_t address)
{
	struct winusb_pipe *pipe = winusb_pipe_of(device, address);
	DWORD error = check_pipe(dev, address);

	if (error)
		return error;
	/* What is not with the driver yet must not get there afterwards. */
	pthread_mutex_lock(&pipe->lock);
	winusb_pending_stop(pipe);
	pthread_mutex_unlock(&pipe->lock);
	winusb_read_cancel_waiting(pipe, ERROR_OPERATION_ABORTED);
	return wiso_abort_pipe(dev, address) < 0 ? win_error_from_errno(errno) : ERROR_SUCCESS;
}

/* Everything that was pending has completed when it returns. */
static DWORD abort_pipe(struct winusb_device *device, struct wiso_device *dev, uint8_t address)
{
	DWORD error = start_abort(device, dev, address);

	if (!error)
		winusb_pending_wait(winusb_pipe_of(device, address));
	return error;
}

static DWORD reset_pipe(struct winusb_device *device, struct wiso_device *dev, uint8_t address)
{
	DWORD error = check_pipe(dev, address);

	(void)device;
	if (error)
		return error;
	return wiso_reset_pipe(dev, address) < 0 ? winusb_plain_error(-errno, false) :
						   ERROR_SUCCESS;
}

static DWORD set_alternate(struct winusb_device *device, struct wiso_device *dev, uint8_t number)
{
	int result = wiso_set_alternate(dev, number);
	int error = errno;

	/* Also after an error the streams may have ended. */
	atomic_fetch_add(&device->settings, 1);
	winusb_chunks_drop(device);
	for (unsigned int i = 1; i < WINUSB_PIPES; i++)
		winusb_read_flush(&device->pipes[i]);
	if (result == 0)
		return ERROR_SUCCESS;
	return error == ENOENT ? ERROR_INVALID_PARAMETER : winusb_plain_error(-error, false);
}

static BOOL now(WINUSB_INTERFACE_HANDLE handle, uint8_t argument,
		DWORD (*run)(struct winusb_device *device, struct wiso_device *dev,
			     uint8_t argument))
{
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(handle, &dev);
	if (!interface)
		return FALSE;
	return winusb_leave(interface, run(interface->device, dev, argument));
}

BOOL WINAPI WinUsb_AbortPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID)
{
	return now(InterfaceHandle, PipeID, abort_pipe);
}

BOOL WINAPI WinUsb_ResetPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID)
{
	return now(InterfaceHandle, PipeID, reset_pipe);
}

static DWORD flush_pipe(struct winusb_device *device, struct wiso_device *dev, uint8_t address)
{
	DWORD error = check_pipe(dev, address);

	if (!error)
		winusb_read_flush(winusb_pipe_of(device, address));
	return error;
}

BOOL WINAPI WinUsb_FlushPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID)
{
	return now(InterfaceHandle, PipeID, flush_pipe);
}

/* Requests that are outstanding make it fail, as on Windows. */
static DWORD set_alternate_if_idle(struct winusb_device *device, struct wiso_device *dev,
				   uint8_t number)
{
	for (unsigned int i = 1; i < WINUSB_PIPES; i++) {
		struct winusb_pipe *pipe = &device->pipes[i];
		bool busy;

		pthread_mutex_lock(&pipe->lock);
		busy = winusb_pending_any(pipe);
		pthread_mutex_unlock(&pipe->lock);
		if (busy)
			return ERROR_BUSY;
	}
	return set_alternate(device, dev, number);
}

BOOL WINAPI WinUsb_SetCurrentAlternateSetting(WINUSB_INTERFACE_HANDLE InterfaceHandle,
					      UCHAR SettingNumber)
{
	return now(InterfaceHandle, SettingNumber, set_alternate_if_idle);
}

/* ---- As operations ------------------------------------------------------------------------- */

struct call {
	struct win_op op;
	struct win_work work;
	struct winusb_device *device;
	uint8_t argument;
	DWORD (*run)(struct winusb_device *device, struct wiso_device *dev, uint8_t argument);
};

static void call_free(struct win_op *op)
{
	free(op);
}

/* It can't be stopped half-way, and ends by itself. */
static const struct win_op_class call_class = {
	.free = call_free,
};

static void run_call(struct win_work *work)
{
	struct call *call = CONTAINING_RECORD(work, struct call, work);
	struct wiso_device *dev = win_file_enter(call->op.file);
	DWORD error = ERROR_OPERATION_ABORTED;

	if (dev) {
		error = call->run(call->device, dev, call->argument);
		win_file_leave(call->op.file);
	}
	win_op_complete(&call->op, win_status_from_error(error), 0);
	win_op_put(&call->op);
}

static DWORD start_call(struct winusb_device *device, uint8_t argument, LPOVERLAPPED overlapped,
			DWORD (*run)(struct winusb_device *device, struct wiso_device *dev,
				     uint8_t argument),
			struct call **started)
{
	struct call *call = calloc(1, sizeof(*call));
	DWORD error;

	if (!call)
		return ERROR_NOT_ENOUGH_MEMORY;
	call->device = device;
	call->argument = argument;
	call->run = run;
	call->work.run = run_call;
	error = win_op_start(&call->op, &call_class, device->file, overlapped);
	if (error) {
		free(call);
		return error;
	}
	win_op_get(&call->op);
	error = win_worker_queue(device->worker, &call->work);
	if (error) {
		win_op_put(&call->op);
		return win_op_abandon(&call->op, error);
	}
	*started = call;
	return ERROR_SUCCESS;
}

static BOOL later(WINUSB_INTERFACE_HANDLE handle, uint8_t argument, LPOVERLAPPED overlapped,
		  DWORD (*run)(struct winusb_device *device, struct wiso_device *dev,
			       uint8_t argument))
{
	struct winusb_interface *interface;
	struct call *call = NULL;
	struct wiso_device *dev;

	interface = winusb_enter(handle, &dev);
	if (!interface)
		return FALSE;
	if (!winusb_leave(interface,
			  start_call(interface->device, argument, overlapped, run, &call)))
		return FALSE;
	return win_op_finish(&call->op, NULL);
}

BOOL WINAPI WinUsb_AbortPipeAsync(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				  LPOVERLAPPED Overlapped)
{
	return later(InterfaceHandle, PipeID, Overlapped, start_abort);
}

BOOL WINAPI WinUsb_ResetPipeAsync(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID,
				  LPOVERLAPPED Overlapped)
{
	return later(InterfaceHandle, PipeID, Overlapped, reset_pipe);
}

BOOL WINAPI WinUsb_SetCurrentAlternateSettingAsync(WINUSB_INTERFACE_HANDLE InterfaceHandle,
						   UCHAR SettingNumber, LPOVERLAPPED Overlapped)
{
	return later(InterfaceHandle, SettingNumber, Overlapped, set_alternate_if_idle);
}
