// SPDX-License-Identifier: MIT
#include "guided.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"
#include "chance.h"
#include "corpus.h"
#include "cover.h"
#include "stage.h"

#define TRIM_TRIES 24u
#define TRIM_SHARE 4u /* of all time at most one part in so many is spent on it */
#define NEXT	   6u /* operations at most behind a case that is due */
#define DUE	   32u
#define DUE_FRESH  4u
#define MEMORY	   5000u /* ms: what brought news long ago may not bring any more */
#define NOTES	   10u	 /* in all, on the way */
#define MOST_SAID  8u	 /* complaints that are told apart */
#define COMPLAINT  80u

static const struct guided_plan *plan;
static struct corpus corpus;
static struct op_case current;
static struct cover_map *map;
static uint64_t began_ms, lost_ms; /* lost: not a part of the plan */
static unsigned int cases, operations, trimming, dropped;

/* What cases of a kind brought lately, for so much time. */
struct yield {
	uint64_t news, ms;
};

static struct yield fresh, mutants;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t spent_ms(void)
{
	return now_ms() - began_ms - lost_ms;
}

/* --- failures --- */

static unsigned int failed, n_said;
static char said[MOST_SAID][COMPLAINT];

/* Without numbers: addresses, processes and processors differ. */
static bool is_known(const char *complaint)
{
	char text[COMPLAINT];
	unsigned int i, used = 0;

	for (; *complaint && used < COMPLAINT - 1; complaint++)
		if (!isxdigit((unsigned char)*complaint))
			text[used++] = *complaint;
	text[used] = '\0';
	for (i = 0; i < n_said; i++)
		if (!strcmp(said[i], text))
			return true;
	if (n_said < MOST_SAID)
		strcpy(said[n_said++], text);
	return n_said == MOST_SAID;
}

/* What the kernel has complained of before is only counted. */
static void take_failure(void)
{
	uint64_t start = now_ms();

	failed++;
	if (!is_known(stage_complaint())) {
		tap_note("after %u cases, %llu ms, of seed %u one fails: %s", cases,
			 (unsigned long long)spent_ms(), plan->seed, stage_complaint());
		stage_report();
	}
	lost_ms += now_ms() - start;
}

/* True if it is well and went where no case has been. */
static bool carry_out(const struct op_case *one, bool (*fails)(const struct op_case *))
{
	alarm(TAP_TIME_LIMIT * 2);
	cases++;
	operations += one->count;
	cover_begin(map);
	if (!fails(one))
		return map->news;
	take_failure();
	return false;
}

/* --- what is kept --- */

static const struct member *wanted;

static bool goes_there(void)
{
	unsigned int i;

	for (i = 0; i < wanted->n_ways; i++)
		if (!cover_went(map, wanted->way[i]))
			return false;
	return true;
}

static bool still_goes_there(const struct op_case *one)
{
	carry_out(one, stage_fails);
	return goes_there();
}

/* On a device that is new to the driver: else something before it led there. */
static bool goes_there_alone(const struct op_case *one)
{
	carry_out(one, stage_fails_anew);
	return goes_there();
}

/* Before anything is made of it. */
static void try(struct member *member)
{
	static struct op_case one;
	uint64_t start = spent_ms();

	if (member->state != UNTRIED)
		return;
	wanted = member;
	op_copy(&one, member->one, member->one->count);
	member->state = goes_there_alone(&one) ? GOOD : BAD;
	dropped += member->state == BAD;
	if (member->state == GOOD && trimming <= start / TRIM_SHARE) {
		op_minimise(&one, still_goes_there, TRIM_TRIES);
		if (goes_there_alone(&one))
			corpus_replace(member, &one);
	}
	trimming += (unsigned int)(spent_ms() - start);
}

/* Behind the operation that reached it nothing is needed. */
static void keep(struct op_case *one, unsigned int due)
{
	struct member *member;

	if (map->last + 1 < one->count)
		one->count = map->last + 1;
	member = corpus_keep(&corpus, one, map->news_way,
			     map->news < COVER_NEWS ? map->news : COVER_NEWS);
	if (member)
		member->due = due;
}

/* --- the cases --- */

static void account(struct yield *of, uint64_t ms)
{
	of->news += map->news;
	of->ms += ms;
	if (of->ms < MEMORY)
		return;
	of->news /= 2;
	of->ms /= 2;
}

/* By chance alone most is found at first and little later; the other kind stays in view. */
static bool wants_mutant(uint64_t *state)
{
	bool better = mutants.news * fresh.ms >= fresh.news * mutants.ms;

	if (plan->blind || !corpus.count)
		return false;
	return better ? !chance_one_in(state, 8) : chance_one_in(state, 2);
}

/* Short ones go on from what is due; the others have as many operations by chance as new ones. */
static void make_mutant(uint64_t *state)
{
	bool due, changed = chance_below(state, 3);
	struct member *member = corpus_choose(&corpus, state, &due);

	try(member);
	corpus_mutate(&corpus, member, changed && !due, &current, state,
		      chance_below(state, due ? NEXT : plan->operations));
}

/* Which kind it is of. */
static struct yield *next_case(uint32_t number)
{
	uint64_t state = chance_begin(plan->seed, ~number);

	if (wants_mutant(&state)) {
		make_mutant(&state);
		return &mutants;
	}
	op_generate(&current, plan->family, plan->seed, number,
		    1 + chance_below(&state, plan->operations));
	return &fresh;
}

static void say(void)
{
	tap_note("%llu s: %u cases of %u operations: %u places, %u edges, %u ways, %u kept, "
		 "%u dropped",
		 (unsigned long long)spent_ms() / 1000, cases, operations, map->pcs, map->edges,
		 map->ways, corpus.count, dropped);
}

static void read_corpus(void)
{
	static struct corpus before;
	unsigned int i, count = corpus_read(&before, plan->corpus);

	for (i = 0; i < count; i++) {
		op_copy(&current, before.member[i].one, before.member[i].one->count);
		if (current.family == plan->family && carry_out(&current, stage_fails))
			corpus_keep(&corpus, &current, map->news_way,
				    map->news < COVER_NEWS ? map->news : COVER_NEWS);
	}
	corpus_drop(&before);
	tap_note("%u cases of %s", count, plan->corpus);
	say();
}

static void run_cases(void)
{
	unsigned int notes = 0, of_others = 0;
	struct yield *kind;
	uint32_t number;
	uint64_t start;
	bool is_new;

	for (number = 0; spent_ms() < plan->seconds * 1000ull; number++) {
		start = spent_ms();
		kind = next_case(number);
		of_others += kind == &mutants;
		is_new = carry_out(&current, stage_fails);
		account(kind, spent_ms() - start);
		if (is_new && !plan->blind)
			keep(&current, kind == &mutants ? DUE : DUE_FRESH);
		if (spent_ms() * NOTES / (plan->seconds * 1000ull) > notes) {
			notes++;
			say();
		}
	}
	tap_note("%u cases of seed %u, %u of them made of others, %u failed", number, plan->seed,
		 of_others, failed);
}

/* Those of which nothing was made; not a part of the plan. */
static void try_all(void)
{
	unsigned int i;

	for (i = 0; plan->corpus && i < corpus.count; i++)
		try(&corpus.member[i]);
}

void guided_run(const struct guided_plan *of)
{
	plan = of;
	map = cover_use();
	/* A kernel with KCOV, /sys/kernel/debug, and the module. */
	REQUIRE(map);
	corpus.cases = map->cases;
	began_ms = now_ms();
	if (plan->corpus)
		read_corpus();
	run_cases();
	say();
	try_all();
	CHECK(stage_fresh());
	EQUAL(failed, 0);
	/* Else the module was not built for it. */
	CHECK(map->pcs > 0);
	if (plan->corpus)
		CHECK(corpus_write(&corpus, plan->corpus) > 0);
}
