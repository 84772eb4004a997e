// SPDX-License-Identifier: MIT
/*
 * usbfs at its best: memory from usbfs itself, so that nothing is copied, and one poll() for all
 * transfers that have completed.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/usbdevice_fs.h>

struct state {
	int fd;
	struct usbdevfs_urb **urbs;
};

static void submit(struct job *job, struct usbdevfs_urb *urb)
{
	struct state *state = job->state;

	if (ioctl(state->fd, USBDEVFS_SUBMITURB, urb) < 0)
		die("USBDEVFS_SUBMITURB: %m");
}

/* Contiguous memory of usbfs, one piece for each transfer: of all it might not get it. */
static void *get_memory(const struct job *job)
{
	struct state *state = job->state;
	void *memory = mmap(NULL, job_transfer_size(job), PROT_READ | PROT_WRITE, MAP_SHARED,
			    state->fd, 0);

	if (memory == MAP_FAILED)
		die("mmap of %s: %m", job->usbfs);
	return memory;
}

static struct usbdevfs_urb *make_urb(const struct job *job)
{
	struct usbdevfs_urb *urb =
		calloc(1, sizeof(*urb) + job->packets * sizeof(urb->iso_frame_desc[0]));
	uint32_t i;

	urb->type = USBDEVFS_URB_TYPE_ISO;
	urb->endpoint = job->endpoint;
	urb->flags = USBDEVFS_URB_ISO_ASAP;
	urb->buffer = get_memory(job);
	urb->buffer_length = (int)job_transfer_size(job);
	urb->number_of_packets = (int)job->packets;
	for (i = 0; i < job->packets; i++)
		urb->iso_frame_desc[i].length = job->packet_size;
	return urb;
}

static void open_stream(struct job *job)
{
	struct usbdevfs_setinterface set = {
		.interface = job->interface,
		.altsetting = job->alternate,
	};
	struct state *state = calloc(1, sizeof(*state));
	unsigned int interface = job->interface;
	uint32_t i;

	job->state = state;
	state->fd = open(job->usbfs, O_RDWR | O_CLOEXEC);
	if (state->fd < 0)
		die("%s: %m", job->usbfs);
	if (ioctl(state->fd, USBDEVFS_CLAIMINTERFACE, &interface) < 0 ||
	    ioctl(state->fd, USBDEVFS_SETINTERFACE, &set) < 0)
		die("claim: %m");
	state->urbs = calloc(job->depth, sizeof(struct usbdevfs_urb *));
	for (i = 0; i < job->depth; i++) {
		state->urbs[i] = make_urb(job);
		submit(job, state->urbs[i]);
	}
}

static struct usbdevfs_urb *reap(struct state *state)
{
	struct usbdevfs_urb *urb = NULL;

	if (ioctl(state->fd, USBDEVFS_REAPURBNDELAY, &urb) == 0)
		return urb;
	if (errno != EAGAIN)
		die("USBDEVFS_REAPURBNDELAY: %m");
	return NULL;
}

static void run(struct job *job, uint64_t until)
{
	struct state *state = job->state;
	struct pollfd wait = { .fd = state->fd, .events = POLLOUT };
	struct usbdevfs_urb *urb;

	while (job->done < until) {
		poll(&wait, 1, -1);
		while ((urb = reap(state))) {
			uint32_t bad = 0, i;

			for (i = 0; i < job->packets; i++)
				bad += urb->iso_frame_desc[i].status != 0;
			job_done(job, urb->status != 0, bad);
			submit(job, urb);
		}
	}
}

static void close_stream(struct job *job)
{
	struct state *state = job->state;
	struct usbdevfs_urb *urb;
	uint32_t i;

	for (i = 0; i < job->depth; i++)
		ioctl(state->fd, USBDEVFS_DISCARDURB, state->urbs[i]);
	for (i = 0; i < job->depth; i++)
		ioctl(state->fd, USBDEVFS_REAPURB, &urb);
	for (i = 0; i < job->depth; i++) {
		munmap(state->urbs[i]->buffer, job_transfer_size(job));
		free(state->urbs[i]);
	}
	close(state->fd);
	free(state->urbs);
	free(state);
}

const struct peer peer_usbfs = {
	.name = "usbfs",
	.open = open_stream,
	.run = run,
	.close = close_stream,
};
