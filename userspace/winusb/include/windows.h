/* SPDX-License-Identifier: MIT */
/*
 * The part of Win32 that WinUSB programs use, on Linux. Values, sizes and behaviour are those of
 * Windows; README.md of the library says where they differ.
 */
#ifndef _WINDOWS_
#define _WINDOWS_
#define _INC_WINDOWS

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include <windef.h>
#include <winerror.h>
#include <winbase.h>

#ifndef WIN32_LEAN_AND_MEAN
#include <mmsystem.h>
#endif

#endif /* _WINDOWS_ */
