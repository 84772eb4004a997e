/* SPDX-License-Identifier: MIT */
/* Devices that stay plugged in, for the cases of the node. */
#ifndef WINUSB_ISO_FUZZ_PLUG_H
#define WINUSB_ISO_FUZZ_PLUG_H

#include "op.h"

/* Within a test: cases are found at @one from now on. */
void plug_start(const struct op_case *one);
/*
 * Carries it out on a device of its speed, which is plugged in if there is none, or @anew bound
 * once more. What is left of it there is taken back. True if all is well; @gone: the device went.
 */
bool plug_case(bool anew, bool *gone);

#endif
