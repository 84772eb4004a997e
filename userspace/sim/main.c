// SPDX-License-Identifier: MIT
/* winusb-iso-sim: the device as a program. */
#include "arguments.h"
#include "control-socket.h"
#include "internal.h"
#include "listen.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define READY_POLL_NS  10000000u
#define READY_LIMIT_NS 10000000000u

struct program {
	struct arguments arguments;
	struct sim *sim;
	struct listener listener;
	struct control control;
	int signal_fd;
	int parent_fd; /* --daemon: the parent waits here for the ready line */
	bool ready, stop, failed;
	uint64_t started;
};

static int complain(int status)
{
	fprintf(stderr, "winusb-iso-sim: %s\n", sim_error());
	return status;
}

static void print_stats(struct program *p)
{
	const char *where = p->arguments.stats;
	FILE *file = stdout;

	if (!where)
		return;
	if (strcmp(where, "-"))
		file = fopen(where, "we");
	if (!file) {
		fprintf(stderr, "winusb-iso-sim: %s: %s\n", where, strerror(errno));
		p->failed = true;
		return;
	}
	sim_stats_json(p->sim, file);
	if (file != stdout)
		fclose(file);
}

static int open_signals(struct program *p)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	p->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signal_fd < 0 ? sim_fail(errno, "signalfd: %s", strerror(errno)) : 0;
}

static void take_signal(struct program *p)
{
	struct signalfd_siginfo info;

	if (read(p->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		print_stats(p);
	else
		p->stop = true;
}

/* A daemon's caller may wait for our standard streams to close. */
static void let_go_of_streams(void)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (null > 2)
		close(null);
}

static void tell_ready(struct program *p, const char *line)
{
	int fd = p->parent_fd >= 0 ? p->parent_fd : p->arguments.ready_fd;

	p->ready = true;
	if (dprintf(fd, "%s\n", line) < 0)
		fprintf(stderr, "winusb-iso-sim: ready descriptor %d: %s\n", fd, strerror(errno));
	if (p->parent_fd < 0)
		return;
	close(p->parent_fd);
	p->parent_fd = -1;
	let_go_of_streams();
}

static void check_ready_attached(struct program *p)
{
	bool late = clock_now(p->sim) - p->started > READY_LIMIT_NS;
	char bus_id[32] = "unknown", line[96];

	if (!sim_connected(p->sim))
		return;
	if (sim_bus_id(p->sim, bus_id, sizeof(bus_id)) && !late)
		return;
	if (p->arguments.wait && !sim_configured(p->sim)) {
		if (!late)
			return;
		sim_fail(ETIMEDOUT, "the kernel did not configure the device");
		p->failed = p->stop = true;
		complain(1);
		return;
	}
	snprintf(line, sizeof(line), "ready: vhci port %d, bus id %s, pid %d", sim_port(p->sim),
		 bus_id, getpid());
	tell_ready(p, line);
}

static void check_ready(struct program *p)
{
	char line[96];

	if (p->ready)
		return;
	if (!p->arguments.listen)
		return check_ready_attached(p);
	snprintf(line, sizeof(line), "ready: listening on %s, bus id " LISTEN_BUS_ID ", pid %d",
		 p->arguments.listen, getpid());
	tell_ready(p, line);
}

static bool timeout_until(struct program *p, struct timespec *timeout)
{
	uint64_t when = 0, now = clock_now(p->sim), wait = 0;
	bool any = sim_next_event(p->sim, &when);

	if (any && when > now)
		wait = when - now;
	if (!p->ready && (!any || wait > READY_POLL_NS))
		wait = READY_POLL_NS;
	timeout->tv_sec = (time_t)(wait / 1000000000u);
	timeout->tv_nsec = (long)(wait % 1000000000u);
	return any || !p->ready;
}

enum {
	FD_DEVICE,
	FD_SIGNAL,
	FD_CONTROL,
	FD_LISTEN = FD_CONTROL + CONTROL_FDS,
	FD_COUNT = FD_LISTEN + LISTEN_FDS
};

static void wait_for_work(struct program *p)
{
	struct pollfd fds[FD_COUNT];
	struct timespec timeout;
	nfds_t count = FD_LISTEN;

	fds[FD_DEVICE] = (struct pollfd){ sim_fd(p->sim), sim_poll_events(p->sim), 0 };
	fds[FD_SIGNAL] = (struct pollfd){ p->signal_fd, POLLIN, 0 };
	control_poll(&p->control, &fds[FD_CONTROL]);
	if (p->arguments.listen) {
		listen_poll(&p->listener, &fds[FD_LISTEN]);
		count = FD_COUNT;
	}
	if (ppoll(fds, count, timeout_until(p, &timeout) ? &timeout : NULL, NULL) <= 0)
		return;
	if (fds[FD_SIGNAL].revents)
		take_signal(p);
	if (control_process(&p->control, &fds[FD_CONTROL], p->sim))
		p->stop = true;
	if (p->arguments.listen)
		listen_process(&p->listener, &fds[FD_LISTEN], p->sim, &p->arguments.options);
}

/* Says why a host was dropped; a host that left by itself is no news. */
static void after_link(struct program *p)
{
	if (*sim_error())
		complain(1);
	p->stop = !p->arguments.listen || p->arguments.once;
}

static void run(struct program *p)
{
	bool was_up = false, up;

	prctl(PR_SET_TIMERSLACK, 1); /* the default of 50 us is half a microframe */
	while (!p->stop) {
		was_up |= sim_connected(p->sim);
		up = sim_process(p->sim);
		if (was_up && !up)
			after_link(p);
		was_up = up;
		check_ready(p);
		if (!p->stop)
			wait_for_work(p);
	}
}

static int add_faults(struct program *p)
{
	unsigned int i;

	for (i = 0; i < p->arguments.n_faults; i++)
		if (sim_fault(p->sim, p->arguments.fault[i]))
			return -1;
	return 0;
}

static int connect_device(struct program *p)
{
	if (open_signals(p) ||
	    control_open(&p->control, p->arguments.control, p->arguments.use_stdin))
		return -1;
	p->started = clock_now(p->sim);
	if (p->arguments.listen)
		return listen_open(&p->listener, p->arguments.listen);
	return sim_attach(p->sim);
}

static int run_program(struct program *p)
{
	if (connect_device(p))
		return complain(1);
	run(p);
	print_stats(p);
	sim_free(p->sim);
	control_close(&p->control);
	if (p->arguments.listen)
		listen_close(&p->listener);
	return p->failed ? 1 : 0;
}

/* The parent's part of --daemon: passes the ready line on, or the failure. */
static int wait_for_child(int fd)
{
	char line[128];
	ssize_t count = read(fd, line, sizeof(line));

	if (count <= 0)
		return 1; /* the child has said why */
	return write(1, line, (size_t)count) == count ? 0 : 1;
}

static int run_daemon(struct program *p)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC)) {
		sim_fail(errno, "pipe: %s", strerror(errno));
		return complain(1);
	}
	child = fork();
	if (child < 0) {
		sim_fail(errno, "fork: %s", strerror(errno));
		return complain(1);
	}
	close(ends[child ? 1 : 0]);
	if (child)
		return wait_for_child(ends[0]);
	setsid();
	p->parent_fd = ends[1];
	return run_program(p);
}

int main(int argc, char **argv)
{
	static struct program program = { .parent_fd = -1 };
	int result = arguments_parse(&program.arguments, argc, argv);

	if (result)
		return result < 0 ? complain(2) : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (program.arguments.send) {
		result = control_send(program.arguments.control, program.arguments.send);
		return result < 0 ? complain(1) : result;
	}
	program.sim = sim_new(&program.arguments.options);
	if (!program.sim || add_faults(&program))
		return complain(2);
	return program.arguments.daemon ? run_daemon(&program) : run_program(&program);
}
