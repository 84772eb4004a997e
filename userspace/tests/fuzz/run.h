/* SPDX-License-Identifier: MIT */
/* Who does what the cases of the node say. */
#ifndef WINUSB_ISO_FUZZ_RUN_H
#define WINUSB_ISO_FUZZ_RUN_H

#include "op.h"

/* What it is told: the next case is to be carried out, on this device. */
struct run_order {
	char node[32], bus_id[32];
};

/*
 * What it says to whoever has the device: words of this size, faults (sim_fault()) or these; WELL
 * and ILL end a case.
 */
#define RUN_WORD   64u
#define RUN_CLEAR  "clear"
#define RUN_VANISH "vanish"
#define RUN_WELL   "well"
#define RUN_ILL	   "ill"

/* Cases that are put at @one, until there are no more orders. */
void run_cases(const struct op_case *one, int orders, int words) __attribute__((noreturn));

#endif
