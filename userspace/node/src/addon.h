/* SPDX-License-Identifier: MIT */
/*
 * The native part: sessions of libwebusb-iso for JavaScript. It submits and reaps;
 * everything that WebUSB says is in ../lib.
 *
 * Threads: JavaScript's own calls everything but what says otherwise. Each session has
 * a reaper, which waits for the device and hands what has finished to JavaScript's
 * thread. Jobs, which may wait for the device, run in libuv's pool. Nothing is static:
 * every environment (worker thread) has its own.
 */
#ifndef WINUSB_ISO_ADDON_H
#define WINUSB_ISO_ADDON_H

#define NAPI_VERSION 8
#define NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED

#include <node_api.h>
#include <pthread.h>

#include "internal.h"

struct addon {
	struct session *sessions; /* those with a device */
};

/* A transfer, from submission until JavaScript has been told. */
struct transfer {
	struct transfer *next, *previous; /* of the session's */
	struct transfer *next_done;
	struct session *session;
	struct wusb_request *request;
	uint32_t id;
	unsigned int flags;
	napi_ref data; /* the ArrayBuffer that is written to, or NULL */
};

struct session {
	struct session *next, *previous; /* of the addon's */
	struct addon *addon;
	napi_env env;
	unsigned int references; /* atomic: JavaScript's object, jobs, the function */

	struct wiso_device *dev;
	struct wusb_session *usb;
	bool open;     /* JavaScript's thread */
	napi_ref self; /* strong while transfers are pending */
	uint32_t jobs; /* JavaScript's thread: under way */
	uint32_t next_id;
	uint32_t pending;
	struct transfer *transfers;

	pthread_t reaper;
	int stop_fd;
	napi_threadsafe_function finished;
	pthread_mutex_t lock; /* the next two */
	struct transfer *done;
	struct transfer **done_end;
	bool gone;
	bool told; /* JavaScript's thread: that it has gone */
};

/* value.c: small things; those that return bool or NULL have thrown */
bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments,
		   napi_value *self);
bool get_number(napi_env env, napi_value value, uint32_t *number);
bool get_text(napi_env env, napi_value value, char *text, size_t size);
/* The bytes of an ArrayBuffer or a view. */
bool get_bytes(napi_env env, napi_value value, void **data, size_t *size);
bool get_lengths(napi_env env, napi_value value, const uint32_t **lengths, uint32_t *count);
napi_value make_number(napi_env env, double number);
napi_value make_text(napi_env env, const char *text);
napi_value make_error(napi_env env, int error);
void *throw_errno(napi_env env, int error);
void set_property(napi_env env, napi_value object, const char *name, napi_value value);
void set_number(napi_env env, napi_value object, const char *name, double number);
void set_text(napi_env env, napi_value object, const char *name, const char *text);
void set_function(napi_env env, napi_value object, const char *name, napi_callback function);

/* session.c */
napi_value session_open(napi_env env, napi_callback_info info);
struct session *session_of(napi_env env, napi_callback_info info, size_t count,
			   napi_value *arguments);
void session_hold(struct session *session);
void session_drop(struct session *session); /* any thread */
void session_end(struct session *session);
void session_count(struct session *session, int change);

/* reaper.c */
int reaper_start(struct session *session);
void reaper_stop(struct session *session);

/* transfer.c */
void transfer_methods(napi_env env, napi_value object);
void transfer_deliver(struct transfer *transfer, napi_value handler);
void transfer_free(struct transfer *transfer);

/* job.c: runs work in the pool, and makes a promise of its 0 or errno */
napi_value job_start(napi_env env, struct session *session, int (*work)(struct session *, uint32_t),
		     uint32_t argument);
napi_value reset_device(napi_env env, napi_callback_info info);

#endif
