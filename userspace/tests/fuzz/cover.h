/* SPDX-License-Identifier: MIT */
/*
 * What of winusb_iso was executed, as KCOV sees it: the module is built for that
 * (scripts/instrumented.sh: tracing_module), nothing else of the kernel is.
 *
 * A *way* goes from one place to the next, once, 8 or 64 times during one operation: each of
 * these is another way. One memory, shared by all processes, knows those of all cases.
 */
#ifndef WINUSB_ISO_FUZZ_COVER_H
#define WINUSB_ISO_FUZZ_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COVER_TEXT    (1u << 20) /* bytes of the module that can be told apart */
#define COVER_WAYS    (1u << 18)
#define COVER_NEWS    64u
#define COVER_THREADS 4u

/*
 * struct cover_map - what was reached so far
 * @base, @size: where the module is.
 * @pcs, @edges, @ways: how many places, ways from one to the next, and those with their numbers.
 * @number: of the case that is under way; cover_begin() counts it.
 * @news: ways that it was the first to go.
 * @last: its operation that went the last of them.
 * @news_way: the first COVER_NEWS of them.
 * @pc: one bit each, by their distance from @base.
 * @stamp: the last case that went this way, by its hash.
 * @cases: how many did.
 */
struct cover_map {
	uint64_t base, size;
	uint32_t pcs, edges, ways, number, news, last;
	uint32_t news_way[COVER_NEWS];
	uint64_t pc[COVER_TEXT / 64];
	uint32_t stamp[COVER_WAYS], cases[COVER_WAYS];
};

/* Another case begins. */
void cover_begin(struct cover_map *map);
/* Adds one run of @count places in their order; operation @op was under way. */
void cover_add(struct cover_map *map, const uint64_t *pcs, size_t count, unsigned int op);
/* Did the case that is under way go there? */
bool cover_went(const struct cover_map *map, uint32_t way);

/*
 * From now on this process and those it makes add to one memory, which it returns; NULL if the
 * module or KCOV is missing. None of what follows does anything before.
 */
struct cover_map *cover_use(void);
struct cover_map *cover_used(void);

/* Opens what the threads of cases need; the processes that this one makes have it. */
void cover_open(void);
/* No longer: that costs much of each fork. */
void cover_keep_from_forks(void);
/* From now on: what this thread executes, @number of those of a case. */
void cover_this_thread(unsigned int number);
/* From now on: what the kernel's threads do for the buses. For a thread that does nothing else. */
void cover_threads_of_kernel(void);
/* What was executed since the last time, by this thread... */
void cover_take(unsigned int op);
/* ... and by those of the kernel; by one thread at a time. */
void cover_take_kernel(unsigned int op);
/* Likewise, of no interest. */
void cover_forget(void);
void cover_forget_kernel(void);

#endif
