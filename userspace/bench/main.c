// SPDX-License-Identifier: MIT
/*
 * iso-bench PEER VID:PID ENDPOINT [NAME=VALUE...]: what each transfer of a stream costs, a line
 * of JSON.
 *
 *	PEER: libusb, usbfs, usbtest, ring, winusb-iso, winusb, winusb-shared
 *	packets=8 size=1024 frame=1 interface=0 alternate=1 controller=0 depth=32 batch=1 buffers=1:
 *	see struct job
 *	also=CONTROLLER/INTERFACE/ENDPOINT: another stream, like the first, at the same time
 *	windows=4: how often it is measured; transfers=100: in each window
 *	latency=100: transfers of which it is measured when the program is told
 *	label=TEXT: goes into the line
 *	stall=MS: instead, how many service intervals are lost while the program is away so long
 *	mark=1: instead, show tcg-profile.c so many transfers
 *
 * For a machine that counts instructions: one nanosecond of its clock is one instruction.
 */
#include "bench.h"
#include "mark.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_WINDOWS 32
#define MAX_STREAMS 32
#define LONG_BLOCK  5 /* short ones */

struct options {
	struct job jobs[MAX_STREAMS]; /* the first, and those that run besides it */
	uint32_t streams;
	uint32_t windows;
	uint32_t stall; /* milliseconds; 0: measure what a transfer costs */
	uint32_t mark;	/* between marks, and nothing is measured here */
	/* transfers; 0: the service intervals do not begin with microframes of the clock */
	uint32_t latency;
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
	int64_t lost;	  /* service intervals while all that was measured; -1: nobody knows */
};

static const struct peer *const peers[] = {
	&peer_libusb, &peer_usbfs,  &peer_usbtest,	 &peer_ring,
	&peer_native, &peer_winusb, &peer_winusb_shared,
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
		job->stamps[job->stamps_count++] = now_ns();
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
		.done = (int64_t)streams_done(job),
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

/* Enough that the controller has a full window of each stream. */
static void warm_up(const struct options *options, struct job *job)
{
	uint32_t depth = job->depth < 1000 ? job->depth : 1000;

	job->peer->run(job, job->done + options->transfers + depth);
}

static void count_events(const struct options *options, struct job *job, struct report *report)
{
	uint64_t before;

	counters_open();
	before = streams_done(job);
	counters_start();
	job->peer->run(job, job->done + options->transfers);
	counters_stop(&report->counts);
	report->counted = streams_done(job) - before;
}

static void measure_stream(struct options *options, struct report *report)
{
	struct job *job = &options->jobs[0];
	struct moment from, to, span;
	unsigned int i;
	int64_t lost;

	warm_up(options, job);
	lost = device_lost(job);
	from = look(job);
	for (i = 0; i < options->windows; i++, from = to) {
		job->peer->run(job, job->done + options->transfers);
		to = look(job);
		span = minus(&to, &from);
		report->windows[i] = per_transfer(&span);
	}
	count_events(options, job, report);
	if (options->latency)
		latency_measure(job, options->latency);
	report->lost = lost < 0 ? lost : device_lost(job) - lost;
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

static uint64_t count_block(struct job *job, uint64_t transfers, struct counts *counts)
{
	uint64_t before = job->done;

	counters_start();
	job->peer->block(job, transfers);
	counters_stop(counts);
	return job->done - before;
}

static void measure_blocks(struct options *options, struct report *report)
{
	struct job *job = &options->jobs[0];
	struct counts once;
	unsigned int i;

	job->peer->block(job, options->transfers);
	for (i = 0; i < options->windows; i++)
		report->windows[i] = measure_block(job, options->transfers);
	counters_open();
	report->counted = count_block(job, LONG_BLOCK * options->transfers, &report->counts);
	report->counted -= count_block(job, options->transfers, &once);
	report->counts.calls -= once.calls;
	report->counts.sleeps -= once.sleeps;
	report->counts.switches -= once.switches;
	report->counts.wakeups -= once.wakeups;
	report->counts.allocations -= once.allocations;
	report->counts.below -= once.below;
	report->lost = -1;
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

/* What must be 0 in a good run, of all streams. */
static void print_faults(const struct job *job, int64_t lost)
{
	uint64_t failed = 0, bad_packets = 0, gaps = 0;

	for (; job; job = job->next) {
		failed += job->failed;
		bad_packets += job->bad_packets;
		gaps += job->gaps;
	}
	printf(",\"failed\":%llu,\"bad_packets\":%llu,\"gaps\":%llu", (unsigned long long)failed,
	       (unsigned long long)bad_packets, (unsigned long long)gaps);
	if (lost >= 0)
		printf(",\"lost\":%lld", (long long)lost);
}

static void print_report(struct options *options, const struct report *report)
{
	struct job *job = &options->jobs[0];
	double counted = (double)report->counted;

	printf("{\"label\":\"%s\",\"peer\":\"%s\",\"direction\":\"%s\",\"packets\":%u,\"size\":%u,"
	       "\"depth\":%u,\"batch\":%u,\"buffers\":%u,\"streams\":%u,\"transfers\":%llu,"
	       "\"windows\":%u",
	       options->label, job->peer->name, job_is_in(job) ? "IN" : "OUT", job->packets,
	       job->packet_size, job->depth, job->batch, job->buffers, options->streams,
	       (unsigned long long)options->transfers, options->windows);
	print_windows(options, report);
	printf(",\"calls\":%.3f,\"sleeps\":%.3f,\"switches\":%.3f,\"wakeups\":%.3f,"
	       "\"allocations\":%.3f,\"below\":%.3f",
	       (double)report->counts.calls / counted, (double)report->counts.sleeps / counted,
	       (double)report->counts.switches / counted, (double)report->counts.wakeups / counted,
	       (double)report->counts.allocations / counted,
	       (double)report->counts.below / counted);
	print_faults(job, report->lost);
	latency_print(job);
	printf("}\n");
}

static void take_stream(struct options *options, const char *text)
{
	struct job *job = &options->jobs[options->streams];
	unsigned int controller, interface, endpoint;

	if (options->streams == MAX_STREAMS)
		die("%u streams are the most", MAX_STREAMS);
	if (sscanf(text, "%u/%u/%i", &controller, &interface, (int *)&endpoint) != 3)
		die("what is '%s'?", text);
	options->jobs[options->streams - 1].next = job;
	job->controller = controller;
	job->interface = interface;
	job->endpoint = (uint8_t)endpoint;
	options->streams++;
}

/* All but where it is, from the first. */
static void complete_streams(struct options *options)
{
	uint32_t i;

	for (i = 1; i < options->streams; i++) {
		struct job *job = &options->jobs[i], place = *job;

		*job = options->jobs[0];
		job->next = place.next;
		job->controller = place.controller;
		job->interface = place.interface;
		job->endpoint = place.endpoint;
	}
}

static void take_option(struct options *options, const char *text)
{
	struct job *job = &options->jobs[0];
	const struct {
		const char *name;
		uint32_t *value;
	} numbers[] = {
		{ "packets", &job->packets },	    { "size", &job->packet_size },
		{ "interface", &job->interface },   { "alternate", &job->alternate },
		{ "depth", &job->depth },	    { "batch", &job->batch },
		{ "buffers", &job->buffers },	    { "windows", &options->windows },
		{ "controller", &job->controller }, { "frame", &job->frame },
		{ "latency", &options->latency },   { "mark", &options->mark },
		{ "stall", &options->stall },
	};
	const char *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : 0, i;

	if (value && !strncmp(text, "label=", 6)) {
		options->label = value + 1;
		return;
	}
	if (value && !strncmp(text, "also=", 5)) {
		take_stream(options, value + 1);
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
	struct job *job = &options->jobs[0];
	unsigned int i;

	options->streams = 1;
	options->windows = 4;
	options->latency = options->transfers = 100;
	options->label = "";
	*job = (struct job){
		.packets = 8,
		.packet_size = 1024,
		.frame = 1,
		.alternate = 1,
		.depth = 32,
		.batch = 1,
		.buffers = 1,
	};
	if (argc < 4 || sscanf(argv[2], "%x:%x", &job->vendor, &job->product) != 2)
		die("usage: iso-bench PEER VID:PID ENDPOINT [NAME=VALUE...]");
	for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (!strcmp(argv[1], peers[i]->name))
			job->peer = peers[i];
	if (!job->peer)
		die("no peer '%s'", argv[1]);
	job->endpoint = (uint8_t)strtoul(argv[3], NULL, 0);
	for (i = 4; i < (unsigned int)argc; i++)
		take_option(options, argv[i]);
	if (!options->windows || options->windows > MAX_WINDOWS || !options->transfers)
		die("1 to %u windows, 1 transfer or more", MAX_WINDOWS);
	complete_streams(options);
}

static void measure(struct options *options)
{
	struct report report = { 0 };

	if (options->jobs[0].peer->block)
		measure_blocks(options, &report);
	else
		measure_stream(options, &report);
	print_report(options, &report);
}

/* Of a peer with blocks a short one and a long one, whose difference counts. */
static void show_marks(const struct options *options, struct job *job)
{
	if (!job->peer->block) {
		warm_up(options, job);
		mark_begin();
		job->peer->run(job, job->done + options->transfers);
		mark_end();
		return;
	}
	job->peer->block(job, options->transfers);
	mark_begin();
	job->peer->block(job, options->transfers);
	mark_end();
	mark_begin();
	job->peer->block(job, 2 * options->transfers);
	mark_end();
}

int main(int argc, char **argv)
{
	static struct options options;
	struct job *job = &options.jobs[0], *each;

	parse(&options, argc, argv);
	for (each = job; each; each = each->next) {
		device_find(each);
		device_bind(each);
	}
	if (!options.stall)
		load_start();
	job->peer->open(job);
	streams_start(job);
	if (options.stall)
		stall_report(job, options.stall);
	else if (options.mark)
		show_marks(&options, job);
	else
		measure(&options);
	fflush(stdout);
	if (!job->next)
		job->peer->close(job);
	return 0;
}
