/* SPDX-License-Identifier: MIT */
/* Sleep of the system, from which it wakes at once. */
#ifndef WINUSB_ISO_TESTS_POWER_H
#define WINUSB_ISO_TESTS_POWER_H

/* All devices have slept, and work again; the processor did not sleep, nor did the clock stop. */
void power_sleep(void);

#endif
