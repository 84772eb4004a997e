// SPDX-License-Identifier: MIT
/* Operations: overlapped and not, their results, cancelling, and the end of their device. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "device.h"
#include "winapi.h"

#define SOON 20000

/* All freed, however they ended. */
#define NONE_LEFT() \
	do { \
		for (int patience = 0; test_live_operations() && patience < SOON; patience++) \
			Sleep(1); \
		EQUAL(test_live_operations(), 0); \
	} while (0)

static void *complete_later(void *unused)
{
	(void)unused;
	fake_complete_good(FAKE_IN, 1);
	return NULL;
}

TEST(starts_pending, "An overlapped operation starts pending, with its event reset")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, TRUE, NULL),
				  .InternalHigh = 99 };
	struct test_device device;
	DWORD bytes = 7;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	EQUAL(overlapped.Internal, (DWORD)STATUS_PENDING);
	EQUAL(overlapped.InternalHigh, 0);
	CHECK(!HasOverlappedIoCompleted(&overlapped));
	EQUAL(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
	REFUSED(GetOverlappedResult(device.handle, &overlapped, &bytes, FALSE),
		ERROR_IO_INCOMPLETE);
	REFUSED(GetOverlappedResultEx(device.handle, &overlapped, &bytes, 0, FALSE),
		ERROR_IO_INCOMPLETE);
	REFUSED(GetOverlappedResultEx(device.handle, &overlapped, &bytes, 1, FALSE), WAIT_TIMEOUT);
	EQUAL(bytes, 7);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(WaitForSingleObject(overlapped.hEvent, SOON), WAIT_OBJECT_0);
	CHECK(HasOverlappedIoCompleted(&overlapped));
	EQUAL(GetOverlappedResult(device.handle, &overlapped, &bytes, FALSE), TRUE);
	EQUAL(bytes, TEST_BYTES);
	EQUAL(overlapped.Internal, 0);
	EQUAL(overlapped.InternalHigh, TEST_BYTES);
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

TEST(result_waits, "GetOverlappedResult() waits, and takes an auto-reset event with it")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, FALSE, FALSE, NULL) };
	struct test_device device;
	pthread_t thread;
	DWORD bytes = 0;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	for (unsigned int i = 0; i < 200; i++) {
		REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
		pthread_create(&thread, NULL, complete_later, NULL);
		EQUAL(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE), TRUE);
		EQUAL(bytes, TEST_BYTES);
		pthread_join(thread, NULL);
		/* Where it had completed before, the event is still set, as on Windows. */
		WaitForSingleObject(overlapped.hEvent, 0);
	}
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

TEST(no_event, "Without an event the file is signaled, and GetOverlappedResult() waits for it")
{
	struct test_device device;
	OVERLAPPED overlapped = { 0 };
	pthread_t thread;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	EQUAL(WaitForSingleObject(device.handle, 0), WAIT_TIMEOUT);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(WaitForSingleObject(device.handle, SOON), WAIT_OBJECT_0);
	EQUAL(GetOverlappedResult(device.handle, &overlapped, &bytes, FALSE), TRUE);
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	EQUAL(WaitForSingleObject(device.handle, 0), WAIT_TIMEOUT);
	REFUSED(GetOverlappedResult(NULL, &overlapped, &bytes, TRUE), ERROR_INVALID_HANDLE);
	pthread_create(&thread, NULL, complete_later, NULL);
	EQUAL(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE), TRUE);
	EQUAL(bytes, TEST_BYTES);
	pthread_join(thread, NULL);
	test_close(&device);
	NONE_LEFT();
}

TEST(handle_not_looked_at, "With an event the handle of the file counts for nothing, as on Windows")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	struct test_device device;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(GetOverlappedResult((HANDLE)0x1234, &overlapped, &bytes, TRUE), TRUE);
	EQUAL(bytes, TEST_BYTES);
	REFUSED(GetOverlappedResult(device.handle, NULL, &bytes, TRUE), ERROR_INVALID_PARAMETER);
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

TEST(bad_event, "An hEvent that is no event refuses the operation")
{
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
	OVERLAPPED overlapped = { .hEvent = mutex };
	struct test_device device;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_INVALID_HANDLE);
	EQUAL(overlapped.Internal, 0);
	overlapped.hEvent = (HANDLE)0x7777;
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_INVALID_HANDLE);
	EQUAL(fake_pending(FAKE_IN), 0);
	test_close(&device);
	CHECK(CloseHandle(mutex));
	NONE_LEFT();
}

TEST(refused, "An operation that the driver refuses fails at once and is not pending afterwards")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, TRUE, NULL) };
	struct test_device device;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	test_refuse(EMSGSIZE);
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_INVALID_PARAMETER);
	REFUSED(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE),
		ERROR_INVALID_PARAMETER);
	EQUAL(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
	REFUSED(test_read(&device, NULL, &bytes), ERROR_INVALID_PARAMETER);
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

TEST(failed,
     "The error of a completion comes from GetOverlappedResult(), its status is in Internal")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	struct fake_result result = { .status = -EXDEV, .not_sent = true };
	struct test_device device;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	CHECK(fake_complete(FAKE_IN, &result));
	REFUSED(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE),
		ERROR_INVALID_PARAMETER);
	EQUAL(overlapped.Internal, 0xc000000d);
	EQUAL(bytes, 0);
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

/* ---- Without OVERLAPPED ------------------------------------------------------------ */

struct caller {
	struct test_device *device;
	OVERLAPPED *overlapped;
	BOOL result;
	DWORD error, bytes, thread;
	HANDLE done;
	pthread_t id;
};

static void *call(void *arg)
{
	struct caller *caller = arg;

	caller->result = test_read(caller->device, caller->overlapped, &caller->bytes);
	caller->error = GetLastError();
	SetEvent(caller->done);
	return NULL;
}

static void start_call(struct caller *caller, struct test_device *device)
{
	caller->device = device;
	caller->done = CreateEventA(NULL, TRUE, FALSE, NULL);
	pthread_create(&caller->id, NULL, call, caller);
	while (!fake_pending(FAKE_IN))
		Sleep(1);
}

static void end_call(struct caller *caller)
{
	pthread_join(caller->id, NULL);
	CloseHandle(caller->done);
}

TEST(synchronous, "Without OVERLAPPED the call waits and returns TRUE")
{
	struct caller caller = { 0 };
	struct test_device device;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	start_call(&caller, &device);
	EQUAL(WaitForSingleObject(caller.done, 5), WAIT_TIMEOUT);
	fake_complete_good(FAKE_IN, 1);
	end_call(&caller);
	EQUAL(caller.result, TRUE);
	EQUAL(caller.bytes, TEST_BYTES);
	EQUAL(WaitForSingleObject(device.handle, 0), WAIT_TIMEOUT);
	test_close(&device);
	NONE_LEFT();
}

TEST(synchronous_file,
     "On a file opened without FILE_FLAG_OVERLAPPED an overlapped call waits, too")
{
	OVERLAPPED overlapped = { 0 };
	struct caller caller = { .overlapped = &overlapped };
	struct test_device device;

	CHECK(test_open(&device, 0));
	start_call(&caller, &device);
	fake_complete_good(FAKE_IN, 1);
	end_call(&caller);
	EQUAL(caller.result, TRUE);
	EQUAL(overlapped.Internal, 0);
	EQUAL(overlapped.InternalHigh, TEST_BYTES);
	REFUSED_NULL(CreateIoCompletionPort(device.handle, NULL, 0, 0), ERROR_INVALID_PARAMETER);
	test_close(&device);
	NONE_LEFT();
}

TEST(unplug_while_waiting, "Unplugging ends a call that waits with ERROR_DEVICE_NOT_CONNECTED")
{
	struct caller caller = { 0 };
	struct test_device device;
	OVERLAPPED overlapped = { 0 };

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	start_call(&caller, &device);
	fake_unplug();
	end_call(&caller);
	EQUAL(caller.result, FALSE);
	EQUAL(caller.error, ERROR_DEVICE_NOT_CONNECTED);
	/* One that begins while the file's thread ends all that is pending may end with them. */
	while (atomic_load(&device.file->dispatching))
		Sleep(1);
	for (unsigned int i = 0; i < 3; i++)
		REFUSED(test_read(&device, &overlapped, NULL), ERROR_DEVICE_NOT_CONNECTED);
	test_close(&device);
	NONE_LEFT();
}

TEST(unplug_held_back, "Unplugging ends what the driver never saw, and refuses what comes after")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	struct test_device device;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	test_refuse(TEST_HOLD_BACK);
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	fake_unplug();
	REFUSED(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE),
		ERROR_DEVICE_NOT_CONNECTED);
	EQUAL(overlapped.Internal, 0xc000009d);
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_DEVICE_NOT_CONNECTED);
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

/* ---- Cancelling --------------------------------------------------------------------- */

TEST(cancel_one, "CancelIoEx() of an operation ends it with ERROR_OPERATION_ABORTED")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) }, other = { 0 };
	struct test_device device;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(CancelIoEx(device.handle, &overlapped), ERROR_NOT_FOUND);
	REFUSED(CancelIoEx(device.handle, NULL), ERROR_NOT_FOUND);
	EQUAL(CancelIo(device.handle), TRUE);
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	REFUSED(CancelIoEx(device.handle, &other), ERROR_NOT_FOUND);
	EQUAL(CancelIoEx(device.handle, &overlapped), TRUE);
	REFUSED(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE),
		ERROR_OPERATION_ABORTED);
	EQUAL(overlapped.Internal, 0xc0000120);
	REFUSED(CancelIoEx(device.handle, &overlapped), ERROR_NOT_FOUND);
	REFUSED(CancelIoEx(NULL, &overlapped), ERROR_INVALID_HANDLE);
	test_close(&device);
	CHECK(CloseHandle(overlapped.hEvent));
	NONE_LEFT();
}

static void *cancel_all(void *arg)
{
	return CancelIo(arg) ? arg : NULL;
}

TEST(cancel_own, "CancelIo() ends what its own thread started, not what others did")
{
	struct test_device device;
	OVERLAPPED overlapped = { 0 };
	pthread_t thread;
	void *result;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	pthread_create(&thread, NULL, cancel_all, device.handle);
	pthread_join(thread, &result);
	CHECK(result);
	EQUAL(fake_counts().aborts, 0);
	EQUAL(CancelIo(device.handle), TRUE);
	REFUSED(GetOverlappedResult(device.handle, &overlapped, &bytes, TRUE),
		ERROR_OPERATION_ABORTED);
	test_close(&device);
	NONE_LEFT();
}

struct sync_thread {
	struct test_device *device;
	DWORD error;
};

static DWORD WINAPI read_once(LPVOID arg)
{
	struct sync_thread *self = arg;

	test_read(self->device, NULL, NULL);
	self->error = GetLastError();
	return 0;
}

TEST(cancel_synchronous, "CancelSynchronousIo() ends the call that a thread waits in")
{
	struct test_device device;
	struct sync_thread self = { .device = &device };
	HANDLE thread;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	thread = CreateThread(NULL, 0, read_once, &self, 0, NULL);
	while (!fake_pending(FAKE_IN))
		Sleep(1);
	REFUSED(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND);
	EQUAL(CancelSynchronousIo(thread), TRUE);
	EQUAL(WaitForSingleObject(thread, SOON), WAIT_OBJECT_0);
	EQUAL(self.error, ERROR_OPERATION_ABORTED);
	REFUSED(CancelSynchronousIo(thread), ERROR_NOT_FOUND);
	REFUSED(CancelSynchronousIo(NULL), ERROR_INVALID_HANDLE);
	CHECK(CloseHandle(thread));
	test_close(&device);
	NONE_LEFT();
}

/* ---- Closing -------------------------------------------------------------------------- */

TEST(close_cancels, "Closing the file ends what is pending before it returns")
{
	OVERLAPPED overlapped[100] = { { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) } };
	struct test_device device;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	for (size_t i = 0; i < ARRAYSIZE(overlapped); i++)
		REFUSED(test_read(&device, &overlapped[i], NULL), ERROR_IO_PENDING);
	EQUAL(CloseHandle(device.handle), TRUE);
	for (size_t i = 0; i < ARRAYSIZE(overlapped); i++)
		EQUAL(overlapped[i].Internal, 0xc0000120);
	EQUAL(WaitForSingleObject(overlapped[0].hEvent, 0), WAIT_OBJECT_0);
	REFUSED(GetOverlappedResult(device.handle, &overlapped[0], &bytes, TRUE),
		ERROR_OPERATION_ABORTED);
	REFUSED(test_read(&device, &overlapped[0], NULL), ERROR_INVALID_HANDLE);
	REFUSED(CancelIo(device.handle), ERROR_INVALID_HANDLE);
	EQUAL(fake_counts().maps, 0);
	device.handle = NULL;
	test_close(&device);
	CHECK(CloseHandle(overlapped[0].hEvent));
	NONE_LEFT();
}

TEST(close_wakes, "Closing the file ends a call of another thread that waits")
{
	struct caller caller = { 0 };
	struct test_device device;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	start_call(&caller, &device);
	EQUAL(CloseHandle(device.handle), TRUE);
	end_call(&caller);
	EQUAL(caller.result, FALSE);
	EQUAL(caller.error, ERROR_OPERATION_ABORTED);
	device.handle = NULL;
	test_close(&device);
	NONE_LEFT();
}

TEST(event_closed_first, "An event may be closed while its operation is pending")
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	struct test_device device;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	CHECK(CloseHandle(overlapped.hEvent));
	fake_complete_good(FAKE_IN, 1);
	while (!HasOverlappedIoCompleted(&overlapped))
		Sleep(1);
	EQUAL(overlapped.InternalHigh, TEST_BYTES);
	test_close(&device);
	NONE_LEFT();
}

/* ---- Many ------------------------------------------------------------------------------- */

#define MANY 10000u

TEST(ten_thousand, "Ten thousand pending operations complete in order, each once")
{
	OVERLAPPED *overlapped = calloc(MANY, sizeof(*overlapped));
	HANDLE port;
	struct test_device device;

	fake_real_sleep();
	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	port = CreateIoCompletionPort(device.handle, NULL, 42, 0);
	CHECK(port);
	for (unsigned int i = 0, collected = 0; collected < MANY;) {
		OVERLAPPED *first;
		ULONG_PTR key;
		DWORD bytes;

		while (i < MANY && i < collected + 1000) {
			REFUSED(test_read(&device, &overlapped[i], NULL), ERROR_IO_PENDING);
			i++;
		}
		fake_complete_good(FAKE_IN, 1);
		EQUAL(GetQueuedCompletionStatus(port, &bytes, &key, &first, SOON), TRUE);
		CHECK(first == &overlapped[collected++]);
		EQUAL(bytes, TEST_BYTES);
		EQUAL(key, 42);
	}
	test_close(&device);
	CHECK(CloseHandle(port));
	free(overlapped);
	NONE_LEFT();
}
