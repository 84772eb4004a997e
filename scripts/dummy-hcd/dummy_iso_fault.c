// SPDX-License-Identifier: GPL-2.0-only
/* Packet errors to order: "ADDRESS STATUS COUNT [SKIP]". */

#include <linux/slab.h>
#include <linux/string.h>

#include "dummy_iso.h"

static const char *const names[] = {
	[DUMMY_ISO_MISSED] = "missed",
	[DUMMY_ISO_CRC] = "crc",
	[DUMMY_ISO_TIMEOUT] = "timeout",
	[DUMMY_ISO_BABBLE] = "babble",
	[DUMMY_ISO_PROTOCOL] = "protocol",
	[DUMMY_ISO_UNDERRUN] = "underrun",
};

static void drop_order(struct dummy_iso_order *order)
{
	list_del(&order->node);
	kfree(order);
}

/**
 * dummy_iso_take_fault - what is ordered for the next packet of an endpoint
 * @iso: the controller
 * @address: bEndpointAddress
 *
 * Return: the error, or DUMMY_ISO_NONE.
 */
enum dummy_iso_fault dummy_iso_take_fault(struct dummy_iso *iso, u8 address)
{
	struct dummy_iso_order *order;
	enum dummy_iso_fault fault;

	list_for_each_entry(order, &iso->orders, node) {
		if (order->address != address)
			continue;
		if (order->skip) {
			order->skip--;
			return DUMMY_ISO_NONE;
		}
		fault = order->fault;
		if (!--order->count)
			drop_order(order);
		return fault;
	}
	return DUMMY_ISO_NONE;
}

/* Fills @order from "ADDRESS STATUS COUNT [SKIP]". */
static int parse(struct dummy_iso_order *order, char *text)
{
	int fields, fault, length = 0;
	unsigned int address;
	char name[16];

	order->skip = 0;
	fields = sscanf(text, "%x %15s %u%n %u%n", &address, name,
			&order->count, &length, &order->skip, &length);
	if (fields < 3 || text[length] || !order->count)
		return -EINVAL;
	if (address & ~0x8f || !(address & 0xf))
		return -EINVAL;
	fault = match_string(names + 1, ARRAY_SIZE(names) - 1, name);
	if (fault < 0)
		return -EINVAL;
	order->fault = fault + 1;
	order->address = address;
	return 0;
}

/**
 * dummy_iso_order_fault - order packet errors
 * @iso: the controller
 * @text: "ADDRESS STATUS COUNT [SKIP]"; follows what was ordered before
 *
 * Takes the lock itself.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dummy_iso_order_fault(struct dummy_iso *iso, char *text)
{
	struct dummy_iso_order *order = kmalloc(sizeof(*order), GFP_KERNEL);
	int rc;

	if (!order)
		return -ENOMEM;
	rc = parse(order, text);
	if (rc) {
		kfree(order);
		return rc;
	}
	spin_lock_irq(iso->lock);
	list_add_tail(&order->node, &iso->orders);
	spin_unlock_irq(iso->lock);
	return 0;
}

/**
 * dummy_iso_clear_faults - take back all that was ordered
 * @iso: the controller
 *
 * Takes the lock itself.
 */
void dummy_iso_clear_faults(struct dummy_iso *iso)
{
	struct dummy_iso_order *order, *next;

	spin_lock_irq(iso->lock);
	list_for_each_entry_safe(order, next, &iso->orders, node)
		drop_order(order);
	spin_unlock_irq(iso->lock);
}
