// SPDX-License-Identifier: MIT
/* Counters, as structures and as one line of JSON. */
#include "internal.h"

static bool has_stats(const struct pipe *pipe)
{
	return pipe->endpoint != NULL;
}

bool sim_stats(struct sim *sim, uint8_t address, struct sim_pipe_stats *stats)
{
	bool found = false;
	unsigned int i;

	pthread_mutex_lock(&sim->lock);
	for (i = 0; i < SIM_ALL_PIPES && !found; i++) {
		if (!has_stats(&sim->pipe[i]) || sim->pipe[i].stats.address != address)
			continue;
		*stats = sim->pipe[i].stats;
		found = true;
	}
	pthread_mutex_unlock(&sim->lock);
	return found;
}

static void device_stats(struct sim *sim, struct sim_device_stats *stats)
{
	*stats = sim->stats;
	stats->configuration = sim->configuration;
	memcpy(stats->alternate, sim->alternate, sizeof(stats->alternate));
	stats->frame = sim->options.first_frame + (clock_now(sim) - sim->epoch_ns) / sim->frame_ns;
}

void sim_device_stats(struct sim *sim, struct sim_device_stats *stats)
{
	pthread_mutex_lock(&sim->lock);
	device_stats(sim, stats);
	pthread_mutex_unlock(&sim->lock);
}

static void number(FILE *file, const char *name, uint64_t value)
{
	fprintf(file, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void print_pipe(FILE *file, const struct sim_pipe_stats *s)
{
	fprintf(file, "{\"pipe\":\"0x%02x\"", s->address);
	number(file, "transfers", s->transfers);
	number(file, "late_transfers", s->late_transfers);
	number(file, "unlinked", s->unlinked);
	number(file, "packets", s->packets);
	number(file, "bytes", s->bytes);
	number(file, "good", s->good);
	number(file, "bad", s->bad);
	number(file, "empty", s->empty);
	number(file, "errors", s->errors);
	number(file, "missing", s->missing);
	number(file, "jumps", s->jumps);
	number(file, "streams", s->streams);
	number(file, "first", s->first_counter);
	number(file, "last", s->last_counter);
	fputc('}', file);
}

static void print_device(FILE *file, struct sim *sim)
{
	struct sim_device_stats s;
	unsigned int i;

	device_stats(sim, &s);
	fprintf(file, "{\"frame\":%llu", (unsigned long long)s.frame);
	number(file, "configuration", s.configuration);
	fprintf(file, ",\"alternate\":[");
	for (i = 0; i < sim->options.shape.n_interfaces; i++)
		fprintf(file, "%s%u", i ? "," : "", s.alternate[i]);
	fputc(']', file);
	number(file, "control_requests", s.control_requests);
	number(file, "control_stalls", s.control_stalls);
	number(file, "unlinks", s.unlinks);
	number(file, "faults_fired", s.faults_fired);
}

void sim_stats_json(struct sim *sim, FILE *file)
{
	const char *comma = "";
	unsigned int i;

	pthread_mutex_lock(&sim->lock);
	print_device(file, sim);
	fprintf(file, ",\"pipes\":[");
	for (i = 0; i < SIM_ALL_PIPES; i++) {
		if (!has_stats(&sim->pipe[i]))
			continue;
		fputs(comma, file);
		print_pipe(file, &sim->pipe[i].stats);
		comma = ",";
	}
	fprintf(file, "]}\n");
	pthread_mutex_unlock(&sim->lock);
	fflush(file);
}
