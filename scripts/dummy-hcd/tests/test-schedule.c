// SPDX-License-Identifier: MIT
/* Which slots URBs get, and what happens when they can not be met. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

/* --- new streams --- */

/* The slot that a new stream starts in at microframe @now, by the book. */
static unsigned int first_frame(int speed, unsigned long long now, unsigned int threshold)
{
	unsigned long long start = now + threshold;

	return speed == FULL ? ((start + 7) / 8) & 2047 : start & 16383;
}

static void starts_after_threshold(void)
{
	static const unsigned int thresholds[] = { 0, 1, 8, 80 };
	unsigned int speed, i, now;

	for (speed = FULL; speed <= SUPER; speed++) {
		plug(&(struct rig){ .speed = speed });
		for (i = 0; i < 4; i++) {
			WORKS(knob("threshold", "%u", thresholds[i]));
			for (now = 1000; now < 1009; now++) {
				WORKS(command("alternate 1"));
				at(now);
				WORKS(command("submit 0 83 1 64"));
				LOG("submit 0 start %u interval 1\n",
				    first_frame(speed, now, thresholds[i]));
				WORKS(command("kill 0"));
				wait_for_log(1);
			}
		}
		unplug();
	}
}

static void keeps_interval(void)
{
	unsigned int speed, interval, unit, i, start;
	char wanted[400];
	size_t length;

	for (speed = FULL; speed <= SUPER; speed++) {
		unit = speed == FULL ? 8 : 1;
		for (interval = 1; interval <= 16; interval *= 2) {
			plug(&(struct rig){ .speed = speed, .interval = interval,
					    .in_length = 1 });
			at(8000);
			WORKS(command("submit 0 83 3 64"));
			start = first_frame(speed, 8000, 8);
			length = snprintf(wanted, sizeof(wanted),
					  "submit 0 start %u interval %u\n", start, interval);
			advance(8 + 3 * interval * unit);
			for (i = 0; i < 3; i++)
				length += snprintf(wanted + length, sizeof(wanted) - length,
						   "in 0x83 frame %u status 0 bytes 1 data %u\n",
						   start + i * interval, i + 1);
			snprintf(wanted + length, sizeof(wanted) - length,
				 "urb 0 start %u status 0 errors 0 bytes 3 0/1/1 0/1/2 0/1/3\n",
				 start);
			LOG("%s", wanted);
			unplug();
		}
	}
}

static void done_when_slot_is_over(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 2 64"));
	LOG("submit 0 start 1008 interval 1\n");
	advance(8);
	LOG("%s", "");
	advance(1);
	LOG("in 0x83 frame 1008 status 0 bytes 1 data 1\n");
	advance(1);
	LOG("in 0x83 frame 1009 status 0 bytes 1 data 2\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 2 0/1/1 0/1/2\n");
	SAME_TEXT(dummy("uframe"), "1010");
}

static void done_when_frame_is_over(void)
{
	plug(&(struct rig){ .speed = FULL, .in_length = 1 });
	at(8000);
	WORKS(command("submit 0 83 1 64"));
	LOG("submit 0 start 1001 interval 1\n");
	advance(15);
	LOG("%s", "");
	advance(1);
	LOG("in 0x83 frame 1001 status 0 bytes 1 data 1\n"
	    "urb 0 start 1001 status 0 errors 0 bytes 1 0/1/1\n");
	SAME_TEXT(dummy("uframe"), "8016");
}

static void drained_is_new(void)
{
	plug(&(struct rig){ .speed = HIGH, .interval = 4, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	advance(9);
	log_text();
	at(1013);
	WORKS(command("submit 0 83 1 64"));
	/* The first slot of the endpoint's that is not before 1021. */
	LOG("submit 0 start 1024 interval 4\n");
}

/* --- streams --- */

static void follows_directly(void)
{
	unsigned int asap;

	for (asap = 0; asap < 2; asap++) {
		plug(&(struct rig){ .speed = HIGH, .interval = 2, .in_length = 1 });
		at(1000);
		WORKS(command("submit 0 83 2 64 asap=%u", asap));
		WORKS(command("submit 1 83 1 64 asap=%u", asap));
		advance(11);
		WORKS(command("submit 2 83 1 64 asap=%u", asap));
		LOG("submit 0 start 1008 interval 2\n"
		    "submit 1 start 1012 interval 2\n"
		    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
		    "in 0x83 frame 1010 status 0 bytes 1 data 2\n"
		    "urb 0 start 1008 status 0 errors 0 bytes 2 0/1/1 0/1/2\n"
		    "submit 2 start 1014 interval 2\n");
		advance(4);
		LOG("in 0x83 frame 1012 status 0 bytes 1 data 3\n"
		    "urb 1 start 1012 status 0 errors 0 bytes 1 0/1/3\n"
		    "in 0x83 frame 1014 status 0 bytes 1 data 4\n"
		    "urb 2 start 1014 status 0 errors 0 bytes 1 0/1/4\n");
		unplug();
	}
}

static void resubmit_in_complete(void)
{
	unsigned int asap;

	for (asap = 0; asap < 2; asap++) {
		plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
		at(1000);
		WORKS(command("submit 0 83 1 64 again=2 asap=%u", asap));
		advance(11);
		LOG("submit 0 start 1008 interval 1\n"
		    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
		    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
		    "submit 0 start 1009 interval 1\n"
		    "in 0x83 frame 1009 status 0 bytes 1 data 2\n"
		    "urb 0 start 1009 status 0 errors 0 bytes 1 0/1/2\n"
		    "submit 0 start 1010 interval 1\n"
		    "in 0x83 frame 1010 status 0 bytes 1 data 3\n"
		    "urb 0 start 1010 status 0 errors 0 bytes 1 0/1/3\n");
		unplug();
	}
}

static void runs_on_while_not_given_back(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("giveback_delay", "5"));
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	advance(9);
	LOG("submit 0 start 1008 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n");
	/* The queue has drained, but nobody was told yet. */
	WORKS(command("submit 1 83 1 64"));
	LOG("submit 1 start 1009 interval 1\n");
	advance(1);
	LOG("in 0x83 frame 1009 status 0 bytes 1 data 2\n");
	advance(4);
	LOG("urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n");
	advance(1);
	LOG("urb 1 start 1009 status 0 errors 0 bytes 1 0/1/2\n");
}

/* --- lost slots --- */

/* An URB in slot 1008 whose giveback is 20 microframes late: the endpoint is not idle, and at
 * 1009 + @late the slots of what follows begin to be lost.
 */
static void lose_slots(int speed, unsigned int interval, unsigned int late)
{
	unsigned int unit = speed == FULL ? 8 : 1;

	plug(&(struct rig){ .speed = speed, .interval = interval, .in_length = 1 });
	WORKS(knob("giveback_delay", "400"));
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	advance(8 + unit * interval + late);
	log_text();
}

static void asap_moves(void)
{
	/* The next slot is 1010; it is in progress at 1010 and lost at 1011. */
	lose_slots(HIGH, 2, 0);
	WORKS(command("submit 1 83 1 64 asap=1"));
	LOG("submit 1 start 1010 interval 2\n");
	unplug();

	lose_slots(HIGH, 2, 1);
	WORKS(command("submit 1 83 1 64 asap=1"));
	LOG("submit 1 start 1020 interval 2\n"); /* 1011 + 8, and even */
	WORKS(command("submit 2 83 1 64"));
	LOG("submit 2 start 1022 interval 2\n");
	advance(12);
	EQUAL(count_of(IN, "late"), 0);
	EQUAL(count_of(IN, "missed"), 5); /* 1010 to 1018 */
	advance(400);
	LOG("in 0x83 frame 1020 status 0 bytes 1 data 2\n"
	    "in 0x83 frame 1022 status 0 bytes 1 data 3\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
	    "urb 1 start 1020 status 0 errors 0 bytes 1 0/1/2\n"
	    "urb 2 start 1022 status 0 errors 0 bytes 1 0/1/3\n");
}

static void otherwise_slots_are_kept(void)
{
	lose_slots(HIGH, 1, 3); /* 1009 to 1011 have passed */
	WORKS(command("submit 1 83 5 64"));
	LOG("submit 1 start 1009 interval 1\n");
	EQUAL(count_of(IN, "late"), 3);
	advance(1);
	LOG("in 0x83 frame 1012 status 0 bytes 1 data 2\n");
	WORKS(command("submit 2 83 1 64"));
	LOG("submit 2 start 1014 interval 1\n");
	advance(402);
	LOG("in 0x83 frame 1013 status 0 bytes 1 data 3\n"
	    "in 0x83 frame 1014 status 0 bytes 1 data 4\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
	    "urb 1 start 1009 status 0 errors 3 bytes 2 %d/0/0 %d/0/0 %d/0/0 0/1/2 0/1/3\n"
	    "urb 2 start 1014 status 0 errors 0 bytes 1 0/1/4\n", -EXDEV, -EXDEV, -EXDEV);
	EQUAL(count_of(IN, "missed"), 402 - 2 + 3);
}

static void frames_are_lost_once_begun(void)
{
	lose_slots(FULL, 1, 0); /* it is 1016; the URB was in frame 126, frame 127 begins */
	WORKS(command("submit 1 83 2 64"));
	LOG("submit 1 start 127 interval 1\n");
	EQUAL(count_of(IN, "late"), 0);
	unplug();

	lose_slots(FULL, 1, 1);
	WORKS(command("submit 1 83 2 64"));
	LOG("submit 1 start 127 interval 1\n");
	EQUAL(count_of(IN, "late"), 1);
	unplug();

	lose_slots(FULL, 2, 1);
	WORKS(command("submit 1 83 2 64 asap=1"));
	LOG("submit 1 start 130 interval 2\n"); /* 1025 + 8: frame 130, and even */
}

static void wholly_late(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("giveback_delay", "20"));
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	advance(20);
	/* Slots 1009 and 1010, 1011 to 1020: all but the last have passed. */
	WORKS(command("submit 1 83 2 64"));
	WORKS(command("submit 2 83 10 64"));
	LOG("submit 0 start 1008 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
	    "submit 1 start 1009 interval 1\n"
	    "submit 2 start 1011 interval 1\n");
	EQUAL(count_of(IN, "late"), 11);
	EQUAL(count_of(IN, "queued_urbs"), 3);
	advance(9);
	LOG("in 0x83 frame 1020 status 0 bytes 1 data 2\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
	    "urb 1 start 1009 status 0 errors 2 bytes 0 %d/0/0 %d/0/0\n", -EXDEV, -EXDEV);
	advance(12);
	CHECK(strstr(log_text(), "urb 2 start 1011 status 0 errors 9 bytes 1 "));
}

/* Each wholly late URB comes back at once, until the slots are those of now. */
static void late_comes_back_at_once(void)
{
	char line[100];

	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("giveback_delay", "10"));
	at(1000);
	WORKS(command("submit 0 83 1 64 again=9"));
	advance(8 + 1 + 10);
	/* 1009 to 1017 are late in its complete() at 1019; the clock stands then. */
	snprintf(line, sizeof(line), "urb 0 start 1017 status 0 errors 1 bytes 0 %d/0/0\n", -EXDEV);
	CHECK(strstr(log_text(), line));
	EQUAL(count_of(IN, "late"), 9);
	EQUAL(count_of(IN, "queued_urbs"), 0);
	SAME_TEXT(dummy("uframe"), "1019");
}

/* --- too far ahead --- */

static void horizon(void)
{
	static const unsigned int units[] = { 8, 1, 1 };
	unsigned int speed, unit, fits;

	for (speed = FULL; speed <= SUPER; speed++) {
		unit = units[speed];
		plug(&(struct rig){ .speed = speed, .in_length = 1 });
		WORKS(knob("horizon", "%u", 808));
		at(8000);
		/* It starts 8 microframes ahead. */
		fits = 800 / unit;
		RETURNS(command("submit 0 83 %u 4 silent=1", fits + 1), EFBIG);
		WORKS(command("submit 0 83 %u 4 silent=1", fits));
		RETURNS(command("submit 1 83 1 4"), EFBIG);
		advance(unit - 1);
		RETURNS(command("submit 1 83 1 4"), EFBIG);
		advance(1);
		WORKS(command("submit 1 83 1 4 silent=1"));
		LOG("submit 0 error %d\nsubmit 1 error %d\nsubmit 1 error %d\n", -EFBIG, -EFBIG,
		    -EFBIG);
		EQUAL(count_of(IN, "queued_urbs"), 2);
		unplug();
	}
}

static void horizon_within_wrap(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("wrap_bits", "11"));
	WORKS(knob("horizon", "100000"));
	at(5000);
	RETURNS(command("submit 0 83 2041 1 silent=1"), EFBIG);
	WORKS(command("submit 0 83 2040 1 silent=1"));
}

static void refused_takes_nothing(void)
{
	plug(&(struct rig){ .speed = HIGH });
	WORKS(knob("horizon", "100"));
	at(1000);
	RETURNS(command("submit 0 83 93 64 silent=1"), EFBIG);
	EQUAL(count_of(IN, "queued_urbs"), -1);
	WORKS(command("submit 0 83 1 64"));
	RETURNS(command("submit 1 83 92 64 silent=1"), EFBIG);
	WORKS(command("submit 1 83 91 64"));
	LOG("submit 0 error %d\nsubmit 0 start 1008 interval 1\nsubmit 1 error %d\n"
	    "submit 1 start 1009 interval 1\n", -EFBIG, -EFBIG);
}

/* --- wrap --- */

static void wraps_at(int speed, unsigned int bits)
{
	unsigned int unit = speed == FULL ? 8 : 1, last;
	unsigned long long wrap = 1ULL << bits;

	last = wrap / unit - 1;
	plug(&(struct rig){ .speed = speed, .in_length = 1 });
	WORKS(knob("wrap_bits", "%u", bits));
	at(5 * wrap - unit - 8);
	WORKS(command("submit 0 83 2 64"));
	WORKS(command("submit 1 83 1 64"));
	advance(8 + 3 * unit);
	LOG("submit 0 start %u interval 1\n"
	    "submit 1 start 1 interval 1\n"
	    "in 0x83 frame %u status 0 bytes 1 data 1\n"
	    "in 0x83 frame 0 status 0 bytes 1 data 2\n"
	    "urb 0 start %u status 0 errors 0 bytes 2 0/1/1 0/1/2\n"
	    "in 0x83 frame 1 status 0 bytes 1 data 3\n"
	    "urb 1 start 1 status 0 errors 0 bytes 1 0/1/3\n", last, last, last);
	unplug();
}

static void wraps(void)
{
	static const unsigned int bits[] = { 11, 12, 14, 17, 30, 31 };
	unsigned int speed, i;

	for (speed = FULL; speed <= SUPER; speed++)
		for (i = 0; i < sizeof(bits) / sizeof(*bits); i++)
			wraps_at(speed, bits[i]);
}

static void frame_number_wraps(void)
{
	char text[20];

	plug(&(struct rig){ .speed = HIGH });
	at(16383);
	SAME_TEXT(probe("frame"), "2047");
	advance(1);
	SAME_TEXT(probe("frame"), "0");
	advance(15);
	SAME_TEXT(probe("frame"), "1");
	WORKS(knob("wrap_bits", "31"));
	at((1ULL << 31) - 1);
	snprintf(text, sizeof(text), "%u", (1U << 28) - 1);
	SAME_TEXT(probe("frame"), text);
	at(3ULL << 31);
	SAME_TEXT(probe("frame"), "0");
}

/* --- unlink --- */

static void unlink_needs_no_clock(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 2 64"));
	WORKS(command("submit 1 83 2 64"));
	WORKS(command("submit 2 83 2 64"));
	log_text();
	WORKS(command("unlink 1"));
	SAME_TEXT(wait_for_log(1),
		  text_of("urb 1 start 1010 status %d errors 0 bytes 0 %d/0/0 %d/0/0\n",
			  -ECONNRESET, -EXDEV, -EXDEV));
	SAME_TEXT(dummy("uframe"), "1000");
	/* Those behind it keep their slots, and the next one comes after them. */
	WORKS(command("submit 3 83 1 64"));
	advance(15);
	LOG("submit 3 start 1014 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
	    "in 0x83 frame 1009 status 0 bytes 1 data 2\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 2 0/1/1 0/1/2\n"
	    "in 0x83 frame 1012 status 0 bytes 1 data 3\n"
	    "in 0x83 frame 1013 status 0 bytes 1 data 4\n"
	    "urb 2 start 1012 status 0 errors 0 bytes 2 0/1/3 0/1/4\n"
	    "in 0x83 frame 1014 status 0 bytes 1 data 5\n"
	    "urb 3 start 1014 status 0 errors 0 bytes 1 0/1/5\n");
	EQUAL(count_of(IN, "missed"), 2);
}

static void unlink_last(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 2 64"));
	WORKS(command("submit 1 83 2 64"));
	WORKS(command("submit 2 83 2 64"));
	WORKS(command("kill 1"));
	WORKS(command("kill 2"));
	wait_for_log(5);
	WORKS(command("submit 3 83 1 64"));
	LOG("submit 3 start 1010 interval 1\n");
	WORKS(command("kill 0"));
	WORKS(command("kill 3"));
	wait_for_log(2);
	advance(1);
	WORKS(command("submit 4 83 1 64"));
	LOG("submit 4 start 1009 interval 1\n"); /* a new stream */
}

static void unlink_in_the_middle(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 3 64"));
	advance(10);
	WORKS(command("kill 0"));
	LOG("submit 0 start 1008 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
	    "in 0x83 frame 1009 status 0 bytes 1 data 2\n"
	    "urb 0 start 1008 status %d errors 0 bytes 2 0/1/1 0/1/2 %d/0/0\n", -ENOENT, -EXDEV);
	EQUAL(count_of(IN, "queued_urbs"), 0);
	EQUAL(count_of(IN, "packets"), 2);
}

static void unlink_what_waits_to_be_given_back(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("giveback_delay", "100"));
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	advance(9);
	log_text();
	WORKS(command("unlink 0"));
	SAME_TEXT(wait_for_log(1), text_of("urb 0 start 1008 status %d errors 0 bytes 1 0/1/1\n",
					   -ECONNRESET));
}

/* --- the ends of endpoints --- */

static void alternate_setting_ends_it(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	WORKS(command("submit 1 83 1 64"));
	advance(9);
	log_text();
	WORKS(command("alternate 0"));
	SAME_TEXT(wait_for_log(1), text_of("urb 1 start 1009 status %d errors 0 bytes 0 %d/0/0\n",
					   -ESHUTDOWN, -EXDEV));
	EQUAL(count_of(IN, "queued_urbs"), -1);
	RETURNS(command("submit 2 83 1 64"), ENOENT);
	WORKS(command("alternate 1"));
	WORKS(command("submit 2 83 1 64"));
	EQUAL(count_of(IN, "packets"), 0);
	LOG("submit 2 error %d\nsubmit 2 start 1017 interval 1\n", -ENOENT);
}

static void unplugged_while_queued(void)
{
	plug(&(struct rig){ .speed = SUPER });
	at(1000);
	WORKS(command("submit 0 83 10 64"));
	WORKS(command("submit 1 04 10 64"));
	log_text();
	unplug();
	wait_for_log(2);
	SAME_TEXT(dummy("endpoints"), "");
	SAME_TEXT(dummy("uframe"), "1000");
}

/* The device has left, but the core does not know it yet. */
static void unplugged_and_served(void)
{
	plug(&(struct rig){ .speed = HIGH });
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	WORKS(command("submit 1 04 1 64"));
	log_text();
	unplug();
	CHECK(strstr(wait_for_log(2), "urb 0 start 1008 status "));
}

static void suspended(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 1 64"));
	log_text();
	REQUIRE_WORKS(device_file("power/autosuspend_delay_ms", "0"));
	REQUIRE_WORKS(device_file("power/control", "auto"));
	SAME_TEXT(wait_for_log(1), text_of("urb 0 start 1008 status %d errors 0 bytes 0 %d/0/0\n",
					   -ESHUTDOWN, -EXDEV));
	EQUAL(count_of(IN, "queued_urbs"), 0);
	REQUIRE_WORKS(device_file("power/control", "on"));
	WORKS(command("submit 0 83 1 64"));
	advance(9);
	LOG("submit 0 start 1008 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n");
}

/* --- bandwidth --- */

/* Two endpoints of the most that there is do not fit in at full and high speed. */
static void no_bandwidth(void)
{
	static const struct rig rigs[] = {
		{ .speed = FULL, .maxp = 1023, .pairs = 2 },
		{ .speed = HIGH, .maxp = 1024, .mult = 2, .pairs = 2 },
		{ .speed = SUPER, .maxp = 1024, .mult = 2, .burst = 15, .pairs = 2, },
	};
	/* SuperSpeed has wires of their own for each direction. */
	static const unsigned int seconds[] = { OUT, OUT, IN_2 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		plug(&rigs[i]);
		at(1000);
		WORKS(command("submit 0 83 1 1"));
		RETURNS(command("submit 1 %x 1 1", seconds[i]), ENOSPC);
		/* Reserved until the endpoint is disabled, whether it streams or not. */
		WORKS(command("kill 0"));
		RETURNS(command("submit 1 %x 1 1", seconds[i]), ENOSPC);
		EQUAL(count_of(seconds[i], "packets"), -1);
		WORKS(command("alternate 1"));
		WORKS(command("submit 1 %x 1 1", seconds[i]));
		RETURNS(command("submit 0 83 1 1"), ENOSPC);
		unplug();
	}
}

static void super_speed_directions(void)
{
	plug(&(struct rig){ .speed = SUPER, .maxp = 1024, .mult = 2, .burst = 15 });
	at(1000);
	WORKS(command("submit 0 83 1 49152 silent=1"));
	WORKS(command("submit 1 04 1 49152 silent=1"));
	advance(9);
	EQUAL(count_of(IN, "bytes"), 49152);
	EQUAL(count_of(OUT, "bytes"), 49152);
}

/* Where one microframe is full, the next one is taken. */
static void spread(void)
{
	plug(&(struct rig){ .speed = HIGH, .maxp = 1024, .mult = 2, .interval = 2, .pairs = 2 });
	at(1000);
	WORKS(command("submit 0 83 1 1"));
	WORKS(command("submit 1 04 1 1"));
	RETURNS(command("submit 2 88 1 1"), ENOSPC);
	LOG("submit 0 start 1008 interval 2\n"
	    "submit 1 start 1009 interval 2\n"
	    "submit 2 error %d\n", -ENOSPC);
}

static void several_share(void)
{
	plug(&(struct rig){ .speed = HIGH, .maxp = 512, .pairs = 2, .in_length = 1 });
	at(1000);
	WORKS(command("submit 0 83 1 1"));
	WORKS(command("submit 1 04 1 1"));
	WORKS(command("submit 2 88 1 1"));
	WORKS(command("submit 3 09 1 1"));
	advance(9);
	LOG("submit 0 start 1008 interval 1\n"
	    "submit 1 start 1008 interval 1\n"
	    "submit 2 start 1008 interval 1\n"
	    "submit 3 start 1008 interval 1\n"
	    "in 0x83 frame 1008 status 0 bytes 1 data 1\n"
	    "urb 0 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
	    "out 0x04 frame 1008 status 0 bytes 1 data 1\n"
	    "urb 1 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
	    "in 0x88 frame 1008 status 0 bytes 1 data 1\n"
	    "urb 2 start 1008 status 0 errors 0 bytes 1 0/1/1\n"
	    "out 0x09 frame 1008 status 0 bytes 1 data 1\n"
	    "urb 3 start 1008 status 0 errors 0 bytes 1 0/1/1\n");
}

static const struct tap_test tests[] = {
	{ "a new stream starts in the first slot after the threshold", starts_after_threshold },
	{ "each packet has its own service interval, at all speeds and intervals", keeps_interval },
	{ "a packet is transferred when its microframe is over", done_when_slot_is_over },
	{ "a packet of full speed is transferred when its frame is over",
	  done_when_frame_is_over },
	{ "an endpoint that has drained starts a new stream, in slots of its own", drained_is_new },
	{ "an URB follows the one before without a gap", follows_directly },
	{ "a lone URB resubmitted in complete() goes on in the next slot", resubmit_in_complete },
	{ "an endpoint is not idle while an URB waits to be given back",
	  runs_on_while_not_given_back },
	{ "with URB_ISO_ASAP an URB whose slot has passed starts after the threshold",
	  asap_moves },
	{ "without it, slots are kept, and the packets that lost theirs get -EXDEV",
	  otherwise_slots_are_kept },
	{ "a slot of full speed has passed once its frame has begun", frames_are_lost_once_begun },
	{ "an URB that is wholly late is accepted, and given back in its turn", wholly_late },
	{ "URBs that are wholly late come back without the clock moving",
	  late_comes_back_at_once },
	{ "what ends beyond the horizon is refused with -EFBIG, what ends at it is not", horizon },
	{ "the horizon is not beyond the wrap of the frame counter", horizon_within_wrap },
	{ "an URB that was refused takes no slot and no bandwidth", refused_takes_nothing },
	{ "start_frame and the gadget's frame_number wrap at 2^11 to 2^31 microframes", wraps },
	{ "the frame number wraps with them", frame_number_wraps },
	{ "an unlinked URB is given back without the clock moving; others keep slots",
	  unlink_needs_no_clock },
	{ "after unlinking the last ones, the next URB follows what is left", unlink_last },
	{ "an URB unlinked in the middle says what was transferred", unlink_in_the_middle },
	{ "an URB can be unlinked while it waits to be given back",
	  unlink_what_waits_to_be_given_back },
	{ "another alternate setting ends URBs, bandwidth and counters",
	  alternate_setting_ends_it },
	{ "URBs come back when the device is unplugged at super speed", unplugged_while_queued },
	{ "URBs come back when the device is unplugged at high speed", unplugged_and_served },
	{ "URBs come back when the device is suspended; after that a new stream starts",
	  suspended },
	{ "without bandwidth the first URB is refused with -ENOSPC", no_bandwidth },
	{ "at super speed each direction has the whole bandwidth", super_speed_directions },
	{ "an endpoint gets the first microframes that have room", spread },
	{ "four endpoints share a microframe", several_share },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
