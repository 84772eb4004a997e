/* SPDX-License-Identifier: MIT */
/* What the files of the simulated device share with each other and with nobody else. */
#ifndef WINUSB_ISO_SIM_INTERNAL_H
#define WINUSB_ISO_SIM_INTERNAL_H

#include <errno.h>
#include <string.h>
#include <pthread.h>

#include "fault.h"
#include "protocol.h"
#include "schedule.h"
#include "sim.h"

#define SIM_MAX_FAULTS 32
#define SIM_MAX_EARLY  256
#define SIM_ALL_PIPES  (SIM_MAX_INTERFACES * SIM_MAX_PIPES)
/* Larger requests are refused: they are no transfer but an attempt to eat our memory. */
#define SIM_MAX_TRANSFER (64u << 20)
#define SIM_MAX_PACKETS	 65536u
/* Room for the longest control transfer. */
#define SIM_STORED_BYTES 65536u

/* One request of the host, with room that is kept and reused. */
struct urb {
	struct urb *next;
	uint32_t seqnum, flags;
	uint8_t address;
	uint32_t length;
	int32_t requested_frame;
	uint32_t n_packets;
	bool is_iso;
	uint64_t slot;	      /* frame of the first packet */
	uint64_t late_before; /* packets in slots before this one came too late */
	uint32_t done;	      /* packets that are over */
	uint32_t errors;
	int32_t status;
	uint32_t actual;
	bool held;
	bool moved;	     /* by a hole */
	bool waits;	     /* plain: answered with NAK so far */
	bool nak, asked_nak; /* plain: by a fault; whether it was asked for */
	bool refused;	     /* plain: fails without being carried */
	uint64_t delay_ns;
	enum fault_kind malformed;
	int64_t malformed_value;
	uint8_t setup[8];
	uint8_t *data;
	size_t data_room;
	struct usbip_packet *packets;
	size_t packet_room;
};

struct loop_entry {
	uint64_t counter;
	uint32_t length;
	bool valid;
};

struct fifo_entry;

/* What a plain OUT pipe keeps for the IN pipe that sends it back: packets in their order. */
struct fifo {
	struct fifo_entry *head, *tail;
	size_t bytes;
};

/* The same of an isochronous one: by service interval. */
struct loop_store {
	struct loop_entry *entry;
	uint8_t *data;
	uint32_t size; /* entries, a power of two */
	uint32_t payload;
};

struct pipe {
	const struct sim_endpoint *endpoint;
	uint32_t interval, payload;
	bool open; /* part of the current alternate settings */
	bool halted;
	bool runs_ahead; /* what is behind a stall fails, too, instead of waiting */
	struct urb *head, *tail;
	bool live; /* a stream runs: next_slot counts */
	uint64_t next_slot;
	uint64_t empty_since; /* frame at which the queue ran empty */
	uint64_t index;	      /* packets since the stream started */
	uint64_t expected;    /* sink: the next packet's counter */
	bool expecting;
	uint64_t last_good;
	bool any_good;
	struct loop_store store;
	struct fifo fifo;
	bool feeds_loop; /* plain OUT */
	struct pipe *loop_from;
	struct sim_pipe_stats stats;
};

enum link_state { LINK_HEADER, LINK_DATA, LINK_PACKETS };

struct link {
	int fd;
	int leaving; /* of the connection before, which the host may still read from */
	uint8_t *in;
	size_t in_head, in_tail;
	uint8_t *out;
	size_t out_head, out_tail, out_room;
	enum link_state state;
	uint8_t header[USBIP_HEADER_SIZE];
	struct usbip_header request;
	struct urb *urb;
	uint8_t *destination;
	size_t need;
};

/* An unlink that came before what it is for. */
struct early_unlink {
	uint32_t seqnum;
	uint32_t unlink_seqnum;
};

struct sim {
	struct sim_options options;
	char serial[32];
	char hostile[32];
	char guid[SIM_MAX_INTERFACES][SIM_GUIDS_SIZE];
	pthread_mutex_t lock;
	pthread_t thread;
	bool thread_runs;
	bool stopping;
	bool ended; /* the link broke or was closed */
	int wake_fd;
	int port;
	struct link link;
	struct urb *pool;

	uint64_t epoch_ns; /* the clock at first_frame */
	uint64_t frame_ns;
	uint64_t now_ns;
	uint64_t now_frame;  /* of this step */
	uint64_t seen_frame; /* up to which everything has been carried out */

	uint8_t configuration;
	uint8_t alternate[SIM_MAX_INTERFACES];
	struct urb *control;		  /* requests, oldest first */
	uint8_t stored[SIM_STORED_BYTES]; /* by the vendor request */
	uint32_t stored_length;
	struct pipe pipe[SIM_ALL_PIPES]; /* SIM_MAX_PIPES for each interface */

	uint32_t newest; /* seqnum of the last submission */
	struct early_unlink early[SIM_MAX_EARLY];
	unsigned int n_early;

	struct fault fault[SIM_MAX_FAULTS];
	unsigned int n_faults;
	bool vanishing;
	struct sim_device_stats stats;
};

/* error.c */
int sim_fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* attach.c */
void attach_forget(struct sim *sim);

/* shape.c */
bool endpoint_is_in(const struct sim_endpoint *endpoint);
int shape_check(const struct sim_shape *shape, enum sim_speed speed);

/* descriptors.c */
size_t descriptor_get(const struct sim *sim, uint8_t type, uint8_t index, uint8_t *out,
		      size_t room);
/* hostile.c */
bool hostile_known(const char *kind, enum sim_speed speed);
void hostile_apply(const char *kind, uint8_t *endpoint, size_t *length, uint8_t *companion,
		   size_t *companion_length);

/* control.c */
void control_submit(struct sim *sim, struct urb *urb);
bool control_unlink(struct sim *sim, uint32_t seqnum, int32_t *status);
void control_advance(struct sim *sim);
bool control_next_event(const struct sim *sim, uint64_t *when);
void control_forget(struct sim *sim);

/* requests.c */
struct setup {
	uint8_t type, request;
	uint16_t value, index, length;
};
int request_handle(struct sim *sim, struct urb *urb, const struct setup *setup);

/* ms-os.c */
size_t ms_os_string(const struct sim *sim, uint8_t *out, size_t room);
size_t ms_os_capability(const struct sim *sim, uint8_t *out, size_t room);
size_t ms_os_request(const struct sim *sim, const struct setup *setup, uint8_t *out, size_t room);
int ms_os_check(const struct sim_options *options);

/* clock.c */
uint64_t clock_now(const struct sim *sim);
void clock_step(struct sim *sim);
uint64_t clock_time_of(const struct sim *sim, uint64_t frame);

/* pipe.c */
struct pipe *pipe_find(struct sim *sim, uint8_t address);
void pipe_submit(struct sim *sim, struct pipe *pipe, struct urb *urb);
bool pipe_unlink(struct sim *sim, struct pipe *pipe, uint32_t seqnum, int32_t *status);
void pipe_carry(struct sim *sim, struct pipe *pipe, uint64_t until);
bool pipe_reply_due(const struct sim *sim, const struct pipe *pipe, uint64_t *when);
void pipe_reply(struct sim *sim, struct pipe *pipe);
bool pipe_next_event(const struct sim *sim, const struct pipe *pipe, uint64_t *when);
void pipe_reset(struct sim *sim, struct pipe *pipe);
void pipe_flush(struct sim *sim, struct pipe *pipe, int32_t status);

/* plain.c */
uint32_t plain_length(const struct pipe *pipe, uint64_t counter, uint32_t asked);
uint64_t plain_span(const struct sim *sim, const struct pipe *pipe, const struct urb *urb);
bool plain_go(struct sim *sim, struct pipe *pipe, struct urb *urb, uint64_t until);
void plain_halt(struct sim *sim, struct pipe *pipe);
void plain_forget(struct pipe *pipe);
bool plain_ends_empty(const struct pipe *pipe, const struct urb *urb);

/* packet.c */
void packet_carry(struct sim *sim, struct pipe *pipe, struct urb *urb, uint32_t number);

/* function.c */
uint32_t function_length(const struct pipe *pipe, uint64_t counter, uint32_t asked);
void function_sink(struct pipe *pipe, const uint8_t *data, uint32_t length, uint64_t counter);
void function_count_missing(struct pipe *pipe, uint64_t counter);
bool loop_open(struct pipe *pipe, uint32_t delay);
void loop_close(struct pipe *pipe);
void loop_put(struct pipe *pipe, const uint8_t *data, uint32_t length, uint64_t counter);
uint32_t loop_get(const struct pipe *from, uint64_t counter, uint8_t *data, uint32_t room,
		  uint32_t *full);

/* device.c */
int device_submit(struct sim *sim, struct urb *urb);
int device_unlink(struct sim *sim, const struct usbip_header *request);
void device_advance(struct sim *sim);
bool device_select(struct sim *sim, uint8_t configuration);
bool device_set_alternate(struct sim *sim, uint8_t interface, uint8_t alternate);
void device_renew(struct sim *sim);
void device_close(struct sim *sim);

/* urb.c */
struct urb *urb_get(struct sim *sim);
void urb_put(struct sim *sim, struct urb *urb);
bool urb_room(struct urb *urb, size_t data, size_t packets);
void urb_free_pool(struct sim *sim);

#define MUTATE_MOST 5u
/* edit.c: changes the configuration, and returns its length; the first 9 bytes stay its header */
size_t edit_configuration(const struct sim_edit *edits, unsigned int count, uint8_t *bytes,
			  size_t length, size_t room);
uint8_t edit_odd_byte(uint64_t *state);
/* mutate.c: how many changes of that seed there are */
unsigned int mutate_edits(uint32_t seed, struct sim_edit edits[MUTATE_MOST]);

/* garble.c: the order of these calls is that of their names here */
struct reply_plan {
	struct usbip_reply header;
	uint32_t packets; /* descriptors that follow */
	uint32_t data;	  /* bytes that follow */
};
enum fault_kind garble_link(uint32_t seed);
void garble_contents(struct urb *urb);
void garble_header(const struct urb *urb, struct reply_plan *plan);
void garble_packets(struct urb *urb);
void garble_unread(const struct urb *urb, uint8_t *header);
int32_t garble_unlink(uint32_t seed, int32_t status);

/* reply.c */
void reply_submit(struct sim *sim, struct urb *urb);
void reply_unlink(struct sim *sim, uint32_t seqnum, int32_t status);

/* link.c */
int link_open(struct sim *sim, int fd);
void link_close(struct sim *sim);
void link_leave(struct sim *sim);
int link_receive(struct sim *sim);
void link_flush(struct sim *sim);
uint8_t *link_reserve(struct sim *sim, size_t size);
void link_commit(struct sim *sim, size_t size);
bool link_is_backed_up(const struct sim *sim);
void link_drop(struct sim *sim);

/* message.c */
void message_begin(struct sim *sim);
int message_part_done(struct sim *sim);

/* faults of the running device: faults.c */
void faults_at_packet(struct sim *sim, struct pipe *pipe, struct urb *urb,
		      struct usbip_packet *packet, uint64_t counter);
bool faults_nak(struct sim *sim, struct pipe *pipe);
uint64_t faults_hole(struct sim *sim, struct pipe *pipe, uint64_t counter, bool again);
bool faults_at_control(struct sim *sim, struct urb *urb);
int32_t faults_at_unlink(const struct sim *sim, int32_t status);

#endif
