/* SPDX-License-Identifier: MIT */
/*
 * A track: the transfers of one pipe on dummy_hcd's manual clock (busclock.h), and exactly what
 * each completion and each packet of it must say. Times are microframes of that clock.
 *
 *	track_open(&track, path, 1, true, 4);
 *	track_submit(&track, 0);
 *	busclock_advance(16);
 *	track_take(&track, &(struct track_want){ .packets = 4, .done = 4, .start = 1008, ... });
 */
#ifndef WINUSB_ISO_TESTS_TRACK_H
#define WINUSB_ISO_TESTS_TRACK_H

#include "fixture.h"

#define TRACK_SLOTS 64 /* transfers that can be pending, if there is room for so much */

struct track {
	int fd; /* does not block: what is due has completed */
	uint8_t address;
	uint32_t max_bytes;   /* of a packet */
	uint32_t interval;    /* microframes */
	uint32_t width;	      /* microframes that a packet takes: a frame at full speed, or 1 */
	uint32_t window;      /* microframes that the driver gives the controller ahead of time */
	uint32_t most, slots; /* packets that a transfer can have; how many have room */
	uint32_t packets;     /* of the next transfer; a test may make it less */
	uint64_t bus;	      /* bus time less the clock */
	struct fixture_buffer buffer;
	uint64_t submitted, reaped, timestamp;
};

/* What a completion must say. */
struct track_want {
	int status;
	uint32_t packets;
	uint64_t start; /* 0: nothing was handed over */
	bool any_start; /* do not look at it */
	uint32_t gap, inner_gap;
	uint16_t flags;
	uint8_t trust;
	uint32_t lost; /* so many packets at the beginning say EXDEV, */
	uint32_t done; /* so many after them went, and all others say EXDEV, too */
};

/* The isochronous IN or OUT pipe of @alternate, which is selected, for transfers of @packets. */
void track_open(struct track *track, const char *path, unsigned int alternate, bool in,
		uint32_t packets);
/* Lets the driver know the bus time to the microframe, and finds @bus. */
void track_learn(struct track *track);

int track_submit(struct track *track, uint32_t flags);
int track_submit_at(struct track *track, uint64_t uframe);
/* AT_FRAME with DROP_LATE. */
int track_submit_late(struct track *track, uint64_t uframe);

/* The packet table of a transfer, by its number. */
const struct winusb_iso_packet *track_packets(const struct track *track, uint64_t transfer);

/* What OUT packet @packet of transfer @transfer, both from 0, begins with. */
uint64_t track_mark(uint64_t transfer, uint32_t packet);

/* Collects the oldest completion and compares all of it; false if it differs. */
bool track_take(struct track *track, const struct track_want *want);
/* Waits for the oldest completion and collects it, whatever it says: 0 or a negative errno. */
int track_wait(struct track *track, struct winusb_iso_completion *completion);
/* Nothing more has completed. */
void track_take_none(struct track *track);

/* Microframes that the next transfer takes. */
uint64_t track_span(const struct track *track);
/* The interval after the last packet of a transfer that was sent. */
uint64_t track_end(const struct track *track, const struct track_want *want);

#endif
