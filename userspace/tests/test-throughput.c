// SPDX-License-Identifier: MIT
/*
 * Streams as fast as the bus allows, through the shared rings, on a machine whose time is its
 * instructions: what is lost here is lost by the code, not by the machine it happens to run on.
 */
#include "fixture.h"
#include "tap.h"
#include "tracefs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN	 0x81
#define RING	 1024
#define LIMIT_MS 5000 /* without a single completion */

struct stream {
	int fd;
	uint8_t pipe;
	uint32_t packets; /* of a transfer */
	uint32_t slots;	  /* transfers pending at most */
	uint32_t batch;	  /* transfers given over in one call */
	struct fixture fixture;
	struct fixture_buffer buffer;
	struct fixture_rings rings;
	uint64_t submitted, reaped, calls;
	uint64_t next_uframe, next_counter, last_timestamp;
	uint64_t shortest_ns, longest_ns; /* between two completions */
	uint32_t interval;
};

/* What was not as it must be, in transfers unless it says otherwise. */
struct tally {
	uint64_t transfers, bytes, failed, out_of_order, gaps, misplaced, not_exact, wrong_flags;
	uint64_t backwards;		/* time stamps */
	uint64_t bad_packets, bad_data; /* packets */
};

static void open_stream(struct stream *stream, enum sim_speed speed, const char *alternate)
{
	const char *const alternates[] = { alternate, NULL };
	struct winusb_iso_pipe_info pipe;
	struct sim_options options;

	fixture_options(&options, speed, alternates);
	fixture_start(&stream->fixture, &options);
	stream->fd = fixture_open(&stream->fixture, O_RDWR);
	fixture_set_alternate(stream->fd, 1);
	fixture_pipe(stream->fd, 1, stream->pipe, &pipe);
	stream->interval = pipe.interval;
	fixture_rings(stream->fd, &stream->rings, RING);
	fixture_register_packets(stream->fd, &stream->buffer, stream->pipe,
				 stream->slots * stream->packets);
}

static bool is_in(const struct stream *stream)
{
	return stream->pipe & 0x80;
}

static void fill(struct stream *stream, const struct winusb_iso_transfer *transfer)
{
	uint32_t size = stream->buffer.max_bytes, i;

	for (i = 0; i < stream->packets; i++)
		sim_pattern_fill(stream->buffer.data + transfer->offset + i * size, size,
				 stream->pipe, stream->submitted * stream->packets + i);
}

static void publish(struct stream *stream)
{
	uint32_t slot = (uint32_t)(stream->submitted % stream->slots);
	struct winusb_iso_transfer transfer =
		fixture_transfer(&stream->buffer, slot * stream->packets, stream->packets,
				 stream->submitted);

	transfer.flags = stream->submitted ? WINUSB_ISO_TRANSFER_CONTINUE : 0;
	if (!is_in(stream))
		fill(stream, &transfer);
	fixture_publish(&stream->rings, &transfer);
	stream->submitted++;
}

/* A batch at a time, and each with one call. */
static void top_up(struct stream *stream, uint64_t total)
{
	uint64_t room = stream->slots - (stream->submitted - stream->reaped);
	uint64_t wanted = stream->batch, i;
	uint32_t taken;

	if (wanted > total - stream->submitted)
		wanted = total - stream->submitted;
	if (!wanted || wanted > room)
		return;
	for (i = 0; i < wanted; i++)
		publish(stream);
	REQUIRE_WORKS(fixture_submit_ring(stream->fd, &taken));
	EQUAL(taken, wanted);
	stream->calls++;
}

static bool packet_is_right(const struct stream *stream, const struct winusb_iso_packet *packet,
			    uint32_t number)
{
	return packet->status == 0 && packet->length == stream->buffer.max_bytes &&
	       packet->offset == number * stream->buffer.max_bytes;
}

/* Every byte of an IN packet: its counter is that of the packet before plus one. */
static void check_packets(struct stream *stream, const struct winusb_iso_completion *completion,
			  struct tally *tally)
{
	uint32_t first = (uint32_t)(completion->cookie % stream->slots) * stream->packets, i;
	const uint8_t *data = stream->buffer.data + first * stream->buffer.max_bytes;
	const struct winusb_iso_packet *packet;

	if (is_in(stream) && !completion->cookie)
		stream->next_counter = sim_pattern_counter(data);
	for (i = 0; i < stream->packets; i++, data += stream->buffer.max_bytes) {
		packet = &stream->buffer.packets[first + i];
		tally->bad_packets += !packet_is_right(stream, packet, i);
		tally->bad_data +=
			is_in(stream) && !sim_pattern_matches(data, stream->buffer.max_bytes,
							      stream->pipe, stream->next_counter++);
	}
}

static void check_order(struct stream *stream, const struct winusb_iso_completion *completion,
			struct tally *tally)
{
	uint64_t apart = completion->timestamp_ns - stream->last_timestamp;

	if (!completion->cookie) {
		tally->wrong_flags += completion->flags != WINUSB_ISO_COMPLETION_NEW_STREAM;
		stream->shortest_ns = UINT64_MAX;
	} else {
		tally->wrong_flags += completion->flags != 0;
		tally->misplaced += completion->start_uframe != stream->next_uframe;
		tally->not_exact += completion->trust != WINUSB_ISO_TRUST_EXACT;
		tally->backwards += completion->timestamp_ns < stream->last_timestamp;
		if (apart < stream->shortest_ns)
			stream->shortest_ns = apart;
		if (apart > stream->longest_ns)
			stream->longest_ns = apart;
	}
	stream->last_timestamp = completion->timestamp_ns;
	stream->next_uframe =
		completion->start_uframe + (uint64_t)stream->packets * stream->interval;
}

static void check_transfer(struct stream *stream, const struct winusb_iso_completion *completion,
			   struct tally *tally)
{
	tally->transfers++;
	tally->bytes += completion->actual_length;
	tally->failed += completion->status || completion->error_count ||
			 completion->num_packets != stream->packets;
	tally->out_of_order += completion->cookie != stream->reaped;
	tally->gaps += completion->gap || completion->inner_gap;
	check_order(stream, completion, tally);
	check_packets(stream, completion, tally);
	stream->reaped++;
}

static void collect(struct stream *stream, struct tally *tally)
{
	struct winusb_iso_completion completion;
	unsigned int waited = 0;

	while (!fixture_collect(&stream->rings, &completion)) {
		fixture_sleep_ms(2);
		waited += 2;
		REQUIRE(waited < LIMIT_MS);
	}
	do
		check_transfer(stream, &completion, tally);
	while (fixture_collect(&stream->rings, &completion));
}

static void run(struct stream *stream, uint64_t until, uint64_t total, struct tally *tally)
{
	while (stream->reaped < until) {
		while (stream->submitted < total &&
		       stream->submitted - stream->reaped + stream->batch <= stream->slots)
			top_up(stream, total);
		collect(stream, tally);
	}
}

static void nothing_wrong(const struct stream *stream, const struct tally *tally, uint64_t total)
{
	EQUAL(tally->transfers, total);
	EQUAL(tally->bytes, total * stream->packets * stream->buffer.max_bytes);
	EQUAL(tally->failed, 0);
	EQUAL(tally->out_of_order, 0);
	EQUAL(tally->gaps, 0);
	EQUAL(tally->misplaced, 0);
	EQUAL(tally->not_exact, 0);
	EQUAL(tally->wrong_flags, 0);
	EQUAL(tally->backwards, 0);
	EQUAL(tally->bad_packets, 0);
	EQUAL(tally->bad_data, 0);
	EQUAL(stream->rings.control->refused, 0);
}

/* What the device says of it: a sink that checks, or a source that knows what it left out. */
static void device_agrees(const struct stream *stream, uint64_t packets)
{
	struct sim_pipe_stats stats;

	REQUIRE(sim_stats(stream->fixture.sim, stream->pipe, &stats));
	EQUAL(stats.good, packets);
	EQUAL(stats.bad, 0);
	EQUAL(stats.missing, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.streams, 1);
	EQUAL(stats.late_transfers, 0);
}

static void whole_stream(struct stream *stream, uint64_t total)
{
	struct tally tally = { 0 };

	run(stream, total, total, &tally);
	nothing_wrong(stream, &tally, total);
	device_agrees(stream, total * stream->packets);
	tap_note("%llu bytes in %llu transfers of %u packets; %llu calls to hand them over",
		 (unsigned long long)tally.bytes, (unsigned long long)total, stream->packets,
		 (unsigned long long)stream->calls);
	fixture_close(stream->fd);
}

/* 3 x 1024 bytes in each microframe: the most that high speed can carry for one pipe. */
static void minute_in(void)
{
	struct stream stream = { .pipe = IN, .packets = 8, .slots = 128, .batch = 64 };

	open_stream(&stream, SIM_HIGH, "in:0x81:1024x3:1");
	EQUAL(stream.buffer.max_bytes, 3072);
	whole_stream(&stream, 60000); /* of 1 ms each */
}

static void seconds_out(void)
{
	struct stream stream = { .pipe = 0x01, .packets = 8, .slots = 128, .batch = 64 };

	open_stream(&stream, SIM_HIGH, "out:0x01:1024x3:1");
	EQUAL(stream.buffer.max_bytes, 3072);
	whole_stream(&stream, 10000);
}

/* 48 packets of 1024 bytes in each microframe: the most that SuperSpeed can carry. */
static void super_speed_in(void)
{
	struct stream stream = { .pipe = IN, .packets = 4, .slots = 20, .batch = 4 };

	open_stream(&stream, SIM_SUPER, "in:0x81:1024x16x3:1");
	EQUAL(stream.buffer.max_bytes, 49152);
	whole_stream(&stream, 2400); /* 1.2 s */
}

/* --- what the steady state costs --- */

static const char *const memory_events[] = {
	"kmem/kmalloc",		 "kmem/kmalloc_node",
	"kmem/kmem_cache_alloc", "kmem/kmem_cache_alloc_node",
	"kmem/mm_page_alloc",	 "percpu/percpu_alloc_percpu",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned int watch_memory(bool *watched)
{
	unsigned int i, found = 0;

	for (i = 0; i < COUNT(memory_events); i++)
		found += watched[i] = tracefs_watch(memory_events[i], "stacktrace");
	return found;
}

static void switch_memory(const bool *watched, void (*change)(const char *, const char *))
{
	unsigned int i;

	for (i = 0; i < COUNT(memory_events); i++)
		if (watched[i])
			change(memory_events[i], "stacktrace");
}

static struct tracefs_count memory_taken(const bool *watched, bool explain)
{
	struct tracefs_count sum = { 0 }, count;
	unsigned int i;

	for (i = 0; i < COUNT(memory_events); i++) {
		if (!watched[i])
			continue;
		count = tracefs_read(memory_events[i], explain);
		sum.ours += count.ours;
		sum.others += count.others;
	}
	return sum;
}

/* The instrument works: registering a buffer and opening a pipe take memory. */
static void start_up_allocates(void)
{
	struct stream stream = { .pipe = IN, .packets = 8, .slots = 512, .batch = 64 };
	bool watched[COUNT(memory_events)];
	struct tracefs_count taken;

	CHECK(watch_memory(watched) >= 3);
	switch_memory(watched, tracefs_run);
	open_stream(&stream, SIM_HIGH, "in:0x81:1024:1");
	switch_memory(watched, tracefs_pause);
	taken = memory_taken(watched, false);
	tap_note("opening a stream takes memory %lu times", taken.ours);
	CHECK(taken.ours >= 64); /* URBs of the pool */
}

static void steady_state_allocates_nothing(void)
{
	struct stream stream = { .pipe = IN, .packets = 8, .slots = 512, .batch = 64 };
	const uint64_t from = 1000, to = from + 10000, total = to + 1000;
	bool watched[COUNT(memory_events)];
	struct tracefs_count taken;
	struct tally tally = { 0 };

	CHECK(watch_memory(watched) >= 3);
	open_stream(&stream, SIM_HIGH, "in:0x81:1024:1");
	run(&stream, from, total, &tally);
	switch_memory(watched, tracefs_run);
	run(&stream, to, total, &tally);
	switch_memory(watched, tracefs_pause);
	run(&stream, total, total, &tally);
	nothing_wrong(&stream, &tally, total);

	taken = memory_taken(watched, true);
	tap_note("in 10000 transfers: the module took memory %lu times, everything else %lu times",
		 taken.ours, taken.others);
	EQUAL(taken.ours, 0);
	CHECK(taken.others >= 10000); /* vhci_hcd allocates for each URB */
}

/* Every call of _copy_from_user() and _copy_to_user() in the module; they can't be probed. */
#define COPY_SITES "/data/copy-sites"
#define MAX_SITES  32

struct sites {
	unsigned int n;
	bool to_user[MAX_SITES];
	char event[MAX_SITES][64];
};

/* Lines "from FUNCTION+OFFSET" and "to FUNCTION+OFFSET", from the module's relocations. */
static void watch_copies(struct sites *sites)
{
	char direction[8], place[128], name[32];
	FILE *file = fopen(COPY_SITES, "re");

	REQUIRE(file);
	for (sites->n = 0; sites->n < MAX_SITES; sites->n++) {
		if (fscanf(file, "%7s %127s", direction, place) != 2)
			break;
		sites->to_user[sites->n] = !strcmp(direction, "to");
		snprintf(name, sizeof(name), "copy_%s_%u", direction, sites->n);
		tracefs_probe(name, place);
		snprintf(sites->event[sites->n], sizeof(sites->event[0]), "winusb_iso_test/%s",
			 name);
		REQUIRE(tracefs_watch(sites->event[sites->n], "common_pid"));
	}
	CHECK(feof(file));
	fclose(file);
	CHECK(sites->n >= 2);
}

static void switch_copies(const struct sites *sites, void (*change)(const char *, const char *))
{
	unsigned int i;

	for (i = 0; i < sites->n; i++)
		change(sites->event[i], "common_pid");
}

static unsigned long copies(const struct sites *sites, bool to_user)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < sites->n; i++)
		if (sites->to_user[i] == to_user)
			sum += tracefs_read(sites->event[i], false).others;
	return sum;
}

static void copies_are_per_call(void)
{
	struct stream stream = { .pipe = IN, .packets = 8, .slots = 512, .batch = 64 };
	const uint64_t from = 1024, to = from + 10000, total = to + 1000;
	struct tally tally = { 0 };
	uint64_t calls, before;
	struct sites sites;

	watch_copies(&sites);
	open_stream(&stream, SIM_HIGH, "in:0x81:1024:1");
	run(&stream, from, total, &tally);
	before = stream.reaped;
	calls = stream.calls;
	switch_copies(&sites, tracefs_run);
	run(&stream, to, total, &tally);
	switch_copies(&sites, tracefs_pause);
	calls = stream.calls - calls;
	tap_note("%llu transfers were handed over with %llu calls",
		 (unsigned long long)(stream.reaped - before), (unsigned long long)calls);
	run(&stream, total, total, &tally);
	nothing_wrong(&stream, &tally, total);
	CHECK(calls >= 100 && calls <= 10000 / 64 + 2);
	/* The argument in; out once to see that it can be written, and once with the result. */
	EQUAL(copies(&sites, false), calls);
	EQUAL(copies(&sites, true), 2 * calls);
}

/* --- latency --- */

/* Waits for each by itself: none comes together with another. */
static void one_by_one(void)
{
	struct stream stream = { .pipe = IN, .packets = 1, .slots = 64, .batch = 1 };
	struct winusb_iso_completion completion;
	uint64_t together = 0, total = 4000;
	struct tally tally = { 0 };

	open_stream(&stream, SIM_HIGH, "in:0x81:1024:1");
	while (stream.reaped < total) {
		while (stream.submitted < total && stream.submitted - stream.reaped < stream.slots)
			top_up(&stream, total);
		REQUIRE_WORKS(fixture_collect_wait(stream.fd, &stream.rings, &completion));
		check_transfer(&stream, &completion, &tally);
		while (fixture_collect(&stream.rings, &completion)) {
			together++;
			check_transfer(&stream, &completion, &tally);
		}
	}
	nothing_wrong(&stream, &tally, total);
	device_agrees(&stream, total);
	tap_note("time between two completions: %llu to %llu ns; %llu came with another one",
		 (unsigned long long)stream.shortest_ns, (unsigned long long)stream.longest_ns,
		 (unsigned long long)together);
}

static const struct tap_test tests[] = {
	{ "60 s of 24.6 MB/s at high speed arrive without a gap or a wrong byte", minute_in },
	{ "10 s of 24.6 MB/s at high speed go out without a gap or a wrong byte", seconds_out },
	{ "1.2 s of 393 MB/s at SuperSpeed arrive without a gap or a wrong byte", super_speed_in },
	{ "starting a stream takes memory, and the test sees it", start_up_allocates },
	{ "10000 transfers of a running stream take no memory", steady_state_allocates_nothing },
	{ "user memory is copied for each call of 64 transfers, not for each transfer",
	  copies_are_per_call },
	{ "transfers of one packet complete one by one and in order", one_by_one },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
