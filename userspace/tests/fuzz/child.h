/* SPDX-License-Identifier: MIT */
/* Each case in a process of its own, with a device of its own. */
#ifndef WINUSB_ISO_FUZZ_CHILD_H
#define WINUSB_ISO_FUZZ_CHILD_H

#include "op.h"

/* Adds what the cases execute to this file from now on (cover.h). */
void child_cover(const char *path);
/* Carries it out; what it says goes to a file. */
bool child_fails(const struct op_case *one);
/* For one that just failed: prints what it said, makes it small, prints what remains. */
void child_report(struct op_case *one);

#endif
