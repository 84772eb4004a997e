// SPDX-License-Identifier: MIT
/*
 * What devices say of their interface classes, kept: a device is asked once, as Windows does,
 * since some take offence at being asked. Another device in its place has another address, or
 * another number.
 */
#include <errno.h>
#include <string.h>

#include "devices.h"
#include "msos.h"

#define MOST_ENTRIES 64u
#define TIMEOUT_MS   1000

struct entry {
	unsigned int bus, address, interface_number;
	uint16_t vendor_id, product_id;
	bool first;
	char location[64];
	struct win_guids guids;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* everything below */
static struct entry entries[MOST_ENTRIES];
static unsigned int count, next;

static bool is_of(const struct entry *entry, const struct win_device *device)
{
	return entry->bus == device->bus && entry->address == device->address &&
	       entry->interface_number == device->interface_number &&
	       entry->vendor_id == device->vendor_id && entry->product_id == device->product_id &&
	       entry->first == device->first && !strcmp(entry->location, device->location);
}

static void add_all(struct win_guids *to, const struct win_guids *from)
{
	for (unsigned int i = 0; i < from->count; i++)
		win_guids_add(to, &from->guids[i]);
}

static bool look_up(const struct win_device *device, struct win_guids *guids)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < count && !found; i++) {
		found = is_of(&entries[i], device);
		if (found)
			add_all(guids, &entries[i].guids);
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static void keep(const struct win_device *device, const struct win_guids *guids)
{
	struct entry *entry;

	pthread_mutex_lock(&lock);
	entry = &entries[next];
	next = (next + 1) % MOST_ENTRIES;
	if (count < MOST_ENTRIES)
		count++;
	entry->bus = device->bus;
	entry->address = device->address;
	entry->interface_number = device->interface_number;
	entry->vendor_id = device->vendor_id;
	entry->product_id = device->product_id;
	entry->first = device->first;
	strcpy(entry->location, device->location);
	entry->guids = *guids;
	pthread_mutex_unlock(&lock);
}

static ssize_t control(void *arg, const struct wiso_setup *setup, void *data)
{
	return wiso_control(arg, setup, data, TIMEOUT_MS);
}

/* false: not now. */
static bool ask(const struct win_device *device, struct win_guids *guids)
{
	struct wiso_device *dev = wiso_open(device->node, WISO_OPEN_RESTART);
	int ret;

	if (!dev)
		return false;
	ret = win_msos_read(control, dev, device->interface_number, device->first, guids);
	wiso_close(dev);
	return ret == 0;
}

void win_msos_guids(const struct win_device *device, struct win_guids *guids)
{
	struct win_guids own = { 0 };

	if (look_up(device, guids))
		return;
	if (ask(device, &own))
		keep(device, &own);
	add_all(guids, &own);
}
