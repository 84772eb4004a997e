/* SPDX-License-Identifier: MIT */
/* What users type: pure parsers, no files, no devices. */
#ifndef WINUSB_ISO_TOOL_PARSE_H
#define WINUSB_ISO_TOOL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum device_spec_kind {
	DEVICE_ANY,  /* none named: the only one */
	DEVICE_PATH, /* /dev/winusb-iso0, or its number */
	DEVICE_ID,   /* 1209:0001 or 1209:0001:2 */
	DEVICE_NAME, /* the kernel's name: 1-2 (a device) or 1-2:1.0 (an interface) */
};

struct device_spec {
	enum device_spec_kind kind;
	char path[256]; /* DEVICE_PATH and DEVICE_NAME */
	uint16_t vendor, product;
	int interface; /* -1: any */
};

#define MAX_PATTERN_PACKETS 65536

/* Packet lengths that repeat; count 0: full packets. */
struct packet_pattern {
	uint32_t *lengths;
	size_t count;
};

/* Each gives true, or false and a clause about what is wrong in *problem. */
bool parse_device(const char *text, struct device_spec *spec, const char **problem);
bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *value,
		  const char **problem);
/* "0x81", "129", "81h" is no address. */
bool parse_pipe(const char *text, uint8_t *address, const char **problem);
/* "10", "10s", "1.5s", "250ms", "125us", "2m", "1h" to nanoseconds; not 0. */
bool parse_duration(const char *text, uint64_t *nanoseconds, const char **problem);
/* "4096", "64k", "8M", "1G": powers of 1024; not 0. */
bool parse_size(const char *text, uint64_t *bytes, const char **problem);
/* "full", "192", "176,180" or "176*9,180"; every length at most @most. */
bool parse_pattern(const char *text, uint32_t most, struct packet_pattern *pattern,
		   const char **problem);
void free_pattern(struct packet_pattern *pattern);

#endif
