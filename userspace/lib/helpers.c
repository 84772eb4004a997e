// SPDX-License-Identifier: MIT
/* Arithmetic for callers, and the version. */
#include "internal.h"

#define TEXT(x)	       #x
#define NUMBER(x)      TEXT(x)
#define UFRAMES_PER_MS 8u

const char *wiso_version(void)
{
	return NUMBER(WISO_VERSION_MAJOR) "." NUMBER(WISO_VERSION_MINOR) "." NUMBER(
		WISO_VERSION_PATCH);
}

uint32_t wiso_packets_for_ms(const struct winusb_iso_pipe_info *pipe, unsigned int ms)
{
	uint64_t interval = pipe->interval ? pipe->interval : 1;
	uint64_t packets = ((uint64_t)ms * UFRAMES_PER_MS + interval - 1) / interval;

	if (packets > WINUSB_ISO_MAX_BUFFER_PACKETS)
		return WINUSB_ISO_MAX_BUFFER_PACKETS;
	return packets ? (uint32_t)packets : 1;
}
