// SPDX-License-Identifier: MIT
#include "minimiser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"
#include "chance.h"
#include "corpus.h"
#include "cover.h"
#include "op.h"

#define TRIES 400u

static struct op_case current, other;
static struct corpus corpus;
static char folder[] = "/tmp/fuzz-minimiser-XXXXXX";
static char path[64];

/* A file there. */
static const char *in_folder(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void mutate(struct op_case *one, uint64_t *state, unsigned int more)
{
	bool due, changed = chance_below(state, 3);
	struct member *member = corpus_choose(&corpus, state, &due);

	corpus_mutate(&corpus, member, changed, one, state, more);
}

static void drop_corpus(void *unused)
{
	(void)unused;
	corpus_drop(&corpus);
}

/* --- cases --- */

/* A cancel somewhere after two power calls. */
static bool has_bug(const struct op_case *one)
{
	unsigned int i, powers = 0;

	for (i = 0; i < one->count; i++) {
		powers += one->op[i].kind == OP_POWER;
		if (powers >= 2 && one->op[i].kind == OP_CANCEL)
			return true;
	}
	return false;
}

static void makes_small(void)
{
	op_generate(&current, OP_NODE, 5, 0, 2000);
	REQUIRE(has_bug(&current));
	CHECK(op_minimise(&current, has_bug, TRIES) <= TRIES);
	REQUIRE(current.count == 3);
	EQUAL(current.op[0].kind, OP_POWER);
	EQUAL(current.op[1].kind, OP_POWER);
	EQUAL(current.op[2].kind, OP_CANCEL);
}

static void reads_what_it_writes(void)
{
	op_generate(&current, OP_ROUGH_NODE, 7, 3, 1000);
	REQUIRE(op_write(&current, in_folder("case")));
	REQUIRE(op_read(&other, path));
	unlink(path);
	EQUAL(other.count, 1000);
	CHECK(!memcmp(other.op, current.op, 1000 * sizeof(*other.op)));
}

static void passes_over_comments(void)
{
	FILE *file = fopen(in_folder("case"), "we");

	REQUIRE(file);
	fputs("# what it is\ndevice 2 1\n# what it does\nbyte 0 2 0 3 131\n", file);
	fclose(file);
	REQUIRE(op_read(&other, path));
	unlink(path);
	EQUAL(other.family, OP_DEVICE);
	EQUAL(other.count, 1);
	EQUAL(other.op[0].kind, OP_BYTE);
	EQUAL(other.op[0].y, 131);
}

static void repeats(void)
{
	op_generate(&current, OP_NODE, 7, 3, 1000);
	op_generate(&other, OP_NODE, 7, 3, 1000);
	EQUAL(other.speed, current.speed);
	EQUAL(other.threads, current.threads);
	CHECK(!memcmp(other.op, current.op, sizeof(*other.op) * 1000));
	op_generate(&other, OP_NODE, 7, 4, 1000);
	CHECK(memcmp(other.op, current.op, sizeof(*other.op) * 1000));
}

/* --- the corpus --- */

static bool keep(void)
{
	return corpus_keep(&corpus, &current, NULL, 0);
}

static void keeps_a_copy(void)
{
	tap_defer(drop_corpus, NULL);
	op_generate(&current, OP_ROUGH_NODE, 7, 3, 100);
	op_copy(&other, &current, 100);
	REQUIRE(keep());
	current.count = 0;
	CHECK(!keep());
	REQUIRE(corpus.count == 1);
	memset(&current, 0, sizeof(current));
	EQUAL(corpus.member[0].one->family, OP_ROUGH_NODE);
	EQUAL(corpus.member[0].one->speed, other.speed);
	EQUAL(corpus.member[0].one->threads, other.threads);
	EQUAL(corpus.member[0].one->count, 100);
	CHECK(!memcmp(corpus.member[0].one->op, other.op, 100 * sizeof(*other.op)));
}

static void ends_when_full(void)
{
	unsigned int kept = 0;

	tap_defer(drop_corpus, NULL);
	op_generate(&current, OP_NODE, 7, 3, 1);
	while (kept <= CORPUS_MAX && keep())
		kept++;
	EQUAL(kept, CORPUS_MAX);
}

static void fill_family(enum op_family family, unsigned int members, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < members; i++) {
		op_generate(&current, family, 11, i, count);
		REQUIRE(keep());
	}
}

static void fill(unsigned int members, unsigned int count)
{
	fill_family(OP_NODE, members, count);
}

static bool is_valid(const struct op_case *one)
{
	unsigned int i;

	if (!one->count || one->count > OP_MAX || one->speed > 2 || !one->threads ||
	    one->threads > OP_THREADS)
		return false;
	for (i = 0; i < one->count; i++)
		if (one->op[i].thread >= one->threads || one->op[i].kind >= OP_KINDS ||
		    one->op[i].a > 20 || one->op[i].b > 15 ||
		    (one->op[i].kind >= OP_FIRST_OF_DEVICE) != (one->family == OP_DEVICE) ||
		    (one->op[i].kind == OP_VANISH && one->family != OP_ROUGH_NODE))
			return false;
	return true;
}

static unsigned int bad_mutants(enum op_family family, unsigned int size)
{
	unsigned int i, bad = 0;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill_family(family, 9, size);
	for (i = 0; i < 1000; i++) {
		state = chance_begin(3, i);
		mutate(&other, &state, i % 3);
		bad += !is_valid(&other);
	}
	corpus_drop(&corpus);
	return bad;
}

static void every_mutant_is_a_case(void)
{
	static const unsigned int sizes[] = { 1, 2, 50, OP_MAX };
	unsigned int k, family;

	for (family = 0; family < OP_FAMILIES; family++)
		for (k = 0; k < 4; k++)
			EQUAL(bad_mutants(family, sizes[k]), 0);
}

static void mutants_repeat(void)
{
	uint64_t state = chance_begin(3, 1), again = state, next = chance_begin(3, 2);

	tap_defer(drop_corpus, NULL);
	fill(3, 60);
	memset(&current, 0, sizeof(current));
	memset(&other, 0, sizeof(other));
	mutate(&current, &state, 20);
	mutate(&other, &again, 20);
	CHECK(!memcmp(&current, &other, sizeof(current)));
	mutate(&other, &next, 20);
	CHECK(memcmp(&current, &other, sizeof(current)));
}

/* The member it is of stays as it was. */
static void members_stay(void)
{
	unsigned int i;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill(1, 60);
	op_generate(&current, OP_NODE, 11, 0, 60);
	for (i = 0; i < 200; i++) {
		state = chance_begin(3, i);
		mutate(&other, &state, 5);
	}
	EQUAL(corpus.count, 1);
	EQUAL(corpus.member[0].one->count, 60);
	CHECK(!memcmp(corpus.member[0].one->op, current.op, 60 * sizeof(*current.op)));
}

/* Which member, by its number. */
static unsigned int choose(uint64_t *state, bool *due)
{
	return (unsigned int)(corpus_choose(&corpus, state, due) - corpus.member);
}

static void rare_ones_first(void)
{
	/* By how many cases took their ways; the third was found bad. */
	static const uint32_t cases[] = { 100, 2, 1, 50 };
	unsigned int i, chosen[4] = { 0 };
	uint64_t state = chance_begin(3, 1);
	bool due;

	tap_defer(drop_corpus, NULL);
	fill(4, 10);
	corpus.cases = cases;
	for (i = 0; i < 4; i++) {
		corpus.member[i].n_ways = 1;
		corpus.member[i].way[0] = i;
	}
	corpus.member[2].state = BAD;
	for (i = 0; i < 1000; i++)
		chosen[choose(&state, &due)]++;
	corpus.cases = NULL;
	CHECK(!due);
	CHECK(chosen[1] > 550 && chosen[1] < 700);
	CHECK(chosen[0] > 50 && chosen[2] > 50);
}

static void due_ones_in_turn(void)
{
	unsigned int i, chosen[3] = { 0 }, last = 2, back = 0;
	uint64_t state = chance_begin(3, 1);
	bool due;

	tap_defer(drop_corpus, NULL);
	fill(3, 10);
	corpus.member[0].due = 30;
	corpus.member[1].due = 30;
	corpus.member[1].state = BAD;
	corpus.member[2].due = 30;
	for (i = 0; i < 400; i++) {
		unsigned int number = choose(&state, &due);

		chosen[number] += due;
		back += due && number > last;
		last = due ? number : last;
	}
	EQUAL(chosen[0], 30);
	EQUAL(chosen[1], 0);
	EQUAL(chosen[2], 30);
	/* The last first, the others when it has had its turns. */
	EQUAL(back, 0);
}

static void replaces(void)
{
	tap_defer(drop_corpus, NULL);
	fill(2, 10);
	corpus.member[1].due = 5;
	op_generate(&current, OP_NODE, 12, 0, 4);
	corpus_replace(&corpus.member[1], &current);
	EQUAL(corpus.member[1].one->count, 4);
	CHECK(!memcmp(corpus.member[1].one->op, current.op, 4 * sizeof(*current.op)));
	EQUAL(corpus.member[1].due, 5);
	EQUAL(corpus.member[0].one->count, 10);
}

/* How many operations both have in the same order from the beginning, and from the end. */
static unsigned int alike(const struct op_case *one, const struct op_case *two, bool from_end)
{
	unsigned int i, least = one->count < two->count ? one->count : two->count;

	for (i = 0; i < least; i++)
		if (memcmp(&one->op[from_end ? one->count - 1 - i : i],
			   &two->op[from_end ? two->count - 1 - i : i], sizeof(*one->op)))
			break;
	return i;
}

static bool is_spliced(const struct op_case *one)
{
	unsigned int i, k;

	for (i = 0; i < corpus.count; i++)
		for (k = 0; k < corpus.count; k++)
			if (i != k && alike(one, corpus.member[i].one, false) >= 10 &&
			    alike(one, corpus.member[k].one, true) >= 10)
				return true;
	return false;
}

enum { LONGER, SHORTER, CHANGED, REPEATED, SPLICED, SPEED, SAME, WAYS };

static bool differs_in_one(const struct op *one, const struct op *two)
{
	return (one->kind != two->kind) + (one->a != two->a) + (one->b != two->b) +
		       (one->x != two->x) + (one->y != two->y) ==
	       1;
}

static void look(unsigned int *seen, const struct op_case *one, const struct op_case *member)
{
	unsigned int front = alike(one, member, false), end = alike(one, member, true), i;

	seen[SAME] += one->count == 60 && front == 60 && one->speed == member->speed;
	seen[SPEED] += one->speed != member->speed && front == 60;
	seen[SPLICED] += is_spliced(one);
	seen[SHORTER] += one->count < 60 && one->count >= 56 && front + end >= one->count;
	seen[CHANGED] += one->count == 60 && front + end == 59 &&
			 differs_in_one(&one->op[front], &member->op[front]);
	if (one->count != 61 || front + end < 60)
		return;
	for (i = 0; i < 60 && memcmp(&one->op[front], &member->op[i], sizeof(*one->op)); i++)
		;
	seen[i < 60 ? REPEATED : LONGER]++;
}

static void changes_in_every_way(void)
{
	/* Of 3000; joining two comes to each of the others now and then, too. */
	static const unsigned int least[WAYS] = { 100, 50, 100, 30, 30, 10, 900 };
	unsigned int seen[WAYS] = { 0 }, i, k;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill(3, 60);
	/* Threads that splice() changes would hide it. */
	for (i = 0; i < 3; i++) {
		corpus.member[i].one->threads = 1;
		corpus.member[i].one->speed = 0;
		for (k = 0; k < 60; k++)
			corpus.member[i].one->op[k].thread = 0;
	}
	for (i = 0; i < 3000; i++) {
		state = chance_begin(3, i);
		mutate(&other, &state, 0);
		for (k = 0; k < 3; k++)
			look(seen, &other, corpus.member[k].one);
	}
	for (i = 0; i < WAYS; i++)
		if (!CHECK(seen[i] >= least[i]))
			tap_note("way %u of changing a case: %u times", i, seen[i]);
}

static void goes_on(void)
{
	unsigned int i, seen = 0;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill(1, 60);
	for (i = 0; i < 50; i++) {
		state = chance_begin(3, i);
		mutate(&other, &state, 30);
		seen += alike(&other, corpus.member[0].one, false) == 60 && other.count == 90;
	}
	CHECK(seen >= 10);
}

/* Behind 60 kept operations one that is not the member's, then its last two, and so on. */
static bool tries_again(const struct op_case *one, const struct op_case *member)
{
	unsigned int i, same = 0;

	if (one->count != 90 || alike(one, member, false) != 60)
		return false;
	for (i = 0; i < 30; i++)
		same += i % 3 &&
			!memcmp(&one->op[60 + i], &member->op[57 + i % 3], sizeof(*one->op));
	return same == 20;
}

static void tries_its_end_again(void)
{
	unsigned int i, seen = 0;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill(1, 60);
	for (i = 0; i < 200; i++) {
		state = chance_begin(3, i);
		mutate(&other, &state, 30);
		seen += tries_again(&other, corpus.member[0].one);
	}
	CHECK(seen >= 3);
}

static void writes_and_reads_a_corpus(void)
{
	static struct corpus again;
	unsigned int i;
	char name[80];

	tap_defer(drop_corpus, NULL);
	fill(4, 60);
	corpus.member[3].state = BAD;
	EQUAL(corpus_write(&corpus, in_folder("corpus")), 3);
	EQUAL(corpus_read(&again, path), 3);
	for (i = 0; i < again.count; i++) {
		EQUAL(again.member[i].one->count, 60);
		EQUAL(again.member[i].one->threads, corpus.member[i].one->threads);
		EQUAL(again.member[i].one->speed, corpus.member[i].one->speed);
		CHECK(!memcmp(again.member[i].one->op, corpus.member[i].one->op,
			      60 * sizeof(*again.member[i].one->op)));
		snprintf(name, sizeof(name), "%s/%04u", path, i);
		CHECK(!unlink(name));
	}
	corpus_drop(&again);
	rmdir(path);
	EQUAL(corpus_read(&again, path), 0);
}

/* --- what was reached --- */

static struct cover_map map;

static void reset_map(void)
{
	memset(&map, 0, sizeof(map));
	map.base = 0x1000;
	map.size = 0x500;
}

static void counts_places_once(void)
{
	static const uint64_t pcs[] = { 0x1000, 0x1010, 0x1020, 0x1010 };

	reset_map();
	cover_begin(&map);
	cover_add(&map, pcs, 4, 3);
	EQUAL(map.pcs, 3);
	/* Into the first, and three ways. */
	EQUAL(map.edges, 4);
	EQUAL(map.ways, 4);
	EQUAL(map.news, 4);
	EQUAL(map.last, 3);
	cover_begin(&map);
	cover_add(&map, pcs, 4, 5);
	EQUAL(map.news, 0);
	EQUAL(map.last, 0);
	EQUAL(map.edges, 4);
}

static void sees_another_way(void)
{
	static const uint64_t there[] = { 0x1000, 0x1010 }, back[] = { 0x1000, 0x1010, 0x1000 };

	reset_map();
	cover_begin(&map);
	cover_add(&map, there, 2, 0);
	cover_begin(&map);
	cover_add(&map, back, 3, 9);
	EQUAL(map.pcs, 2);
	EQUAL(map.news, 1);
	EQUAL(map.last, 9);
	CHECK(cover_went(&map, map.news_way[0]));
	EQUAL(map.cases[map.news_way[0]], 1);
	cover_begin(&map);
	CHECK(!cover_went(&map, map.news_way[0]));
	cover_add(&map, back, 3, 9);
	cover_add(&map, back, 3, 9);
	/* So many cases, not so many times. */
	EQUAL(map.cases[map.news_way[0]], 2);
}

/* Of n rounds there are n ways there and n - 1 back. */
static void counts_how_often(void)
{
	static const unsigned int rounds[] = { 7, 8, 9, 60, 65, 65 }, news[] = { 3, 1, 1, 0, 2, 0 };
	uint64_t pcs[130];
	unsigned int i;

	for (i = 0; i < 130; i++)
		pcs[i] = i % 2 ? 0x1010 : 0x1000;
	reset_map();
	for (i = 0; i < 6; i++) {
		cover_begin(&map);
		cover_add(&map, pcs, 2 * rounds[i], i);
		EQUAL(map.news, news[i]);
	}
	EQUAL(map.edges, 3);
}

static void only_the_module(void)
{
	static const uint64_t pcs[] = { 0xfff, 0x1500, 0x14ff, ~0ull };

	reset_map();
	cover_begin(&map);
	cover_add(&map, pcs, 4, 0);
	EQUAL(map.pcs, 1);
	EQUAL(map.edges, 1);
}

/* More than can be listed are still counted. */
static void news_overflow(void)
{
	uint64_t pcs[COVER_NEWS + 10];
	unsigned int i;

	reset_map();
	cover_begin(&map);
	for (i = 0; i < COVER_NEWS + 10; i++)
		pcs[i] = 0x1000 + i;
	cover_add(&map, pcs, COVER_NEWS + 10, 0);
	EQUAL(map.news, COVER_NEWS + 10);
	EQUAL(map.pcs, COVER_NEWS + 10);
	EQUAL(map.pc[1], 0x3ff);
}

static const struct tap_test tests[] = {
	{ "of a case that fails only what matters is left", makes_small },
	{ "a case that was written is read as it was", reads_what_it_writes },
	{ "comments in a case are passed over", passes_over_comments },
	{ "a seed gives the same cases each time, and each case another", repeats },
	{ "of a case a copy is kept, of one without operations none", keeps_a_copy },
	{ "a full corpus takes no more", ends_when_full },
	{ "whatever is made of kept cases is a case", every_mutant_is_a_case },
	{ "the same chance makes the same of the same cases", mutants_repeat },
	{ "a case of which others are made stays as it was", members_stay },
	{ "rather a case is chosen that went where few went, never on purpose a bad one",
	  rare_ones_first },
	{ "cases that are due have their turns, the last one first", due_ones_in_turn },
	{ "a kept case can be replaced by less of it", replaces },
	{ "cases get longer, shorter, changed, repeated, joined, and faster",
	  changes_in_every_way },
	{ "a kept case goes on with as many new operations as are asked for", goes_on },
	{ "the end of a kept case is tried again with each new operation", tries_its_end_again },
	{ "a corpus that was written is read as it was", writes_and_reads_a_corpus },
	{ "each place and each way between two counts once", counts_places_once },
	{ "a new way between known places is news of its operation", sees_another_way },
	{ "a way that is gone 8 or 64 times is another one", counts_how_often },
	{ "places outside of the module do not count", only_the_module },
	{ "more news than can be listed are counted", news_overflow },
};

int minimiser_main(char **argv)
{
	int status;

	if (!mkdtemp(folder))
		return 2;
	status = TAP_MAIN(1, argv, tests);
	rmdir(folder);
	return status;
}
