// SPDX-License-Identifier: MIT
/* A device on dummy_hcd whose two ends are the module iso_probe. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIGFS "/sys/kernel/config"
#define GADGET CONFIGFS "/usb_gadget/probe"
#define FUNCTION GADGET "/functions/IsoProbe.0"
#define CONFIGURATION GADGET "/configs/c.1"
#define DUMMY "/sys/kernel/debug/dummy_hcd.0/"
#define PROBE "/sys/kernel/debug/iso_probe/"
#define PARAMETERS "/sys/module/iso_probe/parameters/"

static const char *const speeds[] = { "full-speed", "high-speed", "super-speed" };

/* --- files --- */

int write_text(const char *path, const char *text)
{
	ssize_t length = (ssize_t)strlen(text);
	int fd = open(path, O_WRONLY | O_TRUNC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, length) != length)
		rc = -errno;
	close(fd);
	return rc;
}

const char *read_text(const char *path)
{
	static char text[2 << 20];
	size_t length = 0;
	ssize_t count;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return strerrorname_np(errno);
	while (length < sizeof(text) - 1) {
		count = read(fd, text + length, sizeof(text) - 1 - length);
		if (count <= 0)
			break;
		length += count;
	}
	close(fd);
	text[length] = '\0';
	return text;
}

static const char *line_of(const char *path)
{
	char *text = (char *)read_text(path);

	text[strcspn(text, "\n")] = '\0';
	return text;
}

int command(const char *format, ...)
{
	char text[160];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return write_text(PROBE "command", text);
}

int knob(const char *name, const char *format, ...)
{
	char path[100], text[100];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(path, sizeof(path), DUMMY "%s", name);
	return write_text(path, text);
}

const char *dummy(const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), DUMMY "%s", name);
	return line_of(path);
}

const char *probe(const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), PROBE "%s", name);
	return line_of(path);
}

static void parameter(const char *name, int value)
{
	char path[100], text[20];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%d", value);
	REQUIRE_WORKS(write_text(path, text));
}

int device_file(const char *name, const char *value)
{
	glob_t found;
	char path[200];
	int rc;

	if (glob("/sys/bus/usb/drivers/iso_probe/*:1.0", 0, NULL, &found))
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/../%s", found.gl_pathv[0], name);
	globfree(&found);
	rc = write_text(path, value);
	return rc;
}

/* --- waiting --- */

bool wait_until(bool (*condition)(void))
{
	int tries;

	for (tries = 0; tries < 2000; tries++) {
		if (condition())
			return true;
		usleep(5000);
	}
	return false;
}

static bool is_bound(void) { return !strcmp(probe("bound"), "1"); }
static bool is_unbound(void) { return !strcmp(probe("bound"), "0"); }

/* --- time --- */

void at(unsigned long long uframe)
{
	REQUIRE_WORKS(knob("uframe", "%llu", uframe));
}

void advance(unsigned long long uframes)
{
	REQUIRE_WORKS(knob("advance", "%llu", uframes));
}

/* --- what is seen --- */

const char *log_text(void)
{
	return read_text(PROBE "log");
}

const char *wait_for_log(unsigned int lines)
{
	static char text[100000];
	size_t length = 0;
	unsigned int seen = 0;
	int tries;

	text[0] = '\0';
	for (tries = 0; seen < lines && tries < 2000; tries++) {
		const char *more = log_text();

		if (tries && !*more)
			usleep(5000);
		for (; *more && length < sizeof(text) - 1; more++) {
			text[length++] = *more;
			seen += *more == '\n';
		}
		text[length] = '\0';
	}
	return text;
}

const char *text_of(const char *format, ...)
{
	static char text[100000];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return text;
}

long long count_of(unsigned int address, const char *name)
{
	char start[20], key[40];
	const char *text = read_text(DUMMY "endpoints"), *line, *field, *end;

	snprintf(start, sizeof(start), "address=0x%02x ", address);
	snprintf(key, sizeof(key), " %s=", name);
	line = strstr(text, start);
	if (!line)
		return -1;
	end = strchrnul(line, '\n');
	field = strstr(line, key);
	return field && field < end ? strtoll(field + strlen(key), NULL, 10) : -1;
}

/* --- the device --- */

static void defaults(void)
{
	WORKS(knob("complete_order", "gadget"));
	WORKS(knob("expire", "0"));
	WORKS(knob("inject", "clear"));
	WORKS(knob("giveback_delay", "0"));
	WORKS(knob("threshold", "8"));
	WORKS(knob("horizon", "8192"));
	WORKS(knob("tick", "8"));
	WORKS(knob("wrap_bits", "14"));
	WORKS(knob("clock", "real"));
}

void unplug(void)
{
	write_text(GADGET "/UDC", "\n");
	CHECK(wait_until(is_unbound));
	unlink(CONFIGURATION "/IsoProbe.0");
	rmdir(CONFIGURATION);
	rmdir(FUNCTION);
	rmdir(GADGET);
}

static void take_away(void *unused)
{
	(void)unused;
	unplug();
	defaults();
	log_text();
}

static unsigned int exponent(unsigned int interval)
{
	unsigned int bits = 1;

	while (interval > 1U << (bits - 1))
		bits++;
	return bits;
}

static int or_default(int value, int standard)
{
	return value ? (value < 0 ? 0 : value) : standard;
}

static void set_parameters(const struct rig *rig)
{
	parameter("interval", exponent(or_default(rig->interval, 1)));
	parameter("maxp", or_default(rig->maxp, 64));
	parameter("mult", rig->mult);
	parameter("burst", rig->burst);
	parameter("bytes", rig->bytes);
	parameter("pairs", or_default(rig->pairs, 1));
	parameter("in_requests", or_default(rig->in_requests, 8));
	parameter("in_length", rig->in_length);
	parameter("out_requests", or_default(rig->out_requests, 8));
	parameter("out_length", rig->out_length);
	parameter("requeue", !rig->once);
}

static void make_gadget(const struct rig *rig)
{
	mkdir(GADGET, 0755);
	mkdir(FUNCTION, 0755);
	mkdir(CONFIGURATION, 0755);
	REQUIRE_WORKS(write_text(GADGET "/idVendor", "0x1209"));
	REQUIRE_WORKS(write_text(GADGET "/idProduct", "0x0d15"));
	REQUIRE_WORKS(write_text(GADGET "/max_speed", speeds[rig->speed]));
	REQUIRE(!symlink(FUNCTION, CONFIGURATION "/IsoProbe.0"));
	REQUIRE_WORKS(write_text(GADGET "/UDC", "dummy_udc.0"));
}

void plug(const struct rig *rig)
{
	static bool mounted;

	if (!mounted)
		mount("none", CONFIGFS, "configfs", 0, NULL);
	mounted = true;
	set_parameters(rig);
	tap_defer(take_away, NULL);
	make_gadget(rig);
	REQUIRE(wait_until(is_bound));
	REQUIRE_WORKS(command("alternate 1"));
	REQUIRE_WORKS(knob("clock", "manual"));
	log_text();
}
