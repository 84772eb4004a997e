/* SPDX-License-Identifier: MIT */
/* Which service interval a transfer starts in: pure arithmetic on absolute frame numbers. */
#ifndef WINUSB_ISO_SIM_SCHEDULE_H
#define WINUSB_ISO_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* All in microframes (high and super speed) or frames (full speed), never wrapped. */
struct schedule_request {
	uint64_t now;  /* the frame that runs */
	uint64_t seen; /* the frame up to which slots are known to be gone; <= now */
	uint32_t interval;
	uint32_t lead; /* a stream that starts leaves this many whole frames alone */
	bool live;     /* a stream runs (or ran until a moment ago) and ... */
	uint64_t next; /* ... this slot follows its last one */
	bool asap;
	bool has_frame;		 /* the host names a start frame ... */
	uint32_t frame;		 /* ... this one ... */
	unsigned int frame_bits; /* ... of which so many bits count */
};

struct schedule_slot {
	uint64_t slot;
	uint64_t late_before; /* packets in slots below this are not carried: -EXDEV */
	bool starts;	      /* a new stream */
	bool late;	      /* came after the slot it should have had */
};

struct schedule_slot schedule_place(const struct schedule_request *request);

#endif
