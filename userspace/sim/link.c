// SPDX-License-Identifier: MIT
/* The connection to the host: big reads, batched writes, nothing that blocks. */
#include "internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define IN_ROOM 65536u
/* More than this unsent: leave further replies in their queues until the host reads. */
#define BACKLOG (4u << 20)
/* Reads in one step, so that a host that never pauses cannot stop the clock. */
#define MAX_READS     64
#define SOCKET_BUFFER (4 << 20)
/* For a host that never hangs up. */
#define LEAVE_MS 1000

static void enlarge_buffers(int fd)
{
	int size = SOCKET_BUFFER;

	/* Best effort: without privilege the system's limit holds. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int link_open(struct sim *sim, int fd)
{
	struct link *link = &sim->link;

	if (!link->in)
		link->in = malloc(IN_ROOM);
	if (!link->in)
		return sim_fail(ENOMEM, "out of memory");
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return sim_fail(errno, "connection: %s", strerror(errno));
	enlarge_buffers(fd);
	link->fd = fd;
	link->in_head = link->in_tail = link->out_head = link->out_tail = 0;
	sim->ended = false;
	sim->vanishing = false;
	sim->newest = 0;
	sim->n_early = 0;
	message_begin(sim);
	return 0;
}

/*
 * Not closed yet: what was sent last waits in the socket, and a host that cannot send any more
 * (vhci_hcd: EPIPE for the transfer it submits next) gives up at once and never reads it.
 */
void link_close(struct sim *sim)
{
	struct link *link = &sim->link;

	if (link->fd >= 0) {
		link_leave(sim);
		shutdown(link->fd, SHUT_WR);
		link->leaving = link->fd;
	}
	link->fd = -1;
	if (link->urb)
		urb_put(sim, link->urb);
	link->urb = NULL;
}

/* Closes the connection that was ended before, when the host has read all and hung up, too. */
void link_leave(struct sim *sim)
{
	struct pollfd host = { sim->link.leaving, POLLRDHUP, 0 };

	if (host.fd < 0)
		return;
	poll(&host, 1, LEAVE_MS);
	close(host.fd);
	sim->link.leaving = -1;
}

/* Ends the link at the next possible moment, after what has been written. */
void link_drop(struct sim *sim)
{
	sim->ended = true;
}

static size_t take_buffered(struct link *link)
{
	size_t count = link->in_tail - link->in_head;

	if (count > link->need)
		count = link->need;
	memcpy(link->destination, link->in + link->in_head, count);
	link->in_head += count;
	link->destination += count;
	link->need -= count;
	return link->need;
}

static int consume(struct sim *sim)
{
	while (!sim->ended && take_buffered(&sim->link) == 0)
		if (message_part_done(sim))
			return -1;
	return 0;
}

/* What is still needed goes straight to its place, the rest to the buffer (which is empty now). */
static ssize_t read_more(struct link *link)
{
	struct iovec parts[2] = {
		{ link->destination, link->need },
		{ link->in, IN_ROOM },
	};
	ssize_t count = readv(link->fd, parts, 2);
	size_t direct;

	if (count <= 0)
		return count;
	direct = (size_t)count < link->need ? (size_t)count : link->need;
	link->destination += direct;
	link->need -= direct;
	link->in_head = 0;
	link->in_tail = (size_t)count - direct;
	return count;
}

/* Reads and handles what is there. -1: the link is over. */
int link_receive(struct sim *sim)
{
	struct link *link = &sim->link;
	size_t asked;
	ssize_t count;
	int reads;

	for (reads = 0; reads < MAX_READS; reads++) {
		asked = link->need + IN_ROOM;
		count = read_more(link);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			return 0;
		if (count < 0 && errno != ECONNRESET)
			return sim_fail(errno, "connection: %s", strerror(errno));
		if (count <= 0 || consume(sim))
			return -1;
		if ((size_t)count < asked)
			return 0;
	}
	return 0;
}

void link_flush(struct sim *sim)
{
	struct link *link = &sim->link;
	ssize_t count;

	while (link->fd >= 0 && link->out_head < link->out_tail) {
		count = send(link->fd, link->out + link->out_head, link->out_tail - link->out_head,
			     MSG_NOSIGNAL | MSG_DONTWAIT);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno != EAGAIN)
			link_drop(sim);
		if (count < 0)
			return;
		link->out_head += (size_t)count;
	}
	link->out_head = link->out_tail = 0;
}

bool link_is_backed_up(const struct sim *sim)
{
	return sim->link.out_tail - sim->link.out_head > BACKLOG;
}

uint8_t *link_reserve(struct sim *sim, size_t size)
{
	struct link *link = &sim->link;
	size_t used = link->out_tail - link->out_head, room;
	uint8_t *more;

	if (link->out_room - link->out_tail >= size)
		return link->out + link->out_tail;
	if (used)
		memmove(link->out, link->out + link->out_head, used);
	link->out_head = 0;
	link->out_tail = used;
	if (link->out_room - used < size) {
		room = (used + size) * 2;
		more = realloc(link->out, room);
		if (!more)
			return NULL;
		link->out = more;
		link->out_room = room;
	}
	return link->out + link->out_tail;
}

void link_commit(struct sim *sim, size_t size)
{
	sim->link.out_tail += size;
}
