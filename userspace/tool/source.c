// SPDX-License-Identifier: MIT
#include "source.h"

#include <errno.h>
#include <unistd.h>

/* Back to the start; false if that gives nothing more. */
static bool rewind_source(struct source *source, bool anything)
{
	return source->loop && anything && lseek(source->fd, 0, SEEK_SET) == 0;
}

/* Up to size bytes; fewer at the end or when asked to stop. */
static ssize_t read_fully(struct source *source, unsigned char *data, size_t size)
{
	size_t done = 0;
	bool anything = true;
	ssize_t got;

	while (done < size && !source->ended) {
		got = read(source->fd, data + done, size - done);
		if (got < 0 && errno != EINTR)
			return -1;
		if (got < 0)
			source->ended = source->stop();
		else if (got == 0)
			source->ended = !rewind_source(source, anything);
		if (got >= 0)
			anything = got > 0;
		done += got > 0 ? got : 0;
	}
	return done;
}

static uint32_t next_length(const struct source *source)
{
	return source->pattern.count ? source->pattern.lengths[source->next] : source->full;
}

/* Bytes that so many packets take up. */
static size_t wanted(struct source *source, uint32_t *lengths, uint32_t most)
{
	size_t total = 0, start = source->next;
	uint32_t i;

	for (i = 0; i < most; i++) {
		lengths[i] = next_length(source);
		total += lengths[i];
		if (source->pattern.count)
			source->next = (source->next + 1) % source->pattern.count;
	}
	source->next = start;
	return total;
}

/* Cuts the packets to what was read. */
static uint32_t cut(uint32_t *lengths, uint32_t most, size_t size)
{
	uint32_t i;

	for (i = 0; i < most && size; i++) {
		if (lengths[i] > size)
			lengths[i] = size;
		size -= lengths[i];
	}
	return i;
}

int source_fill(struct source *source, unsigned char *data, uint32_t *lengths, uint32_t most)
{
	size_t size = wanted(source, lengths, most);
	ssize_t got = read_fully(source, data, size);

	if (got < 0)
		return -1;
	if ((size_t)got < size)
		most = cut(lengths, most, got);
	if (source->pattern.count)
		source->next = (source->next + most) % source->pattern.count;
	return most;
}
