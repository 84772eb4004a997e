/* SPDX-License-Identifier: MIT */
/* Cases made of those that reached something new. */
#ifndef WINUSB_ISO_FUZZ_GUIDED_H
#define WINUSB_ISO_FUZZ_GUIDED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * struct guided_plan - how much of what
 * @seed: of all chance.
 * @operations: of a case that is not made of another.
 * @budget: operations in all.
 * @rough: cases may break the link to the device.
 * @blind: no case is made of another; what they reach is counted.
 * @corpus: a folder; its cases come first, and in the end it has those that were kept. Or NULL.
 */
struct guided_plan {
	uint32_t seed;
	unsigned int operations, budget;
	bool rough, blind;
	const char *corpus;
};

/* Within a test. */
void guided_run(const struct guided_plan *plan);

#endif
