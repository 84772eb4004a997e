// SPDX-License-Identifier: MIT
#include "scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void scene_open(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	fixture_start_speed(&scene->device, SIM_HIGH);
	scene->fd = fixture_open(&scene->device, O_RDWR | O_NONBLOCK);
	fixture_set_alternate(scene->fd, 1);
}

void scene_set_up(struct scene *scene)
{
	scene_open(scene);
	fixture_register_packets(scene->fd, &scene->in, SCENE_IN, SCENE_PACKETS);
	REQUIRE(scene->in.max_bytes == SCENE_MAX_BYTES);
}

void scene_hold(struct scene *scene)
{
	REQUIRE(!sim_fault(scene->device.sim, "hole+1000000000:n=8"));
}

void scene_release(struct scene *scene)
{
	sim_fault_clear(scene->device.sim);
	sim_release(scene->device.sim);
}

int scene_open_another(const struct scene *scene)
{
	return fixture_open(&scene->device, O_RDWR | O_NONBLOCK);
}

int scene_reap_wait(int fd, struct winusb_iso_completion *completion)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int result;

	for (;;) {
		result = fixture_reap(fd, completion);
		if (result != -EAGAIN)
			return result;
		if (poll(&poller, 1, FIXTURE_WAIT_MS) <= 0)
			return -ETIMEDOUT;
	}
}

void scene_still_streams(struct scene *scene, uint64_t cookie)
{
	struct winusb_iso_transfer transfer = fixture_transfer(&scene->in, 0, 8, cookie);
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_submit(scene->fd, &transfer));
	REQUIRE_WORKS(scene_reap_wait(scene->fd, &completion));
	EQUAL(completion.cookie, cookie);
	RETURNS(completion.status, 0);
	EQUAL(completion.actual_length, 8 * SCENE_MAX_BYTES);
	EQUAL(completion.error_count, 0);
	RETURNS(fixture_reap(scene->fd, &completion), EAGAIN);
}

static void free_page(void *page)
{
	munmap(page, (size_t)sysconf(_SC_PAGESIZE));
}

static void *new_page(void)
{
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(page != MAP_FAILED);
	tap_defer(free_page, page);
	return page;
}

static void *protect(void *page, int protection)
{
	REQUIRE(!mprotect(page, (size_t)sysconf(_SC_PAGESIZE), protection));
	return page;
}

void *scene_no_page(void)
{
	return protect(new_page(), PROT_NONE);
}

void *scene_read_only(const void *from, size_t size)
{
	return protect(memcpy(new_page(), from, size), PROT_READ);
}
