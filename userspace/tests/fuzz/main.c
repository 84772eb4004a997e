// SPDX-License-Identifier: MIT
/*
 * A fuzzer of the device node that knows its calls.
 *
 *	fuzz [seed=N] [first=N] [cases=N] [operations=N] [rough]
 *	fuzz print seed=N first=N [operations=N] [rough]	the case as text
 *	fuzz run FILE						such a text
 *	fuzz cut FILE						the same; made small if it fails
 *	fuzz guided [blind] [corpus=FOLDER] [seed=N] [cases=N] [operations=N] [rough]
 *			new cases of those that reached something new of the module (guided.c)
 *	fuzz minimiser			tests of what makes, keeps, changes and cuts cases
 *	fuzz device [seed=N] [first=N] [cases=N]	devices by chance instead (device.c)
 *
 * Each case is a process of its own, with a device of its own; the same seed gives the same cases.
 * One that fails (the kernel complains, a transfer does not complete once, something is left) is
 * made small and printed. "rough" ones may also break the link to the device, of which stock
 * vhci_hcd may lose an URB.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"
#include "../fixture.h"
#include "child.h"
#include "device.h"
#include "guided.h"
#include "minimiser.h"
#include "op.h"
#include "run.h"

static struct {
	unsigned int seed, first, cases, operations;
	bool rough, blind;
	char corpus[128];
} plan = { .seed = 1, .cases = 20, .operations = 250 };

static struct op_case current;

static void cases(void)
{
	unsigned int i, number;
	bool bad;

	for (i = 0; i < plan.cases; i++) {
		number = plan.first + i;
		alarm(TAP_TIME_LIMIT * 2);
		op_generate(&current, plan.seed, number, plan.operations, plan.rough);
		/* If the kernel does not survive it, this is what is left to know. */
		tap_note("case %u", number);
		bad = child_fails(&current);
		CHECK(!bad);
		if (!bad)
			continue;
		tap_note("case %u of seed %u fails:", number, plan.seed);
		child_report(&current);
	}
	tap_note("%u operations of seed %u", plan.cases * plan.operations, plan.seed);
}

/* So many devices are one test: what they hold is given back at its end. */
#define BATCH	     40u
#define MOST_BATCHES 1000u

static struct batch {
	char sentence[80];
	unsigned int first, behind;
} batch[MOST_BATCHES];

/* The sentence is the first thing of its batch. */
static void run_batch(void)
{
	const struct batch *this = (const void *)tap_sentence();
	unsigned int i;

	for (i = this->first; i < this->behind; i++) {
		alarm(TAP_TIME_LIMIT);
		tap_note("device %u", i);
		device_case(plan.seed, i);
	}
	device_summary();
}

static int run_devices(char **argv)
{
	static struct tap_test tests[MOST_BATCHES];
	unsigned int left = plan.cases, at = plan.first, i;

	for (i = 0; left && i < MOST_BATCHES; i++) {
		struct batch *this = &batch[i];
		unsigned int count = left < BATCH ? left : BATCH;

		this->first = at;
		this->behind = at += count;
		left -= count;
		snprintf(this->sentence, sizeof(this->sentence),
			 "devices %u to %u of seed %u leave kernel and memory whole", this->first,
			 this->behind - 1, plan.seed);
		tests[i] = (struct tap_test){ this->sentence, run_batch };
	}
	tap_after_each(fixture_nothing_left);
	return tap_main(1, argv, tests, i);
}

static const struct tap_test case_tests[] = {
	{ "the fuzzer's cases leave kernel and device whole", cases },
};

static void guided(void)
{
	const struct guided_plan guided_plan = {
		.seed = plan.seed,
		.operations = plan.operations,
		.budget = plan.cases * plan.operations,
		.rough = plan.rough,
		.blind = plan.blind,
		.corpus = *plan.corpus ? plan.corpus : NULL,
	};

	guided_run(&guided_plan);
}

static const struct tap_test guided_tests[] = {
	{ "cases made of those that reached something new leave kernel and device whole", guided },
};

/* --- a case as text, made small if it fails --- */

static const char *case_file;

static void cut(void)
{
	bool bad;

	REQUIRE(op_read(&current, case_file));
	bad = child_fails(&current);
	CHECK(!bad);
	if (bad)
		child_report(&current);
}

static const struct tap_test cut_tests[] = {
	{ "the case of the file leaves kernel and device whole", cut },
};

static void option(const char *text)
{
	plan.rough |= !strcmp(text, "rough");
	plan.blind |= !strcmp(text, "blind");
	sscanf(text, "corpus=%127s", plan.corpus);
	sscanf(text, "seed=%u", &plan.seed);
	sscanf(text, "first=%u", &plan.first);
	sscanf(text, "cases=%u", &plan.cases);
	sscanf(text, "operations=%u", &plan.operations);
}

int main(int argc, char **argv)
{
	int i;

	if (argc > 2 && !strcmp(argv[1], "run"))
		return run_file(argc, argv);
	if (argc == 3 && !strcmp(argv[1], "cut")) {
		case_file = argv[2];
		return TAP_MAIN(1, argv, cut_tests);
	}
	for (i = 1; i < argc; i++)
		option(argv[i]);
	if (argc == 2 && !strcmp(argv[1], "minimiser"))
		return minimiser_main(argv);
	if (argc > 1 && !strcmp(argv[1], "guided"))
		return TAP_MAIN(1, argv, guided_tests);
	if (argc > 1 && !strcmp(argv[1], "device"))
		return run_devices(argv);
	if (argc > 1 && !strcmp(argv[1], "print")) {
		op_generate(&current, plan.seed, plan.first, plan.operations, plan.rough);
		return !op_write(&current, "/dev/stdout");
	}
	return TAP_MAIN(1, argv, case_tests);
}
