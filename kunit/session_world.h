/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions of a device with everything around them, on the fake host. */
#ifndef WINUSB_ISO_KUNIT_SESSION_WORLD_H
#define WINUSB_ISO_KUNIT_SESSION_WORLD_H

#include <linux/usb.h>

#include "driver/buffer.h"
#include "driver/controller.h"
#include "driver/device.h"
#include "driver/endpoint.h"
#include "driver/intake.h"
#include "driver/pipe.h"
#include "driver/plain.h"
#include "driver/session.h"

#include "case.h"
#include "fake_host.h"
#include "trace_stub.h"

/*
 * The device's endpoints. Alternate setting 0 has none; 1 has all; 2 has only
 * STREAM_IN, with packets of twice the size.
 */
#define STREAM_IN	0x81	/* isochronous, 4 bytes in each microframe */
#define STREAM_OUT	0x02
#define BULK_OUT	0x03
#define BULK_IN		0x84
#define INTERRUPT_IN	0x85
#define NARROW		0x86	/* isochronous, packets of no bytes */
#define INTERRUPT_OUT	0x08
#define BROKEN		0x07	/* bulk, packets of no bytes */

/**
 * struct session_world - see above
 * @bus: of the device ...
 * @sysdev: ... and the controller.
 * @udev: the device.
 * @intf: its interface.
 * @ends: endpoints of the plain pipes, as usbcore has them.
 * @controller: what the host controller does.
 * @alternates: descriptors.
 * @device: the bound interface.
 * @session: one open file.
 * @other: another.
 * @set_interface: what usb_set_interface() says ...
 * @settings: ... and how often it was asked.
 * @clear_halt: what usb_clear_halt() says ...
 * @clears: ... and how often it was asked.
 * @resets: calls of usb_reset_endpoint().
 * @lacks: an alternate setting that usbcore had no room for.
 */
struct session_world {
	struct usb_bus bus;
	struct device sysdev;
	struct usb_device *udev;
	struct usb_interface intf;
	struct usb_host_endpoint ends[5];
	struct iso_controller controller;
	struct iso_alternate alternates[3];
	struct iso_device *device;
	struct iso_session *session;
	struct iso_session *other;
	int set_interface;
	unsigned int settings;
	int clear_halt;
	unsigned int clears;
	unsigned int resets;
	int lacks;
};

int session_suite_init(struct kunit *test);
void session_suite_exit(struct kunit *test);
struct session_world *session_world_of(struct kunit *test);
struct session_world *session_world_reporting(struct kunit *test,
					      enum iso_reports reports,
					      bool has_counter);

void session_limit_memory(unsigned int mb);
long session_memory(void);

int session_select(struct session_world *world, u32 setting);
int session_register(struct iso_session *session, u8 address, u32 size,
		     u32 packets, u32 *handle);
int session_unregister(struct iso_session *session, u32 handle);
int session_submit(struct iso_session *session,
		   const struct winusb_iso_transfer *request);
bool session_reap(struct iso_session *session,
		  struct winusb_iso_completion *result);

#endif
