// SPDX-License-Identifier: MIT
#include "index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <winusb-iso.h>

#include "text.h"

/* Large writes: the index must not hold up the stream. */
#define INDEX_BUFFER (1 << 20)

struct index {
	FILE *file;
	int error;
};

struct index *index_open(const char *path)
{
	struct index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->file = fopen(path, "we");
	if (!index->file) {
		free(index);
		return NULL;
	}
	setvbuf(index->file, NULL, _IOFBF, INDEX_BUFFER);
	fputs("packet,bus_time,offset,requested,actual,status,gap_before,gap_inside,trust\n",
	      index->file);
	return index;
}

void index_add(struct index *index, const struct index_entry *entry)
{
	int rc;

	rc = fprintf(index->file, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%u,%u,%s,%u,%u,%s\n",
		     entry->packet, entry->uframe, entry->offset, entry->requested, entry->actual,
		     text_status(entry->status).s, entry->gap, entry->inner_gap,
		     wiso_trust_text(entry->trust));
	if (rc < 0 && !index->error)
		index->error = errno ? errno : EIO;
}

int index_close(struct index *index)
{
	int error;

	if (!index)
		return 0;
	error = index->error;
	if (fclose(index->file) && !error)
		error = errno;
	free(index);
	return error;
}
