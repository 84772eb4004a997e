// SPDX-License-Identifier: MIT
/*
 * CM_Register_Notification(): one thread watches the folder of the nodes. A device arrives when
 * its node can be opened, which may be some time after it is made: udev sets its permissions
 * later.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#pragma GCC visibility push(default)
#include <cfgmgr32.h>
#pragma GCC visibility pop

#include "devices.h"

/* The tests have a folder of their own. */
const char *win_notify_dir = "/dev";

/* One device that was announced, or was there at the beginning. */
struct known {
	struct known *next;
	char node[64];
	unsigned int address;
	GUID guid;
	char path[WIN_PATH_SIZE];
	bool present;
};

struct watch {
	struct win_object object;
	PCM_NOTIFY_CALLBACK callback;
	void *context;
	bool all_classes;
	GUID guid;
	HCMNOTIFICATION handle;
	int stop_fd;
	int inotify_fd;
	struct known *known; /* of the thread alone */

	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool running;
};

static void free_known(struct known *known)
{
	while (known) {
		struct known *next = known->next;

		free(known);
		known = next;
	}
}

static void watch_free(struct win_object *object)
{
	struct watch *watch = (struct watch *)(void *)object;

	free_known(watch->known);
	if (watch->stop_fd >= 0)
		close(watch->stop_fd);
	if (watch->inotify_fd >= 0)
		close(watch->inotify_fd);
	pthread_cond_destroy(&watch->ended);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

static void watch_closed(struct win_object *object)
{
	struct watch *watch = (struct watch *)(void *)object;

	eventfd_write(watch->stop_fd, 1);
	pthread_mutex_lock(&watch->lock);
	while (watch->running)
		pthread_cond_wait(&watch->ended, &watch->lock);
	pthread_mutex_unlock(&watch->lock);
}

static const struct win_class watch_class = {
	.name = "notification",
	.closed = watch_closed,
	.free = watch_free,
};

/* ---- What is there now, against what was ----------------------------------------- */

static void announce(const struct watch *watch, const struct known *known, CM_NOTIFY_ACTION action)
{
	size_t length = strlen(known->path);
	size_t size = sizeof(CM_NOTIFY_EVENT_DATA) + length * sizeof(WCHAR);
	CM_NOTIFY_EVENT_DATA *data = calloc(1, size);

	if (!data)
		return;
	data->FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE;
	data->u.DeviceInterface.ClassGuid = known->guid;
	for (size_t i = 0; i < length; i++)
		data->u.DeviceInterface.SymbolicLink[i] = (unsigned char)known->path[i];
	watch->callback(watch->handle, watch->context, action, data, (DWORD)size);
	free(data);
}

static void see(struct watch *watch, const struct win_device *device, const GUID *guid, bool silent)
{
	struct known *known = calloc(1, sizeof(*known));
	char path[WIN_PATH_SIZE];

	win_device_path(device, guid, path);
	for (struct known *at = watch->known; at; at = at->next) {
		if (strcmp(at->path, path) || strcmp(at->node, device->node) ||
		    at->address != device->address)
			continue;
		at->present = true;
		free(known);
		return;
	}
	if (!known)
		return;
	strcpy(known->path, path);
	strcpy(known->node, device->node);
	known->address = device->address;
	known->guid = *guid;
	known->present = true;
	known->next = watch->known;
	watch->known = known;
	if (!silent)
		announce(watch, known, CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL);
}

static bool can_open(const struct win_device *device)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", win_notify_dir, strrchr(device->node, '/') + 1);
	return access(path, R_OK | W_OK) == 0;
}

static void see_all(struct watch *watch, const struct win_device *device, bool silent)
{
	struct win_guids guids = { 0 };

	if (!can_open(device))
		return;
	if (watch->all_classes)
		win_device_guids(device, &guids);
	else if (win_device_has_guid(device, &watch->guid))
		win_guids_add(&guids, &watch->guid);
	for (unsigned int i = 0; i < guids.count; i++)
		see(watch, device, &guids.guids[i], silent);
}

static void forget_missing(struct watch *watch)
{
	struct known **at = &watch->known;

	while (*at) {
		struct known *known = *at;

		if (known->present) {
			at = &known->next;
			continue;
		}
		*at = known->next;
		announce(watch, known, CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL);
		free(known);
	}
}

static void compare(struct watch *watch, bool silent)
{
	struct win_devices devices;

	for (struct known *known = watch->known; known; known = known->next)
		known->present = false;
	if (win_devices_read(&devices))
		return;
	for (size_t i = 0; i < devices.count; i++)
		see_all(watch, &devices.list[i], silent);
	win_devices_free(&devices);
	forget_missing(watch);
}

/* ---- The thread --------------------------------------------------------------------- */

/* Waits for news of a node; false: it is over. */
static bool wait_for_news(const struct watch *watch)
{
	struct pollfd fds[2] = {
		{ .fd = watch->inotify_fd, .events = POLLIN },
		{ .fd = watch->stop_fd, .events = POLLIN },
	};
	char events[4096] __attribute__((__aligned__(8)));

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	if (fds[1].revents)
		return false;
	return read(watch->inotify_fd, events, sizeof(events)) > 0;
}

static void run(void *arg)
{
	struct watch *watch = arg;

	while (wait_for_news(watch))
		compare(watch, false);
	pthread_mutex_lock(&watch->lock);
	watch->running = false;
	pthread_cond_broadcast(&watch->ended);
	pthread_mutex_unlock(&watch->lock);
	win_object_put(&watch->object);
}

static struct watch *new_watch(const CM_NOTIFY_FILTER *filter)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	win_object_init(&watch->object, &watch_class);
	pthread_mutex_init(&watch->lock, NULL);
	pthread_cond_init(&watch->ended, NULL);
	watch->all_classes = filter->Flags & CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES;
	watch->guid = filter->u.DeviceInterface.ClassGuid;
	watch->stop_fd = eventfd(0, EFD_CLOEXEC);
	watch->inotify_fd = inotify_init1(IN_CLOEXEC);
	return watch;
}

static bool start_watch(struct watch *watch)
{
	if (watch->stop_fd < 0 || watch->inotify_fd < 0 ||
	    inotify_add_watch(watch->inotify_fd, win_notify_dir,
			      IN_CREATE | IN_ATTRIB | IN_DELETE | IN_MOVED_TO) < 0)
		return false;
	compare(watch, true);
	win_object_get(&watch->object);
	watch->running = true;
	if (!win_thread_start(run, watch))
		return true;
	watch->running = false;
	win_object_put(&watch->object);
	return false;
}

CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER pFilter, PVOID pContext,
					  PCM_NOTIFY_CALLBACK pCallback,
					  PHCMNOTIFICATION pNotifyContext)
{
	struct watch *watch;
	bool ok;

	if (!pFilter || !pCallback || !pNotifyContext)
		return CR_INVALID_POINTER;
	*pNotifyContext = NULL;
	if (pFilter->cbSize != sizeof(*pFilter) || pFilter->Reserved)
		return CR_INVALID_DATA;
	if (pFilter->FilterType != CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE)
		return CR_CALL_NOT_IMPLEMENTED;
	if (pFilter->Flags & ~(DWORD)CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES)
		return CR_INVALID_FLAG;
	watch = new_watch(pFilter);
	if (!watch)
		return CR_OUT_OF_MEMORY;
	watch->callback = pCallback;
	watch->context = pContext;
	watch->handle = win_handle_new(&watch->object);
	*pNotifyContext = watch->handle;
	ok = watch->handle && start_watch(watch);
	if (!ok) {
		win_handle_close(watch->handle, &watch_class);
		*pNotifyContext = NULL;
	}
	win_object_put(&watch->object);
	return ok ? CR_SUCCESS : CR_FAILURE;
}

CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION NotifyContext)
{
	return win_handle_close(NotifyContext, &watch_class) ? CR_SUCCESS : CR_INVALID_DATA;
}
