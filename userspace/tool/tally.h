/* SPDX-License-Identifier: MIT */
/* What a stream has carried, counted from packets and completions. No device, no output. */
#ifndef WINUSB_ISO_TOOL_TALLY_H
#define WINUSB_ISO_TOOL_TALLY_H

#include <stdint.h>

#include <linux/winusb_iso.h>

#define TALLY_KINDS 16

struct tally {
	uint64_t transfers;
	uint64_t packets_ok, packets_bad;
	uint64_t packets_short; /* of the good ones: less than requested, not empty */
	uint64_t packets_empty; /* of the good ones: requested data and carried none */
	uint64_t bytes;
	uint64_t gaps, lost_intervals;
	uint64_t interruptions;	  /* sleep, reset: the stream was started again */
	uint64_t dropped;	  /* OUT: packets given to the driver that were never sent */
	uint64_t trust[3];	  /* transfers by enum winusb_iso_trust */
	uint64_t first_uframe;	  /* bus time of the first packet */
	unsigned int first_trust; /* of the first transfer */
	uint32_t n_kinds;
	struct {
		int status;
		uint64_t count;
	} kind[TALLY_KINDS]; /* bad packets by status; what does not fit is only in
					 * packets_bad */
};

void tally_packet(struct tally *tally, int status, uint32_t requested, uint32_t actual);
void tally_transfer(struct tally *tally, const struct winusb_iso_completion *completion);
void tally_gap(struct tally *tally, uint32_t intervals);
/* Packets and lost service intervals: the time that the stream took. */
uint64_t tally_intervals(const struct tally *tally);
/* How far the count of gaps can be trusted: the least that any transfer after the first had, as
 * there is nothing before the first one to which a gap could be. Unknown when there was none. */
unsigned int tally_trust(const struct tally *tally);
/* Nothing bad, no gap, nothing dropped or interrupted. */
int tally_is_clean(const struct tally *tally);

#endif
