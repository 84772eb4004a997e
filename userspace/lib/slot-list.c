// SPDX-License-Identifier: MIT
/* First-in first-out lists of slots. */
#include "stream.h"

void wiso_slots_append(struct wiso_slot_list *list, struct wiso_stream_slot *slot)
{
	slot->next = NULL;
	if (list->last)
		list->last->next = slot;
	else
		list->first = slot;
	list->last = slot;
	list->count++;
}

struct wiso_stream_slot *wiso_slots_take(struct wiso_slot_list *list)
{
	struct wiso_stream_slot *slot = list->first;

	if (!slot)
		return NULL;
	list->first = slot->next;
	if (!list->first)
		list->last = NULL;
	list->count--;
	return slot;
}

/* Moves everything of before to the front of list. */
void wiso_slots_prepend_all(struct wiso_slot_list *list, struct wiso_slot_list *before)
{
	struct wiso_slot_list all = *before;
	struct wiso_stream_slot *slot;

	while ((slot = wiso_slots_take(list)))
		wiso_slots_append(&all, slot);
	*list = all;
	*before = (struct wiso_slot_list){ 0 };
}
