/* SPDX-License-Identifier: MIT */
/* What both sides of the system call interface of Windows know, as far as WinUSB programs do. */
#ifndef _WINNT_
#define _WINNT_

#include <windef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef union _LARGE_INTEGER {
	_ANONYMOUS_STRUCT struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	_ANONYMOUS_STRUCT struct {
		DWORD LowPart;
		DWORD HighPart;
	};
	struct {
		DWORD LowPart;
		DWORD HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LUID {
	DWORD LowPart;
	LONG HighPart;
} LUID, *PLUID;

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef PVOID PSECURITY_DESCRIPTOR;
typedef DWORD ACCESS_MASK;
typedef DWORD EXECUTION_STATE;

#define MAXCHAR	 0x7f
#define MINCHAR	 0x80
#define MAXBYTE	 0xff
#define MAXSHORT 0x7fff
#define MAXWORD	 0xffff
#define MAXDWORD 0xffffffff
#define MAXLONG	 0x7fffffff
#define MINLONG	 0x80000000
#define MAXULONG 0xffffffff

#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL    ((CHAR)0)

#ifndef ARRAYSIZE
#define RTL_NUMBER_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ARRAYSIZE(a)	 RTL_NUMBER_OF(a)
#endif
#ifndef _countof
#define _countof(a) (sizeof(a) / sizeof((a)[0]))
#endif
#define RTL_FIELD_SIZE(type, field)		(sizeof(((type *)0)->field))
#define FIELD_SIZE(type, field)			RTL_FIELD_SIZE(type, field)
#define FIELD_OFFSET(type, field)		((LONG)(LONG_PTR)offsetof(type, field))
#define UFIELD_OFFSET(type, field)		((DWORD)(LONG_PTR)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) ((type *)((PCHAR)(address)-offsetof(type, field)))
#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(p)      ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p)  ((void)(p))
#define UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#endif
#define C_ASSERT(e) \
	__extension__ typedef char __C_ASSERT__[(e) ? 1 : -1] __attribute__((__unused__))
#define DEFAULT_UNREACHABLE \
	default: \
		__builtin_unreachable()

#define RtlEqualMemory(a, b, length)	(!memcmp((a), (b), (length)))
#define RtlMoveMemory(to, from, length) memmove((to), (from), (length))
#define RtlCopyMemory(to, from, length) memcpy((to), (from), (length))
#define RtlFillMemory(to, length, fill) memset((to), (fill), (length))
#define RtlZeroMemory(to, length)	memset((to), 0, (length))

/* ---- Access, sharing, attributes ---- */

#define DELETE			 0x00010000
#define READ_CONTROL		 0x00020000
#define WRITE_DAC		 0x00040000
#define WRITE_OWNER		 0x00080000
#define SYNCHRONIZE		 0x00100000
#define STANDARD_RIGHTS_REQUIRED 0x000f0000
#define STANDARD_RIGHTS_READ	 READ_CONTROL
#define STANDARD_RIGHTS_WRITE	 READ_CONTROL
#define STANDARD_RIGHTS_ALL	 0x001f0000
#define SPECIFIC_RIGHTS_ALL	 0x0000ffff
#define MAXIMUM_ALLOWED		 0x02000000
#define GENERIC_ALL		 0x10000000
#define GENERIC_EXECUTE		 0x20000000
#define GENERIC_WRITE		 0x40000000
#define GENERIC_READ		 0x80000000
#define FILE_READ_DATA		 0x0001
#define FILE_WRITE_DATA		 0x0002
#define FILE_READ_ATTRIBUTES	 0x0080
#define FILE_WRITE_ATTRIBUTES	 0x0100
#define FILE_SHARE_READ		 0x00000001
#define FILE_SHARE_WRITE	 0x00000002
#define FILE_SHARE_DELETE	 0x00000004
#define FILE_ATTRIBUTE_READONLY	 0x00000001
#define FILE_ATTRIBUTE_SYSTEM	 0x00000004
#define FILE_ATTRIBUTE_DEVICE	 0x00000040
#define FILE_ATTRIBUTE_NORMAL	 0x00000080
#define EVENT_MODIFY_STATE	 0x0002
#define EVENT_ALL_ACCESS	 0x001f0003
#define MUTANT_QUERY_STATE	 0x0001
#define MUTEX_MODIFY_STATE	 MUTANT_QUERY_STATE
#define MUTEX_ALL_ACCESS	 0x001f0001
#define SEMAPHORE_MODIFY_STATE	 0x0002
#define SEMAPHORE_ALL_ACCESS	 0x001f0003
#define TIMER_QUERY_STATE	 0x0001
#define TIMER_MODIFY_STATE	 0x0002
#define TIMER_ALL_ACCESS	 0x001f0003
#define DUPLICATE_CLOSE_SOURCE	 0x00000001
#define DUPLICATE_SAME_ACCESS	 0x00000002

#define HEAP_NO_SERIALIZE	   0x00000001
#define HEAP_GROWABLE		   0x00000002
#define HEAP_GENERATE_EXCEPTIONS   0x00000004
#define HEAP_ZERO_MEMORY	   0x00000008
#define HEAP_REALLOC_IN_PLACE_ONLY 0x00000010

#define PAGE_NOACCESS	0x01
#define PAGE_READONLY	0x02
#define PAGE_READWRITE	0x04
#define MEM_COMMIT	0x00001000
#define MEM_RESERVE	0x00002000
#define MEM_DECOMMIT	0x00004000
#define MEM_RELEASE	0x00008000
#define MEM_TOP_DOWN	0x00100000
#define MEM_LARGE_PAGES 0x20000000

#define MAXIMUM_WAIT_OBJECTS  64
#define MAXIMUM_SUSPEND_COUNT MAXCHAR

#define ES_SYSTEM_REQUIRED   ((DWORD)0x00000001)
#define ES_DISPLAY_REQUIRED  ((DWORD)0x00000002)
#define ES_AWAYMODE_REQUIRED ((DWORD)0x00000040)
#define ES_CONTINUOUS	     ((DWORD)0x80000000)

#define LANG_NEUTRAL	    0x00
#define LANG_ENGLISH	    0x09
#define SUBLANG_NEUTRAL	    0x00
#define SUBLANG_DEFAULT	    0x01
#define SUBLANG_ENGLISH_US  0x01
#define MAKELANGID(p, s)    ((((WORD)(s)) << 10) | (WORD)(p))
#define PRIMARYLANGID(lgid) ((WORD)(lgid)&0x3ff)
#define SUBLANGID(lgid)	    ((WORD)(lgid) >> 10)

#define REG_NONE      0u
#define REG_SZ	      1u
#define REG_EXPAND_SZ 2u
#define REG_BINARY    3u
#define REG_DWORD     4u
#define REG_MULTI_SZ  7u

/* ---- NTSTATUS values that <winnt.h> has; the others are in <ntstatus.h> ---- */

#ifndef WIN32_NO_STATUS
#define STATUS_WAIT_0		 ((DWORD)0x00000000)
#define STATUS_ABANDONED_WAIT_0	 ((DWORD)0x00000080)
#define STATUS_USER_APC		 ((DWORD)0x000000C0)
#define STATUS_TIMEOUT		 ((DWORD)0x00000102)
#define STATUS_PENDING		 ((DWORD)0x00000103)
#define STATUS_ACCESS_VIOLATION	 ((DWORD)0xC0000005)
#define STATUS_INVALID_HANDLE	 ((DWORD)0xC0000008)
#define STATUS_INVALID_PARAMETER ((DWORD)0xC000000D)
#define STATUS_NO_MEMORY	 ((DWORD)0xC0000017)
#endif

/* ---- Atomic operations: each one a full barrier, returning what Windows returns ---- */

#define WINUSB_INTERLOCKED(suffix, type) \
	FORCEINLINE type InterlockedIncrement##suffix(type volatile *addend) \
	{ \
		return __atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedDecrement##suffix(type volatile *addend) \
	{ \
		return __atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedExchange##suffix(type volatile *target, type value) \
	{ \
		return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedExchangeAdd##suffix(type volatile *addend, type value) \
	{ \
		return __atomic_fetch_add(addend, value, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedAdd##suffix(type volatile *addend, type value) \
	{ \
		return __atomic_add_fetch(addend, value, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedAnd##suffix(type volatile *target, type value) \
	{ \
		return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedOr##suffix(type volatile *target, type value) \
	{ \
		return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedXor##suffix(type volatile *target, type value) \
	{ \
		return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST); \
	} \
\
	FORCEINLINE type InterlockedCompareExchange##suffix(type volatile *target, type value, \
							    type comparand) \
	{ \
		__atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST); \
		return comparand; \
	}

WINUSB_INTERLOCKED(, LONG)
WINUSB_INTERLOCKED(64, LONG64)
#undef WINUSB_INTERLOCKED

FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile *target, PVOID value)
{
	return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *target, PVOID value,
						    PVOID comparand)
{
	__atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return comparand;
}

FORCEINLINE void MemoryBarrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

FORCEINLINE void YieldProcessor(void)
{
#if defined(__i386__) || defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#ifdef __cplusplus
}
#endif

#endif /* _WINNT_ */
