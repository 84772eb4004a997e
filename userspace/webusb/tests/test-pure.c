// SPDX-License-Identifier: MIT
/* The arithmetic of lengths, and what becomes of the driver's words. No device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- lengths --- */

static void sums(void)
{
	static const uint32_t some[] = { 3, 0, 5 };
	static const uint32_t just[] = { WUSB_MAX_TRANSFER - 1, 1 };
	uint32_t sum = 1;

	EQUAL(wusb_sum_lengths(NULL, 0, &sum), 0);
	EQUAL(sum, 0);
	EQUAL(wusb_sum_lengths(some, 3, &sum), 0);
	EQUAL(sum, 8);
	EQUAL(wusb_sum_lengths(just, 2, &sum), 0);
	EQUAL(sum, WUSB_MAX_TRANSFER);
}

static void too_much(void)
{
	static const uint32_t large[] = { WUSB_MAX_TRANSFER, 1 };
	static const uint32_t most[] = { UINT32_MAX };
	static const uint32_t wraps[] = { UINT32_MAX, 1 };
	static const uint32_t wraps_far[] = { UINT32_MAX, UINT32_MAX, 2 };
	uint32_t sum = 7;

	EQUAL(wusb_sum_lengths(large, 2, &sum), EFBIG);
	EQUAL(wusb_sum_lengths(most, 1, &sum), EFBIG);
	EQUAL(wusb_sum_lengths(wraps, 2, &sum), EOVERFLOW);
	EQUAL(wusb_sum_lengths(wraps_far, 3, &sum), EOVERFLOW);
	EQUAL(sum, 7);
}

static void same_extent(const struct wusb_extent *got, uint32_t first, uint32_t num,
			uint32_t offset, uint32_t length)
{
	EQUAL(got->first_packet, first);
	EQUAL(got->num_packets, num);
	EQUAL(got->offset, offset);
	EQUAL(got->length, length);
}

static void one_part(void)
{
	static const uint32_t lengths[] = { 192, 0, 180 };
	struct wusb_extent extent = { 0 };

	CHECK(!wusb_next_extent(NULL, 0, &extent));
	REQUIRE(wusb_next_extent(lengths, 3, &extent));
	same_extent(&extent, 0, 3, 0, 372);
	CHECK(!wusb_next_extent(lengths, 3, &extent));
	same_extent(&extent, 0, 3, 0, 372);
}

static void parts_by_bytes(void)
{
	static const uint32_t lengths[] = { WUSB_PART_BYTES - 1, 1, 1, WUSB_PART_BYTES, 2 };
	struct wusb_extent extent = { 0 };

	REQUIRE(wusb_next_extent(lengths, 5, &extent));
	same_extent(&extent, 0, 2, 0, WUSB_PART_BYTES);
	REQUIRE(wusb_next_extent(lengths, 5, &extent));
	same_extent(&extent, 2, 1, WUSB_PART_BYTES, 1);
	REQUIRE(wusb_next_extent(lengths, 5, &extent));
	same_extent(&extent, 3, 1, WUSB_PART_BYTES + 1, WUSB_PART_BYTES);
	REQUIRE(wusb_next_extent(lengths, 5, &extent));
	same_extent(&extent, 4, 1, 2 * WUSB_PART_BYTES + 1, 2);
	CHECK(!wusb_next_extent(lengths, 5, &extent));
}

static void parts_by_packets(void)
{
	static const uint32_t lengths[2 * WUSB_PART_PACKETS + 1];
	struct wusb_extent extent = { 0 };

	REQUIRE(wusb_next_extent(lengths, COUNT(lengths), &extent));
	same_extent(&extent, 0, WUSB_PART_PACKETS, 0, 0);
	REQUIRE(wusb_next_extent(lengths, COUNT(lengths), &extent));
	same_extent(&extent, WUSB_PART_PACKETS, WUSB_PART_PACKETS, 0, 0);
	REQUIRE(wusb_next_extent(lengths, COUNT(lengths), &extent));
	same_extent(&extent, 2 * WUSB_PART_PACKETS, 1, 0, 0);
	CHECK(!wusb_next_extent(lengths, COUNT(lengths), &extent));
}

static void a_giant_packet(void)
{
	static const uint32_t lengths[] = { 1, WUSB_MAX_TRANSFER - 2, 1 };
	struct wusb_extent extent = { 0 };

	REQUIRE(wusb_next_extent(lengths, 3, &extent));
	same_extent(&extent, 0, 1, 0, 1);
	REQUIRE(wusb_next_extent(lengths, 3, &extent));
	same_extent(&extent, 1, 1, 1, WUSB_MAX_TRANSFER - 2);
	REQUIRE(wusb_next_extent(lengths, 3, &extent));
	same_extent(&extent, 2, 1, WUSB_MAX_TRANSFER - 1, 1);
}

/* --- gathering --- */

static void same_packet(const struct winusb_iso_packet *got, uint32_t offset, uint32_t length,
			int status)
{
	EQUAL(got->offset, offset);
	EQUAL(got->length, length);
	EQUAL(got->status, status);
}

/* Asked for 4, 4, 0 and 3; came 2, 4, 0 and 0. */
static void short_packets_stay_in_place(void)
{
	static const uint32_t lengths[] = { 4, 4, 0, 3 };
	static const struct winusb_iso_packet table[] = {
		{ 0, 2, 0 },
		{ 4, 4, 0 },
		{ 8, 0, 0 },
		{ 8, 0, 0 },
	};
	const struct wusb_extent extent = { .num_packets = 4, .length = 11 };
	struct winusb_iso_packet packets[4];
	unsigned char data[11] = { 0 };

	wusb_gather_in(&extent, lengths, (const unsigned char *)"abXXcdefXXX", table, data,
		       packets);
	CHECK(!memcmp(data, "ab\0\0cdef\0\0\0", 11));
	same_packet(&packets[0], 0, 2, 0);
	same_packet(&packets[1], 4, 4, 0);
	same_packet(&packets[2], 8, 0, 0);
	same_packet(&packets[3], 8, 0, 0);
}

static void the_second_part(void)
{
	static const uint32_t lengths[] = { 3, 2, 2 };
	static const struct winusb_iso_packet table[] = { { 0, 1, 0 }, { 2, 2, -EILSEQ } };
	const struct wusb_extent extent = {
		.first_packet = 1,
		.num_packets = 2,
		.offset = 3,
		.length = 4,
	};
	struct winusb_iso_packet packets[3] = { { 9, 9, 9 } };
	unsigned char data[7] = "...";

	wusb_gather_in(&extent, lengths, (const unsigned char *)"aXbc", table, data, packets);
	CHECK(!memcmp(data, "...a\0bc", 7));
	same_packet(&packets[0], 9, 9, 9);
	same_packet(&packets[1], 3, 1, 0);
	same_packet(&packets[2], 5, 2, -EILSEQ);
}

static void a_table_that_lies(void)
{
	static const uint32_t lengths[] = { 2, 1 };
	static const struct winusb_iso_packet table[] = { { 77, 4000000000u, 0 }, { 1, 2, 0 } };
	const struct wusb_extent extent = { .num_packets = 2, .length = 3 };
	struct winusb_iso_packet packets[2];
	unsigned char data[4] = { 0 };

	wusb_gather_in(&extent, lengths, (const unsigned char *)"abcd", table, data, packets);
	CHECK(!memcmp(data, "abc\0", 4));
	same_packet(&packets[0], 0, 2, 0);
	same_packet(&packets[1], 2, 1, 0);
	wusb_gather_out(&extent, lengths, table, packets);
	same_packet(&packets[0], 0, 2, 0);
	same_packet(&packets[1], 2, 1, 0);
}

static void nothing_came(void)
{
	static const uint32_t lengths[] = { 5, 6, 7 };
	const struct wusb_extent extent = {
		.first_packet = 1,
		.num_packets = 2,
		.offset = 5,
		.length = 13,
	};
	struct winusb_iso_packet packets[3] = { { 0 } };

	wusb_gather_nothing(&extent, lengths, -ENODEV, packets);
	same_packet(&packets[0], 0, 0, 0);
	same_packet(&packets[1], 5, 0, -ENODEV);
	same_packet(&packets[2], 11, 0, -ENODEV);
}

static void timing(void)
{
	const struct winusb_iso_completion first = {
		.timestamp_ns = 100,
		.start_uframe = 8,
		.gap = 3,
		.inner_gap = 1,
		.trust = WINUSB_ISO_TRUST_EXACT,
		.flags = WINUSB_ISO_COMPLETION_NEW_STREAM,
	};
	const struct winusb_iso_completion second = {
		.timestamp_ns = 200,
		.start_uframe = 16,
		.gap = 5,
		.inner_gap = 7,
		.trust = WINUSB_ISO_TRUST_TIMED,
	};
	struct wusb_timing timing = { 0 };

	wusb_add_timing(&timing, &first, true);
	EQUAL(timing.gap, 3);
	EQUAL(timing.inner_gap, 1);
	EQUAL(timing.trust, WINUSB_ISO_TRUST_EXACT);
	wusb_add_timing(&timing, &second, false);
	EQUAL(timing.timestamp_ns, 200);
	EQUAL(timing.start_uframe, 8);
	EQUAL(timing.gap, 3);
	EQUAL(timing.inner_gap, 13);
	EQUAL(timing.trust, WINUSB_ISO_TRUST_TIMED);
	EQUAL(timing.new_stream, true);
	wusb_add_timing(&timing, &first, false);
	EQUAL(timing.trust, WINUSB_ISO_TRUST_TIMED);
}

/* --- judging --- */

static const int other_errors[] = {
	-EXDEV, -EPROTO, -EILSEQ, -ETIME, -ECOMM, -ENOSR, -EREMOTEIO, -EINVAL, 5,
};

static void each_packet_status(void)
{
	EQUAL(wusb_packet_status(0), WUSB_OK);
	EQUAL(wusb_packet_status(-EPIPE), WUSB_STALL);
	EQUAL(wusb_packet_status(-EOVERFLOW), WUSB_BABBLE);
	for (size_t i = 0; i < COUNT(other_errors); i++)
		EQUAL(wusb_packet_status(other_errors[i]), WUSB_ERROR);
}

static struct winusb_iso_packet *with(struct winusb_iso_packet packets[3], int status)
{
	memset(packets, 0, 3 * sizeof(packets[0]));
	packets[1].status = status;
	return packets;
}

static void strictly(void)
{
	struct winusb_iso_packet packets[3];

	EQUAL(wusb_judge(NULL, 0, 0, 0), 0);
	EQUAL(wusb_judge(with(packets, 0), 3, 0, 0), 0);
	EQUAL(wusb_judge(with(packets, -EPIPE), 3, 0, 0), 0);
	EQUAL(wusb_judge(with(packets, -EOVERFLOW), 3, 0, 0), 0);
	for (size_t i = 0; i < COUNT(other_errors); i++)
		EQUAL(wusb_judge(with(packets, other_errors[i]), 3, 0, 0), EIO);
	EQUAL(wusb_judge(with(packets, -ECONNRESET), 3, 0, 0), ECONNRESET);
	EQUAL(wusb_judge(with(packets, -ENOENT), 3, 0, 0), ECONNRESET);
	EQUAL(wusb_judge(with(packets, -ESHUTDOWN), 3, 0, 0), ENODEV);
}

static void the_transfer_failed(void)
{
	struct winusb_iso_packet packets[3];

	EQUAL(wusb_judge(with(packets, 0), 3, -ECONNRESET, 0), ECONNRESET);
	EQUAL(wusb_judge(with(packets, 0), 3, -ENETRESET, 0), ECONNRESET);
	EQUAL(wusb_judge(with(packets, 0), 3, -ENODEV, 0), ENODEV);
	EQUAL(wusb_judge(with(packets, 0), 3, -ENOSPC, 0), ENOSPC);
	EQUAL(wusb_judge(with(packets, 0), 3, -EHOSTUNREACH, 0), EHOSTUNREACH);
	/* Not to be taken for a wrong argument. */
	EQUAL(wusb_judge(with(packets, 0), 3, -EBADMSG, 0), EIO);
	EQUAL(wusb_judge(with(packets, 0), 3, -EOVERFLOW, 0), EIO);
}

static void keeping(void)
{
	struct winusb_iso_packet packets[3];

	for (size_t i = 0; i < COUNT(other_errors); i++)
		EQUAL(wusb_judge(with(packets, other_errors[i]), 3, 0, WUSB_KEEP_GOOD_PACKETS), 0);
	with(packets, -EXDEV);
	packets[0].status = packets[2].status = -EXDEV;
	EQUAL(wusb_judge(packets, 3, 0, WUSB_KEEP_GOOD_PACKETS), 0);
	/* Unplugged with nothing to keep, and with something. */
	EQUAL(wusb_judge(packets, 3, -ENODEV, WUSB_KEEP_GOOD_PACKETS), ENODEV);
	packets[0].status = 0;
	EQUAL(wusb_judge(packets, 3, -ENODEV, WUSB_KEEP_GOOD_PACKETS), 0);
}

static void summaries(void)
{
	struct winusb_iso_packet packets[3];

	EQUAL(wusb_summary(NULL, 0, 0), WUSB_OK);
	EQUAL(wusb_summary(with(packets, 0), 3, 0), WUSB_OK);
	EQUAL(wusb_summary(with(packets, -EPIPE), 3, 0), WUSB_STALL);
	EQUAL(wusb_summary(with(packets, -EOVERFLOW), 3, 0), WUSB_ERROR);
	EQUAL(wusb_summary(with(packets, -EXDEV), 3, 0), WUSB_ERROR);
	EQUAL(wusb_summary(with(packets, 0), 3, -ENODEV), WUSB_ERROR);
	with(packets, -EPIPE);
	packets[2].status = -EILSEQ;
	EQUAL(wusb_summary(packets, 3, 0), WUSB_ERROR);
	packets[2].status = 0;
	packets[0].status = -EILSEQ;
	EQUAL(wusb_summary(packets, 3, 0), WUSB_ERROR);
}

static void plain_transfers(void)
{
	enum wusb_status status;

	EQUAL(wusb_judge_plain(0, &status), 0);
	EQUAL(status, WUSB_OK);
	EQUAL(wusb_judge_plain(-EPIPE, &status), 0);
	EQUAL(status, WUSB_STALL);
	EQUAL(wusb_judge_plain(-ECANCELED, &status), 0);
	EQUAL(status, WUSB_STALL);
	EQUAL(wusb_judge_plain(-EOVERFLOW, &status), 0);
	EQUAL(status, WUSB_BABBLE);
	EQUAL(wusb_judge_plain(-EPROTO, &status), EPROTO);
	EQUAL(wusb_judge_plain(-ECONNRESET, &status), ECONNRESET);
	EQUAL(wusb_judge_plain(-ENODEV, &status), ENODEV);
	EQUAL(wusb_judge_plain(-EACCES, &status), EACCES);
}

static void names(void)
{
	SAME_TEXT(wusb_status_name(WUSB_OK), "ok");
	SAME_TEXT(wusb_status_name(WUSB_STALL), "stall");
	SAME_TEXT(wusb_status_name(WUSB_BABBLE), "babble");
	SAME_TEXT(wusb_status_name(WUSB_ERROR), "error");
	SAME_TEXT(wusb_error_name(ENODEV), "NotFoundError");
	SAME_TEXT(wusb_error_name(ENOENT), "NotFoundError");
	SAME_TEXT(wusb_error_name(EPROTOTYPE), "InvalidAccessError");
	SAME_TEXT(wusb_error_name(EOVERFLOW), "DataError");
	SAME_TEXT(wusb_error_name(EFBIG), "DataError");
	SAME_TEXT(wusb_error_name(EBADMSG), "DataError");
	SAME_TEXT(wusb_error_name(ECONNRESET), "AbortError");
	SAME_TEXT(wusb_error_name(EACCES), "SecurityError");
	SAME_TEXT(wusb_error_name(EIO), "NetworkError");
	SAME_TEXT(wusb_error_name(EMSGSIZE), "NetworkError");
}

static const struct tap_test tests[] = {
	{ "lengths are added up, also none and up to 32 MiB", sums },
	{ "more than 32 MiB is EFBIG, and a sum past 32 bits EOVERFLOW, not what is left of it",
	  too_much },
	{ "a few packets are one part", one_part },
	{ "a part ends before it would have more than its most bytes", parts_by_bytes },
	{ "a part ends at its most packets, also if they are empty", parts_by_packets },
	{ "a packet larger than a part is a part of its own", a_giant_packet },
	{ "packet i begins at the sum of the lengths asked for before it, and the rest is zero",
	  short_packets_stay_in_place },
	{ "the packets of a later part go behind those of the earlier ones", the_second_part },
	{ "a packet table can not make anything leave its place", a_table_that_lies },
	{ "packets that never came back say why", nothing_came },
	{ "gaps between parts count as inside the transfer; the least trust holds for all",
	  timing },
	{ "EPIPE is stall, EOVERFLOW babble, and all else an error", each_packet_status },
	{ "strict: ok, stall and babble make a result, anything else fails it all", strictly },
	{ "a transfer that failed says so in its own words: abort, unplugged, others",
	  the_transfer_failed },
	{ "keeping: good packets survive every kind of failure", keeping },
	{ "a summary is ok, or stall if nothing worse happened, or error", summaries },
	{ "bulk and control: stall and babble are results, also behind a failed transfer",
	  plain_transfers },
	{ "statuses and errors have the names of WebUSB", names },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
