// SPDX-License-Identifier: MIT
/* Isochronous requests: what is asked for, how they end, and what comes out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "internal.h"

struct wusb_request *wusb_request_new(struct wusb_session *session, struct wusb_pipe *pipe,
				      enum wusb_kind kind, void *user)
{
	struct wusb_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->session = session;
	request->pipe = pipe;
	request->kind = kind;
	request->user = user;
	request->following = session->requests;
	if (session->requests)
		session->requests->previous = request;
	session->requests = request;
	return request;
}

void wusb_request_destroy(struct wusb_request *request)
{
	wusb_finished_remove(request);
	if (request->previous)
		request->previous->following = request->following;
	else
		request->session->requests = request->following;
	if (request->following)
		request->following->previous = request->previous;
	if (request->own_data)
		free(request->data);
	free(request->lengths);
	free(request->packets);
	free(request);
}

static void fill_rest(struct wusb_request *request)
{
	uint32_t done = request->extent.first_packet + request->extent.num_packets;
	struct wusb_extent rest = {
		.first_packet = done,
		.num_packets = request->num_packets - done,
		.offset = request->extent.offset + request->extent.length,
	};

	wusb_gather_nothing(&rest, request->lengths, request->error, request->packets);
}

static void finish(struct wusb_request *request)
{
	struct wusb_session *session = request->session;

	request->finished = true;
	if (wusb_is_iso(request))
		fill_rest(request);
	if (request->orphan) {
		wusb_request_destroy(request);
		return;
	}
	if (!request->waiters)
		wusb_finished_add(request);
	pthread_cond_broadcast(&session->turn);
	if (session->polling)
		eventfd_write(session->wake_fd, 1);
}

void wusb_request_finish_if_done(struct wusb_request *request)
{
	if (!request->queued && !request->in_flight && !request->finished)
		finish(request);
}

void wusb_request_end(struct wusb_request *request, int error)
{
	if (!request->error)
		request->error = error;
	request->over = true;
	wusb_unqueue(request);
	wusb_request_finish_if_done(request);
}

/* ---- Submitting ------------------------------------------------------------- */

static struct wusb_pipe *find_iso_pipe(struct wusb_session *session, uint8_t endpoint,
				       unsigned int direction)
{
	struct wusb_pipe *pipe;

	if (session->gone) {
		errno = ENODEV;
		return NULL;
	}
	if (!endpoint || endpoint > 15) {
		errno = ENOENT;
		return NULL;
	}
	pipe = wusb_find_pipe(session, endpoint | direction);
	if (pipe && pipe->info.type != WINUSB_ISO_PIPE_ISOCHRONOUS) {
		errno = EPROTOTYPE;
		return NULL;
	}
	return pipe;
}

static int copy_lengths(struct wusb_request *request, const uint32_t *lengths, uint32_t num_packets)
{
	/* Of nothing one may get nothing: not to be taken for a lack of memory. */
	request->lengths = calloc((size_t)num_packets + 1, sizeof(*request->lengths));
	request->packets = calloc((size_t)num_packets + 1, sizeof(*request->packets));
	if (!request->lengths || !request->packets)
		return -1;
	if (num_packets)
		memcpy(request->lengths, lengths, num_packets * sizeof(*lengths));
	request->num_packets = num_packets;
	return 0;
}

static struct wusb_request *new_iso(struct wusb_session *session, uint8_t endpoint,
				    enum wusb_kind kind, const uint32_t *lengths,
				    uint32_t num_packets, unsigned int flags, void *user)
{
	unsigned int direction = kind == WUSB_ISO_IN ? WISO_IN : WISO_OUT;
	struct wusb_request *request;
	struct wusb_pipe *pipe;
	uint32_t length = 0;
	int error;

	if (flags & ~(unsigned int)WUSB_KEEP_GOOD_PACKETS) {
		errno = EINVAL;
		return NULL;
	}
	pipe = find_iso_pipe(session, endpoint, direction);
	if (!pipe)
		return NULL;
	error = wusb_sum_lengths(lengths, num_packets, &length);
	if (error) {
		errno = error;
		return NULL;
	}
	request = wusb_request_new(session, pipe, kind, user);
	if (!request)
		return NULL;
	request->flags = flags;
	request->length = length;
	if (copy_lengths(request, lengths, num_packets) == 0)
		return request;
	wusb_request_destroy(request);
	errno = ENOMEM;
	return NULL;
}

static struct wusb_request *submit_in(struct wusb_session *session, uint8_t endpoint,
				      const uint32_t *lengths, uint32_t num_packets,
				      unsigned int flags, void *data, void *user)
{
	struct wusb_request *request =
		new_iso(session, endpoint, WUSB_ISO_IN, lengths, num_packets, flags, user);

	if (!request)
		return NULL;
	request->data = data;
	if (!data) {
		request->data = calloc((size_t)request->length + 1, 1);
		request->own_data = true;
	}
	if (!request->data) {
		wusb_request_destroy(request);
		errno = ENOMEM;
		return NULL;
	}
	wusb_queue(request);
	wusb_pump(session);
	return request;
}

struct wusb_request *wusb_submit_in_to(struct wusb_session *session, uint8_t endpoint,
				       const uint32_t *lengths, uint32_t num_packets,
				       unsigned int flags, void *data, void *user)
{
	struct wusb_request *request;

	pthread_mutex_lock(&session->lock);
	request = submit_in(session, endpoint, lengths, num_packets, flags, data, user);
	pthread_mutex_unlock(&session->lock);
	return request;
}

struct wusb_request *wusb_submit_in(struct wusb_session *session, uint8_t endpoint,
				    const uint32_t *lengths, uint32_t num_packets,
				    unsigned int flags, void *user)
{
	return wusb_submit_in_to(session, endpoint, lengths, num_packets, flags, NULL, user);
}

/* What does not go to the driver at once is copied. */
void wusb_send(struct wusb_request *request, const void *data)
{
	struct wusb_session *session = request->session;

	request->data = (unsigned char *)data;
	wusb_queue(request);
	wusb_pump(session);
	request->data = NULL;
	if (!request->queued)
		return;
	request->data = malloc((size_t)request->length + 1);
	request->own_data = true;
	if (!request->data)
		wusb_request_end(request, -ENOMEM);
	else if (request->length)
		memcpy(request->data, data, request->length);
}

static struct wusb_request *submit_out(struct wusb_session *session, uint8_t endpoint,
				       const void *data, size_t size, const uint32_t *lengths,
				       uint32_t num_packets, unsigned int flags, void *user)
{
	struct wusb_request *request =
		new_iso(session, endpoint, WUSB_ISO_OUT, lengths, num_packets, flags, user);

	if (!request)
		return NULL;
	if (request->length != size) {
		wusb_request_destroy(request);
		errno = EBADMSG;
		return NULL;
	}
	wusb_send(request, data);
	return request;
}

struct wusb_request *wusb_submit_out(struct wusb_session *session, uint8_t endpoint,
				     const void *data, size_t size, const uint32_t *lengths,
				     uint32_t num_packets, unsigned int flags, void *user)
{
	struct wusb_request *request;

	pthread_mutex_lock(&session->lock);
	request = submit_out(session, endpoint, data, size, lengths, num_packets, flags, user);
	pthread_mutex_unlock(&session->lock);
	return request;
}

void *wusb_request_user(const struct wusb_request *request)
{
	return request->user;
}

/* ---- Ending early ----------------------------------------------------------- */

static void cancel(struct wusb_request *request)
{
	struct wusb_pipe *pipe = request->pipe;
	struct wiso_device *dev = request->session->dev;
	bool orphan = request->orphan;

	if (request->finished)
		return;
	for (struct wusb_part *part = pipe->parts; part; part = part->next)
		if (part->request == request)
			wiso_cancel(dev, pipe->info.address, (uintptr_t)part);
	request->orphan = false;
	wusb_request_end(request, -ECONNRESET);
	if (request->finished && orphan)
		wusb_request_destroy(request);
	else
		request->orphan = orphan;
}

void wusb_cancel(struct wusb_request *request)
{
	struct wusb_session *session = request->session;

	pthread_mutex_lock(&session->lock);
	cancel(request);
	wusb_pump(session);
	pthread_mutex_unlock(&session->lock);
}

void wusb_request_free(struct wusb_request *request)
{
	struct wusb_session *session;

	if (!request)
		return;
	session = request->session;
	pthread_mutex_lock(&session->lock);
	request->orphan = true;
	if (request->finished)
		wusb_request_destroy(request);
	else
		cancel(request);
	wusb_pump(session);
	pthread_mutex_unlock(&session->lock);
}
