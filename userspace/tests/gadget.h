/* SPDX-License-Identifier: MIT */
/*
 * Gadgets of the kernel's own on dummy_hcd, through configfs, bound by winusb_iso (loaded with
 * devices=1209:0001, and for audio 1209:0002:1,1209:0002:2).
 *
 *	struct gadget gadget;
 *
 *	gadget_new(&gadget, GADGET_PRODUCT);
 *	gadget_add(&gadget, "SourceSink.0");
 *	gadget_set(&gadget, "isoc_maxpacket", 1024);
 *	gadget_plug(&gadget, &gadget_speeds[1]);
 *	fd = fixture_open(&gadget.device, O_RDWR);
 *
 * One at a time; it is gone at the end of the test (but see gadget_make()). What the modules are
 * called that offer the functions: usb_f_ss_lb, usb_f_fs, usb_f_uac2. Knobs of the controller:
 * dummy.h.
 */
#ifndef WINUSB_ISO_TESTS_GADGET_H
#define WINUSB_ISO_TESTS_GADGET_H

#include "fixture.h"

#define GADGET_VENDOR	     0x1209
#define GADGET_PRODUCT	     0x0001
#define GADGET_AUDIO_PRODUCT 0x0002

struct gadget_speed {
	const char *name; /* "full", "high", "super": as max_speed has it */
	enum winusb_iso_speed speed;
	uint32_t unit; /* microframes that an interval of 1 is */
};

extern const struct gadget_speed gadget_speeds[3]; /* full, high, super */

struct gadget {
	struct fixture device; /* not simulated; for fixture_open(), fixture_node() */
	unsigned int product;
	char function[32]; /* the one added last */
};

/* An empty one: mounts configfs if need be. */
void gadget_new(struct gadget *gadget, unsigned int product);
/* The same, but it stays from test to test until gadget_remove(). */
void gadget_make(struct gadget *gadget, unsigned int product);
void gadget_remove(struct gadget *gadget);
/* Adds a function, "SourceSink.0", "ffs.loop", "uac2.0". */
void gadget_add(struct gadget *gadget, const char *function);
/* Sets an attribute of the function added last. */
void gadget_set(const struct gadget *gadget, const char *attribute, unsigned int value);
/* The attributes of SourceSink at once. */
struct gadget_source_sink {
	unsigned int interval;		      /* exponent, 1 to 16 */
	unsigned int max_packet, mult, burst; /* mult and burst count from 0 */
	unsigned int pattern, queue;	      /* queue 0: a mute gadget */
};

void gadget_add_source_sink(struct gadget *gadget, const struct gadget_source_sink *options);
/* Plugs it into dummy_udc.0 at a speed and waits for the node of interface @number. */
void gadget_plug_interface(struct gadget *gadget, const struct gadget_speed *speed,
			   unsigned int number);
void gadget_plug(struct gadget *gadget, const struct gadget_speed *speed); /* interface 0 */
/* Pulls the plug; the functions stay, to be plugged again. */
void gadget_unplug(struct gadget *gadget);

/* Waits for a device that comes up by itself: fills @device.bus_id and @device.node. */
void gadget_wait(struct gadget *gadget, unsigned int number);
/* Waits until the kernel has forgotten it. */
bool gadget_wait_gone(struct gadget *gadget);

#endif
