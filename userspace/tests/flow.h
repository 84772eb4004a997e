/* SPDX-License-Identifier: MIT */
/*
 * A flow: the transfers of one pipe, going round a row of slots in registered buffers, on raw
 * ioctls. It fills OUT packets with the simulated device's pattern and checks everything that a
 * completion and its packet table say.
 *
 *	flow_open(&flow, fd, 0x81, 8, 16);
 *	flow_run(&flow, 1000);		(one stream of 1000 transfers without a fault)
 *	flow_close(&flow);
 */
#ifndef WINUSB_ISO_TESTS_FLOW_H
#define WINUSB_ISO_TESTS_FLOW_H

#include "fixture.h"

#define FLOW_MAX_SLOTS	 1024
#define FLOW_MAX_BUFFERS 64

struct flow_slot {
	uint32_t handle, offset, first_packet;
	uint8_t *data;
	struct winusb_iso_packet *table;
};

struct flow {
	int fd;
	uint8_t address;
	uint32_t max_bytes; /* of a packet */
	uint32_t interval;  /* microframes */
	uint32_t packets;   /* of a transfer */
	unsigned int n_slots, n_buffers;
	struct flow_slot slot[FLOW_MAX_SLOTS];
	struct fixture_buffer buffer[FLOW_MAX_BUFFERS];

	/* What packet @number (since the flow began) asks for; NULL: the pipe's maximum. */
	uint32_t (*length)(uint64_t number);
	/* What an IN packet of service interval @counter brings of @asked bytes; NULL: all. */
	uint32_t (*received)(uint64_t counter, uint32_t asked);
	bool foreign;	     /* the data is not the pattern: the test looks at it */
	bool first_exact;    /* a frame counter vouches for the first transfer, too */
	unsigned int group;  /* only each nth is to be told by itself; 0: each */
	unsigned int sparse; /* looks at the whole of every nth packet only */

	uint64_t prepared, submitted, reaped;
	uint64_t counter;     /* OUT: of the next packet that is not empty */
	uint64_t next_uframe; /* where a transfer that follows directly starts */
	int64_t skew;	      /* bus time less the device's */
	bool skew_known;
	uint64_t timestamp; /* of the last completion */
	uint64_t gaps;	    /* service intervals lost since the flow began */
};

#define FLOW_IN	 0x81
#define FLOW_OUT 0x01

/* What is expected of a completion beyond that it is whole and right. */
struct flow_want {
	int status;
	uint32_t gap, inner_gap, errors;
	uint16_t flags;
	uint8_t trust;
	bool any_place;	  /* do not compare the start frame with the end of the last one */
	bool any_gap;	  /* whatever it says, but start frame and data agree with it */
	bool any_packets; /* the test looks at packets itself */
};

/* A device whose alternate setting 1 is @alternate, opened, and that setting selected. */
int flow_device(struct fixture *fixture, enum sim_speed speed, const char *alternate);
/* Pipe @address of the current alternate setting; @slots transfers of @packets each. */
void flow_open(struct flow *flow, int fd, uint8_t address, uint32_t packets, unsigned int slots);
/* Unmaps and unregisters; not needed at the end of a test. */
void flow_close(struct flow *flow);

/* Fills the slots of the next @transfers, so that no time is lost for it while the stream runs. */
void flow_prepare(struct flow *flow, uint64_t transfers);
/* The next transfer, in the next slot: 0 or a negative errno. */
int flow_submit(struct flow *flow, uint32_t flags);
int flow_submit_at(struct flow *flow, uint64_t uframe);
int flow_submit_late(struct flow *flow, uint64_t uframe); /* with DROP_LATE */
/* Submits with CONTINUE (but the first of the flow) while slots are free and @total not reached. */
void flow_fill(struct flow *flow, uint64_t total);
struct flow_slot *flow_slot_of(struct flow *flow, const struct winusb_iso_completion *completion);

/* Compares all of a completion of this flow, its packet table and its data; false if it differs. */
bool flow_check(struct flow *flow, const struct winusb_iso_completion *completion,
		const struct flow_want *want);
/* As a transfer in the middle of a stream must be; the first of the flow as the first must be. */
bool flow_check_plain(struct flow *flow, const struct winusb_iso_completion *completion);
/* Reaps one and checks it. */
bool flow_take(struct flow *flow, const struct flow_want *want);
bool flow_take_plain(struct flow *flow);
/* One packet with status 0, against table and pattern; @counter is its service interval's. */
bool flow_check_packet(struct flow *flow, const struct winusb_iso_completion *completion,
		       uint32_t number, uint64_t counter);
/* The device's number of the service interval that starts at @uframe. */
uint64_t flow_counter(const struct flow *flow, uint64_t uframe);

/* @total transfers as one stream, every one checked; the test ends at the first that is wrong. */
void flow_run(struct flow *flow, uint64_t total);

#endif
