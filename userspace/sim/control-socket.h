/* SPDX-License-Identifier: MIT */
/* Commands for the running program: from a socket in the file system and from standard input. */
#ifndef WINUSB_ISO_SIM_CONTROL_SOCKET_H
#define WINUSB_ISO_SIM_CONTROL_SOCKET_H

#include <poll.h>

#include "sim.h"

#define CONTROL_CLIENTS 4
#define CONTROL_FDS	(CONTROL_CLIENTS + 1)

struct control_client {
	int fd, out;
	size_t used;
	char line[256];
};

struct control {
	int fd; /* -1: no socket */
	const char *path;
	struct control_client client[CONTROL_CLIENTS];
};

int control_open(struct control *control, const char *path, bool use_stdin);
void control_close(struct control *control);
/* Fills CONTROL_FDS entries. */
void control_poll(const struct control *control, struct pollfd *fds);
/* 1 if somebody said stop. */
int control_process(struct control *control, const struct pollfd *fds, struct sim *sim);
/* The other end: sends one command, prints the answer. The exit status. */
int control_send(const char *path, const char *command);

#endif
