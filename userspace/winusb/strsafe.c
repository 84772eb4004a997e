// SPDX-License-Identifier: MIT
/* <strsafe.h> */
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(default)
#include <strsafe.h>
#pragma GCC visibility pop

#include "format.h"

/* One body for both kinds of character. */
#define DEFINE_COPIES(kind, character, length_of) \
	HRESULT WINAPI StringCchCopyN##kind(character *pszDest, size_t cchDest, \
					    const character *pszSrc, size_t cchToCopy) \
	{ \
		size_t length; \
\
		if (!pszDest || !pszSrc || !cchDest || cchDest > STRSAFE_MAX_CCH || \
		    cchToCopy > STRSAFE_MAX_CCH) \
			return STRSAFE_E_INVALID_PARAMETER; \
		length = length_of(pszSrc, cchToCopy); \
		if (length < cchDest) { \
			memcpy(pszDest, pszSrc, length * sizeof(*pszDest)); \
			pszDest[length] = 0; \
			return S_OK; \
		} \
		memcpy(pszDest, pszSrc, (cchDest - 1) * sizeof(*pszDest)); \
		pszDest[cchDest - 1] = 0; \
		return STRSAFE_E_INSUFFICIENT_BUFFER; \
	} \
\
	HRESULT WINAPI StringCchCopy##kind(character *pszDest, size_t cchDest, \
					   const character *pszSrc) \
	{ \
		return StringCchCopyN##kind(pszDest, cchDest, pszSrc, STRSAFE_MAX_CCH); \
	} \
\
	HRESULT WINAPI StringCbCopy##kind(character *pszDest, size_t cbDest, \
					  const character *pszSrc) \
	{ \
		return StringCchCopy##kind(pszDest, cbDest / sizeof(*pszDest), pszSrc); \
	} \
\
	HRESULT WINAPI StringCchCat##kind(character *pszDest, size_t cchDest, \
					  const character *pszSrc) \
	{ \
		size_t length; \
\
		if (!pszDest || !cchDest || cchDest > STRSAFE_MAX_CCH) \
			return STRSAFE_E_INVALID_PARAMETER; \
		length = length_of(pszDest, cchDest); \
		if (length == cchDest) \
			return STRSAFE_E_INVALID_PARAMETER; \
		return StringCchCopy##kind(pszDest + length, cchDest - length, pszSrc); \
	} \
\
	HRESULT WINAPI StringCbCat##kind(character *pszDest, size_t cbDest, \
					 const character *pszSrc) \
	{ \
		return StringCchCat##kind(pszDest, cbDest / sizeof(*pszDest), pszSrc); \
	} \
\
	HRESULT WINAPI StringCchLength##kind(const character *psz, size_t cchMax, \
					     size_t *pcchLength) \
	{ \
		size_t length = 0; \
		HRESULT result = S_OK; \
\
		if (!psz || cchMax > STRSAFE_MAX_CCH) \
			result = STRSAFE_E_INVALID_PARAMETER; \
		else if ((length = length_of(psz, cchMax)) == cchMax) \
			result = STRSAFE_E_INVALID_PARAMETER; \
		if (pcchLength) \
			*pcchLength = result == S_OK ? length : 0; \
		return result; \
	} \
\
	HRESULT WINAPI StringCbLength##kind(const character *psz, size_t cbMax, size_t *pcbLength) \
	{ \
		HRESULT result = StringCchLength##kind(psz, cbMax / sizeof(*psz), pcbLength); \
\
		if (pcbLength) \
			*pcbLength *= sizeof(*psz); \
		return result; \
	}

DEFINE_COPIES(A, CHAR, strnlen)
DEFINE_COPIES(W, WCHAR, wcsnlen)

HRESULT WINAPI StringCchVPrintfA(LPSTR pszDest, size_t cchDest, LPCSTR pszFormat, va_list argList)
{
	int length;

	if (!pszDest || !cchDest || cchDest > STRSAFE_MAX_CCH || !pszFormat)
		return STRSAFE_E_INVALID_PARAMETER;
	length = win_vsnprintf(pszDest, cchDest, pszFormat, argList);
	if (length >= 0)
		return (size_t)length < cchDest ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
	*pszDest = 0;
	return STRSAFE_E_INVALID_PARAMETER;
}

HRESULT WINAPI StringCchVPrintfW(LPWSTR pszDest, size_t cchDest, LPCWSTR pszFormat, va_list argList)
{
	HRESULT result = STRSAFE_E_INVALID_PARAMETER;
	wchar_t *text;

	if (!pszDest || !cchDest || cchDest > STRSAFE_MAX_CCH || !pszFormat)
		return STRSAFE_E_INVALID_PARAMETER;
	if (win_vaswprintf(&text, pszFormat, argList) >= 0)
		result = StringCchCopyW(pszDest, cchDest, text);
	else
		*pszDest = 0;
	free(text);
	return result;
}

HRESULT WINAPIV StringCchPrintfA(LPSTR pszDest, size_t cchDest, LPCSTR pszFormat, ...)
{
	HRESULT result;
	va_list args;

	va_start(args, pszFormat);
	result = StringCchVPrintfA(pszDest, cchDest, pszFormat, args);
	va_end(args);
	return result;
}

HRESULT WINAPIV StringCchPrintfW(LPWSTR pszDest, size_t cchDest, LPCWSTR pszFormat, ...)
{
	HRESULT result;
	va_list args;

	va_start(args, pszFormat);
	result = StringCchVPrintfW(pszDest, cchDest, pszFormat, args);
	va_end(args);
	return result;
}

HRESULT WINAPIV StringCbPrintfA(LPSTR pszDest, size_t cbDest, LPCSTR pszFormat, ...)
{
	HRESULT result;
	va_list args;

	va_start(args, pszFormat);
	result = StringCchVPrintfA(pszDest, cbDest, pszFormat, args);
	va_end(args);
	return result;
}

HRESULT WINAPIV StringCbPrintfW(LPWSTR pszDest, size_t cbDest, LPCWSTR pszFormat, ...)
{
	HRESULT result;
	va_list args;

	va_start(args, pszFormat);
	result = StringCchVPrintfW(pszDest, cbDest / sizeof(WCHAR), pszFormat, args);
	va_end(args);
	return result;
}
