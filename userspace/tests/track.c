// SPDX-License-Identifier: MIT
/* The transfers of one pipe on dummy_hcd's manual clock, compared with what they must be. */
#include "track.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "busclock.h"

/*
 * When the track was opened, in microseconds. It is part of every mark: the kernel's SourceSink
 * sends what it finds in memory, and that can be what an earlier track wrote.
 */
static uint64_t opened;

static void find_pipe(int fd, unsigned int alternate, bool in, struct winusb_iso_pipe_info *pipe)
{
	unsigned int i;

	for (i = 0; i < 32; i++) {
		*pipe = (struct winusb_iso_pipe_info){ .alternate = alternate, .index = i };
		REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, pipe));
		if (pipe->type == WINUSB_ISO_PIPE_ISOCHRONOUS && !!(pipe->address & 0x80) == in)
			return;
	}
}

static uint32_t fitting_slots(const struct track *track)
{
	uint32_t slots = TRACK_SLOTS;

	while (slots * track->most > WINUSB_ISO_MAX_BUFFER_PACKETS ||
	       slots * track->most * track->max_bytes > WINUSB_ISO_MAX_BUFFER_SIZE)
		slots /= 2;
	return slots;
}

void track_open(struct track *track, const char *path, unsigned int alternate, bool in,
		uint32_t packets)
{
	struct winusb_iso_pipe_info pipe;
	struct winusb_iso_info info;

	memset(track, 0, sizeof(*track));
	opened = busclock_monotonic() / 1000;
	track->fd = fixture_open_path(path, O_RDWR | O_NONBLOCK);
	REQUIRE(track->fd >= 0);
	REQUIRE_WORKS(fixture_ioctl(track->fd, WINUSB_ISO_IOC_GET_INFO, &info));
	fixture_set_alternate(track->fd, alternate);
	find_pipe(track->fd, alternate, in, &pipe);
	track->address = pipe.address;
	track->interval = pipe.interval;
	track->window = info.window;
	track->max_bytes = pipe.max_bytes_per_interval;
	track->width = info.speed == WINUSB_ISO_SPEED_FULL ? BUSCLOCK_FRAME : 1;
	track->packets = track->most = packets;
	track->slots = fitting_slots(track);
	fixture_register_packets(track->fd, &track->buffer, pipe.address, track->slots * packets);
}

void track_learn(struct track *track)
{
	track->bus = busclock_learn(track->fd);
}

uint64_t track_span(const struct track *track)
{
	return (uint64_t)track->packets * track->interval;
}

uint64_t track_end(const struct track *track, const struct track_want *want)
{
	return want->start + (uint64_t)want->packets * track->interval;
}

static uint32_t first_packet(const struct track *track, uint64_t transfer)
{
	return (uint32_t)(transfer % track->slots) * track->most;
}

const struct winusb_iso_packet *track_packets(const struct track *track, uint64_t transfer)
{
	return track->buffer.packets + first_packet(track, transfer);
}

uint64_t track_mark(uint64_t transfer, uint32_t packet)
{
	return (opened << 32) + (transfer << 16) + packet;
}

/*
 * The table is filled with nonsense, so that an entry the driver forgot is seen. Every packet says
 * at its beginning which one it is; what comes IN writes over that.
 */
static void prepare(struct track *track)
{
	uint32_t first = first_packet(track, track->submitted), i;
	uint64_t mark;

	for (i = 0; i < track->packets; i++) {
		track->buffer.packets[first + i] =
			(struct winusb_iso_packet){ 0xbad, 0xbad, 0xbad };
		mark = track_mark(track->submitted, i);
		memcpy(track->buffer.data + (first + i) * track->max_bytes, &mark, sizeof(mark));
	}
}

static int submit(struct track *track, uint32_t flags, uint64_t uframe)
{
	struct winusb_iso_transfer transfer =
		fixture_transfer(&track->buffer, first_packet(track, track->submitted),
				 track->packets, track->submitted);
	int err;

	REQUIRE(track->submitted - track->reaped < track->slots);
	prepare(track);
	transfer.flags = flags;
	transfer.start_uframe = uframe;
	err = fixture_submit(track->fd, &transfer);
	track->submitted += !err;
	return err;
}

int track_submit(struct track *track, uint32_t flags)
{
	return submit(track, flags, 0);
}

int track_submit_at(struct track *track, uint64_t uframe)
{
	return submit(track, WINUSB_ISO_TRANSFER_AT_FRAME, uframe + track->bus);
}

int track_submit_late(struct track *track, uint64_t uframe)
{
	return submit(track, WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE,
		      uframe + track->bus);
}

static bool check_packet(const struct track *track, uint32_t first, uint32_t i, bool done)
{
	const struct winusb_iso_packet *packet = &track->buffer.packets[first + i];

	return EQUAL(packet->offset, i * track->max_bytes) &
	       EQUAL(packet->length, done ? track->max_bytes : 0) &
	       RETURNS(packet->status, done ? 0 : EXDEV);
}

/* Only what came IN has changed the buffer. */
static bool check_data(const struct track *track, uint64_t transfer, uint32_t i, bool done)
{
	const uint8_t *data =
		track->buffer.data + (first_packet(track, transfer) + i) * track->max_bytes;
	uint64_t head;

	memcpy(&head, data, sizeof(head));
	return EQUAL(head == track_mark(transfer, i), !(done && track->address & 0x80));
}

static bool check_packets(const struct track *track, const struct winusb_iso_completion *completion,
			  const struct track_want *want)
{
	uint32_t first = first_packet(track, completion->cookie), i;

	for (i = 0; i < want->packets; i++) {
		bool done = i - want->lost < want->done;

		if (check_packet(track, first, i, done) &
		    check_data(track, completion->cookie, i, done))
			continue;
		tap_note("in packet %u", i);
		return false;
	}
	return EQUAL(completion->actual_length, want->done * track->max_bytes) &
	       EQUAL(completion->error_count, want->packets - want->done);
}

static bool check_names(struct track *track, const struct winusb_iso_completion *completion)
{
	bool good = EQUAL(completion->cookie, track->reaped) &
		    EQUAL(completion->pipe, track->address) &
		    EQUAL(completion->buffer, track->buffer.info.handle) &
		    EQUAL(completion->reserved, 0) &
		    CHECK(completion->timestamp_ns >= track->timestamp);

	track->timestamp = completion->timestamp_ns;
	return good;
}

static bool check_result(const struct track *track, const struct winusb_iso_completion *completion,
			 const struct track_want *want)
{
	uint64_t start = want->start ? want->start + track->bus : 0;

	return RETURNS(completion->status, -want->status) &
	       EQUAL(completion->num_packets, want->packets) &
	       EQUAL(completion->start_uframe, want->any_start ? completion->start_uframe : start) &
	       EQUAL(completion->gap, want->gap) & EQUAL(completion->inner_gap, want->inner_gap) &
	       EQUAL(completion->trust, want->trust) & EQUAL(completion->flags, want->flags);
}

bool track_take(struct track *track, const struct track_want *want)
{
	struct winusb_iso_completion completion;
	bool good;

	REQUIRE_WORKS(fixture_reap(track->fd, &completion));
	good = check_names(track, &completion) & check_result(track, &completion, want) &
	       check_packets(track, &completion, want);
	track->reaped++;
	if (!good)
		tap_note("in transfer %llu, clock %llu", (unsigned long long)completion.cookie,
			 (unsigned long long)busclock_now());
	return good;
}

int track_wait(struct track *track, struct winusb_iso_completion *completion)
{
	struct pollfd poller = { .fd = track->fd, .events = POLLIN };
	int err;

	while ((err = fixture_reap(track->fd, completion)) == -EAGAIN)
		if (poll(&poller, 1, FIXTURE_WAIT_MS) <= 0)
			return -ETIMEDOUT;
	track->reaped += !err;
	return err;
}

void track_take_none(struct track *track)
{
	struct winusb_iso_completion completion;

	RETURNS(fixture_reap(track->fd, &completion), EAGAIN);
}
