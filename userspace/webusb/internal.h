/* SPDX-License-Identifier: MIT */
/*
 * What the files of the library share, and the Node add-on with them: sessions,
 * requests of every kind, and the pure arithmetic of lengths and results.
 */
#ifndef WUSB_INTERNAL_H
#define WUSB_INTERNAL_H

#include <pthread.h>

#pragma GCC visibility push(default)
#include "webusb-iso.h"
#pragma GCC visibility pop

/* ---- Pure: lengths.c and result.c touch no device ---------------------------- */

/* A transfer goes to the driver in parts of at most so much, each with memory of
 * its own: contiguous memory is easier to have in small pieces. */
#define WUSB_PART_BYTES	  262144u
#define WUSB_PART_PACKETS 4096u

struct wusb_extent {
	uint32_t first_packet;
	uint32_t num_packets;
	uint32_t offset; /* bytes before it */
	uint32_t length;
};

/* 0 and the sum, or EOVERFLOW, EFBIG. */
int wusb_sum_lengths(const uint32_t *lengths, uint32_t num_packets, uint32_t *sum);
/* The part that begins where @extent ends; false if nothing is left. */
bool wusb_next_extent(const uint32_t *lengths, uint32_t num_packets, struct wusb_extent *extent);

/* A part came back: copies received bytes and the packet table to their places in the
 * whole. What the table says is not trusted. */
void wusb_gather_in(const struct wusb_extent *extent, const uint32_t *lengths,
		    const unsigned char *part, const struct winusb_iso_packet *table,
		    unsigned char *data, struct winusb_iso_packet *packets);
void wusb_gather_out(const struct wusb_extent *extent, const uint32_t *lengths,
		     const struct winusb_iso_packet *table, struct winusb_iso_packet *packets);
/* For those of which no part ever came back. */
void wusb_gather_nothing(const struct wusb_extent *extent, const uint32_t *lengths, int error,
			 struct winusb_iso_packet *packets);

void wusb_add_timing(struct wusb_timing *timing, const struct winusb_iso_completion *completion,
		     bool first);

enum wusb_status wusb_packet_status(int error);
enum wusb_status wusb_summary(const struct winusb_iso_packet *packets, uint32_t num_packets,
			      int error);
/* 0: there is a result; otherwise the errno that the caller sees. @error: 0 or the
 * negative errno that ended the transfer early. */
int wusb_judge(const struct winusb_iso_packet *packets, uint32_t num_packets, int error,
	       unsigned int flags);
/* The same of a bulk, interrupt or control transfer: 0 and its status. */
int wusb_judge_plain(int error, enum wusb_status *status);

/* ---- Sessions ------------------------------------------------------------------ */

enum wusb_kind {
	WUSB_ISO_IN,
	WUSB_ISO_OUT,
	WUSB_PLAIN_IN,
	WUSB_PLAIN_OUT,
	WUSB_CONTROL_IN,
	WUSB_CONTROL_OUT,
};

/* A registered buffer. */
struct wusb_memory {
	struct wusb_memory *next;
	struct wiso_buffer *buffer;
	size_t size;
	/* Of the session, when it was registered. */
	unsigned int generation;
};

/* What the driver has of a request. */
struct wusb_part {
	struct wusb_part *next;
	struct wusb_request *request;
	struct wusb_memory *memory;
	struct wusb_extent extent;
};

struct wusb_pipe {
	struct winusb_iso_pipe_info info;
	bool known;
	/* Requests of which something is still to be submitted, in order. */
	struct wusb_request *first;
	struct wusb_request *last;
	/* What the driver has, in the order in which it got it. */
	struct wusb_part *parts;
	struct wusb_part **parts_end;
	struct wusb_memory *idle;
	/* Registered: idle, and in use. */
	size_t bytes;
	unsigned int buffers;
};

/* Pipes by number, IN above. */
#define WUSB_PIPES 32u

struct wusb_session {
	struct wiso_device *dev;
	pid_t owner; /* who made it: a child of fork() may only free its copy */
	/* All files for poll(): the device's, and ours. */
	int epoll_fd;
	/* Readable while a finished request waits. */
	int ready_fd;
	/* Gets the thread that polls out of poll(). */
	int wake_fd;
	pthread_mutex_t lock; /* everything below; held around calls of wiso_* that don't wait */
	pthread_cond_t turn;
	bool polling;
	bool ready;
	bool gone;
	unsigned int generation;
	struct wusb_pipe pipes[WUSB_PIPES];
	/* Finished, not yet given to anybody; the oldest first. */
	struct wusb_request *finished;
	struct wusb_request **finished_end;
	/* All of them. */
	struct wusb_request *requests;
};

struct wusb_request {
	struct wusb_session *session;
	struct wusb_request *previous, *following; /* of all */
	struct wusb_request *next;		   /* of its pipe's queue, or of the finished */
	struct wusb_pipe *pipe;
	enum wusb_kind kind;
	unsigned int flags;
	void *user;

	bool queued; /* in its pipe's queue */
	bool finished;
	bool listed;	      /* among the session's finished */
	unsigned int waiters; /* threads in wusb_wait() */
	bool orphan;	      /* its owner has gone: nobody wants to know, or gets data */

	uint32_t *lengths;
	uint32_t num_packets;
	uint32_t length;	   /* of everything */
	struct wusb_extent extent; /* the last part that was submitted */
	bool begun;		   /* there is one */
	bool over;		   /* nothing more is to be submitted */
	unsigned int in_flight;
	unsigned int done; /* parts that came back */

	/* IN: where data goes; OUT: where it comes from. */
	unsigned char *data;
	bool own_data;
	struct winusb_iso_packet *packets;
	struct wiso_setup setup;
	uint32_t moved; /* plain: bytes */
	int error;	/* 0, or the negative errno that ended it */
	struct wusb_timing timing;
};

/* memory.c; with the lock held */
struct wusb_memory *wusb_memory_get(struct wusb_session *session, struct wusb_pipe *pipe,
				    uint32_t bytes, uint32_t packets);
void wusb_memory_put(struct wusb_session *session, struct wusb_pipe *pipe,
		     struct wusb_memory *memory);
void wusb_memory_trim(struct wusb_pipe *pipe);

/* part.c; with the lock held */
bool wusb_is_iso(const struct wusb_request *request);
bool wusb_is_in(const struct wusb_request *request);
int wusb_part_submit(struct wusb_request *request, const struct wusb_extent *extent);
void wusb_part_done(struct wusb_session *session, const struct winusb_iso_completion *completion);
/* None of them will ever come back. */
void wusb_parts_lost(struct wusb_pipe *pipe, int error);
/* The same without telling anybody. */
void wusb_parts_forget(struct wusb_pipe *pipe);

/* request.c; with the lock held */
struct wusb_request *wusb_request_new(struct wusb_session *session, struct wusb_pipe *pipe,
				      enum wusb_kind kind, void *user);
void wusb_request_destroy(struct wusb_request *request);
/* Queues it, and copies of the data what does not go to the driver at once. */
void wusb_send(struct wusb_request *request, const void *data);
/* Submits no more of it; it finishes when what the driver has of it came back. The first
 * error stays. */
void wusb_request_end(struct wusb_request *request, int error);
void wusb_request_finish_if_done(struct wusb_request *request);

/* pump.c; with the lock held */
void wusb_queue(struct wusb_request *request);
void wusb_unqueue(struct wusb_request *request);
void wusb_pump(struct wusb_session *session);

/* session.c; with the lock held */
struct wusb_pipe *wusb_pipe_of(struct wusb_session *session, uint8_t address);
/* The same, known to be in the current alternate setting: NULL with errno if it is not. */
struct wusb_pipe *wusb_find_pipe(struct wusb_session *session, uint8_t address);
void wusb_session_gone(struct wusb_session *session);

/* finished.c; with the lock held */
void wusb_finished_add(struct wusb_request *request);
void wusb_finished_remove(struct wusb_request *request);
struct wusb_request *wusb_finished_take(struct wusb_session *session);

/* wait.c; with the lock held, which it lets go of while it sleeps */
int wusb_collect(struct wusb_session *session);

/* ---- For the add-on -------------------------------------------------------------- */

/* plain.c: errors as for wusb_submit_in(); EPROTOTYPE if it is isochronous. Data goes to
 * @data, which must stay until the request has finished or was freed. */
struct wusb_request *wusb_submit_plain_in(struct wusb_session *session, uint8_t endpoint,
					  void *data, uint32_t length, void *user);
struct wusb_request *wusb_submit_plain_out(struct wusb_session *session, uint8_t endpoint,
					   const void *data, uint32_t length, void *user);
struct wusb_request *wusb_submit_control(struct wusb_session *session,
					 const struct wiso_setup *setup, void *data, void *user);

/* request.c: wusb_submit_in() with memory of the caller for the data, which must stay until
 * the request has finished or was freed. */
struct wusb_request *wusb_submit_in_to(struct wusb_session *session, uint8_t endpoint,
				       const uint32_t *lengths, uint32_t num_packets,
				       unsigned int flags, void *data, void *user);

/* session.c: cancels all of a pipe; of every pipe but 0. */
void wusb_abort_pipe(struct wusb_session *session, uint8_t address);
void wusb_abort_pipes(struct wusb_session *session);
/* Clears a halt (or resets an isochronous pipe). */
int wusb_reset_pipe(struct wusb_session *session, uint8_t address);

#endif /* WUSB_INTERNAL_H */
