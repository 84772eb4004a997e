// SPDX-License-Identifier: MIT
/* The library on the real module and the simulated device. */
#include "fixture.h"
#include "internal.h"
#include "pattern.h"
#include "tap.h"
#include "webusb-iso.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS FIXTURE_WAIT_MS

/* A call of the library: 0, a count, or a negative errno, for RETURNS(). */
#define SAYS(call) ((call) < 0 ? -errno : 0)

/* High speed, alternate settings 1: packets of 1024 bytes, each microframe. */
#define FULL 1024u

struct scene {
	struct fixture fixture;
	struct wiso_device *dev;
	struct wusb_session *session;
};

static void close_device(void *argument)
{
	wiso_close(argument);
}

static void free_session(void *argument)
{
	wusb_session_free(argument);
}

static void open_session(struct scene *scene, unsigned int alternate)
{
	scene->dev = wiso_open_id(0x1209, 0x0001, -1, NULL, 0);
	REQUIRE(scene->dev);
	tap_defer(close_device, scene->dev);
	scene->session = wusb_session_new(scene->dev);
	REQUIRE(scene->session);
	tap_defer(free_session, scene->session);
	REQUIRE_WORKS(SAYS(wusb_set_alternate(scene->session, alternate)));
}

static void start(struct scene *scene, enum sim_speed speed, unsigned int alternate)
{
	fixture_start_speed(&scene->fixture, speed);
	open_session(scene, alternate);
}

/* A device whose only alternate setting is this. */
static void start_with(struct scene *scene, const char *endpoints)
{
	const char *const alternates[] = { endpoints, NULL };
	struct sim_options options;

	fixture_options(&options, SIM_HIGH, alternates);
	fixture_start(&scene->fixture, &options);
	open_session(scene, 1);
}

static void fault(struct scene *scene, const char *text)
{
	REQUIRE(!sim_fault(scene->fixture.sim, text));
}

static void free_in(void *result)
{
	wusb_in_result_free(result);
}

static struct wusb_in_result *must_receive(struct scene *scene, const uint32_t *lengths,
					   uint32_t num_packets, unsigned int flags)
{
	struct wusb_in_result *result =
		wusb_isochronous_transfer_in(scene->session, 1, lengths, num_packets, flags);

	if (!result)
		tap_note("errno %d", errno);
	REQUIRE(result);
	tap_defer(free_in, result);
	EQUAL(result->num_packets, num_packets);
	return result;
}

static uint32_t *same_lengths(uint32_t count, uint32_t length)
{
	uint32_t *lengths = calloc(count, sizeof(*lengths));

	REQUIRE(lengths);
	tap_defer(free, lengths);
	for (uint32_t i = 0; i < count; i++)
		lengths[i] = length;
	return lengths;
}

/* Offsets are sums of the lengths asked for, and the data is what the device sends. */
static void is_pattern(const struct wusb_in_result *result, const uint32_t *lengths)
{
	uint64_t counter = sim_pattern_counter(result->packets[0].data);
	size_t offset = 0;
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < result->num_packets; i++) {
		const struct wusb_in_packet *packet = &result->packets[i];

		wrong += packet->data != result->data + offset;
		wrong += !sim_pattern_matches(packet->data, packet->length, 0x81, counter + i);
		offset += lengths[i];
	}
	EQUAL(wrong, 0);
	EQUAL(result->length, offset);
}

/* --- receiving --- */

static void full_packets(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(20, FULL);
	struct wusb_in_result *result;

	start(&scene, SIM_HIGH, 1);
	result = must_receive(&scene, lengths, 20, 0);
	is_pattern(result, lengths);
	EQUAL(result->status, WUSB_OK);
	EQUAL(result->error, 0);
	EQUAL(result->timing.new_stream, true);
	EQUAL(result->timing.gap, 0);
	for (uint32_t i = 0; i < 20; i++) {
		EQUAL(result->packets[i].length, FULL);
		EQUAL(result->packets[i].status, WUSB_OK);
		EQUAL(result->packets[i].error, 0);
	}
}

/* The device sends 0, 1, 2 ... bytes. */
static void short_and_empty_packets(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(64, 32);
	struct wusb_in_result *result;
	uint32_t received = 0, zeros = 0;

	start_with(&scene, "in:0x81:32:1:ramp");
	result = must_receive(&scene, lengths, 64, 0);
	EQUAL(result->length, 64 * 32);
	for (uint32_t i = 0; i < 64; i++) {
		const struct wusb_in_packet *packet = &result->packets[i];

		CHECK(packet->data == result->data + i * 32);
		EQUAL(packet->status, WUSB_OK);
		EQUAL(packet->length, (result->packets[0].length + i) % 33);
		received += packet->length;
		for (uint32_t j = packet->length; j < 32; j++)
			zeros += !packet->data[j];
	}
	CHECK(received > 0);
	EQUAL(zeros, 64 * 32 - received);
}

/* The device sends as much as is asked for. */
static void lengths_of_many_kinds(void)
{
	static const uint32_t lengths[] = { 1024, 0, 8, 1000, 0, 16, 1024, 24 };
	struct wusb_in_result *result;
	struct scene scene;

	start_with(&scene, "in:0x81:1024:1:clip");
	result = must_receive(&scene, lengths, 8, 0);
	is_pattern(result, lengths);
	for (uint32_t i = 0; i < 8; i++)
		EQUAL(result->packets[i].length, lengths[i]);
	EQUAL(result->status, WUSB_OK);
}

static void no_packets(void)
{
	struct wusb_out_result *sent;
	struct wusb_in_result *result;
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	result = must_receive(&scene, NULL, 0, 0);
	EQUAL(result->length, 0);
	EQUAL(result->status, WUSB_OK);
	sent = wusb_isochronous_transfer_out(scene.session, 1, NULL, 0, NULL, 0, 0);
	REQUIRE(sent);
	EQUAL(sent->num_packets, 0);
	wusb_out_result_free(sent);
}

/* Many parts, which are one transfer for all that: 5000 packets of 1024 bytes are 20. */
static void thousands_of_packets(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(5000, FULL);
	struct wusb_in_result *result;

	start(&scene, SIM_HIGH, 1);
	result = must_receive(&scene, lengths, 5000, 0);
	is_pattern(result, lengths);
	EQUAL(result->status, WUSB_OK);
	EQUAL(result->timing.inner_gap, 0);
	EQUAL(result->timing.trust, WINUSB_ISO_TRUST_TIMED);
}

/* --- failing packets --- */

static void babble(void)
{
	static const uint32_t lengths[] = { 1024, 1024, 100, 1024 };
	struct wusb_in_result *result;
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	result = must_receive(&scene, lengths, 4, 0);
	EQUAL(result->status, WUSB_ERROR);
	EQUAL(result->error, 0);
	EQUAL(result->packets[2].status, WUSB_BABBLE);
	EQUAL(result->packets[2].error, -EOVERFLOW);
	CHECK(result->packets[2].data == result->data + 2048);
	CHECK(result->packets[2].length <= 100);
	CHECK(result->packets[3].data == result->data + 2148);
	for (uint32_t i = 0; i < 4; i += 1 + (i == 1)) {
		EQUAL(result->packets[i].status, WUSB_OK);
		EQUAL(result->packets[i].length, 1024);
		CHECK(sim_pattern_matches(result->packets[i].data, 1024, 0x81,
					  sim_pattern_counter(result->data) + i));
	}
}

static void stall(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(4, FULL);
	struct wusb_in_result *result;

	start(&scene, SIM_HIGH, 1);
	fault(&scene, "stall@2:pipe=0x81");
	result = must_receive(&scene, lengths, 4, 0);
	EQUAL(result->status, WUSB_STALL);
	EQUAL(result->packets[2].status, WUSB_STALL);
	EQUAL(result->packets[2].error, -EPIPE);
	EQUAL(result->packets[2].length, 0);
	EQUAL(result->packets[3].status, WUSB_OK);
}

/* Each kind of failure, strict and keeping: row by row of what the simulated device can do. */
static const struct failure {
	const char *kind;
	int error;
} failures[] = {
	{ "late", -EXDEV },
	{ "protocol", -EPROTO },
	{ "crc", -EILSEQ },
	{ "timeout", -ETIME },
};

static void each_failure_strictly(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(4, FULL);
	char text[64];

	start(&scene, SIM_HIGH, 1);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		snprintf(text, sizeof(text), "%s@+1:pipe=0x81", failures[i].kind);
		fault(&scene, text);
		errno = 0;
		CHECK(!wusb_isochronous_transfer_in(scene.session, 1, lengths, 4, 0));
		EQUAL(errno, EIO);
		SAME_TEXT(wusb_error_name(errno), "NetworkError");
	}
	must_receive(&scene, lengths, 4, 0);
}

static void each_failure_keeping(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(4, FULL);
	struct wusb_in_result *result;
	char text[64];

	start(&scene, SIM_HIGH, 1);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		snprintf(text, sizeof(text), "%s@+1:pipe=0x81", failures[i].kind);
		fault(&scene, text);
		result = must_receive(&scene, lengths, 4, WUSB_KEEP_GOOD_PACKETS);
		EQUAL(result->status, WUSB_ERROR);
		EQUAL(result->error, 0);
		EQUAL(result->packets[1].status, WUSB_ERROR);
		EQUAL(result->packets[1].error, failures[i].error);
		CHECK(result->packets[2].data == result->data + 2 * FULL);
		for (uint32_t j = 0; j < 4; j += 1 + (j == 0)) {
			EQUAL(result->packets[j].status, WUSB_OK);
			CHECK(sim_pattern_matches(result->packets[j].data, FULL, 0x81,
						  sim_pattern_counter(result->data) + j));
		}
	}
}

static void all_packets_bad(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(4, FULL);
	struct wusb_in_result *result;

	start(&scene, SIM_HIGH, 1);
	fault(&scene, "protocol@+0+8:pipe=0x81");
	CHECK(!wusb_isochronous_transfer_in(scene.session, 1, lengths, 4, 0));
	EQUAL(errno, EIO);
	result = must_receive(&scene, lengths, 4, WUSB_KEEP_GOOD_PACKETS);
	EQUAL(result->status, WUSB_ERROR);
	for (uint32_t i = 0; i < 4; i++) {
		EQUAL(result->packets[i].error, -EPROTO);
		EQUAL(result->packets[i].length, 0);
	}
}

/* --- wrong arguments, in their order --- */

static int receive_errno(struct scene *scene, uint8_t endpoint, const uint32_t *lengths,
			 uint32_t count)
{
	errno = 0;
	CHECK(!wusb_isochronous_transfer_in(scene->session, endpoint, lengths, count, 0));
	return errno;
}

static int send_errno(struct scene *scene, uint8_t endpoint, size_t size, const uint32_t *lengths,
		      uint32_t count)
{
	static const unsigned char data[8192];

	errno = 0;
	CHECK(!wusb_isochronous_transfer_out(scene->session, endpoint, data, size, lengths, count,
					     0));
	return errno;
}

static void each_wrong_argument(void)
{
	static const uint32_t wraps[] = { UINT32_MAX, 1 };
	static const uint32_t large[] = { WUSB_MAX_TRANSFER, 1 };
	static const uint32_t too_long[] = { 512, 513 };
	struct scene scene;

	start(&scene, SIM_HIGH, 8);
	EQUAL(receive_errno(&scene, 0, wraps, 2), ENOENT);
	EQUAL(receive_errno(&scene, 5, wraps, 2), ENOENT);
	EQUAL(receive_errno(&scene, 16, wraps, 2), ENOENT);
	EQUAL(receive_errno(&scene, 0x81, wraps, 2), ENOENT);
	EQUAL(receive_errno(&scene, 3, wraps, 2), EPROTOTYPE);
	EQUAL(send_errno(&scene, 3, 7, wraps, 2), EPROTOTYPE);
	EQUAL(receive_errno(&scene, 4, wraps, 2), EPROTOTYPE);
	EQUAL(receive_errno(&scene, 1, wraps, 2), EOVERFLOW);
	EQUAL(send_errno(&scene, 1, 0, wraps, 2), EOVERFLOW);
	EQUAL(receive_errno(&scene, 1, large, 2), EFBIG);
	EQUAL(send_errno(&scene, 1, 1024, too_long, 2), EBADMSG);
	EQUAL(receive_errno(&scene, 1, too_long, 2), EMSGSIZE);
	EQUAL(send_errno(&scene, 1, 1025, too_long, 2), EMSGSIZE);
	SAME_TEXT(wusb_error_name(EMSGSIZE), "NetworkError");
	errno = 0;
	CHECK(!wusb_isochronous_transfer_in(scene.session, 1, NULL, 0, 2));
	EQUAL(errno, EINVAL);
	/* Not of the current alternate setting. */
	WORKS(SAYS(wusb_set_alternate(scene.session, 0)));
	EQUAL(receive_errno(&scene, 1, wraps, 2), ENOENT);
}

static void requests_keep_their_direction(void)
{
	uint32_t length = 8;
	struct wusb_request *request;
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	request = wusb_submit_out(scene.session, 1, &scene, 8, &length, 1, 0, &scene);
	REQUIRE(request);
	CHECK(wusb_request_user(request) == &scene);
	errno = 0;
	CHECK(!wusb_out_result(request));
	EQUAL(errno, EBUSY);
	WORKS(SAYS(wusb_wait(request, WAIT_MS)));
	CHECK(!wusb_in_result(request));
	EQUAL(errno, EINVAL);
	wusb_request_free(request);
	errno = 0;
	CHECK(!wusb_next(scene.session, 0));
	EQUAL(errno, EAGAIN);
}

/* --- sending --- */

/* Packets of 8, 16 ... 1024 bytes with the pattern, as the device expects them. */
static size_t fill(unsigned char *data, uint32_t *lengths, uint32_t count, uint64_t counter)
{
	size_t size = 0;

	for (uint32_t i = 0; i < count; i++) {
		lengths[i] = 8 * (i % 128 + 1);
		sim_pattern_fill(data + size, lengths[i], 0x01, counter + i);
		size += lengths[i];
	}
	return size;
}

static void sends_what_it_says(void)
{
	static unsigned char data[600 * FULL];
	static uint32_t lengths[600];
	struct wusb_out_result *result;
	struct sim_pipe_stats stats;
	struct scene scene;
	size_t size = fill(data, lengths, 600, 7);

	start(&scene, SIM_HIGH, 1);
	result = wusb_isochronous_transfer_out(scene.session, 1, data, size, lengths, 600, 0);
	REQUIRE(result);
	EQUAL(result->num_packets, 600);
	EQUAL(result->status, WUSB_OK);
	for (uint32_t i = 0; i < 600; i++) {
		EQUAL(result->packets[i].bytes_written, lengths[i]);
		EQUAL(result->packets[i].status, WUSB_OK);
	}
	wusb_out_result_free(result);
	REQUIRE(sim_stats(scene.fixture.sim, 0x01, &stats));
	EQUAL(stats.good, 600);
	EQUAL(stats.bad, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.missing, 0);
	EQUAL(stats.bytes, size);
}

/* So many that some wait until the driver has room for them. */
static void data_may_change_at_once(void)
{
	static unsigned char data[64 * FULL];
	static struct wusb_request *requests[600];
	struct sim_pipe_stats stats;
	static uint32_t lengths[64];
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	for (uint32_t i = 0; i < 600; i++) {
		size_t size = fill(data, lengths, 64, 64 * i);

		requests[i] = wusb_submit_out(scene.session, 1, data, size, lengths, 64, 0, NULL);
		REQUIRE(requests[i]);
		memset(data, 0xee, sizeof(data));
		memset(lengths, 0, sizeof(lengths));
	}
	for (uint32_t i = 0; i < 600; i++) {
		struct wusb_request *request = wusb_next(scene.session, WAIT_MS);
		struct wusb_out_result *result;

		CHECK(request == requests[i]);
		REQUIRE(request);
		result = wusb_out_result(request);
		REQUIRE(result);
		EQUAL(result->status, WUSB_OK);
		EQUAL(result->timing.gap, 0);
		EQUAL(result->timing.new_stream, !i);
		wusb_out_result_free(result);
	}
	REQUIRE(sim_stats(scene.fixture.sim, 0x01, &stats));
	EQUAL(stats.good, 38400);
	EQUAL(stats.bad, 0);
	EQUAL(stats.jumps, 0);
	EQUAL(stats.streams, 1);
}

static void failing_out_packets(void)
{
	static const unsigned char data[4 * 512];
	uint32_t *lengths = same_lengths(4, 512);
	struct wusb_out_result *result;
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	fault(&scene, "protocol@+1:pipe=0x01");
	EQUAL(send_errno(&scene, 1, 4 * 512, lengths, 4), EIO);
	fault(&scene, "protocol@+1:pipe=0x01");
	result = wusb_isochronous_transfer_out(scene.session, 1, data, sizeof(data), lengths, 4,
					       WUSB_KEEP_GOOD_PACKETS);
	REQUIRE(result);
	EQUAL(result->status, WUSB_ERROR);
	EQUAL(result->packets[0].bytes_written, 512);
	EQUAL(result->packets[1].status, WUSB_ERROR);
	EQUAL(result->packets[1].error, -EPROTO);
	EQUAL(result->packets[2].bytes_written, 512);
	wusb_out_result_free(result);
}

/* --- many at a time --- */

/* Resubmits as each one finishes; all of it is one stream. */
static void several_in_flight_are_one_stream(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(8, FULL);
	unsigned int submitted = 0;
	uint64_t counter = 0;

	start(&scene, SIM_HIGH, 1);
	for (; submitted < 16; submitted++)
		REQUIRE(wusb_submit_in(scene.session, 1, lengths, 8, 0,
				       (void *)(uintptr_t)submitted));
	for (unsigned int i = 0; i < 1000; i++) {
		struct wusb_request *request = wusb_next(scene.session, WAIT_MS);
		struct wusb_in_result *result;

		REQUIRE(request);
		EQUAL((uintptr_t)wusb_request_user(request), i);
		if (submitted < 1000)
			REQUIRE(wusb_submit_in(scene.session, 1, lengths, 8, 0,
					       (void *)(uintptr_t)submitted++));
		result = wusb_in_result(request);
		REQUIRE(result);
		if (!i)
			counter = sim_pattern_counter(result->data);
		EQUAL(result->timing.gap, 0);
		EQUAL(result->timing.new_stream, !i);
		EQUAL(sim_pattern_counter(result->data), counter + 8ull * i);
		EQUAL(result->timing.trust, i ? WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED);
		wusb_in_result_free(result);
	}
}

#define MANY 3000

/* More than the driver is given at a time. */
static void thousands_in_one_go(void)
{
	uint32_t length = 192;
	uint64_t counter = 0;
	struct scene scene;

	start(&scene, SIM_HIGH, 4);
	for (unsigned int i = 0; i < MANY; i++)
		REQUIRE(wusb_submit_in(scene.session, 1, &length, 1, 0, (void *)(uintptr_t)i));
	for (unsigned int i = 0; i < MANY; i++) {
		struct wusb_request *request = wusb_next(scene.session, WAIT_MS);
		struct wusb_in_result *result;

		REQUIRE(request);
		EQUAL((uintptr_t)wusb_request_user(request), i);
		result = wusb_in_result(request);
		REQUIRE(result);
		if (!i)
			counter = sim_pattern_counter(result->data);
		REQUIRE(sim_pattern_matches(result->data, 192, 0x81, counter + i));
		wusb_in_result_free(result);
	}
	CHECK(!wusb_next(scene.session, 0));
	EQUAL(errno, EAGAIN);
}

static void a_hole_is_told(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(8, FULL);
	uint32_t lost = 0;

	start(&scene, SIM_HIGH, 1);
	fault(&scene, "hole@100:pipe=0x81:n=5");
	for (unsigned int i = 0; i < 50; i++)
		REQUIRE(wusb_submit_in(scene.session, 1, lengths, 8, 0, NULL));
	for (unsigned int i = 0; i < 50; i++) {
		struct wusb_request *request = wusb_next(scene.session, WAIT_MS);
		struct wusb_in_result *result;

		REQUIRE(request);
		result = wusb_in_result(request);
		REQUIRE(result);
		lost += result->timing.gap + result->timing.inner_gap;
		wusb_in_result_free(result);
	}
	EQUAL(lost, 5);
}

static void the_file_wakes(void)
{
	uint32_t *lengths = same_lengths(8, FULL), too_long = FULL + 1;
	struct pollfd poll_fd = { .events = POLLIN };
	struct wusb_request *request;
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	poll_fd.fd = wusb_fd(scene.session);
	EQUAL(poll(&poll_fd, 1, 0), 0);
	for (unsigned int i = 0; i < 20; i++) {
		REQUIRE(wusb_submit_in(scene.session, 1, lengths, 8, 0, NULL));
		while (!(request = wusb_next(scene.session, 0))) {
			REQUIRE(errno == EAGAIN);
			REQUIRE(poll(&poll_fd, 1, WAIT_MS) == 1);
		}
		wusb_request_free(request);
	}
	EQUAL(poll(&poll_fd, 1, 0), 0);
	/* One that the driver refuses finishes at once, and nothing comes from the device. */
	REQUIRE(wusb_submit_in(scene.session, 1, &too_long, 1, 0, NULL));
	EQUAL(poll(&poll_fd, 1, 0), 1);
	request = wusb_next(scene.session, 0);
	REQUIRE(request);
	CHECK(!wusb_in_result(request));
	EQUAL(errno, EMSGSIZE);
	EQUAL(poll(&poll_fd, 1, 0), 0);
}

struct caller {
	struct scene *scene;
	const uint32_t *lengths;
	unsigned int done;
};

static void *call(void *argument)
{
	struct caller *caller = argument;
	struct wusb_in_result *result;

	for (; caller->done < 100; caller->done++) {
		result = wusb_isochronous_transfer_in(caller->scene->session, 1, caller->lengths, 8,
						      0);
		if (!result)
			break;
		wusb_in_result_free(result);
	}
	return NULL;
}

static void threads_share_a_session(void)
{
	struct scene scene;
	struct caller caller[4];
	pthread_t thread[4];
	uint32_t *lengths = same_lengths(8, FULL);

	start(&scene, SIM_HIGH, 1);
	for (unsigned int i = 0; i < 4; i++) {
		caller[i] = (struct caller){ .scene = &scene, .lengths = lengths };
		EQUAL(pthread_create(&thread[i], NULL, call, &caller[i]), 0);
	}
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		EQUAL(caller[i].done, 100);
	}
}

/* --- ending early --- */

static void submit_long_ones(struct scene *scene, struct wusb_request **requests,
			     unsigned int count)
{
	uint32_t *lengths = same_lengths(8000, FULL);

	for (unsigned int i = 0; i < count; i++) {
		requests[i] = wusb_submit_in(scene->session, 1, lengths, 8000, 0, NULL);
		REQUIRE(requests[i]);
	}
}

static int in_errno(struct wusb_request *request)
{
	REQUIRE_WORKS(SAYS(wusb_wait(request, WAIT_MS)));
	errno = 0;
	CHECK(!wusb_in_result(request));
	return errno;
}

static void cancelled(void)
{
	struct wusb_request *requests[3];
	struct wusb_in_result *result;
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	submit_long_ones(&scene, requests, 3);
	wusb_cancel(requests[1]);
	EQUAL(in_errno(requests[1]), ECONNRESET);
	wusb_request_free(requests[0]);
	WORKS(SAYS(wusb_wait(requests[2], WAIT_MS)));
	wusb_cancel(requests[2]);
	result = wusb_in_result(requests[2]);
	REQUIRE(result);
	EQUAL(result->status, WUSB_OK);
	wusb_in_result_free(result);
}

/* Half of the data is there; the part that is under way comes back when it is cancelled. */
static void freed_requests_leave_memory_alone(void)
{
	uint32_t *lengths = same_lengths(8000, FULL);
	const size_t size = (size_t)8000 * FULL;
	unsigned char *data = calloc(1, size);
	struct wusb_request *request;
	struct scene scene;
	size_t touched = 0;

	REQUIRE(data);
	tap_defer(free, data);
	start(&scene, SIM_HIGH, 1);
	request = wusb_submit_in_to(scene.session, 1, lengths, 8000, 0, data, NULL);
	REQUIRE(request);
	errno = 0;
	CHECK(!wusb_next(scene.session, 500));
	EQUAL(errno, ETIMEDOUT);
	wusb_request_free(request);
	memset(data, 0xee, size);
	must_receive(&scene, same_lengths(8, FULL), 8, 0);
	for (size_t i = 0; i < size; i++)
		touched += data[i] != 0xee;
	EQUAL(touched, 0);
}

static void another_alternate(void)
{
	struct wusb_request *requests[3];
	struct scene scene;
	uint32_t *lengths = same_lengths(8, 512);

	start(&scene, SIM_HIGH, 1);
	submit_long_ones(&scene, requests, 3);
	WORKS(SAYS(wusb_set_alternate(scene.session, 3)));
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(in_errno(requests[i]), ECONNRESET);
	must_receive(&scene, lengths, 8, 0);
	RETURNS(SAYS(wusb_set_alternate(scene.session, 99)), ENOENT);
}

static void freed_with_all_that_is_pending(void)
{
	struct wusb_request *requests[3];
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	submit_long_ones(&scene, requests, 3);
	REQUIRE(tap_cancel(free_session, scene.session));
	wusb_session_free(scene.session);
	/* The device is as it was: the pipe has no owner. */
	scene.session = wusb_session_new(scene.dev);
	REQUIRE(scene.session);
	tap_defer(free_session, scene.session);
	must_receive(&scene, same_lengths(8, FULL), 8, 0);
}

struct waiter {
	struct wusb_request *request;
	int error;
};

static void *wait_for(void *argument)
{
	struct waiter *waiter = argument;

	waiter->error = -SAYS(wusb_wait(waiter->request, WAIT_MS));
	return NULL;
}

static bool is_waited_for(struct scene *scene, const struct waiter *waiter)
{
	bool waits;

	pthread_mutex_lock(&scene->session->lock);
	waits = waiter->request->waiters && scene->session->polling;
	pthread_mutex_unlock(&scene->session->lock);
	return waits;
}

static pid_t fork_and_free(struct scene *scene)
{
	pid_t child = fork();

	if (child)
		return child;
	alarm(60); /* instead of hanging */
	wusb_session_free(scene->session);
	wiso_close(scene->dev);
	_exit(0);
}

static void forked(void)
{
	struct wusb_request *requests[2];
	struct waiter waiters[2] = { 0 };
	pthread_t threads[2];
	struct scene scene;
	int status = -1;
	pid_t child;

	start(&scene, SIM_HIGH, 1);
	submit_long_ones(&scene, requests, 2);
	for (unsigned int i = 0; i < 2; i++) {
		waiters[i].request = requests[i];
		REQUIRE(!pthread_create(&threads[i], NULL, wait_for, &waiters[i]));
		while (!is_waited_for(&scene, &waiters[i]))
			sched_yield();
	}
	child = fork_and_free(&scene);
	EQUAL(waitpid(child, &status, 0), child);
	EQUAL(status, 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct wusb_in_result *result;

		pthread_join(threads[i], NULL);
		EQUAL(waiters[i].error, 0);
		result = wusb_in_result(requests[i]);
		REQUIRE(result);
		EQUAL(result->status, WUSB_OK);
		EQUAL(result->timing.gap, 0);
		wusb_in_result_free(result);
	}
}

static void unplugged(void)
{
	struct wusb_request *requests[3];
	struct scene scene;

	start(&scene, SIM_HIGH, 1);
	fault(&scene, "vanish@500:pipe=0x81");
	submit_long_ones(&scene, requests, 3);
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(in_errno(requests[i]), ENODEV);
	errno = 0;
	CHECK(!wusb_next(scene.session, WAIT_MS));
	EQUAL(errno, ENODEV);
	EQUAL(receive_errno(&scene, 1, NULL, 0), ENODEV);
	EQUAL(receive_errno(&scene, 5, NULL, 0), ENODEV);
}

static void unplugged_keeping(void)
{
	struct scene scene;
	uint32_t *lengths = same_lengths(8000, FULL);
	struct wusb_in_result *result;
	uint32_t good = 0;

	start(&scene, SIM_HIGH, 1);
	fault(&scene, "vanish@500:pipe=0x81");
	result = must_receive(&scene, lengths, 8000, WUSB_KEEP_GOOD_PACKETS);
	EQUAL(result->status, WUSB_ERROR);
	EQUAL(result->error, -ENODEV);
	while (good < 8000 && result->packets[good].status == WUSB_OK)
		good++;
	CHECK(good >= 256);
	for (uint32_t i = good; i < 8000; i++)
		if (!result->packets[i].error || result->packets[i].status != WUSB_ERROR)
			return (void)CHECK(!"a packet that was never received says so");
	CHECK(sim_pattern_matches(result->packets[good - 1].data, FULL, 0x81,
				  sim_pattern_counter(result->data) + good - 1));
}

static const struct tap_test tests[] = {
	{ "full packets: one piece of data, a view and ok for each", full_packets },
	{ "short and empty packets lie where the lengths asked for put them, zeros behind",
	  short_and_empty_packets },
	{ "each packet can ask for another length, none too", lengths_of_many_kinds },
	{ "no packets at all are a result without any", no_packets },
	{ "5000 packets in one transfer, without a hole between its parts", thousands_of_packets },
	{ "a packet that babbles leaves its neighbours intact", babble },
	{ "a stall is a result, and its summary is stall", stall },
	{ "any other failure of a packet fails the whole transfer with EIO, and the next one works",
	  each_failure_strictly },
	{ "with WUSB_KEEP_GOOD_PACKETS the others come through it", each_failure_keeping },
	{ "all packets bad: EIO, or a result that says so of each", all_packets_bad },
	{ "each wrong argument has its errno, checked in the order of the specification",
	  each_wrong_argument },
	{ "a request gives its own kind of result, once it has finished",
	  requests_keep_their_direction },
	{ "OUT packets of many lengths arrive as they are, and say how much was written",
	  sends_what_it_says },
	{ "data and lengths may change as soon as they were submitted", data_may_change_at_once },
	{ "a failed OUT packet: EIO, or a result with the rest", failing_out_packets },
	{ "1000 transfers, 16 in flight, are one stream without a gap, in order",
	  several_in_flight_are_one_stream },
	{ "3000 transfers submitted in one go finish in order", thousands_in_one_go },
	{ "a hole in the stream is told with the number of its service intervals", a_hole_is_told },
	{ "the session's file wakes poll() for what has finished, refusals too", the_file_wakes },
	{ "four threads that share a session get a result each", threads_share_a_session },
	{ "a cancelled transfer says ECONNRESET, and the others go on", cancelled },
	{ "a transfer freed under way writes nothing more to its caller's memory",
	  freed_requests_leave_memory_alone },
	{ "another alternate setting ends all with ECONNRESET, and its pipes work",
	  another_alternate },
	{ "a session can be freed with transfers pending", freed_with_all_that_is_pending },
	{ "a forked child frees its copy, and its parent's transfers go on", forked },
	{ "unplugged: all pending say ENODEV, and so does everything after", unplugged },
	{ "unplugged while keeping: what had come is there, the rest says why", unplugged_keeping },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
