// SPDX-License-Identifier: MIT
/* Where the configuration files are. They are read at every enumeration: changes count at once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#define SYSTEM_FILE	"/etc/winusb.conf"
#define MOST_BYTES	(1u << 20)
#define MOST_COMPLAINTS 64u

struct search {
	const char *path;
	const struct win_config_device *device;
	bool first;
	struct win_guids *guids;
};

static void match(void *arg, const GUID *guid, const struct win_config_device *device)
{
	const struct search *search = arg;

	if (device->vendor_id != search->device->vendor_id ||
	    device->product_id != search->device->product_id)
		return;
	if (device->interface_number < 0 ?
		    search->first :
		    device->interface_number == search->device->interface_number)
		win_guids_add(search->guids, guid);
}

/* Each once in the life of the process. */
static bool is_news(const char *path, unsigned int line)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint64_t known[MOST_COMPLAINTS];
	static unsigned int count;
	uint64_t hash = line;
	bool news = true;

	for (; *path; path++)
		hash = hash * 31 + (unsigned char)*path;
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < count; i++)
		news = news && known[i] != hash;
	news = news && count < MOST_COMPLAINTS;
	if (news)
		known[count++] = hash;
	pthread_mutex_unlock(&lock);
	return news;
}

static void complain(void *arg, unsigned int line, const char *problem)
{
	const struct search *search = arg;

	if (is_news(search->path, line))
		fprintf(stderr, "%s:%u: %s\n", search->path, line, problem);
}

/* The whole file, to be freed; NULL: there is none, or it is not to be read. */
static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text;

	if (!file)
		return NULL;
	text = malloc(MOST_BYTES);
	*size = text ? fread(text, 1, MOST_BYTES, file) : 0;
	fclose(file);
	return text;
}

static void search_file(struct search *search, const char *path)
{
	struct win_config_sink sink = { .match = match, .complain = complain, .arg = search };
	size_t size;
	char *text = read_file(path, &size);

	if (!text)
		return;
	search->path = path;
	win_config_parse(text, size, &sink);
	free(text);
}

/* secure_getenv(): a program with privileges does not believe its caller. */
static void search_user_file(struct search *search)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");
	char *path = NULL;

	if (base && *base == '/') {
		if (asprintf(&path, "%s/winusb.conf", base) < 0)
			return;
	} else if (!home || asprintf(&path, "%s/.config/winusb.conf", home) < 0) {
		return;
	}
	search_file(search, path);
	free(path);
}

void win_config_guids(const struct win_config_device *device, bool first, struct win_guids *guids)
{
	struct search search = { .device = device, .first = first, .guids = guids };
	const char *named = secure_getenv("WINUSB_CONFIG");

	search_file(&search, SYSTEM_FILE);
	search_user_file(&search);
	if (named && *named)
		search_file(&search, named);
}
