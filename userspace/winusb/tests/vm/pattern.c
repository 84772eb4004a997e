// SPDX-License-Identifier: MIT
/*
 * The simulated device's test pattern in files: what players play, and whether readers read it.
 *
 *	pattern make ADDRESS SIZE PACKETS FIRST >FILE
 *	pattern check ADDRESS SIZE GROUP <FILE		packets of a group follow on each other, and
 *							groups in time; prints how many packets
 */
#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>

static int make(uint8_t address, size_t size, unsigned long packets, uint64_t counter)
{
	uint8_t *data = malloc(size);

	for (unsigned long i = 0; data && i < packets; i++) {
		sim_pattern_fill(data, size, address, counter + i);
		if (fwrite(data, 1, size, stdout) != size)
			return 1;
	}
	free(data);
	return !data || fflush(stdout) != 0;
}

static int check(uint8_t address, size_t size, unsigned long group)
{
	uint8_t *data = malloc(size);
	unsigned long count = 0;
	uint64_t counter = 0, got;

	while (data && fread(data, 1, size, stdin) == size) {
		got = sim_pattern_counter(data);
		if (!sim_pattern_matches(data, size, address, got) ||
		    (count % group ? got != counter + 1 : count && got <= counter)) {
			printf("packet %lu is wrong\n", count);
			return 1;
		}
		counter = got;
		count++;
	}
	free(data);
	printf("%lu packets\n", count);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t address;
	size_t size;

	if (argc < 5)
		return 2;
	address = (uint8_t)strtoul(argv[2], NULL, 0);
	size = strtoul(argv[3], NULL, 0);
	if (argv[1][0] == 'm' && argc == 6)
		return make(address, size, strtoul(argv[4], NULL, 0), strtoull(argv[5], NULL, 0));
	return check(address, size, strtoul(argv[4], NULL, 0));
}
