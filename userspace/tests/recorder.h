/* SPDX-License-Identifier: MIT */
/*
 * A FunctionFS function inside of the test's own program, that records what becomes of each of its
 * requests: one isochronous IN and one OUT endpoint, in alternate setting 0. A thread keeps
 * RECORDER_DEPTH requests queued on both, as long as the gadget is there.
 */
#ifndef WINUSB_ISO_TESTS_RECORDER_H
#define WINUSB_ISO_TESTS_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#define RECORDER_DEPTH	64
#define RECORDER_PACKET 64   /* bytes */
#define RECORDER_MAX	8192 /* requests that are remembered */

/* What became of a request. */
struct recorder_entry {
	int result;    /* bytes, or a negative errno */
	uint64_t head; /* OUT: the first 8 bytes, if there were so many */
};

struct recorder_log {
	unsigned int count;
	struct recorder_entry entry[RECORDER_MAX];
};

/* Before @function is linked: makes it, with intervals of 2^@exponent. */
void recorder_open(const char *function, unsigned int exponent);
/* When the gadget is bound. */
void recorder_start(void);
/* Before it is unbound, and after. */
void recorder_finish(void);
void recorder_close(void);

/* Forgets what was; then waits until so many requests more have come back, and copies the log. */
void recorder_forget(bool in);
void recorder_wait(bool in, unsigned int count, struct recorder_log *log);

#endif
