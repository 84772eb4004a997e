// SPDX-License-Identifier: MIT
/*
 * A program with a simulated device of its own, in a thread, on a real vhci_hcd: sim.h as other
 * tests use it. Prints TAP.
 */
#include <stdlib.h>
#include <unistd.h>

#include "sim.h"

static int number, bad;

static void check(bool passed, const char *sentence)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++number, sentence);
	if (!passed)
		printf("# last error: %s\n", sim_error());
	bad += !passed;
}

static bool stream(const char *id, const char *arguments, const char *expected)
{
	char command[256], line[256] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "usbfs-stream %s %s", id, arguments);
	pipe = popen(command, "r");
	if (!pipe || !fgets(line, sizeof(line), pipe))
		printf("# %s: no output\n", command);
	if (pipe)
		pclose(pipe);
	if (!strstr(line, expected))
		printf("# %s: %s", command, line);
	return strstr(line, expected) != NULL;
}

static struct sim *plug(enum sim_speed speed, uint16_t product)
{
	struct sim_options options;
	struct sim *sim;

	sim_options_init(&options, speed);
	options.product = product;
	options.lead = speed == SIM_FULL ? 50 : 400;
	sim = sim_new(&options);
	check(sim && !sim_attach(sim) && !sim_start(sim) && !sim_wait_configured(sim, 10000),
	      "a device plugs in, runs in a thread and is configured");
	return sim;
}

static void test_faults(struct sim *sim)
{
	struct sim_pipe_stats stats = { 0 };

	check(stream("1209:0011", "1 0x81 1024 8 8 50", "good 400 bad 0 errors 0 empty 0 gaps 0"),
	      "a clean stream has no gap");
	check(sim_fault(sim, "crc@20+3") == 0, "a fault is added while the device runs");
	check(stream("1209:0011", "1 0x81 1024 8 8 50", "good 397 bad 0 errors 3"),
	      "exactly its three packets are bad");
	check(sim_stats(sim, 0x81, &stats) && stats.packets == 400 && stats.errors == 3,
	      "the device's own counters say the same");
	check(sim_fault(sim, "hole@80:n=9") == 0, "a hole is added");
	check(stream("1209:0011", "1 0x81 1024 8 8 50", "gaps 1 missing 9 status 0"),
	      "the host sees one gap of nine service intervals");
}

static void test_out(struct sim *sim)
{
	struct sim_pipe_stats stats = { 0 };

	check(stream("1209:0012", "1 0x01 192 8 4 20", "good 160"), "a full-speed stream goes out");
	check(sim_stats(sim, 0x01, &stats) && stats.good == 160 && stats.missing == 0 &&
		      stats.jumps == 0 && stats.bytes == 160 * 192,
	      "the sink got every byte");
}

int main(void)
{
	struct sim *high, *full;
	char bus_id[32];

	setvbuf(stdout, NULL, _IOLBF, 0);
	high = plug(SIM_HIGH, 0x11);
	full = plug(SIM_FULL, 0x12);
	check(sim_port(high) >= 0 && sim_port(high) != sim_port(full), "each has its own port");
	check(sim_bus_id(high, bus_id, sizeof(bus_id)) == 0, "the kernel's bus id is known");
	test_faults(high);
	test_out(full);
	check(sim_fault(high, "vanish@100") == 0 &&
		      stream("1209:0011", "1 0x81 1024 8 8 500", "transfers"),
	      "a device that vanishes ends the host's stream");
	check(!sim_connected(high), "it is gone");
	sim_free(high);
	sim_free(full);
	printf("1..%d\n", number);
	return bad != 0;
}
