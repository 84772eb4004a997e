// SPDX-License-Identifier: MIT
/* Control, bulk and interrupt transfers: what reads and writes have in common. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

/* What Windows lets a control transfer have. */
#define MAX_CONTROL 4096u

static struct winusb_plain_op *plain_of(struct win_op *op)
{
	return (struct winusb_plain_op *)(void *)op;
}

/* ---- From the beginning to the end --------------------------------------------------------- */

static void plain_free(struct win_op *op)
{
	free(plain_of(op));
}

bool winusb_plain_cut_off(const struct winusb_plain_op *op)
{
	return op->pending.stop || atomic_load(&op->timer.expired);
}

static struct winusb_stage *take_stage(struct winusb_plain_op *op)
{
	struct winusb_stage *stage = op->stages;

	op->stages = stage->next;
	if (!op->stages)
		op->last_stage = NULL;
	return stage;
}

static void control_piece(struct winusb_plain_op *op, const struct winusb_stage *stage,
			  uint32_t length)
{
	if (op->control_in)
		memcpy(op->data, stage->data + WISO_SETUP_SIZE, length);
	op->done = length;
}

/* With the lock of the pipe. True: it is over. */
static bool piece_done(struct winusb_plain_op *op, const struct winusb_stage *stage,
		       const struct winusb_iso_completion *completion)
{
	if (completion->status && !op->status)
		op->status = completion->status;
	switch (op->kind) {
	case WINUSB_CONTROL:
		control_piece(op, stage, completion->actual_length);
		return true;
	case WINUSB_READ:
	case WINUSB_READ_RAW:
		return winusb_read_piece(op, stage, completion->actual_length);
	default:
		op->done += completion->actual_length;
		return !op->stages;
	}
}

static void plain_completed(struct win_op *base, const struct winusb_iso_completion *completion)
{
	struct winusb_plain_op *op = plain_of(base);
	struct winusb_pipe *pipe = op->pipe;
	struct wiso_device *dev = base->file->dev;
	struct winusb_stage *stage;
	bool over, cancel_next;

	if (completion->status == -EHOSTUNREACH || completion->status == -ENETRESET)
		winusb_device_slept(pipe->device);
	pthread_mutex_lock(&pipe->lock);
	stage = take_stage(op);
	over = piece_done(op, stage, completion);
	winusb_stage_put(pipe, stage);
	cancel_next = op->stages && winusb_plain_cut_off(op);
	pthread_mutex_unlock(&pipe->lock);
	if (cancel_next)
		wiso_cancel(dev, pipe->address, win_op_cookie(base));
	if (over)
		winusb_plain_end(op);
	else if (op->kind == WINUSB_READ)
		winusb_read_continue(op, dev);
}

static void plain_cancel(struct win_op *base, struct wiso_device *dev)
{
	struct winusb_plain_op *op = plain_of(base);
	struct winusb_pipe *pipe = op->pipe;
	bool waited;

	pthread_mutex_lock(&pipe->lock);
	op->pending.stop = true;
	waited = winusb_read_unqueue(op);
	pthread_mutex_unlock(&pipe->lock);
	if (waited) {
		winusb_pending_end(pipe, &op->pending, base, ERROR_OPERATION_ABORTED, 0);
	} else {
		wiso_cancel(dev, pipe->address, win_op_cookie(base));
	}
}

static const struct win_op_class plain_class = {
	.completed = plain_completed,
	.cancel = plain_cancel,
	.free = plain_free,
};

DWORD winusb_plain_new(struct winusb_pipe *pipe, enum winusb_plain_kind kind, void *data,
		       uint32_t length, LPOVERLAPPED overlapped, struct winusb_plain_op **made)
{
	/* Without bytes there need be no buffer, but C wants one for counting from. */
	static unsigned char nothing[1];
	struct winusb_plain_op *op = calloc(1, sizeof(*op));
	DWORD error;

	if (!op)
		return ERROR_NOT_ENOUGH_MEMORY;
	op->kind = kind;
	op->pipe = pipe;
	op->data = data ? data : nothing;
	op->length = length;
	error = win_file_dispatch(pipe->device->file);
	if (!error)
		error = win_op_start(&op->op, &plain_class, pipe->device->file, overlapped);
	if (error) {
		free(op);
		return error;
	}
	win_op_get(&op->op);
	pthread_mutex_lock(&pipe->lock);
	op->policies = pipe->policies;
	winusb_pending_add(pipe, &op->pending);
	pthread_mutex_unlock(&pipe->lock);
	*made = op;
	return ERROR_SUCCESS;
}

static void append_stage(struct winusb_plain_op *op, struct winusb_stage *stage)
{
	stage->next = NULL;
	if (op->last_stage)
		op->last_stage->next = stage;
	else
		op->stages = stage;
	op->last_stage = stage;
}

static void remove_last_stage(struct winusb_plain_op *op)
{
	struct winusb_stage **at = &op->stages, *before = NULL;

	while (*at != op->last_stage) {
		before = *at;
		at = &(*at)->next;
	}
	*at = NULL;
	op->last_stage = before;
}

int winusb_plain_hand_over(struct winusb_plain_op *op, struct wiso_device *dev,
			   struct winusb_stage *stage, struct winusb_iso_transfer *transfer)
{
	int error = -ECONNRESET;

	if (winusb_plain_cut_off(op)) {
		winusb_stage_put(op->pipe, stage);
		return error;
	}
	transfer->cookie = win_op_cookie(&op->op);
	/* Before: it may be back before the call is. The dispatcher waits for the lock. */
	append_stage(op, stage);
	if (wiso_submit(dev, transfer) < 0) {
		error = -errno;
		remove_last_stage(op);
		winusb_stage_put(op->pipe, stage);
		return error;
	}
	/* Its time may have been over before there was anything to cancel. */
	if (winusb_plain_cut_off(op))
		wiso_cancel(dev, op->pipe->address, transfer->cookie);
	return 0;
}

void winusb_plain_end(struct winusb_plain_op *op)
{
	DWORD error = op->error;

	winusb_timer_disarm(&op->timer);
	if (!error)
		error = winusb_plain_error(op->status, atomic_load(&op->timer.expired));
	if (op->kind == WINUSB_READ)
		winusb_read_end(op, error);
	else
		winusb_pending_end(op->pipe, &op->pending, &op->op, error, op->done);
}

BOOL winusb_plain_finish(struct winusb_plain_op *op, PULONG transferred)
{
	bool waits = op->op.waits; /* NOLINT: there is one where winusb_leave() says TRUE */
	DWORD bytes = 0;
	BOOL done = win_op_finish(&op->op, &bytes);

	if (waits && transferred)
		*transferred = bytes;
	return done;
}

/* ---- Control ------------------------------------------------------------------------------- */

/* With the lock of the pipe. 0 or a negative errno. */
static int submit_control(struct winusb_plain_op *op, struct wiso_device *dev,
			  const struct wiso_setup *setup)
{
	struct winusb_stage *stage = winusb_stage_get(op->pipe, dev, WISO_SETUP_SIZE + op->length);
	struct winusb_iso_transfer transfer;
	int error;

	if (!stage)
		return -errno;
	if (wiso_transfer_init_control(&transfer, stage->buffer, 0, setup) == 0) {
		if (!op->control_in)
			memcpy(stage->data + WISO_SETUP_SIZE, op->data, op->length);
		return winusb_plain_hand_over(op, dev, stage, &transfer);
	}
	error = -errno;
	winusb_stage_put(op->pipe, stage);
	return error;
}

static void start_control(struct winusb_plain_op *op, struct wiso_device *dev,
			  const struct wiso_setup *setup)
{
	struct winusb_pipe *pipe = op->pipe;
	bool refused;

	op->control_in = setup->request_type & 0x80;
	pthread_mutex_lock(&pipe->lock);
	op->error = winusb_timer_arm(&op->timer, &op->op, 0, op->policies.timeout_ms);
	if (!op->error)
		op->status = submit_control(op, dev, setup);
	refused = op->error || op->status;
	pthread_mutex_unlock(&pipe->lock);
	if (refused)
		winusb_plain_end(op);
}

/* Requests to the interface are to this one, whatever the program says. */
static uint16_t index_for(const struct winusb_interface *interface,
			  const WINUSB_SETUP_PACKET *packet)
{
	if ((packet->RequestType & 0x1f) != BMREQUEST_TO_INTERFACE)
		return packet->Index;
	return (uint16_t)((packet->Index & 0xff00) | interface->file->info.interface_number);
}

static DWORD begin_control(struct winusb_interface *interface, struct wiso_device *dev,
			   const WINUSB_SETUP_PACKET *packet, PUCHAR data, ULONG length,
			   LPOVERLAPPED overlapped, struct winusb_plain_op **op)
{
	struct winusb_device *device = interface->device;
	/* The length is the buffer's: Windows overwrites the one in the packet. */
	struct wiso_setup setup = {
		.request_type = packet->RequestType,
		.request = packet->Request,
		.value = packet->Value,
		.index = index_for(interface, packet),
		.length = (uint16_t)length,
	};
	DWORD error;

	if ((length && !data) ||
	    length > (atomic_load(&device->lift_limits) ? UINT16_MAX : MAX_CONTROL))
		return ERROR_INVALID_PARAMETER;
	error = winusb_plain_new(&device->pipes[0], WINUSB_CONTROL, data, length, overlapped, op);
	if (!error)
		start_control(*op, dev, &setup);
	return error;
}

BOOL WINAPI WinUsb_ControlTransfer(WINUSB_INTERFACE_HANDLE InterfaceHandle,
				   WINUSB_SETUP_PACKET SetupPacket, PUCHAR Buffer,
				   ULONG BufferLength, PULONG LengthTransferred,
				   LPOVERLAPPED Overlapped)
{
	struct winusb_plain_op *op = NULL;
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(InterfaceHandle, &dev);
	if (!interface)
		return FALSE;
	if (!winusb_leave(interface, begin_control(interface, dev, &SetupPacket, Buffer,
						   BufferLength, Overlapped, &op)))
		return FALSE;
	return winusb_plain_finish(op, LengthTransferred);
}

/* ---- Bulk and interrupt -------------------------------------------------------------------- */

static bool is_plain(const struct winusb_iso_pipe_info *info)
{
	return info->type == WINUSB_ISO_PIPE_BULK || info->type == WINUSB_ISO_PIPE_INTERRUPT;
}

/* Has it been idle for so long that the device may have slept? */
static bool idled(const struct winusb_pipe *pipe, struct wiso_device *dev)
{
	uint32_t on, delay;

	if (winusb_pending_any(pipe) || !pipe->used_ns)
		return false;
	if (wiso_get_power(dev, AUTO_SUSPEND, &on) < 0 || !on ||
	    wiso_get_power(dev, SUSPEND_DELAY, &delay) < 0)
		return false;
	return win_now_ns() - pipe->used_ns >= (uint64_t)delay * 1000000;
}

static void reset_after_sleep(struct winusb_pipe *pipe, struct wiso_device *dev)
{
	bool reset;

	pthread_mutex_lock(&pipe->lock);
	reset = pipe->policies.reset_pipe_on_resume && (pipe->slept || idled(pipe, dev));
	pipe->slept = false;
	pthread_mutex_unlock(&pipe->lock);
	if (reset)
		wiso_reset_pipe(dev, pipe->address);
}

static bool is_raw(struct winusb_pipe *pipe)
{
	bool raw;

	pthread_mutex_lock(&pipe->lock);
	raw = pipe->policies.raw_io;
	pthread_mutex_unlock(&pipe->lock);
	return raw;
}

struct bulk_request {
	uint8_t address;
	bool in;
	PUCHAR data;
	ULONG length;
	LPOVERLAPPED overlapped;
};

static DWORD check_request(const struct bulk_request *request, struct wiso_device *dev,
			   struct winusb_iso_pipe_info *info)
{
	DWORD error;

	if ((request->length && !request->data) || !(request->address & 0x80) == request->in)
		return ERROR_INVALID_PARAMETER;
	error = winusb_find_pipe(dev, request->address, info);
	if (error)
		return error;
	return is_plain(info) && info->max_packet_size ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static DWORD begin_bulk(struct winusb_interface *interface, struct wiso_device *dev,
			const struct bulk_request *request, struct winusb_plain_op **op)
{
	struct winusb_pipe *pipe = winusb_pipe_of(interface->device, request->address);
	enum winusb_plain_kind kind = request->in ? WINUSB_READ : WINUSB_WRITE;
	struct winusb_iso_pipe_info info;
	DWORD error = check_request(request, dev, &info);

	if (error)
		return error;
	if (request->in && is_raw(pipe)) {
		kind = WINUSB_READ_RAW;
		if (request->length % info.max_packet_size ||
		    request->length > WINUSB_ISO_MAX_BUFFER_SIZE)
			return ERROR_INVALID_PARAMETER;
	}
	reset_after_sleep(pipe, dev);
	error = winusb_plain_new(pipe, kind, request->data, request->length, request->overlapped,
				 op);
	if (error)
		return error;
	(*op)->packet_size = info.max_packet_size;
	(*op)->interrupt = info.type == WINUSB_ISO_PIPE_INTERRUPT;
	if (request->in)
		winusb_read_start(*op, dev);
	else
		winusb_write_start(*op, dev);
	return ERROR_SUCCESS;
}

static BOOL bulk(WINUSB_INTERFACE_HANDLE handle, const struct bulk_request *request,
		 PULONG transferred)
{
	struct winusb_plain_op *op = NULL;
	struct winusb_interface *interface;
	struct wiso_device *dev;

	interface = winusb_enter(handle, &dev);
	if (!interface)
		return FALSE;
	if (!winusb_leave(interface, begin_bulk(interface, dev, request, &op)))
		return FALSE;
	return winusb_plain_finish(op, transferred);
}

BOOL WINAPI WinUsb_ReadPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
			    ULONG BufferLength, PULONG LengthTransferred, LPOVERLAPPED Overlapped)
{
	struct bulk_request request = {
		.address = PipeID,
		.in = true,
		.data = Buffer,
		.length = BufferLength,
		.overlapped = Overlapped,
	};

	return bulk(InterfaceHandle, &request, LengthTransferred);
}

BOOL WINAPI WinUsb_WritePipe(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR PipeID, PUCHAR Buffer,
			     ULONG BufferLength, PULONG LengthTransferred, LPOVERLAPPED Overlapped)
{
	struct bulk_request request = {
		.address = PipeID,
		.data = Buffer,
		.length = BufferLength,
		.overlapped = Overlapped,
	};

	return bulk(InterfaceHandle, &request, LengthTransferred);
}
