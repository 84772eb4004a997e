/* SPDX-License-Identifier: GPL-2.0-only */
/* A session: one open file, with its buffers, rings and calls. */
#ifndef WINUSB_ISO_SESSION_H
#define WINUSB_ISO_SESSION_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/xarray.h>

#include "ring.h"

/* Bits 63..32 of the mmap offset of a pipe ring, less the pipe's index. */
#define ISO_INTAKE_COOKIE	(2 * WINUSB_ISO_MAX_BUFFERS)

struct iso_buffer;
struct iso_device;
struct iso_intake;
struct iso_plain;
struct iso_transfer;

/**
 * struct iso_session - one open file
 * @device: the device; a reference is held.
 * @node: in the device's list; guarded by the device's lock.
 * @buffers: registered buffers by handle; changes under the device's lock, read
 *	under it or RCU.
 * @control: its control transfers, if it has a buffer for them; guarded by the
 *	device's lock.
 * @ring: its rings; created under the device's lock.
 * @power: guarded by the device's open lock.
 * @power.auto_suspend: it does not keep the device awake.
 * @power.wake: it wants the device to wake the host.
 * @power.delay: it has set the time of idleness.
 * @reap_lock: one collector at a time; may be held over copies to user space.
 */
struct iso_session {
	struct iso_device *device;
	struct list_head node;
	struct xarray buffers;
	struct iso_plain *control;
	struct iso_ring ring;
	struct {
		bool auto_suspend;
		bool wake;
		bool delay;
	} power;
	struct mutex reap_lock; /* one collector at a time */
};

struct iso_session *iso_session_create(struct iso_device *device);
void iso_session_destroy(struct iso_session *session);
void iso_session_wake(struct iso_session *session);

/* Calls, under the device's lock and with a device that is not gone. */
int iso_session_get_info(struct iso_session *session,
			 struct winusb_iso_info *info);
int iso_session_get_alternate(struct iso_session *session,
			      struct winusb_iso_alternate *alternate);
int iso_session_get_pipe(struct iso_session *session,
			 struct winusb_iso_pipe_info *pipe);
int iso_session_set_alternate(struct iso_session *session,
			      const struct winusb_iso_set_alternate *set);
int iso_session_setup_ring(struct iso_session *session,
			   struct winusb_iso_setup_ring *setup);
int iso_session_register(struct iso_session *session,
			 struct iso_buffer *buffer,
			 struct winusb_iso_buffer *request);
int iso_session_unregister(struct iso_session *session,
			   const struct winusb_iso_unregister_buffer *request);
int iso_session_submit(struct iso_session *session,
		       const struct winusb_iso_transfer *request);
int iso_session_submit_ring(struct iso_session *session,
			    struct winusb_iso_submit_ring *request);
int iso_session_setup_pipe_ring(struct iso_session *session,
				struct winusb_iso_setup_pipe_ring *setup);
int iso_session_start_pipe(struct iso_session *session,
			   const struct winusb_iso_pipe *request);
int iso_session_abort(struct iso_session *session,
		      const struct winusb_iso_pipe *request);
int iso_session_reset(struct iso_session *session,
		      const struct winusb_iso_pipe *request);
int iso_session_cancel(struct iso_session *session,
		       const struct winusb_iso_cancel *request);
int iso_session_get_frame(struct iso_session *session,
			  struct winusb_iso_frame *frame);

/* submit_plain.c */
int iso_check_plain(struct iso_session *session, struct iso_transfer *transfer);

struct iso_buffer *
iso_session_prepare(struct iso_session *session,
		    const struct winusb_iso_buffer *request);
struct iso_intake *iso_session_intake(struct iso_session *session, u32 cookie);
struct iso_buffer *iso_session_buffer(struct iso_session *session, u32 handle);
void iso_session_drop(struct iso_session *session, struct iso_buffer *buffer);

#endif
