/* SPDX-License-Identifier: MIT */
/* The device's side: configurations and replies that are changed. */
#ifndef WINUSB_ISO_FUZZ_DEVICE_H
#define WINUSB_ISO_FUZZ_DEVICE_H

#include "op.h"

/* Within a test: plugs such a device in, uses it, and unplugs it. True if all is well. */
bool device_case(const struct op_case *one);

#endif
