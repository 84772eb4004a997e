// SPDX-License-Identifier: MIT
/* Setting up rings, registering and unregistering buffers, mapping them: what is refused. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "scene.h"

#define PAGE 4096u

static int register_buffer(int fd, uint8_t pipe, uint32_t size, uint32_t packets)
{
	struct winusb_iso_buffer request = { .pipe = pipe, .size = size, .packets = packets };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request);
}

static int set_up_ring(int fd, uint32_t entries)
{
	struct winusb_iso_setup_ring setup = { .entries = entries };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_SETUP_RING, &setup);
}

/* --- rings --- */

static void no_entries(void)
{
	struct scene scene;

	scene_open(&scene);
	RETURNS(set_up_ring(scene.fd, 0), ERANGE);
	WORKS(set_up_ring(scene.fd, 1));
}

static void too_many_entries(void)
{
	struct scene scene;

	scene_open(&scene);
	RETURNS(set_up_ring(scene.fd, WINUSB_ISO_MAX_RING_ENTRIES + 1), ERANGE);
	RETURNS(set_up_ring(scene.fd, UINT32_MAX), ERANGE);
	WORKS(set_up_ring(scene.fd, WINUSB_ISO_MAX_RING_ENTRIES));
}

static void second_ring(void)
{
	struct fixture_rings rings;
	struct scene scene;

	scene_open(&scene);
	fixture_rings(scene.fd, &rings, 8);
	RETURNS(set_up_ring(scene.fd, 8), EEXIST);
	tap_note("another session has its own");
	WORKS(set_up_ring(scene_open_another(&scene), 8));
}

static void ring_after_buffer(void)
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(set_up_ring(scene.fd, 8), EEXIST);
	scene_still_streams(&scene, 1);
}

/* --- registration --- */

/* Refused, and nobody owns the pipe afterwards, and there are no rings. */
static void check_refused(uint8_t pipe, uint32_t size, uint32_t packets, int error)
{
	struct scene scene;

	scene_open(&scene);
	RETURNS(register_buffer(scene.fd, pipe, size, packets), error);
	RETURNS(fixture_unregister(scene.fd, 1), ENOENT);
	WORKS(register_buffer(scene_open_another(&scene), SCENE_IN, PAGE, 1));
	WORKS(set_up_ring(scene.fd, 8));
}

static void no_size(void)
{
	check_refused(SCENE_IN, 0, 1, ERANGE);
}
static void no_packets(void)
{
	check_refused(SCENE_IN, PAGE, 0, EDOM);
}
static void no_such_pipe(void)
{
	check_refused(0x8f, PAGE, 1, ENOENT);
}
static void reserved_address_bits(void)
{
	check_refused(SCENE_IN | 0x10, PAGE, 1, ENOENT);
}

static void size_too_big(void)
{
	check_refused(SCENE_IN, WINUSB_ISO_MAX_BUFFER_SIZE + 1, 1, ERANGE);
}

static void size_absurd(void)
{
	check_refused(SCENE_IN, UINT32_MAX, 1, ERANGE);
}

static void packets_too_many(void)
{
	check_refused(SCENE_IN, PAGE, WINUSB_ISO_MAX_BUFFER_PACKETS + 1, EDOM);
}

static void packets_absurd(void)
{
	check_refused(SCENE_IN, PAGE, UINT32_MAX, EDOM);
}

static void largest_buffer(void)
{
	struct fixture_buffer buffer;
	struct scene scene;

	scene_open(&scene);
	fixture_register(scene.fd, &buffer, SCENE_IN, WINUSB_ISO_MAX_BUFFER_SIZE,
			 WINUSB_ISO_MAX_BUFFER_PACKETS);
	EQUAL(buffer.info.packets_offset, WINUSB_ISO_MAX_BUFFER_SIZE);
	EQUAL(buffer.info.mmap_size,
	      WINUSB_ISO_MAX_BUFFER_SIZE +
		      WINUSB_ISO_MAX_BUFFER_PACKETS * sizeof(struct winusb_iso_packet));
	buffer.data[WINUSB_ISO_MAX_BUFFER_SIZE - 1] = 1;
	buffer.packets[WINUSB_ISO_MAX_BUFFER_PACKETS - 1].status = 1;
}

static bool is_zero(const void *start, size_t size)
{
	const uint8_t *bytes = start;

	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* Leaves the kernel free pages that are not zero. */
static void dirty_free_memory(void)
{
	size_t size = 128 << 20;
	void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(start != MAP_FAILED);
	memset(start, 0xff, size);
	munmap(start, size);
}

static void check_zeroed(int fd, uint32_t pages)
{
	struct fixture_buffer buffer;

	fixture_register(fd, &buffer, SCENE_IN, (pages - 1) * PAGE + 1, 1000);
	CHECK(buffer.info.handle != 0);
	EQUAL(buffer.info.packets_offset, pages * PAGE);
	EQUAL(buffer.info.mmap_size, (pages + 3) * PAGE);
	CHECK(is_zero(buffer.data, buffer.info.mmap_size));
	memset(buffer.data, 0xff, buffer.info.mmap_size);
	fixture_unmap(&buffer);
	WORKS(fixture_unregister(fd, buffer.info.handle));
}

static void memory_is_zeroed(void)
{
	struct scene scene;
	unsigned int round;

	scene_open(&scene);
	dirty_free_memory();
	for (round = 0; round < 10; round++) {
		check_zeroed(scene.fd, 1);
		check_zeroed(scene.fd, 4);
		check_zeroed(scene.fd, 1024);
	}
}

static void alternate_without_pipes(void)
{
	struct scene scene;

	scene_open(&scene);
	fixture_set_alternate(scene.fd, 0);
	RETURNS(register_buffer(scene.fd, SCENE_IN, PAGE, 1), ENOENT);
	WORKS(set_up_ring(scene.fd, 8));
}

/* Alternate setting 8 of the simulated device has bulk and interrupt endpoints. */
static void not_isochronous(void)
{
	struct scene scene;

	scene_open(&scene);
	fixture_set_alternate(scene.fd, 8);
	RETURNS(register_buffer(scene.fd, 0x83, PAGE, 1), EDOM);
	RETURNS(register_buffer(scene.fd, 0x03, PAGE, 1), EDOM);
	RETURNS(register_buffer(scene.fd, 0x84, PAGE, 1), EDOM);
	RETURNS(register_buffer(scene.fd, 0x00, PAGE, 1), EDOM);
	WORKS(set_up_ring(scene.fd, 8));
}

static void owned_by_another(void)
{
	struct scene scene;
	int other;

	scene_set_up(&scene);
	other = scene_open_another(&scene);
	RETURNS(register_buffer(other, SCENE_IN, PAGE, 1), EBUSY);
	tap_note("its other pipe is free");
	WORKS(register_buffer(other, SCENE_OUT, PAGE, 1));
	tap_note("the pipe is owned until its last buffer is unregistered");
	REQUIRE_WORKS(register_buffer(scene.fd, SCENE_IN, PAGE, 1));
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
	RETURNS(register_buffer(other, SCENE_IN, PAGE, 1), EBUSY);
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle + 1));
	WORKS(register_buffer(other, SCENE_IN, PAGE, 1));
	RETURNS(register_buffer(scene.fd, SCENE_IN, PAGE, 1), EBUSY);
}

static void closing_frees_pipe(void)
{
	struct scene scene;
	int other;

	scene_open(&scene);
	other = scene_open_another(&scene);
	REQUIRE_WORKS(register_buffer(other, SCENE_IN, PAGE, 1));
	RETURNS(register_buffer(scene.fd, SCENE_IN, PAGE, 1), EBUSY);
	fixture_close(other);
	WORKS(register_buffer(scene.fd, SCENE_IN, PAGE, 1));
}

static void too_many_buffers(void)
{
	struct winusb_iso_buffer request;
	struct scene scene;
	unsigned int i;

	scene_open(&scene);
	for (i = 0; i < WINUSB_ISO_MAX_BUFFERS; i++) {
		request = (struct winusb_iso_buffer){ .pipe = SCENE_IN, .size = 1, .packets = 1 };
		REQUIRE_WORKS(fixture_ioctl(scene.fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &request));
	}
	RETURNS(register_buffer(scene.fd, SCENE_IN, 1, 1), EMFILE);
	RETURNS(register_buffer(scene.fd, SCENE_OUT, 1, 1), EMFILE);
	tap_note("the limit is each session's own, and the failure left nothing");
	WORKS(register_buffer(scene_open_another(&scene), SCENE_OUT, 1, 1));
	WORKS(fixture_unregister(scene.fd, request.handle));
	WORKS(register_buffer(scene.fd, SCENE_IN, 1, 1));
	RETURNS(register_buffer(scene.fd, SCENE_IN, 1, 1), EMFILE);
}

/* A buffer of 256 pages takes 257 with its packet table. */
static void memory_limit(void)
{
	struct scene scene;

	scene_open(&scene);
	fixture_set_module_parameter("memory_limit_mb", 1);
	RETURNS(register_buffer(scene.fd, SCENE_IN, 1 << 20, 1), EDQUOT);
	tap_note("the failure left neither an owner nor rings, and cost nothing");
	WORKS(register_buffer(scene_open_another(&scene), SCENE_IN, (1 << 20) - PAGE, 1));
	RETURNS(register_buffer(scene.fd, SCENE_OUT, 1, 1), EDQUOT);
	WORKS(set_up_ring(scene.fd, 8));
}

static void memory_limit_counts_mappings(void)
{
	struct fixture_buffer buffer;
	struct scene scene;

	scene_open(&scene);
	fixture_set_module_parameter("memory_limit_mb", 1);
	fixture_register(scene.fd, &buffer, SCENE_IN, (1 << 20) - PAGE, 1);
	RETURNS(register_buffer(scene.fd, SCENE_IN, 1, 1), EDQUOT);
	WORKS(fixture_unregister(scene.fd, buffer.info.handle));
	RETURNS(register_buffer(scene.fd, SCENE_IN, 1, 1), EDQUOT);
	fixture_unmap(&buffer);
	WORKS(register_buffer(scene.fd, SCENE_IN, 1, 1));
}

/* --- unregistration --- */

static void unregister_unknown(void)
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(fixture_unregister(scene.fd, 0), ENOENT);
	RETURNS(fixture_unregister(scene.fd, scene.in.info.handle + 1), ENOENT);
	RETURNS(fixture_unregister(scene.fd, UINT32_MAX), ENOENT);
	scene_still_streams(&scene, 1);
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
	RETURNS(fixture_unregister(scene.fd, scene.in.info.handle), ENOENT);
}

static void unregister_of_another(void)
{
	struct scene scene;

	scene_set_up(&scene);
	RETURNS(fixture_unregister(scene_open_another(&scene), scene.in.info.handle), ENOENT);
	scene_still_streams(&scene, 1);
}

static void unregister_pending(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct scene scene;

	scene_set_up(&scene);
	scene_hold(&scene);
	transfer = fixture_transfer(&scene.in, 0, 8, 12);
	REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	RETURNS(fixture_unregister(scene.fd, scene.in.info.handle), EBUSY);
	scene_release(&scene);
	REQUIRE_WORKS(scene_reap_wait(scene.fd, &completion));
	EQUAL(completion.cookie, 12);
	RETURNS(completion.status, 0);
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
}

static void uncollected_is_not_pending(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct scene scene;

	scene_set_up(&scene);
	transfer = fixture_transfer(&scene.in, 0, 8, 13);
	REQUIRE_WORKS(fixture_submit(scene.fd, &transfer));
	WORKS(fixture_abort(scene.fd, SCENE_IN));
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
	WORKS(fixture_reap(scene.fd, &completion));
	EQUAL(completion.cookie, 13);
	RETURNS(completion.status, ECONNRESET);
	EQUAL(completion.buffer, scene.in.info.handle);
}

static void mapping_outlives_buffer(void)
{
	struct scene scene;

	scene_set_up(&scene);
	scene_still_streams(&scene, 1);
	WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
	fixture_close(scene.fd);
	memset(scene.in.data, 0x77, scene.in.info.mmap_size);
	EQUAL(scene.in.data[scene.in.info.mmap_size - 1], 0x77);
}

/* --- mmap --- */

static void check_mmap(int fd, uint64_t size, int flags, uint64_t offset, int error)
{
	void *start = mmap64(NULL, size, PROT_READ | PROT_WRITE, flags, fd, (off64_t)offset);

	RETURNS(start == MAP_FAILED ? -errno : 0, error);
	if (start != MAP_FAILED)
		munmap(start, size);
}

static void mmap_private(void)
{
	struct scene scene;

	scene_set_up(&scene);
	check_mmap(scene.fd, PAGE, MAP_PRIVATE, scene.in.info.mmap_offset, EINVAL);
	check_mmap(scene.fd, PAGE, MAP_PRIVATE, 0, EINVAL);
	check_mmap(scene.fd, PAGE, MAP_SHARED, scene.in.info.mmap_offset, 0);
	check_mmap(scene.fd, PAGE, MAP_SHARED, 0, 0);
	scene_still_streams(&scene, 1);
}

static void mmap_too_long(void)
{
	struct fixture_rings rings;
	struct scene scene;

	scene_open(&scene);
	fixture_rings(scene.fd, &rings, 8);
	fixture_register_packets(scene.fd, &scene.in, SCENE_IN, SCENE_PACKETS);
	check_mmap(scene.fd, scene.in.info.mmap_size + PAGE, MAP_SHARED, scene.in.info.mmap_offset,
		   EINVAL);
	check_mmap(scene.fd, rings.info.mmap_size + PAGE, MAP_SHARED, rings.info.mmap_offset,
		   EINVAL);
	tap_note("the whole of it, or less, can be mapped as often as wanted");
	check_mmap(scene.fd, scene.in.info.mmap_size, MAP_SHARED, scene.in.info.mmap_offset, 0);
	check_mmap(scene.fd, rings.info.mmap_size, MAP_SHARED, rings.info.mmap_offset, 0);
}

static void mmap_bad_offset(void)
{
	struct scene scene;

	scene_open(&scene);
	tap_note("before there is anything");
	check_mmap(scene.fd, PAGE, MAP_SHARED, 0, ENXIO);
	check_mmap(scene.fd, PAGE, MAP_SHARED, 1ull << 32, ENXIO);
	fixture_register_packets(scene.fd, &scene.in, SCENE_IN, SCENE_PACKETS);
	tap_note("inside of a buffer or the rings, and of buffers that are not there");
	check_mmap(scene.fd, PAGE, MAP_SHARED, scene.in.info.mmap_offset + PAGE, ENXIO);
	check_mmap(scene.fd, PAGE, MAP_SHARED, PAGE, ENXIO);
	check_mmap(scene.fd, PAGE, MAP_SHARED, 2 * scene.in.info.mmap_offset, ENXIO);
	tap_note("of another session, and of a buffer that was unregistered");
	check_mmap(scene_open_another(&scene), PAGE, MAP_SHARED, scene.in.info.mmap_offset, ENXIO);
	REQUIRE_WORKS(fixture_unregister(scene.fd, scene.in.info.handle));
	check_mmap(scene.fd, PAGE, MAP_SHARED, scene.in.info.mmap_offset, ENXIO);
}

static void mmap_does_not_grow(void)
{
	struct scene scene;

	scene_set_up(&scene);
	CHECK(mremap(scene.in.data, scene.in.info.mmap_size, scene.in.info.mmap_size + PAGE,
		     MREMAP_MAYMOVE) == MAP_FAILED);
	EQUAL(errno, EFAULT);
	scene_still_streams(&scene, 1);
}

static const struct tap_test tests[] = {
	{ "rings of no entries are refused with ERANGE", no_entries },
	{ "rings of more than 65536 entries are refused with ERANGE", too_many_entries },
	{ "a second SETUP_RING says EEXIST", second_ring },
	{ "SETUP_RING after the first buffer made rings says EEXIST", ring_after_buffer },
	{ "a buffer of no bytes is refused with ERANGE", no_size },
	{ "a buffer of more than 4 MiB is refused with ERANGE", size_too_big },
	{ "a buffer of 4 GiB - 1 is refused with ERANGE", size_absurd },
	{ "a buffer for no packets is refused with EDOM", no_packets },
	{ "a buffer for more than 65536 packets is refused with EDOM", packets_too_many },
	{ "a buffer for 2^32 - 1 packets is refused with EDOM", packets_absurd },
	{ "the largest buffer can be registered and used to its last byte", largest_buffer },
	{ "the memory of a buffer is zeroed and laid out as told", memory_is_zeroed },
	{ "a buffer for a pipe that is not there is refused with ENOENT", no_such_pipe },
	{ "a buffer for an address with reserved bits is refused with ENOENT",
	  reserved_address_bits },
	{ "a buffer in an alternate setting without pipes is refused with ENOENT",
	  alternate_without_pipes },
	{ "packets in a buffer for a control, bulk or interrupt pipe are refused with EDOM",
	  not_isochronous },
	{ "a buffer for a pipe that another session owns is refused with EBUSY", owned_by_another },
	{ "closing a session gives its pipes back", closing_frees_pipe },
	{ "a session's 1025th buffer is refused with EMFILE", too_many_buffers },
	{ "a buffer that would pass memory_limit_mb is refused with EDQUOT", memory_limit },
	{ "memory that is unregistered and still mapped counts", memory_limit_counts_mappings },
	{ "unregistering a buffer that is not there says ENOENT", unregister_unknown },
	{ "unregistering another session's buffer says ENOENT", unregister_of_another },
	{ "unregistering a buffer with a pending transfer says EBUSY", unregister_pending },
	{ "a buffer whose completion was not collected can be unregistered",
	  uncollected_is_not_pending },
	{ "a mapping outlives its buffer and its file", mapping_outlives_buffer },
	{ "a private mapping is refused with EINVAL", mmap_private },
	{ "a mapping that is too long is refused with EINVAL", mmap_too_long },
	{ "a mapping at a bad offset is refused with ENXIO", mmap_bad_offset },
	{ "a mapping can not be made longer", mmap_does_not_grow },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
