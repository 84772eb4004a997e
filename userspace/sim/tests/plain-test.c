// SPDX-License-Identifier: MIT
/* Bulk and interrupt pipes: loops, messages, packets of no length, halts, NAK; vendor requests. */
#include "harness.h"

static struct host *open_plain(void)
{
	struct sim_options options;
	struct host *host;

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	EQUAL(sim_shape_add(&options.shape, SIM_HIGH,
			    "0=in:0x81:512:0:bulk:loop=1,out:0x01:512:0:bulk,"
			    "in:0x82:64:1:interrupt:fixed=5,in:0x83:512:0:bulk:fixed=700,"
			    "out:0x03:512:0:bulk:delay=7"),
	      0);
	host = host_open_with(&options);
	EQUAL(host_control(host, 0x00, 9, 1, 0, 0)->status, 0);
	return host;
}

TEST(loop_waits, "a loop answers with NAK until there is data, and keeps packets apart")
{
	struct host *host = open_plain();
	uint32_t in = host_in_data(host, 0x81, 1024), next = host_in_data(host, 0x81, 1024), out;
	uint8_t data[600];
	uint64_t when;

	memset(data, 0x5a, sizeof(data));
	host_run(host);
	host_at(host, 100);
	TRUE(host_reply(host) == NULL);
	TRUE(!sim_next_event(host->sim, &when));
	out = host_out_data(host, 0x01, data, 600);
	host_run(host);
	host_at(host, 102);
	EQUAL(host_reply_to(host, in)->actual, 600);
	EQUAL(host_reply_to(host, out)->actual, 600);
	TRUE(host_reply(host) == NULL);
	out = host_out_data(host, 0x01, data, 0);
	host_run(host);
	host_at(host, 104);
	EQUAL(host_reply_to(host, next)->actual, 0);
	EQUAL(host_reply_to(host, out)->status, 0);
	host_close(host);
}

TEST(loop_babble, "a packet that is longer than what is left is babble")
{
	struct host *host = open_plain();
	uint32_t in, out;
	uint8_t data[200] = { 0 };

	out = host_out_data(host, 0x01, data, 200);
	host_run(host);
	host_at(host, 2);
	EQUAL(host_reply_to(host, out)->status, 0);
	in = host_in_data(host, 0x81, 100);
	host_run(host);
	host_at(host, 4);
	EQUAL(host_reply_to(host, in)->status, -EOVERFLOW);
	host_close(host);
}

TEST(messages, "fixed=N is a message that ends with a short packet")
{
	struct host *host = open_plain();
	uint32_t seqnum = host_in_data(host, 0x83, 2048);

	host_run(host);
	host_at(host, 2);
	EQUAL(host_reply_to(host, seqnum)->actual, 700);
	seqnum = host_in_data(host, 0x83, 512);
	host_run(host);
	host_at(host, 4);
	EQUAL(host_reply_to(host, seqnum)->actual, 512);
	seqnum = host_in_data(host, 0x82, 64);
	host_run(host);
	host_at(host, 6);
	EQUAL(host_reply_to(host, seqnum)->actual, 5);
	host_close(host);
}

TEST(slow, "delay=FRAMES makes a transfer that much slower")
{
	struct host *host = open_plain();
	uint8_t data[8] = { 0 };
	uint32_t seqnum = host_out_data(host, 0x03, data, 8);

	host_run(host);
	host_just_before(host, 9);
	TRUE(host_reply(host) == NULL);
	host_at(host, 9);
	EQUAL(host_reply_to(host, seqnum)->status, 0);
	host_close(host);
}

TEST(nak, "nak makes transfers wait until they are released")
{
	struct host *host = open_plain();
	uint32_t first, second;
	uint64_t when;

	EQUAL(sim_fault(host->sim, "nak:pipe=0x83"), 0);
	first = host_in_data(host, 0x83, 700);
	second = host_in_data(host, 0x83, 512);
	host_run(host);
	host_at(host, 50);
	TRUE(host_reply(host) == NULL);
	TRUE(!sim_next_event(host->sim, &when));
	sim_release(host->sim);
	host_run(host);
	host_at(host, 60);
	EQUAL(host_reply_to(host, first)->actual, 700);
	EQUAL(host_reply_to(host, second)->actual, 512);
	host_close(host);
}

TEST(halt_holds, "what is behind a stall waits, and goes on when the halt is cleared")
{
	struct host *host = open_plain();
	uint32_t first, second;

	EQUAL(sim_fault(host->sim, "stall:pipe=0x83"), 0);
	first = host_in_data(host, 0x83, 512);
	second = host_in_data(host, 0x83, 512);
	host_run(host);
	host_at(host, 50);
	EQUAL(host_reply_to(host, first)->status, -EPIPE);
	TRUE(host_reply(host) == NULL);
	EQUAL(host_control(host, 0x02, 1, 0, 0x83, 0)->status, 0);
	host_at(host, 60);
	EQUAL(host_reply_to(host, second)->actual, 512);
	host_close(host);
}

TEST(halt_fails, "with n=1 what is behind a stall fails, too")
{
	struct host *host = open_plain();
	uint32_t first, second;

	EQUAL(sim_fault(host->sim, "stall:pipe=0x83:n=1"), 0);
	first = host_in_data(host, 0x83, 512);
	second = host_in_data(host, 0x83, 512);
	host_run(host);
	host_at(host, 50);
	EQUAL(host_reply_to(host, first)->status, -EPIPE);
	EQUAL(host_reply_to(host, second)->status, -EPIPE);
	host_close(host);
}

TEST(halt_on_demand, "the halt request fails the transfer whose turn it is")
{
	struct host *host = open_plain();
	uint32_t first = host_in_data(host, 0x81, 512), second = host_in_data(host, 0x81, 512);
	uint32_t halt;

	host_run(host);
	halt = host_setup(host, 0x40, SIM_REQUEST_HALT, 0, 0x81, 0);
	host_run(host);
	host_at(host, 20);
	EQUAL(host_reply_to(host, halt)->status, 0);
	EQUAL(host_reply_to(host, first)->status, -EPIPE);
	TRUE(host_reply(host) == NULL);
	EQUAL(host_control(host, 0x82, 0, 0, 0x81, 2)->data[0], 1);
	host_unlink(host, second);
	host_run(host);
	EQUAL(host_reply(host)->status, -ECONNRESET);
	host_close(host);
}

TEST(unlink_half, "an unlink gives what had come of a transfer")
{
	struct host *host = open_plain();
	uint32_t in = host_in_data(host, 0x81, 1024), out;
	const struct reply *reply;
	uint8_t data[512] = { 7 };

	out = host_out_data(host, 0x01, data, 512);
	host_run(host);
	host_at(host, 10);
	EQUAL(host_reply_to(host, out)->status, 0);
	host_unlink(host, in);
	host_run(host);
	reply = host_reply_to(host, in);
	EQUAL(reply->status, -ECONNRESET);
	EQUAL(reply->actual, 512);
	EQUAL(reply->data[0], 7);
	EQUAL(host_reply(host)->status, 0);
	host_close(host);
}

TEST(stores, "the store request keeps data, the setup request shows itself")
{
	static const uint8_t setup[8] = { 0xc1, 5, 0x34, 0x12, 0x78, 0x56, 9, 0 };
	struct host *host = open_plain();
	const struct reply *reply;

	EQUAL(host_control(host, 0xc0, SIM_REQUEST_STORE, 0, 0, 64)->actual, 0);
	EQUAL(host_control(host, 0xc0, SIM_REQUEST_STALL, 0, 0, 64)->status, -EPIPE);
	reply = host_control(host, 0xc1, SIM_REQUEST_SETUP, 0x1234, 0x5678, 9);
	EQUAL(reply->actual, 8);
	EQUAL(memcmp(reply->data, setup, 8), 0);
	host_close(host);
}

TEST(slow_request, "a slow request keeps those behind it waiting, and can be unlinked")
{
	struct host *host = open_plain();
	uint32_t slow = host_setup(host, 0x40, SIM_REQUEST_SLOW, 1, 0, 0);
	uint32_t never = host_setup(host, 0x40, SIM_REQUEST_SLOW, 0xffff, 0, 0);
	uint32_t last = host_setup(host, 0x40, SIM_REQUEST_STORE, 0, 0, 0);

	host_run(host);
	host_just_before(host, 8);
	TRUE(host_reply(host) == NULL);
	host_at(host, 8);
	EQUAL(host_reply_to(host, slow)->status, 0);
	host_at(host, 1000);
	TRUE(host_reply(host) == NULL);
	host_unlink(host, never);
	host_run(host);
	EQUAL(host_reply(host)->status, -ECONNRESET);
	EQUAL(host_reply_to(host, last)->status, 0);
	host_close(host);
}
