// SPDX-License-Identifier: MIT
/*
 * WinUsb_WritePipe(): pieces of what the driver takes at once, all handed over before it
 * returns.
 */
#include <errno.h>
#include <string.h>

#include "winusb-internal.h"

static bool ends_with_empty_packet(const struct winusb_plain_op *op)
{
	return op->policies.short_packet_terminate && op->length &&
	       op->length % op->packet_size == 0;
}

/* From offset on; how much of it. 0 or a negative errno. With the lock of the pipe. */
static int submit_piece(struct winusb_plain_op *op, struct wiso_device *dev, uint32_t offset,
			uint32_t *length)
{
	uint32_t rest = op->length - offset, flags = 0;
	struct winusb_stage *stage;
	struct winusb_iso_transfer transfer;

	stage = winusb_stage_get(op->pipe, dev,
				 rest < WINUSB_ISO_MAX_BUFFER_SIZE ? rest :
								     WINUSB_ISO_MAX_BUFFER_SIZE);
	if (!stage)
		return -errno;
	*length = rest;
	/* Cut between packets, or the device would see the end of a transfer. */
	if (rest > stage->size)
		*length = stage->size / op->packet_size * op->packet_size;
	else if (ends_with_empty_packet(op) && !op->interrupt)
		flags = WINUSB_ISO_TRANSFER_ZERO_PACKET;
	memcpy(stage->data, op->data + offset, *length);
	wiso_transfer_init_plain(&transfer, stage->buffer, 0, *length);
	transfer.flags = flags;
	return winusb_plain_hand_over(op, dev, stage, &transfer);
}

static int submit_all(struct winusb_plain_op *op, struct wiso_device *dev)
{
	uint32_t offset = 0, length = 0;
	int error;

	do {
		error = submit_piece(op, dev, offset, &length);
		offset += length;
	} while (!error && offset < op->length);
	/* Behind an interrupt transfer it is one of its own. */
	if (!error && op->interrupt && ends_with_empty_packet(op))
		error = submit_piece(op, dev, op->length, &length);
	return error;
}

void winusb_write_start(struct winusb_plain_op *op, struct wiso_device *dev)
{
	struct winusb_pipe *pipe = op->pipe;
	bool over;
	int error = 0;

	pthread_mutex_lock(&pipe->lock);
	op->error = winusb_timer_arm(&op->timer, &op->op, pipe->address, op->policies.timeout_ms);
	if (!op->error)
		error = submit_all(op, dev);
	if (error && !op->status)
		op->status = error;
	over = !op->stages;
	pthread_mutex_unlock(&pipe->lock);
	if (over)
		winusb_plain_end(op);
}
