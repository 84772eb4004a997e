/* SPDX-License-Identifier: GPL-2.0-only */
/* A plain pipe with everything around it: device, buffer, rings, and the fake host. */
#ifndef WINUSB_ISO_KUNIT_PLAIN_WORLD_H
#define WINUSB_ISO_KUNIT_PLAIN_WORLD_H

#include <linux/usb.h>

#include "driver/buffer.h"
#include "driver/plain.h"
#include "driver/ring.h"
#include "driver/transfer.h"

#include "case.h"
#include "fake_host.h"
#include "trace_stub.h"

#define NOT_SENT	WINUSB_ISO_COMPLETION_NOT_SENT

/* What tests use as endpoints; 0 is control. */
#define PLAIN_IN	0x81
#define PLAIN_OUT	0x01

/* Bytes of each transfer that says nothing else, and most transfers. */
#define PLAIN_BYTES	16
#define PLAIN_MOST	16384

/**
 * struct plain_world - see above
 * @udev: the device; its speed and one endpoint count.
 * @endpoint: that one.
 * @ring: rings of the session.
 * @buffer: the one registered buffer.
 * @plain: the pipe under test.
 * @queued: transfers accepted; the next one's cookie.
 * @reaped: completions collected.
 * @before_submit: if not NULL, called once, before the host gets the next URB.
 * @ops: the fake host's, and that.
 */
struct plain_world {
	struct usb_device *udev;
	struct usb_host_endpoint endpoint;
	struct iso_ring ring;
	struct iso_buffer buffer;
	struct iso_plain *plain;
	u64 queued;
	u64 reaped;
	void (*before_submit)(struct plain_world *world);
	struct iso_pipe_ops ops;
};

int plain_suite_init(struct kunit *test);
void plain_suite_exit(struct kunit *test);
struct plain_world *plain_world_of(struct kunit *test, enum usb_device_speed speed,
				   u8 address, u8 type, u8 interval);
struct plain_world *plain_bulk(struct kunit *test);
struct plain_world *plain_control(struct kunit *test);

int plain_queue_request(struct plain_world *world,
			struct winusb_iso_transfer *request,
			const struct usb_ctrlrequest *setup);
int plain_queue(struct plain_world *world);
int plain_submit(struct plain_world *world);
void plain_submit_many(struct kunit *test, struct plain_world *world,
		       unsigned int count);
struct urb *plain_held(unsigned int index);
void plain_finish(unsigned int index, int status);
struct winusb_iso_completion plain_reap(struct kunit *test,
					struct plain_world *world);
void plain_expect(struct kunit *test, struct plain_world *world, u64 cookie,
		  int status, u32 flags);
void plain_expect_done(struct kunit *test, struct plain_world *world, u64 cookie);
void plain_expect_none(struct kunit *test, struct plain_world *world);
int plain_unlink_and_go_on(struct urb *urb);
void plain_settle(struct plain_world *world);

#endif
