/* SPDX-License-Identifier: MIT */
/*
 * A device program that sends back what it gets: every packet from an isochronous OUT endpoint
 * goes to an isochronous IN endpoint, by asynchronous I/O on the endpoints' files (FunctionFS,
 * gadgetfs). Nothing is lost while a request waits for every packet; packets of no length are not
 * sent back.
 */
#ifndef WINUSB_ISO_TESTS_ECHO_H
#define WINUSB_ISO_TESTS_ECHO_H

#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHO_SLOTS 128

struct echo_slot {
	struct iocb request;
	uint8_t *data;
	bool idle, writes;
};

struct echo {
	int out, in;  /* the endpoints' files */
	int event;    /* readable when echo_serve() has something to do */
	size_t bytes; /* of a packet at most */
	aio_context_t context;
	struct echo_slot slot[ECHO_SLOTS];
	uint64_t packets, bytes_back; /* sent back */
};

/* 0 or a negative errno. */
int echo_open(struct echo *echo, int out, int in, size_t bytes);
/* The endpoints have been enabled: whatever does nothing, waits for packets again. */
int echo_start(struct echo *echo);
/* Handles what has completed. */
int echo_serve(struct echo *echo);

#endif
