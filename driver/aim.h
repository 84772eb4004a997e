/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame an AT_FRAME transfer asks for: how far it is from the end of the
 * stream, in packets, and what is too late for it.
 * Pure: no USB, file or scheduler header.
 */
#ifndef WINUSB_ISO_AIM_H
#define WINUSB_ISO_AIM_H

#include <linux/types.h>

/**
 * struct iso_aim - when the packets of a transfer are to go
 * @uframe: bus time: the first packet goes in the first service interval that
 *	begins then or later, each other one in the interval after.
 * @interval: microframes per packet.
 * @packets: number of packets.
 * @drop_late: those whose interval is taken or over are left out; otherwise
 *	the transfer as a whole is late when its first packet is.
 */
struct iso_aim {
	u64 uframe;
	u32 interval;
	u32 packets;
	bool drop_late;
};

int iso_aim_check(const struct iso_aim *aim, u64 now);
bool iso_aim_passed(const struct iso_aim *aim, u64 now);
u64 iso_aim_early(const struct iso_aim *aim, u64 end);
u32 iso_aim_late(const struct iso_aim *aim, u64 end);
bool iso_aim_missed(const struct iso_aim *aim, u64 end);

#endif
