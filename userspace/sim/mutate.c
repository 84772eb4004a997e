// SPDX-License-Identifier: MIT
/*
 * Configurations by chance: an honest one in which one to four things are changed as the seed says.
 * The first descriptor's length, type, value and attributes stay, so that hosts do choose it.
 */
#include "chance.h"
#include "internal.h"

#define HEADER	      9u /* bytes of the configuration descriptor itself */
#define TOTAL_AT      2u
#define INTERFACES_AT 4u
#define MOST	      256u /* descriptors that are looked at */

struct text {
	uint8_t *bytes;
	size_t length, room;
};

static uint8_t odd_byte(uint64_t *state)
{
	static const uint8_t odd[] = { 0, 1, 2, 3, 4, 5, 7, 9, 0x7f, 0x80, 0x81, 0xff };
	uint32_t choice = chance_below(state, 2 * sizeof(odd));

	return choice < sizeof(odd) ? odd[choice] : (uint8_t)chance_next(state);
}

static size_t size_at(const struct text *text, size_t at)
{
	size_t size = text->bytes[at] ? text->bytes[at] : 1, rest = text->length - at;

	return size < rest ? size : rest;
}

/* Where descriptors begin, as a host that believes their lengths would find them. */
static unsigned int find(const struct text *text, size_t *begins)
{
	unsigned int count = 0;
	size_t at;

	for (at = HEADER; at < text->length && count < MOST; at += size_at(text, at))
		begins[count++] = at;
	return count;
}

static void remove_bytes(struct text *text, size_t at, size_t size)
{
	memmove(text->bytes + at, text->bytes + at + size, text->length - at - size);
	text->length -= size;
}

/* Room for @size bytes at @at; false if there is none. */
static bool make_room(struct text *text, size_t at, size_t size)
{
	if (text->room - text->length < size)
		return false;
	memmove(text->bytes + at + size, text->bytes + at, text->length - at);
	text->length += size;
	return true;
}

static void change_byte(struct text *text, size_t at, uint64_t *state)
{
	text->bytes[at + chance_below(state, (uint32_t)size_at(text, at))] = odd_byte(state);
}

static void change_bit(struct text *text, size_t at, uint64_t *state)
{
	uint32_t byte = chance_below(state, (uint32_t)size_at(text, at));

	text->bytes[at + byte] ^= (uint8_t)(1u << chance_below(state, 8));
}

static void change_length(struct text *text, size_t at, uint64_t *state)
{
	text->bytes[at] = chance_one_in(state, 2) ?
				  odd_byte(state) :
				  (uint8_t)(text->bytes[at] + chance_below(state, 5) - 2);
}

static void take_out(struct text *text, size_t at, uint64_t *state)
{
	(void)state;
	remove_bytes(text, at, size_at(text, at));
}

static void repeat(struct text *text, size_t at, uint64_t *state)
{
	size_t size = size_at(text, at);

	(void)state;
	if (make_room(text, at, size))
		memcpy(text->bytes + at, text->bytes + at + size, size);
}

/* The next descriptor comes before it. */
static void swap(struct text *text, size_t at, uint64_t *state)
{
	size_t size = size_at(text, at), next;
	uint8_t kept[256];

	(void)state;
	if (at + size >= text->length)
		return;
	next = size_at(text, at + size);
	memcpy(kept, text->bytes + at, size);
	memmove(text->bytes + at, text->bytes + at + size, next);
	memcpy(text->bytes + at + next, kept, size);
}

static void cut(struct text *text, size_t at, uint64_t *state)
{
	text->length = at + chance_below(state, (uint32_t)size_at(text, at));
}

static void insert(struct text *text, size_t at, uint64_t *state)
{
	static const uint8_t types[] = { 1, 2, 4, 5, 11, 15, 16, 33, 36, 37, 48, 49 };
	size_t size = 2 + chance_below(state, 9), i;

	if (!make_room(text, at, size))
		return;
	for (i = 2; i < size; i++)
		text->bytes[at + i] = odd_byte(state);
	text->bytes[at] = (uint8_t)size;
	text->bytes[at + 1] = types[chance_below(state, sizeof(types))];
}

static void change_count(struct text *text, size_t at, uint64_t *state)
{
	(void)at;
	text->bytes[INTERFACES_AT] = odd_byte(state);
}

/* What is there more than once strikes more often. */
static void (*const changes[])(struct text *, size_t, uint64_t *) = {
	change_byte, change_byte, change_byte,	 change_byte, change_bit,
	change_bit,  change_bit,  change_length, take_out,    take_out,
	repeat,	     swap,	  cut,		 insert,      change_count,
};

static void change(struct text *text, uint64_t *state)
{
	uint32_t which = chance_below(state, sizeof(changes) / sizeof(changes[0]));
	size_t begins[MOST];
	unsigned int count = find(text, begins);

	if (count)
		changes[which](text, begins[chance_below(state, count)], state);
}

/* Now and then it does not say how long it is. */
static void put_total(struct text *text, uint64_t *state)
{
	size_t total = text->length;

	if (chance_one_in(state, 16))
		total = chance_next(state);
	text->bytes[TOTAL_AT] = (uint8_t)total;
	text->bytes[TOTAL_AT + 1] = (uint8_t)(total >> 8);
}

size_t mutate_configuration(uint32_t seed, uint8_t *bytes, size_t length, size_t room)
{
	struct text text = { bytes, length, room };
	uint64_t state = chance_begin(seed, 0);
	uint32_t count = 1 + chance_below(&state, 4);

	if (length < HEADER)
		return length;
	while (count--)
		change(&text, &state);
	put_total(&text, &state);
	return text.length;
}
