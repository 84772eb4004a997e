// SPDX-License-Identifier: GPL-2.0-only
/* Bus time arithmetic. Pure: no USB, file or scheduler header. */

#include <linux/math64.h>

#include "frame.h"

/**
 * iso_frame_extend - bus time of which a controller knows the low bits
 * @near: bus time that is not further than half of @modulus from the result
 * @raw: the low bits; higher ones are ignored
 * @modulus: a power of two, in microframes
 */
u64 iso_frame_extend(u64 near, u32 raw, u32 modulus)
{
	u32 ahead = (raw - (u32)near) & (modulus - 1);

	if (ahead < modulus / 2)
		return near + ahead;
	return near + ahead - modulus;
}

/** iso_clock_uframe - bus time at @ns of CLOCK_MONOTONIC, rounded down */
u64 iso_clock_uframe(const struct iso_clock *clock, u64 ns)
{
	if (ns >= clock->ns)
		return clock->uframe + div_u64(ns - clock->ns, ISO_NS_PER_UFRAME);
	return clock->uframe - div_u64(clock->ns - ns + ISO_NS_PER_UFRAME - 1,
				       ISO_NS_PER_UFRAME);
}

/** iso_clock_ns - CLOCK_MONOTONIC at which microframe @uframe begins */
u64 iso_clock_ns(const struct iso_clock *clock, u64 uframe)
{
	return clock->ns + (s64)(uframe - clock->uframe) * ISO_NS_PER_UFRAME;
}

/**
 * iso_clock_agrees - is what the clock says inside of what a reading allows?
 * @clock: the clock
 * @low: earliest bus time that it can be ...
 * @slack: ... and how many microframes later it can be at the most
 * @ns: CLOCK_MONOTONIC of the reading
 */
bool iso_clock_agrees(const struct iso_clock *clock, u64 low, u32 slack,
		      u64 ns)
{
	u64 predicted = iso_clock_uframe(clock, ns);

	return predicted >= low && predicted <= low + slack;
}

/**
 * iso_clock_observe - correct the clock by a reading
 * @clock: the clock
 * @low: earliest bus time that it can be ...
 * @slack: ... and how many microframes later it can be at the most
 * @ns: CLOCK_MONOTONIC of the reading
 *
 * A frame counter leaves the microframe open, so a prediction inside of what
 * the reading allows is better than the reading.
 */
void iso_clock_observe(struct iso_clock *clock, u64 low, u32 slack, u64 ns)
{
	if (iso_clock_agrees(clock, low, slack, ns))
		return;
	clock->uframe = iso_clock_uframe(clock, ns) < low ? low : low + slack;
	clock->ns = ns;
}
