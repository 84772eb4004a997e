// SPDX-License-Identifier: MIT
/* The knobs' own rules, and time as it goes by itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"

static const struct rig plain = { .speed = HIGH, .in_length = 1 };

static unsigned long long uframe(void)
{
	return strtoull(dummy("uframe"), NULL, 10);
}

static unsigned long long monotonic_uframe(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec * 1000000000ULL + now.tv_nsec) / 125000;
}

/* --- the clock --- */

static void follows_monotonic(void)
{
	unsigned long long before, first, between, last, after;

	SAME_TEXT(dummy("clock"), "real");
	before = monotonic_uframe();
	first = uframe();
	between = monotonic_uframe();
	usleep(50000);
	last = uframe();
	after = monotonic_uframe();
	/* It may have been set; but a microframe is a microframe. */
	CHECK(last - first >= 399);
	CHECK(last - first <= after - before);
	CHECK(first - before >= first - between);
}

static void stands_still(void)
{
	unsigned long long stopped;

	plug(&plain);
	SAME_TEXT(dummy("clock"), "manual");
	stopped = uframe();
	usleep(20000);
	EQUAL(uframe(), stopped);
	advance(1000);
	EQUAL(uframe(), stopped + 1000);
	at(77);
	EQUAL(uframe(), 77);
}

static void goes_on(void)
{
	unsigned long long now;

	plug(&plain);
	at(1ULL << 40);
	WORKS(knob("clock", "real"));
	now = uframe();
	CHECK(now >= 1ULL << 40);
	WORKS(knob("clock", "manual"));
	CHECK(uframe() >= now);
	CHECK(uframe() < (1ULL << 40) + 8000 * 60);
	at(0);
}

static void stops_with_nothing_due(void)
{
	plug(&plain);
	WORKS(knob("clock", "real"));
	WORKS(command("submit 0 83 100 8 again=1000000 silent=1"));
	usleep(100000);
	WORKS(knob("clock", "manual"));
	/* All that has passed was transferred, and the next packet is the one in progress. */
	EQUAL(count_of(IN, "missed"), 0);
	EQUAL(count_of(IN, "late"), 0);
	EQUAL(count_of(IN, "next_uframe") - 100 + count_of(IN, "packets") % 100, uframe());
}

/* --- what the files refuse --- */

static void nonsense(void)
{
	static const char *const values[][2] = {
		{ "clock", "fast" }, { "clock", "" }, { "clock", "manual manual" },
		{ "complete_order", "both" }, { "expire", "2" }, { "expire", "yes" },
		{ "wrap_bits", "10" }, { "wrap_bits", "32" }, { "threshold", "1048577" },
		{ "horizon", "0" }, { "horizon", "1073741825" }, { "tick", "0" },
		{ "giveback_delay", "1048577" }, { "uframe", "-1" }, { "advance", "x" },
		{ "uframe", "4611686018427387905" }, { "advance", "4611686018427387905" },
		{ "inject", "" }, { "inject", "83" }, { "inject", "83 crc" },
		{ "inject", "83 crc 0" }, { "inject", "83 smoke 1" }, { "inject", "80 crc 1" },
		{ "inject", "183 crc 1" }, { "inject", "93 crc 1" }, { "inject", "83 crc 1 x" },
		{ "inject", "83 crc 1 1 1" }, { "inject", "clear all" },
	};
	unsigned int i;

	plug(&plain);
	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (!RETURNS(knob(values[i][0], "%s", values[i][1]), EINVAL))
			tap_note("%s: \"%s\"", values[i][0], values[i][1]);
	SAME_TEXT(dummy("clock"), "manual");
	SAME_TEXT(dummy("wrap_bits"), "14");
}

static void not_now(void)
{
	plug(&plain);
	at(1000);
	WORKS(command("submit 0 83 1 8"));
	RETURNS(knob("uframe", "5"), EBUSY);
	RETURNS(knob("wrap_bits", "20"), EBUSY);
	advance(9);
	WORKS(knob("wrap_bits", "20"));
	at(5);
	WORKS(knob("clock", "real"));
	RETURNS(knob("uframe", "5"), EBUSY);
	RETURNS(knob("advance", "1"), EBUSY);
}

/* --- streams --- */

/* Lines "WORD ID start N" must count up by @step in N, modulo 16384; returns how many there are. */
static unsigned int contiguous(const char *text, const char *word, int step)
{
	const char *line = text;
	int start, last = -1;
	unsigned int lines = 0;
	char first[20];

	while (line && *line) {
		if (sscanf(line, "%19s %*u start %d", first, &start) == 2 && !strcmp(first, word)) {
			if (lines++ && !EQUAL(start, (last + step) % 16384))
				return lines;
			last = start;
		}
		line = strchr(line, '\n');
		line += !!line;
	}
	return lines;
}

static bool is_idle(void)
{
	return count_of(IN, "queued_urbs") == 0;
}

static void lone_packets(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1, .in_requests = 2 });
	WORKS(knob("clock", "real"));
	WORKS(command("submit 0 83 1 8 again=999"));
	REQUIRE(wait_until(is_idle));
	EQUAL(contiguous(log_text(), "urb", 1), 1000);
	EQUAL(count_of(IN, "packets"), 1000);
	EQUAL(count_of(IN, "bytes"), 1000);
	EQUAL(count_of(IN, "late"), 0);
}

static unsigned int count_lines(const char *text, const char *part)
{
	unsigned int lines = 0;

	while ((text = strstr(text, part)) != NULL) {
		lines++;
		text += strlen(part);
	}
	return lines;
}

#define TRACING "/sys/kernel/tracing/"
#define EXPIRIES TRACING "events/timer/hrtimer_expire_entry/enable"

static void watch_timers(void)
{
	REQUIRE_WORKS(write_text(EXPIRIES, "1"));
	REQUIRE_WORKS(write_text(TRACING "trace", "\n"));
}

static unsigned int timers_seen(void)
{
	WORKS(write_text(EXPIRIES, "0"));
	return count_lines(read_text(TRACING "trace"), "function=dummy_iso_timer");
}

static void one_timer_for_eight(void)
{
	plug(&plain);
	WORKS(knob("clock", "real"));
	watch_timers();
	WORKS(command("submit 0 83 8 8 again=99"));
	WORKS(command("submit 1 83 8 8 again=99"));
	REQUIRE(wait_until(is_idle));
	EQUAL(timers_seen(), 200);
	EQUAL(contiguous(log_text(), "urb", 8), 200);
}

static void packets_wait_a_tick(void)
{
	plug(&plain);
	WORKS(knob("clock", "real"));
	watch_timers();
	WORKS(command("submit 0 83 160 8"));
	REQUIRE(wait_until(is_idle));
	EQUAL(timers_seen(), 20);
	WORKS(knob("tick", "1"));
	watch_timers();
	WORKS(command("submit 0 83 160 8"));
	REQUIRE(wait_until(is_idle));
	EQUAL(timers_seen(), 160);
}

static void no_timer_when_idle(void)
{
	plug(&plain);
	WORKS(knob("clock", "real"));
	WORKS(command("submit 0 83 8 8"));
	REQUIRE(wait_until(is_idle));
	watch_timers();
	usleep(100000);
	EQUAL(timers_seen(), 0);
	/* Nor does one fire before the first packet is near. */
	WORKS(knob("threshold", "1600"));
	watch_timers();
	WORKS(command("submit 0 83 8 8"));
	usleep(100000);
	EQUAL(timers_seen(), 0);
	REQUIRE(wait_until(is_idle));
	EQUAL(count_of(IN, "packets"), 16);
}

/* Without URB_ISO_ASAP, each slot that the stall has cost shows up in some URB. */
static void stall_without_asap(void)
{
	long long packets, late;
	const char *text;

	plug(&plain);
	WORKS(knob("clock", "real"));
	WORKS(command("submit 0 83 8 8 again=250"));
	WORKS(command("submit 1 83 8 8 again=250"));
	WORKS(command("stall 100"));
	REQUIRE(wait_until(is_idle));
	text = log_text();
	EQUAL(contiguous(text, "urb", 8), 502);
	packets = count_of(IN, "packets");
	late = count_of(IN, "late");
	EQUAL(packets + late, 502 * 8);
	CHECK(late >= 800 - 16 - 8);
}

static void stall_with_asap(void)
{
	plug(&plain);
	WORKS(knob("clock", "real"));
	WORKS(command("submit 0 83 8 8 again=250 asap=1"));
	WORKS(command("submit 1 83 8 8 again=250 asap=1"));
	WORKS(command("stall 100"));
	REQUIRE(wait_until(is_idle));
	EQUAL(count_of(IN, "packets"), 502 * 8);
	EQUAL(count_of(IN, "late"), 0);
	EQUAL(count_of(IN, "errors"), 0);
	CHECK(count_of(IN, "missed") >= 800 - 16 - 8);
}

static void expire_in_real_time(void)
{
	unsigned int good, expired;
	const char *text;

	plug(&plain);
	WORKS(knob("expire", "1"));
	WORKS(knob("clock", "real"));
	WORKS(command("submit 0 83 8 8"));
	usleep(50000);
	WORKS(knob("clock", "manual"));
	text = log_text();
	good = count_lines(text, "status 0 bytes 1 data");
	expired = count_lines(text, text_of("status %d bytes 0 data 0", -EXDEV));
	EQUAL(good, 8);
	EQUAL(expired, count_of(IN, "missed"));
	CHECK(count_of(IN, "missed") >= 400 - 16);
}

static const struct tap_test tests[] = {
	{ "the clock follows CLOCK_MONOTONIC", follows_monotonic },
	{ "the manual clock stands until it is moved or set", stands_still },
	{ "the clock goes on from where it stood", goes_on },
	{ "when the clock has stopped, nothing is left that was due", stops_with_nothing_due },
	{ "nonsense is refused with -EINVAL", nonsense },
	{ "what would confuse an URB in the queue is refused with -EBUSY", not_now },
	{ "a lone URB of one packet goes on each 125 us", lone_packets },
	{ "two URBs of eight packets go on each ms, with a timer for each", one_timer_for_eight },
	{ "packets wait a tick for company, but no longer", packets_wait_a_tick },
	{ "there is no timer where there is nothing to do", no_timer_when_idle },
	{ "after a stall, slots are kept and every late packet is told", stall_without_asap },
	{ "after a stall, URB_ISO_ASAP starts anew and loses no packet", stall_with_asap },
	{ "in real time as many requests expire as intervals were missed", expire_in_real_time },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
