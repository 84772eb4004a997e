/* SPDX-License-Identifier: MIT */
/* 16-bit stereo PCM in which no frame is like its neighbour, and no two files are alike. */
#ifndef WINUSB_ISO_TESTS_PCM_H
#define WINUSB_ISO_TESTS_PCM_H

#include <stdint.h>

/* A generator of full period: 2^32 frames before one comes again. */
static inline uint32_t pcm_next(uint32_t frame)
{
	return frame * 1664525u + 1013904223u;
}

#endif
