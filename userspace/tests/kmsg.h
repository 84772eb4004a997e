/* SPDX-License-Identifier: MIT */
/* What the kernel has logged since kmsg_start(). */
#ifndef WINUSB_ISO_TESTS_KMSG_H
#define WINUSB_ISO_TESTS_KMSG_H

#include <stdbool.h>

#define KMSG_MAX_LINES 64
#define KMSG_LINE_SIZE 256

struct kmsg {
	int fd;
	unsigned int count; /* lines about winusb_iso (the driver, not the device's names) */
	struct {
		unsigned int level; /* 3 is an error */
		char text[KMSG_LINE_SIZE];
	} line[KMSG_MAX_LINES];
	bool warned;			/* the kernel complained: WARN, BUG, ... */
	char complaint[KMSG_LINE_SIZE]; /* the first of these, without its frame */
};

void kmsg_start(struct kmsg *kmsg);
/* Reads on to the newest line. */
void kmsg_read(struct kmsg *kmsg);
/* Nothing of ours was logged, and no complaint. */
void kmsg_expect_silence(struct kmsg *kmsg);
/* One error was logged, and it is @text. */
void kmsg_expect_error(struct kmsg *kmsg, const char *text);

#endif
