// SPDX-License-Identifier: MIT
/* What a packet carries, how it fails, and what the gadget sees of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- data --- */

static void in_at_offsets(void)
{
	int speed;

	for (speed = FULL; speed <= SUPER; speed++) {
		plug(&(struct rig){ .speed = speed, .in_length = 48 });
		at(8);
		WORKS(command("submit 0 83 3 48 gap=16"));
		advance(80);
		CHECK(strstr(log_text(), "status 0 errors 0 bytes 144 0/48/1 0/48/2 0/48/3\n"));
		unplug();
	}
}

static void out_from_offsets(void)
{
	int speed;

	for (speed = FULL; speed <= SUPER; speed++) {
		plug(&(struct rig){ .speed = speed });
		at(8);
		WORKS(command("submit 0 04 3 48 gap=16"));
		log_text();
		advance(80);
		if (speed == FULL)
			LOG("out 0x04 frame 2 status 0 bytes 48 data 1\n"
			    "out 0x04 frame 3 status 0 bytes 48 data 2\n"
			    "out 0x04 frame 4 status 0 bytes 48 data 3\n"
			    "urb 0 start 2 status 0 errors 0 bytes 144 0/48/1 0/48/2 0/48/3\n");
		else
			LOG("out 0x04 frame 16 status 0 bytes 48 data 1\n"
			    "out 0x04 frame 17 status 0 bytes 48 data 2\n"
			    "out 0x04 frame 18 status 0 bytes 48 data 3\n"
			    "urb 0 start 16 status 0 errors 0 bytes 144 0/48/1 0/48/2 0/48/3\n");
		unplug();
	}
}

static void most_of(const struct rig *rig, unsigned int most)
{
	plug(rig);
	at(8);
	WORKS(command("submit 0 83 1 %u", most));
	advance(24);
	CHECK(strstr(log_text(), text_of("errors 0 bytes %u 0/%u/1\n", most, most)));
	WORKS(command("submit 1 04 1 %u", most));
	advance(24);
	CHECK(strstr(log_text(), text_of("status 0 bytes %u data 1\n", most)));
	RETURNS(command("submit 0 83 1 %u", most + 1), EMSGSIZE);
	RETURNS(command("submit 1 04 1 %u", most + 1), EMSGSIZE);
	unplug();
}

static void as_much_as_fits(void)
{
	most_of(&(struct rig){ .speed = FULL, .maxp = 1023, .interval = 2 }, 1023);
	most_of(&(struct rig){ .speed = HIGH, .maxp = 1024, .interval = 2 }, 1024);
	most_of(&(struct rig){ .speed = HIGH, .maxp = 1024, .interval = 2, .mult = 1 }, 2048);
	most_of(&(struct rig){ .speed = HIGH, .maxp = 1024, .interval = 2, .mult = 2 }, 3072);
	most_of(&(struct rig){ .speed = SUPER, .maxp = 1024 }, 1024);
	most_of(&(struct rig){ .speed = SUPER, .maxp = 1024, .burst = 15 }, 16384);
	most_of(&(struct rig){ .speed = SUPER, .maxp = 1024, .burst = 15, .mult = 2 }, 49152);
	most_of(&(struct rig){ .speed = SUPER, .maxp = 512, .burst = 2, .mult = 1 }, 3072);
}

static void bytes_per_interval(void)
{
	plug(&(struct rig){ .speed = SUPER, .maxp = 1024, .burst = 3, .bytes = 3000 });
	at(8);
	WORKS(command("submit 0 04 1 3000"));
	RETURNS(command("submit 1 04 1 3001"), EMSGSIZE);
	/* The gadget sends 4096 bytes: more than it has announced. */
	WORKS(command("submit 1 83 1 4096"));
	log_text();
	advance(9);
	LOG("out 0x04 frame 16 status 0 bytes 3000 data 1\n"
	    "urb 0 start 16 status 0 errors 0 bytes 3000 0/3000/1\n"
	    "in 0x83 frame 16 status 0 bytes 4096 data 1\n"
	    "urb 1 start 16 status 0 errors 1 bytes 3000 %d/3000/1\n", -EOVERFLOW);
}

static void no_length(void)
{
	plug(&(struct rig){ .speed = HIGH });
	at(8);
	WORKS(command("submit 0 04 2 0"));
	advance(10);
	LOG("submit 0 start 16 interval 1\n"
	    "out 0x04 frame 16 status 0 bytes 0 data 0\n"
	    "out 0x04 frame 17 status 0 bytes 0 data 0\n"
	    "urb 0 start 16 status 0 errors 0 bytes 0 0/0/0 0/0/0\n");
	EQUAL(count_of(OUT, "packets"), 2);
}

/* --- the two ends disagree --- */

static void in_babble(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 20 });
	at(8);
	WORKS(command("submit 0 83 2 16 gap=16"));
	WORKS(command("submit 1 83 1 20"));
	log_text();
	advance(11);
	/* What fits is stored, nothing beyond it; the gadget does not notice. */
	LOG("in 0x83 frame 16 status 0 bytes 20 data 1\n"
	    "in 0x83 frame 17 status 0 bytes 20 data 2\n"
	    "urb 0 start 16 status 0 errors 2 bytes 32 %d/16/1 %d/16/2\n"
	    "in 0x83 frame 18 status 0 bytes 20 data 3\n"
	    "urb 1 start 18 status 0 errors 0 bytes 20 0/20/3\n", -EOVERFLOW, -EOVERFLOW);
	EQUAL(count_of(IN, "errors"), 2);
}

static void in_short(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 5 });
	at(8);
	WORKS(command("submit 0 83 2 64"));
	advance(10);
	CHECK(strstr(log_text(), "urb 0 start 16 status 0 errors 0 bytes 10 0/5/1 0/5/2\n"));
}

static void out_overflow(void)
{
	plug(&(struct rig){ .speed = HIGH, .out_length = 16 });
	at(8);
	WORKS(command("submit 0 04 1 20"));
	WORKS(command("submit 1 04 1 16"));
	log_text();
	advance(10);
	/* No handshake: only the gadget learns of it. */
	LOG("out 0x04 frame 16 status %d bytes 16 data 1\n"
	    "urb 0 start 16 status 0 errors 0 bytes 20 0/20/1\n"
	    "out 0x04 frame 17 status 0 bytes 16 data 2\n"
	    "urb 1 start 17 status 0 errors 0 bytes 16 0/16/2\n", -EOVERFLOW);
}

static void no_request(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_requests = 1, .out_requests = 1, .once = true });
	at(8);
	WORKS(command("submit 0 83 3 64"));
	WORKS(command("submit 1 04 3 64"));
	log_text();
	advance(11);
	LOG("in 0x83 frame 16 status 0 bytes 64 data 1\n"
	    "out 0x04 frame 16 status 0 bytes 64 data 1\n"
	    "urb 0 start 16 status 0 errors 0 bytes 64 0/64/1 0/0/0 0/0/0\n"
	    "urb 1 start 16 status 0 errors 0 bytes 192 0/64/1 0/64/2 0/64/3\n");
	EQUAL(count_of(IN, "unheard"), 2);
	EQUAL(count_of(OUT, "unheard"), 2);
	EQUAL(count_of(IN, "errors"), 0);
}

/* --- URBs that make no sense --- */

static void wrong_interval(void)
{
	plug(&(struct rig){ .speed = HIGH, .interval = 4 });
	at(8);
	RETURNS(command("submit 0 83 1 64 interval=1"), EINVAL);
	RETURNS(command("submit 0 83 1 64 interval=2"), EINVAL);
	RETURNS(command("submit 0 83 1 64 interval=8"), EINVAL);
	log_text();
	/* usbcore rounds down to a power of two. */
	WORKS(command("submit 0 83 1 64 interval=7"));
	LOG("submit 0 start 16 interval 4\n");
}

static void outside_buffer(void)
{
	plug(&(struct rig){ .speed = HIGH });
	at(8);
	RETURNS(command("submit 0 83 3 64 buffer=191"), EINVAL);
	RETURNS(command("submit 0 04 3 64 buffer=191"), EINVAL);
	RETURNS(command("submit 0 83 3 64 buffer=64"), EINVAL);
	WORKS(command("submit 0 83 3 64 buffer=192"));
	RETURNS(command("submit 1 83 0 64"), EINVAL);
}

/* --- order and delay of the two sides' complete() --- */

static void gadget_first(void)
{
	plug(&(struct rig){ .speed = HIGH });
	SAME_TEXT(dummy("complete_order"), "gadget");
	at(8);
	WORKS(command("submit 0 04 2 8"));
	log_text();
	advance(10);
	LOG("out 0x04 frame 16 status 0 bytes 8 data 1\n"
	    "out 0x04 frame 17 status 0 bytes 8 data 2\n"
	    "urb 0 start 16 status 0 errors 0 bytes 16 0/8/1 0/8/2\n");
}

static void host_first(void)
{
	plug(&(struct rig){ .speed = HIGH });
	WORKS(knob("complete_order", "host"));
	SAME_TEXT(dummy("complete_order"), "host");
	at(8);
	WORKS(command("submit 0 04 2 8 again=1"));
	log_text();
	advance(12);
	LOG("out 0x04 frame 16 status 0 bytes 8 data 1\n"
	    "urb 0 start 16 status 0 errors 0 bytes 16 0/8/1 0/8/2\n"
	    "submit 0 start 18 interval 1\n"
	    "out 0x04 frame 17 status 0 bytes 8 data 2\n"
	    "out 0x04 frame 18 status 0 bytes 8 data 3\n"
	    "urb 0 start 18 status 0 errors 0 bytes 16 0/8/3 0/8/4\n"
	    "out 0x04 frame 19 status 0 bytes 8 data 4\n");
}

static void delayed(void)
{
	plug(&(struct rig){ .speed = FULL, .in_length = 1 });
	WORKS(knob("giveback_delay", "3"));
	at(8);
	WORKS(command("submit 0 83 1 8"));
	WORKS(command("submit 1 83 1 8"));
	log_text();
	advance(16);
	LOG("in 0x83 frame 2 status 0 bytes 1 data 1\n");
	advance(2);
	LOG("%s", "");
	advance(1);
	LOG("urb 0 start 2 status 0 errors 0 bytes 1 0/1/1\n");
	advance(7);
	LOG("in 0x83 frame 3 status 0 bytes 1 data 2\n");
	advance(1);
	LOG("urb 1 start 3 status 0 errors 0 bytes 1 0/1/2\n");
}

/* --- intervals without a token --- */

static void expire(void)
{
	char status[20];

	snprintf(status, sizeof(status), "%d", -EXDEV);
	plug(&(struct rig){ .speed = HIGH, .interval = 2, .in_length = 1 });
	WORKS(knob("expire", "1"));
	at(100);
	advance(20); /* the host has not begun */
	LOG("%s", "");
	WORKS(command("submit 0 83 1 8"));
	advance(9 + 5);
	LOG("submit 0 start 128 interval 2\n"
	    "in 0x83 frame 128 status 0 bytes 1 data 1\n"
	    "urb 0 start 128 status 0 errors 0 bytes 1 0/1/1\n"
	    "in 0x83 frame 130 status %s bytes 0 data 0\n"
	    "in 0x83 frame 132 status %s bytes 0 data 0\n", status, status);
	EQUAL(count_of(IN, "missed"), 2);
	/* 134 + 8 = 142: missed are 134 to 140. */
	WORKS(command("submit 0 83 2 8"));
	advance(11);
	LOG("submit 0 start 142 interval 2\n"
	    "in 0x83 frame 134 status %s bytes 0 data 0\n"
	    "in 0x83 frame 136 status %s bytes 0 data 0\n"
	    "in 0x83 frame 138 status %s bytes 0 data 0\n"
	    "in 0x83 frame 140 status %s bytes 0 data 0\n"
	    "in 0x83 frame 142 status 0 bytes 1 data 8\n"
	    "in 0x83 frame 144 status 0 bytes 1 data 9\n"
	    "urb 0 start 142 status 0 errors 0 bytes 2 0/1/8 0/1/9\n",
	    status, status, status, status);
	EQUAL(count_of(IN, "missed"), 6);
	/* Without a request nothing expires, and a new one is not for what has passed. */
	WORKS(command("alternate 1"));
	advance(100);
	LOG("%s", "");
}

static void does_not_expire(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	SAME_TEXT(dummy("expire"), "0");
	at(100);
	WORKS(command("submit 0 83 1 8"));
	advance(50);
	WORKS(command("submit 0 83 1 8"));
	advance(9);
	LOG("submit 0 start 108 interval 1\n"
	    "in 0x83 frame 108 status 0 bytes 1 data 1\n"
	    "urb 0 start 108 status 0 errors 0 bytes 1 0/1/1\n"
	    "submit 0 start 158 interval 1\n"
	    "in 0x83 frame 158 status 0 bytes 1 data 2\n"
	    "urb 0 start 158 status 0 errors 0 bytes 1 0/1/2\n");
	EQUAL(count_of(IN, "missed"), 49);
}

static void expire_out(void)
{
	plug(&(struct rig){ .speed = FULL, .out_requests = 2, .once = true });
	WORKS(knob("expire", "1"));
	at(80);
	WORKS(command("submit 0 04 1 8"));
	advance(56);
	LOG("submit 0 start 11 interval 1\n"
	    "out 0x04 frame 11 status 0 bytes 8 data 1\n"
	    "urb 0 start 11 status 0 errors 0 bytes 8 0/8/1\n"
	    "out 0x04 frame 12 status %d bytes 0 data 0\n", -EXDEV);
	EQUAL(count_of(OUT, "missed"), 5);
	EQUAL(count_of(OUT, "packets"), 1);
}

/* However long nothing happens, it costs nothing. */
static void long_silence(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	at(0);
	WORKS(command("submit 0 83 1 8"));
	advance(9);
	advance(1ULL << 50);
	EQUAL(count_of(IN, "missed"), 1LL << 50);
	WORKS(knob("expire", "1"));
	advance(3);
	WORKS(command("submit 0 83 1 8"));
	advance(9);
	EQUAL(count_of(IN, "missed"), (1LL << 50) + 3 + 8);
	EQUAL(count_of(IN, "packets"), 2);
}

/* --- packet errors --- */

struct fault {
	const char *name;
	int in, out;
	bool consumed;	/* an IN request of the gadget */
	bool missed;
};

static const struct fault faults[] = {
	{ "missed", EXDEV, EXDEV, .missed = true },
	{ "crc", EILSEQ, EILSEQ, .consumed = true },
	{ "timeout", ETIME, ETIME, .consumed = false },
	{ "babble", EOVERFLOW, EOVERFLOW, .consumed = true },
	{ "protocol", EPROTO, EPROTO, .consumed = false },
	{ "underrun", ECOMM, ENOSR, .consumed = true },
};

static void fault_in(const struct fault *fault)
{
	int lost = fault->consumed;

	WORKS(knob("inject", "83 %s 1 1", fault->name));
	at(8);
	WORKS(command("submit 0 83 3 8"));
	log_text();
	advance(11);
	LOG("in 0x83 frame 16 status 0 bytes 1 data 1\n"
	    "%s"
	    "in 0x83 frame 18 status 0 bytes 1 data %d\n"
	    "urb 0 start 16 status 0 errors 1 bytes 2 0/1/1 -%d/0/0 0/1/%d\n",
	    lost ? "in 0x83 frame 17 status 0 bytes 1 data 2\n" : "", 2 + lost, fault->in,
	    2 + lost);
	EQUAL(count_of(IN, "missed"), fault->missed);
	EQUAL(count_of(IN, "packets"), 3 - fault->missed);
	EQUAL(count_of(IN, "errors"), 1);
}

static void fault_out(const struct fault *fault)
{
	WORKS(knob("inject", "04 %s 1 1", fault->name));
	at(8);
	WORKS(command("submit 0 04 3 8"));
	log_text();
	advance(11);
	LOG("out 0x04 frame 16 status 0 bytes 8 data 1\n"
	    "out 0x04 frame 18 status 0 bytes 8 data 3\n"
	    "urb 0 start 16 status 0 errors 1 bytes 16 0/8/1 -%d/0/0 0/8/3\n", fault->out);
}

static void injected(void)
{
	unsigned int i;

	for (i = 0; i < COUNT(faults); i++) {
		plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
		fault_in(&faults[i]);
		WORKS(command("alternate 1"));
		fault_out(&faults[i]);
		unplug();
	}
}

static void injected_and_expired(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("expire", "1"));
	WORKS(knob("inject", "0x83 missed 2 1"));
	at(8);
	WORKS(command("submit 0 83 4 8"));
	log_text();
	advance(12);
	LOG("in 0x83 frame 16 status 0 bytes 1 data 1\n"
	    "in 0x83 frame 17 status %d bytes 0 data 0\n"
	    "in 0x83 frame 18 status %d bytes 0 data 0\n"
	    "in 0x83 frame 19 status 0 bytes 1 data 4\n"
	    "urb 0 start 16 status 0 errors 2 bytes 2 0/1/1 %d/0/0 %d/0/0 0/1/4\n", -EXDEV,
	    -EXDEV, -EXDEV, -EXDEV);
}

static void injected_in_turn(void)
{
	plug(&(struct rig){ .speed = HIGH, .in_length = 1 });
	WORKS(knob("inject", "83 crc 1"));
	WORKS(knob("inject", "83 timeout 1 1"));
	WORKS(knob("inject", "04 protocol 1"));
	at(8);
	WORKS(command("submit 0 83 4 8"));
	WORKS(command("submit 1 04 2 8"));
	advance(12);
	CHECK(strstr(log_text(), text_of("errors 2 bytes 2 %d/0/0 0/1/2 %d/0/0 0/1/3\n", -EILSEQ,
					 -ETIME)));
	WORKS(knob("inject", "83 crc 5"));
	WORKS(knob("inject", "clear"));
	WORKS(command("submit 0 83 4 8"));
	advance(12);
	CHECK(strstr(log_text(), "errors 0 bytes 4 "));
}

static void counters(void)
{
	plug(&(struct rig){ .speed = FULL, .interval = 4, .in_length = 3 });
	SAME_TEXT(dummy("endpoints"), "");
	at(8000);
	WORKS(command("submit 0 83 2 8"));
	SAME_TEXT(dummy("endpoints"),
		  "address=0x83 interval=4 next_uframe=8072 queued_urbs=1 packets=0 "
		  "missed=0 late=0 bytes=0 "
		  "errors=0 unheard=0");
	advance(72);
	SAME_TEXT(dummy("endpoints"),
		  "address=0x83 interval=4 next_uframe=8072 queued_urbs=0 packets=2 "
		  "missed=0 late=0 bytes=6 "
		  "errors=0 unheard=0");
	advance(7);
	EQUAL(count_of(IN, "missed"), 0);
	advance(1);
	EQUAL(count_of(IN, "missed"), 1);
}

static const struct tap_test tests[] = {
	{ "IN data goes to the packets' offsets, and nowhere else", in_at_offsets },
	{ "OUT data comes from the packets' offsets", out_from_offsets },
	{ "a packet carries 1 to 3 transactions, 1 to 48 bursts, and not a byte more",
	  as_much_as_fits },
	{ "wBytesPerInterval limits both directions", bytes_per_interval },
	{ "OUT packets of no length reach the gadget", no_length },
	{ "an IN packet longer than the host asked for is babble", in_babble },
	{ "an IN packet may be shorter", in_short },
	{ "an OUT packet longer than the request overflows at the gadget only", out_overflow },
	{ "without a request IN packets are empty and OUT packets are lost", no_request },
	{ "an interval that is not the endpoint's is refused", wrong_interval },
	{ "a packet outside of the buffer is refused", outside_buffer },
	{ "the gadget's complete() comes first", gadget_first },
	{ "or the host's, if wanted", host_first },
	{ "URBs are given back as late as wanted, and packets go on meanwhile", delayed },
	{ "requests of intervals without a token expire, if wanted", expire },
	{ "or wait for the next token", does_not_expire },
	{ "OUT requests expire until there are no more", expire_out },
	{ "2^50 microframes of silence are counted, not waited for", long_silence },
	{ "each packet error has its status, its count and its effect on the gadget", injected },
	{ "packets that the controller missed expire at the gadget", injected_and_expired },
	{ "errors are ordered per endpoint, one after another, and taken back", injected_in_turn },
	{ "the endpoints file tells what happened", counters },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
