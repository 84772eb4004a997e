// SPDX-License-Identifier: MIT
/* Bulk and interrupt transfers: what moves, what is refused, order, deep queues, two sessions. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "plain.h"

#define ZERO  WINUSB_ISO_TRANSFER_ZERO_PACKET
#define SHORT WINUSB_ISO_TRANSFER_SHORT_NOT_OK

/* --- data --- */

/* @length bytes go out and come back; the IN transfer has room for one packet more. */
static void round_trip(const struct plain *plain, struct fixture_buffer *out,
		       struct fixture_buffer *in, uint32_t length, uint32_t flags, uint32_t packet)
{
	struct winusb_iso_transfer to = plain_transfer(out, 0, length, 1);
	uint32_t room = length / packet * packet + packet;
	struct winusb_iso_transfer from = plain_transfer(in, 0, room, 2);
	uint32_t sent = 0, received = 0;

	plain_fill(out->data, length, length);
	memset(in->data, 0xee, from.length);
	to.flags = flags;
	WORKS(plain_do(plain->fd, &to, &sent));
	EQUAL(sent, length);
	WORKS(plain_do(plain->fd, &from, &received));
	EQUAL(received, length);
	CHECK(plain_matches(in->data, length, length));
}

static void check_bulk(enum sim_speed speed)
{
	static const uint32_t lengths[] = {
		1,    2,    8,	  63,	64,   65,    511,    512,     513,
		1023, 1024, 1025, 4095, 4096, 65536, 262143, 1048576,
	};
	struct fixture_buffer in, out;
	struct plain plain;
	unsigned int i;

	plain_open_speed(&plain, speed);
	plain_buffer(&plain, &out, LOOP_OUT, 1048576);
	plain_buffer(&plain, &in, LOOP_IN, 1048576 + 1024);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		round_trip(&plain, &out, &in, lengths[i], ZERO, plain.packet);
}

static void bulk_full(void)
{
	check_bulk(SIM_FULL);
}
static void bulk_high(void)
{
	check_bulk(SIM_HIGH);
}
static void bulk_super(void)
{
	check_bulk(SIM_SUPER);
}

static void interrupt(void)
{
	static const uint32_t lengths[] = { 1, 7, 63, 65, 100, 127, 1000 };
	struct fixture_buffer in, out;
	struct plain plain;
	unsigned int i;

	plain_open(&plain);
	plain_buffer(&plain, &out, SLOW_OUT, PLAIN_ROOM);
	plain_buffer(&plain, &in, SLOW_IN, PLAIN_ROOM);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		round_trip(&plain, &out, &in, lengths[i], 0, 64);
}

static void largest(void)
{
	struct fixture_buffer out;
	struct winusb_iso_transfer transfer;
	struct sim_pipe_stats stats;
	struct plain plain;
	uint32_t length;

	plain_open(&plain);
	plain_buffer(&plain, &out, SINK, WINUSB_ISO_MAX_BUFFER_SIZE);
	sim_pattern_fill(out.data, WINUSB_ISO_MAX_BUFFER_SIZE, SINK, 5);
	transfer = plain_transfer(&out, 0, WINUSB_ISO_MAX_BUFFER_SIZE, 1);
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, WINUSB_ISO_MAX_BUFFER_SIZE);
	REQUIRE(sim_stats(plain.device.sim, SINK, &stats));
	EQUAL(stats.good, 1);
	EQUAL(stats.bad, 0);
}

static void completion_says(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &in, SOURCE, PLAIN_ROOM);
	transfer = plain_transfer(&in, 1024, 1536, 0x123456789abcdef0);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	memset(&completion, 0xff, sizeof(completion));
	REQUIRE_WORKS(plain_reap(plain.fd, &completion));
	CHECK(completion.cookie == 0x123456789abcdef0);
	CHECK(completion.timestamp_ns > 0);
	EQUAL(completion.start_uframe, 0);
	EQUAL(completion.status, 0);
	EQUAL(completion.actual_length, 1536);
	EQUAL(completion.num_packets, 0);
	EQUAL(completion.error_count, 0);
	EQUAL(completion.gap | completion.inner_gap, 0);
	EQUAL(completion.buffer, in.info.handle);
	EQUAL(completion.pipe, SOURCE);
	EQUAL(completion.trust, 0);
	EQUAL(completion.flags, 0);
	EQUAL(completion.reserved, 0);
	CHECK(sim_pattern_matches(in.data + 1024, 1536, SOURCE,
				  sim_pattern_counter(in.data + 1024)));
}

/* --- packets of no length, and short ones --- */

static void empty(void)
{
	struct fixture_buffer in, out;
	struct winusb_iso_transfer transfer;
	struct plain plain;
	uint32_t length = 1;

	plain_open(&plain);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	transfer = plain_transfer(&out, 0, 0, 1);
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, 0);
	transfer = plain_transfer(&in, 0, 512, 2);
	length = 1;
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, 0);
}

/* Without ZERO_PACKET the device can not tell that 512 bytes are all. */
static void no_end(void)
{
	struct fixture_buffer in, out;
	struct winusb_iso_transfer transfer;
	struct winusb_iso_completion completion;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	transfer = plain_transfer(&in, 0, 1024, 7);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	transfer = plain_transfer(&out, 0, 512, 8);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	plain_expect(plain.fd, 8, 0, 512);
	RETURNS(fixture_reap(plain.fd, &completion), EAGAIN);
	transfer = plain_transfer(&out, 0, 0, 9);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	REQUIRE_WORKS(plain_reap(plain.fd, &completion));
	if (completion.cookie == 9)
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
	EQUAL(completion.cookie, 7);
	EQUAL(completion.actual_length, 512);
}

static void short_packet(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	struct plain plain;
	uint32_t length;

	plain_open(&plain);
	plain_buffer(&plain, &in, MESSAGE, PLAIN_ROOM);
	transfer = plain_transfer(&in, 0, 1024, 1);
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, 700);
	transfer.flags = SHORT;
	RETURNS(plain_do(plain.fd, &transfer, &length), EREMOTEIO);
	EQUAL(length, 700);
	tap_note("that halts nothing, and 512 bytes are not short");
	transfer.length = 512;
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, 512);
}

/* --- what is refused --- */

static void check_flag(const struct plain *plain, uint8_t pipe, uint32_t flag, int wanted)
{
	struct winusb_iso_completion completion;
	struct fixture_buffer buffer;
	struct winusb_iso_transfer transfer;

	plain_buffer(plain, &buffer, pipe, PLAIN_ROOM);
	transfer = plain_transfer(&buffer, 0, 1024, 1);
	if (pipe == CONTROL)
		transfer = plain_control(&buffer, 0x80, 0, 0, 0, 2, 1);
	transfer.flags = flag;
	RETURNS(fixture_submit(plain->fd, &transfer), wanted);
	if (!wanted)
		REQUIRE_WORKS(plain_reap(plain->fd, &completion));
	REQUIRE_WORKS(fixture_unregister(plain->fd, buffer.info.handle));
}

static void flags(void)
{
	static const uint32_t isochronous[] = {
		WINUSB_ISO_TRANSFER_CONTINUE,
		WINUSB_ISO_TRANSFER_AT_FRAME,
		WINUSB_ISO_TRANSFER_PACKET_LENGTHS,
		WINUSB_ISO_TRANSFER_DROP_LATE,
		WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE,
		WINUSB_ISO_TRANSFER_NO_INTERRUPT,
		1u << 7,
		1u << 31,
	};
	static const uint8_t all[] = { SOURCE, SINK, SLOW_OUT, CONTROL };
	struct plain plain;
	unsigned int i, p;

	plain_open(&plain);
	for (p = 0; p < sizeof(all); p++)
		for (i = 0; i < sizeof(isochronous) / sizeof(isochronous[0]); i++)
			check_flag(&plain, all[p], isochronous[i], EINVAL);
	check_flag(&plain, SOURCE, SHORT, 0);
	check_flag(&plain, SOURCE, ZERO, EINVAL);
	check_flag(&plain, SINK, ZERO, 0);
	check_flag(&plain, SINK, SHORT, EINVAL);
	check_flag(&plain, SLOW_OUT, ZERO, EINVAL);
	check_flag(&plain, SLOW_OUT, SHORT, EINVAL);
	check_flag(&plain, CONTROL, ZERO, EINVAL);
	check_flag(&plain, CONTROL, SHORT, EINVAL);
}

static void isochronous_flags(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	struct plain plain;

	plain_open(&plain);
	fixture_set_alternate(plain.fd, 1);
	fixture_register_packets(plain.fd, &buffer, LOOP_IN, 8);
	transfer = fixture_transfer(&buffer, 0, 8, 1);
	transfer.flags = ZERO;
	RETURNS(fixture_submit(plain.fd, &transfer), EINVAL);
	transfer.flags = SHORT;
	RETURNS(fixture_submit(plain.fd, &transfer), EINVAL);
}

static void arguments(void)
{
	struct winusb_iso_transfer good, transfer;
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	plain_buffer(&plain, &in, SOURCE, PLAIN_ROOM);
	good = plain_transfer(&in, 0, PLAIN_ROOM, 1);
	transfer = good;
	transfer.buffer = 99;
	RETURNS(fixture_submit(plain.fd, &transfer), ENOENT);
	transfer = good;
	transfer.length++;
	RETURNS(fixture_submit(plain.fd, &transfer), EOVERFLOW);
	transfer = good;
	transfer.offset = 1;
	RETURNS(fixture_submit(plain.fd, &transfer), EOVERFLOW);
	transfer = good;
	transfer.offset = UINT32_MAX;
	RETURNS(fixture_submit(plain.fd, &transfer), EOVERFLOW);
	transfer = good;
	transfer.num_packets = 1;
	RETURNS(fixture_submit(plain.fd, &transfer), E2BIG);
	transfer = good;
	transfer.first_packet = 1;
	RETURNS(fixture_submit(plain.fd, &transfer), E2BIG);
	transfer = good;
	transfer.start_uframe = 1;
	RETURNS(fixture_submit(plain.fd, &transfer), EINVAL);
	transfer = good;
	transfer.padding[1] = 1;
	RETURNS(fixture_submit(plain.fd, &transfer), EINVAL);
	WORKS(plain_do(plain.fd, &good, NULL));
}

static void buffers(void)
{
	struct winusb_iso_buffer request;
	struct fixture_buffer buffer;
	struct plain plain;

	plain_open(&plain);
	request = (struct winusb_iso_buffer){ .pipe = SOURCE, .size = 0 };
	RETURNS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), ERANGE);
	request.size = WINUSB_ISO_MAX_BUFFER_SIZE + 1;
	RETURNS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), ERANGE);
	request = (struct winusb_iso_buffer){ .pipe = SOURCE, .size = 100, .packets = 1 };
	RETURNS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), EDOM);
	request = (struct winusb_iso_buffer){ .pipe = 0x80, .size = 100 };
	RETURNS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), ENOENT);
	plain_buffer(&plain, &buffer, SOURCE, 100);
	EQUAL(buffer.info.mmap_size, 4096);
	EQUAL(buffer.info.packets_offset, 4096);
	fixture_set_alternate(plain.fd, 1);
	request = (struct winusb_iso_buffer){ .pipe = LOOP_IN, .size = 100 };
	RETURNS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), EDOM);
}

/* Alternate setting 1 has an isochronous pipe at one address, and a bulk one at another. */
static void other_alternate(void)
{
	struct fixture_buffer in, out, was_interrupt;
	struct winusb_iso_transfer transfer;
	struct plain plain;
	uint32_t length;

	plain_open(&plain);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	plain_buffer(&plain, &was_interrupt, SLOW_IN, PLAIN_ROOM);
	fixture_set_alternate(plain.fd, 1);
	transfer = plain_transfer(&in, 0, 512, 1);
	RETURNS(fixture_submit(plain.fd, &transfer), ESTALE);
	transfer = plain_transfer(&was_interrupt, 0, 512, 2);
	WORKS(plain_do(plain.fd, &transfer, &length));
	EQUAL(length, 512);
	fixture_set_alternate(plain.fd, 0);
	round_trip(&plain, &out, &in, 700, 0, plain.packet);
}

static void isochronous_is_stale(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	struct plain plain;

	plain_open(&plain);
	fixture_set_alternate(plain.fd, 1);
	fixture_register_packets(plain.fd, &buffer, LOOP_IN, 8);
	transfer = fixture_transfer(&buffer, 0, 8, 1);
	fixture_set_alternate(plain.fd, 0);
	RETURNS(fixture_submit(plain.fd, &transfer), ESTALE);
	fixture_set_alternate(plain.fd, 1);
	WORKS(plain_do(plain.fd, &transfer, NULL));
}

/* --- order and depth --- */

static void in_order(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in, out;
	struct plain plain;
	unsigned int i, received = 0, sent = 0;

	plain_open(&plain);
	plain_buffer(&plain, &out, LOOP_OUT, 100 * 128);
	plain_buffer(&plain, &in, LOOP_IN, 100 * 512);
	plain_submit_some(plain.fd, &in, 100, 512, 0);
	for (i = 0; i < 100; i++) {
		plain_fill(out.data + i * 128, 1 + i, i);
		transfer = plain_transfer(&out, i * 128, 1 + i, 1000 + i);
		REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	}
	while (received + sent < 200) {
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
		REQUIRE_WORKS(completion.status);
		i = completion.pipe == LOOP_IN ? received++ : sent++;
		EQUAL(completion.cookie, completion.pipe == LOOP_IN ? i : 1000 + i);
		EQUAL(completion.actual_length, 1 + i);
		if (completion.pipe == LOOP_IN)
			CHECK(plain_matches(in.data + i * 512, 1 + i, i));
	}
}

#define MANY 10000u

static void ten_thousand(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_rings rings;
	struct fixture_buffer out;
	struct sim_pipe_stats stats;
	struct plain plain;
	uint32_t i, taken;

	plain_open(&plain);
	fixture_rings(plain.fd, &rings, 16384);
	plain_buffer(&plain, &out, SINK, MANY * 64);
	for (i = 0; i < MANY; i++) {
		sim_pattern_fill(out.data + i * 64, 64, SINK, i);
		transfer = plain_transfer(&out, i * 64, 64, i);
		fixture_publish(&rings, &transfer);
	}
	WORKS(fixture_submit_ring(plain.fd, &taken));
	EQUAL(taken, MANY);
	for (i = 0; i < MANY; i++) {
		REQUIRE_WORKS(fixture_collect_wait(plain.fd, &rings, &completion));
		REQUIRE(completion.cookie == i && !completion.status &&
			completion.actual_length == 64);
	}
	REQUIRE(sim_stats(plain.device.sim, SINK, &stats));
	EQUAL(stats.good, MANY);
	EQUAL(stats.jumps, 0);
}

static void full_ring(void)
{
	struct winusb_iso_setup_ring setup = { .entries = 4 };
	struct winusb_iso_transfer transfer;
	struct fixture_buffer in;
	struct plain plain;

	plain_open(&plain);
	REQUIRE_WORKS(fixture_ioctl(plain.fd, WINUSB_ISO_IOC_SETUP_RING, &setup));
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	plain_submit_some(plain.fd, &in, 4, 512, 0);
	transfer = plain_transfer(&in, 0, 512, 9);
	RETURNS(fixture_submit(plain.fd, &transfer), EAGAIN);
	WORKS(fixture_abort(plain.fd, LOOP_IN));
	RETURNS(fixture_submit(plain.fd, &transfer), EAGAIN);
	plain_expect(plain.fd, 0, -ECONNRESET, 0);
	WORKS(fixture_submit(plain.fd, &transfer));
}

static void ring_refuses(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_rings rings;
	struct fixture_buffer in;
	struct plain plain;
	uint32_t taken;

	plain_open(&plain);
	fixture_rings(plain.fd, &rings, 8);
	plain_buffer(&plain, &in, SOURCE, PLAIN_ROOM);
	transfer = plain_transfer(&in, 0, 512, 5);
	transfer.flags = ZERO;
	fixture_publish(&rings, &transfer);
	WORKS(fixture_submit_ring(plain.fd, &taken));
	EQUAL(taken, 1);
	REQUIRE_WORKS(fixture_collect_wait(plain.fd, &rings, &completion));
	EQUAL(completion.cookie, 5);
	RETURNS(completion.status, EINVAL);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
}

/* --- sessions --- */

static void two_sessions(void)
{
	struct fixture_buffer in, out;
	struct winusb_iso_buffer request = { .pipe = LOOP_IN, .size = PLAIN_ROOM };
	struct winusb_iso_set_alternate set = { .alternate = 1 };
	struct plain plain;
	int other;

	plain_open(&plain);
	other = plain_open_another(&plain);
	plain_buffer(&plain, &in, LOOP_IN, PLAIN_ROOM);
	RETURNS(fixture_ioctl(other, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), EBUSY);
	RETURNS(fixture_abort(other, LOOP_IN), EBUSY);
	RETURNS(fixture_reset(other, LOOP_IN), EBUSY);
	RETURNS(plain_cancel(other, LOOP_IN, 1), EBUSY);
	RETURNS(fixture_ioctl(other, WINUSB_ISO_IOC_SET_ALTERNATE, &set), EBUSY);
	tap_note("its other pipes are free");
	request.pipe = LOOP_OUT;
	WORKS(fixture_ioctl(other, WINUSB_ISO_IOC_REGISTER_BUFFER, &request));
	RETURNS(fixture_abort(plain.fd, LOOP_OUT), EBUSY);
	fixture_close(other);
	plain_buffer(&plain, &out, LOOP_OUT, PLAIN_ROOM);
	round_trip(&plain, &out, &in, 33, 0, plain.packet);
}

/* Owned as isochronous, it is owned as bulk. */
static void owned_over_alternates(void)
{
	struct winusb_iso_buffer request = { .pipe = LOOP_IN, .size = PLAIN_ROOM };
	struct fixture_buffer in;
	struct plain plain;
	int other;

	plain_open(&plain);
	fixture_set_alternate(plain.fd, 1);
	fixture_register_packets(plain.fd, &in, LOOP_IN, 8);
	fixture_set_alternate(plain.fd, 0);
	other = plain_open_another(&plain);
	RETURNS(fixture_ioctl(other, WINUSB_ISO_IOC_REGISTER_BUFFER, &request), EBUSY);
	WORKS(fixture_unregister(plain.fd, in.info.handle));
	WORKS(fixture_ioctl(other, WINUSB_ISO_IOC_REGISTER_BUFFER, &request));
}

static void beside_a_stream(void)
{
	struct fixture_buffer stream, bulk;
	struct winusb_iso_transfer transfer;
	struct winusb_iso_completion completion;
	struct plain plain;
	unsigned int i, streamed = 0, moved = 0;

	plain_open(&plain);
	fixture_set_alternate(plain.fd, 1);
	fixture_register_packets(plain.fd, &stream, LOOP_IN, 128);
	plain_buffer(&plain, &bulk, SLOW_IN, 16 * 512);
	for (i = 0; i < 16; i++) {
		transfer = fixture_transfer(&stream, i * 8, 8, i);
		transfer.flags = i ? WINUSB_ISO_TRANSFER_CONTINUE : 0;
		REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
		plain_submit_some(plain.fd, &bulk, 1, 512, 100 + i);
	}
	while (streamed + moved < 32) {
		REQUIRE_WORKS(plain_reap(plain.fd, &completion));
		REQUIRE_WORKS(completion.status);
		if (completion.pipe == LOOP_IN)
			EQUAL(completion.cookie, streamed++);
		else
			EQUAL(completion.cookie, 100 + moved++);
	}
	EQUAL(streamed, 16);
}

static const struct tap_test tests[] = {
	{ "full speed: 1 byte to 1 MiB go out and come back by bulk", bulk_full },
	{ "high speed: 1 byte to 1 MiB go out and come back by bulk", bulk_high },
	{ "super speed: 1 byte to 1 MiB go out and come back by bulk", bulk_super },
	{ "1 to 1000 bytes go out and come back by interrupt", interrupt },
	{ "a transfer of 4 MiB is one transfer", largest },
	{ "a completion of a plain pipe says what it can and nothing else", completion_says },
	{ "a transfer of no length is a packet of no length", empty },
	{ "only ZERO_PACKET ends full packets, or a transfer of no length", no_end },
	{ "a short packet ends a transfer, and with SHORT_NOT_OK says EREMOTEIO", short_packet },
	{ "flags that a plain pipe does not take are refused with EINVAL", flags },
	{ "flags of plain pipes are refused with EINVAL on an isochronous one", isochronous_flags },
	{ "arguments of a plain transfer are refused one by one", arguments },
	{ "buffers of plain pipes have no packet table", buffers },
	{ "a plain pipe goes with its alternate setting, and comes back with it", other_alternate },
	{ "an isochronous pipe that is bulk now is stale", isochronous_is_stale },
	{ "completions of a pipe come in order", in_order },
	{ "10,000 transfers are queued with one call, and come in order", ten_thousand },
	{ "a full ring refuses plain transfers with EAGAIN", full_ring },
	{ "a plain transfer that the ring refuses says so in a completion", ring_refuses },
	{ "a plain pipe belongs to one session", two_sessions },
	{ "a pipe that is owned as isochronous is owned as bulk", owned_over_alternates },
	{ "bulk transfers go beside a stream without a gap", beside_a_stream },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
