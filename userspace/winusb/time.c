// SPDX-License-Identifier: MIT
/* Clocks. */
#include <time.h>

#include "internal.h"

#define NS_PER_SECOND	 1000000000u
#define TICKS_PER_SECOND 10000000u /* of 100 ns */
/* 1601 to 1970, in seconds. */
#define EPOCH_DIFFERENCE 11644473600u

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t win_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void win_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void win_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / NS_PER_SECOND),
		.tv_nsec = (long)(until_ns % NS_PER_SECOND),
	};

	if (until_ns)
		pthread_cond_timedwait(cond, mutex, &until);
	else
		pthread_cond_wait(cond, mutex);
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
{
	if (!lpPerformanceCount)
		return win_fail(ERROR_NOACCESS);
	lpPerformanceCount->QuadPart = win_ticks_from_ns(win_now_ns());
	return TRUE;
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
{
	if (!lpFrequency)
		return win_fail(ERROR_NOACCESS);
	lpFrequency->QuadPart = TICKS_PER_SECOND;
	return TRUE;
}

ULONGLONG WINAPI GetTickCount64(void)
{
	return clock_ns(CLOCK_BOOTTIME) / 1000000u;
}

DWORD WINAPI GetTickCount(void)
{
	return (DWORD)GetTickCount64();
}

DWORD WINAPI timeGetTime(void)
{
	return GetTickCount();
}

MMRESULT WINAPI timeBeginPeriod(UINT uPeriod)
{
	return uPeriod ? TIMERR_NOERROR : TIMERR_NOCANDO;
}

MMRESULT WINAPI timeEndPeriod(UINT uPeriod)
{
	return uPeriod ? TIMERR_NOERROR : TIMERR_NOCANDO;
}

void WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
	uint64_t ticks =
		clock_ns(CLOCK_REALTIME) / 100 + (uint64_t)EPOCH_DIFFERENCE * TICKS_PER_SECOND;

	lpSystemTimeAsFileTime->dwLowDateTime = (DWORD)ticks;
	lpSystemTimeAsFileTime->dwHighDateTime = (DWORD)(ticks >> 32);
}

void WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
{
	GetSystemTimePreciseAsFileTime(lpSystemTimeAsFileTime);
}

static void to_system_time(const struct tm *tm, const struct timespec *now, SYSTEMTIME *time)
{
	time->wYear = (WORD)(tm->tm_year + 1900);
	time->wMonth = (WORD)(tm->tm_mon + 1);
	time->wDayOfWeek = (WORD)tm->tm_wday;
	time->wDay = (WORD)tm->tm_mday;
	time->wHour = (WORD)tm->tm_hour;
	time->wMinute = (WORD)tm->tm_min;
	time->wSecond = (WORD)(tm->tm_sec > 59 ? 59 : tm->tm_sec);
	time->wMilliseconds = (WORD)(now->tv_nsec / 1000000);
}

void WINAPI GetSystemTime(LPSYSTEMTIME lpSystemTime)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	to_system_time(&tm, &now, lpSystemTime);
}

void WINAPI GetLocalTime(LPSYSTEMTIME lpSystemTime)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	to_system_time(&tm, &now, lpSystemTime);
}
