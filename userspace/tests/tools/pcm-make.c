// SPDX-License-Identifier: MIT
/* pcm-make SEED FRAMES: that many frames of 16-bit stereo PCM to standard output. */
#include "pcm.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

static int write_frames(uint32_t frame, unsigned long frames)
{
	uint32_t sample;

	for (; frames; frames--) {
		frame = pcm_next(frame);
		if (!frame) /* silence is what the comparison skips */
			frame = pcm_next(frame);
		sample = htole32(frame);
		if (fwrite(&sample, sizeof(sample), 1, stdout) != 1)
			return -1;
	}
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: pcm-make SEED FRAMES\n");
		return 2;
	}
	if (write_frames((uint32_t)strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0))) {
		perror("pcm-make");
		return 1;
	}
	return 0;
}
