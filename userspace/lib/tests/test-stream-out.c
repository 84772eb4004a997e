// SPDX-License-Identifier: MIT
/* OUT streams. */
#include <errno.h>
#include <string.h>

#include "fake-kernel.h"
#include "tap.h"
#include "winusb-iso.h"

#define PACKETS	  4u
#define TRANSFERS 4u
#define SIZE	  (PACKETS * FAKE_MAX)

static struct wiso_device *dev;
static struct wiso_stream *stream;
static struct wiso_stream_stats stats;
static unsigned char counter;

static void open_stream(void)
{
	counter = 0;
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_OUT, PACKETS, TRANSFERS, 0);
}

static void get_stats(void)
{
	wiso_stream_get_stats(stream, &stats);
}

/* Writes transfers that are filled with 0, 1, 2 ... */
static int write_some(unsigned int count)
{
	unsigned char data[SIZE];

	while (count--) {
		memset(data, counter, SIZE);
		if (wiso_stream_write_transfer(stream, data, SIZE, NULL, 0, 0) < 0)
			return -1;
		counter++;
	}
	return 0;
}

/* Were the transfers 0 ... count - 1 sent whole and in order, and nothing else? */
static bool sent_in_order(unsigned int count)
{
	static unsigned char sent[1 << 16];

	if (fake_sent(sent, sizeof(sent)) != count * SIZE)
		return false;
	for (unsigned int i = 0; i < count * SIZE; i++)
		if (sent[i] != i / SIZE)
			return false;
	return true;
}

TEST(primes, "an OUT stream starts when all its transfers are submitted, with one system call")
{
	open_stream();
	EQUAL(write_some(3), 0);
	EQUAL(fake_pending(FAKE_OUT), 0);
	EQUAL(fake_counts().flushes, 0);
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 4);
	EQUAL(fake_counts().flushes, 1);
	EQUAL(fake_counts().fresh, 1);
	FAILS(write_some(1), EAGAIN);
	wiso_close(dev);
}

TEST(threshold, "a threshold starts an OUT stream earlier")
{
	open_stream();
	FAILS(wiso_stream_set_threshold(stream, 0), ERANGE);
	FAILS(wiso_stream_set_threshold(stream, TRANSFERS + 1), ERANGE);
	EQUAL(write_some(2), 0);
	EQUAL(fake_pending(FAKE_OUT), 0);
	EQUAL(wiso_stream_set_threshold(stream, 2), 0);
	EQUAL(fake_pending(FAKE_OUT), 2);
	wiso_close(dev);
}

TEST(explicit_start, "an explicit start sends what is there and then everything at once")
{
	open_stream();
	EQUAL(write_some(1), 0);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_pending(FAKE_OUT), 1);
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 2);
	wiso_close(dev);
}

TEST(out_order, "everything written goes out once and in order")
{
	open_stream();
	EQUAL(write_some(4), 0);
	for (int i = 0; i < 100; i++) {
		fake_complete_good(FAKE_OUT, 1);
		EQUAL(write_some(1), 0);
	}
	EQUAL(fake_counts().fresh, 1);
	fake_complete_good(FAKE_OUT, 4);
	CHECK(sent_in_order(104));
	EQUAL(wiso_stream_drain(stream, 0), 0);
	get_stats();
	EQUAL(stats.transfers, 104);
	EQUAL(stats.bytes, 104 * SIZE);
	EQUAL(stats.restarts, 0);
	wiso_close(dev);
}

TEST(underrun, "after an underrun nothing is lost, doubled or out of order")
{
	open_stream();
	EQUAL(write_some(4), 0);
	fake_complete_good(FAKE_OUT, 4);
	/* Nothing is pending that these could continue. They wait for a full start. */
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 0);
	EQUAL(write_some(2), 0);
	EQUAL(fake_pending(FAKE_OUT), 0);
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 4);
	fake_complete_good(FAKE_OUT, 4);
	CHECK(sent_in_order(8));
	EQUAL(wiso_stream_drain(stream, 0), 0);
	get_stats();
	EQUAL(stats.restarts, 1);
	EQUAL(stats.not_sent, 0);
	EQUAL(stats.transfers, 8);
	EQUAL(stats.dropped, 0);
	wiso_close(dev);
}

TEST(unseen_underrun, "an underrun that the writer could not see costs no data either")
{
	struct wiso_slot *slot;

	open_stream();
	EQUAL(write_some(3), 0);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(wiso_stream_start(stream), 0);
	/* All is sent between the writer's last look and its submission. */
	fake_complete_good(FAKE_OUT, 2);
	memset(slot->data, counter++, SIZE);
	fake_lose(FAKE_OUT);
	EQUAL(wiso_stream_submit(stream, slot, SIZE), 0);
	EQUAL(write_some(2), 0);
	EQUAL(fake_pending(FAKE_OUT), 4);
	fake_complete_good(FAKE_OUT, 4);
	CHECK(sent_in_order(6));
	EQUAL(wiso_stream_drain(stream, 0), 0);
	get_stats();
	EQUAL(stats.restarts, 1);
	EQUAL(stats.not_sent, 1);
	wiso_close(dev);
}

TEST(lost_in_flight, "transfers that came back unsent go out again before newer ones")
{
	open_stream();
	EQUAL(write_some(4), 0);
	fake_complete_good(FAKE_OUT, 1);
	fake_lose(FAKE_OUT);
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 4);
	fake_complete_good(FAKE_OUT, 4);
	CHECK(sent_in_order(5));
	EQUAL(wiso_stream_drain(stream, 0), 0);
	get_stats();
	EQUAL(stats.restarts, 1);
	EQUAL(stats.not_sent, 3);
	wiso_close(dev);
}

TEST(late_out, "a transfer found late only afterwards is not sent twice")
{
	static const struct fake_result late = { .status = -EXDEV, .gap = 1 };

	open_stream();
	EQUAL(write_some(4), 0);
	fake_complete_good(FAKE_OUT, 1);
	fake_complete(FAKE_OUT, &late);
	fake_lose(FAKE_OUT);
	EQUAL(write_some(2), 0);
	fake_complete_good(FAKE_OUT, 4);
	CHECK(sent_in_order(6));
	wiso_close(dev);
}

TEST(holds_slots, "a caller that holds slots while it waits for one does not stop the start")
{
	struct wiso_slot *held;

	open_stream();
	CHECK((held = wiso_stream_acquire(stream, 0)));
	EQUAL(write_some(3), 0);
	EQUAL(fake_pending(FAKE_OUT), 0);
	FAILS_NULL(wiso_stream_acquire(stream, 0), EAGAIN);
	EQUAL(fake_pending(FAKE_OUT), 3);
	EQUAL(wiso_stream_release(stream, held), 0);
	wiso_close(dev);
}

static bool complete_one_out(void)
{
	fake_complete_good(FAKE_OUT, 1);
	return false;
}

TEST(drain, "drain sends what waits for the threshold and ends the stream on purpose")
{
	open_stream();
	fake_on_poll(complete_one_out);
	EQUAL(write_some(2), 0);
	FAILS(wiso_stream_drain(stream, 0), EAGAIN);
	EQUAL(fake_pending(FAKE_OUT), 2);
	EQUAL(wiso_stream_drain(stream, -1), 0);
	CHECK(sent_in_order(2));
	EQUAL(fake_counts().aborts, 1);
	EQUAL(write_some(4), 0);
	EQUAL(fake_counts().fresh, 2);
	EQUAL(wiso_stream_drain(stream, 1000), 0);
	CHECK(sent_in_order(6));
	get_stats();
	EQUAL(stats.restarts, 0);
	EQUAL(stats.dropped, 0);
	wiso_close(dev);
}

TEST(drain_timeout, "drain gives up at its deadline and the stream goes on")
{
	open_stream();
	EQUAL(write_some(2), 0);
	FAILS(wiso_stream_drain(stream, 10), ETIMEDOUT);
	EQUAL(fake_pending(FAKE_OUT), 2);
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 3);
	wiso_close(dev);
}

TEST(drain_in, "an IN stream can not be drained or written")
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	stream = wiso_stream_open(dev, FAKE_IN, PACKETS, TRANSFERS, 0);
	FAILS(wiso_stream_drain(stream, 0), EINVAL);
	FAILS(wiso_stream_set_threshold(stream, 1), EINVAL);
	wiso_close(dev);
}

TEST(short_last, "the last packet of a transfer may be short")
{
	unsigned char data[SIZE] = { 0 };

	open_stream();
	EQUAL(wiso_stream_write_transfer(stream, data, 33, NULL, 0, 0), 0);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_taken(0)->num_packets, 2);
	EQUAL(fake_taken(0)->length, 33);
	fake_complete_good(FAKE_OUT, 1);
	EQUAL(wiso_stream_drain(stream, 0), 0);
	get_stats();
	EQUAL(stats.packets_ok, 2);
	EQUAL(stats.bytes, 33);
	wiso_close(dev);
}

TEST(variable, "packets of chosen lengths, empty ones too, are submitted as such")
{
	static const uint32_t lengths[] = { 5, 0, 32, 1 };
	unsigned char data[38] = { 0 };

	open_stream();
	EQUAL(wiso_stream_write_transfer(stream, data, 38, lengths, 4, 0), 0);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(fake_taken(0)->flags, WINUSB_ISO_TRANSFER_PACKET_LENGTHS);
	EQUAL(fake_taken(0)->length, 38);
	for (uint32_t i = 0; i < 4; i++)
		EQUAL(fake_pending_length(FAKE_OUT, i), lengths[i]);
	wiso_close(dev);
}

TEST(variable_again, "packets of chosen lengths keep them when they have to go out again")
{
	static const uint32_t lengths[] = { 5, 0, 32, 1 };
	unsigned char data[38];
	static unsigned char sent[200];

	open_stream();
	for (int i = 0; i < 4; i++) {
		memset(data, i, sizeof(data));
		EQUAL(wiso_stream_write_transfer(stream, data, 38, lengths, 4, 0), 0);
	}
	fake_complete_good(FAKE_OUT, 1);
	fake_lose(FAKE_OUT);
	EQUAL(wiso_stream_write_transfer(stream, data, 38, lengths, 4, 0), 0);
	EQUAL(fake_pending(FAKE_OUT), 4);
	for (uint32_t i = 0; i < 4; i++)
		EQUAL(fake_pending_length(FAKE_OUT, i), lengths[i]);
	fake_complete_good(FAKE_OUT, 4);
	EQUAL(fake_sent(sent, sizeof(sent)), 5 * 38);
	for (int i = 0; i < 4 * 38; i++)
		EQUAL(sent[i], i / 38);
	wiso_close(dev);
}

TEST(bad_submit, "bad submissions each have their errno and leave the slot with the caller")
{
	static const uint32_t lengths[] = { 5, 5 };
	unsigned char data[SIZE + 1] = { 0 };
	struct wiso_slot *slot;

	open_stream();
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	FAILS(wiso_stream_submit(stream, slot, 0), EINVAL);
	FAILS(wiso_stream_submit(stream, slot, SIZE + 1), EMSGSIZE);
	FAILS(wiso_stream_submit_packets(stream, slot, 0), EINVAL);
	FAILS(wiso_stream_submit_packets(stream, slot, PACKETS + 1), EINVAL);
	slot->packets[0].length = FAKE_MAX + 1;
	FAILS(wiso_stream_submit_packets(stream, slot, 1), EMSGSIZE);
	EQUAL(wiso_stream_submit(stream, slot, 1), 0);
	FAILS(wiso_stream_submit(stream, slot, 1), EINVAL);
	FAILS(wiso_stream_write_transfer(stream, data, SIZE + 1, NULL, 0, 0), EMSGSIZE);
	FAILS(wiso_stream_write_transfer(stream, data, 0, NULL, 0, 0), EINVAL);
	FAILS(wiso_stream_write_transfer(stream, data, 9, lengths, 2, 0), EBADMSG);
	FAILS(wiso_stream_write_transfer(stream, data, 9, lengths, 0, 0), EINVAL);
	FAILS(wiso_stream_read_transfer(stream, data, SIZE, NULL, NULL, 0), EINVAL);
	wiso_close(dev);
}

TEST(result, "a slot comes back with the result of what it carried")
{
	static const struct fake_result bad = { .bad = 2 };
	struct wiso_slot *slot;

	open_stream();
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(slot->num_packets, 0);
	EQUAL(wiso_stream_release(stream, slot), 0);
	EQUAL(write_some(4), 0);
	fake_complete(FAKE_OUT, &bad);
	CHECK((slot = wiso_stream_acquire(stream, 0)));
	EQUAL(slot->num_packets, PACKETS);
	EQUAL(slot->completion.error_count, 2);
	EQUAL(slot->packets[1].status, -EILSEQ);
	EQUAL(slot->packets[2].status, 0);
	EQUAL(slot->sequence, 0);
	wiso_close(dev);
}

TEST(out_stop, "stop drops what was not sent, says how much, and start begins anew")
{
	open_stream();
	EQUAL(write_some(4), 0);
	fake_complete_good(FAKE_OUT, 1);
	EQUAL(wiso_stream_stop(stream), 0);
	FAILS(write_some(1), ECONNRESET);
	get_stats();
	EQUAL(stats.transfers, 1);
	EQUAL(stats.dropped, 3);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(write_some(1), 0);
	EQUAL(fake_pending(FAKE_OUT), 1);
	EQUAL(fake_counts().fresh, 2);
	wiso_close(dev);
}

TEST(out_sleep, "sleep interrupts an OUT stream; what waits in the library is dropped and counted")
{
	open_stream();
	EQUAL(wiso_stream_set_threshold(stream, 2), 0);
	EQUAL(write_some(2), 0);
	fake_end(FAKE_OUT, -EHOSTUNREACH);
	FAILS(write_some(1), EHOSTUNREACH);
	FAILS(wiso_stream_drain(stream, -1), EHOSTUNREACH);
	get_stats();
	EQUAL(stats.dropped, 2);
	EQUAL(stats.interruptions, 1);
	EQUAL(wiso_stream_start(stream), 0);
	EQUAL(write_some(4), 0);
	EQUAL(fake_pending(FAKE_OUT), 4);
	wiso_close(dev);
}

TEST(out_unplug, "unplug ends an OUT stream with ENODEV for good")
{
	open_stream();
	EQUAL(write_some(4), 0);
	fake_complete_good(FAKE_OUT, 2);
	fake_unplug();
	FAILS(write_some(1), ENODEV);
	FAILS(wiso_stream_start(stream), ENODEV);
	get_stats();
	EQUAL(stats.transfers, 2);
	EQUAL(stats.dropped, 2);
	wiso_close(dev);
	EQUAL(fake_counts().maps, 0);
}
