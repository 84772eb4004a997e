// SPDX-License-Identifier: MIT
/* How plain transfers end otherwise: failures, halts, abort, cancel, unplug, a killed process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plain.h"

/* The loop has nothing to say: IN transfers of it stay pending. */
static void pend(const struct plain *plain, struct fixture_buffer *in, unsigned int count)
{
	plain_buffer(plain, in, LOOP_IN, 512 * 64);
	plain_submit_some(plain->fd, in, count, 512, 0);
}

static void expect_all(int fd, unsigned int first, unsigned int count, int status)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		plain_expect(fd, i, status, 0);
}

static void still_works(const struct plain *plain)
{
	struct fixture_buffer in, out;
	struct winusb_iso_transfer transfer;
	uint32_t length;

	plain_buffer(plain, &out, LOOP_OUT, PLAIN_ROOM);
	plain_buffer(plain, &in, LOOP_IN, PLAIN_ROOM);
	plain_fill(out.data, 300, 9);
	plain_feed(plain, &out, 300);
	transfer = plain_transfer(&in, 0, 512, 4711);
	WORKS(plain_do(plain->fd, &transfer, &length));
	EQUAL(length, 300);
	CHECK(plain_matches(in.data, 300, 9));
}

/* --- failures --- */

static bool has_fired(void *sim)
{
	struct sim_device_stats stats;

	sim_device_stats(sim, &stats);
	return stats.faults_fired > 0;
}

/* Once the pipe is halted it takes no more, so the device waits with the first one. */
static void submit_before_any_goes(const struct plain *plain, const struct fixture_buffer *buffer,
				   unsigned int count)
{
	char fault[32];

	snprintf(fault, sizeof(fault), "nak:pipe=0x%02x", buffer->info.pipe);
	plain_fault(plain, fault);
	plain_submit_some(plain->fd, buffer, count, 512, 0);
	REQUIRE(fixture_wait(has_fired, plain->device.sim));
	sim_release(plain->device.sim);
}

static void stalled(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer out;
	struct sim_pipe_stats stats;
	struct plain plain;

	plain_open(&plain);
	plain_fault(&plain, "stall@+2:pipe=0x03");
	plain_buffer(&plain, &out, SINK, 512 * 64);
	submit_before_any_goes(&plain, &out, 64);
	plain_expect(plain.fd, 0, 0, 512);
	plain_expect(plain.fd, 1, 0, 512);
	plain_expect(plain.fd, 2, -EPIPE, 0);
	expect_all(plain.fd, 3, 61, -ECANCELED);
	transfer = plain_transfer(&out, 0, 512, 99);
	RETURNS(fixture_submit(plain.fd, &transfer), EPIPE);
	WORKS(fixture_abort(plain.fd, SINK));
	RETURNS(fixture_submit(plain.fd, &transfer), EPIPE);
	WORKS(fixture_reset(plain.fd, SINK));
	WORKS(plain_do(plain.fd, &transfer, NULL));
	REQUIRE(sim_stats(plain.device.sim, SINK, &stats));
	EQUAL(stats.bytes, 3 * 512);
}

static void unsent_say_so(void)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer out;
	struct plain plain;
	unsigned int i;

	plain_open(&plain);
	plain_fault(&plain, "stall:pipe=0x03");
	plain_buffer(&plain, &out, SINK, 512 * 64);
	submit_before_any_goes(&plain, &out, 64);
	for (i = 0; i < 64; i++) {
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, i ? ECANCELED : EPIPE);
		if (!i)
			EQUAL(completion.flags, 0);
		else if (completion.flags)
			EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	}
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
}

/* Once one has failed, none behind it succeeds after one that was not carried out. */
static void check_failure(const char *fault, int first_status, bool may_run_ahead)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer in;
	struct plain plain;
	bool cancelled = false;
	unsigned int i;

	plain_open(&plain);
	plain_fault(&plain, fault);
	plain_buffer(&plain, &in, SOURCE, 512 * 100);
	submit_before_any_goes(&plain, &in, 100);
	plain_expect(plain.fd, 0, 0, 512);
	plain_expect(plain.fd, 1, first_status, 0);
	for (i = 2; i < 100; i++) {
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
		EQUAL(completion.cookie, i);
		cancelled |= completion.status == -ECANCELED;
		REQUIRE(cancelled ? completion.status == -ECANCELED :
				    may_run_ahead || completion.status == first_status);
	}
	CHECK(cancelled);
	WORKS(fixture_reset(plain.fd, SOURCE));
	plain_submit_some(plain.fd, &in, 1, 512, 1000);
	plain_expect(plain.fd, 1000, 0, 512);
}

static void runs_ahead(void)
{
	check_failure("stall@+1:pipe=0x83:n=1", -EPIPE, false);
}
static void protocol_error(void)
{
	check_failure("protocol@+1:pipe=0x83", -EPROTO, true);
}
static void timed_out(void)
{
	check_failure("timeout@+1:pipe=0x83", -ETIME, true);
}

static void babble(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in, out;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	plain_feed(&plain, &out, 200);
	transfer = plain_transfer(&in, 0, 100, 1);
	RETURNS(plain_do(plain.fd, &transfer, NULL), EOVERFLOW);
	RETURNS(fixture_submit(plain.fd, &transfer), EPIPE);
	WORKS(fixture_reset(plain.fd, LOOP_IN));
	REQUIRE_WORKS(fixture_unregister(plain.fd, in.info.handle));
	REQUIRE_WORKS(fixture_unregister(plain.fd, out.info.handle));
	still_works(&plain);
}

/* What the other end of USB/IP makes up. */
static void check_nonsense(const char *fault, int status)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	struct plain plain;
	uint32_t length;

	plain_open(&plain);
	plain_fault(&plain, fault);
	plain_buffer(&plain, &in, SOURCE, PLAIN_ROOM);
	transfer = plain_transfer(&in, 0, 512, 1);
	RETURNS(plain_do(plain.fd, &transfer, &length), status);
	CHECK(length == 0 || length == 512);
	WORKS(fixture_reset(plain.fd, SOURCE));
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, 512);
}

static void odd_status(void)
{
	check_nonsense("urb-status:pipe=0x83:n=12345", EPROTO);
}
static void odd_negative(void)
{
	check_nonsense("urb-status:pipe=0x83:n=-123456", EPROTO);
}
static void negative_length(void)
{
	check_nonsense("negative-count:pipe=0x83", EPROTO);
}

/* The device refuses CLEAR_FEATURE(ENDPOINT_HALT). */
static void reset_refused(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer out;
	struct plain plain;

	plain_open(&plain);
	plain_fault(&plain, "stall:pipe=0x03");
	plain_buffer(&plain, &out, SINK, PLAIN_ROOM);
	transfer = plain_transfer(&out, 0, 512, 1);
	RETURNS(plain_do(plain.fd, &transfer, NULL), EPIPE);
	plain_fault(&plain, "stall:pipe=0");
	RETURNS(fixture_reset(plain.fd, SINK), EPIPE);
	RETURNS(fixture_submit(plain.fd, &transfer), EPIPE);
	WORKS(fixture_reset(plain.fd, SINK));
	WORKS(plain_do(plain.fd, &transfer, NULL));
}

/* Nobody has a buffer of it. */
static void reset_of_free_pipe(void)
{
	struct fixture_buffer control, out;
	struct winusb_iso_transfer transfer;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	transfer = plain_control(&control, 0x40, SIM_REQUEST_HALT, 0, SINK, 0, 1);
	WORKS(plain_do(plain.fd, &transfer, NULL));
	transfer = plain_control(&control, 0x82, 0, 0, SINK, 2, 1);
	WORKS(plain_do(plain.fd, &transfer, NULL));
	EQUAL(control.data[8], 1);
	WORKS(fixture_reset(plain.fd, SINK));
	WORKS(plain_do(plain.fd, &transfer, NULL));
	EQUAL(control.data[8], 0);
	plain_buffer(&plain, &out, SINK, PLAIN_ROOM);
	transfer = plain_transfer(&out, 0, 512, 1);
	WORKS(plain_do(plain.fd, &transfer, NULL));
}

static void set_alternate_clears(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer out;
	struct plain plain;

	plain_open(&plain);
	plain_fault(&plain, "stall:pipe=0x03");
	plain_buffer(&plain, &out, SINK, PLAIN_ROOM);
	transfer = plain_transfer(&out, 0, 512, 1);
	RETURNS(plain_do(plain.fd, &transfer, NULL), EPIPE);
	fixture_set_alternate(plain.fd, 0);
	WORKS(plain_do(plain.fd, &transfer, NULL));
}

/* --- abort and reset --- */

static void check_stop(int (*stop)(int fd, uint8_t pipe))
{
	struct winusb_iso_completion completion;
	struct winusb_iso_setup_ring setup = { .entries = 1024 };
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	REQUIRE_WORKS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_SETUP_RING, &setup));
	pend(&plain, &in, 500);
	RETURNS(fixture_unregister(plain.fd, in.info.handle), EBUSY);
	WORKS(stop(plain.fd, LOOP_IN));
	expect_all(plain.fd, 0, 500, -ECONNRESET);
	RETURNS(fixture_reap(plain.fd, &completion), EAGAIN);
	REQUIRE_WORKS(fixture_unregister(plain.fd, in.info.handle));
	still_works(&plain);
}

static void abort_many(void)
{
	check_stop(fixture_abort);
}
static void reset_many(void)
{
	check_stop(fixture_reset);
}

static void abort_control(void)
{
	struct fixture_buffer control;
	struct winusb_iso_transfer transfer;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	transfer = plain_control(&control, 0x40, SIM_REQUEST_SLOW, 0xffff, 0, 0, 1);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	transfer = plain_control(&control, 0x40, SIM_REQUEST_STORE, 0, 0, 0, 2);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	WORKS(fixture_abort(plain.fd, CONTROL));
	plain_expect(plain.fd, 1, -ECONNRESET, 0);
	plain_expect(plain.fd, 2, -ECONNRESET, 0);
	WORKS(plain_do(plain.fd, &transfer, NULL));
	WORKS(fixture_reset(plain.fd, CONTROL));
}

/* --- cancel --- */

static void cancel_one(void)
{
	struct fixture_buffer in, out;
	struct plain plain;
	unsigned int i;

	plain_open(&plain);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	pend(&plain, &in, 8);
	WORKS(plain_cancel(plain.fd, LOOP_IN, 5));
	plain_expect(plain.fd, 5, -ECONNRESET, 0);
	RETURNS(plain_cancel(plain.fd, LOOP_IN, 5), ENOENT);
	for (i = 0; i < 8; i++) {
		struct winusb_iso_completion completion[2];

		if (i == 5)
			continue;
		plain_fill(out.data, 10 + i, i);
		plain_submit_some(plain.fd, &out, 1, 10 + i, 0xfeed);
		REQUIRE_WORKS(plain_reap(plain.fd, &completion[0]));
		REQUIRE_WORKS(plain_reap(plain.fd, &completion[1]));
		EQUAL(completion[0].cookie + completion[1].cookie, 0xfeed + i);
		CHECK(plain_matches(in.data + i * 512, 10 + i, i));
	}
}

/* What the driver still has. */
static void cancel_queued(void)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	pend(&plain, &in, 64);
	WORKS(plain_cancel(plain.fd, LOOP_IN, 60));
	REQUIRE_WORKS(plain_reap(plain.fd, &completion));
	EQUAL(completion.cookie, 60);
	RETURNS(completion.status, ECONNRESET);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	WORKS(fixture_abort(plain.fd, LOOP_IN));
	expect_all(plain.fd, 0, 60, -ECONNRESET);
	expect_all(plain.fd, 61, 3, -ECONNRESET);
}

static void cancel_all(void)
{
	struct fixture_buffer in;
	struct plain plain;
	unsigned int i;

	plain_open(&plain);
	pend(&plain, &in, 64);
	for (i = 0; i < 64; i++) {
		WORKS(plain_cancel(plain.fd, LOOP_IN, 63 - i));
		plain_expect(plain.fd, 63 - i, -ECONNRESET, 0);
	}
	REQUIRE_WORKS(fixture_unregister(plain.fd, in.info.handle));
	still_works(&plain);
}

static void cancel_nothing(void)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer in, out;
	struct plain plain;

	plain_open(&plain);
	RETURNS(plain_cancel(plain.fd, LOOP_IN, 0), ENOENT);
	RETURNS(plain_cancel(plain.fd, CONTROL, 0), ENOENT);
	RETURNS(plain_cancel(plain.fd, 0x8f, 0), ENOENT);
	pend(&plain, &in, 1);
	RETURNS(plain_cancel(plain.fd, LOOP_IN, 1), ENOENT);
	RETURNS(plain_cancel(plain.fd, LOOP_OUT, 0), ENOENT);
	tap_note("it is done, and not collected yet");
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	plain_submit_some(plain.fd, &out, 1, 10, 77);
	REQUIRE_WORKS(plain_reap(plain.fd, &completion));
	plain_wait_replies(&plain, LOOP_IN, 1);
	REQUIRE(poll(&(struct pollfd){ .fd = plain.fd, .events = POLLIN }, 1, FIXTURE_WAIT_MS) ==
		1);
	RETURNS(plain_cancel(plain.fd, LOOP_IN, 0), ENOENT);
	REQUIRE_WORKS(plain_reap(plain.fd, &completion));
}

/* The oldest of those with one cookie. */
static void cancel_equals(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	struct plain plain;
	unsigned int i;

	plain_open(&plain);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	for (i = 0; i < 3; i++) {
		transfer = plain_transfer(&in, 0, 512 * (i + 1), 5);
		REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	}
	for (i = 0; i < 3; i++)
		WORKS(plain_cancel(plain.fd, LOOP_IN, 5));
	RETURNS(plain_cancel(plain.fd, LOOP_IN, 5), ENOENT);
	for (i = 0; i < 3; i++) {
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
		RETURNS(completion.status, ECONNRESET);
	}
}

static void cancel_control(void)
{
	struct fixture_buffer control;
	struct winusb_iso_transfer transfer;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	transfer = plain_control(&control, 0x40, SIM_REQUEST_SLOW, 0xffff, 0, 0, 1);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	transfer = plain_control(&control, 0x40, SIM_REQUEST_STORE, 0, 0, 0, 2);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	WORKS(plain_cancel(plain.fd, CONTROL, 2));
	plain_expect(plain.fd, 2, -ECONNRESET, 0);
	WORKS(plain_cancel(plain.fd, CONTROL, 1));
	plain_expect(plain.fd, 1, -ECONNRESET, 0);
	plain_expect(plain.fd, 2, 0, 0);
}

/* Bytes that came before the cancel are there. */
static void cancel_half(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in, out;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	transfer = plain_transfer(&in, 0, 2048, 1);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	plain_fill(out.data, 1024, 3);
	plain_submit_some(plain.fd, &out, 1, 1024, 2);
	plain_expect(plain.fd, 2, 0, 1024);
	WORKS(plain_cancel(plain.fd, LOOP_IN, 1));
	REQUIRE_WORKS(plain_reap(plain.fd, &completion));
	EQUAL(completion.cookie, 1);
	RETURNS(completion.status, ECONNRESET);
	EQUAL(completion.actual_length, 1024);
	CHECK(plain_matches(in.data, 1024, 3));
}

/* --- cancel in a stream --- */

#define STREAM 200u

/* 200 transfers of 8 packets, each in CONTINUE if @flags says so; number @victim is cancelled. */
static void cancel_in_stream(struct plain *plain, uint32_t flags, unsigned int victim)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	unsigned int i;

	plain_open(plain);
	fixture_set_alternate(plain->fd, 1);
	fixture_register_packets(plain->fd, &in, LOOP_IN, STREAM * 8);
	for (i = 0; i < STREAM; i++) {
		transfer = fixture_transfer(&in, i * 8, 8, i);
		transfer.flags = i ? flags : 0;
		REQUIRE_WORKS(fixture_submit(plain->fd, &transfer));
	}
	REQUIRE_WORKS(plain_cancel(plain->fd, LOOP_IN, victim));
	RETURNS(plain_cancel(plain->fd, LOOP_IN, victim), ENOENT);
}

static void check_stream(const struct plain *plain, unsigned int victim, int behind)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < STREAM; i++) {
		int wanted = i < victim ? 0 : i == victim ? ECONNRESET : behind;

		REQUIRE_WORKS(plain_reap(plain->fd, &completion));
		REQUIRE(completion.cookie == i);
		REQUIRE_WORKS(completion.status == -wanted ? 0 : completion.status);
		EQUAL(completion.gap, 0);
		if (wanted)
			EQUAL(completion.flags & WINUSB_ISO_COMPLETION_NOT_SENT,
			      WINUSB_ISO_COMPLETION_NOT_SENT);
	}
}

static void cancel_iso_queued(void)
{
	struct plain plain;

	cancel_in_stream(&plain, WINUSB_ISO_TRANSFER_CONTINUE, 190);
	check_stream(&plain, 190, EXDEV);
}

static void cancel_iso_queued_freely(void)
{
	struct plain plain;

	cancel_in_stream(&plain, 0, 190);
	check_stream(&plain, 190, 0);
}

/* With the controller; what it has behind goes on, and all come in their order. */
static void cancel_iso_sent(void)
{
	struct winusb_iso_completion completion;
	struct plain plain;
	unsigned int i, good = 0;

	cancel_in_stream(&plain, 0, 40);
	for (i = 0; i < STREAM; i++) {
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
		REQUIRE(completion.cookie == i);
		if (i == 40)
			RETURNS(completion.status, ECONNRESET);
		else
			good += !completion.status;
	}
	EQUAL(good, STREAM - 1);
}

/* --- the device goes --- */

static void unplugged(void)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer in, interrupt, control;
	struct winusb_iso_transfer transfer;
	struct plain plain;
	unsigned int i;

	plain_open(&plain);
	pend(&plain, &in, 64);
	plain_buffer(&plain, &interrupt, SLOW_IN, PLAIN_ROOM);
	plain_submit_some(plain.fd, &interrupt, 8, 64, 100);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	transfer = plain_control(&control, 0x40, SIM_REQUEST_SLOW, 0xffff, 0, 0, 200);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	fixture_unplug(&plain.device);
	for (i = 0; i < 64 + 8 + 1; i++) {
		REQUIRE_WORKS(fixture_reap(plain.fd, &completion));
		RETURNS(completion.status, ENODEV);
	}
	RETURNS(fixture_reap(plain.fd, &completion), ENODEV);
	RETURNS(plain_cancel(plain.fd, LOOP_IN, 0), ENODEV);
}

static void closed(void)
{
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	pend(&plain, &in, 200);
	fixture_unmap(&in);
	fixture_close(plain.fd);
	plain.fd = plain_open_another(&plain);
	still_works(&plain);
}

static void die_with_pending(const struct plain *plain, int ready)
{
	struct winusb_iso_buffer buffer = { .pipe = LOOP_IN, .size = PLAIN_ROOM };
	struct winusb_iso_transfer transfer = { .length = 512 };
	int fd = open(plain->device.node, O_RDWR | O_CLOEXEC), i, good;

	good = fd >= 0 && !ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer);
	transfer.buffer = buffer.handle;
	for (i = 0; good && i < 200; i++)
		good = !ioctl(fd, WINUSB_ISO_IOC_SUBMIT, &transfer);
	if (write(ready, good ? "y" : "n", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void killed(void)
{
	struct plain plain;
	int pipes[2], status;
	char good = 0;
	pid_t child;

	plain_open(&plain);
	REQUIRE(!pipe(pipes));
	child = fork();
	if (!child)
		die_with_pending(&plain, pipes[1]);
	REQUIRE(child > 0);
	CHECK(read(pipes[0], &good, 1) == 1 && good == 'y');
	kill(child, SIGKILL);
	REQUIRE(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status));
	close(pipes[0]);
	close(pipes[1]);
	still_works(&plain);
}

static void other_alternate(void)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer in, control;
	struct winusb_iso_transfer transfer;
	struct plain plain;

	plain_open(&plain);
	pend(&plain, &in, 8);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	fixture_set_alternate(plain.fd, 1);
	expect_all(plain.fd, 0, 8, -ECONNRESET);
	tap_note("control transfers go on: the very change is one, so the next one waits");
	transfer = plain_control(&control, 0x40, SIM_REQUEST_STORE, 0, 0, 0, 9);
	WORKS(plain_do(plain.fd, &transfer, NULL));
	RETURNS(fixture_reap(plain.fd, &completion), EAGAIN);
}

static const struct tap_test tests[] = {
	{ "a stall halts a bulk pipe until RESET_PIPE, and nothing behind it goes", stalled },
	{ "what was not sent behind a stall says so", unsent_say_so },
	{ "transfers that a controller ran ahead with have their own result", runs_ahead },
	{ "a bus error halts a bulk pipe", protocol_error },
	{ "no answer in time halts a bulk pipe", timed_out },
	{ "more bytes than asked for say EOVERFLOW and halt the pipe", babble },
	{ "a status that makes no sense says EPROTO", odd_status },
	{ "a status that is no errno says EPROTO", odd_negative },
	{ "a negative length says EPROTO and 0 bytes", negative_length },
	{ "RESET_PIPE that the device refuses says EPIPE, and the pipe stays halted",
	  reset_refused },
	{ "RESET_PIPE clears the halt of a pipe that nobody owns", reset_of_free_pipe },
	{ "SET_ALTERNATE clears a halt", set_alternate_clears },
	{ "ABORT_PIPE ends 500 pending transfers with ECONNRESET before it returns", abort_many },
	{ "RESET_PIPE ends 500 pending transfers with ECONNRESET before it returns", reset_many },
	{ "ABORT_PIPE and RESET_PIPE of pipe 0 end this session's control transfers",
	  abort_control },
	{ "CANCEL ends one of many, which does not wait for those before it", cancel_one },
	{ "CANCEL ends one that the driver still has, unsent", cancel_queued },
	{ "CANCEL ends all, from the last to the first", cancel_all },
	{ "CANCEL of what is not pending says ENOENT", cancel_nothing },
	{ "CANCEL takes the oldest of equal cookies", cancel_equals },
	{ "CANCEL ends a control transfer that the device does not answer", cancel_control },
	{ "CANCEL keeps the bytes that came before it", cancel_half },
	{ "CANCEL in a stream: those before go, those behind with CONTINUE say EXDEV",
	  cancel_iso_queued },
	{ "CANCEL in a stream: those behind without CONTINUE go on", cancel_iso_queued_freely },
	{ "CANCEL in a stream: what the controller has behind goes on", cancel_iso_sent },
	{ "an unplug ends all that is pending with ENODEV", unplugged },
	{ "close() ends what is pending", closed },
	{ "a process that is killed leaves nothing pending", killed },
	{ "SET_ALTERNATE ends bulk transfers with ECONNRESET, and no control transfer",
	  other_alternate },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
