// SPDX-License-Identifier: MIT
#include "op.h"

#include <stdio.h>
#include <string.h>

#include "chance.h"

/* How often of about 200, and its name. */
static const struct {
	const char *name;
	unsigned int weight;
} kinds[OP_KINDS] = {
	[OP_OPEN] = { "open", 10 },
	[OP_CLOSE] = { "close", 2 },
	[OP_QUERY] = { "query", 10 },
	[OP_GARBAGE] = { "garbage", 10 },
	[OP_SETUP_RING] = { "setup-ring", 4 },
	[OP_REGISTER] = { "register", 24 },
	[OP_UNREGISTER] = { "unregister", 5 },
	[OP_MAP] = { "map", 12 },
	[OP_UNMAP] = { "unmap", 3 },
	[OP_TOUCH] = { "touch", 10 },
	[OP_SUBMIT] = { "submit", 50 },
	[OP_PUBLISH] = { "publish", 12 },
	[OP_REAP] = { "reap", 16 },
	[OP_POLL] = { "poll", 4 },
	[OP_ALTERNATE] = { "alternate", 6 },
	[OP_ABORT] = { "abort", 6 },
	[OP_RESET] = { "reset", 10 },
	[OP_CANCEL] = { "cancel", 10 },
	[OP_POWER] = { "power", 4 },
	[OP_FORK] = { "fork", 2 },
	[OP_WAIT] = { "wait", 8 },
	[OP_FAULT] = { "fault", 2 },
	[OP_REBIND] = { "rebind", 1 },
	[OP_SETUP_PIPE_RING] = { "setup-pipe-ring", 3 },
	[OP_FEED] = { "feed", 14 },
	[OP_START] = { "start", 6 },
	[OP_AWAIT] = { "await", 3 },
	[OP_VANISH] = { "vanish", 0 },
};

const char *op_name(enum op_kind kind)
{
	return kinds[kind].name;
}

static enum op_kind pick_kind(uint64_t *state, bool rough)
{
	unsigned int total = rough, i, choice;

	for (i = 0; i < OP_KINDS; i++)
		total += kinds[i].weight;
	choice = chance_next(state) % total;
	for (i = 0; i < OP_KINDS; i++) {
		if (choice < kinds[i].weight)
			return i;
		choice -= kinds[i].weight;
	}
	return OP_VANISH;
}

/* Mostly small, now and then anything. */
static uint32_t number(uint64_t *state)
{
	uint32_t kind = chance_next(state) % 16, value = chance_next(state);

	if (kind < 10)
		return value % 64;
	if (kind < 14)
		return value % 8192;
	return kind == 14 ? ~(value % 16) : value;
}

void op_make(struct op *op, uint64_t *state, unsigned int threads, bool rough)
{
	op->kind = pick_kind(state, rough);
	op->thread = chance_next(state) % threads;
	op->a = chance_next(state) % 16;
	op->b = chance_next(state) % 16;
	op->x = number(state);
	op->y = number(state);
}

void op_generate(struct op_case *one, uint32_t seed, uint32_t case_number, unsigned int count,
		 bool rough)
{
	uint64_t state = chance_begin(seed, case_number);
	unsigned int i;

	one->speed = chance_next(&state) % 3;
	one->threads = chance_next(&state) % 2 ? 1 : 1 + chance_next(&state) % OP_THREADS;
	one->count = count < OP_MAX ? count : OP_MAX;
	for (i = 0; i < one->count; i++)
		op_make(&one->op[i], &state, one->threads, rough);
	/* Something to work on. */
	for (i = 0; i < 6 && i < one->count; i++) {
		one->op[i].kind = i ? OP_REGISTER : OP_OPEN;
		one->op[i].thread = 0;
		one->op[i].a = i << 2;
		one->op[i].b %= i ? 15 : 3;
		one->op[i].y %= 64;
	}
}

bool op_write(const struct op_case *one, const char *path)
{
	FILE *file = fopen(path, "we");
	unsigned int i;

	if (!file)
		return false;
	fprintf(file, "case %u %u\n", one->speed, one->threads);
	for (i = 0; i < one->count; i++)
		fprintf(file, "%s %u %u %u %u %u\n", op_name(one->op[i].kind), one->op[i].thread,
			one->op[i].a, one->op[i].b, one->op[i].x, one->op[i].y);
	return !fclose(file);
}

static bool parse(struct op *op, const char *line)
{
	char name[32];
	unsigned int i;

	if (sscanf(line, "%31s %u %u %u %u %u", name, &op->thread, &op->a, &op->b, &op->x,
		   &op->y) != 6 ||
	    op->thread >= OP_THREADS)
		return false;
	for (i = 0; i < OP_KINDS; i++) {
		op->kind = i;
		if (!strcmp(name, kinds[i].name))
			return true;
	}
	return false;
}

bool op_read(struct op_case *one, const char *path)
{
	FILE *file = fopen(path, "re");
	bool good = false;
	char line[128];

	if (!file)
		return false;
	one->count = 0;
	if (fgets(line, sizeof(line), file))
		good = sscanf(line, "case %u %u", &one->speed, &one->threads) == 2 &&
		       one->speed < 3 && one->threads && one->threads <= OP_THREADS;
	while (good && fgets(line, sizeof(line), file))
		good = one->count < OP_MAX && parse(&one->op[one->count++], line);
	fclose(file);
	return good;
}

/* Without @size operations from @from on. */
static void cut(struct op_case *to, const struct op_case *from, unsigned int first,
		unsigned int size)
{
	unsigned int behind = first + size < from->count ? from->count - first - size : 0;

	to->speed = from->speed;
	to->threads = from->threads;
	to->count = first + behind;
	memcpy(to->op, from->op, first * sizeof(*to->op));
	memcpy(to->op + first, from->op + first + size, behind * sizeof(*to->op));
}

unsigned int op_minimise(struct op_case *one, bool (*fails)(const struct op_case *),
			 unsigned int tries)
{
	static struct op_case less;
	unsigned int size, first, tried = 0;

	for (size = (one->count + 1) / 2; size; size /= 2) {
		for (first = 0; first < one->count && tried < tries;) {
			cut(&less, one, first, size);
			tried++;
			if (fails(&less))
				*one = less;
			else
				first += size;
		}
	}
	return tried;
}
