// SPDX-License-Identifier: MIT
#include "grid.h"

#include <stdio.h>
#include <stdlib.h>

#define SPEEDS	  3
#define EXPONENTS 5

const struct grid_cell *grid_cell(void)
{
	return (const void *)tap_sentence();
}

/* A gadget serves all cells of its speed and interval. */
static void make_cell(struct grid_cell *cell, unsigned int number, const char *name,
		      const struct grid_scenario *scenarios, unsigned int count)
{
	unsigned int rest = number / count;

	cell->scenario = &scenarios[number % count];
	cell->in = !(rest % 2);
	rest /= 2;
	cell->exponent = rest % EXPONENTS;
	cell->speed = &gadget_speeds[rest / EXPONENTS];
	snprintf(cell->sentence, sizeof(cell->sentence), "%s speed %s, interval %u, %s: %s",
		 cell->speed->name, cell->in ? "IN" : "OUT", 1u << cell->exponent, name,
		 cell->scenario->words);
}

int grid_main(int argc, char **argv, const char *name, const struct grid_scenario *scenarios,
	      unsigned int count, void (*run)(void))
{
	unsigned int i, number = SPEEDS * EXPONENTS * 2 * count;
	struct grid_cell *cells = calloc(number, sizeof(*cells));
	struct tap_test *tests = calloc(number, sizeof(*tests));
	int status;

	if (!cells || !tests) {
		perror("calloc");
		return 1;
	}
	for (i = 0; i < number; i++) {
		make_cell(&cells[i], i, name, scenarios, count);
		tests[i] = (struct tap_test){ cells[i].sentence, run };
	}
	status = bench_main(argc, argv, tests, number);
	free(tests);
	free(cells);
	return status;
}
