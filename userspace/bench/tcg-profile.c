// SPDX-License-Identifier: MIT
/*
 * A plugin of QEMU's TCG: how many instructions ran, by the address of the block they are in. Lines
 * "ADDRESS COUNT" in the file given as out=FILE. QEMU's header for plugins is not packaged by
 * Debian 12; what is needed of it is declared here.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;

extern int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*callback)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
					      uint64_t addend);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*callback)(uint64_t, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#define BITS		22
#define BLOCKS		(1u << BITS)
#define ADD_U64		0	/* QEMU_PLUGIN_INLINE_ADD_U64 */

int qemu_plugin_version = 1;

static struct block {
	uint64_t address, count;
} *blocks;
static const char *out;

static struct block *find(uint64_t address)
{
	uint32_t at = (uint32_t)(address * 0x9e3779b97f4a7c15u >> (64 - BITS));

	while (blocks[at].address && blocks[at].address != address)
		at = (at + 1) % BLOCKS;
	blocks[at].address = address;
	return &blocks[at];
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64,
						 &find(qemu_plugin_tb_vaddr(tb))->count,
						 qemu_plugin_tb_n_insns(tb));
}

static void write_all(uint64_t id, void *data)
{
	FILE *file = fopen(out, "we");
	uint32_t i;

	(void)id;
	(void)data;
	for (i = 0; file && i < BLOCKS; i++)
		if (blocks[i].count)
			fprintf(file, "%016llx %llu\n", (unsigned long long)blocks[i].address,
				(unsigned long long)blocks[i].count);
	if (file)
		fclose(file);
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
	qemu_plugin_register_atexit_cb(id, write_all, NULL);
	return 0;
}
