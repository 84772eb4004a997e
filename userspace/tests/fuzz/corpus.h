/* SPDX-License-Identifier: MIT */
/* Cases that reached something new, and new cases made of them. */
#ifndef WINUSB_ISO_FUZZ_CORPUS_H
#define WINUSB_ISO_FUZZ_CORPUS_H

#include "op.h"

#define CORPUS_MAX  4096u
#define CORPUS_WAYS 8u

/*
 * struct member - one of them
 * @one: with as many operations as it has.
 * @due: so many cases go on from it before those from members that are older.
 * @state: whether it goes where it went, on a device that is new to the driver.
 * @way: some that it was the first to go (cover.h).
 */
struct member {
	struct op_case *one;
	enum { UNTRIED, GOOD, BAD } state;
	unsigned int due, n_ways;
	uint32_t way[CORPUS_WAYS];
};

/* Zeros are an empty one. @cases: how many went each way, or NULL. */
struct corpus {
	const uint32_t *cases;
	unsigned int count;
	struct member member[CORPUS_MAX];
};

/* Keeps a copy, for the first of @n_ways; NULL if there is no room. */
struct member *corpus_keep(struct corpus *corpus, const struct op_case *one, const uint32_t *way,
			   unsigned int n_ways);
/* Another copy for the same. */
void corpus_replace(struct member *member, const struct op_case *one);
void corpus_drop(struct corpus *corpus);

/*
 * The last that is due, or rather one that went where few have been; @due says which. NULL if there
 * is none.
 */
struct member *corpus_choose(struct corpus *corpus, uint64_t *state, bool *due);

/*
 * Makes @one of a member: @changed, some of its operations are put in, taken out, moved or changed,
 * or the rest of another is put behind; then @more: of chance, or its last ones once more with one
 * of chance behind them, again and again.
 */
void corpus_mutate(const struct corpus *corpus, const struct member *member, bool changed,
		   struct op_case *one, uint64_t *state, unsigned int more);

/* As files of @folder, which is made: 0000, 0001, ...; how many, without the bad. */
unsigned int corpus_write(const struct corpus *corpus, const char *folder);
/* Cases of any such folder, in the order of their names. */
unsigned int corpus_read(struct corpus *corpus, const char *folder);

#endif
