// SPDX-License-Identifier: MIT
/* Packets of all lengths: asked for, sent, short, empty, and looped back byte for byte. */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS(flow) ((flow)->reaped * (flow)->packets)

/* 0 in every fifth packet, otherwise anything up to @most; the first tells the sink its counter. */
static uint32_t scatter(uint64_t number, uint32_t most)
{
	if (number == 0)
		return most;
	return number % 5 == 2 ? 0 : (uint32_t)(1 + number * 7919 % most);
}

static uint32_t up_to_192(uint64_t number)
{
	return scatter(number, 192);
}

static uint32_t up_to_512(uint64_t number)
{
	return scatter(number, 512);
}

static uint32_t up_to_1024(uint64_t number)
{
	return scatter(number, 1024);
}

static uint32_t up_to_3072(uint64_t number)
{
	return scatter(number, 3072);
}

static uint32_t up_to_49152(uint64_t number)
{
	return scatter(number, 49152);
}

static uint32_t always_empty(uint64_t number)
{
	(void)number;
	return 0;
}

static uint64_t sum(uint32_t (*length)(uint64_t), uint64_t packets, uint64_t *empty)
{
	uint64_t bytes = 0, i;

	for (*empty = i = 0; i < packets; i++) {
		bytes += length(i);
		*empty += !length(i);
	}
	return bytes;
}

/* --- OUT --- */

static void out_lengths(enum sim_speed speed, const char *alternate, uint32_t (*length)(uint64_t),
			uint32_t packets)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);
	struct flow flow;
	uint64_t empty;

	flow_open(&flow, fd, FLOW_OUT, packets, 16);
	flow.length = length;
	flow_prepare(&flow, 16);
	flow_run(&flow, 50);
	REQUIRE(sim_stats(fixture.sim, FLOW_OUT, &stats));
	EQUAL(stats.packets, PACKETS(&flow));
	EQUAL(stats.bytes, sum(length, PACKETS(&flow), &empty));
	EQUAL(stats.empty, empty);
	EQUAL(stats.good, PACKETS(&flow) - empty);
	EQUAL(stats.bad + stats.jumps + stats.missing + stats.errors, 0);
}

static void out_full(void)
{
	out_lengths(SIM_FULL, "out:1:192:1", up_to_192, 8);
}

static void out_high(void)
{
	out_lengths(SIM_HIGH, "out:1:1024x3:1", up_to_3072, 8);
}

static void out_super(void)
{
	out_lengths(SIM_SUPER, "out:1:1024x16x3:2", up_to_49152, 8);
}

static void out_long(void)
{
	out_lengths(SIM_HIGH, "out:1:1024:1", up_to_1024, 150);
}

static void out_empty(void)
{
	out_lengths(SIM_HIGH, "out:1:1024:1", always_empty, 8);
}

/* Without a table of lengths the last packet has what remains. */
static void out_last_short(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "out:1:1024:1");
	uint32_t i;

	fixture_register_packets(fd, &buffer, FLOW_OUT, 8);
	for (i = 0; i < 8; i++)
		sim_pattern_fill(buffer.data + i * 1024, 1024, FLOW_OUT, 100 + i);
	transfer = fixture_transfer(&buffer, 0, 8, 1);
	transfer.length = 7 * 1024 + 100;
	REQUIRE_WORKS(fixture_submit(fd, &transfer));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	WORKS(completion.status);
	EQUAL(completion.actual_length, 7 * 1024 + 100);
	for (i = 0; i < 8; i++) {
		EQUAL(buffer.packets[i].offset, i * 1024);
		EQUAL(buffer.packets[i].length, i < 7 ? 1024 : 100);
		EQUAL(buffer.packets[i].status, 0);
	}
	REQUIRE(sim_stats(fixture.sim, FLOW_OUT, &stats));
	EQUAL(stats.good, 8);
	EQUAL(stats.bytes, 7 * 1024 + 100);
}

/* --- IN --- */

static uint32_t as_asked(uint64_t counter, uint32_t asked)
{
	(void)counter;
	return asked;
}

static void in_lengths(enum sim_speed speed, const char *alternate, uint32_t (*length)(uint64_t),
		       uint32_t (*received)(uint64_t, uint32_t), uint32_t packets)
{
	struct sim_pipe_stats stats;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);
	struct flow flow;

	flow_open(&flow, fd, FLOW_IN, packets, 16);
	flow.length = length;
	flow.received = received;
	flow_run(&flow, 50);
	REQUIRE(sim_stats(fixture.sim, FLOW_IN, &stats));
	EQUAL(stats.packets, PACKETS(&flow));
	EQUAL(stats.good, PACKETS(&flow));
	EQUAL(stats.missing + stats.errors, 0);
}

/* The device cuts what it sends to what it is asked for. */
static void in_asked(void)
{
	in_lengths(SIM_HIGH, "in:0x81:1024x3:1:clip", up_to_3072, as_asked, 8);
	in_lengths(SIM_FULL, "in:0x81:192:1:clip", up_to_192, as_asked, 8);
	in_lengths(SIM_HIGH, "in:0x81:1024:1:clip", up_to_1024, as_asked, 150);
}

static uint32_t ramp_1023(uint64_t counter, uint32_t asked)
{
	(void)asked;
	return (uint32_t)(counter % 1024);
}

static uint32_t ramp_3072(uint64_t counter, uint32_t asked)
{
	(void)asked;
	return (uint32_t)(counter % 3073);
}

static uint32_t ramp_4096(uint64_t counter, uint32_t asked)
{
	(void)asked;
	return (uint32_t)(counter % 4097);
}

static uint32_t ramp_3072_cut(uint64_t counter, uint32_t asked)
{
	uint32_t length = (uint32_t)(counter % 3073);

	return length < asked ? length : asked;
}

static uint32_t audio(uint64_t counter, uint32_t asked)
{
	(void)asked;
	return counter % 10 == 9 ? 180 : 176;
}

static uint32_t fixed_17(uint64_t counter, uint32_t asked)
{
	(void)counter;
	(void)asked;
	return 17;
}

static void in_short(void)
{
	in_lengths(SIM_FULL, "in:0x81:1023:1:ramp", NULL, ramp_1023, 8);
	in_lengths(SIM_HIGH, "in:0x81:1024x3:1:ramp", NULL, ramp_3072, 100);
	in_lengths(SIM_SUPER, "in:0x81:1024x4:1:ramp", NULL, ramp_4096, 16);
	in_lengths(SIM_HIGH, "in:0x81:1024:1:fixed=17", NULL, fixed_17, 8);
}

static void in_audio(void)
{
	in_lengths(SIM_FULL, "in:0x81:192:1:audio44", NULL, audio, 10);
	in_lengths(SIM_HIGH, "in:0x81:192:4:audio44", NULL, audio, 10);
}

static void in_asked_and_short(void)
{
	in_lengths(SIM_HIGH, "in:0x81:1024x3:1:ramp:clip", up_to_3072, ramp_3072_cut, 8);
}

/* The device sends more than was asked for: that packet is lost, and no byte goes past it. */
static void in_babble(void)
{
	struct flow_want want = { .errors = 2, .any_packets = true };
	struct winusb_iso_completion completion;
	const struct flow_slot *slot;
	struct fixture fixture;
	int fd = flow_device(&fixture, SIM_HIGH, "in:0x81:1024:1:fixed=500");
	struct flow flow;
	uint32_t i;

	flow_open(&flow, fd, FLOW_IN, 8, 16);
	flow.length = up_to_1024;
	while (flow.submitted < 10)
		REQUIRE_WORKS(flow_submit(&flow, 0));
	while (flow.reaped < 10) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		slot = flow_slot_of(&flow, &completion);
		for (want.errors = i = 0; i < 8; i++) {
			bool fits = up_to_1024(flow.reaped * 8 + i) >= 500;

			EQUAL(slot->table[i].length, fits ? 500 : 0);
			RETURNS(slot->table[i].status, fits ? 0 : EOVERFLOW);
			want.errors += !fits;
		}
		want.trust = flow.reaped ? WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED;
		want.flags = flow.reaped ? 0 : WINUSB_ISO_COMPLETION_NEW_STREAM;
		REQUIRE(flow_check(&flow, &completion, &want));
		EQUAL(completion.actual_length, (8 - want.errors) * 500);
	}
}

/* --- OUT to IN --- */

#define LOOP_TRANSFERS 60
#define LOOP_PACKETS   (LOOP_TRANSFERS * 8)
#define LOOP_DELAY     16

struct loop {
	struct flow out, in;
	uint64_t out_start; /* bus time of the first OUT packet */
	unsigned int compared;
};

static uint32_t (*loop_length)(uint64_t number);

static uint8_t next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return (uint8_t)(*seed >> 16);
}

static void fill_at_random(struct flow *flow)
{
	unsigned int i, seed = 1;
	uint32_t byte;

	for (i = 0; i < flow->n_slots; i++)
		for (byte = 0; byte < flow->packets * flow->max_bytes; byte++)
			flow->slot[i].data[byte] = next_random(&seed);
}

/* Packet @number of the OUT pipe came back as @packet of the IN pipe. */
static bool came_back(const struct loop *loop, uint64_t number, const uint8_t *data,
		      uint32_t length)
{
	const struct flow_slot *slot = &loop->out.slot[number / 8];
	const struct winusb_iso_packet *sent = &slot->table[number % 8];

	return EQUAL(length, loop_length(number)) &&
	       CHECK(!memcmp(data, slot->data + sent->offset, length));
}

static void compare_transfer(struct loop *loop, const struct winusb_iso_completion *completion)
{
	const struct flow_slot *slot = flow_slot_of(&loop->in, completion);
	uint64_t uframe, sent;
	uint32_t i;

	for (i = 0; i < 8; i++) {
		uframe = completion->start_uframe + i * loop->in.interval;
		sent = (uframe - loop->out_start) / loop->in.interval - LOOP_DELAY;
		if (uframe < loop->out_start + LOOP_DELAY * loop->in.interval ||
		    sent >= LOOP_PACKETS) {
			EQUAL(slot->table[i].length, 0);
			continue;
		}
		REQUIRE(came_back(loop, sent, slot->data + slot->table[i].offset,
				  slot->table[i].length));
		loop->compared++;
	}
}

/* IN runs for longer than OUT, from before it starts. */
static void loop_run(struct loop *loop)
{
	static struct winusb_iso_completion in[LOOP_TRANSFERS * 2];
	struct winusb_iso_completion completion;
	unsigned int i, n_in = 0;

	flow_fill(&loop->in, 2 * LOOP_TRANSFERS);
	for (; n_in < 2; n_in++)
		REQUIRE_WORKS(fixture_reap(loop->in.fd, &in[n_in]));
	flow_fill(&loop->out, LOOP_TRANSFERS);
	while (n_in < 2 * LOOP_TRANSFERS || loop->out.reaped < LOOP_TRANSFERS) {
		REQUIRE_WORKS(fixture_reap(loop->in.fd, &completion));
		WORKS(completion.status);
		EQUAL(completion.error_count + completion.gap, 0);
		if (completion.pipe == loop->in.address)
			in[n_in++] = completion;
		else if (!loop->out.reaped++)
			loop->out_start = completion.start_uframe;
	}
	for (i = 0; i < n_in; i++)
		compare_transfer(loop, &in[i]);
	EQUAL(loop->compared, LOOP_PACKETS);
}

static void loop_back(enum sim_speed speed, const char *alternate, uint32_t (*length)(uint64_t))
{
	static struct loop loop;
	struct fixture fixture;
	int fd = flow_device(&fixture, speed, alternate);

	memset(&loop, 0, sizeof(loop));
	loop_length = length;
	flow_open(&loop.in, fd, 0x82, 8, 2 * LOOP_TRANSFERS);
	flow_open(&loop.out, fd, 0x02, 8, LOOP_TRANSFERS);
	loop.out.length = length;
	loop.out.foreign = true;
	fill_at_random(&loop.out);
	flow_prepare(&loop.out, LOOP_TRANSFERS);
	loop_run(&loop);
}

static void loop_full(void)
{
	loop_back(SIM_FULL, "in:0x82:192:1:loop=2+16,out:2:192:1", up_to_192);
}

static void loop_high(void)
{
	loop_back(SIM_HIGH, "in:0x82:512:1:loop=2+16,out:2:512:1", up_to_512);
}

static void loop_high_interval(void)
{
	loop_back(SIM_HIGH, "in:0x82:1024x3:3:loop=2+16,out:2:1024x3:3", up_to_3072);
}

static void loop_super(void)
{
	loop_back(SIM_SUPER, "in:0x82:1024x3:1:loop=2+16,out:2:1024x3:1", up_to_3072);
}

static const struct tap_test tests[] = {
	{ "full-speed OUT packets of all lengths, some empty, arrive", out_full },
	{ "high-speed OUT packets of all lengths, some empty, arrive", out_high },
	{ "SuperSpeed OUT packets of all lengths, some empty, arrive", out_super },
	{ "OUT packets of all lengths in transfers of 150 arrive", out_long },
	{ "OUT packets that are all empty go out", out_empty },
	{ "the last OUT packet of a transfer may be short", out_last_short },
	{ "IN packets bring as much as each was asked for", in_asked },
	{ "IN packets that are short keep their places, and say how long they are", in_short },
	{ "IN packets of 44.1 kHz audio have their 176 or 180 bytes", in_audio },
	{ "IN packets that are short of different requests keep their places", in_asked_and_short },
	{ "IN packets longer than they were asked for say EOVERFLOW", in_babble },
	{ "full-speed packets sent OUT come back IN byte for byte", loop_full },
	{ "high-speed packets sent OUT come back IN byte for byte", loop_high },
	{ "high-speed packets of 3072 bytes sent OUT come back IN byte for byte",
	  loop_high_interval },
	{ "SuperSpeed packets sent OUT come back IN byte for byte", loop_super },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
