/* SPDX-License-Identifier: MIT */
/* The same scenarios at every speed, five intervals and in both directions: a test for each. */
#ifndef WINUSB_ISO_TESTS_GRID_H
#define WINUSB_ISO_TESTS_GRID_H

#include "course.h"

struct grid_scenario {
	const char *words;
	void (*run)(struct course *course);
};

struct grid_cell {
	char sentence[160]; /* first: tap_sentence() of a running test is its cell */
	const struct gadget_speed *speed;
	unsigned int exponent; /* of the interval: 2^exponent */
	bool in;
	const struct grid_scenario *scenario;
};

/* For @run: the cell of the test that runs. */
const struct grid_cell *grid_cell(void);

/* @name stands in each sentence. */
#define GRID_MAIN(argc, argv, name, scenarios, run) \
	grid_main(argc, argv, name, scenarios, sizeof(scenarios) / sizeof((scenarios)[0]), run)

int grid_main(int argc, char **argv, const char *name, const struct grid_scenario *scenarios,
	      unsigned int count, void (*run)(void));

#endif
