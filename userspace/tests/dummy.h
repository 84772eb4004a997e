/* SPDX-License-Identifier: MIT */
/* The knobs and counters of dummy_hcd.0's isochronous side (scripts/dummy-hcd/README.md). */
#ifndef WINUSB_ISO_TESTS_DUMMY_H
#define WINUSB_ISO_TESTS_DUMMY_H

#include <stdbool.h>
#include <stdint.h>

/* Writes a knob: 0 or a negative errno. */
int dummy_write(const char *name, const char *text);
/* Sets a knob until the end of the test. */
void dummy_set(const char *name, uint64_t value);
uint64_t dummy_get(const char *name);
/* Orders packet errors; what is left of them is taken back at the end of the test. */
void dummy_inject(uint8_t address, const char *fault, unsigned int count, unsigned int skip);

/* An isochronous endpoint in use, as "endpoints" tells of it. */
struct dummy_endpoint {
	uint64_t next_uframe, queued_urbs, packets, missed, late, bytes, errors;
};

/* False if the endpoint has not been used since its alternate setting was selected. */
bool dummy_endpoint(uint8_t address, struct dummy_endpoint *endpoint);

#endif
