/* SPDX-License-Identifier: MIT */
/*
 * What must become of transfers on dummy_hcd, computed from its manual clock (busclock.h) and from
 * what was submitted, and from nothing that the driver says.
 *
 *  - A pipe's service intervals begin every `interval` microframes; at full speed each packet takes
 *    the whole frame. Which ones they are, the first packet after the alternate setting was
 *    selected decides.
 *  - With nothing pending a transfer starts in the first interval that begins `threshold`
 *    microframes from now or later, and is a new stream.
 *  - Behind something pending it starts in the next interval, unless that is in the past. Then it
 *    starts where it would with nothing pending, but no new stream begins.
 *  - CONTINUE is met if something is pending, the stream is not broken, and the next interval
 *    begins more than MODEL_GUARD from now: the driver wants to be a frame ahead of the controller.
 *    Otherwise it is EXDEV, nothing is sent, and the stream is broken until a transfer without it.
 *  - AT_FRAME starts in the first interval at or after the frame. With nothing pending one packet
 *    of no length goes before it, where a transfer with nothing pending would. If that leaves only
 *    later intervals it is ETIME, and nothing of it is sent.
 *  - With DROP_LATE packets in intervals that are not left are EXDEV, and the others go in theirs;
 *    none left is ETIME, without a packet before it where the clock says so already. The start is
 *    that of the first packet, whether it went or not.
 *  - The gap is the number of the pipe's intervals between the last packet of a transfer before and
 *    the first of this, without those of packets that were dropped. There is none if a stream was
 *    ended on purpose in between.
 *  - Trust is exact for what was handed over: dummy_hcd tells where URBs start, and its frame
 *    counter says that this can be. Of what was not there is nothing to know.
 *  - The controller has missed every interval from the pipe's first packet on that carried none.
 */
#ifndef WINUSB_ISO_TESTS_MODEL_H
#define WINUSB_ISO_TESTS_MODEL_H

#include "track.h"

#define MODEL_THRESHOLD 8 /* microframes; dummy_hcd's default */
#define MODEL_GUARD	8

struct model {
	uint32_t interval, width, packets; /* as of struct track */
	uint32_t threshold;
	bool begun;	/* a packet has gone since the alternate setting was selected ... */
	uint64_t first; /* ... in this interval */
	uint64_t sent;	/* packets since then, those of no length included ... */
	uint64_t empty; /* ... and how many those are */
	uint64_t next;	/* the interval after the last one */
	bool counting;	/* there was a transfer since a stream was ended on purpose ... */
	uint64_t end;	/* ... and the interval after its last packet */
	bool pending, broken;
};

void model_init(struct model *model, const struct track *track);

/* The interval in which a transfer submitted now starts if nothing is pending. */
uint64_t model_first_interval(const struct model *model);

/* A transfer submitted now; everything pending goes as it should. */
struct track_want model_submit(struct model *model, uint32_t flags);
/* AT_FRAME at @uframe, which submission does not refuse. */
struct track_want model_submit_at(struct model *model, uint64_t uframe);
/* The same with DROP_LATE. */
struct track_want model_submit_late(struct model *model, uint64_t uframe);

/* All that was pending was given back. */
void model_drained(struct model *model);
/* The controller left out so many packets. */
void model_lost(struct model *model, uint64_t packets);
/* The stream was ended on purpose; the last @unsent packets of what was pending did not go. */
void model_ended(struct model *model, uint64_t unsent);
/* It was, and the alternate setting selected again. */
void model_selected(struct model *model);

/* How many intervals the controller has missed by now, when all packets have gone. */
uint64_t model_missed(const struct model *model);

#endif
