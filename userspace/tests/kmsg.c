// SPDX-License-Identifier: MIT
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static void close_log(void *argument)
{
	close((int)(intptr_t)argument);
}

void kmsg_start(struct kmsg *kmsg)
{
	memset(kmsg, 0, sizeof(*kmsg));
	kmsg->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	REQUIRE(kmsg->fd >= 0);
	tap_defer(close_log, (void *)(intptr_t)kmsg->fd);
	REQUIRE(lseek(kmsg->fd, 0, SEEK_END) == 0);
}

/* usbcore's words about a driver that comes or goes are not ours. */
static bool is_ours(const char *text)
{
	return !strncmp(text, "winusb_iso", strlen("winusb_iso"));
}

static bool is_complaint(const char *text)
{
	return strstr(text, "cut here") || strstr(text, "WARNING:") || strstr(text, "BUG:") ||
	       strstr(text, "Oops");
}

/* Of WARN() the second line says what it is about. */
static void take_complaint(struct kmsg *kmsg, const char *text)
{
	if (!is_complaint(text))
		return;
	kmsg->warned = true;
	if (!*kmsg->complaint && !strstr(text, "cut here"))
		snprintf(kmsg->complaint, sizeof(kmsg->complaint), "%s", text);
}

/* "6,339,5140900,-;text", then lines of details that begin with a blank. */
static void take_record(struct kmsg *kmsg, char *record)
{
	char *text = strchr(record, ';');
	unsigned int priority;

	REQUIRE(text && sscanf(record, "%u,", &priority) == 1);
	text++;
	text[strcspn(text, "\n")] = '\0';
	take_complaint(kmsg, text);
	if (!is_ours(text))
		return;
	REQUIRE(kmsg->count < KMSG_MAX_LINES);
	kmsg->line[kmsg->count].level = priority & 7;
	snprintf(kmsg->line[kmsg->count++].text, KMSG_LINE_SIZE, "%s", text);
}

void kmsg_read(struct kmsg *kmsg)
{
	char record[8192];
	ssize_t size;

	for (;;) {
		size = read(kmsg->fd, record, sizeof(record) - 1);
		if (size < 0 && errno == EAGAIN)
			return;
		REQUIRE(size > 0);
		record[size] = '\0';
		take_record(kmsg, record);
	}
}

static void show(const struct kmsg *kmsg)
{
	unsigned int i;

	for (i = 0; i < kmsg->count; i++)
		tap_note("  logged: %s", kmsg->line[i].text);
}

void kmsg_expect_silence(struct kmsg *kmsg)
{
	kmsg_read(kmsg);
	CHECK(!kmsg->warned);
	if (!EQUAL(kmsg->count, 0))
		show(kmsg);
}

void kmsg_expect_error(struct kmsg *kmsg, const char *text)
{
	kmsg_read(kmsg);
	CHECK(!kmsg->warned);
	if (!EQUAL(kmsg->count, 1))
		show(kmsg);
	if (!kmsg->count)
		return;
	EQUAL(kmsg->line[0].level, 3);
	SAME_TEXT(kmsg->line[0].text, text);
}
