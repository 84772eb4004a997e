// SPDX-License-Identifier: MIT
/* Unlinking: every request gets its answer, in the order that vhci_hcd needs. */
#include "harness.h"

static struct host *open_streaming(void)
{
	struct host *host = host_open(SIM_HIGH);

	host_configure(host, 1);
	return host;
}

static void expect_unlink(struct host *host, uint32_t seqnum, int32_t status)
{
	const struct reply *r = host_reply_to(host, seqnum);

	EQUAL(r->command, USBIP_RET_UNLINK);
	EQUAL(r->status, status);
}

TEST(unlink_waiting, "unlinking a transfer that has not begun answers -ECONNRESET and no more")
{
	struct host *host = open_streaming();
	uint32_t transfer = host_in(host, 0x81, 8, 1024, ASAP, 0), unlink;

	host_at(host, 0);
	unlink = host_unlink(host, transfer);
	host_run(host);
	expect_unlink(host, unlink, -ECONNRESET);
	host_at(host, 100);
	TRUE(host_reply(host) == NULL);
	EQUAL(host_stats(host, 0x81).packets, 0);
	EQUAL(host_stats(host, 0x81).unlinked, 1);
	host_close(host);
}

TEST(unlink_begun, "unlinking a transfer under way gives its finished packets first")
{
	struct host *host = open_streaming();
	uint32_t transfer = host_in(host, 0x81, 8, 1024, ASAP, 0), unlink;
	const struct reply *r;
	int i;

	host_at(host, 0);
	host_at(host, 12);
	unlink = host_unlink(host, transfer);
	host_run(host);
	r = host_reply_to(host, transfer);
	EQUAL(r->command, USBIP_RET_SUBMIT);
	EQUAL(r->status, -ECONNRESET);
	EQUAL(r->actual, 3 * 1024);
	EQUAL(r->start_frame, 9);
	for (i = 0; i < 8; i++)
		EQUAL(r->packet[i].status, i < 3 ? 0 : -EXDEV);
	TRUE(sim_pattern_matches(r->data + 2048, 1024, 0x81, 11));
	expect_unlink(host, unlink, 0);
	host_close(host);
}

TEST(unlink_after, "unlinking a transfer that has been answered answers 0")
{
	struct host *host = open_streaming();
	uint32_t transfer = host_in(host, 0x81, 8, 1024, ASAP, 0), unlink;

	host_at(host, 0);
	host_at(host, 17);
	EQUAL(host_reply_to(host, transfer)->status, 0);
	unlink = host_unlink(host, transfer);
	host_run(host);
	expect_unlink(host, unlink, 0);
	host_close(host);
}

TEST(unlink_held, "unlinking a held transfer flushes its reply, whole, before the answer")
{
	struct host *host = open_streaming();
	uint32_t transfer, unlink;
	const struct reply *r;

	EQUAL(sim_fault(host->sim, "hold@0"), 0);
	transfer = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_at(host, 100);
	unlink = host_unlink(host, transfer);
	host_run(host);
	r = host_reply_to(host, transfer);
	EQUAL(r->status, 0);
	EQUAL(r->actual, 8192);
	expect_unlink(host, unlink, 0);
	host_close(host);
}

/* As vhci_hcd does when an URB is unlinked while it sends unlinks. */
TEST(unlink_first, "a transfer that its unlink has overtaken never begins or answers")
{
	struct host *host = open_streaming();
	uint32_t transfer = host->seqnum + 1, unlink;

	host->seqnum = transfer;
	unlink = host_unlink(host, transfer);
	host_run(host);
	TRUE(host_reply(host) == NULL);
	host->seqnum = transfer - 1;
	EQUAL(host_in(host, 0x81, 8, 1024, ASAP, 0), transfer);
	host->seqnum = unlink;
	host_at(host, 0);
	expect_unlink(host, unlink, -ECONNRESET);
	host_at(host, 100);
	TRUE(host_reply(host) == NULL);
	EQUAL(host_stats(host, 0x81).packets, 0);
	transfer = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_run(host);
	host_at(host, 200);
	EQUAL(host_reply_to(host, transfer)->status, 0);
	host_close(host);
}

TEST(unlink_unknown, "unlinking what never was answers 0")
{
	struct host *host = open_streaming();
	uint32_t unlink = host_unlink(host, 999);

	host_run(host);
	expect_unlink(host, unlink, 0);
	host_close(host);
}

TEST(unlink_all, "after everything was unlinked the next transfer starts anew, soon")
{
	struct host *host = open_streaming();
	uint32_t transfer[8], i;

	for (i = 0; i < 8; i++)
		transfer[i] = host_in(host, 0x81, 64, 1024, ASAP, 0);
	host_at(host, 0);
	for (i = 8; i-- > 0;)
		host_unlink(host, transfer[i]);
	host_run(host);
	for (i = 0; i < 8; i++)
		EQUAL(host_reply(host)->status, -ECONNRESET);
	transfer[0] = host_in(host, 0x81, 1, 1024, ASAP, 0);
	host_run(host);
	host_at(host, 10);
	EQUAL(host_reply_to(host, transfer[0])->start_frame, 9);
	EQUAL(host_stats(host, 0x81).streams, 2);
	host_close(host);
}

TEST(unlink_tail, "after the last transfer was unlinked the next one takes its slot")
{
	struct host *host = open_streaming();
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0), second, third;

	second = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_unlink(host, second);
	third = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_run(host);
	TRUE(host_reply(host) != NULL);
	host_at(host, 25);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	EQUAL(host_reply_to(host, third)->start_frame, 17);
	host_close(host);
}

TEST(unlink_middle, "unlinking in the middle leaves the slots of the others alone")
{
	struct host *host = open_streaming();
	uint32_t first = host_in(host, 0x81, 8, 1024, ASAP, 0), second, third;

	second = host_in(host, 0x81, 8, 1024, ASAP, 0);
	third = host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_at(host, 0);
	host_unlink(host, second);
	host_run(host);
	TRUE(host_reply(host) != NULL);
	host_at(host, 40);
	EQUAL(host_reply_to(host, first)->start_frame, 9);
	EQUAL(host_reply_to(host, third)->start_frame, 25);
	EQUAL(host_stats(host, 0x81).missing, 8);
	host_close(host);
}
