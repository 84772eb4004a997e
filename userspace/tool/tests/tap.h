/* SPDX-License-Identifier: MIT */
#ifndef WINUSB_ISO_TOOL_TAP_H
#define WINUSB_ISO_TOOL_TAP_H

#include <stdbool.h>

/* Counts the checks of one test; the test's name is a sentence. */
void begin(const char *name);
bool check(bool ok, const char *file, int line, const char *what);
void end(void);

#define CHECK(condition) check(condition, __FILE__, __LINE__, #condition)
#define TEST(name, body) \
	do { \
		begin(name); \
		body(); \
		end(); \
	} while (0)

void test_parsers(void);
void test_text(void);
void test_tally(void);
void test_source(void);
void test_writer(void);
void test_descriptors(void);
void test_binding(void);

#endif
