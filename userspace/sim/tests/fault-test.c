// SPDX-License-Identifier: MIT
/* Every fault: where it strikes, what the host sees of it, what the counters say. */
#include "fault.h"
#include "harness.h"

#include <sys/socket.h>
#include <unistd.h>

static struct host *open_with_fault(const char *fault)
{
	struct host *host = host_open(SIM_HIGH);

	host_configure(host, 1);
	EQUAL(sim_fault(host->sim, fault), 0);
	return host;
}

/* The reply to one transfer of eight packets on an idle pipe: intervals 9 to 16. */
static const struct reply *transfer_in(struct host *host)
{
	uint32_t seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0);

	host_at(host, 0);
	host_at(host, 17);
	return host_reply_to(host, seqnum);
}

static void expect_status(const char *fault, int32_t status, uint32_t actual)
{
	struct host *host = open_with_fault(fault);
	const struct reply *r = transfer_in(host);
	int i;

	for (i = 0; i < 8; i++) {
		EQUAL(r->packet[i].status, i == 3 ? status : 0);
		EQUAL(r->packet[i].actual, i == 3 ? actual : 1024);
	}
	EQUAL(r->error_count, status != 0);
	EQUAL(r->actual, 7 * 1024 + actual);
	EQUAL(host_stats(host, 0x81).errors, status != 0);
	host_close(host);
}

TEST(packet_errors, "each packet error has its own status and strikes only its packet")
{
	expect_status("protocol@3", -EPROTO, 0);
	expect_status("babble@3", -EOVERFLOW, 0);
	expect_status("crc@3", -EILSEQ, 1024);
	expect_status("timeout@3", -ETIME, 0);
	expect_status("late@3", -EXDEV, 0);
	expect_status("stall@3", -EPIPE, 0);
	expect_status("short@3", 0, 512);
	expect_status("short@3:n=100", 0, 100);
	expect_status("empty@3", 0, 0);
}

TEST(crc_data, "a packet with a CRC error delivers spoiled data")
{
	struct host *host = open_with_fault("crc@0");
	const struct reply *r = transfer_in(host);

	TRUE(!sim_pattern_matches(r->data, 1024, 0x81, 9));
	EQUAL(r->data[0], 9 ^ 0xff);
	host_close(host);
}

TEST(count_and_every, "COUNT strikes consecutive packets, every=M repeats them")
{
	struct host *host = open_with_fault("timeout@1+2:every=4");
	const struct reply *r = transfer_in(host);
	int i;

	for (i = 0; i < 8; i++)
		EQUAL(r->packet[i].status, i % 4 == 1 || i % 4 == 2 ? -ETIME : 0);
	host_close(host);
}

TEST(absolute, "an absolute fault strikes the service interval of that counter")
{
	struct host *host = open_with_fault("crc@12:absolute");
	const struct reply *r = transfer_in(host);

	EQUAL(r->packet[3].status, -EILSEQ);
	EQUAL(r->error_count, 1);
	host_close(host);
}

TEST(relative, "without a place the next packets are struck, with @+N those after N more")
{
	struct host *host = open_with_fault("crc+2");
	const struct reply *r = transfer_in(host);

	EQUAL(r->packet[0].status, -EILSEQ);
	EQUAL(r->packet[1].status, -EILSEQ);
	EQUAL(r->packet[2].status, 0);
	host_close(host);
	host = open_with_fault("crc@+5");
	r = transfer_in(host);
	EQUAL(r->packet[5].status, -EILSEQ);
	EQUAL(r->error_count, 1);
	host_close(host);
}

TEST(one_pipe, "a fault for one pipe leaves the others alone")
{
	struct host *host = open_with_fault("crc@0:pipe=0x01");

	EQUAL(transfer_in(host)->error_count, 0);
	host_close(host);
}

TEST(out_error, "a bad OUT packet does not reach the sink, which misses its interval")
{
	struct host *host = open_with_fault("protocol@3:pipe=0x01");
	struct sim_pipe_stats s;
	const struct reply *r;
	uint32_t seqnum = host_out(host, 0x01, 8, 1024, ASAP, 0);

	host_at(host, 0);
	host_at(host, 17);
	r = host_reply_to(host, seqnum);
	EQUAL(r->packet[3].status, -EPROTO);
	EQUAL(r->actual, 7 * 1024);
	s = host_stats(host, 0x01);
	EQUAL(s.good, 7);
	EQUAL(s.missing, 1);
	EQUAL(s.jumps, 1);
	EQUAL(s.bytes, 7 * 1024);
	host_close(host);
}

TEST(hole, "a hole moves the next transfer, and what is queued behind it, by its length")
{
	struct host *host = open_with_fault("hole@8:n=5");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t second = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t third = host_in(host, 0x81, 8, 1024, ASAP, 0);
	const struct reply *r;

	host_at(host, 0);
	host_at(host, 37);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	r = host_reply_to(host, second);
	EQUAL(r->start_frame, 22);
	EQUAL(r->error_count, 0);
	TRUE(sim_pattern_matches(r->data, 1024, 0x81, 22));
	TRUE(host_reply(host) == NULL);
	host_at(host, 38);
	EQUAL(host_reply_to(host, third)->start_frame, 30);
	EQUAL(host_stats(host, 0x81).missing, 5);
	EQUAL(host_stats(host, 0x81).late_transfers, 0);
	host_close(host);
}

TEST(hole_inside, "a hole inside a transfer waits for the next transfer's start")
{
	struct host *host = open_with_fault("hole@3:n=2");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t second = host_in(host, 0x81, 8, 1024, ASAP, 0);

	host_at(host, 0);
	host_at(host, 40);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	EQUAL(host_reply_to(host, second)->start_frame, 19);
	host_close(host);
}

TEST(hole_again, "a hole that repeats keeps transfers away until it is cleared, however late")
{
	struct host *host = open_with_fault("hole+1000000000:n=8");
	uint32_t seqnum = host_in(host, 0x81, 8, 1024, ASAP, 0);
	const struct reply *r;

	host_at(host, 0);
	host_at(host, 1000);
	TRUE(host_reply(host) == NULL);
	EQUAL(host_stats(host, 0x81).packets, 0);
	sim_fault_clear(host->sim);
	host_at(host, 1016);
	r = host_reply_to(host, seqnum);
	EQUAL(r->start_frame, 1001);
	EQUAL(r->error_count, 0);
	host_close(host);
}

TEST(hole_every, "a hole at each so many packets moves a transfer once, however late its device")
{
	struct host *host = open_with_fault("hole@8:every=16:n=3");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t second = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t third = host_in(host, 0x81, 8, 1024, ASAP, 0);

	host_at(host, 0);
	host_at(host, 200);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	EQUAL(host_reply_to(host, second)->start_frame, 20);
	EQUAL(host_reply_to(host, third)->start_frame, 28);
	host_close(host);
}

TEST(late_reply, "a late reply comes so many milliseconds later, the stream goes on")
{
	struct host *host = open_with_fault("late-reply@0:ms=2");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t second = host_in(host, 0x81, 8, 1024, ASAP, 0);

	host_at(host, 0);
	host_at(host, 25);
	TRUE(host_reply(host) == NULL);
	host_just_before(host, 33);
	TRUE(host_reply(host) == NULL);
	host_at(host, 33);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	EQUAL(host_reply_to(host, second)->start_frame, 17);
	host_close(host);
}

TEST(held, "a held reply waits for its release, and everything of its pipe behind it")
{
	struct host *host = open_with_fault("hold@0");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	uint32_t second = host_in(host, 0x81, 8, 1024, ASAP, 0);

	host_at(host, 0);
	host_at(host, 1000);
	TRUE(host_reply(host) == NULL);
	EQUAL(host_stats(host, 0x81).packets, 16);
	sim_release(host->sim);
	host_run(host);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	EQUAL(host_reply_to(host, second)->start_frame, 17);
	host_close(host);
}

TEST(vanish, "vanishing delivers what was over before and then hangs up")
{
	struct host *host = open_with_fault("vanish@10");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);
	char byte;

	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 25);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	TRUE(host_reply(host) == NULL);
	EQUAL(recv(host->fd, &byte, 1, 0), 0);
	TRUE(!sim_connected(host->sim));
	host_close(host);
}

TEST(vanish_sending, "a host that sends to a device that has vanished reads what was over before")
{
	struct host *host = open_with_fault("vanish@10");
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0);

	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 25);
	TRUE(!sim_connected(host->sim));
	EQUAL(send(host->fd, "more", 4, MSG_NOSIGNAL), 4);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	host_close(host);
}

TEST(stall_bulk, "a stalled bulk endpoint answers -EPIPE until its halt is cleared")
{
	struct host *host = host_open(SIM_HIGH);
	uint32_t seqnum;

	host_configure(host, 8);
	EQUAL(sim_fault(host->sim, "stall:pipe=0x83"), 0);
	seqnum = host_in_data(host, 0x83, 512);
	host_run(host);
	host_at(host, 10);
	EQUAL(host_reply_to(host, seqnum)->status, -EPIPE);
	seqnum = host_in_data(host, 0x83, 512);
	host_run(host);
	EQUAL(host_reply_to(host, seqnum)->status, -EPIPE);
	EQUAL(host_control(host, 0x02, 1, 0, 0x83, 0)->status, 0);
	seqnum = host_in_data(host, 0x83, 512);
	host_run(host);
	host_at(host, 20);
	EQUAL(host_reply_to(host, seqnum)->status, 0);
	host_close(host);
}

TEST(stall_control, "a stall of the control pipe strikes one request")
{
	struct host *host = host_open(SIM_HIGH);

	EQUAL(sim_fault(host->sim, "stall@1:pipe=0"), 0);
	EQUAL(host_control(host, 0x80, 8, 0, 0, 1)->status, 0);
	EQUAL(host_control(host, 0x80, 8, 0, 0, 1)->status, -EPIPE);
	EQUAL(host_control(host, 0x80, 8, 0, 0, 1)->status, 0);
	host_close(host);
}

TEST(odd_replies, "malformed replies that vhci survives are malformed in exactly one way")
{
	struct host *host;
	const struct reply *r;

	host = open_with_fault("fewer-packets@0:n=3");
	r = transfer_in(host);
	EQUAL(r->n_packets, 5);
	EQUAL(r->actual, 5 * 1024);
	host_close(host);
	host = open_with_fault("odd-status@0:n=77");
	r = transfer_in(host);
	EQUAL(r->packet[0].status, 77);
	host_close(host);
	host = open_with_fault("urb-status@0:n=-84");
	EQUAL(transfer_in(host)->status, -84);
	host_close(host);
	host = open_with_fault("start-frame@0:n=4711");
	EQUAL(transfer_in(host)->start_frame, 4711);
	host_close(host);
	host = open_with_fault("packet-overrun@0:n=10");
	r = transfer_in(host);
	EQUAL(r->packet[0].actual, 1034);
	EQUAL(r->packet[1].actual, 1014);
	EQUAL(r->actual, 8192);
	host_close(host);
	host = open_with_fault("packet-negative@0");
	r = transfer_in(host);
	EQUAL(r->actual, 0);
	EQUAL(r->packet[0].actual, 0xffffffff);
	EQUAL(r->packet[1].actual, 1);
	EQUAL(r->packet[7].actual, 0);
	host_close(host);
}

/* Header and length of a raw reply to a transfer of two packets of 1024 bytes. */
static size_t raw_reply(const char *fault, uint8_t *bytes, size_t room)
{
	struct host *host = open_with_fault(fault);
	size_t length;

	host_in(host, 0x81, 2, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 11);
	length = host_raw(host, bytes, room);
	host_close(host);
	return length;
}

TEST(raw_replies, "malformed headers are as documented, with nothing behind them to misread")
{
	static uint8_t b[8192];
	const size_t whole = 48 + 2048 + 32;

	EQUAL(raw_reply("more-packets@0", b, sizeof(b)), 48);
	EQUAL(usbip_get32(b + 32), 3);
	EQUAL(usbip_get32(b + 24), 0);
	EQUAL(raw_reply("negative-count@0", b, sizeof(b)), 48);
	EQUAL(usbip_get32(b + 32), 0xffffffff);
	EQUAL(usbip_get32(b + 24), 0xffffffff);
	EQUAL(raw_reply("wrong-seqnum@0", b, sizeof(b)), whole);
	EQUAL(usbip_get32(b + 4), 0x10000003);
	EQUAL(raw_reply("wrong-direction@0", b, sizeof(b)), whole);
	EQUAL(usbip_get32(b + 12), 7);
	EQUAL(raw_reply("actual-mismatch@0", b, sizeof(b)), whole);
	EQUAL(usbip_get32(b + 48 + 2048 + 8), 1025);
	EQUAL(raw_reply("huge-actual@0", b, sizeof(b)), whole);
	EQUAL(usbip_get32(b + 24), 2049);
	EQUAL(raw_reply("twice@0", b, sizeof(b)), 2 * whole);
	EQUAL(memcmp(b, b + whole, whole), 0);
	EQUAL(raw_reply("bad-command@0", b, sizeof(b)), whole);
	EQUAL(usbip_get32(b), 9);
	EQUAL(raw_reply("truncated@0", b, sizeof(b)), whole / 2);
}

TEST(dangerous, "faults that corrupt vhci need permission")
{
	struct host *host = host_open(SIM_HIGH);

	EQUAL(sim_fault(host->sim, "wild-offset@0"), -1);
	EQUAL(errno, EPERM);
	CONTAINS(sim_error(), "--dangerous");
	EQUAL(sim_fault(host->sim, "last-overrun@0"), -1);
	host_close(host);
}

static void refuse(const char *text, const char *why)
{
	const char *problem = "";
	struct fault fault;

	EQUAL(fault_parse(&fault, text, &problem), -1);
	if (!strstr(problem, why))
		printf("# \"%s\" gave \"%s\"\n", text, problem);
	CONTAINS(problem, why);
}

TEST(grammar, "faults that make no sense are refused with one clear reason")
{
	refuse("", "unknown kind");
	refuse("crcs@1", "unknown kind");
	refuse("crc@", "@N");
	refuse("crc@1+0", "@N");
	refuse("crc@1x", "@N");
	refuse("crc@99999999999999999999999", "@N");
	refuse("crc@1:evry=2", "options");
	refuse("crc@1:every=0", "options");
	refuse("crc@1:every=x", "options");
	refuse("crc@1:pipe=300", "options");
	refuse("crc:absolute", "absolute needs");
	refuse("crc@+3:every=5", "every counts");
	refuse("crc@1+6:every=5", "COUNT must");
	refuse("hole@1:n=0", "a hole");
	refuse("late-reply@1:ms=3600001", "late-reply");
	refuse("crc:pipe=0", "pipe=0");
}

TEST(too_many, "the thirty-third fault is refused, clearing makes room")
{
	struct host *host = host_open(SIM_HIGH);
	int i;

	for (i = 0; i < 32; i++)
		EQUAL(sim_fault(host->sim, "crc@1000"), 0);
	EQUAL(sim_fault(host->sim, "crc@1000"), -1);
	EQUAL(errno, ENOSPC);
	sim_fault_clear(host->sim);
	EQUAL(sim_fault(host->sim, "crc@1000"), 0);
	host_close(host);
}

TEST(commands, "the control language answers ok, statistics, or one clear error")
{
	struct host *host = open_with_fault("crc@100");
	char answer[8192];

	EQUAL(sim_command(host->sim, "fault short@3:n=8", answer, sizeof(answer)), 0);
	EQUAL(strcmp(answer, "ok"), 0);
	EQUAL(transfer_in(host)->packet[3].actual, 8);
	EQUAL(sim_command(host->sim, "stats", answer, sizeof(answer)), 0);
	CONTAINS(answer, "\"pipe\":\"0x81\",\"transfers\":1,");
	CONTAINS(answer, "\"packets\":8,\"bytes\":7176,\"good\":8,\"bad\":0,");
	CONTAINS(answer, "\"first\":9,\"last\":16}");
	EQUAL(sim_command(host->sim, "frobnicate", answer, sizeof(answer)), -1);
	CONTAINS(answer, "error: unknown command \"frobnicate\"");
	EQUAL(sim_command(host->sim, "vanish", answer, sizeof(answer)), 0);
	TRUE(!sim_connected(host->sim));
	host_close(host);
}
