// SPDX-License-Identifier: MIT
/*
 * Isochronous transfers: cut where the driver's memory ends, handed over, and their results
 * brought back when the driver is done. The driver queues and schedules; nothing here does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "winusb-internal.h"

static struct winusb_isoch_op *isoch_of(struct win_op *op)
{
	return (struct winusb_isoch_op *)(void *)op;
}

/* ---- Data ---------------------------------------------------------------------------------- */

/* The caller's memory is the driver's there. */
static bool is_shared(const struct winusb_isoch_op *op, const struct winusb_chunk *chunk)
{
	return op->buffer->memory && chunk == op->buffer->memory->chunk;
}

/* Where the caller has packet index, whose data is at offset of the transfer. */
static unsigned char *place_of(const struct winusb_isoch_op *op, uint32_t index, uint32_t offset)
{
	const struct winusb_isoch_request *request = &op->request;

	return op->buffer->data +
	       (request->places ? request->places[index] : request->offset + offset);
}

static void copy_out_packets(const struct winusb_isoch_op *op,
			     const struct winusb_isoch_piece *piece)
{
	uint32_t offset = 0;

	for (uint32_t i = 0; i < piece->packets; i++) {
		uint32_t length = op->request.results[piece->index + i].Length;

		memcpy(piece->chunk->data + piece->position + offset,
		       place_of(op, piece->index + i, piece->offset + offset), length);
		offset += length;
	}
}

/* What is to be sent goes to the driver's memory. */
static void copy_out(const struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece)
{
	if (op->in || is_shared(op, piece->chunk))
		return;
	if (op->request.places)
		copy_out_packets(op, piece);
	else
		memcpy(piece->chunk->data + piece->position,
		       place_of(op, piece->index, piece->offset), piece->length);
}

/* Received data that lies in a row, with the driver and with the caller. */
struct run {
	uint32_t first; /* packet of the piece */
	uint32_t offset;
	uint32_t length;
};

static void copy_in(const struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece,
		    const struct run *run)
{
	if (run->length)
		memcpy(place_of(op, piece->index + run->first, piece->offset + run->offset),
		       piece->chunk->data + piece->position + run->offset, run->length);
}

/* What was received comes back, and nothing else: the room behind short packets stays as it is. */
static void receive(const struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece,
		    uint32_t i, const struct winusb_iso_packet *packet, struct run *run)
{
	if (run->offset + run->length != packet->offset || op->request.places) {
		copy_in(op, piece, run);
		*run = (struct run){ .first = i, .offset = packet->offset };
	}
	run->length += packet->length;
}

/* ---- Cutting ------------------------------------------------------------------------------- */

static uint32_t packet_length(const struct winusb_isoch_op *op, uint32_t index, uint32_t rest)
{
	uint32_t max = op->buffer->shape.max_bytes;

	if (op->request.flags & WINUSB_ISO_TRANSFER_PACKET_LENGTHS)
		return op->request.results[index].Length;
	return rest < max ? rest : max;
}

/* As many packets as fit before the end of their chunk; false if not even one does. */
static bool cut(const struct winusb_isoch_op *op, uint32_t index, uint32_t offset,
		struct winusb_isoch_piece *piece)
{
	const struct winusb_isoch_buffer *buffer = op->buffer;
	uint32_t at = buffer->base + op->request.offset + offset;
	unsigned int i = at / buffer->stride;
	uint32_t room;

	if (i >= buffer->num_chunks)
		i = buffer->num_chunks - 1;
	*piece = (struct winusb_isoch_piece){
		.chunk = buffer->chunks[i],
		.index = index,
		.offset = offset,
		.position = at - i * buffer->stride,
	};
	room = piece->chunk->size - piece->position;
	if (op->request.length - offset <= room) {
		piece->length = op->request.length - offset;
		piece->packets = op->request.packets - index;
		return true;
	}
	while (index + piece->packets < op->request.packets) {
		uint32_t length = packet_length(op, index + piece->packets,
						op->request.length - offset - piece->length);

		if (length > room - piece->length)
			break;
		piece->length += length;
		piece->packets++;
	}
	return piece->packets;
}

/* ---- Handing over. With the lock of the pipe. ---------------------------------------------- */

static void write_lengths(const struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece)
{
	for (uint32_t i = 0; i < piece->packets; i++)
		piece->chunk->packets[piece->first + i].length =
			op->request.results[piece->index + i].Length;
}

#define FRAME_FLAGS ((uint32_t)(WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE))

/*
 * CONTINUE goes with all pieces, the frame with the first: the others follow it. Where late packets
 * are dropped all of that one may be, so each has a frame of its own.
 */
static void set_frame(const struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece,
		      struct winusb_iso_transfer *transfer)
{
	const struct winusb_isoch_request *request = &op->request;

	transfer->flags = request->flags;
	if (piece->index && !(request->flags & WINUSB_ISO_TRANSFER_DROP_LATE))
		transfer->flags &= ~FRAME_FLAGS;
	if (transfer->flags & WINUSB_ISO_TRANSFER_AT_FRAME)
		transfer->start_uframe =
			request->start_uframe + (uint64_t)piece->index * op->buffer->shape.interval;
}

/* So far ahead that the driver does not take it, what comes before is not late: it follows. */
static int submit_piece(struct wiso_device *dev, const struct winusb_isoch_piece *piece,
			struct winusb_iso_transfer *transfer)
{
	int result = wiso_follow(dev, transfer);

	if (result == 0 || errno != EFBIG || !piece->index)
		return result;
	transfer->flags &= ~FRAME_FLAGS;
	transfer->start_uframe = 0;
	return wiso_submit(dev, transfer);
}

/* 0 or a negative errno. */
static int submit(struct winusb_isoch_op *op, struct wiso_device *dev,
		  struct winusb_isoch_piece *piece)
{
	struct winusb_iso_transfer transfer;
	struct winusb_chunk *chunk;
	int error;

	chunk = winusb_chunk_take(dev, piece->chunk, piece->packets, &piece->first);
	if (!chunk)
		return -errno;
	piece->chunk = chunk;
	if (op->request.flags & WINUSB_ISO_TRANSFER_PACKET_LENGTHS)
		write_lengths(op, piece);
	copy_out(op, piece);
	wiso_transfer_init(&transfer, chunk->buffer, piece->position, piece->first, piece->packets);
	transfer.length = piece->length;
	set_frame(op, piece, &transfer);
	transfer.cookie = win_op_cookie(&op->op);
	if (submit_piece(dev, piece, &transfer) == 0)
		return 0;
	error = -errno;
	winusb_table_untake(&chunk->table, piece->first, piece->packets);
	return error;
}

/* Stops at the first error. */
static int submit_all(struct winusb_isoch_op *op, struct wiso_device *dev)
{
	uint32_t index = 0, offset = 0;

	while (index < op->request.packets) {
		struct winusb_isoch_piece *piece = &op->pieces[op->num_pieces];
		int error = cut(op, index, offset, piece) ? submit(op, dev, piece) : -EMSGSIZE;

		if (error)
			return error;
		op->num_pieces++;
		op->buffer->pipe->handed++;
		index += piece->packets;
		offset += piece->length;
	}
	return 0;
}

/* ---- Results ------------------------------------------------------------------------------- */

/* The table is shared with the driver alone, which is done with it; and yet. */
static struct winusb_iso_packet take_packet(const struct winusb_isoch_piece *piece,
					    const struct winusb_iso_packet *shared)
{
	struct winusb_iso_packet packet = *shared;

	if (packet.offset > piece->length || packet.length > piece->length - packet.offset)
		packet = (struct winusb_iso_packet){ .status = -EPROTO };
	return packet;
}

/* Data and results of all packets. */
static void take_packets(const struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece,
			 int status)
{
	const struct winusb_iso_packet *table = piece->chunk->packets + piece->first;
	USBD_ISO_PACKET_DESCRIPTOR *results = op->request.results;
	const uint32_t packets = piece->packets, offset = piece->offset;
	const bool copies = op->in && !is_shared(op, piece->chunk);
	struct run run = { 0 };

	if (results)
		results += piece->index;
	for (uint32_t i = 0; i < packets; i++) {
		struct winusb_iso_packet packet = take_packet(piece, &table[i]);

		if (copies && packet.length)
			receive(op, piece, i, &packet, &run);
		if (!results)
			continue;
		results[i] = (USBD_ISO_PACKET_DESCRIPTOR){
			.Offset = offset + packet.offset,
			.Length = packet.length,
		};
		if (packet.status)
			results[i].Status = winusb_packet_status(packet.status, op->in, status);
	}
	copy_in(op, piece, &run);
}

/* Late as a whole: the other pieces go in their intervals all the same. */
static bool is_dropped(const struct winusb_isoch_op *op,
		       const struct winusb_iso_completion *completion)
{
	return op->request.flags & WINUSB_ISO_TRANSFER_DROP_LATE && completion->status == -ETIME &&
	       completion->flags & WINUSB_ISO_COMPLETION_NOT_SENT;
}

/* What pieces before it that were dropped left out is no gap, and not where the transfer begins. */
static void take_start(struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece,
		       const struct winusb_iso_completion *completion)
{
	op->start_uframe = completion->start_uframe;
	if (op->start_uframe)
		op->start_uframe -= (uint64_t)piece->index * op->buffer->shape.interval;
	op->gap = completion->gap > piece->index ? completion->gap - piece->index : 0;
}

static void take_place(struct winusb_isoch_op *op, const struct winusb_isoch_piece *piece,
		       const struct winusb_iso_completion *completion)
{
	if (op->done == op->dropped) {
		take_start(op, piece, completion);
		op->trust = completion->trust;
		op->flags = completion->flags;
	} else {
		op->inner_gap += completion->gap;
		if (completion->trust < op->trust)
			op->trust = completion->trust;
		if (!(completion->flags & WINUSB_ISO_COMPLETION_NOT_SENT))
			op->flags &= ~(unsigned int)WINUSB_ISO_COMPLETION_NOT_SENT;
	}
	op->inner_gap += completion->inner_gap;
	op->timestamp_ns = completion->timestamp_ns;
}

/* With the lock of the pipe: a transfer of a pipe ends after those before it. */
static void collect(struct winusb_isoch_op *op, const struct winusb_iso_completion *completion)
{
	const struct winusb_isoch_piece *piece = &op->pieces[op->done];

	take_packets(op, piece, completion->status);
	winusb_table_give(&piece->chunk->table, piece->first, piece->packets);
	take_place(op, piece, completion);
	if (is_dropped(op, completion))
		op->dropped++;
	else if (!op->status)
		op->status = completion->status;
	op->bytes += completion->actual_length;
	op->errors += completion->error_count;
	op->reported = piece->index + piece->packets;
	op->done++;
	atomic_fetch_add_explicit(&op->buffer->pipe->returned, 1, memory_order_relaxed);
}

/* Packets that never got to the driver: in their places, empty. */
static void report_rest(struct winusb_isoch_op *op)
{
	const struct winusb_isoch_piece *last = op->done ? &op->pieces[op->done - 1] : NULL;
	uint32_t offset = last ? last->offset + last->length : 0;

	for (uint32_t i = op->reported; i < op->request.packets; i++) {
		uint32_t length = packet_length(op, i, op->request.length - offset);

		if (op->request.results)
			op->request.results[i] = (USBD_ISO_PACKET_DESCRIPTOR){
				.Offset = offset,
				.Status = winusb_packet_status(-EXDEV, op->in, op->status),
			};
		offset += length;
	}
	op->errors += op->request.packets - op->reported;
}

/* Without locks: op may be gone afterwards. */
static void end(struct winusb_isoch_op *op)
{
	const struct winusb_isoch_request *request = &op->request;
	DWORD error;

	if (!op->status && op->num_pieces && op->dropped == op->num_pieces)
		op->status = -ETIME;
	report_rest(op);
	error = winusb_isoch_error(op->status, op->errors, request->packets);
	if (request->report)
		request->report(op, request->argument);
	win_op_complete(&op->op, win_status_from_error(error),
			request->count_bytes ? op->bytes : 0);
}

static void isoch_completed(struct win_op *base, const struct winusb_iso_completion *completion)
{
	struct winusb_isoch_op *op = isoch_of(base);
	struct winusb_pipe *pipe = op->buffer->pipe;
	bool over, cancel_next;

	pthread_mutex_lock(&pipe->lock);
	collect(op, completion);
	over = op->done == op->num_pieces;
	op->pending.ending = over;
	cancel_next = op->pending.stop && !over;
	pthread_mutex_unlock(&pipe->lock);
	if (cancel_next)
		wiso_cancel(base->file->dev, pipe->address, win_op_cookie(base));
	if (over)
		end(op);
}

static void isoch_cancel(struct win_op *base, struct wiso_device *dev)
{
	struct winusb_isoch_op *op = isoch_of(base);
	struct winusb_pipe *pipe = op->buffer->pipe;

	pthread_mutex_lock(&pipe->lock);
	op->pending.stop = true;
	pthread_mutex_unlock(&pipe->lock);
	wiso_cancel(dev, pipe->address, win_op_cookie(base));
}

static void isoch_release(struct winusb_isoch_op *op)
{
	if (op->pieces != &op->piece)
		free(op->pieces);
	free(op);
}

static void isoch_free(struct win_op *base)
{
	struct winusb_isoch_op *op = isoch_of(base);
	struct winusb_isoch_buffer *buffer = op->buffer;

	pthread_mutex_lock(&buffer->pipe->lock);
	buffer->pending--;
	if (op->pending.sequence)
		winusb_pending_remove(buffer->pipe, &op->pending);
	else
		pthread_cond_broadcast(&buffer->pipe->ended);
	pthread_mutex_unlock(&buffer->pipe->lock);
	win_object_put(&buffer->object);
	isoch_release(op);
}

/* Never too many: those of a pipe come back in the order in which they were handed over. */
static uint32_t isoch_ahead(struct win_op *base)
{
	struct winusb_isoch_op *op = isoch_of(base);
	uint32_t last = atomic_load(&op->last);

	return last ? last - atomic_load(&op->buffer->pipe->returned) : 0;
}

static const struct win_op_class isoch_class = {
	.completed = isoch_completed,
	.cancel = isoch_cancel,
	.free = isoch_free,
	.ahead = isoch_ahead,
};

/* ---- From the beginning -------------------------------------------------------------------- */

static struct winusb_isoch_op *isoch_new(struct winusb_isoch_buffer *buffer,
					 const struct winusb_isoch_request *request)
{
	/* calloc() would not look at what was freed just before. */
	struct winusb_isoch_op *op = malloc(sizeof(*op));
	size_t pieces = request->length / (WINUSB_ISO_MAX_BUFFER_SIZE / 2) + 2;

	if (!op)
		return NULL;
	*op = (struct winusb_isoch_op){
		.buffer = buffer,
		.request = *request,
		.in = buffer->shape.in,
		.pieces = &op->piece,
	};
	if (buffer->num_chunks > 1)
		op->pieces = calloc(pieces, sizeof(*op->pieces));
	if (!op->pieces) {
		free(op);
		return NULL;
	}
	return op;
}

static DWORD make_pending(struct winusb_isoch_op *op, LPOVERLAPPED overlapped)
{
	struct winusb_isoch_buffer *buffer = op->buffer;
	DWORD error = win_file_dispatch(buffer->file);

	if (!error)
		error = win_op_start(&op->op, &isoch_class, buffer->file, overlapped);
	if (error) {
		isoch_release(op);
		return error;
	}
	win_object_get(&buffer->object);
	return ERROR_SUCCESS;
}

/* Windows finds these out when the request is with it, and says so in the result. */
static bool is_result(int error)
{
	return error == -ETIME || error == -EXDEV || error == -ECONNRESET;
}

/* 0 or a negative errno. With the lock of the pipe. */
static int submit_unless_over(struct winusb_isoch_op *op, struct wiso_device *dev)
{
	if (op->buffer->dead)
		return -ENOENT;
	return op->pending.stop ? -ECONNRESET : submit_all(op, dev);
}

/* With the lock of the pipe. True: it is under way, or *over and to be ended. */
static bool hand_over(struct winusb_isoch_op *op, struct wiso_device *dev, bool *over)
{
	struct winusb_isoch_buffer *buffer = op->buffer;

	op->status = submit_unless_over(op, dev);
	*over = op->status && !op->num_pieces;
	if (*over && !is_result(op->status))
		return false;
	if (op->status)
		op->flags = WINUSB_ISO_COMPLETION_NOT_SENT;
	if (op->num_pieces)
		atomic_store(&op->last, buffer->pipe->handed);
	op->pending.ending = *over;
	winusb_pending_add(buffer->pipe, &op->pending);
	return true;
}

DWORD winusb_isoch_begin(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
			 const struct winusb_isoch_request *request, LPOVERLAPPED overlapped,
			 struct winusb_isoch_op **begun)
{
	struct winusb_isoch_op *op = isoch_new(buffer, request);
	bool under_way, over;
	DWORD error;

	if (!op)
		return ERROR_NOT_ENOUGH_MEMORY;
	error = make_pending(op, overlapped);
	if (error)
		return error;
	pthread_mutex_lock(&buffer->pipe->lock);
	buffer->pending++;
	under_way = hand_over(op, dev, &over);
	pthread_mutex_unlock(&buffer->pipe->lock);
	if (!under_way) {
		error = op->status == -ENOENT ? ERROR_INVALID_HANDLE :
			op->status == -ESTALE ? ERROR_INVALID_PARAMETER :
						win_error_from_errno(op->status);
		return win_op_abandon(&op->op, error);
	}
	if (over)
		end(op);
	*begun = op;
	return ERROR_SUCCESS;
}
