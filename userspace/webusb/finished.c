// SPDX-License-Identifier: MIT
/* Requests that have finished and wait to be fetched, and the file that says so. */
#include <sys/eventfd.h>

#include "internal.h"

static void show(struct wusb_session *session)
{
	bool ready = session->finished;
	eventfd_t count;

	if (ready == session->ready)
		return;
	session->ready = ready;
	if (ready)
		eventfd_write(session->ready_fd, 1);
	else
		eventfd_read(session->ready_fd, &count);
}

void wusb_finished_add(struct wusb_request *request)
{
	struct wusb_session *session = request->session;

	request->next = NULL;
	request->listed = true;
	*session->finished_end = request;
	session->finished_end = &request->next;
	show(session);
}

void wusb_finished_remove(struct wusb_request *request)
{
	struct wusb_session *session = request->session;
	struct wusb_request **at = &session->finished;

	if (!request->listed)
		return;
	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	if (!request->next)
		session->finished_end = at;
	request->next = NULL;
	request->listed = false;
	show(session);
}

struct wusb_request *wusb_finished_take(struct wusb_session *session)
{
	struct wusb_request *request = session->finished;

	if (request)
		wusb_finished_remove(request);
	return request;
}
