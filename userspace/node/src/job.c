// SPDX-License-Identifier: MIT
/* What may have to wait for the device: done in the pool, promised to JavaScript. */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "addon.h"

struct job {
	napi_async_work work;
	napi_deferred deferred;
	struct session *session; /* or NULL */
	int (*run)(struct session *session, uint32_t argument);
	uint32_t argument;
	int error;
};

static void execute(napi_env env, void *data)
{
	struct job *job = data;

	(void)env;
	job->error = job->run(job->session, job->argument);
}

static void complete(napi_env env, napi_status status, void *data)
{
	struct job *job = data;
	napi_value nothing;

	if (job->session) {
		job->session->jobs--;
		session_drop(job->session);
	}
	napi_get_undefined(env, &nothing);
	if (status != napi_ok || job->error)
		napi_reject_deferred(env, job->deferred,
				     make_error(env, job->error ? job->error : ECANCELED));
	else
		napi_resolve_deferred(env, job->deferred, nothing);
	if (job->work)
		napi_delete_async_work(env, job->work);
	free(job);
}

napi_value job_start(napi_env env, struct session *session, int (*work)(struct session *, uint32_t),
		     uint32_t argument)
{
	struct job *job = calloc(1, sizeof(*job));
	napi_value promise;

	if (!job)
		return throw_errno(env, ENOMEM);
	job->session = session;
	job->run = work;
	job->argument = argument;
	if (session) {
		session->jobs++;
		session_hold(session);
	}
	napi_create_promise(env, &job->deferred, &promise);
	if (napi_create_async_work(env, NULL, make_text(env, "winusb-iso"), execute, complete, job,
				   &job->work) != napi_ok ||
	    napi_queue_async_work(env, job->work) != napi_ok)
		complete(env, napi_generic_failure, job);
	return promise;
}

/* Of the whole device; winusb_iso and all other drivers of it are told by the kernel. */
static int reset(struct session *session, uint32_t place)
{
	char path[48];
	int fd, error;

	(void)session;
	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", place >> 16, place & 0xffff);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	error = ioctl(fd, USBDEVFS_RESET) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* resetDevice(bus, address) */
napi_value reset_device(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	uint32_t bus, address;

	if (!get_arguments(env, info, 2, arguments, NULL) || !get_number(env, arguments[0], &bus) ||
	    !get_number(env, arguments[1], &address))
		return NULL;
	return job_start(env, NULL, reset, bus << 16 | (address & 0xffff));
}
