/* SPDX-License-Identifier: MIT */
/* The loop of an IN stream. */
#ifndef WINUSB_ISO_TOOL_RECEIVE_H
#define WINUSB_ISO_TOOL_RECEIVE_H

#include "session.h"

/* Where the data goes; every function gives 0, or -1 with errno. */
struct receiver {
	void *context;
	/* Before packet 0 of a transfer, and behind its last one: intervals lost there. */
	int (*lost)(void *context, uint32_t intervals);
	int (*packet)(void *context, const void *data, const struct winusb_iso_packet *packet,
		      uint64_t *offset);
};

/* Until a limit, a signal, or the end of the device. *error: errno of the receiver, or 0. */
int receive(struct session *session, const struct receiver *receiver, int *error);

#endif
