// SPDX-License-Identifier: GPL-2.0-only
/* What the calls of a session answer: every limit and one past it, and hostile indices. */

#include <linux/dma-mapping.h>

#include "session_world.h"

#define MIB	(1024 * 1024U)

static struct mutex *lock_of(const struct session_world *world)
{
	return &world->device->lock;
}

static void info(struct kunit *test)
{
	static const struct {
		enum iso_reports reports;
		bool counter;
		u64 features;
	} rows[] = {
		{ ISO_REPORTS_AT_SUBMIT, true, WINUSB_ISO_FEATURE_FRAME_COUNTER |
		  WINUSB_ISO_FEATURE_START_FRAME | WINUSB_ISO_FEATURE_AT_FRAME |
		  WINUSB_ISO_FEATURE_DROP_LATE },
		{ ISO_REPORTS_AT_COMPLETION, false, WINUSB_ISO_FEATURE_START_FRAME |
		  WINUSB_ISO_FEATURE_AT_FRAME | WINUSB_ISO_FEATURE_DROP_LATE },
		{ ISO_REPORTS_NEVER, true, WINUSB_ISO_FEATURE_FRAME_COUNTER },
		{ ISO_REPORTS_NEVER, false, 0 },
	};
	const u64 always = WINUSB_ISO_FEATURE_RING |
			   WINUSB_ISO_FEATURE_PACKET_LENGTHS |
			   WINUSB_ISO_FEATURE_PLAIN | WINUSB_ISO_FEATURE_CANCEL |
			   WINUSB_ISO_FEATURE_POWER | WINUSB_ISO_FEATURE_PIPE_RING |
			   WINUSB_ISO_FEATURE_NO_INTERRUPT;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct session_world *world = session_world_reporting
			(test, rows[i].reports, rows[i].counter);
		struct winusb_iso_frame frame;
		struct winusb_iso_info info;

		KUNIT_EXPECT_EQ(test, iso_session_get_info(world->session, &info), 0);
		KUNIT_EXPECT_EQ_MSG(test, info.features, always | rows[i].features,
				    "row %u", i);
		KUNIT_EXPECT_EQ(test, info.bus, 7);
		KUNIT_EXPECT_EQ(test, info.device, 42);
		KUNIT_EXPECT_EQ(test, info.interface_number, 3);
		KUNIT_EXPECT_EQ(test, info.num_alternates, 3);
		KUNIT_EXPECT_STREQ(test, (char *)info.controller, "fake");
		iso_session_get_frame(world->session, &frame);
		KUNIT_EXPECT_EQ_MSG(test, frame.resolution, rows[i].counter ? 8U : 1U,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, frame.trust, rows[i].counter ?
				    WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED,
				    "row %u", i);
		session_suite_exit(test);
		session_suite_init(test);
	}
}

static void alternates(struct kunit *test)
{
	static const struct { u32 index; int wanted; } rows[] = {
		{ 0, 0 }, { 2, 0 }, { 3, -ENOENT }, { U32_MAX, -ENOENT },
	};
	struct session_world *world = session_world_of(test);
	struct winusb_iso_alternate alternate;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		alternate = (struct winusb_iso_alternate){ .index = rows[i].index };
		KUNIT_EXPECT_EQ_MSG(test, iso_session_get_alternate
				    (world->session, &alternate), rows[i].wanted,
				    "row %u", i);
		if (!rows[i].wanted)
			KUNIT_EXPECT_EQ(test, alternate.alternate, rows[i].index);
	}
	for (i = 0; i < sizeof(alternate.padding); i++) {
		alternate = (struct winusb_iso_alternate){};
		alternate.padding[i] = 1;
		KUNIT_EXPECT_EQ_MSG(test, iso_session_get_alternate
				    (world->session, &alternate), -EINVAL,
				    "byte %u", i);
	}
}

static void pipes(struct kunit *test)
{
	static const struct { u32 alternate, index; int wanted; } rows[] = {
		{ 1, 0, 0 }, { 1, 7, 0 }, { 1, 8, -ENOENT }, { 1, U32_MAX, -ENOENT },
		{ 0, 0, -ENOENT }, { 2, 0, 0 }, { 2, 1, -ENOENT }, { 3, 0, -ENOENT },
		{ 255, 0, -ENOENT }, { 256, 0, -ENOENT }, { 257, 0, -ENOENT },
		{ U32_MAX, 0, -ENOENT },
	};
	struct session_world *world = session_world_of(test);
	struct winusb_iso_pipe_info pipe;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		pipe = (struct winusb_iso_pipe_info){
			.alternate = rows[i].alternate,
			.index = rows[i].index,
		};
		KUNIT_EXPECT_EQ_MSG(test, iso_session_get_pipe(world->session, &pipe),
				    rows[i].wanted, "row %u", i);
	}
	pipe = (struct winusb_iso_pipe_info){ .alternate = 1, .index = 3 };
	KUNIT_EXPECT_EQ(test, iso_session_get_pipe(world->session, &pipe), 0);
	KUNIT_EXPECT_EQ(test, pipe.address, BULK_IN);
	KUNIT_EXPECT_EQ(test, pipe.type, USB_ENDPOINT_XFER_BULK);
	KUNIT_EXPECT_EQ(test, pipe.max_packet_size, 512);
	for (i = 0; i < sizeof(pipe.padding); i++) {
		memset(&pipe, 0, sizeof(pipe));
		pipe.alternate = 1;
		pipe.padding[i] = 0x40;
		KUNIT_EXPECT_EQ_MSG(test, iso_session_get_pipe(world->session, &pipe),
				    -EINVAL, "byte %u", i);
	}
}

static void ring_sizes(struct kunit *test)
{
	static const struct { u32 entries; int wanted; u32 got; } rows[] = {
		{ 0, -ERANGE }, { 1, 0, 1 }, { 3, 0, 4 }, { 65535, 0, 65536 },
		{ 65536, 0, 65536 }, { 65537, -ERANGE }, { U32_MAX, -ERANGE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct session_world *world = session_world_of(test);
		struct winusb_iso_setup_ring setup = { .entries = rows[i].entries };

		KUNIT_EXPECT_EQ_MSG(test, iso_session_setup_ring(world->session, &setup),
				    rows[i].wanted, "row %u", i);
		if (!rows[i].wanted) {
			KUNIT_EXPECT_EQ(test, setup.entries, rows[i].got);
			KUNIT_EXPECT_EQ(test, iso_session_setup_ring
					(world->session, &setup), -EEXIST);
		}
		setup.padding = 1;
		KUNIT_EXPECT_EQ(test, iso_session_setup_ring(world->session, &setup),
				-EINVAL);
		session_suite_exit(test);
		session_suite_init(test);
	}
}

struct registration_row {
	u8 pipe;
	u32 size;
	u32 packets;
	int wanted;
};

static void registrations(struct kunit *test)
{
	static const struct registration_row rows[] = {
		{ STREAM_IN, 1, 1, 0 },
		{ STREAM_IN, 4 * MIB, 65536, 0 },
		{ STREAM_IN, 0, 1, -ERANGE },
		{ STREAM_IN, 4 * MIB + 1, 1, -ERANGE },
		{ STREAM_IN, U32_MAX, 1, -ERANGE },
		{ STREAM_IN, 1, 65537, -EDOM },
		{ STREAM_IN, 1, U32_MAX, -EDOM },
		{ STREAM_IN, 1, 0, -EDOM },
		{ NARROW, 1, 1, -EOPNOTSUPP },
		{ NARROW, 1, 0, -EDOM },
		{ 0x8f, 1, 1, -ENOENT },
		{ 0x8f, 1, 0, -ENOENT },
		{ 0xff, 1, 1, -ENOENT },
		{ 0x80, 1, 0, -ENOENT },
		{ BULK_OUT, 1, 0, 0 },
		{ BULK_OUT, 4 * MIB, 0, 0 },
		{ BULK_OUT, 1, 1, -EDOM },
		{ BROKEN, 1, 0, -EOPNOTSUPP },
		{ 0, 1, 0, 0 },
		{ 0, 1, 1, -EDOM },
	};
	struct session_world *world = session_world_of(test);
	unsigned int i;
	u32 handle;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ_MSG(test, session_register
				    (world->session, rows[i].pipe, rows[i].size,
				     rows[i].packets, &handle), rows[i].wanted,
				    "row %u", i);
		if (rows[i].wanted)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, handle, 1U, "row %u", i);
		KUNIT_EXPECT_EQ(test, session_unregister(world->session, handle), 0);
		KUNIT_EXPECT_EQ(test, session_unregister(world->session, handle),
				-ENOENT);
	}
	KUNIT_EXPECT_EQ(test, session_memory(), 0L);
}

static void registration_padding(struct kunit *test)
{
	struct winusb_iso_unregister_buffer unregister = { .handle = 1, .padding = 1 };
	struct session_world *world = session_world_of(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, iso_session_unregister(world->session, &unregister),
			-EINVAL);
	for (i = 0; i < 3; i++) {
		struct winusb_iso_buffer request = {
			.pipe = STREAM_IN, .size = 1, .packets = 1,
		};

		request.padding[i] = 1;
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(iso_session_prepare
				    (world->session, &request)), (long)-EINVAL,
				    "byte %u", i);
	}
}

/* What a buffer takes: whole pages of data, and of its table. */
static void memory_cap(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct iso_session *session = world->session;
	u32 first;

	session_limit_memory(1);
	KUNIT_EXPECT_EQ(test, session_register(session, STREAM_IN, MIB, 1, NULL),
			-EDQUOT);
	KUNIT_EXPECT_EQ(test, session_register(session, BULK_IN, MIB, 0, &first), 0);
	KUNIT_EXPECT_EQ(test, session_memory(), (long)MIB);
	KUNIT_EXPECT_EQ(test, session_register(world->other, 0, 1, 0, NULL), -EDQUOT);
	KUNIT_EXPECT_EQ(test, session_unregister(session, first), 0);
	KUNIT_EXPECT_EQ(test, session_register(session, STREAM_IN, MIB - 4096, 1,
					       &first), 0);
	KUNIT_EXPECT_EQ(test, session_memory(), (long)MIB);
	KUNIT_EXPECT_EQ(test, session_unregister(session, first), 0);
	KUNIT_EXPECT_EQ(test, session_register(session, STREAM_IN, MIB - 8192, 683,
					       NULL), -EDQUOT);
	KUNIT_EXPECT_EQ(test, session_register(session, STREAM_IN, MIB - 8192, 682,
					       NULL), 0);
	KUNIT_EXPECT_EQ(test, session_memory(), (long)MIB);
	session_limit_memory(0);
	KUNIT_EXPECT_EQ(test, session_register(session, BULK_OUT, 1, 0, NULL), -EDQUOT);
}

static void low_memory(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	u64 mask = DMA_BIT_MASK(64);

	KUNIT_EXPECT_FALSE(test, iso_device_needs_low_memory(world->device));
	world->sysdev.dma_mask = &mask;
	KUNIT_EXPECT_FALSE(test, iso_device_needs_low_memory(world->device));
	mask = DMA_BIT_MASK(33);
	KUNIT_EXPECT_FALSE(test, iso_device_needs_low_memory(world->device));
	mask = DMA_BIT_MASK(32);
	KUNIT_EXPECT_TRUE(test, iso_device_needs_low_memory(world->device));
	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 1, 1, NULL), 0);
}

static void many_buffers(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	u32 handle, i;

	for (i = 1; i <= WINUSB_ISO_MAX_BUFFERS; i++) {
		KUNIT_ASSERT_EQ(test, session_register(world->session, BULK_IN, 1, 0,
						       &handle), 0);
		KUNIT_ASSERT_EQ(test, handle, i);
	}
	KUNIT_EXPECT_EQ(test, session_register(world->session, BULK_IN, 1, 0, NULL),
			-EMFILE);
	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 1, 1, NULL),
			-EMFILE);
	KUNIT_EXPECT_NULL_MSG(test, world->device->pipes[iso_pipe_index(STREAM_IN)],
			      "undone");
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, 500), 0);
	KUNIT_EXPECT_EQ(test, session_register(world->session, BULK_IN, 1, 0, &handle),
			0);
	KUNIT_EXPECT_EQ(test, handle, 500U);
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, 1025), -ENOENT);
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, U32_MAX), -ENOENT);
}

/* A streaming pipe from its first buffer on, a plain one while it has something. */
static void keeps_awake(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct winusb_iso_transfer request = { .length = 1 };
	u32 first, second, bulk;

	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 1, 1, &first), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 1);
	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 1, 1, &second), 0);
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, first), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 1);
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, second), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 0);
	KUNIT_EXPECT_EQ(test, session_register(world->session, BULK_IN, 1, 0, &bulk), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 0);
	request.buffer = bulk;
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 1);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 1);
	fake_host_finish(0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_host.awake), 0);
}

static void settings(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct winusb_iso_set_alternate padded = { .alternate = 1, .padding = 1 };
	struct winusb_iso_transfer request = { .num_packets = 1, .length = 4 };
	struct winusb_iso_completion result;

	KUNIT_EXPECT_EQ(test, session_select(world, 3), -ENOENT);
	KUNIT_EXPECT_EQ(test, session_select(world, 256), -ENOENT);
	KUNIT_EXPECT_EQ(test, session_select(world, U32_MAX), -ENOENT);
	KUNIT_EXPECT_EQ(test, iso_session_set_alternate(world->session, &padded),
			-EINVAL);
	world->lacks = 2;
	KUNIT_EXPECT_EQ(test, session_select(world, 2), -ENOENT);
	world->lacks = -1;
	KUNIT_EXPECT_EQ(test, world->settings, 0U);
	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 8, 1,
					       &request.buffer), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
	KUNIT_EXPECT_EQ(test, session_select(world, 2), 0);
	KUNIT_EXPECT_TRUE(test, session_reap(world->session, &result));
	KUNIT_EXPECT_EQ(test, result.status, -ECONNRESET);
	KUNIT_EXPECT_EQ_MSG(test, session_submit(world->session, &request), -EMSGSIZE,
			    "packets of 8 bytes");
	KUNIT_EXPECT_EQ(test, session_select(world, 0), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -ESTALE);
	KUNIT_EXPECT_EQ(test, session_select(world, 1), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
}

/* The device is in no alternate setting that anybody knows. */
static void setting_fails(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct winusb_iso_transfer stream = { .num_packets = 1, .length = 4 };
	struct winusb_iso_transfer bulk = { .length = 1 };

	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 8, 1,
					       &stream.buffer), 0);
	KUNIT_EXPECT_EQ(test, session_register(world->session, BULK_OUT, 8, 0,
					       &bulk.buffer), 0);
	world->set_interface = -EPIPE;
	KUNIT_EXPECT_EQ(test, session_select(world, 2), -EPIPE);
	KUNIT_EXPECT_EQ(test, world->device->current_alternate, -1);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &stream), -ESTALE);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &bulk), -ESTALE);
	KUNIT_EXPECT_EQ_MSG(test, session_register(world->session, BULK_OUT, 8, 0, NULL),
			    -ENOENT, "there is none");
	world->set_interface = 0;
	KUNIT_EXPECT_EQ(test, session_select(world, 1), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &stream), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &bulk), 0);
}

/* Of the same address, and can not carry data any more. */
static void loses_its_bytes(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct winusb_iso_transfer request = { .length = 1 };

	KUNIT_EXPECT_EQ(test, session_register(world->session, BULK_OUT, 8, 0,
					       &request.buffer), 0);
	world->ends[0].desc.wMaxPacketSize = 0;
	KUNIT_EXPECT_EQ(test, session_select(world, 1), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -ESTALE);
	KUNIT_EXPECT_EQ(test, session_register(world->session, BULK_OUT, 8, 0, NULL),
			-EOPNOTSUPP);
}

static int command(struct session_world *world, struct iso_session *session,
		   u8 address,
		   int (*call)(struct iso_session *, const struct winusb_iso_pipe *))
{
	const struct winusb_iso_pipe request = { .pipe = address };
	int err;

	mutex_lock(lock_of(world));
	err = call(session, &request);
	mutex_unlock(lock_of(world));
	return err;
}

static int cancel(struct session_world *world, struct iso_session *session,
		  u8 address, u64 cookie)
{
	const struct winusb_iso_cancel request = { .pipe = address, .cookie = cookie };
	int err;

	mutex_lock(lock_of(world));
	err = iso_session_cancel(session, &request);
	mutex_unlock(lock_of(world));
	return err;
}

static void belongs_to_one(struct kunit *test)
{
	static const u8 addresses[] = { STREAM_IN, STREAM_OUT, BULK_OUT, BULK_IN };
	struct session_world *world = session_world_of(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		u8 address = addresses[i];
		u32 packets = i < 2, handle;

		KUNIT_EXPECT_EQ(test, session_register(world->other, address, 1,
						       packets, &handle), 0);
		KUNIT_EXPECT_EQ(test, session_register(world->session, address, 1,
						       packets, NULL), -EBUSY);
		KUNIT_EXPECT_EQ(test, command(world, world->session, address,
					      iso_session_abort), -EBUSY);
		KUNIT_EXPECT_EQ(test, command(world, world->session, address,
					      iso_session_reset), -EBUSY);
		KUNIT_EXPECT_EQ(test, cancel(world, world->session, address, 0),
				-EBUSY);
		KUNIT_EXPECT_EQ(test, session_select(world, 1), -EBUSY);
		KUNIT_EXPECT_EQ(test, world->settings, 0U);
		KUNIT_EXPECT_EQ(test, session_unregister(world->session, handle),
				-ENOENT);
		KUNIT_EXPECT_EQ(test, session_unregister(world->other, handle), 0);
	}
	/* Endpoint 0 is everybody's. */
	KUNIT_EXPECT_EQ(test, session_register(world->other, 0, 8, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, session_register(world->session, 0, 8, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, session_select(world, 1), 0);
}

static void commands(struct kunit *test)
{
	static const u8 nobody[] = { 0x8f, 0x80, NARROW, BROKEN };
	struct session_world *world = session_world_of(test);
	struct winusb_iso_pipe padded = { .pipe = STREAM_IN };
	struct winusb_iso_cancel lined = { .pipe = STREAM_IN };
	unsigned int i;

	padded.padding[sizeof(padded.padding) - 1] = 1;
	KUNIT_EXPECT_EQ(test, iso_session_abort(world->session, &padded), -EINVAL);
	KUNIT_EXPECT_EQ(test, iso_session_reset(world->session, &padded), -EINVAL);
	KUNIT_EXPECT_EQ(test, iso_session_start_pipe(world->session, &padded), -EINVAL);
	lined.padding[0] = 1;
	KUNIT_EXPECT_EQ(test, iso_session_cancel(world->session, &lined), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(nobody); i++) {
		KUNIT_EXPECT_EQ_MSG(test, command(world, world->session, nobody[i],
						  iso_session_abort), -ENOENT,
				    "0x%02x", nobody[i]);
		KUNIT_EXPECT_EQ_MSG(test, command(world, world->session, nobody[i],
						  iso_session_reset), -ENOENT,
				    "0x%02x", nobody[i]);
		KUNIT_EXPECT_EQ_MSG(test, cancel(world, world->session, nobody[i], 0),
				    -ENOENT, "0x%02x", nobody[i]);
	}
	/* Nobody uses these. */
	KUNIT_EXPECT_EQ(test, command(world, world->session, STREAM_IN,
				      iso_session_abort), 0);
	KUNIT_EXPECT_EQ(test, cancel(world, world->session, STREAM_IN, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, cancel(world, world->session, BULK_IN, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, cancel(world, world->session, 0, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, command(world, world->session, STREAM_IN,
				      iso_session_reset), 0);
	KUNIT_EXPECT_EQ(test, world->resets, 1U);
	KUNIT_EXPECT_EQ(test, command(world, world->session, BULK_IN,
				      iso_session_reset), 0);
	KUNIT_EXPECT_EQ(test, world->clears, 1U);
	KUNIT_EXPECT_EQ(test, command(world, world->session, 0, iso_session_reset), 0);
	KUNIT_EXPECT_EQ(test, world->resets, 1U);
	KUNIT_EXPECT_EQ(test, world->clears, 1U);
}

/* A stall halts a pipe until the device has been told, and has agreed. */
static void halted(struct kunit *test)
{
	static const u8 addresses[] = { BULK_OUT, INTERRUPT_IN };
	struct session_world *world = session_world_of(test);
	struct winusb_iso_completion result;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct winusb_iso_transfer request = { .length = 1 };

		KUNIT_EXPECT_EQ(test, session_register(world->session, addresses[i], 1,
						       0, &request.buffer), 0);
		KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
		fake_host_give_back(fake_host.held[0].urb, -EPIPE);
		KUNIT_EXPECT_TRUE(test, session_reap(world->session, &result));
		KUNIT_EXPECT_EQ(test, result.status, -EPIPE);
		KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -EPIPE);
		world->clear_halt = -ETIMEDOUT;
		KUNIT_EXPECT_EQ(test, command(world, world->session, addresses[i],
					      iso_session_reset), -ETIMEDOUT);
		KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -EPIPE);
		world->clear_halt = 0;
		KUNIT_EXPECT_EQ(test, command(world, world->session, addresses[i],
					      iso_session_reset), 0);
		KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
		fake_host_finish_all();
		KUNIT_EXPECT_TRUE(test, session_reap(world->session, &result));
		KUNIT_EXPECT_EQ(test, result.status, 0);
	}
}

static void cancels(struct kunit *test)
{
	static const u8 addresses[] = { STREAM_IN, BULK_OUT, 0 };
	struct session_world *world = session_world_of(test);
	struct winusb_iso_completion result;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct winusb_iso_transfer request = {
			.cookie = 100 + i, .num_packets = !i, .length = i ? 8 : 4,
		};

		KUNIT_EXPECT_EQ(test, session_register(world->session, addresses[i], 8,
						       !i, &request.buffer), 0);
		KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
		KUNIT_EXPECT_EQ(test, cancel(world, world->session, addresses[i], 99),
				-ENOENT);
		KUNIT_EXPECT_EQ(test, cancel(world, world->session, addresses[i], 100 + i),
				0);
		KUNIT_EXPECT_TRUE(test, session_reap(world->session, &result));
		KUNIT_EXPECT_EQ(test, result.cookie, 100ULL + i);
		KUNIT_EXPECT_EQ(test, result.status, -ECONNRESET);
	}
}

static void busy_buffer(struct kunit *test)
{
	struct session_world *world = session_world_of(test);
	struct winusb_iso_transfer request = { .num_packets = 1, .length = 4 };
	struct winusb_iso_completion result;

	KUNIT_EXPECT_EQ(test, session_register(world->session, STREAM_IN, 4, 1,
					       &request.buffer), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), 0);
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, request.buffer),
			-EBUSY);
	KUNIT_EXPECT_EQ_MSG(test, session_submit(world->session, &request), -EBUSY,
			    "the table is taken");
	fake_host_finish_all();
	KUNIT_EXPECT_TRUE(test, session_reap(world->session, &result));
	KUNIT_EXPECT_EQ(test, session_unregister(world->session, request.buffer), 0);
	KUNIT_EXPECT_EQ(test, session_submit(world->session, &request), -ENOENT);
}

static struct kunit_case cases[] = {
	CASE(info, "features follow from what the controller does"),
	CASE(alternates, "alternate settings are told up to the last, and none past it"),
	CASE(pipes, "pipes are told up to the last, and none past it"),
	CASE(ring_sizes, "rings have 1 to 65536 entries and are made once"),
	CASE(registrations, "size and table of a buffer fit its pipe, up to each limit"),
	CASE(registration_padding, "each byte of a registration's padding must be zero"),
	CASE(memory_cap, "buffers take no byte more than they may together"),
	CASE(low_memory, "a controller of 32 bits gets low memory"),
	CASE(many_buffers, "a session has 1024 buffers and not one more"),
	CASE(keeps_awake, "a device is kept awake for pipes in use"),
	CASE(settings, "another alternate setting ends transfers and changes pipes"),
	CASE(setting_fails, "an alternate setting that fails leaves no pipe usable"),
	CASE(loses_its_bytes, "a plain pipe that lost its packets takes nothing more"),
	CASE(belongs_to_one, "a pipe belongs to one session, endpoint 0 to each"),
	CASE(commands, "abort, reset and cancel name a pipe that is there"),
	CASE(halted, "a halted pipe takes nothing until the device has cleared it"),
	CASE(cancels, "a pending transfer of any pipe can be cancelled by its cookie"),
	CASE(busy_buffer, "a buffer with a pending transfer stays"),
	{}
};

struct kunit_suite iso_session_suite = {
	.name = "session",
	.init = session_suite_init,
	.exit = session_suite_exit,
	.test_cases = cases,
};
