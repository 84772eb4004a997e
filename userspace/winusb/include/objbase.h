/* SPDX-License-Identifier: MIT */
/* GUIDs as text. Nothing else of COM is here. */
#ifndef _OBJBASE_H_
#define _OBJBASE_H_

#include <windef.h>
#include <winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef WCHAR OLECHAR;
typedef OLECHAR *LPOLESTR;
typedef const OLECHAR *LPCOLESTR;

/* "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}"; anything else: CO_E_CLASSSTRING, or E_INVALIDARG. */
HRESULT WINAPI CLSIDFromString(LPCOLESTR lpsz, LPCLSID pclsid);
HRESULT WINAPI IIDFromString(LPCOLESTR lpsz, LPIID lpiid);
/* Characters written, with the NUL: 39; 0 if they don't fit. */
int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax);

#ifdef __cplusplus
}
#endif

#endif /* _OBJBASE_H_ */
