// SPDX-License-Identifier: MIT
#include <string.h>

#include "parse.h"
#include "tap.h"

static const char *problem;

static bool device_is(const char *text, enum device_spec_kind kind, const char *path, int vendor,
		      int product, int interface)
{
	struct device_spec spec;

	return parse_device(text, &spec, &problem) && spec.kind == kind &&
	       !strcmp(spec.path, path) && spec.vendor == vendor && spec.product == product &&
	       spec.interface == interface;
}

static bool device_refused(const char *text)
{
	struct device_spec spec;

	problem = NULL;
	return !parse_device(text, &spec, &problem) && problem;
}

static void devices(void)
{
	char long_path[400] = "/";

	CHECK(device_is("/dev/winusb-iso3", DEVICE_PATH, "/dev/winusb-iso3", 0, 0, -1));
	CHECK(device_is("./node", DEVICE_PATH, "./node", 0, 0, -1));
	CHECK(device_is("0", DEVICE_PATH, "/dev/winusb-iso0", 0, 0, -1));
	CHECK(device_is("12", DEVICE_PATH, "/dev/winusb-iso12", 0, 0, -1));
	CHECK(device_is("winusb-iso1", DEVICE_PATH, "/dev/winusb-iso1", 0, 0, -1));
	CHECK(device_is("1209:0001", DEVICE_ID, "", 0x1209, 1, -1));
	CHECK(device_is("1209:0001:2", DEVICE_ID, "", 0x1209, 1, 2));
	CHECK(device_is("AbCd:eF01:255", DEVICE_ID, "", 0xabcd, 0xef01, 255));
	CHECK(device_is("1-2", DEVICE_NAME, "1-2", 0, 0, -1));
	CHECK(device_is("3-1.4.2:1.0", DEVICE_NAME, "3-1.4.2:1.0", 0, 0, -1));
	CHECK(device_refused(""));
	CHECK(device_refused("1209:1"));
	CHECK(device_refused("1209:0001:"));
	CHECK(device_refused("1209:0001:256"));
	CHECK(device_refused("1209:0001:x"));
	CHECK(device_refused("1209:00g1"));
	CHECK(device_refused("1209:00011"));
	CHECK(device_refused("-1"));
	CHECK(device_refused("123456"));
	CHECK(device_refused("winusb-isoX"));
	memset(long_path + 1, 'x', sizeof(long_path) - 2);
	CHECK(device_refused(long_path));
}

static bool pipe_is(const char *text, int address)
{
	uint8_t pipe = 0;

	return parse_pipe(text, &pipe, &problem) && pipe == address;
}

static bool pipe_refused(const char *text)
{
	uint8_t pipe = 7;

	return !parse_pipe(text, &pipe, &problem) && pipe == 7;
}

static void pipes(void)
{
	CHECK(pipe_is("0x81", 0x81));
	CHECK(pipe_is("0X8F", 0x8f));
	CHECK(pipe_is("1", 1));
	CHECK(pipe_is("129", 0x81));
	CHECK(pipe_refused("0x80"));
	CHECK(pipe_refused("0"));
	CHECK(pipe_refused("0x10"));
	CHECK(pipe_refused("0x181"));
	CHECK(pipe_refused("81h"));
	CHECK(pipe_refused("0x"));
	CHECK(pipe_refused(""));
	CHECK(pipe_refused("-1"));
}

static bool duration_is(const char *text, uint64_t ns)
{
	uint64_t value = 0;

	return parse_duration(text, &value, &problem) && value == ns;
}

static bool duration_refused(const char *text)
{
	uint64_t value = 7;

	return !parse_duration(text, &value, &problem) && value == 7;
}

static void durations(void)
{
	CHECK(duration_is("10", 10000000000));
	CHECK(duration_is("10s", 10000000000));
	CHECK(duration_is("1.5s", 1500000000));
	CHECK(duration_is("0.125ms", 125000));
	CHECK(duration_is("250ms", 250000000));
	CHECK(duration_is("125us", 125000));
	CHECK(duration_is("2m", 120000000000));
	CHECK(duration_is("2min", 120000000000));
	CHECK(duration_is("1h", 3600000000000));
	CHECK(duration_is("0.000000001", 1));
	CHECK(duration_refused(""));
	CHECK(duration_refused("s"));
	CHECK(duration_refused("0"));
	CHECK(duration_refused("0.0000000001"));
	CHECK(duration_refused("1 s"));
	CHECK(duration_refused("1x"));
	CHECK(duration_refused("-1"));
	CHECK(duration_refused("1."));
	CHECK(duration_refused(".5"));
	CHECK(duration_refused("1.2.3"));
	CHECK(duration_refused("99999999999h"));
	CHECK(duration_refused("99999999999999999999"));
}

static bool size_is(const char *text, uint64_t bytes)
{
	uint64_t value = 0;

	return parse_size(text, &value, &problem) && value == bytes;
}

static bool size_refused(const char *text)
{
	uint64_t value = 7;

	return !parse_size(text, &value, &problem) && value == 7;
}

static void sizes(void)
{
	CHECK(size_is("4096", 4096));
	CHECK(size_is("64k", 65536));
	CHECK(size_is("64K", 65536));
	CHECK(size_is("8M", 8388608));
	CHECK(size_is("1G", 1073741824));
	CHECK(size_is("1.5k", 1536));
	CHECK(size_refused("0"));
	CHECK(size_refused("k"));
	CHECK(size_refused("1T"));
	CHECK(size_refused("18446744073709551615G"));
	CHECK(size_refused("18446744073709551616"));
}

static bool pattern_is(const char *text, size_t count, const uint32_t *lengths)
{
	struct packet_pattern pattern;
	bool ok = parse_pattern(text, 1024, &pattern, &problem) && pattern.count == count &&
		  (!count || !memcmp(pattern.lengths, lengths, count * sizeof(*lengths)));

	free_pattern(&pattern);
	return ok;
}

static bool pattern_refused(const char *text)
{
	struct packet_pattern pattern;

	return !parse_pattern(text, 1024, &pattern, &problem) && !pattern.lengths && !pattern.count;
}

static void patterns(void)
{
	CHECK(pattern_is("full", 0, NULL));
	CHECK(pattern_is("192", 1, (uint32_t[]){ 192 }));
	CHECK(pattern_is("176,180", 2, (uint32_t[]){ 176, 180 }));
	CHECK(pattern_is("176*3,180", 4, (uint32_t[]){ 176, 176, 176, 180 }));
	CHECK(pattern_is("0,1024", 2, (uint32_t[]){ 0, 1024 }));
	CHECK(pattern_refused(""));
	CHECK(pattern_refused("1025"));
	CHECK(pattern_refused("176,"));
	CHECK(pattern_refused(",176"));
	CHECK(pattern_refused("176;180"));
	CHECK(pattern_refused("0"));
	CHECK(pattern_refused("0*9"));
	CHECK(pattern_refused("176*0"));
	CHECK(pattern_refused("176*65537"));
	CHECK(pattern_refused("1*65536,1"));
	CHECK(pattern_refused("99999999999999999999"));
	CHECK(pattern_refused("-1"));
}

static void numbers(void)
{
	uint64_t value = 7;

	CHECK(parse_number("10", 1, 10, &value, &problem) && value == 10);
	CHECK(!parse_number("11", 1, 10, &value, &problem) && !strcmp(problem, "too large"));
	CHECK(!parse_number("0", 1, 10, &value, &problem) && !strcmp(problem, "too small"));
	CHECK(!parse_number("ten", 1, 10, &value, &problem) && !strcmp(problem, "not a number"));
	CHECK(!parse_number("1 ", 1, 10, &value, &problem));
	CHECK(!parse_number(" 1", 1, 10, &value, &problem));
	CHECK(!parse_number("+1", 1, 10, &value, &problem));
	CHECK(value == 10);
}

void test_parsers(void)
{
	TEST("a device is named by node, number, ids or the kernel's name, and by nothing else",
	     devices);
	TEST("a pipe is an endpoint address", pipes);
	TEST("a duration has a unit or is in seconds, and is not zero", durations);
	TEST("a size counts in powers of 1024, and is not zero", sizes);
	TEST("a packet pattern is a list of lengths that carries something", patterns);
	TEST("a number is digits within its limits", numbers);
}
