// SPDX-License-Identifier: MIT
/*
 * One thread, one epoll loop, several devices: reads the first isochronous IN pipe
 * of each node given, until every one has delivered so many transfers or has gone.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <winusb-iso.h>

#define MOST_DEVICES 64

struct source {
	const char *path;
	struct wiso_device *dev;
	struct wiso_stream *stream;
	uint64_t transfers;
	int error;
	bool done;
};

static int open_source(struct source *source, unsigned int alternate)
{
	struct winusb_iso_pipe_info pipe;

	source->dev = wiso_open(source->path, 0);
	if (!source->dev || wiso_set_alternate(source->dev, alternate) < 0 ||
	    wiso_first_pipe(source->dev, WISO_IN, &pipe) < 0)
		return -1;
	source->stream = wiso_stream_open(source->dev, pipe.address, 0, 0, 0);
	return source->stream ? wiso_stream_start(source->stream) : -1;
}

static int watch(int epoll_fd, struct source *source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };
	int fd = wiso_stream_fd(source->stream);

	return fd < 0 ? -1 : epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Everything that is there now; a stream that ended says why. */
static void read_source(struct source *source, uint64_t wanted)
{
	struct wiso_slot *slot;

	while (!source->done) {
		slot = wiso_stream_acquire(source->stream, 0);
		if (!slot && errno == EAGAIN)
			return;
		if (slot) {
			source->done = ++source->transfers >= wanted;
			wiso_stream_release(source->stream, slot);
		} else {
			source->error = errno;
			source->done = true;
		}
	}
}

static void finish(int epoll_fd, struct source *source)
{
	struct wiso_stream_stats stats;

	wiso_stream_get_stats(source->stream, &stats);
	printf("%s: %llu transfers, %llu packets ok, %llu bad, %llu bytes, %llu gaps%s%s\n",
	       source->path, (unsigned long long)source->transfers,
	       (unsigned long long)stats.packets_ok, (unsigned long long)stats.packets_bad,
	       (unsigned long long)stats.bytes, (unsigned long long)stats.gaps,
	       source->error ? ": " : "", source->error ? wiso_status_text(-source->error) : "");
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, wiso_stream_fd(source->stream), NULL);
	wiso_stream_stop(source->stream);
}

static int loop(int epoll_fd, int running, uint64_t wanted)
{
	struct epoll_event events[MOST_DEVICES];

	while (running) {
		int count = epoll_wait(epoll_fd, events, MOST_DEVICES, -1);

		if (count < 0 && errno != EINTR)
			return -1;
		for (int i = 0; i < count; i++) {
			struct source *source = events[i].data.ptr;

			read_source(source, wanted);
			if (!source->done)
				continue;
			finish(epoll_fd, source);
			running--;
		}
	}
	return 0;
}

static int run(struct source *sources, int count, uint64_t wanted)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int failed = 0;

	if (epoll_fd < 0)
		return perror("epoll_create1"), 1;
	for (int i = 0; i < count; i++)
		if (open_source(&sources[i], 1) < 0 || watch(epoll_fd, &sources[i]) < 0)
			return perror(sources[i].path), 1;
	if (loop(epoll_fd, count, wanted) < 0)
		return perror("epoll_wait"), 1;
	for (int i = 0; i < count; i++) {
		failed |= sources[i].error != 0;
		wiso_close(sources[i].dev);
	}
	close(epoll_fd);
	return failed;
}

int main(int argc, char **argv)
{
	static struct source sources[MOST_DEVICES];
	unsigned long long wanted;
	char *end;

	if (argc < 3 || argc - 2 > MOST_DEVICES) {
		fprintf(stderr, "usage: poll-loop TRANSFERS NODE...\n");
		return 2;
	}
	wanted = strtoull(argv[1], &end, 10);
	if (end == argv[1] || *end || !wanted) {
		fprintf(stderr, "poll-loop: %s: not a number of transfers\n", argv[1]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		sources[i - 2].path = argv[i];
	return run(sources, argc - 2, wanted);
}
