/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bus time arithmetic. Pure: no USB, file or scheduler header.
 *
 * Bus time is a 64-bit count of microframes (125 us) that never wraps in
 * practice. Host controllers know only its low bits.
 */
#ifndef WINUSB_ISO_FRAME_H
#define WINUSB_ISO_FRAME_H

#include <linux/types.h>

#define ISO_NS_PER_UFRAME	125000
#define ISO_UFRAMES_PER_FRAME	8

/*
 * Divides the modulus of every controller's start_frame: 256 frames. So start
 * frames are compared modulo this.
 */
#define ISO_START_MODULUS	2048

/* Where bus time begins: far enough from 0 that estimates stay positive. */
#define ISO_UFRAME_EPOCH	0x100000ULL

/**
 * struct iso_clock - relation of bus time to CLOCK_MONOTONIC
 * @uframe: bus time ...
 * @ns: ... at this time.
 */
struct iso_clock {
	u64 uframe;
	u64 ns;
};

u64 iso_frame_extend(u64 near, u32 raw, u32 modulus);
u64 iso_clock_uframe(const struct iso_clock *clock, u64 ns);
u64 iso_clock_ns(const struct iso_clock *clock, u64 uframe);
bool iso_clock_agrees(const struct iso_clock *clock, u64 low, u32 slack,
		      u64 ns);
void iso_clock_observe(struct iso_clock *clock, u64 low, u32 slack, u64 ns);

#endif
