// SPDX-License-Identifier: MIT
/* The system calls that reach the driver. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

/* The node's mappings are told apart by the upper half of the offset. */
_Static_assert(sizeof(off_t) == 8, "build with -D_FILE_OFFSET_BITS=64");

static int sys_open(const char *path, int flags)
{
	return open(path, flags);
}

static int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static void *sys_mmap(int fd, size_t size, bool writable, uint64_t offset)
{
	int prot = writable ? PROT_READ | PROT_WRITE : PROT_READ;

	return mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)offset);
}

static int sys_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout)
{
	return ppoll(fds, count, timeout, NULL);
}

static uint64_t sys_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct wiso_sys wiso_sys = {
	.open = sys_open,
	.close = close,
	.ioctl = sys_ioctl,
	.mmap = sys_mmap,
	.munmap = munmap,
	.poll = sys_poll,
	.now_ns = sys_now_ns,
	.class_dir = "/sys/class/winusb-iso",
};

/* No call of ours is one that a signal should end half-way. */
int wiso_sys_ioctl(struct wiso_device *dev, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = wiso_sys.ioctl(dev->fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret;
}
