/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Continuity of a stream: whether a transfer still makes it into the service
 * interval after the last one, and how many intervals were lost when not.
 * Pure: no USB, file or scheduler header.
 */
#ifndef WINUSB_ISO_CONTINUITY_H
#define WINUSB_ISO_CONTINUITY_H

#include <linux/types.h>

#include "frame.h"

/*
 * A hand-over nearer than this to the end of what the controller has is taken
 * for too late: one frame is what most controllers need.
 */
#define ISO_GUARD_NS	(ISO_UFRAMES_PER_FRAME * ISO_NS_PER_UFRAME)

/* Completion times are filtered over two windows of this length. */
#define ISO_FILTER_NS	(256ULL * 1000 * 1000)

/**
 * enum iso_evidence - what is known about reported start frames
 * @ISO_EVIDENCE_NONE: nothing yet.
 * @ISO_EVIDENCE_CONSISTENT: at least one was checked and fitted.
 * @ISO_EVIDENCE_CONTRADICTED: one can not be true; none is believed again.
 */
enum iso_evidence {
	ISO_EVIDENCE_NONE,
	ISO_EVIDENCE_CONSISTENT,
	ISO_EVIDENCE_CONTRADICTED,
};

/**
 * struct iso_stream - what a pipe's packets say about time
 * @handed: microframes handed to the controller since the pipe began; a slot's
 *	position is this count before it was handed over.
 * @base_ns: time at which position 0 would have begun had the present stream
 *	always run: the stream ends at @base_ns + @handed, as near as is known ...
 * @doubt_ns: ... and not more than that later.
 * @guessed: neither a start nor an end of the present stream has been seen.
 * @window_min: least @base_ns seen in the present window of the filter.
 * @previous_min: the same for the window before.
 * @window_end_ns: when the present window ends.
 * @end_uframe: bus time after the last packet handed over, if @end_known.
 * @end_known: the controller has reported a start frame.
 * @in_step: it has done so since the present stream began, so that @end_uframe
 *	is more than a guess.
 * @counting: a previous transfer exists to which gaps can be counted.
 * @content_end: bus time after the last packet of a transfer that was placed ...
 * @content_known: ... if one was.
 * @evidence: see there.
 * @proof_ns: a hand-over that long before its interval can not be late.
 */
struct iso_stream {
	u64 handed;
	s64 base_ns;
	s64 doubt_ns;
	bool guessed;
	s64 window_min;
	s64 previous_min;
	u64 window_end_ns;
	u64 end_uframe;
	bool end_known;
	bool in_step;
	bool counting;
	u64 content_end;
	bool content_known;
	enum iso_evidence evidence;
	u64 proof_ns;
};

/**
 * struct iso_place - a slot's place in its stream
 * @position: &iso_stream.handed before it.
 * @span: microframes it takes.
 * @interval: microframes per packet.
 * @content: packets of a transfer, not those that lead up to a frame.
 * @dropped: packets of its transfer just before it that were dropped: the
 *	transfer tells of them, so they are no gap.
 * @first: no transfer before it to which a gap could be counted.
 * @on_time: handed over early enough to follow directly, as far as can be told.
 * @proven: so early that it can not have been late.
 * @previous_end_ns: when what was handed over before it ended.
 * @located: the values below are valid.
 * @start_uframe: bus time of its first packet.
 * @shift: microframes that it started later than the stream went on.
 * @gap: service intervals lost just before it.
 * @trust: &enum winusb_iso_trust.
 */
struct iso_place {
	u64 position;
	u32 span;
	u32 interval;
	bool content;
	u32 dropped;
	bool first;
	bool on_time;
	bool proven;
	bool located;
	u64 previous_end_ns;
	u64 start_uframe;
	u64 shift;
	u32 gap;
	u8 trust;
};

/**
 * struct iso_report - a start frame as the controller reported it
 * @near: bus time at which it should be, by clock and stream.
 * @ahead: microframes that it can be later than @near.
 * @raw: what was reported, in microframes; only the low bits count.
 * @checked: @near is a reading of the controller's own counter.
 */
struct iso_report {
	u64 near;
	u32 ahead;
	u32 raw;
	bool checked;
};

void iso_stream_begin(struct iso_stream *stream, u64 now);
void iso_stream_forget(struct iso_stream *stream);
bool iso_stream_on_time(const struct iso_stream *stream, u64 now);
void iso_stream_hand_over(struct iso_stream *stream, struct iso_place *place,
			  u32 packets, bool pending, u64 now);
void iso_stream_skip(struct iso_stream *stream, const struct iso_place *place);
void iso_stream_take_back(struct iso_stream *stream,
			  const struct iso_place *place);
void iso_stream_began_at(struct iso_stream *stream,
			 const struct iso_place *place, u64 ns, u64 latest_ns);
void iso_stream_ended_at(struct iso_stream *stream,
			 const struct iso_place *place, u64 ns);
void iso_stream_locate(struct iso_stream *stream, struct iso_place *place,
		       const struct iso_report *report);
void iso_stream_contradict(struct iso_stream *stream);
void iso_stream_estimate(struct iso_stream *stream, struct iso_place *place,
			 const struct iso_clock *clock, u64 now);
bool iso_stream_reports_count(const struct iso_stream *stream);

#endif
