// SPDX-License-Identifier: MIT
/* The sound card that a gadget's audio function makes here, by bare ioctls. */
#include "pcm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sound/asound.h>
#include <string.h>

#include "fixture.h"

#define PERIOD_FRAMES 256

/* Whatever the card can do. */
static void any(struct snd_pcm_hw_params *params)
{
	unsigned int i;

	memset(params, 0, sizeof(*params));
	for (i = 0; i <= SNDRV_PCM_HW_PARAM_LAST_MASK - SNDRV_PCM_HW_PARAM_FIRST_MASK; i++)
		memset(&params->masks[i], 0xff, sizeof(params->masks[i]));
	for (i = 0; i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; i++)
		params->intervals[i].max = UINT_MAX;
	params->rmask = UINT_MAX;
	params->info = UINT_MAX;
}

static void choose(struct snd_pcm_hw_params *params, unsigned int parameter, unsigned int bit)
{
	struct snd_mask *mask = &params->masks[parameter - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(mask, 0, sizeof(*mask));
	mask->bits[bit / 32] = 1u << bit % 32;
}

static void set(struct snd_pcm_hw_params *params, unsigned int parameter, unsigned int value)
{
	params->intervals[parameter - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL] =
		(struct snd_interval){ .min = value, .max = value, .integer = 1 };
}

static void configure(int fd, unsigned int rate)
{
	struct snd_pcm_hw_params params;

	any(&params);
	choose(&params, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	choose(&params, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	choose(&params, SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
	set(&params, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	set(&params, SNDRV_PCM_HW_PARAM_RATE, rate);
	set(&params, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PERIOD_FRAMES);
	set(&params, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, PCM_BUFFER_FRAMES);
	REQUIRE_WORKS(fixture_ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &params));
	REQUIRE_WORKS(fixture_ioctl(fd, SNDRV_PCM_IOCTL_PREPARE, NULL));
}

int pcm_open(bool playback, unsigned int rate)
{
	int fd = fixture_open_path(playback ? "/dev/snd/pcmC0D0p" : "/dev/snd/pcmC0D0c",
				   O_RDWR | O_NONBLOCK);

	REQUIRE(fd >= 0);
	configure(fd, rate);
	return fd;
}

void pcm_start(int fd)
{
	REQUIRE_WORKS(fixture_ioctl(fd, SNDRV_PCM_IOCTL_START, NULL));
}

static size_t moved(int err, const struct snd_xferi *transfer)
{
	if (err == -EAGAIN)
		return 0;
	REQUIRE_WORKS(err);
	return (size_t)transfer->result;
}

size_t pcm_write(int fd, const uint32_t *frames, size_t count)
{
	struct snd_xferi transfer = { .buf = (void *)frames, .frames = count };

	return moved(fixture_ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &transfer), &transfer);
}

size_t pcm_read(int fd, uint32_t *frames, size_t count)
{
	struct snd_xferi transfer = { .buf = frames, .frames = count };

	return moved(fixture_ioctl(fd, SNDRV_PCM_IOCTL_READI_FRAMES, &transfer), &transfer);
}
