// SPDX-License-Identifier: MIT
/* The fake host: writes what vhci_hcd writes and reads what it reads. */
#include "harness.h"

#include <sys/socket.h>
#include <unistd.h>

#define MAX_TESTS 256

static struct {
	const char *sentence;
	void (*run)(void);
} tests[MAX_TESTS];
static unsigned int n_tests;
static bool failed;

void test_register(const char *sentence, void (*run)(void))
{
	if (n_tests == MAX_TESTS)
		abort();
	tests[n_tests].sentence = sentence;
	tests[n_tests++].run = run;
}

void test_fail(const char *file, int line, const char *what, long long got, long long expected)
{
	printf("# %s:%d: %s is %lld, expected %lld\n", file, line, what, got, expected);
	failed = true;
}

/* With an argument: only the tests whose sentence contains it. */
int main(int argc, char **argv)
{
	unsigned int i, number = 0, bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < n_tests; i++) {
		if (argc > 1 && !strstr(tests[i].sentence, argv[1]))
			continue;
		failed = false;
		tests[i].run();
		printf("%sok %u - %s\n", failed ? "not " : "", ++number, tests[i].sentence);
		bad += failed;
	}
	printf("1..%u\n", number);
	return bad || !number;
}

static uint64_t host_clock(void *argument)
{
	return ((struct host *)argument)->now_ns;
}

struct host *host_open_with(const struct sim_options *options)
{
	struct sim_options o = *options;
	struct host *host = calloc(1, sizeof(*host));
	int pair[2], size = 4 << 20;

	if (!host || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		abort();
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	host->fd = pair[0];
	host->now_ns = 1000000000;
	host->frame_ns = o.speed == SIM_FULL ? 1000000 : 125000;
	host->first_frame = o.first_frame;
	o.clock = host_clock;
	o.clock_argument = host;
	host->sim = sim_new(&o);
	if (!host->sim || sim_connect(host->sim, pair[1])) {
		fprintf(stderr, "%s\n", sim_error());
		abort();
	}
	return host;
}

struct host *host_open(enum sim_speed speed)
{
	struct sim_options options;

	sim_options_init(&options, speed);
	return host_open_with(&options);
}

void host_close(struct host *host)
{
	close(host->fd); /* first: the device waits for a host that has not hung up */
	sim_free(host->sim);
	free(host);
}

void host_run(struct host *host)
{
	sim_process(host->sim);
}

void host_sleep_until(struct host *host, uint64_t frame)
{
	host->now_ns = 1000000000 + (frame - host->first_frame) * host->frame_ns;
}

void host_at(struct host *host, uint64_t frame)
{
	host_sleep_until(host, frame);
	host_run(host);
}

void host_just_before(struct host *host, uint64_t frame)
{
	host_sleep_until(host, frame);
	host->now_ns--;
	host_run(host);
}

void host_send(struct host *host, const void *bytes, size_t length)
{
	const char *at = bytes;
	ssize_t count;

	while (length) {
		count = send(host->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (count < 0 && errno == EPIPE)
			return; /* the device has hung up: what the test is about */
		if (count < 0 && errno == EAGAIN)
			host_run(host);
		else if (count < 0)
			abort();
		else
			at += count, length -= (size_t)count;
	}
}

static void put_submit(uint8_t *h, struct host *host, uint8_t endpoint, uint32_t flags,
		       uint32_t length)
{
	memset(h, 0, USBIP_HEADER_SIZE);
	usbip_put32(h, USBIP_CMD_SUBMIT);
	usbip_put32(h + 4, ++host->seqnum);
	usbip_put32(h + 8, 0x10002);
	usbip_put32(h + 12, endpoint & 0x80 ? USBIP_DIR_IN : USBIP_DIR_OUT);
	usbip_put32(h + 16, endpoint & 0x0f);
	usbip_put32(h + 20, flags);
	usbip_put32(h + 24, length);
	host->endpoint[host->seqnum] = endpoint;
}

static void send_iso(struct host *host, uint8_t endpoint, uint32_t packets, uint32_t length,
		     uint32_t flags, int32_t frame, const uint8_t *data)
{
	uint8_t h[USBIP_HEADER_SIZE], d[USBIP_PACKET_SIZE];
	uint32_t i;

	put_submit(h, host, endpoint, flags, packets * length);
	usbip_put32(h + 28, (uint32_t)frame);
	usbip_put32(h + 32, packets);
	host_send(host, h, sizeof(h));
	if (data)
		host_send(host, data, (size_t)packets * length);
	for (i = 0; i < packets; i++) {
		memset(d, 0, sizeof(d));
		usbip_put32(d, i * length);
		usbip_put32(d + 4, length);
		usbip_put32(d + 12, (uint32_t)-EXDEV);
		host_send(host, d, sizeof(d));
	}
}

uint32_t host_in(struct host *host, uint8_t endpoint, uint32_t packets, uint32_t length,
		 uint32_t flags, int32_t frame)
{
	send_iso(host, endpoint, packets, length, flags, frame, NULL);
	return host->seqnum;
}

uint32_t host_out(struct host *host, uint8_t endpoint, uint32_t packets, uint32_t length,
		  uint32_t flags, uint64_t counter)
{
	uint8_t *data = malloc((size_t)packets * length + 1);
	uint32_t i;

	for (i = 0; i < packets; i++)
		sim_pattern_fill(data + (size_t)i * length, length, endpoint, counter + i);
	send_iso(host, endpoint, packets, length, flags, 0, data);
	free(data);
	return host->seqnum;
}

uint32_t host_out_data(struct host *host, uint8_t endpoint, const void *data, uint32_t length)
{
	uint8_t h[USBIP_HEADER_SIZE];

	put_submit(h, host, endpoint, 0, length);
	host_send(host, h, sizeof(h));
	host_send(host, data, length);
	return host->seqnum;
}

uint32_t host_in_data(struct host *host, uint8_t endpoint, uint32_t length)
{
	uint8_t h[USBIP_HEADER_SIZE];

	put_submit(h, host, endpoint, 0, length);
	host_send(host, h, sizeof(h));
	return host->seqnum;
}

uint32_t host_unlink(struct host *host, uint32_t seqnum)
{
	uint8_t h[USBIP_HEADER_SIZE] = { 0 };

	usbip_put32(h, USBIP_CMD_UNLINK);
	usbip_put32(h + 4, ++host->seqnum);
	usbip_put32(h + 20, seqnum);
	host_send(host, h, sizeof(h));
	return host->seqnum;
}

uint32_t host_setup(struct host *host, uint8_t type, uint8_t request, uint16_t value,
		    uint16_t index, uint16_t length)
{
	uint8_t h[USBIP_HEADER_SIZE];
	const uint8_t setup[8] = {
		type,
		request,
		(uint8_t)value,
		(uint8_t)(value >> 8),
		(uint8_t)index,
		(uint8_t)(index >> 8),
		(uint8_t)length,
		(uint8_t)(length >> 8),
	};

	put_submit(h, host, type & 0x80, 0, length);
	memcpy(h + 40, setup, 8);
	host_send(host, h, sizeof(h));
	return host->seqnum;
}

const struct reply *host_control(struct host *host, uint8_t type, uint8_t request, uint16_t value,
				 uint16_t index, uint16_t length)
{
	uint32_t seqnum = host_setup(host, type, request, value, index, length);

	host_run(host);
	return host_reply_to(host, seqnum);
}

void host_configure(struct host *host, uint8_t alternate)
{
	EQUAL(host_control(host, 0x00, 9, 1, 0, 0)->status, 0);
	EQUAL(host_control(host, 0x01, 11, alternate, 0, 0)->status, 0);
}

static bool receive(struct host *host, void *bytes, size_t length)
{
	char *at = bytes;
	ssize_t count;

	while (length) {
		count = recv(host->fd, at, length, MSG_DONTWAIT);
		if (count < 0 && errno == EAGAIN && at != bytes) {
			host_run(host); /* the rest is still in the device's buffer */
			continue;
		}
		if (count <= 0)
			return false;
		at += count;
		length -= (size_t)count;
	}
	return true;
}

static bool receive_body(struct host *host, struct reply *reply, bool in)
{
	uint32_t count = reply->n_packets > 0 ? (uint32_t)reply->n_packets : 0;

	reply->data_length = in ? reply->actual : 0;
	if (reply->data_length > sizeof(reply->data) || count > 256)
		return false;
	if (reply->data_length && !receive(host, reply->data, reply->data_length))
		return false;
	if (count && !receive(host, reply->packet, count * USBIP_PACKET_SIZE))
		return false;
	usbip_decode_packets(reply->packet, count);
	return true;
}

const struct reply *host_reply(struct host *host)
{
	static struct reply reply;
	uint8_t h[USBIP_HEADER_SIZE];

	if (!receive(host, h, sizeof(h)))
		return NULL;
	reply.command = usbip_get32(h);
	reply.seqnum = usbip_get32(h + 4);
	reply.status = (int32_t)usbip_get32(h + 20);
	reply.actual = usbip_get32(h + 24);
	reply.start_frame = (int32_t)usbip_get32(h + 28);
	reply.n_packets = (int32_t)usbip_get32(h + 32);
	reply.error_count = (int32_t)usbip_get32(h + 36);
	if (reply.command != USBIP_RET_SUBMIT)
		return &reply;
	return receive_body(host, &reply, host->endpoint[reply.seqnum % MAX_REQUESTS] & 0x80) ?
		       &reply :
		       NULL;
}

const struct reply *host_reply_to(struct host *host, uint32_t seqnum)
{
	static const struct reply none = { .status = 12345678 };
	const struct reply *reply = host_reply(host);

	if (!reply)
		reply = &none;
	EQUAL(reply->seqnum, seqnum);
	return reply;
}

size_t host_raw(struct host *host, uint8_t *bytes, size_t room)
{
	ssize_t count = recv(host->fd, bytes, room, MSG_DONTWAIT);

	return count > 0 ? (size_t)count : 0;
}

struct sim_pipe_stats host_stats(struct host *host, uint8_t endpoint)
{
	struct sim_pipe_stats stats = { 0 };

	TRUE(sim_stats(host->sim, endpoint, &stats));
	return stats;
}
