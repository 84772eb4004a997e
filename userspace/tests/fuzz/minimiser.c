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
	op_generate(&current, 5, 0, 2000, false);
	REQUIRE(has_bug(&current));
	CHECK(op_minimise(&current, has_bug, TRIES) <= TRIES);
	REQUIRE(current.count == 3);
	EQUAL(current.op[0].kind, OP_POWER);
	EQUAL(current.op[1].kind, OP_POWER);
	EQUAL(current.op[2].kind, OP_CANCEL);
}

static void reads_what_it_writes(void)
{
	op_generate(&current, 7, 3, 1000, true);
	REQUIRE(op_write(&current, in_folder("case")));
	REQUIRE(op_read(&other, path));
	unlink(path);
	EQUAL(other.count, 1000);
	CHECK(!memcmp(other.op, current.op, 1000 * sizeof(*other.op)));
}

static void repeats(void)
{
	op_generate(&current, 7, 3, 1000, false);
	op_generate(&other, 7, 3, 1000, false);
	CHECK(!memcmp(&other, &current, sizeof(other)));
	op_generate(&other, 7, 4, 1000, false);
	CHECK(memcmp(other.op, current.op, sizeof(*other.op) * 1000));
}

/* --- the corpus --- */

static void keeps_the_beginning(void)
{
	tap_defer(drop_corpus, NULL);
	op_generate(&current, 7, 3, 100, false);
	CHECK(corpus_keep(&corpus, &current, 40));
	CHECK(corpus_keep(&corpus, &current, 101));
	CHECK(!corpus_keep(&corpus, &current, 0));
	REQUIRE(corpus.count == 2);
	EQUAL(corpus.member[0]->count, 40);
	EQUAL(corpus.member[0]->speed, current.speed);
	EQUAL(corpus.member[0]->threads, current.threads);
	CHECK(!memcmp(corpus.member[0]->op, current.op, 40 * sizeof(*current.op)));
	EQUAL(corpus.member[1]->count, 100);
	corpus_get(&corpus, 0, &other);
	EQUAL(other.count, 40);
	EQUAL(other.speed, current.speed);
	CHECK(!memcmp(other.op, current.op, 40 * sizeof(*other.op)));
}

static void ends_when_full(void)
{
	unsigned int kept = 0;

	tap_defer(drop_corpus, NULL);
	op_generate(&current, 7, 3, 1, false);
	while (kept <= CORPUS_MAX && corpus_keep(&corpus, &current, 1))
		kept++;
	EQUAL(kept, CORPUS_MAX);
}

static void fill(unsigned int members, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < members; i++) {
		op_generate(&current, 11, i, count, false);
		REQUIRE(corpus_keep(&corpus, &current, count));
	}
}

static bool is_valid(const struct op_case *one)
{
	unsigned int i;

	if (!one->count || one->count > OP_MAX || one->speed > 2 || !one->threads ||
	    one->threads > OP_THREADS)
		return false;
	for (i = 0; i < one->count; i++)
		if (one->op[i].thread >= one->threads || one->op[i].kind >= OP_KINDS ||
		    one->op[i].a > 20 || one->op[i].b > 15)
			return false;
	return true;
}

static void every_mutant_is_a_case(void)
{
	static const unsigned int sizes[] = { 1, 2, 50, OP_MAX };
	unsigned int i, k, bad = 0;
	uint64_t state;

	for (k = 0; k < 4; k++) {
		tap_defer(drop_corpus, NULL);
		fill(9, sizes[k]);
		for (i = 0; i < 2000; i++) {
			state = chance_begin(3, i);
			corpus_mutate(&corpus, &other, &state, i % 3, false);
			bad += !is_valid(&other);
		}
		corpus_drop(&corpus);
	}
	EQUAL(bad, 0);
}

static void mutants_repeat(void)
{
	uint64_t state = chance_begin(3, 1), again = state, next = chance_begin(3, 2);

	tap_defer(drop_corpus, NULL);
	fill(3, 60);
	memset(&current, 0, sizeof(current));
	memset(&other, 0, sizeof(other));
	corpus_mutate(&corpus, &current, &state, 20, false);
	corpus_mutate(&corpus, &other, &again, 20, false);
	CHECK(!memcmp(&current, &other, sizeof(current)));
	corpus_mutate(&corpus, &other, &next, 20, false);
	CHECK(memcmp(&current, &other, sizeof(current)));
}

/* The member it is of stays as it was. */
static void members_stay(void)
{
	unsigned int i;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill(1, 60);
	op_generate(&current, 11, 0, 60, false);
	for (i = 0; i < 200; i++) {
		state = chance_begin(3, i);
		corpus_mutate(&corpus, &other, &state, 5, false);
	}
	EQUAL(corpus.count, 1);
	EQUAL(corpus.member[0]->count, 60);
	CHECK(!memcmp(corpus.member[0]->op, current.op, 60 * sizeof(*current.op)));
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
			if (i != k && alike(one, corpus.member[i], false) >= 10 &&
			    alike(one, corpus.member[k], true) >= 10)
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
		corpus.member[i]->threads = 1;
		corpus.member[i]->speed = 0;
		for (k = 0; k < 60; k++)
			corpus.member[i]->op[k].thread = 0;
	}
	for (i = 0; i < 3000; i++) {
		state = chance_begin(3, i);
		corpus_mutate(&corpus, &other, &state, 0, false);
		for (k = 0; k < 3; k++)
			look(seen, &other, corpus.member[k]);
	}
	for (i = 0; i < WAYS; i++)
		if (!CHECK(seen[i] >= least[i]))
			tap_note("way %u of changing a case: %u times", i, seen[i]);
}

static void goes_on(void)
{
	unsigned int i, longest = 0;
	uint64_t state;

	tap_defer(drop_corpus, NULL);
	fill(1, 60);
	for (i = 0; i < 50; i++) {
		state = chance_begin(3, i);
		corpus_mutate(&corpus, &other, &state, 30, false);
		if (alike(&other, corpus.member[0], false) == 60 && other.count > longest)
			longest = other.count;
	}
	EQUAL(longest, 90);
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
		corpus_mutate(&corpus, &other, &state, 30, false);
		seen += tries_again(&other, corpus.member[0]);
	}
	CHECK(seen >= 3);
}

static void writes_and_reads_a_corpus(void)
{
	static struct corpus again;
	unsigned int i;
	char name[80];

	tap_defer(drop_corpus, NULL);
	fill(3, 60);
	EQUAL(corpus_write(&corpus, in_folder("corpus")), 3);
	EQUAL(corpus_read(&again, path), 3);
	for (i = 0; i < again.count; i++) {
		EQUAL(again.member[i]->count, 60);
		EQUAL(again.member[i]->threads, corpus.member[i]->threads);
		EQUAL(again.member[i]->speed, corpus.member[i]->speed);
		CHECK(!memcmp(again.member[i]->op, corpus.member[i]->op,
			      60 * sizeof(*again.member[i]->op)));
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
	cover_add(&map, pcs, 4, 3);
	EQUAL(map.pcs, 3);
	/* Into the first, and three ways. */
	EQUAL(map.edges, 4);
	EQUAL(map.news, 4);
	EQUAL(map.last, 3);
	cover_forget_news(&map);
	cover_add(&map, pcs, 4, 5);
	EQUAL(map.news, 0);
	EQUAL(map.last, 0);
	EQUAL(map.edges, 4);
}

static void sees_another_way(void)
{
	static const uint64_t there[] = { 0x1000, 0x1010 }, back[] = { 0x1000, 0x1010, 0x1000 };

	reset_map();
	cover_add(&map, there, 2, 0);
	cover_forget_news(&map);
	cover_add(&map, back, 3, 9);
	EQUAL(map.pcs, 2);
	EQUAL(map.news, 1);
	EQUAL(map.last, 9);
	CHECK(cover_has_edge(&map, map.news_edge[0]));
	memset(map.edge, 0, sizeof(map.edge));
	CHECK(!cover_has_edge(&map, map.news_edge[0]));
}

static void only_the_module(void)
{
	static const uint64_t pcs[] = { 0xfff, 0x1500, 0x14ff, ~0ull };

	reset_map();
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
	{ "a seed gives the same cases each time, and each case another", repeats },
	{ "of a case as much is kept as is asked for, at most all", keeps_the_beginning },
	{ "a full corpus takes no more", ends_when_full },
	{ "whatever is made of kept cases is a case", every_mutant_is_a_case },
	{ "the same chance makes the same of the same cases", mutants_repeat },
	{ "a case of which others are made stays as it was", members_stay },
	{ "cases get longer, shorter, changed, repeated, joined, and faster",
	  changes_in_every_way },
	{ "a kept case goes on with as many new operations as are asked for", goes_on },
	{ "the end of a kept case is tried again with each new operation", tries_its_end_again },
	{ "a corpus that was written is read as it was", writes_and_reads_a_corpus },
	{ "each place and each way between two counts once", counts_places_once },
	{ "a new way between known places is news of its operation", sees_another_way },
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
