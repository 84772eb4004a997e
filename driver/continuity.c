// SPDX-License-Identifier: GPL-2.0-only
/* Continuity of a stream. Pure: no USB, file or scheduler header. */

#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include <uapi/linux/winusb_iso.h>

#include "continuity.h"

static s64 uframes_to_ns(u64 uframes)
{
	return (s64)uframes * ISO_NS_PER_UFRAME;
}

static s64 iso_stream_end_ns(const struct iso_stream *stream)
{
	return stream->base_ns + uframes_to_ns(stream->handed);
}

static bool iso_stream_is_ahead(const struct iso_stream *stream, u64 now)
{
	return iso_stream_end_ns(stream) >= (s64)now + ISO_GUARD_NS;
}

/**
 * iso_stream_begin - nothing is pending, the next packet starts a new stream
 * @stream: the stream
 * @now: CLOCK_MONOTONIC
 *
 * The threshold that makes a late packet miss its interval also keeps the first
 * one from going at once, so that is what the end of the stream is computed
 * from until the controller says better. One that needs packets earlier than
 * that can also begin later.
 */
void iso_stream_begin(struct iso_stream *stream, u64 now)
{
	stream->base_ns = now + ISO_GUARD_NS - uframes_to_ns(stream->handed);
	stream->doubt_ns = max_t(s64, stream->proof_ns, ISO_GUARD_NS) -
			   ISO_GUARD_NS;
	stream->guessed = true;
	stream->window_min = S64_MAX;
	stream->previous_min = S64_MAX;
	stream->window_end_ns = now + ISO_FILTER_NS;
	stream->in_step = false;
}

/** iso_stream_forget - the stream ended on purpose: what follows is no gap */
void iso_stream_forget(struct iso_stream *stream)
{
	stream->end_known = false;
	stream->in_step = false;
	stream->content_known = false;
	stream->counting = false;
}

/**
 * iso_stream_on_time - can a packet handed over now still follow directly?
 * @stream: the stream
 * @now: CLOCK_MONOTONIC
 *
 * Return: false if it is too late beyond doubt.
 */
bool iso_stream_on_time(const struct iso_stream *stream, u64 now)
{
	return iso_stream_is_ahead(stream, now - stream->doubt_ns);
}

/* The same, but in doubt only where nothing is known. */
static bool iso_stream_seems_on_time(const struct iso_stream *stream, u64 now)
{
	return stream->guessed ? iso_stream_on_time(stream, now) :
				 iso_stream_is_ahead(stream, now);
}

/**
 * iso_stream_hand_over - packets go to the controller
 * @stream: the stream
 * @place: where they go; interval, content and dropped are set
 * @packets: number of packets
 * @pending: the controller still has packets of this stream
 * @now: CLOCK_MONOTONIC
 */
void iso_stream_hand_over(struct iso_stream *stream, struct iso_place *place,
			  u32 packets, bool pending, u64 now)
{
	place->span = packets * place->interval;
	place->position = stream->handed;
	place->previous_end_ns = iso_stream_end_ns(stream);
	place->first = !stream->counting;
	place->on_time = pending && iso_stream_seems_on_time(stream, now);
	place->proven = pending && iso_stream_end_ns(stream) >=
				   (s64)(now + stream->proof_ns);
	place->located = false;
	place->start_uframe = 0;
	place->shift = 0;
	place->gap = 0;
	place->trust = WINUSB_ISO_TRUST_UNKNOWN;

	if (!pending)
		iso_stream_begin(stream, now);
	if (place->content)
		stream->counting = true;
	stream->handed += place->span;
	stream->end_uframe += place->span;
}

/**
 * iso_stream_take_back - the controller refused the last hand-over, or it was
 *	withdrawn
 * @stream: the stream
 * @place: the packets; nothing was handed over after them
 */
void iso_stream_take_back(struct iso_stream *stream,
			  const struct iso_place *place)
{
	stream->handed -= place->span;
	stream->end_uframe -= place->span + place->shift;
	if (place->first && place->content)
		stream->counting = false;
	/* The gap before it is told with it, and only there. */
	if (place->located && place->content)
		stream->content_end = place->start_uframe;
}

/** iso_stream_skip - @place came back without a start frame to look at */
void iso_stream_skip(struct iso_stream *stream, const struct iso_place *place)
{
	if (place->content)
		stream->content_end += place->span;
}

/**
 * iso_stream_began_at - the controller said when @place begins
 * @stream: the stream
 * @place: the packets
 * @ns: CLOCK_MONOTONIC, as near as it is known ...
 * @latest_ns: ... and at the latest
 */
void iso_stream_began_at(struct iso_stream *stream,
			 const struct iso_place *place, u64 ns, u64 latest_ns)
{
	stream->base_ns = ns - uframes_to_ns(place->position);
	stream->doubt_ns = latest_ns - ns;
	stream->guessed = false;
}

/**
 * iso_stream_ended_at - the packets of @place were given back
 * @stream: the stream
 * @place: the packets
 * @ns: CLOCK_MONOTONIC
 *
 * They were done before that, by a latency that varies. The least of a time is
 * closest to the truth, and two windows let it follow a drifting bus clock.
 * But the last packet can have gone at the very begin of its interval, and the
 * controller can have said so before that was over.
 */
void iso_stream_ended_at(struct iso_stream *stream,
			 const struct iso_place *place, u64 ns)
{
	s64 base = ns - uframes_to_ns(place->position + place->span);

	if (ns >= stream->window_end_ns) {
		stream->previous_min = stream->window_min;
		stream->window_min = S64_MAX;
		stream->window_end_ns = ns + ISO_FILTER_NS;
	}
	stream->window_min = min(stream->window_min, base);
	stream->base_ns = min(stream->window_min, stream->previous_min);
	stream->doubt_ns = uframes_to_ns(place->interval);
	stream->guessed = false;
}

/** iso_stream_reports_count - are reported start frames worth looking at? */
bool iso_stream_reports_count(const struct iso_stream *stream)
{
	return stream->evidence != ISO_EVIDENCE_CONTRADICTED;
}

/** iso_stream_contradict - a report can not be true: believe none any more */
void iso_stream_contradict(struct iso_stream *stream)
{
	stream->evidence = ISO_EVIDENCE_CONTRADICTED;
	stream->end_known = false;
	stream->in_step = false;
	stream->content_known = false;
}

static void iso_stream_move(struct iso_stream *stream, struct iso_place *place,
			    u64 shift)
{
	s64 ns = uframes_to_ns(shift);

	place->shift = shift;
	stream->end_uframe += shift;
	stream->base_ns += ns;
	if (stream->window_min != S64_MAX)
		stream->window_min += ns;
	if (stream->previous_min != S64_MAX)
		stream->previous_min += ns;
}

/*
 * Start frames are reported modulo 256 frames. A place that was handed over in
 * time and whose low bits are those of the end of the stream is where it should
 * be, however late the report comes.
 */
static u64 iso_stream_extend(const struct iso_place *place,
			     const struct iso_report *report, u64 expected)
{
	if (place->on_time &&
	    !((report->raw - (u32)expected) & (ISO_START_MODULUS - 1)))
		return expected;
	return iso_frame_extend(max(report->near, expected), report->raw,
				ISO_START_MODULUS);
}

/* The first report of a stream says where it is. */
static void iso_stream_anchor(struct iso_stream *stream,
			      struct iso_place *place, u64 start,
			      bool checked)
{
	stream->end_uframe = start + stream->handed - place->position;
	stream->end_known = true;
	if (checked)
		stream->evidence = ISO_EVIDENCE_CONSISTENT;
	place->start_uframe = start;
}

/* Later ones must fit. */
static bool iso_stream_follow(struct iso_stream *stream,
			      struct iso_place *place,
			      const struct iso_report *report, u64 expected)
{
	u64 start = iso_stream_extend(place, report, expected);

	if (start < expected ||
	    (stream->content_known && start < stream->content_end))
		return false;
	if (start > expected && start > report->near + report->ahead &&
	    start > expected + report->ahead)
		return false;
	stream->evidence = ISO_EVIDENCE_CONSISTENT;
	place->start_uframe = start;
	iso_stream_move(stream, place, start - expected);
	return true;
}

/*
 * A transfer that began in intervals of the one before has dropped more packets
 * than were lost between the two.
 */
static void iso_place_set_gap(struct iso_place *place, u64 lost)
{
	lost -= min_t(u64, lost, place->dropped);
	place->gap = min_t(u64, lost, U32_MAX);
}

/* The gap runs from packets of one transfer to those of the next. */
static void iso_stream_count_gap(struct iso_stream *stream,
				 struct iso_place *place)
{
	u64 lost;

	if (!place->content)
		return;
	if (stream->content_known) {
		lost = DIV_ROUND_UP_ULL(place->start_uframe -
					stream->content_end, place->interval);
		iso_place_set_gap(place, lost);
	}
	stream->content_end = place->start_uframe + place->span;
	stream->content_known = true;
}

/**
 * iso_stream_locate - place packets by the start frame that was reported
 * @stream: the stream
 * @place: the packets; places are located in the order of their hand-over
 * @report: what the controller said
 *
 * A start frame before the end of the previous packets, or much later than the
 * clock allows, can not be true: this and all later ones are then left alone,
 * and @place is not located.
 */
void iso_stream_locate(struct iso_stream *stream, struct iso_place *place,
		       const struct iso_report *report)
{
	u64 expected = stream->end_uframe - (stream->handed - place->position);

	if (!iso_stream_reports_count(stream))
		return;
	if (!stream->end_known) {
		iso_stream_anchor(stream, place,
				  iso_frame_extend(report->near, report->raw,
						   ISO_START_MODULUS),
				  report->checked);
	} else if (!iso_stream_follow(stream, place, report, expected)) {
		iso_stream_contradict(stream);
		return;
	}
	iso_stream_count_gap(stream, place);
	stream->in_step = true;
	place->located = true;
	place->trust = stream->evidence == ISO_EVIDENCE_CONSISTENT ?
		       WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED;
}

/**
 * iso_stream_estimate - place packets by the clock, when nothing better is known
 * @stream: the stream
 * @place: packets that were given back just now
 * @clock: bus time
 * @now: CLOCK_MONOTONIC
 */
void iso_stream_estimate(struct iso_stream *stream, struct iso_place *place,
			 const struct iso_clock *clock, u64 now)
{
	s64 start_ns = now - uframes_to_ns(place->span);
	s64 late_ns = start_ns - (s64)place->previous_end_ns;
	u64 lost;

	place->located = true;
	place->start_uframe = iso_clock_uframe(clock, start_ns);
	place->trust = place->first || place->proven ?
		       WINUSB_ISO_TRUST_TIMED : WINUSB_ISO_TRUST_UNKNOWN;
	if (place->first || place->on_time || late_ns <= 0)
		return;
	lost = div64_u64(late_ns + uframes_to_ns(place->interval) / 2,
			 uframes_to_ns(place->interval));
	iso_place_set_gap(place, lost);
}
