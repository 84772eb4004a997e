// SPDX-License-Identifier: MIT
#include "guided.h"

#include <unistd.h>

#include "../tap.h"
#include "chance.h"
#include "child.h"
#include "corpus.h"
#include "cover.h"

#define MAP	   "/tmp/fuzz-cover"
#define TRIM_TRIES 6u
#define TRIM_SHARE 8u	 /* of all operations at most one in so many is spent on it */
#define MEMORY	   2000u /* operations: what brought news long ago may not bring any more */
#define NOTES	   10u	 /* in all, on the way */

static const struct guided_plan *plan;
static struct corpus corpus;
static struct op_case current;
static struct cover_map *map, before, after;
static unsigned int spent, trimming, failed;

/* What cases of a kind brought lately, for so many operations. */
struct yield {
	unsigned long news, operations;
};

static struct yield fresh, mutants;

/* True if it reached something new; the report of one that fails is not a part of the plan. */
static bool carry_out(struct op_case *one)
{
	alarm(TAP_TIME_LIMIT * 2);
	spent += one->count;
	cover_forget_news(map);
	if (!child_fails(one))
		return map->news;
	failed++;
	tap_note("after %u operations of seed %u a case fails:", spent, plan->seed);
	child_report(one);
	return false;
}

/* --- what is kept --- */

static bool has_news(const struct cover_map *now, const struct cover_map *wanted)
{
	unsigned int i;

	for (i = 0; i < wanted->news; i++)
		if (!cover_has_edge(now, wanted->news_edge[i]))
			return false;
	return true;
}

/* As if the case that @after is of had not been. */
static bool reaches_the_same(const struct op_case *one)
{
	static struct op_case copy;

	copy = *one;
	*map = before;
	return carry_out(&copy) && has_news(map, &after);
}

/* Behind the operation that reached it nothing is needed, of the others perhaps not all. */
static void keep(struct op_case *one)
{
	unsigned int start = spent;

	if (map->last + 1 < one->count)
		one->count = map->last + 1;
	if (map->news <= COVER_NEWS && trimming <= spent / TRIM_SHARE) {
		after = *map;
		op_minimise(one, reaches_the_same, TRIM_TRIES);
		*map = after;
		trimming += spent - start;
	}
	corpus_keep(&corpus, one, one->count);
}

/* --- the cases --- */

static void account(struct yield *of, const struct op_case *one)
{
	of->news += map->news;
	of->operations += one->count;
	if (of->operations < MEMORY)
		return;
	of->news /= 2;
	of->operations /= 2;
}

/* By chance alone most is found at first and little later; the other kind stays in view. */
static bool wants_mutant(uint64_t *state)
{
	bool better = mutants.news * fresh.operations >= fresh.news * mutants.operations;

	if (plan->blind || !corpus.count)
		return false;
	return better != chance_one_in(state, 6);
}

/* Which kind it is of. */
static struct yield *next_case(uint32_t number)
{
	uint64_t state = chance_begin(plan->seed, ~number);

	if (!wants_mutant(&state)) {
		op_generate(&current, plan->seed, number, plan->operations, plan->rough);
		return &fresh;
	}
	corpus_mutate(&corpus, &current, &state, 1 + chance_below(&state, plan->operations / 4),
		      plan->rough);
	return &mutants;
}

static void say(void)
{
	tap_note("%u operations: %u places, %u edges, %u cases kept", spent, map->pcs, map->edges,
		 corpus.count);
}

static void read_corpus(void)
{
	unsigned int i, count = corpus_read(&corpus, plan->corpus);

	for (i = 0; i < count; i++) {
		corpus_get(&corpus, i, &current);
		carry_out(&current);
	}
	tap_note("%u cases of %s", count, plan->corpus);
	say();
}

static void run_cases(void)
{
	unsigned int said = 0, of_others = 0;
	struct yield *kind;
	uint32_t number;
	bool news;

	for (number = 0; spent < plan->budget; number++) {
		kind = next_case(number);
		of_others += kind == &mutants;
		before = *map;
		news = carry_out(&current);
		account(kind, &current);
		if (news && !plan->blind)
			keep(&current);
		if (spent / (plan->budget / NOTES + 1) > said) {
			said = spent / (plan->budget / NOTES + 1);
			say();
		}
	}
	tap_note("%u cases of seed %u, %u of them made of others", number, plan->seed, of_others);
}

void guided_run(const struct guided_plan *of)
{
	plan = of;
	map = cover_create(MAP);
	/* A kernel with KCOV, /sys/kernel/debug, and the module. */
	REQUIRE(map);
	child_cover(MAP);
	if (plan->corpus)
		read_corpus();
	run_cases();
	say();
	EQUAL(failed, 0);
	/* Else the module was not built for it. */
	CHECK(map->pcs > 0);
	if (plan->corpus)
		EQUAL(corpus_write(&corpus, plan->corpus), corpus.count);
}
