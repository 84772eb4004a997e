// SPDX-License-Identifier: MIT
/* Transfers: submitted, cancelled, and told to JavaScript when they have finished. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static struct transfer *make_transfer(struct session *session, napi_value data)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (!transfer)
		return NULL;
	/* Without one the memory that is written to might be collected. */
	if (data && napi_create_reference(session->env, data, 1, &transfer->data) != napi_ok) {
		free(transfer);
		return NULL;
	}
	transfer->session = session;
	transfer->id = ++session->next_id ? session->next_id : ++session->next_id;
	transfer->next = session->transfers;
	if (transfer->next)
		transfer->next->previous = transfer;
	session->transfers = transfer;
	session_count(session, 1);
	return transfer;
}

void transfer_free(struct transfer *transfer)
{
	struct session *session = transfer->session;

	wusb_request_free(transfer->request);
	if (transfer->data)
		napi_delete_reference(session->env, transfer->data);
	if (transfer->previous)
		transfer->previous->next = transfer->next;
	else
		session->transfers = transfer->next;
	if (transfer->next)
		transfer->next->previous = transfer->previous;
	free(transfer);
	/* After the session has ended there is nothing left to keep alive. */
	session_count(session, -1);
}

/* The reaper may meet the request before this has seen it: it goes by its user. */
static napi_value submitted(struct transfer *transfer, struct wusb_request *request)
{
	napi_env env = transfer->session->env;
	int error = errno;

	transfer->request = request;
	if (request)
		return make_number(env, transfer->id);
	transfer_free(transfer);
	return throw_errno(env, error);
}

/* ---- Submitting ------------------------------------------------------------------ */

/* isochronousIn(endpoint, lengths, flags, data) */
static napi_value isochronous_in(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	struct session *session = session_of(env, info, 4, arguments);
	struct transfer *transfer;
	const uint32_t *lengths;
	uint32_t endpoint, flags, count;
	size_t size;
	void *data;

	if (!session || !get_number(env, arguments[0], &endpoint) ||
	    !get_lengths(env, arguments[1], &lengths, &count) ||
	    !get_number(env, arguments[2], &flags) || !get_bytes(env, arguments[3], &data, &size))
		return NULL;
	transfer = make_transfer(session, arguments[3]);
	if (!transfer)
		return throw_errno(env, ENOMEM);
	transfer->flags = flags;
	return submitted(transfer, wusb_submit_in_to(session->usb, (uint8_t)endpoint, lengths,
						     count, flags, size ? data : NULL, transfer));
}

/* isochronousOut(endpoint, lengths, flags, data) */
static napi_value isochronous_out(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	struct session *session = session_of(env, info, 4, arguments);
	struct transfer *transfer;
	const uint32_t *lengths;
	uint32_t endpoint, flags, count;
	size_t size;
	void *data;

	if (!session || !get_number(env, arguments[0], &endpoint) ||
	    !get_lengths(env, arguments[1], &lengths, &count) ||
	    !get_number(env, arguments[2], &flags) || !get_bytes(env, arguments[3], &data, &size))
		return NULL;
	transfer = make_transfer(session, NULL);
	if (!transfer)
		return throw_errno(env, ENOMEM);
	transfer->flags = flags;
	return submitted(transfer, wusb_submit_out(session->usb, (uint8_t)endpoint, data, size,
						   lengths, count, flags, transfer));
}

/* transferIn(endpoint, data), transferOut(endpoint, data) */
static napi_value plain(napi_env env, napi_callback_info info, bool in)
{
	napi_value arguments[2];
	struct session *session = session_of(env, info, 2, arguments);
	struct transfer *transfer;
	uint32_t endpoint;
	size_t size;
	void *data;

	if (!session || !get_number(env, arguments[0], &endpoint) ||
	    !get_bytes(env, arguments[1], &data, &size))
		return NULL;
	transfer = make_transfer(session, in ? arguments[1] : NULL);
	if (!transfer)
		return throw_errno(env, ENOMEM);
	if (in)
		return submitted(transfer, wusb_submit_plain_in(session->usb, (uint8_t)endpoint,
								data, (uint32_t)size, transfer));
	return submitted(transfer, wusb_submit_plain_out(session->usb, (uint8_t)endpoint, data,
							 (uint32_t)size, transfer));
}

static napi_value transfer_in(napi_env env, napi_callback_info info)
{
	return plain(env, info, true);
}

static napi_value transfer_out(napi_env env, napi_callback_info info)
{
	return plain(env, info, false);
}

/* control(requestType, request, value, index, data) */
static napi_value control(napi_env env, napi_callback_info info)
{
	napi_value arguments[5];
	struct session *session = session_of(env, info, 5, arguments);
	struct transfer *transfer;
	struct wiso_setup setup;
	uint32_t numbers[4];
	size_t size;
	void *data;

	for (int i = 0; session && i < 4; i++)
		if (!get_number(env, arguments[i], &numbers[i]))
			return NULL;
	if (!session || !get_bytes(env, arguments[4], &data, &size))
		return NULL;
	setup = (struct wiso_setup){
		.request_type = (uint8_t)numbers[0],
		.request = (uint8_t)numbers[1],
		.value = (uint16_t)numbers[2],
		.index = (uint16_t)numbers[3],
		.length = (uint16_t)size,
	};
	transfer = make_transfer(session, numbers[0] & WISO_IN ? arguments[4] : NULL);
	if (!transfer)
		return throw_errno(env, ENOMEM);
	return submitted(transfer, wusb_submit_control(session->usb, &setup, data, transfer));
}

static napi_value cancel(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct session *session = session_of(env, info, 1, &argument);
	struct transfer *transfer;
	uint32_t id;

	if (!session || !get_number(env, argument, &id))
		return NULL;
	for (transfer = session->transfers; transfer; transfer = transfer->next)
		if (transfer->id == id)
			wusb_cancel(transfer->request);
	return NULL;
}

void transfer_methods(napi_env env, napi_value object)
{
	set_function(env, object, "isochronousIn", isochronous_in);
	set_function(env, object, "isochronousOut", isochronous_out);
	set_function(env, object, "transferIn", transfer_in);
	set_function(env, object, "transferOut", transfer_out);
	set_function(env, object, "control", control);
	set_function(env, object, "cancel", cancel);
}

/* ---- Telling --------------------------------------------------------------------- */

static bool iso_arguments(const struct transfer *transfer, napi_value *arguments)
{
	const struct wusb_request *request = transfer->request;
	const struct wusb_timing *timing = &request->timing;
	size_t size = request->num_packets * sizeof(*request->packets);
	napi_env env = transfer->session->env;
	napi_value info, packets;
	void *data;

	if (napi_create_arraybuffer(env, size, &data, &packets) != napi_ok)
		return false;
	if (size)
		memcpy(data, request->packets, size);
	napi_create_object(env, &info);
	set_text(env, info, "status",
		 wusb_status_name(
			 wusb_summary(request->packets, request->num_packets, request->error)));
	set_number(env, info, "error", -request->error);
	set_number(env, info, "gap", timing->gap);
	set_number(env, info, "innerGap", timing->inner_gap);
	set_text(env, info, "trust", wiso_trust_text(timing->trust));
	set_number(env, info, "newStream", timing->new_stream);
	set_number(env, info, "startMicroframe", (double)timing->start_uframe);
	set_number(env, info, "timestamp", (double)timing->timestamp_ns / 1e6);
	arguments[2] = packets;
	arguments[3] = info;
	return true;
}

/* handler(id, 0, packets, info), or handler(id, 0, moved, status), or handler(id, errno) */
void transfer_deliver(struct transfer *transfer, napi_value handler)
{
	const struct wusb_request *request = transfer->request;
	napi_env env = transfer->session->env;
	napi_value arguments[4], global;
	enum wusb_status status;
	size_t count = 4;
	int error;

	if (wusb_is_iso(request)) {
		error = wusb_judge(request->packets, request->num_packets, request->error,
				   transfer->flags);
		if (!error && !iso_arguments(transfer, arguments))
			error = ENOMEM;
	} else {
		error = wusb_judge_plain(request->error, &status);
		arguments[2] = make_number(env, request->moved);
		arguments[3] = make_text(env, wusb_status_name(status));
	}
	arguments[0] = make_number(env, transfer->id);
	arguments[1] = make_number(env, error);
	if (error)
		count = 2;
	transfer_free(transfer);
	napi_get_global(env, &global);
	napi_call_function(env, global, handler, count, arguments, NULL);
}
