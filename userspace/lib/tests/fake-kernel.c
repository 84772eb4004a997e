// SPDX-License-Identifier: MIT
/* See fake-kernel.h. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake-kernel.h"
#include "internal.h"

#define MOST_BUFFERS  1024u
#define MOST_PENDING  70000u
#define MOST_TAKEN    70000u
#define MOST_SENT     (1u << 20)
#define RING_OFFSET   0x1000u
#define BUFFER_OFFSET 0x100000u
#define UFRAME_NS     125000u

struct fake_pipe {
	uint8_t address;
	uint8_t type;
	bool broken;
};

struct fake_buffer {
	uint8_t pipe;
	uint32_t size;
	uint32_t packets;
	size_t packets_offset;
	size_t map_size;
	unsigned char *memory;
	unsigned int pending;
};

struct fake_pending {
	struct winusb_iso_transfer transfer;
	uint8_t pipe;
	bool doomed;
};

static struct {
	pthread_mutex_t lock;
	int event;
	bool real_sleep;
	uint32_t sleeps_for;
	bool gone;
	bool read_only;
	uint32_t version;
	uint64_t features;
	uint32_t start_index;
	uint32_t largest_buffer;
	uint64_t now_ns;
	bool (*on_poll)(void);
	bool no_wait;
	unsigned long fail_request;
	int fail_error;
	int alternate;
	struct fake_pipe pipes[4];

	unsigned char *ring_memory;
	size_t ring_size;
	struct winusb_iso_ring *ring;
	struct winusb_iso_completion *completions;
	struct winusb_iso_transfer *transfers;
	uint32_t entries;
	uint32_t completion_tail;
	uint32_t transfer_head;

	struct fake_buffer buffers[MOST_BUFFERS + 1];
	struct fake_pending *pending;
	unsigned int num_pending;
	struct winusb_iso_transfer *taken;
	unsigned int num_taken;
	unsigned char *sent;
	size_t num_sent;
	unsigned char packet_counter;
	struct fake_counts counts;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .event = -1 };

/* ---- Ring and completions ------------------------------------------------- */

static void advance(uint64_t ns)
{
	__atomic_add_fetch(&fake.now_ns, ns, __ATOMIC_RELAXED);
}

static uint32_t uncollected(void)
{
	if (!fake.ring)
		return 0;
	return fake.completion_tail -
	       __atomic_load_n(&fake.ring->completion_head, __ATOMIC_ACQUIRE);
}

static bool has_room(void)
{
	return fake.num_pending + uncollected() < fake.entries;
}

static void publish(const struct winusb_iso_completion *completion)
{
	fake.completions[fake.completion_tail & (fake.entries - 1)] = *completion;
	__atomic_store_n(&fake.ring->completion_tail, ++fake.completion_tail, __ATOMIC_RELEASE);
	if (fake.event >= 0)
		eventfd_write(fake.event, 1);
}

static struct winusb_iso_packet *packets_of(const struct winusb_iso_transfer *transfer)
{
	struct fake_buffer *buffer = &fake.buffers[transfer->buffer];

	return (struct winusb_iso_packet *)(void *)(buffer->memory + buffer->packets_offset) +
	       transfer->first_packet;
}

static uint32_t requested(const struct winusb_iso_transfer *transfer, uint32_t i)
{
	uint32_t left = transfer->length - i * FAKE_MAX;

	if (transfer->flags & WINUSB_ISO_TRANSFER_PACKET_LENGTHS)
		return packets_of(transfer)[i].length;
	return left < FAKE_MAX ? left : FAKE_MAX;
}

static void move_data(const struct fake_pending *pending, const struct winusb_iso_packet *packet)
{
	unsigned char *data = fake.buffers[pending->transfer.buffer].memory +
			      pending->transfer.offset + packet->offset;

	if (pending->pipe & 0x80) {
		memset(data, fake.packet_counter++, packet->length);
		return;
	}
	if (fake.num_sent + packet->length > MOST_SENT)
		abort();
	memcpy(fake.sent + fake.num_sent, data, packet->length);
	fake.num_sent += packet->length;
}

static void finish_packets(const struct fake_pending *pending, const struct fake_result *result,
			   struct winusb_iso_completion *completion)
{
	struct winusb_iso_packet *packets = packets_of(&pending->transfer);
	uint32_t offset = 0;

	for (uint32_t i = 0; i < pending->transfer.num_packets; i++) {
		uint32_t want = requested(&pending->transfer, i);
		uint32_t got = result->packet_length && result->packet_length < want ?
				       result->packet_length :
				       want;
		bool bad = i < result->bad || result->not_sent;

		packets[i].offset = offset;
		packets[i].length = bad ? 0 : got;
		packets[i].status = bad ? result->not_sent ? -EXDEV : -EILSEQ : 0;
		if (!bad)
			move_data(pending, &packets[i]);
		completion->actual_length += packets[i].length;
		completion->error_count += bad;
		offset += want;
	}
}

static void complete(const struct fake_pending *pending, const struct fake_result *result)
{
	struct winusb_iso_completion completion = {
		.cookie = pending->transfer.cookie,
		.timestamp_ns = fake.now_ns,
		.start_uframe = result->not_sent ? 0 : 1 + fake.now_ns / UFRAME_NS,
		.status = result->status,
		.num_packets = pending->transfer.num_packets,
		.gap = result->gap,
		.inner_gap = result->inner_gap,
		.buffer = pending->transfer.buffer,
		.pipe = pending->pipe,
		.trust = WINUSB_ISO_TRUST_EXACT,
		.flags = result->not_sent ? WINUSB_ISO_COMPLETION_NOT_SENT : 0,
	};

	finish_packets(pending, result, &completion);
	fake.buffers[pending->transfer.buffer].pending--;
	publish(&completion);
}

static struct fake_pipe *pipe_of(uint8_t address)
{
	for (unsigned int i = 0; i < 4; i++)
		if (fake.pipes[i].address == address)
			return &fake.pipes[i];
	return NULL;
}

static int oldest(uint8_t pipe)
{
	for (unsigned int i = 0; i < fake.num_pending; i++)
		if (fake.pending[i].pipe == pipe)
			return (int)i;
	return -1;
}

static void finish_oldest(int index, const struct fake_result *result)
{
	struct fake_pending pending = fake.pending[index];

	fake.num_pending--;
	memmove(&fake.pending[index], &fake.pending[index + 1],
		(fake.num_pending - (unsigned int)index) * sizeof(*fake.pending));
	complete(&pending, result);
}

/* Unsent ones complete as soon as nothing is before them. */
static void finish_doomed(uint8_t pipe)
{
	static const struct fake_result unsent = { .status = -EXDEV, .not_sent = true };
	int index = oldest(pipe);

	while (index >= 0 && fake.pending[index].doomed) {
		finish_oldest(index, &unsent);
		index = oldest(pipe);
	}
}

static void end_pipe(uint8_t pipe, int status)
{
	const struct fake_result result = { .status = status, .not_sent = true };
	int index;

	while ((index = oldest(pipe)) >= 0)
		finish_oldest(index, &result);
	pipe_of(pipe)->broken = false;
}

/* ---- ioctls --------------------------------------------------------------- */

static int check_transfer(const struct winusb_iso_transfer *transfer)
{
	struct fake_buffer *buffer;

	if (!transfer->buffer || transfer->buffer > MOST_BUFFERS ||
	    !fake.buffers[transfer->buffer].memory)
		return ENOENT;
	buffer = &fake.buffers[transfer->buffer];
	if (fake.alternate != 1)
		return ESTALE;
	if (!transfer->num_packets)
		return ERANGE;
	if ((uint64_t)transfer->first_packet + transfer->num_packets > buffer->packets)
		return E2BIG;
	if ((uint64_t)transfer->offset + transfer->length > buffer->size)
		return EOVERFLOW;
	return 0;
}

/* ContinueStream: only right after what is pending. */
static void accept(const struct winusb_iso_transfer *transfer)
{
	struct fake_pending *pending = &fake.pending[fake.num_pending];
	uint8_t address = fake.buffers[transfer->buffer].pipe;
	struct fake_pipe *pipe = pipe_of(address);
	bool has_pending = oldest(address) >= 0;

	pending->transfer = *transfer;
	pending->pipe = address;
	pending->doomed = false;
	fake.buffers[transfer->buffer].pending++;
	fake.num_pending++;
	if (transfer->flags & WINUSB_ISO_TRANSFER_CONTINUE) {
		fake.counts.continued++;
		pipe->broken |= !has_pending;
		pending->doomed = pipe->broken;
	} else {
		fake.counts.fresh++;
		pipe->broken = false;
	}
	finish_doomed(address);
}

static void note_taken(const struct winusb_iso_transfer *transfer)
{
	if (fake.num_taken < MOST_TAKEN)
		fake.taken[fake.num_taken++] = *transfer;
}

static void refuse(const struct winusb_iso_transfer *transfer, int error)
{
	struct winusb_iso_completion completion = {
		.cookie = transfer->cookie,
		.status = -error,
		.buffer = transfer->buffer,
		.num_packets = transfer->num_packets,
	};

	publish(&completion);
}

static int do_submit(const struct winusb_iso_transfer *transfer)
{
	int error = check_transfer(transfer);

	fake.counts.submits++;
	if (!error && !has_room())
		error = EAGAIN;
	if (error)
		return error;
	note_taken(transfer);
	accept(transfer);
	return 0;
}

static int do_submit_ring(struct winusb_iso_submit_ring *submit)
{
	uint32_t tail = __atomic_load_n(&fake.ring->transfer_tail, __ATOMIC_ACQUIRE);

	fake.counts.flushes++;
	for (submit->taken = 0; fake.transfer_head != tail && has_room(); submit->taken++) {
		struct winusb_iso_transfer transfer =
			fake.transfers[fake.transfer_head & (fake.entries - 1)];
		int error = check_transfer(&transfer);

		__atomic_store_n(&fake.ring->transfer_head, ++fake.transfer_head, __ATOMIC_RELEASE);
		note_taken(&transfer);
		if (error)
			refuse(&transfer, error);
		else
			accept(&transfer);
	}
	return submit->taken ? 0 : EAGAIN;
}

static void init_ring(uint32_t entries)
{
	size_t completions = sizeof(struct winusb_iso_ring);
	size_t transfers = completions + entries * sizeof(struct winusb_iso_completion);

	fake.entries = entries;
	fake.ring_size = transfers + entries * sizeof(struct winusb_iso_transfer);
	fake.ring_memory = calloc(1, fake.ring_size);
	fake.ring = (void *)fake.ring_memory;
	fake.completions = (void *)(fake.ring_memory + completions);
	fake.transfers = (void *)(fake.ring_memory + transfers);
	fake.completion_tail = fake.start_index;
	fake.transfer_head = fake.start_index;
	fake.ring->completion_tail = fake.start_index;
	fake.ring->completion_head = fake.start_index;
	fake.ring->transfer_tail = fake.start_index;
	fake.ring->transfer_head = fake.start_index;
}

static int do_setup_ring(struct winusb_iso_setup_ring *setup)
{
	uint32_t entries = 1;

	if (fake.ring)
		return EEXIST;
	if (!setup->entries || setup->entries > WINUSB_ISO_MAX_RING_ENTRIES)
		return ERANGE;
	while (entries < setup->entries)
		entries *= 2;
	init_ring(entries);
	setup->entries = entries;
	setup->mmap_offset = RING_OFFSET;
	setup->mmap_size = fake.ring_size;
	setup->completions_offset =
		(uint32_t)((unsigned char *)fake.completions - fake.ring_memory);
	setup->transfers_offset = (uint32_t)((unsigned char *)fake.transfers - fake.ring_memory);
	return 0;
}

static uint32_t free_handle(void)
{
	uint32_t handle = 1;

	while (handle <= MOST_BUFFERS && fake.buffers[handle].memory)
		handle++;
	return handle;
}

static int do_register(struct winusb_iso_buffer *reg)
{
	struct fake_pipe *pipe = pipe_of(reg->pipe);
	uint32_t handle = free_handle();
	struct fake_buffer *buffer = &fake.buffers[handle <= MOST_BUFFERS ? handle : 0];

	if (!pipe)
		return ENOENT;
	if (pipe->type != WINUSB_ISO_PIPE_ISOCHRONOUS)
		return EOPNOTSUPP;
	if (!reg->size || reg->size > WINUSB_ISO_MAX_BUFFER_SIZE)
		return ERANGE;
	if (!reg->packets || reg->packets > WINUSB_ISO_MAX_BUFFER_PACKETS)
		return EDOM;
	if (handle > MOST_BUFFERS)
		return EMFILE;
	if (reg->size > fake.largest_buffer)
		return ENOMEM;
	buffer->pipe = reg->pipe;
	buffer->size = reg->size;
	buffer->packets = reg->packets;
	buffer->packets_offset = (reg->size + 7u) & ~7u;
	buffer->map_size = buffer->packets_offset + reg->packets * sizeof(struct winusb_iso_packet);
	buffer->memory = calloc(1, buffer->map_size);
	reg->handle = handle;
	reg->mmap_offset = BUFFER_OFFSET * (uint64_t)handle;
	reg->mmap_size = buffer->map_size;
	reg->packets_offset = buffer->packets_offset;
	fake.counts.buffers++;
	return 0;
}

static int do_unregister(const struct winusb_iso_unregister_buffer *unregister)
{
	struct fake_buffer *buffer = &fake.buffers[unregister->handle];

	if (!buffer->memory)
		return ENOENT;
	if (buffer->pending)
		return EBUSY;
	free(buffer->memory);
	memset(buffer, 0, sizeof(*buffer));
	fake.counts.buffers--;
	return 0;
}

static int do_abort(const struct winusb_iso_pipe *ask)
{
	if (!pipe_of(ask->pipe))
		return ENOENT;
	fake.counts.aborts++;
	end_pipe(ask->pipe, -ECONNRESET);
	return 0;
}

static int do_get_pipe(struct winusb_iso_pipe_info *ask)
{
	const struct fake_pipe *pipe;

	if (ask->alternate != 1 || ask->index >= 4)
		return ENOENT;
	pipe = &fake.pipes[ask->index];
	ask->address = pipe->address;
	ask->type = pipe->type;
	ask->max_bytes_per_interval = FAKE_MAX;
	ask->interval = pipe->type == WINUSB_ISO_PIPE_ISOCHRONOUS ? 1 : 0;
	return 0;
}

static int do_get_info(struct winusb_iso_info *info)
{
	memset(info, 0, sizeof(*info));
	info->api_version = fake.version;
	info->features = fake.features;
	info->current_alternate = fake.alternate;
	info->num_alternates = 2;
	info->speed = WINUSB_ISO_SPEED_HIGH;
	info->vendor_id = 0x1209;
	info->product_id = 0x0001;
	info->bus = 3;
	info->device = 7;
	return 0;
}

static int do_set_alternate(const struct winusb_iso_set_alternate *set)
{
	if (set->alternate > 1)
		return ENOENT;
	for (unsigned int i = 0; i < 4; i++)
		end_pipe(fake.pipes[i].address, -ECONNRESET);
	fake.alternate = (int)set->alternate;
	return 0;
}

static int do_get_frame(struct winusb_iso_frame *frame)
{
	frame->timestamp_ns = fake.now_ns;
	frame->uframe = fake.now_ns / UFRAME_NS;
	frame->resolution = 8;
	frame->trust = WINUSB_ISO_TRUST_EXACT;
	return 0;
}

static int dispatch(unsigned long request, void *arg)
{
	switch (request) {
	case WINUSB_ISO_IOC_GET_INFO:
		return do_get_info(arg);
	case WINUSB_ISO_IOC_GET_PIPE:
		return do_get_pipe(arg);
	case WINUSB_ISO_IOC_SET_ALTERNATE:
		return do_set_alternate(arg);
	case WINUSB_ISO_IOC_SETUP_RING:
		return do_setup_ring(arg);
	case WINUSB_ISO_IOC_REGISTER_BUFFER:
		return do_register(arg);
	case WINUSB_ISO_IOC_UNREGISTER_BUFFER:
		return do_unregister(arg);
	case WINUSB_ISO_IOC_SUBMIT:
		return do_submit(arg);
	case WINUSB_ISO_IOC_SUBMIT_RING:
		return do_submit_ring(arg);
	case WINUSB_ISO_IOC_ABORT_PIPE:
	case WINUSB_ISO_IOC_RESET_PIPE:
		return do_abort(arg);
	case WINUSB_ISO_IOC_GET_FRAME:
		return do_get_frame(arg);
	default:
		return ENOTTY;
	}
}

static int fake_wait(const struct winusb_iso_wait *wait);

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	int error;

	(void)fd;
	if (request == WINUSB_ISO_IOC_WAIT && !fake.no_wait)
		return fake_wait(arg);
	pthread_mutex_lock(&fake.lock);
	if (request == fake.fail_request) {
		error = fake.fail_error;
		fake.fail_request = 0;
	} else {
		error = fake.gone ? ENODEV : dispatch(request, arg);
	}
	pthread_mutex_unlock(&fake.lock);
	errno = error;
	return error ? -1 : 0;
}

/* ---- Other system calls --------------------------------------------------- */

static int fake_open(const char *path, int flags)
{
	if (strncmp(path, "/dev/winusb-iso", 15)) {
		errno = ENOENT;
		return -1;
	}
	fake.read_only = (flags & O_ACCMODE) == O_RDONLY;
	fake.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return fake.event;
}

static int fake_close(int fd)
{
	fake.event = -1;
	return close(fd);
}

static void *fake_mmap(int fd, size_t size, bool writable, uint64_t offset)
{
	unsigned char *memory;

	(void)fd;
	(void)size;
	if (!writable)
		abort();
	if (offset == RING_OFFSET)
		memory = fake.ring_memory;
	else
		memory = fake.buffers[offset / BUFFER_OFFSET].memory;
	fake.counts.maps++;
	return memory;
}

static int fake_munmap(void *map, size_t size)
{
	(void)map;
	(void)size;
	fake.counts.maps--;
	return 0;
}

static short device_events(void)
{
	short events = 0;

	pthread_mutex_lock(&fake.lock);
	if (uncollected())
		events |= POLLIN;
	if (fake.gone)
		events |= POLLHUP | POLLERR;
	pthread_mutex_unlock(&fake.lock);
	return events;
}

static int ready_fds(struct pollfd *fds)
{
	static const struct timespec now;

	fds[0].revents = device_events();
	fds[1].revents = 0;
	ppoll(&fds[1], 1, &now, NULL);
	return !!fds[0].revents + !!fds[1].revents;
}

static void pass(const struct timespec *time)
{
	advance((uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec);
}

/* Time passes when it is up. */
static int really_sleep(struct pollfd *fds, const struct timespec *timeout)
{
	struct pollfd real[2] = { { .fd = fake.event, .events = POLLIN }, fds[1] };
	eventfd_t count;
	int ready;

	while (!(ready = ready_fds(fds))) {
		if (!ppoll(real, 2, timeout, NULL)) {
			pass(timeout);
			return 0;
		}
		if (real[0].revents)
			eventfd_read(fake.event, &count);
	}
	return ready;
}

static void count_poll(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.counts.polls++;
	pthread_mutex_unlock(&fake.lock);
}

static int fake_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout)
{
	int ready = ready_fds(fds);

	if (count != 2)
		abort();
	count_poll();
	if (ready || (timeout && !timeout->tv_sec && !timeout->tv_nsec))
		return ready;
	if (fake.real_sleep)
		return really_sleep(fds, timeout);
	if (fake.on_poll && fake.on_poll()) {
		errno = EINTR;
		return -1;
	}
	ready = ready_fds(fds);
	if (!ready && !timeout) {
		printf("Bail out! poll() would sleep for ever\n");
		exit(1);
	}
	if (!ready)
		pass(timeout);
	return ready;
}

/* Is there a reason not to sleep? *error, 0 or an errno, is what it would say. */
static bool wait_is_over(const struct winusb_iso_wait *wait, int *error)
{
	bool over;

	pthread_mutex_lock(&fake.lock);
	over = fake.gone || !fake.num_pending || uncollected() >= wait->completions;
	*error = !fake.ring ? ENXIO : fake.gone && !uncollected() ? ENODEV : 0;
	pthread_mutex_unlock(&fake.lock);
	return over || *error;
}

/* 0 or an errno. */
static int sleep_in_wait(const struct winusb_iso_wait *wait, const struct timespec *timeout)
{
	struct pollfd fd = { .fd = fake.event, .events = POLLIN };
	eventfd_t count;
	int error;

	while (!wait_is_over(wait, &error)) {
		if (!fake.real_sleep) {
			printf("Bail out! WAIT would sleep for ever\n");
			exit(1);
		}
		if (!ppoll(&fd, 1, timeout, NULL)) {
			pass(timeout);
			return ETIME;
		}
		eventfd_read(fake.event, &count);
	}
	return error;
}

static void sleep_for(uint32_t completions)
{
	pthread_mutex_lock(&fake.lock);
	fake.sleeps_for = completions;
	pthread_mutex_unlock(&fake.lock);
}

uint32_t fake_sleeps_for(void)
{
	uint32_t completions;

	pthread_mutex_lock(&fake.lock);
	completions = fake.sleeps_for;
	pthread_mutex_unlock(&fake.lock);
	return completions;
}

static int fake_wait(const struct winusb_iso_wait *wait)
{
	const struct timespec timeout = {
		.tv_sec = (time_t)(wait->timeout_ns / 1000000000u),
		.tv_nsec = (long)(wait->timeout_ns % 1000000000u),
	};
	int error;

	if (!wait_is_over(wait, &error)) {
		count_poll();
		if (!fake.real_sleep && fake.on_poll && fake.on_poll()) {
			error = EINTR;
		} else if (!fake.real_sleep && wait->timeout_ns && !wait_is_over(wait, &error)) {
			pass(&timeout);
			error = ETIME;
		} else {
			sleep_for(wait->completions);
			error = sleep_in_wait(wait, wait->timeout_ns ? &timeout : NULL);
			sleep_for(0);
		}
	}
	errno = error;
	return error ? -1 : 0;
}

uint64_t fake_now_ns(void)
{
	return __atomic_load_n(&fake.now_ns, __ATOMIC_RELAXED);
}

/* ---- What tests say ------------------------------------------------------- */

static void free_memory(void)
{
	for (unsigned int i = 0; i <= MOST_BUFFERS; i++)
		free(fake.buffers[i].memory);
	free(fake.ring_memory);
	free(fake.pending);
	free(fake.taken);
	free(fake.sent);
}

void fake_reset(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	free_memory();
	memset(&fake, 0, sizeof(fake));
	fake.lock = unlocked;
	fake.event = -1;
	fake.version = WINUSB_ISO_API_VERSION;
	fake.largest_buffer = WINUSB_ISO_MAX_BUFFER_SIZE;
	fake.now_ns = 1000000000u;
	fake.alternate = 1;
	fake.pipes[0] = (struct fake_pipe){ FAKE_BULK, WINUSB_ISO_PIPE_BULK, false };
	fake.pipes[1] = (struct fake_pipe){ FAKE_IN, WINUSB_ISO_PIPE_ISOCHRONOUS, false };
	fake.pipes[2] = (struct fake_pipe){ FAKE_OUT, WINUSB_ISO_PIPE_ISOCHRONOUS, false };
	fake.pipes[3] = (struct fake_pipe){ FAKE_IN2, WINUSB_ISO_PIPE_ISOCHRONOUS, false };
	fake.pending = calloc(MOST_PENDING, sizeof(*fake.pending));
	fake.taken = calloc(MOST_TAKEN, sizeof(*fake.taken));
	fake.sent = calloc(1, MOST_SENT);
	wiso_sys.open = fake_open;
	wiso_sys.close = fake_close;
	wiso_sys.ioctl = fake_ioctl;
	wiso_sys.mmap = fake_mmap;
	wiso_sys.munmap = fake_munmap;
	wiso_sys.poll = fake_poll;
	wiso_sys.now_ns = fake_now_ns;
}

void fake_start_index(uint32_t index)
{
	fake.start_index = index;
}

void fake_largest_buffer(uint32_t bytes)
{
	fake.largest_buffer = bytes;
}

void fake_version(uint32_t version)
{
	fake.version = version;
}

void fake_features(uint64_t features)
{
	fake.features = features;
}

void fake_on_poll(bool (*hook)(void))
{
	fake.on_poll = hook;
}

void fake_without_wait(void)
{
	fake.no_wait = true;
}

void fake_real_sleep(void)
{
	fake.real_sleep = true;
}

void fake_fail(unsigned long request, int error)
{
	fake.fail_request = request;
	fake.fail_error = error;
}

unsigned int fake_pending(uint8_t pipe)
{
	unsigned int count = 0;

	pthread_mutex_lock(&fake.lock);
	for (unsigned int i = 0; i < fake.num_pending; i++)
		count += fake.pending[i].pipe == pipe;
	pthread_mutex_unlock(&fake.lock);
	return count;
}

bool fake_complete(uint8_t pipe, const struct fake_result *result)
{
	int index;

	pthread_mutex_lock(&fake.lock);
	index = oldest(pipe);
	if (index >= 0) {
		advance(fake.pending[index].transfer.num_packets * UFRAME_NS);
		finish_oldest(index, result);
		finish_doomed(pipe);
	}
	pthread_mutex_unlock(&fake.lock);
	return index >= 0;
}

void fake_complete_good(uint8_t pipe, unsigned int count)
{
	static const struct fake_result good;

	while (count-- && fake_complete(pipe, &good))
		;
}

void fake_lose(uint8_t pipe)
{
	pthread_mutex_lock(&fake.lock);
	for (unsigned int i = 0; i < fake.num_pending; i++)
		if (fake.pending[i].pipe == pipe)
			fake.pending[i].doomed = true;
	pipe_of(pipe)->broken = true;
	finish_doomed(pipe);
	pthread_mutex_unlock(&fake.lock);
}

void fake_end(uint8_t pipe, int status)
{
	pthread_mutex_lock(&fake.lock);
	end_pipe(pipe, status);
	pthread_mutex_unlock(&fake.lock);
}

void fake_unplug(void)
{
	pthread_mutex_lock(&fake.lock);
	for (unsigned int i = 0; i < 4; i++)
		end_pipe(fake.pipes[i].address, -ENODEV);
	fake.gone = true;
	if (fake.event >= 0)
		eventfd_write(fake.event, 1);
	pthread_mutex_unlock(&fake.lock);
}

void fake_update_fd(void)
{
	eventfd_t count;

	if (!device_events())
		eventfd_read(fake.event, &count);
}

struct fake_counts fake_counts(void)
{
	struct fake_counts counts;

	pthread_mutex_lock(&fake.lock);
	counts = fake.counts;
	pthread_mutex_unlock(&fake.lock);
	return counts;
}

size_t fake_sent(unsigned char *data, size_t size)
{
	if (fake.num_sent < size)
		size = fake.num_sent;
	memcpy(data, fake.sent, size);
	return fake.num_sent;
}

uint32_t fake_pending_length(uint8_t pipe, uint32_t packet)
{
	int index = oldest(pipe);

	return index < 0 ? UINT32_MAX : requested(&fake.pending[index].transfer, packet);
}

const struct winusb_iso_transfer *fake_taken(unsigned int index)
{
	return index < fake.num_taken ? &fake.taken[index] : NULL;
}

void fake_advance_ns(uint64_t ns)
{
	advance(ns);
}
