/* SPDX-License-Identifier: MIT */
/*
 * Failures on purpose, inside the kernel (Documentation/fault-injection): the Nth allocation of
 * memory or copy from or to user space that the calling thread makes fails. Only kernels built for
 * it can do that (CONFIG_FAULT_INJECTION_USERCOPY and others).
 */
#ifndef WINUSB_ISO_TESTS_INJECT_H
#define WINUSB_ISO_TESTS_INJECT_H

#include <stdbool.h>

/* Any kind of allocation may be chosen from now on, and none of it is logged. */
void inject_prepare(void);
/* Only copies from now on. */
void inject_only_copies(void);
/* The @nth one fails, counted from 1. */
void inject_begin(unsigned int nth);
/* No more; how many of @nth would still have worked? */
unsigned int inject_left(void);
/* No more; was there one that failed since inject_begin()? */
bool inject_end(void);

#endif
