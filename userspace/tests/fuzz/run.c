// SPDX-License-Identifier: MIT
/*
 * A process with files, buffers and mappings of a device, whose threads do what the operations say;
 * between two cases it has none. Nothing has to succeed. What must hold: each transfer that was
 * taken completes once (where one thread knows how many there were).
 *
 * The device is simulated in another process: mmap() of one thread may wait for a call of another
 * that waits for the device, and nobody in that process can take memory meanwhile.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../module.h"
#include "../plain.h"
#include "cover.h"
#include "op.h"

#define FILES	 4u
#define BUFFERS	 12u
#define MAPPINGS 8u

struct held_buffer {
	struct winusb_iso_buffer info;
	unsigned int file;
};

struct held_mapping {
	uint8_t *start;
	size_t size;
	enum { DATA, RINGS, PIPE_RING } what;
	uint32_t transfers_offset; /* of a pipe's ring */
};

/* What the threads share; @lock is for the tables, never held over a call. */
static struct {
	pthread_mutex_t lock;
	struct run_order device;
	int file[FILES];
	struct held_buffer buffer[BUFFERS];
	struct held_mapping mapping[MAPPINGS];
	struct winusb_iso_setup_ring ring[FILES];
	struct winusb_iso_setup_pipe_ring pipe_ring[FILES];
	unsigned int taken[FILES], collected[FILES];
	unsigned int bad; /* files where they did not complete once */
	/* Somebody moved the index of what was collected, or the driver takes by itself. */
	bool uncounted[FILES];
	int words; /* for the device's process */
} world = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct op_case *plan;

/* Memory that another thread has unmapped. */
static __thread sigjmp_buf fault;
static __thread volatile sig_atomic_t guarded;

static void on_fault(int number)
{
	if (guarded)
		siglongjmp(fault, 1);
	signal(number, SIG_DFL);
	raise(number);
}

static uint8_t address_of(uint32_t value)
{
	static const uint8_t address[] = {
		CONTROL, LOOP_IN, LOOP_OUT, SLOW_IN, SLOW_OUT, SOURCE, SINK, MESSAGE,
	};

	return value < 64 ? address[value % 8] : (uint8_t)value;
}

static int fd_at(unsigned int file)
{
	return __atomic_load_n(&world.file[file], __ATOMIC_RELAXED);
}

/* The one that is meant, or the next one that is open. */
static unsigned int file_of(const struct op *op)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		if (fd_at((op->a + i) % FILES) >= 0)
			return (op->a + i) % FILES;
	return op->a % FILES;
}

static int fd_of(const struct op *op)
{
	return fd_at(file_of(op));
}

/* Likewise, one that is registered. */
static struct held_buffer buffer_of(uint32_t value)
{
	struct held_buffer buffer;
	unsigned int i;

	pthread_mutex_lock(&world.lock);
	for (i = 0; i < BUFFERS && !world.buffer[(value + i) % BUFFERS].info.handle; i++)
		;
	buffer = world.buffer[(value + i) % BUFFERS];
	pthread_mutex_unlock(&world.lock);
	return buffer;
}

/* Those of a file, or of it only the one with a handle, are no longer known. */
static void forget_buffers(unsigned int file, uint32_t handle)
{
	unsigned int i;

	pthread_mutex_lock(&world.lock);
	for (i = 0; i < BUFFERS; i++)
		if (world.buffer[i].file == file &&
		    (!handle || world.buffer[i].info.handle == handle))
			world.buffer[i].info.handle = 0;
	pthread_mutex_unlock(&world.lock);
}

static struct held_mapping mapping_of(uint32_t value)
{
	struct held_mapping mapping;

	pthread_mutex_lock(&world.lock);
	mapping = world.mapping[value % MAPPINGS];
	pthread_mutex_unlock(&world.lock);
	return mapping;
}

static void count(unsigned int *counter, unsigned int more)
{
	__atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

/* --- files --- */

static bool settle(unsigned int file);

/* With what is pending, or after that. */
static void close_file(unsigned int file, bool settled)
{
	int fd;

	if (settled && plan->threads == 1)
		world.bad += !settle(file);
	fd = __atomic_exchange_n(&world.file[file], -1, __ATOMIC_RELAXED);

	if (fd < 0)
		return;
	forget_buffers(file, 0);
	close(fd);
	world.taken[file] = world.collected[file] = 0;
	world.uncounted[file] = false;
}

static void do_close(const struct op *op)
{
	close_file(file_of(op), op->b % 2);
}

static void do_open(const struct op *op)
{
	const int flags = op->b == 14 ? O_RDONLY : op->b == 15 ? O_WRONLY : O_RDWR;
	unsigned int file = op->a % FILES;
	int fd, none = -1;

	/* It may be of a device that is gone. */
	if (op->b % 4 == 0)
		close_file(file, op->b % 8);
	if (fd_at(file) >= 0)
		return;
	fd = open(world.device.node, flags | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && !__atomic_compare_exchange_n(&world.file[file], &none, fd, false,
						    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		close(fd);
}

static void do_poll(const struct op *op)
{
	struct pollfd poller = { .fd = fd_of(op), .events = (short)op->x };

	poll(&poller, 1, 0);
}

/* Calls while a copy of everything goes away with another process. */
static void do_fork(const struct op *op)
{
	struct winusb_iso_info info;
	struct held_mapping mapping = mapping_of(op->y);
	pid_t pid = fork();

	if (!pid) {
		ioctl(fd_of(op), WINUSB_ISO_IOC_GET_INFO, &info);
		if (mapping.start)
			munmap(mapping.start, mapping.size);
		if (op->b % 2)
			raise(SIGKILL);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* --- queries and nonsense --- */

static void do_query(const struct op *op)
{
	struct winusb_iso_alternate alternate = { .index = op->x };
	struct winusb_iso_pipe_info pipe = { .alternate = op->x % 8, .index = op->y };
	struct winusb_iso_frame frame;
	struct winusb_iso_info info;

	// clang-format off
	switch (op->b % 4) {
	case 0: ioctl(fd_of(op), WINUSB_ISO_IOC_GET_INFO, &info); break;
	case 1: ioctl(fd_of(op), WINUSB_ISO_IOC_GET_ALTERNATE, &alternate); break;
	case 2: ioctl(fd_of(op), WINUSB_ISO_IOC_GET_PIPE, &pipe); break;
	default: ioctl(fd_of(op), WINUSB_ISO_IOC_GET_FRAME, &frame); break;
	}
	// clang-format on
}

/* Any number with any memory: random, none, read-only, half of it missing. */
static void do_garbage(const struct op *op)
{
	static const unsigned long commands[] = {
		WINUSB_ISO_IOC_SET_ALTERNATE,
		WINUSB_ISO_IOC_SETUP_RING,
		WINUSB_ISO_IOC_REGISTER_BUFFER,
		WINUSB_ISO_IOC_UNREGISTER_BUFFER,
		WINUSB_ISO_IOC_SUBMIT,
		WINUSB_ISO_IOC_SUBMIT_RING,
		WINUSB_ISO_IOC_REAP,
		WINUSB_ISO_IOC_ABORT_PIPE,
		WINUSB_ISO_IOC_RESET_PIPE,
		WINUSB_ISO_IOC_CANCEL,
		WINUSB_ISO_IOC_SET_POWER,
		WINUSB_ISO_IOC_GET_POWER,
		WINUSB_ISO_IOC_SETUP_PIPE_RING,
		WINUSB_ISO_IOC_START_PIPE,
	};
	static const uint8_t zeros[256];
	unsigned long command = op->x < 8192 ? commands[op->x % 14] : op->x;
	uint32_t word[64];
	unsigned int i;

	for (i = 0; i < 64; i++)
		word[i] = op->y * (i % 3 == op->b % 3);
	if (ioctl(fd_of(op), command,
		  op->b < 10 ? word :
		  op->b < 12 ? NULL :
		  op->b < 14 ? (void *)zeros :
			       (void *)~0xfful))
		world.uncounted[file_of(op)] |=
			command == WINUSB_ISO_IOC_SUBMIT_RING && errno == EFAULT;
	else if (command == WINUSB_ISO_IOC_SUBMIT_RING)
		count(&world.taken[file_of(op)], word[1]);
	else if (command == WINUSB_ISO_IOC_SUBMIT)
		count(&world.taken[file_of(op)], 1);
	else if (command == WINUSB_ISO_IOC_REAP)
		count(&world.collected[file_of(op)], 1);
}

/* --- memory --- */

static void do_setup_ring(const struct op *op)
{
	struct winusb_iso_setup_ring ring = { .entries = op->x + 1 };

	if (!ioctl(fd_of(op), WINUSB_ISO_IOC_SETUP_RING, &ring))
		world.ring[file_of(op)] = ring;
}

static void do_register(const struct op *op)
{
	static const uint32_t sizes[] = { 64,  512,  4096, 4097, 65536, 64,
					  512, 4096, 4097, 8192, 65536, 1 << 20 };
	struct held_buffer buffer = { .file = file_of(op),
				      .info = {
					      .pipe = address_of(op->x),
					      .size = op->y < 64 ? sizes[op->y % 12] : op->y,
					      .packets = op->b == 15 ? op->y : 0,
				      } };

	/* These are isochronous in alternate setting 1. */
	if (op->b < 8 && (buffer.info.pipe & 0x7f) == 1)
		buffer.info.packets = 16u << op->b % 6;

	if (ioctl(fd_of(op), WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer.info))
		return;
	pthread_mutex_lock(&world.lock);
	world.buffer[op->a % BUFFERS] = buffer;
	pthread_mutex_unlock(&world.lock);
}

static void do_unregister(const struct op *op)
{
	const struct held_buffer buffer = buffer_of(op->x);
	struct winusb_iso_unregister_buffer unregister = {
		.handle = op->x < 64 ? buffer.info.handle : op->x,
	};
	unsigned int file = op->b == 15 ? file_of(op) : buffer.file;

	if (!ioctl(fd_at(file), WINUSB_ISO_IOC_UNREGISTER_BUFFER, &unregister))
		forget_buffers(file, unregister.handle);
}

static void do_map(const struct op *op)
{
	const struct held_buffer buffer = buffer_of(op->x);
	struct held_mapping mapping = { .what = op->b % 4		  ? DATA :
						op->b == 4 || op->b == 12 ? PIPE_RING :
									    RINGS };
	const struct winusb_iso_setup_pipe_ring *ring = &world.pipe_ring[file_of(op)];
	uint64_t offset = mapping.what == RINGS ? 0 :
			  mapping.what == DATA	? buffer.info.mmap_offset :
						  ring->mmap_offset;
	int fd = fd_of(op);

	/* At 0 there are the session's rings. */
	if (mapping.what == PIPE_RING && !ring->mmap_size)
		return;
	mapping.transfers_offset = ring->transfers_offset;
	mapping.size = mapping.what == RINGS ? world.ring[file_of(op)].mmap_size :
		       mapping.what == DATA  ? buffer.info.mmap_size :
					       ring->mmap_size;
	if (mapping.what == DATA && op->b != 15)
		fd = fd_at(buffer.file);
	if (op->b == 14)
		mapping.size = op->y;
	if (op->b == 13)
		offset = (uint64_t)op->y << 12;
	if (!offset)
		mapping.what = RINGS;
	if (!mapping.size || mapping.size > 8u << 20)
		mapping.size = 4096;
	mapping.start = mmap64(NULL, mapping.size, PROT_READ | (op->b % 5 ? PROT_WRITE : 0),
			       op->b % 7 ? MAP_SHARED : MAP_PRIVATE, fd, (off64_t)offset);
	if (mapping.start == MAP_FAILED)
		return;
	pthread_mutex_lock(&world.lock);
	if (world.mapping[op->a % MAPPINGS].start)
		munmap(world.mapping[op->a % MAPPINGS].start, world.mapping[op->a % MAPPINGS].size);
	world.mapping[op->a % MAPPINGS] = mapping;
	pthread_mutex_unlock(&world.lock);
}

static void do_unmap(const struct op *op)
{
	struct held_mapping *mapping = &world.mapping[op->a % MAPPINGS];

	pthread_mutex_lock(&world.lock);
	if (mapping->start)
		munmap(mapping->start, mapping->size);
	mapping->start = NULL;
	pthread_mutex_unlock(&world.lock);
}

static void nobody_counts(void)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		world.uncounted[i] = true;
}

/* Writes where it should not, too: indices, packet tables. */
static void do_touch(const struct op *op)
{
	const struct held_mapping mapping = mapping_of(op->a);
	size_t at;

	if (!mapping.start || mapping.size < 8)
		return;
	at = op->x * 4ull % (mapping.size - 4);
	if (mapping.what == RINGS && at == offsetof(struct winusb_iso_ring, completion_head))
		nobody_counts();
	guarded = 1;
	if (!sigsetjmp(fault, 1))
		*(volatile uint32_t *)(mapping.start + at) = op->y;
	guarded = 0;
}

/* --- transfers --- */

static struct winusb_iso_transfer transfer_of(const struct op *op)
{
	/* Of a packet: plain_options(). */
	static const uint32_t iso_bytes[] = { 192, 512, 512 };
	static const uint32_t lengths[] = { 0, 1, 8, 26, 64, 511, 512, 513, 2048, 4096 };
	const struct winusb_iso_buffer info = buffer_of(op->x).info;
	struct winusb_iso_transfer transfer = {
		.cookie = op->y % 3,
		.buffer = info.handle,
		.flags = op->b >= 12	? 1u << op->y % 7 :
			 op->b % 4 == 1 ? WINUSB_ISO_TRANSFER_NO_INTERRUPT :
					  0,
		.offset = op->x % 3 ? 0 : op->y & 0xff8,
		.length = lengths[op->y % 10],
	};

	if (transfer.length > info.size && op->b % 4)
		transfer.length = info.size;
	if (info.packets) {
		transfer.num_packets = 1 + op->y % 16;
		transfer.first_packet = op->x % 4 ? 0 : op->y % 64;
		transfer.length = transfer.num_packets * iso_bytes[plan->speed];
	}
	if (op->y >= 8192)
		((uint32_t *)&transfer)[op->y % 12] = op->x;
	return transfer;
}

/* The neighbour of @transfer, as those have it that share an URB. */
static void go_on(struct winusb_iso_transfer *transfer, const struct winusb_iso_buffer *info)
{
	transfer->offset += transfer->length;
	transfer->first_packet += transfer->num_packets;
	if (transfer->offset + transfer->length <= info->size &&
	    transfer->first_packet + transfer->num_packets <= info->packets)
		return;
	transfer->offset = 0;
	transfer->first_packet = 0;
}

/* One, or so many that some wait in the driver. */
static void do_submit(const struct op *op)
{
	struct winusb_iso_transfer transfer = transfer_of(op);
	const struct winusb_iso_buffer info = buffer_of(op->x).info;
	unsigned int file = op->b == 15 ? file_of(op) : buffer_of(op->x).file;
	unsigned int i, many = op->b % 4 == 1 ? 40 : 1;

	for (i = 0; i < many && !ioctl(fd_at(file), WINUSB_ISO_IOC_SUBMIT, &transfer); i++) {
		count(&world.taken[file], 1);
		go_on(&transfer, &info);
	}
}

/* Through the ring, in whichever of its mappings there is. */
static void do_publish(const struct op *op)
{
	const struct held_mapping mapping = mapping_of(op->b);
	struct winusb_iso_transfer transfer = transfer_of(op);
	struct winusb_iso_submit_ring submit = { 0 };
	const struct winusb_iso_setup_ring *info = &world.ring[file_of(op)];
	struct winusb_iso_ring *ring = (void *)mapping.start;

	guarded = 1;
	if (mapping.what == RINGS && info->transfers_offset && mapping.size >= info->mmap_size &&
	    !sigsetjmp(fault, 1)) {
		uint32_t tail = ring->transfer_tail;

		memcpy(mapping.start + info->transfers_offset +
			       tail % info->entries * sizeof(transfer),
		       &transfer, sizeof(transfer));
		__atomic_store_n(&ring->transfer_tail, tail + 1, __ATOMIC_RELEASE);
	}
	guarded = 0;
	if (!ioctl(fd_of(op), WINUSB_ISO_IOC_SUBMIT_RING, &submit))
		count(&world.taken[file_of(op)], submit.taken);
}

/* --- a pipe's own ring --- */

static void do_setup_pipe_ring(const struct op *op)
{
	struct winusb_iso_setup_pipe_ring ring = {
		.pipe = address_of(op->x),
		.entries = op->y < 64 ? 1u << op->y % 10 : op->y,
	};
	unsigned int file = file_of(op);

	if (ioctl(fd_at(file), WINUSB_ISO_IOC_SETUP_PIPE_RING, &ring))
		return;
	world.pipe_ring[file] = ring;
	world.uncounted[file] = true;
}

/* Fills a few entries, some with what can not be, and says so; now and then of too many. */
static void do_feed(const struct op *op)
{
	const struct held_mapping mapping = mapping_of(op->a);
	struct winusb_iso_transfer transfer = transfer_of(op);
	const struct winusb_iso_buffer info = buffer_of(op->x).info;
	struct winusb_iso_pipe_ring *ring = (void *)mapping.start;
	uint32_t entries, tail, i, many = op->b % 4 == 1 ? 40 : 1 + op->b % 3;

	if (mapping.what != PIPE_RING || !ring || mapping.size <= mapping.transfers_offset)
		return;
	entries = (uint32_t)(mapping.size - mapping.transfers_offset) / sizeof(transfer);
	guarded = 1;
	if (entries && !sigsetjmp(fault, 1)) {
		tail = ring->tail;
		for (i = 0; i < many; i++) {
			memcpy(mapping.start + mapping.transfers_offset +
				       (tail + i) % entries * sizeof(transfer),
			       &transfer, sizeof(transfer));
			go_on(&transfer, &info);
		}
		__atomic_store_n(&ring->tail, op->b == 15 ? op->y : tail + many, __ATOMIC_RELEASE);
	}
	guarded = 0;
}

static void do_start(const struct op *op)
{
	struct winusb_iso_pipe pipe = { .pipe = address_of(op->x) };

	ioctl(fd_of(op), WINUSB_ISO_IOC_START_PIPE, &pipe);
}

/* At most 6.4 ms: what is pending may never end. */
static void do_await(const struct op *op)
{
	struct winusb_iso_wait wait = {
		.completions = op->x,
		.timeout_ns = (op->y % 64 + 1) * 100000ull,
	};

	ioctl(fd_of(op), WINUSB_ISO_IOC_WAIT, &wait);
}

static bool collect_one(unsigned int file)
{
	struct winusb_iso_completion completion;

	if (ioctl(fd_at(file), WINUSB_ISO_IOC_REAP, &completion))
		return false;
	count(&world.collected[file], 1);
	return true;
}

static void do_reap(const struct op *op)
{
	unsigned int i;

	for (i = 0; i <= op->b && collect_one(file_of(op)); i++)
		;
}

static void do_abort(const struct op *op)
{
	struct winusb_iso_pipe pipe = { .pipe = address_of(op->x) };

	ioctl(fd_of(op), WINUSB_ISO_IOC_ABORT_PIPE, &pipe);
}

static void do_reset(const struct op *op)
{
	struct winusb_iso_pipe pipe = { .pipe = address_of(op->x) };

	ioctl(fd_of(op), WINUSB_ISO_IOC_RESET_PIPE, &pipe);
}

static void do_cancel(const struct op *op)
{
	const struct held_buffer buffer = buffer_of(op->x);
	struct winusb_iso_cancel cancel = {
		.cookie = op->y % 3,
		.pipe = op->b == 15 ? (uint8_t)op->y : buffer.info.pipe,
	};

	ioctl(fd_at(buffer.file), WINUSB_ISO_IOC_CANCEL, &cancel);
}

/* --- the device --- */

static void tell_device(const char *text)
{
	char word[RUN_WORD] = "";

	snprintf(word, sizeof(word), "%s", text);
	if (write(world.words, word, sizeof(word)) != sizeof(word))
		return;
}

static void do_alternate(const struct op *op)
{
	struct winusb_iso_set_alternate set = { .alternate = op->x < 64 ? op->x % 2 : op->x };

	ioctl(fd_of(op), WINUSB_ISO_IOC_SET_ALTERNATE, &set);
}

static void do_power(const struct op *op)
{
	struct winusb_iso_power power = {
		.policy = op->x < 64 ? 0x81 + op->x % 3 : op->x,
		.value = op->y < 64 ? op->y % 2 : op->y,
	};

	ioctl(fd_of(op), op->b % 4 ? WINUSB_ISO_IOC_SET_POWER : WINUSB_ISO_IOC_GET_POWER, &power);
}

static void do_wait(const struct op *op)
{
	fixture_sleep_ms(op->x % 8);
}

/* What a device can do wrong without breaking the link. */
static void do_fault(const struct op *op)
{
	static const char *const kinds[] = {
		"protocol",
		"babble",
		"crc",
		"timeout",
		"short",
		"empty",
		"late",
		"stall",
		"hole",
		"more-packets",
		"fewer-packets",
		"packet-overrun",
		"packet-negative",
		"negative-count",
		"odd-status",
		"urb-status",
		"wrong-direction",
		"start-frame",
	};
	char text[RUN_WORD];

	/* Of the latter sort any number of times: replies by chance. */
	if (op->b < 10)
		snprintf(text, sizeof(text), "%s+%u:pipe=0x%02x", kinds[op->x % 18], 1 + op->y % 4,
			 LOOP_IN + (op->b % 2 ? 0 : 0x80 * (op->b % 4)));
	else
		snprintf(text, sizeof(text), "garble+%u:n=%u%s", 1 + op->y % 64, op->x,
			 op->b == 15 ? ":pipe=0" : "");
	tell_device(text);
	if (op->b % 5 == 0)
		tell_device(RUN_CLEAR);
}

/* The interface goes, and comes back; perhaps with another number. */
static void do_rebind(const struct op *op)
{
	unsigned int file;
	char name[48];

	snprintf(name, sizeof(name), "%.30s:1.0", world.device.bus_id);
	if (!module_driver_write("unbind", name))
		module_driver_write("bind", name);
	/* Some stay, of a device that is gone. */
	for (file = 0; file < FILES; file++)
		if (op->b >> file & 1)
			close_file(file, op->x % 2);
}

static void do_vanish(const struct op *op)
{
	(void)op;
	tell_device(RUN_VANISH);
}

static void (*const does[OP_KINDS])(const struct op *) = {
	[OP_OPEN] = do_open,
	[OP_CLOSE] = do_close,
	[OP_QUERY] = do_query,
	[OP_GARBAGE] = do_garbage,
	[OP_SETUP_RING] = do_setup_ring,
	[OP_REGISTER] = do_register,
	[OP_UNREGISTER] = do_unregister,
	[OP_MAP] = do_map,
	[OP_UNMAP] = do_unmap,
	[OP_TOUCH] = do_touch,
	[OP_SUBMIT] = do_submit,
	[OP_PUBLISH] = do_publish,
	[OP_REAP] = do_reap,
	[OP_POLL] = do_poll,
	[OP_ALTERNATE] = do_alternate,
	[OP_ABORT] = do_abort,
	[OP_RESET] = do_reset,
	[OP_CANCEL] = do_cancel,
	[OP_POWER] = do_power,
	[OP_FORK] = do_fork,
	[OP_WAIT] = do_wait,
	[OP_FAULT] = do_fault,
	[OP_REBIND] = do_rebind,
	[OP_SETUP_PIPE_RING] = do_setup_pipe_ring,
	[OP_FEED] = do_feed,
	[OP_START] = do_start,
	[OP_AWAIT] = do_await,
	[OP_VANISH] = do_vanish,
};

static void *run_thread(void *number)
{
	unsigned int i;

	cover_this_thread((unsigned int)(uintptr_t)number);
	for (i = 0; i < plan->count; i++) {
		if (plan->op[i].thread != (uintptr_t)number)
			continue;
		does[plan->op[i].kind](&plan->op[i]);
		cover_take(i);
		if (!number)
			cover_take_kernel(i);
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t thread[OP_THREADS];
	uintptr_t i;

	for (i = 1; i < plan->threads; i++)
		if (pthread_create(&thread[i], NULL, run_thread, (void *)i))
			_exit(2);
	run_thread(NULL);
	for (i = 1; i < plan->threads; i++)
		pthread_join(thread[i], NULL);
}

/* Ends what is pending; then everything that was taken has completed. */
static bool settle(unsigned int file)
{
	unsigned int i;

	if (world.file[file] < 0)
		return true;
	for (i = 0; i < 8; i++)
		fixture_abort(world.file[file], address_of(i));
	while (collect_one(file))
		;
	if (plan->threads > 1 || world.uncounted[file] ||
	    world.collected[file] == world.taken[file])
		return true;
	tap_note("file %u: %u transfers were taken and %u completed", file, world.taken[file],
		 world.collected[file]);
	return false;
}

static void forget_all(void)
{
	unsigned int i;

	memset(world.buffer, 0, sizeof(world.buffer));
	memset(world.mapping, 0, sizeof(world.mapping));
	memset(world.ring, 0, sizeof(world.ring));
	memset(world.pipe_ring, 0, sizeof(world.pipe_ring));
	memset(world.taken, 0, sizeof(world.taken));
	memset(world.collected, 0, sizeof(world.collected));
	memset(world.uncounted, 0, sizeof(world.uncounted));
	world.bad = 0;
	for (i = 0; i < FILES; i++)
		world.file[i] = -1;
}

/* What is mapped keeps its file. */
static void give_back(void)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		if (world.mapping[i].start)
			munmap(world.mapping[i].start, world.mapping[i].size);
	for (i = 0; i < FILES; i++) {
		world.bad += !settle(i);
		close_file(i, false);
	}
}

void run_cases(const struct op_case *one, int orders, int words)
{
	plan = one;
	world.words = words;
	cover_keep_from_forks();
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	while (read(orders, &world.device, sizeof(world.device)) == sizeof(world.device)) {
		alarm(TAP_TIME_LIMIT);
		forget_all();
		run_threads();
		give_back();
		/* No case can go on from what comes behind its end. */
		cover_forget();
		fflush(stdout);
		tell_device(world.bad ? RUN_ILL : RUN_WELL);
	}
	_exit(0);
}
