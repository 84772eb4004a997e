/* SPDX-License-Identifier: MIT */
/* The per-packet index: one line of CSV for each packet of a stream. */
#ifndef WINUSB_ISO_TOOL_INDEX_H
#define WINUSB_ISO_TOOL_INDEX_H

#include <stdint.h>

struct index;

struct index_entry {
	uint64_t packet; /* from 0 */
	uint64_t uframe; /* bus time */
	uint64_t offset; /* in the data */
	uint32_t requested, actual;
	int status;
	uint32_t gap;	    /* service intervals lost just before it */
	uint32_t inner_gap; /* ... and somewhere inside the transfer that it begins */
	unsigned int trust;
};

/* NULL: errno says why. */
struct index *index_open(const char *path);
void index_add(struct index *index, const struct index_entry *entry);
/* 0, or the errno of the first write that failed. NULL is allowed. */
int index_close(struct index *index);

#endif
