/* SPDX-License-Identifier: MIT */
/*
 * libwebusb-iso: isochronous transfers in the shape of WebUSB, on libwinusb-iso.
 *
 *	struct wiso_device *dev = wiso_open_id(0x1209, 0x0001, -1, NULL, 0);
 *	struct wusb_session *session = wusb_session_new(dev);
 *	const uint32_t lengths[3] = { 192, 192, 192 };
 *	struct wusb_in_result *result;
 *
 *	wusb_set_alternate(session, 1);
 *	result = wusb_isochronous_transfer_in(session, 1, lengths, 3, 0);
 *	for (uint32_t i = 0; result && i < result->num_packets; i++)
 *		use(result->packets[i].data, result->packets[i].length);
 *	wusb_in_result_free(result);
 *
 * What WebUSB says of USBIsochronousInTransferResult, USBIsochronousInTransferPacket
 * and their OUT counterparts holds here: a transfer names the length of each packet;
 * the result is one contiguous piece of memory, in which packet i begins at the sum
 * of the lengths that were *asked for* before it, however many bytes came; and each
 * packet has a status of its own.
 *
 * Strict and keeping
 *	WebUSB knows the packets ok, stall and babble. If any packet failed in
 *	another way, the whole transfer fails with a NetworkError, good packets and
 *	all. That is the default. With WUSB_KEEP_GOOD_PACKETS the result comes all
 *	the same: what was good is there, and every other packet says WUSB_ERROR
 *	and why.
 *
 * Continuity
 *	Transfers of one endpoint go in the order in which they were submitted.
 *	As long as one is still pending when the next is submitted they are one
 *	stream, with no service interval between them; timing.gap says how many
 *	were lost where they are not. So submit several and then one for each that
 *	finishes.
 *
 * Errors
 *	As in winusb-iso.h: -1 or NULL with errno. Checked in this order:
 *	ENODEV		the device has gone			NotFoundError
 *	ENOENT		the current alternate setting has no
 *			such endpoint				NotFoundError
 *	EPROTOTYPE	it is not isochronous			InvalidAccessError
 *	EOVERFLOW	the lengths add up to 2^32 or more	DataError
 *	EFBIG		... to more than WUSB_MAX_TRANSFER	DataError
 *	EBADMSG		... to something else than the data	DataError
 *	and when it ends:
 *	ECONNRESET	cancelled: abort, another alternate
 *			setting, reset of the device		AbortError
 *	ENODEV		unplugged				NotFoundError
 *	EIO		a packet failed (strict)		NetworkError
 *	others		what the driver answered		NetworkError
 *	wusb_error_name() gives the names on the right.
 *
 * Threads
 *	All functions may be called by several threads at a time, but nothing else
 *	may run on what is being freed.
 *
 * fork
 *	A session belongs to the process that made it, as its device does. A child
 *	may call wusb_session_free(), which gives back the child's copy and leaves
 *	the parent's transfers alone, and then wiso_close().
 */
#ifndef WEBUSB_ISO_H
#define WEBUSB_ISO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winusb-iso.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most bytes of one transfer, as in browsers: 32 MiB. */
#define WUSB_MAX_TRANSFER 33554432u

/* An open device, for transfers in the shape of WebUSB. */
struct wusb_session;
/* A transfer under way, or finished and not yet turned into a result. */
struct wusb_request;

enum wusb_flag {
	/* Failed packets don't fail the transfer. */
	WUSB_KEEP_GOOD_PACKETS = 1 << 0,
};

enum wusb_status {
	WUSB_OK,     /* "ok", however many bytes came */
	WUSB_STALL,  /* "stall" */
	WUSB_BABBLE, /* "babble": more bytes came than were asked for */
	WUSB_ERROR,  /* none of these; only with WUSB_KEEP_GOOD_PACKETS */
};

/* Where a transfer was in time. */
struct wusb_timing {
	/* CLOCK_MONOTONIC when its last packet was done. */
	uint64_t timestamp_ns;
	/* Bus time of its first packet, in microframes; 0 if nothing was sent. */
	uint64_t start_uframe;
	/* Service intervals lost between the transfer before and this one. */
	uint32_t gap;
	/* The same, between packets of this transfer. */
	uint32_t inner_gap;
	/* enum winusb_iso_trust: how that is known. */
	uint32_t trust;
	/* Nothing was pending before it: the first of a stream. */
	bool new_stream;
};

/* USBIsochronousInTransferPacket */
struct wusb_in_packet {
	/* What was received, inside the data of the result. Never NULL. */
	const unsigned char *data;
	/* Bytes received; at most what was asked for. */
	uint32_t length;
	/* With any status but ok: what is there is not to be relied on. */
	enum wusb_status status;
	/* 0, or the negative errno that the driver gave. */
	int error;
};

/* USBIsochronousInTransferResult */
struct wusb_in_result {
	/* All of it: the sum of the lengths asked for. What did not come is zero. */
	const unsigned char *data;
	size_t length;
	const struct wusb_in_packet *packets;
	uint32_t num_packets;
	/* Of the transfer as a whole: ok if all packets are; stall if all others
	 * stalled; WUSB_ERROR otherwise. */
	enum wusb_status status;
	/* 0, or the negative errno with which the transfer ended early
	 * (WUSB_KEEP_GOOD_PACKETS; unplugged: -ENODEV). */
	int error;
	struct wusb_timing timing;
};

/* USBIsochronousOutTransferPacket */
struct wusb_out_packet {
	uint32_t bytes_written;
	enum wusb_status status;
	int error;
};

/* USBIsochronousOutTransferResult */
struct wusb_out_result {
	const struct wusb_out_packet *packets;
	uint32_t num_packets;
	enum wusb_status status;
	int error;
	struct wusb_timing timing;
};

/*
 * wusb_session_new() - do transfers on an open device.
 *
 * It must outlive the session, and transfers on it go through the session alone
 * (streams of winusb-iso.h on other pipes are fine). Errors: ENOMEM, EMFILE.
 */
struct wusb_session *wusb_session_new(struct wiso_device *dev);

/* wusb_session_free() - cancel everything and free it, requests that were not
 * turned into results included; NULL is allowed. */
void wusb_session_free(struct wusb_session *session);

/*
 * wusb_set_alternate() - wiso_set_alternate(), for a device that has a session.
 *
 * What is pending ends with ECONNRESET.
 */
int wusb_set_alternate(struct wusb_session *session, unsigned int alternate);

/* ---- One transfer, now ------------------------------------------------------ */

/*
 * wusb_isochronous_transfer_in() - receive packets of these lengths.
 * @endpoint: 1 to 15.
 * @lengths: bytes asked for in each packet, 0 to the endpoint's maximum.
 * @num_packets: any number, 0 too: then nothing moves.
 * @flags: bits of enum wusb_flag, else EINVAL.
 *
 * Returns a result to be freed with wusb_in_result_free(), or NULL. One packet that
 * is longer than the endpoint's maximum fails the transfer with EMSGSIZE
 * (NetworkError).
 */
struct wusb_in_result *wusb_isochronous_transfer_in(struct wusb_session *session, uint8_t endpoint,
						    const uint32_t *lengths, uint32_t num_packets,
						    unsigned int flags);

/* wusb_isochronous_transfer_out() - send packets of these lengths, back to back in data. */
struct wusb_out_result *wusb_isochronous_transfer_out(struct wusb_session *session,
						      uint8_t endpoint, const void *data,
						      size_t size, const uint32_t *lengths,
						      uint32_t num_packets, unsigned int flags);

void wusb_in_result_free(struct wusb_in_result *result);
void wusb_out_result_free(struct wusb_out_result *result);

/* ---- Many at a time --------------------------------------------------------- */

/*
 * wusb_submit_in(), wusb_submit_out() - the same without waiting.
 * @user: comes back from wusb_request_user().
 *
 * Lengths and data are copied. What is wrong with the arguments is said here; what
 * the driver says of them comes with the result.
 */
struct wusb_request *wusb_submit_in(struct wusb_session *session, uint8_t endpoint,
				    const uint32_t *lengths, uint32_t num_packets,
				    unsigned int flags, void *user);
struct wusb_request *wusb_submit_out(struct wusb_session *session, uint8_t endpoint,
				     const void *data, size_t size, const uint32_t *lengths,
				     uint32_t num_packets, unsigned int flags, void *user);

void *wusb_request_user(const struct wusb_request *request);

/*
 * wusb_next() - a request that has finished, the first of them first.
 * @timeout_ms: as in winusb-iso.h.
 *
 * Each request is given once; it is the caller's until turned into a result or
 * freed. Errors: EAGAIN, ETIMEDOUT, EINTR; ENODEV when the device has gone and all
 * that were pending have been given.
 */
struct wusb_request *wusb_next(struct wusb_session *session, int timeout_ms);

/* wusb_wait() - wait until this one has finished; wusb_next() does not give it then.
 * Errors: EAGAIN, ETIMEDOUT, EINTR. */
int wusb_wait(struct wusb_request *request, int timeout_ms);

/* wusb_fd() - readable (POLLIN) when wusb_next() may have something to say, for poll()
 * and epoll. Level-triggered. Don't read or close it. */
int wusb_fd(const struct wusb_session *session);

/* wusb_cancel() - end it; it finishes soon, with ECONNRESET or with what it had come
 * to. One that has finished stays as it is. */
void wusb_cancel(struct wusb_request *request);

/*
 * wusb_in_result(), wusb_out_result() - turn a finished request into its result.
 *
 * The request is gone afterwards, also when this says NULL with the errno of the
 * transfer (or ENOMEM). One that is still pending: EBUSY, and it stays. One of the
 * other direction: EINVAL, and it stays.
 */
struct wusb_in_result *wusb_in_result(struct wusb_request *request);
struct wusb_out_result *wusb_out_result(struct wusb_request *request);

/* wusb_request_free() - cancel it if it is pending, and forget it; NULL is allowed. */
void wusb_request_free(struct wusb_request *request);

/* ---- Names ------------------------------------------------------------------ */

/* "ok", "stall", "babble", "error". */
const char *wusb_status_name(enum wusb_status status);
/* Name of the DOMException for an errno of this library: "NotFoundError" ... */
const char *wusb_error_name(int error);

#ifdef __cplusplus
}
#endif

#endif /* WEBUSB_ISO_H */
