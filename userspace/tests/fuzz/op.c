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
	[OP_ALTERNATE] = { "alternate", 4 },
	[OP_ABORT] = { "abort", 6 },
	[OP_RESET] = { "reset", 10 },
	[OP_CANCEL] = { "cancel", 10 },
	[OP_POWER] = { "power", 4 },
	[OP_FORK] = { "fork", 1 },
	[OP_WAIT] = { "wait", 8 },
	[OP_FAULT] = { "fault", 2 },
	[OP_REBIND] = { "rebind", 1 },
	[OP_SETUP_PIPE_RING] = { "setup-pipe-ring", 3 },
	[OP_FEED] = { "feed", 14 },
	[OP_START] = { "start", 6 },
	[OP_AWAIT] = { "await", 3 },
	[OP_VANISH] = { "vanish", 1 },
	[OP_BYTE] = { "byte", 8 },
	[OP_BIT] = { "bit", 6 },
	[OP_LENGTH] = { "length", 1 },
	[OP_LENGTH_BY] = { "length-by", 1 },
	[OP_REMOVE] = { "remove", 4 },
	[OP_REPEAT] = { "repeat", 2 },
	[OP_SWAP] = { "swap", 2 },
	[OP_CUT] = { "cut", 2 },
	[OP_INSERT] = { "insert", 2 },
	[OP_INTERFACES] = { "interfaces", 1 },
	[OP_TOTAL] = { "total", 1 },
	[OP_STRIKE] = { "strike", 12 },
	[OP_GARBLE] = { "garble", 12 },
	[OP_BREAK] = { "break", 2 },
};

static const char *const families[OP_FAMILIES] = {
	[OP_NODE] = "case",
	[OP_ROUGH_NODE] = "rough",
	[OP_DEVICE] = "device",
};

const char *op_name(enum op_kind kind)
{
	return kinds[kind].name;
}

static bool is_of(enum op_kind kind, enum op_family family)
{
	if (family == OP_DEVICE)
		return kind >= OP_FIRST_OF_DEVICE;
	return kind < OP_FIRST_OF_DEVICE && (kind != OP_VANISH || family == OP_ROUGH_NODE);
}

static enum op_kind pick_kind(uint64_t *state, enum op_family family)
{
	unsigned int total = 0, i, choice;

	for (i = 0; i < OP_KINDS; i++)
		total += is_of(i, family) ? kinds[i].weight : 0;
	choice = chance_below(state, total);
	for (i = 0; i < OP_KINDS; i++) {
		if (!is_of(i, family))
			continue;
		if (choice < kinds[i].weight)
			break;
		choice -= kinds[i].weight;
	}
	return i;
}

/* Mostly small, now and then anything; also what has one bit, or nearly. */
static uint32_t number(uint64_t *state)
{
	uint32_t kind = chance_next(state) % 16, value = chance_next(state);

	if (kind < 10)
		return value % 64;
	if (kind < 13)
		return value % 8192;
	if (kind == 13)
		return (1u << value % 32) + value / 32 % 3 - 1;
	return kind == 14 ? ~(value % 16) : value;
}

uint32_t op_number_near(uint32_t before, uint64_t *state)
{
	// clang-format off
	switch (chance_below(state, 6)) {
	case 0: return before + 1;
	case 1: return before - 1;
	case 2: return before * 2;
	case 3: return before / 2;
	case 4: return before ^ 1u << chance_below(state, 32);
	default: return before + chance_below(state, 64) - 32;
	}
	// clang-format on
}

static void fill(struct op *op, uint64_t *state, const struct op_case *one)
{
	op->thread = chance_below(state, one->threads);
	op->a = chance_below(state, 16);
	op->b = chance_below(state, 16);
	op->x = number(state);
	op->y = number(state);
}

void op_make(struct op *op, uint64_t *state, const struct op_case *one)
{
	op->kind = pick_kind(state, one->family);
	fill(op, state, one);
}

void op_make_any(struct op *op, uint64_t *state, const struct op_case *one)
{
	do
		op->kind = chance_below(state, OP_KINDS);
	while (!is_of(op->kind, one->family));
	fill(op, state, one);
}

/* Something to work on. */
static void begin_well(struct op_case *one)
{
	unsigned int i;

	for (i = 0; i < 4 && i < one->count; i++) {
		one->op[i].kind = i ? OP_REGISTER : OP_OPEN;
		one->op[i].thread = 0;
		one->op[i].a = i << 2;
		one->op[i].b %= i ? 15 : 3;
		one->op[i].y %= 64;
	}
}

void op_generate(struct op_case *one, enum op_family family, uint32_t seed, uint32_t case_number,
		 unsigned int count)
{
	uint64_t state = chance_begin(seed, case_number);
	unsigned int i;

	one->family = family;
	one->speed = chance_below(&state, 3);
	one->threads = 1;
	if (chance_one_in(&state, 2) && family != OP_DEVICE)
		one->threads += chance_below(&state, OP_THREADS);
	one->count = count < OP_MAX ? count : OP_MAX;
	for (i = 0; i < one->count; i++)
		op_make(&one->op[i], &state, one);
	if (family != OP_DEVICE)
		begin_well(one);
}

void op_copy(struct op_case *to, const struct op_case *from, unsigned int count)
{
	memcpy(to, from, offsetof(struct op_case, op));
	to->count = count;
	memcpy(to->op, from->op, count * sizeof(*to->op));
}

/* --- as text --- */

void op_text(const struct op_case *one, unsigned int which, char text[OP_TEXT_SIZE])
{
	const struct op *op = which ? &one->op[which - 1] : NULL;

	if (op)
		snprintf(text, OP_TEXT_SIZE, "%s %u %u %u %u %u", op_name(op->kind), op->thread,
			 op->a, op->b, op->x, op->y);
	else
		snprintf(text, OP_TEXT_SIZE, "%s %u %u", families[one->family], one->speed,
			 one->threads);
}

bool op_write(const struct op_case *one, const char *path)
{
	FILE *file = fopen(path, "we");
	char text[OP_TEXT_SIZE];
	unsigned int i;

	if (!file)
		return false;
	for (i = 0; i <= one->count; i++) {
		op_text(one, i, text);
		fprintf(file, "%s\n", text);
	}
	return !fclose(file);
}

static bool parse(struct op *op, const char *line, const struct op_case *one)
{
	char name[32];
	unsigned int i;

	if (sscanf(line, "%31s %u %u %u %u %u", name, &op->thread, &op->a, &op->b, &op->x,
		   &op->y) != 6 ||
	    op->thread >= one->threads)
		return false;
	for (i = 0; i < OP_KINDS; i++) {
		op->kind = i;
		if (!strcmp(name, kinds[i].name))
			return is_of(i, one->family);
	}
	return false;
}

static bool parse_head(struct op_case *one, const char *line)
{
	char name[32];
	unsigned int i;

	if (sscanf(line, "%31s %u %u", name, &one->speed, &one->threads) != 3 || one->speed >= 3 ||
	    !one->threads || one->threads > OP_THREADS)
		return false;
	for (i = 0; i < OP_FAMILIES; i++) {
		one->family = i;
		if (!strcmp(name, families[i]))
			return true;
	}
	return false;
}

/* Passes over comments. */
static bool next_line(FILE *file, char *line, int size)
{
	do
		if (!fgets(line, size, file))
			return false;
	while (line[0] == '#');
	return true;
}

bool op_read(struct op_case *one, const char *path)
{
	FILE *file = fopen(path, "re");
	bool good = false;
	char line[128];

	if (!file)
		return false;
	one->count = 0;
	if (next_line(file, line, sizeof(line)))
		good = parse_head(one, line);
	while (good && next_line(file, line, sizeof(line)))
		good = one->count < OP_MAX && parse(&one->op[one->count++], line, one);
	fclose(file);
	return good;
}

/* --- made small --- */

/* Without @size operations from @from on. */
static void cut(struct op_case *to, const struct op_case *from, unsigned int first,
		unsigned int size)
{
	unsigned int behind = first + size < from->count ? from->count - first - size : 0;

	op_copy(to, from, first);
	to->count += behind;
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
				op_copy(one, &less, less.count);
			else
				first += size;
		}
	}
	return tried;
}
