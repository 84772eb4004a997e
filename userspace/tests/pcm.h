/* SPDX-License-Identifier: MIT */
/*
 * The sound card that a gadget's audio function makes here, by bare ioctls: 16 bit stereo, one
 * uint32_t a frame. Files do not block.
 */
#ifndef WINUSB_ISO_TESTS_PCM_H
#define WINUSB_ISO_TESTS_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCM_FRAME_BYTES	  4u
#define PCM_BUFFER_FRAMES 4096u

/* Opens and prepares it at @rate; closed at the end of the test. */
int pcm_open(bool playback, unsigned int rate);
/* Playback starts by itself with what is written first. */
void pcm_start(int fd);
/* Frames that could be moved now; the test ends at an error. */
size_t pcm_write(int fd, const uint32_t *frames, size_t count);
size_t pcm_read(int fd, uint32_t *frames, size_t count);

#endif
