// SPDX-License-Identifier: MIT
/* How an isochronous transfer is cut into packets, and frame numbers. Pure. */
#include "winusb-internal.h"

#define UFRAMES_PER_FRAME 8u

/* Packets that one request of Windows can have. */
#define MAX_PACKETS_FULL 255u
#define MAX_PACKETS_HIGH 1024u

static bool is_full_speed(const struct winusb_pipe_shape *pipe)
{
	return pipe->speed <= WINUSB_ISO_SPEED_FULL;
}

/* Packets in a frame; full speed has one, whatever its interval. */
static uint32_t packets_per_frame(const struct winusb_pipe_shape *pipe)
{
	if (is_full_speed(pipe) || pipe->interval >= UFRAMES_PER_FRAME)
		return 1;
	return UFRAMES_PER_FRAME / pipe->interval;
}

/* WinUSB serves no pipe with a longer one. */
bool winusb_interval_in_limits(const struct winusb_pipe_shape *pipe)
{
	return is_full_speed(pipe) || pipe->interval <= UFRAMES_PER_FRAME;
}

static bool in_limits(const struct winusb_pipe_shape *pipe, uint32_t packets)
{
	uint32_t most = is_full_speed(pipe) ? MAX_PACKETS_FULL : MAX_PACKETS_HIGH;

	return winusb_interval_in_limits(pipe) && packets <= most &&
	       packets % packets_per_frame(pipe) == 0;
}

/*
 * How many packets length bytes make: all full, but for the last one of an OUT transfer. 0 if they
 * can't be a transfer of this pipe; with strict, neither if Windows would refuse it.
 */
uint32_t winusb_packets_for(const struct winusb_pipe_shape *pipe, uint32_t length, bool strict)
{
	uint32_t packets;

	if (!pipe->max_bytes || !pipe->interval)
		return 0;
	if (pipe->in && length % pipe->max_bytes)
		return 0;
	packets = length / pipe->max_bytes + !!(length % pipe->max_bytes);
	return strict && !in_limits(pipe, packets) ? 0 : packets;
}

/* Bus time of a 32-bit frame number, which is near the one of now. */
uint64_t winusb_frame_extend(uint32_t frame, uint64_t now_uframe)
{
	uint64_t now = now_uframe / UFRAMES_PER_FRAME;
	int32_t ahead = (int32_t)(frame - (uint32_t)now);

	if (ahead < 0 && (uint64_t) - (int64_t)ahead > now)
		return 0;
	return (now + (uint64_t)(int64_t)ahead) * UFRAMES_PER_FRAME;
}

/* Is a start within the range that Windows takes? */
bool winusb_frame_in_range(uint64_t start_uframe, uint64_t now_uframe)
{
	uint64_t start = start_uframe / UFRAMES_PER_FRAME, now = now_uframe / UFRAMES_PER_FRAME;

	return (start > now ? start - now : now - start) < USBD_ISO_START_FRAME_RANGE;
}

/* What follows packets that start there, at the start of a frame: the sample hands it back. */
uint64_t winusb_frame_after(const struct winusb_pipe_shape *pipe, uint64_t start_uframe,
			    uint32_t packets)
{
	uint64_t end = start_uframe + (uint64_t)packets * pipe->interval;

	return (end + UFRAMES_PER_FRAME - 1) / UFRAMES_PER_FRAME * UFRAMES_PER_FRAME;
}

/* The frame number that one read at then has become. */
uint32_t winusb_frame_adjust(uint32_t frame, int64_t then, int64_t now, int64_t frequency)
{
	int64_t ticks = (int64_t)((uint64_t)now - (uint64_t)then);
	int64_t frames;

	if (frequency < 1000)
		return frame;
	frames = ticks / (frequency / 1000);
	if (ticks % (frequency / 1000) < 0)
		frames--;
	return frame + (uint32_t)frames;
}
