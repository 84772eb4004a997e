/* SPDX-License-Identifier: MIT */
/*
 * What of winusb_iso was executed, as KCOV sees it: the module is built for that
 * (scripts/instrumented.sh: tracing_module), nothing else of the kernel is.
 *
 * One file is the memory of all cases: each one's process maps it and adds to it.
 */
#ifndef WINUSB_ISO_FUZZ_COVER_H
#define WINUSB_ISO_FUZZ_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COVER_TEXT  (1u << 20) /* bytes of the module that can be told apart */
#define COVER_EDGES (1u << 20)
#define COVER_NEWS  64u

/*
 * struct cover_map - what was reached so far
 * @base, @size: where the module is.
 * @pcs, @edges: how many places, and ways from one to the next.
 * @news: edges that the last case was the first to take; cover_forget_news() makes it 0.
 * @last: its operation that took the last of them.
 * @news_edge: the first COVER_NEWS of them.
 * @pc, @edge: one bit each, by their distance from @base, and by their hash.
 */
struct cover_map {
	uint64_t base, size;
	uint32_t pcs, edges, news, last;
	uint32_t news_edge[COVER_NEWS];
	uint64_t pc[COVER_TEXT / 64], edge[COVER_EDGES / 64];
};

/* Adds one run of @count places in their order; operation @op was under way. */
void cover_add(struct cover_map *map, const uint64_t *pcs, size_t count, unsigned int op);
void cover_forget_news(struct cover_map *map);
bool cover_has_edge(const struct cover_map *map, uint32_t edge);

/* A new file, or one that is there; NULL if that, the module or KCOV is missing. */
struct cover_map *cover_create(const char *path);
bool cover_use(const char *path);

/* None of these does anything before cover_use(). */
/* From now on: what this thread executes. */
void cover_this_thread(void);
/* From now on: what the kernel's threads do for the buses, and for devices of this thread. */
void cover_threads_of_kernel(void);
/* What was executed since the last time, by this thread... */
void cover_take(unsigned int op);
/* ... and by those of the kernel; by one thread at a time. */
void cover_take_kernel(unsigned int op);

#endif
