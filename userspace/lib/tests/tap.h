/* SPDX-License-Identifier: MIT */
/* Tests named as sentences, reported as TAP. */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

void tap_register(const char *sentence, void (*run)(void));
bool tap_check(bool ok, const char *what, const char *file, int line);
bool tap_equal(long long got, long long wanted, const char *what, const char *file, int line);
/* Runs every registered test, or those whose sentence has the argument, each between the two; after
 * only if it passed, and it may check something, too. after may be NULL. */
int tap_main(int argc, char **argv, void (*before)(void), void (*after)(void));

#define TEST(name, sentence) \
	static void name(void); \
	__attribute__((constructor)) static void register_##name(void) \
	{ \
		tap_register(sentence, name); \
	} \
	static void name(void)

/* The first one that fails ends the test. */
#define CHECK(what) \
	do { \
		if (!tap_check(what, #what, __FILE__, __LINE__)) \
			return; \
	} while (0)

#define EQUAL(got, wanted) \
	do { \
		if (!tap_equal((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)) \
			return; \
	} while (0)

/* A call that has to fail, and with which errno. */
#define FAILS(call, error) \
	do { \
		errno = 0; \
		EQUAL(call, -1); \
		EQUAL(errno, error); \
	} while (0)

#define FAILS_NULL(call, error) \
	do { \
		errno = 0; \
		CHECK(!(call)); \
		EQUAL(errno, error); \
	} while (0)

#endif /* TAP_H */
