// SPDX-License-Identifier: MIT
/*
 * Entries of a packet table: each transfer takes some in a row, and transfers of a pipe end in the
 * order in which they began. So a ring will do, in which a run that does not fit before the end
 * starts over at 0. Pure.
 */
#include "winusb-internal.h"

bool winusb_table_take(struct winusb_table *table, uint32_t count, uint32_t *first)
{
	uint32_t room = table->entries - table->head, skip = room < count ? room : 0;

	if (count > table->entries || table->used > table->entries - count ||
	    table->used + count > table->entries - skip)
		return false;
	*first = skip ? 0 : table->head;
	table->used += skip + count;
	table->head = (*first + count) % table->entries;
	return true;
}

void winusb_table_give(struct winusb_table *table, uint32_t first, uint32_t count)
{
	if (first != table->tail)
		table->used -= table->entries - table->tail;
	table->used -= count;
	table->tail = (first + count) % table->entries;
	if (!table->used)
		table->head = table->tail = 0;
}

void winusb_table_untake(struct winusb_table *table, uint32_t first, uint32_t count)
{
	table->used -= count;
	table->head = first;
	if (!table->used)
		table->head = table->tail = 0;
}
