// SPDX-License-Identifier: MIT
/* Text, tally, source and writer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json.h"
#include "source.h"
#include "tally.h"
#include "tap.h"
#include "text.h"
#include "writer.h"

static void hostile_text(void)
{
	CHECK(!strcmp(text_clean("Cam\033[2J\n\x7f").s, "Cam?[2J??"));
	CHECK(!strcmp(text_clean("K\xc3\xb6ln \xff\xc3").s, "K\xc3\xb6ln ??"));
	CHECK(!strcmp(text_clean("\xe2\x80\xae"
				 "x")
			      .s,
		      "???x"));
	CHECK(!strcmp(text_clean("\xc2\x9b"
				 "x")
			      .s,
		      "??x"));
	CHECK(!strcmp(text_clean("\xc0\xaf").s, "??"));
	CHECK(!strcmp(text_clean("\xed\xa0\x80").s, "???"));
}

static void long_text(void)
{
	char text[1000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(strlen(text_clean(text).s) == sizeof(struct text) - 5);
}

static void units(void)
{
	CHECK(!strcmp(text_bytes(0).s, "0 B"));
	CHECK(!strcmp(text_bytes(999).s, "999 B"));
	CHECK(!strcmp(text_bytes(1000).s, "1.0 kB"));
	CHECK(!strcmp(text_bytes(24576000).s, "24.6 MB"));
	CHECK(!strcmp(text_bytes(999960).s, "1.0 MB"));
	CHECK(!strcmp(text_seconds(10000000000).s, "10.000 s"));
	CHECK(!strcmp(text_uframes(1).s, "125 us"));
	CHECK(!strcmp(text_uframes(8).s, "1 ms"));
	CHECK(!strcmp(text_uframes(12).s, "1.5 ms"));
	CHECK(!strcmp(text_status(0).s, "ok"));
	CHECK(!strcmp(text_status(-EILSEQ).s, "EILSEQ"));
	CHECK(!strcmp(text_status(-12345).s, "-12345"));
	CHECK(!strcmp(text_count(1, "gap").s, "1 gap"));
	CHECK(!strcmp(text_count(0, "gap").s, "0 gaps"));
}

static void json_lines(void)
{
	char text[512] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");
	struct json json = json_begin(file, "a\"b\\c\x01\xff");

	json_open(&json, "list", '[');
	json_unsigned(&json, NULL, UINT64_MAX);
	json_signed(&json, NULL, -1);
	json_close(&json, ']');
	json_bool(&json, "yes", true);
	json_real(&json, "r", 0.5, 3);
	json_end(&json);
	fclose(file);
	CHECK(!strcmp(text, "{\"type\":\"a\\\"b\\\\c\\u0001\\ufffd\",\"list\":"
			    "[18446744073709551615,-1],\"yes\":true,\"r\":0.500}\n"));
}

void test_text(void)
{
	TEST("what a device calls itself can not upset a terminal", hostile_text);
	TEST("a string without end is cut", long_text);
	TEST("numbers are printed with units", units);
	TEST("JSON is one line, escaped", json_lines);
}

static void counts(void)
{
	struct tally tally = { 0 };
	struct winusb_iso_completion completion = { .trust = WINUSB_ISO_TRUST_EXACT,
						    .start_uframe = 80 };

	CHECK(tally_is_clean(&tally));
	CHECK(tally_trust(&tally) == WINUSB_ISO_TRUST_UNKNOWN);
	tally_transfer(&tally, &completion);
	tally_packet(&tally, 0, 1024, 1024);
	tally_packet(&tally, 0, 1024, 512);
	tally_packet(&tally, 0, 1024, 0);
	CHECK(tally_is_clean(&tally) && tally_trust(&tally) == WINUSB_ISO_TRUST_EXACT);
	tally_packet(&tally, -EPROTO, 1024, 10);
	tally_packet(&tally, -EPROTO, 1024, 0);
	tally_gap(&tally, 0);
	tally_gap(&tally, 5);
	completion.trust = WINUSB_ISO_TRUST_TIMED;
	tally_transfer(&tally, &completion);
	CHECK(tally_trust(&tally) == WINUSB_ISO_TRUST_TIMED);
	completion.trust = WINUSB_ISO_TRUST_EXACT;
	tally_transfer(&tally, &completion);
	CHECK(tally.packets_ok == 3 && tally.packets_bad == 2 && tally.bytes == 1546);
	CHECK(tally.packets_short == 1 && tally.packets_empty == 1);
	CHECK(tally.gaps == 1 && tally.lost_intervals == 5 && tally_intervals(&tally) == 10);
	CHECK(tally.n_kinds == 1 && tally.kind[0].status == -EPROTO && tally.kind[0].count == 2);
	CHECK(tally_trust(&tally) == WINUSB_ISO_TRUST_TIMED && !tally_is_clean(&tally));
	CHECK(tally.first_uframe == 80 && tally.transfers == 3);
}

static void first_trust(void)
{
	struct tally tally = { 0 };
	struct winusb_iso_completion completion = { .trust = WINUSB_ISO_TRUST_TIMED };

	tally_transfer(&tally, &completion);
	CHECK(tally_trust(&tally) == WINUSB_ISO_TRUST_TIMED);
	completion.trust = WINUSB_ISO_TRUST_EXACT;
	tally_transfer(&tally, &completion);
	CHECK(tally_trust(&tally) == WINUSB_ISO_TRUST_EXACT);
	completion.trust = WINUSB_ISO_TRUST_UNKNOWN;
	tally_transfer(&tally, &completion);
	CHECK(tally_trust(&tally) == WINUSB_ISO_TRUST_UNKNOWN);
}

static void kinds(void)
{
	struct tally tally = { 0 };
	int i;

	for (i = 1; i <= 100; i++)
		tally_packet(&tally, -i, 1, 0);
	CHECK(tally.n_kinds == TALLY_KINDS && tally.packets_bad == 100);
}

void test_tally(void)
{
	TEST("packets, gaps and trust are counted", counts);
	TEST("the first transfer, which follows on nothing, does not lower the trust", first_trust);
	TEST("more kinds of errors than there is room for are still counted as bad", kinds);
}

static int never(void)
{
	return 0;
}

static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK(write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void source_packets(void)
{
	uint32_t pattern[] = { 3, 0, 2 }, lengths[8];
	struct source source = { .pattern = { pattern, 3 }, .full = 9, .stop = never };
	unsigned char data[64];

	source.fd = memory_file("abcdefghijk", 11);
	CHECK(source_fill(&source, data, lengths, 4) == 4);
	CHECK(lengths[0] == 3 && lengths[1] == 0 && lengths[2] == 2 && lengths[3] == 3);
	CHECK(!memcmp(data, "abcdefgh", 8));
	CHECK(source_fill(&source, data, lengths, 4) == 3);
	CHECK(lengths[0] == 0 && lengths[1] == 2 && lengths[2] == 1 && !memcmp(data, "ijk", 3));
	CHECK(source_fill(&source, data, lengths, 4) == 0);
	close(source.fd);
}

static void source_loop(void)
{
	struct source source = { .full = 4, .loop = true, .stop = never };
	unsigned char data[64];
	uint32_t lengths[8];

	source.fd = memory_file("abc", 3);
	CHECK(source_fill(&source, data, lengths, 2) == 2);
	CHECK(!memcmp(data, "abcabcab", 8));
	CHECK(source_fill(&source, data, lengths, 1) == 1 && !memcmp(data, "cabc", 4));
	close(source.fd);
	source = (struct source){ .full = 4, .loop = true, .stop = never };
	source.fd = memory_file("", 0);
	CHECK(source_fill(&source, data, lengths, 2) == 0);
	close(source.fd);
}

static void source_error(void)
{
	struct source source = { .full = 4, .stop = never, .fd = open("/", O_RDONLY) };
	unsigned char data[4];
	uint32_t lengths[1];

	CHECK(source_fill(&source, data, lengths, 1) == -1 && errno == EISDIR);
	close(source.fd);
}

void test_source(void)
{
	TEST("a source is cut into packets, the last one shorter", source_packets);
	TEST("a source in a loop goes on across its end, unless it is empty", source_loop);
	TEST("a source that can not be read says why", source_error);
}

static void writer_wraps(void)
{
	unsigned char byte[7], back[70], want[70];
	int i, fd = memfd_create("out", MFD_CLOEXEC), copy = dup(fd);
	struct writer *writer = writer_open(fd, 16, never);

	for (i = 0; i < 9; i++) {
		memset(byte, 'a' + i, sizeof(byte));
		memset(want + 7 * i, 'a' + i, 7);
		CHECK(writer_put(writer, byte, sizeof(byte)) == 0);
	}
	CHECK(writer_put_zeros(writer, 7) == 0);
	memset(want + 63, 0, 7);
	CHECK(writer_close(writer) == 0);
	CHECK(pread(copy, back, sizeof(back), 0) == 70 && !memcmp(back, want, 70));
	close(copy);
}

static void writer_closed_pipe(void)
{
	struct writer *writer;
	char data[4096] = "";
	int fds[2], i, rc = 0;

	CHECK(pipe(fds) == 0);
	close(fds[0]);
	writer = writer_open(fds[1], 8192, never);
	for (i = 0; i < 100 && !rc; i++)
		rc = writer_put(writer, data, sizeof(data));
	CHECK(rc == -1 && errno == EPIPE);
	CHECK(writer_close(writer) == EPIPE);
}

static int at_once(void)
{
	return 1;
}

static void writer_gives_up(void)
{
	struct writer *writer;
	char data[65536] = "";
	int fds[2], i, rc = 0;

	CHECK(pipe(fds) == 0);
	writer = writer_open(fds[1], 65536, at_once);
	for (i = 0; i < 100 && !rc; i++)
		rc = writer_put(writer, data, sizeof(data));
	CHECK(rc == -1 && errno == EINTR);
	CHECK(writer_close(writer) == EINTR);
}

void test_writer(void)
{
	TEST("a writer keeps the order over the end of its memory", writer_wraps);
	TEST("a writer whose reader has gone says so", writer_closed_pipe);
	TEST("a writer whose reader does not read can be given up", writer_gives_up);
}
