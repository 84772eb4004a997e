/* SPDX-License-Identifier: MIT */
/* Carries a case out. */
#ifndef WINUSB_ISO_FUZZ_RUN_H
#define WINUSB_ISO_FUZZ_RUN_H

/* As TAP, of the file @argv[2]; ends with 0 if all is well. With @argv[3]: cover_use(). */
int run_file(int argc, char **argv);

#endif
