// SPDX-License-Identifier: GPL-2.0-only
/* Random numbers that repeat. */

#include <linux/moduleparam.h>
#include <linux/random.h>

#include "case.h"

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "repeat the random tests of a failure; 0: a new one");

/** chance_begin - choose the seed and put it into the log */
void chance_begin(struct kunit *test, struct chance *chance)
{
	chance->seed = seed ?: get_random_u32() | 1;
	prandom_seed_state(&chance->state, chance->seed);
	kunit_info(test, "seed=%u", chance->seed);
}

/** chance_below - a number from 0 to @limit - 1 */
u32 chance_below(struct chance *chance, u32 limit)
{
	return ((u64)prandom_u32_state(&chance->state) * limit) >> 32;
}
