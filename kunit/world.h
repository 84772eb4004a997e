/* SPDX-License-Identifier: GPL-2.0-only */
/* A pipe with everything around it: device, buffer, rings, and the fake host. */
#ifndef WINUSB_ISO_KUNIT_WORLD_H
#define WINUSB_ISO_KUNIT_WORLD_H

#include <linux/usb.h>

#include "driver/buffer.h"
#include "driver/bus_time.h"
#include "driver/controller.h"
#include "driver/endpoint.h"
#include "driver/pipe.h"
#include "driver/ring.h"
#include "driver/transfer.h"

#include "case.h"
#include "fake_host.h"
#include "trace_stub.h"

#define CONTINUE	WINUSB_ISO_TRANSFER_CONTINUE
#define AT_FRAME	WINUSB_ISO_TRANSFER_AT_FRAME
#define LENGTHS		WINUSB_ISO_TRANSFER_PACKET_LENGTHS
#define NEW_STREAM	WINUSB_ISO_COMPLETION_NEW_STREAM
#define NOT_SENT	WINUSB_ISO_COMPLETION_NOT_SENT

/**
 * struct world_plan - what a test wants
 * @speed: of the device.
 * @out: direction.
 * @max_bytes: of a packet.
 * @interval: microframes.
 * @controller: what the host controller does.
 * @packets: entries of the buffer's packet table.
 */
struct world_plan {
	enum usb_device_speed speed;
	bool out;
	u32 max_bytes;
	u32 interval;
	struct iso_controller controller;
	u32 packets;
};

/**
 * struct world - see above
 * @plan: what it was made by.
 * @udev: the device; only its speed counts.
 * @time: its bus time, by the fake host.
 * @endpoint: what the pipe was configured by.
 * @ring: rings of the session.
 * @buffer: the one registered buffer.
 * @pipe: the pipe under test.
 * @cursor: where in buffer and packet table the next transfer goes.
 * @queued: transfers accepted; the next one's cookie.
 * @reaped: completions collected; the next one's cookie.
 */
struct world {
	struct world_plan plan;
	struct usb_device *udev;
	struct iso_bus_time time;
	struct iso_endpoint endpoint;
	struct iso_ring ring;
	struct iso_buffer buffer;
	struct iso_pipe *pipe;
	u32 cursor;
	u64 queued;
	u64 reaped;
};

/* High speed, 4 bytes in each microframe, on a controller like EHCI. */
#define WORLD_PLAN {						\
	.speed = USB_SPEED_HIGH,				\
	.max_bytes = 4,						\
	.interval = 1,						\
	.packets = 16384,					\
	.controller = {						\
		.name = "fake",					\
		.reports = ISO_REPORTS_AT_SUBMIT,		\
		.has_counter = true,				\
		.keeps_slot = false,				\
		.proof_frames = 1,				\
	},							\
}

int world_suite_init(struct kunit *test);
void world_suite_exit(struct kunit *test);
struct world *world_of(struct kunit *test, const struct world_plan *plan);
struct world *world_default(struct kunit *test);

int world_queue_request(struct world *world, struct winusb_iso_transfer *request);
int world_queue(struct world *world, u32 packets, u32 flags);
int world_submit(struct world *world, u32 packets, u32 flags);
int world_queue_frame(struct world *world, u32 packets, u64 uframe, u32 flags);
int world_submit_frame(struct world *world, u32 packets, u64 uframe, u32 flags);
int world_submit_at(struct world *world, u32 packets, u64 uframe);
bool world_has_completion(struct world *world);
struct winusb_iso_completion world_reap(struct kunit *test, struct world *world);
void world_expect(struct kunit *test, struct world *world, int status, u32 flags);
void world_expect_none(struct kunit *test, struct world *world);

#endif
