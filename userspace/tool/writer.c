// SPDX-License-Identifier: MIT
#include "writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WRITER_CHUNK	   (1 << 20)
#define WRITER_PATIENCE_NS 100000000

struct writer {
	int fd;
	int (*give_up)(void);
	unsigned char *ring;
	size_t room;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	uint64_t head, tail; /* bytes written out, bytes put in */
	int error;
	bool closing, done;
};

/* The next stretch that lies in one piece; waits for it. 0: nothing more will come. */
static size_t next_stretch(struct writer *writer, const unsigned char **from)
{
	size_t at, size;

	pthread_mutex_lock(&writer->lock);
	while (writer->head == writer->tail && !writer->closing)
		pthread_cond_wait(&writer->filled, &writer->lock);
	size = writer->tail - writer->head;
	at = writer->head % writer->room;
	pthread_mutex_unlock(&writer->lock);
	if (size > writer->room - at)
		size = writer->room - at;
	*from = writer->ring + at;
	return size < WRITER_CHUNK ? size : WRITER_CHUNK;
}

static void consumed(struct writer *writer, ssize_t written)
{
	pthread_mutex_lock(&writer->lock);
	if (written > 0)
		writer->head += written;
	else
		writer->error = written ? errno : EIO;
	pthread_cond_signal(&writer->emptied);
	pthread_mutex_unlock(&writer->lock);
}

static void *write_out(void *argument)
{
	struct writer *writer = argument;
	const unsigned char *from;
	ssize_t written;
	size_t size;

	while (!writer->error && (size = next_stretch(writer, &from))) {
		written = write(writer->fd, from, size);
		if (written < 0 && errno == EINTR)
			continue;
		consumed(writer, written);
	}
	pthread_mutex_lock(&writer->lock);
	writer->done = true;
	pthread_cond_signal(&writer->emptied);
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Signals are for the thread that waits on the stream. */
static int start_thread(struct writer *writer)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&writer->thread, NULL, write_out, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void init_locks(struct writer *writer)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->filled, &monotonic);
	pthread_cond_init(&writer->emptied, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct writer *writer_open(int fd, size_t room, int (*give_up)(void))
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return NULL;
	*writer = (struct writer){ .fd = fd, .room = room, .give_up = give_up };
	writer->ring = malloc(room);
	init_locks(writer);
	error = writer->ring ? start_thread(writer) : ENOMEM;
	if (!error)
		return writer;
	free(writer->ring);
	free(writer);
	errno = error;
	return NULL;
}

/* With the lock held. False: time passed, and the user has had enough of waiting. */
static bool wait_emptied(struct writer *writer)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WRITER_PATIENCE_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return pthread_cond_timedwait(&writer->emptied, &writer->lock, &until) != ETIMEDOUT ||
	       !writer->give_up();
}

/* Room for something, or 0 with errno. */
static size_t wait_room(struct writer *writer)
{
	size_t room = 0;
	int error = 0;

	pthread_mutex_lock(&writer->lock);
	while (!writer->error && writer->tail - writer->head == writer->room && !error)
		error = wait_emptied(writer) ? 0 : EINTR;
	if (writer->error)
		error = writer->error;
	if (!error)
		room = writer->room - (writer->tail - writer->head);
	pthread_mutex_unlock(&writer->lock);
	if (error)
		errno = error;
	return room;
}

static void publish(struct writer *writer, size_t size)
{
	pthread_mutex_lock(&writer->lock);
	writer->tail += size;
	pthread_cond_signal(&writer->filled);
	pthread_mutex_unlock(&writer->lock);
}

/* @data NULL: zeros. */
static int put(struct writer *writer, const unsigned char *data, uint64_t size)
{
	size_t room, at, part;

	while (size) {
		room = wait_room(writer);
		if (!room)
			return -1;
		at = writer->tail % writer->room;
		part = room < writer->room - at ? room : writer->room - at;
		part = size < part ? size : part;
		if (data) {
			memcpy(writer->ring + at, data, part);
			data += part;
		} else {
			memset(writer->ring + at, 0, part);
		}
		publish(writer, part);
		size -= part;
	}
	return 0;
}

int writer_put(struct writer *writer, const void *data, size_t size)
{
	return put(writer, data, size);
}

int writer_put_zeros(struct writer *writer, uint64_t size)
{
	return put(writer, NULL, size);
}

/* A thread that is stuck in write() on a pipe that nobody reads can not be joined: the process
 * is about to end, and takes it along. */
int writer_close(struct writer *writer)
{
	int error;

	if (!writer)
		return 0;
	pthread_mutex_lock(&writer->lock);
	writer->closing = true;
	pthread_cond_signal(&writer->filled);
	while (!writer->done && wait_emptied(writer))
		;
	error = writer->done ? writer->error : EINTR;
	pthread_mutex_unlock(&writer->lock);
	if (error == EINTR)
		return EINTR;
	pthread_join(writer->thread, NULL);
	if (close(writer->fd) && !error)
		error = errno;
	free(writer->ring);
	free(writer);
	return error;
}
