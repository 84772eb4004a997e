// SPDX-License-Identifier: MIT
/* Who collects completions: a thread that waits for its operation, or the thread of the file. */
#include <pthread.h>

#include "device.h"
#include "winapi.h"

/* An operation, and a thread that waits for it. */
struct reader {
	struct test_device *device;
	OVERLAPPED overlapped;
	pthread_t thread;
	DWORD id, bytes, error;
};

static void begin(struct reader *reader, struct test_device *device)
{
	*reader = (struct reader){ .device = device };
	reader->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	REFUSED(test_read(device, &reader->overlapped, NULL), ERROR_IO_PENDING);
}

static void *wait_for_result(void *argument)
{
	struct reader *reader = argument;

	reader->id = GetCurrentThreadId();
	if (!GetOverlappedResult(reader->device->handle, &reader->overlapped, &reader->bytes, TRUE))
		reader->error = GetLastError();
	return NULL;
}

static void *wait_for_event(void *argument)
{
	struct reader *reader = argument;

	reader->error = WaitForSingleObject(reader->overlapped.hEvent, INFINITE);
	return NULL;
}

static void start(struct reader *reader, void *(*wait)(void *argument))
{
	pthread_create(&reader->thread, NULL, wait, reader);
}

/* Not before the file's thread collects: it would take the role from under who asks for it. */
static void await_chance(struct test_device *device)
{
	EVENTUALLY(win_leader(device->file) == WIN_LEADER_OWN);
	EVENTUALLY(win_can_lead(device->file));
}

/* When nobody else has waited for a while, a thread that waits leads. */
static void lead(struct reader *reader)
{
	await_chance(reader->device);
	start(reader, wait_for_result);
	EVENTUALLY(win_leader(reader->device->file) == WIN_LEADER_WAITS);
}

static void end(struct reader *reader)
{
	CHECK(CloseHandle(reader->overlapped.hEvent));
}

static void end_thread(struct reader *reader, DWORD error)
{
	pthread_join(reader->thread, NULL);
	EQUAL(reader->error, error);
	end(reader);
}

TEST(waits_itself, "A thread in GetOverlappedResult() collects the completion itself")
{
	struct test_device device;
	struct reader reader;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&reader, &device);
	lead(&reader);
	fake_complete_good(FAKE_IN, 1);
	end_thread(&reader, 0);
	EQUAL(reader.bytes, TEST_BYTES);
	EQUAL(test_collector(), reader.id);
	CHECK(win_leader(device.file) != WIN_LEADER_WAITS);
	test_close(&device);
}

TEST(for_others, "A thread that collects also ends the operations of others")
{
	struct test_device device;
	struct reader first, second;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&first, &device);
	begin(&second, &device);
	lead(&second);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(WaitForSingleObject(first.overlapped.hEvent, SOON), WAIT_OBJECT_0);
	EQUAL(test_collector(), second.id);
	end(&first);
	fake_complete_good(FAKE_IN, 1);
	end_thread(&second, 0);
	test_close(&device);
}

TEST(who_waits_for_events, "While a thread waits for an event the thread of the file collects")
{
	struct test_device device;
	struct reader first, second;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&first, &device);
	begin(&second, &device);
	await_chance(&device);
	start(&second, wait_for_event);
	EVENTUALLY(!win_can_lead(device.file));
	start(&first, wait_for_result);
	fake_complete_good(FAKE_IN, 2);
	end_thread(&first, 0);
	end_thread(&second, WAIT_OBJECT_0);
	CHECK(test_collector() != first.id);
	test_close(&device);
}

TEST(leaves_others, "When a thread has what it waited for, the others are not forgotten")
{
	struct test_device device;
	struct reader first, second, third;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&first, &device);
	begin(&second, &device);
	begin(&third, &device);
	lead(&first);
	start(&second, wait_for_result);
	start(&third, wait_for_event);
	fake_complete_good(FAKE_IN, 1);
	end_thread(&first, 0);
	fake_complete_good(FAKE_IN, 2);
	end_thread(&second, 0);
	end_thread(&third, WAIT_OBJECT_0);
	test_close(&device);
}

TEST(begun_later, "An event that is waited for before its operation begins is set")
{
	struct test_device device;
	struct reader first, second;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&first, &device);
	second = (struct reader){ .device = &device };
	second.overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	lead(&first);
	start(&second, wait_for_event);
	REFUSED(test_read(&device, &second.overlapped, NULL), ERROR_IO_PENDING);
	fake_complete_good(FAKE_IN, 1);
	end_thread(&first, 0);
	fake_complete_good(FAKE_IN, 1);
	end_thread(&second, WAIT_OBJECT_0);
	test_close(&device);
}

TEST(looked_at, "Operations also end while the program only looks at them")
{
	struct test_device device;
	struct reader reader;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&reader, &device);
	lead(&reader);
	fake_complete_good(FAKE_IN, 1);
	end_thread(&reader, 0);
	begin(&reader, &device);
	fake_complete_good(FAKE_IN, 1);
	EVENTUALLY(__atomic_load_n(&reader.overlapped.Internal, __ATOMIC_ACQUIRE) !=
		   (ULONG_PTR)STATUS_PENDING);
	end(&reader);
	test_close(&device);
}

TEST(ended_elsewhere, "What ends without the driver wakes the thread that collects for it")
{
	struct test_device device;
	struct reader reader;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	test_refuse(TEST_HOLD_BACK);
	begin(&reader, &device);
	lead(&reader);
	win_op_complete(device.file->ops, STATUS_CANCELLED, 0);
	end_thread(&reader, ERROR_OPERATION_ABORTED);
	test_close(&device);
}

TEST(times_out, "A thread that collects gives up when its time is up")
{
	struct test_device device;
	struct reader reader;
	DWORD bytes;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&reader, &device);
	await_chance(&device);
	REFUSED(GetOverlappedResultEx(device.handle, &reader.overlapped, &bytes, 1, FALSE),
		WAIT_TIMEOUT);
	CHECK(win_leader(device.file) != WIN_LEADER_WAITS);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(GetOverlappedResult(device.handle, &reader.overlapped, &bytes, TRUE), TRUE);
	end(&reader);
	test_close(&device);
}

TEST(unplugged, "A thread that collects is told that the device has gone")
{
	struct test_device device;
	struct reader reader, other;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&reader, &device);
	lead(&reader);
	test_refuse(TEST_HOLD_BACK);
	begin(&other, &device);
	fake_unplug();
	end_thread(&reader, ERROR_DEVICE_NOT_CONNECTED);
	EQUAL(WaitForSingleObject(other.overlapped.hEvent, SOON), WAIT_OBJECT_0);
	end(&other);
	test_close(&device);
}

TEST(closed, "A thread that collects does not keep the file from being closed")
{
	struct test_device device;
	struct reader reader;

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	begin(&reader, &device);
	lead(&reader);
	CHECK(CloseHandle(device.handle));
	device.handle = NULL;
	end_thread(&reader, ERROR_OPERATION_ABORTED);
	test_close(&device);
}

static void *read_many(void *argument)
{
	struct reader *reader = argument;

	for (unsigned int i = 0; i < 500; i++) {
		if (test_read(reader->device, &reader->overlapped, NULL) ||
		    GetLastError() != ERROR_IO_PENDING)
			reader->error++;
		fake_complete_good(FAKE_IN, 1);
		if (!GetOverlappedResult(reader->device->handle, &reader->overlapped,
					 &reader->bytes, TRUE))
			reader->error++;
	}
	return NULL;
}

TEST(crowd, "Threads that wait and collect in turns all get what is theirs")
{
	struct test_device device;
	struct reader readers[4];

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	for (unsigned int i = 0; i < 4; i++) {
		readers[i] = (struct reader){ .device = &device };
		readers[i].overlapped.hEvent = CreateEventA(NULL, i % 2, FALSE, NULL);
		start(&readers[i], read_many);
	}
	for (unsigned int i = 0; i < 4; i++)
		end_thread(&readers[i], 0);
	test_close(&device);
}
