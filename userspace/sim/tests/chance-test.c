// SPDX-License-Identifier: MIT
/* Descriptors and replies by chance: they come again, and stay what stock vhci_hcd survives. */
#include "harness.h"

#define SEEDS 2000u
#define ROOM  (1u << 17)

/* Of these seeds: what they came to when they were first looked at. */
#define MUTATION_DIGEST	    1297229063u
#define MUTATION_SAME	    13
#define MUTATION_LONGER	    411
#define MUTATION_SHORTER    742
#define GARBLED_STATUS	    505
#define GARBLED_COUNT	    526
#define GARBLED_UNLINKS	    40
#define GARBLED_DIGEST	    1328752458u
#define GARBLED_LINK_DIGEST 2777228099u

/* --- configurations --- */

/* Its length; the bytes are in @bytes. */
static size_t configuration_of(const struct sim_options *options, uint8_t *bytes)
{
	struct host *host = host_open_with(options);
	const struct reply *reply;
	size_t length;

	reply = host_control(host, 0x80, 6, 0x0200, 0, 0xffff);
	EQUAL(reply->status, 0);
	length = reply->data_length;
	memcpy(bytes, reply->data, length);
	host_close(host);
	return length;
}

static size_t configuration(uint32_t seed, enum sim_speed speed, uint8_t *bytes)
{
	struct sim_options options;

	sim_options_init(&options, speed);
	options.mutation = seed;
	return configuration_of(&options, bytes);
}

/* FNV-1a. */
static uint32_t digest(uint32_t sum, const uint8_t *bytes, size_t length)
{
	while (length--)
		sum = (sum ^ *bytes++) * 16777619u;
	return sum;
}

TEST(mutation_repeats, "a seed changes the configuration the same way on every machine")
{
	static const enum sim_speed speeds[] = { SIM_FULL, SIM_HIGH, SIM_SUPER };
	static uint8_t bytes[ROOM];
	uint32_t sum = 2166136261u, seed, i;

	for (seed = 1; seed <= 300; seed++)
		for (i = 0; i < 3; i++)
			sum = digest(sum, bytes, configuration(seed, speeds[i], bytes));
	EQUAL(sum, MUTATION_DIGEST);
}

TEST(mutation_differs, "nearly every seed changes something, and each something else")
{
	static uint8_t honest[ROOM], bytes[ROOM];
	size_t length = configuration(0, SIM_HIGH, honest), got;
	unsigned int same = 0, longer = 0, shorter = 0;
	uint32_t seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		got = configuration(seed, SIM_HIGH, bytes);
		same += got == length && !memcmp(bytes, honest, length);
		longer += got > length;
		shorter += got < length;
	}
	EQUAL(same, MUTATION_SAME);
	EQUAL(longer, MUTATION_LONGER);
	EQUAL(shorter, MUTATION_SHORTER);
}

TEST(mutation_chosen, "what makes a host choose the configuration stays")
{
	static uint8_t bytes[ROOM];
	uint32_t seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		TRUE(configuration(seed, SIM_HIGH, bytes) >= 9);
		EQUAL(bytes[0], 9);
		EQUAL(bytes[1], 2);
		EQUAL(bytes[5], 1);
		EQUAL(bytes[7], 0xc0);
	}
}

/* An interface of 9 bytes and two endpoints of 7 behind the configuration's own 9. */
#define PLAIN_LENGTH 32u

static size_t edited(const struct sim_edit *edits, unsigned int count, uint8_t *bytes)
{
	struct sim_options options;

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	EQUAL(sim_shape_add(&options.shape, SIM_HIGH, "0=in:0x81:512:0:bulk,out:0x01:512:0:bulk"),
	      0);
	options.n_edits = count;
	memcpy(options.edit, edits, count * sizeof(*edits));
	return configuration_of(&options, bytes);
}

TEST(edits, "each edit of a configuration changes what it says and nothing else")
{
	/* Where the first change is, what is there then, and the length. */
	static const struct {
		struct sim_edit edit;
		size_t at;
		uint8_t value;
		size_t length;
	} cases[] = {
		{ { SIM_EDIT_BYTE, 1, 2, 0x85 }, 20, 0x85, 32 },
		{ { SIM_EDIT_BYTE, 4, 9, 0x85 }, 20, 0x85, 32 },
		{ { SIM_EDIT_BIT, 2, 2, 1 }, 27, 0x03, 32 },
		{ { SIM_EDIT_LENGTH, 1, 0, 5 }, 18, 5, 32 },
		{ { SIM_EDIT_LENGTH_BY, 1, 0, (uint32_t)-1 }, 18, 6, 32 },
		{ { SIM_EDIT_REMOVE, 0, 0, 0 }, 2, 23, 23 },
		{ { SIM_EDIT_REPEAT, 2, 0, 0 }, 2, 39, 39 },
		{ { SIM_EDIT_SWAP, 1, 0, 0 }, 20, 0x01, 32 },
		{ { SIM_EDIT_CUT, 2, 3, 0 }, 2, 28, 28 },
		{ { SIM_EDIT_INSERT, 1, 4, 7 }, 2, 38, 38 },
		{ { SIM_EDIT_INTERFACES, 0, 0, 9 }, 4, 9, 32 },
		{ { SIM_EDIT_TOTAL, 0, 0, 0x1234 }, 2, 0x34, 32 },
	};
	uint8_t honest[64], bytes[64];
	size_t length, at;
	unsigned int i;

	EQUAL(edited(&cases[0].edit, 0, honest), PLAIN_LENGTH);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EQUAL(cases[i].edit.kind, i == 0 ? 0 : i - 1);
		length = edited(&cases[i].edit, 1, bytes);
		EQUAL(length, cases[i].length);
		for (at = 0; at < length && bytes[at] == honest[at]; at++)
			;
		EQUAL(at, cases[i].at);
		EQUAL(bytes[at], cases[i].value);
		if (cases[i].edit.kind < SIM_EDIT_REMOVE)
			TRUE(!memcmp(bytes + at + 1, honest + at + 1, length - at - 1));
	}
}

TEST(edits_in_order, "an edit finds what those before it left, and a lie about the length stays")
{
	static const struct sim_edit edits[] = {
		{ SIM_EDIT_TOTAL, 0, 0, 77 },
		{ SIM_EDIT_REMOVE, 1, 0, 0 },
		{ SIM_EDIT_BYTE, 1, 2, 0x0f },
	};
	uint8_t bytes[64];

	EQUAL(edited(edits, 3, bytes), PLAIN_LENGTH - 7);
	EQUAL(bytes[2], 77);
	EQUAL(bytes[20], 0x0f);
}

/* --- replies --- */

struct raw {
	size_t length;
	uint32_t seqnum, actual;
	int32_t status, frame, packets, errors;
	uint8_t bytes[65536];
};

static void read_raw(struct host *host, struct raw *raw)
{
	raw->length = host_raw(host, raw->bytes, sizeof(raw->bytes));
	TRUE(raw->length >= USBIP_HEADER_SIZE);
	EQUAL(usbip_get32(raw->bytes), USBIP_RET_SUBMIT);
	raw->seqnum = usbip_get32(raw->bytes + 4);
	raw->status = (int32_t)usbip_get32(raw->bytes + 20);
	raw->actual = usbip_get32(raw->bytes + 24);
	raw->frame = (int32_t)usbip_get32(raw->bytes + 28);
	raw->packets = (int32_t)usbip_get32(raw->bytes + 32);
	raw->errors = (int32_t)usbip_get32(raw->bytes + 36);
}

/* As stock vhci_hcd reads it: a count that can not be is 0, and a length below 1 no bytes. */
static size_t expected_length(const struct raw *raw, bool in, int32_t asked)
{
	size_t length = USBIP_HEADER_SIZE;

	if (in && (int32_t)raw->actual > 0)
		length += raw->actual;
	if (raw->packets > 0 && raw->packets <= asked)
		length += (size_t)raw->packets * USBIP_PACKET_SIZE;
	return length;
}

/* Each packet in its buffer, and together as long as the reply says. */
static void check_packets(struct raw *raw, int32_t asked, uint32_t room)
{
	static struct usbip_packet packet[256];
	int32_t count = raw->packets > 0 && raw->packets <= asked ? raw->packets : 0, i;
	uint64_t sum = 0;

	memcpy(packet, raw->bytes + raw->length - (size_t)count * USBIP_PACKET_SIZE,
	       (size_t)count * USBIP_PACKET_SIZE);
	usbip_decode_packets(packet, (uint32_t)count);
	for (i = 0; i < count; i++) {
		TRUE((uint64_t)packet[i].offset + packet[i].actual <= room);
		sum += packet[i].actual;
	}
	if (count)
		EQUAL(sum, raw->actual);
}

static struct host *garbling(const char *fault)
{
	struct sim_options options;
	struct host *host;

	sim_options_init(&options, SIM_HIGH);
	memset(&options.shape, 0, sizeof(options.shape));
	EQUAL(sim_shape_add(&options.shape, SIM_HIGH,
			    "in:0x81:512:1,out:0x01:512:1,"
			    "in:0x83:512:0:bulk,out:0x03:512:0:bulk"),
	      0);
	host = host_open_with(&options);
	host_configure(host, 1);
	EQUAL(sim_fault(host->sim, fault), 0);
	return host;
}

TEST(garbled_in, "garbled replies of isochronous IN stay within their buffer and their message")
{
	struct host *host = garbling("garble+1000000:n=5");
	static struct raw raw;
	unsigned int i, odd_status = 0, odd_count = 0;
	uint32_t seqnum;

	for (i = 0; i < SEEDS; i++) {
		seqnum = host_in(host, 0x81, 8, 512, ASAP, 0);
		host_run(host);
		host_at(host, (i + 1) * 100);
		read_raw(host, &raw);
		EQUAL(raw.seqnum, seqnum);
		EQUAL(raw.length, expected_length(&raw, true, 8));
		check_packets(&raw, 8, 8 * 512);
		TRUE((int32_t)raw.actual <= 8 * 512);
		odd_status += raw.status != 0;
		odd_count += raw.packets != 8;
	}
	EQUAL(odd_status, GARBLED_STATUS);
	EQUAL(odd_count, GARBLED_COUNT);
	host_close(host);
}

TEST(garbled_out, "garbled replies of isochronous OUT stay within their buffer and their message")
{
	struct host *host = garbling("garble+1000000:n=6");
	static struct raw raw;
	unsigned int i;

	for (i = 0; i < SEEDS; i++) {
		host_out(host, 0x01, 8, 512, ASAP, 0);
		host_run(host);
		host_at(host, (i + 1) * 100);
		read_raw(host, &raw);
		EQUAL(raw.length, expected_length(&raw, false, 8));
		check_packets(&raw, 8, 8 * 512);
	}
	host_close(host);
}

TEST(garbled_plain, "garbled replies of bulk pipes and of endpoint 0 are whole messages")
{
	static uint8_t data[1024];
	struct host *host = garbling("garble+1000000:n=7");
	static struct raw raw;
	unsigned int i, kind;

	EQUAL(sim_fault(host->sim, "garble+1000000:pipe=0:n=8"), 0);
	for (i = 0; i < SEEDS; i++) {
		kind = i % 3;
		if (kind == 0)
			host_in_data(host, 0x83, sizeof(data));
		else if (kind == 1)
			host_out_data(host, 0x03, data, sizeof(data));
		else
			host_setup(host, 0x80, 6, 0x0200, 0, 64);
		host_run(host);
		host_at(host, (i + 1) * 100);
		read_raw(host, &raw);
		EQUAL(raw.length, expected_length(&raw, kind != 1, 0));
		if (kind != 1)
			TRUE((int32_t)raw.actual <= (int32_t)sizeof(data));
	}
	host_close(host);
}

TEST(garbled_again, "the same seed garbles the same replies again")
{
	static struct raw raw;
	uint32_t sum[2] = { 2166136261u, 2166136261u };
	struct host *host;
	unsigned int i, again;

	for (again = 0; again < 2; again++) {
		host = garbling("garble+1000000:n=9");
		for (i = 0; i < 300; i++) {
			host_in(host, 0x81, 8, 512, ASAP, 0);
			host_run(host);
			host_at(host, (i + 1) * 100);
			read_raw(host, &raw);
			sum[again] = digest(sum[again], raw.bytes, raw.length);
		}
		host_close(host);
	}
	EQUAL(sum[0], sum[1]);
	EQUAL(sum[0], GARBLED_DIGEST);
}

TEST(garbled_unlink, "replies to unlinks are garbled, too, and there is one each")
{
	struct host *host = garbling("garble+1000000:n=10");
	const struct reply *reply;
	unsigned int i, odd = 0;
	uint32_t seqnum;

	for (i = 0; i < 100; i++) {
		seqnum = host_in(host, 0x81, 8, 512, ASAP, 0);
		host_run(host);
		seqnum = host_unlink(host, seqnum);
		host_run(host);
		reply = host_reply_to(host, seqnum);
		EQUAL(reply->command, USBIP_RET_UNLINK);
		odd += reply->status != -ECONNRESET;
	}
	EQUAL(odd, GARBLED_UNLINKS);
	host_close(host);
}

/* Each of these is one of the six kinds that drop the device. */
TEST(garbled_link, "a garbled link ends one way or another, and a seed always the same way")
{
	char fault[32];
	static struct raw raw;
	uint32_t sum = 2166136261u, seed;
	struct host *host;

	for (seed = 0; seed < 60; seed++) {
		snprintf(fault, sizeof(fault), "garble-link:n=%u", seed);
		host = garbling(fault);
		host_in(host, 0x81, 8, 512, ASAP, 0);
		host_run(host);
		host_at(host, 100);
		raw.length = host_raw(host, raw.bytes, sizeof(raw.bytes));
		sum = digest(sum, raw.bytes, raw.length);
		host_close(host);
	}
	EQUAL(sum, GARBLED_LINK_DIGEST);
}
