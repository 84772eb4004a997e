// SPDX-License-Identifier: MIT
/*
 * Memory that bulk, interrupt and control transfers go through: registered buffers of the
 * driver, of a few sizes, kept for the next transfer of their pipe.
 */
#include <errno.h>
#include <stdlib.h>

#include "winusb-internal.h"

#define SMALLEST 4096u
/* What is always worth a try when more is not to be had. */
#define ENOUGH	 65536u
#define MAX_KEPT 16u

static uint32_t size_for(uint32_t want)
{
	uint32_t size = SMALLEST;

	while (size < want && size < WINUSB_ISO_MAX_BUFFER_SIZE)
		size *= 2;
	return size;
}

/* One that fits, and is not much too large. */
static struct winusb_stage *take_kept(struct winusb_pipe *pipe, uint32_t size)
{
	struct winusb_stage **at = &pipe->stages, *found;

	while (*at && ((*at)->size < size || (*at)->size > 4 * size))
		at = &(*at)->next;
	found = *at;
	if (found) {
		*at = found->next;
		pipe->num_stages--;
	}
	return found;
}

static struct winusb_stage *make(struct winusb_pipe *pipe, struct wiso_device *dev, uint32_t size)
{
	struct winusb_stage *stage = calloc(1, sizeof(*stage));

	if (!stage)
		return NULL;
	stage->buffer = wiso_buffer_register(dev, pipe->address, size, 0);
	if (!stage->buffer) {
		free(stage);
		return NULL;
	}
	stage->data = wiso_buffer_data(stage->buffer);
	stage->size = size;
	return stage;
}

struct winusb_stage *winusb_stage_get(struct winusb_pipe *pipe, struct wiso_device *dev,
				      uint32_t want)
{
	uint32_t size = size_for(want);
	struct winusb_stage *stage = take_kept(pipe, size);

	while (!stage) {
		stage = make(pipe, dev, size);
		if (stage || (errno != ENOMEM && errno != EDQUOT) || size <= ENOUGH)
			break;
		size /= 2;
	}
	return stage;
}

void winusb_stage_put(struct winusb_pipe *pipe, struct winusb_stage *stage)
{
	if (pipe->num_stages < MAX_KEPT && !atomic_load(&pipe->device->closing)) {
		stage->next = pipe->stages;
		pipe->stages = stage;
		pipe->num_stages++;
		return;
	}
	wiso_buffer_unregister(stage->buffer);
	free(stage);
}

void winusb_stage_drop(struct winusb_pipe *pipe)
{
	while (pipe->stages) {
		struct winusb_stage *stage = pipe->stages;

		pipe->stages = stage->next;
		wiso_buffer_unregister(stage->buffer);
		free(stage);
	}
	pipe->num_stages = 0;
}
