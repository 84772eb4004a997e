// SPDX-License-Identifier: MIT
#include "tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define TRACING "/sys/kernel/tracing"
#define GROUP	"winusb_iso_test"

struct watch {
	char event[64], key[64];
};

static void path_of(char *path, size_t size, const char *event, const char *file)
{
	snprintf(path, size, TRACING "/events/%s/%s", event, file);
}

static int append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -errno : 0;
}

static int trigger(const char *event, const char *format, const char *key)
{
	char path[256], text[256];

	path_of(path, sizeof(path), event, "trigger");
	snprintf(text, sizeof(text), format, key);
	return append(path, text);
}

static void forget_watch(void *argument)
{
	struct watch *watch = argument;

	WORKS(trigger(watch->event, "!hist:keys=%s:size=4096", watch->key));
	free(watch);
}

bool tracefs_watch(const char *event, const char *key)
{
	struct watch *watch;
	char path[256];

	path_of(path, sizeof(path), event, "trigger");
	if (access(path, F_OK))
		return false;
	REQUIRE_WORKS(trigger(event, "hist:keys=%s:size=4096:pause", key));
	watch = calloc(1, sizeof(*watch));
	REQUIRE(watch);
	snprintf(watch->event, sizeof(watch->event), "%s", event);
	snprintf(watch->key, sizeof(watch->key), "%s", key);
	tap_defer(forget_watch, watch);
	return true;
}

static void forget_probe(void *argument)
{
	char text[128];

	snprintf(text, sizeof(text), "-:" GROUP "/%s", (const char *)argument);
	WORKS(append(TRACING "/kprobe_events", text));
	free(argument);
}

void tracefs_probe(const char *name, const char *place)
{
	char *copy = strdup(name), text[256];

	REQUIRE(copy);
	snprintf(text, sizeof(text), "p:" GROUP "/%s winusb_iso:%s", name, place);
	REQUIRE_WORKS(append(TRACING "/kprobe_events", text));
	tap_defer(forget_probe, copy);
}

void tracefs_run(const char *event, const char *key)
{
	REQUIRE_WORKS(trigger(event, "hist:keys=%s:size=4096:cont", key));
}

void tracefs_pause(const char *event, const char *key)
{
	REQUIRE_WORKS(trigger(event, "hist:keys=%s:size=4096:pause", key));
}

static bool ends_blame(const char *line)
{
	/* usb_submit_urb() may be a tail call, and then it is not on the stack. */
	return strstr(line, "usb_submit_urb+") || strstr(line, "usb_hcd_submit_urb+") ||
	       strstr(line, " asm_");
}

struct entry {
	bool inside, ours, settled;
	char text[4096]; /* the whole key */
};

static void take_line(struct entry *entry, const char *line)
{
	size_t used = strlen(entry->text);

	snprintf(entry->text + used, sizeof(entry->text) - used, "# %s", line);
	if (entry->settled)
		return;
	entry->ours = strstr(line, MODULE_SYMBOL);
	entry->settled = entry->ours || ends_blame(line);
}

static void close_entry(const struct entry *entry, unsigned long hits, bool explain,
			struct tracefs_count *count)
{
	if (entry->ours)
		count->ours += hits;
	else
		count->others += hits;
	if (entry->ours && explain)
		tap_note("%lu times from\n%s", hits, entry->text);
}

static void read_line(struct entry *entry, const char *line, bool explain,
		      struct tracefs_count *count)
{
	const char *end = strstr(line, "} hitcount:");

	if (line[0] == '{')
		*entry = (struct entry){ .inside = true };
	if (entry->inside)
		take_line(entry, line);
	if (entry->inside && end) {
		close_entry(entry, strtoul(end + strlen("} hitcount:"), NULL, 10), explain, count);
		entry->inside = false;
	}
	if (strstr(line, "Dropped:"))
		EQUAL(strtoul(strchr(line, ':') + 1, NULL, 10), 0);
}

struct tracefs_count tracefs_read(const char *event, bool explain)
{
	struct tracefs_count count = { 0 };
	struct entry entry = { 0 };
	char path[256], line[512];
	FILE *file;

	path_of(path, sizeof(path), event, "hist");
	file = fopen(path, "re");
	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		read_line(&entry, line, explain, &count);
	fclose(file);
	return count;
}
