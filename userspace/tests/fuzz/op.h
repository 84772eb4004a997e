/* SPDX-License-Identifier: MIT */
/*
 * Cases of the fuzzer: sequences of operations, made of a seed, kept as text. Of the node: what its
 * threads do. Of a device: what is changed in its configuration and in its replies.
 */
#ifndef WINUSB_ISO_FUZZ_OP_H
#define WINUSB_ISO_FUZZ_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OP_MAX	     4096u /* operations of a case */
#define OP_THREADS   4u
#define OP_TEXT_SIZE 96u /* of one as text */

/* Rough ones may break the link to the device. */
enum op_family { OP_NODE, OP_ROUGH_NODE, OP_DEVICE, OP_FAMILIES };

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
	/* of a device: its configuration... */
	OP_BYTE,
	OP_BIT,
	OP_LENGTH,
	OP_LENGTH_BY,
	OP_REMOVE,
	OP_REPEAT,
	OP_SWAP,
	OP_CUT,
	OP_INSERT,
	OP_INTERFACES,
	OP_TOTAL,
	/* ... and its replies */
	OP_STRIKE,
	OP_GARBLE,
	OP_BREAK,
	OP_KINDS
};

#define OP_FIRST_OF_DEVICE OP_BYTE

/*
 * struct op - one operation
 * @kind: what is done.
 * @thread: who does it; operations of one thread keep their order.
 * @a: which file, buffer or mapping, modulo what there can be.
 * @b: of several ways to do it.
 * @x, @y: numbers for it; small ones stand for what makes sense.
 *
 * What they mean to a device: device.c.
 */
struct op {
	enum op_kind kind;
	unsigned int thread, a, b;
	uint32_t x, y;
};

struct op_case {
	enum op_family family;
	unsigned int speed, threads, count;
	struct op op[OP_MAX];
};

/* One by chance for @one, as often as its kind is useful; or of each kind as often. */
void op_make(struct op *op, uint64_t *state, const struct op_case *one);
void op_make_any(struct op *op, uint64_t *state, const struct op_case *one);
/* Another number for one of its own: a neighbour, or one at which something may end. */
uint32_t op_number_near(uint32_t number, uint64_t *state);
/* Case @number of @seed. */
void op_generate(struct op_case *one, enum op_family family, uint32_t seed, uint32_t number,
		 unsigned int count);
void op_copy(struct op_case *to, const struct op_case *from, unsigned int count);
const char *op_name(enum op_kind kind);

/* As text: all of it, or its first line (@number 0) and its operations (from 1 on). */
bool op_write(const struct op_case *one, const char *path);
bool op_read(struct op_case *one, const char *path);
void op_text(const struct op_case *one, unsigned int number, char text[OP_TEXT_SIZE]);

/*
 * Takes out what is not needed for @fails to be true; calls it at most @tries times. Returns how
 * often it did.
 */
unsigned int op_minimise(struct op_case *one, bool (*fails)(const struct op_case *),
			 unsigned int tries);

#endif
