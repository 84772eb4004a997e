/* SPDX-License-Identifier: MIT */
/* Reads what an OUT stream sends: whole packets from a file or pipe, once or in a loop. */
#ifndef WINUSB_ISO_TOOL_SOURCE_H
#define WINUSB_ISO_TOOL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "parse.h"

struct source {
	int fd;
	bool loop;
	bool ended;
	struct packet_pattern pattern; /* count 0: packets of @full bytes */
	uint32_t full;
	size_t next;	   /* place in the pattern */
	int (*stop)(void); /* asked when a signal interrupts a read */
};

/* Fills up to @most packets with data back to back, and lengths[]. Only the last packet of all can
 * be shorter than the pattern says. Returns their number, 0 at the end, -1 with errno. */
int source_fill(struct source *source, unsigned char *data, uint32_t *lengths, uint32_t most);

#endif
