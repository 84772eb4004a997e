// SPDX-License-Identifier: MIT
/* Packet lengths that repeat, such as 176*9,180 for 44.1 kHz stereo. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

static bool take_number(const char **text, uint64_t most, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0 && *value <= most;
}

static bool append(struct packet_pattern *pattern, uint32_t length, uint64_t times)
{
	uint32_t *grown;

	if (!times || pattern->count + times > MAX_PATTERN_PACKETS)
		return false;
	grown = reallocarray(pattern->lengths, pattern->count + times, sizeof(*grown));
	if (!grown)
		return false;
	pattern->lengths = grown;
	while (times--)
		grown[pattern->count++] = length;
	return true;
}

/* LENGTH or LENGTH*TIMES, then a comma or the end. */
static bool take_item(const char **text, uint32_t most, struct packet_pattern *pattern,
		      const char **problem)
{
	uint64_t length, times = 1;

	*problem = "not packet lengths (such as 192, or 176*9,180, or full)";
	if (!take_number(text, UINT32_MAX, &length))
		return false;
	if (**text == '*') {
		(*text)++;
		if (!take_number(text, MAX_PATTERN_PACKETS, &times))
			return false;
	}
	if (**text && **text != ',')
		return false;
	if (length > most) {
		*problem = "a packet is longer than the pipe's maximum";
		return false;
	}
	return append(pattern, length, times);
}

static bool carries_data(const struct packet_pattern *pattern)
{
	size_t i;

	for (i = 0; i < pattern->count; i++)
		if (pattern->lengths[i])
			return true;
	return false;
}

bool parse_pattern(const char *text, uint32_t most, struct packet_pattern *pattern,
		   const char **problem)
{
	*pattern = (struct packet_pattern){ 0 };
	if (!strcmp(text, "full"))
		return true;
	for (;;) {
		if (!take_item(&text, most, pattern, problem))
			break;
		if (!*text) {
			if (carries_data(pattern))
				return true;
			*problem = "packets of no length only would never send anything";
			break;
		}
		text++;
	}
	free_pattern(pattern);
	return false;
}

void free_pattern(struct packet_pattern *pattern)
{
	free(pattern->lengths);
	*pattern = (struct packet_pattern){ 0 };
}
