/* SPDX-License-Identifier: MIT */
/* Faults: their names, their grammar and when they fire. Knows nothing of devices. */
#ifndef WINUSB_ISO_SIM_FAULT_H
#define WINUSB_ISO_SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,
	/* a packet's result */
	FAULT_PROTOCOL,
	FAULT_BABBLE,
	FAULT_CRC,
	FAULT_TIMEOUT,
	FAULT_SHORT,
	FAULT_EMPTY,
	FAULT_LATE,
	FAULT_STALL,
	/* the schedule, the reply, the link */
	FAULT_HOLE,
	FAULT_NAK,
	FAULT_LATE_REPLY,
	FAULT_HOLD,
	FAULT_VANISH,
	/* replies that are wrong and that stock vhci_hcd survives */
	FAULT_MORE_PACKETS,
	FAULT_FEWER_PACKETS,
	FAULT_PACKET_OVERRUN,
	FAULT_PACKET_NEGATIVE,
	FAULT_NEGATIVE_COUNT,
	FAULT_ODD_STATUS,
	FAULT_URB_STATUS,
	FAULT_WRONG_DIRECTION,
	FAULT_START_FRAME,
	FAULT_GARBLE,
	/* ... by dropping the link */
	FAULT_WRONG_SEQNUM,
	FAULT_ACTUAL_MISMATCH,
	FAULT_HUGE_ACTUAL,
	FAULT_TWICE,
	FAULT_BAD_COMMAND,
	FAULT_TRUNCATED,
	FAULT_GARBLE_LINK,
	/* ... or not at all */
	FAULT_WILD_OFFSET,
	FAULT_LAST_OVERRUN,
	FAULT_KINDS
};

#define FAULT_FIRST_MALFORMED FAULT_MORE_PACKETS
#define FAULT_FIRST_DANGEROUS FAULT_WILD_OFFSET
#define FAULT_ANY_PIPE	      0x100

struct fault {
	enum fault_kind kind;
	bool positioned; /* at says where; else as soon as skip packets have passed */
	bool absolute;	 /* at is a service interval's counter, not a packet's index */
	uint64_t at;
	uint64_t skip;
	uint64_t count;
	uint64_t every;	   /* 0: once */
	unsigned int pipe; /* address, 0 for the default control pipe, or FAULT_ANY_PIPE */
	int64_t value;	   /* the kind's number: intervals, ms, status, frame, seed */
	uint64_t fired;
};

/* 0, or -1 and @problem says what is wrong with @text. */
int fault_parse(struct fault *fault, const char *text, const char **problem);
const char *fault_name(enum fault_kind kind);
/* Whether it strikes this packet; counts it. */
bool fault_strikes(struct fault *fault, unsigned int pipe, uint64_t index, uint64_t counter);
bool fault_is_spent(const struct fault *fault);

#endif
