// SPDX-License-Identifier: MIT
#include "corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chance.h"

#define PATH 300u

static void copy(struct op_case *to, const struct op_case *from, unsigned int count)
{
	to->speed = from->speed;
	to->threads = from->threads;
	to->count = count;
	memcpy(to->op, from->op, count * sizeof(*to->op));
}

bool corpus_keep(struct corpus *corpus, const struct op_case *one, unsigned int count)
{
	struct op_case *member;

	if (count > one->count)
		count = one->count;
	if (!count || corpus->count == CORPUS_MAX)
		return false;
	member = malloc(offsetof(struct op_case, op) + count * sizeof(*one->op));
	if (!member)
		return false;
	copy(member, one, count);
	corpus->member[corpus->count++] = member;
	return true;
}

void corpus_get(const struct corpus *corpus, unsigned int number, struct op_case *one)
{
	copy(one, corpus->member[number], corpus->member[number]->count);
}

void corpus_drop(struct corpus *corpus)
{
	while (corpus->count)
		free(corpus->member[--corpus->count]);
}

/* --- new ones --- */

/* Makes room for @size operations at @at; how many there is room for. */
static unsigned int push(struct op_case *one, unsigned int at, unsigned int size)
{
	if (size > OP_MAX - one->count)
		size = OP_MAX - one->count;
	memmove(one->op + at + size, one->op + at, (one->count - at) * sizeof(*one->op));
	one->count += size;
	return size;
}

static void put_in(struct op_case *one, uint64_t *state, bool rough)
{
	unsigned int at = chance_below(state, one->count + 1);

	if (push(one, at, 1))
		op_make(&one->op[at], state, one->threads, rough);
}

static void take_out(struct op_case *one, uint64_t *state)
{
	unsigned int at = chance_below(state, one->count);
	unsigned int size = 1 + chance_below(state, chance_one_in(state, 4) ? one->count / 2 : 4);

	if (size > one->count - at)
		size = one->count - at;
	/* Never all of it. */
	if (size == one->count)
		return;
	one->count -= size;
	memmove(one->op + at, one->op + at + size, (one->count - at) * sizeof(*one->op));
}

/* Somewhere once more. */
static void repeat(struct op_case *one, uint64_t *state)
{
	struct op op = one->op[chance_below(state, one->count)];
	unsigned int at = chance_below(state, one->count + 1);

	if (push(one, at, 1))
		one->op[at] = op;
}

static void change(struct op_case *one, uint64_t *state, bool rough)
{
	struct op *op = &one->op[chance_below(state, one->count)], other;

	op_make(&other, state, one->threads, rough);
	// clang-format off
	switch (chance_below(state, 6)) {
	case 0: op->a = other.a; break;
	case 1: op->b = other.b; break;
	case 2: op->x = other.x; break;
	case 3: op->y = other.y; break;
	case 4: op->kind = other.kind; break;
	default: op->thread = other.thread; break;
	}
	// clang-format on
}

/* The end of another behind the beginning of this. */
static void splice(struct op_case *one, const struct op_case *other, uint64_t *state)
{
	unsigned int from = chance_below(state, other->count), i, size;

	one->count = 1 + chance_below(state, one->count);
	size = other->count - from < OP_MAX - one->count ? other->count - from :
							   OP_MAX - one->count;
	for (i = 0; i < size; i++) {
		one->op[one->count + i] = other->op[from + i];
		one->op[one->count + i].thread %= one->threads;
	}
	one->count += size;
}

/* Half of the time one of the last, rather the very last: what it reached is where it goes on. */
static const struct op_case *pick(const struct corpus *corpus, uint64_t *state)
{
	unsigned int back = 0;

	if (chance_one_in(state, 2))
		back = chance_below(state, corpus->count);
	else
		while (back + 1 < corpus->count && chance_one_in(state, 2))
			back++;
	return corpus->member[corpus->count - 1 - back];
}

static void mutate_once(const struct corpus *corpus, struct op_case *one, uint64_t *state,
			bool rough)
{
	// clang-format off
	switch (chance_below(state, 12)) {
	case 0: case 1: case 2: put_in(one, state, rough); break;
	case 3: case 4: take_out(one, state); break;
	case 5: repeat(one, state); break;
	case 6: splice(one, pick(corpus, state), state); break;
	case 7: one->speed = chance_below(state, 3); break;
	default: change(one, state, rough); break;
	}
	// clang-format on
}

/*
 * By chance; half of the time with the last few operations before each new one: what they led to
 * may need the one that is right, and every other may end it.
 */
static void go_on(struct op_case *one, uint64_t *state, unsigned int more, bool rough)
{
	unsigned int again = chance_one_in(state, 2) ? 1 + chance_below(state, 4) : 0, i;
	struct op last[4];

	if (again > one->count)
		again = one->count;
	memcpy(last, one->op + one->count - again, again * sizeof(*last));
	for (i = 0; i < more && one->count < OP_MAX; i++) {
		struct op *op = &one->op[one->count++];

		op_make(op, state, one->threads, rough);
		/* The first time they are there already. */
		if ((i + again) % (again + 1) < again)
			*op = last[(i + again) % (again + 1)];
	}
}

void corpus_mutate(const struct corpus *corpus, struct op_case *one, uint64_t *state,
		   unsigned int more, bool rough)
{
	const struct op_case *of = pick(corpus, state);
	unsigned int times = chance_one_in(state, 3) ? 0 : 1 + chance_below(state, 4);

	copy(one, of, of->count);
	while (times--)
		mutate_once(corpus, one, state, rough);
	go_on(one, state, more, rough);
}

/* --- files --- */

unsigned int corpus_write(const struct corpus *corpus, const char *folder)
{
	char path[PATH];
	unsigned int i;

	mkdir(folder, 0700);
	for (i = 0; i < corpus->count; i++) {
		snprintf(path, sizeof(path), "%s/%04u", folder, i);
		if (!op_write(corpus->member[i], path))
			break;
	}
	return i;
}

unsigned int corpus_read(struct corpus *corpus, const char *folder)
{
	static struct op_case one;
	struct dirent **entry;
	int i, count = scandir(folder, &entry, NULL, alphasort);
	unsigned int before = corpus->count;
	char path[PATH];

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
		free(entry[i]);
		if (op_read(&one, path))
			corpus_keep(corpus, &one, one.count);
	}
	if (count >= 0)
		free(entry);
	return corpus->count - before;
}
