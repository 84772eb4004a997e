/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet layout: how a transfer's bytes are cut into packets.
 * Pure: no USB, file or scheduler header.
 */
#ifndef WINUSB_ISO_PACKET_H
#define WINUSB_ISO_PACKET_H

#include <linux/types.h>

#include <uapi/linux/winusb_iso.h>

/**
 * struct iso_layout - the packets of one transfer
 * @table: its entries of the packet table; user space can write there.
 * @num_packets: number of packets, at least 1.
 * @length: bytes in all.
 * @max_bytes: most bytes of one packet, at least 1.
 * @listed: lengths are in the table; else all are @max_bytes but the last.
 */
struct iso_layout {
	struct winusb_iso_packet *table;
	u32 num_packets;
	u32 length;
	u32 max_bytes;
	bool listed;
};

int iso_layout_check(const struct iso_layout *layout, bool in);
int iso_layout_cut(const struct iso_layout *layout, u32 first, u32 count,
		   u32 offset, u32 *lengths);

#endif
