// SPDX-License-Identifier: MIT
/* The frame clock: microframes of 125 us at high and super speed, frames of 1 ms at full speed. */
#include "internal.h"

#include <time.h>

uint64_t clock_now(const struct sim *sim)
{
	struct timespec now;

	if (sim->options.clock)
		return sim->options.clock(sim->options.clock_argument);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void clock_step(struct sim *sim)
{
	uint64_t now = clock_now(sim);

	if (now > sim->now_ns)
		sim->now_ns = now;
	sim->now_frame = sim->options.first_frame + (sim->now_ns - sim->epoch_ns) / sim->frame_ns;
}

/* When @frame begins. */
uint64_t clock_time_of(const struct sim *sim, uint64_t frame)
{
	if (frame < sim->options.first_frame)
		return sim->epoch_ns;
	return sim->epoch_ns + (frame - sim->options.first_frame) * sim->frame_ns;
}
