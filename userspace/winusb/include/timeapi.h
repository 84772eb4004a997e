/* SPDX-License-Identifier: MIT */
/* Milliseconds of winmm. Timers are exact without timeBeginPeriod(), which changes nothing. */
#ifndef _TIMEAPI_H_
#define _TIMEAPI_H_

#include <windef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef UINT MMRESULT;
#define TIMERR_NOERROR 0
#define TIMERR_NOCANDO 97

DWORD WINAPI timeGetTime(void);
MMRESULT WINAPI timeBeginPeriod(UINT uPeriod);
MMRESULT WINAPI timeEndPeriod(UINT uPeriod);

#ifdef __cplusplus
}
#endif

#endif /* _TIMEAPI_H_ */
