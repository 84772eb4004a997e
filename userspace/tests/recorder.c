// SPDX-License-Identifier: MIT
/* A FunctionFS function that records what becomes of its requests. */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "functionfs.h"

#define FOLDER	  "/dev/recorder"
#define ENDPOINTS 2 /* IN, OUT */
#define REQUESTS  (ENDPOINTS * RECORDER_DEPTH)

struct request {
	struct iocb iocb;
	unsigned int endpoint;
	uint8_t data[RECORDER_PACKET];
};

static struct {
	int file[1 + ENDPOINTS];
	aio_context_t context;
	pthread_t thread;
	bool running;
	struct request request[REQUESTS];

	pthread_mutex_t lock; /* what follows */
	bool finishing;
	unsigned int queued;
	struct recorder_log log[ENDPOINTS];
} recorder = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned int index_of(bool in)
{
	return in ? 0 : 1;
}

/* --- files --- */

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		tap_note("%s: %m", path);
	REQUIRE(fd >= 0);
	return fd;
}

void recorder_open(const char *instance, unsigned int exponent)
{
	const struct functionfs_shape shape = { RECORDER_PACKET, exponent + 1, 1, 1 };

	REQUIRE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	REQUIRE(!mount(instance, FOLDER, "functionfs", 0, NULL));
	recorder.file[0] = open_file(FOLDER "/ep0");
	REQUIRE_WORKS(functionfs_describe(recorder.file[0], &shape));
	recorder.file[1] = open_file(FOLDER "/ep1");
	recorder.file[2] = open_file(FOLDER "/ep2");
}

static void end_thread(void)
{
	if (!recorder.running)
		return;
	pthread_join(recorder.thread, NULL);
	syscall(SYS_io_destroy, recorder.context);
	recorder.context = 0;
	recorder.running = false;
}

void recorder_close(void)
{
	unsigned int i;

	end_thread();
	for (i = 0; i < 1 + ENDPOINTS; i++) {
		if (recorder.file[i] > 0)
			close(recorder.file[i]);
		recorder.file[i] = 0;
	}
	umount(FOLDER);
}

/* --- requests --- */

static void queue(struct request *request)
{
	struct iocb *list[] = { &request->iocb };

	request->iocb = (struct iocb){
		.aio_data = (uintptr_t)request,
		.aio_lio_opcode = request->endpoint ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
		.aio_fildes = (uint32_t)recorder.file[1 + request->endpoint],
		.aio_buf = (uintptr_t)request->data,
		.aio_nbytes = RECORDER_PACKET,
	};
	if (syscall(SYS_io_submit, recorder.context, 1, list) == 1)
		recorder.queued++;
}

/* A request that came back because the alternate setting was selected is nobody's. */
static void record(const struct request *request, int result)
{
	struct recorder_log *log = &recorder.log[request->endpoint];
	struct recorder_entry *entry = &log->entry[log->count];

	if (result == -ESHUTDOWN || log->count == RECORDER_MAX)
		return;
	*entry = (struct recorder_entry){ .result = result };
	if (request->endpoint && result >= (int)sizeof(entry->head))
		memcpy(&entry->head, request->data, sizeof(entry->head));
	log->count++;
}

static void take(const struct io_event *event)
{
	struct request *request = (struct request *)(uintptr_t)event->data;

	recorder.queued--;
	record(request, (int)event->res);
	if (!recorder.finishing)
		queue(request);
}

static void *serve(void *unused)
{
	struct io_event events[REQUESTS];
	unsigned int left;
	long count, i;

	do {
		count = syscall(SYS_io_getevents, recorder.context, 1, REQUESTS, events, NULL);
		pthread_mutex_lock(&recorder.lock);
		for (i = 0; i < count; i++)
			take(&events[i]);
		left = recorder.queued;
		pthread_mutex_unlock(&recorder.lock);
	} while (left);
	return unused;
}

void recorder_start(void)
{
	unsigned int i;

	recorder.finishing = false;
	recorder.queued = 0;
	REQUIRE(!syscall(SYS_io_setup, REQUESTS, &recorder.context));
	for (i = 0; i < REQUESTS; i++) {
		recorder.request[i].endpoint = i % ENDPOINTS;
		queue(&recorder.request[i]);
	}
	REQUIRE(recorder.queued == REQUESTS);
	REQUIRE(!pthread_create(&recorder.thread, NULL, serve, NULL));
	recorder.running = true;
}

void recorder_finish(void)
{
	pthread_mutex_lock(&recorder.lock);
	recorder.finishing = true;
	pthread_mutex_unlock(&recorder.lock);
}

/* --- the log --- */

void recorder_forget(bool in)
{
	pthread_mutex_lock(&recorder.lock);
	recorder.log[index_of(in)].count = 0;
	pthread_mutex_unlock(&recorder.lock);
}

struct wanted {
	unsigned int endpoint, count;
};

static bool has_count(void *argument)
{
	const struct wanted *wanted = argument;
	bool has;

	pthread_mutex_lock(&recorder.lock);
	has = recorder.log[wanted->endpoint].count >= wanted->count;
	pthread_mutex_unlock(&recorder.lock);
	return has;
}

void recorder_wait(bool in, unsigned int count, struct recorder_log *log)
{
	struct wanted wanted = { index_of(in), count };

	CHECK(fixture_wait(has_count, &wanted));
	pthread_mutex_lock(&recorder.lock);
	*log = recorder.log[wanted.endpoint];
	pthread_mutex_unlock(&recorder.lock);
}
