// SPDX-License-Identifier: MIT
/* The native library on the real module; its unit tests bring a kernel of their own. */
#include "fixture.h"
#include "pattern.h"
#include "tap.h"
#include "winusb-iso.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS FIXTURE_WAIT_MS

/* A call of the library: 0, a count, or a negative errno, for RETURNS(). */
#define SAYS(call) ((call) < 0 ? -errno : 0)

static void close_device(void *argument)
{
	wiso_close(argument);
}

/* A simulated device with an alternate setting selected, opened through the library. */
static struct wiso_device *open_device(struct fixture *fixture, enum sim_speed speed,
				       unsigned int alternate)
{
	struct wiso_device *dev;

	fixture_start_speed(fixture, speed);
	dev = wiso_open_id(0x1209, 0x0001, -1, NULL, 0);
	REQUIRE(dev);
	tap_defer(close_device, dev);
	REQUIRE_WORKS(SAYS(wiso_set_alternate(dev, alternate)));
	return dev;
}

/* --- transfers --- */

#define MANY 10000

/* Alternate setting 4: packets of 192 bytes every 250 us, so that all fit into one buffer. */
static void queue_many(struct wiso_device *dev, const struct wiso_buffer *buffer)
{
	struct winusb_iso_transfer transfer;
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		wiso_transfer_init(&transfer, buffer, i * 192, i, 1);
		transfer.cookie = i;
		transfer.flags = i ? WINUSB_ISO_TRANSFER_CONTINUE : 0;
		if (wiso_queue(dev, &transfer) < 0)
			REQUIRE_WORKS(-errno);
	}
	EQUAL(wiso_flush(dev), MANY);
}

static bool is_in_order(const struct wiso_buffer *buffer,
			const struct winusb_iso_completion *completion, uint32_t i,
			uint64_t *counter)
{
	const struct winusb_iso_packet *packet = &wiso_buffer_packets(buffer)[i];
	const uint8_t *data = (uint8_t *)wiso_buffer_data(buffer) + i * 192;
	/* The first of a stream has nothing to be compared with but the clock. */
	unsigned int trust = i ? WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED;

	if (!i)
		*counter = sim_pattern_counter(data);
	return completion->cookie == i && !completion->status && !completion->gap &&
	       completion->trust == trust && completion->num_packets == 1 && !packet->status &&
	       packet->length == 192 && !packet->offset &&
	       sim_pattern_matches(data, 192, 0x81, *counter + i);
}

static void many_in_one_go(void)
{
	struct winusb_iso_completion completion;
	struct wiso_buffer *buffer;
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 4);
	uint64_t counter = 0;
	uint32_t i;

	EQUAL(wiso_set_ring_size(dev, MANY), 16384);
	buffer = wiso_buffer_register(dev, 0x81, MANY * 192, MANY);
	REQUIRE(buffer);
	queue_many(dev, buffer);
	for (i = 0; i < MANY; i++) {
		REQUIRE_WORKS(SAYS(wiso_wait_completion(dev, &completion, WAIT_MS)));
		REQUIRE(is_in_order(buffer, &completion, i, &counter));
	}
	RETURNS(SAYS(wiso_next_completion(dev, &completion)), EAGAIN);
	RETURNS(SAYS(wiso_buffer_unregister(buffer)), 0);
}

static void one_and_wait(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct wiso_buffer *buffer;
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 1);
	uint32_t i;

	buffer = wiso_buffer_register(dev, 0x81, 8 * 1024, 8);
	REQUIRE(buffer);
	wiso_transfer_init(&transfer, buffer, 0, 0, 8);
	transfer.cookie = 7;
	REQUIRE_WORKS(SAYS(wiso_submit_and_wait(dev, &transfer, &completion, WAIT_MS)));
	EQUAL(completion.cookie, 7);
	EQUAL(completion.status, 0);
	EQUAL(completion.actual_length, 8 * 1024);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NEW_STREAM);
	for (i = 0; i < 8; i++)
		EQUAL(wiso_buffer_packets(buffer)[i].length, 1024);
}

static void each_refusal(void)
{
	struct winusb_iso_transfer good, bad;
	struct wiso_buffer *buffer;
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 1);

	buffer = wiso_buffer_register(dev, 0x81, 8 * 1024, 8);
	REQUIRE(buffer);
	wiso_transfer_init(&good, buffer, 0, 0, 8);
	bad = good, bad.flags = 1u << 31;
	RETURNS(SAYS(wiso_submit(dev, &bad)), EINVAL);
	bad = good, bad.buffer = 12345;
	RETURNS(SAYS(wiso_submit(dev, &bad)), ENOENT);
	bad = good, bad.num_packets = 0;
	RETURNS(SAYS(wiso_submit(dev, &bad)), ERANGE);
	bad = good, bad.first_packet = 1;
	RETURNS(SAYS(wiso_submit(dev, &bad)), E2BIG);
	bad = good, bad.offset = 1;
	RETURNS(SAYS(wiso_submit(dev, &bad)), EOVERFLOW);
	bad = good, bad.length--;
	RETURNS(SAYS(wiso_submit(dev, &bad)), EMSGSIZE);
	RETURNS(SAYS(wiso_set_alternate(dev, 99)), ENOENT);
	RETURNS(wiso_buffer_register(dev, 0x83, 1, 1) ? 0 : -errno, ENOENT);
	RETURNS(wiso_stream_open(dev, 0x81, 8, 1, 0) ? 0 : -errno, EINVAL);
	RETURNS(wiso_open("/dev/null", 0) ? 0 : -errno, ENOTTY);
	RETURNS(wiso_open_id(0x1209, 0x0002, -1, NULL, 0) ? 0 : -errno, ENOENT);
}

/* --- opening --- */

static void read_only(void)
{
	struct winusb_iso_alternate alternate;
	struct winusb_iso_pipe_info pipe;
	struct winusb_iso_frame frame;
	struct winusb_iso_info info;
	struct fixture fixture;
	struct wiso_device *writer = open_device(&fixture, SIM_HIGH, 1);
	struct wiso_device *dev = wiso_open(fixture.node, WISO_OPEN_READ_ONLY);

	(void)writer;
	REQUIRE(dev);
	tap_defer(close_device, dev);
	RETURNS(SAYS(wiso_set_alternate(dev, 1)), EPERM);
	RETURNS(SAYS(wiso_set_ring_size(dev, 64)), EPERM);
	RETURNS(wiso_buffer_register(dev, 0x81, 1024, 1) ? 0 : -errno, EPERM);
	RETURNS(wiso_stream_open(dev, 0x81, 0, 0, 0) ? 0 : -errno, EPERM);
	RETURNS(SAYS(wiso_abort_pipe(dev, 0x81)), EPERM);
	RETURNS(SAYS(wiso_reset_pipe(dev, 0x81)), EPERM);
	RETURNS(SAYS(wiso_get_info(dev, &info)), 0);
	EQUAL(info.current_alternate, 1);
	EQUAL(info.speed, WINUSB_ISO_SPEED_HIGH);
	RETURNS(SAYS(wiso_get_alternate(dev, 2, &alternate)), 0);
	EQUAL(alternate.alternate, 2);
	RETURNS(SAYS(wiso_find_pipe(dev, 0x81, &pipe)), 0);
	EQUAL(pipe.max_bytes_per_interval, 1024);
	RETURNS(SAYS(wiso_get_frame(dev, &frame)), 0);
}

static void found_by_what_it_is(void)
{
	struct sim_options options;
	struct fixture fixture;
	struct wiso_device *dev;
	struct wiso_list *list;

	sim_options_init(&options, SIM_SUPER);
	options.serial = "A-7";
	fixture_start(&fixture, &options);
	list = wiso_list_new();
	REQUIRE(list);
	EQUAL(wiso_list_count(list), 1);
	SAME_TEXT(wiso_node_path(wiso_list_get(list, 0)), fixture.node);
	SAME_TEXT(wiso_node_serial(wiso_list_get(list, 0)), "A-7");
	EQUAL(wiso_node_vendor_id(wiso_list_get(list, 0)), 0x1209);
	EQUAL(wiso_node_product_id(wiso_list_get(list, 0)), 0x0001);
	EQUAL(wiso_node_speed(wiso_list_get(list, 0)), WINUSB_ISO_SPEED_SUPER);
	RETURNS(wiso_list_get(list, 1) ? 0 : -errno, ENOENT);
	wiso_list_free(list);
	RETURNS(wiso_open_id(0x1209, 0x0001, -1, "A-8", 0) ? 0 : -errno, ENOENT);
	RETURNS(wiso_open_id(0x1209, 0x0001, 1, NULL, 0) ? 0 : -errno, ENOENT);
	dev = wiso_open_id(0x1209, 0x0001, 0, "A-7", 0);
	CHECK(dev);
	wiso_close(dev);
}

/* --- streams --- */

/* One thread's stream: so many transfers, each checked or filled. */
struct worker {
	struct wiso_stream *stream;
	uint8_t address;
	unsigned int transfers, wanted;
	uint64_t packets, wrong;
	uint64_t counter;
	int error;
};

static void check_slot(struct worker *worker, const struct wiso_slot *slot)
{
	const unsigned char *data;
	uint32_t i;

	worker->wrong += slot->sequence != worker->transfers;
	worker->wrong += slot->completion.gap != 0;
	for (i = 0; i < slot->num_packets; i++, worker->packets++) {
		data = wiso_slot_packet_data(slot, i);
		if (!worker->packets)
			worker->counter = sim_pattern_counter(data);
		worker->wrong += slot->packets[i].status != 0;
		worker->wrong +=
			!sim_pattern_matches(data, slot->packets[i].length, worker->address,
					     worker->counter + worker->packets);
	}
}

static void *read_slots(void *argument)
{
	struct worker *worker = argument;
	struct wiso_slot *slot;

	for (; worker->transfers < worker->wanted; worker->transfers++) {
		slot = wiso_stream_acquire(worker->stream, WAIT_MS);
		if (!slot) {
			worker->error = errno;
			break;
		}
		check_slot(worker, slot);
		if (wiso_stream_release(worker->stream, slot) < 0)
			worker->wrong++;
	}
	return NULL;
}

static void fill_slot(struct worker *worker, struct wiso_slot *slot)
{
	uint32_t max_bytes = wiso_stream_pipe(worker->stream)->max_bytes_per_interval;
	uint32_t i;

	for (i = 0; i < slot->capacity / max_bytes; i++)
		sim_pattern_fill(slot->data + i * max_bytes, max_bytes, worker->address,
				 worker->packets++);
}

static void *write_slots(void *argument)
{
	struct worker *worker = argument;
	struct wiso_slot *slot;

	for (; worker->transfers < worker->wanted; worker->transfers++) {
		slot = wiso_stream_acquire(worker->stream, WAIT_MS);
		if (slot)
			fill_slot(worker, slot);
		if (!slot || wiso_stream_submit(worker->stream, slot, slot->capacity) < 0) {
			worker->error = errno;
			break;
		}
	}
	if (!worker->error && wiso_stream_drain(worker->stream, WAIT_MS) < 0)
		worker->error = errno;
	return NULL;
}

static void start_worker(struct worker *worker, struct wiso_device *dev, uint8_t address,
			 pthread_t *thread)
{
	*worker = (struct worker){ .address = address, .wanted = 250 };
	worker->stream = wiso_stream_open(dev, address, 0, 0, 0);
	REQUIRE(worker->stream);
	EQUAL(pthread_create(thread, NULL, address & WISO_IN ? read_slots : write_slots, worker),
	      0);
}

static void worker_did_well(struct worker *worker, struct sim *sim)
{
	struct wiso_stream_stats stats;
	struct sim_pipe_stats sim_side;

	tap_note("pipe 0x%02x", worker->address);
	RETURNS(-worker->error, 0);
	EQUAL(worker->transfers, 250);
	EQUAL(worker->wrong, 0);
	wiso_stream_get_stats(worker->stream, &stats);
	EQUAL(stats.packets_bad, 0);
	EQUAL(stats.gaps, 0);
	EQUAL(stats.restarts, 0);
	EQUAL(stats.trust_exact, stats.transfers - 1);
	EQUAL(stats.trust_timed, 1);
	REQUIRE(sim_stats(sim, worker->address, &sim_side));
	EQUAL(sim_side.bad, 0);
	EQUAL(sim_side.streams, 1);
	if (worker->address & WISO_IN)
		return;
	EQUAL(stats.packets_ok, 250 * 32);
	EQUAL(sim_side.good, 250 * 32);
	EQUAL(sim_side.jumps, 0);
	EQUAL(sim_side.missing, 0);
}

/* Two pipes of one device, a thread each; and the two of another, of another speed. */
static void a_thread_for_each_pipe(void)
{
	static const uint8_t addresses[] = { 0x81, 0x01, 0x81, 0x01 };
	struct fixture fixture[2];
	struct wiso_device *dev[2];
	struct worker worker[4];
	pthread_t thread[4];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		fixture_start_speed(&fixture[i], i ? SIM_SUPER : SIM_HIGH);
		dev[i] = wiso_open(fixture[i].node, 0);
		REQUIRE(dev[i]);
		tap_defer(close_device, dev[i]);
		REQUIRE_WORKS(SAYS(wiso_set_alternate(dev[i], 1)));
	}
	for (i = 0; i < 4; i++)
		start_worker(&worker[i], dev[i / 2], addresses[i], &thread[i]);
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < 4; i++)
		worker_did_well(&worker[i], fixture[i / 2].sim);
}

/* Nobody takes a completion that is another's: each thread waits for its own transfer only. */
struct caller {
	struct wiso_device *dev;
	struct wiso_buffer *buffer;
	uint32_t first;
	unsigned int done, wrong;
};

static void *call(void *argument)
{
	struct caller *caller = argument;
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	for (; caller->done < 100; caller->done++) {
		wiso_transfer_init(&transfer, caller->buffer, caller->first * 512, caller->first,
				   8);
		transfer.cookie = caller->first * 1000 + caller->done;
		if (wiso_submit_and_wait(caller->dev, &transfer, &completion, WAIT_MS) < 0)
			break;
		caller->wrong += completion.cookie != transfer.cookie || completion.status != 0 ||
				 completion.actual_length != 8 * 512;
	}
	return NULL;
}

static void threads_share_a_device(void)
{
	static const uint8_t addresses[] = { 0x81, 0x01 };
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 3);
	struct wiso_buffer *buffer[2];
	struct caller caller[4];
	pthread_t thread[4];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		buffer[i] = wiso_buffer_register(dev, addresses[i], 16 * 512, 16);
		REQUIRE(buffer[i]);
	}
	for (i = 0; i < 4; i++) {
		caller[i] =
			(struct caller){ .dev = dev, .buffer = buffer[i % 2], .first = i / 2 * 8 };
		EQUAL(pthread_create(&thread[i], NULL, call, &caller[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		EQUAL(caller[i].done, 100);
		EQUAL(caller[i].wrong, 0);
	}
}

static void a_hole_is_counted(void)
{
	struct wiso_stream_stats stats;
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 1);
	struct wiso_stream *stream = wiso_stream_open(dev, 0x81, 8, 16, 0);
	struct wiso_slot *slot;
	uint64_t seen = 0;
	unsigned int i;

	REQUIRE(stream);
	REQUIRE(!sim_fault(fixture.sim, "hole@400:pipe=0x81:n=5"));
	for (i = 0; i < 200; i++) {
		slot = wiso_stream_acquire(stream, WAIT_MS);
		REQUIRE(slot);
		EQUAL(slot->sequence, i);
		seen += slot->completion.gap + slot->completion.inner_gap;
		REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
	}
	wiso_stream_get_stats(stream, &stats);
	CHECK(seen >= 5);
	EQUAL(stats.lost_intervals, seen);
	CHECK(stats.gaps >= 1);
	EQUAL(stats.packets_bad, 0);
}

static void copies_both_ways(void)
{
	static unsigned char data[64 * 1024];
	struct winusb_iso_packet packets[32];
	struct winusb_iso_completion completion;
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 6);
	struct wiso_stream *stream = wiso_stream_open(dev, 0x81, 10, 8, 0);
	ssize_t got;
	uint32_t i;

	/* 44.1 kHz: nine packets of 176 bytes and one of 180, without the room between them. */
	REQUIRE(stream);
	got = wiso_stream_read_transfer(stream, data, sizeof(data), packets, &completion, WAIT_MS);
	EQUAL(got, 9 * 176 + 180);
	EQUAL(completion.num_packets, 10);
	for (i = 0; i < 10; i++)
		CHECK(sim_pattern_matches(data + packets[i].offset, packets[i].length, 0x81,
					  sim_pattern_counter(data) + i));
	RETURNS(SAYS((int)wiso_stream_read_transfer(stream, data, 10, NULL, NULL, WAIT_MS)),
		EMSGSIZE);
	got = wiso_stream_read_transfer(stream, data, sizeof(data), NULL, NULL, WAIT_MS);
	EQUAL(got, 9 * 176 + 180);
}

static void the_stream_file_wakes(void)
{
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 1);
	struct wiso_stream *stream = wiso_stream_open(dev, 0x81, 0, 0, 0);
	struct pollfd poll_fd = { .events = POLLIN };
	struct wiso_slot *slot;
	unsigned int transfers = 0;

	REQUIRE(stream);
	REQUIRE_WORKS(SAYS(wiso_stream_start(stream)));
	poll_fd.fd = wiso_stream_fd(stream);
	REQUIRE(poll_fd.fd >= 0);
	while (transfers < 50) {
		REQUIRE(poll(&poll_fd, 1, WAIT_MS) == 1);
		while ((slot = wiso_stream_acquire(stream, 0))) {
			transfers++;
			REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
		}
		REQUIRE(errno == EAGAIN);
	}
	RETURNS(SAYS(wiso_stream_stop(stream)), 0);
}

/* --- endings --- */

static void interrupted_on_purpose(void)
{
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 1);
	struct wiso_stream *stream = wiso_stream_open(dev, 0x81, 8, 8, 0);
	struct wiso_slot *slot;

	REQUIRE(stream);
	slot = wiso_stream_acquire(stream, WAIT_MS);
	REQUIRE(slot);
	REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
	RETURNS(SAYS(wiso_abort_pipe(dev, 0x81)), 0);
	while ((slot = wiso_stream_acquire(stream, WAIT_MS)))
		REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
	RETURNS(-errno, ECONNRESET);
	RETURNS(SAYS(wiso_stream_start(stream)), 0);
	slot = wiso_stream_acquire(stream, WAIT_MS);
	REQUIRE(slot);
	REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
	RETURNS(SAYS(wiso_set_alternate(dev, 0)), 0);
	while ((slot = wiso_stream_acquire(stream, WAIT_MS)))
		REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
	RETURNS(-errno, ECONNRESET);
}

static void unplugged(void)
{
	struct wiso_stream_stats stats;
	struct fixture fixture;
	struct wiso_device *dev = open_device(&fixture, SIM_HIGH, 1);
	struct wiso_stream *stream = wiso_stream_open(dev, 0x81, 8, 8, 0);
	struct winusb_iso_info info;
	struct wiso_slot *slot;
	uint64_t delivered = 0;

	REQUIRE(stream);
	REQUIRE(!sim_fault(fixture.sim, "vanish@200:pipe=0x81"));
	while ((slot = wiso_stream_acquire(stream, WAIT_MS))) {
		EQUAL(slot->sequence, delivered++);
		REQUIRE_WORKS(SAYS(wiso_stream_release(stream, slot)));
	}
	RETURNS(-errno, ENODEV);
	CHECK(delivered >= 25);
	wiso_stream_get_stats(stream, &stats);
	EQUAL(stats.transfers, delivered);
	RETURNS(SAYS(wiso_get_info(dev, &info)), ENODEV);
	RETURNS(SAYS(wiso_set_alternate(dev, 1)), ENODEV);
}

static const struct tap_test tests[] = {
	{ "10,000 transfers of one packet queued in one go complete in order, one stream",
	  many_in_one_go },
	{ "a transfer can be submitted and waited for in one call", one_and_wait },
	{ "each refusal of the module comes through with its errno", each_refusal },
	{ "a device opened read-only answers questions and says EPERM to all else", read_only },
	{ "a device is found by ids, interface and serial number", found_by_what_it_is },
	{ "two devices with two pipes and a thread each: every packet right, no gap",
	  a_thread_for_each_pipe },
	{ "four threads that wait on one device each get the completion of their own transfer",
	  threads_share_a_device },
	{ "a hole is counted with what each transfer said of it", a_hole_is_counted },
	{ "received packets are copied back to back, without the room between short ones",
	  copies_both_ways },
	{ "the file of a stream wakes poll() whenever there is a transfer", the_stream_file_wakes },
	{ "a stream says ECONNRESET after abort and change of alternate setting, and starts again",
	  interrupted_on_purpose },
	{ "after unplugging everything that had completed is delivered, then ENODEV", unplugged },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
