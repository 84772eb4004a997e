// SPDX-License-Identifier: MIT
/*
 * The simulated device as a USB/IP server, attached with the usbip program of Debian over loopback
 * TCP: nothing between device and driver is ours.
 */
#include "fixture.h"
#include "flow.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATS	"/tmp/usbip-stats"
#define SLOTS	16
#define PACKETS 8

static void kill_server(void *argument)
{
	pid_t server = (pid_t)(intptr_t)argument;

	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

static void run_server(int out)
{
	dup2(out, 1);
	execlp("winusb-iso-sim", "winusb-iso-sim", "--listen", "--stats=" STATS, "--alternate",
	       "in:0x81:512:1,out:0x01:512:1", (char *)NULL);
	_exit(127);
}

static pid_t start_server(void)
{
	char line[128] = "";
	int ends[2];
	FILE *out;
	pid_t server;

	REQUIRE(!pipe2(ends, O_CLOEXEC));
	server = fork();
	REQUIRE(server >= 0);
	if (!server)
		run_server(ends[1]);
	tap_defer(kill_server, (void *)(intptr_t)server);
	close(ends[1]);
	out = fdopen(ends[0], "r");
	REQUIRE(out);
	CHECK(fgets(line, sizeof(line), out) && !strncmp(line, "ready:", 6));
	fclose(out);
	return server;
}

/* Its counters are written when it ends. */
static void stop_server(pid_t server)
{
	int status = -1;

	REQUIRE(tap_cancel(kill_server, (void *)(intptr_t)server));
	kill(server, SIGTERM);
	EQUAL(waitpid(server, &status, 0), server);
	EQUAL(status, 0);
}

static uint64_t stat_of(const char *pipe, const char *name)
{
	char text[4096] = "", key[64], *at;
	FILE *file = fopen(STATS, "re");

	REQUIRE(file);
	REQUIRE(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	snprintf(key, sizeof(key), "\"pipe\":\"%s\"", pipe);
	at = strstr(text, key);
	REQUIRE(at);
	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(at, key);
	REQUIRE(at);
	return strtoull(at + strlen(key), NULL, 10);
}

/* Runs the usbip program; its exit status, and what it printed. */
static int usbip(const char *arguments, char *output, size_t size)
{
	char command[128];
	size_t used;
	FILE *pipe;

	snprintf(command, sizeof(command), "usbip %s 2>&1", arguments);
	pipe = popen(command, "re");
	REQUIRE(pipe);
	used = fread(output, 1, size - 1, pipe);
	output[used] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

static void usbip_works(const char *arguments)
{
	char output[2048];

	if (!EQUAL(usbip(arguments, output, sizeof(output)), 0))
		tap_note("usbip %s: %s", arguments, output);
}

static bool find_node(void *argument)
{
	struct fixture *fixture = argument;
	glob_t found;

	if (glob("/sys/bus/usb/devices/*:1.0/winusb-iso/*", 0, NULL, &found))
		return false;
	snprintf(fixture->node, sizeof(fixture->node), "/dev/%.20s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return !access(fixture->node, F_OK);
}

static bool no_node(void *argument)
{
	(void)argument;
	return !fixture_any_node();
}

static void detach_all(void *unused)
{
	char output[2048];

	(void)unused;
	usbip("detach -p 0", output, sizeof(output));
	CHECK(fixture_wait(no_node, NULL));
}

/* usbip remembers what it attached in /var/run. */
static int attach(struct fixture *fixture)
{
	int fd;

	mkdir("/var", 0755);
	mkdir("/var/run", 0755);
	*fixture = (struct fixture){ 0 };
	usbip_works("attach -r 127.0.0.1 -b 1-1");
	REQUIRE(fixture_wait(find_node, fixture));
	fd = fixture_open(fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	return fd;
}

static void detach(int fd)
{
	usbip_works("detach -p 0");
	fixture_close(fd);
	CHECK(fixture_wait(no_node, NULL));
}

/* Both directions at once. */
static void stream(int fd, uint64_t transfers)
{
	struct winusb_iso_completion completion;
	static struct flow in, out;
	struct flow *flow;

	flow_open(&in, fd, FLOW_IN, PACKETS, SLOTS);
	flow_open(&out, fd, FLOW_OUT, PACKETS, SLOTS);
	flow_fill(&in, transfers);
	flow_fill(&out, transfers);
	while (in.reaped + out.reaped < 2 * transfers) {
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		flow = completion.pipe == FLOW_IN ? &in : &out;
		REQUIRE(flow_check_plain(flow, &completion));
		flow_fill(flow, transfers);
	}
	EQUAL(in.gaps + out.gaps, 0);
	flow_close(&in);
	flow_close(&out);
}

static void is_listed(void)
{
	char output[2048];

	start_server();
	EQUAL(usbip("list -r 127.0.0.1", output, sizeof(output)), 0);
	CHECK(strstr(output, "1-1"));
	CHECK(strstr(output, "1209:0001"));
}

static void streams(void)
{
	pid_t server = start_server();
	struct fixture fixture;
	int fd = attach(&fixture);

	tap_defer(detach_all, NULL);
	stream(fd, 2000);
	tap_cancel(detach_all, NULL);
	detach(fd);
	stop_server(server);
	EQUAL(stat_of("0x01", "good"), 2000 * PACKETS);
	EQUAL(stat_of("0x01", "bad"), 0);
	EQUAL(stat_of("0x01", "missing"), 0);
	EQUAL(stat_of("0x81", "packets"), 2000 * PACKETS);
}

static void is_taken_once(void)
{
	pid_t server = start_server();
	struct fixture fixture;
	char output[2048];
	int fd = attach(&fixture);

	tap_defer(detach_all, NULL);
	CHECK(usbip("attach -r 127.0.0.1 -b 1-1", output, sizeof(output)) != 0);
	stream(fd, 100);
	tap_cancel(detach_all, NULL);
	detach(fd);
	stop_server(server);
}

/* All that was pending says so, and what had been received before stays right. */
static void detach_in_mid_stream(int fd)
{
	struct winusb_iso_completion completion;
	static struct flow in;
	uint64_t gone = 0;
	int result;

	flow_open(&in, fd, FLOW_IN, PACKETS, SLOTS);
	flow_fill(&in, 1000);
	while (in.reaped < 100) {
		REQUIRE(flow_take_plain(&in));
		flow_fill(&in, 1000);
	}
	usbip_works("detach -p 0");
	while (!(result = fixture_reap(fd, &completion))) {
		if (completion.status == 0 && !gone) {
			CHECK(flow_check_plain(&in, &completion));
			continue;
		}
		gone++;
		RETURNS(completion.status, ENODEV);
		EQUAL(completion.cookie & 0xffffffff, in.reaped++);
	}
	RETURNS(result, ENODEV);
	EQUAL(in.reaped, in.submitted);
	tap_note("%llu transfers were pending", (unsigned long long)gone);
	fixture_close(fd);
	CHECK(fixture_wait(no_node, NULL));
}

static void detach_and_attach_again(void)
{
	pid_t server = start_server();
	struct fixture fixture;
	unsigned int i;
	int fd;

	tap_defer(detach_all, NULL);
	for (i = 0; i < 3; i++)
		detach_in_mid_stream(attach(&fixture));
	fd = attach(&fixture);
	stream(fd, 100);
	tap_cancel(detach_all, NULL);
	detach(fd);
	stop_server(server);
}

static void server_dies(void)
{
	pid_t server = start_server();
	struct winusb_iso_completion completion;
	struct fixture fixture;
	static struct flow in;
	int fd = attach(&fixture);
	uint64_t seen = 0;
	int result;

	flow_open(&in, fd, FLOW_IN, PACKETS, SLOTS);
	flow_fill(&in, SLOTS);
	REQUIRE(flow_take_plain(&in));
	kill(server, SIGKILL);
	while (!(result = fixture_reap(fd, &completion))) {
		CHECK(completion.status == 0 || completion.status == -ENODEV);
		seen++;
	}
	RETURNS(result, ENODEV);
	EQUAL(seen, SLOTS - 1);
	fixture_close(fd);
	CHECK(fixture_wait(no_node, NULL));
}

static const struct tap_test tests[] = {
	{ "usbip lists the simulated device", is_listed },
	{ "a device attached with usbip streams in both directions without a gap", streams },
	{ "a device that is attached can not be attached once more", is_taken_once },
	{ "a device detached with usbip while it streams says ENODEV, and can be attached again",
	  detach_and_attach_again },
	{ "a server that dies while its device streams is an unplug", server_dies },
};

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
