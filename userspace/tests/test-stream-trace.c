// SPDX-License-Identifier: MIT
/* The trace events: what they say is what the ioctls say. */
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"

static void write_trace(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	REQUIRE(fd >= 0);
	EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void stop_tracing(void *unused)
{
	(void)unused;
	write_trace("events/winusb_iso/enable", "0");
	write_trace("trace", "\n");
}

static void start_tracing(void)
{
	if (access(TRACING "events/winusb_iso", F_OK))
		tap_skip("this kernel has no trace events");
	write_trace("trace", "\n");
	write_trace("events/winusb_iso/enable", "1");
	tap_defer(stop_tracing, NULL);
}

/*
 * The lines of the trace in their order, from the name of the event on:
 * "winusb_iso_submit: winusb-iso0 pipe=81 ...".
 */
static FILE *trace_open(void)
{
	FILE *file = fopen(TRACING "trace", "re");

	REQUIRE(file);
	return file;
}

static bool trace_line(FILE *file, char *text, size_t size)
{
	char line[512], *event;

	while (fgets(line, sizeof(line), file)) {
		event = strstr(line, "winusb_iso_");
		if (!event || line[0] == '#')
			continue;
		event[strcspn(event, "\n")] = '\0';
		snprintf(text, size, "%s", event);
		return true;
	}
	return false;
}

static void expect(FILE *file, const char *wanted)
{
	char line[512] = "";

	trace_line(file, line, sizeof(line));
	SAME_TEXT(line, wanted);
}

static void expect_submit(FILE *file, const struct flow *flow, unsigned int number,
			  const char *flags)
{
	const struct flow_slot *slot = &flow->slot[number];
	char wanted[512];

	snprintf(wanted, sizeof(wanted),
		 "winusb_iso_submit: winusb-iso0 pipe=81 cookie=81%08x "
		 "buffer=%u offset=%u length=8192 packets=8 flags=%s",
		 number, slot->handle, slot->offset, flags);
	expect(file, wanted);
}

static void expect_result(FILE *file, const char *event, const struct winusb_iso_completion *c)
{
	static const char *const trust[] = { "unknown", "timed", "exact" };
	char wanted[512];

	snprintf(wanted, sizeof(wanted),
		 "%s: winusb-iso0 pipe=%02x cookie=%llx status=%d "
		 "length=%u errors=%u start=%llu gap=%u inner_gap=%u trust=%s",
		 event, c->pipe, (unsigned long long)c->cookie, c->status, c->actual_length,
		 c->error_count, (unsigned long long)c->start_uframe, c->gap, c->inner_gap,
		 trust[c->trust]);
	expect(file, wanted);
}

static void expect_complete(FILE *file, const struct winusb_iso_completion *completion)
{
	expect_result(file, "winusb_iso_complete", completion);
}

static void expect_stream(FILE *file, const char *state)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "winusb_iso_stream: winusb-iso0 pipe=81 state=%s", state);
	expect(file, wanted);
}

static void expect_end(FILE *file)
{
	char line[512];

	if (!CHECK(!trace_line(file, line, sizeof(line))))
		tap_note("%s", line);
	fclose(file);
}

static int start(struct fixture *fixture, struct flow *flow)
{
	int fd = flow_device(fixture, SIM_HIGH, "in:0x81:1024:1");

	flow_open(flow, fd, FLOW_IN, 8, 16);
	start_tracing();
	return fd;
}

static void one_stream(void)
{
	struct winusb_iso_completion completion[4];
	struct fixture fixture;
	struct flow flow;
	unsigned int i;
	FILE *file;
	int fd = start(&fixture, &flow);

	flow_fill(&flow, 4);
	for (i = 0; i < 4; i++)
		REQUIRE_WORKS(fixture_reap(fd, &completion[i]));
	file = trace_open();
	expect_submit(file, &flow, 0, "");
	expect_stream(file, "new");
	for (i = 1; i < 4; i++)
		expect_submit(file, &flow, i, "continue");
	for (i = 0; i < 4; i++)
		expect_complete(file, &completion[i]);
	expect_end(file);
}

/* The trace tells of a gap before the completion that has it. */
static void a_gap(void)
{
	struct winusb_iso_completion completion[6];
	struct fixture fixture;
	struct flow flow;
	unsigned int i;
	FILE *file;
	int fd = start(&fixture, &flow);

	EQUAL(sim_fault(fixture.sim, "hole@24:n=7"), 0);
	flow_fill(&flow, 6);
	for (i = 0; i < 6; i++)
		REQUIRE_WORKS(fixture_reap(fd, &completion[i]));
	EQUAL(completion[3].gap, 7);
	file = trace_open();
	expect_submit(file, &flow, 0, "");
	expect_stream(file, "new");
	for (i = 1; i < 6; i++)
		expect_submit(file, &flow, i, "continue");
	for (i = 0; i < 6; i++) {
		if (i == 3)
			expect_result(file, "winusb_iso_gap", &completion[i]);
		expect_complete(file, &completion[i]);
	}
	expect_end(file);
}

static void a_broken_stream(void)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	struct flow flow;
	FILE *file;
	int fd = start(&fixture, &flow);

	REQUIRE_WORKS(flow_submit(&flow, WINUSB_ISO_TRANSFER_CONTINUE));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	file = trace_open();
	expect_submit(file, &flow, 0, "continue");
	expect_stream(file, "broken");
	expect_complete(file, &completion);
	expect_end(file);
}

/* Nothing of it is left to be sent. */
static void a_late_one(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_frame now;
	struct fixture fixture;
	struct flow flow;
	FILE *file;
	int fd = start(&fixture, &flow);

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &now));
	REQUIRE_WORKS(flow_submit_late(&flow, now.uframe - 100));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	RETURNS(completion.status, ETIME);
	file = trace_open();
	expect_submit(file, &flow, 0, "at_frame|drop_late");
	expect_stream(file, "broken");
	expect_complete(file, &completion);
	expect_end(file);
}

static void an_error(void)
{
	struct winusb_iso_completion completion;
	struct fixture fixture;
	struct flow flow;
	FILE *file;
	int fd = start(&fixture, &flow);

	EQUAL(sim_fault(fixture.sim, "protocol@2+3"), 0);
	REQUIRE_WORKS(flow_submit(&flow, 0));
	REQUIRE_WORKS(fixture_reap(fd, &completion));
	EQUAL(completion.error_count, 3);
	file = trace_open();
	expect_submit(file, &flow, 0, "");
	expect_stream(file, "new");
	expect_complete(file, &completion);
	expect_end(file);
}

static const struct tap_test tests[] = {
	{ "a stream is traced: submissions, its beginning, completions", one_stream },
	{ "a gap is traced with the completion that has it", a_gap },
	{ "a stream that breaks is traced", a_broken_stream },
	{ "a transfer whose packets are all late is traced", a_late_one },
	{ "packets with errors are counted in the trace", an_error },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
