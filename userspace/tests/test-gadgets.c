// SPDX-License-Identifier: MIT
/*
 * Gadgets that nobody here wrote: the kernel's SourceSink, and FunctionFS with a program that sends
 * back what it gets, at full, high and super speed, on dummy_hcd in real time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winusb-iso.h>

#include "dummy.h"
#include "flow.h"
#include "gadget.h"

#define FULL  (&gadget_speeds[0])
#define HIGH  (&gadget_speeds[1])
#define SUPER (&gadget_speeds[2])

static struct gadget gadget;
static struct flow in, out;

/* The isochronous pipe of a direction in @alternate. */
static struct winusb_iso_pipe_info pipe_of(int fd, unsigned int alternate, unsigned int direction)
{
	struct winusb_iso_pipe_info pipe;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		pipe = (struct winusb_iso_pipe_info){ .alternate = alternate, .index = i };
		REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, &pipe));
		if (pipe.type == WINUSB_ISO_PIPE_ISOCHRONOUS && (pipe.address & 0x80) == direction)
			break;
	}
	return pipe;
}

/* In the middle of a stream, or at its beginning; what comes in is for the test to look at. */
static struct flow_want plain(const struct flow *flow)
{
	return (struct flow_want){
		.flags = flow->reaped ? 0 : WINUSB_ISO_COMPLETION_NEW_STREAM,
		.trust = WINUSB_ISO_TRUST_EXACT,
		.any_packets = flow == &in,
	};
}

/* --- SourceSink --- */

#define SOURCE_TRANSFERS 64

struct source_sink {
	const struct gadget_speed *speed;
	struct gadget_source_sink options;
	uint32_t bytes, interval; /* what must come of it: bytes of a packet, microframes */
};

static const struct source_sink full_64 = { FULL, { 1, 64, 0, 0, 1, 16 }, 64, 8 };
static const struct source_sink full_1023 = { FULL, { 2, 1024, 0, 0, 1, 16 }, 1023, 16 };
static const struct source_sink high_1024 = { HIGH, { 1, 1024, 0, 0, 1, 16 }, 1024, 1 };
static const struct source_sink high_mult = { HIGH, { 1, 1024, 2, 0, 1, 16 }, 3072, 1 };
static const struct source_sink high_slow = { HIGH, { 4, 1000, 1, 0, 1, 16 }, 2000, 8 };
static const struct source_sink super_1024 = { SUPER, { 1, 1024, 0, 0, 1, 16 }, 1024, 1 };
static const struct source_sink super_burst = { SUPER, { 1, 1024, 2, 15, 1, 16 }, 49152, 1 };
static const struct source_sink super_slow = { SUPER, { 3, 512, 1, 3, 1, 16 }, 4096, 4 };

static int plug_source_sink(const struct source_sink *shape)
{
	struct winusb_iso_info info;
	int fd;

	gadget_new(&gadget, GADGET_PRODUCT);
	gadget_add_source_sink(&gadget, &shape->options);
	gadget_plug(&gadget, shape->speed);
	fd = fixture_open(&gadget.device, O_RDWR);
	fixture_set_alternate(fd, 1);
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	EQUAL(info.speed, shape->speed->speed);
	SAME_TEXT(info.controller, "dummy_hcd");
	return fd;
}

/*
 * Pattern 1, as f_sourcesink.c:reinit_write_data() has it: bytes count to 62, and from 0 again
 * after wMaxPacketSize bytes; that is the field with its bits 12..11, so at high speed with several
 * transactions it is not what one of them carries.
 */
static void pattern(uint8_t *data, uint32_t size, const struct source_sink *shape)
{
	uint32_t raw = shape->options.max_packet, i;

	if (shape->speed == HIGH)
		raw |= shape->options.mult << 11;
	else if (shape->speed == FULL && raw > 1023)
		raw = 1023;
	for (i = 0; i < size; i++)
		data[i] = (uint8_t)(i % raw % 63);
}

static bool check_source(const struct flow *flow, const uint8_t *wanted, uint64_t transfer)
{
	const struct flow_slot *slot = &flow->slot[transfer % flow->n_slots];
	const struct winusb_iso_packet *packet;
	uint32_t i;

	for (i = 0; i < flow->packets; i++) {
		packet = &slot->table[i];
		if (packet->status || packet->length != flow->max_bytes ||
		    packet->offset != i * flow->max_bytes ||
		    memcmp(slot->data + packet->offset, wanted, packet->length)) {
			tap_note("transfer %llu, packet %u: status %d, offset %u, length %u",
				 (unsigned long long)transfer, i, packet->status, packet->offset,
				 packet->length);
			return CHECK(!"the packet is the pattern");
		}
	}
	return true;
}

static void source(const struct source_sink *shape)
{
	int fd = plug_source_sink(shape);
	struct winusb_iso_pipe_info pipe = pipe_of(fd, 1, 0x80);
	uint8_t *wanted = malloc(shape->bytes);
	uint64_t packets = 0;

	REQUIRE(wanted);
	tap_defer(free, wanted);
	pattern(wanted, shape->bytes, shape);
	EQUAL(pipe.max_bytes_per_interval, shape->bytes);
	EQUAL(pipe.interval, shape->interval);
	flow_open(&in, fd, pipe.address, 8, 16);
	in.foreign = in.first_exact = true;
	while (in.reaped < SOURCE_TRANSFERS) {
		flow_fill(&in, SOURCE_TRANSFERS);
		if (!flow_take_plain(&in) || !check_source(&in, wanted, in.reaped - 1))
			tap_end();
		packets += in.packets;
	}
	EQUAL(packets, SOURCE_TRANSFERS * 8);
}

/* The gadget tells nobody what it got (it compares nothing on isochronous pipes): the bus does. */
static void sink(const struct source_sink *shape)
{
	int fd = plug_source_sink(shape);
	struct winusb_iso_pipe_info pipe = pipe_of(fd, 1, 0);
	struct dummy_endpoint endpoint;

	EQUAL(pipe.max_bytes_per_interval, shape->bytes);
	EQUAL(pipe.interval, shape->interval);
	flow_open(&out, fd, pipe.address, 8, 16);
	out.first_exact = true;
	flow_run(&out, SOURCE_TRANSFERS);
	REQUIRE(dummy_endpoint(pipe.address, &endpoint));
	EQUAL(endpoint.packets, SOURCE_TRANSFERS * 8);
	EQUAL(endpoint.bytes, (uint64_t)SOURCE_TRANSFERS * 8 * shape->bytes);
	EQUAL(endpoint.late, 0);
	EQUAL(endpoint.errors, 0);
}

// clang-format off
static void full_source(void) { source(&full_64); }
static void full_large_source(void) { source(&full_1023); }
static void high_source(void) { source(&high_1024); }
static void high_mult_source(void) { source(&high_mult); }
static void high_slow_source(void) { source(&high_slow); }
static void super_source(void) { source(&super_1024); }
static void super_burst_source(void) { source(&super_burst); }
static void super_slow_source(void) { source(&super_slow); }
static void full_sink(void) { sink(&full_64); }
static void full_large_sink(void) { sink(&full_1023); }
static void high_sink(void) { sink(&high_1024); }
static void high_mult_sink(void) { sink(&high_mult); }
static void high_slow_sink(void) { sink(&high_slow); }
static void super_sink(void) { sink(&super_1024); }
static void super_burst_sink(void) { sink(&super_burst); }
static void super_slow_sink(void) { sink(&super_slow); }
// clang-format on

/* --- FunctionFS: what goes out comes back --- */

#define FOLDER	       "/dev/ffs-tests"
#define LOOP_TRANSFERS 200
#define LOOP_PACKETS   16
#define LOOP_FIRST     1000 /* flow.c numbers the packets of OUT pipes from here */

struct loop {
	const struct gadget_speed *speed;
	const char *bytes, *interval, *mult, *burst; /* arguments of ffs-loop */
	uint32_t max_bytes;
};

static pid_t loop_pid;
static uint32_t loop_max;

static bool has_endpoints(void *unused)
{
	(void)unused;
	return !access(FOLDER "/ep2", F_OK);
}

static void end_loop(void *unused)
{
	int status = -1;

	(void)unused;
	kill(loop_pid, SIGTERM);
	waitpid(loop_pid, &status, 0);
	EQUAL(status, 0);
	CHECK(!umount(FOLDER));
	rmdir(FOLDER);
}

static void unmount(void *unused)
{
	(void)unused;
	umount(FOLDER);
}

static void start_loop(const struct loop *loop)
{
	REQUIRE(!mkdir(FOLDER, 0755));
	REQUIRE(!mount("loop", FOLDER, "functionfs", 0, NULL));
	tap_defer(unmount, NULL);
	fflush(stdout);
	loop_pid = fork();
	REQUIRE(loop_pid >= 0);
	if (!loop_pid) {
		close(STDOUT_FILENO);
		execlp("ffs-loop", "ffs-loop", FOLDER, loop->bytes, loop->interval, loop->mult,
		       loop->burst, NULL);
		_exit(127);
	}
	tap_cancel(unmount, NULL);
	tap_defer(end_loop, NULL);
	REQUIRE(fixture_wait(has_endpoints, NULL));
}

static void plug_loop(const struct loop *loop)
{
	gadget_new(&gadget, GADGET_PRODUCT);
	gadget_add(&gadget, "ffs.loop");
	start_loop(loop);
	gadget_plug(&gadget, loop->speed);
}

static uint32_t any_length(uint64_t number)
{
	return 1 + (uint32_t)(number * 7919 % loop_max);
}

/* Packet @number as it was sent? */
static bool came_back(const struct flow_slot *slot, const struct winusb_iso_packet *packet,
		      uint64_t number)
{
	if (packet->length == any_length(number) &&
	    sim_pattern_matches(slot->data + packet->offset, packet->length, out.address,
				LOOP_FIRST + number))
		return true;
	tap_note("packet %llu of %u bytes came back with %u", (unsigned long long)number,
		 any_length(number), packet->length);
	return CHECK(!"the packet came back as it went");
}

/* Packets that came back, all in order; *@number counts them. */
static bool check_back(const struct winusb_iso_completion *completion, uint64_t *number)
{
	const struct flow_slot *slot = flow_slot_of(&in, completion);
	uint32_t i, bytes = 0;

	for (i = 0; i < in.packets; i++) {
		if (slot->table[i].status || slot->table[i].offset != i * in.max_bytes)
			return CHECK(!"the packet is in its place");
		bytes += slot->table[i].length;
		if (slot->table[i].length && !came_back(slot, &slot->table[i], (*number)++))
			return false;
	}
	return EQUAL(completion->actual_length, bytes);
}

static void take_either(int fd, uint64_t *back)
{
	struct winusb_iso_completion completion;
	struct flow_want want;
	struct flow *flow;
	bool good;

	REQUIRE_WORKS(fixture_reap(fd, &completion));
	flow = completion.pipe == in.address ? &in : &out;
	want = plain(flow);
	good = flow_check(flow, &completion, &want);
	if (!good || (flow == &in && !check_back(&completion, back)))
		tap_end();
}

static void loop_back(const struct loop *loop)
{
	const uint64_t all = (uint64_t)LOOP_TRANSFERS * LOOP_PACKETS;
	uint64_t back = 0, end = UINT64_MAX;
	int fd;

	plug_loop(loop);
	loop_max = loop->max_bytes;
	fd = fixture_open(&gadget.device, O_RDWR);
	flow_open(&in, fd, pipe_of(fd, 0, 0x80).address, LOOP_PACKETS, 8);
	flow_open(&out, fd, pipe_of(fd, 0, 0).address, LOOP_PACKETS, 8);
	EQUAL(in.max_bytes, loop->max_bytes);
	EQUAL(out.max_bytes, loop->max_bytes);
	in.foreign = true;
	out.length = any_length;
	/* Two more transfers after the last packet: nothing else comes back. */
	while (in.reaped < end || out.reaped < LOOP_TRANSFERS) {
		flow_fill(&in, end);
		flow_fill(&out, LOOP_TRANSFERS);
		take_either(fd, &back);
		if (back == all && end == UINT64_MAX)
			end = in.submitted + 2;
		REQUIRE(in.reaped < 4 * LOOP_TRANSFERS);
	}
	EQUAL(back, all);
	EQUAL(in.gaps, 0);
	EQUAL(out.gaps, 0);
}

static const struct loop loop_full = { FULL, "500", "1", "1", "1", 500 };
static const struct loop loop_high = { HIGH, "1024", "1", "1", "1", 1024 };
static const struct loop loop_mult = { HIGH, "1024", "1", "2", "1", 2048 };
static const struct loop loop_slow = { HIGH, "700", "4", "2", "1", 1400 };
static const struct loop loop_super = { SUPER, "1024", "1", "1", "1", 1024 };
static const struct loop loop_burst = { SUPER, "1024", "3", "3", "4", 12288 };

static void full_loop(void)
{
	loop_back(&loop_full);
}
static void high_loop(void)
{
	loop_back(&loop_high);
}
static void high_mult_loop(void)
{
	loop_back(&loop_mult);
}
static void high_slow_loop(void)
{
	loop_back(&loop_slow);
}
static void super_loop(void)
{
	loop_back(&loop_super);
}
static void super_burst_loop(void)
{
	loop_back(&loop_burst);
}

/* --- the same through the library's streams --- */

#define STREAM_BYTES 1024

static void close_device(void *device)
{
	wiso_close(device);
}

static void fill_packets(uint8_t *data, uint32_t *lengths, uint64_t *number)
{
	uint32_t i, offset = 0;

	for (i = 0; i < LOOP_PACKETS; i++) {
		lengths[i] = any_length(*number);
		sim_pattern_fill(data + offset, lengths[i], 0x04, (*number)++);
		offset += lengths[i];
	}
}

static uint32_t sum(const uint32_t *lengths)
{
	uint32_t i, bytes = 0;

	for (i = 0; i < LOOP_PACKETS; i++)
		bytes += lengths[i];
	return bytes;
}

/* What @timeout_ms lets come back of packets *@number and on. */
static void read_back(struct wiso_stream *stream, uint64_t *number, int timeout_ms)
{
	struct wiso_slot *slot = wiso_stream_acquire(stream, timeout_ms);
	uint32_t i;

	if (!slot && (errno == EAGAIN || errno == ETIMEDOUT))
		return;
	REQUIRE(slot);
	for (i = 0; i < slot->num_packets; i++) {
		REQUIRE(!slot->packets[i].status);
		if (!slot->packets[i].length)
			continue;
		REQUIRE(slot->packets[i].length == any_length(*number));
		REQUIRE(sim_pattern_matches(wiso_slot_packet_data(slot, i), slot->packets[i].length,
					    0x04, *number));
		++*number;
	}
	REQUIRE(!wiso_stream_release(stream, slot));
}

static struct wiso_stream *open_stream(struct wiso_device *device, unsigned int direction,
				       uint32_t transfers)
{
	struct winusb_iso_pipe_info pipe;
	struct wiso_stream *stream;

	REQUIRE(!wiso_first_pipe(device, direction, &pipe));
	EQUAL(pipe.max_bytes_per_interval, STREAM_BYTES);
	stream = wiso_stream_open(device, pipe.address, LOOP_PACKETS, transfers, 0);
	REQUIRE(stream);
	return stream;
}

static void nothing_lost(struct wiso_stream *stream)
{
	struct wiso_stream_stats stats;

	wiso_stream_get_stats(stream, &stats);
	EQUAL(stats.packets_bad, 0);
	EQUAL(stats.gaps, 0);
	EQUAL(stats.restarts, 0);
	EQUAL(stats.trust_unknown, 0);
}

static void library_loop(void)
{
	static uint8_t data[LOOP_PACKETS * STREAM_BYTES];
	uint64_t sent = 0, back = 0, turns = 0;
	struct wiso_stream *reader, *writer;
	uint32_t lengths[LOOP_PACKETS];
	struct wiso_device *device;

	plug_loop(&loop_high);
	loop_max = STREAM_BYTES;
	device = wiso_open_id(GADGET_VENDOR, GADGET_PRODUCT, -1, NULL, 0);
	REQUIRE(device);
	tap_defer(close_device, device);
	/* The reader's last while nobody reads: the writer fills up, and drains. */
	reader = open_stream(device, WISO_IN, 32);
	writer = open_stream(device, WISO_OUT, 8);
	REQUIRE(!wiso_stream_start(reader));
	while (sent < LOOP_TRANSFERS * LOOP_PACKETS) {
		fill_packets(data, lengths, &sent);
		REQUIRE(!wiso_stream_write_transfer(writer, data, sum(lengths), lengths,
						    LOOP_PACKETS, FIXTURE_WAIT_MS));
		read_back(reader, &back, 0);
	}
	REQUIRE(!wiso_stream_drain(writer, FIXTURE_WAIT_MS));
	while (back < sent && turns++ < LOOP_TRANSFERS)
		read_back(reader, &back, FIXTURE_WAIT_MS);
	EQUAL(back, sent);
	nothing_lost(reader);
	nothing_lost(writer);
}

static const struct tap_test tests[] = {
	{ "SourceSink at full speed: every byte that comes is its pattern", full_source },
	{ "SourceSink at full speed, 1023 bytes each 2 ms: every byte is its pattern",
	  full_large_source },
	{ "SourceSink at high speed: every byte that comes is its pattern", high_source },
	{ "SourceSink at high speed, 3 transactions a microframe: every byte is its pattern",
	  high_mult_source },
	{ "SourceSink at high speed, 2 x 1000 bytes each ms: every byte is its pattern",
	  high_slow_source },
	{ "SourceSink at super speed: every byte that comes is its pattern", super_source },
	{ "SourceSink at super speed, bursts of 16 times 3: every byte is its pattern",
	  super_burst_source },
	{ "SourceSink at super speed, bursts of 4 times 2 each 500 us: every byte is its pattern",
	  super_slow_source },
	{ "SourceSink at full speed takes every packet, none late", full_sink },
	{ "SourceSink at full speed takes packets of 1023 bytes each 2 ms", full_large_sink },
	{ "SourceSink at high speed takes every packet, none late", high_sink },
	{ "SourceSink at high speed takes 3 transactions a microframe", high_mult_sink },
	{ "SourceSink at high speed takes 2 x 1000 bytes each ms", high_slow_sink },
	{ "SourceSink at super speed takes every packet, none late", super_sink },
	{ "SourceSink at super speed takes bursts of 16 times 3", super_burst_sink },
	{ "SourceSink at super speed takes bursts of 4 times 2 each 500 us", super_slow_sink },
	{ "FunctionFS at full speed: packets of any length come back, in order, all", full_loop },
	{ "FunctionFS at high speed: packets of any length come back, in order, all", high_loop },
	{ "FunctionFS at high speed, 2 transactions: all comes back as it went", high_mult_loop },
	{ "FunctionFS at high speed, 2 x 700 bytes each ms: all comes back as it went",
	  high_slow_loop },
	{ "FunctionFS at super speed: packets of any length come back, in order, all", super_loop },
	{ "FunctionFS at super speed, bursts of 4 times 3: all comes back as it went",
	  super_burst_loop },
	{ "FunctionFS through the library's streams: all comes back as it went", library_loop },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
