// SPDX-License-Identifier: MIT
/*
 * A plugin of QEMU's TCG: how many instructions ran and how many bytes they wrote to memory, by the
 * address of the block they are in, between two marks of the program (mark.c). For each pair of
 * marks a file OUT.N (N = 1, 2, ...; OUT is given as out=OUT) with lines "ADDRESS COUNT BYTES".
 * QEMU's header for plugins is not packaged by Debian 12; what is needed of it is declared here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

struct qemu_plugin_tb;
struct qemu_plugin_insn;

extern int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*callback)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
					      uint64_t addend);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*callback)(unsigned int, void *), int flags,
					    void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*callback)(unsigned int, uint32_t, uint64_t, void *),
				      int flags, int rw, void *data);
unsigned int qemu_plugin_mem_size_shift(uint32_t info);
bool qemu_plugin_mem_is_store(uint32_t info);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define BITS	22
#define BLOCKS	(1u << BITS)
#define ADD_U64 0 /* QEMU_PLUGIN_INLINE_ADD_U64 */
#define NO_REGS 0 /* QEMU_PLUGIN_CB_NO_REGS */
#define WRITES	2 /* QEMU_PLUGIN_MEM_W */

int qemu_plugin_version = 1;

struct block {
	uint64_t address, count, bytes;
};

static struct block *blocks;
static const char *out;
static unsigned int files;

static struct block *find(uint64_t address)
{
	uint32_t at = (uint32_t)(address * 0x9e3779b97f4a7c15u >> (64 - BITS));

	while (blocks[at].address && blocks[at].address != address)
		at = (at + 1) % BLOCKS;
	blocks[at].address = address;
	return &blocks[at];
}

static void begin(unsigned int cpu, void *data)
{
	uint32_t i;

	(void)cpu;
	(void)data;
	for (i = 0; i < BLOCKS; i++)
		blocks[i].count = blocks[i].bytes = 0;
}

static void end(unsigned int cpu, void *data)
{
	char path[512];
	uint32_t i;
	FILE *file;

	(void)cpu;
	(void)data;
	snprintf(path, sizeof(path), "%s.%u", out, ++files);
	file = fopen(path, "we");
	for (i = 0; file && i < BLOCKS; i++)
		if (blocks[i].count)
			fprintf(file, "%016llx %llu %llu\n", (unsigned long long)blocks[i].address,
				(unsigned long long)blocks[i].count,
				(unsigned long long)blocks[i].bytes);
	if (file)
		fclose(file);
}

static void wrote(unsigned int cpu, uint32_t info, uint64_t address, void *block)
{
	(void)cpu;
	(void)address;
	/* What is asked for at registration is not heeded by QEMU 7.2. */
	if (qemu_plugin_mem_is_store(info))
		((struct block *)block)->bytes += 1u << qemu_plugin_mem_size_shift(info);
}

static bool is(const struct qemu_plugin_insn *insn, const void *code)
{
	return qemu_plugin_insn_size(insn) == MARK_SIZE &&
	       !memcmp(qemu_plugin_insn_data(insn), code, MARK_SIZE);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	static const uint8_t begins[] = { MARK_BEGIN }, ends[] = { MARK_END };
	struct block *block = find(qemu_plugin_tb_vaddr(tb));
	size_t count = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &block->count, count);
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_mem_cb(insn, wrote, NO_REGS, WRITES, block);
		if (is(insn, begins))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, NO_REGS, NULL);
		else if (is(insn, ends))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, NO_REGS, NULL);
	}
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = strdup(argv[0] + 4);
	blocks = calloc(BLOCKS, sizeof(*blocks));
	if (!out || !blocks)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
