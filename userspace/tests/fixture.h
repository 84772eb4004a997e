/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the driver stand on: a simulated device plugged into this kernel's vhci_hcd and
 * bound by winusb_iso (loaded with devices=1209:0001), and its calls, bare.
 *
 * Everything made here is undone at the end of the test, the last first; what is undone earlier by
 * a call of this file is not undone twice. Functions that return nothing end the test when they
 * can't do their work; functions that return int give 0 or a negative errno.
 */
#ifndef WINUSB_ISO_FIXTURE_H
#define WINUSB_ISO_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/winusb_iso.h"
#include "sim.h"
#include "tap.h"

#define FIXTURE_WAIT_MS 20000 /* for what must happen; only a failure takes so long */

/* --- the device --- */

struct fixture {
	struct sim *sim;
	char bus_id[32];      /* "3-1" */
	char node[32];	      /* "/dev/winusb-iso0", of interface 0; empty if it was not bound */
	struct fixture *copy; /* what is freed at the end of the test */
};

/* Plugs a device in and waits until interface 0 has its node. */
void fixture_start(struct fixture *fixture, const struct sim_options *options);
void fixture_start_speed(struct fixture *fixture, enum sim_speed speed);
/* The same without expecting to be bound: waits until the kernel has offered it to all drivers. */
void fixture_start_unbound(struct fixture *fixture, const struct sim_options *options);
/* The same of a device whose interfaces may be any, or none. */
void fixture_start_any(struct fixture *fixture, const struct sim_options *options);
/* Unplugs it and waits until the kernel has forgotten it. Files may stay open. */
void fixture_unplug(struct fixture *fixture);
/* Frees it before the end of the test. */
void fixture_end(struct fixture *fixture);
/* Path of the node of interface @number; false if it has none now. */
bool fixture_node(const struct fixture *fixture, unsigned int number, char *path, size_t size);
/* Options whose only alternate settings, 1 and up, are those of @alternates (NULL at the end). */
void fixture_options(struct sim_options *options, enum sim_speed speed,
		     const char *const *alternates);

/* --- waiting: polls until @condition holds; false after FIXTURE_WAIT_MS --- */

bool fixture_wait(bool (*condition)(void *), void *argument);
void fixture_sleep_ms(unsigned int ms);

/* --- files and calls --- */

int fixture_open(const struct fixture *fixture, int flags); /* of interface 0 */
int fixture_open_path(const char *path, int flags);
void fixture_close(int fd);
int fixture_ioctl(int fd, unsigned long command, void *argument);

void fixture_set_alternate(int fd, unsigned int alternate);
/* Pipe at @address in @alternate; ends the test if there is none. */
void fixture_pipe(int fd, unsigned int alternate, uint8_t address,
		  struct winusb_iso_pipe_info *pipe);

/* --- registered buffers --- */

struct fixture_mapping;

struct fixture_buffer {
	struct winusb_iso_buffer info;
	uint8_t *data;
	struct winusb_iso_packet *packets;
	uint32_t max_bytes; /* of one packet; 0 if it was not registered by packets */
	struct fixture_mapping *mapping;
};

/* Registers and maps. */
void fixture_register(int fd, struct fixture_buffer *buffer, uint8_t pipe, uint32_t size,
		      uint32_t packets);
/* A buffer for @packets packets of the pipe's maximum. */
void fixture_register_packets(int fd, struct fixture_buffer *buffer, uint8_t pipe,
			      uint32_t packets);
void fixture_unmap(struct fixture_buffer *buffer);
int fixture_unregister(int fd, uint32_t handle);

/* --- transfers --- */

/* A transfer of @count full packets, the first of them number @first of the buffer. */
struct winusb_iso_transfer fixture_transfer(const struct fixture_buffer *buffer, uint32_t first,
					    uint32_t count, uint64_t cookie);
int fixture_submit(int fd, const struct winusb_iso_transfer *transfer);
int fixture_reap(int fd, struct winusb_iso_completion *completion);
int fixture_abort(int fd, uint8_t pipe);
int fixture_reset(int fd, uint8_t pipe);
/* The events that poll() reports now. */
short fixture_events(int fd);

/* --- shared rings --- */

struct fixture_rings {
	struct winusb_iso_setup_ring info;
	struct winusb_iso_ring *control;
	struct winusb_iso_completion *completions;
	struct winusb_iso_transfer *transfers;
	struct fixture_mapping *mapping;
	uint32_t tail, head; /* ours */
};

/* Sets up and maps; fixture_map_rings() maps rings of @info. */
void fixture_rings(int fd, struct fixture_rings *rings, uint32_t entries);
void fixture_map_rings(int fd, struct fixture_rings *rings);
void fixture_unmap_rings(struct fixture_rings *rings);
/* Writes a transfer into the ring and tells the driver's side. */
void fixture_publish(struct fixture_rings *rings, const struct winusb_iso_transfer *transfer);
int fixture_submit_ring(int fd, uint32_t *taken);
/* The oldest completion in the ring; false if there is none. */
bool fixture_collect(struct fixture_rings *rings, struct winusb_iso_completion *completion);
/* The same, waiting with poll(). */
int fixture_collect_wait(int fd, struct fixture_rings *rings,
			 struct winusb_iso_completion *completion);

/* --- the module --- */

bool fixture_any_node(void);	      /* is there any /dev/winusb-iso*? */
long fixture_module_references(void); /* -1: it is not loaded */
long fixture_module_parameter(const char *name);
void fixture_set_module_parameter(const char *name, long value); /* back at the test's end */

/* For tap_after_each(): nothing is left of the test: no node, no reference to the module. */
void fixture_nothing_left(void);

#endif
