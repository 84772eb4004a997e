// SPDX-License-Identifier: MIT
/*
 * A device whose configuration, replies or both are made by chance, or that breaks the link, and a
 * program that uses whatever it got: each pipe of each alternate setting. What must hold: each call
 * ends; each transfer that was taken completes once; what is reported lies within what was asked
 * for; memory between the slices stays as it was; and afterwards nothing is left.
 */
#include "device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../kmsg.h"
#include "../plain.h"
#include "chance.h"

#define TRANSFERS   6u	/* of a pipe */
#define PACKETS	    4u	/* of each */
#define MARGIN	    64u /* bytes between two slices that nobody may touch */
#define MOST_BYTES  (1u << 20)
#define PATIENCE_MS 30	     /* a pipe that has not answered by then is aborted */
#define EVER	    1000000u /* faults are never spent */
#define MARK	    0x5a

/* In this order case after case. */
enum kind { CONFIGURATION, REPLIES, BOTH, LINK, KINDS };

static struct {
	unsigned int devices, nodes, pipes, taken, failed, bytes;
} total;

/* struct tour - what is used of a pipe */
struct tour {
	int fd;
	struct winusb_iso_pipe_info pipe;
	struct fixture_buffer buffer;
	uint32_t slice; /* bytes of a transfer */
	unsigned int taken, collected;
};

/* --- what is reported --- */

static void check_packets(const struct tour *tour, uint32_t number,
			  const struct winusb_iso_completion *completion)
{
	const struct winusb_iso_packet *packet = &tour->buffer.packets[number * PACKETS];
	uint32_t most = tour->pipe.max_bytes_per_interval, sum = 0, errors = 0, i;

	for (i = 0; i < PACKETS; i++) {
		EQUAL(packet[i].offset, i * most);
		CHECK(packet[i].length <= most);
		CHECK(packet[i].status <= 0 && packet[i].status >= -4095);
		sum += packet[i].length;
		errors += packet[i].status != 0;
	}
	EQUAL(completion->actual_length, sum);
	EQUAL(completion->error_count, errors);
}

static void check_completion(struct tour *tour, const struct winusb_iso_completion *completion)
{
	total.failed += completion->status != 0;
	total.bytes += completion->actual_length;
	EQUAL(completion->cookie, tour->collected);
	EQUAL(completion->pipe, tour->pipe.address);
	CHECK(completion->status <= 0 && completion->status >= -4095);
	CHECK(completion->actual_length <= tour->slice);
	if (tour->pipe.type == WINUSB_ISO_PIPE_ISOCHRONOUS)
		check_packets(tour, tour->collected, completion);
}

static bool is_marked(const uint8_t *bytes, size_t count)
{
	while (count--)
		if (*bytes++ != MARK)
			return false;
	return true;
}

static void check_margins(const struct tour *tour)
{
	uint32_t i, step = tour->slice + MARGIN;

	for (i = 0; i < TRANSFERS; i++)
		CHECK(is_marked(tour->buffer.data + i * step + tour->slice, MARGIN));
}

/* --- one pipe --- */

static void collect(struct tour *tour, int timeout_ms)
{
	struct pollfd poller = { .fd = tour->fd, .events = POLLIN };
	struct winusb_iso_completion completion;

	while (tour->collected < tour->taken) {
		if (!fixture_reap(tour->fd, &completion)) {
			check_completion(tour, &completion);
			tour->collected++;
		} else if (poll(&poller, 1, timeout_ms) <= 0 || !(poller.revents & POLLIN)) {
			return;
		}
	}
}

/* It may have gone just now. */
static bool map(int fd, struct fixture_buffer *buffer)
{
	uint8_t *data = mmap64(NULL, buffer->info.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			       (off64_t)buffer->info.mmap_offset);

	if (data == MAP_FAILED)
		return false;
	buffer->data = data;
	buffer->packets = (void *)(data + buffer->info.packets_offset);
	memset(data, MARK, buffer->info.size);
	return true;
}

static bool prepare(struct tour *tour)
{
	bool iso = tour->pipe.type == WINUSB_ISO_PIPE_ISOCHRONOUS;
	uint32_t bytes = iso ? tour->pipe.max_bytes_per_interval : tour->pipe.max_packet_size;

	tour->slice = bytes * PACKETS;
	if (tour->slice > MOST_BYTES / TRANSFERS - MARGIN)
		return false;
	tour->buffer.info = (struct winusb_iso_buffer){
		.pipe = tour->pipe.address,
		.size = TRANSFERS * (tour->slice + MARGIN),
		.packets = iso ? TRANSFERS * PACKETS : 0,
	};
	if (fixture_ioctl(tour->fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &tour->buffer.info))
		return false;
	return map(tour->fd, &tour->buffer);
}

static void submit(struct tour *tour)
{
	bool iso = tour->pipe.type == WINUSB_ISO_PIPE_ISOCHRONOUS;
	uint32_t i;

	for (i = 0; i < TRANSFERS; i++) {
		struct winusb_iso_transfer transfer = {
			.cookie = i,
			.buffer = tour->buffer.info.handle,
			.offset = i * (tour->slice + MARGIN),
			.length = tour->slice,
			.first_packet = iso ? i * PACKETS : 0,
			.num_packets = iso ? PACKETS : 0,
		};

		if (fixture_submit(tour->fd, &transfer))
			return;
		tour->taken++;
	}
}

static void use_pipe(int fd, const struct winusb_iso_pipe_info *pipe)
{
	struct tour tour = { .fd = fd, .pipe = *pipe };

	total.pipes++;
	if (!prepare(&tour))
		return;
	submit(&tour);
	total.taken += tour.taken;
	collect(&tour, PATIENCE_MS);
	fixture_abort(fd, pipe->address);
	collect(&tour, 0);
	EQUAL(tour.collected, tour.taken);
	check_margins(&tour);
	fixture_reset(fd, pipe->address);
	munmap(tour.buffer.data, tour.buffer.info.mmap_size);
	fixture_unregister(fd, tour.buffer.info.handle);
}

/* --- one device --- */

static void check_pipe(const struct winusb_iso_pipe_info *pipe)
{
	CHECK(pipe->address & 0x0f);
	CHECK(pipe->type <= WINUSB_ISO_PIPE_INTERRUPT);
	if (pipe->type != WINUSB_ISO_PIPE_ISOCHRONOUS)
		return;
	CHECK(pipe->max_bytes_per_interval >= 1 && pipe->max_bytes_per_interval <= 49152);
	CHECK(pipe->interval && !(pipe->interval & (pipe->interval - 1)));
}

static void use_alternate(int fd, const struct winusb_iso_alternate *alternate)
{
	struct winusb_iso_set_alternate set = { .alternate = alternate->alternate };
	struct winusb_iso_pipe_info pipe;
	unsigned int i;

	fixture_ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set);
	for (i = 0; i < alternate->num_pipes; i++) {
		pipe = (struct winusb_iso_pipe_info){
			.alternate = alternate->alternate,
			.index = i,
		};
		if (fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, &pipe))
			continue;
		check_pipe(&pipe);
		use_pipe(fd, &pipe);
	}
}

static void use_node(const char *path)
{
	struct winusb_iso_alternate alternate;
	int fd = fixture_open_path(path, O_RDWR | O_NONBLOCK);
	unsigned int i;

	if (fd < 0)
		return;
	total.nodes++;
	for (i = 0; i < 256; i++) {
		alternate = (struct winusb_iso_alternate){ .index = i };
		if (fixture_ioctl(fd, WINUSB_ISO_IOC_GET_ALTERNATE, &alternate))
			break;
		use_alternate(fd, &alternate);
	}
	fixture_close(fd);
}

/* By name: its interfaces may have any numbers, and go meanwhile. */
static void use_nodes(void)
{
	struct dirent **entry;
	char path[300];
	int i, count = scandir("/dev", &entry, NULL, alphasort);

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/dev/%s", entry[i]->d_name);
		if (!strncmp(entry[i]->d_name, "winusb-iso", 10))
			use_node(path);
		free(entry[i]);
	}
	if (count >= 0)
		free(entry);
}

static void spoil(struct sim *sim, enum kind kind, uint64_t *state)
{
	char text[64];

	if (kind == LINK) {
		snprintf(text, sizeof(text), "garble-link@+%u:n=%u", chance_below(state, 40),
			 chance_next(state));
		REQUIRE(!sim_fault(sim, text));
	}
	if (kind != REPLIES && kind != BOTH)
		return;
	snprintf(text, sizeof(text), "garble+%u:n=%u", EVER, chance_next(state));
	REQUIRE(!sim_fault(sim, text));
	/* Endpoint 0 answers well enough to come by more than one alternate setting. */
	snprintf(text, sizeof(text), "garble@4+%u:every=9:pipe=0:n=%u", 2u, chance_next(state));
	REQUIRE(!sim_fault(sim, text));
}

void device_case(uint32_t seed, uint32_t number)
{
	static const enum sim_speed speeds[] = { SIM_FULL, SIM_HIGH, SIM_SUPER };
	uint64_t state = chance_begin(seed, number);
	enum kind kind = number % KINDS;
	struct sim_options options;
	struct fixture fixture;
	struct kmsg kmsg;

	kmsg_start(&kmsg);
	plain_options(&options, speeds[chance_below(&state, 3)]);
	if (kind == CONFIGURATION || kind == BOTH)
		options.mutation = chance_next(&state) | 1;
	fixture_start_any(&fixture, &options);
	total.devices++;
	spoil(fixture.sim, kind, &state);
	use_nodes();
	fixture_unplug(&fixture);
	kmsg_read(&kmsg);
	CHECK(!kmsg.warned);
}

void device_summary(void)
{
	tap_note("%u devices, %u nodes, %u pipes, %u transfers taken, of which %u failed, %u bytes",
		 total.devices, total.nodes, total.pipes, total.taken, total.failed, total.bytes);
}
