// SPDX-License-Identifier: GPL-2.0-only
/* Bus time from a frame counter, and without one. */

#include <linux/ktime.h>
#include <linux/usb.h>

#include "case.h"
#include "fake_host.h"

static int counter_error;

static int counter(struct usb_device *udev)
{
	return counter_error ?: fake_host_frame(udev);
}

/* The driver's file reads the fake host's clock and counter. */
#define ktime_get_ns			fake_host_now
#define usb_get_current_frame_number	counter
#include "../driver/bus_time.c"
#undef ktime_get_ns
#undef usb_get_current_frame_number

static struct iso_bus_time *begin(struct kunit *test, bool has_counter)
{
	struct iso_bus_time *time = kunit_kzalloc(test, sizeof(*time), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, time);
	counter_error = 0;
	fake_host_begin(ISO_REPORTS_NEVER, 1);
	iso_bus_time_init(time, NULL, has_counter);
	return time;
}

static void counts(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, true);
	int i;

	/* Past the wrap of the counter, whose readings are half of it apart. */
	for (i = 0; i < 100; i++) {
		struct iso_clock now = iso_bus_time_read(time);

		KUNIT_EXPECT_EQ(test, now.uframe, fake_host_bus());
		KUNIT_EXPECT_EQ(test, now.ns, fake_host_now());
		fake_host_advance(4000);
	}
}

static void follows_drift(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, true);
	u64 last = 0;
	int i;

	for (i = 0; i < 1000; i++) {
		struct iso_clock now;

		fake_host_advance(100);
		time->clock.ns += 1000; /* our clock runs slow by 80 ppm */
		now = iso_bus_time_read(time);
		KUNIT_EXPECT_GE(test, now.uframe, last);
		KUNIT_EXPECT_LE(test, now.uframe, fake_host_bus() + 8);
		KUNIT_EXPECT_GE(test, now.uframe + 8, fake_host_bus());
		last = now.uframe;
	}
}

static void expect_doubt(struct kunit *test, struct iso_bus_time *time, u64 uframes)
{
	const u64 uframe = fake_host_bus() + 1000;
	const u64 ns = fake_host_now() + 1000 * ISO_NS_PER_UFRAME;
	u64 latest_ns;

	iso_bus_time_read(time);
	KUNIT_EXPECT_EQ(test, iso_bus_time_when(time, uframe, &latest_ns), ns);
	KUNIT_EXPECT_EQ(test, latest_ns, ns + uframes * ISO_NS_PER_UFRAME);
}

/* The estimate is exact all the time, but nobody can know. */
static void bounds(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, true);

	fake_host_advance(5);
	expect_doubt(test, time, 5);
	fake_host_advance(8 + 7);
	expect_doubt(test, time, 4);	/* the fourth of its frame, which it says itself */
	fake_host_advance(8 + 5);
	expect_doubt(test, time, 1);
	fake_host_advance(8 + 7);
	expect_doubt(test, time, 0);
	fake_host_advance(16 + 7);
	expect_doubt(test, time, 0);
	time->least.ns -= ISO_NS_PER_UFRAME;	/* the bus has stood still */
	expect_doubt(test, time, 7);
	fake_host_advance(1);
	expect_doubt(test, time, 0);
}

/* By chance the counter goes on where it would be, but for a microframe or so. */
static void doubts(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, true);

	fake_host_advance(8);
	expect_doubt(test, time, 0);
	fake_host_advance(5);
	expect_doubt(test, time, 0);
	iso_bus_time_doubt(time);
	expect_doubt(test, time, 5);
}

/* Where there is no counter, what is not known is not a frame. */
static void no_bounds(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, false);

	fake_host_advance(5);
	expect_doubt(test, time, 0);
}

static void never_backwards(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, true);
	u64 before;

	fake_host_advance(1000);
	before = iso_bus_time_read(time).uframe;
	time->clock.uframe -= 500;
	counter_error = -ENODEV;
	KUNIT_EXPECT_EQ(test, iso_bus_time_read(time).uframe, before);
	fake_host_advance(501);
	KUNIT_EXPECT_EQ(test, iso_bus_time_read(time).uframe, before + 1);
}

static void adopts(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, false);
	u64 near = ISO_UFRAME_EPOCH + 500;

	KUNIT_EXPECT_EQ(test, iso_bus_time_adopt(time, near, 77) & 2047,
			(u32)near & 2047);
	KUNIT_EXPECT_EQ(test, iso_bus_time_adopt(time, near, 85) & 2047,
			(u32)(near + 8) & 2047);
	KUNIT_EXPECT_EQ(test, iso_bus_time_foreign(time, near), 77U);
	KUNIT_EXPECT_EQ(test, iso_bus_time_foreign(time, near + 2047), 76U);
}

static void observes(struct kunit *test)
{
	struct iso_bus_time *time = begin(test, false);
	u64 bus;

	fake_host_advance(1000);
	bus = fake_host_bus();
	iso_bus_time_observe(time, bus - 512, fake_host_now());
	KUNIT_EXPECT_EQ_MSG(test, iso_bus_time_clock(time).uframe,
			    ISO_UFRAME_EPOCH, "possible");
	iso_bus_time_observe(time, bus + 5, fake_host_now());
	KUNIT_EXPECT_EQ_MSG(test, iso_bus_time_read(time).uframe, bus + 5,
			    "the clock was late");
	time->has_counter = true;
	iso_bus_time_observe(time, bus + 500, fake_host_now());
	KUNIT_EXPECT_EQ_MSG(test, iso_bus_time_clock(time).uframe, bus + 5,
			    "the counter knows better");
}

static struct kunit_case cases[] = {
	CASE(counts, "a frame counter is extended over its wraps"),
	CASE(follows_drift, "bus time follows the counter when the clock drifts"),
	CASE(bounds, "readings at both sides of a frame's end bound bus time to the microframe"),
	CASE(doubts, "after sleep no reading from before bounds bus time"),
	CASE(no_bounds, "without a counter the estimate is all there is"),
	CASE(never_backwards, "bus time never runs backwards"),
	CASE(adopts, "the first report tells what the other machine counts"),
	CASE(observes, "a completion corrects the clock only where no counter is"),
	{}
};

struct kunit_suite iso_bus_time_suite = {
	.name = "bus_time",
	.test_cases = cases,
};
