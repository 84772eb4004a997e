/* SPDX-License-Identifier: MIT */
/*
 * What the WinUSB functions (winusb-*.c) share with each other.
 *
 * A struct winusb_device hangs on every file that WinUsb_Initialize() was called for, and goes with
 * the file. A struct winusb_interface is what a WINUSB_INTERFACE_HANDLE stands for, a struct
 * winusb_isoch_buffer what a WINUSB_ISOCH_BUFFER_HANDLE does; both hold the file, so that handles
 * may be closed in any order.
 *
 * Order of locks: winusb_device.lock; winusb_pipe.lock. Neither is held while an operation is
 * completed, but for operations that are not visible yet.
 */
#ifndef WINUSB_WINUSB_INTERNAL_H
#define WINUSB_WINUSB_INTERNAL_H

#include "internal.h"

#pragma GCC visibility push(default)
#include <winusb_ext.h>
#pragma GCC visibility pop

/* ---- Pure: winusb-status.c, winusb-packets.c, winusb-parse.c, winusb-policy.c ---- */

USBD_STATUS winusb_packet_status(int status, bool in, int transfer);
DWORD winusb_isoch_error(int status, uint32_t errors, uint32_t packets);
USBD_STATUS winusb_isoch_urb_status(int status, uint32_t errors, uint32_t packets);
DWORD winusb_plain_error(int status, bool timed_out);

/* What packets depend on. */
struct winusb_pipe_shape {
	unsigned int speed; /* enum winusb_iso_speed */
	uint32_t max_bytes; /* of a packet; 0: the pipe can't stream */
	uint32_t interval;  /* microframes */
	bool in;
};

bool winusb_interval_in_limits(const struct winusb_pipe_shape *pipe);
uint32_t winusb_packets_for(const struct winusb_pipe_shape *pipe, uint32_t length, bool strict);
uint64_t winusb_frame_extend(uint32_t frame, uint64_t now_uframe);
bool winusb_frame_in_range(uint64_t start_uframe, uint64_t now_uframe);
uint64_t winusb_frame_after(const struct winusb_pipe_shape *pipe, uint64_t start_uframe,
			    uint32_t packets);
uint32_t winusb_frame_adjust(uint32_t frame, int64_t then, int64_t now, int64_t frequency);

const USB_INTERFACE_DESCRIPTOR *winusb_find_alternate(const void *configuration, size_t size,
						      UCHAR interface, UCHAR alternate);
const USB_INTERFACE_DESCRIPTOR *winusb_nth_alternate(const void *configuration, size_t size,
						     UCHAR interface, unsigned int index);
const USB_ENDPOINT_DESCRIPTOR *winusb_nth_endpoint(const void *configuration, size_t size,
						   const USB_INTERFACE_DESCRIPTOR *alternate,
						   unsigned int index);

struct winusb_policies {
	ULONG timeout_ms;
	bool short_packet_terminate;
	bool auto_clear_stall;
	bool ignore_short_packets;
	bool allow_partial_reads;
	bool auto_flush;
	bool raw_io;
	bool reset_pipe_on_resume;
};

void winusb_policies_reset(struct winusb_policies *policies, bool control);
DWORD winusb_value_out(const void *value, ULONG size, PULONG length, PVOID out);
DWORD winusb_policy_get(struct winusb_policies *policies, bool control, ULONG type, PULONG length,
			PVOID value);
DWORD winusb_policy_set(struct winusb_policies *policies, bool control, ULONG type, ULONG length,
			const void *value);

/* ---- winusb-table.c, pure: entries of a packet table, taken and given back in order ---- */

struct winusb_table {
	uint32_t entries;
	uint32_t head; /* next to take */
	uint32_t tail; /* oldest that is taken */
	uint32_t used; /* those that were skipped at the end, too */
};

/* count entries in a row. */
bool winusb_table_take(struct winusb_table *table, uint32_t count, uint32_t *first);
/* The youngest were not needed. */
void winusb_table_untake(struct winusb_table *table, uint32_t first, uint32_t count);
/* The oldest that were taken. */
void winusb_table_give(struct winusb_table *table, uint32_t first, uint32_t count);

/* ---- winusb-timer.c: time-outs of transfers ---- */

struct winusb_timer {
	struct winusb_timer *next;
	struct win_op *op;
	uint64_t due_ns;
	bool armed;
	/* It was too late: its transfer is being cancelled. */
	atomic_bool expired;
	uint8_t pipe;
};

/* Cancels the transfer with op's cookie after so long; 0: never. An error. */
DWORD winusb_timer_arm(struct winusb_timer *timer, struct win_op *op, uint8_t pipe, ULONG ms);
/* The transfer has ended. */
void winusb_timer_disarm(struct winusb_timer *timer);

/* ---- winusb-stage.c: memory that bulk, interrupt and control transfers go through ---- */

struct winusb_pipe;

struct winusb_stage {
	struct winusb_stage *next;
	struct wiso_buffer *buffer;
	unsigned char *data;
	uint32_t size;
};

/* For at most WINUSB_ISO_MAX_BUFFER_SIZE bytes; it may have less room than wanted, but never less
 * than 64 KiB. NULL: errno. With the lock of the pipe. */
struct winusb_stage *winusb_stage_get(struct winusb_pipe *pipe, struct wiso_device *dev,
				      uint32_t want);
void winusb_stage_put(struct winusb_pipe *pipe, struct winusb_stage *stage);
/* Gives back those that are kept for later. */
void winusb_stage_drop(struct winusb_pipe *pipe);

/* ---- winusb-device.c ---- */

struct winusb_plain_op;
struct winusb_isoch_op;

/*
 * What is under way on a pipe, in the order in which it began: for those who wait until it is
 * not.
 */
struct winusb_pending {
	struct winusb_pending *next, *prev;
	uint64_t sequence;
	bool ending; /* the program may know already that it has completed */
	bool stop;   /* cancelled: nothing more of it goes to the driver */
};

/* An endpoint by its address, in whatever alternate setting; 0 is the control pipe. */
struct winusb_pipe {
	struct winusb_device *device;
	uint8_t address;

	pthread_mutex_t lock; /* everything below */
	pthread_cond_t ended; /* something is not pending any more */
	struct winusb_pending *oldest, *youngest;
	uint64_t last_sequence;
	struct winusb_policies policies;
	/* Reads that wait for their turn, and the one whose turn it is. */
	struct winusb_plain_op *first, *last, *current;
	/* What the device sent beyond a read. */
	unsigned char *excess;
	uint32_t excess_offset, excess_end;
	bool excess_short; /* it ended with a short packet */
	/* The device may have slept since the last request. */
	bool slept;
	uint64_t used_ns;
	struct winusb_stage *stages;
	unsigned int num_stages;
	uint32_t handed;      /* pieces of isochronous transfers that the driver got */
	atomic_uint returned; /* and that came back */
};

#define WINUSB_PIPES 32

struct winusb_chunk;

/* What there is beside a file: win_file.user. */
struct winusb_device {
	struct win_file *file; /* not counted: it goes with the file */
	struct winusb_pipe pipes[WINUSB_PIPES];
	struct win_worker *worker; /* for calls that block */
	/* Changes of the alternate setting: what was learnt of a pipe before is old. */
	atomic_uint settings;
	/* Policies of winusb_ext.h. */
	atomic_bool real_byte_counts, lift_limits, approximate_frames;
	atomic_bool closing;

	pthread_mutex_t lock; /* everything below */
	USB_DEVICE_DESCRIPTOR descriptor;
	unsigned char *configuration; /* NULL until it was read */
	size_t configuration_size;
	uint32_t associated;	     /* bit i: there is a handle of associated interface i */
	struct winusb_chunk *chunks; /* in use */
	struct winusb_chunk *spare;  /* kept for the next registration, the youngest first */
};

/* The device of a file, made if there is none. NULL: ERROR_NOT_ENOUGH_MEMORY. */
struct winusb_device *winusb_device_get(struct win_file *file);
/* Everything as WinUsb_Initialize() leaves it: descriptors and policies. An error. */
DWORD winusb_device_reset(struct winusb_device *device, struct wiso_device *dev);
struct winusb_pipe *winusb_pipe_of(struct winusb_device *device, uint8_t address);
/* The device slept, or was reset: all pipes remember it. */
void winusb_device_slept(struct winusb_device *device);

/* With the lock of the pipe. */
void winusb_pending_add(struct winusb_pipe *pipe, struct winusb_pending *pending);
bool winusb_pending_any(const struct winusb_pipe *pipe);
void winusb_pending_remove(struct winusb_pipe *pipe, struct winusb_pending *pending);
/* All that is there was cancelled. */
void winusb_pending_stop(struct winusb_pipe *pipe);
/* Without. Everything that had been there when it was called has ended. */
void winusb_pending_wait(struct winusb_pipe *pipe);
/* Completes an operation, says so to those who wait, and puts a reference. Without locks. */
void winusb_pending_end(struct winusb_pipe *pipe, struct winusb_pending *pending, struct win_op *op,
			DWORD error, uint32_t bytes);

/* ---- winusb-interface.c ---- */

struct winusb_interface {
	struct win_object object;
	struct win_file *file;
	struct winusb_device *device;
	/* Of those of WinUsb_GetAssociatedInterface(): the device they were asked of, and which. */
	struct win_file *first_file;
	unsigned int index;
};

/* The interface behind a handle, its file entered. NULL: the last error is set. */
struct winusb_interface *winusb_enter(WINUSB_INTERFACE_HANDLE handle, struct wiso_device **dev);
/* For return statements. error 0: TRUE. */
BOOL winusb_leave(struct winusb_interface *interface, DWORD error);

/* Endpoint in the current alternate setting: ERROR_INVALID_PARAMETER if there is none. */
DWORD winusb_find_pipe(struct wiso_device *dev, uint8_t address, struct winusb_iso_pipe_info *info);

/* ---- winusb-plain.c: control, bulk and interrupt transfers ---- */

enum winusb_plain_kind {
	WINUSB_CONTROL,
	WINUSB_READ, /* one after another, with what the policies ask for */
	WINUSB_READ_RAW,
	WINUSB_WRITE,
};

struct winusb_plain_op {
	struct win_op op;
	struct winusb_pending pending;
	enum winusb_plain_kind kind;
	struct winusb_pipe *pipe;
	struct winusb_policies policies; /* as they were when it began */
	uint32_t packet_size;
	bool interrupt;
	bool control_in;
	unsigned char *data; /* the caller's */
	uint32_t length;
	struct winusb_timer timer;
	struct win_work work;

	/* lock of the pipe */
	struct winusb_plain_op *next; /* of reads that wait */
	bool queued;
	uint32_t done;				  /* bytes */
	uint32_t asked;				  /* bytes of the piece with the driver */
	struct winusb_stage *stages, *last_stage; /* of pieces with the driver, oldest first */
	int status;				  /* the first that was not 0 */
	DWORD error;				  /* instead of what status says */
};

/* Makes one pending. An error: nothing happened. */
DWORD winusb_plain_new(struct winusb_pipe *pipe, enum winusb_plain_kind kind, void *data,
		       uint32_t length, LPOVERLAPPED overlapped, struct winusb_plain_op **made);
/* Hands stage over to the driver; if that works it belongs to the operation, otherwise it is given
 * back. 0 or a negative errno, -ECONNRESET if the operation was cut off. With the lock of the
 * pipe. */
int winusb_plain_hand_over(struct winusb_plain_op *op, struct wiso_device *dev,
			   struct winusb_stage *stage, struct winusb_iso_transfer *transfer);
/* Cancelled, or out of time. With the lock of the pipe. */
bool winusb_plain_cut_off(const struct winusb_plain_op *op);
/* It is over: op may be gone afterwards. Without locks. */
void winusb_plain_end(struct winusb_plain_op *op);
/* The end of the call that began it. */
BOOL winusb_plain_finish(struct winusb_plain_op *op, PULONG transferred);

/* winusb-read.c; winusb-write.c */
void winusb_read_start(struct winusb_plain_op *op, struct wiso_device *dev);
/* A piece came back. With the lock of the pipe. True: it is over. */
bool winusb_read_piece(struct winusb_plain_op *op, const struct winusb_stage *stage,
		       uint32_t length);
/* It was not over: the next piece. Without locks. */
void winusb_read_continue(struct winusb_plain_op *op, struct wiso_device *dev);
/* The last step of winusb_plain_end(). */
void winusb_read_end(struct winusb_plain_op *op, DWORD error);
/* Takes one that waits out of the queue; false if it does not wait. With the lock of the pipe. */
bool winusb_read_unqueue(struct winusb_plain_op *op);
/* Ends those that wait. Without locks. */
void winusb_read_cancel_waiting(struct winusb_pipe *pipe, DWORD error);
void winusb_read_flush(struct winusb_pipe *pipe);
void winusb_write_start(struct winusb_plain_op *op, struct wiso_device *dev);

/* ---- winusb-chunk.c: memory of the driver behind registered buffers ---- */

struct winusb_chunk {
	struct winusb_chunk *next, *prev; /* in use; next alone if it is kept */
	struct wiso_buffer *buffer;	  /* NULL once the file was closed */
	unsigned char *data;
	struct winusb_iso_packet *packets;
	uint32_t size;
	uint8_t pipe;

	/* lock of the pipe */
	struct winusb_table table;
	struct winusb_chunk *twin; /* the same place, for when the table is full */
};

/* For size bytes, and at first so many packets pending. NULL: errno. */
struct winusb_chunk *winusb_chunk_get(struct winusb_device *device, struct wiso_device *dev,
				      uint8_t pipe, uint32_t size, uint32_t packets);
/* Nothing of it is pending. dev NULL: the file was closed. */
void winusb_chunk_put(struct winusb_device *device, struct wiso_device *dev,
		      struct winusb_chunk *chunk);
/* Gives back those that are kept. */
void winusb_chunks_drop(struct winusb_device *device);
/* The file is being closed: what is there loses its memory. */
void winusb_chunks_close(struct winusb_device *device);
/* A place in the packet table of a chunk, or of a twin. NULL: errno. With the lock of the pipe. */
struct winusb_chunk *winusb_chunk_take(struct wiso_device *dev, struct winusb_chunk *chunk,
				       uint32_t packets, uint32_t *first);

/* ---- winusb-memory.c: WinUsbExt_AllocIsochBuffer() ---- */

struct winusb_memory {
	struct winusb_memory *next; /* lock of all memory */
	struct win_file *file;
	struct winusb_chunk *chunk;
	unsigned char *data;
	uint32_t size;
	unsigned int users; /* registered buffers, and 1 until it is freed */
	bool freed;
};

/* Memory of this pipe that has all of the given bytes, with a reference; or NULL. */
struct winusb_memory *winusb_memory_find(struct winusb_device *device, uint8_t pipe,
					 const void *data, uint32_t length);
void winusb_memory_put(struct winusb_memory *memory, struct wiso_device *dev);

/* ---- winusb-isoch-buffer.c ---- */

struct winusb_isoch_buffer {
	struct win_object object;
	struct win_file *file;
	struct winusb_device *device;
	struct winusb_pipe *pipe;
	unsigned char *data; /* the caller's */
	uint32_t length;
	/* Where its bytes are with the driver: chunk i has those from i * stride on. The next one
	 * begins so early that no packet lies in neither. */
	struct winusb_chunk **chunks;
	unsigned int num_chunks;
	uint32_t stride;
	/* Or the caller's memory is the driver's: then they are at base of the only chunk. */
	struct winusb_memory *memory;
	uint32_t base;

	/* lock of the pipe */
	struct winusb_pipe_shape shape;
	unsigned int settings; /* of the device, when shape was asked for */
	unsigned int pending;  /* transfers */
	bool dead;	       /* being unregistered */
};

/* data NULL: only to be copied from and to elsewhere. An error. */
DWORD winusb_isoch_register(struct winusb_interface *interface, struct wiso_device *dev,
			    uint8_t address, void *data, uint32_t length,
			    struct winusb_isoch_buffer **made);
/* Waits for what is pending, and gives the memory back; the reference stays. */
void winusb_isoch_unregister(struct winusb_isoch_buffer *buffer);
/* The buffer behind a handle, its file entered; NULL: the last error is set. */
struct winusb_isoch_buffer *winusb_isoch_enter(WINUSB_ISOCH_BUFFER_HANDLE handle,
					       struct wiso_device **dev);
BOOL winusb_isoch_leave(struct winusb_isoch_buffer *buffer, DWORD error);

/* ---- winusb-isoch.c: isochronous transfers ---- */

struct winusb_isoch_request {
	uint32_t offset;
	uint32_t length;
	uint32_t packets;
	uint32_t flags; /* enum winusb_iso_transfer_flag */
	uint64_t start_uframe;
	USBD_ISO_PACKET_DESCRIPTOR *results; /* or NULL; in: Length, with PACKET_LENGTHS */
	const uint32_t *places;		     /* where in data each packet is, if not back to back */
	bool count_bytes;
	/* Before it is completed: results are there. May be NULL. Frees argument and places. */
	void (*report)(const struct winusb_isoch_op *op, void *argument);
	void *argument;
};

/* Some packets of a transfer, in one chunk. */
struct winusb_isoch_piece {
	struct winusb_chunk *chunk;
	uint32_t first; /* entry of the packet table */
	uint32_t packets;
	uint32_t index;	   /* of the first packet, in the transfer */
	uint32_t offset;   /* of its data, in the transfer */
	uint32_t position; /* the same, in the chunk */
	uint32_t length;
};

struct winusb_isoch_op {
	struct win_op op;
	struct winusb_pending pending;
	struct winusb_isoch_buffer *buffer;
	struct winusb_isoch_request request;
	bool in;
	atomic_uint last; /* handed, with its last piece; 0 before */

	/* lock of the pipe */
	struct winusb_isoch_piece *pieces;
	struct winusb_isoch_piece piece; /* the only one, where the buffer has one chunk */
	unsigned int num_pieces;	 /* handed over */
	unsigned int done;
	unsigned int dropped; /* of them: late as a whole, others may not be */
	int status;	      /* the first that was not 0 */
	uint32_t bytes, errors, reported;
	uint32_t gap, inner_gap;
	uint64_t start_uframe, timestamp_ns;
	unsigned int trust, flags;
};

/* Begins one of packets that were counted, within the buffer. An error: it was refused. Otherwise
 * it is the caller's to finish with win_op_finish(). */
DWORD winusb_isoch_begin(struct winusb_isoch_buffer *buffer, struct wiso_device *dev,
			 const struct winusb_isoch_request *request, LPOVERLAPPED overlapped,
			 struct winusb_isoch_op **begun);
/* What a pipe is like now. An error. With the lock of the pipe. */
DWORD winusb_isoch_refresh(struct winusb_isoch_buffer *buffer, struct wiso_device *dev);

#endif /* WINUSB_WINUSB_INTERNAL_H */
