// SPDX-License-Identifier: GPL-2.0-only
/* Packet layout. Pure: no USB, file or scheduler header. */

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include "packet.h"

static int iso_layout_check_fixed(const struct iso_layout *layout, bool in)
{
	u64 full = (u64)layout->num_packets * layout->max_bytes;

	if (layout->length == full)
		return 0;
	if (in || layout->length > full ||
	    layout->length <= full - layout->max_bytes)
		return -EMSGSIZE;
	return 0;
}

static int iso_layout_check_listed(const struct iso_layout *layout)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < layout->num_packets; i++) {
		u32 length = READ_ONCE(layout->table[i].length);

		if (length > layout->max_bytes)
			return -EMSGSIZE;
		sum += length;
	}
	return sum == layout->length ? 0 : -EBADMSG;
}

/**
 * iso_layout_check - do the packets add up to the transfer?
 * @layout: the transfer
 * @in: direction; the last packet of an IN transfer can not be short
 *
 * Return: 0, -EMSGSIZE or -EBADMSG as &struct winusb_iso_transfer says.
 */
int iso_layout_check(const struct iso_layout *layout, bool in)
{
	if (layout->listed)
		return iso_layout_check_listed(layout);
	return iso_layout_check_fixed(layout, in);
}

/* All have the same length, but the last: nothing here can be wrong. */
static u32 iso_layout_cut_fixed(const struct iso_layout *layout, u32 first,
				u32 count, u32 offset, u32 *lengths)
{
	struct winusb_iso_packet *packet = layout->table + first;
	const u32 end = layout->length, max_bytes = layout->max_bytes;
	u32 i;

	for (i = 0; i < count; i++) {
		lengths[i] = min(max_bytes, end - offset);
		WRITE_ONCE(packet[i].offset, offset);
		offset += lengths[i];
	}
	return offset;
}

static int iso_layout_cut_listed(const struct iso_layout *layout, u32 first,
				 u32 count, u32 *offset, u32 *lengths)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct winusb_iso_packet *packet = &layout->table[first + i];

		lengths[i] = READ_ONCE(packet->length);
		if (lengths[i] > layout->max_bytes)
			return -EMSGSIZE;
		if (lengths[i] > layout->length - *offset)
			return -EBADMSG;
		WRITE_ONCE(packet->offset, *offset);
		*offset += lengths[i];
	}
	return 0;
}

/**
 * iso_layout_cut - lengths of some consecutive packets
 * @layout: the transfer, once found good by iso_layout_check()
 * @first: index of the first packet
 * @count: number of packets, at least 1
 * @offset: bytes in the packets before @first
 * @lengths: out: @count lengths that together stay within the transfer
 *
 * Reads each length in the table once: user space may have changed it since it
 * was checked. Also writes the offset of each packet to the table.
 *
 * Return: 0, -EMSGSIZE or -EBADMSG.
 */
int iso_layout_cut(const struct iso_layout *layout, u32 first, u32 count,
		   u32 offset, u32 *lengths)
{
	int err = 0;

	if (layout->listed)
		err = iso_layout_cut_listed(layout, first, count, &offset,
					    lengths);
	else
		offset = iso_layout_cut_fixed(layout, first, count, offset,
					      lengths);
	if (err)
		return err;
	if (first + count == layout->num_packets && offset != layout->length)
		return -EBADMSG;
	return 0;
}
