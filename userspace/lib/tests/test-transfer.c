// SPDX-License-Identifier: MIT
/* Single transfers and the rings. */
#include <errno.h>

#include "fake-kernel.h"
#include "tap.h"
#include "winusb-iso.h"

static struct wiso_device *dev;
static struct wiso_buffer *in, *out;

static void open_with_ring(unsigned int entries)
{
	dev = wiso_open("/dev/winusb-iso0", 0);
	if (entries)
		wiso_set_ring_size(dev, entries);
	in = wiso_buffer_register(dev, FAKE_IN, 4096, 128);
	out = wiso_buffer_register(dev, FAKE_OUT, 4096, 128);
}

static struct winusb_iso_transfer transfer_of(struct wiso_buffer *buffer, uint64_t cookie)
{
	struct winusb_iso_transfer transfer;

	wiso_transfer_init(&transfer, buffer, 0, 0, 4);
	transfer.cookie = cookie;
	return transfer;
}

static int queue(struct wiso_buffer *buffer, uint64_t cookie)
{
	struct winusb_iso_transfer transfer = transfer_of(buffer, cookie);

	return wiso_queue(dev, &transfer);
}

static int submit(struct wiso_buffer *buffer, uint64_t cookie)
{
	struct winusb_iso_transfer transfer = transfer_of(buffer, cookie);

	return wiso_submit(dev, &transfer);
}

static long long next_cookie(void)
{
	struct winusb_iso_completion completion;

	return wiso_next_completion(dev, &completion) < 0 ? -1 : (long long)completion.cookie;
}

TEST(init, "a transfer that was initialised covers full packets")
{
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	wiso_transfer_init(&transfer, in, 64, 2, 3);
	EQUAL(transfer.offset, 64);
	EQUAL(transfer.first_packet, 2);
	EQUAL(transfer.num_packets, 3);
	EQUAL(transfer.length, 3 * FAKE_MAX);
	EQUAL(transfer.buffer, wiso_buffer_handle(in));
	EQUAL(transfer.flags, 0);
	EQUAL(transfer.start_uframe, 0);
	wiso_close(dev);
}

TEST(batch, "any number of queued transfers is submitted with one system call")
{
	open_with_ring(128);
	for (uint64_t i = 0; i < 100; i++)
		EQUAL(queue(in, i), 0);
	EQUAL(fake_counts().flushes, 0);
	EQUAL(wiso_flush(dev), 100);
	EQUAL(fake_counts().flushes, 1);
	EQUAL(wiso_flush(dev), 0);
	EQUAL(fake_counts().flushes, 1);
	EQUAL(fake_pending(FAKE_IN), 100);
	wiso_close(dev);
}

TEST(at_frame, "a frame, and that late packets are dropped, reach the driver either way")
{
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	transfer = transfer_of(in, 7);
	transfer.flags = WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE;
	transfer.start_uframe = 0x100000008;
	EQUAL(wiso_submit(dev, &transfer), 0);
	EQUAL(wiso_queue(dev, &transfer), 0);
	EQUAL(wiso_flush(dev), 1);
	for (unsigned int i = 0; i < 2; i++) {
		EQUAL(fake_taken(i)->flags,
		      WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE);
		EQUAL(fake_taken(i)->start_uframe, 0x100000008);
	}
	wiso_close(dev);
}

TEST(in_order, "completions come in order and without a system call")
{
	open_with_ring(0);
	for (uint64_t i = 0; i < 10; i++)
		queue(in, i);
	wiso_flush(dev);
	fake_complete_good(FAKE_IN, 10);
	for (int i = 0; i < 10; i++)
		EQUAL(next_cookie(), i);
	FAILS(next_cookie(), EAGAIN);
	EQUAL(fake_counts().polls, 0);
	EQUAL(fake_counts().flushes, 1);
	wiso_close(dev);
}

TEST(wrap, "the rings go on when their indices wrap at 2^32")
{
	fake_start_index(UINT32_MAX - 5);
	open_with_ring(4);
	for (int i = 0; i < 20; i++) {
		EQUAL(queue(in, (uint64_t)i), 0);
		EQUAL(queue(in, (uint64_t)i + 100), 0);
		EQUAL(wiso_flush(dev), 2);
		fake_complete_good(FAKE_IN, 2);
		EQUAL(next_cookie(), i);
		EQUAL(next_cookie(), i + 100);
		FAILS(next_cookie(), EAGAIN);
	}
	wiso_close(dev);
}

TEST(full_transfers, "a full submission ring says EAGAIN until it was flushed")
{
	open_with_ring(4);
	for (uint64_t i = 0; i < 4; i++)
		EQUAL(queue(in, i), 0);
	FAILS(queue(in, 4), EAGAIN);
	EQUAL(wiso_flush(dev), 4);
	EQUAL(queue(in, 4), 0);
	wiso_close(dev);
}

TEST(full_completions, "flushing into a full session takes what there is room for, then EAGAIN")
{
	open_with_ring(4);
	for (uint64_t i = 0; i < 3; i++)
		queue(in, i);
	EQUAL(wiso_flush(dev), 3);
	queue(in, 3);
	queue(in, 4);
	EQUAL(wiso_flush(dev), 1);
	FAILS(wiso_flush(dev), EAGAIN);
	FAILS(submit(in, 5), EAGAIN);
	fake_complete_good(FAKE_IN, 1);
	FAILS(wiso_flush(dev), EAGAIN);
	EQUAL(next_cookie(), 0);
	EQUAL(wiso_flush(dev), 1);
	wiso_close(dev);
}

TEST(submit_order, "submit hands over what was queued before it")
{
	open_with_ring(0);
	queue(in, 1);
	queue(in, 2);
	EQUAL(submit(in, 3), 0);
	EQUAL(fake_taken(0)->cookie, 1);
	EQUAL(fake_taken(1)->cookie, 2);
	EQUAL(fake_taken(2)->cookie, 3);
	wiso_close(dev);
}

TEST(refused, "a refused transfer fails in submit, and completes when it was queued")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	transfer = transfer_of(in, 7);
	transfer.num_packets = 1000;
	FAILS(wiso_submit(dev, &transfer), E2BIG);
	FAILS(wiso_next_completion(dev, &completion), EAGAIN);
	EQUAL(wiso_queue(dev, &transfer), 0);
	EQUAL(wiso_flush(dev), 1);
	EQUAL(wiso_next_completion(dev, &completion), 0);
	EQUAL(completion.cookie, 7);
	EQUAL(completion.status, -E2BIG);
	transfer.buffer = 999;
	wiso_queue(dev, &transfer);
	wiso_flush(dev);
	EQUAL(wiso_next_completion(dev, &completion), 0);
	EQUAL(completion.status, -ENOENT);
	wiso_close(dev);
}

TEST(packet_data, "packet data of a transfer starts where its packet says")
{
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	wiso_transfer_init(&transfer, in, 1024, 8, 3);
	EQUAL(wiso_submit(dev, &transfer), 0);
	fake_complete_good(FAKE_IN, 1);
	CHECK(wiso_packet_data(in, &transfer, 2) ==
	      (unsigned char *)wiso_buffer_data(in) + 1024 + 64);
	EQUAL(*(unsigned char *)wiso_packet_data(in, &transfer, 2), 2);
	wiso_close(dev);
}

static bool complete_one_in(void)
{
	fake_complete_good(FAKE_IN, 1);
	return false;
}

static void wait_for_one(void)
{
	struct winusb_iso_completion completion;

	open_with_ring(0);
	fake_on_poll(complete_one_in);
	queue(in, 5);
	EQUAL(wiso_wait_completion(dev, &completion, -1), 0);
	EQUAL(completion.cookie, 5);
	EQUAL(fake_counts().polls, 1);
	wiso_close(dev);
}

TEST(waits, "waiting flushes and sleeps until a completion comes")
{
	wait_for_one();
}

TEST(older_waits, "a driver that has no call to wait with is polled")
{
	fake_without_wait();
	wait_for_one();
}

static bool complete_three_in(void)
{
	fake_complete_good(FAKE_IN, 3);
	return false;
}

static void submit_three(void)
{
	open_with_ring(0);
	for (uint64_t cookie = 1; cookie <= 3; cookie++)
		submit(in, cookie);
}

TEST(several, "several completions are slept for once, and taken in their order")
{
	struct winusb_iso_completion completions[4];

	submit_three();
	fake_on_poll(complete_three_in);
	EQUAL(wiso_wait_completions(dev, completions, 4, 3, -1), 3);
	EQUAL(fake_counts().polls, 1);
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(completions[i].cookie, i + 1);
	wiso_close(dev);
}

TEST(several_there, "what is there is taken without sleep, and no more than there is room for")
{
	struct winusb_iso_completion completions[2];

	submit_three();
	fake_complete_good(FAKE_IN, 3);
	EQUAL(wiso_wait_completions(dev, completions, 2, 3, -1), 2);
	EQUAL(wiso_wait_completions(dev, completions, 2, 3, -1), 1);
	EQUAL(completions[0].cookie, 3);
	EQUAL(fake_counts().polls, 0);
	wiso_close(dev);
}

TEST(several_late, "fewer than were slept for are taken when the time is up, not before")
{
	struct winusb_iso_completion completions[4];
	uint64_t start;

	submit_three();
	fake_on_poll(complete_one_in);
	start = fake_now_ns();
	EQUAL(wiso_wait_completions(dev, completions, 4, 3, 250), 1);
	CHECK(fake_now_ns() - start >= 250000000);
	EQUAL(fake_counts().polls, 1);
	wiso_close(dev);
}

TEST(woken_before, "who is woken before it sleeps does not sleep, once")
{
	struct winusb_iso_completion completion;

	submit_three();
	wiso_wake(dev);
	FAILS(wiso_wait_completion(dev, &completion, -1), EINTR);
	EQUAL(fake_counts().polls, 0);
	fake_on_poll(complete_one_in);
	EQUAL(wiso_wait_completion(dev, &completion, -1), 0);
	EQUAL(fake_counts().polls, 1);
	wiso_close(dev);
}

TEST(time_out, "a wait ends at its deadline and not before")
{
	struct winusb_iso_completion completion;
	uint64_t start = fake_now_ns();

	open_with_ring(0);
	submit(in, 1);
	FAILS(wiso_wait_completion(dev, &completion, 250), ETIMEDOUT);
	EQUAL(fake_now_ns() - start, 250000000);
	EQUAL(fake_counts().polls, 1);
	wiso_close(dev);
}

TEST(no_wait, "a wait of 0 ms says EAGAIN and lets no time pass")
{
	struct winusb_iso_completion completion;
	uint64_t start = fake_now_ns();

	open_with_ring(0);
	submit(in, 1);
	FAILS(wiso_wait_completion(dev, &completion, 0), EAGAIN);
	EQUAL(fake_now_ns() - start, 0);
	wiso_close(dev);
}

static unsigned int interruptions;

static bool interrupt_after_10_ms(void)
{
	fake_advance_ns(10000000);
	return interruptions++ < 3;
}

TEST(eintr, "a signal ends a wait with EINTR, and nothing is lost")
{
	struct winusb_iso_completion completion;

	interruptions = 0;
	open_with_ring(0);
	fake_on_poll(interrupt_after_10_ms);
	submit(in, 1);
	FAILS(wiso_wait_completion(dev, &completion, 100), EINTR);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(wiso_wait_completion(dev, &completion, 100), 0);
	EQUAL(completion.cookie, 1);
	wiso_close(dev);
}

TEST(eintr_restart, "a device that restarts waits keeps its deadline through signals")
{
	struct winusb_iso_completion completion;
	uint64_t start = fake_now_ns();

	interruptions = 0;
	dev = wiso_open("/dev/winusb-iso0", WISO_OPEN_RESTART);
	wiso_set_ring_size(dev, 4);
	fake_on_poll(interrupt_after_10_ms);
	FAILS(wiso_wait_completion(dev, &completion, 100), ETIMEDOUT);
	EQUAL(interruptions, 4);
	/* 3 x 10 ms interrupted; the 4th sleep lasts the remaining 70 ms after 10 more. */
	EQUAL(fake_now_ns() - start, 110000000);
	wiso_close(dev);
}

TEST(blocking, "submit and wait returns its own completion and keeps the others")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	queue(in, 1);
	queue(in, 2);
	transfer = transfer_of(in, 3);
	fake_on_poll(complete_one_in);
	EQUAL(wiso_submit_and_wait(dev, &transfer, &completion, 1000), 0);
	EQUAL(completion.cookie, 3);
	EQUAL(completion.status, 0);
	EQUAL(completion.actual_length, 4 * FAKE_MAX);
	EQUAL(next_cookie(), 1);
	EQUAL(next_cookie(), 2);
	FAILS(next_cookie(), EAGAIN);
	wiso_close(dev);
}

TEST(blocking_late, "a blocking transfer that timed out completes later under its own cookie")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	transfer = transfer_of(in, 42);
	FAILS(wiso_submit_and_wait(dev, &transfer, &completion, 10), ETIMEDOUT);
	EQUAL(completion.status, -EINPROGRESS);
	EQUAL(completion.cookie, 42);
	fake_complete_good(FAKE_IN, 1);
	EQUAL(wiso_next_completion(dev, &completion), 0);
	EQUAL(completion.cookie, 42);
	EQUAL(completion.status, 0);
	wiso_close(dev);
}

TEST(blocking_refused, "a blocking transfer that is refused leaves nothing behind")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	transfer = transfer_of(in, 42);
	transfer.num_packets = 0;
	FAILS(wiso_submit_and_wait(dev, &transfer, &completion, 10), ERANGE);
	EQUAL(completion.status, 0);
	FAILS(next_cookie(), EAGAIN);
	wiso_close(dev);
}

TEST(ten_thousand, "10,000 transfers can be queued in one go")
{
	open_with_ring(10000);
	for (uint64_t i = 0; i < 10000; i++)
		EQUAL(queue(in, i), 0);
	EQUAL(wiso_flush(dev), 10000);
	fake_complete_good(FAKE_IN, 10000);
	for (int i = 0; i < 10000; i++)
		EQUAL(next_cookie(), i);
	wiso_close(dev);
}

TEST(backlog, "completions set aside for later are kept in order, however many")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	open_with_ring(1024);
	for (uint64_t i = 0; i < 1000; i++)
		queue(in, i);
	fake_on_poll(complete_one_in);
	transfer = transfer_of(in, 5000);
	EQUAL(wiso_submit_and_wait(dev, &transfer, &completion, -1), 0);
	EQUAL(completion.cookie, 5000);
	for (int i = 0; i < 1000; i++)
		EQUAL(next_cookie(), i);
	wiso_close(dev);
}

TEST(abort_pipe, "abort ends what was queued and not yet flushed, too")
{
	struct winusb_iso_completion completion;

	open_with_ring(0);
	submit(in, 1);
	queue(in, 2);
	EQUAL(wiso_abort_pipe(dev, FAKE_IN), 0);
	for (uint64_t i = 1; i <= 2; i++) {
		EQUAL(wiso_next_completion(dev, &completion), 0);
		EQUAL(completion.cookie, i);
		EQUAL(completion.status, -ECONNRESET);
	}
	FAILS(wiso_abort_pipe(dev, 0x0f), ENOENT);
	wiso_close(dev);
}

TEST(unplug, "after unplug what had completed is delivered, then ENODEV")
{
	struct winusb_iso_completion completion;

	open_with_ring(0);
	submit(in, 1);
	submit(in, 2);
	fake_complete_good(FAKE_IN, 1);
	fake_unplug();
	EQUAL(wiso_wait_completion(dev, &completion, -1), 0);
	EQUAL(completion.status, 0);
	EQUAL(wiso_wait_completion(dev, &completion, -1), 0);
	EQUAL(completion.status, -ENODEV);
	FAILS(wiso_wait_completion(dev, &completion, -1), ENODEV);
	FAILS(wiso_wait_completion(dev, &completion, 0), ENODEV);
	FAILS(wiso_next_completion(dev, &completion), ENODEV);
	FAILS(submit(in, 3), ENODEV);
	wiso_close(dev);
}

static bool unplug_now(void)
{
	fake_unplug();
	return false;
}

TEST(unplug_waiting, "unplug wakes a waiting caller")
{
	struct winusb_iso_completion completion;

	open_with_ring(0);
	fake_on_poll(unplug_now);
	FAILS(wiso_wait_completion(dev, &completion, -1), ENODEV);
	wiso_close(dev);
}

TEST(unplug_blocking, "unplug completes a blocking transfer with ENODEV")
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	open_with_ring(0);
	fake_on_poll(unplug_now);
	transfer = transfer_of(out, 9);
	EQUAL(wiso_submit_and_wait(dev, &transfer, &completion, -1), 0);
	EQUAL(completion.cookie, 9);
	EQUAL(completion.status, -ENODEV);
	wiso_close(dev);
}
