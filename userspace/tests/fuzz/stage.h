/* SPDX-License-Identifier: MIT */
/*
 * Where cases are carried out: a process with devices that stay plugged in from one case to the
 * next. What a case leaves in them is taken back; after some dozens, one that failed, and one of
 * which the device went, the stage is made anew.
 */
#ifndef WINUSB_ISO_FUZZ_STAGE_H
#define WINUSB_ISO_FUZZ_STAGE_H

#include "op.h"

/*
 * Carries it out; false if all is well. It may be that what fails is what a case before it on that
 * stage has left.
 */
bool stage_fails(const struct op_case *one);
/* The same with a device that is bound once more before, so that to the driver it is a new one. */
bool stage_fails_anew(const struct op_case *one);
/* The next case has devices of its own. False if the stage that ends here left something. */
bool stage_fresh(void);
/* The first complaint of the kernel about the last case that failed; empty if there was none. */
const char *stage_complaint(void);
/*
 * When one just failed: prints what was said, finds out which it is, makes that small, and prints
 * what remains.
 */
void stage_report(void);
/* What the last stage said, as comments. */
void stage_said(void);

#endif
