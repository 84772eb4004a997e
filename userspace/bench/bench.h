/* SPDX-License-Identifier: MIT */
/*
 * One isochronous stream, run by different means (peers), and what each of its transfers costs.
 *
 * main.c decides how long; a peer keeps job->depth transfers of job->packets packets pending on
 * job->endpoint and calls job_done() for every one that it was told of.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;

struct job {
	const struct peer *peer;
	struct job *next; /* another stream, which runs at the same time, or NULL */
	unsigned int vendor, product;
	uint32_t controller;  /* dummy_hcd.N that the device is on, if there is one */
	uint32_t interface;   /* bInterfaceNumber */
	uint8_t endpoint;     /* bEndpointAddress; 0x80 or 0: the first that is isochronous */
	uint32_t alternate;   /* alternate setting that has it */
	uint32_t packets;     /* of a transfer */
	uint32_t packet_size; /* bytes of each */
	uint32_t frame;	      /* microframes of a packet */
	uint32_t depth;	      /* transfers kept pending */
	uint32_t batch;	      /* completions for which the program wants to be woken once */
	uint32_t buffers;     /* registered buffers that the transfers are spread over */

	char sysfs[32]; /* name of the device in /sys/bus/usb/devices */
	char usbfs[48]; /* /dev/bus/usb/BBB/DDD */
	char node[32];	/* /dev/winusb-isoN, if the module has it */

	uint64_t done;	      /* transfers that the program was told of */
	uint64_t failed;      /* of those, not as they should be */
	uint64_t bad_packets; /* packets with an error */
	uint64_t gaps;	      /* service intervals lost, where the peer is told */
	uint64_t *stamps;     /* when the program was told, of the next stamps_room transfers */
	uint64_t stamps_room, stamps_count;
	void *state; /* the peer's */
};

struct peer {
	const char *name;
	const char *driver; /* of the interface; NULL: none, usbfs has it */
	void (*open)(struct job *job);
	/* Keeps the stream running until job->done is at least @until. */
	void (*run)(struct job *job, uint64_t until);
	void (*close)(struct job *job);
	/* Nothing reaches user space: runs so many transfers, start and end included. */
	void (*block)(struct job *job, uint64_t transfers);
};

extern const struct peer peer_libusb, peer_usbfs, peer_usbtest, peer_ring, peer_native, peer_winusb,
	peer_winusb_shared;

static inline bool job_is_in(const struct job *job)
{
	return job->endpoint & 0x80;
}

static inline uint32_t job_transfer_size(const struct job *job)
{
	return job->packets * job->packet_size;
}

/* main.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t now_ns(void);
void job_done(struct job *job, bool failed, uint32_t bad_packets);

/* device.c: the device, and which driver its interface has. */
void device_find(struct job *job);
void device_bind(struct job *job);

/*
 * Service intervals that had no packet since the first one, says the controller, in all streams; -1
 * if it does not say.
 */
int64_t device_lost(const struct job *job);

/* stall.c: prints how many service intervals a pause of the program costs. */
void stall_report(struct job *job, uint32_t ms);

/* latency.c: from the end of a transfer until the program knew of it. */
void latency_measure(struct job *job, uint64_t transfers);
void latency_print(struct job *job); /* members of a line of JSON; none if not measured */

/* streams.c: the streams besides the first, each run by a thread. */
void streams_start(struct job *job);
uint64_t streams_done(const struct job *job); /* transfers of all */

/* load.c: a loop of lowest priority that takes what the machine does not need. */
void load_start(void);
uint64_t load_instructions(void); /* that it got so far */

/* counters.c: kernel events, counted where they happen. */
struct counts {
	int64_t calls;	     /* system calls of this program */
	int64_t sleeps;	     /* of those, calls that wait */
	int64_t switches;    /* context switches of the machine */
	int64_t wakeups;     /* of this program's threads */
	int64_t allocations; /* slab and page, by anybody */
	int64_t below;	     /* of those, by the host controller's driver */
};
void counters_open(void);
void counters_start(void);
void counters_stop(struct counts *counts);

#endif
