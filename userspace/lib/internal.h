/* SPDX-License-Identifier: MIT */
/* What the files of the library share with each other, and with nobody else. */
#ifndef WISO_INTERNAL_H
#define WISO_INTERNAL_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Everything is hidden but what the public header declares. */
#pragma GCC visibility push(default)
#include "winusb-iso.h"
#pragma GCC visibility pop

/*
 * Every call that reaches the driver, so that the tests can put a kernel of
 * their own underneath.
 */
struct wiso_sys {
	int (*open)(const char *path, int flags);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	void *(*mmap)(int fd, size_t size, bool writable, uint64_t offset);
	int (*munmap)(void *map, size_t size);
	int (*poll)(struct pollfd *fds, nfds_t count, const struct timespec *timeout);
	uint64_t (*now_ns)(void);
	/* Where the nodes are listed. */
	const char *class_dir;
};
extern struct wiso_sys wiso_sys;

/* The array of a ring in which transfers are published; all zero: there is none. */
struct wiso_outbox {
	struct winusb_iso_transfer *transfers;
	uint32_t entries;
	const uint32_t *taken; /* the driver's index */
	uint32_t *published;   /* ours, for the driver; tail is our own copy */
	uint32_t tail;
};

/* The rings shared with the driver, and our own copy of the indices we write. */
struct wiso_ring {
	void *map;
	size_t map_size;
	struct winusb_iso_ring *control;
	const struct winusb_iso_completion *completions;
	uint32_t entries;
	uint32_t completion_head;
	struct wiso_outbox outbox;
};

/* The transfer ring of one pipe, from which the driver helps itself. */
struct wiso_pipe_ring {
	void *map; /* NULL: the driver has no such thing */
	size_t map_size;
	struct winusb_iso_pipe_ring *control;
	struct wiso_outbox outbox;
};

/* The ring that wiso_follow() uses, of one pipe. */
struct wiso_follower {
	struct wiso_follower *next;
	uint8_t pipe;
	struct wiso_pipe_ring ring;
};

/* Completions taken from the ring for the caller of wiso_next_completion(). */
struct wiso_backlog {
	struct winusb_iso_completion *entries;
	size_t room; /* a power of two, or 0 */
	size_t first;
	size_t count;
};

/* One call of wiso_submit_and_wait(). */
struct wiso_waiter {
	struct wiso_waiter *next;
	uint64_t cookie;
	uint32_t buffer;
	bool done;
	/* Its caller has gone; the completion goes to the backlog. */
	bool abandoned;
	struct winusb_iso_completion completion;
};

/* A registered buffer of our own, for calls that bring none. */
struct wiso_scratch {
	struct wiso_scratch *next;
	struct wiso_buffer *buffer;
	bool busy;
	/* Of another alternate setting: it is not to be kept. */
	bool outdated;
};

#define WISO_BUFFER_BUCKETS 64u

struct wiso_device {
	int fd;
	/* Wakes the thread in poll() when another one took what it waits for. */
	int wake_fd;
	unsigned int flags;
	pid_t owner;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t turn;
	bool polling;
	/* It does so in WINUSB_ISO_IOC_WAIT: it alone collects until it is back. */
	bool asleep;
	bool no_wait;	      /* the driver has no such call */
	unsigned int returns; /* how often a thread came back */
	uint32_t goal;	      /* completions that the one asleep waits for */
	unsigned int waiting; /* threads that sleep until it is back */
	bool kicked;
	bool woken; /* whoever waits for completions of its own returns */
	bool gone;
	struct wiso_ring ring;
	struct wiso_backlog backlog;
	struct wiso_waiter *waiters;
	struct wiso_scratch *scratches;
	struct wiso_buffer *buffers[WISO_BUFFER_BUCKETS];
	struct wiso_stream *streams;
	struct wiso_follower *followers;
	/* The stream whose caller is collecting: it looks for itself. */
	struct wiso_stream *collecting;
};

struct wiso_buffer {
	struct wiso_buffer *next;
	struct wiso_device *dev;
	/* NULL: the completions go to the caller. */
	struct wiso_stream *stream;
	/* Its stream was closed while the driver would not let go of it. */
	bool orphan;
	uint32_t handle;
	uint32_t size;
	uint32_t num_packets;
	size_t map_size;
	unsigned char *data;
	struct winusb_iso_packet *packets;
	struct winusb_iso_pipe_info pipe;
};

/* sys.c */
int wiso_sys_ioctl(struct wiso_device *dev, unsigned long request, void *arg);

/* open-id.c */
struct wiso_device *wiso_open_node(const struct wiso_node *node, unsigned int flags);

/* device.c */
bool wiso_is_foreign(const struct wiso_device *dev);

/* ring.c; all with the lock held */

/* Transfers that were published and that the driver has not taken yet. */
static inline uint32_t wiso_outbox_waiting(const struct wiso_outbox *outbox)
{
	return outbox->entries ? outbox->tail - __atomic_load_n(outbox->taken, __ATOMIC_ACQUIRE) :
				 0;
}

static inline uint32_t wiso_ring_uncollected(const struct wiso_ring *ring)
{
	if (!ring->map)
		return 0;
	return __atomic_load_n(&ring->control->completion_tail, __ATOMIC_ACQUIRE) -
	       ring->completion_head;
}

/* Of those that are uncollected. */
static inline const struct winusb_iso_completion *wiso_ring_first(const struct wiso_ring *ring)
{
	return &ring->completions[ring->completion_head & (ring->entries - 1)];
}

static inline void wiso_ring_pop(struct wiso_ring *ring)
{
	__atomic_store_n(&ring->control->completion_head, ++ring->completion_head,
			 __ATOMIC_RELEASE);
}

bool wiso_array_fits(uint32_t entries, size_t entry_size, uint32_t offset, uint64_t map_size);
void *wiso_ring_map(struct wiso_device *dev, uint64_t size, uint64_t offset);
void wiso_outbox_attach(struct wiso_outbox *outbox, void *transfers, uint32_t entries,
			const uint32_t *taken, uint32_t *published);
bool wiso_outbox_push(struct wiso_outbox *outbox, const struct winusb_iso_transfer *transfer);
bool wiso_outbox_take_back(struct wiso_outbox *outbox);
int wiso_ring_setup(struct wiso_device *dev, uint32_t entries);
int wiso_ring_need(struct wiso_device *dev, uint32_t entries);
void wiso_ring_unmap(struct wiso_ring *ring);
int wiso_ring_flush(struct wiso_device *dev);

/* pipe-ring.c; all with the lock held */
int wiso_pipe_ring_setup(struct wiso_device *dev, struct wiso_pipe_ring *ring, uint8_t pipe,
			 uint32_t entries);
void wiso_pipe_ring_unmap(struct wiso_pipe_ring *ring);
bool wiso_pipe_ring_needs_start(const struct wiso_pipe_ring *ring);
int wiso_pipe_ring_flush(struct wiso_device *dev, struct wiso_pipe_ring *ring, uint8_t pipe);

/* follow.c; with the lock held */
void wiso_follower_put(struct wiso_device *dev, uint8_t pipe);
void wiso_followers_free(struct wiso_device *dev);

/* dispatch.c; all with the lock held */
/* The transfer with which a thread is kicked has it; no other one names buffer 0. */
static inline uint64_t wiso_kick_cookie(const struct wiso_device *dev)
{
	return (uintptr_t)dev;
}
int wiso_collect_one(struct wiso_device *dev);
int wiso_take_next(struct wiso_device *dev, struct winusb_iso_completion *completion);
int wiso_flush_all(struct wiso_device *dev);
bool wiso_backlog_take(struct wiso_backlog *backlog, struct winusb_iso_completion *completion);

/* wait.c; with the lock held, which it lets go of while it sleeps */
struct wiso_wait {
	bool (*ready)(void *arg);
	void *arg;
	int timeout_ms;
	/* With timeout_ms 0: ask the kernel whether the device is still there. */
	bool probe;
	/* On whose behalf, if for a stream. */
	struct wiso_stream *stream;
	/* It wants to be woken for a batch of that. */
	bool batch;
	/* Or for so many completions, or by wiso_wake(). */
	uint32_t goal;
};
int wiso_wait(struct wiso_device *dev, const struct wiso_wait *wait);
void wiso_wake_others(struct wiso_device *dev);
/* Is there anything that this thread may collect? */
static inline bool wiso_may_collect(const struct wiso_device *dev)
{
	return !dev->asleep && wiso_ring_uncollected(&dev->ring);
}

/* Before looking for completions: what the thread that sleeps was woken for, it collects first. */
void wiso_let_collect(struct wiso_device *dev);

/* transfer.c; with the lock held */
int wiso_submit_locked(struct wiso_device *dev, const struct winusb_iso_transfer *transfer);
struct wiso_waiter *wiso_waiter_submit(struct wiso_device *dev,
				       const struct winusb_iso_transfer *transfer);
void wiso_waiter_remove(struct wiso_device *dev, struct wiso_waiter *waiter);

/* scratch.c; with the lock held */
struct wiso_scratch *wiso_scratch_take(struct wiso_device *dev,
				       const struct winusb_iso_pipe_info *pipe, uint32_t size);
void wiso_scratch_put(struct wiso_scratch *scratch);
void wiso_scratch_outdate(struct wiso_device *dev);
void wiso_scratch_free_all(struct wiso_device *dev);

/* buffer.c; with the lock held */
struct wiso_buffer *wiso_buffer_register_locked(struct wiso_device *dev,
						const struct winusb_iso_pipe_info *pipe,
						uint32_t size, uint32_t packets);
int wiso_buffer_unregister_locked(struct wiso_buffer *buffer);
void wiso_buffer_free(struct wiso_buffer *buffer);
struct wiso_buffer *wiso_buffer_lookup(struct wiso_device *dev, uint32_t handle);

#endif /* WISO_INTERNAL_H */
