// SPDX-License-Identifier: MIT
/* The table of handles: what is not a handle is told from what is. */
#include <pthread.h>
#include <stdlib.h>

#include "winapi.h"

static unsigned int closed, freed;

static void count_closed(struct win_object *object)
{
	(void)object;
	closed++;
}

static void count_freed(struct win_object *object)
{
	free(object);
	freed++;
}

static const struct win_class test_class = {
	.name = "test",
	.close_handle = true,
	.closed = count_closed,
	.free = count_freed,
};

static const struct win_class private_class = { .name = "private", .free = count_freed };

static HANDLE new_handle(const struct win_class *class)
{
	struct win_object *object = calloc(1, sizeof(*object));

	closed = 0;
	freed = 0;
	win_object_init(object, class);
	return win_handle_give(object);
}

TEST(never_handles, "What was never a handle is ERROR_INVALID_HANDLE")
{
	static const ULONG_PTR values[] = {
		0, 1, 3, 4, 8, 0x1000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xdeadbeef,
	};

	for (size_t i = 0; i < ARRAYSIZE(values); i++) {
		REFUSED(CloseHandle((HANDLE)values[i]), ERROR_INVALID_HANDLE);
		REFUSED(SetEvent((HANDLE)values[i]), ERROR_INVALID_HANDLE);
		WAIT_REFUSED(WaitForSingleObject((HANDLE)values[i], 0), ERROR_INVALID_HANDLE);
	}
	REFUSED(SetEvent(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
	WAIT_REFUSED(WaitForSingleObject(INVALID_HANDLE_VALUE, 0), ERROR_INVALID_HANDLE);
}

TEST(pseudo_handles, "Closing a pseudo handle does nothing, successfully")
{
	EQUAL(CloseHandle(GetCurrentProcess()), TRUE);
	EQUAL(CloseHandle(GetCurrentThread()), TRUE);
	EQUAL(CloseHandle(INVALID_HANDLE_VALUE), TRUE);
}

TEST(closed_handle, "A closed handle is invalid, and closing it twice, too")
{
	HANDLE handle = new_handle(&test_class);

	CHECK(handle);
	EQUAL(CloseHandle(handle), TRUE);
	EQUAL(closed, 1);
	EQUAL(freed, 1);
	REFUSED(CloseHandle(handle), ERROR_INVALID_HANDLE);
	REFUSED_NULL(win_handle_get(handle, &test_class), ERROR_INVALID_HANDLE);
	EQUAL(freed, 1);
}

TEST(stale_handle, "A closed handle stays invalid while thousands of others come and go")
{
	HANDLE stale = new_handle(&test_class);

	CHECK(CloseHandle(stale));
	for (unsigned int i = 0; i < 100000; i++) {
		HANDLE other = new_handle(&test_class);

		CHECK(other && other != stale);
		REFUSED(CloseHandle(stale), ERROR_INVALID_HANDLE);
		CHECK(CloseHandle(other));
	}
}

TEST(low_bits, "The two lowest bits of a handle mean nothing")
{
	HANDLE handle = new_handle(&test_class);

	CHECK(((ULONG_PTR)handle & 3) == 0);
	CHECK((ULONG_PTR)handle <= 0x7fffffff);
	EQUAL(CloseHandle((HANDLE)((ULONG_PTR)handle | 3)), TRUE);
}

TEST(other_class, "A handle of another class is invalid for a call, and stays open")
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	DWORD bytes;
	ULONG_PTR key;
	OVERLAPPED *overlapped;

	REFUSED(ReleaseMutex(event), ERROR_INVALID_HANDLE);
	REFUSED(ReleaseSemaphore(event, 1, NULL), ERROR_INVALID_HANDLE);
	REFUSED(CancelIo(event), ERROR_INVALID_HANDLE);
	REFUSED(CancelIoEx(event, NULL), ERROR_INVALID_HANDLE);
	REFUSED(GetQueuedCompletionStatus(event, &bytes, &key, &overlapped, 0),
		ERROR_INVALID_HANDLE);
	REFUSED_NULL(CreateIoCompletionPort(event, NULL, 0, 0), ERROR_INVALID_HANDLE);
	EQUAL(CloseHandle(event), TRUE);
}

TEST(private_handle, "CloseHandle() does not close what has a function of its own for that")
{
	HANDLE handle = new_handle(&private_class);

	REFUSED(CloseHandle(handle), ERROR_INVALID_HANDLE);
	WAIT_REFUSED(WaitForSingleObject(handle, 0), ERROR_INVALID_HANDLE);
	EQUAL(win_handle_close(handle, &private_class), TRUE);
	EQUAL(freed, 1);
}

TEST(references, "An object lives as long as somebody works on it")
{
	HANDLE handle = new_handle(&test_class);
	struct win_object *object = win_handle_get(handle, &test_class);

	CHECK(object);
	EQUAL(CloseHandle(handle), TRUE);
	EQUAL(closed, 1);
	EQUAL(freed, 0);
	win_object_put(object);
	EQUAL(freed, 1);
}

TEST(duplicates, "A duplicate keeps the object open until it is closed, too")
{
	HANDLE handle = CreateEventA(NULL, TRUE, TRUE, NULL), copy = NULL, third;

	EQUAL(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, FALSE,
			      DUPLICATE_SAME_ACCESS),
	      TRUE);
	CHECK(copy && copy != handle);
	EQUAL(CloseHandle(handle), TRUE);
	EQUAL(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
	EQUAL(DuplicateHandle(GetCurrentProcess(), copy, GetCurrentProcess(), &third, 0, FALSE,
			      DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS),
	      TRUE);
	WAIT_REFUSED(WaitForSingleObject(copy, 0), ERROR_INVALID_HANDLE);
	EQUAL(CloseHandle(third), TRUE);
	REFUSED(DuplicateHandle(GetCurrentProcess(), third, GetCurrentProcess(), &copy, 0, FALSE,
				0),
		ERROR_INVALID_HANDLE);
	REFUSED(DuplicateHandle(third, third, GetCurrentProcess(), &copy, 0, FALSE, 0),
		ERROR_INVALID_HANDLE);
	REFUSED(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), NULL,
				0, FALSE, 0),
		ERROR_INVALID_PARAMETER);
}

#define CLOSERS 4
#define ROUNDS	2000

static HANDLE shared;
static unsigned int successes;
static pthread_barrier_t barrier;

static void *close_shared(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		if (CloseHandle(shared))
			__atomic_add_fetch(&successes, 1, __ATOMIC_RELAXED);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

TEST(close_race, "Of several threads that close a handle at the same time, one succeeds")
{
	pthread_t threads[CLOSERS];

	successes = 0;
	pthread_barrier_init(&barrier, NULL, CLOSERS + 1);
	for (unsigned int i = 0; i < CLOSERS; i++)
		pthread_create(&threads[i], NULL, close_shared, NULL);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		shared = new_handle(&test_class);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
	}
	for (unsigned int i = 0; i < CLOSERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
	EQUAL(successes, ROUNDS);
}

TEST(last_error_per_thread, "Each thread has a last error of its own")
{
	SetLastError(1234);
	EQUAL(GetLastError(), 1234);
	CHECK(!CloseHandle(NULL));
	EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
}
