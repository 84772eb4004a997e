/* SPDX-License-Identifier: MIT */
/* For tests of functions of Windows: a call that fails, and its last error. */
#ifndef WINAPI_TEST_H
#define WINAPI_TEST_H

#include "../internal.h"
#include "tap.h"

#define NEVER_AN_ERROR 0xdeadbeefu

/* BOOL functions. */
#define REFUSED(call, error) \
	do { \
		SetLastError(NEVER_AN_ERROR); \
		EQUAL(call, FALSE); \
		EQUAL(GetLastError(), error); \
	} while (0)

/* Functions that return a pointer or HANDLE. */
#define REFUSED_NULL(call, error) \
	do { \
		SetLastError(NEVER_AN_ERROR); \
		CHECK(!(call)); \
		EQUAL(GetLastError(), error); \
	} while (0)

#define REFUSED_HANDLE(call, error) \
	do { \
		SetLastError(NEVER_AN_ERROR); \
		CHECK((call) == INVALID_HANDLE_VALUE); \
		EQUAL(GetLastError(), error); \
	} while (0)

#define WAIT_REFUSED(call, error) \
	do { \
		SetLastError(NEVER_AN_ERROR); \
		EQUAL(call, WAIT_FAILED); \
		EQUAL(GetLastError(), error); \
	} while (0)

#endif /* WINAPI_TEST_H */
