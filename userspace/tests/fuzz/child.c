// SPDX-License-Identifier: MIT
#include "child.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"

#define CASE   "/tmp/fuzz-case"
#define OUTPUT "/tmp/fuzz-output"
#define TRIES  400u

static const char *cover;

void child_cover(const char *path)
{
	cover = path;
}

bool child_fails(const struct op_case *one)
{
	int status, output;
	pid_t pid;

	if (!op_write(one, CASE))
		return false;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		output = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(output, 1);
		execl("/proc/self/exe", "fuzz", "run", CASE, cover, NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) != pid || status;
}

static void print_file(const char *path, const char *before)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		printf("# %s%s", before, line);
	if (file)
		fclose(file);
}

void child_report(struct op_case *one)
{
	unsigned int tried;

	print_file(OUTPUT, "  ");
	alarm(0);
	tried = op_minimise(one, child_fails, TRIES);
	op_write(one, CASE);
	tap_note("after %u tries it is (for fuzz run):", tried);
	print_file(CASE, "");
}
