// SPDX-License-Identifier: MIT
/* Parts of requests: into the driver, and back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

bool wusb_is_iso(const struct wusb_request *request)
{
	return request->kind == WUSB_ISO_IN || request->kind == WUSB_ISO_OUT;
}

bool wusb_is_in(const struct wusb_request *request)
{
	return request->kind == WUSB_ISO_IN || request->kind == WUSB_PLAIN_IN ||
	       request->kind == WUSB_CONTROL_IN;
}

static bool is_control(const struct wusb_request *request)
{
	return request->kind == WUSB_CONTROL_IN || request->kind == WUSB_CONTROL_OUT;
}

static void describe_iso(const struct wusb_part *part, struct winusb_iso_transfer *transfer)
{
	const uint32_t *lengths = part->request->lengths + part->extent.first_packet;
	struct winusb_iso_packet *table = wiso_buffer_packets(part->memory->buffer);

	wiso_transfer_init(transfer, part->memory->buffer, 0, 0, part->extent.num_packets);
	transfer->length = part->extent.length;
	transfer->flags = WINUSB_ISO_TRANSFER_PACKET_LENGTHS;
	for (uint32_t i = 0; i < part->extent.num_packets; i++)
		table[i] = (struct winusb_iso_packet){ .length = lengths[i] };
}

static int describe(const struct wusb_part *part, struct winusb_iso_transfer *transfer)
{
	const struct wusb_request *request = part->request;
	unsigned char *memory = wiso_buffer_data(part->memory->buffer);

	if (is_control(request)) {
		if (wiso_transfer_init_control(transfer, part->memory->buffer, 0, &request->setup) <
		    0)
			return -1;
		memory += WISO_SETUP_SIZE;
	} else if (wusb_is_iso(request)) {
		describe_iso(part, transfer);
	} else {
		wiso_transfer_init_plain(transfer, part->memory->buffer, 0, part->extent.length);
	}
	if (!wusb_is_in(request) && part->extent.length)
		memcpy(memory, request->data + part->extent.offset, part->extent.length);
	transfer->cookie = (uintptr_t)part;
	return 0;
}

static int hand_over(struct wusb_part *part)
{
	struct wusb_session *session = part->request->session;
	struct winusb_iso_transfer transfer;

	if (describe(part, &transfer) < 0)
		return -1;
	return wiso_follow(session->dev, &transfer);
}

/* 0; or -1 with EAGAIN: when a part of some pipe comes back it may go; or why not. */
int wusb_part_submit(struct wusb_request *request, const struct wusb_extent *extent)
{
	struct wusb_session *session = request->session;
	uint32_t setup = is_control(request) ? WISO_SETUP_SIZE : 0;
	struct wusb_part *part = calloc(1, sizeof(*part));
	int error;

	if (!part)
		return -1;
	part->request = request;
	part->extent = *extent;
	part->memory = wusb_memory_get(session, request->pipe, extent->length + setup,
				       wusb_is_iso(request) ? extent->num_packets : 0);
	if (part->memory && hand_over(part) == 0) {
		*request->pipe->parts_end = part;
		request->pipe->parts_end = &part->next;
		request->in_flight++;
		return 0;
	}
	error = errno;
	if (part->memory)
		wusb_memory_put(session, request->pipe, part->memory);
	free(part);
	errno = error;
	return -1;
}

/* Only what is in the list was ours. */
static struct wusb_part *take_part(struct wusb_session *session,
				   const struct winusb_iso_completion *completion)
{
	struct wusb_pipe *pipe = wusb_pipe_of(session, completion->pipe);
	struct wusb_part **at = &pipe->parts;
	struct wusb_part *part;

	while (*at && (uintptr_t)*at != completion->cookie)
		at = &(*at)->next;
	part = *at;
	if (!part)
		return NULL;
	*at = part->next;
	if (!part->next)
		pipe->parts_end = at;
	return part;
}

static void gather_iso(struct wusb_part *part, const struct winusb_iso_completion *completion)
{
	struct wusb_request *request = part->request;
	struct wiso_buffer *buffer = part->memory->buffer;

	/* Its owner may have freed the memory for the data. */
	if (request->orphan)
		return;
	if (request->kind == WUSB_ISO_IN)
		wusb_gather_in(&part->extent, request->lengths, wiso_buffer_data(buffer),
			       wiso_buffer_packets(buffer), request->data, request->packets);
	else
		wusb_gather_out(&part->extent, request->lengths, wiso_buffer_packets(buffer),
				request->packets);
	wusb_add_timing(&request->timing, completion, !request->done);
}

static void gather_plain(struct wusb_part *part, const struct winusb_iso_completion *completion)
{
	struct wusb_request *request = part->request;
	const unsigned char *memory = wiso_buffer_data(part->memory->buffer);
	uint32_t length = completion->actual_length;

	if (length > part->extent.length)
		length = part->extent.length;
	if (request->kind == WUSB_CONTROL_IN)
		memory += WISO_SETUP_SIZE;
	if (length && wusb_is_in(request) && !request->orphan)
		memcpy(request->data + part->extent.offset, memory, length);
	/* Behind a part that ended early nothing counts. */
	if (request->moved == part->extent.offset)
		request->moved += length;
	/* A short one is the end. */
	if (length < part->extent.length)
		request->over = true;
}

void wusb_part_done(struct wusb_session *session, const struct winusb_iso_completion *completion)
{
	struct wusb_part *part = take_part(session, completion);
	struct wusb_request *request;

	if (!part)
		return;
	request = part->request;
	if (wusb_is_iso(request))
		gather_iso(part, completion);
	else
		gather_plain(part, completion);
	request->in_flight--;
	request->done++;
	wusb_memory_put(session, request->pipe, part->memory);
	free(part);
	if (completion->status)
		wusb_request_end(request, completion->status);
	else
		wusb_request_finish_if_done(request);
}

static void forget_first(struct wusb_pipe *pipe)
{
	struct wusb_part *part = pipe->parts;

	pipe->parts = part->next;
	if (!part->next)
		pipe->parts_end = &pipe->parts;
	part->request->in_flight--;
	wusb_memory_put(part->request->session, pipe, part->memory);
	free(part);
}

void wusb_parts_lost(struct wusb_pipe *pipe, int error)
{
	while (pipe->parts) {
		const struct wusb_part *part = pipe->parts;
		struct wusb_request *request = part->request;

		if (wusb_is_iso(request))
			wusb_gather_nothing(&part->extent, request->lengths, error,
					    request->packets);
		forget_first(pipe);
		wusb_request_end(request, error);
	}
}

void wusb_parts_forget(struct wusb_pipe *pipe)
{
	while (pipe->parts)
		forget_first(pipe);
}
