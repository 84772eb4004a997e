// SPDX-License-Identifier: MIT
/* Bulk, interrupt and control requests, for the add-on. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static struct wusb_pipe *find_plain_pipe(struct wusb_session *session, uint8_t endpoint,
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
	if (pipe && pipe->info.type != WINUSB_ISO_PIPE_BULK &&
	    pipe->info.type != WINUSB_ISO_PIPE_INTERRUPT) {
		errno = EPROTOTYPE;
		return NULL;
	}
	return pipe;
}

static struct wusb_request *submit_plain(struct wusb_session *session, uint8_t endpoint,
					 enum wusb_kind kind, void *data, uint32_t length,
					 void *user)
{
	unsigned int direction = kind == WUSB_PLAIN_IN ? WISO_IN : WISO_OUT;
	struct wusb_request *request = NULL;
	struct wusb_pipe *pipe;

	pthread_mutex_lock(&session->lock);
	pipe = find_plain_pipe(session, endpoint, direction);
	if (pipe)
		request = wusb_request_new(session, pipe, kind, user);
	if (!request)
		goto unlock;
	request->length = length;
	if (kind == WUSB_PLAIN_OUT) {
		wusb_send(request, data);
		goto unlock;
	}
	request->data = data;
	wusb_queue(request);
	wusb_pump(session);
unlock:
	pthread_mutex_unlock(&session->lock);
	return request;
}

struct wusb_request *wusb_submit_plain_in(struct wusb_session *session, uint8_t endpoint,
					  void *data, uint32_t length, void *user)
{
	return submit_plain(session, endpoint, WUSB_PLAIN_IN, data, length, user);
}

struct wusb_request *wusb_submit_plain_out(struct wusb_session *session, uint8_t endpoint,
					   const void *data, uint32_t length, void *user)
{
	return submit_plain(session, endpoint, WUSB_PLAIN_OUT, (void *)data, length, user);
}

struct wusb_request *wusb_submit_control(struct wusb_session *session,
					 const struct wiso_setup *setup, void *data, void *user)
{
	bool in = setup->request_type & WISO_IN;
	struct wusb_request *request = NULL;
	struct wusb_pipe *pipe;

	pthread_mutex_lock(&session->lock);
	pipe = session->gone ? NULL : wusb_find_pipe(session, 0);
	if (session->gone)
		errno = ENODEV;
	if (pipe)
		request = wusb_request_new(session, pipe, in ? WUSB_CONTROL_IN : WUSB_CONTROL_OUT,
					   user);
	if (!request)
		goto unlock;
	request->length = setup->length;
	request->setup = *setup;
	if (in) {
		request->data = data;
		wusb_queue(request);
		wusb_pump(session);
	} else {
		wusb_send(request, data);
	}
unlock:
	pthread_mutex_unlock(&session->lock);
	return request;
}
