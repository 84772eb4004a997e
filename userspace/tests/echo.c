// SPDX-License-Identifier: MIT
/* Sends back what comes: asynchronous I/O between two isochronous endpoints' files. */
#include "echo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int queue(struct echo *echo, struct echo_slot *slot, bool writes, size_t bytes)
{
	struct iocb *request = &slot->request;

	*request = (struct iocb){
		.aio_data = (uintptr_t)slot,
		.aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)(writes ? echo->in : echo->out),
		.aio_buf = (uintptr_t)slot->data,
		.aio_nbytes = bytes,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)echo->event,
	};
	slot->writes = writes;
	slot->idle = syscall(SYS_io_submit, echo->context, 1L, &request) != 1;
	return slot->idle ? -errno : 0;
}

int echo_open(struct echo *echo, int out, int in, size_t bytes)
{
	unsigned int i;

	memset(echo, 0, sizeof(*echo));
	echo->out = out;
	echo->in = in;
	echo->bytes = bytes;
	echo->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (echo->event < 0 || syscall(SYS_io_setup, ECHO_SLOTS, &echo->context))
		return -errno;
	for (i = 0; i < ECHO_SLOTS; i++) {
		echo->slot[i].data = malloc(bytes);
		echo->slot[i].idle = true;
		if (!echo->slot[i].data)
			return -ENOMEM;
	}
	return 0;
}

int echo_start(struct echo *echo)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ECHO_SLOTS && !err; i++)
		if (echo->slot[i].idle)
			err = queue(echo, &echo->slot[i], false, echo->bytes);
	return err;
}

/* A request that failed, failed because its endpoint was disabled: it waits for echo_start(). */
static void handle(struct echo *echo, const struct io_event *event)
{
	struct echo_slot *slot = (struct echo_slot *)(uintptr_t)event->data;

	if (event->res < 0) {
		slot->idle = true;
	} else if (slot->writes) {
		echo->packets++;
		echo->bytes_back += (uint64_t)event->res;
		queue(echo, slot, false, echo->bytes);
	} else if (event->res) {
		queue(echo, slot, true, (size_t)event->res);
	} else {
		queue(echo, slot, false, echo->bytes);
	}
}

int echo_serve(struct echo *echo)
{
	struct timespec none = { 0 };
	struct io_event events[64];
	uint64_t count;
	long n, i;

	if (read(echo->event, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	do {
		n = syscall(SYS_io_getevents, echo->context, 0L, 64L, events, &none);
		for (i = 0; i < n; i++)
			handle(echo, &events[i]);
	} while (n == 64);
	return n < 0 ? -errno : 0;
}
