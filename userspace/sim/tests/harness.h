/* SPDX-License-Identifier: MIT */
/* A fake USB/IP host on a socketpair, a clock that moves when told, and TAP. */
#ifndef SIM_TEST_HARNESS_H
#define SIM_TEST_HARNESS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"
#include "sim.h"

void test_register(const char *sentence, void (*run)(void));
void test_fail(const char *file, int line, const char *what, long long got, long long expected);

/* A test is a sentence; it fails at the first wrong value but goes on. */
#define TEST(name, sentence) \
	static void name(void); \
	static __attribute__((constructor)) void register_##name(void) \
	{ \
		test_register(sentence, name); \
	} \
	static void name(void)

#define EQUAL(got, expected) \
	do { \
		long long got_ = (long long)(got), expected_ = (long long)(expected); \
		if (got_ != expected_) \
			test_fail(__FILE__, __LINE__, #got, got_, expected_); \
	} while (0)
#define TRUE(condition)	     EQUAL(!!(condition), 1)
#define CONTAINS(text, part) TRUE(strstr(text, part) != NULL)

#define ASAP	     2u
#define MAX_REQUESTS 4096

struct reply {
	uint32_t command, seqnum;
	int32_t status;
	uint32_t actual;
	int32_t start_frame, n_packets, error_count;
	struct usbip_packet packet[256];
	uint8_t data[1 << 20];
	size_t data_length;
};

struct host {
	struct sim *sim;
	int fd;
	uint64_t now_ns, frame_ns, first_frame;
	uint32_t seqnum;
	uint8_t endpoint[MAX_REQUESTS]; /* by seqnum: which endpoint a reply is of */
};

struct host *host_open(enum sim_speed speed);
struct host *host_open_with(const struct sim_options *options);
void host_close(struct host *host);

/* Moves the clock to the beginning of @frame, or 1 ns before it, and lets the device run. */
void host_at(struct host *host, uint64_t frame);
void host_just_before(struct host *host, uint64_t frame);
/* Moves the clock while the device is not looking. */
void host_sleep_until(struct host *host, uint64_t frame);
void host_run(struct host *host);

/* Each gives the request's number; the device runs at the next host_at() or host_run(). */
uint32_t host_in(struct host *host, uint8_t endpoint, uint32_t packets, uint32_t length,
		 uint32_t flags, int32_t frame);
uint32_t host_out(struct host *host, uint8_t endpoint, uint32_t packets, uint32_t length,
		  uint32_t flags, uint64_t counter);
uint32_t host_out_data(struct host *host, uint8_t endpoint, const void *data, uint32_t length);
uint32_t host_in_data(struct host *host, uint8_t endpoint, uint32_t length);
uint32_t host_unlink(struct host *host, uint32_t seqnum);
void host_send(struct host *host, const void *bytes, size_t length);
uint32_t host_setup(struct host *host, uint8_t type, uint8_t request, uint16_t value,
		    uint16_t index, uint16_t length);
/* A control request and its reply. */
const struct reply *host_control(struct host *host, uint8_t type, uint8_t request, uint16_t value,
				 uint16_t index, uint16_t length);
void host_configure(struct host *host, uint8_t alternate);

/* The next reply that has arrived, or NULL. Valid until the next call. */
const struct reply *host_reply(struct host *host);
/* The next reply, which must be that of @seqnum. */
const struct reply *host_reply_to(struct host *host, uint32_t seqnum);
size_t host_raw(struct host *host, uint8_t *bytes, size_t room);
struct sim_pipe_stats host_stats(struct host *host, uint8_t endpoint);

#endif
