/* SPDX-License-Identifier: MIT */
/*
 * A driver in user space for the unit tests: sits below struct wiso_sys and keeps
 * to the contract of <linux/winusb_iso.h>. Time is virtual, and transfers complete
 * when a test says so.
 *
 * Device: one alternate setting 1 with FAKE_IN, FAKE_IN2 and FAKE_OUT, isochronous,
 * FAKE_MAX bytes in each microframe, and a bulk pipe FAKE_BULK.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/winusb_iso.h>

#define FAKE_IN	  0x81
#define FAKE_IN2  0x83
#define FAKE_OUT  0x02
#define FAKE_BULK 0x84
#define FAKE_MAX  32u

/* How a transfer ends; all zero is a good one. */
struct fake_result {
	int status;
	uint32_t gap;
	uint32_t inner_gap;
	uint32_t bad;		/* its first so many packets fail with -EILSEQ */
	uint32_t packet_length; /* bytes in each packet; 0: all */
	bool not_sent;
};

struct fake_counts {
	unsigned int submits;
	unsigned int flushes;
	unsigned int polls; /* calls of poll(), and of WAIT if they sleep */
	unsigned int aborts;
	unsigned int buffers; /* registered now */
	unsigned int maps;    /* mapped now */
	unsigned int fresh;   /* transfers taken without CONTINUE */
	unsigned int continued;
};

/* Before wiso_open(). */
void fake_reset(void);
/* Indices of the rings start here. */
void fake_start_index(uint32_t index);
/* Buffers larger than this: ENOMEM. */
void fake_largest_buffer(uint32_t bytes);
void fake_version(uint32_t version);
void fake_features(uint64_t features);

/* Called where poll() or WAIT would sleep; true: they say EINTR. */
void fake_on_poll(bool (*hook)(void));
/* A driver from before WINUSB_ISO_IOC_WAIT. */
void fake_without_wait(void);
/* They really sleep, for tests with threads. */
void fake_real_sleep(void);
/* For how many completions a thread is asleep in WAIT; 0: none is. */
uint32_t fake_sleeps_for(void);
/* The next ioctl of this number fails. */
void fake_fail(unsigned long request, int error);

unsigned int fake_pending(uint8_t pipe);
/* Completes the oldest pending transfer of a pipe; false: none. */
bool fake_complete(uint8_t pipe, const struct fake_result *result);
void fake_complete_good(uint8_t pipe, unsigned int count);
/* The controller loses the stream: pending CONTINUE transfers come back unsent. */
void fake_lose(uint8_t pipe);
/* All of a pipe ends with status; what is pending was not sent. */
void fake_end(uint8_t pipe, int status);
void fake_unplug(void);
/* Makes the descriptor readable as poll() would say, for real epoll. */
void fake_update_fd(void);

struct fake_counts fake_counts(void);
/* Bytes that went out, in order. */
size_t fake_sent(unsigned char *data, size_t size);
/* Requested lengths of the oldest pending transfer. */
uint32_t fake_pending_length(uint8_t pipe, uint32_t packet);
/* The transfers that the driver took, in order; NULL past the end. */
const struct winusb_iso_transfer *fake_taken(unsigned int index);
void fake_advance_ns(uint64_t ns);
uint64_t fake_now_ns(void);

#endif /* FAKE_KERNEL_H */
