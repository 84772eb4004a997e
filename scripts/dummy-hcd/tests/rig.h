/* SPDX-License-Identifier: MIT */
/*
 * A device on dummy_hcd whose two ends are the module iso_probe; what they see is compared as text.
 * plug() makes it, in manual time, with alternate setting 1 and an empty log; the end of the test
 * takes it away and sets all knobs back.
 */
#ifndef DUMMY_HCD_RIG_H
#define DUMMY_HCD_RIG_H

#include <stdbool.h>

#include "tap.h"

enum { FULL, HIGH, SUPER };

#define IN 0x83
#define OUT 0x04
#define IN_2 0x88
#define OUT_2 0x09

/* 0 stands for: interval 1, maxp 64, 1 pair, 8 requests, as long as possible; -1: no request. */
struct rig {
	int speed;
	unsigned int interval;	/* in (micro)frames */
	unsigned int maxp, mult, burst, bytes, pairs;
	int in_requests, in_length, out_requests, out_length;
	bool once;		/* requests are not queued again */
};

void plug(const struct rig *rig);
void unplug(void);

/* Any file; what is read is valid until the next file is read. */
int write_text(const char *path, const char *text);
const char *read_text(const char *path);

/* Return 0 or a negative errno. */
int command(const char *format, ...) __attribute__((format(printf, 1, 2)));
int knob(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* dummy_hcd.0/NAME and iso_probe/NAME, without the end of the line */
const char *dummy(const char *name);
const char *probe(const char *name);

void at(unsigned long long uframe);
void advance(unsigned long long uframes);

/* "NAME=value" of the endpoint's line in dummy_hcd.0/endpoints; -1 if there is none */
long long count_of(unsigned int address, const char *name);

/* The log since it was last looked at; wait_for_log() waits for so many lines first. */
const char *log_text(void);
const char *wait_for_log(unsigned int lines);

/* Lines of the log that come now, in this order. */
#define LOG(...) SAME_TEXT(log_text(), text_of(__VA_ARGS__))
const char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool wait_until(bool (*condition)(void));
int device_file(const char *name, const char *value);

#endif
