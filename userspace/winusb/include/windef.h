/* SPDX-License-Identifier: MIT */
/*
 * The basic types of Win32 with the sizes they have there: LONG, ULONG and DWORD are 32 bits wide,
 * also where a C long has 64 (LLP64). Calling conventions and __declspec, as far as they mean
 * anything to gcc.
 */
#ifndef _WINDEF_
#define _WINDEF_
#define _MINWINDEF_

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include <sal.h>

/*
 * WCHAR is wchar_t, so that L"..." and the C library's wcs* functions work with it: 32 bits. A
 * program compiled with -fshort-wchar would hand over strings of another kind.
 */
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ != 4
#error "libwinusb is made for the wchar_t of Linux: compile without -fshort-wchar"
#endif

/* ---- What a compiler for Windows knows by itself ---- */

#ifndef __int64
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#endif

#ifndef __cdecl
#define __cdecl
#define __stdcall
#define __fastcall
#define __thiscall
#define __vectorcall
#define _cdecl
#define _stdcall
#endif
#ifndef __ptr64
#define __ptr64
#define __ptr32
#endif
#ifndef __unaligned
#define __unaligned
#endif
#ifndef __w64
#define __w64
#endif
#ifndef __forceinline
#define __forceinline inline __attribute__((__always_inline__))
#endif
#if !defined(__cplusplus) && !defined(_inline)
#define _inline inline
#endif

#ifndef __declspec
#define __declspec(what) __winusb_declspec_##what
#define __winusb_declspec_dllimport
#define __winusb_declspec_dllexport  __attribute__((__visibility__("default")))
#define __winusb_declspec_noreturn   __attribute__((__noreturn__))
#define __winusb_declspec_noinline   __attribute__((__noinline__))
#define __winusb_declspec_nothrow    __attribute__((__nothrow__))
#define __winusb_declspec_selectany  __attribute__((__weak__))
#define __winusb_declspec_align(n)   __attribute__((__aligned__(n)))
#define __winusb_declspec_deprecated __attribute__((__deprecated__))
#define __winusb_declspec_restrict
#define __winusb_declspec_novtable
#define __winusb_declspec_thread __thread
#endif

#define DECLSPEC_ALIGN(n)  __attribute__((__aligned__(n)))
#define DECLSPEC_NORETURN  __attribute__((__noreturn__))
#define DECLSPEC_NOINLINE  __attribute__((__noinline__))
#define DECLSPEC_SELECTANY __attribute__((__weak__))
#define DECLSPEC_NOTHROW   __attribute__((__nothrow__))
#define DECLSPEC_IMPORT
#define DECLSPEC_DEPRECATED __attribute__((__deprecated__))
#define FORCEINLINE	    static __forceinline

#define WINAPI
#define WINAPIV
#define CALLBACK
#define APIENTRY   WINAPI
#define APIPRIVATE WINAPI
#define PASCAL
#define CDECL
#define NTAPI
#define STDAPICALLTYPE
#define STDMETHODCALLTYPE
#define FAR
#define NEAR
#define CONST const
#define UNALIGNED
#define WINBASEAPI
#define WINUSERAPI
#define WINADVAPI

#ifdef __cplusplus
#define EXTERN_C       extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END   }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

/* Structures without a name in structures, which the standards know only in part. */
#define _ANONYMOUS_UNION  __extension__
#define _ANONYMOUS_STRUCT __extension__
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define ANYSIZE_ARRAY 1

/* ---- Types ---- */

#include <basetsd.h>

#ifndef VOID
#define VOID void
#endif
typedef char CHAR;
typedef signed char SCHAR;
typedef short SHORT;
typedef int LONG;
typedef int INT;
typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef unsigned int ULONG;
typedef unsigned int UINT;
typedef unsigned char BYTE;
typedef unsigned short WORD;
typedef unsigned int DWORD;
typedef float FLOAT;
typedef double DOUBLE;
typedef int BOOL;
typedef BYTE BOOLEAN;
typedef long long LONGLONG;
typedef unsigned long long ULONGLONG;
typedef unsigned long long DWORDLONG;
typedef LONGLONG USN;

typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID, *PCVOID;
typedef CHAR *PCHAR, *LPCH, *PCH;
typedef const CHAR *LPCCH, *PCCH;
typedef SHORT *PSHORT;
typedef LONG *PLONG, *LPLONG;
typedef INT *PINT, *LPINT;
typedef UCHAR *PUCHAR;
typedef USHORT *PUSHORT;
typedef ULONG *PULONG;
typedef UINT *PUINT;
typedef BYTE *PBYTE, *LPBYTE;
typedef WORD *PWORD, *LPWORD;
typedef DWORD *PDWORD, *LPDWORD;
typedef FLOAT *PFLOAT;
typedef BOOL *PBOOL, *LPBOOL;
typedef BOOLEAN *PBOOLEAN;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef DWORDLONG *PDWORDLONG;

/* Strings. */
typedef wchar_t WCHAR;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PWSTR, *LPWSTR, *NWPSTR, *PZZWSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *PCWSTR, *LPCWSTR, *LPCWCHAR, *PCZZWSTR;
typedef CHAR *PSTR, *LPSTR, *NPSTR, *PZZSTR;
typedef const CHAR *PCSTR, *LPCSTR, *PCZZSTR;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, TBYTE, *PTBYTE;
#else
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
#endif
#endif
typedef TCHAR *LPTCH, *PTCH, *PTSTR, *LPTSTR, *PZZTSTR;
typedef const TCHAR *LPCTCH, *PCTCH, *PCTSTR, *LPCTSTR, *PCZZTSTR;
#ifdef UNICODE
#define __TEXT(quote) L##quote
#else
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)

/* Handles. */
typedef void *HANDLE;
typedef HANDLE *PHANDLE, *LPHANDLE, *SPHANDLE;
#define DECLARE_HANDLE(name) \
	struct name##__ { \
		int unused; \
	}; \
	typedef struct name##__ *name
DECLARE_HANDLE(HINSTANCE);
DECLARE_HANDLE(HWND);
DECLARE_HANDLE(HKEY);
typedef HINSTANCE HMODULE;
typedef HKEY *PHKEY;
typedef HANDLE HGLOBAL;
typedef HANDLE HLOCAL;
typedef WORD ATOM;

typedef LONG HRESULT;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef DWORD COLORREF;
typedef DWORD LCID;
typedef WORD LANGID;

#ifdef __cplusplus
typedef INT_PTR(WINAPI *FARPROC)();
typedef INT_PTR(WINAPI *PROC)();
#else
typedef INT_PTR(WINAPI *FARPROC)(void);
typedef INT_PTR(WINAPI *PROC)(void);
#endif

typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

/* ---- Values ---- */

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef IN
#define IN
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#define MAX_PATH 260

#define MAKEWORD(low, high) \
	((WORD)(((BYTE)((DWORD_PTR)(low)&0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high)&0xff))) << 8))
#define MAKELONG(low, high) \
	((LONG)(((WORD)((DWORD_PTR)(low)&0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(high)&0xffff))) \
							    << 16))
#define LOWORD(l) ((WORD)((DWORD_PTR)(l)&0xffff))
#define HIWORD(l) ((WORD)((DWORD_PTR)(l) >> 16 & 0xffff))
#define LOBYTE(w) ((BYTE)((DWORD_PTR)(w)&0xff))
#define HIBYTE(w) ((BYTE)((DWORD_PTR)(w) >> 8 & 0xff))

/* Macros would break the headers of C++; templates of the same names don't. */
#ifndef NOMINMAX
#ifdef __cplusplus
extern "C++" {
template <typename A, typename B> inline auto max(const A &a, const B &b) -> decltype(a > b ? a : b)
{
	return a > b ? a : b;
}

template <typename A, typename B> inline auto min(const A &a, const B &b) -> decltype(a < b ? a : b)
{
	return a < b ? a : b;
}
}
#else
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif
#endif

#include <guiddef.h>
#include <winnt.h>

#endif /* _WINDEF_ */
