/* SPDX-License-Identifier: MIT */
/* Cases that reached something new, and new cases made of them. */
#ifndef WINUSB_ISO_FUZZ_CORPUS_H
#define WINUSB_ISO_FUZZ_CORPUS_H

#include "op.h"

#define CORPUS_MAX 4096u

/* Zeros are an empty one. */
struct corpus {
	unsigned int count;
	struct op_case *member[CORPUS_MAX]; /* with as many operations as they have */
};

/* Keeps a copy of the first @count operations; false if there is no room. */
bool corpus_keep(struct corpus *corpus, const struct op_case *one, unsigned int count);
void corpus_get(const struct corpus *corpus, unsigned int number, struct op_case *one);
void corpus_drop(struct corpus *corpus);

/*
 * Makes @one of a member, or of two: some operations are put in, taken out, moved or changed, the
 * rest of another member is put behind, and then @more: of chance, or its last ones once more with
 * one of chance behind them, again and again. @corpus is not empty.
 */
void corpus_mutate(const struct corpus *corpus, struct op_case *one, uint64_t *state,
		   unsigned int more, bool rough);

/* As files of @folder, which is made: 0000, 0001, ...; how many there are. */
unsigned int corpus_write(const struct corpus *corpus, const char *folder);
/* Cases of any such folder, in the order of their names. */
unsigned int corpus_read(struct corpus *corpus, const char *folder);

#endif
