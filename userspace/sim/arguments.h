/* SPDX-License-Identifier: MIT */
/* The command line of winusb-iso-sim. */
#ifndef WINUSB_ISO_SIM_ARGUMENTS_H
#define WINUSB_ISO_SIM_ARGUMENTS_H

#include "sim.h"

#define ARGUMENTS_FAULTS 32

struct arguments {
	struct sim_options options;
	const char *fault[ARGUMENTS_FAULTS];
	unsigned int n_faults;
	const char *listen; /* NULL: plug into vhci_hcd */
	const char *control;
	const char *send;  /* command for a running device at @control */
	const char *stats; /* "-" is standard output */
	int ready_fd;
	bool use_stdin, daemon, wait, once;
};

/* 0 go on, 1 done (--help), -1 bad arguments (sim_error() says which). */
int arguments_parse(struct arguments *arguments, int argc, char **argv);

#endif
