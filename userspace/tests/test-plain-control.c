// SPDX-License-Identifier: MIT
/* Control transfers: data both ways, what is let through, descriptors, several sessions. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"

#define LARGEST (8u + 65535u)

static struct fixture_buffer open_control(struct plain *plain)
{
	struct fixture_buffer control;

	plain_open(plain);
	plain_buffer(plain, &control, CONTROL, LARGEST);
	return control;
}

/* --- data --- */

static void data(void)
{
	static const uint16_t lengths[] = { 0, 1, 7, 8, 63, 64, 65, 512, 4096, 65535 };
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;
	uint32_t moved;
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		plain_fill(control.data + 8, lengths[i], i);
		transfer = plain_control(&control, 0x40, SIM_REQUEST_STORE, 0, 0, lengths[i], 1);
		WORKS(plain_do(plain.fd, &transfer, &moved));
		EQUAL(moved, lengths[i]);
		memset(control.data, 0xee, LARGEST);
		transfer = plain_control(&control, 0xc0, SIM_REQUEST_STORE, 0, 0, 65535, 2);
		WORKS(plain_do(plain.fd, &transfer, &moved));
		EQUAL(moved, lengths[i]);
		CHECK(plain_matches(control.data + 8, lengths[i], i));
	}
}

/* The device sees what was asked for, whatever the length of the slice. */
static void setup_packet(void)
{
	static const uint8_t wanted[8] = {
		0xc0, SIM_REQUEST_SETUP, 0x34, 0x12, 0x78, 0x56, 0x28, 0x00,
	};
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;
	uint32_t moved;

	transfer = plain_control(&control, 0xc0, SIM_REQUEST_SETUP, 0x1234, 0x5678, 40, 1);
	transfer.length = LARGEST;
	WORKS(plain_do(plain.fd, &transfer, &moved));
	EQUAL(moved, 8);
	CHECK(!memcmp(control.data + 8, wanted, 8));
	CHECK(!memcmp(control.data, wanted, 8));
}

/* At an offset, beside another one. */
static void offsets(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;
	uint8_t setup[8] = { 0xc0, SIM_REQUEST_SETUP, 0, 0, 0, 0, 8, 0 };

	memset(control.data, 0xee, 256);
	memcpy(control.data + 101, setup, 8);
	transfer = plain_transfer(&control, 101, 16, 1);
	WORKS(plain_do(plain.fd, &transfer, NULL));
	CHECK(!memcmp(control.data + 109, setup, 8));
	EQUAL(control.data[117], 0xee);
	EQUAL(control.data[100], 0xee);
}

/* Changed after submission, it is what it was at submission. */
static void read_once(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	uint8_t slow[8] = { 0x40, SIM_REQUEST_SLOW, 0xff, 0xff, 0, 0, 0, 0 };
	uint8_t asked[8] = { 0xc0, SIM_REQUEST_SETUP, 0x11, 0, 0, 0, 8, 0 };
	struct winusb_iso_transfer transfer;

	memcpy(control.data, slow, 8);
	transfer = plain_transfer(&control, 0, 8, 1);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	memcpy(control.data + 100, asked, 8);
	transfer = plain_transfer(&control, 100, 16, 2);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	memset(control.data + 100, 0xff, 8);
	REQUIRE_WORKS(plain_cancel(plain.fd, CONTROL, 1));
	plain_expect(plain.fd, 1, -ECONNRESET, 0);
	plain_expect(plain.fd, 2, 0, 8);
	CHECK(!memcmp(control.data + 108, asked, 8));
}

static void short_answer(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;
	uint32_t moved;

	transfer = plain_control(&control, 0x80, 6, 0x0100, 0, 255, 1);
	WORKS(plain_do(plain.fd, &transfer, &moved));
	EQUAL(moved, 18);
	transfer = plain_control(&control, 0x80, 6, 0x0100, 0, 8, 1);
	WORKS(plain_do(plain.fd, &transfer, &moved));
	EQUAL(moved, 8);
}

static void stall(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;

	transfer = plain_control(&control, 0xc0, SIM_REQUEST_STALL, 0, 0, 8, 1);
	RETURNS(plain_do(plain.fd, &transfer, NULL), EPIPE);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	transfer = plain_control(&control, 0xc0, SIM_REQUEST_SETUP, 0, 0, 8, 2);
	transfer.offset = 0;
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	plain_expect(plain.fd, 1, -EPIPE, 0);
	plain_expect(plain.fd, 2, 0, 8);
}

static void in_order(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		transfer = plain_control(&control, 0x40, SIM_REQUEST_STORE, 0, 0, 4, i);
		REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	}
	for (i = 0; i < 100; i++)
		plain_expect(plain.fd, i, 0, 4);
}

/* --- what is refused --- */

static void lengths_refused(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;

	transfer = plain_control(&control, 0xc0, SIM_REQUEST_SETUP, 0, 0, 8, 1);
	transfer.length = 7;
	RETURNS(fixture_submit(plain.fd, &transfer), EMSGSIZE);
	transfer.length = 0;
	RETURNS(fixture_submit(plain.fd, &transfer), EMSGSIZE);
	transfer.length = 15;
	RETURNS(fixture_submit(plain.fd, &transfer), EMSGSIZE);
	transfer.length = 16;
	transfer.offset = LARGEST - 15;
	RETURNS(fixture_submit(plain.fd, &transfer), EOVERFLOW);
	transfer.offset = 0;
	WORKS(plain_do(plain.fd, &transfer, NULL));
}

struct request {
	uint8_t type, request;
	uint16_t value, index, length;
	int refused; /* or what the device makes of it: 0 or EPIPE */
};

static void check_requests(const struct plain *plain, const struct fixture_buffer *control,
			   const struct request *requests, size_t count, bool refused)
{
	struct winusb_iso_transfer transfer;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct request *r = &requests[i];

		tap_note("%02x %02x %04x %04x", r->type, r->request, r->value, r->index);
		transfer = plain_control(control, r->type, r->request, r->value, r->index,
					 r->length, 1);
		if (refused)
			RETURNS(fixture_submit(plain->fd, &transfer), EACCES);
		else
			RETURNS(plain_do(plain->fd, &transfer, NULL), r->refused);
	}
}

/* The session has interface 0, with endpoints 1 to 4; interface 1 has endpoint 0x85. */
static struct fixture_buffer open_one_of_two(struct plain *plain)
{
	struct fixture_buffer control;
	struct sim_options options;

	plain_options(&options, SIM_HIGH);
	options.shape.n_interfaces++;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "0=in:0x85:512:0:bulk"));
	fixture_start(&plain->device, &options);
	plain->fd = fixture_open(&plain->device, O_RDWR | O_NONBLOCK);
	plain_buffer(plain, &control, CONTROL, PLAIN_ROOM);
	return control;
}

static void requests_refused(void)
{
	static const struct request requests[] = {
		{ 0x00, 5, 9, 0, 0, 0 }, /* SET_ADDRESS */
		{ 0x80, 5, 9, 0, 0, 0 },
		{ 0x00, 9, 1, 0, 0, 0 }, /* SET_CONFIGURATION */
		{ 0x01, 9, 1, 0, 0, 0 },
		{ 0x01, 11, 1, 0, 0, 0 }, /* SET_INTERFACE */
		{ 0x00, 11, 1, 0, 0, 0 },
		{ 0x02, 1, 0, 0x81, 0, 0 }, /* CLEAR_FEATURE ENDPOINT_HALT */
		{ 0x02, 3, 0, 0x81, 0, 0 }, /* SET_FEATURE ENDPOINT_HALT */
		{ 0x02, 1, 0, 0x00, 0, 0 },
		{ 0x00, 3, 2, 0, 0, 0 },  /* TEST_MODE */
		{ 0x00, 3, 48, 0, 0, 0 }, /* U1_ENABLE */
		{ 0x01, 3, 0, 0, 0, 0 },  /* FUNCTION_SUSPEND */
		{ 0x01, 3, 1, 0, 0, 0 },  /* the number of remote wake-up, to an interface */
		{ 0x00, 48, 0, 0, 6, 0 }, /* SET_SEL */
		{ 0x00, 49, 0, 0, 0, 0 }, /* SET_ISOCH_DELAY */
		{ 0x81, 0, 0, 1, 2, 0 },  /* GET_STATUS of another interface */
		{ 0x81, 0, 0, 0x0101, 2, 0 },
		{ 0x82, 0, 0, 0x85, 2, 0 }, /* ... of its endpoint */
		{ 0x82, 0, 0, 0x05, 2, 0 },
		{ 0x21, SIM_REQUEST_STORE, 0, 1, 0, 0 }, /* class requests */
		{ 0xa1, SIM_REQUEST_STORE, 0, 1, 8, 0 },
		{ 0xa2, SIM_REQUEST_STORE, 0, 0x85, 8, 0 },
		{ 0xa1, 0, 0, 0x0001, 8, 0 },		 /* GET_DEVICE_ID, and this is no printer */
		{ 0x61, SIM_REQUEST_STORE, 0, 1, 0, 0 }, /* reserved type */
	};
	struct sim_device_stats before, after;
	struct plain plain;
	struct fixture_buffer control = open_one_of_two(&plain);

	sim_device_stats(plain.device.sim, &before);
	check_requests(&plain, &control, requests, sizeof(requests) / sizeof(requests[0]), true);
	sim_device_stats(plain.device.sim, &after);
	EQUAL(after.control_requests, before.control_requests);
}

static void requests_allowed(void)
{
	static const struct request requests[] = {
		{ 0x80, 0, 0, 0, 2, 0 },    /* GET_STATUS of the device */
		{ 0x81, 0, 0, 0, 2, 0 },    /* ... of the interface */
		{ 0x82, 0, 0, 0x81, 2, 0 }, /* ... of its endpoints */
		{ 0x82, 0, 0, 0x01, 2, 0 },
		{ 0x82, 0, 0, 0x00, 2, 0 },
		{ 0x82, 0, 0, 0x80, 2, 0 },
		{ 0x80, 8, 0, 0, 1, 0 },	/* GET_CONFIGURATION */
		{ 0x81, 10, 0, 0, 1, 0 },	/* GET_INTERFACE */
		{ 0x80, 6, 0x0200, 0, 255, 0 }, /* GET_DESCRIPTOR */
		{ 0x00, 3, 1, 0, 0, EPIPE },	/* DEVICE_REMOTE_WAKEUP: this one can not */
		{ 0x00, 1, 1, 0, 0, EPIPE },
		{ 0x21, SIM_REQUEST_STORE, 0, 0, 4, 0 }, /* class requests */
		{ 0xa1, SIM_REQUEST_STORE, 0, 0, 8, 0 },
		{ 0xa1, SIM_REQUEST_STORE, 0, 0xff00, 8, 0 },
		{ 0xa2, SIM_REQUEST_STORE, 0, 0x81, 8, 0 },
		{ 0xa0, SIM_REQUEST_STORE, 0, 0xffff, 8, 0 },
		{ 0x41, SIM_REQUEST_STORE, 0, 5, 0, 0 }, /* vendor requests */
		{ 0xc1, SIM_REQUEST_SETUP, 0, 5, 8, 0 },
		{ 0xc2, SIM_REQUEST_SETUP, 0, 0x85, 8, 0 },
		{ 0xc3, SIM_REQUEST_SETUP, 0, 0x85, 8, 0 },
		{ 0xc0, 5, 0, 0, 8, 0 }, /* SET_ADDRESS by number alone */
	};
	struct plain plain;
	struct fixture_buffer control = open_one_of_two(&plain);

	check_requests(&plain, &control, requests, sizeof(requests) / sizeof(requests[0]), false);
}

static void refused_in_ring(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer control;
	struct fixture_rings rings;
	struct plain plain;
	uint32_t taken;

	plain_open(&plain);
	fixture_rings(plain.fd, &rings, 8);
	plain_buffer(&plain, &control, CONTROL, PLAIN_ROOM);
	transfer = plain_control(&control, 0x00, 9, 1, 0, 0, 7);
	fixture_publish(&rings, &transfer);
	WORKS(fixture_submit_ring(plain.fd, &taken));
	REQUIRE_WORKS(fixture_collect_wait(plain.fd, &rings, &completion));
	EQUAL(completion.cookie, 7);
	RETURNS(completion.status, EACCES);
}

/* --- sessions --- */

static void two_sessions(void)
{
	struct plain plain, other;
	struct fixture_buffer control = open_control(&plain), others;
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;

	other = plain;
	other.fd = plain_open_another(&plain);
	plain_buffer(&other, &others, CONTROL, PLAIN_ROOM);
	transfer = plain_control(&control, 0x40, SIM_REQUEST_SLOW, 0xffff, 0, 0, 1);
	REQUIRE_WORKS(fixture_submit(plain.fd, &transfer));
	transfer = plain_control(&others, 0xc0, SIM_REQUEST_SETUP, 0, 0, 8, 1);
	REQUIRE_WORKS(fixture_submit(other.fd, &transfer));
	RETURNS(plain_cancel(other.fd, CONTROL, 99), ENOENT);
	WORKS(fixture_abort(plain.fd, CONTROL));
	plain_expect(plain.fd, 1, -ECONNRESET, 0);
	plain_expect(other.fd, 1, 0, 8);
	RETURNS(fixture_reap(plain.fd, &completion), EAGAIN);
	tap_note("one that is closed leaves the other alone");
	fixture_close(plain.fd);
	WORKS(plain_do(other.fd, &transfer, NULL));
}

/* --- descriptors --- */

/* What sysfs has is what usbcore read. */
static void descriptors(void)
{
	struct plain plain;
	struct fixture_buffer control = open_control(&plain);
	struct winusb_iso_transfer transfer;
	uint8_t known[4096];
	char path[128];
	uint32_t moved;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/descriptors", plain.device.bus_id);
	file = fopen(path, "re");
	REQUIRE(file);
	size = fread(known, 1, sizeof(known), file);
	fclose(file);
	transfer = plain_control(&control, 0x80, 6, 0x0100, 0, 18, 1);
	WORKS(plain_do(plain.fd, &transfer, &moved));
	CHECK(!memcmp(control.data + 8, known, 18));
	transfer = plain_control(&control, 0x80, 6, 0x0200, 0, 4096, 1);
	WORKS(plain_do(plain.fd, &transfer, &moved));
	EQUAL(moved, size - 18);
	CHECK(!memcmp(control.data + 8, known + 18, moved));
}

static const struct tap_test tests[] = {
	{ "0 to 65535 bytes go out and come back by control", data },
	{ "the device sees the setup packet that was asked for", setup_packet },
	{ "a control transfer may be anywhere in its buffer", offsets },
	{ "a setup packet that changes after submission is what it was", read_once },
	{ "a short answer is no error", short_answer },
	{ "a stall of endpoint 0 says EPIPE and halts nothing", stall },
	{ "control transfers go one after another", in_order },
	{ "a control transfer that does not fit is refused with EMSGSIZE", lengths_refused },
	{ "requests behind the kernel's back and to others are refused with EACCES",
	  requests_refused },
	{ "all other requests reach the device", requests_allowed },
	{ "a request that the ring refuses says EACCES in a completion", refused_in_ring },
	{ "each session has control transfers of its own", two_sessions },
	{ "descriptors are what the kernel read", descriptors },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
