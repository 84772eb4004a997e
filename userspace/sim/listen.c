// SPDX-License-Identifier: MIT
/* The part of USB/IP before a device is taken: device list and import, over TCP. */
#include "listen.h"

#include "internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_HEADER 8
#define REQUEST_IMPORT 40
#define DEVICE_RECORD  312

static int split_address(const char *where, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(where, ':');
	size_t length = colon ? (size_t)(colon - where) : 0;

	*port = colon ? colon + 1 : where;
	if (colon && *where == '[' && length >= 2 && where[length - 1] == ']') {
		where++;
		length -= 2;
	}
	if (length >= size || !**port)
		return sim_fail(EINVAL, "\"%s\" is not [ADDRESS:]PORT", where);
	memcpy(host, where, length);
	host[length] = '\0';
	return 0;
}

static int make_address(struct sockaddr_storage *address, socklen_t *length, const char *host,
			const char *port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	unsigned int number;
	int end = 0;

	memset(address, 0, sizeof(*address));
	if (sscanf(port, "%5u%n", &number, &end) != 1 || port[end] || number > 65535)
		return sim_fail(EINVAL, "port %s is not a number from 0 to 65535", port);
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)number);
		*length = sizeof(*four);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1)
		return sim_fail(EINVAL, "%s is not a numeric address", host);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons((uint16_t)number);
	*length = sizeof(*six);
	return 0;
}

static int bind_to(struct listener *listener, const struct sockaddr_storage *address,
		   socklen_t length)
{
	int one = 1, fd;

	fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)address, length) || listen(fd, LISTEN_CLIENTS)) {
		close(fd);
		return -1;
	}
	listener->fd = fd;
	return 0;
}

int listen_open(struct listener *listener, const char *where)
{
	struct sockaddr_storage address;
	socklen_t length = 0;
	const char *port;
	char host[64];
	int i;

	listener->fd = -1;
	listener->oldest = 0;
	for (i = 0; i < LISTEN_CLIENTS; i++)
		listener->client[i] = (struct listen_client){ .fd = -1 };
	/* Nobody asked for the network: without an address this machine only. */
	if (split_address(where, host, sizeof(host), &port) ||
	    make_address(&address, &length, *host ? host : "127.0.0.1", port))
		return -1;
	if (bind_to(listener, &address, length))
		return sim_fail(errno, "cannot listen on %s: %s", where, strerror(errno));
	return 0;
}

static void drop_client(struct listen_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->used = 0;
}

void listen_close(struct listener *listener)
{
	int i;

	for (i = 0; i < LISTEN_CLIENTS; i++)
		drop_client(&listener->client[i]);
	close(listener->fd);
	listener->fd = -1;
}

void listen_poll(const struct listener *listener, struct pollfd *fds)
{
	int i;

	fds[0] = (struct pollfd){ listener->fd, POLLIN, 0 };
	for (i = 0; i < LISTEN_CLIENTS; i++)
		fds[i + 1] = (struct pollfd){ listener->client[i].fd, POLLIN, 0 };
}

/* Silent clients must not keep others out: the oldest makes room. */
static void accept_client(struct listener *listener)
{
	struct listen_client *client = &listener->client[listener->oldest];
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;

	if (fd < 0)
		return;
	drop_client(client);
	listener->oldest = (listener->oldest + 1) % LISTEN_CLIENTS;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	client->fd = fd;
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_header(uint8_t *out, unsigned int code, uint32_t status)
{
	put16(out, USBIP_VERSION);
	put16(out + 2, code);
	usbip_put32(out + 4, status);
}

static void put_device(uint8_t *out, const struct sim_options *options)
{
	memset(out, 0, DEVICE_RECORD);
	strcpy((char *)out, "/sys/devices/winusb-iso-sim/usb1/" LISTEN_BUS_ID);
	strcpy((char *)out + 256, LISTEN_BUS_ID);
	usbip_put32(out + 288, 1);
	usbip_put32(out + 292, 2);
	usbip_put32(out + 296, options->speed);
	put16(out + 300, options->vendor);
	put16(out + 302, options->product);
	put16(out + 304, 0x0100);
	out[310] = 1;
	out[311] = (uint8_t)options->shape.n_interfaces;
}

static void send_all(int fd, const uint8_t *bytes, size_t length)
{
	/* Less than any socket buffer: what does not go now never will. */
	if (send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
		shutdown(fd, SHUT_RDWR);
}

static void answer_list(struct listen_client *client, const struct sim_options *options, bool taken)
{
	uint8_t out[12 + DEVICE_RECORD + 4 * SIM_MAX_INTERFACES];
	size_t length = 12;
	unsigned int i;

	put_header(out, USBIP_OP_REP_DEVLIST, 0);
	usbip_put32(out + 8, taken ? 0 : 1);
	if (!taken) {
		put_device(out + 12, options);
		length += DEVICE_RECORD;
		for (i = 0; i < options->shape.n_interfaces; i++, length += 4)
			memcpy(out + length, (uint8_t[]){ 0xff, 0, 0, 0 }, 4);
	}
	send_all(client->fd, out, length);
	client->used = 0;
}

static int answer_import(struct listen_client *client, struct sim *sim,
			 const struct sim_options *options)
{
	uint8_t out[REQUEST_HEADER + DEVICE_RECORD];
	bool known = !strncmp((char *)client->request + 8, LISTEN_BUS_ID, sizeof(LISTEN_BUS_ID));
	int fd = client->fd;

	if (!known || sim_connected(sim)) {
		put_header(out, USBIP_OP_REP_IMPORT, known ? 2 : 4); /* busy, no such device */
		send_all(fd, out, REQUEST_HEADER);
		drop_client(client);
		return 0;
	}
	put_header(out, USBIP_OP_REP_IMPORT, 0);
	put_device(out + REQUEST_HEADER, options);
	send_all(fd, out, sizeof(out));
	client->fd = -1;
	drop_client(client);
	if (sim_connect(sim, fd) == 0)
		return 1;
	close(fd);
	return 0;
}

static size_t request_length(const struct listen_client *client)
{
	unsigned int code = client->request[2] << 8 | client->request[3];

	if (client->used < REQUEST_HEADER)
		return REQUEST_HEADER;
	if (code == USBIP_OP_REQ_IMPORT)
		return REQUEST_IMPORT;
	return code == USBIP_OP_REQ_DEVLIST ? REQUEST_HEADER : 0;
}

static int serve(struct listen_client *client, struct sim *sim, const struct sim_options *options)
{
	size_t wanted = request_length(client);
	ssize_t count = recv(client->fd, client->request + client->used, wanted - client->used,
			     MSG_DONTWAIT);

	if (count <= 0) {
		drop_client(client);
		return 0;
	}
	client->used += (size_t)count;
	wanted = request_length(client);
	if (wanted == 0)
		drop_client(client);
	else if (client->used < wanted)
		return 0;
	else if (wanted == REQUEST_IMPORT)
		return answer_import(client, sim, options);
	else
		answer_list(client, options, sim_connected(sim));
	return 0;
}

int listen_process(struct listener *listener, const struct pollfd *fds, struct sim *sim,
		   const struct sim_options *options)
{
	int i, connected = 0;

	for (i = 0; i < LISTEN_CLIENTS; i++)
		if (fds[i + 1].revents && listener->client[i].fd == fds[i + 1].fd)
			connected |= serve(&listener->client[i], sim, options);
	if (fds[0].revents)
		accept_client(listener);
	return connected;
}
