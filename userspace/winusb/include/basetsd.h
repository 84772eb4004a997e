/* SPDX-License-Identifier: MIT */
/* Integer types by size, and those as wide as a pointer. */
#ifndef _BASETSD_H_
#define _BASETSD_H_

#include <stdint.h>

typedef int8_t INT8, *PINT8;
typedef int16_t INT16, *PINT16;
typedef int INT32, *PINT32;
typedef long long INT64, *PINT64;
typedef uint8_t UINT8, *PUINT8;
typedef uint16_t UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;
typedef int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef intptr_t INT_PTR, *PINT_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

#define HandleToULong(h)  ((ULONG)(ULONG_PTR)(h))
#define HandleToLong(h)	  ((LONG)(LONG_PTR)(h))
#define ULongToHandle(ul) ((HANDLE)(ULONG_PTR)(ULONG)(ul))
#define LongToHandle(l)	  ((HANDLE)(LONG_PTR)(LONG)(l))
#define PtrToUlong(p)	  ((ULONG)(ULONG_PTR)(p))
#define PtrToLong(p)	  ((LONG)(LONG_PTR)(p))
#define PtrToUint(p)	  ((UINT)(UINT_PTR)(p))
#define PtrToInt(p)	  ((INT)(INT_PTR)(p))
#define UlongToPtr(ul)	  ((VOID *)(ULONG_PTR)(ULONG)(ul))
#define LongToPtr(l)	  ((VOID *)(LONG_PTR)(LONG)(l))
#define UIntToPtr(ui)	  ((VOID *)(UINT_PTR)(UINT)(ui))
#define IntToPtr(i)	  ((VOID *)(INT_PTR)(INT)(i))
#define HandleToUlong	  HandleToULong
#define PtrToULong	  PtrToUlong
#define ULongToPtr	  UlongToPtr
#define UlongToHandle	  ULongToHandle

#define MAXUINT_PTR  (~(UINT_PTR)0)
#define MAXULONG_PTR (~(ULONG_PTR)0)
#define MAXSIZE_T    (~(SIZE_T)0)

#endif /* _BASETSD_H_ */
