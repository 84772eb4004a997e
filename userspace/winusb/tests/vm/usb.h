/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the WinUSB functions stand on: a simulated device, opened as a WinUSB
 * program would. Everything is undone at the end of the test. Functions that return nothing end
 * the test when they can't do their work.
 */
#ifndef WINUSB_TESTS_USB_H
#define WINUSB_TESTS_USB_H

#include "fixture.h"
#include "pattern.h"

#define NOMINMAX
#include <winusb.h>
#include <winusb_ext.h>

struct usb {
	struct fixture device;
	HANDLE file;
	WINUSB_INTERFACE_HANDLE usb;
	WINUSB_PIPE_INFORMATION_EX in, out; /* 0x81 and 0x01 of the alternate setting */
};

/* A device of the default shape, an alternate setting selected. */
void usb_open(struct usb *usb, enum sim_speed speed, unsigned int alternate);
/* The same of a shape of one's own; alternate setting 1. */
void usb_open_shape(struct usb *usb, enum sim_speed speed, const char *const *alternates);
/* File, interface and setting on a device that is there. */
void usb_open_on(struct usb *usb, unsigned int alternate);
void usb_pipe(struct usb *usb, unsigned int alternate, uint8_t address,
	      WINUSB_PIPE_INFORMATION_EX *pipe);

/* Memory of the test's own, freed at its end. */
void *usb_memory(size_t size);
HANDLE usb_event(void);
/* An OVERLAPPED with an event of its own. */
void usb_overlapped(OVERLAPPED *overlapped, unsigned int count);
WINUSB_ISOCH_BUFFER_HANDLE usb_register(struct usb *usb, uint8_t pipe, void *data, size_t size);
/* Nothing is answered until usb_release(). */
void usb_hold(struct usb *usb);
void usb_release(struct usb *usb);
/* An attribute of the device in sysfs, without its end of line. */
void usb_attribute(const struct usb *usb, const char *name, char *text, size_t size);
/* Resets the device, as any program may. */
void usb_reset_device(const struct usb *usb);

/* Waits for the result of an overlapped operation: 0, or the error. */
DWORD usb_result(struct usb *usb, OVERLAPPED *overlapped, DWORD *bytes);
/* Sends so much pattern: counter goes on. */
void usb_fill(struct usb *usb, uint8_t *data, uint32_t packets, uint64_t *counter);
/* Full packets of the device, one after another; the counter of the first comes out. */
bool usb_matches(const struct usb *usb, const uint8_t *data, uint32_t packets, uint64_t *counter);

/* For calls that return BOOL: the last error, or 0. */
#define SAYS(call)	       ((call) ? 0 : (int)GetLastError())
#define SUCCEEDS(call)	       EQUAL(SAYS(call), 0)
#define FAILS(call, error)     EQUAL(SAYS(call), error)
#define PENDS(call)	       EQUAL(SAYS(call), ERROR_IO_PENDING)
#define REQUIRE_SUCCEEDS(call) REQUIRE(SAYS(call) == 0)
#define REQUIRE_PENDS(call)    REQUIRE(SAYS(call) == ERROR_IO_PENDING)

#endif
