// SPDX-License-Identifier: MIT
/* Control, bulk and interrupt transfers described, and one at a time without a buffer. */
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "internal.h"

/* What one transfer of wiso_read() and wiso_write() moves at most. */
#define CHUNK_BYTES	      (256u * 1024)
#define DESCRIPTOR_TIMEOUT_MS 5000
#define NS_PER_MS	      1000000u

#define DIRECTION_IN   0x80
#define GET_DESCRIPTOR 6

void wiso_transfer_init_plain(struct winusb_iso_transfer *transfer,
			      const struct wiso_buffer *buffer, uint32_t offset, uint32_t length)
{
	memset(transfer, 0, sizeof(*transfer));
	transfer->buffer = buffer->handle;
	transfer->offset = offset;
	transfer->length = length;
}

static void write_setup(unsigned char *data, const struct wiso_setup *setup)
{
	uint16_t words[3] = {
		htole16(setup->value),
		htole16(setup->index),
		htole16(setup->length),
	};

	data[0] = setup->request_type;
	data[1] = setup->request;
	memcpy(data + 2, words, sizeof(words));
}

int wiso_transfer_init_control(struct winusb_iso_transfer *transfer,
			       const struct wiso_buffer *buffer, uint32_t offset,
			       const struct wiso_setup *setup)
{
	uint32_t length = WISO_SETUP_SIZE + setup->length;

	if ((uint64_t)offset + length > buffer->size) {
		errno = EMSGSIZE;
		return -1;
	}
	wiso_transfer_init_plain(transfer, buffer, offset, length);
	write_setup(buffer->data + offset, setup);
	return 0;
}

/* One call of those that wait: what it works with, and what became of it. */
struct task {
	struct wiso_device *dev;
	struct wiso_scratch *scratch;
	uint64_t deadline_ns;
	bool never;
	size_t moved;
};

static int task_begin(struct task *task, struct wiso_device *dev, int timeout_ms)
{
	memset(task, 0, sizeof(*task));
	if (!timeout_ms) {
		errno = EINVAL;
		return -1;
	}
	task->dev = dev;
	task->never = timeout_ms < 0;
	if (!task->never)
		task->deadline_ns = wiso_sys.now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	return 0;
}

/* Milliseconds left, rounded up; -1: for ever; 0: the time is up. */
static int task_time_left(const struct task *task)
{
	uint64_t now = wiso_sys.now_ns();

	if (task->never)
		return -1;
	if (now >= task->deadline_ns)
		return 0;
	return (int)((task->deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS);
}

static bool waiter_ready(void *arg)
{
	return ((struct wiso_waiter *)arg)->done;
}

static int wait_until_done(struct wiso_device *dev, struct wiso_waiter *waiter, int timeout_ms)
{
	struct wiso_wait wait = {
		.ready = waiter_ready,
		.arg = waiter,
		.timeout_ms = timeout_ms,
		.probe = true,
	};

	return wiso_wait(dev, &wait);
}

/* Takes it back, and waits until the driver has let go of the memory. */
static void withdraw(struct wiso_device *dev, struct wiso_waiter *waiter, uint8_t pipe)
{
	struct winusb_iso_cancel cancel = { .cookie = (uintptr_t)waiter, .pipe = pipe };
	int error = errno;

	wiso_sys_ioctl(dev, WINUSB_ISO_IOC_CANCEL, &cancel);
	while (wait_until_done(dev, waiter, -1) < 0 && errno != ENODEV)
		;
	errno = error;
}

/* What a transfer's status means to the caller; error: why it was taken back, or 0. */
static int judge(const struct wiso_waiter *waiter, int error)
{
	int status = waiter->done ? waiter->completion.status : -ENODEV;

	if (!status)
		return 0;
	errno = error && status == -ECONNRESET ? error : -status;
	return -1;
}

/*
 * Carries out one transfer, with the lock held. *actual is what moved, in every
 * case.
 */
static int carry_out(struct task *task, const struct winusb_iso_transfer *transfer,
		     uint32_t *actual)
{
	struct wiso_waiter *waiter = wiso_waiter_submit(task->dev, transfer);
	int time_left = task_time_left(task), error = 0, ret;

	*actual = 0;
	if (!waiter)
		return -1;
	if (wait_until_done(task->dev, waiter, time_left ? time_left : 1) < 0) {
		error = errno;
		withdraw(task->dev, waiter, task->scratch->buffer->pipe.address);
	}
	if (waiter->done)
		*actual = waiter->completion.actual_length;
	ret = judge(waiter, error);
	wiso_waiter_remove(task->dev, waiter);
	return ret;
}

static int do_control(struct task *task, const struct wiso_setup *setup, void *data)
{
	struct wiso_buffer *buffer = task->scratch->buffer;
	unsigned char *there = buffer->data + WISO_SETUP_SIZE;
	struct winusb_iso_transfer transfer;
	uint32_t actual;

	if (wiso_transfer_init_control(&transfer, buffer, 0, setup) < 0)
		return -1;
	if (setup->length && !(setup->request_type & DIRECTION_IN))
		memcpy(there, data, setup->length);
	if (carry_out(task, &transfer, &actual) < 0)
		return -1;
	if (actual && setup->request_type & DIRECTION_IN)
		memcpy(data, there, actual);
	task->moved = actual;
	return 0;
}

ssize_t wiso_control(struct wiso_device *dev, const struct wiso_setup *setup, void *data,
		     int timeout_ms)
{
	static const struct winusb_iso_pipe_info pipe = { .type = WINUSB_ISO_PIPE_CONTROL };
	struct task task;
	int ret = -1;

	if (task_begin(&task, dev, timeout_ms) < 0)
		return -1;
	pthread_mutex_lock(&dev->lock);
	task.scratch = wiso_scratch_take(dev, &pipe, WISO_SETUP_SIZE + setup->length);
	if (task.scratch) {
		ret = do_control(&task, setup, data);
		wiso_scratch_put(task.scratch);
	}
	pthread_mutex_unlock(&dev->lock);
	return ret < 0 ? -1 : (ssize_t)task.moved;
}

ssize_t wiso_get_descriptor(struct wiso_device *dev, uint8_t type, uint8_t index, uint16_t language,
			    void *data, size_t size)
{
	struct wiso_setup setup = {
		.request_type = DIRECTION_IN,
		.request = GET_DESCRIPTOR,
		.value = (uint16_t)(type << 8 | index),
		.index = language,
		.length = (uint16_t)size,
	};

	if (size > UINT16_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	return wiso_control(dev, &setup, data, DESCRIPTOR_TIMEOUT_MS);
}

/* Whole packets: a chunk of a read that is not would end inside one. */
static uint32_t chunk_size(const struct winusb_iso_pipe_info *pipe)
{
	uint32_t unit = pipe->max_packet_size * pipe->mult;

	return unit && unit <= CHUNK_BYTES ? CHUNK_BYTES - CHUNK_BYTES % unit : CHUNK_BYTES;
}

static bool is_plain(const struct winusb_iso_pipe_info *pipe, unsigned int direction)
{
	return (pipe->type == WINUSB_ISO_PIPE_BULK || pipe->type == WINUSB_ISO_PIPE_INTERRUPT) &&
	       (pipe->address & WISO_IN) == direction;
}

/* Which pipe is meant, and memory for it. With the lock held. */
static int task_take(struct task *task, uint8_t address, unsigned int direction, size_t size)
{
	struct winusb_iso_pipe_info pipe;
	uint32_t chunk;

	if (wiso_find_pipe(task->dev, address, &pipe) < 0)
		return -1;
	if (!is_plain(&pipe, direction)) {
		errno = EINVAL;
		return -1;
	}
	chunk = chunk_size(&pipe);
	task->scratch = wiso_scratch_take(task->dev, &pipe, size < chunk ? (uint32_t)size : chunk);
	return task->scratch ? 0 : -1;
}

static uint32_t next_chunk(const struct task *task, size_t size)
{
	uint32_t chunk = chunk_size(&task->scratch->buffer->pipe);

	return size - task->moved < chunk ? (uint32_t)(size - task->moved) : chunk;
}

static bool task_time_is_up(const struct task *task)
{
	if (!task->moved || task_time_left(task))
		return false;
	errno = ETIMEDOUT;
	return true;
}

static int do_read(struct task *task, unsigned char *data, size_t size)
{
	struct wiso_buffer *buffer = task->scratch->buffer;
	struct winusb_iso_transfer transfer;
	uint32_t chunk, actual;
	int ret;

	do {
		if (task_time_is_up(task))
			return -1;
		chunk = next_chunk(task, size);
		wiso_transfer_init_plain(&transfer, buffer, 0, chunk);
		ret = carry_out(task, &transfer, &actual);
		memcpy(data + task->moved, buffer->data, actual);
		task->moved += actual;
	} while (ret == 0 && actual == chunk && task->moved < size);
	return ret;
}

int wiso_read(struct wiso_device *dev, uint8_t pipe, void *data, size_t size, size_t *done,
	      int timeout_ms)
{
	struct task task;
	int ret = task_begin(&task, dev, timeout_ms);

	if (ret == 0) {
		pthread_mutex_lock(&dev->lock);
		ret = task_take(&task, pipe, WISO_IN, size);
		if (ret == 0) {
			ret = size ? do_read(&task, data, size) : 0;
			wiso_scratch_put(task.scratch);
		}
		pthread_mutex_unlock(&dev->lock);
	}
	if (done)
		*done = task.moved;
	return ret;
}

static bool needs_end(const struct winusb_iso_pipe_info *pipe, size_t size, unsigned int flags)
{
	return flags & WISO_WRITE_ZERO_PACKET && size && pipe->max_packet_size &&
	       size % pipe->max_packet_size == 0;
}

/* Only of bulk pipes the driver can be asked for the packet of no length. */
static int do_write(struct task *task, const unsigned char *data, size_t size, unsigned int flags)
{
	struct wiso_buffer *buffer = task->scratch->buffer;
	bool end = needs_end(&buffer->pipe, size, flags);
	bool bulk = buffer->pipe.type == WINUSB_ISO_PIPE_BULK;
	struct winusb_iso_transfer transfer;
	uint32_t chunk, actual;

	do {
		if (task_time_is_up(task))
			return -1;
		chunk = next_chunk(task, size);
		if (chunk)
			memcpy(buffer->data, data + task->moved, chunk);
		wiso_transfer_init_plain(&transfer, buffer, 0, chunk);
		if (end && bulk && task->moved + chunk == size)
			transfer.flags = WINUSB_ISO_TRANSFER_ZERO_PACKET;
		if (carry_out(task, &transfer, &actual) < 0) {
			task->moved += actual;
			return -1;
		}
		task->moved += actual;
	} while (task->moved < size);
	if (!end || bulk)
		return 0;
	wiso_transfer_init_plain(&transfer, buffer, 0, 0);
	return carry_out(task, &transfer, &actual);
}

int wiso_write(struct wiso_device *dev, uint8_t pipe, const void *data, size_t size, size_t *done,
	       unsigned int flags, int timeout_ms)
{
	struct task task;
	int ret = task_begin(&task, dev, timeout_ms);

	if (ret == 0 && flags & ~(unsigned int)WISO_WRITE_ZERO_PACKET) {
		errno = EINVAL;
		ret = -1;
	}
	if (ret == 0) {
		pthread_mutex_lock(&dev->lock);
		ret = task_take(&task, pipe, WISO_OUT, size);
		if (ret == 0) {
			ret = do_write(&task, data, size, flags);
			wiso_scratch_put(task.scratch);
		}
		pthread_mutex_unlock(&dev->lock);
	}
	if (done)
		*done = task.moved;
	return ret;
}
