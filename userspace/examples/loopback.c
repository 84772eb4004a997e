// SPDX-License-Identifier: MIT
/*
 * Full duplex on a device that sends back what it gets: writes a known sequence to
 * an OUT pipe, reads an IN pipe at the same time, and compares. The two pipes are
 * two streams on one device, each with a thread. On the simulated device:
 *
 *	loopback 1209:0001 3 0x82 0x02
 *
 * Bytes are numbered by a generator with a long period, so that a byte which is
 * lost, doubled or out of order shows.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winusb-iso.h>

#define TIMEOUT_MS 2000

struct loopback {
	struct wiso_stream *in;
	struct wiso_stream *out;
	uint64_t bytes; /* to be sent */
	int write_error;
	int read_error;
	uint64_t compared;
	uint64_t wrong;
};

/* Byte number n of the sequence; never 0 at n = 0, where the comparison starts. */
static unsigned char sequence(uint64_t n)
{
	uint64_t x = (n + 1) * 0x9e3779b97f4a7c15u;

	return n ? (unsigned char)(x >> 56) : 0xa5;
}

static int write_one(struct loopback *test, uint64_t *sent)
{
	struct wiso_slot *slot = wiso_stream_acquire(test->out, TIMEOUT_MS);
	uint64_t length;

	if (!slot)
		return -1;
	length = slot->capacity;
	if (length > test->bytes - *sent)
		length = test->bytes - *sent;
	for (uint64_t i = 0; i < length; i++)
		slot->data[i] = sequence(*sent + i);
	*sent += length;
	return wiso_stream_submit(test->out, slot, length);
}

static void *write_all(void *arg)
{
	struct loopback *test = arg;
	uint64_t sent = 0;

	while (sent < test->bytes)
		if (write_one(test, &sent) < 0)
			break;
	if (sent < test->bytes || wiso_stream_drain(test->out, TIMEOUT_MS) < 0)
		test->write_error = errno;
	return NULL;
}

/* Zeros and nothing may come before the sequence starts. */
static void compare(struct loopback *test, const unsigned char *data, uint32_t length)
{
	for (uint32_t i = 0; i < length && test->compared < test->bytes; i++) {
		if (!test->compared && !data[i])
			continue;
		test->wrong += data[i] != sequence(test->compared++);
	}
}

static void compare_slot(struct loopback *test, const struct wiso_slot *slot)
{
	for (uint32_t i = 0; i < slot->num_packets; i++)
		compare(test, wiso_slot_packet_data(slot, i), slot->packets[i].length);
}

/* Stops when everything came back, or nothing more did for some time. */
static void read_all(struct loopback *test)
{
	uint64_t quiet = 0, before;

	while (test->compared < test->bytes && quiet < TIMEOUT_MS) {
		struct wiso_slot *slot = wiso_stream_acquire(test->in, TIMEOUT_MS);

		if (!slot) {
			test->read_error = errno;
			return;
		}
		before = test->compared;
		compare_slot(test, slot);
		quiet = test->compared > before ? 0 : quiet + 1;
		wiso_stream_release(test->in, slot);
	}
}

/* 0: the first pipe of that direction. */
static struct wiso_stream *open_pipe(struct wiso_device *dev, unsigned int direction,
				     unsigned int address)
{
	struct winusb_iso_pipe_info pipe = { .address = (uint8_t)address };

	if (!address && wiso_first_pipe(dev, direction, &pipe) < 0)
		return NULL;
	return wiso_stream_open(dev, pipe.address, 0, 0, 0);
}

static int run(struct loopback *test)
{
	pthread_t writer;
	int error;

	if (wiso_stream_start(test->in) < 0)
		return -1;
	error = pthread_create(&writer, NULL, write_all, test);
	if (error) {
		errno = error;
		return -1;
	}
	read_all(test);
	pthread_join(writer, NULL);
	return 0;
}

static void print_stream(const char *name, struct wiso_stream *stream)
{
	struct wiso_stream_stats stats;

	wiso_stream_get_stats(stream, &stats);
	printf("%s: %llu transfers, %llu packets ok, %llu bad, %llu gaps, %llu intervals lost\n",
	       name, (unsigned long long)stats.transfers, (unsigned long long)stats.packets_ok,
	       (unsigned long long)stats.packets_bad, (unsigned long long)stats.gaps,
	       (unsigned long long)stats.lost_intervals);
}

static bool report(const struct loopback *test)
{
	print_stream("out", test->out);
	print_stream("in", test->in);
	printf("loopback: %llu of %llu bytes came back, %llu wrong\n",
	       (unsigned long long)test->compared, (unsigned long long)test->bytes,
	       (unsigned long long)test->wrong);
	if (test->write_error)
		fprintf(stderr, "writing: %s\n", strerror(test->write_error));
	if (test->read_error)
		fprintf(stderr, "reading: %s\n", strerror(test->read_error));
	return !test->write_error && !test->read_error && !test->wrong &&
	       test->compared == test->bytes;
}

static void usage(void)
{
	fprintf(stderr, "usage: loopback VENDOR:PRODUCT [ALTERNATE [IN OUT [BYTES]]]\n");
	exit(2);
}

/* Argument i, or what holds without it. */
static unsigned long long number(int argc, char **argv, int i, unsigned long long absent)
{
	unsigned long long value;
	char *end;

	if (i >= argc)
		return absent;
	errno = 0;
	value = strtoull(argv[i], &end, 0);
	if (errno || end == argv[i] || *end || *argv[i] == '-')
		usage();
	return value;
}

int main(int argc, char **argv)
{
	struct loopback test = { 0 };
	unsigned int vendor, product;
	struct wiso_device *dev;
	bool ok;

	if (argc < 2 || argc > 6 || argc == 4 || sscanf(argv[1], "%4x:%4x", &vendor, &product) != 2)
		usage();
	test.bytes = number(argc, argv, 5, 1000000);
	dev = wiso_open_id((uint16_t)vendor, (uint16_t)product, -1, NULL, 0);
	if (!dev || wiso_set_alternate(dev, (unsigned int)number(argc, argv, 2, 1)) < 0)
		return perror(argv[1]), 1;
	test.in = open_pipe(dev, WISO_IN, (unsigned int)number(argc, argv, 3, 0));
	test.out = open_pipe(dev, WISO_OUT, (unsigned int)number(argc, argv, 4, 0));
	if (!test.in || !test.out || run(&test) < 0)
		return perror(argv[1]), 1;
	ok = report(&test);
	wiso_close(dev);
	return ok ? 0 : 1;
}
