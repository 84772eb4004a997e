// SPDX-License-Identifier: MIT
/* Completion ports. */
#include <errno.h>
#include <stdlib.h>

#include "device.h"
#include "winapi.h"

#define SOON 20000

static HANDLE new_port(void)
{
	return CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
}

TEST(post, "What is posted comes out in the same order, with its key and bytes")
{
	OVERLAPPED overlapped[2] = { { 0 } }, *out;
	HANDLE port = new_port();
	ULONG_PTR key;
	DWORD bytes;

	EQUAL(PostQueuedCompletionStatus(port, 1, 10, &overlapped[0]), TRUE);
	EQUAL(PostQueuedCompletionStatus(port, 2, 20, &overlapped[1]), TRUE);
	EQUAL(PostQueuedCompletionStatus(port, 3, 30, NULL), TRUE);
	for (DWORD i = 0; i < 3; i++) {
		EQUAL(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0), TRUE);
		EQUAL(bytes, i + 1);
		EQUAL(key, (i + 1) * 10);
		CHECK(out == (i < 2 ? &overlapped[i] : NULL));
	}
	out = overlapped;
	REFUSED(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0), WAIT_TIMEOUT);
	CHECK(!out);
	REFUSED(GetQueuedCompletionStatus(port, &bytes, &key, &out, 1), WAIT_TIMEOUT);
	EQUAL(CloseHandle(port), TRUE);
	REFUSED(PostQueuedCompletionStatus(port, 1, 1, NULL), ERROR_INVALID_HANDLE);
	REFUSED(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0), ERROR_INVALID_HANDLE);
}

TEST(several, "GetQueuedCompletionStatusEx() takes as many as there are, up to its limit")
{
	OVERLAPPED_ENTRY entries[4];
	HANDLE port = new_port();
	ULONG count;

	for (ULONG_PTR i = 0; i < 6; i++)
		EQUAL(PostQueuedCompletionStatus(port, (DWORD)i, i, NULL), TRUE);
	EQUAL(GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE), TRUE);
	EQUAL(count, 4);
	EQUAL(entries[3].lpCompletionKey, 3);
	EQUAL(GetQueuedCompletionStatusEx(port, entries, 4, &count, 0, FALSE), TRUE);
	EQUAL(count, 2);
	EQUAL(entries[1].dwNumberOfBytesTransferred, 5);
	REFUSED(GetQueuedCompletionStatusEx(port, entries, 4, &count, 1, FALSE), WAIT_TIMEOUT);
	EQUAL(count, 0);
	REFUSED(GetQueuedCompletionStatusEx(port, entries, 0, &count, 0, FALSE),
		ERROR_INVALID_PARAMETER);
	REFUSED(GetQueuedCompletionStatusEx(port, NULL, 1, &count, 0, FALSE),
		ERROR_INVALID_PARAMETER);
	EQUAL(CloseHandle(port), TRUE);
}

TEST(port_arguments, "CreateIoCompletionPort() refuses what makes no sense")
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), port = new_port();
	struct test_device device;
	DWORD bytes;

	REFUSED_NULL(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0),
		     ERROR_INVALID_PARAMETER);
	REFUSED_NULL(CreateIoCompletionPort(event, NULL, 0, 0), ERROR_INVALID_HANDLE);
	REFUSED_NULL(CreateIoCompletionPort(NULL, port, 0, 0), ERROR_INVALID_HANDLE);
	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	REFUSED_NULL(CreateIoCompletionPort(device.handle, event, 0, 0), ERROR_INVALID_HANDLE);
	CHECK(CreateIoCompletionPort(device.handle, port, 7, 0) == port);
	REFUSED_NULL(CreateIoCompletionPort(device.handle, port, 8, 0), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(CreateIoCompletionPort(device.handle, NULL, 8, 0), ERROR_INVALID_PARAMETER);
	REFUSED(GetQueuedCompletionStatus(port, &bytes, NULL, NULL, 0), ERROR_INVALID_PARAMETER);
	REFUSED(SetFileCompletionNotificationModes(device.handle, 4), ERROR_INVALID_PARAMETER);
	REFUSED(SetFileCompletionNotificationModes(event, 1), ERROR_INVALID_HANDLE);
	EQUAL(SetFileCompletionNotificationModes(device.handle, 3), TRUE);
	test_close(&device);
	CHECK(CloseHandle(port) && CloseHandle(event));
}

TEST(port_completion, "A completion goes to the port of its file, with error and all")
{
	struct fake_result result = { .status = -ECONNRESET };
	OVERLAPPED good = { 0 }, bad = { 0 }, silent = { 0 }, *out;
	HANDLE port = new_port();
	struct test_device device;
	ULONG_PTR key = 0;
	DWORD bytes = 0;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	CHECK(CreateIoCompletionPort(device.handle, port, 7, 0));
	silent.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	silent.hEvent = (HANDLE)((ULONG_PTR)silent.hEvent | 1);
	REFUSED(test_read(&device, &silent, NULL), ERROR_IO_PENDING);
	REFUSED(test_read(&device, &good, NULL), ERROR_IO_PENDING);
	REFUSED(test_read(&device, &bad, NULL), ERROR_IO_PENDING);
	fake_complete_good(FAKE_IN, 2);
	CHECK(fake_complete(FAKE_IN, &result));
	EQUAL(GetQueuedCompletionStatus(port, &bytes, &key, &out, SOON), TRUE);
	CHECK(out == &good);
	EQUAL(bytes, TEST_BYTES);
	EQUAL(key, 7);
	REFUSED(GetQueuedCompletionStatus(port, &bytes, &key, &out, SOON), ERROR_OPERATION_ABORTED);
	CHECK(out == &bad);
	EQUAL(WaitForSingleObject(silent.hEvent, SOON), WAIT_OBJECT_0);
	REFUSED(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0), WAIT_TIMEOUT);
	test_close(&device);
	CHECK(CloseHandle(port) && CloseHandle(silent.hEvent));
}

TEST(port_closed_first, "Completions for a port that was closed are dropped")
{
	OVERLAPPED overlapped = { 0 };
	struct test_device device;
	HANDLE port;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	port = CreateIoCompletionPort(device.handle, NULL, 7, 0);
	REFUSED(test_read(&device, &overlapped, NULL), ERROR_IO_PENDING);
	CHECK(CloseHandle(port));
	fake_complete_good(FAKE_IN, 1);
	while (!HasOverlappedIoCompleted(&overlapped))
		Sleep(1);
	test_close(&device);
}

/* ---- Many threads ------------------------------------------------------------------------ */

#define WORKERS 8
#define PACKETS 20000u

static HANDLE shared;
static unsigned int seen[PACKETS];

static DWORD WINAPI work(LPVOID unused)
{
	OVERLAPPED *out;
	ULONG_PTR key;
	DWORD bytes;

	(void)unused;
	while (GetQueuedCompletionStatus(shared, &bytes, &key, &out, INFINITE))
		__atomic_add_fetch(&seen[key], 1, __ATOMIC_RELAXED);
	return GetLastError();
}

static DWORD WINAPI work_in_batches(LPVOID unused)
{
	OVERLAPPED_ENTRY entries[16];
	ULONG count;

	(void)unused;
	while (GetQueuedCompletionStatusEx(shared, entries, 16, &count, INFINITE, FALSE))
		for (ULONG i = 0; i < count; i++)
			__atomic_add_fetch(&seen[entries[i].lpCompletionKey], 1, __ATOMIC_RELAXED);
	return GetLastError();
}

static bool all_seen_once(void)
{
	for (unsigned int i = 0; i < PACKETS; i++)
		if (__atomic_load_n(&seen[i], __ATOMIC_RELAXED) != 1)
			return false;
	return true;
}

static unsigned int sum_seen(void)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < PACKETS; i++)
		sum += __atomic_load_n(&seen[i], __ATOMIC_RELAXED);
	return sum;
}

TEST(many_workers, "Many threads on one port get each packet once, and all hear of its closing")
{
	HANDLE threads[WORKERS];

	for (unsigned int i = 0; i < PACKETS; i++)
		seen[i] = 0;
	shared = new_port();
	for (size_t i = 0; i < WORKERS; i++)
		threads[i] = CreateThread(NULL, 0, i % 2 ? work : work_in_batches, NULL, 0, NULL);
	for (ULONG_PTR i = 0; i < PACKETS; i++)
		CHECK(PostQueuedCompletionStatus(shared, 0, i, NULL));
	while (sum_seen() < PACKETS)
		Sleep(1);
	CHECK(all_seen_once());
	CHECK(CloseHandle(shared));
	EQUAL(WaitForMultipleObjects(WORKERS, threads, TRUE, SOON), WAIT_OBJECT_0);
	for (size_t i = 0; i < WORKERS; i++) {
		DWORD code = 0;

		CHECK(GetExitCodeThread(threads[i], &code));
		/* One that came after the closing finds no port at all. */
		CHECK(code == ERROR_ABANDONED_WAIT_0 || code == ERROR_INVALID_HANDLE);
		CHECK(CloseHandle(threads[i]));
	}
}
