// SPDX-License-Identifier: MIT
#include "stage.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fixture.h"
#include "../kmsg.h"
#include "cover.h"
#include "device.h"
#include "plug.h"

#define OUTPUT	      "/tmp/fuzz-output"
#define CASES	      1500u /* of a stage */
#define MOST_SUSPECTS 50u
#define TRIES	      400u
#define ONCE_MORE     "/sys/kernel/debug/clear_warn_once"

/* What a stage answers. */
enum answer { GOOD = 'g', GONE = 'e', BAD = 'b' };

/* What both sides see. */
static struct shared {
	struct op_case one;
	bool anew;
	char complaint[KMSG_LINE_SIZE];
} * shared;

static struct {
	pid_t pid;
	int order, answer;
	unsigned int cases;
} stage;

/* Those of the last stage. */
static struct op_case *past[CASES];

static void remember(unsigned int number, const struct op_case *one)
{
	free(past[number]);
	past[number] = malloc(offsetof(struct op_case, op) + one->count * sizeof(*one->op));
	REQUIRE(past[number]);
	op_copy(past[number], one, one->count);
}

/* --- in the stage --- */

static int order_end, answer_end;
static struct kmsg kmsg;

static void *watch(void *ready)
{
	cover_threads_of_kernel();
	sem_post(ready);
	for (;;)
		pause();
	return NULL;
}

/* A thread that sees those of the kernel sees nothing of its own. */
static void watch_kernel(void)
{
	static sem_t ready;
	pthread_t thread;

	sem_init(&ready, 0, 0);
	REQUIRE(!pthread_create(&thread, NULL, watch, &ready));
	while (sem_wait(&ready))
		;
}

/* Warnings that the kernel gives once, once more. */
static void warn_again(void)
{
	int fd = open(ONCE_MORE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	REQUIRE(write(fd, "1", 1) == 1);
	close(fd);
}

static bool carry_out(bool *gone)
{
	bool well;

	cover_forget_kernel();
	kmsg.count = 0;
	if (shared->one.family == OP_DEVICE)
		well = device_case(&shared->one);
	else
		well = plug_case(shared->anew, gone);
	kmsg_read(&kmsg);
	snprintf(shared->complaint, sizeof(shared->complaint), "%s", kmsg.complaint);
	return CHECK(!kmsg.warned) && well;
}

/* Until nobody wants any more, or one has failed. */
static void serve(void)
{
	enum answer answer = GOOD;
	char order;

	warn_again();
	kmsg_start(&kmsg);
	if (cover_used())
		cover_open();
	plug_start(&shared->one);
	if (cover_used())
		watch_kernel();
	while (answer != BAD && read(order_end, &order, 1) == 1) {
		bool gone = false;

		alarm(TAP_TIME_LIMIT);
		answer = !carry_out(&gone) ? BAD : gone ? GONE : GOOD;
		fflush(stdout);
		order = (char)answer;
		REQUIRE(write(answer_end, &order, 1) == 1);
	}
}

static const struct tap_test tests[] = {
	{ "the cases leave kernel and devices whole", serve },
};

static void run_stage(void)
{
	static char name[] = "stage", *argv[] = { name, NULL };
	int output = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	dup2(output, 1);
	tap_after_each(fixture_nothing_left);
	_exit(TAP_MAIN(1, argv, tests));
}

/* --- beside it --- */

static void begin(void)
{
	int orders[2], answers[2];

	if (!shared)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(shared != MAP_FAILED);
	REQUIRE(!pipe2(orders, O_CLOEXEC) && !pipe2(answers, O_CLOEXEC));
	fflush(stdout);
	signal(SIGPIPE, SIG_IGN);
	stage.cases = 0;
	stage.order = orders[1];
	stage.answer = answers[0];
	stage.pid = fork();
	REQUIRE(stage.pid >= 0);
	if (!stage.pid) {
		close(orders[1]);
		close(answers[0]);
		order_end = orders[0];
		answer_end = answers[1];
		run_stage();
	}
	close(orders[0]);
	close(answers[1]);
}

bool stage_fresh(void)
{
	int status = -1;

	if (!stage.pid)
		return true;
	close(stage.order);
	close(stage.answer);
	REQUIRE(waitpid(stage.pid, &status, 0) == stage.pid);
	stage.pid = 0;
	return !status;
}

/* Nothing if it came to an end. */
static enum answer ask(const struct op_case *one)
{
	char answer = 'g';

	op_copy(&shared->one, one, one->count);
	shared->complaint[0] = '\0';
	if (write(stage.order, &answer, 1) != 1 || read(stage.answer, &answer, 1) != 1)
		return BAD;
	return (enum answer)answer;
}

static bool fails(const struct op_case *one, bool anew)
{
	enum answer answer;

	if (!stage.pid)
		begin();
	remember(stage.cases, one);
	shared->anew = anew;
	answer = ask(one);
	stage.cases++;
	if (answer == GOOD && stage.cases < CASES)
		return false;
	return !stage_fresh() || answer == BAD;
}

bool stage_fails(const struct op_case *one)
{
	return fails(one, false);
}

bool stage_fails_anew(const struct op_case *one)
{
	return fails(one, true);
}

const char *stage_complaint(void)
{
	return shared ? shared->complaint : "";
}

void stage_said(void)
{
	FILE *file = fopen(OUTPUT, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		printf("#   %s", line);
	if (file)
		fclose(file);
}

static void print_case(const struct op_case *one)
{
	char text[OP_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i <= one->count; i++) {
		op_text(one, i, text);
		tap_note("%s", text);
	}
}

/* Alone from plugging in to unplugging. */
static bool fails_alone(const struct op_case *one)
{
	bool bad, left;

	stage_fresh();
	bad = stage_fails(one);
	left = !stage_fresh();
	return bad || left;
}

/* While no device goes the next try finds it as a new one, and much sooner. */
static void make_small(struct op_case *one)
{
	unsigned int tried;

	stage_fresh();
	tried = op_minimise(one, stage_fails_anew(one) ? stage_fails_anew : fails_alone, TRIES);
	tap_note("after %u tries it is (for fuzz run):", tried);
	print_case(one);
	if (fails_alone(one))
		stage_said();
}

/* The last, or one before it, of which what it left was seen late. */
static bool find_culprit(struct op_case *one, unsigned int count)
{
	static struct op_case *before[CASES];
	bool found = false;
	unsigned int i;

	memcpy(before, past, sizeof(before));
	memset(past, 0, sizeof(past));
	for (i = count; i-- && !found && count - i < MOST_SUSPECTS;) {
		op_copy(one, before[i], before[i]->count);
		found = fails_alone(one);
	}
	if (!found)
		tap_note("alone none of these fails, the last first:");
	for (i = count; i-- && !found && count - i < MOST_SUSPECTS;)
		print_case(before[i]);
	for (i = 0; i < CASES; i++)
		free(before[i]);
	return found;
}

void stage_report(void)
{
	static struct op_case one;

	alarm(0);
	stage_said();
	if (find_culprit(&one, stage.cases))
		make_small(&one);
}
