// SPDX-License-Identifier: MIT
#include "tap.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEFERRED 4096

struct deferred {
	void (*undo)(void *);
	void *argument;
};

static struct {
	const char *sentence;
	unsigned int checks, failures;
	char skip[256]; /* why; empty if it is not skipped */
	jmp_buf end;
	struct deferred deferred[MAX_DEFERRED];
	size_t n_deferred;
} current;

static void (*after_each)(void);

const char *tap_sentence(void)
{
	return current.sentence;
}

void tap_after_each(void (*run)(void))
{
	after_each = run;
}

void tap_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("# ", stdout);
	vprintf(format, arguments);
	putchar('\n');
	va_end(arguments);
}

void tap_end(void)
{
	longjmp(current.end, 1);
}

void tap_skip(const char *reason, ...)
{
	va_list arguments;

	va_start(arguments, reason);
	vsnprintf(current.skip, sizeof(current.skip), reason, arguments);
	va_end(arguments);
	tap_end();
}

void tap_defer(void (*undo)(void *), void *argument)
{
	if (current.n_deferred == MAX_DEFERRED) {
		printf("Bail out! more than %d things to undo\n", MAX_DEFERRED);
		exit(1);
	}
	current.deferred[current.n_deferred++] = (struct deferred){ undo, argument };
}

bool tap_cancel(void (*undo)(void *), void *argument)
{
	struct deferred *deferred = current.deferred;
	size_t i = current.n_deferred;

	while (i--) {
		if (deferred[i].undo != undo || deferred[i].argument != argument)
			continue;
		memmove(&deferred[i], &deferred[i + 1],
			(--current.n_deferred - i) * sizeof(*deferred));
		return true;
	}
	return false;
}

static void undo_all(void)
{
	struct deferred *last;

	while (current.n_deferred) {
		last = &current.deferred[--current.n_deferred];
		last->undo(last->argument);
	}
}

static bool judge(bool good, const struct tap_place *at)
{
	current.checks++;
	if (good)
		return true;
	current.failures++;
	tap_note("%s:%d: %s", at->file, at->line, at->text);
	return false;
}

bool tap_check(bool good, const struct tap_place *at)
{
	if (judge(good, at))
		return true;
	tap_note("  is not so");
	return false;
}

bool tap_equal(long long got, long long wanted, const struct tap_place *at)
{
	if (judge(got == wanted, at))
		return true;
	tap_note("  got:    %lld (0x%llx)", got, (unsigned long long)got);
	tap_note("  wanted: %lld (0x%llx)", wanted, (unsigned long long)wanted);
	return false;
}

bool tap_same_text(const char *got, const char *wanted, const struct tap_place *at)
{
	if (judge(!strcmp(got, wanted), at))
		return true;
	tap_note("  got:    \"%s\"", got);
	tap_note("  wanted: \"%s\"", wanted);
	return false;
}

static const char *errno_name(int number)
{
	const char *name = number ? strerrorname_np(number) : "no error";

	return name ? name : "?";
}

bool tap_errno(int got, int wanted, const struct tap_place *at)
{
	if (judge(got == -wanted, at))
		return true;
	if (got > 0)
		tap_note("  got:    %d", got);
	else
		tap_note("  got:    %s (%d)", errno_name(-got), -got);
	tap_note("  wanted: %s (%d)", errno_name(wanted), wanted);
	return false;
}

static void too_long(int signal)
{
	static const char text[] = "Bail out! the test took too long: ";
	ssize_t unused;

	(void)signal;
	unused = write(1, text, sizeof(text) - 1);
	unused = write(1, current.sentence, strlen(current.sentence));
	unused = write(1, "\n", 1);
	(void)unused;
	_exit(1);
}

/* setjmp() wants its local variables left alone. */
static void run_protected(void (*run)(void))
{
	if (!setjmp(current.end))
		run();
}

static bool run_test(const struct tap_test *test, unsigned int number)
{
	current.sentence = test->sentence;
	current.checks = current.failures = 0;
	current.skip[0] = '\0';
	alarm(TAP_TIME_LIMIT);
	run_protected(test->run);
	undo_all();
	if (after_each)
		run_protected(after_each);
	undo_all();
	alarm(0);
	if (!current.checks && !current.skip[0]) {
		tap_note("it checked nothing");
		current.failures++;
	}
	printf("%sok %u - %s", current.failures ? "not " : "", number, test->sentence);
	if (current.skip[0])
		printf(" # SKIP %s", current.skip);
	putchar('\n');
	return !current.failures;
}

static bool matches(const char *sentence, const char *words)
{
	char pattern[256];

	snprintf(pattern, sizeof(pattern), "*%s*", words);
	return !fnmatch(pattern, sentence, FNM_CASEFOLD);
}

static bool is_wanted(const char *sentence, int argc, char **argv)
{
	bool wanted = true, found = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '!' && matches(sentence, argv[i] + 1))
			return false;
		if (argv[i][0] == '!')
			continue;
		wanted = false;
		found |= matches(sentence, argv[i]);
	}
	return wanted || found;
}

int tap_main(int argc, char **argv, const struct tap_test *tests, size_t count)
{
	unsigned int number = 0, failed = 0;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, too_long);
	for (i = 0; i < count; i++)
		if (is_wanted(tests[i].sentence, argc, argv))
			failed += !run_test(&tests[i], ++number);
	printf("1..%u\n", number);
	if (!number)
		fprintf(stderr, "%s: no test matches\n", argv[0]);
	return failed || !number;
}
