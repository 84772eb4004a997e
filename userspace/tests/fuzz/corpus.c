// SPDX-License-Identifier: MIT
#include "corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chance.h"

#define PATH 300u

void corpus_replace(struct member *member, const struct op_case *one)
{
	struct op_case *copy = malloc(offsetof(struct op_case, op) + one->count * sizeof(*one->op));

	if (!copy)
		return;
	op_copy(copy, one, one->count);
	free(member->one);
	member->one = copy;
}

struct member *corpus_keep(struct corpus *corpus, const struct op_case *one, const uint32_t *way,
			   unsigned int n_ways)
{
	struct member *member = &corpus->member[corpus->count];

	if (!one->count || corpus->count == CORPUS_MAX)
		return NULL;
	*member = (struct member){ .n_ways = n_ways < CORPUS_WAYS ? n_ways : CORPUS_WAYS };
	corpus_replace(member, one);
	if (!member->one)
		return NULL;
	memcpy(member->way, way, member->n_ways * sizeof(*way));
	corpus->count++;
	return member;
}

void corpus_drop(struct corpus *corpus)
{
	while (corpus->count)
		free(corpus->member[--corpus->count].one);
}

/* --- new ones --- */

/* What is useful less often may be just what is missing. */
static void make(struct op *op, uint64_t *state, const struct op_case *one)
{
	if (chance_one_in(state, 2))
		op_make(op, state, one);
	else
		op_make_any(op, state, one);
}

/* Makes room for @size operations at @at; how many there is room for. */
static unsigned int push(struct op_case *one, unsigned int at, unsigned int size)
{
	if (size > OP_MAX - one->count)
		size = OP_MAX - one->count;
	memmove(one->op + at + size, one->op + at, (one->count - at) * sizeof(*one->op));
	one->count += size;
	return size;
}

/* Half of the time near the end: what is there made it worth keeping. */
static unsigned int somewhere(uint64_t *state, unsigned int count)
{
	unsigned int back = 0;

	if (!count || chance_one_in(state, 2))
		return chance_below(state, count);
	while (back + 1 < count && chance_below(state, 3))
		back++;
	return count - 1 - back;
}

static void put_in(struct op_case *one, uint64_t *state)
{
	unsigned int at = somewhere(state, one->count + 1);

	if (push(one, at, 1))
		make(&one->op[at], state, one);
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
	unsigned int at = somewhere(state, one->count + 1);

	if (push(one, at, 1))
		one->op[at] = op;
}

static void change(struct op_case *one, uint64_t *state)
{
	struct op *op = &one->op[somewhere(state, one->count)], other;

	make(&other, state, one);
	// clang-format off
	switch (chance_below(state, 8)) {
	case 0: op->a = other.a; break;
	case 1: op->b = other.b; break;
	case 2: op->x = other.x; break;
	case 3: op->y = other.y; break;
	case 4: op->kind = other.kind; break;
	case 5: op->x = op_number_near(op->x, state); break;
	case 6: op->y = op_number_near(op->y, state); break;
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

/* Of how few cases. */
static uint64_t rarest(const struct corpus *corpus, const struct member *member)
{
	uint64_t least = corpus->cases ? UINT32_MAX : 1;
	unsigned int i;

	for (i = 0; corpus->cases && i < member->n_ways; i++)
		if (corpus->cases[member->way[i]] < least)
			least = corpus->cases[member->way[i]];
	return least ? least : 1;
}

static uint64_t weight(const struct corpus *corpus, unsigned int number)
{
	const struct member *member = &corpus->member[number];
	uint64_t rare = rarest(corpus, member);

	if (member->state == BAD)
		return 1;
	return 1 + (1ull << 40) / (rare * rare * (8 + member->one->count));
}

static unsigned int pick_rare(const struct corpus *corpus, uint64_t *state)
{
	uint64_t total = 1, choice;
	unsigned int i;

	for (i = 0; i < corpus->count; i++)
		total += weight(corpus, i);
	choice = ((uint64_t)chance_next(state) << 32 | chance_next(state)) % total;
	for (i = 0; i + 1 < corpus->count && choice >= weight(corpus, i); i++)
		choice -= weight(corpus, i);
	return i;
}

/* The last is where it goes on. */
static unsigned int pick_late(const struct corpus *corpus, uint64_t *state)
{
	unsigned int back = 0;

	while (back + 1 < corpus->count && chance_one_in(state, 2))
		back++;
	return corpus->count - 1 - back;
}

static struct member *last_due(struct corpus *corpus)
{
	unsigned int i = corpus->count;

	while (i--)
		if (corpus->member[i].due && corpus->member[i].state != BAD)
			return &corpus->member[i];
	return NULL;
}

struct member *corpus_choose(struct corpus *corpus, uint64_t *state, bool *due)
{
	struct member *member = chance_one_in(state, 2) ? last_due(corpus) : NULL;
	unsigned int way = chance_below(state, 4);

	*due = member;
	if (member)
		member->due--;
	else if (corpus->count)
		member = &corpus->member[way < 2  ? pick_rare(corpus, state) :
					 way == 2 ? pick_late(corpus, state) :
						    chance_below(state, corpus->count)];
	return member;
}

static void mutate_once(const struct corpus *corpus, struct op_case *one, uint64_t *state)
{
	// clang-format off
	switch (chance_below(state, 12)) {
	case 0: case 1: case 2: put_in(one, state); break;
	case 3: case 4: take_out(one, state); break;
	case 5: repeat(one, state); break;
	case 6: splice(one, corpus->member[pick_rare(corpus, state)].one, state); break;
	case 7: one->speed = chance_below(state, 3); break;
	default: change(one, state); break;
	}
	// clang-format on
}

/*
 * By chance; half of the time with the last few operations before each new one: what they led to
 * may need the one that is right, and every other may end it.
 */
static void go_on(struct op_case *one, uint64_t *state, unsigned int more)
{
	unsigned int again = chance_one_in(state, 2) ? 1 + chance_below(state, 4) : 0, i;
	struct op last[4];

	if (again > one->count)
		again = one->count;
	memcpy(last, one->op + one->count - again, again * sizeof(*last));
	for (i = 0; i < more && one->count < OP_MAX; i++) {
		struct op *op = &one->op[one->count++];

		make(op, state, one);
		/* The first time they are there already. */
		if ((i + again) % (again + 1) < again)
			*op = last[(i + again) % (again + 1)];
	}
}

void corpus_mutate(const struct corpus *corpus, const struct member *member, bool changed,
		   struct op_case *one, uint64_t *state, unsigned int more)
{
	unsigned int times = changed ? 1 + chance_below(state, 4) : 0;

	op_copy(one, member->one, member->one->count);
	while (times--)
		mutate_once(corpus, one, state);
	go_on(one, state, more);
}

/* --- files --- */

unsigned int corpus_write(const struct corpus *corpus, const char *folder)
{
	unsigned int i, written = 0;
	char path[PATH];

	mkdir(folder, 0700);
	for (i = 0; i < corpus->count; i++) {
		snprintf(path, sizeof(path), "%s/%04u", folder, written);
		if (corpus->member[i].state != BAD && !op_write(corpus->member[i].one, path))
			break;
		written += corpus->member[i].state != BAD;
	}
	return written;
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
			corpus_keep(corpus, &one, NULL, 0);
	}
	if (count >= 0)
		free(entry);
	return corpus->count - before;
}
