/* SPDX-License-Identifier: MIT */
/* Shows a stream: one line redrawn on a terminal, one line a second otherwise, or JSON. */
#ifndef WINUSB_ISO_TOOL_PROGRESS_H
#define WINUSB_ISO_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "tally.h"
#include "tool.h"

struct progress {
	FILE *out;
	const char *verb, *path;
	struct winusb_iso_pipe_info pipe;
	struct winusb_iso_info info;
	bool json, quiet, terminal, drawn;
	uint64_t start_ns, last_ns, last_bytes;
};

void progress_start(struct progress *progress);
/* Cheap: most calls do nothing. */
void progress_tick(struct progress *progress, const struct tally *tally);
/* Ends the redrawn line, so that something else can be printed. */
void progress_interrupt(struct progress *progress);
void progress_summary(struct progress *progress, const struct tally *tally);

#endif
