// SPDX-License-Identifier: MIT
/* A hostile host, broken connections, and the part of USB/IP before a device is taken. */
#include "harness.h"
#include "listen.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static void expect_drop(struct host *host, const char *why)
{
	host_run(host);
	TRUE(!sim_connected(host->sim));
	CONTAINS(sim_error(), why);
	host_close(host);
}

static void put(uint8_t *header, size_t at, uint32_t value)
{
	usbip_put32(header + at, value);
}

static void send_header(struct host *host, uint32_t command, uint32_t ep, uint32_t length,
			uint32_t packets)
{
	uint8_t header[USBIP_HEADER_SIZE] = { 0 };

	put(header, 0, command);
	put(header, 4, 1);
	put(header, 12, USBIP_DIR_IN);
	put(header, 16, ep);
	put(header, 24, length);
	put(header, 32, packets);
	host_send(host, header, sizeof(header));
}

TEST(hostile_host, "requests that make no sense end the link with one clear reason")
{
	struct host *host = host_open(SIM_HIGH);

	send_header(host, 77, 1, 8, 1);
	expect_drop(host, "command 77 is unknown");
	host = host_open(SIM_HIGH);
	send_header(host, USBIP_CMD_SUBMIT, 16, 8, 1);
	expect_drop(host, "endpoint 16 does not exist");
	host = host_open(SIM_HIGH);
	send_header(host, USBIP_CMD_SUBMIT, 1, 0xffffffff, 1);
	expect_drop(host, "too long");
	host = host_open(SIM_HIGH);
	send_header(host, USBIP_CMD_SUBMIT, 1, 8, 0x7fffffff);
	expect_drop(host, "packets are not possible");
	host = host_open(SIM_HIGH);
	send_header(host, USBIP_CMD_SUBMIT, 1, 8, 0x80000000);
	expect_drop(host, "packets are not possible");
}

static void expect_outside(uint32_t offset, uint32_t length)
{
	struct host *host = host_open(SIM_HIGH);
	uint8_t packet[USBIP_PACKET_SIZE] = { 0 };

	host_configure(host, 1);
	send_header(host, USBIP_CMD_SUBMIT, 1, 1000, 1);
	put(packet, 0, offset);
	put(packet, 4, length);
	host_send(host, packet, sizeof(packet));
	expect_drop(host, "outside of its buffer");
}

TEST(hostile_packets, "packets outside of their buffer end the link")
{
	expect_outside(1, 1000);
	expect_outside(0, 1001);
	expect_outside(0xffffffff, 2);
	expect_outside(0xfffffff0, 0xfffffff0);
}

TEST(pieces, "a request that arrives byte by byte is understood")
{
	struct host *host = host_open(SIM_HIGH);
	uint8_t header[USBIP_HEADER_SIZE] = { 0 };
	size_t i;

	put(header, 0, USBIP_CMD_SUBMIT);
	put(header, 4, 1);
	put(header, 12, USBIP_DIR_IN);
	put(header, 24, 18);
	memcpy(header + 40, (uint8_t[]){ 0x80, 6, 0, 1, 0, 0, 18, 0 }, 8);
	host->endpoint[1] = 0x80;
	for (i = 0; i < sizeof(header); i++) {
		TRUE(host_reply(host) == NULL);
		host_send(host, &header[i], 1);
		host_run(host);
	}
	EQUAL(host_reply_to(host, 1)->actual, 18);
	host_close(host);
}

TEST(host_leaves, "when the host leaves the device forgets everything and can be taken again")
{
	struct host *host = host_open(SIM_HIGH);
	int pair[2];

	host_configure(host, 1);
	host_in(host, 0x81, 8, 1024, ASAP, 0);
	host_run(host);
	close(host->fd);
	host_run(host);
	TRUE(!sim_connected(host->sim));
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	host->fd = pair[0];
	EQUAL(sim_connect(host->sim, pair[1]), 0);
	EQUAL(host_control(host, 0x80, 8, 0, 0, 1)->data[0], 0);
	EQUAL(sim_connect(host->sim, pair[1]), -1);
	EQUAL(errno, EBUSY);
	host_close(host);
}

TEST(slow_host, "a host that does not read delays replies but loses none")
{
	struct host *host = host_open(SIM_SUPER);
	uint32_t seqnum[40], i;

	host_configure(host, 2);
	for (i = 0; i < 40; i++)
		seqnum[i] = host_in(host, 0x81, 8, 49152, ASAP, 0);
	host_at(host, 0);
	host_at(host, 1000);
	for (i = 0; i < 40; i++) {
		const struct reply *r;

		host_run(host);
		r = host_reply_to(host, seqnum[i]);
		EQUAL(r->start_frame, 9 + 8 * i);
		EQUAL(r->actual, 8 * 49152);
	}
	host_close(host);
}

static int connect_to(const struct listener *listener)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	getsockname(listener->fd, (struct sockaddr *)&address, &length);
	EQUAL(connect(fd, (struct sockaddr *)&address, length), 0);
	return fd;
}

static void serve(struct listener *listener, struct sim *sim, const struct sim_options *options)
{
	struct pollfd fds[LISTEN_FDS];
	int i;

	for (i = 0; i < 4; i++) {
		listen_poll(listener, fds);
		if (poll(fds, LISTEN_FDS, 50) <= 0)
			return;
		listen_process(listener, fds, sim, options);
	}
}

struct server {
	struct sim_options options;
	struct sim *sim;
	struct listener listener;
};

static void server_open(struct server *s)
{
	sim_options_init(&s->options, SIM_SUPER);
	s->sim = sim_new(&s->options);
	EQUAL(listen_open(&s->listener, "127.0.0.1:0"), 0);
}

static void server_close(struct server *s)
{
	listen_close(&s->listener);
	sim_free(s->sim);
}

static size_t ask(struct server *s, int fd, const void *request, size_t length, uint8_t *answer)
{
	ssize_t count;

	EQUAL(write(fd, request, length), length);
	serve(&s->listener, s->sim, &s->options);
	count = recv(fd, answer, 1024, MSG_DONTWAIT);
	return count > 0 ? (size_t)count : 0;
}

static const uint8_t list_request[8] = { 1, 0x11, 0x80, 5 };

static void import_request(uint8_t *request, const char *bus_id)
{
	memset(request, 0, 40);
	memcpy(request, (uint8_t[]){ 1, 0x11, 0x80, 3 }, 4);
	strcpy((char *)request + 8, bus_id);
}

TEST(device_list, "the device list has one device with its ids, speed and interfaces")
{
	struct server s;
	uint8_t a[1024];
	int fd;

	server_open(&s);
	fd = connect_to(&s.listener);
	EQUAL(ask(&s, fd, list_request, 8, a), 12 + 312 + 4);
	EQUAL(a[3], 5);
	EQUAL(usbip_get32(a + 8), 1);
	EQUAL(strcmp((char *)a + 12 + 256, "1-1"), 0);
	EQUAL(usbip_get32(a + 12 + 296), SIM_SUPER);
	EQUAL(a[12 + 300] << 8 | a[12 + 301], 0x1209);
	EQUAL(a[12 + 311], 1);
	EQUAL(a[12 + 312], 0xff);
	close(fd);
	server_close(&s);
}

TEST(import, "an import hands the connection to the device; a second one finds it busy")
{
	uint8_t request[40], a[1024];
	struct server s;
	int fd, second;

	server_open(&s);
	import_request(request, "1-1");
	fd = connect_to(&s.listener);
	EQUAL(ask(&s, fd, request, 40, a), 8 + 312);
	EQUAL(usbip_get32(a + 4), 0);
	TRUE(sim_connected(s.sim));
	second = connect_to(&s.listener);
	EQUAL(ask(&s, second, request, 40, a), 8);
	EQUAL(usbip_get32(a + 4), 2);
	close(second);
	second = connect_to(&s.listener);
	EQUAL(ask(&s, second, list_request, 8, a), 12);
	EQUAL(usbip_get32(a + 8), 0);
	close(second);
	close(fd);
	server_close(&s);
}

TEST(import_unknown, "an import of another bus id is refused, other requests are hung up on")
{
	uint8_t request[40], a[1024];
	struct server s;
	int fd;

	server_open(&s);
	import_request(request, "1-2");
	fd = connect_to(&s.listener);
	EQUAL(ask(&s, fd, request, 40, a), 8);
	EQUAL(usbip_get32(a + 4), 4);
	close(fd);
	fd = connect_to(&s.listener);
	EQUAL(ask(&s, fd, "GET / HTTP/1.0\r\n", 16, a), 0);
	close(fd);
	TRUE(!sim_connected(s.sim));
	server_close(&s);
}

TEST(silent_clients, "eight silent connections do not keep a ninth from being served")
{
	int silent[8], fd, i;
	struct server s;
	uint8_t a[1024];

	server_open(&s);
	for (i = 0; i < 8; i++) {
		silent[i] = connect_to(&s.listener);
		serve(&s.listener, s.sim, &s.options);
	}
	fd = connect_to(&s.listener);
	serve(&s.listener, s.sim, &s.options);
	EQUAL(ask(&s, fd, list_request, 8, a), 12 + 312 + 4);
	for (i = 0; i < 8; i++)
		close(silent[i]);
	close(fd);
	server_close(&s);
}

TEST(bad_addresses, "addresses that are none are refused with a reason")
{
	struct listener listener;

	EQUAL(listen_open(&listener, "localhost:1"), -1);
	CONTAINS(sim_error(), "not a numeric address");
	EQUAL(listen_open(&listener, "127.0.0.1:99999"), -1);
	CONTAINS(sim_error(), "port 99999");
	EQUAL(listen_open(&listener, "127.0.0.1:"), -1);
	CONTAINS(sim_error(), "[ADDRESS:]PORT");
}
