// SPDX-License-Identifier: MIT
/*
 * A pipe's own transfer ring: the driver takes from it what a running stream needs, without a call,
 * and believes nothing that it reads there. High speed, transfers of 8 packets, each a frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "bench.h"
#include "busclock.h"

#define CONTINUE     WINUSB_ISO_TRANSFER_CONTINUE
#define PACKETS	     8u
#define ENTRIES	     32u /* of the pipe ring */
#define PLACES	     64u /* transfers that the buffer has room for, and the session's rings */
#define OTHER_BUFFER 8u	 /* transfers that the second buffer has room for */

struct ringed {
	int fd;
	uint8_t address, other; /* the IN pipe and the OUT pipe */
	struct fixture_rings rings;
	struct fixture_buffer buffer;
	struct winusb_iso_setup_pipe_ring info;
	struct winusb_iso_pipe_ring *control;
	struct winusb_iso_transfer *entries;
	uint32_t tail;
	uint64_t published, collected, next_uframe;
};

static uint8_t find_pipe(int fd, bool in)
{
	struct winusb_iso_pipe_info pipe;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		pipe = (struct winusb_iso_pipe_info){ .alternate = bench_alternate(), .index = i };
		REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_PIPE, &pipe));
		if (pipe.type == WINUSB_ISO_PIPE_ISOCHRONOUS && !!(pipe.address & 0x80) == in)
			break;
	}
	return pipe.address;
}

static int setup_pipe_ring(struct ringed *r, uint8_t address, uint32_t entries)
{
	r->info = (struct winusb_iso_setup_pipe_ring){ .pipe = address, .entries = entries };
	return fixture_ioctl(r->fd, WINUSB_ISO_IOC_SETUP_PIPE_RING, &r->info);
}

/* A mapping keeps the file open. */
static size_t map_size;

static void unmap(void *map)
{
	munmap(map, map_size);
}

static void map_pipe_ring(struct ringed *r)
{
	char *map = mmap(NULL, r->info.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
			 (off_t)r->info.mmap_offset);

	REQUIRE(map != MAP_FAILED);
	map_size = r->info.mmap_size;
	tap_defer(unmap, map);
	r->control = (void *)map;
	r->entries = (void *)(map + r->info.transfers_offset);
}

/* The file, with rings and a buffer of the IN pipe. */
static void open_session(struct ringed *r)
{
	memset(r, 0, sizeof(*r));
	bench_gadget(BENCH_SOURCE_SINK, &gadget_speeds[1], 0);
	r->fd = fixture_open_path(bench_node(), O_RDWR | O_NONBLOCK);
	REQUIRE(r->fd >= 0);
	fixture_set_alternate(r->fd, bench_alternate());
	r->address = find_pipe(r->fd, true);
	r->other = find_pipe(r->fd, false);
	fixture_rings(r->fd, &r->rings, PLACES);
	fixture_register_packets(r->fd, &r->buffer, r->address, PLACES * PACKETS);
}

static void set_up(struct ringed *r)
{
	open_session(r);
	REQUIRE_WORKS(setup_pipe_ring(r, r->address, ENTRIES));
	map_pipe_ring(r);
	busclock_take();
}

static struct winusb_iso_transfer make(const struct ringed *r, uint32_t flags)
{
	struct winusb_iso_transfer transfer =
		fixture_transfer(&r->buffer, (uint32_t)(r->published % PLACES) * PACKETS, PACKETS,
				 r->published);

	transfer.flags = flags;
	return transfer;
}

static void publish_this(struct ringed *r, const struct winusb_iso_transfer *transfer)
{
	r->entries[r->tail++ & (r->info.entries - 1)] = *transfer;
	__atomic_store_n(&r->control->tail, r->tail, __ATOMIC_RELEASE);
}

static void publish(struct ringed *r, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct winusb_iso_transfer transfer = make(r, r->published ? CONTINUE : 0);

		publish_this(r, &transfer);
		r->published++;
	}
}

static int start(struct ringed *r)
{
	struct winusb_iso_pipe pipe = { .pipe = r->address };

	return fixture_ioctl(r->fd, WINUSB_ISO_IOC_START_PIPE, &pipe);
}

static bool must_start(const struct ringed *r)
{
	return r->control->flags & WINUSB_ISO_PIPE_RING_NEED_START;
}

/* The next completion is of a transfer that directly followed the one before. */
static void expect_good(struct ringed *r)
{
	struct winusb_iso_completion completion;

	REQUIRE(fixture_collect(&r->rings, &completion));
	EQUAL(completion.cookie, r->collected);
	RETURNS(completion.status, 0);
	EQUAL(completion.gap, 0);
	EQUAL(completion.error_count, 0);
	EQUAL(completion.num_packets, PACKETS);
	if (r->collected)
		EQUAL(completion.start_uframe, r->next_uframe);
	r->next_uframe = completion.start_uframe + PACKETS;
	r->collected++;
}

static void expect_status(struct ringed *r, uint64_t cookie, int status)
{
	struct winusb_iso_completion completion;

	REQUIRE(fixture_collect(&r->rings, &completion));
	EQUAL(completion.cookie, cookie);
	RETURNS(completion.status, status);
	EQUAL(completion.flags & WINUSB_ISO_COMPLETION_NOT_SENT, WINUSB_ISO_COMPLETION_NOT_SENT);
}

static void expect_none(struct ringed *r)
{
	struct winusb_iso_completion completion;

	CHECK(!fixture_collect(&r->rings, &completion));
}

/* Goes on until one more transfer has completed, which the driver may only then have begun. */
static void one_more(struct ringed *r)
{
	uint32_t before = r->rings.control->completion_tail, waited = 0;

	while (r->rings.control->completion_tail == before && waited++ < 64)
		busclock_advance(1);
	REQUIRE(r->rings.control->completion_tail != before);
}

/* --- the stream --- */

static void runs_without_calls(void)
{
	struct ringed r;
	unsigned int i;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	for (i = 0; i < 200; i++) {
		one_more(&r);
		expect_good(&r);
		EQUAL(r.control->flags, 0);
		publish(&r, 1);
	}
	EQUAL(r.control->refused, 0);
	fixture_close(r.fd);
}

static void nothing_before_start(void)
{
	struct ringed r;

	set_up(&r);
	CHECK(must_start(&r));
	publish(&r, 2);
	busclock_advance(64);
	EQUAL(r.control->head, 0);
	expect_none(&r);
	REQUIRE_WORKS(start(&r));
	EQUAL(r.control->head, 2);
	one_more(&r);
	expect_good(&r);
	fixture_close(r.fd);
}

/* Four transfers are with the controller, and come back one by one: one must be left after next. */
static void flag_follows(void)
{
	static const bool low[] = { false, true, true, true };
	struct ringed r;
	unsigned int i;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	for (i = 0; i < 4; i++) {
		EQUAL(must_start(&r), i && low[i - 1]);
		one_more(&r);
		expect_good(&r);
	}
	CHECK(must_start(&r));
	fixture_close(r.fd);
}

/* More than there is room for among the completions: what is left waits in the ring. */
static void deep_queue(void)
{
	const uint64_t total = 500;
	struct ringed r;

	open_session(&r);
	REQUIRE_WORKS(setup_pipe_ring(&r, r.address, (uint32_t)total));
	EQUAL(r.info.entries, 512);
	CHECK(r.info.transfers_offset + 512 * sizeof(*r.entries) <= r.info.mmap_size);
	map_pipe_ring(&r);
	busclock_take();
	publish(&r, (unsigned int)total);
	REQUIRE_WORKS(start(&r));
	while (r.collected < total) {
		one_more(&r);
		expect_good(&r);
	}
	EQUAL(r.control->head, total);
	expect_none(&r);
	fixture_close(r.fd);
}

/* Uncollected completions fill the ring: nothing is lost, and it goes on after collecting. */
static void waits_for_room(void)
{
	struct ringed r;
	unsigned int i;

	open_session(&r);
	REQUIRE_WORKS(setup_pipe_ring(&r, r.address, 2 * PLACES));
	map_pipe_ring(&r);
	busclock_take();
	publish(&r, 2 * PLACES);
	REQUIRE_WORKS(start(&r));
	busclock_advance((PLACES + 4) * PACKETS);
	EQUAL(r.control->head, PLACES);
	CHECK(must_start(&r));
	for (i = 0; i < PLACES; i++)
		expect_good(&r);
	expect_none(&r);
	REQUIRE_WORKS(start(&r));
	EQUAL(r.control->head, 2 * PLACES);
	/* The stream has ended meanwhile: what was to continue it says so. */
	expect_status(&r, PLACES, EXDEV);
	fixture_close(r.fd);
}

/* Only the last of them is to be told by itself. */
static void publish_group(struct ringed *r, unsigned int count)
{
	struct winusb_iso_transfer transfer;

	while (count--) {
		transfer = make(r, r->published ? CONTINUE : 0);
		transfer.flags |= count ? WINUSB_ISO_TRANSFER_NO_INTERRUPT : 0;
		publish_this(r, &transfer);
		r->published++;
	}
}

/* Each group is an URB, so all of it completes in the same microframe. */
static void groups(void)
{
	struct ringed r;
	unsigned int i, n;

	set_up(&r);
	publish(&r, 8);
	for (i = 0; i < 3; i++)
		publish_group(&r, 8);
	REQUIRE_WORKS(start(&r));
	for (i = 0; i < 8; i++) {
		one_more(&r);
		expect_good(&r);
	}
	for (i = 0; i < 25; i++) {
		busclock_advance(8 * PACKETS - 1);
		expect_none(&r);
		one_more(&r);
		EQUAL(r.rings.control->completion_tail - r.rings.head, 8);
		for (n = 0; n < 8; n++)
			expect_good(&r);
		EQUAL(r.control->flags, 0);
		publish_group(&r, 8);
	}
	EQUAL(r.control->refused, 0);
	fixture_close(r.fd);
}

/* One of them is cancelled and goes on; when all are, the URB is withdrawn. */
static void group_cancelled(void)
{
	struct winusb_iso_cancel cancel = { 0 };
	struct winusb_iso_completion completion;
	struct ringed r;
	unsigned int i;

	set_up(&r);
	publish(&r, 2);
	publish_group(&r, 3);
	REQUIRE_WORKS(start(&r));
	cancel.pipe = r.address;
	for (cancel.cookie = 2; cancel.cookie < 5; cancel.cookie++) {
		REQUIRE_WORKS(fixture_ioctl(r.fd, WINUSB_ISO_IOC_CANCEL, &cancel));
		RETURNS(fixture_ioctl(r.fd, WINUSB_ISO_IOC_CANCEL, &cancel), ENOENT);
		expect_none(&r);
	}
	for (i = 0; i < 2; i++) {
		one_more(&r);
		expect_good(&r);
	}
	for (i = 2; i < 5; i++) {
		while (!fixture_collect(&r.rings, &completion))
			busclock_advance(1);
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, ECONNRESET);
		EQUAL(completion.error_count, PACKETS);
	}
	fixture_close(r.fd);
}

/* --- what is refused --- */

struct refusal {
	const char *what;
	int status;
	void (*spoil)(struct ringed *r, struct winusb_iso_transfer *transfer);
};

static void no_buffer(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->buffer = 4711;
}

static void other_pipe(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	struct fixture_buffer buffer;

	fixture_register_packets(r->fd, &buffer, r->other, PACKETS);
	transfer->buffer = buffer.info.handle;
}

static void unknown_flag(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->flags = 1u << 31;
}

static void padded(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->padding[1] = 1;
}

static void no_packets(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->num_packets = 0;
}

static void past_the_table(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->first_packet = UINT32_MAX;
}

static void past_the_data(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->offset = UINT32_MAX;
}

static void wrong_length(struct ringed *r, struct winusb_iso_transfer *transfer)
{
	(void)r;
	transfer->length++;
}

static const struct refusal refusals[] = {
	{ "no such buffer", ENOENT, no_buffer },
	{ "a buffer of another pipe", ENOENT, other_pipe },
	{ "an unknown flag", EINVAL, unknown_flag },
	{ "padding", EINVAL, padded },
	{ "no packets", ERANGE, no_packets },
	{ "packets past the table", E2BIG, past_the_table },
	{ "bytes past the data", EOVERFLOW, past_the_data },
	{ "a length that is not that of its packets", EMSGSIZE, wrong_length },
};

/* Each bad one between good ones of a running stream, which does not notice. */
static void refused_one_by_one(void)
{
	struct winusb_iso_transfer transfer;
	struct ringed r;
	unsigned int i;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		tap_note("%s", refusals[i].what);
		transfer = make(&r, CONTINUE);
		transfer.cookie = 1000 + i;
		refusals[i].spoil(&r, &transfer);
		publish_this(&r, &transfer);
		publish(&r, 1);
		one_more(&r);
		/* Published first: results are collected before the pump looks. */
		expect_good(&r);
		expect_status(&r, 1000 + i, refusals[i].status);
		expect_none(&r);
	}
	fixture_close(r.fd);
}

static void too_many_lengths(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	struct ringed r;

	set_up(&r);
	fixture_register(r.fd, &buffer, r.address, 4096, WINUSB_ISO_MAX_LISTED_PACKETS + 1);
	transfer = fixture_transfer(&buffer, 0, WINUSB_ISO_MAX_LISTED_PACKETS + 1, 1);
	transfer.flags = WINUSB_ISO_TRANSFER_PACKET_LENGTHS;
	transfer.length = 0;
	publish_this(&r, &transfer);
	REQUIRE_WORKS(start(&r));
	expect_status(&r, 1, E2BIG);
	transfer.num_packets--;
	publish_this(&r, &transfer);
	REQUIRE_WORKS(start(&r));
	expect_none(&r); /* it runs */
	EQUAL(r.control->head, 2);
	fixture_close(r.fd);
}

static void buffer_gone(void)
{
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	struct ringed r;

	set_up(&r);
	fixture_register_packets(r.fd, &buffer, r.address, PACKETS);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	transfer = fixture_transfer(&buffer, 0, PACKETS, 1000);
	publish_this(&r, &transfer);
	REQUIRE_WORKS(fixture_unregister(r.fd, buffer.info.handle));
	publish(&r, 1);
	one_more(&r);
	expect_good(&r);
	expect_status(&r, 1000, ENOENT);
	RETURNS(fixture_unregister(r.fd, r.buffer.info.handle), EBUSY);
	one_more(&r);
	expect_good(&r);
	fixture_close(r.fd);
}

static void wild_tail(void)
{
	struct ringed r;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	r.control->tail = 4 + ENTRIES + 1;
	RETURNS(start(&r), ERANGE);
	CHECK(r.control->refused >= 1);
	one_more(&r);
	expect_good(&r);
	EQUAL(r.control->head, 4);
	r.control->tail = 3;
	RETURNS(start(&r), ERANGE);
	r.control->tail = r.tail;
	publish(&r, 1);
	one_more(&r);
	expect_good(&r);
	EQUAL(r.control->head, 5);
	fixture_close(r.fd);
}

/* What the driver writes, it does not read. */
static void scribbled_control(void)
{
	struct ringed r;
	unsigned int i;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	for (i = 0; i < 16; i++) {
		r.control->head = 0xdeadbeef * (i + 1);
		r.control->flags = 0xffffffff;
		publish(&r, 1);
		one_more(&r);
		expect_good(&r);
	}
	EQUAL(r.control->head, r.tail);
	fixture_close(r.fd);
}

static void random_bytes(void *memory, size_t size, uint32_t *seed)
{
	uint8_t *bytes = memory;

	while (size--) {
		*seed = *seed * 1664525u + 1013904223u;
		*bytes++ = (uint8_t)(*seed >> 24);
	}
}

/* A good entry with one member of nonsense, or nothing but nonsense. */
static void spoil(struct ringed *r, struct winusb_iso_transfer *entry, uint32_t *seed)
{
	size_t at;

	*entry = make(r, 0);
	*seed = *seed * 1664525u + 1013904223u;
	at = 16 + (*seed >> 24) % 8 * 4;
	if (*seed & 1 << 20)
		random_bytes(entry, sizeof(*entry), seed);
	else
		random_bytes((uint8_t *)entry + at, 4, seed);
}

/* Whatever is in there, all of it completes, and the session is as good as before. */
static void nonsense(void)
{
	struct winusb_iso_completion completion;
	unsigned int round, i, completed = 0;
	uint32_t seed = 7;
	struct ringed r;

	set_up(&r);
	for (round = 0; round < 100; round++) {
		for (i = 0; i < ENTRIES; i++) {
			spoil(&r, &r.entries[r.tail++ & (ENTRIES - 1)], &seed);
			r.published++;
		}
		__atomic_store_n(&r.control->tail, r.tail, __ATOMIC_RELEASE);
		REQUIRE_WORKS(start(&r));
		REQUIRE_WORKS(fixture_abort(r.fd, r.address));
		while (fixture_collect(&r.rings, &completion))
			completed += completion.status <= 0;
	}
	EQUAL(completed, 100 * ENTRIES);
	EQUAL(r.control->refused, 0);
	r.published = r.collected = 0;
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	for (i = 0; i < 4; i++) {
		one_more(&r);
		expect_good(&r);
	}
	fixture_close(r.fd);
}

/* --- the end --- */

static void aborted(void)
{
	struct winusb_iso_completion completion;
	unsigned int i;
	struct ringed r;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	publish(&r, 8);
	REQUIRE_WORKS(fixture_abort(r.fd, r.address));
	EQUAL(r.control->head, 12);
	for (i = 0; i < 12; i++) {
		REQUIRE(fixture_collect(&r.rings, &completion));
		EQUAL(completion.cookie, i);
		RETURNS(completion.status, ECONNRESET);
	}
	CHECK(must_start(&r));
	publish(&r, 1);
	r.entries[12].flags = 0;
	r.collected = 12;
	REQUIRE_WORKS(start(&r));
	one_more(&r);
	REQUIRE(fixture_collect(&r.rings, &completion));
	EQUAL(completion.cookie, 12);
	RETURNS(completion.status, 0);
	fixture_close(r.fd);
}

static void other_setting(void)
{
	struct ringed r;
	unsigned int i;

	set_up(&r);
	publish(&r, 3);
	fixture_set_alternate(r.fd, 0);
	for (i = 0; i < 3; i++)
		expect_status(&r, i, ECONNRESET);
	publish(&r, 1);
	REQUIRE_WORKS(start(&r));
	expect_status(&r, 3, ESTALE);
	fixture_set_alternate(r.fd, bench_alternate());
	r.published = 0;
	publish(&r, 2);
	REQUIRE_WORKS(start(&r));
	one_more(&r);
	expect_good(&r);
	fixture_close(r.fd);
}

static void unplugged(void)
{
	struct winusb_iso_completion completion;
	unsigned int i;
	struct ringed r;

	set_up(&r);
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	publish(&r, 8);
	bench_gadget_gone();
	for (i = 0; i < 12; i++) {
		REQUIRE(fixture_collect(&r.rings, &completion));
		EQUAL(completion.cookie, i);
		/* Once the first ones are back, others have nothing to continue. */
		if (i < 4 || completion.status != -EXDEV)
			RETURNS(completion.status, ENODEV);
	}
	expect_none(&r);
	RETURNS(start(&r), ENODEV);
	publish(&r, 1);
	expect_none(&r);
	fixture_close(r.fd);
}

/* --- setting it up --- */

static void set_up_errors(void)
{
	struct winusb_iso_setup_pipe_ring setup = { .entries = 8 };
	int reader;
	struct ringed r;

	open_session(&r);
	RETURNS(setup_pipe_ring(&r, r.address, 0), ERANGE);
	RETURNS(setup_pipe_ring(&r, r.address, WINUSB_ISO_MAX_RING_ENTRIES + 1), ERANGE);
	RETURNS(setup_pipe_ring(&r, r.other, 8), ENOENT);
	RETURNS(setup_pipe_ring(&r, 0x8f, 8), ENOENT);
	RETURNS(setup_pipe_ring(&r, r.address | 0x10, 8), ENOENT);
	RETURNS(start(&r), ENXIO);
	RETURNS(fixture_ioctl(r.fd, WINUSB_ISO_IOC_START_PIPE,
			      &(struct winusb_iso_pipe){ .pipe = r.address, .padding = { 1 } }),
		EINVAL);
	setup.pipe = r.address;
	setup.padding[2] = 1;
	RETURNS(fixture_ioctl(r.fd, WINUSB_ISO_IOC_SETUP_PIPE_RING, &setup), EINVAL);
	setup.padding[2] = 0;
	setup.reserved = 1;
	RETURNS(fixture_ioctl(r.fd, WINUSB_ISO_IOC_SETUP_PIPE_RING, &setup), EINVAL);
	reader = fixture_open_path(bench_node(), O_RDONLY);
	setup.reserved = 0;
	RETURNS(fixture_ioctl(reader, WINUSB_ISO_IOC_SETUP_PIPE_RING, &setup), EPERM);
	REQUIRE_WORKS(setup_pipe_ring(&r, r.address, 5));
	EQUAL(r.info.entries, 8);
	RETURNS(setup_pipe_ring(&r, r.address, 8), EEXIST);
	fixture_close(reader);
	fixture_close(r.fd);
}

/* A ring belongs to the session that the pipe belongs to. */
static void other_session(void)
{
	struct ringed r, other;
	void *map;

	set_up(&r);
	memset(&other, 0, sizeof(other));
	other.fd = fixture_open_path(bench_node(), O_RDWR);
	REQUIRE(other.fd >= 0);
	other.address = r.address;
	fixture_rings(other.fd, &other.rings, PLACES);
	RETURNS(setup_pipe_ring(&other, r.address, 8), ENOENT);
	RETURNS(start(&other), ENOENT);
	map = mmap(NULL, r.info.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, other.fd,
		   (off_t)r.info.mmap_offset);
	CHECK(map == MAP_FAILED);
	fixture_close(other.fd);
	fixture_close(r.fd);
}

/* --- waiting for several --- */

static int wait_for(int fd, uint32_t completions, uint64_t timeout_ns)
{
	struct winusb_iso_wait wait = { .completions = completions, .timeout_ns = timeout_ns };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_WAIT, &wait);
}

static void wait_errors(void)
{
	struct winusb_iso_wait wait = { .completions = 1, .padding = 1 };
	struct ringed r;
	int fd;

	set_up(&r);
	RETURNS(fixture_ioctl(r.fd, WINUSB_ISO_IOC_WAIT, &wait), EINVAL);
	RETURNS(wait_for(r.fd, 0, 0), EINVAL);
	fd = fixture_open_path(bench_node(), O_RDWR);
	RETURNS(wait_for(fd, 1, 0), ENXIO);
	fixture_close(fd);
	WORKS(wait_for(r.fd, 1, 0)); /* nothing is pending */
	publish(&r, 4);
	REQUIRE_WORKS(start(&r));
	RETURNS(wait_for(r.fd, 1, 3000000), ETIME); /* the clock stands */
	one_more(&r);
	WORKS(wait_for(r.fd, 1, 0));
	RETURNS(wait_for(r.fd, 2, 3000000), ETIME);
	bench_gadget_gone();
	WORKS(wait_for(r.fd, 4, 0));
	while (r.rings.head != r.rings.control->completion_tail)
		r.rings.control->completion_head = ++r.rings.head;
	RETURNS(wait_for(r.fd, 1, 0), ENODEV);
	fixture_close(r.fd);
}

static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

/* On the real clock: the program sleeps once for each batch, and finds all of it. */
static void woken_once(void)
{
	struct ringed r;
	unsigned int batch, i;
	long before;

	open_session(&r);
	REQUIRE_WORKS(setup_pipe_ring(&r, r.address, ENTRIES));
	map_pipe_ring(&r);
	publish(&r, 24);
	REQUIRE_WORKS(start(&r));
	for (batch = 0; batch < 20; batch++) {
		before = sleeps();
		REQUIRE_WORKS(wait_for(r.fd, 8, 0));
		EQUAL(sleeps() - before, 1);
		EQUAL(r.rings.control->completion_tail - r.rings.head, 8);
		for (i = 0; i < 8; i++)
			expect_good(&r);
		publish(&r, 8);
		CHECK(!must_start(&r));
	}
	fixture_close(r.fd);
}

static const struct tap_test tests[] = {
	{ "a running stream takes 200 transfers without a call", runs_without_calls },
	{ "an idle pipe takes nothing until it is started", nothing_before_start },
	{ "the flag asks for a start when the controller has little", flag_follows },
	{ "transfers that are told together go and complete together", groups },
	{ "an URB is withdrawn when all that share it are cancelled", group_cancelled },
	{ "500 transfers wait in the ring and go as one stream", deep_queue },
	{ "transfers wait in the ring while completions fill theirs", waits_for_room },
	{ "a bad entry completes with its errno and the stream goes on", refused_one_by_one },
	{ "an entry with more than 1024 packet lengths is refused", too_many_lengths },
	{ "an entry whose buffer was unregistered meanwhile is refused", buffer_gone },
	{ "a tail that can not be takes nothing and is counted", wild_tail },
	{ "what the driver writes to the ring it does not believe", scribbled_control },
	{ "3200 entries of nonsense all complete, and a stream runs afterwards", nonsense },
	{ "abort ends what was published, and a new stream can start", aborted },
	{ "another alternate setting ends what was published", other_setting },
	{ "unplug ends what was published", unplugged },
	{ "the ring can be set up once, by the owner of the pipe", set_up_errors },
	{ "another session can neither start nor map the ring", other_session },
	{ "waiting for several says when time is up or nothing will come", wait_errors },
	{ "a program is woken once for 8 transfers", woken_once },
};

int main(int argc, char **argv)
{
	return BENCH_MAIN(argc, argv, tests);
}
