// SPDX-License-Identifier: MIT
/* The gadget that tests of frames stand on. */
#include "bench.h"

#include "recorder.h"

#define MAX_PACKET 64
#define INSTANCE   "recorder"

static struct {
	struct gadget gadget;
	bool there;
	enum bench_function function;
	const struct gadget_speed *speed;
	unsigned int exponent;
} bench;

static void add_function(enum bench_function function, unsigned int exponent)
{
	if (function == BENCH_RECORDER) {
		gadget_add(&bench.gadget, "ffs." INSTANCE);
		recorder_open(INSTANCE, exponent);
		return;
	}
	gadget_add_source_sink(&bench.gadget, &(const struct gadget_source_sink){
						      .interval = exponent + 1,
						      .max_packet = MAX_PACKET,
						      .pattern = 2,
						      .queue = 8,
					      });
}

void bench_gadget(enum bench_function function, const struct gadget_speed *speed,
		  unsigned int exponent)
{
	if (bench.speed == speed && bench.function == function && bench.exponent == exponent)
		return;
	bench_gadget_gone();
	bench.there = true;
	gadget_make(&bench.gadget, GADGET_PRODUCT);
	add_function(function, exponent);
	gadget_plug(&bench.gadget, speed);
	if (function == BENCH_RECORDER)
		recorder_start();
	bench.function = function;
	bench.speed = speed;
	bench.exponent = exponent;
}

void bench_gadget_gone(void)
{
	if (!bench.there)
		return;
	bench.there = false;
	bench.speed = NULL;
	recorder_finish();
	gadget_unplug(&bench.gadget);
	recorder_close();
	gadget_remove(&bench.gadget);
}

unsigned int bench_alternate(void)
{
	return bench.function == BENCH_SOURCE_SINK;
}

const char *bench_node(void)
{
	return bench.gadget.device.node;
}

static void nothing_open(void)
{
	EQUAL(fixture_module_references(), 0);
}

int bench_main(int argc, char **argv, const struct tap_test *tests, size_t count)
{
	int status;

	tap_after_each(nothing_open);
	status = tap_main(argc, argv, tests, count);
	bench_gadget_gone();
	return status;
}
