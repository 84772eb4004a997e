// SPDX-License-Identifier: MIT
/*
 * What several threads, and several processes, may do to each other: handles that are closed while
 * they are in use, transfers that are cancelled while they begin, a device that goes. Where the
 * order matters, a test walks through the library step by step instead of hoping for it.
 */
#include "usb.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cfgmgr32.h>

#include "winusb-internal.h"

/* What goes out on 0x03 comes back on 0x83. */
static const char *const loops[] = { "in:0x83:512:0:bulk:loop=3,out:0x03:512:0:bulk,in:0x81:512:1",
				     NULL };

/* ---- Cancelled while it begins ------------------------------------------------------------- */

struct begun {
	struct usb usb;
	struct winusb_interface *interface;
	struct wiso_device *dev;
	struct winusb_plain_op *op;
	OVERLAPPED overlapped;
	UCHAR data[512];
};

/* A transfer that can be seen, and is not with the driver yet. */
static void begin(struct begun *begun, enum winusb_plain_kind kind, uint8_t address)
{
	memset(begun, 0, sizeof(*begun));
	usb_open_shape(&begun->usb, SIM_HIGH, loops);
	usb_overlapped(&begun->overlapped, 1);
	begun->interface = winusb_enter(begun->usb.usb, &begun->dev);
	REQUIRE(begun->interface);
	REQUIRE(!winusb_plain_new(winusb_pipe_of(begun->interface->device, address), kind,
				  begun->data, sizeof(begun->data), &begun->overlapped,
				  &begun->op));
	begun->op->packet_size = 512;
}

static DWORD finish(struct begun *begun)
{
	winusb_leave(begun->interface, ERROR_SUCCESS);
	PENDS(winusb_plain_finish(begun->op, NULL));
	return usb_result(&begun->usb, &begun->overlapped, NULL);
}

static void expect_nothing_sent(struct begun *begun)
{
	struct sim_pipe_stats stats;

	REQUIRE(sim_stats(begun->usb.device.sim, 0x03, &stats));
	EQUAL(stats.transfers, 0);
}

static void cancelled_write(void)
{
	struct begun begun;

	begin(&begun, WINUSB_WRITE, 0x03);
	CHECK(CancelIoEx(begun.usb.file, &begun.overlapped));
	winusb_write_start(begun.op, begun.dev);
	EQUAL(finish(&begun), ERROR_OPERATION_ABORTED);
	expect_nothing_sent(&begun);
}

static void expired_write(void)
{
	struct begun begun;

	begin(&begun, WINUSB_WRITE, 0x03);
	atomic_store(&begun.op->timer.expired, true);
	winusb_write_start(begun.op, begun.dev);
	EQUAL(finish(&begun), ERROR_SEM_TIMEOUT);
	expect_nothing_sent(&begun);
}

/* Without waiting, so that it is over before the transfer goes on. */
static void abort_pipe(struct begun *begun, uint8_t address)
{
	OVERLAPPED overlapped;

	usb_overlapped(&overlapped, 1);
	PENDS(WinUsb_AbortPipeAsync(begun->usb.usb, address, &overlapped));
	EQUAL(usb_result(&begun->usb, &overlapped, NULL), 0);
}

static void aborted_write(void)
{
	struct begun begun;

	begin(&begun, WINUSB_WRITE, 0x03);
	abort_pipe(&begun, 0x03);
	winusb_write_start(begun.op, begun.dev);
	EQUAL(finish(&begun), ERROR_OPERATION_ABORTED);
	expect_nothing_sent(&begun);
}

static void aborted_reads(void)
{
	static const enum winusb_plain_kind kinds[] = { WINUSB_READ, WINUSB_READ_RAW };

	for (unsigned int i = 0; i < 2; i++) {
		struct begun begun;
		ULONG length;

		begin(&begun, kinds[i], 0x83);
		/* If it got there, it would find this. */
		SUCCEEDS(WinUsb_WritePipe(begun.usb.usb, 0x03, begun.data, 100, &length, NULL));
		abort_pipe(&begun, 0x83);
		winusb_read_start(begun.op, begun.dev);
		EQUAL(finish(&begun), ERROR_OPERATION_ABORTED);
		CHECK(CloseHandle(begun.usb.file));
		fixture_unplug(&begun.usb.device);
	}
}

/* ---- Handles ------------------------------------------------------------------------------- */

#define THREADS 4

struct crowd {
	struct usb *usb;
	WINUSB_INTERFACE_HANDLE shared;
	pthread_barrier_t start;
	atomic_uint closed, wrong;
	pthread_t threads[THREADS];
};

static void run_crowd(struct crowd *crowd, void *(*run)(void *))
{
	atomic_store(&crowd->closed, 0);
	atomic_store(&crowd->wrong, 0);
	REQUIRE(!pthread_barrier_init(&crowd->start, NULL, THREADS));
	for (unsigned int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&crowd->threads[i], NULL, run, crowd));
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(crowd->threads[i], NULL);
	pthread_barrier_destroy(&crowd->start);
}

/* One of all succeeds, the others are told that the handle is none. */
static void count_close(struct crowd *crowd, BOOL closed)
{
	if (closed)
		atomic_fetch_add(&crowd->closed, 1);
	else if (GetLastError() != ERROR_INVALID_HANDLE)
		atomic_fetch_add(&crowd->wrong, 1);
}

static void *run_free(void *argument)
{
	struct crowd *crowd = argument;

	pthread_barrier_wait(&crowd->start);
	count_close(crowd, WinUsb_Free(crowd->shared));
	return NULL;
}

static void *run_close(void *argument)
{
	struct crowd *crowd = argument;

	pthread_barrier_wait(&crowd->start);
	count_close(crowd, CloseHandle(crowd->usb->file));
	return NULL;
}

static void *run_unregister(void *argument)
{
	struct crowd *crowd = argument;

	pthread_barrier_wait(&crowd->start);
	count_close(crowd, WinUsb_UnregisterIsochBuffer(crowd->shared));
	return NULL;
}

static void one_closes(void)
{
	struct crowd crowd = { 0 };
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	crowd.usb = &usb;
	for (unsigned int round = 0; round < 20; round++) {
		REQUIRE_SUCCEEDS(WinUsb_Initialize(usb.file, &crowd.shared));
		run_crowd(&crowd, run_free);
		EQUAL(crowd.closed, 1);
		EQUAL(crowd.wrong, 0);
		REQUIRE_SUCCEEDS(WinUsb_RegisterIsochBuffer(usb.usb, 0x81, usb_memory(8192), 8192,
							    &crowd.shared));
		run_crowd(&crowd, run_unregister);
		EQUAL(crowd.closed, 1);
		EQUAL(crowd.wrong, 0);
	}
	run_crowd(&crowd, run_close);
	EQUAL(crowd.closed, 1);
	EQUAL(crowd.wrong, 0);
}

static bool fine_or_closed(BOOL result)
{
	return result || GetLastError() == ERROR_INVALID_HANDLE;
}

/* Whatever an interface may be used for, as long as the file is open. */
static bool use(struct crowd *crowd, const uint8_t *data)
{
	WINUSB_INTERFACE_HANDLE own = NULL;
	WINUSB_ISOCH_BUFFER_HANDLE buffer;
	UCHAR setting;
	bool good;

	if (!WinUsb_Initialize(crowd->usb->file, &own))
		return GetLastError() == ERROR_INVALID_HANDLE;
	good = fine_or_closed(WinUsb_GetCurrentAlternateSetting(own, &setting)) &&
	       fine_or_closed(WinUsb_GetCurrentAlternateSetting(crowd->shared, &setting));
	if (WinUsb_RegisterIsochBuffer(own, 0x81, (PUCHAR)data, 8192, &buffer))
		good = good && WinUsb_UnregisterIsochBuffer(buffer);
	else
		good = good && GetLastError() == ERROR_INVALID_HANDLE;
	return WinUsb_Free(own) && good;
}

/* The thread that comes first closes the file when all have used it some time. */
static void *run_use(void *argument)
{
	struct crowd *crowd = argument;
	uint8_t *data = malloc(8192);
	bool first;

	first = pthread_barrier_wait(&crowd->start) == PTHREAD_BARRIER_SERIAL_THREAD;
	for (unsigned int i = 0; i < 20; i++) {
		if (!use(crowd, data))
			atomic_fetch_add(&crowd->wrong, 1);
		if (first && i == 5)
			count_close(crowd, CloseHandle(crowd->usb->file));
	}
	free(data);
	return NULL;
}

static void closed_in_use(void)
{
	struct crowd crowd = { 0 };
	UCHAR setting;
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	crowd.usb = &usb;
	for (unsigned int round = 0; round < 5; round++) {
		crowd.shared = usb.usb;
		run_crowd(&crowd, run_use);
		EQUAL(crowd.closed, 1);
		EQUAL(crowd.wrong, 0);
		FAILS(WinUsb_GetCurrentAlternateSetting(usb.usb, &setting), ERROR_INVALID_HANDLE);
		SUCCEEDS(WinUsb_Free(usb.usb));
		FAILS(WinUsb_Free(usb.usb), ERROR_INVALID_HANDLE);
		usb_open_on(&usb, 1);
	}
}

/* ---- Unplugged ----------------------------------------------------------------------------- */

/* What a thread may be waiting in. */
struct waiter {
	struct usb *usb;
	void (*wait)(struct waiter *waiter);
	pthread_t thread;
	WINUSB_ISOCH_BUFFER_HANDLE buffer;
	OVERLAPPED overlapped;
	USBD_ISO_PACKET_DESCRIPTOR packets[8];
	HANDLE port;
	DWORD error;
};

static void in_read_pipe(struct waiter *waiter)
{
	UCHAR data[512];
	ULONG length;

	waiter->error =
		(DWORD)SAYS(WinUsb_ReadPipe(waiter->usb->usb, 0x83, data, 512, &length, NULL));
}

static void in_isoch_read(struct waiter *waiter)
{
	waiter->error = (DWORD)SAYS(
		WinUsb_ReadIsochPipeAsap(waiter->buffer, 0, 4096, FALSE, 8, waiter->packets, NULL));
}

static void in_overlapped_result(struct waiter *waiter)
{
	waiter->error = usb_result(waiter->usb, &waiter->overlapped, NULL);
}

static void in_event(struct waiter *waiter)
{
	DWORD bytes;

	WaitForSingleObject(waiter->overlapped.hEvent, INFINITE);
	waiter->error = (DWORD)SAYS(
		WinUsb_GetOverlappedResult(waiter->usb->usb, &waiter->overlapped, &bytes, FALSE));
}

static void in_unregister(struct waiter *waiter)
{
	waiter->error = (DWORD)SAYS(WinUsb_UnregisterIsochBuffer(waiter->buffer));
}

static void in_abort(struct waiter *waiter)
{
	waiter->error = (DWORD)SAYS(WinUsb_AbortPipe(waiter->usb->usb, 0x81));
}

static void *run_waiter(void *argument)
{
	struct waiter *waiter = argument;

	waiter->wait(waiter);
	return NULL;
}

static void start(struct waiter *waiter, struct usb *usb, void (*wait)(struct waiter *waiter))
{
	waiter->usb = usb;
	waiter->wait = wait;
	REQUIRE(!pthread_create(&waiter->thread, NULL, run_waiter, waiter));
}

/* So many transfers are under way on a pipe. */
struct crowded {
	WINUSB_INTERFACE_HANDLE usb;
	uint8_t address;
	unsigned int count;
};

static bool is_crowded(void *argument)
{
	struct crowded *crowded = argument;
	struct winusb_interface *interface;
	struct wiso_device *dev;
	struct winusb_pipe *pipe;
	unsigned int count = 0;

	interface = winusb_enter(crowded->usb, &dev);
	if (!interface)
		return false;
	pipe = winusb_pipe_of(interface->device, crowded->address);
	pthread_mutex_lock(&pipe->lock);
	for (struct winusb_pending *at = pipe->oldest; at; at = at->next)
		count++;
	pthread_mutex_unlock(&pipe->lock);
	winusb_leave(interface, ERROR_SUCCESS);
	return count == crowded->count;
}

static void wait_for_transfers(struct usb *usb, uint8_t address, unsigned int count)
{
	struct crowded crowded = { usb->usb, address, count };

	REQUIRE(fixture_wait(is_crowded, &crowded));
}

static void pend(struct waiter *waiter, struct usb *usb, uint8_t *data)
{
	waiter->buffer = usb_register(usb, 0x81, data, 4096);
	usb_overlapped(&waiter->overlapped, 1);
	PENDS(WinUsb_ReadIsochPipeAsap(waiter->buffer, 0, 4096, FALSE, 8, waiter->packets,
				       &waiter->overlapped));
}

static void unplugged(void)
{
	void (*const waits[])(struct waiter * waiter) = {
		in_read_pipe, in_read_pipe, in_isoch_read, in_overlapped_result, in_event,
	};
	struct waiter *waiters = usb_memory(6 * sizeof(*waiters));
	UCHAR data[512];
	struct usb usb;
	ULONG length;

	usb_open_shape(&usb, SIM_HIGH, loops);
	usb_hold(&usb);
	waiters[2].buffer = usb_register(&usb, 0x81, usb_memory(4096), 4096);
	for (unsigned int i = 3; i < 6; i++)
		pend(&waiters[i], &usb, usb_memory(4096));
	for (unsigned int i = 0; i < 5; i++)
		start(&waiters[i], &usb, waits[i]);
	start(&waiters[5], &usb, in_unregister);
	wait_for_transfers(&usb, 0x83, 2);
	wait_for_transfers(&usb, 0x81, 4);
	fixture_unplug(&usb.device);
	for (unsigned int i = 0; i < 6; i++)
		pthread_join(waiters[i].thread, NULL);
	for (unsigned int i = 0; i < 5; i++)
		EQUAL(waiters[i].error, ERROR_DEVICE_NOT_CONNECTED);
	EQUAL(waiters[5].error, 0);
	EQUAL(usb_result(&usb, &waiters[5].overlapped, NULL), ERROR_DEVICE_NOT_CONNECTED);
	/* And so it stays. */
	FAILS(WinUsb_ReadPipe(usb.usb, 0x83, data, 512, &length, NULL), ERROR_DEVICE_NOT_CONNECTED);
	FAILS(WinUsb_ReadIsochPipeAsap(waiters[2].buffer, 0, 4096, FALSE, 8, waiters[2].packets,
				       NULL),
	      ERROR_DEVICE_NOT_CONNECTED);
	FAILS(WinUsb_AbortPipe(usb.usb, 0x81), ERROR_DEVICE_NOT_CONNECTED);
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(waiters[2].buffer));
}

/* Cancelled by another thread, aborted by a third, closed by the last: all come back. */
static void several_ends(void)
{
	struct waiter *waiters = usb_memory(3 * sizeof(*waiters));
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	usb_hold(&usb);
	pend(&waiters[0], &usb, usb_memory(4096));
	start(&waiters[0], &usb, in_overlapped_result);
	start(&waiters[1], &usb, in_read_pipe);
	wait_for_transfers(&usb, 0x83, 1);
	start(&waiters[2], &usb, in_abort);
	CHECK(CloseHandle(usb.file));
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(waiters[i].thread, NULL);
	EQUAL(waiters[0].error, ERROR_OPERATION_ABORTED);
	EQUAL(waiters[1].error, ERROR_OPERATION_ABORTED);
	CHECK(waiters[2].error == 0 || waiters[2].error == ERROR_INVALID_HANDLE);
	FAILS(WinUsb_AbortPipe(usb.usb, 0x81), ERROR_INVALID_HANDLE);
}

/* ---- Cancelled at any time ----------------------------------------------------------------- */

struct canceller {
	HANDLE file;
	OVERLAPPED *overlapped;
	unsigned int count;
	atomic_bool stop;
};

static void *run_canceller(void *argument)
{
	struct canceller *canceller = argument;

	for (unsigned int i = 0; !atomic_load(&canceller->stop); i = (i + 1) % canceller->count)
		CancelIoEx(canceller->file, &canceller->overlapped[i]);
	return NULL;
}

static bool ended_well(DWORD error)
{
	return error == 0 || error == ERROR_OPERATION_ABORTED || error == ERROR_INVALID_PARAMETER;
}

/* Each transfer ends, with its own result or as cancelled, however the two meet. */
static void cancelled_any_time(void)
{
	USBD_ISO_PACKET_DESCRIPTOR *packets = usb_memory(8 * 8 * sizeof(*packets));
	uint8_t *data = usb_memory(8 * 4096);
	struct canceller canceller = { .count = 8 };
	WINUSB_ISOCH_BUFFER_HANDLE handle;
	OVERLAPPED overlapped[8];
	unsigned int wrong = 0;
	pthread_t thread;
	struct usb usb;

	usb_open_shape(&usb, SIM_HIGH, loops);
	handle = usb_register(&usb, 0x81, data, 8 * 4096);
	usb_overlapped(overlapped, 8);
	canceller.file = usb.file;
	canceller.overlapped = overlapped;
	REQUIRE(!pthread_create(&thread, NULL, run_canceller, &canceller));
	for (unsigned int round = 0; round < 20; round++) {
		for (ULONG i = 0; i < 8; i++)
			PENDS(WinUsb_ReadIsochPipeAsap(handle, i * 4096, 4096, FALSE, 8,
						       packets + i * 8, &overlapped[i]));
		for (unsigned int i = 0; i < 8; i++)
			wrong += !ended_well(usb_result(&usb, &overlapped[i], NULL));
	}
	atomic_store(&canceller.stop, true);
	pthread_join(thread, NULL);
	EQUAL(wrong, 0);
	/* And then it works as before. */
	SUCCEEDS(WinUsb_ReadIsochPipeAsap(handle, 0, 4096, FALSE, 8, packets, NULL));
}

/* ---- Processes ----------------------------------------------------------------------------- */

/* CreateFile() of a path: its error, from a program of its own. */
static int open_elsewhere(const char *path)
{
	int status;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		execl("/proc/self/exe", "open", "--open", path, NULL);
		_exit(255);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int open_here(const char *path)
{
	HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
				  FILE_FLAG_OVERLAPPED, NULL);

	if (file == INVALID_HANDLE_VALUE)
		return (int)GetLastError();
	CloseHandle(file);
	return 0;
}

static void one_process(void)
{
	struct usb usb;

	usb_open(&usb, SIM_HIGH, 1);
	EQUAL(open_elsewhere(usb.device.node), ERROR_ACCESS_DENIED);
	EQUAL(open_here(usb.device.node), ERROR_ACCESS_DENIED);
	CHECK(CloseHandle(usb.file));
	/* What is left of the handle does not count. */
	EQUAL(open_elsewhere(usb.device.node), 0);
	EQUAL(open_here(usb.device.node), 0);
	fixture_unplug(&usb.device);
	EQUAL(open_elsewhere(usb.device.node), ERROR_FILE_NOT_FOUND);
}

/* ---- News of devices ----------------------------------------------------------------------- */

static const GUID usb_devices = {
	0xa5dcbf10,
	0x6530,
	0x11d2,
	{ 0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed },
};

struct news {
	HANDLE arrived, removed;
	int opened; /* what CreateFile() of the path said */
	char arrived_path[MAX_PATH], removed_path[MAX_PATH];
};

static void take_path(char *path, const CM_NOTIFY_EVENT_DATA *data)
{
	snprintf(path, MAX_PATH, "%ls", data->u.DeviceInterface.SymbolicLink);
}

static DWORD CALLBACK on_news(HCMNOTIFICATION notify, PVOID context, CM_NOTIFY_ACTION action,
			      PCM_NOTIFY_EVENT_DATA data, DWORD size)
{
	struct news *news = context;

	(void)notify;
	(void)size;
	if (action == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL) {
		take_path(news->arrived_path, data);
		news->opened = open_here(news->arrived_path);
		SetEvent(news->arrived);
	}
	if (action == CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL) {
		take_path(news->removed_path, data);
		SetEvent(news->removed);
	}
	return ERROR_SUCCESS;
}

static void arrivals(void)
{
	CM_NOTIFY_FILTER filter = {
		.cbSize = sizeof(filter),
		.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE,
	};
	struct news news = { .opened = -1 };
	char list[512];
	HCMNOTIFICATION notify;
	struct fixture device;

	news.arrived = usb_event();
	news.removed = usb_event();
	filter.u.DeviceInterface.ClassGuid = usb_devices;
	EQUAL(CM_Register_Notification(&filter, &news, on_news, &notify), CR_SUCCESS);
	memset(&device, 0, sizeof(device));
	fixture_start_speed(&device, SIM_HIGH);
	EQUAL(WaitForSingleObject(news.arrived, FIXTURE_WAIT_MS), WAIT_OBJECT_0);
	EQUAL(news.opened, 0);
	/* The same path as in the list. */
	EQUAL(CM_Get_Device_Interface_ListA((LPGUID)&usb_devices, NULL, list, sizeof(list), 0),
	      CR_SUCCESS);
	SAME_TEXT(list, news.arrived_path);
	fixture_unplug(&device);
	EQUAL(WaitForSingleObject(news.removed, FIXTURE_WAIT_MS), WAIT_OBJECT_0);
	SAME_TEXT(news.removed_path, news.arrived_path);
	EQUAL(CM_Unregister_Notification(notify), CR_SUCCESS);
	EQUAL(CM_Get_Device_Interface_ListA((LPGUID)&usb_devices, NULL, list, sizeof(list), 0),
	      CR_SUCCESS);
	EQUAL(list[0], 0);
	EQUAL(open_here(news.arrived_path), ERROR_FILE_NOT_FOUND);
}

/* ---- Several, of which the last is waited for ---------------------------------------------- */

#define SEVERAL 8

struct several {
	struct usb usb;
	struct winusb_interface *interface;
	WINUSB_ISOCH_BUFFER_HANDLE buffer;
	OVERLAPPED overlapped[SEVERAL];
	USBD_ISO_PACKET_DESCRIPTOR packets[SEVERAL][8];
	pthread_t thread;
	DWORD error;
};

/* Reads that the device does not answer yet. */
static void queue_several(struct several *several)
{
	struct wiso_device *dev;

	memset(several, 0, sizeof(*several));
	usb_open_shape(&several->usb, SIM_HIGH, loops);
	usb_hold(&several->usb);
	usb_overlapped(several->overlapped, SEVERAL);
	several->buffer =
		usb_register(&several->usb, 0x81, usb_memory(SEVERAL * 4096), SEVERAL * 4096);
	for (unsigned int i = 0; i < SEVERAL; i++)
		PENDS(WinUsb_ReadIsochPipeAsap(several->buffer, i * 4096, 4096, FALSE, 8,
					       several->packets[i], &several->overlapped[i]));
	several->interface = winusb_enter(several->usb.usb, &dev);
	REQUIRE(several->interface);
	winusb_leave(several->interface, ERROR_SUCCESS);
}

/* Completions until it has ended, as the library counts them; 0: it has. */
static uint32_t ahead_of(const struct several *several, unsigned int i)
{
	struct win_op *op;
	uint32_t ahead;

	win_wait_lock();
	op = several->interface->file->ops;
	while (op && op->overlapped != &several->overlapped[i])
		op = op->file_next;
	ahead = op ? op->class->ahead(op) : 0;
	win_wait_unlock();
	return ahead;
}

static bool has_ended(const OVERLAPPED *overlapped)
{
	return __atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE) !=
	       (ULONG_PTR)STATUS_PENDING;
}

static void counted_ahead(void)
{
	struct several several;

	queue_several(&several);
	for (unsigned int i = 0; i < SEVERAL; i++)
		EQUAL(ahead_of(&several, i), i + 1);
	usb_release(&several.usb);
	EQUAL(usb_result(&several.usb, &several.overlapped[2], NULL), 0);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(has_ended(&several.overlapped[i]));
	for (unsigned int i = 3; i < SEVERAL; i++)
		CHECK(ahead_of(&several, i) <= i - 2);
	EQUAL(usb_result(&several.usb, &several.overlapped[SEVERAL - 1], NULL), 0);
	for (unsigned int i = 0; i < SEVERAL; i++)
		CHECK(has_ended(&several.overlapped[i]));
	SUCCEEDS(WinUsb_UnregisterIsochBuffer(several.buffer));
}

static void *wait_for_last(void *argument)
{
	struct several *several = argument;

	several->error = usb_result(&several->usb, &several->overlapped[SEVERAL - 1], NULL);
	return NULL;
}

static bool nobody_else_waits(void *argument)
{
	return win_can_be_patient(((struct several *)argument)->interface->file);
}

static bool sleeps_for_all(void *argument)
{
	struct win_file *file = ((struct several *)argument)->interface->file;
	bool patient;

	win_wait_lock();
	patient = file->patient;
	win_wait_unlock();
	return patient;
}

static void wait_in_thread(struct several *several)
{
	queue_several(several);
	REQUIRE(fixture_wait(nobody_else_waits, several));
	REQUIRE(!pthread_create(&several->thread, NULL, wait_for_last, several));
	REQUIRE(fixture_wait(sleeps_for_all, several));
}

static void join_all(struct several *several)
{
	pthread_join(several->thread, NULL);
	for (unsigned int i = 0; i < SEVERAL; i++)
		CHECK(has_ended(&several->overlapped[i]));
}

static void join_failed(struct several *several, DWORD error)
{
	join_all(several);
	EQUAL(several->error, error);
	for (unsigned int i = 0; i < SEVERAL; i++)
		EQUAL(usb_result(&several->usb, &several->overlapped[i], NULL), error);
}

static void earlier_one(void)
{
	struct several several;

	wait_in_thread(&several);
	usb_release(&several.usb);
	/* Late as they all are by now. */
	usb_result(&several.usb, &several.overlapped[0], NULL);
	CHECK(has_ended(&several.overlapped[0]));
	EQUAL(WaitForSingleObject(several.overlapped[1].hEvent, INFINITE), WAIT_OBJECT_0);
	join_all(&several);
}

static void all_aborted(void)
{
	struct several several;

	wait_in_thread(&several);
	SUCCEEDS(WinUsb_AbortPipe(several.usb.usb, 0x81));
	for (unsigned int i = 0; i < SEVERAL; i++)
		CHECK(has_ended(&several.overlapped[i]));
	join_failed(&several, ERROR_OPERATION_ABORTED);
}

static void all_cancelled(void)
{
	struct several several;

	wait_in_thread(&several);
	CHECK(CancelIoEx(several.usb.file, NULL));
	usb_release(&several.usb);
	join_failed(&several, ERROR_OPERATION_ABORTED);
}

static void all_closed(void)
{
	struct several several;

	wait_in_thread(&several);
	CHECK(CloseHandle(several.usb.file));
	join_failed(&several, ERROR_OPERATION_ABORTED);
}

/* What goes in steps is closed with it. */
static void closed_beside_read(void)
{
	struct several several;
	struct waiter waiter = { 0 };

	wait_in_thread(&several);
	start(&waiter, &several.usb, in_read_pipe);
	wait_for_transfers(&several.usb, 0x83, 1);
	CHECK(CloseHandle(several.usb.file));
	join_failed(&several, ERROR_OPERATION_ABORTED);
	pthread_join(waiter.thread, NULL);
	EQUAL(waiter.error, ERROR_OPERATION_ABORTED);
}

static void all_unplugged(void)
{
	struct several several;

	wait_in_thread(&several);
	fixture_unplug(&several.usb.device);
	join_failed(&several, ERROR_DEVICE_NOT_CONNECTED);
}

/* A control transfer needs its completion at once. */
static void beside_control(void)
{
	WINUSB_SETUP_PACKET packet = { .RequestType = 0x80, .Request = 6, .Value = 0x100 };
	struct several several;
	UCHAR data[18];
	ULONG length;

	wait_in_thread(&several);
	usb_release(&several.usb);
	SUCCEEDS(WinUsb_ControlTransfer(several.usb.usb, packet, data, 18, &length, NULL));
	EQUAL(length, 18);
	join_all(&several);
}

static const struct tap_test tests[] = {
	{ "a write that is cancelled while it begins is not sent", cancelled_write },
	{ "a write whose time is over before it is sent ends", expired_write },
	{ "AbortPipe ends a write that begins", aborted_write },
	{ "AbortPipe ends a read that begins", aborted_reads },
	{ "of several threads one closes a handle", one_closes },
	{ "a file can be closed while several threads use it", closed_in_use },
	{ "unplugging ends every wait", unplugged },
	{ "closing the file ends what several threads wait for", several_ends },
	{ "a transfer can be cancelled at any time", cancelled_any_time },
	{ "a transfer knows how many completions end it, those before its own included",
	  counted_ahead },
	{ "an earlier transfer ends for who waits for it while another thread sleeps for all",
	  earlier_one },
	{ "AbortPipe ends what a thread sleeps for, all of it", all_aborted },
	{ "cancelling all ends what a thread sleeps for", all_cancelled },
	{ "closing the file ends what a thread sleeps for", all_closed },
	{ "closing the file ends that and a read beside it", closed_beside_read },
	{ "unplugging ends what a thread sleeps for", all_unplugged },
	{ "a control transfer goes on while a thread sleeps for several others", beside_control },
	{ "a device is open once, in all processes", one_process },
	{ "devices that come and go are announced", arrivals },
};

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--open"))
		return open_here(argv[2]);
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
