// SPDX-License-Identifier: MIT
/*
 * iso-bench PEER VID:PID ENDPOINT [NAME=VALUE...]: what each transfer of a stream costs, a line
 * of JSON.
 *
 *	PEER: libusb, usbfs, usbtest, ring, winusb-iso, winusb
 *	packets=8 size=1024 interface=0 alternate=1 depth=16 batch=1 buffers=1: see struct job
 *	windows=4: how often it is measured; transfers=100: in each window
 *	stall=MS: instead, how many service intervals are lost while the program is away so long
 *	latency=0: do not measure when the program is told; label=TEXT: goes into the line
 *
 * For a machine that counts instructions: one nanosecond of its clock is one instruction.
 */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UFRAME_NS   125000u
#define MAX_WINDOWS 32
#define LONG_BLOCK  5 /* short ones */

struct options {
	struct job job;
	unsigned int windows;
	uint32_t stall; /* milliseconds; 0: measure what a transfer costs */
	/* 0: the service intervals do not begin with microframes of the clock */
	unsigned int latency;
	uint64_t transfers;
	const char *label;
};

struct window {
	double machine; /* instructions of the whole machine per transfer */
	double process; /* CPU time of this program, with the interrupts that hit it */
};

struct report {
	struct window windows[MAX_WINDOWS];
	struct counts counts;
	uint64_t counted; /* transfers during which they were counted */
};

static const struct peer *const peers[] = {
	&peer_libusb, &peer_usbfs, &peer_usbtest, &peer_ring, &peer_native, &peer_winusb,
};

void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "iso-bench: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	exit(1);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void job_done(struct job *job, bool failed, uint32_t bad_packets)
{
	job->done++;
	job->failed += failed;
	job->bad_packets += bad_packets;
	if (job->stamps_count < job->stamps_room)
		job->stamps[job->stamps_count++] = (uint32_t)(now_ns() % UFRAME_NS);
}

struct moment {
	int64_t wall, load, process, done;
};

static struct moment look(const struct job *job)
{
	return (struct moment){
		.process = (int64_t)read_clock(CLOCK_PROCESS_CPUTIME_ID),
		.load = (int64_t)load_instructions(),
		.wall = (int64_t)now_ns(),
		.done = (int64_t)job->done,
	};
}

/* What was spent since @from, or between two such spans. */
static struct moment minus(const struct moment *to, const struct moment *from)
{
	return (struct moment){
		.wall = to->wall - from->wall,
		.load = to->load - from->load,
		.process = to->process - from->process,
		.done = to->done - from->done,
	};
}

static struct window per_transfer(const struct moment *span)
{
	double transfers = (double)span->done;

	return (struct window){
		.machine = (double)(span->wall - span->load) / transfers,
		.process = (double)span->process / transfers,
	};
}

static void measure_stream(struct options *options, struct report *report)
{
	struct job *job = &options->job;
	struct moment from, to, span;
	uint64_t before, waits;
	unsigned int i;

	job->peer->run(job, job->done + options->transfers + job->depth);
	from = look(job);
	for (i = 0; i < options->windows; i++, from = to) {
		job->peer->run(job, job->done + options->transfers);
		to = look(job);
		span = minus(&to, &from);
		report->windows[i] = per_transfer(&span);
	}
	counters_open();
	before = job->done;
	waits = job->waits;
	counters_start();
	job->peer->run(job, job->done + options->transfers);
	counters_stop(&report->counts);
	report->counts.sleeps += (int64_t)(job->waits - waits);
	report->counted = job->done - before;
	job->stamps_room = options->latency ? options->transfers : 0;
	job->peer->run(job, job->done + options->transfers);
	job->stamps_room = 0;
}

/* A block has a beginning and an end: of a long one the short one is taken off. */
static struct window measure_block(struct job *job, uint64_t transfers)
{
	struct moment a, b, c, brief, extended, difference;

	a = look(job);
	job->peer->block(job, transfers);
	b = look(job);
	job->peer->block(job, LONG_BLOCK * transfers);
	c = look(job);
	brief = minus(&b, &a);
	extended = minus(&c, &b);
	difference = minus(&extended, &brief);
	return per_transfer(&difference);
}

static void measure_blocks(struct options *options, struct report *report)
{
	struct job *job = &options->job;
	struct counts once;
	uint64_t before;
	unsigned int i;

	job->peer->block(job, options->transfers);
	for (i = 0; i < options->windows; i++)
		report->windows[i] = measure_block(job, options->transfers);
	counters_open();
	counters_start();
	job->peer->block(job, options->transfers);
	counters_stop(&once);
	before = job->done;
	counters_start();
	job->peer->block(job, LONG_BLOCK * options->transfers);
	counters_stop(&report->counts);
	report->counted = (job->done - before) * (LONG_BLOCK - 1) / LONG_BLOCK;
	report->counts.calls -= once.calls;
	report->counts.sleeps -= once.sleeps;
	report->counts.switches -= once.switches;
	report->counts.wakeups -= once.wakeups;
	report->counts.allocations -= once.allocations;
}

static int ascending(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print_latency(struct job *job)
{
	static const unsigned int parts[] = {0, 50, 90, 99, 100};
	uint64_t last = job->stamps_count - 1;
	unsigned int i;

	if (!job->stamps_count)
		return;
	qsort(job->stamps, job->stamps_count, sizeof(job->stamps[0]), ascending);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		printf(",\"latency_%u\":%u", parts[i], job->stamps[last * parts[i] / 100]);
}

static void print_windows(const struct options *options, const struct report *report)
{
	double sum = 0, least = report->windows[0].machine, most = least, process = 0;
	unsigned int i;

	for (i = 0; i < options->windows; i++) {
		const struct window *window = &report->windows[i];

		sum += window->machine;
		process += window->process;
		least = window->machine < least ? window->machine : least;
		most = window->machine > most ? window->machine : most;
	}
	printf(",\"instructions\":%.0f,\"least\":%.0f,\"most\":%.0f,\"process\":%.0f",
	       sum / options->windows, least, most, process / options->windows);
}

static void print_report(struct options *options, const struct report *report)
{
	struct job *job = &options->job;
	double counted = (double)report->counted;

	printf("{\"label\":\"%s\",\"peer\":\"%s\",\"direction\":\"%s\",\"packets\":%u,\"size\":%u,"
	       "\"depth\":%u,\"batch\":%u,\"buffers\":%u,\"transfers\":%llu,\"windows\":%u",
	       options->label, job->peer->name, job_is_in(job) ? "IN" : "OUT", job->packets,
	       job->packet_size, job->depth, job->batch, job->buffers,
	       (unsigned long long)options->transfers, options->windows);
	print_windows(options, report);
	printf(",\"calls\":%.3f,\"sleeps\":%.3f,\"switches\":%.3f,\"wakeups\":%.3f,"
	       "\"allocations\":%.3f",
	       (double)report->counts.calls / counted, (double)report->counts.sleeps / counted,
	       (double)report->counts.switches / counted, (double)report->counts.wakeups / counted,
	       (double)report->counts.allocations / counted);
	print_latency(job);
	printf(",\"failed\":%llu,\"bad_packets\":%llu,\"gaps\":%llu}\n",
	       (unsigned long long)job->failed, (unsigned long long)job->bad_packets,
	       (unsigned long long)job->gaps);
}

static void take_option(struct options *options, const char *text)
{
	const struct {
		const char *name;
		uint32_t *value;
	} numbers[] = {
		{"packets", &options->job.packets},	{"size", &options->job.packet_size},
		{"interface", &options->job.interface}, {"alternate", &options->job.alternate},
		{"depth", &options->job.depth},		{"batch", &options->job.batch},
		{"buffers", &options->job.buffers},	{"windows", &options->windows},
		{"latency", &options->latency},
		{"stall", &options->stall},
	};
	const char *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : 0, i;

	if (value && !strncmp(text, "label=", 6)) {
		options->label = value + 1;
		return;
	}
	if (value && !strncmp(text, "transfers=", 10)) {
		options->transfers = strtoull(value + 1, NULL, 0);
		return;
	}
	for (i = 0; value && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strlen(numbers[i].name) != length || strncmp(text, numbers[i].name, length))
			continue;
		*numbers[i].value = (uint32_t)strtoul(value + 1, NULL, 0);
		return;
	}
	die("what is '%s'?", text);
}

static void parse(struct options *options, int argc, char **argv)
{
	unsigned int i;

	*options = (struct options){
		.job = {.packets = 8,
			.packet_size = 1024,
			.alternate = 1,
			.depth = 16,
			.batch = 1,
			.buffers = 1},
		.windows = 4,
		.latency = 1,
		.transfers = 100,
		.label = "",
	};
	if (argc < 4 || sscanf(argv[2], "%x:%x", &options->job.vendor, &options->job.product) != 2)
		die("usage: iso-bench PEER VID:PID ENDPOINT [NAME=VALUE...]");
	for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (!strcmp(argv[1], peers[i]->name))
			options->job.peer = peers[i];
	if (!options->job.peer)
		die("no peer '%s'", argv[1]);
	options->job.endpoint = (uint8_t)strtoul(argv[3], NULL, 0);
	for (i = 4; i < (unsigned int)argc; i++)
		take_option(options, argv[i]);
	if (!options->windows || options->windows > MAX_WINDOWS || !options->transfers)
		die("1 to %u windows, 1 transfer or more", MAX_WINDOWS);
}

static void measure(struct options *options)
{
	struct report report = { 0 };

	if (options->job.peer->block)
		measure_blocks(options, &report);
	else
		measure_stream(options, &report);
	print_report(options, &report);
}

int main(int argc, char **argv)
{
	struct options options;
	struct job *job = &options.job;

	parse(&options, argc, argv);
	job->stamps = calloc(options.transfers, sizeof(job->stamps[0]));
	device_find(job);
	device_bind(job);
	if (!options.stall)
		load_start();
	job->peer->open(job);
	if (options.stall)
		stall_report(job, options.stall);
	else
		measure(&options);
	fflush(stdout);
	job->peer->close(job);
	return 0;
}
