// SPDX-License-Identifier: MIT
#include "cover.h"

#include <fcntl.h>
#include <linux/kcov.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREA_WORDS (64u << 10) /* places between two looks */
#define MOST_BUSES 8u
#define MOST_TIMES 64u
#define FIRST_FD   900 /* a case's files are better off with numbers that do not change */

struct area {
	int fd;
	uint64_t *words; /* how many, and then they */
};

/* Of a kernel that has it, or scripts/fuzzing/cover.c, which takes the same calls. */
static const char *const kcov[] = { "/dev/module-cover", "/sys/kernel/debug/kcov" };

static struct cover_map *map;
static struct area areas[COVER_THREADS], kernel_area;
static __thread uint64_t *here;

/* --- the memory --- */

/* True if it was not there. */
static bool set(uint64_t *bits, uint64_t number)
{
	const uint64_t bit = 1ull << number % 64;

	return !(__atomic_fetch_or(&bits[number / 64], bit, __ATOMIC_RELAXED) & bit);
}

/* 0 is no place: the way into a run comes from there. */
static uint32_t way_of(uint64_t from, uint64_t to, uint64_t times)
{
	uint64_t mixed = from * 0x9e3779b97f4a7c15ull ^ to * 0xc2b2ae3d27d4eb4full ^
			 times * 0xff51afd7ed558ccdull;

	return (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9ull >> 46;
}

static void add_news(struct cover_map *to, uint32_t way, unsigned int times, unsigned int op)
{
	uint32_t number = __atomic_fetch_add(&to->news, 1, __ATOMIC_RELAXED);

	__atomic_fetch_add(&to->ways, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&to->edges, times == 1, __ATOMIC_RELAXED);
	if (number < COVER_NEWS)
		to->news_way[number] = way;
	if (op > to->last)
		to->last = op;
}

static void go(struct cover_map *to, uint32_t way, unsigned int times, unsigned int op)
{
	if (__atomic_exchange_n(&to->stamp[way], to->number, __ATOMIC_RELAXED) == to->number)
		return;
	if (!__atomic_fetch_add(&to->cases[way], 1, __ATOMIC_RELAXED))
		add_news(to, way, times, op);
}

/* Where in @to, and behind the beginning; 0 if it is not there. */
static uint64_t place(const struct cover_map *to, uint64_t pc)
{
	return pc - to->base < to->size && pc - to->base < COVER_TEXT ? pc - to->base + 1 : 0;
}

/* How often each was gone in this run, and once more to forget that. */
static __thread uint8_t gone[COVER_WAYS];

static void forget(const struct cover_map *to, const uint64_t *pcs, size_t count)
{
	uint64_t before = 0, at;
	size_t i;

	for (i = 0; i < count; i++) {
		at = place(to, pcs[i]);
		if (!at)
			continue;
		gone[way_of(before, at, 0)] = 0;
		before = at;
	}
}

void cover_add(struct cover_map *to, const uint64_t *pcs, size_t count, unsigned int op)
{
	uint64_t before = 0, at;
	unsigned int times;
	uint32_t way;
	size_t i;

	for (i = 0; i < count; i++) {
		at = place(to, pcs[i]);
		if (!at)
			continue;
		if (set(to->pc, at - 1))
			__atomic_fetch_add(&to->pcs, 1, __ATOMIC_RELAXED);
		way = way_of(before, at, 0);
		times = gone[way] <= MOST_TIMES ? ++gone[way] : 0;
		if (times == 1 || times == 8 || times == MOST_TIMES)
			go(to, way_of(before, at, times), times, op);
		before = at;
	}
	forget(to, pcs, count);
}

void cover_begin(struct cover_map *of)
{
	of->number++;
	of->news = 0;
	of->last = 0;
}

bool cover_went(const struct cover_map *of, uint32_t way)
{
	return of->stamp[way] == of->number;
}

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

static const char *find_kcov(void)
{
	return kcov[access(kcov[0], R_OK | W_OK) != 0];
}

struct cover_map *cover_use(void)
{
	void *start =
		mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED || access(find_kcov(), R_OK | W_OK) || !find_module(start))
		return NULL;
	return map = start;
}

struct cover_map *cover_used(void)
{
	return map;
}

/* --- KCOV --- */

static void open_area(struct area *area)
{
	int fd = open(find_kcov(), O_RDWR | O_CLOEXEC);
	void *start = MAP_FAILED;

	area->fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	close(fd);
	if (area->fd >= 0 && !ioctl(area->fd, KCOV_INIT_TRACE, (unsigned long)AREA_WORDS))
		start = mmap(NULL, AREA_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
			     MAP_SHARED, area->fd, 0);
	area->words = start == MAP_FAILED ? NULL : start;
}

void cover_open(void)
{
	unsigned int i;

	for (i = 0; map && i < COVER_THREADS; i++)
		open_area(&areas[i]);
	if (map)
		open_area(&kernel_area);
}

void cover_keep_from_forks(void)
{
	unsigned int i;

	for (i = 0; i < COVER_THREADS; i++)
		if (areas[i].words)
			madvise(areas[i].words, AREA_WORDS * sizeof(uint64_t), MADV_DONTFORK);
	if (kernel_area.words)
		madvise(kernel_area.words, AREA_WORDS * sizeof(uint64_t), MADV_DONTFORK);
}

/* It ends with the thread; then another one may have it. */
void cover_this_thread(unsigned int number)
{
	const struct area *area = &areas[number];

	if (!area->words)
		return;
	__atomic_store_n(area->words, 0, __ATOMIC_RELEASE);
	if (!ioctl(area->fd, KCOV_ENABLE, (unsigned long)KCOV_TRACE_PC))
		here = area->words;
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
	unsigned int i;

	for (i = 0; i < MOST_BUSES; i++)
		words.bus[i] = kcov_remote_handle(KCOV_SUBSYSTEM_USB, i + 1);
	if (kernel_area.words && ioctl(kernel_area.fd, KCOV_REMOTE_ENABLE, &words))
		kernel_area.words = NULL;
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
	take(here, op);
}

void cover_take_kernel(unsigned int op)
{
	take(kernel_area.words, op);
}

static void empty(uint64_t *words)
{
	if (words)
		__atomic_store_n(words, 0, __ATOMIC_RELEASE);
}

void cover_forget(void)
{
	empty(here);
}

void cover_forget_kernel(void)
{
	empty(kernel_area.words);
}
