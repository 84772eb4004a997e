// SPDX-License-Identifier: MIT
/* What pipes do with data: counter source, verifying sink, OUT-to-IN loopback. */
#include "internal.h"

#include <stdlib.h>

/* Power of two; more than the longest delay plus the longest step of device_advance(). */
#define LOOP_ENTRIES 256

uint32_t function_length(const struct pipe *pipe, uint64_t counter, uint32_t asked)
{
	uint32_t length = pipe->payload;

	if (pipe->endpoint->type != SIM_ISO)
		return plain_length(pipe, counter, asked);
	switch (pipe->endpoint->lengths) {
	case SIM_LENGTH_FIXED:
		length = pipe->endpoint->length_fixed;
		break;
	case SIM_LENGTH_RAMP:
		return (uint32_t)(counter % (pipe->payload + 1));
	case SIM_LENGTH_AUDIO44:
		length = counter % 10 == 9 ? 180 : 176;
		break;
	case SIM_LENGTH_FULL:
		break;
	}
	return length < pipe->payload ? length : pipe->payload;
}

void function_count_missing(struct pipe *pipe, uint64_t counter)
{
	if (pipe->endpoint->type != SIM_ISO)
		return;
	if (pipe->any_good && counter > pipe->last_good + 1)
		pipe->stats.missing += counter - pipe->last_good - 1;
	pipe->any_good = true;
	pipe->last_good = counter;
}

static uint64_t counter_in(const struct pipe *pipe, const uint8_t *data, uint32_t length)
{
	if (length >= 8)
		return sim_pattern_counter(data);
	/* Too short to carry it all: believe the sequence, and at its start the first byte. */
	return pipe->expecting ? pipe->expected : data[0];
}

void function_sink(struct pipe *pipe, const uint8_t *data, uint32_t length, uint64_t interval)
{
	uint64_t counter;

	function_count_missing(pipe, interval);
	if (length == 0) {
		pipe->stats.empty++;
		return;
	}
	counter = counter_in(pipe, data, length);
	if (!sim_pattern_matches(data, length, pipe->endpoint->address, counter)) {
		pipe->stats.bad++;
		pipe->expected++;
		return;
	}
	pipe->stats.good++;
	if (pipe->expecting && counter != (pipe->expected & SIM_PATTERN_COUNTER_MASK))
		pipe->stats.jumps++;
	pipe->expecting = true;
	pipe->expected = counter + 1;
}

bool loop_open(struct pipe *pipe, uint32_t delay)
{
	struct loop_store *store = &pipe->store;

	if (delay > LOOP_ENTRIES / 2)
		return false;
	store->size = LOOP_ENTRIES;
	store->payload = pipe->payload;
	store->entry = calloc(store->size, sizeof(*store->entry));
	store->data = malloc((size_t)store->size * store->payload);
	return store->entry && store->data;
}

void loop_close(struct pipe *pipe)
{
	free(pipe->store.entry);
	free(pipe->store.data);
	pipe->store = (struct loop_store){ 0 };
}

void loop_put(struct pipe *pipe, const uint8_t *data, uint32_t length, uint64_t counter)
{
	struct loop_store *store = &pipe->store;
	uint32_t place = (uint32_t)(counter & (store->size - 1));

	if (length > store->payload)
		length = store->payload;
	store->entry[place] = (struct loop_entry){ counter, length, true };
	memcpy(store->data + (size_t)place * store->payload, data, length);
}

/* Copies at most @room bytes; @full is how many there were. Zero if that interval had no packet. */
uint32_t loop_get(const struct pipe *from, uint64_t counter, uint8_t *data, uint32_t room,
		  uint32_t *full)
{
	const struct loop_store *store = &from->store;
	uint32_t place = (uint32_t)(counter & (store->size - 1)), length;

	*full = 0;
	if (!store->entry[place].valid || store->entry[place].counter != counter)
		return 0;
	*full = length = store->entry[place].length;
	if (length > room)
		length = room;
	memcpy(data, store->data + (size_t)place * store->payload, length);
	return length;
}
