// SPDX-License-Identifier: MIT
/*
 * A fuzzer of the device node that knows its calls.
 *
 *	fuzz [seed=N] [first=N] [cases=N] [operations=N] [rough | device]
 *	fuzz print seed=N first=N [operations=N] [rough | device]	the case as text
 *	fuzz run FILE						such a text
 *	fuzz cut FILE						the same; made small if it fails
 *	fuzz guided [blind] [corpus=FOLDER] [seed=N] [seconds=N] [operations=N] [rough | device]
 *			new cases of those that reached something new of the module (guided.c)
 *	fuzz minimiser			tests of what makes, keeps, changes and cuts cases
 *
 * The same seed gives the same cases. One that fails (the kernel complains, a transfer does not
 * complete once, something is left) is made small and printed. "rough" ones may also break the link
 * to the device, of which stock vhci_hcd may lose an URB. "device": what misbehaves is the device
 * (device.c), not the program.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"
#include "guided.h"
#include "minimiser.h"
#include "op.h"
#include "stage.h"

static struct {
	unsigned int seed, first, cases, operations, seconds;
	enum op_family family;
	bool blind;
	char corpus[128];
} plan = { .seed = 1, .cases = 20, .operations = 64, .seconds = 60 };

static struct op_case current;

static bool is_well(const struct op_case *one)
{
	alarm(TAP_TIME_LIMIT * 2);
	return CHECK(!stage_fails(one));
}

static void cases(void)
{
	unsigned int i, number;

	for (i = 0; i < plan.cases; i++) {
		number = plan.first + i;
		op_generate(&current, plan.family, plan.seed, number, plan.operations);
		/* If the kernel does not survive it, this is what is left to know. */
		tap_note("case %u", number);
		if (is_well(&current))
			continue;
		tap_note("case %u of seed %u fails:", number, plan.seed);
		stage_report();
	}
	CHECK(stage_fresh());
	tap_note("%u operations of seed %u", plan.cases * plan.operations, plan.seed);
}

static const struct tap_test case_tests[] = {
	{ "the fuzzer's cases leave kernel and device whole", cases },
};

static void guided(void)
{
	const struct guided_plan guided_plan = {
		.family = plan.family,
		.seed = plan.seed,
		.operations = plan.operations,
		.seconds = plan.seconds,
		.blind = plan.blind,
		.corpus = *plan.corpus ? plan.corpus : NULL,
	};

	guided_run(&guided_plan);
}

static const struct tap_test guided_tests[] = {
	{ "cases made of those that reached something new leave kernel and device whole", guided },
};

/* --- a case as text, as it is or made small if it fails --- */

static const char *case_file;

static void replay(void (*say)(void))
{
	bool well;

	REQUIRE(op_read(&current, case_file));
	well = is_well(&current);
	if (!CHECK(stage_fresh()) || !well)
		say();
}

static void run(void)
{
	replay(stage_said);
}

static void cut(void)
{
	replay(stage_report);
}

static const struct tap_test run_tests[] = {
	{ "the case of the file leaves kernel and device whole", run },
};

static const struct tap_test cut_tests[] = {
	{ "the case of the file leaves kernel and device whole", cut },
};

static int on_file(char **argv, const char *path, const struct tap_test *test)
{
	case_file = path;
	return tap_main(1, argv, test, 1);
}

static void option(const char *text)
{
	if (!strcmp(text, "rough"))
		plan.family = OP_ROUGH_NODE;
	if (!strcmp(text, "device"))
		plan.family = OP_DEVICE;
	plan.blind |= !strcmp(text, "blind");
	sscanf(text, "corpus=%127s", plan.corpus);
	sscanf(text, "seed=%u", &plan.seed);
	sscanf(text, "first=%u", &plan.first);
	sscanf(text, "cases=%u", &plan.cases);
	sscanf(text, "operations=%u", &plan.operations);
	sscanf(text, "seconds=%u", &plan.seconds);
}

int main(int argc, char **argv)
{
	int i;

	if (argc == 3 && !strcmp(argv[1], "run"))
		return on_file(argv, argv[2], run_tests);
	if (argc == 3 && !strcmp(argv[1], "cut"))
		return on_file(argv, argv[2], cut_tests);
	for (i = 1; i < argc; i++)
		option(argv[i]);
	if (argc == 2 && !strcmp(argv[1], "minimiser"))
		return minimiser_main(argv);
	if (argc > 1 && !strcmp(argv[1], "guided"))
		return TAP_MAIN(1, argv, guided_tests);
	if (argc > 1 && !strcmp(argv[1], "print")) {
		op_generate(&current, plan.family, plan.seed, plan.first, plan.operations);
		return !op_write(&current, "/dev/stdout");
	}
	return TAP_MAIN(1, argv, case_tests);
}
