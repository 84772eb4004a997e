// SPDX-License-Identifier: MIT
/* Streams: exact frames, exact data, exact times of replies. */
#include "harness.h"

static struct host *open_alternate(enum sim_speed speed, uint8_t alternate)
{
	struct host *host = host_open(speed);

	host_configure(host, alternate);
	return host;
}

static void expect_counters(const struct reply *r, uint8_t endpoint, uint64_t first)
{
	uint64_t counter = first;
	size_t at = 0;
	int32_t i;

	for (i = 0; i < r->n_packets; i++, counter++) {
		EQUAL(r->packet[i].status, 0);
		TRUE(sim_pattern_matches(r->data + at, r->packet[i].actual, endpoint, counter));
		at += r->packet[i].actual;
	}
	EQUAL(at, r->actual);
}

TEST(first_transfer, "the first transfer starts nine microframes on and returns when it is over")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	uint32_t seqnum;
	const struct reply *r;

	seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_just_before(host, 17);
	TRUE(host_reply(host) == NULL);
	host_at(host, 17);
	r = host_reply_to(host, seqnum);
	EQUAL(r->status, 0);
	EQUAL(r->start_frame, 9);
	EQUAL(r->n_packets, 8);
	EQUAL(r->actual, 8192);
	EQUAL(r->error_count, 0);
	expect_counters(r, 0x81, 9);
	host_close(host);
}

TEST(continuous, "transfers queued in time follow each other without a gap")
{
	struct host *host = open_alternate(SIM_HIGH, 2);
	uint32_t first = host_in(host, 0x81, 8, 3072, ASAP, 0), frame;

	host_in(host, 0x81, 8, 3072, ASAP, 0);
	host_at(host, 0);
	for (frame = 17; frame < 17 + 8 * 100; frame += 8) {
		const struct reply *r;

		host_at(host, frame);
		r = host_reply_to(host, first++);
		EQUAL(r->start_frame, frame - 8);
		expect_counters(r, 0x81, frame - 8);
		host_in(host, 0x81, 8, 3072, ASAP, 0);
		host_run(host);
	}
	EQUAL(host_stats(host, 0x81).missing, 0);
	EQUAL(host_stats(host, 0x81).late_transfers, 0);
	EQUAL(host_stats(host, 0x81).packets, 800);
	EQUAL(host_stats(host, 0x81).streams, 1);
	host_close(host);
}

TEST(late_asap, "a late transfer that may jump leaves a hole, seen in frame and counter")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	const struct reply *r;
	uint32_t seqnum;

	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 17);
	TRUE(host_reply(host) != NULL);
	seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 20);
	host_at(host, 29);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 21);
	expect_counters(r, 0x81, 21);
	EQUAL(host_stats(host, 0x81).missing, 4);
	EQUAL(host_stats(host, 0x81).late_transfers, 1);
	host_close(host);
}

TEST(late_not_asap, "a late transfer that may not jump keeps its slot: late packets say so")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	const struct reply *r;
	uint32_t seqnum;
	int i;

	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 17);
	TRUE(host_reply(host) != NULL);
	seqnum = host_in(host, 0x81, 8, 1024, 0, 0);
	host_at(host, 20);
	host_just_before(host, 25);
	TRUE(host_reply(host) == NULL);
	host_at(host, 25);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 17);
	EQUAL(r->error_count, 4);
	EQUAL(r->actual, 4 * 1024);
	for (i = 0; i < 8; i++)
		EQUAL(r->packet[i].status, i < 4 ? -EXDEV : 0);
	TRUE(sim_pattern_matches(r->data, 1024, 0x81, 21));
	host_close(host);
}

TEST(wholly_late, "a transfer wholly too late comes back at once, nothing of it carried")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	const struct reply *r;
	uint32_t seqnum;

	host_out(host, 0x01, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 17);
	TRUE(host_reply(host) != NULL);
	seqnum = host_out(host, 0x01, 8, 1024, 0, 8);
	host_at(host, 40);
	r = host_reply_to(host, seqnum);
	EQUAL(r->error_count, 8);
	EQUAL(r->start_frame, 17);
	EQUAL(r->actual, 0);
	EQUAL(host_stats(host, 0x01).packets, 8);
	host_close(host);
}

TEST(idle_again, "a queue empty for longer than the limit starts a new stream")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	uint32_t seqnum;

	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 17);
	TRUE(host_reply(host) != NULL);
	seqnum = host_in(host, 0x81, 1, 1024, ASAP, 0);
	host_at(host, 58);
	host_at(host, 68);
	EQUAL(host_reply_to(host, seqnum)->start_frame, 67);
	EQUAL(host_stats(host, 0x81).streams, 2);
	EQUAL(host_stats(host, 0x81).missing, 0);
	host_close(host);
}

TEST(overslept, "transfers queued in time are served rightly although the device woke late")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	const struct reply *r;
	uint32_t first, second;

	first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	second = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 1000);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	r = host_reply_to(host, second);
	EQUAL(r->start_frame, 17);
	expect_counters(r, 0x81, 17);
	host_close(host);
}

TEST(asked_frame, "an idle pipe starts at the frame the host asked for")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	uint32_t seqnum;

	host_at(host, 3000);
	seqnum = host_in(host, 0x81, 1, 1024, 0, (3000 + 50) % 2048);
	host_run(host);
	host_at(host, 3051);
	EQUAL(host_reply_to(host, seqnum)->start_frame, 3050);
	host_close(host);
}

TEST(asked_frame_passed, "a frame asked for that has passed gives late packets at once")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	const struct reply *r;
	uint32_t seqnum;

	host_at(host, 3000);
	seqnum = host_in(host, 0x81, 2, 1024, 0, 2990 % 2048);
	host_run(host);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 2990);
	EQUAL(r->packet[0].status, -EXDEV);
	EQUAL(r->packet[1].status, -EXDEV);
	host_close(host);
}

TEST(wrap, "start frames wrap at 14 bits, the counters do not")
{
	struct sim_options options;
	const struct reply *r;
	struct host *host;
	uint32_t seqnum;

	sim_options_init(&options, SIM_HIGH);
	options.first_frame = 16380;
	host = host_open_with(&options);
	host_configure(host, 1);
	seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 16380);
	host_at(host, 16397);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 16389 - 16384);
	expect_counters(r, 0x81, 16389);
	host_close(host);
}

TEST(wrap_bits, "the width of start frames and a constant nonsense value can be chosen")
{
	struct sim_options options;
	struct host *host;
	uint32_t seqnum;

	sim_options_init(&options, SIM_HIGH);
	options.first_frame = 0x1ffffffff0;
	options.frame_wrap = 32;
	host = host_open_with(&options);
	host_configure(host, 1);
	seqnum = host_in(host, 0x81, 1, 1024, ASAP, 0);
	host_at(host, 0x1ffffffff0);
	host_at(host, 0x2000000000);
	EQUAL((uint32_t)host_reply_to(host, seqnum)->start_frame, 0xfffffff9);
	host_close(host);
	options.report_constant = true;
	options.constant_start_frame = 7;
	host = host_open_with(&options);
	host_configure(host, 1);
	seqnum = host_in(host, 0x81, 1, 1024, ASAP, 0);
	host_run(host);
	host_at(host, 0x2000000000);
	EQUAL(host_reply_to(host, seqnum)->start_frame, 7);
	host_close(host);
}

TEST(full_speed, "at full speed frames are milliseconds and wrap at 11 bits")
{
	struct host *host = open_alternate(SIM_FULL, 2);
	const struct reply *r;
	uint32_t seqnum;

	host_at(host, 2046);
	seqnum = host_in(host, 0x81, 4, 1023, ASAP, 0);
	host_run(host);
	host_just_before(host, 2053);
	TRUE(host_reply(host) == NULL);
	host_at(host, 2053);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 1);
	EQUAL(r->actual, 4 * 1023);
	expect_counters(r, 0x81, 2049);
	host_close(host);
}

TEST(super_speed, "super speed carries 49152 bytes in each microframe")
{
	struct host *host = open_alternate(SIM_SUPER, 2);
	const struct reply *r;
	uint32_t seqnum = host_in(host, 0x81, 16, 49152, ASAP, 0);

	host_at(host, 0);
	host_at(host, 25);
	r = host_reply_to(host, seqnum);
	EQUAL(r->actual, 16 * 49152);
	expect_counters(r, 0x81, 9);
	host_close(host);
}

TEST(longer_interval, "an interval of 8 microframes is aligned, counted and paced by eights")
{
	struct host *host = open_alternate(SIM_HIGH, 6);
	const struct reply *r;
	uint32_t seqnum = host_in(host, 0x81, 10, 192, ASAP, 0);

	host_at(host, 0);
	host_just_before(host, 16 + 80);
	TRUE(host_reply(host) == NULL);
	host_at(host, 16 + 80);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 16);
	expect_counters(r, 0x81, 2);
	EQUAL(r->actual, 9 * 176 + 180);
	EQUAL(r->packet[7].actual, 180);
	host_close(host);
}

TEST(ramp, "the ramp's packet lengths follow the counter")
{
	struct host *host = open_alternate(SIM_HIGH, 5);
	const struct reply *r;
	uint32_t seqnum = host_in(host, 0x81, 8, 2048, ASAP, 0), i;

	host_at(host, 0);
	host_at(host, 12 + 32);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 12);
	for (i = 0; i < 8; i++)
		EQUAL(r->packet[i].actual, 3 + i);
	expect_counters(r, 0x81, 3);
	host_close(host);
}

TEST(short_request, "packets longer than the host asked for are babble, unless clipped")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	struct sim_options options;
	const struct reply *r;
	uint32_t seqnum = host_in(host, 0x81, 2, 512, ASAP, 0);

	host_at(host, 0);
	host_at(host, 11);
	r = host_reply_to(host, seqnum);
	EQUAL(r->packet[0].status, -EOVERFLOW);
	EQUAL(r->actual, 0);
	EQUAL(r->error_count, 2);
	host_close(host);
	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	EQUAL(sim_shape_add(&options.shape, SIM_HIGH, "in:0x81:1024:1:clip"), 0);
	host = host_open_with(&options);
	host_configure(host, 1);
	seqnum = host_in(host, 0x81, 2, 512, ASAP, 0);
	host_run(host);
	host_at(host, 11);
	r = host_reply_to(host, seqnum);
	EQUAL(r->actual, 1024);
	expect_counters(r, 0x81, 9);
	host_close(host);
}

TEST(sink, "the sink counts good packets, bytes, bad packets, jumps and missing intervals")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	struct sim_pipe_stats s;

	host_out(host, 0x01, 8, 1024, ASAP, 100);
	host_out(host, 0x01, 8, 1024, ASAP, 108);
	host_at(host, 0);
	host_at(host, 25);
	s = host_stats(host, 0x01);
	EQUAL(s.good, 16);
	EQUAL(s.bytes, 16384);
	EQUAL(s.bad + s.jumps + s.missing + s.errors, 0);
	EQUAL(s.first_counter, 9);
	EQUAL(s.last_counter, 24);
	host_out(host, 0x01, 8, 1024, ASAP, 120);
	host_at(host, 28);
	host_at(host, 37);
	s = host_stats(host, 0x01);
	EQUAL(s.good, 24);
	EQUAL(s.jumps, 1);
	EQUAL(s.missing, 4);
	EQUAL(s.transfers, 3);
	host_close(host);
}

TEST(sink_bad, "the sink finds one wrong bit, and a packet of another endpoint's pattern")
{
	struct host *host = open_alternate(SIM_HIGH, 3);

	host_out(host, 0x01, 1, 512, ASAP, 1);
	host_at(host, 0);
	host_at(host, 10);
	EQUAL(host_stats(host, 0x01).good, 1);
	{
		uint8_t header[USBIP_HEADER_SIZE] = { 0 }, data[512], packet[16] = { 0 };

		sim_pattern_fill(data, 512, 0x01, 2);
		data[511] ^= 1;
		usbip_put32(header, USBIP_CMD_SUBMIT);
		usbip_put32(header + 4, ++host->seqnum);
		usbip_put32(header + 16, 1);
		usbip_put32(header + 20, ASAP);
		usbip_put32(header + 24, 512);
		usbip_put32(header + 32, 1);
		usbip_put32(packet + 4, 512);
		host_send(host, header, sizeof(header));
		host_send(host, data, sizeof(data));
		host_send(host, packet, sizeof(packet));
	}
	host_run(host);
	host_at(host, 40);
	EQUAL(host_stats(host, 0x01).bad, 1);
	EQUAL(host_stats(host, 0x01).good, 1);
	host_close(host);
}

TEST(loopback, "an OUT packet comes back 16 intervals later, other intervals are empty")
{
	struct host *host = open_alternate(SIM_HIGH, 3);
	const struct reply *r;
	uint32_t in, out;
	int i;

	out = host_out(host, 0x02, 4, 512, ASAP, 5000); /* intervals 9 to 12 */
	in = host_in(host, 0x82, 24, 512, ASAP, 0);	/* intervals 9 to 32 */
	host_at(host, 0);
	host_at(host, 33);
	EQUAL(host_reply_to(host, out)->actual, 2048);
	r = host_reply_to(host, in);
	for (i = 0; i < 24; i++)
		EQUAL(r->packet[i].actual, i >= 16 && i < 20 ? 512 : 0);
	for (i = 0; i < 4; i++)
		TRUE(sim_pattern_matches(r->data + 512 * i, 512, 0x02, 5000 + (uint64_t)i));
	host_close(host);
}

TEST(four_pipes, "four pipes stream at the same time, each by itself")
{
	struct host *host = open_alternate(SIM_SUPER, 3);
	int i;

	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_in(host, 0x82, 8, 1024, ASAP, 0);
	host_out(host, 0x01, 8, 1024, ASAP, 0);
	host_out(host, 0x02, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 17);
	for (i = 0; i < 4; i++)
		EQUAL(host_reply(host)->error_count, 0);
	EQUAL(host_stats(host, 0x81).good, 8);
	EQUAL(host_stats(host, 0x82).empty, 8);
	EQUAL(host_stats(host, 0x01).good, 8);
	EQUAL(host_stats(host, 0x02).good, 8);
	host_close(host);
}

TEST(bulk, "bulk and interrupt endpoints move pattern data beside the isochronous ones")
{
	struct host *host = open_alternate(SIM_HIGH, 8);
	const struct reply *r;
	uint8_t data[2048];
	uint32_t seqnum;

	seqnum = host_in_data(host, 0x83, 2048);
	host_at(host, 10);
	host_at(host, 12);
	r = host_reply_to(host, seqnum);
	EQUAL(r->actual, 2048);
	TRUE(sim_pattern_matches(r->data, 2048, 0x83, 11));
	sim_pattern_fill(data, 2048, 0x03, 7);
	seqnum = host_out_data(host, 0x03, data, 2048);
	host_run(host);
	host_at(host, 20);
	EQUAL(host_reply_to(host, seqnum)->actual, 2048);
	EQUAL(host_stats(host, 0x03).good, 1);
	seqnum = host_in_data(host, 0x84, 16);
	host_run(host);
	host_at(host, 32);
	r = host_reply_to(host, seqnum);
	EQUAL(r->actual, 16);
	TRUE(sim_pattern_matches(r->data, 16, 0x84, 3));
	host_close(host);
}

TEST(closed_pipe, "a transfer to an endpoint that is not open fails and streams nothing")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	uint32_t seqnum = host_in(host, 0x85, 8, 512, ASAP, 0);
	const struct reply *r;

	host_run(host);
	r = host_reply_to(host, seqnum);
	EQUAL(r->status, -EPROTO);
	EQUAL(r->packet[0].status, -EXDEV);
	EQUAL(host_control(host, 1, 11, 0, 0, 0)->status, 0);
	seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_run(host);
	EQUAL(host_reply_to(host, seqnum)->status, -EPROTO);
	host_close(host);
}

TEST(next_event, "the next event is the end of the transfer at the head, to the nanosecond")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	uint64_t when = 0;

	TRUE(!sim_next_event(host->sim, &when));
	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	TRUE(sim_next_event(host->sim, &when));
	EQUAL(when, 1000000000 + 17 * 125000);
	host_close(host);
}

TEST(alternate_change, "changing the alternate setting gives queued transfers back")
{
	struct host *host = open_alternate(SIM_HIGH, 1);
	uint32_t seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0), change;

	change = host_setup(host, 1, 11, 2, 0, 0);
	host_run(host);
	EQUAL(host_reply_to(host, seqnum)->status, -ESHUTDOWN);
	EQUAL(host_reply_to(host, change)->status, 0);
	host_close(host);
}
