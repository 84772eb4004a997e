// SPDX-License-Identifier: MIT
/* IN streams. */
#include <errno.h>
#include <string.h>

#include "fake-kernel.h"
#include "tap.h"
#include "winusb-iso.h"

#define PACKETS	  8u
#define TRANSFERS 4u
#define SIZE	  (PACKETS * FAKE_MAX)

static struct wiso_device *dev;
static struct wiso_stream *stream;
static struct wiso_stream_stats stats;

static void open_stream(void)
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	wiso_stream_start(stream);
}

static void get_stats(void)
{
	wiso_stream_get_stats(stream, &stats);
}

/* The counter in the next transfer's first packet, or -1. */
static int next_counter(void)
{
	struct wiso_slot *slot = wiso_stream_acquire(stream, 0);
	int counter;

	if (!slot)
		return -1;
	counter = slot->data[0];
	wiso_stream_release(stream, slot);
	return counter;
}

TEST(start, "a stream starts with one transfer without CONTINUE and all others with it")
{
	open_stream();
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	EQUAL(fake_counts().flushes, 1);
	EQUAL(fake_counts().fresh, 1);
	EQUAL(fake_taken(0)->flags, 0);
	EQUAL(fake_taken(1)->flags, WINUSB_ISO_TRANSFER_CONTINUE);
	EQUAL(fake_taken(3)->length, SIZE);
	wiso_close(dev);
}

TEST(start_by_acquire, "the first acquire starts an IN stream")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	EQUAL(fake_pending(FAKE_IN), 0);
	FAILS_NULL(wiso_stream_acquire(stream, 0), EAGAIN);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	wiso_close(dev);
}

TEST(order, "transfers are delivered in order over many rounds, with exact statistics")
{
	open_stream();
	for (unsigned int i = 0; i < 100; i++) {
		fake_complete_good(FAKE_IN, 1);
		EQUAL(next_counter(), (i * PACKETS) & 0xff);
	}
	FAILS(next_counter(), EAGAIN);
	get_stats();
	EQUAL(stats.transfers, 100);
	EQUAL(stats.packets_ok, 100 * PACKETS);
	EQUAL(stats.packets_bad, 0);
	EQUAL(stats.bytes, 100 * SIZE);
	EQUAL(stats.gaps, 0);
	EQUAL(stats.restarts, 0);
	EQUAL(stats.trust_exact, 100);
	EQUAL(fake_counts().fresh, 1);
	wiso_close(dev);
}

TEST(slot_contents, "a slot tells its packets, its completion and its place")
{
	static const struct fake_result short_and_bad = { .bad = 1, .packet_length = 20 };
	struct wiso_slot *slot;

	open_stream();
	fake_complete_good(FAKE_IN, 1);
	EQUAL(next_counter(), 0);
	fake_complete(FAKE_IN, &short_and_bad);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(slot->num_packets, PACKETS);
	EQUAL(slot->capacity, SIZE);
	EQUAL(slot->sequence, 1);
	EQUAL(slot->packets[0].status, -EILSEQ);
	EQUAL(slot->packets[1].length, 20);
	EQUAL(slot->packets[1].offset, FAKE_MAX);
	CHECK(wiso_slot_packet_data(slot, 2) == slot->data + 64);
	EQUAL(slot->completion.error_count, 1);
	EQUAL(slot->completion.actual_length, 7 * 20);
	get_stats();
	EQUAL(stats.packets_bad, 1);
	EQUAL(stats.packets_ok, 15);
	wiso_close(dev);
}

TEST(batching, "results that came together are given back with one system call")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_IN, PACKETS, 16, 0);
	wiso_stream_start(stream);
	fake_complete_good(FAKE_IN, 4);
	for (int i = 0; i < 4; i++)
		CHECK(next_counter() >= 0);
	EQUAL(fake_counts().flushes, 2);
	EQUAL(fake_pending(FAKE_IN), 16);
	wiso_close(dev);
}

TEST(short_queue, "slots are given back at once when the driver has little left")
{
	open_stream();
	fake_complete_good(FAKE_IN, 3);
	CHECK(next_counter() >= 0);
	EQUAL(fake_pending(FAKE_IN), 2);
	wiso_close(dev);
}

TEST(gap_reported, "gaps that the driver reports are counted and delivered")
{
	static const struct fake_result gap = { .gap = 3 }, inner = { .inner_gap = 2 };
	struct wiso_slot *slot;

	open_stream();
	fake_complete(FAKE_IN, &gap);
	fake_complete(FAKE_IN, &inner);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(slot->completion.gap, 3);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(slot->completion.inner_gap, 2);
	get_stats();
	EQUAL(stats.gaps, 2);
	EQUAL(stats.lost_intervals, 5);
	wiso_close(dev);
}

TEST(lost_stream, "a stream that lost its place starts again by itself, and counts it")
{
	static const struct fake_result after_hole = { .gap = 7 };

	open_stream();
	fake_complete_good(FAKE_IN, 1);
	fake_lose(FAKE_IN);
	EQUAL(fake_pending(FAKE_IN), 0);
	EQUAL(next_counter(), 0);
	FAILS(next_counter(), EAGAIN);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	EQUAL(fake_counts().fresh, 2);
	fake_complete(FAKE_IN, &after_hole);
	EQUAL(next_counter(), 8);
	get_stats();
	EQUAL(stats.restarts, 1);
	EQUAL(stats.not_sent, 3);
	EQUAL(stats.gaps, 1);
	EQUAL(stats.lost_intervals, 7);
	EQUAL(stats.transfers, 2);
	EQUAL(stats.interruptions, 0);
	wiso_close(dev);
}

TEST(late_told, "a transfer found late only afterwards is delivered, and the stream restarts")
{
	static const struct fake_result late = { .status = -EXDEV, .gap = 2 };
	struct wiso_slot *slot;

	open_stream();
	fake_complete_good(FAKE_IN, 1);
	EQUAL(next_counter(), 0);
	fake_complete(FAKE_IN, &late);
	fake_lose(FAKE_IN);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(slot->completion.status, -EXDEV);
	EQUAL(slot->completion.gap, 2);
	EQUAL(slot->data[0], 8);
	EQUAL(wiso_stream_release(stream, slot), 0);
	FAILS(next_counter(), EAGAIN);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	get_stats();
	EQUAL(stats.restarts, 1);
	EQUAL(stats.gaps, 1);
	wiso_close(dev);
}

TEST(slow_consumer, "a consumer that holds everything loses its place and is told how much")
{
	struct wiso_slot *slots[TRANSFERS];

	open_stream();
	fake_complete_good(FAKE_IN, TRANSFERS);
	for (unsigned int i = 0; i < TRANSFERS; i++)
		CHECK((slots[i] = wiso_stream_acquire(stream, 0)));
	FAILS_NULL(wiso_stream_acquire(stream, -1), EDEADLK);
	for (unsigned int i = 0; i < TRANSFERS; i++)
		EQUAL(wiso_stream_release(stream, slots[i]), 0);
	FAILS(next_counter(), EAGAIN);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	get_stats();
	EQUAL(stats.restarts, 1);
	EQUAL(stats.not_sent, 0);
	EQUAL(fake_counts().fresh, 2);
	wiso_close(dev);
}

TEST(late_consumer, "a late consumer restarts the stream with the first slot it gives back")
{
	open_stream();
	fake_complete_good(FAKE_IN, TRANSFERS);
	EQUAL(next_counter(), 0);
	EQUAL(fake_pending(FAKE_IN), 1);
	EQUAL(fake_counts().fresh, 2);
	for (int i = 1; i < 4; i++)
		EQUAL(next_counter(), i * 8);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	get_stats();
	EQUAL(stats.transfers, 4);
	EQUAL(stats.restarts, 1);
	EQUAL(stats.not_sent, 0);
	wiso_close(dev);
}

TEST(out_of_order_release, "slots may be released in any order")
{
	struct wiso_slot *a, *b;

	open_stream();
	fake_complete_good(FAKE_IN, 2);
	CHECK((a = wiso_stream_acquire(stream, 0)));
	CHECK((b = wiso_stream_acquire(stream, 0)));
	EQUAL(wiso_stream_release(stream, b), 0);
	EQUAL(wiso_stream_release(stream, a), 0);
	fake_complete_good(FAKE_IN, 4);
	for (int i = 2; i < 6; i++)
		EQUAL(next_counter(), i * 8);
	wiso_close(dev);
}

TEST(bad_release, "only a slot that is held can be released")
{
	struct wiso_slot other = { 0 }, *slot;

	open_stream();
	fake_complete_good(FAKE_IN, 1);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	FAILS(wiso_stream_release(stream, &other), EINVAL);
	FAILS(wiso_stream_release(stream, NULL), EINVAL);
	FAILS(wiso_stream_release(stream, (void *)((char *)slot + 8)), EINVAL);
	FAILS(wiso_stream_submit(stream, slot, 1), EINVAL);
	EQUAL(wiso_stream_release(stream, slot), 0);
	FAILS(wiso_stream_release(stream, slot), EINVAL);
	wiso_close(dev);
}

TEST(read_transfer, "reading copies received bytes back to back, with the packets' new places")
{
	static const struct fake_result result = { .bad = 1, .packet_length = 5 };
	struct winusb_iso_completion completion;
	struct winusb_iso_packet packets[PACKETS];
	unsigned char data[SIZE];

	open_stream();
	fake_complete(FAKE_IN, &result);
	EQUAL(wiso_stream_read_transfer(stream, data, sizeof(data), packets, &completion, 0), 35);
	EQUAL(packets[0].status, -EILSEQ);
	EQUAL(packets[0].length, 0);
	EQUAL(packets[7].offset, 30);
	EQUAL(packets[7].length, 5);
	EQUAL(data[34], 6);
	EQUAL(completion.actual_length, 35);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	wiso_close(dev);
}

TEST(read_small, "reading into too small a place keeps the transfer")
{
	struct winusb_iso_completion completion = { 0 };
	unsigned char data[SIZE];

	open_stream();
	fake_complete_good(FAKE_IN, 2);
	FAILS(wiso_stream_read_transfer(stream, data, SIZE - 1, NULL, &completion, 0), EMSGSIZE);
	EQUAL(completion.actual_length, SIZE);
	EQUAL(wiso_stream_read_transfer(stream, data, SIZE, NULL, NULL, 0), SIZE);
	EQUAL(data[0], 0);
	EQUAL(wiso_stream_read_transfer(stream, data, SIZE, NULL, NULL, 0), SIZE);
	EQUAL(data[0], 8);
	FAILS(wiso_stream_write_transfer(stream, data, SIZE, NULL, 0, 0), EINVAL);
	wiso_close(dev);
}

TEST(in_stop, "after stop what had completed is delivered, then ECONNRESET until a start")
{
	open_stream();
	fake_complete_good(FAKE_IN, 2);
	EQUAL(wiso_stream_stop(stream), 0);
	EQUAL(next_counter(), 0);
	EQUAL(next_counter(), 8);
	FAILS(next_counter(), ECONNRESET);
	FAILS(next_counter(), ECONNRESET);
	EQUAL(fake_pending(FAKE_IN), 0);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(next_counter(), 16);
	get_stats();
	EQUAL(stats.interruptions, 0);
	EQUAL(stats.restarts, 0);
	wiso_close(dev);
}

static void check_interruption(int status, int error)
{
	open_stream();
	fake_complete_good(FAKE_IN, 1);
	fake_end(FAKE_IN, status);
	EQUAL(next_counter(), 0);
	FAILS(next_counter(), error);
	FAILS(next_counter(), error);
	EQUAL(fake_pending(FAKE_IN), 0);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(next_counter(), 8);
	get_stats();
	EQUAL(stats.interruptions, 1);
	wiso_close(dev);
}

TEST(in_sleep, "sleep interrupts a stream, and it starts again on request")
{
	check_interruption(-EHOSTUNREACH, EHOSTUNREACH);
}

TEST(in_reset, "a reset of the device interrupts a stream, and it starts again on request")
{
	check_interruption(-ENETRESET, ENETRESET);
}

TEST(in_no_bandwidth, "a bus without bandwidth interrupts a stream, and it starts again on request")
{
	check_interruption(-ENOSPC, ENOSPC);
}

TEST(in_alternate, "a change of alternate setting ends a stream; without its pipe it is stale")
{
	open_stream();
	EQUAL(wiso_set_alternate(dev, 0), 0);
	FAILS(next_counter(), ECONNRESET);
	EQUAL(wiso_stream_start(stream), 0);
	FAILS(next_counter(), ESTALE);
	EQUAL(wiso_set_alternate(dev, 1), 0);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_pending(FAKE_IN), TRANSFERS);
	wiso_close(dev);
}

TEST(in_unplug, "after unplug the rest is delivered, then ENODEV for good")
{
	open_stream();
	fake_complete_good(FAKE_IN, 3);
	fake_unplug();
	for (int i = 0; i < 3; i++)
		EQUAL(next_counter(), i * 8);
	FAILS(next_counter(), ENODEV);
	FAILS(wiso_stream_start(stream), ENODEV);
	FAILS(next_counter(), ENODEV);
	wiso_close(dev);
	EQUAL(fake_counts().maps, 0);
}

static bool unplug_now(void)
{
	fake_unplug();
	return false;
}

TEST(in_unplug_waiting, "unplug wakes a waiting stream")
{
	open_stream();
	fake_on_poll(unplug_now);
	FAILS_NULL(wiso_stream_acquire(stream, -1), ENODEV);
	wiso_close(dev);
}

TEST(in_timeout, "a stream without data says EAGAIN, or ETIMEDOUT at the deadline")
{
	uint64_t start = fake_now_ns();

	open_stream();
	FAILS_NULL(wiso_stream_acquire(stream, 0), EAGAIN);
	FAILS_NULL(wiso_stream_acquire(stream, 20), ETIMEDOUT);
	EQUAL(fake_now_ns() - start, 20000000);
	wiso_close(dev);
}

TEST(shapes, "bad shapes of a stream each have their errno")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, 8, 4, 1), EINVAL);
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, 8, 1, 0), EINVAL);
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, 65537, 2, 0), ERANGE);
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, 8, 65537, 0), ERANGE);
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, UINT32_MAX, UINT32_MAX, 0), ERANGE);
	FAILS_NULL(wiso_stream_open(dev, FAKE_BULK, 8, 4, 0), EOPNOTSUPP);
	FAILS_NULL(wiso_stream_open(dev, 0x0f, 8, 4, 0), ENOENT);
	CHECK(wiso_stream_open(dev, FAKE_IN, 0, 0, 0));
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, 0, 0, 0), EBUSY);
	wiso_close(dev);
}

TEST(defaults, "a stream without wishes has 4 ms transfers for 32 ms")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_IN, 0, 0, 0);
	EQUAL(wiso_stream_packets(stream), 32);
	EQUAL(wiso_stream_transfers(stream), 8);
	EQUAL(wiso_stream_transfer_size(stream), 1024);
	EQUAL(wiso_stream_pipe(stream)->address, FAKE_IN);
	wiso_close(dev);
}

TEST(little_memory, "a stream spreads over smaller buffers when memory is fragmented")
{
	fake_largest_buffer(2 * SIZE);
	dev = wiso_open("/dev/winusb-iso0", 0);
	CHECK((stream = wiso_stream_open(dev, FAKE_IN, PACKETS, 9, 0)));
	EQUAL(fake_counts().buffers, 5);
	wiso_stream_start(stream);
	for (int i = 0; i < 30; i++) {
		fake_complete_good(FAKE_IN, 1);
		EQUAL(next_counter(), i * 8);
	}
	wiso_close(dev);
}

TEST(no_memory, "a stream that can not get its memory leaves none behind")
{
	fake_largest_buffer(SIZE - 1);
	dev = wiso_open("/dev/winusb-iso0", 0);
	FAILS_NULL(wiso_stream_open(dev, FAKE_IN, PACKETS, 4, 0), ENOMEM);
	EQUAL(fake_counts().buffers, 0);
	wiso_close(dev);
}

TEST(deep, "a stream of 10,000 one-packet transfers stays in order")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	CHECK((stream = wiso_stream_open(dev, FAKE_IN, 1, 10000, 0)));
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_pending(FAKE_IN), 10000);
	for (int i = 0; i < 10000; i++) {
		fake_complete_good(FAKE_IN, 1);
		EQUAL(next_counter(), i & 0xff);
	}
	wiso_close(dev);
}

TEST(small_ring, "a stream deeper than the ring keeps going and stays in order")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	EQUAL(wiso_set_ring_size(dev, 4), 4);
	CHECK((stream = wiso_stream_open(dev, FAKE_IN, 1, 10, 0)));
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_pending(FAKE_IN), 4);
	for (int i = 0; i < 100; i++) {
		fake_complete_good(FAKE_IN, 2);
		EQUAL(next_counter(), (2 * i) & 0xff);
		EQUAL(next_counter(), (2 * i + 1) & 0xff);
	}
	get_stats();
	EQUAL(stats.restarts, 0);
	EQUAL(wiso_stream_stop(stream), 0);
	EQUAL(fake_pending(FAKE_IN), 0);
	wiso_close(dev);
	EQUAL(fake_counts().maps, 0);
}

TEST(stream_wrap, "a stream goes on when the ring's indices wrap at 2^32")
{
	fake_start_index(UINT32_MAX - 10);
	open_stream();
	for (unsigned int i = 0; i < 50; i++) {
		fake_complete_good(FAKE_IN, 1);
		EQUAL(next_counter(), (i * PACKETS) & 0xff);
	}
	get_stats();
	EQUAL(stats.restarts, 0);
	EQUAL(stats.transfers, 50);
	wiso_close(dev);
}

/* ---- Batches -------------------------------------------------------------- */

static void open_batches(void)
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	EQUAL(wiso_stream_set_batch(stream, 2), 0);
	wiso_stream_start(stream);
}

static bool complete_one(void)
{
	fake_complete_good(FAKE_IN, 1);
	return false;
}

static bool complete_two(void)
{
	fake_complete_good(FAKE_IN, 2);
	return false;
}

TEST(batch, "a stream that is told of two at once sleeps once for them")
{
	open_batches();
	fake_on_poll(complete_two);
	for (int i = 0; i < 6; i++) {
		struct wiso_slot *slot = wiso_stream_acquire(stream, -1);

		EQUAL(slot->sequence, i);
		EQUAL(fake_counts().polls, i / 2 + 1);
		wiso_stream_release(stream, slot);
	}
	wiso_close(dev);
}

TEST(batch_late, "an incomplete batch is told when the time is up, not before")
{
	struct wiso_slot *slot;
	uint64_t start;

	open_batches();
	fake_on_poll(complete_one);
	start = fake_now_ns();
	slot = wiso_stream_acquire(stream, 10);
	EQUAL(slot->sequence, 0);
	/* The transfer itself took a millisecond. */
	EQUAL(fake_now_ns() - start, 11000000);
	wiso_close(dev);
}

TEST(batch_few, "with little pending a batch is half of it")
{
	struct wiso_slot *held[2];

	open_batches();
	fake_complete_good(FAKE_IN, 2);
	held[0] = wiso_stream_acquire(stream, 0);
	held[1] = wiso_stream_acquire(stream, 0);
	CHECK(held[0] && held[1]);
	fake_on_poll(complete_one);
	EQUAL(wiso_stream_acquire(stream, -1)->sequence, 2);
	wiso_close(dev);
}

TEST(batch_flags, "the controller tells of the last one of each batch")
{
	fake_features(WINUSB_ISO_FEATURE_NO_INTERRUPT);
	open_batches();
	for (unsigned int i = 0; i < TRANSFERS; i++)
		EQUAL(!!(fake_taken(i)->flags & WINUSB_ISO_TRANSFER_NO_INTERRUPT), i % 2 == 0);
	wiso_close(dev);
}

TEST(batch_older, "a driver that does not know of batches is told nothing of them")
{
	open_batches();
	for (unsigned int i = 0; i < TRANSFERS; i++)
		EQUAL(fake_taken(i)->flags & WINUSB_ISO_TRANSFER_NO_INTERRUPT, 0);
	wiso_close(dev);
}

TEST(batch_range, "a batch has one transfer to half of the stream's")
{
	open_batches();
	FAILS(wiso_stream_set_batch(stream, 0), ERANGE);
	FAILS(wiso_stream_set_batch(stream, TRANSFERS / 2 + 1), ERANGE);
	EQUAL(wiso_stream_set_batch(stream, 1), 0);
	wiso_close(dev);
}
