// SPDX-License-Identifier: MIT
/*
 * Completion ports: a queue of packets that any number of threads take from. The number of
 * concurrent threads is not limited.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"

struct win_port {
	struct win_object object;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t arrived;
	struct win_packet *first, *last;
	bool closed;
};

static void free_packets(struct win_packet *packet)
{
	while (packet) {
		struct win_packet *next = packet->next;

		free(packet);
		packet = next;
	}
}

/* Nobody can take anything any more; who waits is told. */
static void port_closed(struct win_object *object)
{
	struct win_port *port = (struct win_port *)(void *)object;

	pthread_mutex_lock(&port->lock);
	port->closed = true;
	free_packets(port->first);
	port->first = NULL;
	pthread_cond_broadcast(&port->arrived);
	pthread_mutex_unlock(&port->lock);
}

static void port_free(struct win_object *object)
{
	struct win_port *port = (struct win_port *)(void *)object;

	free_packets(port->first);
	pthread_cond_destroy(&port->arrived);
	pthread_mutex_destroy(&port->lock);
	free(port);
}

const struct win_class win_port_class = {
	.name = "completion port",
	.close_handle = true,
	.closed = port_closed,
	.free = port_free,
};

static struct win_port *port_new(void)
{
	struct win_port *port = calloc(1, sizeof(*port));

	if (!port)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_object_init(&port->object, &win_port_class);
	pthread_mutex_init(&port->lock, NULL);
	win_cond_init(&port->arrived);
	return port;
}

void win_port_post(struct win_port *port, struct win_packet *packet)
{
	packet->next = NULL;
	pthread_mutex_lock(&port->lock);
	if (!port->closed) {
		if (port->first)
			port->last->next = packet;
		else
			port->first = packet;
		port->last = packet;
		packet = NULL;
		pthread_cond_signal(&port->arrived);
	}
	pthread_mutex_unlock(&port->lock);
	free(packet);
}

/* With the lock. False: the time is up, or the port was closed. */
static bool wait_for_more(struct win_port *port, DWORD timeout_ms)
{
	uint64_t until = win_now_ns() + (uint64_t)timeout_ms * 1000000u;
	struct timespec at = {
		.tv_sec = (time_t)(until / 1000000000u),
		.tv_nsec = (long)(until % 1000000000u),
	};

	while (!port->first && !port->closed) {
		if (timeout_ms == INFINITE)
			pthread_cond_wait(&port->arrived, &port->lock);
		else if (pthread_cond_timedwait(&port->arrived, &port->lock, &at) == ETIMEDOUT)
			return port->first;
	}
	return port->first;
}

static bool wait_for_packet(struct win_port *port, DWORD timeout_ms)
{
	bool arrived;

	if (port->first || port->closed)
		return port->first;
	if (!timeout_ms) {
		win_wait_lock();
		win_look();
		win_wait_unlock();
		return false;
	}
	win_depend();
	arrived = wait_for_more(port, timeout_ms);
	win_undepend();
	return arrived;
}

/* Up to most packets, as a list. NULL: none, with the last error. */
static struct win_packet *take(struct win_port *port, ULONG most, DWORD timeout_ms)
{
	struct win_packet *taken = NULL, **at = &taken;
	DWORD error;

	pthread_mutex_lock(&port->lock);
	error = wait_for_packet(port, timeout_ms) ? ERROR_SUCCESS :
		port->closed			  ? ERROR_ABANDONED_WAIT_0 :
						    WAIT_TIMEOUT;
	for (; port->first && most; most--) {
		*at = port->first;
		at = &port->first->next;
		port->first = port->first->next;
	}
	*at = NULL;
	pthread_mutex_unlock(&port->lock);
	return taken ? taken : win_fail_null(error);
}

/* ---- The functions of Windows --------------------------------------------- */

static DWORD join(HANDLE file_handle, struct win_port *port, ULONG_PTR key)
{
	struct win_file *file = win_handle_get(file_handle, &win_file_class);
	DWORD error = ERROR_SUCCESS;

	if (!file)
		return ERROR_INVALID_HANDLE;
	pthread_mutex_lock(&file->lock);
	if (!file->overlapped || file->port) {
		error = ERROR_INVALID_PARAMETER;
	} else {
		win_object_get(&port->object);
		file->key = key;
		atomic_store_explicit(&file->port, port, memory_order_release);
	}
	pthread_mutex_unlock(&file->lock);
	win_object_put(&file->event.waitable.object);
	return error;
}

static HANDLE port_for_file(HANDLE file, HANDLE existing, ULONG_PTR key)
{
	struct win_port *port;
	HANDLE handle = existing;
	DWORD error;

	port = existing ? win_handle_get(existing, &win_port_class) : port_new();
	if (!port)
		return NULL;
	if (!existing)
		handle = win_handle_new(&port->object);
	error = !handle			     ? ERROR_NOT_ENOUGH_MEMORY :
		file != INVALID_HANDLE_VALUE ? join(file, port, key) :
					       ERROR_SUCCESS;
	if (error && handle && !existing)
		win_handle_close(handle, &win_port_class);
	win_object_put(&port->object);
	return error ? win_fail_null(error) : handle;
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
				     ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads)
{
	(void)NumberOfConcurrentThreads;
	if (FileHandle == INVALID_HANDLE_VALUE && ExistingCompletionPort)
		return win_fail_null(ERROR_INVALID_PARAMETER);
	return port_for_file(FileHandle, ExistingCompletionPort, CompletionKey);
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
				      ULONG_PTR *lpCompletionKey, LPOVERLAPPED *lpOverlapped,
				      DWORD dwMilliseconds)
{
	struct win_packet *packet;
	struct win_port *port;
	NTSTATUS status;

	if (!lpNumberOfBytesTransferred || !lpCompletionKey || !lpOverlapped)
		return win_fail(ERROR_INVALID_PARAMETER);
	*lpOverlapped = NULL;
	port = win_handle_get(CompletionPort, &win_port_class);
	if (!port)
		return FALSE;
	packet = take(port, 1, dwMilliseconds);
	win_object_put(&port->object);
	if (!packet)
		return FALSE;
	*lpNumberOfBytesTransferred = packet->bytes;
	*lpCompletionKey = packet->key;
	*lpOverlapped = packet->overlapped;
	status = packet->status;
	free(packet);
	return NT_SUCCESS(status) ? TRUE : win_fail(win_error_from_status(status));
}

static ULONG fill_entries(LPOVERLAPPED_ENTRY entries, struct win_packet *packets)
{
	ULONG count = 0;

	for (struct win_packet *packet = packets; packet; packet = packet->next, count++) {
		entries[count].lpCompletionKey = packet->key;
		entries[count].lpOverlapped = packet->overlapped;
		entries[count].Internal = (ULONG)packet->status;
		entries[count].dwNumberOfBytesTransferred = packet->bytes;
	}
	free_packets(packets);
	return count;
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort,
					LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
					PULONG ulNumEntriesRemoved, DWORD dwMilliseconds,
					BOOL fAlertable)
{
	struct win_packet *packets;
	struct win_port *port;

	(void)fAlertable;
	if (!lpCompletionPortEntries || !ulCount || !ulNumEntriesRemoved)
		return win_fail(ERROR_INVALID_PARAMETER);
	*ulNumEntriesRemoved = 0;
	port = win_handle_get(CompletionPort, &win_port_class);
	if (!port)
		return FALSE;
	packets = take(port, ulCount, dwMilliseconds);
	win_object_put(&port->object);
	if (!packets)
		return FALSE;
	*ulNumEntriesRemoved = fill_entries(lpCompletionPortEntries, packets);
	return TRUE;
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
				       ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped)
{
	struct win_port *port = win_handle_get(CompletionPort, &win_port_class);
	struct win_packet *packet;

	if (!port)
		return FALSE;
	packet = calloc(1, sizeof(*packet));
	if (packet) {
		packet->key = dwCompletionKey;
		packet->overlapped = lpOverlapped;
		packet->bytes = dwNumberOfBytesTransferred;
		win_port_post(port, packet);
	}
	win_object_put(&port->object);
	return packet ? TRUE : win_fail(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
{
	struct win_file *file;

	if (Flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE))
		return win_fail(ERROR_INVALID_PARAMETER);
	/* No operation of ours succeeds at once, so that the first flag changes nothing. */
	file = win_handle_get(FileHandle, &win_file_class);
	if (!file)
		return FALSE;
	win_wait_lock();
	file->skip_event |= Flags & FILE_SKIP_SET_EVENT_ON_HANDLE;
	win_wait_unlock();
	win_object_put(&file->event.waitable.object);
	return TRUE;
}
