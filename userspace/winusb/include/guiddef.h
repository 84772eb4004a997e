/* SPDX-License-Identifier: MIT */
/*
 * GUID, and DEFINE_GUID: a declaration, or with INITGUID (<initguid.h>) the definition. No guard
 * around DEFINE_GUID, so that <initguid.h> can come first or later.
 */
#ifndef GUID_DEFINED
#define GUID_DEFINED

#include <stdint.h>
#include <string.h>

typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID;

typedef GUID *LPGUID, *PGUID;
typedef const GUID *LPCGUID, *PCGUID;
typedef GUID IID, *LPIID;
typedef GUID CLSID, *LPCLSID;
typedef GUID FMTID, *LPFMTID;
#define IID_NULL   GUID_NULL
#define CLSID_NULL GUID_NULL

#ifdef __cplusplus
#define REFGUID	 const GUID &
#define REFIID	 const IID &
#define REFCLSID const IID &
#define REFFMTID const IID &
extern "C++" {
inline bool IsEqualGUID(const GUID &a, const GUID &b)
{
	return !memcmp(&a, &b, sizeof(a));
}

inline bool InlineIsEqualGUID(const GUID &a, const GUID &b)
{
	return !memcmp(&a, &b, sizeof(a));
}

inline bool operator==(const GUID &a, const GUID &b)
{
	return !memcmp(&a, &b, sizeof(a));
}

inline bool operator!=(const GUID &a, const GUID &b)
{
	return !(a == b);
}
}
#else
#define REFGUID			const GUID *
#define REFIID			const IID *
#define REFCLSID		const IID *
#define REFFMTID		const IID *
#define IsEqualGUID(a, b)	(!memcmp((a), (b), sizeof(GUID)))
#define InlineIsEqualGUID(a, b) IsEqualGUID(a, b)
#endif
#define IsEqualIID(a, b)   IsEqualGUID(a, b)
#define IsEqualCLSID(a, b) IsEqualGUID(a, b)

#endif /* GUID_DEFINED */

#ifdef DEFINE_GUID
#undef DEFINE_GUID
#endif
#ifdef INITGUID
#ifdef __cplusplus
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	extern "C" { \
	extern const GUID name __attribute__((__weak__)); \
	const GUID name = { l, w1, w2, { b1, b2, b3, b4, b5, b6, b7, b8 } }; \
	} \
	extern "C" const GUID name
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
	extern const GUID name; \
	const GUID name \
		__attribute__((__weak__)) = { l, w1, w2, { b1, b2, b3, b4, b5, b6, b7, b8 } }
#endif
#else
#ifdef __cplusplus
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) extern "C" const GUID name
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) extern const GUID name
#endif
#endif
