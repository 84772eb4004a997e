/* SPDX-License-Identifier: MIT */
/* The device's side: configurations and replies by chance. */
#ifndef WINUSB_ISO_FUZZ_DEVICE_H
#define WINUSB_ISO_FUZZ_DEVICE_H

#include <stdint.h>

/* Case @number of @seed, as a check of the test that runs. */
void device_case(uint32_t seed, uint32_t number);
/* What all cases together came to, as a comment. */
void device_summary(void);

#endif
