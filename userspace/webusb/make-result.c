// SPDX-License-Identifier: MIT
/* Results: what is left of a request when it has finished. */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

struct in_holder {
	struct wusb_in_result public;
	unsigned char *data;
	struct wusb_in_packet packets[];
};

struct out_holder {
	struct wusb_out_result public;
	struct wusb_out_packet packets[];
};

static int judge(const struct wusb_request *request)
{
	return wusb_judge(request->packets, request->num_packets, request->error, request->flags);
}

static int check(const struct wusb_request *request, enum wusb_kind kind)
{
	if (request->finished && request->kind == kind)
		return 0;
	errno = request->kind == kind ? EBUSY : EINVAL;
	return -1;
}

static struct wusb_in_result *make_in(struct wusb_request *request)
{
	uint32_t count = request->num_packets;
	struct in_holder *holder = malloc(sizeof(*holder) + count * sizeof(holder->packets[0]));

	if (!holder)
		return NULL;
	holder->data = request->data;
	request->own_data = false;
	for (uint32_t i = 0; i < count; i++)
		holder->packets[i] = (struct wusb_in_packet){
			.data = holder->data + request->packets[i].offset,
			.length = request->packets[i].length,
			.status = wusb_packet_status(request->packets[i].status),
			.error = request->packets[i].status,
		};
	holder->public = (struct wusb_in_result){
		.data = holder->data,
		.length = request->length,
		.packets = holder->packets,
		.num_packets = count,
		.status = wusb_summary(request->packets, count, request->error),
		.error = request->error,
		.timing = request->timing,
	};
	return &holder->public;
}

static struct wusb_out_result *make_out(struct wusb_request *request)
{
	uint32_t count = request->num_packets;
	struct out_holder *holder = malloc(sizeof(*holder) + count * sizeof(holder->packets[0]));

	if (!holder)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		holder->packets[i] = (struct wusb_out_packet){
			.bytes_written = request->packets[i].length,
			.status = wusb_packet_status(request->packets[i].status),
			.error = request->packets[i].status,
		};
	holder->public = (struct wusb_out_result){
		.packets = holder->packets,
		.num_packets = count,
		.status = wusb_summary(request->packets, count, request->error),
		.error = request->error,
		.timing = request->timing,
	};
	return &holder->public;
}

struct wusb_in_result *wusb_in_result(struct wusb_request *request)
{
	struct wusb_session *session = request->session;
	struct wusb_in_result *result = NULL;
	int error = 0;

	pthread_mutex_lock(&session->lock);
	if (check(request, WUSB_ISO_IN) == 0) {
		error = judge(request);
		if (!error)
			result = make_in(request);
		if (!error && !result)
			error = ENOMEM;
		wusb_request_destroy(request);
	} else {
		error = errno;
	}
	pthread_mutex_unlock(&session->lock);
	if (!result)
		errno = error;
	return result;
}

struct wusb_out_result *wusb_out_result(struct wusb_request *request)
{
	struct wusb_session *session = request->session;
	struct wusb_out_result *result = NULL;
	int error = 0;

	pthread_mutex_lock(&session->lock);
	if (check(request, WUSB_ISO_OUT) == 0) {
		error = judge(request);
		if (!error)
			result = make_out(request);
		if (!error && !result)
			error = ENOMEM;
		wusb_request_destroy(request);
	} else {
		error = errno;
	}
	pthread_mutex_unlock(&session->lock);
	if (!result)
		errno = error;
	return result;
}

void wusb_in_result_free(struct wusb_in_result *result)
{
	struct in_holder *holder = (struct in_holder *)result;

	if (!holder)
		return;
	free(holder->data);
	free(holder);
}

void wusb_out_result_free(struct wusb_out_result *result)
{
	free(result);
}

/* ---- One transfer, now ------------------------------------------------------- */

/* A signal does not end it: half a transfer would be of no use. */
static void wait_for(struct wusb_request *request)
{
	while (wusb_wait(request, -1) < 0 && errno == EINTR)
		;
}

struct wusb_in_result *wusb_isochronous_transfer_in(struct wusb_session *session, uint8_t endpoint,
						    const uint32_t *lengths, uint32_t num_packets,
						    unsigned int flags)
{
	struct wusb_request *request =
		wusb_submit_in(session, endpoint, lengths, num_packets, flags, NULL);

	if (!request)
		return NULL;
	wait_for(request);
	return wusb_in_result(request);
}

struct wusb_out_result *wusb_isochronous_transfer_out(struct wusb_session *session,
						      uint8_t endpoint, const void *data,
						      size_t size, const uint32_t *lengths,
						      uint32_t num_packets, unsigned int flags)
{
	struct wusb_request *request =
		wusb_submit_out(session, endpoint, data, size, lengths, num_packets, flags, NULL);

	if (!request)
		return NULL;
	wait_for(request);
	return wusb_out_result(request);
}
