/* SPDX-License-Identifier: MIT */
/* A stream inside: slots that wander between lists, and when they may move. */
#ifndef WISO_STREAM_H
#define WISO_STREAM_H

#include "internal.h"

enum wiso_slot_state {
	WISO_SLOT_QUEUED,    /* waits for the driver: queue or retry */
	WISO_SLOT_IN_FLIGHT, /* in the ring or with the driver */
	WISO_SLOT_READY,     /* IN: has data; OUT: may be filled */
	WISO_SLOT_HELD,	     /* the caller has it */
};

struct wiso_stream_slot {
	struct wiso_slot public; /* first: callers hold a pointer to it */
	struct wiso_stream_slot *next;
	struct wiso_buffer *buffer;
	enum wiso_slot_state state;
	uint32_t generation;
	uint32_t place;
	bool continued; /* was submitted with CONTINUE */
	uint32_t offset;
	uint32_t first_packet;
	/* Of the transfer it carries. */
	uint32_t num_packets;
	uint32_t length;
	bool has_lengths;
	/* OUT: the lengths asked for. The driver writes over its table even when
	 * nothing was sent, and then the transfer is submitted again. */
	uint32_t *lengths;
};

struct wiso_slot_list {
	struct wiso_stream_slot *first;
	struct wiso_stream_slot *last;
	uint32_t count;
};

struct wiso_stream {
	struct wiso_stream *next;
	struct wiso_device *dev;
	struct winusb_iso_pipe_info pipe;
	bool in;
	uint32_t packets;
	uint32_t transfers;
	uint32_t transfer_size;
	uint32_t threshold;
	uint32_t batch; /* transfers to be woken for at once */
	bool may_share; /* the driver knows NO_INTERRUPT */
	struct wiso_pipe_ring ring;

	struct wiso_buffer **buffers;
	uint32_t num_buffers;
	struct wiso_stream_slot *slots;

	struct wiso_slot_list queue; /* to be submitted, in this order */
	struct wiso_slot_list retry; /* OUT: came back unsent; before queue */
	struct wiso_slot_list ready;
	uint32_t in_flight;
	uint32_t held;

	bool running;
	/* The next transfer starts a stream: no CONTINUE. */
	bool fresh;
	/* fresh because the stream lost its place in time. */
	bool lost_place;
	/* OUT: lost its place; nothing is submitted until all came back, so that
	 * the data stays in order. */
	bool broken;
	bool draining;
	/* Why it does not run; 0 if it was not started yet. */
	int error;
	/* Counts starts: what came of an earlier start says nothing of this one. */
	uint32_t generation;
	/* Counts how often it lost its place: of many transfers that come back for
	 * one hole only the first matters. */
	uint32_t place;
	uint64_t sequence;
	struct wiso_stream_stats stats;

	int epoll_fd; /* wiso_stream_fd(); -1 until asked for */
	int event_fd;
	bool signalled;
};

/* slot-list.c */
void wiso_slots_append(struct wiso_slot_list *list, struct wiso_stream_slot *slot);
struct wiso_stream_slot *wiso_slots_take(struct wiso_slot_list *list);
void wiso_slots_prepend_all(struct wiso_slot_list *list, struct wiso_slot_list *before);

/* stream-memory.c */
int wiso_stream_get_memory(struct wiso_stream *stream);
void wiso_stream_free_memory(struct wiso_stream *stream);

/* stream-run.c; with the lock held */
void wiso_stream_begin(struct wiso_stream *stream);
void wiso_stream_begin_if_primed(struct wiso_stream *stream);
void wiso_stream_end(struct wiso_stream *stream, int error);
void wiso_stream_pump(struct wiso_stream *stream);
uint32_t wiso_stream_unflushed(const struct wiso_stream *stream);
void wiso_stream_completed(struct wiso_stream *stream,
			   const struct winusb_iso_completion *completion);
int wiso_stream_cancel(struct wiso_stream *stream);
/* Completions to sleep for at once. */
uint32_t wiso_stream_goal(const struct wiso_stream *stream);

/* stream-slots.c */
bool wiso_stream_has_news(const struct wiso_stream *stream);
void wiso_stream_put_back(struct wiso_stream *stream, struct wiso_slot *slot);

/* stream-fd.c; with the lock held */
void wiso_stream_signal(struct wiso_stream *stream);
void wiso_stream_close_fd(struct wiso_stream *stream);

#endif /* WISO_STREAM_H */
