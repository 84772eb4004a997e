/* SPDX-License-Identifier: MIT */
/*
 * Tests named as sentences, reported as TAP.
 *
 *	static void short_read(void) { EQUAL(function(), 3); }
 *
 *	static const struct tap_test tests[] = {
 *		{ "a short read says how much was read", short_read },
 *	};
 *
 *	int main(int argc, char **argv) { return TAP_MAIN(argc, argv, tests); }
 *
 * PROGRAM [PATTERN]... runs the tests whose sentence has one of the patterns (of fnmatch(),
 * anywhere in the sentence; upper and lower case alike), and none of those that begin with "!".
 *
 * A failed check prints what it got and wanted, and the test goes on; a failed REQUIRE ends the
 * test. A test that checked nothing fails. Whatever was given to tap_defer() is done at its end,
 * the last first. A test that takes longer than TAP_TIME_LIMIT seconds ends the program.
 */
#ifndef WINUSB_ISO_TAP_H
#define WINUSB_ISO_TAP_H

#include <stdbool.h>
#include <stddef.h>

#define TAP_TIME_LIMIT 180

struct tap_test {
	const char *sentence;
	void (*run)(void);
};

#define TAP_MAIN(argc, argv, tests) tap_main(argc, argv, tests, sizeof(tests) / sizeof((tests)[0]))

int tap_main(int argc, char **argv, const struct tap_test *tests, size_t count);

/* The sentence of the test that runs: the table's very string, so that it can lead to a row. */
const char *tap_sentence(void);

/* Also runs @run after each test, inside of it; for what must hold after every one. */
void tap_after_each(void (*run)(void));

/* Things to do at the end of this test. tap_cancel() forgets one, and says if there was one. */
void tap_defer(void (*undo)(void *), void *argument);
bool tap_cancel(void (*undo)(void *), void *argument);

/* Ends the test at once. */
void tap_skip(const char *reason, ...) __attribute__((format(printf, 1, 2), noreturn));
void tap_end(void) __attribute__((noreturn));

/* A line of explanation. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct tap_place {
	const char *file;
	int line;
	const char *text;
};

#define TAP_HERE(text) (&(const struct tap_place){ __FILE__, __LINE__, text })

bool tap_check(bool good, const struct tap_place *at);
bool tap_equal(long long got, long long wanted, const struct tap_place *at);
bool tap_same_text(const char *got, const char *wanted, const struct tap_place *at);
bool tap_errno(int got, int wanted, const struct tap_place *at);

#define CHECK(condition)       tap_check(condition, TAP_HERE(#condition))
#define EQUAL(got, wanted)     tap_equal((long long)(got), (long long)(wanted), TAP_HERE(#got))
#define SAME_TEXT(got, wanted) tap_same_text(got, wanted, TAP_HERE(#got))

/* For calls that return 0 or a negative errno; prints errnos by name. @wanted: 0 or say EINVAL. */
#define RETURNS(call, wanted) tap_errno(call, wanted, TAP_HERE(#call))
#define WORKS(call)	      tap_errno(call, 0, TAP_HERE(#call))

#define REQUIRE(condition) \
	do { \
		if (!tap_check(condition, TAP_HERE(#condition))) \
			tap_end(); \
	} while (0)
#define REQUIRE_WORKS(call) \
	do { \
		if (!tap_errno(call, 0, TAP_HERE(#call))) \
			tap_end(); \
	} while (0)

#endif
