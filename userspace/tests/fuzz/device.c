// SPDX-License-Identifier: MIT
/*
 * A device whose configuration and replies are changed as the operations say, and a program that
 * uses whatever it got: each pipe of each alternate setting. What must hold: each call
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

#include "../plain.h"
#include "cover.h"

#define TRANSFERS   6u	/* of a pipe */
#define PACKETS	    4u	/* of each */
#define MARGIN	    64u /* bytes between two slices that nobody may touch */
#define MOST_BYTES  (1u << 20)
#define PATIENCE_MS 30 /* a pipe that has not answered by then is aborted */
#define MARK	    0x5a

static bool good; /* all that was looked at */

static bool note(bool so)
{
	good = good && so;
	return so;
}

#define IS(got, wanted)	 note(EQUAL(got, wanted))
#define HOLDS(condition) note(CHECK(condition))

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
		IS(packet[i].offset, i * most);
		HOLDS(packet[i].length <= most);
		HOLDS(packet[i].status <= 0 && packet[i].status >= -4095);
		sum += packet[i].length;
		errors += packet[i].status != 0;
	}
	IS(completion->actual_length, sum);
	IS(completion->error_count, errors);
}

static void check_completion(struct tour *tour, const struct winusb_iso_completion *completion)
{
	IS(completion->cookie, tour->collected);
	IS(completion->pipe, tour->pipe.address);
	HOLDS(completion->status <= 0 && completion->status >= -4095);
	HOLDS(completion->actual_length <= tour->slice);
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
		HOLDS(is_marked(tour->buffer.data + i * step + tour->slice, MARGIN));
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

	if (!prepare(&tour))
		return;
	submit(&tour);
	collect(&tour, PATIENCE_MS);
	fixture_abort(fd, pipe->address);
	collect(&tour, 0);
	IS(tour.collected, tour.taken);
	check_margins(&tour);
	fixture_reset(fd, pipe->address);
	munmap(tour.buffer.data, tour.buffer.info.mmap_size);
	fixture_unregister(fd, tour.buffer.info.handle);
}

/* --- one device --- */

static void check_pipe(const struct winusb_iso_pipe_info *pipe)
{
	HOLDS(pipe->address & 0x0f);
	HOLDS(pipe->type <= WINUSB_ISO_PIPE_INTERRUPT);
	if (pipe->type != WINUSB_ISO_PIPE_ISOCHRONOUS)
		return;
	HOLDS(pipe->max_bytes_per_interval >= 1 && pipe->max_bytes_per_interval <= 49152);
	HOLDS(pipe->interval && !(pipe->interval & (pipe->interval - 1)));
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

/* --- what is changed --- */

/* Descriptor x, byte a, by y. */
static void edit(const struct op *op, struct sim_options *options)
{
	if (op->kind <= OP_TOTAL && options->n_edits < SIM_MAX_EDITS)
		options->edit[options->n_edits++] = (struct sim_edit){
			.kind = op->kind - OP_BYTE + SIM_EDIT_BYTE,
			.descriptor = op->x,
			.at = op->a,
			.value = op->y,
		};
}

/* Pipe a, from packet or transfer x on, b of them; which kind, and its number, is y. */
static void strike(const struct op *op, char *text, size_t size)
{
	static const struct {
		const char *name;
		int sign; /* of the number, if it takes one that means something */
	} kinds[] = {
		{ "odd-status", -1 },
		{ "urb-status", -1 },
		{ "odd-status", 1 },
		{ "urb-status", 1 },
		{ "start-frame", 1 },
		{ "more-packets", 1 },
		{ "fewer-packets", 1 },
		{ "short", 1 },
		{ "packet-overrun", 1 },
		{ "packet-negative", 0 },
		{ "negative-count", 0 },
		{ "wrong-direction", 0 },
		{ "protocol", 0 },
		{ "babble", 0 },
		{ "crc", 0 },
		{ "timeout", 0 },
		{ "empty", 0 },
		{ "late", 0 },
		{ "stall", 0 },
		{ "stall", 1 },
		{ "hole", 1 },
		{ "nak", 0 },
		{ "hold", 0 },
		{ "late-reply", 1 },
	};
	static const uint8_t pipes[] = { 0x81, 0x01, 0x82, 0x02, 0x83, 0x03, 0x84 };
	const unsigned int kind = op->y % 32 % (sizeof(kinds) / sizeof(kinds[0]));
	int used = snprintf(text, size, "%s@+%u+%u", kinds[kind].name, op->x % 1024, op->b + 1);

	if (op->a < 14)
		used += snprintf(text + used, size - (size_t)used, ":pipe=0x%02x",
				 pipes[op->a % 7]);
	if (kinds[kind].sign)
		snprintf(text + used, size - (size_t)used, ":n=%d",
			 kinds[kind].sign * (int)(op->y / 32 % 65536 + (kinds[kind].sign > 0)));
}

static void spoil(struct sim *sim, const struct op *op)
{
	char text[96];

	if (op->kind == OP_STRIKE)
		strike(op, text, sizeof(text));
	else if (op->kind == OP_GARBLE)
		snprintf(text, sizeof(text), "garble@+%u+%u:n=%u%s", op->x % 1024, 1u << op->b,
			 op->y, op->a == 15 ? ":pipe=0" : "");
	else if (op->b)
		snprintf(text, sizeof(text), "garble-link@+%u:n=%u", op->x % 1024, op->y);
	else
		snprintf(text, sizeof(text), "vanish@+%u", op->x % 1024);
	/* More than it takes are passed over. */
	sim_fault(sim, text);
}

bool device_case(const struct op_case *one)
{
	static const enum sim_speed speeds[] = { SIM_FULL, SIM_HIGH, SIM_SUPER };
	struct sim_options options;
	struct fixture fixture;
	unsigned int i;

	good = true;
	plain_options(&options, speeds[one->speed]);
	for (i = 0; i < one->count; i++)
		edit(&one->op[i], &options);
	fixture_start_any(&fixture, &options);
	for (i = 0; i < one->count; i++)
		if (one->op[i].kind > OP_TOTAL)
			spoil(fixture.sim, &one->op[i]);
	cover_this_thread(0);
	use_nodes();
	cover_take(one->count);
	fixture_unplug(&fixture);
	cover_take_kernel(one->count);
	HOLDS(!fixture_any_node());
	fixture_end(&fixture);
	return good;
}
