// SPDX-License-Identifier: MIT
/* The knobs and counters of dummy_hcd.0's isochronous side. */
#include "dummy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define KNOBS "/sys/kernel/debug/dummy_hcd.0/"

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, KNOBS "%s", name);
}

int dummy_write(const char *name, const char *text)
{
	ssize_t size = (ssize_t)strlen(text);
	char path[64];
	int fd, err;

	path_of(path, sizeof(path), name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, text, (size_t)size) == size ? 0 : -errno;
	close(fd);
	return err;
}

static int write_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return dummy_write(name, text);
}

uint64_t dummy_get(const char *name)
{
	unsigned long long value;
	char path[64];
	FILE *file;

	path_of(path, sizeof(path), name);
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(fscanf(file, "%llu", &value) == 1);
	fclose(file);
	return value;
}

struct knob {
	char name[32];
	uint64_t value;
};

static void restore(void *argument)
{
	struct knob *knob = argument;

	WORKS(write_number(knob->name, knob->value));
	free(knob);
}

void dummy_set(const char *name, uint64_t value)
{
	struct knob *before = calloc(1, sizeof(*before));

	REQUIRE(before);
	snprintf(before->name, sizeof(before->name), "%s", name);
	before->value = dummy_get(name);
	REQUIRE_WORKS(write_number(name, value));
	tap_defer(restore, before);
}

static void clear_faults(void *unused)
{
	(void)unused;
	WORKS(dummy_write("inject", "clear"));
}

void dummy_inject(uint8_t address, const char *fault, unsigned int count, unsigned int skip)
{
	char text[64];

	snprintf(text, sizeof(text), "%02x %s %u %u", address, fault, count, skip);
	REQUIRE_WORKS(dummy_write("inject", text));
	tap_defer(clear_faults, NULL);
}

static uint64_t value_of(const char *line, const char *key)
{
	const char *found = strstr(line, key);

	if (!found) {
		tap_note("no %s in: %s", key, line);
		REQUIRE(!"the line has the key");
	}
	return strtoull(found + strlen(key), NULL, 0);
}

static void parse(const char *line, struct dummy_endpoint *endpoint)
{
	*endpoint = (struct dummy_endpoint){
		.next_uframe = value_of(line, " next_uframe="),
		.queued_urbs = value_of(line, " queued_urbs="),
		.packets = value_of(line, " packets="),
		.missed = value_of(line, " missed="),
		.late = value_of(line, " late="),
		.bytes = value_of(line, " bytes="),
		.errors = value_of(line, " errors="),
	};
}

bool dummy_endpoint(uint8_t address, struct dummy_endpoint *endpoint)
{
	bool found = false;
	char line[256], *at;
	FILE *file;

	file = fopen(KNOBS "endpoints", "re");
	REQUIRE(file);
	while (!found && fgets(line, sizeof(line), file)) {
		at = strstr(line, "address=");
		found = at && strtoul(at + strlen("address="), NULL, 16) == address;
	}
	fclose(file);
	if (found)
		parse(line, endpoint);
	return found;
}
