// SPDX-License-Identifier: MIT
#include "progress.h"

#include <unistd.h>

#include "json.h"

#define REDRAW_NS 100000000ULL
#define LINE_NS	  1000000000ULL

void progress_start(struct progress *progress)
{
	progress->terminal = isatty(fileno(progress->out)) && !progress->json;
	progress->start_ns = clock_ns();
	progress->last_ns = progress->start_ns;
}

static double per_second(uint64_t bytes, uint64_t ns)
{
	return ns ? bytes * 1e9 / ns : 0;
}

static uint64_t stream_ns(const struct progress *progress, const struct tally *tally)
{
	return wiso_uframes_to_ns(tally_intervals(tally) * progress->pipe.interval);
}

static const char *direction(const struct progress *progress)
{
	return progress->pipe.address & 0x80 ? "IN" : "OUT";
}

static void text_line(struct progress *progress, const struct tally *tally, uint64_t now,
		      double rate)
{
	fprintf(progress->out, "%s0x%02x %-3s %7.1f s %10llu packets %9s %9s/s  %s, %llu bad  %s%s",
		progress->terminal ? "\r" : "", progress->pipe.address, direction(progress),
		(now - progress->start_ns) / 1e9,
		(unsigned long long)(tally->packets_ok + tally->packets_bad),
		text_bytes(tally->bytes).s, text_bytes(rate).s, text_count(tally->gaps, "gap").s,
		(unsigned long long)tally->packets_bad, wiso_trust_text(tally_trust(tally)),
		progress->terminal ? "\033[K" : "\n");
	fflush(progress->out);
	progress->drawn = progress->terminal;
}

static void json_counts(struct json *json, const struct tally *tally)
{
	json_unsigned(json, "transfers", tally->transfers);
	json_unsigned(json, "packets", tally->packets_ok + tally->packets_bad);
	json_unsigned(json, "packets_ok", tally->packets_ok);
	json_unsigned(json, "packets_bad", tally->packets_bad);
	json_unsigned(json, "bytes", tally->bytes);
	json_unsigned(json, "gaps", tally->gaps);
	json_unsigned(json, "lost_intervals", tally->lost_intervals);
	json_string(json, "trust", wiso_trust_text(tally_trust(tally)));
}

static struct json json_start(struct progress *progress, const char *type)
{
	struct json json = json_begin(progress->out, type);

	json_string(&json, "command", progress->verb);
	json_string(&json, "device", progress->path);
	json_format(&json, "pipe", "0x%02x", progress->pipe.address);
	json_string(&json, "direction", direction(progress));
	return json;
}

static void json_line(struct progress *progress, const struct tally *tally, uint64_t now,
		      double rate)
{
	struct json json = json_start(progress, "progress");

	json_real(&json, "seconds", (now - progress->start_ns) / 1e9, 3);
	json_counts(&json, tally);
	json_real(&json, "bytes_per_second", rate, 0);
	json_end(&json);
}

void progress_tick(struct progress *progress, const struct tally *tally)
{
	uint64_t now = clock_ns(), every = progress->terminal ? REDRAW_NS : LINE_NS;
	double rate;

	if (progress->quiet || now - progress->last_ns < every)
		return;
	rate = per_second(tally->bytes - progress->last_bytes, now - progress->last_ns);
	/* Lines stay on whole seconds, however late one of them was. */
	progress->last_ns = now - (now - progress->start_ns) % every;
	progress->last_bytes = tally->bytes;
	if (progress->json)
		json_line(progress, tally, now, rate);
	else
		text_line(progress, tally, now, rate);
}

void progress_interrupt(struct progress *progress)
{
	if (progress->drawn)
		fputs("\n", progress->out);
	progress->drawn = false;
	fflush(progress->out);
}

static void json_kinds(struct json *json, const struct tally *tally)
{
	uint32_t i;

	json_open(json, "bad", '{');
	for (i = 0; i < tally->n_kinds; i++)
		json_unsigned(json, text_status(tally->kind[i].status).s, tally->kind[i].count);
	json_close(json, '}');
}

static void json_trust(struct json *json, const struct tally *tally)
{
	unsigned int trust;

	json_open(json, "transfers_by_trust", '{');
	for (trust = 0; trust <= WINUSB_ISO_TRUST_EXACT; trust++)
		json_unsigned(json, wiso_trust_text(trust), tally->trust[trust]);
	json_close(json, '}');
}

static void json_summary(struct progress *progress, const struct tally *tally)
{
	uint64_t ns = stream_ns(progress, tally);
	struct json json = json_start(progress, "summary");

	json_string(&json, "speed", wiso_speed_text(progress->info.speed));
	json_unsigned(&json, "max_bytes_per_interval", progress->pipe.max_bytes_per_interval);
	json_unsigned(&json, "interval_uframes", progress->pipe.interval);
	json_real(&json, "seconds", ns / 1e9, 6);
	json_counts(&json, tally);
	json_real(&json, "bytes_per_second", per_second(tally->bytes, ns), 0);
	json_unsigned(&json, "packets_short", tally->packets_short);
	json_unsigned(&json, "packets_empty", tally->packets_empty);
	json_unsigned(&json, "packets_dropped", tally->dropped);
	json_unsigned(&json, "interruptions", tally->interruptions);
	json_unsigned(&json, "first_bus_time", tally->first_uframe);
	json_kinds(&json, tally);
	json_trust(&json, tally);
	json_end(&json);
}

static void text_kinds(FILE *out, const struct tally *tally)
{
	uint32_t i;

	for (i = 0; i < tally->n_kinds; i++)
		fprintf(out, "  %llu x %s (%s)\n", (unsigned long long)tally->kind[i].count,
			text_status(tally->kind[i].status).s,
			wiso_packet_status_text(tally->kind[i].status));
}

static void text_summary(struct progress *progress, const struct tally *tally)
{
	uint64_t ns = stream_ns(progress, tally);
	FILE *out = progress->out;

	fprintf(out, "0x%02x %s: %llu transfers, %llu packets ok, %llu bad, %s",
		progress->pipe.address, direction(progress), (unsigned long long)tally->transfers,
		(unsigned long long)tally->packets_ok, (unsigned long long)tally->packets_bad,
		text_count(tally->gaps, "gap").s);
	if (tally->gaps)
		fprintf(out, " (%s lost)", text_count(tally->lost_intervals, "service interval").s);
	fprintf(out, "; %s in %s, %s/s; trust %s\n", text_bytes(tally->bytes).s, text_seconds(ns).s,
		text_bytes(per_second(tally->bytes, ns)).s, wiso_trust_text(tally_trust(tally)));
	text_kinds(out, tally);
	if (tally->interruptions)
		fprintf(out, "  %s\n", text_count(tally->interruptions, "interruption").s);
	if (tally->dropped)
		fprintf(out, "  %s not sent\n", text_count(tally->dropped, "packet").s);
}

void progress_summary(struct progress *progress, const struct tally *tally)
{
	progress_interrupt(progress);
	if (progress->quiet)
		return;
	if (progress->json)
		json_summary(progress, tally);
	else
		text_summary(progress, tally);
}
