// SPDX-License-Identifier: MIT
/*
 * The table behind all handles. A value is
 *
 *	bits 30..20	generation of the slot
 *	bits 19..2	index of the slot, never 0
 *	bits 1..0	0, and ignored
 *
 * so it has 31 significant bits, as handles of Windows have at most 32. A slot is reused as late as
 * possible, and with the next generation: a handle kept after it was closed finds nothing until its
 * slot has been reused 2048 times.
 */
#include <stdlib.h>

#include "internal.h"

#define INDEX_SHIFT	 2
#define INDEX_BITS	 18
#define GENERATION_SHIFT (INDEX_SHIFT + INDEX_BITS)
#define GENERATION_MASK	 0x7ffu
#define MOST_SLOTS	 (1u << INDEX_BITS)
/* Free slots that are kept from reuse. */
#define RESTING_SLOTS 1024u

struct slot {
	struct win_object *object; /* NULL: free */
	uint32_t generation;
	uint32_t next_free;
};

static struct {
	pthread_mutex_t lock; /* everything below, and the handles of each object */
	struct slot *slots;
	uint32_t room;
	uint32_t used; /* slots before it have been used once */
	uint32_t first_free, last_free, num_free;
	unsigned int open;
} table = { .used = 1 };

void win_object_init(struct win_object *object, const struct win_class *class)
{
	object->class = class;
	object->handles = 0;
	atomic_init(&object->refs, 1);
}

void win_object_get(struct win_object *object)
{
	atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

void win_object_put(struct win_object *object)
{
	if (object && atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1)
		object->class->free(object);
}

static HANDLE value_of(uint32_t index)
{
	return (HANDLE)(uintptr_t)((table.slots[index].generation & GENERATION_MASK)
					   << GENERATION_SHIFT |
				   index << INDEX_SHIFT);
}

static struct slot *find(HANDLE handle)
{
	uintptr_t value = (uintptr_t)handle;
	uint32_t index = (uint32_t)value >> INDEX_SHIFT & (MOST_SLOTS - 1);
	struct slot *slot;

	if (value > INT32_MAX || !index || index >= table.used)
		return NULL;
	slot = &table.slots[index];
	if (!slot->object || (slot->generation & GENERATION_MASK) != value >> GENERATION_SHIFT)
		return NULL;
	return slot;
}

static bool grow(void)
{
	uint32_t room = table.room ? table.room * 2 : 256;
	struct slot *slots = reallocarray(table.slots, room, sizeof(*slots));

	if (!slots)
		return false;
	table.slots = slots;
	table.room = room;
	return true;
}

static uint32_t take_free_slot(void)
{
	uint32_t index = table.first_free;

	table.first_free = table.slots[index].next_free;
	table.num_free--;
	return index;
}

/* 0: no memory. */
static uint32_t new_slot(void)
{
	if (table.num_free > RESTING_SLOTS)
		return take_free_slot();
	if (table.used < MOST_SLOTS && (table.used < table.room || grow())) {
		table.slots[table.used].generation = 0;
		return table.used++;
	}
	return table.num_free ? take_free_slot() : 0;
}

static void free_slot(struct slot *slot)
{
	uint32_t index = (uint32_t)(slot - table.slots);

	slot->object = NULL;
	slot->generation++;
	if (table.num_free++)
		table.slots[table.last_free].next_free = index;
	else
		table.first_free = index;
	table.last_free = index;
}

HANDLE win_handle_new(struct win_object *object)
{
	HANDLE handle = NULL;
	uint32_t index;

	pthread_mutex_lock(&table.lock);
	index = new_slot();
	if (index) {
		win_object_get(object);
		object->handles++;
		table.slots[index].object = object;
		table.open++;
		handle = value_of(index);
	}
	pthread_mutex_unlock(&table.lock);
	return handle ? handle : win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
}

HANDLE win_handle_give(struct win_object *object)
{
	HANDLE handle = win_handle_new(object);

	win_object_put(object);
	return handle;
}

static bool fits(const struct win_object *object, const struct win_class *class)
{
	return class ? object->class == class : object->class->close_handle;
}

void *win_handle_get(HANDLE handle, const struct win_class *class)
{
	struct win_object *object = NULL;
	struct slot *slot;

	pthread_mutex_lock(&table.lock);
	slot = find(handle);
	if (slot && fits(slot->object, class)) {
		object = slot->object;
		win_object_get(object);
	}
	pthread_mutex_unlock(&table.lock);
	return object ? object : win_fail_null(ERROR_INVALID_HANDLE);
}

BOOL win_handle_close(HANDLE handle, const struct win_class *class)
{
	struct win_object *object = NULL;
	struct slot *slot;
	bool last = false;

	pthread_mutex_lock(&table.lock);
	slot = find(handle);
	if (slot && fits(slot->object, class)) {
		object = slot->object;
		free_slot(slot);
		table.open--;
		last = !--object->handles;
	}
	pthread_mutex_unlock(&table.lock);
	if (!object)
		return win_fail(ERROR_INVALID_HANDLE);
	if (last && object->class->closed)
		object->class->closed(object);
	win_object_put(object);
	return TRUE;
}

unsigned int win_handle_count(void)
{
	unsigned int open;

	pthread_mutex_lock(&table.lock);
	open = table.open;
	pthread_mutex_unlock(&table.lock);
	return open;
}

BOOL WINAPI CloseHandle(HANDLE hObject)
{
	/* Pseudo handles stay; GetCurrentProcess() has the value of INVALID_HANDLE_VALUE. */
	if (hObject == GetCurrentProcess() || hObject == GetCurrentThread())
		return TRUE;
	return win_handle_close(hObject, NULL);
}
