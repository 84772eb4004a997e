// SPDX-License-Identifier: MIT
#include "cover.h"

#include <fcntl.h>
#include <linux/kcov.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define KCOV	   "/sys/kernel/debug/kcov"
#define AREA_WORDS (64u << 10) /* places between two looks */
#define MOST_BUSES 8u

static struct cover_map *map;
static uint64_t *kernel_area;
static __thread uint64_t *area;

/* --- the memory --- */

/* True if it was not there. */
static bool set(uint64_t *bits, uint32_t number)
{
	const uint64_t bit = 1ull << number % 64;

	return !(__atomic_fetch_or(&bits[number / 64], bit, __ATOMIC_RELAXED) & bit);
}

/* 0 is no place: the way into a run comes from there. */
static uint32_t edge_of(uint64_t from, uint64_t to)
{
	return (uint32_t)((from * 0x9e3779b97f4a7c15ull ^ to * 0xc2b2ae3d27d4eb4full) >> 44);
}

static void add_news(struct cover_map *to, uint32_t edge, unsigned int op)
{
	uint32_t number = __atomic_fetch_add(&to->news, 1, __ATOMIC_RELAXED);

	__atomic_fetch_add(&to->edges, 1, __ATOMIC_RELAXED);
	if (number < COVER_NEWS)
		to->news_edge[number] = edge;
	if (op > to->last)
		to->last = op;
}

void cover_add(struct cover_map *to, const uint64_t *pcs, size_t count, unsigned int op)
{
	uint64_t before = 0, at;
	size_t i;

	for (i = 0; i < count; i++) {
		at = pcs[i] - to->base;
		if (at >= to->size || at >= COVER_TEXT)
			continue;
		if (set(to->pc, (uint32_t)at))
			__atomic_fetch_add(&to->pcs, 1, __ATOMIC_RELAXED);
		if (set(to->edge, edge_of(before, at + 1)))
			add_news(to, edge_of(before, at + 1), op);
		before = at + 1;
	}
}

void cover_forget_news(struct cover_map *of)
{
	of->news = 0;
	of->last = 0;
}

bool cover_has_edge(const struct cover_map *of, uint32_t edge)
{
	return of->edge[edge / 64] >> edge % 64 & 1;
}

/* --- its file --- */

static bool find_module(struct cover_map *of)
{
	FILE *file = fopen("/proc/modules", "re");
	unsigned long size, base;
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "winusb_iso %lu %*s %*s %*s %lx", &size, &base) == 2;
	if (file)
		fclose(file);
	if (!found)
		return false;
	of->base = base;
	of->size = size;
	return true;
}

static struct cover_map *map_file(const char *path, int flags)
{
	int fd = open(path, flags | O_RDWR | O_CLOEXEC, 0600);
	void *start = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (!ftruncate(fd, sizeof(struct cover_map)))
		start = mmap(NULL, sizeof(struct cover_map), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			     0);
	close(fd);
	return start == MAP_FAILED ? NULL : start;
}

struct cover_map *cover_create(const char *path)
{
	struct cover_map *created;

	if (access(KCOV, R_OK | W_OK))
		return NULL;
	created = map_file(path, O_CREAT | O_TRUNC);
	return created && find_module(created) ? created : NULL;
}

bool cover_use(const char *path)
{
	map = map_file(path, 0);
	return map;
}

/* --- KCOV --- */

static uint64_t *open_area(int *fd)
{
	void *start = MAP_FAILED;

	*fd = open(KCOV, O_RDWR | O_CLOEXEC);
	if (*fd >= 0 && !ioctl(*fd, KCOV_INIT_TRACE, (unsigned long)AREA_WORDS))
		start = mmap(NULL, AREA_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
			     MAP_SHARED, *fd, 0);
	return start == MAP_FAILED ? NULL : start;
}

/* The mapping keeps it; a case's files are better off with numbers that do not change. */
void cover_this_thread(void)
{
	uint64_t *opened;
	int fd;

	if (!map)
		return;
	opened = open_area(&fd);
	if (opened && !ioctl(fd, KCOV_ENABLE, (unsigned long)KCOV_TRACE_PC))
		area = opened;
	close(fd);
}

void cover_threads_of_kernel(void)
{
	struct {
		struct kcov_remote_arg arg;
		uint64_t bus[MOST_BUSES];
	} words = {
		.arg = {
			.trace_mode = KCOV_TRACE_PC,
			.area_size = AREA_WORDS,
			.num_handles = MOST_BUSES,
			.common_handle = kcov_remote_handle(KCOV_SUBSYSTEM_COMMON, 1),
		},
	};
	uint64_t *opened;
	unsigned int i;
	int fd;

	if (!map)
		return;
	for (i = 0; i < MOST_BUSES; i++)
		words.bus[i] = kcov_remote_handle(KCOV_SUBSYSTEM_USB, i + 1);
	opened = open_area(&fd);
	if (opened && !ioctl(fd, KCOV_REMOTE_ENABLE, &words))
		kernel_area = opened;
	close(fd);
}

/* The kernel may add between the look and the end: that is lost, and found another time. */
static void take(uint64_t *from, unsigned int op)
{
	uint64_t count = from ? __atomic_load_n(from, __ATOMIC_ACQUIRE) : 0;

	if (!count)
		return;
	cover_add(map, from + 1, count < AREA_WORDS ? count : AREA_WORDS - 1, op);
	__atomic_store_n(from, 0, __ATOMIC_RELEASE);
}

void cover_take(unsigned int op)
{
	take(area, op);
}

void cover_take_kernel(unsigned int op)
{
	take(kernel_area, op);
}
