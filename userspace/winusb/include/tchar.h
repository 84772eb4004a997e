/* SPDX-License-Identifier: MIT */
/*
 * Generic text: wide with _UNICODE (or UNICODE), char without. The printing functions read
 * formats as Windows does (see <strsafe.h>) and write UTF-8.
 */
#ifndef _INC_TCHAR
#define _INC_TCHAR

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

#if defined(UNICODE) && !defined(_UNICODE)
#define _UNICODE
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
#ifdef _UNICODE
typedef wchar_t TCHAR, *PTCHAR, TBYTE, *PTBYTE;
#else
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
#endif
#endif

int winusb_printf(const char *format, ...);
int winusb_fprintf(FILE *file, const char *format, ...);
int winusb_vprintf(const char *format, va_list args);
int winusb_vfprintf(FILE *file, const char *format, va_list args);
int winusb_snprintf(char *buffer, size_t size, const char *format, ...);
int winusb_vsnprintf(char *buffer, size_t size, const char *format, va_list args);
int winusb_wprintf(const wchar_t *format, ...);
int winusb_fwprintf(FILE *file, const wchar_t *format, ...);
int winusb_vwprintf(const wchar_t *format, va_list args);
int winusb_vfwprintf(FILE *file, const wchar_t *format, va_list args);
int winusb_snwprintf(wchar_t *buffer, size_t size, const wchar_t *format, ...);
int winusb_vsnwprintf(wchar_t *buffer, size_t size, const wchar_t *format, va_list args);
int winusb_fputws(const wchar_t *text, FILE *file);
FILE *winusb_wfopen(const wchar_t *name, const wchar_t *mode);
/* Command line arguments as wide strings; the process keeps them. */
wchar_t **winusb_wide_arguments(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#ifdef _UNICODE

typedef wchar_t _TCHAR;
typedef wint_t _TINT;
#define __T(x)	     L##x
#define _tprintf     winusb_wprintf
#define _ftprintf    winusb_fwprintf
#define _vtprintf    winusb_vwprintf
#define _vftprintf   winusb_vfwprintf
#define _sntprintf   winusb_snwprintf
#define _stprintf_s  winusb_snwprintf
#define _vsntprintf  winusb_vsnwprintf
#define _fputts	     winusb_fputws
#define _putts(text) winusb_wprintf(L"%s\n", (text))
#define _tfopen	     winusb_wfopen
#define _tcslen	     wcslen
#define _tcsnlen     wcsnlen
#define _tcscpy	     wcscpy
#define _tcsncpy     wcsncpy
#define _tcscat	     wcscat
#define _tcsncat     wcsncat
#define _tcscmp	     wcscmp
#define _tcsncmp     wcsncmp
#define _tcsicmp     wcscasecmp
#define _tcsnicmp    wcsncasecmp
#define _tcschr	     wcschr
#define _tcsrchr     wcsrchr
#define _tcsstr	     wcsstr
#define _tcsdup	     wcsdup
#define _tcstol	     wcstol
#define _tcstoul     wcstoul
#define _tcstod	     wcstod
#define _ttoi(text)  ((int)wcstol((text), NULL, 10))
#define _ttol(text)  ((int)wcstol((text), NULL, 10))
#define _totupper    towupper
#define _totlower    towlower
#define _istdigit    iswdigit
#define _istxdigit   iswxdigit
#define _istspace    iswspace
#define _istalpha    iswalpha

/*
 * int _tmain(int argc, _TCHAR *argv[]) becomes a function that a main() of its own calls with wide
 * arguments. Any number of parameters, and LONG as result, are fine.
 */
#define WINUSB_WIDE_MAIN \
	winusb_main_follows(void); \
	WINUSB_EXTERN_C int winusb_call_wide_main(int, wchar_t **, \
						  wchar_t **) __asm__("winusb_wide_main"); \
	int main(int winusb_argc, char **winusb_argv) \
	{ \
		return winusb_call_wide_main(winusb_argc, \
					     winusb_wide_arguments(winusb_argc, winusb_argv), \
					     NULL); \
	} \
	WINUSB_EXTERN_C int winusb_wide_main
#ifdef __cplusplus
#define WINUSB_EXTERN_C extern "C"
#else
#define WINUSB_EXTERN_C
#endif
#define _tmain WINUSB_WIDE_MAIN

#else

typedef char _TCHAR;
typedef int _TINT;
#define __T(x)	    x
#define _tprintf    winusb_printf
#define _ftprintf   winusb_fprintf
#define _vtprintf   winusb_vprintf
#define _vftprintf  winusb_vfprintf
#define _sntprintf  winusb_snprintf
#define _stprintf_s winusb_snprintf
#define _vsntprintf winusb_vsnprintf
#define _fputts	    fputs
#define _putts	    puts
#define _tfopen	    fopen
#define _tcslen	    strlen
#define _tcsnlen    strnlen
#define _tcscpy	    strcpy
#define _tcsncpy    strncpy
#define _tcscat	    strcat
#define _tcsncat    strncat
#define _tcscmp	    strcmp
#define _tcsncmp    strncmp
#define _tcsicmp    strcasecmp
#define _tcsnicmp   strncasecmp
#define _tcschr	    strchr
#define _tcsrchr    strrchr
#define _tcsstr	    strstr
#define _tcsdup	    strdup
#define _tcstol	    strtol
#define _tcstoul    strtoul
#define _tcstod	    strtod
#define _ttoi	    atoi
#define _ttol	    atoi
#define _totupper   toupper
#define _totlower   tolower
#define _istdigit   isdigit
#define _istxdigit  isxdigit
#define _istspace   isspace
#define _istalpha   isalpha
#define _tmain	    main

#endif

#define _T(x)	 __T(x)
#define _TEXT(x) __T(x)

#endif /* _INC_TCHAR */
