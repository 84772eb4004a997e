/* SPDX-License-Identifier: MIT */
/* What the files of the winusb-iso tool share. */
#ifndef WINUSB_ISO_TOOL_H
#define WINUSB_ISO_TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <winusb-iso.h>

#include "parse.h"
#include "text.h"

enum tool_exit {
	TOOL_OK = 0,
	TOOL_FAILED = 1,
	TOOL_USAGE = 2,
	TOOL_IMPERFECT = 3, /* --strict: gaps, bad packets or interruptions */
};

struct command {
	const char *name;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct command list_command, info_command, bind_command, unbind_command,
	capture_command, play_command, monitor_command;

/* message.c: "winusb-iso: ..." on stderr; gives the exit code. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_help(const struct command *command);
/* Flushes stdout; what could not be written turns success into failure. */
int finish_output(FILE *out, int code);

/* device.c: all print one clear error and give NULL when it did not work. */
struct wiso_device *device_open(const char *text, unsigned int flags, struct text *path);

/* stop.c: SIGINT and SIGTERM ask to finish; a second one to give up on what waits. */
void stop_on_signals(void);
int stop_asked(void);

uint64_t clock_ns(void);

#endif
