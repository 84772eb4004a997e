// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts on streams: what follows, what was lost, and what can be believed. */

#include "../driver/continuity.c"

#include "case.h"

#define INTERVAL	8
#define PACKETS		8
#define SPAN		(INTERVAL * PACKETS)
#define START		0x100400ULL
#define BEGIN_NS	1000000000ULL
#define LATE_NS		(BEGIN_NS + 1000000000ULL)

static void hand_over(struct iso_stream *stream, struct iso_place *place,
		      bool pending, u64 now)
{
	place->interval = INTERVAL;
	place->content = true;
	place->dropped = 0;
	iso_stream_hand_over(stream, place, PACKETS, pending, now);
}

static void locate(struct iso_stream *stream, struct iso_place *place, u64 start,
		   bool checked)
{
	const struct iso_report report = {
		.near = start,
		.ahead = 512,
		.raw = start & (ISO_START_MODULUS - 1),
		.checked = checked,
	};

	iso_stream_locate(stream, place, &report);
}

static void first_transfer(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	KUNIT_EXPECT_TRUE(test, place.first);
	KUNIT_EXPECT_FALSE(test, place.on_time);
	KUNIT_EXPECT_FALSE(test, place.located);
	KUNIT_EXPECT_EQ(test, place.position, 0ULL);
	KUNIT_EXPECT_EQ(test, place.span, (u32)SPAN);
	KUNIT_EXPECT_EQ(test, place.trust, WINUSB_ISO_TRUST_UNKNOWN);
	KUNIT_EXPECT_EQ(test, stream.handed, (u64)SPAN);
	locate(&stream, &place, START, true);
	KUNIT_EXPECT_TRUE(test, place.located);
	KUNIT_EXPECT_EQ(test, place.start_uframe, START);
	KUNIT_EXPECT_EQ(test, place.gap, 0U);
	KUNIT_EXPECT_EQ(test, place.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, stream.end_uframe, START + SPAN);
}

static void on_time_limit(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;
	u64 end = BEGIN_NS + ISO_GUARD_NS + SPAN * ISO_NS_PER_UFRAME;

	hand_over(&stream, &place, false, BEGIN_NS);
	KUNIT_EXPECT_TRUE(test, iso_stream_on_time(&stream, end - ISO_GUARD_NS));
	KUNIT_EXPECT_FALSE(test, iso_stream_on_time(&stream,
						    end - ISO_GUARD_NS + 1));
	hand_over(&stream, &place, true, end - ISO_GUARD_NS);
	KUNIT_EXPECT_TRUE(test, place.on_time);
	KUNIT_EXPECT_EQ(test, place.previous_end_ns, end);
	KUNIT_EXPECT_FALSE(test, place.first);
	hand_over(&stream, &place, false, BEGIN_NS);
	KUNIT_EXPECT_FALSE_MSG(test, place.on_time, "nothing is pending");
}

static bool proven_at(const struct iso_stream *stream, bool pending, u64 now)
{
	struct iso_stream copy = *stream;
	struct iso_place place;

	hand_over(&copy, &place, pending, now);
	return place.proven;
}

static void proof_limit(struct kunit *test)
{
	struct iso_stream stream = { .proof_ns = 8 * ISO_GUARD_NS };
	u64 end = BEGIN_NS + ISO_GUARD_NS + SPAN * ISO_NS_PER_UFRAME;
	u64 last = end - 8 * ISO_GUARD_NS;
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	KUNIT_EXPECT_FALSE_MSG(test, place.proven, "the first has nothing before it");
	KUNIT_EXPECT_TRUE(test, proven_at(&stream, true, last));
	KUNIT_EXPECT_FALSE(test, proven_at(&stream, true, last + 1));
	KUNIT_EXPECT_TRUE_MSG(test, iso_stream_on_time(&stream, last + 1),
			      "on time all the same");
	KUNIT_EXPECT_FALSE_MSG(test, proven_at(&stream, false, last),
			       "nothing is pending");
}

static void first_unchecked(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place first, second;

	hand_over(&stream, &first, false, BEGIN_NS);
	hand_over(&stream, &second, true, BEGIN_NS);
	locate(&stream, &first, START, false);
	KUNIT_EXPECT_EQ(test, first.trust, WINUSB_ISO_TRUST_TIMED);
	KUNIT_EXPECT_EQ(test, stream.evidence, ISO_EVIDENCE_NONE);
	locate(&stream, &second, START + SPAN, false);
	KUNIT_EXPECT_EQ(test, second.trust, WINUSB_ISO_TRUST_EXACT);
	KUNIT_EXPECT_EQ(test, stream.evidence, ISO_EVIDENCE_CONSISTENT);
}

/*
 * struct row - a transfer after another one, and the verdict on it
 * @late: handed over too late to be sure that it follows.
 * @offset: of the reported start from the end of the one before.
 * @near: of the clock's estimate from there.
 * @ahead: how much later than the estimate it can be.
 * @start: of the verdict, from there; %REFUSED if it can not be true.
 * @gap: of the verdict.
 */
struct row {
	const char *name;
	bool late;
	int offset;
	int near;
	u32 ahead;
	int start;
	u32 gap;
};

#define REFUSED	(-1)

static const struct row rows[] = {
	{ "follows", false, 0, 0, 512, 0, 0 },
	{ "follows, clock early", false, 0, -1000, 512, 0, 0 },
	{ "follows, reported 1023 late", false, 0, 1023, 512, 0, 0 },
	{ "follows, reported 1024 late", false, 0, 1024, 512, 0, 0 },
	{ "follows, reported 3000 late", false, 0, 3000, 512, 0, 0 },
	{ "follows, reported 2^20 late", false, 0, 1 << 20, 512, 0, 0 },
	{ "late and follows", true, 0, 0, 512, 0, 0 },
	{ "late, and so is the report", true, 0, 1023, 512, 0, 0 },
	{ "one microframe later", true, 1, 0, 512, 1, 1 },
	{ "one interval less one", true, 7, 0, 512, 7, 1 },
	{ "one interval", true, 8, 0, 512, 8, 1 },
	{ "one interval and one", true, 9, 0, 512, 9, 2 },
	{ "on time, and later", false, 8, 0, 512, 8, 1 },
	{ "as late as can be", true, 512, 0, 512, 512, 64 },
	{ "later than can be", true, 513, 0, 512, REFUSED, 0 },
	{ "as late as can be by the clock", true, 513, 1, 512, 513, 65 },
	{ "later than can be by the clock", true, 514, 1, 512, REFUSED, 0 },
	{ "narrow, as late as can be", true, 64, 0, 64, 64, 8 },
	{ "narrow, later than can be", true, 65, 0, 64, REFUSED, 0 },
	{ "clock early, as late as can be", true, 512, -100, 512, 512, 64 },
	{ "before the end", false, -1, 0, 512, REFUSED, 0 },
	{ "before the end and late", true, -1, 0, 512, REFUSED, 0 },
	{ "far before the end", true, -1023, 0, 512, REFUSED, 0 },
	{ "furthest before the end", true, -1024, 0, 512, REFUSED, 0 },
	{ "before by the clock, after by the wrap", true, -8, 2040, 512, 2040, 255 },
	{ "256 frames later", true, 2048, 2048, 512, 2048, 256 },
	{ "256 frames later, clock early", true, 2048, 1600, 512, 2048, 256 },
	{ "512 frames later", true, 4096, 4101, 512, 4096, 512 },
	{ "one hour later", true, 28800000, 28800000, 512, 28800000, 3600000 },
};

static struct iso_place judge(struct iso_stream *stream, const struct row *row)
{
	struct iso_place first, second;
	struct iso_report report = {
		.near = START + SPAN + row->near,
		.ahead = row->ahead,
		.raw = (START + SPAN + row->offset) & (ISO_START_MODULUS - 1),
	};

	hand_over(stream, &first, false, BEGIN_NS);
	locate(stream, &first, START, true);
	hand_over(stream, &second, true, row->late ? LATE_NS : BEGIN_NS);
	iso_stream_locate(stream, &second, &report);
	return second;
}

static void verdict_matrix(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct iso_stream stream = {};
		struct iso_place got = judge(&stream, row);
		bool believed = row->start != REFUSED;
		u64 start = START + SPAN + row->start;

		KUNIT_EXPECT_EQ_MSG(test, got.on_time, !row->late, "%s", row->name);
		KUNIT_EXPECT_EQ_MSG(test, got.located, believed, "%s", row->name);
		KUNIT_EXPECT_EQ_MSG(test, iso_stream_reports_count(&stream),
				    believed, "%s", row->name);
		KUNIT_EXPECT_EQ_MSG(test, stream.end_known, believed, "%s",
				    row->name);
		KUNIT_EXPECT_EQ_MSG(test, got.gap, row->gap, "%s", row->name);
		if (!believed)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, got.start_uframe, start, "%s", row->name);
		KUNIT_EXPECT_EQ_MSG(test, got.shift, (u64)row->start, "%s",
				    row->name);
		KUNIT_EXPECT_EQ_MSG(test, got.trust, WINUSB_ISO_TRUST_EXACT, "%s",
				    row->name);
		KUNIT_EXPECT_EQ_MSG(test, stream.end_uframe, start + SPAN, "%s",
				    row->name);
	}
}

static void contradicted_for_good(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	locate(&stream, &place, START, true);
	hand_over(&stream, &place, true, BEGIN_NS);
	locate(&stream, &place, START - 100, true);
	KUNIT_EXPECT_FALSE(test, place.located);
	hand_over(&stream, &place, true, BEGIN_NS);
	locate(&stream, &place, START + 2 * SPAN, true);
	KUNIT_EXPECT_FALSE_MSG(test, place.located, "never believed again");
	iso_stream_begin(&stream, BEGIN_NS);
	iso_stream_forget(&stream);
	hand_over(&stream, &place, false, BEGIN_NS);
	locate(&stream, &place, START + 2 * SPAN, true);
	KUNIT_EXPECT_FALSE(test, place.located);
	KUNIT_EXPECT_FALSE(test, iso_stream_reports_count(&stream));
}

struct estimate_row {
	const char *name;
	bool first;
	bool on_time;
	bool proven;
	s64 late_ns;
	u32 gap;
	u8 trust;
};

static void estimate_matrix(struct kunit *test)
{
	static const struct estimate_row rows[] = {
		{ "first", true, false, false, 1000000000, 0, WINUSB_ISO_TRUST_TIMED },
		{ "proven", false, true, true, 1000000000, 0, WINUSB_ISO_TRUST_TIMED },
		{ "on time", false, true, false, 1000000000, 0,
		  WINUSB_ISO_TRUST_UNKNOWN },
		{ "late, yet not by the clock", false, false, false, 0, 0,
		  WINUSB_ISO_TRUST_UNKNOWN },
		{ "late, early by the clock", false, false, false, -5000000, 0,
		  WINUSB_ISO_TRUST_UNKNOWN },
		{ "less than half an interval", false, false, false, 499999, 0,
		  WINUSB_ISO_TRUST_UNKNOWN },
		{ "half an interval", false, false, false, 500000, 1,
		  WINUSB_ISO_TRUST_UNKNOWN },
		{ "ten intervals", false, false, false, 10000000, 10,
		  WINUSB_ISO_TRUST_UNKNOWN },
		{ "a long sleep", false, false, false, 1LL << 62, U32_MAX,
		  WINUSB_ISO_TRUST_UNKNOWN },
	};
	const struct iso_clock clock = { .uframe = START, .ns = BEGIN_NS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iso_place place = {
			.span = SPAN,
			.interval = INTERVAL,
			.first = rows[i].first,
			.on_time = rows[i].on_time,
			.proven = rows[i].proven,
			.previous_end_ns = BEGIN_NS - rows[i].late_ns,
		};
		struct iso_stream stream = {};

		iso_stream_estimate(&stream, &place, &clock,
				    BEGIN_NS + SPAN * ISO_NS_PER_UFRAME);
		KUNIT_EXPECT_TRUE_MSG(test, place.located, "%s", rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, place.start_uframe, START, "%s",
				    rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, place.gap, rows[i].gap, "%s",
				    rows[i].name);
		KUNIT_EXPECT_EQ_MSG(test, place.trust, rows[i].trust, "%s",
				    rows[i].name);
	}
}

static void taken_back(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place first, second;
	struct iso_stream before;

	hand_over(&stream, &first, false, BEGIN_NS);
	locate(&stream, &first, START, true);
	before = stream;
	hand_over(&stream, &second, true, BEGIN_NS);
	iso_stream_take_back(&stream, &second);
	KUNIT_EXPECT_EQ_MSG(test, stream.handed, before.handed, "refused");
	KUNIT_EXPECT_EQ(test, stream.end_uframe, before.end_uframe);
	KUNIT_EXPECT_EQ(test, stream.content_end, before.content_end);

	hand_over(&stream, &second, true, LATE_NS);
	locate(&stream, &second, START + SPAN + 80, true);
	KUNIT_EXPECT_EQ(test, second.gap, 10U);
	iso_stream_take_back(&stream, &second);
	KUNIT_EXPECT_EQ_MSG(test, stream.handed, before.handed, "moved");
	KUNIT_EXPECT_EQ(test, stream.end_uframe, before.end_uframe);

	hand_over(&stream, &second, true, LATE_NS);
	locate(&stream, &second, START + SPAN + 160, true);
	KUNIT_EXPECT_EQ_MSG(test, second.gap, 10U, "the rest of the gap is told");
}

/* The controller had got as far as what was withdrawn. */
/* Packets of no length that were located: nobody was told of their place. */
static void lead_taken_back(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place first, lead;
	struct iso_stream before;

	hand_over(&stream, &first, false, BEGIN_NS);
	locate(&stream, &first, START, true);
	before = stream;
	lead.interval = INTERVAL;
	lead.content = false;
	lead.dropped = 0;
	iso_stream_hand_over(&stream, &lead, 5, true, LATE_NS);
	locate(&stream, &lead, START + SPAN + 8, true);
	KUNIT_EXPECT_TRUE(test, lead.located);
	iso_stream_take_back(&stream, &lead);
	KUNIT_EXPECT_EQ(test, stream.handed, before.handed);
	KUNIT_EXPECT_EQ(test, stream.end_uframe, before.end_uframe);
	KUNIT_EXPECT_EQ(test, stream.content_end, before.content_end);
}

/* What both windows of completion times say moves along. */
static void moved_windows(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;
	s64 window, previous;

	hand_over(&stream, &place, false, BEGIN_NS);
	locate(&stream, &place, START, true);
	iso_stream_ended_at(&stream, &place, BEGIN_NS + 900);
	stream.window_end_ns = BEGIN_NS + 1000;
	iso_stream_ended_at(&stream, &place, BEGIN_NS + 1000);
	window = stream.window_min;
	previous = stream.previous_min;
	KUNIT_EXPECT_EQ(test, window - previous, (s64)100);
	hand_over(&stream, &place, true, LATE_NS);
	locate(&stream, &place, START + SPAN + 16, true);
	KUNIT_EXPECT_EQ(test, place.shift, 16ULL);
	KUNIT_EXPECT_EQ(test, stream.window_min - window, (s64)(16 * ISO_NS_PER_UFRAME));
	KUNIT_EXPECT_EQ(test, stream.previous_min - previous,
			(s64)(16 * ISO_NS_PER_UFRAME));
}

static void before_withdrawn(struct kunit *test)
{
	static const u64 reported[] = { 0, 79, 80, 88 };
	static const u32 gaps[] = { 0, 0, 0, 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reported); i++) {
		struct iso_stream stream = {};
		struct iso_place place;

		hand_over(&stream, &place, false, BEGIN_NS);
		locate(&stream, &place, START, true);
		hand_over(&stream, &place, true, LATE_NS);
		locate(&stream, &place, START + SPAN + 80, true);
		iso_stream_take_back(&stream, &place);
		hand_over(&stream, &place, true, LATE_NS);
		locate(&stream, &place, START + SPAN + reported[i], true);
		KUNIT_EXPECT_EQ_MSG(test, place.located, reported[i] >= 80,
				    "%llu later", reported[i]);
		KUNIT_EXPECT_EQ_MSG(test, iso_stream_reports_count(&stream),
				    reported[i] >= 80, "%llu later", reported[i]);
		KUNIT_EXPECT_EQ_MSG(test, place.gap, gaps[i], "%llu later",
				    reported[i]);
	}
}

static void skipped(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	locate(&stream, &place, START, true);
	hand_over(&stream, &place, true, BEGIN_NS);
	iso_stream_skip(&stream, &place);
	hand_over(&stream, &place, true, BEGIN_NS);
	locate(&stream, &place, START + 2 * SPAN, true);
	KUNIT_EXPECT_EQ(test, place.gap, 0U);
	place.content = false;
	iso_stream_skip(&stream, &place);
	KUNIT_EXPECT_EQ(test, stream.content_end, START + 3 * SPAN);
}

static void leads(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	locate(&stream, &place, START, true);
	place.content = false;
	iso_stream_hand_over(&stream, &place, 5, true, BEGIN_NS);
	locate(&stream, &place, START + SPAN, true);
	KUNIT_EXPECT_EQ_MSG(test, place.gap, 0U, "packets of no length");
	hand_over(&stream, &place, true, BEGIN_NS);
	locate(&stream, &place, START + SPAN + 5 * INTERVAL, true);
	KUNIT_EXPECT_EQ_MSG(test, place.gap, 5U, "and what they stand for");
	KUNIT_EXPECT_EQ_MSG(test, place.shift, 0ULL, "the stream went on");
}

static void leads_first(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place = { .interval = INTERVAL };

	iso_stream_hand_over(&stream, &place, 5, false, BEGIN_NS);
	locate(&stream, &place, START, true);
	hand_over(&stream, &place, true, BEGIN_NS);
	KUNIT_EXPECT_TRUE(test, place.first);
	locate(&stream, &place, START + 5 * INTERVAL, true);
	KUNIT_EXPECT_EQ(test, place.gap, 0U);
}

/* Each lost interval is told once: as part of the gap, or as a dropped packet. */
static void dropped(struct kunit *test)
{
	static const u32 rows[][3] = { /* lost, dropped, gap */
		{ 0, 0, 0 }, { 9, 0, 9 }, { 9, 4, 5 }, { 9, 9, 0 }, { 9, 30, 0 },
		{ 0, 30, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iso_stream stream = {};
		struct iso_place place;

		hand_over(&stream, &place, false, BEGIN_NS);
		locate(&stream, &place, START, true);
		place.dropped = rows[i][1];
		iso_stream_hand_over(&stream, &place, PACKETS, true, BEGIN_NS);
		locate(&stream, &place, START + SPAN + rows[i][0] * INTERVAL, true);
		KUNIT_EXPECT_EQ_MSG(test, place.gap, rows[i][2], "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, place.shift, (u64)rows[i][0] * INTERVAL,
				    "row %u", i);
	}
}

static void forgotten(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	locate(&stream, &place, START, true);
	iso_stream_forget(&stream);
	hand_over(&stream, &place, false, LATE_NS);
	KUNIT_EXPECT_TRUE(test, place.first);
	locate(&stream, &place, START + 8000, true);
	KUNIT_EXPECT_EQ(test, place.gap, 0U);
	KUNIT_EXPECT_EQ(test, place.start_uframe, START + 8000);
}

static void began_at(struct kunit *test)
{
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	hand_over(&stream, &place, true, BEGIN_NS);
	iso_stream_began_at(&stream, &place, LATE_NS, LATE_NS);
	KUNIT_EXPECT_EQ(test, iso_stream_end_ns(&stream),
			(s64)(LATE_NS + SPAN * ISO_NS_PER_UFRAME));
}

/* The last moment at which what is handed over is not late beyond doubt. */
static void expect_last_moment(struct kunit *test, const struct iso_stream *stream,
			       u64 ns)
{
	KUNIT_EXPECT_TRUE(test, iso_stream_on_time(stream, ns));
	KUNIT_EXPECT_FALSE(test, iso_stream_on_time(stream, ns + 1));
}

static void began_in_doubt(struct kunit *test)
{
	const u64 end = LATE_NS + SPAN * ISO_NS_PER_UFRAME;
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	iso_stream_began_at(&stream, &place, LATE_NS, LATE_NS + 700000);
	expect_last_moment(test, &stream, end + 700000 - ISO_GUARD_NS);
	hand_over(&stream, &place, true, end - ISO_GUARD_NS + 1);
	KUNIT_EXPECT_FALSE_MSG(test, place.on_time, "a report may still be late");
	KUNIT_EXPECT_EQ(test, place.previous_end_ns, end);
	iso_stream_began_at(&stream, &place, end, end);
	expect_last_moment(test, &stream, end + SPAN * ISO_NS_PER_UFRAME - ISO_GUARD_NS);
}

/* Of a new stream nothing is known but what the controller may need to begin. */
static void begins_in_doubt(struct kunit *test)
{
	const u64 end = BEGIN_NS + (8 + SPAN) * ISO_NS_PER_UFRAME;
	struct iso_stream stream = { .proof_ns = 8 * ISO_GUARD_NS };
	const struct iso_clock clock = { .uframe = START, .ns = BEGIN_NS };
	struct iso_place first, second;

	hand_over(&stream, &first, false, BEGIN_NS);
	expect_last_moment(test, &stream, end + 7 * ISO_GUARD_NS - ISO_GUARD_NS);
	hand_over(&stream, &second, true, end);
	KUNIT_EXPECT_TRUE(test, second.on_time);
	KUNIT_EXPECT_FALSE(test, second.proven);
	iso_stream_estimate(&stream, &second, &clock,
			    end + SPAN * ISO_NS_PER_UFRAME + 7 * ISO_GUARD_NS);
	KUNIT_EXPECT_EQ_MSG(test, second.gap, 0U, "it began later");
	KUNIT_EXPECT_EQ(test, second.trust, WINUSB_ISO_TRUST_UNKNOWN);
	iso_stream_ended_at(&stream, &first, end);
	hand_over(&stream, &second, true, end + SPAN * ISO_NS_PER_UFRAME);
	KUNIT_EXPECT_FALSE_MSG(test, second.on_time, "an end has been seen");
}

/* A packet may be done, and said to be so, when its interval has just begun. */
static void ended_in_doubt(struct kunit *test)
{
	const u64 end = BEGIN_NS + SPAN * ISO_NS_PER_UFRAME;
	struct iso_stream stream = { .proof_ns = 8 * ISO_GUARD_NS };
	struct iso_place first, second;

	hand_over(&stream, &first, false, BEGIN_NS);
	hand_over(&stream, &second, true, BEGIN_NS);
	iso_stream_ended_at(&stream, &first, end);
	expect_last_moment(test, &stream, end + SPAN * ISO_NS_PER_UFRAME +
			   INTERVAL * ISO_NS_PER_UFRAME - ISO_GUARD_NS);
}

static s64 end_after(struct iso_stream *stream, const struct iso_place *place,
		     u64 ns)
{
	iso_stream_ended_at(stream, place, ns);
	return iso_stream_end_ns(stream);
}

static void ended_at(struct kunit *test)
{
	const u64 end = BEGIN_NS + SPAN * ISO_NS_PER_UFRAME;
	struct iso_stream stream = {};
	struct iso_place place;

	hand_over(&stream, &place, false, BEGIN_NS);
	KUNIT_EXPECT_EQ(test, end_after(&stream, &place, end + 900), (s64)end + 900);
	KUNIT_EXPECT_EQ(test, end_after(&stream, &place, end + 500), (s64)end + 500);
	KUNIT_EXPECT_EQ(test, end_after(&stream, &place, end + 700), (s64)end + 500);
	stream.window_end_ns = end + 800;
	KUNIT_EXPECT_EQ_MSG(test, end_after(&stream, &place, end + 799),
			    (s64)end + 500, "in the window");
	KUNIT_EXPECT_EQ_MSG(test, end_after(&stream, &place, end + 800),
			    (s64)end + 500, "the window before still counts");
	KUNIT_EXPECT_EQ(test, stream.window_end_ns, end + 800 + ISO_FILTER_NS);
	stream.window_end_ns = end + 900;
	KUNIT_EXPECT_EQ_MSG(test, end_after(&stream, &place, end + 900),
			    (s64)end + 800, "and then no more");
}

/* A controller like EHCI, and what is true of it. */
struct model {
	struct iso_stream stream;
	struct iso_clock clock;
	u64 end;
	u64 content_end;
	bool has_content;
};

static void model_step(struct kunit *test, struct model *model,
		       struct chance *chance)
{
	struct iso_place place = {
		.interval = INTERVAL,
		.content = chance_below(chance, 8),
	};
	u64 lost = 0;
	u32 packets = 1 + chance_below(chance, 16);
	u64 hand_over = model->end - 600 + chance_below(chance, 700);
	u64 start = max(model->end, hand_over + 6);
	struct iso_report report = { .ahead = 512, .checked = true };

	if (place.content && !chance_below(chance, 4))
		place.dropped = chance_below(chance, 20);
	if (!chance_below(chance, 50)) {
		hand_over = model->end + chance_below(chance, 100000);
		start = hand_over + 6 + chance_below(chance, 50);
	}
	report.near = hand_over + chance_below(chance, 3);
	report.raw = start;
	iso_stream_hand_over(&model->stream, &place, packets, true,
			     iso_clock_ns(&model->clock, hand_over));
	if (!chance_below(chance, 10)) {
		iso_stream_take_back(&model->stream, &place);
		return;
	}
	iso_stream_locate(&model->stream, &place, &report);
	KUNIT_ASSERT_TRUE_MSG(test, place.located, "seed %u", chance->seed);
	KUNIT_ASSERT_EQ_MSG(test, place.start_uframe, start, "seed %u",
			    chance->seed);
	KUNIT_ASSERT_FALSE_MSG(test, place.on_time && start > model->end,
			       "seed %u", chance->seed);
	if (place.content && model->has_content)
		lost = DIV_ROUND_UP(start - model->content_end, INTERVAL);
	KUNIT_ASSERT_EQ_MSG(test, (u64)place.gap,
			    lost > place.dropped ? lost - place.dropped : 0,
			    "seed %u", chance->seed);
	iso_stream_began_at(&model->stream, &place,
			    iso_clock_ns(&model->clock, start),
			    iso_clock_ns(&model->clock, start));
	model->end = start + packets * INTERVAL;
	if (place.content) {
		model->content_end = model->end;
		model->has_content = true;
	}
}

static void random_streams(struct kunit *test)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	struct chance chance;
	int stream, i;

	KUNIT_ASSERT_NOT_NULL(test, model);
	chance_begin(test, &chance);
	for (stream = 0; stream < 100; stream++) {
		struct iso_place place;

		memset(model, 0, sizeof(*model));
		model->clock.uframe = ISO_UFRAME_EPOCH;
		model->clock.ns = 1ULL << 40;
		model->end = (1ULL << 31) - chance_below(&chance, 1 << 16);
		hand_over(&model->stream, &place, false,
			  iso_clock_ns(&model->clock, model->end - 10));
		locate(&model->stream, &place, model->end, true);
		iso_stream_began_at(&model->stream, &place,
				    iso_clock_ns(&model->clock, model->end),
				    iso_clock_ns(&model->clock, model->end));
		model->end += SPAN;
		model->content_end = model->end;
		model->has_content = true;
		for (i = 0; i < 200; i++)
			model_step(test, model, &chance);
	}
}

static struct kunit_case cases[] = {
	CASE(first_transfer, "the first transfer of a pipe has no gap before it"),
	CASE(on_time_limit, "a hand-over is on time up to a frame before the end"),
	CASE(proof_limit, "a hand-over is proven up to what the controller needs before the end"),
	CASE(first_unchecked, "a start frame is exact once a second one fits"),
	CASE(verdict_matrix, "verdicts on a transfer that comes after another"),
	CASE(contradicted_for_good, "a start frame that can not be true ends all belief in them"),
	CASE(estimate_matrix, "verdicts by the clock alone"),
	CASE(taken_back, "what is taken back leaves no trace in the stream"),
	CASE(lead_taken_back, "a lead that is taken back leaves no trace in the stream"),
	CASE(moved_windows, "a stream that was moved moves what is known of its completions"),
	CASE(before_withdrawn, "a start frame before what was withdrawn can not be true"),
	CASE(skipped, "packets that came back without a start frame are no gap"),
	CASE(leads, "packets that lead up to a frame count as the gap they stand for"),
	CASE(leads_first, "packets that lead to a first transfer are no gap"),
	CASE(dropped, "packets that were dropped are no gap"),
	CASE(forgotten, "after a stream that was ended on purpose there is no gap"),
	CASE(began_at, "the controller's start moves the end of the stream"),
	CASE(began_in_doubt, "a start known to a frame makes nothing late within that frame"),
	CASE(begins_in_doubt, "a stream of which nothing was seen may begin when it must"),
	CASE(ended_in_doubt, "an end that was seen may be that of a packet, not of its interval"),
	CASE(ended_at, "the least completion time of two windows is the end of the stream"),
	CASE(random_streams, "any stream is told as it was, over every wrap"),
	{}
};

struct kunit_suite iso_continuity_suite = {
	.name = "continuity",
	.test_cases = cases,
};
