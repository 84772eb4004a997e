/* SPDX-License-Identifier: MIT */
/* Writes to a file or pipe in a thread of its own, so that a slow disk does not stop a stream. */
#ifndef WINUSB_ISO_TOOL_WRITER_H
#define WINUSB_ISO_TOOL_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct writer;

/* Takes over @fd. NULL: errno says why, and fd is still the caller's. @give_up: asked now and
 * then while the reader of a pipe does not read; when true, waiting ends with EINTR. */
struct writer *writer_open(int fd, size_t room, int (*give_up)(void));
/* 0, or -1 with errno: EPIPE, ENOSPC ... of an earlier write. Waits while there is no room. */
int writer_put(struct writer *writer, const void *data, size_t size);
int writer_put_zeros(struct writer *writer, uint64_t size);
/* Writes what is left, closes and frees. 0, or the errno of the first write that failed, or EINTR
 * when it gave up. NULL is allowed. */
int writer_close(struct writer *writer);

#endif
