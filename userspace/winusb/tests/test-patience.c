// SPDX-License-Identifier: MIT
/*
 * A thread that waits for the last of several operations sleeps once for all of them, and nobody
 * else has to wait longer for that. Where that is not what is tested the file's thread has no
 * clock: what comes at once comes for another reason.
 */
#include <errno.h>
#include <pthread.h>

#include "device.h"
#include "winapi.h"

#define NEVER (3600ull * 1000000000u)

struct read {
	OVERLAPPED overlapped;
	DWORD error; /* of its last result */
};

/* A device, three reads of it, and a thread that waits for the third. */
static struct test_device device;
static struct read reads[3];
static pthread_t thread;
static unsigned int polls;

static DWORD error_of(BOOL good)
{
	return good ? ERROR_SUCCESS : GetLastError();
}

static bool begin(struct read *read)
{
	read->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	return !test_read(&device, &read->overlapped, NULL) && GetLastError() == ERROR_IO_PENDING;
}

static bool is_pending(const struct read *read)
{
	return __atomic_load_n(&read->overlapped.Internal, __ATOMIC_ACQUIRE) ==
	       (ULONG_PTR)STATUS_PENDING;
}

static void *wait_for(void *argument)
{
	struct read *read = argument;
	DWORD bytes;

	read->error = error_of(
		GetOverlappedResultEx(device.handle, &read->overlapped, &bytes, 3 * SOON, FALSE));
	return NULL;
}

static bool begin_all(uint64_t tick_ns)
{
	win_tick_ns = tick_ns;
	for (unsigned int i = 0; i < 3; i++)
		reads[i] = (struct read){ 0 };
	return test_open(&device, FILE_FLAG_OVERLAPPED) && begin(&reads[0]) && begin(&reads[1]) &&
	       begin(&reads[2]);
}

/* The file's thread collects, and nobody has needed it for a while. */
static bool may_be_patient(void)
{
	return win_leader(device.file) == WIN_LEADER_OWN && win_can_be_patient(device.file);
}

/* Returns when it is asleep. */
static void start(struct read *read)
{
	pthread_create(&thread, NULL, wait_for, read);
	EVENTUALLY(win_leader(device.file) == WIN_LEADER_WAITS && fake_sleeps_for() > 0);
	polls = fake_counts().polls;
}

static void begin_patiently(uint64_t tick_ns)
{
	CHECK(begin_all(tick_ns));
	EVENTUALLY(may_be_patient());
	start(&reads[2]);
	EQUAL(fake_sleeps_for(), 3);
}

/* Another thread, which needs something: the first one does not sleep for several any more. */
static pthread_t other;
static DWORD other_result;

static void start_other(void *(*run)(void *argument), void *argument)
{
	other_result = WAIT_FAILED;
	pthread_create(&other, NULL, run, argument);
	EVENTUALLY(fake_sleeps_for() == 1);
}

static void *wait_for_handle(void *handle)
{
	other_result = WaitForSingleObject(handle, SOON);
	return NULL;
}

static void *wait_for_any(void *argument)
{
	HANDLE events[2] = { reads[0].overlapped.hEvent, reads[1].overlapped.hEvent };

	(void)argument;
	other_result = WaitForMultipleObjects(2, events, FALSE, SOON);
	return NULL;
}

static void join(DWORD error)
{
	pthread_join(thread, NULL);
	EQUAL(reads[2].error, error);
}

static void end(void)
{
	for (unsigned int i = 0; i < 3; i++)
		CHECK(CloseHandle(reads[i].overlapped.hEvent));
	test_close(&device);
}

/* What the others are told of is told with one of three completions there. */
static void end_rest(void)
{
	CHECK(is_pending(&reads[2]));
	fake_complete_good(FAKE_IN, 2);
	join(ERROR_SUCCESS);
	end();
}

TEST(once, "A thread that waits for the last of several operations sleeps once for all")
{
	begin_patiently(NEVER);
	fake_complete_good(FAKE_IN, 2);
	CHECK(is_pending(&reads[0]));
	EQUAL(fake_sleeps_for(), 3);
	fake_complete_good(FAKE_IN, 1);
	join(ERROR_SUCCESS);
	CHECK(!is_pending(&reads[0]) && !is_pending(&reads[1]));
	EQUAL(fake_counts().polls, polls);
	end();
}

TEST(deep, "A thread that waits for the last of very many operations sleeps for 64 at most")
{
	OVERLAPPED many[80] = { 0 };
	struct read last = { 0 };

	CHECK(begin_all(NEVER));
	for (unsigned int i = 0; i < 80; i++)
		REFUSED(test_read(&device, &many[i], NULL), ERROR_IO_PENDING);
	CHECK(begin(&last));
	EVENTUALLY(may_be_patient());
	start(&last);
	EQUAL(fake_sleeps_for(), 64);
	fake_complete_good(FAKE_IN, 84);
	pthread_join(thread, NULL);
	EQUAL(last.error, ERROR_SUCCESS);
	EQUAL(many[79].Internal, 0);
	CHECK(CloseHandle(last.overlapped.hEvent));
	end();
}

TEST(in_turn, "A thread that waits for each in turn is told of each at once")
{
	CHECK(begin_all(NEVER));
	EVENTUALLY(may_be_patient());
	for (unsigned int i = 0; i < 3; i++) {
		start(&reads[i]);
		EQUAL(fake_sleeps_for(), 1);
		fake_complete_good(FAKE_IN, 1);
		pthread_join(thread, NULL);
		EQUAL(reads[i].error, ERROR_SUCCESS);
	}
	end();
}

TEST(errors, "Operations that fail before the one that is waited for keep their own results")
{
	struct fake_result bad = { .status = -EILSEQ };
	DWORD bytes;

	begin_patiently(NEVER);
	fake_complete_good(FAKE_IN, 1);
	CHECK(fake_complete(FAKE_IN, &bad));
	fake_complete_good(FAKE_IN, 1);
	join(ERROR_SUCCESS);
	EQUAL(fake_counts().polls, polls);
	EQUAL(GetOverlappedResult(device.handle, &reads[0].overlapped, &bytes, FALSE), TRUE);
	REFUSED(GetOverlappedResult(device.handle, &reads[1].overlapped, &bytes, FALSE),
		ERROR_GEN_FAILURE);
	end();
}

TEST(waited_for, "An earlier operation that another thread waits for ends when it has completed")
{
	begin_patiently(NEVER);
	start_other(wait_for, &reads[0]);
	fake_complete_good(FAKE_IN, 1);
	pthread_join(other, NULL);
	EQUAL(reads[0].error, ERROR_SUCCESS);
	end_rest();
}

TEST(by_event,
     "An earlier operation whose event another thread waits for sets it when it completes")
{
	begin_patiently(NEVER);
	start_other(wait_for_handle, reads[0].overlapped.hEvent);
	fake_complete_good(FAKE_IN, 1);
	pthread_join(other, NULL);
	EQUAL(other_result, WAIT_OBJECT_0);
	end_rest();
}

TEST(by_events, "A wait for any of several events ends with the first of the operations")
{
	begin_patiently(NEVER);
	start_other(wait_for_any, NULL);
	fake_complete_good(FAKE_IN, 1);
	pthread_join(other, NULL);
	EQUAL(other_result, WAIT_OBJECT_0);
	end_rest();
}

TEST(by_file, "The file is signaled by an earlier operation without event when that completes")
{
	OVERLAPPED without = { 0 };

	CHECK(begin_all(NEVER));
	fake_complete_good(FAKE_IN, 3);
	EQUAL(WaitForSingleObject(reads[2].overlapped.hEvent, SOON), WAIT_OBJECT_0);
	REFUSED(test_read(&device, &without, NULL), ERROR_IO_PENDING);
	REFUSED(test_read(&device, &reads[2].overlapped, NULL), ERROR_IO_PENDING);
	EVENTUALLY(may_be_patient());
	start(&reads[2]);
	EQUAL(fake_sleeps_for(), 2);
	start_other(wait_for_handle, device.handle);
	fake_complete_good(FAKE_IN, 1);
	pthread_join(other, NULL);
	EQUAL(other_result, WAIT_OBJECT_0);
	fake_complete_good(FAKE_IN, 1);
	join(ERROR_SUCCESS);
	end();
}

/* Also tells the port. */
static HANDLE begin_with_port(void)
{
	HANDLE port;

	win_tick_ns = NEVER;
	if (!test_open(&device, FILE_FLAG_OVERLAPPED))
		return NULL;
	port = CreateIoCompletionPort(device.handle, NULL, 7, 0);
	for (unsigned int i = 0; i < 3; i++) {
		reads[i] = (struct read){ 0 };
		if (!begin(&reads[i]))
			return NULL;
	}
	return port;
}

static void *take(void *port)
{
	OVERLAPPED *out = NULL;
	ULONG_PTR key;
	DWORD bytes;

	GetQueuedCompletionStatus(port, &bytes, &key, &out, SOON);
	other_result = out == &reads[0].overlapped ? WAIT_OBJECT_0 : WAIT_FAILED;
	return NULL;
}

TEST(by_port, "A completion port hands out an earlier operation when it completes")
{
	HANDLE port = begin_with_port();

	CHECK(port);
	EVENTUALLY(may_be_patient());
	start(&reads[2]);
	EQUAL(fake_sleeps_for(), 3);
	start_other(take, port);
	fake_complete_good(FAKE_IN, 1);
	pthread_join(other, NULL);
	EQUAL(other_result, WAIT_OBJECT_0);
	CHECK(CloseHandle(port));
	end_rest();
}

TEST(looked_at, "Who looks at an earlier operation again and again sees that it has completed")
{
	DWORD bytes;

	begin_patiently(NEVER);
	fake_complete_good(FAKE_IN, 1);
	EVENTUALLY(GetOverlappedResult(device.handle, &reads[0].overlapped, &bytes, FALSE));
	end_rest();
}

TEST(event_looked_at, "Who looks at an event again and again sees that it was set")
{
	begin_patiently(NEVER);
	fake_complete_good(FAKE_IN, 1);
	EVENTUALLY(WaitForSingleObject(reads[0].overlapped.hEvent, 0) == WAIT_OBJECT_0);
	end_rest();
}

TEST(port_looked_at, "Who looks at a port again and again gets what has completed")
{
	HANDLE port = begin_with_port();
	OVERLAPPED *out = NULL;
	ULONG_PTR key;
	DWORD bytes;

	CHECK(port);
	EVENTUALLY(may_be_patient());
	start(&reads[2]);
	fake_complete_good(FAKE_IN, 1);
	EVENTUALLY(out || GetQueuedCompletionStatus(port, &bytes, &key, &out, 0));
	CHECK(out == &reads[0].overlapped);
	CHECK(CloseHandle(port));
	end_rest();
}

TEST(no_call, "A program that looks without a call sees it after a while")
{
	begin_patiently(1000000);
	fake_complete_good(FAKE_IN, 1);
	EVENTUALLY(!is_pending(&reads[0]));
	end_rest();
}

/* The first is seen to end before the others do. */
static void end_beside(struct read *hasty)
{
	fake_complete_good(FAKE_IN, 1);
	EVENTUALLY(!is_pending(&reads[0]));
	fake_complete_good(FAKE_IN, 3);
	join(ERROR_SUCCESS);
	wait_for(hasty);
	EQUAL(hasty->error, ERROR_SUCCESS);
	CHECK(CloseHandle(hasty->overlapped.hEvent));
	end();
}

TEST(hasty_before,
     "While something is pending that goes in steps each completion is handled at once")
{
	struct read hasty = { 0 };

	CHECK(begin_all(NEVER));
	test_refuse(TEST_HASTY);
	CHECK(begin(&hasty));
	EVENTUALLY(win_can_lead(device.file) && win_leader(device.file) == WIN_LEADER_OWN);
	start(&reads[2]);
	end_beside(&hasty);
}

TEST(hasty_after, "What goes in steps and begins later is not kept waiting")
{
	struct read hasty = { 0 };

	begin_patiently(NEVER);
	test_refuse(TEST_HASTY);
	CHECK(begin(&hasty));
	end_beside(&hasty);
}

TEST(times_out, "When the time is up what has completed until then has ended")
{
	DWORD bytes;

	CHECK(begin_all(NEVER));
	EVENTUALLY(may_be_patient());
	fake_complete_good(FAKE_IN, 1);
	REFUSED(GetOverlappedResultEx(device.handle, &reads[2].overlapped, &bytes, 1, FALSE),
		WAIT_TIMEOUT);
	CHECK(!is_pending(&reads[0]) && is_pending(&reads[1]));
	fake_complete_good(FAKE_IN, 2);
	EQUAL(GetOverlappedResult(device.handle, &reads[2].overlapped, &bytes, TRUE), TRUE);
	end();
}

TEST(cancelled, "Cancelling them ends the wait for the last, and all the others")
{
	DWORD bytes;

	begin_patiently(NEVER);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(CancelIoEx(device.handle, &reads[2].overlapped), TRUE);
	join(ERROR_OPERATION_ABORTED);
	EQUAL(GetOverlappedResult(device.handle, &reads[0].overlapped, &bytes, FALSE), TRUE);
	REFUSED(GetOverlappedResult(device.handle, &reads[1].overlapped, &bytes, FALSE),
		ERROR_OPERATION_ABORTED);
	end();
}

TEST(ended_elsewhere,
     "A thread that sleeps for several is woken if its own ends without the driver")
{
	struct win_op *op;
	DWORD bytes;

	begin_patiently(NEVER);
	/* The youngest one is the first in the list; what the driver says of it later is stray. */
	op = device.file->ops;
	win_op_get(op);
	CHECK(win_op_complete(op, STATUS_CANCELLED, 0));
	EVENTUALLY(fake_sleeps_for() == 0);
	join(ERROR_OPERATION_ABORTED);
	CHECK(is_pending(&reads[0]));
	fake_complete_good(FAKE_IN, 3);
	EQUAL(GetOverlappedResult(device.handle, &reads[1].overlapped, &bytes, TRUE), TRUE);
	EQUAL(CloseHandle(device.handle), TRUE);
	device.handle = NULL;
	win_op_put(op);
	end();
}

TEST(unplugged, "A thread that sleeps for several is told that the device has gone")
{
	begin_patiently(NEVER);
	fake_complete_good(FAKE_IN, 1);
	fake_unplug();
	join(ERROR_DEVICE_NOT_CONNECTED);
	CHECK(!is_pending(&reads[0]) && !is_pending(&reads[1]));
	end();
}

TEST(closed, "A thread that sleeps for several does not keep the file from being closed")
{
	begin_patiently(NEVER);
	CHECK(CloseHandle(device.handle));
	device.handle = NULL;
	join(ERROR_OPERATION_ABORTED);
	end();
}

/* Reads by threes, of which it waits for the last; counts what is not as it should be. */
static void *read_by_threes(void *argument)
{
	DWORD *wrong = argument, bytes;
	struct read own[3] = { 0 };

	for (unsigned int i = 0; i < 3; i++)
		own[i].overlapped.hEvent = CreateEventA(NULL, i % 2, FALSE, NULL);
	for (unsigned int round = 0; round < 200; round++) {
		for (unsigned int i = 0; i < 3; i++)
			*wrong += test_read(&device, &own[i].overlapped, NULL) ||
				  GetLastError() != ERROR_IO_PENDING;
		fake_complete_good(FAKE_IN, 3);
		for (unsigned int i = 3; i-- > 0;)
			*wrong += !GetOverlappedResultEx(device.handle, &own[i].overlapped, &bytes,
							 SOON, FALSE);
	}
	for (unsigned int i = 0; i < 3; i++)
		CloseHandle(own[i].overlapped.hEvent);
	return NULL;
}

TEST(crowd, "Threads that wait for the last of several, all at a time, get what is theirs")
{
	pthread_t threads[4];
	DWORD wrong[4] = { 0 };

	CHECK(test_open(&device, FILE_FLAG_OVERLAPPED));
	for (unsigned int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, read_by_threes, &wrong[i]);
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		EQUAL(wrong[i], 0);
	}
	test_close(&device);
}
