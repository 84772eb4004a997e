/* SPDX-License-Identifier: MIT */
/* Cases of the fuzzer: sequences of operations, made of a seed, kept as text. */
#ifndef WINUSB_ISO_FUZZ_OP_H
#define WINUSB_ISO_FUZZ_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OP_MAX	   4096u /* operations of a case */
#define OP_THREADS 4u

enum op_kind {
	OP_OPEN,
	OP_CLOSE,
	OP_QUERY,
	OP_GARBAGE,
	OP_SETUP_RING,
	OP_REGISTER,
	OP_UNREGISTER,
	OP_MAP,
	OP_UNMAP,
	OP_TOUCH,
	OP_SUBMIT,
	OP_PUBLISH,
	OP_REAP,
	OP_POLL,
	OP_ALTERNATE,
	OP_ABORT,
	OP_RESET,
	OP_CANCEL,
	OP_POWER,
	OP_FORK,
	OP_WAIT,
	OP_FAULT,
	OP_REBIND,
	OP_SETUP_PIPE_RING,
	OP_FEED,
	OP_START,
	OP_AWAIT,
	OP_VANISH,
	OP_KINDS
};

/*
 * struct op - one operation
 * @kind: what is done.
 * @thread: who does it; operations of one thread keep their order.
 * @a: which file, buffer or mapping, modulo what there can be.
 * @b: of several ways to do it.
 * @x, @y: numbers for it; small ones stand for what makes sense.
 */
struct op {
	enum op_kind kind;
	unsigned int thread, a, b;
	uint32_t x, y;
};

struct op_case {
	unsigned int speed, threads, count;
	struct op op[OP_MAX];
};

/* One by chance, of one of @threads. */
void op_make(struct op *op, uint64_t *state, unsigned int threads, bool rough);
/* Case @number of @seed; @rough ones may break the link to the device. */
void op_generate(struct op_case *one, uint32_t seed, uint32_t number, unsigned int count,
		 bool rough);
bool op_write(const struct op_case *one, const char *path);
bool op_read(struct op_case *one, const char *path);
const char *op_name(enum op_kind kind);

/*
 * Takes out what is not needed for @fails to be true; calls it at most @tries times. Returns how
 * often it did.
 */
unsigned int op_minimise(struct op_case *one, bool (*fails)(const struct op_case *),
			 unsigned int tries);

#endif
