// SPDX-License-Identifier: MIT
/* Mutexes, semaphores, timers, threads, and the locks within the process. */
#include <pthread.h>
#include <process.h>
#include <errno.h>

#include "winapi.h"

#define SOON 20000

/* ---- Mutexes ---- */

static DWORD WINAPI take_and_leave(LPVOID mutex)
{
	return WaitForSingleObject(mutex, SOON);
}

static DWORD WINAPI try_mutex(LPVOID mutex)
{
	return WaitForSingleObject(mutex, 0);
}

static DWORD run_thread(LPTHREAD_START_ROUTINE start, LPVOID arg)
{
	HANDLE thread = CreateThread(NULL, 0, start, arg, 0, NULL);
	DWORD code = 0;

	WaitForSingleObject(thread, INFINITE);
	GetExitCodeThread(thread, &code);
	CloseHandle(thread);
	return code;
}

TEST(mutex, "A mutex belongs to one thread, which may take it again")
{
	HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);

	EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
	EQUAL(run_thread(try_mutex, mutex), WAIT_TIMEOUT);
	EQUAL(ReleaseMutex(mutex), TRUE);
	EQUAL(run_thread(try_mutex, mutex), WAIT_TIMEOUT);
	EQUAL(ReleaseMutex(mutex), TRUE);
	REFUSED(ReleaseMutex(mutex), ERROR_NOT_OWNER);
	EQUAL(run_thread(try_mutex, mutex), WAIT_OBJECT_0);
	EQUAL(CloseHandle(mutex), TRUE);
	REFUSED_NULL(CreateMutexW(NULL, FALSE, L"name"), ERROR_NOT_SUPPORTED);
}

TEST(abandoned, "A mutex whose owner ended is abandoned, once")
{
	HANDLE mutex = CreateMutexW(NULL, FALSE, NULL);

	EQUAL(run_thread(take_and_leave, mutex), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(mutex, SOON), WAIT_ABANDONED);
	EQUAL(ReleaseMutex(mutex), TRUE);
	EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
	EQUAL(CloseHandle(mutex), TRUE);
}

/* ---- Semaphores ---- */

TEST(semaphore, "A semaphore counts, up to its maximum")
{
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
	LONG before = -1;

	EQUAL(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
	EQUAL(ReleaseSemaphore(semaphore, 2, &before), TRUE);
	EQUAL(before, 0);
	REFUSED(ReleaseSemaphore(semaphore, 2, &before), ERROR_TOO_MANY_POSTS);
	REFUSED(ReleaseSemaphore(semaphore, 0, NULL), ERROR_INVALID_PARAMETER);
	EQUAL(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
	EQUAL(CloseHandle(semaphore), TRUE);
	REFUSED_NULL(CreateSemaphoreA(NULL, 4, 3, NULL), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(CreateSemaphoreA(NULL, -1, 3, NULL), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(CreateSemaphoreA(NULL, 0, 0, NULL), ERROR_INVALID_PARAMETER);
}

/* ---- Timers ---- */

static const LARGE_INTEGER at_once = { .QuadPart = 0 };
static const LARGE_INTEGER in_a_ms = { .QuadPart = -10000 };
static const LARGE_INTEGER in_an_hour = { .QuadPart = -36000000000 };

TEST(timer, "A timer is signaled when it is due, and not before")
{
	HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);

	EQUAL(WaitForSingleObject(timer, 0), WAIT_TIMEOUT);
	EQUAL(SetWaitableTimer(timer, &in_an_hour, 0, NULL, NULL, FALSE), TRUE);
	EQUAL(WaitForSingleObject(timer, 2), WAIT_TIMEOUT);
	EQUAL(SetWaitableTimer(timer, &in_a_ms, 0, NULL, NULL, FALSE), TRUE);
	EQUAL(WaitForSingleObject(timer, SOON), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(timer, 0), WAIT_OBJECT_0);
	EQUAL(CancelWaitableTimer(timer), TRUE);
	EQUAL(WaitForSingleObject(timer, 0), WAIT_OBJECT_0);
	EQUAL(CloseHandle(timer), TRUE);
}

TEST(periodic_timer, "A periodic auto-reset timer ends one wait in each period")
{
	HANDLE timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
					      TIMER_ALL_ACCESS);
	uint64_t start = win_now_ns();

	EQUAL(SetWaitableTimer(timer, &at_once, 3, NULL, NULL, FALSE), TRUE);
	for (unsigned int i = 0; i < 5; i++)
		EQUAL(WaitForSingleObject(timer, SOON), WAIT_OBJECT_0);
	CHECK(win_now_ns() - start >= 4 * 3000000u - 3000000u);
	EQUAL(CloseHandle(timer), TRUE);
}

TEST(timer_in_all, "A wait for all with a timer and an event needs both")
{
	HANDLE handles[2] = {
		CreateEventA(NULL, TRUE, FALSE, NULL),
		CreateWaitableTimerA(NULL, FALSE, NULL),
	};

	SetWaitableTimer(handles[1], &in_a_ms, 0, NULL, NULL, FALSE);
	EQUAL(WaitForMultipleObjects(2, handles, TRUE, 10), WAIT_TIMEOUT);
	SetEvent(handles[0]);
	EQUAL(WaitForMultipleObjects(2, handles, TRUE, SOON), WAIT_OBJECT_0);
	EQUAL(WaitForSingleObject(handles[1], 0), WAIT_TIMEOUT);
	CHECK(CloseHandle(handles[0]) && CloseHandle(handles[1]));
}

static VOID CALLBACK on_timer(LPVOID arg, DWORD low, DWORD high)
{
	(void)arg;
	(void)low;
	(void)high;
}

TEST(timer_arguments, "Timers refuse what they don't know")
{
	HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);

	REFUSED(SetWaitableTimer(timer, NULL, 0, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
	REFUSED(SetWaitableTimer(timer, &at_once, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
	REFUSED(SetWaitableTimer(timer, &at_once, 0, on_timer, NULL, FALSE), ERROR_NOT_SUPPORTED);
	EQUAL(CloseHandle(timer), TRUE);
	REFUSED(SetWaitableTimer(timer, &at_once, 0, NULL, NULL, FALSE), ERROR_INVALID_HANDLE);
	REFUSED(CancelWaitableTimer(timer), ERROR_INVALID_HANDLE);
	REFUSED_NULL(CreateWaitableTimerExA(NULL, NULL, 8, 0), ERROR_INVALID_PARAMETER);
}

/* ---- Threads ---- */

static DWORD WINAPI give_code(LPVOID arg)
{
	return (DWORD)(ULONG_PTR)arg;
}

static DWORD WINAPI exit_early(LPVOID arg)
{
	ExitThread((DWORD)(ULONG_PTR)arg);
}

static unsigned int __stdcall begin_ex(void *arg)
{
	*(DWORD *)arg = GetCurrentThreadId();
	_endthreadex(7);
}

TEST(thread, "A thread is signaled when it ends, with its exit code")
{
	DWORD id = 0, code = 0;
	HANDLE thread = CreateThread(NULL, 4096, give_code, (LPVOID)123, CREATE_SUSPENDED, &id);

	CHECK(thread && id);
	EQUAL(GetThreadId(thread), id);
	EQUAL(GetExitCodeThread(thread, &code), TRUE);
	EQUAL(code, STILL_ACTIVE);
	EQUAL(WaitForSingleObject(thread, 1), WAIT_TIMEOUT);
	EQUAL(ResumeThread(thread), 1);
	EQUAL(WaitForSingleObject(thread, SOON), WAIT_OBJECT_0);
	EQUAL(ResumeThread(thread), 0);
	EQUAL(GetExitCodeThread(thread, &code), TRUE);
	EQUAL(code, 123);
	EQUAL(CloseHandle(thread), TRUE);
	REFUSED(GetExitCodeThread(thread, &code), ERROR_INVALID_HANDLE);
	EQUAL(run_thread(exit_early, (LPVOID)9), 9);
}

TEST(begin_thread_ex, "_beginthreadex() starts a thread, and says EINVAL without a function")
{
	DWORD seen = 0;
	unsigned int id = 0;
	uintptr_t thread = _beginthreadex(NULL, 0, begin_ex, &seen, 0, &id);
	DWORD code = 0;

	CHECK(thread);
	EQUAL(WaitForSingleObject((HANDLE)thread, SOON), WAIT_OBJECT_0);
	EQUAL(seen, id);
	EQUAL(GetExitCodeThread((HANDLE)thread, &code), TRUE);
	EQUAL(code, 7);
	CHECK(CloseHandle((HANDLE)thread));
	errno = 0;
	EQUAL(_beginthreadex(NULL, 0, NULL, NULL, 0, NULL), 0);
	EQUAL(errno, EINVAL);
	REFUSED_NULL(CreateThread(NULL, 0, NULL, NULL, 0, NULL), ERROR_INVALID_PARAMETER);
	REFUSED_NULL(CreateThread(NULL, 0, give_code, NULL, 0x80, NULL), ERROR_INVALID_PARAMETER);
}

TEST(closed_thread, "A thread runs on after its handle was closed")
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE thread = CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)SetEvent, event, 0, NULL);

	EQUAL(CloseHandle(thread), TRUE);
	EQUAL(WaitForSingleObject(event, SOON), WAIT_OBJECT_0);
	EQUAL(CloseHandle(event), TRUE);
}

static DWORD WINAPI current_thread_handle(LPVOID arg)
{
	return DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), arg, 0,
			       FALSE, DUPLICATE_SAME_ACCESS);
}

TEST(own_handle, "A thread can give others a handle to itself")
{
	HANDLE own = NULL;

	EQUAL(run_thread(current_thread_handle, &own), TRUE);
	EQUAL(WaitForSingleObject(own, SOON), WAIT_OBJECT_0);
	EQUAL(CloseHandle(own), TRUE);
	EQUAL(GetThreadId(GetCurrentThread()), GetCurrentThreadId());
}

TEST(priority, "A priority is remembered, and only those of Windows are known")
{
	EQUAL(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_NORMAL);
	EQUAL(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL), TRUE);
	REFUSED(SetThreadPriority(GetCurrentThread(), 3), ERROR_INVALID_PARAMETER);
	REFUSED(SetThreadPriority(NULL, 0), ERROR_INVALID_HANDLE);
	EQUAL(GetThreadPriority(NULL), THREAD_PRIORITY_ERROR_RETURN);
	EQUAL(SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS), TRUE);
	REFUSED(SetPriorityClass(GetCurrentProcess(), 1), ERROR_INVALID_PARAMETER);
	REFUSED(SetPriorityClass(NULL, HIGH_PRIORITY_CLASS), ERROR_INVALID_HANDLE);
	EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
}

static DWORD WINAPI own_last_error(LPVOID unused)
{
	(void)unused;
	SetLastError(99);
	return GetLastError();
}

TEST(last_errors, "The last error of another thread is not mine")
{
	SetLastError(1234);
	EQUAL(run_thread(own_last_error, NULL), 99);
	EQUAL(GetLastError(), 1234);
}

/* ---- Locks ---- */

static CRITICAL_SECTION section;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static SRWLOCK slim = SRWLOCK_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static unsigned int counter;

static DWORD WINAPI count_up(LPVOID unused)
{
	(void)unused;
	for (unsigned int i = 0; i < 1000; i++) {
		EnterCriticalSection(&section);
		EnterCriticalSection(&section);
		counter++;
		LeaveCriticalSection(&section);
		LeaveCriticalSection(&section);
		AcquireSRWLockExclusive(&slim);
		counter += 0;
		ReleaseSRWLockExclusive(&slim);
	}
	return 0;
}

static DWORD WINAPI try_section(LPVOID unused)
{
	BOOL got = TryEnterCriticalSection(&section);

	(void)unused;
	if (got)
		LeaveCriticalSection(&section);
	return (DWORD)got;
}

TEST(critical_section, "A critical section lets one thread in, and that one again")
{
	HANDLE threads[4];

	counter = 0;
	EQUAL(InitializeCriticalSectionAndSpinCount(&section, 4000), TRUE);
	EnterCriticalSection(&section);
	EQUAL(run_thread(try_section, NULL), FALSE);
	LeaveCriticalSection(&section);
	EQUAL(run_thread(try_section, NULL), TRUE);
	for (size_t i = 0; i < 4; i++)
		threads[i] = CreateThread(NULL, 0, count_up, NULL, 0, NULL);
	EQUAL(WaitForMultipleObjects(4, threads, TRUE, SOON), WAIT_OBJECT_0);
	EQUAL(counter, 4000);
	for (size_t i = 0; i < 4; i++)
		CHECK(CloseHandle(threads[i]));
	DeleteCriticalSection(&section);
}

static DWORD WINAPI wake(LPVOID unused)
{
	(void)unused;
	EnterCriticalSection(&section);
	counter = 1;
	WakeAllConditionVariable(&changed);
	LeaveCriticalSection(&section);
	return 0;
}

TEST(condition, "A condition variable wakes who sleeps on it, or times out")
{
	HANDLE thread;

	counter = 0;
	InitializeCriticalSection(&section);
	EnterCriticalSection(&section);
	REFUSED(SleepConditionVariableCS(&changed, &section, 1), ERROR_TIMEOUT);
	thread = CreateThread(NULL, 0, wake, NULL, 0, NULL);
	while (!counter)
		EQUAL(SleepConditionVariableCS(&changed, &section, INFINITE), TRUE);
	LeaveCriticalSection(&section);
	EQUAL(WaitForSingleObject(thread, SOON), WAIT_OBJECT_0);
	CHECK(CloseHandle(thread));
	DeleteCriticalSection(&section);
}

TEST(slim_lock, "A slim lock is shared by readers and taken by one writer")
{
	AcquireSRWLockShared(&slim);
	CHECK(TryAcquireSRWLockShared(&slim));
	CHECK(!TryAcquireSRWLockExclusive(&slim));
	ReleaseSRWLockShared(&slim);
	ReleaseSRWLockShared(&slim);
	CHECK(TryAcquireSRWLockExclusive(&slim));
	CHECK(!TryAcquireSRWLockShared(&slim));
	ReleaseSRWLockExclusive(&slim);
}

static BOOL CALLBACK init(PINIT_ONCE self, PVOID arg, PVOID *context)
{
	(void)self;
	counter++;
	*context = arg;
	return counter > 1;
}

TEST(init_once, "A one-time function runs until it succeeds once")
{
	PVOID context = NULL;
	int thing;

	counter = 0;
	EQUAL(InitOnceExecuteOnce(&once, init, &thing, &context), FALSE);
	EQUAL(InitOnceExecuteOnce(&once, init, &thing, &context), TRUE);
	EQUAL(InitOnceExecuteOnce(&once, init, NULL, &context), TRUE);
	CHECK(context == &thing);
	EQUAL(counter, 2);
}

TEST(interlocked, "Interlocked functions return what Windows returns")
{
	LONG value = 5;
	LONG64 wide = 5;
	PVOID pointer = NULL;

	EQUAL(InterlockedIncrement(&value), 6);
	EQUAL(InterlockedDecrement(&value), 5);
	EQUAL(InterlockedExchange(&value, 9), 5);
	EQUAL(InterlockedExchangeAdd(&value, 1), 9);
	EQUAL(InterlockedCompareExchange(&value, 1, 10), 10);
	EQUAL(InterlockedCompareExchange(&value, 2, 10), 1);
	EQUAL(value, 1);
	EQUAL(InterlockedOr(&value, 6), 1);
	EQUAL(InterlockedAnd(&value, 3), 7);
	EQUAL(value, 3);
	EQUAL(InterlockedIncrement64(&wide), 6);
	CHECK(!InterlockedCompareExchangePointer(&pointer, &value, NULL));
	CHECK(InterlockedExchangePointer(&pointer, NULL) == &value);
}

/* ---- Clocks ---- */

TEST(clocks, "The performance counter counts 100 ns of the clock that the driver uses")
{
	LARGE_INTEGER frequency, before, after;
	uint64_t ns;

	EQUAL(QueryPerformanceFrequency(&frequency), TRUE);
	EQUAL(frequency.QuadPart, 10000000);
	EQUAL(QueryPerformanceCounter(&before), TRUE);
	ns = win_now_ns();
	EQUAL(QueryPerformanceCounter(&after), TRUE);
	CHECK(before.QuadPart <= win_ticks_from_ns(ns) && win_ticks_from_ns(ns) <= after.QuadPart);
	REFUSED(QueryPerformanceCounter(NULL), ERROR_NOACCESS);
	CHECK(GetTickCount64() > 0 && GetTickCount() - (DWORD)GetTickCount64() < 0x80000000 + 1);
}

TEST(file_time, "A FILETIME counts from 1601")
{
	ULARGE_INTEGER ticks;
	FILETIME time;
	SYSTEMTIME system;

	GetSystemTimeAsFileTime(&time);
	ticks.LowPart = time.dwLowDateTime;
	ticks.HighPart = time.dwHighDateTime;
	GetSystemTime(&system);
	CHECK(system.wYear >= 2020 && system.wMonth >= 1 && system.wMonth <= 12);
	/* A year has 365.2425 days. */
	CHECK(ticks.QuadPart / 10000000 / 31556952 + 1601 - system.wYear + 1 <= 2);
}
