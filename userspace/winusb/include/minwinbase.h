/* SPDX-License-Identifier: MIT */
/* Structures of the functions in <winbase.h>. */
#ifndef _MINWINBASE_
#define _MINWINBASE_

#include <windef.h>

typedef struct _SECURITY_ATTRIBUTES {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/*
 * One pending operation. Zero it before its first use. Internal is an NTSTATUS, InternalHigh the
 * number of bytes; both are written by the library until the operation has completed.
 */
typedef struct _OVERLAPPED {
	ULONG_PTR Internal;
	ULONG_PTR InternalHigh;
	_ANONYMOUS_UNION union {
		_ANONYMOUS_STRUCT struct {
			DWORD Offset;
			DWORD OffsetHigh;
		};
		PVOID Pointer;
	};
	HANDLE hEvent;
} OVERLAPPED, *POVERLAPPED, *LPOVERLAPPED;

typedef struct _OVERLAPPED_ENTRY {
	ULONG_PTR lpCompletionKey;
	LPOVERLAPPED lpOverlapped;
	ULONG_PTR Internal;
	DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY, *LPOVERLAPPED_ENTRY;

typedef struct _SYSTEMTIME {
	WORD wYear;
	WORD wMonth;
	WORD wDayOfWeek;
	WORD wDay;
	WORD wHour;
	WORD wMinute;
	WORD wSecond;
	WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

/* Opaque: the first is a recursive mutex, the others work when they are all zero. */
typedef struct _RTL_CRITICAL_SECTION {
	ULONGLONG Opaque[8];
} RTL_CRITICAL_SECTION, CRITICAL_SECTION, *PRTL_CRITICAL_SECTION, *PCRITICAL_SECTION,
	*LPCRITICAL_SECTION;

typedef struct _RTL_SRWLOCK {
	ULONGLONG Opaque[8];
} RTL_SRWLOCK, SRWLOCK, *PRTL_SRWLOCK, *PSRWLOCK;

typedef struct _RTL_CONDITION_VARIABLE {
	ULONGLONG Opaque[8];
} RTL_CONDITION_VARIABLE, CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE, *PCONDITION_VARIABLE;

typedef union _RTL_RUN_ONCE {
	PVOID Ptr;
} RTL_RUN_ONCE, INIT_ONCE, *PRTL_RUN_ONCE, *PINIT_ONCE, *LPINIT_ONCE;

#define SRWLOCK_INIT \
	{ \
		{ \
			0 \
		} \
	}
#define CONDITION_VARIABLE_INIT \
	{ \
		{ \
			0 \
		} \
	}
#define INIT_ONCE_STATIC_INIT \
	{ \
		0 \
	}

typedef DWORD(WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;
typedef BOOL(WINAPI *PINIT_ONCE_FN)(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context);
typedef BOOL(WINAPI *PHANDLER_ROUTINE)(DWORD CtrlType);
typedef VOID(WINAPI *PTIMERAPCROUTINE)(LPVOID lpArgToCompletionRoutine, DWORD dwTimerLowValue,
				       DWORD dwTimerHighValue);
typedef VOID(WINAPI *LPOVERLAPPED_COMPLETION_ROUTINE)(DWORD dwErrorCode,
						      DWORD dwNumberOfBytesTransfered,
						      LPOVERLAPPED lpOverlapped);

#endif /* _MINWINBASE_ */
