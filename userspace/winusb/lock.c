// SPDX-License-Identifier: MIT
/* Locks within the process: critical sections, slim locks, condition variables, one-time calls. */
#include <assert.h>
#include <errno.h>
#include <time.h>

#include "internal.h"

/* All zero is an unlocked one of each in the C library, too. */
static_assert(sizeof(pthread_mutex_t) <= sizeof(CRITICAL_SECTION), "CRITICAL_SECTION is too small");
static_assert(sizeof(pthread_rwlock_t) <= sizeof(SRWLOCK), "SRWLOCK is too small");
static_assert(sizeof(pthread_cond_t) <= sizeof(CONDITION_VARIABLE),
	      "CONDITION_VARIABLE is too small");

static pthread_mutex_t *mutex_of(LPCRITICAL_SECTION section)
{
	return (pthread_mutex_t *)(void *)section;
}

void WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex_of(lpCriticalSection), &attr);
	pthread_mutexattr_destroy(&attr);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
						  DWORD dwSpinCount)
{
	(void)dwSpinCount;
	InitializeCriticalSection(lpCriticalSection);
	return TRUE;
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount,
					DWORD Flags)
{
	(void)dwSpinCount;
	(void)Flags;
	InitializeCriticalSection(lpCriticalSection);
	return TRUE;
}

void WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutex_lock(mutex_of(lpCriticalSection));
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	return pthread_mutex_trylock(mutex_of(lpCriticalSection)) == 0;
}

void WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutex_unlock(mutex_of(lpCriticalSection));
}

void WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
	pthread_mutex_destroy(mutex_of(lpCriticalSection));
}

/* ---- Slim reader/writer locks --------------------------------------------------- */

static pthread_rwlock_t *rwlock_of(PSRWLOCK lock)
{
	return (pthread_rwlock_t *)(void *)lock;
}

void WINAPI InitializeSRWLock(PSRWLOCK SRWLock)
{
	pthread_rwlock_init(rwlock_of(SRWLock), NULL);
}

void WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
	pthread_rwlock_wrlock(rwlock_of(SRWLock));
}

void WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock)
{
	pthread_rwlock_rdlock(rwlock_of(SRWLock));
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
	return pthread_rwlock_trywrlock(rwlock_of(SRWLock)) == 0;
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock)
{
	return pthread_rwlock_tryrdlock(rwlock_of(SRWLock)) == 0;
}

void WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock)
{
	pthread_rwlock_unlock(rwlock_of(SRWLock));
}

void WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock)
{
	pthread_rwlock_unlock(rwlock_of(SRWLock));
}

/* ---- Condition variables --------------------------------------------------------- */

static pthread_cond_t *cond_of(PCONDITION_VARIABLE variable)
{
	return (pthread_cond_t *)(void *)variable;
}

void WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
	pthread_cond_init(cond_of(ConditionVariable), NULL);
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable,
				     PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds)
{
	uint64_t until = win_now_ns() + (uint64_t)dwMilliseconds * 1000000u;
	struct timespec at = {
		.tv_sec = (time_t)(until / 1000000000u),
		.tv_nsec = (long)(until % 1000000000u),
	};

	if (dwMilliseconds == INFINITE)
		pthread_cond_wait(cond_of(ConditionVariable), mutex_of(CriticalSection));
	else if (pthread_cond_clockwait(cond_of(ConditionVariable), mutex_of(CriticalSection),
					CLOCK_MONOTONIC, &at) == ETIMEDOUT)
		return win_fail(ERROR_TIMEOUT);
	return TRUE;
}

void WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
	pthread_cond_signal(cond_of(ConditionVariable));
}

void WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
	pthread_cond_broadcast(cond_of(ConditionVariable));
}

/* ---- Once -------------------------------------------------------------------------- */

/* Values of Ptr; a context has its two lowest bits free, as on Windows. */
#define RUNNING ((PVOID)1)
#define DONE	((uintptr_t)2)

static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER; /* Ptr of every INIT_ONCE */
static pthread_cond_t once_changed = PTHREAD_COND_INITIALIZER;

static void set_once(PINIT_ONCE once, PVOID value)
{
	pthread_mutex_lock(&once_lock);
	once->Ptr = value;
	pthread_cond_broadcast(&once_changed);
	pthread_mutex_unlock(&once_lock);
}

/* true: it is for the caller to do. */
static bool begin_once(PINIT_ONCE once)
{
	bool mine;

	pthread_mutex_lock(&once_lock);
	while (once->Ptr == RUNNING)
		pthread_cond_wait(&once_changed, &once_lock);
	mine = !once->Ptr;
	if (mine)
		once->Ptr = RUNNING;
	pthread_mutex_unlock(&once_lock);
	return mine;
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter,
				LPVOID *Context)
{
	PVOID context = NULL;

	if (!InitOnce || !InitFn)
		return win_fail(ERROR_INVALID_PARAMETER);
	if (begin_once(InitOnce)) {
		if (!InitFn(InitOnce, Parameter, &context)) {
			set_once(InitOnce, NULL);
			return FALSE;
		}
		set_once(InitOnce, (PVOID)((uintptr_t)context | DONE));
	}
	if (Context)
		*Context = (PVOID)((uintptr_t)InitOnce->Ptr & ~(uintptr_t)3);
	return TRUE;
}
