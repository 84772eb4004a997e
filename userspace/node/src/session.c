// SPDX-License-Identifier: MIT
/* Sessions: an open node and its reaper, wrapped in an object of JavaScript. */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "addon.h"

static const napi_type_tag session_tag = { 0x8f0b3f6f2f3c4a11ull, 0x9d7b51c2a6e84e0dull };

void session_hold(struct session *session)
{
	__atomic_add_fetch(&session->references, 1, __ATOMIC_ACQ_REL);
}

/* What is left then needs no JavaScript. */
void session_drop(struct session *session)
{
	if (__atomic_sub_fetch(&session->references, 1, __ATOMIC_ACQ_REL))
		return;
	wusb_session_free(session->usb);
	wiso_close(session->dev);
	if (session->stop_fd >= 0)
		close(session->stop_fd);
	pthread_mutex_destroy(&session->lock);
	free(session);
}

/* Transfers pending keep the object, and the process, alive. */
void session_count(struct session *session, int change)
{
	uint32_t before = session->pending;
	uint32_t count;

	session->pending += change;
	if (!before && session->pending) {
		napi_reference_ref(session->env, session->self, &count);
		napi_ref_threadsafe_function(session->env, session->finished);
	} else if (before && !session->pending) {
		napi_unref_threadsafe_function(session->env, session->finished);
		napi_reference_unref(session->env, session->self, &count);
	}
}

/*
 * Ends everything of the session that JavaScript could see: nothing is written to its
 * memory afterwards. Freeing is for whoever drops the last reference.
 */
void session_end(struct session *session)
{
	if (!session->open)
		return;
	session->open = false;
	reaper_stop(session);
	wusb_abort_pipes(session->usb);
	wusb_abort_pipe(session->usb, 0);
	while (session->transfers)
		transfer_free(session->transfers);
	napi_release_threadsafe_function(session->finished, napi_tsfn_abort);
	napi_delete_reference(session->env, session->self);
	if (session->previous)
		session->previous->next = session->next;
	else
		session->addon->sessions = session->next;
	if (session->next)
		session->next->previous = session->previous;
}

static void finalize(napi_env env, void *data, void *hint)
{
	struct session *session = data;

	(void)env;
	(void)hint;
	session_end(session);
	session_drop(session);
}

struct session *session_of(napi_env env, napi_callback_info info, size_t count,
			   napi_value *arguments)
{
	struct session *session;
	bool ours = false;
	napi_value self;

	if (!get_arguments(env, info, count, arguments, &self))
		return NULL;
	if (napi_check_object_type_tag(env, self, &session_tag, &ours) != napi_ok || !ours ||
	    napi_unwrap(env, self, (void **)&session) != napi_ok) {
		napi_throw_type_error(env, NULL, "not a session");
		return NULL;
	}
	if (!session->open)
		return throw_errno(env, ECONNRESET);
	return session;
}

/* ---- Methods ------------------------------------------------------------------- */

static int set_alternate(struct session *session, uint32_t alternate)
{
	return wusb_set_alternate(session->usb, alternate) < 0 ? errno : 0;
}

static int reset_pipe(struct session *session, uint32_t address)
{
	return wusb_reset_pipe(session->usb, (uint8_t)address) < 0 ? errno : 0;
}

/* Nobody else has it any more. */
static int close_session(struct session *session, uint32_t unused)
{
	(void)unused;
	wusb_session_free(session->usb);
	wiso_close(session->dev);
	session->usb = NULL;
	session->dev = NULL;
	return 0;
}

static napi_value method_set_alternate(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct session *session = session_of(env, info, 1, &argument);
	uint32_t alternate;

	if (!session || !get_number(env, argument, &alternate))
		return NULL;
	return job_start(env, session, set_alternate, alternate);
}

static napi_value method_reset_pipe(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct session *session = session_of(env, info, 1, &argument);
	uint32_t address;

	if (!session || !get_number(env, argument, &address))
		return NULL;
	return job_start(env, session, reset_pipe, address);
}

static napi_value method_abort(napi_env env, napi_callback_info info)
{
	struct session *session = session_of(env, info, 0, NULL);

	if (session)
		wusb_abort_pipes(session->usb);
	return NULL;
}

static napi_value method_close(napi_env env, napi_callback_info info)
{
	struct session *session = session_of(env, info, 0, NULL);
	void *wrapped;
	napi_value self, promise;
	size_t none = 0;

	if (!session)
		return NULL;
	if (session->jobs)
		return throw_errno(env, EBUSY);
	napi_get_cb_info(env, info, &none, NULL, &self, NULL);
	session_end(session);
	promise = job_start(env, session, close_session, 0);
	napi_remove_wrap(env, self, &wrapped);
	session_drop(session);
	return promise;
}

static napi_value method_info(napi_env env, napi_callback_info info)
{
	struct session *session = session_of(env, info, 0, NULL);
	struct winusb_iso_info device;
	napi_value object = NULL;

	if (!session)
		return NULL;
	if (wiso_get_info(session->dev, &device) < 0)
		return throw_errno(env, errno);
	napi_create_object(env, &object);
	set_number(env, object, "currentAlternate", device.current_alternate);
	set_number(env, object, "interfaceNumber", device.interface_number);
	set_number(env, object, "speed", device.speed);
	set_text(env, object, "controller", device.controller);
	return object;
}

/* pipe(address): what the driver knows of an endpoint of the current alternate setting. */
static napi_value method_pipe(napi_env env, napi_callback_info info)
{
	napi_value argument, object = NULL;
	struct session *session = session_of(env, info, 1, &argument);
	struct winusb_iso_pipe_info pipe;
	uint32_t address;

	if (!session || !get_number(env, argument, &address))
		return NULL;
	if (wiso_find_pipe(session->dev, (uint8_t)address, &pipe) < 0)
		return throw_errno(env, errno);
	napi_create_object(env, &object);
	set_number(env, object, "maxBytesPerInterval", pipe.max_bytes_per_interval);
	set_number(env, object, "interval", pipe.interval);
	return object;
}

static napi_value make_object(napi_env env)
{
	napi_value object = NULL;

	napi_create_object(env, &object);
	set_function(env, object, "setAlternate", method_set_alternate);
	set_function(env, object, "resetPipe", method_reset_pipe);
	set_function(env, object, "abort", method_abort);
	set_function(env, object, "close", method_close);
	set_function(env, object, "info", method_info);
	set_function(env, object, "pipe", method_pipe);
	transfer_methods(env, object);
	return object;
}

/* ---- Opening ------------------------------------------------------------------- */

static struct session *make_session(napi_env env, const char *path)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->env = env;
	session->references = 1;
	session->done_end = &session->done;
	pthread_mutex_init(&session->lock, NULL);
	session->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (session->stop_fd >= 0)
		session->dev = wiso_open(path, WISO_OPEN_RESTART);
	if (session->dev)
		session->usb = wusb_session_new(session->dev);
	return session;
}

static void enlist(struct session *session, struct addon *addon)
{
	session->addon = addon;
	session->next = addon->sessions;
	if (session->next)
		session->next->previous = session;
	addon->sessions = session;
}

static napi_value wrap(struct session *session, napi_value handler)
{
	napi_env env = session->env;
	napi_value object = make_object(env);

	/* The object's, so that the session keeps alive nothing by itself. */
	set_property(env, object, "handler", handler);
	napi_type_tag_object(env, object, &session_tag);
	napi_wrap(env, object, session, finalize, NULL, NULL);
	napi_create_reference(env, object, 0, &session->self);
	return object;
}

/* open(path, handler): handler(id, errno, ...) hears of each transfer; of id 0 when the
 * device has gone. */
napi_value session_open(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct session *session;
	struct addon *addon;
	char path[256];
	int error;

	if (!get_arguments(env, info, 2, arguments, NULL) ||
	    !get_text(env, arguments[0], path, sizeof(path)))
		return NULL;
	napi_get_instance_data(env, (void **)&addon);
	session = make_session(env, path);
	if (!session)
		return throw_errno(env, ENOMEM);
	error = session->usb ? 0 : errno;
	if (!error)
		error = reaper_start(session);
	if (error) {
		session_drop(session);
		return throw_errno(env, error);
	}
	enlist(session, addon);
	session->open = true;
	return wrap(session, arguments[1]);
}
