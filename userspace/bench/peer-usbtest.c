// SPDX-License-Identifier: MIT
/*
 * The floor: the kernel's usbtest queues transfers and its completion handler submits each again.
 * Nothing crosses into user space.
 */
#include "bench.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/usbdevice_fs.h>

/* From drivers/usb/misc/usbtest.c; it has no header. */
struct usbtest_param {
	uint32_t test_num, iterations, length, vary, sglen;
	int64_t duration_sec, duration_usec;
};
#define USBTEST_REQUEST _IOWR('U', 100, struct usbtest_param)

static void nothing(struct job *job)
{
	(void)job;
}

static void block(struct job *job, uint64_t transfers)
{
	struct usbtest_param param = {
		.test_num = job_is_in(job) ? 16 : 15,
		.iterations = (uint32_t)((transfers + job->depth - 1) / job->depth),
		.length = job_transfer_size(job),
		.sglen = job->depth,
	};
	struct usbdevfs_ioctl request = {
		.ifno = (int)job->interface,
		.ioctl_code = (int)USBTEST_REQUEST,
		.data = &param,
	};
	int fd = open(job->usbfs, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, USBDEVFS_IOCTL, &request) < 0)
		die("usbtest %u on %s: %m", param.test_num, job->usbfs);
	close(fd);
	job->done += (uint64_t)param.iterations * param.sglen;
}

const struct peer peer_usbtest = {
	.name = "usbtest",
	.driver = "usbtest",
	.open = nothing,
	.close = nothing,
	.block = block,
};
