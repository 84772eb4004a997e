/* SPDX-License-Identifier: MIT */
/* A USB/IP server with one device, for usbip list and usbip attach. */
#ifndef WINUSB_ISO_SIM_LISTEN_H
#define WINUSB_ISO_SIM_LISTEN_H

#include <poll.h>

#include "sim.h"

#define LISTEN_CLIENTS 8
#define LISTEN_FDS     (LISTEN_CLIENTS + 1)
#define LISTEN_BUS_ID  "1-1"

struct listen_client {
	int fd;
	size_t used;
	uint8_t request[40];
};

struct listener {
	int fd;
	unsigned int oldest;
	struct listen_client client[LISTEN_CLIENTS];
};

/* @where is PORT or ADDRESS:PORT, [ADDRESS]:PORT for IPv6. */
int listen_open(struct listener *listener, const char *where);
void listen_close(struct listener *listener);
/* Fills LISTEN_FDS entries. */
void listen_poll(const struct listener *listener, struct pollfd *fds);
/* 1 if @sim got its connection. */
int listen_process(struct listener *listener, const struct pollfd *fds, struct sim *sim,
		   const struct sim_options *options);

#endif
