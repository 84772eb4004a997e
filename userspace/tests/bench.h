/* SPDX-License-Identifier: MIT */
/*
 * The gadget that tests of frames stand on, on dummy_hcd and bound by winusb_iso (loaded with
 * devices=1209:0001): the kernel's SourceSink, or the recorder of recorder.h; of a speed and an
 * interval. It stays from test to test while they want the same one; what a test does with it,
 * begins with selecting the alternate setting.
 */
#ifndef WINUSB_ISO_TESTS_BENCH_H
#define WINUSB_ISO_TESTS_BENCH_H

#include "gadget.h"

enum bench_function { BENCH_SOURCE_SINK, BENCH_RECORDER };

/* Makes it the gadget of @function at @speed, with intervals of 2^@exponent. */
void bench_gadget(enum bench_function function, const struct gadget_speed *speed,
		  unsigned int exponent);
void bench_gadget_gone(void);
const char *bench_node(void);
/* The alternate setting that has isochronous pipes. */
unsigned int bench_alternate(void);

/* TAP_MAIN() for tests on it: after each no file of the module is open, and no gadget is left. */
#define BENCH_MAIN(argc, argv, tests) \
	bench_main(argc, argv, tests, sizeof(tests) / sizeof((tests)[0]))

int bench_main(int argc, char **argv, const struct tap_test *tests, size_t count);

#endif
