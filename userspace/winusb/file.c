// SPDX-License-Identifier: MIT
/* Open devices: CreateFile(), who is inside, and what CloseHandle() has to wait for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "device.h"
#include "internal.h"

/* The tests put theirs underneath: all their files are one to flock(). */
int (*win_file_flock)(int fd, int operation) = flock;

/* ---- Being inside ---------------------------------------------------------- */

/* In users: it was closed; and for each one who is inside. */
#define CLOSED 1u
#define INSIDE 2u

struct wiso_device *win_file_enter(struct win_file *file)
{
	if (!(atomic_fetch_add(&file->users, INSIDE) & CLOSED))
		return file->dev;
	win_file_leave(file);
	return win_fail_null(ERROR_INVALID_HANDLE);
}

struct wiso_device *win_file_join(struct win_file *file)
{
	unsigned int users = atomic_load(&file->users);

	while (users >= INSIDE)
		if (atomic_compare_exchange_weak(&file->users, &users, users + INSIDE))
			return file->dev;
	return NULL;
}

static bool is_last(struct win_file *file)
{
	return atomic_fetch_sub(&file->users, INSIDE) == (INSIDE | CLOSED);
}

void win_file_leave_locked(struct win_file *file)
{
	if (is_last(file))
		pthread_cond_broadcast(&file->left);
}

void win_file_leave(struct win_file *file)
{
	if (!is_last(file))
		return;
	win_wait_lock();
	pthread_cond_broadcast(&file->left);
	win_wait_unlock();
}

bool win_file_is_closed(struct win_file *file)
{
	return atomic_load(&file->users) & CLOSED;
}

bool win_file_set_user(struct win_file *file, const struct win_file_hooks *hooks, void *user)
{
	bool first;

	pthread_mutex_lock(&file->lock);
	first = !file->hooks;
	if (first) {
		file->hooks = hooks;
		file->user = user;
	}
	pthread_mutex_unlock(&file->lock);
	return first;
}

/* ---- The end --------------------------------------------------------------- */

static struct win_file *to_file(struct win_object *object)
{
	return (struct win_file *)(void *)object;
}

static void put_file(struct win_file *file)
{
	win_object_put(&file->event.waitable.object);
}

static void close_file(struct win_file *file)
{
	struct wiso_device *dev = file->dev;

	win_op_end_all(file, dev);
	win_wait_lock();
	while (atomic_load(&file->users) != CLOSED)
		pthread_cond_wait(&file->left, &win_wait_mutex);
	win_wait_unlock();
	win_dispatcher_stop(file);
	if (file->hooks && file->hooks->closing)
		file->hooks->closing(file, dev);
	wiso_close(dev);
	file->dev = NULL;
}

static void refuse_users(struct win_file *file)
{
	atomic_fetch_or(&file->users, CLOSED);
}

static struct win_file *take_child(struct win_file *file)
{
	struct win_file *child;

	pthread_mutex_lock(&file->lock);
	child = file->children;
	if (child)
		file->children = child->next;
	pthread_mutex_unlock(&file->lock);
	return child;
}

static void close_child(struct win_file *child)
{
	refuse_users(child);
	close_file(child);
	put_file(child);
}

static void file_closed(struct win_object *object)
{
	struct win_file *file = to_file(object), *child;

	refuse_users(file);
	while ((child = take_child(file)))
		close_child(child);
	close_file(file);
}

static void file_free(struct win_object *object)
{
	struct win_file *file = to_file(object);

	if (file->hooks && file->hooks->free)
		file->hooks->free(file);
	/* Without ever having had a handle. */
	wiso_close(file->dev);
	if (file->port)
		win_object_put((struct win_object *)(void *)file->port);
	if (file->parent)
		put_file(file->parent);
	pthread_cond_destroy(&file->left);
	pthread_mutex_destroy(&file->lock);
	free(file);
}

const struct win_class win_file_class = {
	.name = "file",
	.close_handle = true,
	.waitable = true,
	.closed = file_closed,
	.free = file_free,
};

/* ---- Opening --------------------------------------------------------------- */

static DWORD open_error(int error)
{
	switch (error) {
	case ENODEV:
	case ENXIO:
		return ERROR_FILE_NOT_FOUND;
	case EMFILE:
	case ENFILE:
		return ERROR_TOO_MANY_OPEN_FILES;
	default:
		return win_error_from_errno(error);
	}
}

static unsigned int open_flags(const struct win_file *file)
{
	return file->read_only ? WISO_OPEN_READ_ONLY : 0;
}

/* dev may be NULL, with the errno of opening it. */
static DWORD adopt_device(struct win_file *file, struct wiso_device *dev)
{
	file->dev = dev;
	if (!dev)
		return open_error(errno);
	/* One at a time, as winusb.sys has it; programs that use the native library don't count. */
	if (win_file_flock(wiso_fd(file->dev), LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return ERROR_ACCESS_DENIED;
	if (wiso_get_info(file->dev, &file->info) < 0)
		return open_error(errno);
	return ERROR_SUCCESS;
}

static struct win_file *new_file(void)
{
	struct win_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	win_event_init(&file->event, &win_file_class, true, false);
	pthread_mutex_init(&file->lock, NULL);
	pthread_cond_init(&file->left, NULL);
	return file;
}

static DWORD check_disposition(DWORD disposition)
{
	switch (disposition) {
	case CREATE_NEW:
		return ERROR_FILE_EXISTS;
	case CREATE_ALWAYS:
	case OPEN_EXISTING:
	case OPEN_ALWAYS:
		return ERROR_SUCCESS;
	default:
		/* TRUNCATE_EXISTING, too: a device has no length. */
		return ERROR_INVALID_PARAMETER;
	}
}

static HANDLE fail(DWORD error)
{
	SetLastError(error);
	return INVALID_HANDLE_VALUE;
}

static HANDLE open_node(const char *node, DWORD access, DWORD flags)
{
	struct win_file *file = new_file();
	HANDLE handle;
	DWORD error;

	if (!file)
		return fail(ERROR_NOT_ENOUGH_MEMORY);
	file->overlapped = flags & FILE_FLAG_OVERLAPPED;
	file->read_only =
		!(access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | MAXIMUM_ALLOWED));
	strcpy(file->node, node);
	error = adopt_device(file, wiso_open(node, open_flags(file)));
	if (error) {
		put_file(file);
		return fail(error);
	}
	handle = win_handle_give(&file->event.waitable.object);
	if (!handle)
		return INVALID_HANDLE_VALUE;
	SetLastError(ERROR_SUCCESS);
	return handle;
}

HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
			  DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
	char node[sizeof(((struct win_file *)NULL)->node)];
	DWORD error;

	(void)dwShareMode;
	(void)lpSecurityAttributes;
	(void)hTemplateFile;
	if (!lpFileName || !*lpFileName)
		return fail(ERROR_PATH_NOT_FOUND);
	if (dwCreationDisposition < CREATE_NEW || dwCreationDisposition > TRUNCATE_EXISTING)
		return fail(ERROR_INVALID_PARAMETER);
	error = win_device_node(lpFileName, node, sizeof(node));
	if (!error)
		error = check_disposition(dwCreationDisposition);
	return error ? fail(error) : open_node(node, dwDesiredAccess, dwFlagsAndAttributes);
}

HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
			  DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
	HANDLE handle;
	char *name;

	if (!lpFileName)
		return fail(ERROR_PATH_NOT_FOUND);
	name = win_narrow(lpFileName);
	if (!name)
		return INVALID_HANDLE_VALUE;
	handle = CreateFileA(name, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
			     dwCreationDisposition, dwFlagsAndAttributes, hTemplateFile);
	free(name);
	return handle;
}

/* ---- Other interfaces of the same function --------------------------------- */

static DWORD link_child(struct win_file *parent, struct win_file *child)
{
	DWORD error = ERROR_INVALID_HANDLE;

	pthread_mutex_lock(&parent->lock);
	if (!win_file_is_closed(parent)) {
		win_object_get(&child->event.waitable.object);
		child->next = parent->children;
		parent->children = child;
		error = ERROR_SUCCESS;
	}
	pthread_mutex_unlock(&parent->lock);
	return error;
}

static DWORD open_child(struct win_file *parent, struct wiso_device *dev, unsigned int index,
			struct win_file *child)
{
	DWORD error;

	child->overlapped = parent->overlapped;
	child->read_only = parent->read_only;
	win_object_get(&parent->event.waitable.object);
	child->parent = parent;
	error = adopt_device(child, wiso_open_associated(dev, index, open_flags(child)));
	/* No such interface, or none of ours. */
	if (error == ERROR_FILE_NOT_FOUND)
		return ERROR_NO_MORE_ITEMS;
	return error ? error : link_child(parent, child);
}

struct win_file *win_file_open_associated(struct win_file *file, unsigned int index, DWORD *error)
{
	struct win_file *child, *parent = win_file_root(file);
	struct wiso_device *dev;

	*error = ERROR_NOT_ENOUGH_MEMORY;
	child = new_file();
	if (!child)
		return NULL;
	dev = win_file_enter(parent);
	*error = dev ? open_child(parent, dev, index, child) : ERROR_INVALID_HANDLE;
	if (dev)
		win_file_leave(parent);
	if (!*error)
		return child;
	put_file(child);
	return NULL;
}

static bool unlink_child(struct win_file *parent, struct win_file *child)
{
	struct win_file **at = &parent->children;

	while (*at && *at != child)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = child->next;
	return true;
}

void win_file_close_associated(struct win_file *child)
{
	struct win_file *parent = child->parent;
	bool mine;

	pthread_mutex_lock(&parent->lock);
	mine = unlink_child(parent, child);
	/* So that the parent is not closed before. */
	if (mine)
		atomic_fetch_add(&parent->users, INSIDE);
	pthread_mutex_unlock(&parent->lock);
	if (!mine)
		return;
	close_child(child);
	win_file_leave(parent);
}
