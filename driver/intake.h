/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pipe's own transfer ring: what user space published there is taken by the
 * pump, in whatever context that runs.
 */
#ifndef WINUSB_ISO_INTAKE_H
#define WINUSB_ISO_INTAKE_H

#include <linux/types.h>

#include <uapi/linux/winusb_iso.h>

struct iso_pipe;
struct iso_ring;
struct xarray;

/**
 * struct iso_intake - the transfer ring of a pipe
 * @control: start of the shared memory; written, never believed.
 * @transfers: in the shared memory.
 * @ring: of the session: where transfers come from and completions go.
 * @buffers: of the session: read under RCU, since a buffer of another pipe can
 *	be unregistered meanwhile. One of this pipe is not, while the pipe's
 *	lock is held (see iso_buffer_retire()).
 * @size: bytes of shared memory.
 * @entries: a power of two.
 * @head: next entry to take; guarded by the pipe's lock.
 * @low: user space has been told to call START_PIPE; guarded by the pipe's lock.
 */
struct iso_intake {
	struct winusb_iso_pipe_ring *control;
	struct winusb_iso_transfer *transfers;
	struct iso_ring *ring;
	struct xarray *buffers;
	size_t size;
	u32 entries;
	u32 head;
	bool low;
};

struct iso_intake *iso_intake_create(struct iso_ring *ring,
				     struct xarray *buffers, u32 entries);
void iso_intake_destroy(struct iso_intake *intake);
int iso_intake_published(struct iso_intake *intake);
int iso_intake_take(struct iso_pipe *pipe);
void iso_intake_tell(struct iso_pipe *pipe);

#endif
