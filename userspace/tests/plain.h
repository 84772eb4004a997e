/* SPDX-License-Identifier: MIT */
/*
 * Where control, bulk and interrupt transfers are tested: a device of one interface whose alternate
 * setting 0 has the pipes below, and 1 other ones at two of their addresses.
 */
#ifndef WINUSB_ISO_TESTS_PLAIN_H
#define WINUSB_ISO_TESTS_PLAIN_H

#include "fixture.h"

#define LOOP_IN	 0x81 /* bulk: what came on LOOP_OUT */
#define LOOP_OUT 0x01
#define SLOW_IN	 0x82 /* interrupt: what came on SLOW_OUT, 64 bytes a packet */
#define SLOW_OUT 0x02
#define SOURCE	 0x83 /* bulk: the test pattern, as much as asked for */
#define SINK	 0x03 /* bulk: counts and checks the test pattern */
#define MESSAGE	 0x84 /* bulk: 700 bytes (full speed: 100), then a short packet */
#define CONTROL	 0x00

#define PLAIN_ROOM 4096u /* of a buffer, if nothing else is said */

struct plain {
	struct fixture device;
	int fd;		     /* non-blocking */
	unsigned int packet; /* bytes of a bulk packet */
};

void plain_options(struct sim_options *options, enum sim_speed speed);
void plain_open_speed(struct plain *plain, enum sim_speed speed);
void plain_open(struct plain *plain); /* high speed */
int plain_open_another(const struct plain *plain);

/* Registered and mapped. */
void plain_buffer(const struct plain *plain, struct fixture_buffer *buffer, uint8_t pipe,
		  uint32_t size);
struct winusb_iso_transfer plain_transfer(const struct fixture_buffer *buffer, uint32_t offset,
					  uint32_t length, uint64_t cookie);
/* Writes the setup packet to the start of the buffer; data is 8 bytes behind it. */
struct winusb_iso_transfer plain_control(const struct fixture_buffer *buffer, uint8_t type,
					 uint8_t request, uint16_t value, uint16_t index,
					 uint16_t length, uint64_t cookie);
/* Submits @count transfers of @length bytes, one behind the other in the buffer, if they fit. */
void plain_submit_some(int fd, const struct fixture_buffer *buffer, unsigned int count,
		       uint32_t length, uint64_t first_cookie);

/* Waits for the next completion. */
int plain_reap(int fd, struct winusb_iso_completion *completion);
/* The next completion, and that it is this. */
void plain_expect(int fd, uint64_t cookie, int status, uint32_t length);
/* Submits it and waits: the status, and the bytes if @length is not NULL. */
int plain_do(int fd, const struct winusb_iso_transfer *transfer, uint32_t *length);
/* Writes @length bytes to LOOP_OUT: a message, ended by a packet that is not full. */
void plain_feed(const struct plain *plain, const struct fixture_buffer *out, uint32_t length);

int plain_cancel(int fd, uint8_t pipe, uint64_t cookie);
void plain_fault(const struct plain *plain, const char *text);
/* Bytes that tell their place. */
void plain_fill(uint8_t *data, size_t size, unsigned int seed);
bool plain_matches(const uint8_t *data, size_t size, unsigned int seed);
/* Waits until the device has so many transfers on its pipe; it counts those it replied to. */
void plain_wait_replies(const struct plain *plain, uint8_t pipe, uint64_t replies);

#endif
