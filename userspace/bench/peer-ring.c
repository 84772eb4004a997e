// SPDX-License-Identifier: MIT
/* The rings of the module, without a library. */
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/winusb_iso.h>

struct state {
	int fd;
	struct winusb_iso_ring *control;
	struct winusb_iso_completion *completions;
	struct winusb_iso_pipe_ring *pipe;
	struct winusb_iso_transfer *transfers;
	struct winusb_iso_transfer *templates; /* transfer i, as it is submitted each time */
	uint32_t entries, pipe_entries;
	uint32_t tail, head;
};

static void *map(struct state *state, size_t size, uint64_t offset)
{
	void *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, state->fd, (off_t)offset);

	if (memory == MAP_FAILED)
		die("mmap: %m");
	return memory;
}

static void make_rings(struct job *job)
{
	struct state *state = job->state;
	struct winusb_iso_setup_ring setup = { .entries = job->depth };
	char *memory;

	if (ioctl(state->fd, WINUSB_ISO_IOC_SETUP_RING, &setup) < 0)
		die("SETUP_RING: %m");
	memory = map(state, setup.mmap_size, setup.mmap_offset);
	state->control = (void *)memory;
	state->completions = (void *)(memory + setup.completions_offset);
	state->entries = setup.entries;
}

static void make_pipe_ring(struct job *job)
{
	struct state *state = job->state;
	struct winusb_iso_setup_pipe_ring setup = {
		.pipe = job->endpoint,
		.entries = job->depth,
	};
	char *memory;

	if (ioctl(state->fd, WINUSB_ISO_IOC_SETUP_PIPE_RING, &setup) < 0)
		die("SETUP_PIPE_RING: %m");
	memory = map(state, setup.mmap_size, setup.mmap_offset);
	state->pipe = (void *)memory;
	state->transfers = (void *)(memory + setup.transfers_offset);
	state->pipe_entries = setup.entries;
}

static uint32_t transfers_per_buffer(const struct job *job)
{
	uint32_t per = (job->depth + job->buffers - 1) / job->buffers;
	uint32_t bytes = WINUSB_ISO_MAX_BUFFER_SIZE / job_transfer_size(job);
	uint32_t entries = WINUSB_ISO_MAX_BUFFER_PACKETS / job->packets;
	uint32_t most = bytes < entries ? bytes : entries;

	return per < most ? per : most;
}

/* The stream goes on, and of a batch only the last one is to be told. */
static uint32_t flags_of(const struct job *job, uint32_t number)
{
	bool told = number % job->batch == job->batch - 1;

	return (number ? WINUSB_ISO_TRANSFER_CONTINUE : 0) |
	       (told ? 0 : WINUSB_ISO_TRANSFER_NO_INTERRUPT);
}

static void make_transfers(struct job *job)
{
	struct state *state = job->state;
	uint32_t per = transfers_per_buffer(job), i;
	struct winusb_iso_buffer buffer = { 0 };

	state->templates = calloc(job->depth, sizeof(*state->templates));
	for (i = 0; i < job->depth; i++) {
		if (i % per == 0) {
			buffer = (struct winusb_iso_buffer){
				.pipe = job->endpoint,
				.size = per * job_transfer_size(job),
				.packets = per * job->packets,
			};
			if (ioctl(state->fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer) < 0)
				die("REGISTER_BUFFER: %m");
			map(state, buffer.mmap_size, buffer.mmap_offset);
		}
		state->templates[i] = (struct winusb_iso_transfer){
			.cookie = i,
			.buffer = buffer.handle,
			.flags = flags_of(job, i),
			.offset = i % per * job_transfer_size(job),
			.length = job_transfer_size(job),
			.first_packet = i % per * job->packets,
			.num_packets = job->packets,
		};
	}
}

/* A stream that broke goes on with transfers that need not follow. */
static void publish(struct state *state, uint64_t number, bool broke)
{
	struct winusb_iso_transfer *transfer =
		&state->transfers[state->tail++ & (state->pipe_entries - 1)];

	*transfer = state->templates[number];
	if (broke)
		transfer->flags &= ~(uint32_t)WINUSB_ISO_TRANSFER_CONTINUE;
}

/* A running stream is looked at by the driver itself. */
static void submit(struct job *job)
{
	struct state *state = job->state;
	struct winusb_iso_pipe start = { .pipe = job->endpoint };

	__atomic_store_n(&state->pipe->tail, state->tail, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(__atomic_load_n(&state->pipe->flags, __ATOMIC_RELAXED) &
	      WINUSB_ISO_PIPE_RING_NEED_START))
		return;
	if (ioctl(state->fd, WINUSB_ISO_IOC_START_PIPE, &start) < 0)
		die("START_PIPE: %m");
}

static void open_stream(struct job *job)
{
	struct winusb_iso_set_alternate set = { .alternate = job->alternate };
	struct state *state = calloc(1, sizeof(*state));
	uint32_t i;

	job->state = state;
	state->fd = open(job->node, O_RDWR | O_CLOEXEC);
	if (state->fd < 0 || ioctl(state->fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set) < 0)
		die("%s: %m", job->node);
	make_rings(job);
	make_transfers(job);
	make_pipe_ring(job);
	for (i = 0; i < job->depth; i++)
		publish(state, i, false);
	submit(job);
	state->templates[0].flags |= WINUSB_ISO_TRANSFER_CONTINUE;
}

static uint32_t waiting(const struct state *state)
{
	return __atomic_load_n(&state->control->completion_tail, __ATOMIC_ACQUIRE) - state->head;
}

static void collect(struct job *job)
{
	struct state *state = job->state;
	const struct winusb_iso_completion *completion =
		&state->completions[state->head & (state->entries - 1)];
	uint64_t cookie = completion->cookie;
	bool failed = completion->status != 0;

	job->gaps += completion->gap;
	job_done(job, failed, completion->error_count);
	__atomic_store_n(&state->control->completion_head, ++state->head, __ATOMIC_RELEASE);
	publish(state, cookie, failed);
}

static void run(struct job *job, uint64_t until)
{
	struct state *state = job->state;
	struct winusb_iso_wait wait = { .completions = job->batch };

	while (job->done < until) {
		if (!waiting(state) && ioctl(state->fd, WINUSB_ISO_IOC_WAIT, &wait) < 0)
			die("WAIT: %m");
		while (waiting(state))
			collect(job);
		submit(job);
	}
}

static void close_stream(struct job *job)
{
	struct state *state = job->state;

	close(state->fd);
	free(state->templates);
	free(state);
}

const struct peer peer_ring = {
	.name = "ring",
	.driver = "winusb_iso",
	.open = open_stream,
	.run = run,
	.close = close_stream,
};
