/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of driver/trace.h: the events are counted. (Two modules can not
 * register the same trace events.)
 */
#ifndef WINUSB_ISO_TRACE_H
#define WINUSB_ISO_TRACE_H

#include <linux/types.h>

#include <uapi/linux/winusb_iso.h>

enum iso_stream_event {
	ISO_STREAM_NEW,
	ISO_STREAM_BROKEN,
};

struct trace_counts {
	unsigned int submits;
	unsigned int completes;
	unsigned int gaps;
	unsigned int streams[ISO_STREAM_BROKEN + 1];
};

extern struct trace_counts trace_counts;

static inline void
trace_winusb_iso_submit(int minor, u8 pipe,
			const struct winusb_iso_transfer *transfer)
{
	trace_counts.submits++;
}

static inline void
trace_winusb_iso_complete(int minor, const struct winusb_iso_completion *result)
{
	trace_counts.completes++;
}

static inline void
trace_winusb_iso_gap(int minor, const struct winusb_iso_completion *result)
{
	trace_counts.gaps++;
}

static inline void trace_winusb_iso_stream(int minor, u8 pipe, int state)
{
	trace_counts.streams[state]++;
}

#endif
