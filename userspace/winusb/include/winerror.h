/* SPDX-License-Identifier: MIT */
/* Error codes: those that this library gives, and those that WinUSB programs look for. */
#ifndef _WINERROR_
#define _WINERROR_

#include <windef.h>

#define ERROR_SUCCESS			     0
#define NO_ERROR			     0
#define ERROR_INVALID_FUNCTION		     1
#define ERROR_FILE_NOT_FOUND		     2
#define ERROR_PATH_NOT_FOUND		     3
#define ERROR_TOO_MANY_OPEN_FILES	     4
#define ERROR_ACCESS_DENIED		     5
#define ERROR_INVALID_HANDLE		     6
#define ERROR_NOT_ENOUGH_MEMORY		     8
#define ERROR_INVALID_BLOCK		     9
#define ERROR_BAD_FORMAT		     11
#define ERROR_INVALID_ACCESS		     12
#define ERROR_INVALID_DATA		     13
#define ERROR_OUTOFMEMORY		     14
#define ERROR_NO_MORE_FILES		     18
#define ERROR_WRITE_PROTECT		     19
#define ERROR_BAD_UNIT			     20
#define ERROR_NOT_READY			     21
#define ERROR_BAD_COMMAND		     22
#define ERROR_CRC			     23
#define ERROR_BAD_LENGTH		     24
#define ERROR_WRITE_FAULT		     29
#define ERROR_READ_FAULT		     30
#define ERROR_GEN_FAILURE		     31
#define ERROR_SHARING_VIOLATION		     32
#define ERROR_HANDLE_EOF		     38
#define ERROR_NOT_SUPPORTED		     50
#define ERROR_DEV_NOT_EXIST		     55
#define ERROR_FILE_EXISTS		     80
#define ERROR_INVALID_PARAMETER		     87
#define ERROR_BROKEN_PIPE		     109
#define ERROR_OPEN_FAILED		     110
#define ERROR_BUFFER_OVERFLOW		     111
#define ERROR_CALL_NOT_IMPLEMENTED	     120
#define ERROR_SEM_TIMEOUT		     121
#define ERROR_INSUFFICIENT_BUFFER	     122
#define ERROR_INVALID_NAME		     123
#define ERROR_INVALID_LEVEL		     124
#define ERROR_MOD_NOT_FOUND		     126
#define ERROR_PROC_NOT_FOUND		     127
#define ERROR_WAIT_NO_CHILDREN		     128
#define ERROR_BAD_ARGUMENTS		     160
#define ERROR_BAD_PATHNAME		     161
#define ERROR_MAX_THRDS_REACHED		     164
#define ERROR_BUSY			     170
#define ERROR_DEVICE_IN_USE		     2404
#define ERROR_ALREADY_EXISTS		     183
#define ERROR_ENVVAR_NOT_FOUND		     203
#define ERROR_FILENAME_EXCED_RANGE	     206
#define ERROR_MORE_DATA			     234
#define WAIT_TIMEOUT			     258
#define ERROR_NO_MORE_ITEMS		     259
#define ERROR_NOT_OWNER			     288
#define ERROR_TOO_MANY_POSTS		     298
#define ERROR_PARTIAL_COPY		     299
#define ERROR_MR_MID_NOT_FOUND		     317
#define ERROR_INVALID_ADDRESS		     487
#define ERROR_NO_SUCH_DEVICE		     433
#define ERROR_ARITHMETIC_OVERFLOW	     534
#define ERROR_ABANDONED_WAIT_0		     735
#define ERROR_USER_APC			     737
#define ERROR_OPERATION_ABORTED		     995
#define ERROR_IO_INCOMPLETE		     996
#define ERROR_IO_PENDING		     997
#define ERROR_NOACCESS			     998
#define ERROR_INVALID_FLAGS		     1004
#define ERROR_CAN_NOT_COMPLETE		     1003
#define ERROR_KEY_DELETED		     1018
#define ERROR_NO_TOKEN			     1008
#define ERROR_NO_UNICODE_TRANSLATION	     1113
#define ERROR_DLL_INIT_FAILED		     1114
#define ERROR_SHUTDOWN_IN_PROGRESS	     1115
#define ERROR_IO_DEVICE			     1117
#define ERROR_POSSIBLE_DEADLOCK		     1131
#define ERROR_DEVICE_NOT_CONNECTED	     1167
#define ERROR_NOT_FOUND			     1168
#define ERROR_NO_MATCH			     1169
#define ERROR_BAD_DEVICE		     1200
#define ERROR_DEVICE_REMOVED		     1617
#define ERROR_CANCELLED			     1223
#define ERROR_CONNECTION_INVALID	     1229
#define ERROR_RETRY			     1237
#define ERROR_ALREADY_INITIALIZED	     1247
#define ERROR_NO_MORE_DEVICES		     1248
#define ERROR_PRIVILEGE_NOT_HELD	     1314
#define ERROR_INTERNAL_ERROR		     1359
#define ERROR_NO_SYSTEM_RESOURCES	     1450
#define ERROR_TIMEOUT			     1460
#define ERROR_INVALID_STATE		     5023
#define ERROR_DEVICE_REINITIALIZATION_NEEDED 1164
#define ERROR_INVALID_USER_BUFFER	     1784
#define ERROR_NOT_ENOUGH_QUOTA		     1816
#define ERROR_INVALID_TIME		     1901
#define ERROR_DEVICE_NOT_AVAILABLE	     4319
#define ERROR_INVALID_OPERATION		     4317
#define ERROR_UNIDENTIFIED_ERROR	     1287

/* ---- HRESULT ---- */

#define SEVERITY_SUCCESS 0
#define SEVERITY_ERROR	 1
#define FACILITY_NULL	 0
#define FACILITY_WIN32	 7
#define FACILITY_NT_BIT	 0x10000000

#define SUCCEEDED(hr)	     (((HRESULT)(hr)) >= 0)
#define FAILED(hr)	     (((HRESULT)(hr)) < 0)
#define IS_ERROR(status)     (((unsigned int)(status)) >> 31 == SEVERITY_ERROR)
#define HRESULT_CODE(hr)     ((hr)&0xffff)
#define HRESULT_FACILITY(hr) (((hr) >> 16) & 0x1fff)
#define HRESULT_SEVERITY(hr) (((hr) >> 31) & 0x1)
#define MAKE_HRESULT(sev, fac, code) \
	((HRESULT)(((unsigned int)(sev) << 31) | ((unsigned int)(fac) << 16) | \
		   (unsigned int)(code)))
#define HRESULT_FROM_NT(x)    ((HRESULT)((x) | FACILITY_NT_BIT))
#define _HRESULT_TYPEDEF_(hr) ((HRESULT)hr)

FORCEINLINE HRESULT HRESULT_FROM_WIN32(DWORD error)
{
	if ((HRESULT)error <= 0)
		return (HRESULT)error;
	return (HRESULT)((error & 0xffff) | ((unsigned int)FACILITY_WIN32 << 16) | 0x80000000);
}
#define __HRESULT_FROM_WIN32(error) HRESULT_FROM_WIN32(error)

#define S_OK		 ((HRESULT)0)
#define S_FALSE		 ((HRESULT)1)
#define NOERROR		 0
#define E_UNEXPECTED	 _HRESULT_TYPEDEF_(0x8000FFFF)
#define E_NOTIMPL	 _HRESULT_TYPEDEF_(0x80004001)
#define E_OUTOFMEMORY	 _HRESULT_TYPEDEF_(0x8007000E)
#define E_INVALIDARG	 _HRESULT_TYPEDEF_(0x80070057)
#define E_NOINTERFACE	 _HRESULT_TYPEDEF_(0x80004002)
#define E_POINTER	 _HRESULT_TYPEDEF_(0x80004003)
#define E_HANDLE	 _HRESULT_TYPEDEF_(0x80070006)
#define E_ABORT		 _HRESULT_TYPEDEF_(0x80004004)
#define E_FAIL		 _HRESULT_TYPEDEF_(0x80004005)
#define E_ACCESSDENIED	 _HRESULT_TYPEDEF_(0x80070005)
#define E_PENDING	 _HRESULT_TYPEDEF_(0x8000000A)
#define CO_E_CLASSSTRING _HRESULT_TYPEDEF_(0x800401F3)

#endif /* _WINERROR_ */
