/* SPDX-License-Identifier: MIT */
/* Numbers by chance, the same everywhere for the same seed (xorshift). */
#ifndef WINUSB_ISO_SIM_CHANCE_H
#define WINUSB_ISO_SIM_CHANCE_H

#include <stdint.h>

static inline uint32_t chance_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

/* Row @number of @seed; neighbours have nothing in common. */
static inline uint64_t chance_begin(uint32_t seed, uint32_t number)
{
	uint64_t state = ((uint64_t)seed << 32 | number) * 0x9e3779b97f4a7c15ull + 1;
	unsigned int i;

	for (i = 0; i < 8; i++)
		chance_next(&state);
	return state;
}

/* 0 to @limit - 1; 0 if @limit is 0. */
static inline uint32_t chance_below(uint64_t *state, uint32_t limit)
{
	uint32_t value = chance_next(state);

	return limit ? value % limit : 0;
}

/* One in @n. */
static inline int chance_one_in(uint64_t *state, uint32_t n)
{
	return chance_below(state, n) == 0;
}

#endif
