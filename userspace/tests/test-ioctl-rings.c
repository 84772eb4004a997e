// SPDX-License-Identifier: MIT
/* The shared rings: their shape, how they wrap, and what a hostile program writes into them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "scene.h"

#define ENTRIES 8u

struct ringed {
	struct scene scene;
	struct fixture_rings rings;
};

static void set_up(struct ringed *r, uint32_t entries)
{
	scene_open(&r->scene);
	fixture_rings(r->scene.fd, &r->rings, entries);
	fixture_register_packets(r->scene.fd, &r->scene.in, SCENE_IN, SCENE_PACKETS);
}

static void publish(struct ringed *r, uint64_t cookie)
{
	struct winusb_iso_transfer transfer =
		fixture_transfer(&r->scene.in, cookie % SCENE_PACKETS, 1, cookie);

	fixture_publish(&r->rings, &transfer);
}

/* Publishes @count transfers, takes them, and waits until they have completed. */
static void run(struct ringed *r, uint64_t first_cookie, unsigned int count)
{
	uint32_t taken, before = r->rings.control->completion_tail;
	unsigned int i, waited;

	for (i = 0; i < count; i++)
		publish(r, first_cookie + i);
	REQUIRE_WORKS(fixture_submit_ring(r->scene.fd, &taken));
	REQUIRE(taken == count);
	for (waited = 0; waited < FIXTURE_WAIT_MS; waited++) {
		if (__atomic_load_n(&r->rings.control->completion_tail, __ATOMIC_ACQUIRE) ==
		    before + count)
			return;
		fixture_sleep_ms(1);
	}
	REQUIRE(!"everything completed");
}

static void expect(struct ringed *r, uint64_t cookie)
{
	struct winusb_iso_completion completion;

	REQUIRE(fixture_collect(&r->rings, &completion));
	EQUAL(completion.cookie, cookie);
	RETURNS(completion.status, 0);
}

static void set_completion_head(struct ringed *r, uint32_t head)
{
	__atomic_store_n(&r->rings.control->completion_head, head, __ATOMIC_RELEASE);
}

static void set_transfer_tail(struct ringed *r, uint32_t tail)
{
	__atomic_store_n(&r->rings.control->transfer_tail, tail, __ATOMIC_RELEASE);
}

/* --- shape --- */

static void check_rounding(int fd, uint32_t asked, uint32_t given)
{
	struct winusb_iso_setup_ring setup = { .entries = asked };
	uint32_t transfers_offset = 128 + 64 * given;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_SETUP_RING, &setup));
	EQUAL(setup.entries, given);
	EQUAL(setup.completions_offset, 128);
	EQUAL(setup.transfers_offset, transfers_offset);
	EQUAL(setup.mmap_size, (transfers_offset + 48 * given + 4095) / 4096 * 4096);
	EQUAL(setup.mmap_offset % 4096, 0);
}

static void rounding(void)
{
	static const uint32_t sizes[][2] = {
		{ 1, 1 },     { 2, 2 },		{ 3, 4 },	  { 5, 8 },	    { 255, 256 },
		{ 257, 512 }, { 32769, 65536 }, { 65535, 65536 }, { 65536, 65536 },
	};
	struct scene scene;
	size_t i;

	scene_open(&scene);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_rounding(scene_open_another(&scene), sizes[i][0], sizes[i][1]);
}

static void starts_zeroed(void)
{
	struct winusb_iso_ring zero = { 0 };
	struct ringed r = { 0 };

	set_up(&r, ENTRIES);
	CHECK(!memcmp(r.rings.control, &zero, sizeof(zero)));
}

/* The first registered buffer makes 256 entries: 256 fit, one more does not. */
static void default_size(void)
{
	struct fixture_rings rings = { 0 };
	struct winusb_iso_transfer transfer;
	struct scene scene;
	unsigned int i;

	scene_open(&scene);
	fixture_register_packets(scene.fd, &scene.in, SCENE_IN, 512);
	scene_hold(&scene);
	for (i = 0; i < WINUSB_ISO_DEFAULT_RING_ENTRIES; i++) {
		transfer = fixture_transfer(&scene.in, i, 1, i);
		REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	}
	RETURNS(fixture_submit(scene.fd, &transfer), EAGAIN);
	tap_note("they can be mapped, though nobody set them up");
	rings.info = (struct winusb_iso_setup_ring){
		.entries = 256,
		.mmap_size = 28 * 1024 + 4096,
		.completions_offset = 128,
		.transfers_offset = 128 + 64 * 256,
	};
	fixture_map_rings(scene.fd, &rings);
	EQUAL(rings.control->completion_tail, 0);
}

/* --- going round --- */

static void wraps(void)
{
	struct ringed r = { 0 };
	uint64_t cookie = 0;
	unsigned int round, i;

	set_up(&r, ENTRIES);
	for (round = 0; round < 20; round++) {
		run(&r, cookie, 5);
		for (i = 0; i < 5; i++)
			expect(&r, cookie++);
	}
	EQUAL(r.rings.control->transfer_head, 100);
	EQUAL(r.rings.control->completion_tail, 100);
	EQUAL(r.rings.control->refused, 0);
}

static void one_entry(void)
{
	struct ringed r = { 0 };
	uint64_t cookie;

	set_up(&r, 1);
	for (cookie = 0; cookie < 10; cookie++) {
		run(&r, cookie, 1);
		publish(&r, cookie + 1);
		RETURNS(fixture_submit_ring(r.scene.fd, NULL), EAGAIN);
		r.rings.tail--;
		set_transfer_tail(&r, r.rings.tail);
		expect(&r, cookie);
	}
}

static void nothing_published(void)
{
	struct ringed r = { 0 };
	uint32_t taken = 99;

	set_up(&r, ENTRIES);
	WORKS(fixture_submit_ring(r.scene.fd, &taken));
	EQUAL(taken, 0);
}

static void taken_in_part(void)
{
	struct ringed r = { 0 };
	uint32_t taken;
	unsigned int i;

	set_up(&r, ENTRIES);
	run(&r, 0, 3);
	for (i = 3; i < 3 + ENTRIES; i++)
		publish(&r, i);
	WORKS(fixture_submit_ring(r.scene.fd, &taken));
	EQUAL(taken, ENTRIES - 3);
	EQUAL(r.rings.control->transfer_head, ENTRIES);
	for (i = 0; i < 3; i++)
		expect(&r, i);
	WORKS(fixture_submit_ring(r.scene.fd, &taken));
	EQUAL(taken, 3);
	EQUAL(r.rings.control->transfer_head, ENTRIES + 3);
	EQUAL(r.rings.control->refused, 0);
}

static void ioctl_and_ring_mixed(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct ringed r = { 0 };
	uint64_t cookie;

	set_up(&r, ENTRIES);
	for (cookie = 0; cookie < 20; cookie += 2) {
		transfer = fixture_transfer(&r.scene.in, 0, 1, cookie);
		REQUIRE_WORKS(fixture_submit(r.scene.fd, &transfer));
		publish(&r, cookie + 1);
		REQUIRE_WORKS(fixture_submit_ring(r.scene.fd, NULL));
		REQUIRE_WORKS(fixture_collect_wait(r.scene.fd, &r.rings, &completion));
		EQUAL(completion.cookie, cookie);
		REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
		EQUAL(completion.cookie, cookie + 1);
		r.rings.head++;
		EQUAL(r.rings.control->completion_head, r.rings.head);
	}
	EQUAL(r.rings.control->refused, 0);
}

/* A refused entry does not wait for those before it that are with the device. */
static void refused_overtakes(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer bad = { .cookie = 77 };
	struct ringed r = { 0 };
	uint32_t taken;

	set_up(&r, ENTRIES);
	scene_hold(&r.scene);
	publish(&r, 1);
	fixture_publish(&r.rings, &bad);
	publish(&r, 2);
	WORKS(fixture_submit_ring(r.scene.fd, &taken));
	EQUAL(taken, 3);
	REQUIRE(fixture_collect(&r.rings, &completion));
	EQUAL(completion.cookie, 77);
	RETURNS(completion.status, ENOENT);
	CHECK(!fixture_collect(&r.rings, &completion));
	scene_release(&r.scene);
	REQUIRE_WORKS(fixture_collect_wait(r.scene.fd, &r.rings, &completion));
	EQUAL(completion.cookie, 1);
	REQUIRE_WORKS(fixture_collect_wait(r.scene.fd, &r.rings, &completion));
	EQUAL(completion.cookie, 2);
}

/* --- hostile --- */

static void check_tail_too_far(uint32_t ahead)
{
	struct ringed r = { 0 };
	uint32_t taken = 0;

	set_up(&r, ENTRIES);
	run(&r, 0, 3);
	set_transfer_tail(&r, 3 + ahead);
	RETURNS(fixture_submit_ring(r.scene.fd, &taken), ERANGE);
	EQUAL(taken, 0);
	EQUAL(r.rings.control->transfer_head, 3);
	EQUAL(r.rings.control->refused, 1);
	RETURNS(fixture_submit_ring(r.scene.fd, &taken), ERANGE);
	EQUAL(r.rings.control->refused, 2);
	tap_note("put right, it goes on");
	set_transfer_tail(&r, 3);
	run(&r, 3, 3);
	expect(&r, 0);
	EQUAL(r.rings.control->refused, 2);
}

static void tail_too_far(void)
{
	check_tail_too_far(ENTRIES + 1);
}
static void tail_half_way(void)
{
	check_tail_too_far(1u << 31);
}
static void tail_behind(void)
{
	check_tail_too_far(UINT32_MAX);
}

/* Whatever the index says: all completions are there, and the count of refusals rises. */
static void check_bad_head(uint32_t bad_head)
{
	struct winusb_iso_completion completion;
	struct ringed r = { 0 };
	uint32_t refused;
	unsigned int i;

	set_up(&r, ENTRIES);
	run(&r, 0, 4);
	expect(&r, 0);
	expect(&r, 1);
	EQUAL(fixture_events(r.scene.fd), POLLIN);
	EQUAL(r.rings.control->refused, 0);
	set_completion_head(&r, bad_head);
	EQUAL(fixture_events(r.scene.fd), POLLIN);
	CHECK(r.rings.control->refused > 0);
	refused = r.rings.control->refused;
	for (i = 2; i < 4; i++) {
		set_completion_head(&r, bad_head);
		REQUIRE_WORKS(fixture_reap(r.scene.fd, &completion));
		EQUAL(completion.cookie, i);
	}
	CHECK(r.rings.control->refused > refused);
	tap_note("collecting has put it right");
	RETURNS(fixture_reap(r.scene.fd, &completion), EAGAIN);
	EQUAL(r.rings.control->completion_head, 4);
	refused = r.rings.control->refused;
	r.rings.head = 4;
	run(&r, 4, ENTRIES);
	for (i = 4; i < 4 + ENTRIES; i++)
		expect(&r, i);
	EQUAL(r.rings.control->refused, refused);
}

static void head_rewound(void)
{
	check_bad_head(1);
}
static void head_far_back(void)
{
	check_bad_head(2 - ENTRIES);
}
static void head_past_tail(void)
{
	check_bad_head(5);
}
static void head_far_past_tail(void)
{
	check_bad_head(2 + (1u << 31));
}

/* With a rewound head the ring looks as full as it is: no completion is overwritten. */
static void bad_head_overwrites_nothing(void)
{
	struct winusb_iso_transfer transfer;
	struct ringed r = { 0 };
	unsigned int i;

	set_up(&r, ENTRIES);
	run(&r, 0, ENTRIES);
	set_completion_head(&r, ENTRIES + 1);
	transfer = fixture_transfer(&r.scene.in, 0, 1, 99);
	RETURNS(fixture_submit(r.scene.fd, &transfer), EAGAIN);
	publish(&r, 99);
	RETURNS(fixture_submit_ring(r.scene.fd, NULL), EAGAIN);
	set_completion_head(&r, 0);
	for (i = 0; i < ENTRIES; i++)
		expect(&r, i);
}

/* What the driver writes is only a copy for us to read. */
static void scribbled_control(void)
{
	struct winusb_iso_ring *control;
	struct ringed r = { 0 };
	unsigned int i;

	set_up(&r, ENTRIES);
	control = r.rings.control;
	run(&r, 0, 3);
	for (i = 0; i < 3; i++)
		expect(&r, i);
	control->completion_tail = 0xdeadbeef;
	control->transfer_head = 0xdeadbeef;
	memset(control->kernel_reserved, 0xff, sizeof(control->kernel_reserved));
	memset(control->user_reserved, 0xff, sizeof(control->user_reserved));
	for (i = 3; i < 6; i++)
		publish(&r, i);
	REQUIRE_WORKS(fixture_submit_ring(r.scene.fd, NULL));
	EQUAL(control->transfer_head, 6);
	for (i = 3; i < 6; i++) {
		struct winusb_iso_completion completion;

		REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
		EQUAL(completion.cookie, i);
	}
	EQUAL(control->completion_tail, 6);
	EQUAL(control->refused, 0);
}

/* An entry is read once, when it is taken. */
static void changed_after_taking(void)
{
	struct winusb_iso_completion completion;
	struct ringed r = { 0 };
	unsigned int i;

	set_up(&r, ENTRIES);
	scene_hold(&r.scene);
	for (i = 0; i < 4; i++)
		publish(&r, i);
	REQUIRE_WORKS(fixture_submit_ring(r.scene.fd, NULL));
	memset(r.rings.transfers, 0xff, ENTRIES * sizeof(*r.rings.transfers));
	scene_release(&r.scene);
	for (i = 0; i < 4; i++) {
		REQUIRE_WORKS(fixture_collect_wait(r.scene.fd, &r.rings, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, 0);
		EQUAL(completion.actual_length, SCENE_MAX_BYTES);
	}
}

/* Every byte of the rings is noise, and the driver is asked all it can be asked. */
static void noise(void)
{
	struct winusb_iso_completion completion;
	struct ringed r = { 0 };
	uint32_t *words, state = 1;
	unsigned int round;
	size_t i, count;

	set_up(&r, ENTRIES);
	words = (uint32_t *)r.rings.control;
	count = r.rings.info.mmap_size / sizeof(*words);
	for (round = 0; round < 300; round++) {
		for (i = 0; i < count; i++)
			words[i] = state = state * 1664525 + 1013904223;
		set_transfer_tail(&r, round % 3 ? round : state >> 28);
		fixture_submit_ring(r.scene.fd, NULL);
		fixture_events(r.scene.fd);
		while (!fixture_reap(r.scene.fd, &completion))
			;
	}
	WORKS(fixture_abort(r.scene.fd, SCENE_IN));
	while (!fixture_reap(r.scene.fd, &completion))
		;
	scene_still_streams(&r.scene, 5);
}

/* --- ten thousand at once --- */

#define MANY 10000u

static void publish_many(struct ringed *r)
{
	struct winusb_iso_transfer transfer;
	uint32_t taken;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		transfer = fixture_transfer(&r->scene.in, i, 1, ~(uint64_t)i);
		fixture_publish(&r->rings, &transfer);
	}
	REQUIRE_WORKS(fixture_submit_ring(r->scene.fd, &taken));
	EQUAL(taken, MANY);
}

static void check_many(struct ringed *r)
{
	struct winusb_iso_completion completion;
	uint64_t first = 0;
	uint32_t bytes = r->scene.in.max_bytes;
	unsigned int i, bad = 0;

	for (i = 0; i < MANY; i++) {
		REQUIRE_WORKS(fixture_collect_wait(r->scene.fd, &r->rings, &completion));
		if (!i)
			first = completion.start_uframe;
		bad += completion.cookie != ~(uint64_t)i || completion.status ||
		       completion.actual_length != bytes || completion.error_count ||
		       completion.gap || completion.inner_gap ||
		       completion.start_uframe != first + i || r->scene.in.packets[i].status ||
		       r->scene.in.packets[i].length != bytes;
		if (bad)
			break;
	}
	EQUAL(bad, 0);
	if (bad)
		tap_note("number %u: cookie %llx, status %d, gap %u, start %lld after the first", i,
			 (unsigned long long)completion.cookie, completion.status, completion.gap,
			 (long long)(completion.start_uframe - first));
}

/* The device counts its packets: none is missing, none is there twice. */
static void check_many_contents(const struct ringed *r)
{
	uint32_t bytes = r->scene.in.max_bytes;
	uint64_t first;
	unsigned int i;

	memcpy(&first, r->scene.in.data, sizeof(first));
	first = le64toh(first) & SIM_PATTERN_COUNTER_MASK;
	for (i = 0; i < MANY; i++)
		REQUIRE(sim_pattern_matches(r->scene.in.data + i * bytes, bytes, SCENE_IN,
					    first + i));
}

static void ten_thousand(void)
{
	static const char *const alternates[] = { "in:0x81:64:1", NULL };
	struct sim_options options;
	struct ringed r = { 0 };

	fixture_options(&options, SIM_HIGH, alternates);
	fixture_start(&r.scene.device, &options);
	r.scene.fd = fixture_open(&r.scene.device, O_RDWR | O_NONBLOCK);
	fixture_set_alternate(r.scene.fd, 1);
	fixture_rings(r.scene.fd, &r.rings, MANY);
	EQUAL(r.rings.info.entries, 16384);
	fixture_register_packets(r.scene.fd, &r.scene.in, SCENE_IN, MANY);
	publish_many(&r);
	check_many(&r);
	check_many_contents(&r);
	EQUAL(r.rings.control->refused, 0);
}

static void ten_thousand_aborted(void)
{
	struct winusb_iso_completion completion;
	struct ringed r = { 0 };
	unsigned int i, bad = 0;

	scene_open(&r.scene);
	fixture_set_alternate(r.scene.fd, 6);
	fixture_rings(r.scene.fd, &r.rings, MANY);
	fixture_register_packets(r.scene.fd, &r.scene.in, SCENE_IN, MANY);
	scene_hold(&r.scene);
	publish_many(&r);
	WORKS(fixture_abort(r.scene.fd, SCENE_IN));
	for (i = 0; i < MANY; i++) {
		REQUIRE(fixture_collect(&r.rings, &completion));
		bad += completion.cookie != ~(uint64_t)i || completion.status != -ECONNRESET;
	}
	EQUAL(bad, 0);
	CHECK(!fixture_collect(&r.rings, &completion));
	WORKS(fixture_unregister(r.scene.fd, r.scene.in.info.handle));
}

static const struct tap_test tests[] = {
	{ "entries are rounded up to a power of two and laid out as told", rounding },
	{ "rings start zeroed", starts_zeroed },
	{ "the first buffer makes rings of 256 entries", default_size },
	{ "rings go round and keep the order", wraps },
	{ "a ring of one entry works", one_entry },
	{ "SUBMIT_RING with nothing published takes nothing", nothing_published },
	{ "SUBMIT_RING takes what there is room for, and the rest later", taken_in_part },
	{ "SUBMIT and SUBMIT_RING, REAP and ring can be mixed", ioctl_and_ring_mixed },
	{ "a refused entry of the ring does not wait for others", refused_overtakes },
	{ "a transfer tail one too far ahead says ERANGE and takes nothing", tail_too_far },
	{ "a transfer tail 2^31 ahead says ERANGE and takes nothing", tail_half_way },
	{ "a transfer tail that went back says ERANGE and takes nothing", tail_behind },
	{ "a completion head that went back is refused, and nothing lost", head_rewound },
	{ "a completion head that went back a whole ring is refused, and nothing lost",
	  head_far_back },
	{ "a completion head past the tail is refused, and nothing lost", head_past_tail },
	{ "a completion head 2^31 past is refused, and nothing lost", head_far_past_tail },
	{ "a completion head that lies does not have a completion overwritten",
	  bad_head_overwrites_nothing },
	{ "indices of the driver that we overwrite do not disturb it", scribbled_control },
	{ "entries of the ring that change after they were taken do not matter",
	  changed_after_taking },
	{ "rings full of noise do no harm", noise },
	{ "10,000 transfers queued in one go complete in order, without a gap", ten_thousand },
	{ "10,000 transfers queued in one go can be aborted", ten_thousand_aborted },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
