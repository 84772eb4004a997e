// SPDX-License-Identifier: MIT
/* The native library's control, bulk and interrupt calls, cancel, power, associated interfaces. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "plain.h"
#include "winusb-iso.h"

#define WAIT_MS 10000

static void close_device(void *device)
{
	wiso_close(device);
}

static struct wiso_device *open_library(struct plain *plain)
{
	struct wiso_device *dev;

	plain_open(plain);
	fixture_close(plain->fd);
	dev = wiso_open(plain->device.node, 0);
	REQUIRE(dev);
	tap_defer(close_device, dev);
	return dev;
}

/* 0 or -errno, as RETURNS() and WORKS() want it. */
static int result(long ret)
{
	return ret < 0 ? -errno : 0;
}

/* --- control --- */

static void control(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct wiso_setup out = { 0x40, SIM_REQUEST_STORE, 0, 0, 0 };
	struct wiso_setup in = { 0xc0, SIM_REQUEST_STORE, 0, 0, 65535 };
	static uint8_t sent[65535], received[65535];
	static const uint16_t lengths[] = { 0, 1, 64, 1000, 65535 };
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		plain_fill(sent, lengths[i], i);
		out.length = lengths[i];
		EQUAL(wiso_control(dev, &out, lengths[i] ? sent : NULL, WAIT_MS), lengths[i]);
		memset(received, 0xee, sizeof(received));
		EQUAL(wiso_control(dev, &in, received, WAIT_MS), lengths[i]);
		CHECK(!memcmp(sent, received, lengths[i]));
	}
}

static void control_refused(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct wiso_setup setup = { 0xc0, SIM_REQUEST_STALL, 0, 0, 8 };
	uint8_t data[8];

	RETURNS(result(wiso_control(dev, &setup, data, WAIT_MS)), EPIPE);
	RETURNS(result(wiso_control(dev, &setup, data, 0)), EINVAL);
	setup = (struct wiso_setup){ 0x00, 9, 1, 0, 0 };
	RETURNS(result(wiso_control(dev, &setup, NULL, WAIT_MS)), EACCES);
}

static void control_timeout(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct wiso_setup setup = { 0x40, SIM_REQUEST_SLOW, 0xffff, 0, 0 };

	RETURNS(result(wiso_control(dev, &setup, NULL, 20)), ETIMEDOUT);
	setup.value = 5;
	WORKS(result(wiso_control(dev, &setup, NULL, WAIT_MS)));
}

static void descriptor(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	uint8_t data[255];

	EQUAL(wiso_get_descriptor(dev, 1, 0, 0, data, sizeof(data)), 18);
	EQUAL(data[8] | data[9] << 8, 0x1209);
	EQUAL(wiso_get_descriptor(dev, 1, 0, 0, data, 4), 4);
	EQUAL(wiso_get_descriptor(dev, 3, 3, 0x0409, data, sizeof(data)), 10);
	RETURNS(result(wiso_get_descriptor(dev, 0x42, 0, 0, data, sizeof(data))), EPIPE);
	RETURNS(result(wiso_get_descriptor(dev, 1, 0, 0, data, 65536)), EMSGSIZE);
}

/* --- read and write --- */

static void check_loop(struct wiso_device *dev, uint8_t out, uint8_t in, size_t size)
{
	size_t room = size + 1024 - size % 1024, done = 0;
	uint8_t *sent = malloc(size + 1), *received = malloc(room);

	REQUIRE(sent && received);
	plain_fill(sent, size, (unsigned int)size);
	WORKS(result(wiso_write(dev, out, sent, size, &done, WISO_WRITE_ZERO_PACKET, WAIT_MS)));
	EQUAL(done, size);
	done = 0;
	WORKS(result(wiso_read(dev, in, received, room, &done, WAIT_MS)));
	EQUAL(done, size);
	CHECK(!memcmp(sent, received, size));
	free(sent);
	free(received);
}

static void bulk(void)
{
	static const size_t sizes[] = {
		0, 1, 511, 512, 513, 65536, 262143, 262144, 1000000, 1048576
	};
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_loop(dev, LOOP_OUT, LOOP_IN, sizes[i]);
}

/* Here the library itself sends the packet of no length. */
static void interrupt(void)
{
	static const size_t sizes[] = { 1, 63, 64, 128, 1000, 1024 };
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_loop(dev, SLOW_OUT, SLOW_IN, sizes[i]);
}

/* More than a transfer can carry. */
static void huge(void)
{
	size_t size = 5u << 20, done = 0;
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct sim_pipe_stats stats;
	uint8_t *data = calloc(1, size);

	REQUIRE(data);
	WORKS(result(wiso_write(dev, SINK, data, size, &done, 0, -1)));
	EQUAL(done, size);
	REQUIRE(sim_stats(plain.device.sim, SINK, &stats));
	EQUAL(stats.bytes, size);
	WORKS(result(wiso_read(dev, SOURCE, data, size, &done, -1)));
	EQUAL(done, size);
	free(data);
}

static void read_refused(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	uint8_t data[512];
	size_t done = 7;

	RETURNS(result(wiso_read(dev, 0x8f, data, 512, &done, WAIT_MS)), ENOENT);
	EQUAL(done, 0);
	RETURNS(result(wiso_read(dev, SINK, data, 512, NULL, WAIT_MS)), EINVAL);
	RETURNS(result(wiso_write(dev, SOURCE, data, 512, NULL, 0, WAIT_MS)), EINVAL);
	RETURNS(result(wiso_read(dev, CONTROL, data, 512, NULL, WAIT_MS)), EINVAL);
	RETURNS(result(wiso_write(dev, SINK, data, 512, NULL, 2, WAIT_MS)), EINVAL);
	RETURNS(result(wiso_read(dev, SOURCE, data, 512, NULL, 0)), EINVAL);
	wiso_set_alternate(dev, 1);
	RETURNS(result(wiso_read(dev, LOOP_IN, data, 512, NULL, WAIT_MS)), EINVAL);
}

static void short_read(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	static uint8_t data[4096];
	size_t done;

	WORKS(result(wiso_read(dev, MESSAGE, data, sizeof(data), &done, WAIT_MS)));
	EQUAL(done, 700);
}

/* What came before the time was up is there, and what comes later is not lost. */
static void read_timeout(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	uint8_t sent[512], received[1024];
	size_t done = 7;

	RETURNS(result(wiso_read(dev, LOOP_IN, received, 1024, &done, 20)), ETIMEDOUT);
	EQUAL(done, 0);
	plain_fill(sent, 512, 1);
	WORKS(result(wiso_write(dev, LOOP_OUT, sent, 512, NULL, 0, WAIT_MS)));
	RETURNS(result(wiso_read(dev, LOOP_IN, received, 1024, &done, 20)), ETIMEDOUT);
	EQUAL(done, 512);
	CHECK(plain_matches(received, 512, 1));
	check_loop(dev, LOOP_OUT, LOOP_IN, 100);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void read_interrupted(void)
{
	struct itimerval timer = { .it_value = { .tv_usec = 20000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	uint8_t data[512];

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	RETURNS(result(wiso_read(dev, LOOP_IN, data, 512, NULL, -1)), EINTR);
	check_loop(dev, LOOP_OUT, LOOP_IN, 100);
}

static void halted(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	static uint8_t data[1024];
	size_t done;

	plain_fault(&plain, "stall:pipe=0x03");
	RETURNS(result(wiso_write(dev, SINK, data, 1024, &done, 0, WAIT_MS)), EPIPE);
	RETURNS(result(wiso_write(dev, SINK, data, 1024, &done, 0, WAIT_MS)), EPIPE);
	WORKS(result(wiso_reset_pipe(dev, SINK)));
	WORKS(result(wiso_write(dev, SINK, data, 1024, &done, 0, WAIT_MS)));
	EQUAL(done, 1024);
}

struct echo {
	struct wiso_device *dev;
	unsigned int good;
};

static void *echo_run(void *argument)
{
	struct wiso_setup setup = { 0xc0, SIM_REQUEST_SETUP, 0, 0, 8 };
	struct echo *echo = argument;
	uint8_t data[8];
	unsigned int i;

	for (i = 0; i < 50; i++) {
		setup.value = (uint16_t)i;
		echo->good += wiso_control(echo->dev, &setup, data, -1) == 8 && data[2] == i;
	}
	return NULL;
}

static void threads(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct echo echo[4];
	pthread_t thread[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		echo[i] = (struct echo){ .dev = dev };
		REQUIRE(!pthread_create(&thread[i], NULL, echo_run, &echo[i]));
	}
	for (i = 0; i < 10; i++)
		check_loop(dev, LOOP_OUT, LOOP_IN, 1000 + i);
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		EQUAL(echo[i].good, 50);
	}
}

/* --- transfers --- */

static void many_at_once(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct wiso_buffer *in;
	unsigned int i;

	in = wiso_buffer_register(dev, SOURCE, 100 * 512, 0);
	REQUIRE(in);
	CHECK(!wiso_buffer_packets(in));
	for (i = 0; i < 100; i++) {
		wiso_transfer_init_plain(&transfer, in, i * 512, 512);
		transfer.cookie = i;
		REQUIRE_WORKS(result(wiso_queue(dev, &transfer)));
	}
	for (i = 0; i < 100; i++) {
		REQUIRE_WORKS(result(wiso_wait_completion(dev, &completion, WAIT_MS)));
		REQUIRE(completion.cookie == i && !completion.status);
		EQUAL(completion.actual_length, 512);
	}
}

static void control_transfer(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct wiso_setup setup = { 0xc0, SIM_REQUEST_SETUP, 0x1234, 0, 8 };
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct wiso_buffer *buffer;
	uint8_t *data;

	buffer = wiso_buffer_register(dev, CONTROL, 64, 0);
	REQUIRE(buffer);
	RETURNS(result(wiso_transfer_init_control(&transfer, buffer, 49, &setup)), EMSGSIZE);
	WORKS(result(wiso_transfer_init_control(&transfer, buffer, 48, &setup)));
	WORKS(result(wiso_submit_and_wait(dev, &transfer, &completion, WAIT_MS)));
	EQUAL(completion.status, 0);
	EQUAL(completion.actual_length, 8);
	data = wiso_buffer_data(buffer);
	CHECK(!memcmp(data + 48, data + 56, 8));
	EQUAL(data[50], 0x34);
}

static void cancels(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct wiso_buffer *in;

	in = wiso_buffer_register(dev, LOOP_IN, 512, 0);
	REQUIRE(in);
	wiso_transfer_init_plain(&transfer, in, 0, 512);
	transfer.cookie = 11;
	RETURNS(result(wiso_cancel(dev, LOOP_IN, 11)), ENOENT);
	tap_note("queued and not flushed");
	WORKS(result(wiso_queue(dev, &transfer)));
	WORKS(result(wiso_cancel(dev, LOOP_IN, 11)));
	WORKS(result(wiso_wait_completion(dev, &completion, WAIT_MS)));
	EQUAL(completion.cookie, 11);
	RETURNS(completion.status, ECONNRESET);
	tap_note("of wiso_submit_and_wait(), by the cookie that the caller gave");
	transfer.cookie = 12;
	RETURNS(result(wiso_submit_and_wait(dev, &transfer, &completion, 10)), ETIMEDOUT);
	WORKS(result(wiso_cancel(dev, LOOP_IN, 12)));
	WORKS(result(wiso_wait_completion(dev, &completion, WAIT_MS)));
	EQUAL(completion.cookie, 12);
	RETURNS(completion.status, ECONNRESET);
}

static void stream_is_left_alone(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct wiso_stream *stream;

	REQUIRE_WORKS(result(wiso_set_alternate(dev, 1)));
	stream = wiso_stream_open(dev, LOOP_IN, 8, 4, 0);
	REQUIRE(stream);
	REQUIRE_WORKS(result(wiso_stream_start(stream)));
	RETURNS(result(wiso_cancel(dev, LOOP_IN, 0)), ENOENT);
	RETURNS(result(wiso_cancel(dev, LOOP_IN, 1)), ENOENT);
	CHECK(wiso_stream_acquire(stream, WAIT_MS));
}

/* What the library keeps for read and write must not outlive the alternate setting. */
static void keeps_no_pipe(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain), *other;
	static uint8_t data[512];

	WORKS(result(wiso_read(dev, SOURCE, data, 512, NULL, WAIT_MS)));
	other = wiso_open(plain.device.node, 0);
	REQUIRE(other);
	tap_defer(close_device, other);
	RETURNS(result(wiso_read(other, SOURCE, data, 512, NULL, WAIT_MS)), EBUSY);
	WORKS(result(wiso_set_alternate(dev, 0)));
	WORKS(result(wiso_read(other, SOURCE, data, 512, NULL, WAIT_MS)));
}

static void unplugged(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	struct wiso_setup setup = { 0xc0, SIM_REQUEST_SETUP, 0, 0, 8 };
	uint8_t data[512];

	WORKS(result(wiso_read(dev, SOURCE, data, 512, NULL, WAIT_MS)));
	fixture_unplug(&plain.device);
	RETURNS(result(wiso_read(dev, SOURCE, data, 512, NULL, WAIT_MS)), ENODEV);
	RETURNS(result(wiso_control(dev, &setup, data, WAIT_MS)), ENODEV);
	RETURNS(result(wiso_cancel(dev, SOURCE, 0)), ENODEV);
}

static void *unplug_soon(void *argument)
{
	fixture_sleep_ms(20);
	sim_vanish(argument);
	return NULL;
}

static void unplugged_while_reading(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	uint8_t data[512];
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, unplug_soon, plain.device.sim));
	RETURNS(result(wiso_read(dev, LOOP_IN, data, 512, NULL, -1)), ENODEV);
	pthread_join(thread, NULL);
}

static void power(void)
{
	struct plain plain;
	struct wiso_device *dev = open_library(&plain);
	uint32_t value = 7;

	WORKS(result(wiso_get_power(dev, WINUSB_ISO_POWER_AUTO_SUSPEND, &value)));
	EQUAL(value, 0);
	WORKS(result(wiso_set_power(dev, WINUSB_ISO_POWER_SUSPEND_DELAY, 1234)));
	WORKS(result(wiso_get_power(dev, WINUSB_ISO_POWER_SUSPEND_DELAY, &value)));
	EQUAL(value, 1234);
	RETURNS(result(wiso_set_power(dev, 1, 0)), ENOENT);
	RETURNS(result(wiso_set_power(dev, WINUSB_ISO_POWER_ENABLE_WAKE, 1)), EOPNOTSUPP);
}

/* --- associated interfaces --- */

static struct wiso_device *open_three(struct fixture *device, const char *function)
{
	struct sim_options options;
	struct wiso_device *dev;

	sim_options_init(&options, SIM_HIGH);
	sim_shape_default(&options.shape, SIM_HIGH, 3);
	if (function)
		REQUIRE(!sim_shape_associate(&options.shape, function));
	fixture_start(device, &options);
	dev = wiso_open_id(0x1209, 0x0001, 0, NULL, 0);
	REQUIRE(dev);
	tap_defer(close_device, dev);
	return dev;
}

static void expect_associated(struct wiso_device *dev, unsigned int index, unsigned int interface)
{
	struct wiso_device *associated = wiso_open_associated(dev, index, 0);
	struct winusb_iso_info info;

	REQUIRE(associated);
	WORKS(result(wiso_get_info(associated, &info)));
	EQUAL(info.interface_number, interface);
	wiso_close(associated);
}

static int open_associated(struct wiso_device *dev, unsigned int index)
{
	struct wiso_device *associated = wiso_open_associated(dev, index, 0);

	if (!associated)
		return -errno;
	wiso_close(associated);
	return 0;
}

static void associated(void)
{
	struct fixture device;
	struct wiso_device *dev = open_three(&device, "0+2");
	struct wiso_list *list = wiso_list_new();

	expect_associated(dev, 0, 1);
	RETURNS(open_associated(dev, 1), ENOENT);
	REQUIRE(list && wiso_list_count(list) == 3);
	EQUAL(wiso_node_function_first(wiso_list_get(list, 1)), 0);
	EQUAL(wiso_node_function_count(wiso_list_get(list, 1)), 2);
	EQUAL(wiso_node_function_first(wiso_list_get(list, 2)), 2);
	EQUAL(wiso_node_function_count(wiso_list_get(list, 2)), 1);
	wiso_list_free(list);
}

static void not_grouped(void)
{
	struct fixture device;
	struct wiso_device *dev = open_three(&device, NULL);

	expect_associated(dev, 0, 1);
	expect_associated(dev, 1, 2);
	RETURNS(open_associated(dev, 2), ENOENT);
}

static void outside_of_group(void)
{
	struct fixture device;
	struct wiso_device *dev = open_three(&device, "1+2");

	RETURNS(open_associated(dev, 0), ENOENT);
}

static void associated_not_bound(void)
{
	struct sim_options options;
	struct plain plain;
	struct wiso_device *dev;

	plain_options(&options, SIM_HIGH);
	options.shape.n_interfaces++;
	REQUIRE(!sim_shape_add(&options.shape, SIM_HIGH, "0=in:0x85:512:0:bulk"));
	REQUIRE(!sim_shape_class(&options.shape, "aa"));
	fixture_start(&plain.device, &options);
	dev = wiso_open(plain.device.node, 0);
	REQUIRE(dev);
	tap_defer(close_device, dev);
	RETURNS(open_associated(dev, 0), ENXIO);
	RETURNS(open_associated(dev, 1), ENOENT);
}

static const struct tap_test tests[] = {
	{ "wiso_control moves 0 to 65535 bytes both ways", control },
	{ "wiso_control says EPIPE for a stall and EACCES for what is not let through",
	  control_refused },
	{ "wiso_control gives up when its time is up", control_timeout },
	{ "wiso_get_descriptor reads descriptors", descriptor },
	{ "wiso_write and wiso_read move 0 bytes to 1 MiB by bulk", bulk },
	{ "wiso_write and wiso_read move 1 to 1024 bytes by interrupt", interrupt },
	{ "wiso_write and wiso_read move more than one transfer can carry", huge },
	{ "wiso_read and wiso_write refuse what is no such pipe", read_refused },
	{ "wiso_read ends with a short packet", short_read },
	{ "wiso_read that runs out of time gives what came, and loses nothing", read_timeout },
	{ "wiso_read that a signal interrupts says EINTR", read_interrupted },
	{ "wiso_write to a halted pipe says EPIPE until wiso_reset_pipe", halted },
	{ "control, read and write work from several threads", threads },
	{ "any number of plain transfers can be queued", many_at_once },
	{ "a control transfer may be submitted like any other", control_transfer },
	{ "wiso_cancel finds queued transfers, and those of wiso_submit_and_wait", cancels },
	{ "wiso_cancel leaves a stream alone", stream_is_left_alone },
	{ "what the library keeps of a pipe goes with the alternate setting", keeps_no_pipe },
	{ "after an unplug control, read and cancel say ENODEV", unplugged },
	{ "an unplug ends a read that waits", unplugged_while_reading },
	{ "power policies are set and read", power },
	{ "wiso_open_associated opens the interfaces of the same function", associated },
	{ "without groups all interfaces are associated", not_grouped },
	{ "an interface outside of a group has nothing to do with it", outside_of_group },
	{ "an associated interface that is not bound says ENXIO", associated_not_bound },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
