// SPDX-License-Identifier: MIT
/*
 * Changes in a configuration. The first descriptor's length, type, value and attributes stay, so
 * that hosts do choose it.
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

/* Half of the time one that means something to somebody. */
uint8_t edit_odd_byte(uint64_t *state)
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

static uint8_t *byte_at(struct text *text, size_t at, const struct sim_edit *edit)
{
	return &text->bytes[at + edit->at % size_at(text, at)];
}

static void set_byte(struct text *text, size_t at, const struct sim_edit *edit)
{
	*byte_at(text, at, edit) = (uint8_t)edit->value;
}

static void turn_bit(struct text *text, size_t at, const struct sim_edit *edit)
{
	*byte_at(text, at, edit) ^= (uint8_t)(1u << edit->value % 8);
}

static void set_length(struct text *text, size_t at, const struct sim_edit *edit)
{
	text->bytes[at] = (uint8_t)edit->value;
}

static void add_length(struct text *text, size_t at, const struct sim_edit *edit)
{
	text->bytes[at] = (uint8_t)(text->bytes[at] + edit->value);
}

static void take_out(struct text *text, size_t at, const struct sim_edit *edit)
{
	(void)edit;
	remove_bytes(text, at, size_at(text, at));
}

static void repeat(struct text *text, size_t at, const struct sim_edit *edit)
{
	size_t size = size_at(text, at);

	(void)edit;
	if (make_room(text, at, size))
		memcpy(text->bytes + at, text->bytes + at + size, size);
}

/* The next descriptor comes before it. */
static void swap(struct text *text, size_t at, const struct sim_edit *edit)
{
	size_t size = size_at(text, at), next;
	uint8_t kept[256];

	(void)edit;
	if (at + size >= text->length)
		return;
	next = size_at(text, at + size);
	memcpy(kept, text->bytes + at, size);
	memmove(text->bytes + at, text->bytes + at + size, next);
	memcpy(text->bytes + at + next, kept, size);
}

static void cut(struct text *text, size_t at, const struct sim_edit *edit)
{
	text->length = at + edit->at % size_at(text, at);
}

static void insert(struct text *text, size_t at, const struct sim_edit *edit)
{
	static const uint8_t types[] = { 1, 2, 4, 5, 11, 15, 16, 33, 36, 37, 48, 49 };
	uint64_t state = chance_begin(edit->value, 0);
	size_t size = 2 + edit->at % 9, i;

	if (!make_room(text, at, size))
		return;
	text->bytes[at] = (uint8_t)size;
	text->bytes[at + 1] = types[chance_below(&state, sizeof(types))];
	for (i = 2; i < size; i++)
		text->bytes[at + i] = edit_odd_byte(&state);
}

static void (*const changes[SIM_EDIT_INTERFACES])(struct text *, size_t,
						  const struct sim_edit *) = {
	[SIM_EDIT_BYTE] = set_byte,	[SIM_EDIT_BIT] = turn_bit,
	[SIM_EDIT_LENGTH] = set_length, [SIM_EDIT_LENGTH_BY] = add_length,
	[SIM_EDIT_REMOVE] = take_out,	[SIM_EDIT_REPEAT] = repeat,
	[SIM_EDIT_SWAP] = swap,		[SIM_EDIT_CUT] = cut,
	[SIM_EDIT_INSERT] = insert,
};

static void change(struct text *text, const struct sim_edit *edit)
{
	size_t begins[MOST];
	unsigned int count = find(text, begins);

	if (edit->kind == SIM_EDIT_INTERFACES)
		text->bytes[INTERFACES_AT] = (uint8_t)edit->value;
	else if (edit->kind < SIM_EDIT_INTERFACES && count)
		changes[edit->kind](text, begins[edit->descriptor % count], edit);
}

static void put_total(struct text *text, size_t total)
{
	text->bytes[TOTAL_AT] = (uint8_t)total;
	text->bytes[TOTAL_AT + 1] = (uint8_t)(total >> 8);
}

/* A lie about the length stays, whatever is changed behind it. */
size_t edit_configuration(const struct sim_edit *edits, unsigned int count, uint8_t *bytes,
			  size_t length, size_t room)
{
	struct text text = { bytes, length, room };
	const struct sim_edit *total = NULL;
	unsigned int i;

	if (length < HEADER || !count)
		return length;
	for (i = 0; i < count; i++) {
		change(&text, &edits[i]);
		if (edits[i].kind == SIM_EDIT_TOTAL)
			total = &edits[i];
	}
	put_total(&text, total ? total->value : text.length);
	return text.length;
}
