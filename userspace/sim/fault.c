// SPDX-License-Identifier: MIT
/* KIND[@[+]N][+COUNT][:every=M][:pipe=ADDRESS][:absolute][:n=VALUE] */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int64_t value; /* when none is given */
} kinds[FAULT_KINDS] = {
	[FAULT_PROTOCOL] = { "protocol", 0 },
	[FAULT_BABBLE] = { "babble", 0 },
	[FAULT_CRC] = { "crc", 0 },
	[FAULT_TIMEOUT] = { "timeout", 0 },
	[FAULT_SHORT] = { "short", -1 },
	[FAULT_EMPTY] = { "empty", 0 },
	[FAULT_LATE] = { "late", 0 },
	[FAULT_STALL] = { "stall", 0 },
	[FAULT_HOLE] = { "hole", 1 },
	[FAULT_NAK] = { "nak", 0 },
	[FAULT_LATE_REPLY] = { "late-reply", 5 },
	[FAULT_HOLD] = { "hold", 0 },
	[FAULT_VANISH] = { "vanish", 0 },
	[FAULT_MORE_PACKETS] = { "more-packets", 1 },
	[FAULT_FEWER_PACKETS] = { "fewer-packets", 1 },
	[FAULT_PACKET_OVERRUN] = { "packet-overrun", 1 },
	[FAULT_PACKET_NEGATIVE] = { "packet-negative", 0 },
	[FAULT_NEGATIVE_COUNT] = { "negative-count", 0 },
	[FAULT_ODD_STATUS] = { "odd-status", 12345 },
	[FAULT_URB_STATUS] = { "urb-status", -EPROTO },
	[FAULT_WRONG_DIRECTION] = { "wrong-direction", 0 },
	[FAULT_START_FRAME] = { "start-frame", 0 },
	[FAULT_GARBLE] = { "garble", 1 },
	[FAULT_WRONG_SEQNUM] = { "wrong-seqnum", 0 },
	[FAULT_ACTUAL_MISMATCH] = { "actual-mismatch", 0 },
	[FAULT_HUGE_ACTUAL] = { "huge-actual", 0 },
	[FAULT_TWICE] = { "twice", 0 },
	[FAULT_BAD_COMMAND] = { "bad-command", 0 },
	[FAULT_TRUNCATED] = { "truncated", 0 },
	[FAULT_GARBLE_LINK] = { "garble-link", 1 },
	[FAULT_WILD_OFFSET] = { "wild-offset", 0x10000000 },
	[FAULT_LAST_OVERRUN] = { "last-overrun", 4096 },
};

const char *fault_name(enum fault_kind kind)
{
	return kind > FAULT_NONE && kind < FAULT_KINDS ? kinds[kind].name : "none";
}

static enum fault_kind kind_of(const char *text, size_t length)
{
	int kind;

	for (kind = 1; kind < FAULT_KINDS; kind++)
		if (strlen(kinds[kind].name) == length && !strncmp(kinds[kind].name, text, length))
			return kind;
	return FAULT_NONE;
}

static bool number(const char **text, uint64_t *value)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 0);
	*text = end;
	return errno == 0;
}

static bool parse_place(struct fault *fault, const char **text)
{
	if (**text == '@') {
		(*text)++;
		fault->positioned = **text != '+';
		if (!fault->positioned)
			(*text)++;
		if (!number(text, fault->positioned ? &fault->at : &fault->skip))
			return false;
	}
	if (**text != '+')
		return true;
	(*text)++;
	return number(text, &fault->count) && fault->count > 0;
}

static bool parse_signed(const char *text, int64_t *value)
{
	bool negative = *text == '-';
	uint64_t magnitude;

	text += negative;
	if (!number(&text, &magnitude) || magnitude > INT64_MAX || (*text && *text != ':'))
		return false;
	*value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return true;
}

static bool parse_option(struct fault *fault, const char *text, size_t length)
{
	int64_t value;

	if (length == 8 && !strncmp(text, "absolute", 8))
		return fault->absolute = true;
	if (!strncmp(text, "n=", 2))
		return parse_signed(text + 2, &fault->value);
	if (!strncmp(text, "ms=", 3))
		return parse_signed(text + 3, &fault->value) && fault->value >= 0;
	if (!strncmp(text, "every=", 6) && parse_signed(text + 6, &value) && value > 0) {
		fault->every = (uint64_t)value;
		return true;
	}
	if (!strncmp(text, "pipe=", 5) && parse_signed(text + 5, &value) && value >= 0 &&
	    value <= 0xff) {
		fault->pipe = (unsigned int)value;
		return true;
	}
	return false;
}

static const char *check(struct fault *fault)
{
	if (fault->absolute && !fault->positioned)
		return "absolute needs @N";
	if (fault->every && !fault->positioned && fault->skip)
		return "every counts from @N, not from @+N";
	if (fault->every && fault->count > fault->every)
		return "COUNT must not exceed every=M";
	if (fault->kind == FAULT_HOLE && (fault->value < 1 || fault->value > 1000000))
		return "a hole is n=1 to n=1000000 service intervals";
	if (fault->kind == FAULT_LATE_REPLY && (fault->value < 0 || fault->value > 3600000))
		return "late-reply takes ms=0 to ms=3600000";
	if (fault->pipe == 0 && fault->kind != FAULT_STALL && fault->kind != FAULT_GARBLE)
		return "pipe=0, the default control pipe, knows only stall and garble";
	if (fault->every)
		fault->positioned = true;
	return NULL;
}

int fault_parse(struct fault *fault, const char *text, const char **problem)
{
	size_t length = strcspn(text, "@+:");

	*fault = (struct fault){ .count = 1, .pipe = FAULT_ANY_PIPE };
	fault->kind = kind_of(text, length);
	*problem = "unknown kind of fault";
	if (!fault->kind)
		return -1;
	fault->value = kinds[fault->kind].value;
	text += length;
	*problem = "the place must read @N, @+N, @N+COUNT or +COUNT";
	if (!parse_place(fault, &text) || (*text && *text != ':'))
		return -1;
	*problem = "options are every=M, pipe=ADDRESS, absolute, n=VALUE, ms=VALUE";
	while (*text == ':') {
		text++;
		length = strcspn(text, ":");
		if (!parse_option(fault, text, length))
			return -1;
		text += length;
	}
	*problem = check(fault);
	return *problem ? -1 : 0;
}

bool fault_is_spent(const struct fault *fault)
{
	return !fault->every && fault->fired >= fault->count;
}

static bool is_here(struct fault *fault, uint64_t place)
{
	if (!fault->positioned) {
		if (fault->skip == 0)
			return true;
		fault->skip--;
		return false;
	}
	if (place < fault->at)
		return false;
	if (fault->every)
		return (place - fault->at) % fault->every < fault->count;
	/* A hole waits for the next transfer's start; everything else strikes its packet only. */
	return fault->kind == FAULT_HOLE || place - fault->at < fault->count;
}

bool fault_strikes(struct fault *fault, unsigned int pipe, uint64_t index, uint64_t counter)
{
	if (fault->pipe != FAULT_ANY_PIPE && fault->pipe != pipe)
		return false;
	if (fault_is_spent(fault) || !is_here(fault, fault->absolute ? counter : index))
		return false;
	fault->fired++;
	return true;
}
