/* SPDX-License-Identifier: MIT */
/*
 * The clock of dummy_hcd.0 by hand, in step with CLOCK_MONOTONIC.
 *
 * The driver reads the controller's frame counter beside CLOCK_MONOTONIC, as on a real bus, and may
 * rely on both going on together. So this clock is moved by as much as CLOCK_MONOTONIC has moved:
 * busclock_advance() sleeps until then, which costs nothing where instructions are counted
 * (scripts/vm --icount). Microframe u is CLOCK_MONOTONIC from busclock_ns(u) to busclock_ns(u + 1);
 * a test that asks for exact verdicts does what it does within that time, some 10^5 instructions.
 *
 * The frame counter leaves the microframe open. busclock_learn() reads the bus time on both sides
 * of a frame's boundary, after which the driver knows it to the microframe.
 */
#ifndef WINUSB_ISO_BUSCLOCK_H
#define WINUSB_ISO_BUSCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define BUSCLOCK_NS    125000 /* of a microframe */
#define BUSCLOCK_FRAME 8      /* microframes */

/* Makes the clock a manual one until the end of the test, at microframe @busclock_now(). */
void busclock_take(void);

/* The manual clock: microframes, unwrapped. */
uint64_t busclock_now(void);
/* When a microframe begins, in CLOCK_MONOTONIC. */
uint64_t busclock_ns(uint64_t uframe);
uint64_t busclock_monotonic(void);

/* Moves on, microframe by microframe; everything that is due then has been given back. */
void busclock_advance(uint64_t uframes);
void busclock_advance_to(uint64_t uframe);
/* To a microframe that is @phase in its frame, 0 to 7; by 1 to 8. */
void busclock_advance_to_phase(unsigned int phase);
/* After calls that took their own time (control transfers, sleep): moves on by what has passed. */
void busclock_catch_up(void);
/* Goes to @uframe without passing through what is between; nothing may be pending. */
void busclock_jump(uint64_t uframe);

/* Sets the clock back: it lies, and CLOCK_MONOTONIC does not. Nothing may be pending. */
void busclock_set_back(uint64_t uframes);

/*
 * Lets the driver know the bus time to the microframe; moves on by up to a frame and ends in the
 * first microframe of one. Returns bus time less clock, which stays until the clock jumps.
 */
uint64_t busclock_learn(int fd);

#endif
