/* SPDX-License-Identifier: MIT */
/* Tests of what makes, keeps, changes and cuts cases; they need neither module nor guest. */
#ifndef WINUSB_ISO_FUZZ_MINIMISER_H
#define WINUSB_ISO_FUZZ_MINIMISER_H

int minimiser_main(char **argv);

#endif
