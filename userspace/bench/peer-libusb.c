// SPDX-License-Identifier: MIT
/*
 * libusb-1.0's asynchronous interface, as its own examples/sam3u_benchmark.c uses it: a callback
 * submits its transfer again, and the program handles events. Memory is the program's own.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <libusb-1.0/libusb.h>

struct state {
	libusb_context *context;
	libusb_device_handle *handle;
	struct libusb_transfer **transfers;
	uint64_t until;
	bool closing;
	uint32_t pending;
	int stop;
};

static void check(int err, const char *what)
{
	if (err < 0)
		die("%s: %s", what, libusb_strerror(err));
}

static void completed(struct libusb_transfer *transfer)
{
	struct job *job = transfer->user_data;
	struct state *state = job->state;
	uint32_t bad = 0;
	int i;

	if (state->closing) {
		state->pending--;
		return;
	}
	for (i = 0; i < transfer->num_iso_packets; i++)
		bad += transfer->iso_packet_desc[i].status != LIBUSB_TRANSFER_COMPLETED;
	job_done(job, transfer->status != LIBUSB_TRANSFER_COMPLETED, bad);
	state->stop = job->done >= state->until;
	check(libusb_submit_transfer(transfer), "libusb_submit_transfer");
}

/* Several may have the same vendor and product. */
static libusb_device_handle *open_device(const struct job *job, libusb_context *context)
{
	libusb_device_handle *handle = NULL;
	libusb_device **devices;
	unsigned int bus, address;
	ssize_t i;

	if (sscanf(job->usbfs, "/dev/bus/usb/%u/%u", &bus, &address) != 2 ||
	    libusb_get_device_list(context, &devices) < 0)
		return NULL;
	for (i = 0; devices[i] && !handle; i++)
		if (libusb_get_bus_number(devices[i]) == bus &&
		    libusb_get_device_address(devices[i]) == address)
			check(libusb_open(devices[i], &handle), "libusb_open");
	libusb_free_device_list(devices, 1);
	return handle;
}

static void open_stream(struct job *job)
{
	struct state *state = calloc(1, sizeof(*state));
	uint32_t size = job_transfer_size(job), i;

	job->state = state;
	check(libusb_init(&state->context), "libusb_init");
	state->handle = open_device(job, state->context);
	if (!state->handle)
		die("libusb does not find %s", job->usbfs);
	check(libusb_claim_interface(state->handle, (int)job->interface), "libusb_claim_interface");
	check(libusb_set_interface_alt_setting(state->handle, (int)job->interface,
					       (int)job->alternate),
	      "libusb_set_interface_alt_setting");
	state->transfers = calloc(job->depth, sizeof(struct libusb_transfer *));
	for (i = 0; i < job->depth; i++) {
		struct libusb_transfer *transfer = libusb_alloc_transfer((int)job->packets);

		libusb_fill_iso_transfer(transfer, state->handle, job->endpoint, calloc(1, size),
					 (int)size, (int)job->packets, completed, job, 0);
		libusb_set_iso_packet_lengths(transfer, job->packet_size);
		state->transfers[i] = transfer;
		check(libusb_submit_transfer(transfer), "libusb_submit_transfer");
		state->pending++;
	}
}

static void run(struct job *job, uint64_t until)
{
	struct state *state = job->state;

	state->until = until;
	state->stop = job->done >= until;
	while (!state->stop)
		check(libusb_handle_events_completed(state->context, &state->stop),
		      "libusb_handle_events");
}

static void close_stream(struct job *job)
{
	struct state *state = job->state;
	uint32_t i;

	state->closing = true;
	for (i = 0; i < job->depth; i++)
		libusb_cancel_transfer(state->transfers[i]);
	while (state->pending)
		libusb_handle_events(state->context);
	for (i = 0; i < job->depth; i++) {
		free(state->transfers[i]->buffer);
		libusb_free_transfer(state->transfers[i]);
	}
	libusb_release_interface(state->handle, (int)job->interface);
	libusb_close(state->handle);
	libusb_exit(state->context);
	free(state->transfers);
	free(state);
}

const struct peer peer_libusb = {
	.name = "libusb",
	.open = open_stream,
	.run = run,
	.close = close_stream,
};
