// SPDX-License-Identifier: MIT
/* Queues of requests, one for each pipe, and what moves them into the driver. */
#include <errno.h>

#include "internal.h"

#define PLAIN_PART_BYTES 1048576u

void wusb_queue(struct wusb_request *request)
{
	struct wusb_pipe *pipe = request->pipe;

	request->next = NULL;
	request->queued = true;
	if (pipe->last)
		pipe->last->next = request;
	else
		pipe->first = request;
	pipe->last = request;
}

void wusb_unqueue(struct wusb_request *request)
{
	struct wusb_pipe *pipe = request->pipe;
	struct wusb_request *before = NULL;

	if (!request->queued)
		return;
	for (struct wusb_request *at = pipe->first; at != request; at = at->next)
		before = at;
	if (before)
		before->next = request->next;
	else
		pipe->first = request->next;
	if (pipe->last == request)
		pipe->last = before;
	request->next = NULL;
	request->queued = false;
}

/* All parts but the last one end with a full packet, or the device's data would not fit. */
static uint32_t plain_part(const struct wusb_request *request)
{
	uint32_t packet = request->pipe->info.max_packet_size;

	if (request->kind == WUSB_CONTROL_IN || request->kind == WUSB_CONTROL_OUT || !packet)
		return PLAIN_PART_BYTES;
	return PLAIN_PART_BYTES / packet * packet;
}

static bool next_plain(const struct wusb_request *request, struct wusb_extent *extent)
{
	uint32_t offset = extent->offset + extent->length;
	uint32_t part = plain_part(request);

	if (request->begun && offset == request->length)
		return false;
	extent->offset = offset;
	extent->length = request->length - offset < part ? request->length - offset : part;
	return true;
}

static bool next_part(const struct wusb_request *request, struct wusb_extent *extent)
{
	*extent = request->extent;
	if (request->over)
		return false;
	if (wusb_is_iso(request))
		return wusb_next_extent(request->lengths, request->num_packets, extent);
	return next_plain(request, extent);
}

/* Whether the device ends it there is only known when the part before came back. */
static bool must_wait(const struct wusb_request *request)
{
	return request->kind == WUSB_PLAIN_IN && request->in_flight;
}

static bool anything_in_flight(const struct wusb_session *session)
{
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		if (session->pipes[i].parts)
			return true;
	return false;
}

static void pump_pipe(struct wusb_session *session, struct wusb_pipe *pipe)
{
	struct wusb_request *request;
	struct wusb_extent extent;

	while ((request = pipe->first)) {
		if (!next_part(request, &extent)) {
			wusb_unqueue(request);
			wusb_request_finish_if_done(request);
			continue;
		}
		if (must_wait(request))
			return;
		if (wusb_part_submit(request, &extent) == 0) {
			request->extent = extent;
			request->begun = true;
			continue;
		}
		if (errno == EAGAIN && anything_in_flight(session))
			return;
		wusb_request_end(request, -errno);
	}
}

void wusb_pump(struct wusb_session *session)
{
	for (unsigned int i = 0; i < WUSB_PIPES; i++)
		pump_pipe(session, &session->pipes[i]);
}
