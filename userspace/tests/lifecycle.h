/* SPDX-License-Identifier: MIT */
/*
 * For the tests of what begins and ends: that a device serves, and that nothing is left of a test.
 * Nothing here depends on the time things take, so it also holds on a busy machine.
 */
#ifndef WINUSB_ISO_TESTS_LIFECYCLE_H
#define WINUSB_ISO_TESTS_LIFECYCLE_H

#include "flow.h"

/* A high-speed device of IN pipe 0x81 and OUT pipe 0x01, opened, alternate setting 1 selected. */
int lifecycle_device(struct fixture *fixture);
/* Streams both ways on @fd, whose pipes must be free; lost intervals are forgiven. */
void lifecycle_works(int fd);
/* The same with a file of its own. */
void lifecycle_works_anew(const struct fixture *fixture);
/* Reaps @transfers in their order: whole ones, at least @good of them, then only @status. */
void lifecycle_take_ended(struct flow *flow, unsigned int transfers, unsigned int good, int status);
/* @transfers without CONTINUE in the queue of a new flow on the IN pipe. */
void lifecycle_queue(struct flow *flow, int fd, unsigned int transfers);
/* Waits until @transfers of a queue have completed. */
void lifecycle_let_run(struct flow *flow, unsigned int transfers);

/* Writes to a file of sysfs: 0 or a negative errno. */
int lifecycle_write(const char *path, const char *text);
/* Resets the device, through usbfs. */
void lifecycle_reset(int fd);
/* Closed, the device may sleep at once. */
void lifecycle_allow_sleep(const struct fixture *fixture);
bool lifecycle_power_is(const struct fixture *fixture, const char *wanted);
bool lifecycle_power_becomes(const struct fixture *fixture, const char *wanted);

/* --- for child processes: they use nothing but bare calls --- */

struct lifecycle_streamer {
	const char *node;
	int tell; /* a byte is written here when the stream runs */
};

/* 8 packets of the buffer, which is of the IN pipe. */
bool lifecycle_submit_one(int fd, uint32_t handle, unsigned int slot);
/* Streams until it is killed; returns where it failed. @argument is a struct lifecycle_streamer. */
int lifecycle_stream_forever(void *argument);

/* Registers buffers of 4 MiB until memory_limit_mb is reached; how many there were. */
unsigned int lifecycle_fill_memory(int fd);
/* For tap_after_each(): no node, no reference to the module, and all of its memory is free. */
void lifecycle_nothing_left(void);

#endif
