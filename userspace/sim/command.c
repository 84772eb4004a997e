// SPDX-License-Identifier: MIT
/* The control language: one command a line, one answer a line. */
#include "internal.h"

#include <stdlib.h>

static int answer_stats(struct sim *sim, char *answer, size_t size)
{
	FILE *file = fmemopen(answer, size, "w");

	if (!file)
		return sim_fail(errno, "no memory for the statistics");
	sim_stats_json(sim, file);
	fclose(file);
	answer[size - 1] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	return 0;
}

static int execute(struct sim *sim, const char *line, char *answer, size_t size)
{
	snprintf(answer, size, "ok");
	if (!strncmp(line, "fault ", 6))
		return sim_fault(sim, line + 6);
	if (!strcmp(line, "clear"))
		return sim_fault_clear(sim), 0;
	if (!strcmp(line, "release"))
		return sim_release(sim), 0;
	if (!strcmp(line, "vanish"))
		return sim_vanish(sim), 0;
	if (!strcmp(line, "stats"))
		return answer_stats(sim, answer, size);
	return sim_fail(EINVAL,
			"unknown command \"%s\": fault, clear, release, stats, vanish, "
			"stop",
			line);
}

int sim_command(struct sim *sim, const char *line, char *answer, size_t size)
{
	int result = execute(sim, line, answer, size);

	if (result)
		snprintf(answer, size, "error: %s", sim_error());
	return result;
}
