/* SPDX-License-Identifier: MIT */
/* Threads of the program, as far as waits and mutexes need to know them. */
#ifndef WINUSB_THREAD_H
#define WINUSB_THREAD_H

#include "internal.h"

extern const struct win_class win_thread_class;

/* GetCurrentThread() as an object, with a reference; NULL: ERROR_NOT_ENOUGH_MEMORY. Also of a
 * thread that was not made by CreateThread(). */
struct win_object *win_thread_current(void);
/* The object of a handle, or of the pseudo handle. */
struct win_object *win_thread_get(HANDLE handle);
/* Its GetThreadId(). */
DWORD win_thread_id(const struct win_object *thread);

/* Called when the thread that called it ends. */
void win_thread_at_exit(void (*run)(void));

/* mutex.c: before a thread may become the owner of a mutex. */
extern const struct win_class win_mutex_class;
void win_mutex_watch_thread(void);

#endif /* WINUSB_THREAD_H */
