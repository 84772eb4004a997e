// SPDX-License-Identifier: MIT
/*
 * Transfers that are refused: by SUBMIT with an errno, and through the ring with a completion that
 * has the same one. Each refusal is one change to a transfer that is good.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

#define GOOD_PACKETS 8u
#define COOKIE	     0x123456789abcdef0ull

struct refused {
	struct scene scene;
	struct fixture_rings rings;
	struct fixture_buffer out;
	struct winusb_iso_transfer transfer;
	uint64_t now; /* bus time */
};

typedef void (*change_fn)(struct refused *refused, struct winusb_iso_transfer *transfer);

static uint64_t bus_time(int fd)
{
	struct winusb_iso_frame frame;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	return frame.uframe;
}

static void set_up(struct refused *refused)
{
	struct scene *scene = &refused->scene;

	scene_open(scene);
	fixture_rings(scene->fd, &refused->rings, 8);
	fixture_register_packets(scene->fd, &scene->in, SCENE_IN, SCENE_PACKETS);
	fixture_register_packets(scene->fd, &refused->out, SCENE_OUT, SCENE_PACKETS);
	refused->transfer = fixture_transfer(&scene->in, 0, GOOD_PACKETS, COOKIE);
	refused->now = bus_time(scene->fd);
}

/* What a failed call must not touch. */
struct snapshot {
	struct winusb_iso_ring control;
	uint8_t *in, *out;
};

static uint8_t *copy_of(const void *from, size_t size)
{
	uint8_t *copy = malloc(size);

	REQUIRE(copy);
	tap_defer(free, copy);
	return memcpy(copy, from, size);
}

static struct snapshot take_snapshot(const struct refused *r)
{
	return (struct snapshot){
		.control = *r->rings.control,
		.in = copy_of(r->scene.in.data, r->scene.in.info.mmap_size),
		.out = copy_of(r->out.data, r->out.info.mmap_size),
	};
}

static void check_buffers_unchanged(const struct refused *r, const struct snapshot *before)
{
	CHECK(!memcmp(r->scene.in.data, before->in, r->scene.in.info.mmap_size));
	CHECK(!memcmp(r->out.data, before->out, r->out.info.mmap_size));
}

/* After as many refusals as the ring has entries there is still room for good ones. */
static void check_still_works(struct refused *r)
{
	struct winusb_iso_transfer good[] = {
		fixture_transfer(&r->scene.in, 0, SCENE_PACKETS, 1),
		fixture_transfer(&r->out, 0, SCENE_PACKETS, 2),
	};
	struct winusb_iso_completion completion;
	unsigned int i;

	fixture_set_alternate(r->scene.fd, 1);
	for (i = 0; i < 2; i++) {
		REQUIRE_WORKS(fixture_submit(r->scene.fd, &good[i]));
		REQUIRE_WORKS(scene_reap_wait(r->scene.fd, &completion));
		EQUAL(completion.cookie, good[i].cookie);
		RETURNS(completion.status, 0);
		EQUAL(completion.actual_length, SCENE_PACKETS * SCENE_MAX_BYTES);
		EQUAL(completion.gap, 0);
	}
	WORKS(fixture_unregister(r->scene.fd, r->scene.in.info.handle));
	WORKS(fixture_unregister(r->scene.fd, r->out.info.handle));
}

static void check_submit(change_fn change, int error)
{
	struct winusb_iso_completion completion;
	struct refused r = { 0 };
	struct snapshot before;
	unsigned int i;

	set_up(&r);
	change(&r, &r.transfer);
	before = take_snapshot(&r);
	for (i = 0; i < 10; i++)
		RETURNS(fixture_submit(r.scene.fd, &r.transfer), error);
	check_buffers_unchanged(&r, &before);
	CHECK(!memcmp(r.rings.control, &before.control, sizeof(before.control)));
	RETURNS(fixture_reap(r.scene.fd, &completion), EAGAIN);
	check_still_works(&r);
}

static void check_refused_completion(const struct refused *r,
				     const struct winusb_iso_completion *completion, int error)
{
	EQUAL(completion->cookie, COOKIE);
	RETURNS(completion->status, error);
	EQUAL(completion->flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	EQUAL(completion->buffer, r->transfer.buffer);
	EQUAL(completion->num_packets, r->transfer.num_packets);
	EQUAL(completion->actual_length, 0);
	EQUAL(completion->start_uframe, 0);
	EQUAL(completion->gap, 0);
	EQUAL(completion->inner_gap, 0);
	EQUAL(completion->trust, WINUSB_ISO_TRUST_UNKNOWN);
	EQUAL(completion->reserved, 0);
	CHECK(completion->timestamp_ns > 0);
}

static void check_ring(change_fn change, int error)
{
	struct winusb_iso_completion completion;
	struct refused r = { 0 };
	struct snapshot before;
	unsigned int i;
	uint32_t taken;

	set_up(&r);
	change(&r, &r.transfer);
	before = take_snapshot(&r);
	for (i = 0; i < 10; i++) {
		fixture_publish(&r.rings, &r.transfer);
		WORKS(fixture_submit_ring(r.scene.fd, &taken));
		EQUAL(taken, 1);
		REQUIRE(fixture_collect(&r.rings, &completion));
		check_refused_completion(&r, &completion, error);
	}
	check_buffers_unchanged(&r, &before);
	CHECK(!fixture_collect(&r.rings, &completion));
	EQUAL(r.rings.control->refused, 0);
	check_still_works(&r);
}

#define REFUSAL(name, error, statements) \
	static void name##_change(struct refused *r, struct winusb_iso_transfer *t) \
	{ \
		(void)r, (void)t; \
		statements; \
	} \
	static void name(void) \
	{ \
		check_submit(name##_change, error); \
	} \
	static void name##_in_ring(void) \
	{ \
		check_ring(name##_change, error); \
	}

/* Lengths that are good: half of the maximum each. */
static void set_lengths(struct refused *r, struct winusb_iso_transfer *t)
{
	unsigned int i;

	t->flags = WINUSB_ISO_TRANSFER_PACKET_LENGTHS;
	t->length = t->num_packets * SCENE_MAX_BYTES / 2;
	for (i = 0; i < t->num_packets; i++)
		r->scene.in.packets[i].length = SCENE_MAX_BYTES / 2;
}

/* For OUT transfers: the same slice of the other buffer. */
static void make_out(struct refused *r, struct winusb_iso_transfer *t)
{
	t->buffer = r->out.info.handle;
}

REFUSAL(padding_0, EINVAL, t->padding[0] = 1)
REFUSAL(padding_1, EINVAL, t->padding[1] = 1u << 31)
REFUSAL(unknown_flag, EINVAL, t->flags = 1 << 3)
REFUSAL(highest_flag, EINVAL, t->flags = 1u << 31)
REFUSAL(unknown_flags_with_known, EINVAL, t->flags = UINT32_MAX)
REFUSAL(at_frame_continue, EINVAL, t->start_uframe = r->now + 1000;
	t->flags = WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_CONTINUE)
REFUSAL(drop_late_alone, EINVAL, t->flags = WINUSB_ISO_TRANSFER_DROP_LATE)
REFUSAL(drop_late_continue, EINVAL,
	t->flags = WINUSB_ISO_TRANSFER_DROP_LATE | WINUSB_ISO_TRANSFER_CONTINUE)
REFUSAL(first_unused_flag, EINVAL, t->flags = 1 << 7)
REFUSAL(start_without_at_frame, EINVAL, t->start_uframe = r->now + 1000)
REFUSAL(no_buffer, ENOENT, t->buffer = 0)
REFUSAL(unknown_buffer, ENOENT, t->buffer = r->out.info.handle + 1)
REFUSAL(absurd_buffer, ENOENT, t->buffer = UINT32_MAX)
REFUSAL(no_packets, ERANGE, t->num_packets = 0; t->length = 0)
REFUSAL(no_packets_with_length, ERANGE, t->num_packets = 0)
REFUSAL(first_past_table, E2BIG, t->first_packet = SCENE_PACKETS)
REFUSAL(packets_past_table, E2BIG, t->first_packet = SCENE_PACKETS - GOOD_PACKETS + 1)
REFUSAL(packets_overflow, E2BIG, t->first_packet = UINT32_MAX)
REFUSAL(packets_absurd, E2BIG, t->num_packets = UINT32_MAX)
REFUSAL(packets_sum_overflow, E2BIG, t->first_packet = 1; t->num_packets = UINT32_MAX)
REFUSAL(offset_past_end, EOVERFLOW, t->offset = SCENE_PACKETS * SCENE_MAX_BYTES)
REFUSAL(one_byte_past_end, EOVERFLOW,
	t->offset = (SCENE_PACKETS - GOOD_PACKETS) * SCENE_MAX_BYTES + 1)
REFUSAL(offset_overflow, EOVERFLOW, t->offset = UINT32_MAX)
REFUSAL(length_absurd, EOVERFLOW, t->length = UINT32_MAX)
REFUSAL(sum_overflow, EOVERFLOW, t->offset = UINT32_MAX - 100; t->length = 1000)
REFUSAL(in_too_short, EMSGSIZE, t->length -= 1)
REFUSAL(in_too_long, EMSGSIZE, t->length += 1)
REFUSAL(in_no_length, EMSGSIZE, t->length = 0)
REFUSAL(out_too_long, EMSGSIZE, make_out(r, t); t->length += 1)
REFUSAL(out_empty_last, EMSGSIZE, make_out(r, t); t->length -= SCENE_MAX_BYTES)
REFUSAL(out_no_length, EMSGSIZE, make_out(r, t); t->length = 0)
REFUSAL(packet_too_long, EMSGSIZE, set_lengths(r, t);
	r->scene.in.packets[3].length = SCENE_MAX_BYTES + 1; t->length += SCENE_MAX_BYTES / 2 + 1)
REFUSAL(packet_absurd, EMSGSIZE, set_lengths(r, t); r->scene.in.packets[7].length = UINT32_MAX)
REFUSAL(sum_too_small, EBADMSG, set_lengths(r, t); t->length += 1)
REFUSAL(sum_too_big, EBADMSG, set_lengths(r, t); t->length -= 1)
REFUSAL(at_frame_now, ETIME, t->start_uframe = r->now; t->flags = WINUSB_ISO_TRANSFER_AT_FRAME)
REFUSAL(at_frame_zero, ETIME, t->start_uframe = 0; t->flags = WINUSB_ISO_TRANSFER_AT_FRAME)
REFUSAL(at_frame_far, EFBIG, t->start_uframe = r->now + 10000000;
	t->flags = WINUSB_ISO_TRANSFER_AT_FRAME)
REFUSAL(at_frame_never, EFBIG, t->start_uframe = UINT64_MAX;
	t->flags = WINUSB_ISO_TRANSFER_AT_FRAME)
REFUSAL(drop_late_ago, ETIME, t->start_uframe = r->now - WINUSB_ISO_MAX_AT_FRAME_AHEAD - 1;
	t->flags = WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE)
REFUSAL(drop_late_zero, ETIME, t->start_uframe = 0;
	t->flags = WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE)
REFUSAL(drop_late_never, EFBIG, t->start_uframe = UINT64_MAX;
	t->flags = WINUSB_ISO_TRANSFER_AT_FRAME | WINUSB_ISO_TRANSFER_DROP_LATE)
REFUSAL(stale, ESTALE, fixture_set_alternate(r->scene.fd, 0))
REFUSAL(stale_other_pipe, ESTALE, t->buffer = r->out.info.handle;
	fixture_set_alternate(r->scene.fd, 0))

/* --- what depends on what is pending --- */

static void overcommitted(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct refused r = { 0 };

	set_up(&r);
	scene_hold(&r.scene);
	transfer = fixture_transfer(&r.scene.in, 0, SCENE_PACKETS - 1, 1);
	REQUIRE_WORKS(fixture_submit(r.scene.fd, &transfer));
	transfer = fixture_transfer(&r.scene.in, 0, 2, 2);
	RETURNS(fixture_submit(r.scene.fd, &transfer), EBUSY);
	tap_note("one packet is left, and other buffers don't matter");
	transfer = fixture_transfer(&r.scene.in, 0, 1, 3);
	WORKS(fixture_submit(r.scene.fd, &transfer));
	RETURNS(fixture_submit(r.scene.fd, &transfer), EBUSY);
	transfer = fixture_transfer(&r.out, 0, SCENE_PACKETS, 4);
	WORKS(fixture_submit(r.scene.fd, &transfer));
	tap_note("through the ring");
	transfer = fixture_transfer(&r.scene.in, 0, 1, 5);
	fixture_publish(&r.rings, &transfer);
	WORKS(fixture_submit_ring(r.scene.fd, NULL));
	REQUIRE(fixture_collect(&r.rings, &completion));
	EQUAL(completion.cookie, 5);
	RETURNS(completion.status, EBUSY);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	scene_release(&r.scene);
	REQUIRE_WORKS(fixture_collect_wait(r.scene.fd, &r.rings, &completion));
	tap_note("what has completed counts no longer");
	transfer = fixture_transfer(&r.scene.in, 0, 1, 6);
	WORKS(fixture_submit(r.scene.fd, &transfer));
}

/* The ring has 8 entries: 5 transfers with the device, 3 that completed and were not collected. */
static void rings_full(void)
{
	struct winusb_iso_transfer transfer;
	struct winusb_iso_completion completion;
	struct refused r = { 0 };
	unsigned int i;
	uint32_t taken;

	set_up(&r);
	r.transfer.buffer = 0;
	for (i = 0; i < 3; i++)
		fixture_publish(&r.rings, &r.transfer);
	REQUIRE_WORKS(fixture_submit_ring(r.scene.fd, NULL));
	scene_hold(&r.scene);
	for (i = 0; i < 5; i++) {
		transfer = fixture_transfer(&r.scene.in, i, 1, i);
		REQUIRE_WORKS(fixture_submit(r.scene.fd, &transfer));
	}
	RETURNS(fixture_submit(r.scene.fd, &transfer), EAGAIN);
	fixture_publish(&r.rings, &transfer);
	RETURNS(fixture_submit_ring(r.scene.fd, &taken), EAGAIN);
	EQUAL(taken, 0);
	EQUAL(r.rings.control->transfer_head, 3);
	tap_note("one that is collected makes room for one");
	REQUIRE(fixture_collect(&r.rings, &completion));
	fixture_publish(&r.rings, &transfer);
	WORKS(fixture_submit_ring(r.scene.fd, &taken));
	EQUAL(taken, 1);
	RETURNS(fixture_submit(r.scene.fd, &transfer), EAGAIN);
}

static void session_without_rings(void)
{
	struct winusb_iso_transfer transfer = { .buffer = 1, .length = 1024, .num_packets = 1 };
	struct scene scene;

	scene_open(&scene);
	RETURNS(fixture_submit(scene.fd, &transfer), ENOENT);
	RETURNS(fixture_submit_ring(scene.fd, NULL), ENXIO);
}

static void buffer_of_another(void)
{
	struct refused r = { 0 };
	int other;

	set_up(&r);
	other = scene_open_another(&r.scene);
	RETURNS(fixture_submit(other, &r.transfer), ENOENT);
	check_still_works(&r);
}

/*
 * 512 packets, which is what the driver hands over ahead of time, are held by the device; so the
 * next transfer waits in the driver while its lengths change.
 */
static void check_changed(uint32_t changed_to, int error)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer large;
	struct refused r = { 0 };
	unsigned int i;

	set_up(&r);
	fixture_register_packets(r.scene.fd, &large, SCENE_IN, 512);
	scene_hold(&r.scene);
	transfer = fixture_transfer(&large, 0, 512, 1);
	REQUIRE_WORKS(fixture_submit(r.scene.fd, &transfer));
	set_lengths(&r, &r.transfer);
	REQUIRE_WORKS(fixture_submit(r.scene.fd, &r.transfer));
	r.scene.in.packets[5].length = changed_to;
	scene_release(&r.scene);

	REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
	EQUAL(completion.cookie, 1);
	RETURNS(completion.status, 0);
	REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
	EQUAL(completion.cookie, COOKIE);
	RETURNS(completion.status, error);
	EQUAL(completion.flags & WINUSB_ISO_COMPLETION_NOT_SENT, WINUSB_ISO_COMPLETION_NOT_SENT);
	EQUAL(completion.actual_length, 0);
	EQUAL(completion.error_count, GOOD_PACKETS);
	for (i = 0; i < GOOD_PACKETS; i++) {
		EQUAL(r.scene.in.packets[i].length, 0);
		RETURNS(r.scene.in.packets[i].status, EXDEV);
	}
	check_still_works(&r);
}

static void changed_too_long(void)
{
	check_changed(SCENE_MAX_BYTES + 1, EMSGSIZE);
}
static void changed_absurd(void)
{
	check_changed(UINT32_MAX, EMSGSIZE);
}
static void changed_sum_smaller(void)
{
	check_changed(0, EBADMSG);
}
static void changed_sum_bigger(void)
{
	check_changed(SCENE_MAX_BYTES, EBADMSG);
}

/* --- what is just good enough --- */

static void limits_are_accepted(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct refused r = { 0 };

	set_up(&r);
	tap_note("the last packet and the last byte");
	transfer = fixture_transfer(&r.scene.in, SCENE_PACKETS - 1, 1, 1);
	WORKS(fixture_submit(r.scene.fd, &transfer));
	REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
	EQUAL(completion.actual_length, SCENE_MAX_BYTES);
	tap_note("an OUT transfer whose last packet has one byte");
	transfer = fixture_transfer(&r.out, 0, 2, 2);
	transfer.length = SCENE_MAX_BYTES + 1;
	WORKS(fixture_submit(r.scene.fd, &transfer));
	REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
	EQUAL(completion.actual_length, SCENE_MAX_BYTES + 1);
	EQUAL(r.out.packets[0].length, SCENE_MAX_BYTES);
	EQUAL(r.out.packets[1].offset, SCENE_MAX_BYTES);
	EQUAL(r.out.packets[1].length, 1);
}

static void lengths_of_zero(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct refused r = { 0 };
	unsigned int i;

	set_up(&r);
	transfer = fixture_transfer(&r.out, 0, GOOD_PACKETS, 3);
	transfer.length = 0;
	transfer.flags = WINUSB_ISO_TRANSFER_PACKET_LENGTHS;
	REQUIRE_WORKS(fixture_submit(r.scene.fd, &transfer));
	REQUIRE_WORKS(scene_reap_wait(r.scene.fd, &completion));
	RETURNS(completion.status, 0);
	EQUAL(completion.actual_length, 0);
	EQUAL(completion.error_count, 0);
	for (i = 0; i < GOOD_PACKETS; i++)
		EQUAL(r.out.packets[i].offset, 0);
}

#define BOTH(name, text) { text, name }, { text ", through the ring too", name##_in_ring },

// clang-format off
static const struct tap_test tests[] = {
	BOTH(padding_0, "a transfer with its first padding set is refused with EINVAL")
	BOTH(padding_1, "a transfer with its second padding set is refused with EINVAL")
	BOTH(unknown_flag, "a transfer with an unknown flag is refused with EINVAL")
	BOTH(highest_flag, "a transfer with the highest flag is refused with EINVAL")
	BOTH(unknown_flags_with_known, "a transfer with all flags is refused with EINVAL")
	BOTH(at_frame_continue, "AT_FRAME with CONTINUE is refused with EINVAL")
	BOTH(drop_late_alone, "DROP_LATE without AT_FRAME is refused with EINVAL")
	BOTH(drop_late_continue, "DROP_LATE with CONTINUE is refused with EINVAL")
	BOTH(first_unused_flag, "the first flag that means nothing is refused with EINVAL")
	BOTH(start_without_at_frame, "a start without AT_FRAME is refused with EINVAL")
	BOTH(no_buffer, "buffer 0 is refused with ENOENT")
	BOTH(unknown_buffer, "a buffer that was never registered is refused with ENOENT")
	BOTH(absurd_buffer, "buffer 2^32 - 1 is refused with ENOENT")
	BOTH(no_packets, "a transfer of no packets is refused with ERANGE")
	BOTH(no_packets_with_length, "a transfer of no packets with bytes is refused with ERANGE")
	BOTH(first_past_table, "a first packet past the table is refused with E2BIG")
	BOTH(packets_past_table, "packets past the end of the table are refused with E2BIG")
	BOTH(packets_overflow, "first packet 2^32 - 1 is refused with E2BIG")
	BOTH(packets_absurd, "a transfer of 2^32 - 1 packets is refused with E2BIG")
	BOTH(packets_sum_overflow, "packets that add up to 2^32 are refused with E2BIG")
	BOTH(offset_past_end, "an offset at the end of the buffer is refused with EOVERFLOW")
	BOTH(one_byte_past_end, "one byte past the end is refused with EOVERFLOW")
	BOTH(offset_overflow, "offset 2^32 - 1 is refused with EOVERFLOW")
	BOTH(length_absurd, "length 2^32 - 1 is refused with EOVERFLOW")
	BOTH(sum_overflow, "offset and length that pass 2^32 are refused with EOVERFLOW")
	BOTH(in_too_short, "an IN transfer one byte short is refused with EMSGSIZE")
	BOTH(in_too_long, "an IN transfer one byte too long is refused with EMSGSIZE")
	BOTH(in_no_length, "an IN transfer of no bytes is refused with EMSGSIZE")
	BOTH(out_too_long, "an OUT transfer one byte too long is refused with EMSGSIZE")
	BOTH(out_empty_last, "an OUT transfer with nothing for its last packet says EMSGSIZE")
	BOTH(out_no_length, "an OUT transfer of no bytes is refused with EMSGSIZE")
	BOTH(packet_too_long, "a packet one byte too long is refused with EMSGSIZE")
	BOTH(packet_absurd, "a packet of 2^32 - 1 bytes is refused with EMSGSIZE")
	BOTH(sum_too_small, "packet lengths that add up to less are refused with EBADMSG")
	BOTH(sum_too_big, "packet lengths that add up to more are refused with EBADMSG")
	BOTH(at_frame_now, "AT_FRAME now is refused with ETIME")
	BOTH(at_frame_zero, "AT_FRAME 0 is refused with ETIME")
	BOTH(at_frame_far, "AT_FRAME too far ahead is refused with EFBIG")
	BOTH(at_frame_never, "AT_FRAME 2^64 - 1 is refused with EFBIG")
	BOTH(drop_late_ago, "DROP_LATE longer ago than 8192 microframes is refused with ETIME")
	BOTH(drop_late_zero, "DROP_LATE 0 is refused with ETIME")
	BOTH(drop_late_never, "DROP_LATE 2^64 - 1 is refused with EFBIG")
	BOTH(stale, "a buffer whose pipe is gone from the alternate setting says ESTALE")
	BOTH(stale_other_pipe, "an OUT buffer whose pipe is gone says ESTALE")
	{ "more pending packets than the packet table has entries are refused with EBUSY",
	  overcommitted },
	{ "a transfer for which the rings have no room is refused with EAGAIN", rings_full },
	{ "a session without rings says ENOENT to SUBMIT and ENXIO to SUBMIT_RING",
	  session_without_rings },
	{ "another session's buffer is refused with ENOENT", buffer_of_another },
	{ "a packet made too long after submission completes with EMSGSIZE", changed_too_long },
	{ "a packet made 2^32 - 1 long after submission completes with EMSGSIZE", changed_absurd },
	{ "a packet made shorter after submission completes with EBADMSG", changed_sum_smaller },
	{ "a packet made longer after submission completes with EBADMSG", changed_sum_bigger },
	{ "the last packet and the last byte of a buffer can be used", limits_are_accepted },
	{ "an OUT transfer of packets without bytes goes through", lengths_of_zero },
};
// clang-format on

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
