/* SPDX-License-Identifier: MIT */
/* Cases made of those that reached something new. */
#ifndef WINUSB_ISO_FUZZ_GUIDED_H
#define WINUSB_ISO_FUZZ_GUIDED_H

#include <stdbool.h>
#include <stdint.h>

#include "op.h"

/*
 * struct guided_plan - how much of what
 * @family: of cases.
 * @seed: of all chance.
 * @operations: the most of a case that is not made of another.
 * @seconds: of the guest's clock; what reporting a failure takes is not counted.
 * @blind: no case is made of another; what they reach is counted.
 * @corpus: a folder; its cases come first, and in the end it has those that were kept. Or NULL.
 */
struct guided_plan {
	enum op_family family;
	uint32_t seed;
	unsigned int operations, seconds;
	bool blind;
	const char *corpus;
};

/* Within a test. */
void guided_run(const struct guided_plan *plan);

#endif
