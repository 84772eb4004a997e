/* SPDX-License-Identifier: MIT */
/*
 * A simulated USB device for stock vhci_hcd, inside your own process.
 *
 *	struct sim_options options;
 *	struct sim *sim;
 *
 *	sim_options_init(&options, SIM_HIGH);
 *	sim = sim_new(&options);
 *	if (!sim || sim_attach(sim) || sim_start(sim) || sim_wait_configured(sim, 5000))
 *		errx(1, "%s", sim_error());
 *	...			(stream; sim_fault(sim, "crc@100") and so on)
 *	sim_free(sim);
 *
 * Functions that return int give 0, or -1 with errno set and a sentence in sim_error(). Any thread
 * may call sim_fault(), sim_command(), sim_stats() and the like while the device runs.
 */
#ifndef WINUSB_ISO_SIM_H
#define WINUSB_ISO_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "pattern.h"

#define SIM_MAX_INTERFACES 3
#define SIM_MAX_ALTERNATES 16
#define SIM_MAX_PIPES	   8

/* The numbers are those of USB/IP and of vhci_hcd's attach file. */
enum sim_speed { SIM_FULL = 2, SIM_HIGH = 3, SIM_SUPER = 5 };

/* The numbers are those of bmAttributes. */
enum sim_type { SIM_ISO = 1, SIM_BULK = 2, SIM_INTERRUPT = 3 };

enum sim_lengths {
	SIM_LENGTH_FULL,    /* the most the endpoint can carry in a service interval */
	SIM_LENGTH_FIXED,   /* always length_fixed bytes */
	SIM_LENGTH_RAMP,    /* counter modulo (full + 1): 0, 1, 2, ... full, 0, ... */
	SIM_LENGTH_AUDIO44, /* 176 bytes, and 180 when counter modulo 10 is 9 */
};

struct sim_endpoint {
	uint8_t address; /* bEndpointAddress; bit 7 set is IN */
	enum sim_type type;
	uint16_t packet_size; /* wMaxPacketSize without multiplier bits */
	uint8_t mult;	      /* packets per microframe (high), bursts (super): 1..3 */
	uint8_t burst;	      /* packets per burst (super speed): 1..16 */
	uint8_t interval;     /* bInterval: 2^(n-1) frames or microframes */
	enum sim_lengths lengths;
	uint32_t length_fixed;
	bool clip;	     /* cut IN packets to what the host asked for instead of babble */
	uint8_t loop_from;   /* IN: address of the OUT endpoint to send back; 0 is counter */
	uint32_t loop_delay; /* isochronous: how many service intervals later; at least 1 */
	uint32_t delay;	     /* bulk, interrupt: (micro)frames more for each transfer */
};

struct sim_alternate {
	unsigned int n_endpoints;
	struct sim_endpoint endpoint[SIM_MAX_PIPES];
};

struct sim_interface {
	unsigned int n_alternates; /* alternate 0 included */
	bool has_class;		   /* else 0xff, 0, 0: vendor-specific */
	uint8_t interface_class, subclass, protocol;
	struct sim_alternate alternate[SIM_MAX_ALTERNATES];
};

struct sim_association {
	uint8_t first, count; /* interfaces that belong together */
};

struct sim_shape {
	unsigned int n_interfaces;
	unsigned int n_associations;
	struct sim_association association[SIM_MAX_INTERFACES];
	struct sim_interface interface[SIM_MAX_INTERFACES];
};

/* Microsoft OS descriptors, bits of sim_options.ms_os. */
enum sim_ms_os { SIM_MS_OS_1 = 1, SIM_MS_OS_2 = 2 };

/* Text of the interface GUIDs of one function, separated by commas. */
#define SIM_GUIDS_SIZE	 160
#define SIM_DEFAULT_GUID "{5d1f4fd0-7d5c-4ab5-9d2b-3f9d4c0c5e01}"
/* bRequest of the vendor requests that read Microsoft OS descriptors. */
#define SIM_MS_OS_REQUEST 0x20

/*
 * Vendor and class requests to any recipient that the device knows; all others stall.
 * OUT with SIM_REQUEST_STORE keeps its data, IN gives it back.
 */
enum sim_request {
	SIM_REQUEST_STORE = 1,
	SIM_REQUEST_STALL = 2, /* stalls */
	SIM_REQUEST_SLOW = 3,  /* as STORE, wValue ms later; 0xffff: when released */
	SIM_REQUEST_HALT = 4,  /* halts the endpoint wIndex (bulk, interrupt) */
	SIM_REQUEST_SETUP = 5, /* IN: the setup packet as it came */
};

/* What can be changed in the configuration; each finds it as those before have left it. */
enum sim_edit_kind {
	SIM_EDIT_BYTE,	     /* byte @at of the descriptor becomes @value */
	SIM_EDIT_BIT,	     /* bit @value of that byte is turned over */
	SIM_EDIT_LENGTH,     /* its length is @value */
	SIM_EDIT_LENGTH_BY,  /* or by @value more, which may be below 0 */
	SIM_EDIT_REMOVE,     /* it is missing */
	SIM_EDIT_REPEAT,     /* it is there twice */
	SIM_EDIT_SWAP,	     /* the next one comes before it */
	SIM_EDIT_CUT,	     /* the configuration ends behind @at bytes of it */
	SIM_EDIT_INSERT,     /* before it a new one of 2 + @at modulo 9 bytes made of seed @value */
	SIM_EDIT_INTERFACES, /* bNumInterfaces is @value */
	SIM_EDIT_TOTAL,	     /* wTotalLength, at last, is @value */
	SIM_EDIT_KINDS
};

/*
 * @descriptor: number behind the configuration's own, modulo how many there are; likewise @at.
 */
struct sim_edit {
	enum sim_edit_kind kind;
	uint32_t descriptor, at, value;
};

#define SIM_MAX_EDITS 64

struct sim_options {
	enum sim_speed speed;
	uint16_t vendor, product; /* default 1209:0001, a test id of pid.codes */
	const char *serial;
	struct sim_shape shape; /* default: sim_shape_default(speed, 1) */
	unsigned int ms_os;	/* Microsoft OS descriptors that it has, 0: none */
	/* Device interface GUIDs by function; NULL: SIM_DEFAULT_GUID for the first one. */
	const char *guid[SIM_MAX_INTERFACES];
	bool remote_wakeup;   /* says that it can wake the host (it never does) */
	const char *hostile;  /* a kind of hostile descriptor in alternate 1, or NULL */
	uint32_t mutation;    /* seed of changes in the configuration, 0: none */
	unsigned int n_edits; /* and such that are said */
	struct sim_edit edit[SIM_MAX_EDITS];
	unsigned int frame_wrap; /* bits of start frames reported: 8..32 */
	uint64_t first_frame;	 /* the frame clock's value at the start */
	unsigned int lead;	 /* (micro)frames from submit to first packet when idle */
	unsigned int idle_after; /* (micro)frames without a transfer that end a stream */
	bool ignore_start_frame; /* treat an idle pipe's start frame request as "soon" */
	bool report_constant;	 /* report constant_start_frame in every reply */
	int32_t constant_start_frame;
	bool dangerous;			   /* allow faults that corrupt stock vhci_hcd */
	uint64_t (*clock)(void *argument); /* nanoseconds; NULL is CLOCK_MONOTONIC */
	void *clock_argument;
};

struct sim_pipe_stats {
	uint8_t address;
	uint64_t transfers;	 /* replied to */
	uint64_t late_transfers; /* that came after their slot had passed */
	uint64_t unlinked;
	uint64_t packets; /* carried, with or without error */
	uint64_t bytes;
	uint64_t good, bad; /* OUT: matched the pattern or not. IN: no error or one */
	uint64_t empty;	    /* carried zero bytes without error */
	uint64_t errors;    /* packets that ended with an error status */
	uint64_t missing;   /* service intervals of a stream without a good packet */
	uint64_t jumps;	    /* OUT: good packets whose counter is not the last's + 1 */
	uint64_t streams;   /* how often the pipe started from idle */
	uint64_t first_counter, last_counter; /* service intervals of the first and last packet */
};

struct sim_device_stats {
	uint64_t control_requests, control_stalls, unlinks, faults_fired;
	uint8_t configuration;
	uint8_t alternate[SIM_MAX_INTERFACES];
	uint64_t frame; /* now, before it wraps */
};

struct sim;

void sim_options_init(struct sim_options *options, enum sim_speed speed);
void sim_shape_default(struct sim_shape *shape, enum sim_speed speed, unsigned int interfaces);
/*
 * Adds alternate setting @text (grammar: README.md) to the last interface of @shape; beginning with
 * "0=" it is alternate setting 0, which has no endpoints otherwise.
 */
int sim_shape_add(struct sim_shape *shape, enum sim_speed speed, const char *text);
/* Class of the last interface of @shape; an interface association (both: README.md). */
int sim_shape_class(struct sim_shape *shape, const char *text);
int sim_shape_associate(struct sim_shape *shape, const char *text);
/* The most bytes per service interval, and the interval in frames or microframes. */
uint32_t sim_endpoint_payload(enum sim_speed speed, const struct sim_endpoint *endpoint);
uint32_t sim_endpoint_interval(enum sim_speed speed, const struct sim_endpoint *endpoint);

struct sim *sim_new(const struct sim_options *options);
void sim_free(struct sim *sim); /* stops, unplugs and frees */
const char *sim_error(void);	/* of the last call that failed in this thread */

int sim_attach(struct sim *sim);			  /* plugs into a free port of vhci_hcd */
int sim_port(const struct sim *sim);			  /* the vhci port, or -1 */
int sim_connect(struct sim *sim, int fd);		  /* or: serve this USB/IP connection */
int sim_bus_id(struct sim *sim, char *text, size_t size); /* "3-1", once enumerated */
int sim_wait_configured(struct sim *sim, int timeout_ms); /* needs sim_start() */

int sim_start(struct sim *sim);	  /* runs the device in a thread of its own */
int sim_run(struct sim *sim);	  /* or here, until the link ends or sim_stop() */
void sim_stop(struct sim *sim);	  /* ends sim_run(), and the thread; the link stays up */
void sim_vanish(struct sim *sim); /* unplugs */
bool sim_connected(struct sim *sim);

/* For an event loop or test of your own: one step without waiting, and when the next is due. */
int sim_process(struct sim *sim);		      /* 1 while the link is up, 0 afterwards */
bool sim_next_event(struct sim *sim, uint64_t *when); /* on the options' clock */
int sim_fd(const struct sim *sim);
short sim_poll_events(struct sim *sim); /* what to poll sim_fd() for */
bool sim_configured(struct sim *sim);	/* enumerated, its interfaces known to the kernel */

int sim_fault(struct sim *sim, const char *text); /* grammar: README.md */
void sim_fault_clear(struct sim *sim);
void sim_release(struct sim *sim); /* lets held replies go */
void sim_renew(struct sim *sim);   /* pipes as if their alternate settings were chosen just now */
/* One line of the control language (README.md); the answer goes to @answer. */
int sim_command(struct sim *sim, const char *line, char *answer, size_t size);

bool sim_stats(struct sim *sim, uint8_t address, struct sim_pipe_stats *stats);
void sim_device_stats(struct sim *sim, struct sim_device_stats *stats);
void sim_stats_json(struct sim *sim, FILE *file); /* one line */

#endif
