// SPDX-License-Identifier: MIT
/*
 * Packets that go wrong, replies that come late or not at all, and replies that make no sense: the
 * packets concerned say what happened, all others are whole, and the pipe streams again afterwards.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONTINUE WINUSB_ISO_TRANSFER_CONTINUE
#define EXACT	 WINUSB_ISO_TRUST_EXACT
#define HIGH_IN	 "in:0x81:1024:1"
#define HIGH_OUT "out:1:1024:1"

/* --- packets with errors --- */

struct packet_fault {
	const char *name;
	int status;	 /* of the packet */
	uint32_t length; /* that arrives or is taken */
};

static const struct packet_fault in_faults[] = {
	{ "protocol", -EPROTO, 0 }, { "babble", -EOVERFLOW, 0 }, { "crc", -EILSEQ, 1024 },
	{ "timeout", -ETIME, 0 },   { "late", -EXDEV, 0 },	 { "stall", -EPIPE, 0 },
	{ "short", 0, 512 },	    { "empty", 0, 0 },		 { NULL, 0, 0 },
};

static const struct packet_fault out_faults[] = {
	{ "protocol", -EPROTO, 0 }, { "babble", -EOVERFLOW, 0 }, { "crc", -EILSEQ, 0 },
	{ "timeout", -ETIME, 0 },   { "late", -EXDEV, 0 },	 { "stall", -EPIPE, 0 },
	{ "short", 0, 512 },	    { "empty", 0, 0 },		 { NULL, 0, 0 },
};

/* Packets 43, 44 and 45 of the stream: 3, 4 and 5 of transfer 5. */
static bool is_struck(uint64_t number)
{
	return number >= 43 && number < 46;
}

static void check_struck(const struct flow *flow, const struct winusb_iso_packet *packet,
			 const struct packet_fault *fault, uint32_t number)
{
	EQUAL(packet->offset, number * flow->max_bytes);
	EQUAL(packet->length, fault->length);
	RETURNS(packet->status, -fault->status);
}

/* The device spoils the first byte only. */
static void check_spoiled(const struct flow_slot *slot, uint32_t number, uint64_t counter)
{
	uint8_t *data = slot->data + number * 1024;

	data[0] ^= 0xff;
	CHECK(sim_pattern_matches(data, 1024, FLOW_IN, counter));
}

static void check_transfer(struct flow *flow, const struct packet_fault *fault, uint64_t transfer)
{
	struct flow_want want = { .trust = EXACT, .any_packets = true };
	struct winusb_iso_completion completion;
	uint32_t bytes = 0, i;
	uint64_t counter;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	if (transfer == 5 && fault->status)
		want.errors = 3;
	REQUIRE(flow_check(flow, &completion, &want));
	counter = flow_counter(flow, completion.start_uframe);
	for (i = 0; i < 8; i++) {
		bytes += is_struck(transfer * 8 + i) ? fault->length : flow->max_bytes;
		if (is_struck(transfer * 8 + i))
			check_struck(flow, &flow_slot_of(flow, &completion)->table[i], fault, i);
		else
			REQUIRE(flow_check_packet(flow, &completion, i, counter + i));
	}
	EQUAL(completion.actual_length, bytes);
	for (i = 3; transfer == 5 && i < 6 && fault->length == 1024; i++)
		check_spoiled(flow_slot_of(flow, &completion), i, counter + i);
}

static void device_counted(struct sim *sim, const struct flow *flow,
			   const struct packet_fault *fault)
{
	struct sim_pipe_stats stats;

	REQUIRE(sim_stats(sim, flow->address, &stats));
	EQUAL(stats.packets, 160);
	EQUAL(stats.errors, fault->status ? 3 : 0);
	EQUAL(stats.missing, fault->status ? 3 : 0);
	EQUAL(stats.bytes, 157 * 1024 + 3 * fault->length);
	EQUAL(stats.streams, 1);
}

static void strike(const char *alternate, uint8_t address, const struct packet_fault *fault)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, alternate);
	struct flow flow;
	unsigned int i;
	char text[64];

	tap_note("%s, pipe %02x", fault->name, address);
	snprintf(text, sizeof(text), "%s@43+3", fault->name);
	EQUAL(sim_fault(fixture.sim, text), 0);
	flow_open(&flow, fd, address, 8, 20);
	flow_prepare(&flow, 20);
	flow_fill(&flow, 20);
	REQUIRE(flow_take_plain(&flow));
	for (i = 1; i < 20; i++)
		check_transfer(&flow, fault, i);
	device_counted(fixture.sim, &flow, fault);
}

#define STRIKE(name, alternate, address, faults, number) \
	static void name(void) \
	{ \
		strike(alternate, address, &(faults)[number]); \
	}

STRIKE(in_protocol, HIGH_IN, FLOW_IN, in_faults, 0)
STRIKE(in_babble, HIGH_IN, FLOW_IN, in_faults, 1)
STRIKE(in_crc, HIGH_IN, FLOW_IN, in_faults, 2)
STRIKE(in_timeout, HIGH_IN, FLOW_IN, in_faults, 3)
STRIKE(in_late, HIGH_IN, FLOW_IN, in_faults, 4)
STRIKE(in_stall, HIGH_IN, FLOW_IN, in_faults, 5)
STRIKE(in_short, HIGH_IN, FLOW_IN, in_faults, 6)
STRIKE(in_empty, HIGH_IN, FLOW_IN, in_faults, 7)
STRIKE(out_protocol, HIGH_OUT, FLOW_OUT, out_faults, 0)
STRIKE(out_babble, HIGH_OUT, FLOW_OUT, out_faults, 1)
STRIKE(out_crc, HIGH_OUT, FLOW_OUT, out_faults, 2)
STRIKE(out_timeout, HIGH_OUT, FLOW_OUT, out_faults, 3)
STRIKE(out_late, HIGH_OUT, FLOW_OUT, out_faults, 4)
STRIKE(out_stall, HIGH_OUT, FLOW_OUT, out_faults, 5)
STRIKE(out_short, HIGH_OUT, FLOW_OUT, out_faults, 6)
STRIKE(out_empty, HIGH_OUT, FLOW_OUT, out_faults, 7)

/* A transfer that lost every packet is still in its place, and the next in the one after it. */
static void all_packets_of_a_transfer(void)
{
	struct flow_want want = { .trust = EXACT, .errors = 8, .any_packets = true };
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	unsigned int i;

	EQUAL(sim_fault(fixture.sim, "timeout@40+8"), 0);
	flow_open(&flow, fd, FLOW_IN, 8, 20);
	flow_fill(&flow, 20);
	for (i = 0; i < 5; i++)
		REQUIRE(flow_take_plain(&flow));
	flow_take(&flow, &want);
	for (i = 0; i < 8; i++)
		EQUAL(flow.slot[5].table[i].status, -ETIME);
	for (i = 6; i < 20; i++)
		REQUIRE(flow_take_plain(&flow));
}

/* In the third URB of a transfer of several. */
static void in_a_long_transfer(void)
{
	struct flow_want want = { .trust = EXACT, .errors = 1, .any_packets = true };
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	uint64_t counter;
	uint32_t i;

	EQUAL(sim_fault(fixture.sim, "protocol@450"), 0);
	flow_open(&flow, fd, FLOW_IN, 300, 6);
	flow_fill(&flow, 4);
	REQUIRE(flow_take_plain(&flow));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	REQUIRE(flow_check(&flow, &completion, &want));
	EQUAL(completion.actual_length, 299 * 1024);
	counter = flow_counter(&flow, completion.start_uframe);
	for (i = 0; i < 300; i++)
		if (i != 150)
			REQUIRE(flow_check_packet(&flow, &completion, i, counter + i));
	EQUAL(flow.slot[1].table[150].status, -EPROTO);
	EQUAL(flow.slot[1].table[150].offset, 150 * 1024);
	EQUAL(flow.slot[1].table[150].length, 0);
	REQUIRE(flow_take_plain(&flow));
	REQUIRE(flow_take_plain(&flow));
}

static void every_tenth(void)
{
	struct flow_want want = { .trust = EXACT, .errors = 1, .any_packets = true };
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	uint32_t i;

	EQUAL(sim_fault(fixture.sim, "crc@7:every=10"), 0);
	flow_open(&flow, fd, FLOW_IN, 10, 20);
	while (flow.reaped < 100) {
		flow_fill(&flow, 100);
		want.trust = flow.reaped ? EXACT : WINUSB_ISO_TRUST_TIMED;
		want.flags = flow.reaped ? 0 : WINUSB_ISO_COMPLETION_NEW_STREAM;
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		REQUIRE(flow_check(&flow, &completion, &want));
		EQUAL(completion.actual_length, 10 * 1024);
		for (i = 0; i < 10; i++)
			EQUAL(flow_slot_of(&flow, &completion)->table[i].status,
			      i == 7 ? -EILSEQ : 0);
	}
}

/* --- replies that come late, or not at all --- */

static void late_reply(void)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;

	EQUAL(sim_fault(fixture.sim, "late-reply@240:ms=10"), 0);
	flow_open(&flow, fd, FLOW_IN, 8, 64);
	flow_run(&flow, 200);
	EQUAL(flow.gaps, 0);
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.missing, 0);
}

static void late_replies(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_OUT);
	struct flow flow;

	EQUAL(sim_fault(fixture.sim, "late-reply@80:every=160:ms=5"), 0);
	flow_open(&flow, fd, FLOW_OUT, 8, 64);
	flow_run(&flow, 200);
	EQUAL(flow.gaps, 0);
}

static void take_aborted(struct flow *flow, unsigned int transfers, int status)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < transfers; i++) {
		REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, flow->reaped);
		RETURNS(completion.status, -status);
		flow->reaped++;
	}
}

/* The pipe is as good as new. */
static void streams_again(struct flow *flow)
{
	struct flow_want first = {
		.flags = WINUSB_ISO_COMPLETION_NEW_STREAM,
		.trust = EXACT,
		.any_place = true,
		.any_gap = true,
	};
	uint64_t end = flow->reaped + 20;

	EQUAL(flow->submitted, flow->reaped);
	REQUIRE_WORKS(flow_submit(flow, 0));
	flow_fill(flow, end);
	REQUIRE(flow_take(flow, &first));
	while (flow->reaped < end)
		REQUIRE(flow_take_plain(flow));
}

/* Every transfer was pending, and says so; but what the device has carried of them is there. */
static void held(void)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	unsigned int i;

	EQUAL(sim_fault(fixture.sim, "hold@40"), 0);
	flow_open(&flow, fd, FLOW_IN, 8, 32);
	flow_fill(&flow, 20);
	for (i = 0; i < 5; i++)
		REQUIRE(flow_take_plain(&flow));
	fixture_sleep_ms(200);
	EQUAL(fixture_events(fd), 0);
	WORKS(fixture_abort(fd, FLOW_IN));
	for (; i < 20; i++) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, i);
		flow.reaped++;
		RETURNS(completion.status, ECONNRESET);
		EQUAL(completion.actual_length, 8 * 1024);
		EQUAL(completion.error_count, 0);
	}
	streams_again(&flow);
}

static void held_and_released(void)
{
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	unsigned int i;

	EQUAL(sim_fault(fixture.sim, "hold@40"), 0);
	flow_open(&flow, fd, FLOW_IN, 8, 32);
	flow_fill(&flow, 20);
	for (i = 0; i < 5; i++)
		REQUIRE(flow_take_plain(&flow));
	fixture_sleep_ms(15);
	EQUAL(fixture_events(fd), 0);
	sim_release(fixture.sim);
	for (; i < 20; i++)
		REQUIRE(flow_take_plain(&flow));
}

/* The eleventh transfer is carried, so that its reply is held: what is pending stays so. */
static bool is_held(void *sim)
{
	struct sim_pipe_stats stats;

	return sim_stats(sim, FLOW_IN, &stats) && stats.packets >= 88;
}

static void abort_1000(void)
{
	struct winusb_iso_setup_ring ring = { .entries = 1024 };
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	unsigned int i;

	EQUAL(sim_fault(fixture.sim, "hold@80"), 0);
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_SETUP_RING, &ring));
	flow_open(&flow, fd, FLOW_IN, 8, 1000);
	flow_fill(&flow, 1000);
	for (i = 0; i < 10; i++)
		REQUIRE(flow_take_plain(&flow));
	REQUIRE(fixture_wait(is_held, fixture.sim));
	WORKS(fixture_abort(fd, FLOW_IN));
	take_aborted(&flow, 990, -ECONNRESET);
	EQUAL(fixture_events(fd), 0);
	streams_again(&flow);
}

/* --- replies that make no sense --- */

struct bad_reply {
	const char *fault;
	int status; /* of the transfer concerned */
	uint32_t errors, length;
	struct {
		int status;
		uint32_t length;
	} packet[8];
};

static const struct bad_reply more_packets = {
	.fault = "more-packets@40",
	.errors = 8,
	.packet = { { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 } },
};

static const struct bad_reply fewer_packets = {
	.fault = "fewer-packets@40:n=2",
	.errors = 2,
	.length = 6 * 1024,
	.packet = { { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 } },
};

static const struct bad_reply packet_overrun = {
	.fault = "packet-overrun@40:n=100",
	.errors = 1,
	.length = 8 * 1024 - 100,
	.packet = { { -EOVERFLOW, 1024 },
		    { 0, 924 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 } },
};

static const struct bad_reply packet_negative = {
	.fault = "packet-negative@40",
	.errors = 1,
	.length = 1,
	.packet = { { -EPROTO, 0 },
		    { 0, 1 },
		    { 0, 0 },
		    { 0, 0 },
		    { 0, 0 },
		    { 0, 0 },
		    { 0, 0 },
		    { 0, 0 } },
};

static const struct bad_reply negative_count = {
	.fault = "negative-count@40",
	.errors = 8,
	.packet = { { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 },
		    { -EPROTO, 0 } },
};

static const struct bad_reply odd_status = {
	.fault = "odd-status@40:n=12345",
	.errors = 1,
	.length = 8 * 1024,
	.packet = { { -EPROTO, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 } },
};

static const struct bad_reply odd_negative_status = {
	.fault = "odd-status@40:n=-100000",
	.errors = 1,
	.length = 8 * 1024,
	.packet = { { -EPROTO, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 } },
};

static const struct bad_reply wrong_direction = {
	.fault = "wrong-direction@40",
	.length = 8 * 1024,
	.packet = { { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 } },
};

static const struct bad_reply urb_status = {
	.fault = "urb-status@40:n=-71",
	.status = -EPROTO,
	.length = 8 * 1024,
	.packet = { { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 } },
};

static const struct bad_reply urb_odd_status = {
	.fault = "urb-status@40:n=4711",
	.status = -EPROTO,
	.length = 8 * 1024,
	.packet = { { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 },
		    { 0, 1024 } },
};

static void check_bad_reply(struct flow *flow, const struct bad_reply *bad)
{
	struct winusb_iso_completion completion;
	const struct winusb_iso_packet *packet;
	uint32_t i;

	REQUIRE_WORKS(fixture_reap(flow->fd, &completion));
	EQUAL(completion.cookie & 0xffffffff, 5);
	RETURNS(completion.status, -bad->status);
	EQUAL(completion.error_count, bad->errors);
	EQUAL(completion.actual_length, bad->length);
	packet = flow_slot_of(flow, &completion)->table;
	for (i = 0; i < 8; i++) {
		EQUAL(packet[i].offset, i * 1024);
		EQUAL(packet[i].length, bad->packet[i].length);
		RETURNS(packet[i].status, -bad->packet[i].status);
	}
	flow->reaped++;
}

/* Transfer 5 of a stream of 20 is answered with nonsense; what comes after it is whole. */
static void bad_reply(const struct bad_reply *bad)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	unsigned int i;

	EQUAL(sim_fault(fixture.sim, bad->fault), 0);
	flow_open(&flow, fd, FLOW_IN, 8, 40);
	flow_fill(&flow, 20);
	for (i = 0; i < 5; i++)
		REQUIRE(flow_take_plain(&flow));
	check_bad_reply(&flow, bad);
	for (i = 6; i < 20; i++) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		WORKS(completion.status);
		EQUAL(completion.actual_length, 8 * 1024);
		EQUAL(completion.error_count, 0);
		EQUAL(completion.gap, 0);
		flow.reaped++;
	}
	flow.next_uframe = 0;
	streams_again(&flow);
}

#define BAD_REPLY(name) \
	static void test_##name(void) \
	{ \
		bad_reply(&name); \
	}

BAD_REPLY(more_packets)
BAD_REPLY(fewer_packets)
BAD_REPLY(packet_overrun)
BAD_REPLY(packet_negative)
BAD_REPLY(negative_count)
BAD_REPLY(odd_status)
BAD_REPLY(odd_negative_status)
BAD_REPLY(wrong_direction)
BAD_REPLY(urb_status)
BAD_REPLY(urb_odd_status)

/* These make vhci_hcd drop the link: for us the device was unplugged. */
static void dropped(const char *fault)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, HIGH_IN);
	struct flow flow;
	unsigned int i;

	tap_note("%s", fault);
	EQUAL(sim_fault(fixture.sim, fault), 0);
	flow_open(&flow, fd, FLOW_IN, 8, 40);
	flow_fill(&flow, 20);
	for (i = 0; i < 5; i++)
		REQUIRE(flow_take_plain(&flow));
	for (; i < 20; i++) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		EQUAL(completion.cookie & 0xffffffff, i);
		if (i > 5)
			RETURNS(completion.status, ENODEV);
	}
	RETURNS(fixture_reap(fd, &completion), ENODEV);
}

static void dropped_wrong_seqnum(void)
{
	dropped("wrong-seqnum@40");
}

static void dropped_actual_mismatch(void)
{
	dropped("actual-mismatch@40");
}

static void dropped_huge_actual(void)
{
	dropped("huge-actual@40");
}

static void dropped_twice(void)
{
	dropped("twice@40");
}

static void dropped_bad_command(void)
{
	dropped("bad-command@40");
}

static void dropped_truncated(void)
{
	dropped("truncated@40");
}

static const struct tap_test tests[] = {
	{ "IN packets with a protocol error say EPROTO, all others are whole", in_protocol },
	{ "IN packets that babble say EOVERFLOW, all others are whole", in_babble },
	{ "IN packets with a CRC error say EILSEQ and keep their data", in_crc },
	{ "IN packets without an answer say ETIME, all others are whole", in_timeout },
	{ "IN packets that were late say EXDEV, all others are whole", in_late },
	{ "IN packets that stall say EPIPE, all others are whole", in_stall },
	{ "IN packets that are short are no errors and keep their places", in_short },
	{ "IN packets that are empty are no errors and keep their places", in_empty },
	{ "OUT packets with a protocol error say EPROTO, all others arrive", out_protocol },
	{ "OUT packets that babble say EOVERFLOW, all others arrive", out_babble },
	{ "OUT packets with a CRC error say EILSEQ, all others arrive", out_crc },
	{ "OUT packets without an answer say ETIME, all others arrive", out_timeout },
	{ "OUT packets that were late say EXDEV, all others arrive", out_late },
	{ "OUT packets that stall say EPIPE, all others arrive", out_stall },
	{ "OUT packets that were taken in part say how much", out_short },
	{ "OUT packets of which nothing was taken say so", out_empty },
	{ "a transfer that lost every packet keeps its place in the stream",
	  all_packets_of_a_transfer },
	{ "an error in a later URB of a long transfer is at its packet", in_a_long_transfer },
	{ "errors in every tenth packet of a stream are each at their packet", every_tenth },
	{ "a reply that is 10 ms late tears no gap", late_reply },
	{ "replies that are late again and again tear no gap", late_replies },
	{ "a reply that never comes is ended by an abort, with what was carried", held },
	{ "a reply that was held back for 15 ms tears no gap", held_and_released },
	{ "an abort ends 1000 pending transfers, and the pipe streams again", abort_1000 },
	{ "a reply of too many packets is EPROTO for every packet", test_more_packets },
	{ "a reply of too few packets is EPROTO for the missing ones", test_fewer_packets },
	{ "a packet longer than it was asked for is EOVERFLOW and cut", test_packet_overrun },
	{ "a packet of length -1 is EPROTO and empty", test_packet_negative },
	{ "a reply of -1 packets and -1 bytes delivers nothing", test_negative_count },
	{ "a packet status that is no errno is EPROTO", test_odd_status },
	{ "a packet status below all errnos is EPROTO", test_odd_negative_status },
	{ "a reply of the wrong direction does no harm", test_wrong_direction },
	{ "an URB status is the status of its transfer", test_urb_status },
	{ "an URB status that is no errno is EPROTO", test_urb_odd_status },
	{ "a reply to nothing unplugs the device", dropped_wrong_seqnum },
	{ "lengths that do not add up unplug the device", dropped_actual_mismatch },
	{ "a reply longer than its request unplugs the device", dropped_huge_actual },
	{ "two replies to one request unplug the device", dropped_twice },
	{ "an unknown command unplugs the device", dropped_bad_command },
	{ "half a reply unplugs the device", dropped_truncated },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
