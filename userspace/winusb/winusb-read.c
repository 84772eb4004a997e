// SPDX-License-Identifier: MIT
/*
 * WinUsb_ReadPipe() without RAW_IO: one read of a pipe after another, each in whole packets
 * and as many pieces as it takes, and what comes beyond it kept for the next.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

/* ---- Those that wait. With the lock of the pipe. ------------------------------------------- */

static void append(struct winusb_plain_op *op)
{
	struct winusb_pipe *pipe = op->pipe;

	op->next = NULL;
	op->queued = true;
	if (pipe->last)
		pipe->last->next = op;
	else
		pipe->first = op;
	pipe->last = op;
}

static struct winusb_plain_op *take_first(struct winusb_pipe *pipe)
{
	struct winusb_plain_op *op = pipe->first;

	if (!op)
		return NULL;
	op->queued = false;
	pipe->first = op->next;
	if (!pipe->first)
		pipe->last = NULL;
	return op;
}

bool winusb_read_unqueue(struct winusb_plain_op *op)
{
	struct winusb_pipe *pipe = op->pipe;
	struct winusb_plain_op **at = &pipe->first, *before = NULL;

	if (!op->queued)
		return false;
	while (*at != op) {
		before = *at;
		at = &(*at)->next;
	}
	*at = op->next;
	if (pipe->last == op)
		pipe->last = before;
	op->queued = false;
	return true;
}

/* ---- What came beyond a read. With the lock of the pipe. ----------------------------------- */

static void drop_excess(struct winusb_pipe *pipe)
{
	free(pipe->excess);
	pipe->excess = NULL;
	pipe->excess_offset = pipe->excess_end = 0;
}

static int keep_excess(struct winusb_pipe *pipe, const unsigned char *data, uint32_t length,
		       bool was_short)
{
	pipe->excess = malloc(length);
	if (!pipe->excess)
		return -ENOMEM;
	memcpy(pipe->excess, data, length);
	pipe->excess_offset = 0;
	pipe->excess_end = length;
	pipe->excess_short = was_short;
	return 0;
}

/* True: with that the read is over. */
static bool take_excess(struct winusb_plain_op *op)
{
	struct winusb_pipe *pipe = op->pipe;
	uint32_t left = pipe->excess_end - pipe->excess_offset;
	uint32_t count = left < op->length ? left : op->length;

	memcpy(op->data, pipe->excess + pipe->excess_offset, count);
	op->done = count;
	pipe->excess_offset += count;
	if (count < left)
		return true;
	drop_excess(pipe);
	return op->done == op->length || (pipe->excess_short && !op->policies.ignore_short_packets);
}

void winusb_read_flush(struct winusb_pipe *pipe)
{
	pthread_mutex_lock(&pipe->lock);
	drop_excess(pipe);
	pthread_mutex_unlock(&pipe->lock);
}

/* ---- Pieces. With the lock of the pipe. ---------------------------------------------------- */

/* Whole packets, so that what the device sends has room; unless that would be too much. */
static uint32_t bytes_to_ask(const struct winusb_plain_op *op)
{
	uint64_t rest = op->length - op->done, packet = op->packet_size;
	uint64_t ask = rest;

	if (op->kind == WINUSB_READ && op->policies.allow_partial_reads)
		ask = (rest + packet - 1) / packet * packet;
	if (ask > WINUSB_ISO_MAX_BUFFER_SIZE)
		ask = WINUSB_ISO_MAX_BUFFER_SIZE / packet * packet;
	return (uint32_t)ask;
}

/* 0 or a negative errno. */
static int submit_piece(struct winusb_plain_op *op, struct wiso_device *dev)
{
	uint32_t ask = bytes_to_ask(op);
	struct winusb_stage *stage = winusb_stage_get(op->pipe, dev, ask);
	struct winusb_iso_transfer transfer;

	if (!stage)
		return -errno;
	if (ask > stage->size) {
		if (op->kind == WINUSB_READ_RAW) {
			winusb_stage_put(op->pipe, stage);
			return -ENOMEM;
		}
		ask = stage->size / op->packet_size * op->packet_size;
	}
	op->asked = ask;
	wiso_transfer_init_plain(&transfer, stage->buffer, 0, ask);
	return winusb_plain_hand_over(op, dev, stage, &transfer);
}

/* True: it was handed over. Otherwise it is over. */
static bool start_piece(struct winusb_plain_op *op, struct wiso_device *dev)
{
	op->error =
		winusb_timer_arm(&op->timer, &op->op, op->pipe->address, op->policies.timeout_ms);
	if (!op->error)
		op->status = submit_piece(op, dev);
	return !op->error && !op->status;
}

bool winusb_read_piece(struct winusb_plain_op *op, const struct winusb_stage *stage,
		       uint32_t length)
{
	uint32_t room = op->length - op->done, count = length < room ? length : room;
	bool was_short = length < op->asked;

	memcpy(op->data + op->done, stage->data, count);
	op->done += count;
	if (op->kind == WINUSB_READ_RAW)
		return true;
	if (length > count && !op->policies.auto_flush && !op->status)
		op->status = keep_excess(op->pipe, stage->data + count, length - count, was_short);
	return op->status || winusb_plain_cut_off(op) || op->done == op->length ||
	       (was_short && !op->policies.ignore_short_packets);
}

/* ---- One after another --------------------------------------------------------------------- */

/* With the lock of the pipe. True: it is with the driver. */
static bool begin(struct winusb_plain_op *op, struct wiso_device *dev)
{
	struct winusb_pipe *pipe = op->pipe;

	if (op->policies.allow_partial_reads && !op->length)
		return false;
	if (pipe->excess && take_excess(op))
		return false;
	return start_piece(op, dev);
}

/* Its place becomes free, and it is completed. */
static void leave(struct winusb_plain_op *op, DWORD error)
{
	struct winusb_pipe *pipe = op->pipe;

	pthread_mutex_lock(&pipe->lock);
	pipe->current = NULL;
	pthread_mutex_unlock(&pipe->lock);
	winusb_timer_disarm(&op->timer);
	winusb_pending_end(pipe, &op->pending, &op->op, error, op->done);
}

static DWORD error_of(const struct winusb_plain_op *op)
{
	return op->error ? op->error :
			   winusb_plain_error(op->status, atomic_load(&op->timer.expired));
}

static void advance(struct winusb_pipe *pipe, struct wiso_device *dev)
{
	for (;;) {
		struct winusb_plain_op *op = NULL;
		bool handed_over = false;

		pthread_mutex_lock(&pipe->lock);
		if (!pipe->current)
			op = take_first(pipe);
		if (op) {
			pipe->current = op;
			handed_over = begin(op, dev);
		}
		pthread_mutex_unlock(&pipe->lock);
		if (!op || handed_over)
			return;
		leave(op, error_of(op));
	}
}

/* A file that is being closed cancels what waits. */
static void advance_if_open(struct winusb_pipe *pipe)
{
	struct win_file *file = pipe->device->file;
	struct wiso_device *dev;

	win_object_get(&file->event.waitable.object);
	dev = win_file_enter(file);
	if (dev) {
		advance(pipe, dev);
		win_file_leave(file);
	}
	win_object_put(&file->event.waitable.object);
}

static void start_raw(struct winusb_plain_op *op, struct wiso_device *dev)
{
	bool handed_over;

	pthread_mutex_lock(&op->pipe->lock);
	handed_over = start_piece(op, dev);
	pthread_mutex_unlock(&op->pipe->lock);
	if (!handed_over)
		winusb_plain_end(op);
}

void winusb_read_start(struct winusb_plain_op *op, struct wiso_device *dev)
{
	struct winusb_pipe *pipe = op->pipe;

	if (op->kind == WINUSB_READ_RAW) {
		start_raw(op, dev);
		return;
	}
	pthread_mutex_lock(&pipe->lock);
	append(op);
	pthread_mutex_unlock(&pipe->lock);
	advance(pipe, dev);
}

void winusb_read_continue(struct winusb_plain_op *op, struct wiso_device *dev)
{
	bool handed_over;

	winusb_timer_disarm(&op->timer);
	pthread_mutex_lock(&op->pipe->lock);
	handed_over = start_piece(op, dev);
	pthread_mutex_unlock(&op->pipe->lock);
	if (!handed_over)
		winusb_plain_end(op);
}

/* ---- The end ------------------------------------------------------------------------------- */

static bool clears_stall(const struct winusb_plain_op *op, DWORD error)
{
	return op->policies.auto_clear_stall && op->status && error != ERROR_OPERATION_ABORTED &&
	       error != ERROR_SEM_TIMEOUT && error != ERROR_DEVICE_NOT_CONNECTED;
}

static void leave_and_advance(struct winusb_plain_op *op, DWORD error)
{
	struct winusb_pipe *pipe = op->pipe;
	struct win_file *file = pipe->device->file;

	win_object_get(&file->event.waitable.object);
	leave(op, error);
	advance_if_open(pipe);
	win_object_put(&file->event.waitable.object);
}

static void clear_stall(struct win_work *work)
{
	struct winusb_plain_op *op = CONTAINING_RECORD(work, struct winusb_plain_op, work);
	struct win_file *file = op->op.file;
	struct wiso_device *dev = win_file_enter(file);

	if (dev) {
		wiso_reset_pipe(dev, op->pipe->address);
		win_file_leave(file);
	}
	leave_and_advance(op, op->error);
}

void winusb_read_end(struct winusb_plain_op *op, DWORD error)
{
	op->error = error;
	op->work.run = clear_stall;
	if (clears_stall(op, error) && !win_worker_queue(op->pipe->device->worker, &op->work))
		return;
	leave_and_advance(op, error);
}

void winusb_read_cancel_waiting(struct winusb_pipe *pipe, DWORD error)
{
	struct winusb_plain_op *op;

	do {
		pthread_mutex_lock(&pipe->lock);
		op = take_first(pipe);
		pthread_mutex_unlock(&pipe->lock);
		if (op)
			winusb_pending_end(pipe, &op->pending, &op->op, error, 0);
	} while (op);
}
