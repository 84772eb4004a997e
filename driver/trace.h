/* SPDX-License-Identifier: GPL-2.0-only */
/* Trace events: transfers on their way, gaps, and what streams do. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM winusb_iso

#if !defined(WINUSB_ISO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define WINUSB_ISO_TRACE_H

#include <linux/tracepoint.h>

#include <uapi/linux/winusb_iso.h>

#ifndef ISO_STREAM_NAMES
enum iso_stream_event {
	ISO_STREAM_NEW,
	ISO_STREAM_BROKEN,
};

#define ISO_STREAM_NAMES { ISO_STREAM_NEW, "new" }, \
			 { ISO_STREAM_BROKEN, "broken" }
#endif

TRACE_DEFINE_ENUM(ISO_STREAM_NEW);
TRACE_DEFINE_ENUM(ISO_STREAM_BROKEN);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_CONTINUE);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_AT_FRAME);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_PACKET_LENGTHS);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_ZERO_PACKET);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_SHORT_NOT_OK);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_DROP_LATE);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRANSFER_NO_INTERRUPT);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRUST_UNKNOWN);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRUST_TIMED);
TRACE_DEFINE_ENUM(WINUSB_ISO_TRUST_EXACT);

TRACE_EVENT(winusb_iso_submit,
	TP_PROTO(int minor, u8 pipe, const struct winusb_iso_transfer *transfer),
	TP_ARGS(minor, pipe, transfer),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(int, minor)
		__field(u32, buffer)
		__field(u32, offset)
		__field(u32, length)
		__field(u32, packets)
		__field(u32, flags)
		__field(u8, pipe)
	),
	TP_fast_assign(
		__entry->cookie = transfer->cookie;
		__entry->minor = minor;
		__entry->buffer = transfer->buffer;
		__entry->offset = transfer->offset;
		__entry->length = transfer->length;
		__entry->packets = transfer->num_packets;
		__entry->flags = transfer->flags;
		__entry->pipe = pipe;
	),
	TP_printk("winusb-iso%d pipe=%02x cookie=%llx buffer=%u offset=%u length=%u packets=%u flags=%s",
		  __entry->minor, __entry->pipe, __entry->cookie,
		  __entry->buffer, __entry->offset, __entry->length,
		  __entry->packets,
		  __print_flags(__entry->flags, "|",
				{ WINUSB_ISO_TRANSFER_CONTINUE, "continue" },
				{ WINUSB_ISO_TRANSFER_AT_FRAME, "at_frame" },
				{ WINUSB_ISO_TRANSFER_PACKET_LENGTHS, "lengths" },
				{ WINUSB_ISO_TRANSFER_ZERO_PACKET, "zero_packet" },
				{ WINUSB_ISO_TRANSFER_SHORT_NOT_OK, "short_not_ok" },
				{ WINUSB_ISO_TRANSFER_DROP_LATE, "drop_late" },
				{ WINUSB_ISO_TRANSFER_NO_INTERRUPT, "no_interrupt" }))
);

DECLARE_EVENT_CLASS(winusb_iso_result,
	TP_PROTO(int minor, const struct winusb_iso_completion *result),
	TP_ARGS(minor, result),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u64, start)
		__field(int, minor)
		__field(int, status)
		__field(u32, length)
		__field(u32, errors)
		__field(u32, gap)
		__field(u32, inner_gap)
		__field(u8, pipe)
		__field(u8, trust)
	),
	TP_fast_assign(
		__entry->cookie = result->cookie;
		__entry->start = result->start_uframe;
		__entry->minor = minor;
		__entry->status = result->status;
		__entry->length = result->actual_length;
		__entry->errors = result->error_count;
		__entry->gap = result->gap;
		__entry->inner_gap = result->inner_gap;
		__entry->pipe = result->pipe;
		__entry->trust = result->trust;
	),
	TP_printk("winusb-iso%d pipe=%02x cookie=%llx status=%d length=%u errors=%u start=%llu gap=%u inner_gap=%u trust=%s",
		  __entry->minor, __entry->pipe, __entry->cookie,
		  __entry->status, __entry->length, __entry->errors,
		  __entry->start, __entry->gap, __entry->inner_gap,
		  __print_symbolic(__entry->trust,
				   { WINUSB_ISO_TRUST_UNKNOWN, "unknown" },
				   { WINUSB_ISO_TRUST_TIMED, "timed" },
				   { WINUSB_ISO_TRUST_EXACT, "exact" }))
);

DEFINE_EVENT(winusb_iso_result, winusb_iso_complete,
	TP_PROTO(int minor, const struct winusb_iso_completion *result),
	TP_ARGS(minor, result)
);

DEFINE_EVENT(winusb_iso_result, winusb_iso_gap,
	TP_PROTO(int minor, const struct winusb_iso_completion *result),
	TP_ARGS(minor, result)
);

TRACE_EVENT(winusb_iso_stream,
	TP_PROTO(int minor, u8 pipe, int state),
	TP_ARGS(minor, pipe, state),
	TP_STRUCT__entry(
		__field(int, minor)
		__field(int, state)
		__field(u8, pipe)
	),
	TP_fast_assign(
		__entry->minor = minor;
		__entry->state = state;
		__entry->pipe = pipe;
	),
	TP_printk("winusb-iso%d pipe=%02x state=%s", __entry->minor,
		  __entry->pipe,
		  __print_symbolic(__entry->state, ISO_STREAM_NAMES))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
