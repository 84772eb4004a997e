/* SPDX-License-Identifier: MIT */
/*
 * libwinusb-iso: isochronous USB streams through /dev/winusb-isoN.
 *
 * Words
 *	A pipe is an endpoint of the current alternate setting, named by its
 *	bEndpointAddress (bit 7 set: IN), or endpoint 0. An isochronous pipe
 *	streams; a plain one (control, bulk, interrupt) moves each transfer as a
 *	whole. A packet is the data of one service interval of an isochronous
 *	pipe. A transfer is consecutive packets submitted as one. A stream is
 *	transfers with no service interval missing between them. A gap is service
 *	intervals that carried nothing of ours between two transfers.
 *	Structures called winusb_iso_* are the kernel's own and are documented in
 *	<linux/winusb_iso.h>; structures called wiso_* are this library's.
 *
 * Two levels
 *	Streams (wiso_stream_*) keep a pipe fed, restart it after a gap and count
 *	what was lost. Most programs need nothing else. Underneath are transfers
 *	(wiso_submit, wiso_queue, wiso_next_completion), which show everything
 *	that the driver can do. Both work on one device at the same time, also
 *	on different pipes of it. Plain pipes have the same two: wiso_control(),
 *	wiso_read() and wiso_write() do one transfer and wait for it; with
 *	registered buffers and transfers any number can be under way.
 *
 * Errors
 *	A function that returns int gives 0 or a count when it worked, and -1
 *	with errno set when not; one that returns a pointer gives NULL with errno
 *	set. errno means nothing after success. A function that failed has changed
 *	nothing, unless its text says otherwise. Status members of packets and
 *	completions hold 0 or a *negative* errno, as the kernel wrote them.
 *	Every function that talks to the driver can say ENODEV (unplugged or
 *	unbound), and EPERM if it changes something and the device was opened
 *	with WISO_OPEN_READ_ONLY. They are not repeated below.
 *
 * Time-outs
 *	timeout_ms < 0 waits for ever; 0 does not wait, and the function says
 *	EAGAIN instead; > 0 waits so many milliseconds of CLOCK_MONOTONIC at
 *	most and then says ETIMEDOUT. A wait that a signal handler interrupted
 *	says EINTR, with nothing lost: call again. A device opened with
 *	WISO_OPEN_RESTART goes on waiting, to the same deadline, instead.
 *
 * Threads
 *	All functions may be called for one device by several threads at a time,
 *	except that nothing else may run or start on an object while it is
 *	being closed, unregistered or freed. A stream is for one thread at a
 *	time as far as the contents of a slot go. Threads that wait on one
 *	device share one wait; each gets what is its own.
 *
 * fork
 *	A device belongs to the process that opened it. Afterwards the child may
 *	call nothing but the close, unregister and free functions (they give the
 *	child's copy back and leave the parent's streams alone), or execve(): the
 *	file is close-on-exec.
 *
 * Lifetimes
 *	wiso_close() also closes the streams and unregisters the buffers of the
 *	device; pointers to them are dead then. Data pointers live as long as
 *	their buffer or stream.
 */
#ifndef WINUSB_ISO_H
#define WINUSB_ISO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/winusb_iso.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WISO_VERSION_MAJOR 1
#define WISO_VERSION_MINOR 1
#define WISO_VERSION_PATCH 0

/* One session: an open file of /dev/winusb-isoN, with its rings. */
struct wiso_device;
/* A snapshot of the nodes of this machine, and one of them. */
struct wiso_list;
struct wiso_node;
/* A registered buffer: data area and packet table of one pipe. */
struct wiso_buffer;
/* Keeps one pipe fed. */
struct wiso_stream;

/* wiso_version() - version of the library that runs, such as "1.0.0". */
const char *wiso_version(void);

/* ---- Finding devices ------------------------------------------------------ */

/*
 * wiso_list_new() - read which nodes there are, sorted by number.
 *
 * A machine without any, or without the module, gives an empty list. A node
 * that vanishes while it is read is left out. Give it back with
 * wiso_list_free(). Errors: ENOMEM, EMFILE, EACCES.
 */
struct wiso_list *wiso_list_new(void);
/* wiso_list_free() - also frees its nodes; NULL is allowed. */
void wiso_list_free(struct wiso_list *list);
/* wiso_list_count() - number of nodes in the list. */
size_t wiso_list_count(const struct wiso_list *list);
/* wiso_list_get() - node 0 to count - 1; past that NULL, with errno ENOENT. */
const struct wiso_node *wiso_list_get(const struct wiso_list *list, size_t index);

/* Of a node; nothing here can fail. Strings live as long as the list. */

/* Path to open, such as "/dev/winusb-iso0". */
const char *wiso_node_path(const struct wiso_node *node);
/* The kernel's name of the interface, such as "1-2:1.0"; "" if unknown. */
const char *wiso_node_interface_name(const struct wiso_node *node);
/* N of /dev/winusb-isoN. */
unsigned int wiso_node_number(const struct wiso_node *node);
/* idVendor and idProduct. */
uint16_t wiso_node_vendor_id(const struct wiso_node *node);
uint16_t wiso_node_product_id(const struct wiso_node *node);
/* bInterfaceNumber. */
unsigned int wiso_node_interface_number(const struct wiso_node *node);
/* Bus and device number, as lsusb prints them. */
unsigned int wiso_node_bus(const struct wiso_node *node);
unsigned int wiso_node_address(const struct wiso_node *node);
/* Speed of the bus. */
enum winusb_iso_speed wiso_node_speed(const struct wiso_node *node);
/* String descriptors; "" where the device has none. Hostile devices can put any
 * byte but NUL in there. */
const char *wiso_node_manufacturer(const struct wiso_node *node);
const char *wiso_node_product(const struct wiso_node *node);
const char *wiso_node_serial(const struct wiso_node *node);
/* Interfaces that belong together by an interface association descriptor: the
 * lowest number, and how many from there on. Without one: the interface itself,
 * and 1. */
unsigned int wiso_node_function_first(const struct wiso_node *node);
unsigned int wiso_node_function_count(const struct wiso_node *node);

/* ---- Opening -------------------------------------------------------------- */

enum wiso_open_flag {
	/* Only ask: nothing that changes something works (EPERM). */
	WISO_OPEN_READ_ONLY = 1 << 0,
	/* Waits go on after a signal instead of saying EINTR. */
	WISO_OPEN_RESTART = 1 << 1,
};

/*
 * wiso_open() - open a node by its path. flags: bits of enum wiso_open_flag.
 *
 * Errors: ENOENT, EACCES, EMFILE, ENOMEM, EINVAL (a flag not named here), ENOTTY
 * (not a winusb-iso node), EPROTONOSUPPORT (the module speaks another version
 * of the contract than this library).
 */
struct wiso_device *wiso_open(const char *path, unsigned int flags);

/*
 * wiso_open_id() - open the first node of a device.
 * @interface_number: bInterfaceNumber, or -1 for the lowest that is bound.
 * @serial: serial number it must have, or NULL for any.
 *
 * Errors: those of wiso_open() and wiso_list_new(); ENOENT if nothing fits.
 */
struct wiso_device *wiso_open_id(uint16_t vendor_id, uint16_t product_id, int interface_number,
				 const char *serial, unsigned int flags);

/*
 * wiso_open_associated() - open another interface of the same function.
 * @index: counts them from 0 in the order of their numbers, this one left out.
 *
 * A function is the interfaces that an interface association descriptor groups;
 * without one, all interfaces of the device that are in no group. Errors: those
 * of wiso_open() and wiso_list_new(); ENOENT if there are no more, ENXIO if that
 * interface is not bound to winusb_iso.
 */
struct wiso_device *wiso_open_associated(struct wiso_device *dev, unsigned int index,
					 unsigned int flags);

/*
 * wiso_close() - end the session; NULL is allowed.
 *
 * Everything pending is cancelled; streams and buffers still open are closed.
 * errno is left alone.
 */
void wiso_close(struct wiso_device *dev);

/*
 * wiso_fd() - the file, for poll(), epoll and the like. Don't read or close it.
 *
 * POLLIN: a completion waits to be collected; POLLHUP and POLLERR: the device
 * has gone. Completions that the library has already taken from the kernel for
 * another caller don't show here: with more than one stream on a device use
 * wiso_stream_fd(), or try every stream of the device whenever this wakes up.
 */
int wiso_fd(const struct wiso_device *dev);

/* ---- Asking --------------------------------------------------------------- */

/* wiso_get_info() - what this device and its host controller are. */
int wiso_get_info(struct wiso_device *dev, struct winusb_iso_info *info);

/* wiso_get_alternate() - alternate setting by index, from 0; past the last:
 * ENOENT. */
int wiso_get_alternate(struct wiso_device *dev, unsigned int index,
		       struct winusb_iso_alternate *alternate);

/* wiso_get_pipe() - endpoint by index of the alternate setting whose
 * bAlternateSetting is alternate. No such setting or endpoint: ENOENT. */
int wiso_get_pipe(struct wiso_device *dev, unsigned int alternate, unsigned int index,
		  struct winusb_iso_pipe_info *pipe);

/* wiso_find_pipe() - endpoint by bEndpointAddress in the current alternate
 * setting. ENOENT if there is none, or the setting is unknown. Of pipe 0 nothing
 * is known but type and address. */
int wiso_find_pipe(struct wiso_device *dev, uint8_t address, struct winusb_iso_pipe_info *pipe);

/* wiso_first_pipe() - first isochronous pipe of the current alternate setting
 * that can carry data; direction is WISO_IN or WISO_OUT, else EINVAL. ENOENT
 * if there is none. */
#define WISO_IN	 0x80
#define WISO_OUT 0x00
int wiso_first_pipe(struct wiso_device *dev, unsigned int direction,
		    struct winusb_iso_pipe_info *pipe);

/*
 * wiso_set_alternate() - select an alternate setting by its bAlternateSetting.
 *
 * Ends every stream of the session: what is pending completes with -ECONNRESET.
 * Errors: ENOENT (no such setting), EBUSY (another session owns a pipe), ENOSPC
 * (the bus lacks bandwidth), or what the device answered (EPIPE, ETIMEDOUT ...):
 * then the setting is unknown.
 */
int wiso_set_alternate(struct wiso_device *dev, unsigned int alternate);

/* wiso_get_frame() - the bus time now, in microframes, with CLOCK_MONOTONIC. */
int wiso_get_frame(struct wiso_device *dev, struct winusb_iso_frame *frame);

/* ---- Buffers -------------------------------------------------------------- */

/*
 * wiso_set_ring_size() - how many transfers, of all pipes together, can be
 * pending or completed and not yet collected.
 *
 * Optional, once, before the first buffer or stream. Otherwise the rings get
 * 1024 entries, or as many as the first stream needs. Returns the real number:
 * entries rounded up to a power of two. Errors: ERANGE (1 to
 * WINUSB_ISO_MAX_RING_ENTRIES), EEXIST (there are rings already), ENOMEM.
 */
int wiso_set_ring_size(struct wiso_device *dev, unsigned int entries);

/*
 * wiso_buffer_register() - get memory that the host controller can reach.
 * @pipe: bEndpointAddress of a pipe of the current alternate setting, which this
 *	session then owns until its last buffer has gone; or 0, for control
 *	transfers, which any session may have.
 * @size: bytes of the data area, 1 to WINUSB_ISO_MAX_BUFFER_SIZE.
 * @packets: entries of the packet table, 1 to WINUSB_ISO_MAX_BUFFER_PACKETS; 0
 *	for a plain pipe.
 *
 * The memory is zeroed and mapped. Errors: ENOENT (no such pipe), EOPNOTSUPP
 * (it has no bandwidth), EBUSY (another session owns it), ERANGE
 * (size), EDOM (packets), EMFILE (WINUSB_ISO_MAX_BUFFERS), EDQUOT (the module's
 * memory limit), ENOMEM.
 */
struct wiso_buffer *wiso_buffer_register(struct wiso_device *dev, uint8_t pipe, size_t size,
					 uint32_t packets);

/*
 * wiso_buffer_unregister() - give it back, unmap it and free the handle.
 *
 * NULL is allowed. EBUSY while a transfer of it is pending (abort the pipe
 * first), or if it belongs to a stream; then it stays. After the device has
 * gone it always works.
 */
int wiso_buffer_unregister(struct wiso_buffer *buffer);

/* The data area: size bytes. Written by the device between submission and
 * completion of an IN transfer. */
void *wiso_buffer_data(const struct wiso_buffer *buffer);
/* The packet table, NULL of a plain pipe. The driver owns an entry from
 * submission to completion. */
struct winusb_iso_packet *wiso_buffer_packets(const struct wiso_buffer *buffer);
size_t wiso_buffer_size(const struct wiso_buffer *buffer);
uint32_t wiso_buffer_num_packets(const struct wiso_buffer *buffer);
/* Names it in struct winusb_iso_transfer; never 0. */
uint32_t wiso_buffer_handle(const struct wiso_buffer *buffer);
/* The pipe as it was at registration. */
const struct winusb_iso_pipe_info *wiso_buffer_pipe(const struct wiso_buffer *buffer);

/* ---- Transfers ------------------------------------------------------------ */

/*
 * wiso_transfer_init() - describe a transfer of full packets.
 * @offset: bytes from the start of the data area.
 * @first_packet: index of its first entry in the packet table.
 * @num_packets: packets, each of the pipe's max_bytes_per_interval.
 *
 * Sets every member; cookie, flags and start_uframe to 0. Set cookie, flags
 * (WINUSB_ISO_TRANSFER_CONTINUE, AT_FRAME with start_uframe, DROP_LATE beside it
 * where the device has that feature, PACKET_LENGTHS: <linux/winusb_iso.h>) or
 * another length afterwards. Checks nothing; submission does.
 */
void wiso_transfer_init(struct winusb_iso_transfer *transfer, const struct wiso_buffer *buffer,
			uint32_t offset, uint32_t first_packet, uint32_t num_packets);

/*
 * wiso_transfer_init_plain() - describe a bulk or interrupt transfer.
 * @offset: bytes from the start of the data area.
 * @length: bytes; of an IN pipe better a multiple of its packet size, since more
 *	from the device than was asked for is an error (-EOVERFLOW).
 *
 * Sets every member, as wiso_transfer_init(). A failed transfer halts the pipe:
 * those behind it complete with -ECANCELED, and submitting says EPIPE until
 * wiso_reset_pipe().
 */
void wiso_transfer_init_plain(struct winusb_iso_transfer *transfer,
			      const struct wiso_buffer *buffer, uint32_t offset, uint32_t length);

/* The setup packet of a control transfer, numbers in the machine's byte order. */
struct wiso_setup {
	uint8_t request_type; /* bmRequestType; bit 7 set: IN */
	uint8_t request;      /* bRequest */
	uint16_t value;	      /* wValue */
	uint16_t index;	      /* wIndex */
	uint16_t length;      /* wLength: bytes of data */
};

/* Bytes of a setup packet in front of the data. */
#define WISO_SETUP_SIZE 8

/*
 * wiso_transfer_init_control() - describe a control transfer.
 * @buffer: of pipe 0.
 * @offset: where the setup packet goes, WISO_SETUP_SIZE bytes; this writes it.
 *	The data is behind it, at offset + WISO_SETUP_SIZE: to be filled for
 *	OUT, and where it is found for IN.
 *
 * Sets every member, as wiso_transfer_init(). EMSGSIZE if setup and data do not
 * fit in the buffer there. Submitting says EACCES for requests that the driver
 * does not let through (<linux/winusb_iso.h>: struct winusb_iso_transfer); a
 * completion with status -EPIPE is a stall: the device refused the request.
 */
int wiso_transfer_init_control(struct winusb_iso_transfer *transfer,
			       const struct wiso_buffer *buffer, uint32_t offset,
			       const struct wiso_setup *setup);

/*
 * wiso_submit() - submit one transfer now, with one system call.
 *
 * What wiso_queue() holds back goes first. A refused transfer is refused here,
 * with no completion: EINVAL (flags, start_uframe, padding), ENOENT (buffer),
 * ESTALE (the pipe has gone with a change of alternate setting), ERANGE or E2BIG
 * (packets), EOVERFLOW (past the data area), EMSGSIZE or EBADMSG (length), ETIME
 * or EFBIG or EOPNOTSUPP (AT_FRAME), EACCES (control: not let through), EPIPE
 * (the pipe is halted), EHOSTUNREACH (the device sleeps), EAGAIN (ring full of
 * pending and uncollected transfers: collect completions).
 */
int wiso_submit(struct wiso_device *dev, const struct winusb_iso_transfer *transfer);

/*
 * wiso_follow() - submit a transfer of an isochronous pipe whose stream may run.
 *
 * As wiso_submit(), but without a system call as long as the controller has enough
 * of the pipe: the driver then takes the transfer from a ring of the pipe when it
 * has room for it. What only the driver can find wrong with it comes as its
 * completion in that case, and may come before those of transfers submitted before.
 */
int wiso_follow(struct wiso_device *dev, const struct winusb_iso_transfer *transfer);

/*
 * wiso_queue() - put a transfer in the ring shared with the driver.
 *
 * No system call: wiso_flush() hands over everything that was queued. A refused
 * transfer completes, with the errno that wiso_submit() would have given.
 * EAGAIN: the ring is full: flush, or collect completions, and call again.
 */
int wiso_queue(struct wiso_device *dev, const struct winusb_iso_transfer *transfer);

/*
 * wiso_flush() - submit what was queued, any number with one system call.
 *
 * Returns the number of transfers that the driver took, refused ones included.
 * Fewer than were queued, or EAGAIN instead of none, when pending and
 * uncollected transfers fill the ring: collect completions and flush again. The
 * waiting functions flush, too.
 */
int wiso_flush(struct wiso_device *dev);

/*
 * wiso_next_completion() - the oldest completion, without system call.
 *
 * Gives completions of wiso_submit() and wiso_queue(), in the order in which
 * they completed; those of streams and of wiso_submit_and_wait() go to their
 * callers. EAGAIN: none now. ENODEV: none any more (once a system call has
 * noticed that the device went).
 */
int wiso_next_completion(struct wiso_device *dev, struct winusb_iso_completion *completion);

/*
 * wiso_wait_completion() - the same, but wait for it.
 *
 * Also says ENODEV when the device has gone and everything was collected. With
 * timeout_ms 0 it looks once whether the device is still there.
 */
int wiso_wait_completion(struct wiso_device *dev, struct winusb_iso_completion *completion,
			 int timeout_ms);

/*
 * wiso_wait_completions() - the same for several, with one sleep.
 *
 * Takes what is there, up to room (1 at least). Only if there is nothing, it
 * sleeps until goal completions are (0 counts as 1; those of streams and blocked
 * callers count, too), none is pending any more, the time is up, or another
 * thread waits for something on this device or calls wiso_wake(). Returns how
 * many were taken, 1 at least.
 */
int wiso_wait_completions(struct wiso_device *dev, struct winusb_iso_completion *completions,
			  uint32_t room, uint32_t goal, int timeout_ms);

/*
 * wiso_wake() - end the wait of a thread in wiso_wait_completion(s).
 *
 * It returns with what is there, or says EINTR. If none waits, the next one that
 * would sleep does.
 */
void wiso_wake(struct wiso_device *dev);

/*
 * wiso_submit_and_wait() - submit one transfer and wait for that one.
 *
 * Completions of other transfers are kept for their callers. Returns 0 once it
 * completed, however: look at completion->status. The errors of wiso_submit()
 * mean that it was not submitted. After ETIMEDOUT, EAGAIN (timeout_ms 0) or
 * EINTR it was, is still pending, and its completion comes through
 * wiso_next_completion() with the cookie of the transfer: completion->cookie,
 * which is set in these cases, too, and completion->status is -EINPROGRESS
 * exactly in these cases. (When it was not submitted, *completion is zeroed.)
 */
int wiso_submit_and_wait(struct wiso_device *dev, const struct winusb_iso_transfer *transfer,
			 struct winusb_iso_completion *completion, int timeout_ms);

/*
 * wiso_abort_pipe() - cancel everything pending on a pipe.
 *
 * It has completed, with -ECONNRESET, when the call returns; collect it as usual.
 * What was queued and not flushed counts as pending, too. A stream on the pipe says
 * ECONNRESET. ENOENT (no such pipe), EBUSY (another session owns it).
 */
int wiso_abort_pipe(struct wiso_device *dev, uint8_t pipe);
/* wiso_reset_pipe() - the same, and reset the host's side of the endpoint. Of a
 * bulk or interrupt pipe: clear the halt on both sides; also what the device
 * answers to that (EPIPE, ETIMEDOUT ...): then it is still halted. */
int wiso_reset_pipe(struct wiso_device *dev, uint8_t pipe);

/*
 * wiso_cancel() - cancel one transfer, the oldest of the pipe with this cookie.
 *
 * It completes, soon, with -ECONNRESET, or with its own result if it was done just
 * then; collect it as usual. On an isochronous pipe the stream is broken there.
 * Finds what was queued and not flushed, too, but not what belongs to a stream.
 * ENOENT (nothing with that cookie is pending, or no such pipe), EBUSY (another
 * session owns the pipe).
 */
int wiso_cancel(struct wiso_device *dev, uint8_t pipe, uint64_t cookie);

/* ---- Control, bulk and interrupt, one transfer at a time ------------------- */

/*
 * These need no buffer: the library keeps some, so that wiso_read() and
 * wiso_write() make the session own the pipe until it is closed. They wait, and
 * may be called by any number of threads; timeout_ms 0 is EINVAL. When the time
 * is up, or a signal came (without WISO_OPEN_RESTART), what is left is cancelled
 * before they return.
 */

/*
 * wiso_control() - do a control transfer.
 * @data: setup->length bytes; NULL if that is 0.
 *
 * Returns the bytes of data that were moved. Errors: EPIPE (stall: the device
 * refused it), EACCES (the driver does not let it through, see
 * <linux/winusb_iso.h>), ETIMEDOUT, EINTR, and what else a completion can say.
 */
ssize_t wiso_control(struct wiso_device *dev, const struct wiso_setup *setup, void *data,
		     int timeout_ms);

/*
 * wiso_get_descriptor() - a descriptor of the device, up to size bytes of it.
 * @type: bDescriptorType; @index: which of that type; @language: of a string,
 *	0 for all others.
 *
 * Returns the bytes that came. Errors: those of wiso_control(), with a time-out
 * of 5 s; EMSGSIZE if size is more than 65535.
 */
ssize_t wiso_get_descriptor(struct wiso_device *dev, uint8_t type, uint8_t index, uint16_t language,
			    void *data, size_t size);

enum wiso_write_flag {
	/* When size is a multiple of the pipe's packet size, end with a packet
	 * of no length, so that the device sees the end. */
	WISO_WRITE_ZERO_PACKET = 1 << 0,
};

/*
 * wiso_read() - read from a bulk or interrupt IN pipe until size bytes came, or a
 * short packet.
 * @size: any; better a multiple of the pipe's packet size: what the device sends
 *	beyond is an error (EOVERFLOW).
 * @done: bytes at data, set in every case; or NULL.
 *
 * Returns 0. Errors: EPIPE (the device stalled, or the pipe is halted already),
 * ETIMEDOUT, EINTR, EOVERFLOW (more bytes than fit), ECONNRESET (abort), EINVAL
 * (not a bulk or interrupt pipe of this direction), those of
 * wiso_buffer_register() but for size, and what else a completion can say. All
 * that the device or bus did wrong halts the pipe: wiso_reset_pipe().
 */
int wiso_read(struct wiso_device *dev, uint8_t pipe, void *data, size_t size, size_t *done,
	      int timeout_ms);

/*
 * wiso_write() - write to a bulk or interrupt OUT pipe.
 * @size: any; 0 is one packet of no length.
 * @done: bytes that were sent for certain, set in every case; or NULL.
 * @flags: bits of enum wiso_write_flag.
 *
 * Returns 0 when all was sent. Errors: those of wiso_read().
 */
int wiso_write(struct wiso_device *dev, uint8_t pipe, const void *data, size_t size, size_t *done,
	       unsigned int flags, int timeout_ms);

/* ---- Power ----------------------------------------------------------------- */

/*
 * wiso_set_power() - set a power policy (enum winusb_iso_power_policy).
 *
 * Errors: ENOENT (no such policy), ERANGE (value), EOPNOTSUPP (ENABLE_WAKE: the
 * device can not wake the host).
 */
int wiso_set_power(struct wiso_device *dev, unsigned int policy, uint32_t value);
/* wiso_get_power() - read it back. ENOENT. */
int wiso_get_power(struct wiso_device *dev, unsigned int policy, uint32_t *value);

/* ---- Streams -------------------------------------------------------------- */

/*
 * One transfer of a stream. The library makes these; callers only use pointers.
 *
 * Between wiso_stream_acquire() and release or submit it is the caller's. Only
 * data[] and (for wiso_stream_submit_packets()) packets[].length are to be
 * written.
 */
struct wiso_slot {
	/* The transfer's data: capacity bytes. */
	unsigned char *data;
	/* Its packets: max_packets entries, of which num_packets are valid. IN:
	 * packets[i].offset, length (bytes received) and status. */
	struct winusb_iso_packet *packets;
	/* Bytes that data has room for. */
	uint32_t capacity;
	/* Packets that the slot has room for. */
	uint32_t max_packets;
	/* IN: packets of this transfer. OUT: packets of the transfer that the
	 * slot carried before, 0 if none. */
	uint32_t num_packets;
	uint32_t reserved;
	/* How it went. IN: this transfer. OUT: the one that the slot carried
	 * before. */
	struct winusb_iso_completion completion;
	/* IN: counts delivered transfers of the stream from 0. OUT: the same
	 * number of the transfer that the slot carried before. */
	uint64_t sequence;
};

/* What a stream has been through since it was opened. */
struct wiso_stream_stats {
	/* Transfers that were on the bus, wholly or in part. */
	uint64_t transfers;
	/* Packets of those with status 0, and with another. */
	uint64_t packets_ok;
	uint64_t packets_bad;
	/* Bytes received or sent. */
	uint64_t bytes;
	/* Places where service intervals were lost, between transfers or inside
	 * one. */
	uint64_t gaps;
	/* Service intervals lost there. */
	uint64_t lost_intervals;
	/* How often the stream was started again by itself: with a transfer
	 * without CONTINUE, after a hole or because nothing was pending. */
	uint64_t restarts;
	/* Transfers that ContinueStream stopped; each was queued again. */
	uint64_t not_sent;
	/* OUT: transfers that were submitted and never sent, because the stream
	 * was stopped or interrupted. */
	uint64_t dropped;
	/* Of transfers: how far each one's gap can be trusted (enum
	 * winusb_iso_trust). Gaps may hide where unknown is not 0. */
	uint64_t trust_exact;
	uint64_t trust_timed;
	uint64_t trust_unknown;
	/* How often the stream was interrupted: abort, sleep, reset, error. */
	uint64_t interruptions;
	uint64_t reserved[3];
};

/*
 * wiso_stream_open() - open a stream on an isochronous pipe of the current
 * alternate setting.
 * @pipe: bEndpointAddress; its bit 7 makes it an IN or an OUT stream.
 * @packets: packets of one transfer; 0 for about 4 ms, or less if that is large.
 * @transfers: transfers that are kept queued; 0 for about 32 ms, 8 to 32. At
 *	least 2: the pipe idles between two transfers otherwise.
 * @flags: 0.
 *
 * Nothing moves yet. One program-side pause of up to (transfers - 1) transfers
 * is bridged without a gap. Errors: EINVAL (flags, transfers is 1), ERANGE (one
 * transfer is larger than WINUSB_ISO_MAX_BUFFER_SIZE or has more than
 * WINUSB_ISO_MAX_BUFFER_PACKETS, or more than WINUSB_ISO_MAX_RING_ENTRIES
 * transfers), EBUSY (there is a stream on this pipe, or another session owns
 * it), and those of wiso_buffer_register().
 */
struct wiso_stream *wiso_stream_open(struct wiso_device *dev, uint8_t pipe, uint32_t packets,
				     uint32_t transfers, unsigned int flags);

/*
 * wiso_stream_set_batch() - be woken once for several transfers: 1, as at first, to
 * half of the stream's, else ERANGE.
 *
 * An acquire that has to wait then sleeps until so many have completed, nothing is
 * pending any more or its time is up, and those after it do not sleep as long as
 * there are some. (Where half of what is pending is less, that many; completions
 * of other transfers of the device count.) Slots are later known by up to a batch,
 * and what the machine does for each is less: with a driver that has
 * WINUSB_ISO_FEATURE_NO_INTERRUPT the controller says only of the last one of a
 * batch that it is done. That is for slots that are released or submitted from now
 * on, and works best with a batch that divides the stream's transfers.
 */
int wiso_stream_set_batch(struct wiso_stream *stream, uint32_t transfers);

/*
 * wiso_stream_close() - cancel what is pending and free it; NULL is allowed.
 *
 * OUT: what was submitted and not yet sent is lost; wiso_stream_drain() first.
 * errno is left alone.
 */
void wiso_stream_close(struct wiso_stream *stream);

/*
 * wiso_stream_start() - start, or start again after a stop or interruption.
 *
 * IN: queues every slot that the caller does not hold; the first acquire of a
 * new stream does it, too. OUT: sends what was submitted; without this call that
 * happens by itself once as many transfers are submitted as
 * wiso_stream_set_threshold() says. Does nothing on a running stream. Errors:
 * ESTALE (the alternate setting has no such pipe any more) and the like come
 * from acquire, as the interruption that they are.
 */
int wiso_stream_start(struct wiso_stream *stream);

/*
 * wiso_stream_stop() - cancel what is pending.
 *
 * IN: transfers that had completed can still be acquired. OUT: what was not sent
 * counts as dropped. Afterwards acquire says ECONNRESET until the stream is
 * started again.
 */
int wiso_stream_stop(struct wiso_stream *stream);

/*
 * wiso_stream_set_threshold() - OUT: transfers that must be submitted before the
 * stream starts, and before it goes on after a gap. 1 to transfers, else ERANGE.
 * At first it is all of them. EINVAL for an IN stream.
 */
int wiso_stream_set_threshold(struct wiso_stream *stream, uint32_t transfers);

/*
 * wiso_stream_acquire() - the next slot.
 *
 * IN: the oldest transfer with data that was not yet delivered. Transfers come
 * in the order in which they were on the bus; slot->completion.gap says how many
 * service intervals were lost just before it. OUT: a slot to fill.
 *
 * Any number of slots may be held at a time; those held are not queued. A stream
 * that lost its place in time starts again by itself, and counts it.
 *
 * Errors: EAGAIN, ETIMEDOUT, EINTR as above; EDEADLK if the caller holds all
 * slots, so that none can ever come; and once the stream has been interrupted
 * and everything that had completed was delivered:
 *	ECONNRESET	wiso_stream_stop(), abort or reset of the pipe, change
 *			of alternate setting
 *	EHOSTUNREACH	the system or the device went to sleep
 *	ENETRESET	the device was reset
 *	ENOSPC		the bus has not enough bandwidth
 *	ESTALE		the pipe has gone with a change of alternate setting
 *	ENODEV		the device has gone: for good
 *	another		what the driver answered to a transfer
 * It keeps saying so until wiso_stream_start().
 */
struct wiso_slot *wiso_stream_acquire(struct wiso_stream *stream, int timeout_ms);

/*
 * wiso_stream_release() - give a slot back unused (OUT) or read (IN).
 *
 * IN: it is queued again; several releases share a system call. EINVAL if the
 * slot is not one that the caller holds. An error of the device is not reported
 * here but by the next acquire.
 */
int wiso_stream_release(struct wiso_stream *stream, struct wiso_slot *slot);

/*
 * wiso_stream_submit() - OUT: send length bytes of slot->data.
 *
 * Packets of the pipe's maximum, the last one may be shorter. After an error the
 * caller still holds the slot: EINVAL (an IN stream; a slot that the caller does
 * not hold; length 0), EMSGSIZE (length is more than slot->capacity), and what
 * interrupted the stream (see acquire).
 */
int wiso_stream_submit(struct wiso_stream *stream, struct wiso_slot *slot, size_t length);

/*
 * wiso_stream_submit_packets() - OUT: send packets of the lengths that the caller
 * wrote to slot->packets[0 ... num_packets - 1].length.
 *
 * Their data lies back to back in slot->data. A length may be 0. Errors as
 * above; EMSGSIZE also if one length is more than the pipe's maximum, EINVAL if
 * num_packets is 0 or more than slot->max_packets.
 */
int wiso_stream_submit_packets(struct wiso_stream *stream, struct wiso_slot *slot,
			       uint32_t num_packets);

/*
 * wiso_stream_read_transfer() - IN: copy the data of the next transfer.
 * @size: bytes at data; room for one whole transfer is always enough.
 * @packets: room for as many entries as the transfer has packets, or NULL. Then
 *	packets[i].offset counts from the start of data.
 * @completion: how the transfer went, or NULL.
 *
 * The bytes that were received, packets back to back, without the room between
 * short packets. Returns their number; 0 means a transfer without any. Errors:
 * those of acquire; EMSGSIZE if size is too small: the transfer is kept, and
 * completion is filled.
 */
ssize_t wiso_stream_read_transfer(struct wiso_stream *stream, void *data, size_t size,
				  struct winusb_iso_packet *packets,
				  struct winusb_iso_completion *completion, int timeout_ms);

/*
 * wiso_stream_write_transfer() - OUT: copy data to the next slot and submit it.
 * @size: bytes, at most one transfer.
 * @lengths: lengths of num_packets packets that add up to size (else EBADMSG);
 *	or NULL, with num_packets 0, for full packets.
 *
 * Returns 0. Errors: those of acquire and of submit.
 */
int wiso_stream_write_transfer(struct wiso_stream *stream, const void *data, size_t size,
			       const uint32_t *lengths, uint32_t num_packets, int timeout_ms);

/*
 * wiso_stream_drain() - OUT: wait until everything submitted was sent.
 *
 * Starts what waits for the threshold. Errors: EAGAIN, ETIMEDOUT, EINTR, EINVAL
 * (an IN stream), and what interrupted the stream.
 */
int wiso_stream_drain(struct wiso_stream *stream, int timeout_ms);

/*
 * wiso_stream_fd() - a file that is readable (POLLIN) when acquire may have
 * something to give or to say, for poll() and epoll.
 *
 * Level-triggered, and it can wake up once too often: acquire with timeout_ms 0
 * and go on at EAGAIN. It belongs to the stream: don't read or close it. Errors:
 * EMFILE, ENOMEM.
 */
int wiso_stream_fd(struct wiso_stream *stream);

/* wiso_stream_get_stats() - a consistent copy. Counts what has been collected from
 * the driver, that is, what acquire has seen. */
void wiso_stream_get_stats(struct wiso_stream *stream, struct wiso_stream_stats *stats);

/* The pipe as it was when the stream was opened. */
const struct winusb_iso_pipe_info *wiso_stream_pipe(const struct wiso_stream *stream);
/* Packets per transfer, transfers, and bytes of one transfer. */
uint32_t wiso_stream_packets(const struct wiso_stream *stream);
uint32_t wiso_stream_transfers(const struct wiso_stream *stream);
uint32_t wiso_stream_transfer_size(const struct wiso_stream *stream);

/* ---- Helpers -------------------------------------------------------------- */

/* Data of packet i of a completed transfer, and of a slot. */
void *wiso_packet_data(const struct wiso_buffer *buffer, const struct winusb_iso_transfer *transfer,
		       uint32_t i);
static inline unsigned char *wiso_slot_packet_data(const struct wiso_slot *slot, uint32_t i)
{
	return slot->data + slot->packets[i].offset;
}

/* Service intervals of a pipe that cover ms milliseconds, at least 1; at most
 * WINUSB_ISO_MAX_BUFFER_PACKETS. */
uint32_t wiso_packets_for_ms(const struct winusb_iso_pipe_info *pipe, unsigned int ms);

/* Frame number (1 ms) of a bus time. */
static inline uint64_t wiso_frame_number(uint64_t uframe)
{
	return uframe >> 3;
}

/* Microframes (125 us) to nanoseconds, and back, rounded down. */
static inline uint64_t wiso_uframes_to_ns(uint64_t uframes)
{
	return uframes * 125000u;
}

static inline uint64_t wiso_ns_to_uframes(uint64_t ns)
{
	return ns / 125000u;
}

/* Texts in English, for people. Never NULL, never to be freed. */

/* "low speed" ... "unknown speed". */
const char *wiso_speed_text(unsigned int speed);
/* "isochronous", "bulk", "interrupt", "control". */
const char *wiso_pipe_type_text(unsigned int type);
/* "exact", "timed", "unknown". */
const char *wiso_trust_text(unsigned int trust);
/* Status of a packet: 0 or a negative errno. */
const char *wiso_packet_status_text(int status);
/* Status of a completion: 0 or a negative errno. */
const char *wiso_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif /* WINUSB_ISO_H */
