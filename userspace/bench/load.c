// SPDX-License-Identifier: MIT
/*
 * A loop of lowest priority. It counts its own rounds, of known length: what an interrupt takes
 * from it, it does not count, so that nothing the machine does for a stream is missed.
 */
#include "bench.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ROUND 1003 /* instructions of one round, below */

static volatile uint64_t *rounds;

static inline void __attribute__((noreturn, always_inline)) loop(volatile uint64_t *counter)
{
	__asm__ volatile("1:	movl $500, %%ecx\n"
			 "2:	decl %%ecx\n"
			 "	jnz 2b\n"
			 "	incq (%0)\n"
			 "	jmp 1b\n"
			 :
			 : "r"(counter)
			 : "ecx", "memory", "cc");
	__builtin_unreachable();
}

/* The loop becomes a part of it, and scripts/bench-profile.sh knows the name. */
void load_start(void)
{
	struct sched_param lowest = { 0 };
	pid_t pid;

	rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rounds == MAP_FAILED)
		die("mmap: %m");
	pid = fork();
	if (pid < 0)
		die("fork: %m");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setscheduler(0, SCHED_IDLE, &lowest);
	loop(rounds);
}

uint64_t load_instructions(void)
{
	return *rounds * ROUND;
}
