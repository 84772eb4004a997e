// SPDX-License-Identifier: GPL-2.0-only
/* Submission through a session: calls, its ring, rings of pipes, and any order of all that. */

#include <linux/slab.h>

#include "session_world.h"

#define NOT_SENT	WINUSB_ISO_COMPLETION_NOT_SENT
#define ENTRIES		16
#define STREAM_PACKETS	64

/**
 * struct scene - a session with a buffer of each pipe
 * @world: around it.
 * @session: the session.
 * @stream: its buffer of STREAM_IN ...
 * @bulk: ... of BULK_OUT ...
 * @control: ... and of endpoint 0.
 */
struct scene {
	struct session_world *world;
	struct iso_session *session;
	u32 stream;
	u32 bulk;
	u32 control;
};

static void set_scene(struct kunit *test, struct scene *scene)
{
	struct winusb_iso_setup_ring setup = { .entries = ENTRIES };

	scene->world = session_world_of(test);
	scene->session = scene->world->session;
	KUNIT_ASSERT_EQ(test, iso_session_setup_ring(scene->session, &setup), 0);
	KUNIT_ASSERT_EQ(test, session_register(scene->session, STREAM_IN,
					       STREAM_PACKETS * 4, STREAM_PACKETS,
					       &scene->stream), 0);
	KUNIT_ASSERT_EQ(test, session_register(scene->session, BULK_OUT, 64, 0,
					       &scene->bulk), 0);
	KUNIT_ASSERT_EQ(test, session_register(scene->session, 0, 64, 0,
					       &scene->control), 0);
}

static struct winusb_iso_transfer one_packet(const struct scene *scene, u64 cookie)
{
	return (struct winusb_iso_transfer){
		.cookie = cookie,
		.buffer = scene->stream,
		.offset = cookie % STREAM_PACKETS * 4,
		.length = 4,
		.first_packet = cookie % STREAM_PACKETS,
		.num_packets = 1,
	};
}

static void expect(struct kunit *test, struct scene *scene, u64 cookie, int status)
{
	struct winusb_iso_completion result;

	KUNIT_ASSERT_TRUE_MSG(test, session_reap(scene->session, &result),
			      "no completion of %llu", cookie);
	KUNIT_EXPECT_EQ(test, result.cookie, cookie);
	KUNIT_EXPECT_EQ_MSG(test, result.status, status, "transfer %llu", cookie);
	if (status)
		KUNIT_EXPECT_EQ(test, (u32)result.flags, NOT_SENT);
}

static void expect_none(struct kunit *test, struct scene *scene)
{
	struct winusb_iso_completion result;

	KUNIT_EXPECT_FALSE(test, session_reap(scene->session, &result));
}

/* --- SUBMIT --- */

static void nothing_registered(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct winusb_iso_transfer request = { .buffer = 1 };

	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -ENOENT);
	request.flags = BIT(31);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -EINVAL);
}

static void handles(struct kunit *test)
{
	static const u32 wrong[] = { 0, 4, 1024, 1025, U32_MAX };
	struct winusb_iso_transfer request;
	struct scene scene;
	unsigned int i;

	set_scene(test, &scene);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		request = one_packet(&scene, 0);
		request.buffer = wrong[i];
		KUNIT_EXPECT_EQ_MSG(test, session_submit(scene.session, &request),
				    -ENOENT, "handle %u", wrong[i]);
	}
	request = one_packet(&scene, 0);
	KUNIT_EXPECT_EQ(test, session_submit(scene.world->other, &request), -ENOENT);
	KUNIT_EXPECT_EQ(test, scene.session->ring.outstanding, 0U);
}

static void full(struct kunit *test)
{
	struct winusb_iso_transfer request;
	struct scene scene;
	u64 i;

	set_scene(test, &scene);
	for (i = 0; i < ENTRIES; i++) {
		request = one_packet(&scene, i);
		KUNIT_EXPECT_EQ(test, session_submit(scene.session, &request), 0);
	}
	KUNIT_EXPECT_EQ(test, session_submit(scene.session, &request), -EAGAIN);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ_MSG(test, session_submit(scene.session, &request), -EAGAIN,
			    "nobody has collected");
	expect(test, &scene, 0, 0);
	request = one_packet(&scene, ENTRIES);
	KUNIT_EXPECT_EQ(test, session_submit(scene.session, &request), 0);
	for (i = 1; i < ENTRIES; i++)
		expect(test, &scene, i, 0);
}

struct plain_row {
	u8 pipe;
	u32 offset;
	u32 length;
	u32 flags;
	int wanted;
};

static void plain_matrix(struct kunit *test)
{
	static const struct plain_row rows[] = {
		{ BULK_OUT, 0, 64, 0, 0 },
		{ BULK_OUT, 64, 0, 0, 0 },
		{ BULK_OUT, 1, 64, 0, -EOVERFLOW },
		{ BULK_OUT, U32_MAX, U32_MAX, 0, -EOVERFLOW },
		{ BULK_OUT, 0, 1, WINUSB_ISO_TRANSFER_ZERO_PACKET, 0 },
		{ BULK_OUT, 0, 1, WINUSB_ISO_TRANSFER_SHORT_NOT_OK, -EINVAL },
		{ BULK_OUT, 0, 1, WINUSB_ISO_TRANSFER_CONTINUE, -EINVAL },
		{ BULK_OUT, 0, 1, WINUSB_ISO_TRANSFER_PACKET_LENGTHS, -EINVAL },
		{ BULK_IN, 0, 1, WINUSB_ISO_TRANSFER_SHORT_NOT_OK, 0 },
		{ BULK_IN, 0, 1, WINUSB_ISO_TRANSFER_ZERO_PACKET, -EINVAL },
		{ INTERRUPT_IN, 0, 8, WINUSB_ISO_TRANSFER_SHORT_NOT_OK, 0 },
		{ INTERRUPT_IN, 0, 8, WINUSB_ISO_TRANSFER_ZERO_PACKET, -EINVAL },
		{ INTERRUPT_OUT, 0, 8, 0, 0 },
		{ INTERRUPT_OUT, 0, 8, WINUSB_ISO_TRANSFER_ZERO_PACKET, -EINVAL },
		{ 0, 0, 8, 0, 0 },
		{ 0, 0, 7, 0, -EMSGSIZE },
		{ 0, 0, 8, WINUSB_ISO_TRANSFER_ZERO_PACKET, -EINVAL },
		{ 0, 0, 8, WINUSB_ISO_TRANSFER_SHORT_NOT_OK, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct session_world *world = session_world_of(test);
		struct winusb_iso_transfer request = {
			.offset = rows[i].offset,
			.length = rows[i].length,
			.flags = rows[i].flags,
		};

		KUNIT_ASSERT_EQ(test, session_register(world->session, rows[i].pipe, 64,
						       0, &request.buffer), 0);
		KUNIT_EXPECT_EQ_MSG(test, session_submit(world->session, &request),
				    rows[i].wanted, "row %u", i);
		request.num_packets = 1;
		KUNIT_EXPECT_NE(test, session_submit(world->session, &request), 0);
		request.num_packets = 0;
		request.first_packet = 1;
		KUNIT_EXPECT_NE(test, session_submit(world->session, &request), 0);
		session_suite_exit(test);
		session_suite_init(test);
	}
}

static void control_matrix(struct kunit *test)
{
	static const struct {
		struct usb_ctrlrequest setup;
		int wanted;
	} rows[] = {
		{ { USB_TYPE_VENDOR, 1, 0, 0, cpu_to_le16(56) }, 0 },
		{ { USB_TYPE_VENDOR, 1, 0, 0, cpu_to_le16(57) }, -EMSGSIZE },
		{ { USB_TYPE_VENDOR, 1, 0, 0, cpu_to_le16(65535) }, -EMSGSIZE },
		{ { 0, USB_REQ_SET_ADDRESS, cpu_to_le16(1) }, -EACCES },
		{ { USB_TYPE_CLASS | USB_RECIP_INTERFACE, 1, 0, cpu_to_le16(3) }, 0 },
		{ { USB_TYPE_CLASS | USB_RECIP_INTERFACE, 1, 0, cpu_to_le16(4) },
		  -EACCES },
	};
	struct winusb_iso_transfer request = { .length = 64 };
	struct scene scene;
	unsigned int i;

	set_scene(test, &scene);
	request.buffer = scene.control;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memcpy(iso_session_buffer(scene.session, scene.control)->data,
		       &rows[i].setup, sizeof(rows[i].setup));
		KUNIT_EXPECT_EQ_MSG(test, session_submit(scene.session, &request),
				    rows[i].wanted, "row %u", i);
	}
}

/* --- SUBMIT_RING --- */

static int submit_ring(struct scene *scene, u32 *taken)
{
	struct winusb_iso_submit_ring request = {};
	int err;

	mutex_lock(&scene->world->device->lock);
	err = iso_session_submit_ring(scene->session, &request);
	mutex_unlock(&scene->world->device->lock);
	*taken = request.taken;
	return err;
}

static void publish(struct scene *scene, const struct winusb_iso_transfer *request)
{
	struct iso_ring *ring = &scene->session->ring;
	u32 tail = ring->control->transfer_tail;

	ring->transfers[tail & (ENTRIES - 1)] = *request;
	WRITE_ONCE(ring->control->transfer_tail, tail + 1);
}

static void ring_refusals(struct kunit *test)
{
	static const u32 wrong[] = { ENTRIES + 1, 1U << 31, U32_MAX };
	struct winusb_iso_submit_ring request = { .flags = 1 };
	struct scene scene;
	unsigned int i;
	u32 taken;

	set_scene(test, &scene);
	KUNIT_EXPECT_EQ(test, iso_session_submit_ring(scene.session, &request), -EINVAL);
	request.flags = 0;
	KUNIT_EXPECT_EQ(test, iso_session_submit_ring(scene.world->other, &request),
			-ENXIO);
	KUNIT_EXPECT_EQ_MSG(test, submit_ring(&scene, &taken), 0, "nothing to do");
	KUNIT_EXPECT_EQ(test, taken, 0U);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		scene.session->ring.control->transfer_tail = wrong[i];
		KUNIT_EXPECT_EQ_MSG(test, submit_ring(&scene, &taken), -ERANGE,
				    "tail %u", wrong[i]);
		KUNIT_EXPECT_EQ(test, taken, 0U);
		KUNIT_EXPECT_EQ(test, scene.session->ring.control->refused, i + 1);
	}
}

/* Runs of two pipes, with entries between that are refused. */
static void ring_runs(struct kunit *test)
{
	struct winusb_iso_transfer request;
	struct scene scene;
	u32 i, taken;

	set_scene(test, &scene);
	for (i = 0; i < 12; i++) {
		request = one_packet(&scene, i);
		if (i % 4 == 2)
			request = (struct winusb_iso_transfer){
				.cookie = i, .buffer = scene.bulk, .length = 1,
			};
		if (i % 4 == 3)
			request.buffer = 77;
		publish(&scene, &request);
	}
	KUNIT_EXPECT_EQ(test, submit_ring(&scene, &taken), 0);
	KUNIT_EXPECT_EQ(test, taken, 12U);
	KUNIT_EXPECT_EQ_MSG(test, fake_host.submitted, 9U, "all pipes are pumped");
	expect(test, &scene, 3, -ENOENT);
	expect(test, &scene, 7, -ENOENT);
	expect(test, &scene, 11, -ENOENT);
	expect_none(test, &scene);
	fake_host_finish_all();
	KUNIT_EXPECT_EQ(test, scene.session->ring.outstanding, 0U);
}

static void ring_full(struct kunit *test)
{
	struct winusb_iso_transfer request;
	struct scene scene;
	u32 i, taken;

	set_scene(test, &scene);
	for (i = 0; i < 10; i++) {
		request = one_packet(&scene, i);
		KUNIT_EXPECT_EQ(test, session_submit(scene.session, &request), 0);
	}
	for (i = 10; i < 10 + ENTRIES; i++) {
		request = one_packet(&scene, i);
		publish(&scene, &request);
	}
	KUNIT_EXPECT_EQ(test, submit_ring(&scene, &taken), 0);
	KUNIT_EXPECT_EQ_MSG(test, taken, 6U, "so many completions have room");
	KUNIT_EXPECT_EQ(test, submit_ring(&scene, &taken), -EAGAIN);
	KUNIT_EXPECT_EQ(test, taken, 0U);
	fake_host_finish_all();
	for (i = 0; i < 16; i++)
		expect(test, &scene, i, 0);
	KUNIT_EXPECT_EQ(test, submit_ring(&scene, &taken), 0);
	KUNIT_EXPECT_EQ(test, taken, 10U);
	fake_host_finish_all();
	for (i = 16; i < 26; i++)
		expect(test, &scene, i, 0);
}

/* --- rings of pipes --- */

static int setup_pipe_ring(struct scene *scene, u8 address, u32 entries)
{
	struct winusb_iso_setup_pipe_ring setup = {
		.pipe = address,
		.entries = entries,
	};
	int err;

	mutex_lock(&scene->world->device->lock);
	err = iso_session_setup_pipe_ring(scene->session, &setup);
	mutex_unlock(&scene->world->device->lock);
	return err;
}

static int start_pipe(struct scene *scene, u8 address)
{
	const struct winusb_iso_pipe request = { .pipe = address };
	int err;

	mutex_lock(&scene->world->device->lock);
	err = iso_session_start_pipe(scene->session, &request);
	mutex_unlock(&scene->world->device->lock);
	return err;
}

static void pipe_ring_refusals(struct kunit *test)
{
	static const struct { u8 pipe; u32 entries; int wanted; } rows[] = {
		{ STREAM_IN, 0, -ERANGE },
		{ STREAM_IN, 65537, -ERANGE },
		{ STREAM_IN, U32_MAX, -ERANGE },
		{ STREAM_OUT, 16, -ENOENT },
		{ BULK_OUT, 16, -ENOENT },
		{ 0, 16, -ENOENT },
		{ 0xff, 16, -ENOENT },
		/* The same place among the device's pipes. */
		{ STREAM_IN | 0x10, 16, -ENOENT },
	};
	struct winusb_iso_setup_pipe_ring setup;
	struct scene scene;
	unsigned int i;

	set_scene(test, &scene);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, setup_pipe_ring(&scene, rows[i].pipe,
							  rows[i].entries),
				    rows[i].wanted, "row %u", i);
	for (i = 0; i < sizeof(setup.padding); i++) {
		setup = (struct winusb_iso_setup_pipe_ring){ STREAM_IN, {}, 16 };
		setup.padding[i] = 1;
		KUNIT_EXPECT_EQ_MSG(test, iso_session_setup_pipe_ring
				    (scene.session, &setup), -EINVAL, "byte %u", i);
	}
	setup = (struct winusb_iso_setup_pipe_ring){ STREAM_IN, {}, 16 };
	setup.reserved = 1;
	KUNIT_EXPECT_EQ(test, iso_session_setup_pipe_ring(scene.session, &setup),
			-EINVAL);
	setup.reserved = 0;
	KUNIT_EXPECT_EQ_MSG(test, iso_session_setup_pipe_ring(scene.world->other,
							      &setup), -ENOENT,
			    "not its pipe");
	KUNIT_EXPECT_EQ(test, start_pipe(&scene, STREAM_IN), -ENXIO);
	KUNIT_EXPECT_EQ(test, start_pipe(&scene, STREAM_OUT), -ENOENT);
	KUNIT_EXPECT_EQ(test, setup_pipe_ring(&scene, STREAM_IN, 65536), 0);
	KUNIT_EXPECT_EQ(test, setup_pipe_ring(&scene, STREAM_IN, 16), -EEXIST);
	KUNIT_EXPECT_EQ(test, start_pipe(&scene, STREAM_IN), 0);
}

static void pipe_ring_cookies(struct kunit *test)
{
	const u32 mine = ISO_INTAKE_COOKIE + iso_pipe_index(STREAM_IN);
	struct scene scene;
	u32 cookie, found = 0;

	set_scene(test, &scene);
	KUNIT_EXPECT_NULL(test, iso_session_intake(scene.session, mine));
	KUNIT_ASSERT_EQ(test, setup_pipe_ring(&scene, STREAM_IN, 16), 0);
	for (cookie = ISO_INTAKE_COOKIE - 1; cookie <= ISO_INTAKE_COOKIE + ISO_PIPES;
	     cookie++)
		if (iso_session_intake(scene.session, cookie))
			found = found * 1000 + cookie;
	KUNIT_EXPECT_EQ(test, found, mine);
	KUNIT_EXPECT_NULL(test, iso_session_intake(scene.session, 0));
	KUNIT_EXPECT_NULL(test, iso_session_intake(scene.session, U32_MAX));
	KUNIT_EXPECT_NULL_MSG(test, iso_session_intake(scene.world->other, mine),
			      "another's");
}

static void pipe_ring_runs(struct kunit *test)
{
	struct winusb_iso_transfer request;
	struct iso_intake *intake;
	struct scene scene;
	u32 i;

	set_scene(test, &scene);
	KUNIT_ASSERT_EQ(test, setup_pipe_ring(&scene, STREAM_IN, ENTRIES), 0);
	intake = iso_session_intake(scene.session, ISO_INTAKE_COOKIE +
				    iso_pipe_index(STREAM_IN));
	KUNIT_ASSERT_NOT_NULL(test, intake);
	for (i = 0; i < 4; i++) {
		request = one_packet(&scene, i);
		if (i == 1)
			request.buffer = scene.bulk; /* of another pipe */
		intake->transfers[i] = request;
	}
	WRITE_ONCE(intake->control->tail, 4);
	KUNIT_EXPECT_EQ(test, start_pipe(&scene, STREAM_IN), 0);
	KUNIT_EXPECT_EQ(test, intake->control->head, 4U);
	expect(test, &scene, 1, -ENOENT);
	fake_host_finish_all();
	expect(test, &scene, 0, 0);
	expect(test, &scene, 2, 0);
	expect(test, &scene, 3, 0);
}

/* --- any order --- */

#define STEPS	4000

/**
 * struct trial - one random sequence
 * @scene: what it plays on.
 * @chance: what it plays by.
 * @done: how often each transfer completed, by cookie.
 * @accepted: transfers that must complete; the next one's cookie.
 * @reaped: completions.
 */
struct trial {
	struct scene scene;
	struct chance chance;
	u8 done[STEPS * 4];
	u64 accepted;
	u64 reaped;
};

static struct winusb_iso_transfer choose(struct trial *trial)
{
	struct winusb_iso_transfer request = one_packet(&trial->scene, trial->accepted);

	switch (chance_below(&trial->chance, 8)) {
	case 0:
		request.buffer = trial->scene.bulk;
		request.first_packet = 0;
		request.num_packets = 0;
		request.offset = 0;
		break;
	case 1: /* often refused */
		request.buffer = chance_below(&trial->chance, 5);
		request.length = chance_below(&trial->chance, 70);
		break;
	case 2:
		request.flags = BIT(chance_below(&trial->chance, 32));
		break;
	default:
		break;
	}
	return request;
}

static void collect(struct kunit *test, struct trial *trial)
{
	struct winusb_iso_completion result;

	while (session_reap(trial->scene.session, &result)) {
		KUNIT_ASSERT_LT_MSG(test, result.cookie, trial->accepted, "seed %u",
				    trial->chance.seed);
		trial->done[result.cookie]++;
		trial->reaped++;
	}
}

static void fill_ring(struct trial *trial)
{
	struct iso_ring *ring = &trial->scene.session->ring;
	struct winusb_iso_transfer request;
	u32 count = chance_below(&trial->chance, 4), taken;

	while (count--) {
		if (ring->control->transfer_tail - ring->transfer_head == ENTRIES)
			break;
		request = choose(trial);
		trial->accepted++; /* refused ones complete, too */
		publish(&trial->scene, &request);
	}
	submit_ring(&trial->scene, &taken);
}

static void abort_pipe(struct scene *scene, u8 address)
{
	const struct winusb_iso_pipe request = { .pipe = address };

	mutex_lock(&scene->world->device->lock);
	iso_session_abort(scene->session, &request);
	mutex_unlock(&scene->world->device->lock);
}

static void play(struct kunit *test, struct trial *trial)
{
	struct session_world *world = trial->scene.world;
	struct chance *chance = &trial->chance;
	struct winusb_iso_transfer request;
	u32 handle;

	fake_host.on_unlink = chance_below(chance, 2);
	switch (chance_below(chance, 12)) {
	case 0:
		abort_pipe(&trial->scene,
			   chance_below(chance, 2) ? STREAM_IN : BULK_OUT);
		break;
	case 1:
		if (!chance_below(chance, 8))
			session_select(world, chance_below(chance, 3));
		else
			session_select(world, 1);
		break;
	case 2:
		if (!session_register(trial->scene.session, STREAM_IN, 4, 1, &handle))
			session_unregister(trial->scene.session, handle);
		break;
	case 3:
		collect(test, trial);
		break;
	case 4:
	case 5:
	case 6:
		fake_host_finish(0);
		break;
	case 7:
	case 8:
		fill_ring(trial);
		break;
	default:
		request = choose(trial);
		if (!session_submit(trial->scene.session, &request))
			trial->accepted++;
	}
}

static void any_order(struct kunit *test)
{
	struct trial *trial = kunit_kzalloc(test, sizeof(*trial), GFP_KERNEL);
	u32 i, taken;

	KUNIT_ASSERT_NOT_NULL(test, trial);
	chance_begin(test, &trial->chance);
	set_scene(test, &trial->scene);
	for (i = 0; i < STEPS; i++)
		play(test, trial);
	do {
		fake_host_finish_all();
		collect(test, trial);
		submit_ring(&trial->scene, &taken);
	} while (taken || fake_host.count);
	collect(test, trial);
	KUNIT_EXPECT_EQ_MSG(test, trial->reaped, trial->accepted, "seed %u",
			    trial->chance.seed);
	for (i = 0; i < trial->accepted; i++)
		KUNIT_ASSERT_EQ_MSG(test, trial->done[i], 1, "seed %u cookie %u",
				    trial->chance.seed, i);
	KUNIT_EXPECT_GT(test, trial->accepted, 500ULL);
	KUNIT_EXPECT_EQ(test, trial->scene.session->ring.outstanding, 0U);
}

static struct kunit_case cases[] = {
	CASE(nothing_registered, "a session without buffers has nothing to submit"),
	CASE(handles, "a transfer names a buffer of its own session"),
	CASE(full, "transfers and their completions fill the ring, and not one more is taken"),
	CASE(plain_matrix, "a plain transfer fits its buffer and has its pipe's flags"),
	CASE(control_matrix, "a control transfer fits its setup packet and is let through"),
	CASE(ring_refusals, "the ring is not taken from with an index that can not be"),
	CASE(ring_runs, "entries that are refused complete, and every pipe is pumped"),
	CASE(ring_full, "entries wait in the ring while there is no room for completions"),
	CASE(pipe_ring_refusals, "a pipe's ring has 1 to 65536 entries and one maker"),
	CASE(pipe_ring_cookies, "a pipe's ring is found by its own cookie alone"),
	CASE(pipe_ring_runs, "a pipe's ring takes buffers of that pipe alone"),
	CASE(any_order, "any order of calls completes each transfer once"),
	{}
};

struct kunit_suite iso_submit_suite = {
	.name = "submit",
	.init = session_suite_init,
	.exit = session_suite_exit,
	.test_cases = cases,
};
