// SPDX-License-Identifier: MIT
/*
 * A fuzzer of the device node that knows its calls.
 *
 *	fuzz [seed=N] [first=N] [cases=N] [operations=N] [rough]
 *	fuzz print seed=N first=N [operations=N] [rough]	the case as text
 *	fuzz run FILE						such a text
 *	fuzz minimiser						tests what makes cases small
 *	fuzz device [seed=N] [first=N] [cases=N]	devices by chance instead (device.c)
 *
 * Each case is a process of its own, with a device of its own; the same seed gives the same cases.
 * One that fails (the kernel complains, a transfer does not complete once, something is left) is
 * made small and printed. "rough" ones may also break the link to the device, of which stock
 * vhci_hcd may lose an URB.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "../fixture.h"
#include "device.h"
#include "op.h"
#include "run.h"

#define CASE   "/tmp/fuzz-case"
#define OUTPUT "/tmp/fuzz-output"
#define TRIES  400u

static struct {
	unsigned int seed, first, cases, operations;
	bool rough;
} plan = { 1, 0, 20, 250, false };

static struct op_case current;

static void print_file(const char *path, const char *before)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		printf("# %s%s", before, line);
	if (file)
		fclose(file);
}

/* In a process of its own; what it says goes to a file. */
static bool fails(const struct op_case *one)
{
	int status, output;
	pid_t pid;

	if (!op_write(one, CASE))
		return false;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		output = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(output, 1);
		execl("/proc/self/exe", "fuzz", "run", CASE, NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) != pid || status;
}

static void report(unsigned int number)
{
	unsigned int tried;

	tap_note("case %u of seed %u fails:", number, plan.seed);
	print_file(OUTPUT, "  ");
	alarm(0);
	tried = op_minimise(&current, fails, TRIES);
	op_write(&current, CASE);
	tap_note("after %u tries it is (for fuzz run):", tried);
	print_file(CASE, "");
}

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
		bad = fails(&current);
		CHECK(!bad);
		if (bad)
			report(number);
	}
	tap_note("%u operations of seed %u", plan.cases * plan.operations, plan.seed);
}

/* --- the minimiser --- */

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
	static struct op_case other;

	op_generate(&current, 7, 3, 1000, true);
	REQUIRE(op_write(&current, CASE));
	REQUIRE(op_read(&other, CASE));
	EQUAL(other.count, 1000);
	CHECK(!memcmp(other.op, current.op, 1000 * sizeof(*other.op)));
}

static void repeats(void)
{
	static struct op_case other;

	op_generate(&current, 7, 3, 1000, false);
	op_generate(&other, 7, 3, 1000, false);
	CHECK(!memcmp(&other, &current, sizeof(other)));
	op_generate(&other, 7, 4, 1000, false);
	CHECK(memcmp(other.op, current.op, sizeof(*other.op) * 1000));
}

static const struct tap_test minimiser_tests[] = {
	{ "of a case that fails only what matters is left", makes_small },
	{ "a case that was written is read as it was", reads_what_it_writes },
	{ "a seed gives the same cases each time, and each case another", repeats },
};

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

static void option(const char *text)
{
	plan.rough |= !strcmp(text, "rough");
	sscanf(text, "seed=%u", &plan.seed);
	sscanf(text, "first=%u", &plan.first);
	sscanf(text, "cases=%u", &plan.cases);
	sscanf(text, "operations=%u", &plan.operations);
}

int main(int argc, char **argv)
{
	int i;

	if (argc == 3 && !strcmp(argv[1], "run"))
		return run_file(argc, argv);
	for (i = 1; i < argc; i++)
		option(argv[i]);
	if (argc == 2 && !strcmp(argv[1], "minimiser"))
		return TAP_MAIN(1, argv, minimiser_tests);
	if (argc > 1 && !strcmp(argv[1], "device"))
		return run_devices(argv);
	if (argc > 1 && !strcmp(argv[1], "print")) {
		op_generate(&current, plan.seed, plan.first, plan.operations, plan.rough);
		return !op_write(&current, "/dev/stdout");
	}
	return TAP_MAIN(1, argv, case_tests);
}
