// SPDX-License-Identifier: MIT
/* The thread that waits for the device, and the way from there to JavaScript. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "addon.h"

/* ---- JavaScript's thread --------------------------------------------------------- */

static struct transfer *take_done(struct session *session, bool *gone)
{
	struct transfer *done;

	pthread_mutex_lock(&session->lock);
	done = session->done;
	session->done = NULL;
	session->done_end = &session->done;
	*gone = session->gone && !session->told;
	pthread_mutex_unlock(&session->lock);
	return done;
}

/* What JavaScript threw is nobody's here, and must not stand in the way of the next call. */
static void report_exception(napi_env env)
{
	napi_value exception;
	bool pending = false;

	napi_is_exception_pending(env, &pending);
	if (pending && napi_get_and_clear_last_exception(env, &exception) == napi_ok)
		napi_fatal_exception(env, exception);
}

static void deliver_one(struct transfer *transfer, napi_value handler)
{
	napi_env env = transfer->session->env;
	napi_handle_scope scope;

	napi_open_handle_scope(env, &scope);
	transfer_deliver(transfer, handler);
	report_exception(env);
	napi_close_handle_scope(env, scope);
}

static void deliver(napi_env env, napi_value unused, void *context, void *data)
{
	struct session *session = context;
	struct transfer *done, *next;
	napi_handle_scope scope;
	napi_value self = NULL, handler, arguments[2], global;
	bool gone;

	(void)unused;
	(void)data;
	if (!env || !session->open)
		return;
	session_hold(session);
	napi_open_handle_scope(env, &scope);
	napi_get_reference_value(env, session->self, &self);
	if (!self)
		goto out;
	napi_get_named_property(env, self, "handler", &handler);
	for (done = take_done(session, &gone); done && session->open; done = next) {
		next = done->next_done;
		deliver_one(done, handler);
	}
	if (gone && session->open) {
		session->told = true;
		arguments[0] = make_number(env, 0);
		arguments[1] = make_number(env, ENODEV);
		napi_get_global(env, &global);
		napi_call_function(env, global, handler, 2, arguments, NULL);
		report_exception(env);
	}
out:
	napi_close_handle_scope(env, scope);
	session_drop(session);
}

static void function_gone(napi_env env, void *data, void *context)
{
	(void)env;
	(void)data;
	session_drop(context);
}

/* ---- The reaper ------------------------------------------------------------------ */

static bool collect(struct session *session)
{
	struct wusb_request *request;
	bool news = false;

	while ((request = wusb_next(session->usb, 0))) {
		struct transfer *transfer = wusb_request_user(request);

		pthread_mutex_lock(&session->lock);
		transfer->next_done = NULL;
		*session->done_end = transfer;
		session->done_end = &transfer->next_done;
		pthread_mutex_unlock(&session->lock);
		news = true;
	}
	if (errno == ENODEV) {
		pthread_mutex_lock(&session->lock);
		session->gone = true;
		pthread_mutex_unlock(&session->lock);
		news = true;
	}
	return news;
}

static void *reap(void *argument)
{
	struct session *session = argument;
	struct pollfd fds[2] = {
		{ .fd = wusb_fd(session->usb), .events = POLLIN },
		{ .fd = session->stop_fd, .events = POLLIN },
	};
	bool closing = false;

	while (!closing && !session->gone) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			break;
		if (collect(session))
			closing = napi_call_threadsafe_function(session->finished, NULL,
								napi_tsfn_nonblocking) ==
				  napi_closing;
	}
	/* A function that closes has forgotten this thread already. */
	if (!closing)
		napi_release_threadsafe_function(session->finished, napi_tsfn_release);
	return NULL;
}

/* Two threads use the function: this one until session_end(), the reaper until it ends. */
int reaper_start(struct session *session)
{
	napi_env env = session->env;
	int error;

	session_hold(session);
	if (napi_create_threadsafe_function(env, NULL, NULL, make_text(env, "winusb-iso"), 0, 2,
					    NULL, function_gone, session, deliver,
					    &session->finished) != napi_ok) {
		session_drop(session);
		return ENOMEM;
	}
	napi_unref_threadsafe_function(env, session->finished);
	error = pthread_create(&session->reaper, NULL, reap, session);
	if (error) {
		napi_release_threadsafe_function(session->finished, napi_tsfn_release);
		napi_release_threadsafe_function(session->finished, napi_tsfn_abort);
	}
	return error;
}

void reaper_stop(struct session *session)
{
	eventfd_write(session->stop_fd, 1);
	pthread_join(session->reaper, NULL);
}
