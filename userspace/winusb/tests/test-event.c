// SPDX-License-Identifier: MIT
/* Events, and waiting for one or several objects. */
#include <pthread.h>

#include "winapi.h"

#define SOON 20000 /* ms: long enough for any machine, never waited for */

static HANDLE new_event(BOOL manual, BOOL signaled)
{
	return CreateEventA(NULL, manual, signaled, NULL);
}

TEST(manual_event, "A manual-reset event stays signaled until it is reset")
{
	HANDLE event = new_event(TRUE, FALSE);

	EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	EQUAL(SetEvent(event), TRUE);
	EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
	EQUAL(ResetEvent(event), TRUE);
	EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	EQUAL(CloseHandle(event), TRUE);
}

TEST(auto_event, "An auto-reset event ends one wait")
{
	HANDLE event = new_event(FALSE, TRUE);

	EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	EQUAL(SetEvent(event), TRUE);
	EQUAL(SetEvent(event), TRUE);
	EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	EQUAL(CloseHandle(event), TRUE);
}

TEST(event_ex, "CreateEventEx() takes its state from flags, and knows which there are")
{
	HANDLE event =
		CreateEventExA(NULL, NULL, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET,
			       EVENT_ALL_ACCESS);

	EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	EQUAL(CloseHandle(event), TRUE);
	event = CreateEventExW(NULL, L"", 0, EVENT_ALL_ACCESS);
	EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	EQUAL(CloseHandle(event), TRUE);
	REFUSED_NULL(CreateEventExA(NULL, NULL, 4, 0), ERROR_INVALID_PARAMETER);
}

TEST(named_event, "An event with a name is refused, one with an empty name is not")
{
	HANDLE event;

	REFUSED_NULL(CreateEventA(NULL, TRUE, FALSE, "name"), ERROR_NOT_SUPPORTED);
	REFUSED_NULL(CreateEventW(NULL, TRUE, FALSE, L"name"), ERROR_NOT_SUPPORTED);
	SetLastError(NEVER_AN_ERROR);
	event = CreateEventW(NULL, TRUE, FALSE, L"");
	CHECK(event);
	EQUAL(GetLastError(), ERROR_SUCCESS);
	EQUAL(CloseHandle(event), TRUE);
}

TEST(wait_timeout, "A wait that times out takes nothing and leaves the last error alone")
{
	HANDLE event = new_event(FALSE, FALSE);

	SetLastError(NEVER_AN_ERROR);
	EQUAL(WaitForSingleObject(event, 1), WAIT_TIMEOUT);
	EQUAL(GetLastError(), NEVER_AN_ERROR);
	EQUAL(WaitForSingleObjectEx(event, 1, TRUE), WAIT_TIMEOUT);
	EQUAL(CloseHandle(event), TRUE);
}

TEST(wait_arguments, "WaitForMultipleObjects() refuses none, too many, and the same one twice")
{
	HANDLE handles[MAXIMUM_WAIT_OBJECTS + 1];
	HANDLE event = new_event(TRUE, TRUE), other = new_event(TRUE, TRUE);

	for (size_t i = 0; i < ARRAYSIZE(handles); i++)
		handles[i] = event;
	WAIT_REFUSED(WaitForMultipleObjects(0, handles, FALSE, 0), ERROR_INVALID_PARAMETER);
	WAIT_REFUSED(WaitForMultipleObjects(65, handles, FALSE, 0), ERROR_INVALID_PARAMETER);
	WAIT_REFUSED(WaitForMultipleObjects(1, NULL, FALSE, 0), ERROR_INVALID_PARAMETER);
	WAIT_REFUSED(WaitForMultipleObjects(2, handles, TRUE, 0), ERROR_INVALID_PARAMETER);
	EQUAL(WaitForMultipleObjects(64, handles, FALSE, 0), WAIT_OBJECT_0);
	handles[1] = other;
	EQUAL(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_OBJECT_0);
	handles[1] = NULL;
	WAIT_REFUSED(WaitForMultipleObjects(2, handles, FALSE, 0), ERROR_INVALID_HANDLE);
	EQUAL(CloseHandle(event), TRUE);
	EQUAL(CloseHandle(other), TRUE);
}

TEST(any_lowest, "A wait for any gives the lowest index that is signaled, and takes only that")
{
	HANDLE handles[3] = { new_event(FALSE, FALSE), new_event(FALSE, TRUE),
			      new_event(FALSE, TRUE) };

	EQUAL(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0 + 1);
	EQUAL(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_OBJECT_0 + 2);
	EQUAL(WaitForMultipleObjects(3, handles, FALSE, 0), WAIT_TIMEOUT);
	for (size_t i = 0; i < 3; i++)
		EQUAL(CloseHandle(handles[i]), TRUE);
}

TEST(all_or_nothing, "A wait for all takes nothing before it can take everything")
{
	HANDLE handles[2] = { new_event(FALSE, TRUE), new_event(FALSE, FALSE) };

	EQUAL(WaitForMultipleObjects(2, handles, TRUE, 1), WAIT_TIMEOUT);
	EQUAL(WaitForSingleObject(handles[0], 0), WAIT_OBJECT_0);
	CHECK(SetEvent(handles[0]) && SetEvent(handles[1]));
	EQUAL(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(handles[0], 0), WAIT_TIMEOUT);
	EQUAL(WaitForSingleObject(handles[1], 0), WAIT_TIMEOUT);
	CHECK(CloseHandle(handles[0]) && CloseHandle(handles[1]));
}

/* ---- With threads ---------------------------------------------------------------- */

struct waiter {
	HANDLE handles[3];
	DWORD count;
	BOOL all;
	DWORD result;
	HANDLE done;
	pthread_t thread;
};

static void *run_waiter(void *arg)
{
	struct waiter *waiter = arg;

	waiter->result = WaitForMultipleObjects(waiter->count, waiter->handles, waiter->all, SOON);
	SetEvent(waiter->done);
	return NULL;
}

static void start_waiter(struct waiter *waiter)
{
	waiter->done = new_event(TRUE, FALSE);
	pthread_create(&waiter->thread, NULL, run_waiter, waiter);
}

static DWORD join_waiter(struct waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
	CloseHandle(waiter->done);
	return waiter->result;
}

/* Until so many wait for it. */
static void wait_for_waiters(HANDLE handle, unsigned int count)
{
	struct win_event *event = win_handle_get(handle, &win_event_class);
	unsigned int found = 0;

	while (found < count) {
		found = 0;
		win_wait_lock();
		for (struct win_wait_block *block = event->waitable.first; block;
		     block = block->next)
			found++;
		win_wait_unlock();
		Sleep(found < count);
	}
	win_object_put(&event->waitable.object);
}

TEST(manual_wakes_all, "A manual-reset event ends every wait, an auto-reset event one")
{
	HANDLE manual = new_event(TRUE, FALSE), automatic = new_event(FALSE, FALSE);
	struct waiter waiters[4] = { 0 };
	unsigned int ended = 0;

	for (unsigned int i = 0; i < 4; i++) {
		waiters[i].handles[0] = i < 2 ? manual : automatic;
		waiters[i].count = 1;
		start_waiter(&waiters[i]);
	}
	wait_for_waiters(manual, 2);
	wait_for_waiters(automatic, 2);
	SetEvent(manual);
	EQUAL(join_waiter(&waiters[0]), WAIT_OBJECT_0);
	EQUAL(join_waiter(&waiters[1]), WAIT_OBJECT_0);
	SetEvent(automatic);
	ended = WaitForMultipleObjects(2, (HANDLE[]){ waiters[2].done, waiters[3].done }, FALSE,
				       SOON);
	CHECK(ended < 2);
	EQUAL(WaitForSingleObject(waiters[ended ? 2 : 3].done, 10), WAIT_TIMEOUT);
	EQUAL(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT);
	SetEvent(automatic);
	EQUAL(join_waiter(&waiters[2]), WAIT_OBJECT_0);
	EQUAL(join_waiter(&waiters[3]), WAIT_OBJECT_0);
	CHECK(CloseHandle(manual) && CloseHandle(automatic));
}

TEST(pulse, "PulseEvent() ends the waits that there are and leaves the event reset")
{
	HANDLE event = new_event(TRUE, FALSE);
	struct waiter waiter = { .handles = { event }, .count = 1 };

	start_waiter(&waiter);
	wait_for_waiters(event, 1);
	EQUAL(PulseEvent(event), TRUE);
	EQUAL(join_waiter(&waiter), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	EQUAL(CloseHandle(event), TRUE);
	REFUSED(PulseEvent(event), ERROR_INVALID_HANDLE);
}

TEST(all_waits_for_both, "A wait for all ends when the last one is signaled, in any order")
{
	HANDLE a = new_event(FALSE, FALSE), b = new_event(FALSE, FALSE);
	struct waiter waiter = { .handles = { a, b }, .count = 2, .all = TRUE };

	start_waiter(&waiter);
	wait_for_waiters(a, 1);
	SetEvent(b);
	EQUAL(WaitForSingleObject(waiter.done, 10), WAIT_TIMEOUT);
	SetEvent(a);
	EQUAL(join_waiter(&waiter), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(a, 0), WAIT_TIMEOUT);
	EQUAL(WaitForSingleObject(b, 0), WAIT_TIMEOUT);
	CHECK(CloseHandle(a) && CloseHandle(b));
}

TEST(any_beats_all, "An event that a wait for all cannot use yet goes to a wait that can")
{
	HANDLE a = new_event(FALSE, FALSE), b = new_event(FALSE, FALSE);
	struct waiter all = { .handles = { a, b }, .count = 2, .all = TRUE };
	struct waiter any = { .handles = { a }, .count = 1 };

	start_waiter(&all);
	wait_for_waiters(a, 1);
	start_waiter(&any);
	wait_for_waiters(a, 2);
	SetEvent(a);
	EQUAL(join_waiter(&any), WAIT_OBJECT_0);
	CHECK(SetEvent(b) && SetEvent(a));
	EQUAL(join_waiter(&all), WAIT_OBJECT_0);
	CHECK(CloseHandle(a) && CloseHandle(b));
}

TEST(close_while_waiting, "Closing the handle does not disturb the wait that uses the event")
{
	HANDLE event = new_event(FALSE, FALSE), copy;
	struct waiter waiter = { .handles = { event }, .count = 1 };

	DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, 0);
	start_waiter(&waiter);
	wait_for_waiters(event, 1);
	CHECK(CloseHandle(event));
	SetEvent(copy);
	EQUAL(join_waiter(&waiter), WAIT_OBJECT_0);
	CHECK(CloseHandle(copy));
}

/* ---- Races ------------------------------------------------------------------------ */

#define TURNS 20000

struct ping_pong {
	HANDLE ping, pong;
	unsigned int turns;
};

static void *play(void *arg)
{
	struct ping_pong *game = arg;

	while (game->turns < TURNS) {
		if (WaitForSingleObject(game->ping, SOON) != WAIT_OBJECT_0)
			return arg;
		game->turns++;
		SetEvent(game->pong);
	}
	return NULL;
}

TEST(ping_pong, "Two threads that wake each other by auto-reset events never lose a turn")
{
	struct ping_pong game = { new_event(FALSE, FALSE), new_event(FALSE, FALSE), 0 };
	pthread_t thread;
	void *failed;

	pthread_create(&thread, NULL, play, &game);
	for (unsigned int i = 1; i <= TURNS; i++) {
		SetEvent(game.ping);
		EQUAL(WaitForSingleObject(game.pong, SOON), WAIT_OBJECT_0);
		EQUAL(game.turns, i);
	}
	pthread_join(thread, &failed);
	CHECK(!failed);
	CHECK(CloseHandle(game.ping) && CloseHandle(game.pong));
}

#define TAKERS 4
#define GIFTS  10000

static HANDLE gift, taken;
static unsigned int num_taken;
static bool no_more;

static void *take_gifts(void *arg)
{
	HANDLE handles[2] = { gift, arg };

	for (;;) {
		if (WaitForMultipleObjects(2, handles, FALSE, SOON) != WAIT_OBJECT_0)
			return NULL;
		__atomic_add_fetch(&num_taken, 1, __ATOMIC_RELAXED);
		SetEvent(taken);
	}
}

TEST(exactly_one, "Each setting of an auto-reset event ends exactly one wait of many")
{
	HANDLE stop = new_event(TRUE, FALSE);
	pthread_t threads[TAKERS];

	gift = new_event(FALSE, FALSE);
	taken = new_event(FALSE, FALSE);
	num_taken = 0;
	for (unsigned int i = 0; i < TAKERS; i++)
		pthread_create(&threads[i], NULL, take_gifts, stop);
	for (unsigned int i = 1; i <= GIFTS; i++) {
		SetEvent(gift);
		EQUAL(WaitForSingleObject(taken, SOON), WAIT_OBJECT_0);
		EQUAL(__atomic_load_n(&num_taken, __ATOMIC_RELAXED), i);
	}
	SetEvent(stop);
	for (unsigned int i = 0; i < TAKERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(CloseHandle(gift) && CloseHandle(taken) && CloseHandle(stop));
}

static HANDLE pair[2];
static unsigned int pairs_taken;

static void *take_pairs(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&no_more, __ATOMIC_ACQUIRE))
		if (WaitForMultipleObjects(2, pair, TRUE, 1) == WAIT_OBJECT_0)
			__atomic_add_fetch(&pairs_taken, 1, __ATOMIC_RELAXED);
	return NULL;
}

TEST(all_race, "Threads that wait for all of the same events never take half of them")
{
	pthread_t threads[TAKERS];
	unsigned int sets = 0;

	pair[0] = CreateSemaphoreA(NULL, 0, 100000, NULL);
	pair[1] = CreateSemaphoreA(NULL, 0, 100000, NULL);
	no_more = false;
	pairs_taken = 0;
	for (unsigned int i = 0; i < TAKERS; i++)
		pthread_create(&threads[i], NULL, take_pairs, NULL);
	for (sets = 0; sets < 3000; sets++) {
		CHECK(ReleaseSemaphore(pair[sets % 2], 1, NULL));
		CHECK(ReleaseSemaphore(pair[(sets + 1) % 2], 1, NULL));
	}
	while (__atomic_load_n(&pairs_taken, __ATOMIC_RELAXED) < sets)
		Sleep(1);
	__atomic_store_n(&no_more, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < TAKERS; i++)
		pthread_join(threads[i], NULL);
	EQUAL(pairs_taken, sets);
	EQUAL(WaitForSingleObject(pair[0], 0), WAIT_TIMEOUT);
	EQUAL(WaitForSingleObject(pair[1], 0), WAIT_TIMEOUT);
	CHECK(CloseHandle(pair[0]) && CloseHandle(pair[1]));
}

static HANDLE hot;

static void *set_and_wait(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < 5000; i++) {
		HANDLE handle = __atomic_load_n(&hot, __ATOMIC_ACQUIRE);

		SetEvent(handle);
		WaitForSingleObject(handle, 0);
		ResetEvent(handle);
	}
	return NULL;
}

TEST(set_wait_close_race, "Set, wait, reset and close of one event by many threads never crash")
{
	pthread_t threads[TAKERS];

	hot = new_event(FALSE, FALSE);
	for (unsigned int i = 0; i < TAKERS; i++)
		pthread_create(&threads[i], NULL, set_and_wait, NULL);
	for (unsigned int i = 0; i < 2000; i++) {
		HANDLE old = hot;

		__atomic_store_n(&hot, new_event(i & 1, FALSE), __ATOMIC_RELEASE);
		CHECK(CloseHandle(old));
	}
	for (unsigned int i = 0; i < TAKERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(CloseHandle(hot));
}
