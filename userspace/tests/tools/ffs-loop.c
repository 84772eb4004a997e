// SPDX-License-Identifier: MIT
/*
 * A FunctionFS device that sends back what it gets:
 *	ffs-loop FOLDER [BYTES [INTERVAL [MULT [BURST]]]]
 *
 * FOLDER is where a functionfs is mounted. It offers one vendor-specific interface with an
 * isochronous IN and an isochronous OUT endpoint at full, high and super speed: packets of BYTES
 * (1024; 1023 at full speed), times MULT transactions (high and super speed) and BURST (super
 * speed), each 2^(INTERVAL-1) frames or microframes. At SIGTERM it says how much it has sent back.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../echo.h"
#include "../functionfs.h"

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "ffs-loop: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(int error, const char *what)
{
	if (!error)
		return;
	errno = -error;
	fail(what);
}

static unsigned int argument(char **argv, int argc, int i, unsigned int otherwise)
{
	return argc > i ? (unsigned int)strtoul(argv[i], NULL, 0) : otherwise;
}

/* A control request that none of ours answers: refused, by I/O in the other direction. */
static void refuse(int control, const struct usb_ctrlrequest *setup)
{
	ssize_t done =
		setup->bRequestType & USB_DIR_IN ? read(control, NULL, 0) : write(control, NULL, 0);

	if (done < 0 && errno != EL2HLT)
		fail("a refusal");
}

static void handle_event(int control, struct echo *echo)
{
	struct usb_functionfs_event event;

	if (read(control, &event, sizeof(event)) != sizeof(event)) {
		if (errno == EINTR || errno == EAGAIN)
			return;
		fail("an event");
	}
	if (event.type == FUNCTIONFS_ENABLE)
		check(echo_start(echo), "waiting for packets");
	else if (event.type == FUNCTIONFS_SETUP)
		refuse(control, &event.u.setup);
}

static void serve(int control, struct echo *echo)
{
	struct pollfd poller[2] = {
		{ .fd = control, .events = POLLIN },
		{ .fd = echo->event, .events = POLLIN },
	};

	while (!stopped) {
		if (poll(poller, 2, -1) < 0) {
			if (errno != EINTR)
				fail("poll");
			continue;
		}
		if (poller[1].revents)
			check(echo_serve(echo), "packets");
		if (poller[0].revents)
			handle_event(control, echo);
	}
}

static int open_in(const char *folder, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

int main(int argc, char **argv)
{
	static struct echo echo;
	struct sigaction action = { .sa_handler = stop };
	struct functionfs_shape shape = {
		argument(argv, argc, 2, 1024),
		argument(argv, argc, 3, 1),
		argument(argv, argc, 4, 1),
		argument(argv, argc, 5, 1),
	};
	int control;

	if (argc < 2 || argc > 6 || shape.bytes < 1 || shape.bytes > 1024 || shape.interval < 1 ||
	    shape.interval > 16 || shape.mult < 1 || shape.mult > 3 || shape.burst < 1 ||
	    shape.burst > 16) {
		fputs("usage: ffs-loop FOLDER [BYTES [INTERVAL [MULT [BURST]]]]\n", stderr);
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	control = open_in(argv[1], "ep0");
	check(functionfs_describe(control, &shape), "the descriptors");
	check(echo_open(&echo, open_in(argv[1], "ep2"), open_in(argv[1], "ep1"),
			(size_t)shape.bytes * shape.mult * shape.burst),
	      "setting up");
	serve(control, &echo);
	printf("%llu packets, %llu bytes sent back\n", (unsigned long long)echo.packets,
	       (unsigned long long)echo.bytes_back);
	return 0;
}
