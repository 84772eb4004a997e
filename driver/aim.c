// SPDX-License-Identifier: GPL-2.0-only
/* The frame an AT_FRAME transfer asks for. Pure: no USB, file or scheduler header. */

#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include <uapi/linux/winusb_iso.h>

#include "aim.h"

/**
 * iso_aim_check - is a frame near enough to be asked for?
 * @aim: what is asked for
 * @now: bus time
 *
 * How far in the past a transfer that drops what is late may begin is bounded,
 * so that a frame number that was computed wrong does not pass for a late one.
 *
 * Return: 0, -ETIME or -EFBIG.
 */
int iso_aim_check(const struct iso_aim *aim, u64 now)
{
	u64 behind = now - aim->uframe;

	if (aim->uframe > now)
		return aim->uframe - now > WINUSB_ISO_MAX_AT_FRAME_AHEAD ?
		       -EFBIG : 0;
	if (!aim->drop_late || behind > WINUSB_ISO_MAX_AT_FRAME_AHEAD)
		return -ETIME;
	return 0;
}

/**
 * iso_aim_passed - is it over, whatever the stream does?
 * @aim: what was asked for
 * @now: bus time
 */
bool iso_aim_passed(const struct iso_aim *aim, u64 now)
{
	u64 last = aim->uframe;

	/* The latest at which the interval of the last packet can begin. */
	if (aim->drop_late)
		last += (u64)aim->packets * aim->interval - 1;
	return last <= now;
}

/** iso_aim_early - intervals from @end of the stream up to the first packet's */
u64 iso_aim_early(const struct iso_aim *aim, u64 end)
{
	if (end >= aim->uframe)
		return 0;
	return DIV_ROUND_UP_ULL(aim->uframe - end, aim->interval);
}

/** iso_aim_late - packets whose intervals begin before @end of the stream */
u32 iso_aim_late(const struct iso_aim *aim, u64 end)
{
	if (end <= aim->uframe)
		return 0;
	return min_t(u64, div_u64(end - aim->uframe, aim->interval),
		     aim->packets);
}

/** iso_aim_missed - are so many late that nothing is left to be sent? */
bool iso_aim_missed(const struct iso_aim *aim, u64 end)
{
	return iso_aim_late(aim, end) >= (aim->drop_late ? aim->packets : 1);
}
