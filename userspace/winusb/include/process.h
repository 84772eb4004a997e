/* SPDX-License-Identifier: MIT */
/* Threads, as the C library of Windows starts them. */
#ifndef _INC_PROCESS
#define _INC_PROCESS

#include <windef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 on failure, with errno EINVAL or EAGAIN. */
uintptr_t _beginthreadex(void *security, unsigned int stack_size,
			 unsigned int(__stdcall *start_address)(void *), void *arglist,
			 unsigned int initflag, unsigned int *thrdaddr);
DECLSPEC_NORETURN void _endthreadex(unsigned int retval);

#ifdef __cplusplus
}
#endif

#endif /* _INC_PROCESS */
