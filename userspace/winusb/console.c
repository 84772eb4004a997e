// SPDX-License-Identifier: MIT
/* SetConsoleCtrlHandler(): signals, handed to a thread that runs the handlers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "internal.h"

#define MOST_HANDLERS 16u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* handlers, and starting the thread */
static PHANDLER_ROUTINE handlers[MOST_HANDLERS];
static unsigned int num_handlers;
static int pipe_fds[2] = { -1, -1 };

static const struct {
	int signal;
	DWORD event;
} events[] = {
	{ SIGINT, CTRL_C_EVENT },
	{ SIGQUIT, CTRL_BREAK_EVENT },
	{ SIGTERM, CTRL_CLOSE_EVENT },
};

static void on_signal(int signal)
{
	int error = errno;
	unsigned char byte = (unsigned char)signal;

	if (write(pipe_fds[1], &byte, 1) < 0)
		errno = error;
	errno = error;
}

static DWORD event_of(int signal)
{
	for (unsigned int i = 0; i < ARRAYSIZE(events); i++)
		if (events[i].signal == signal)
			return events[i].event;
	return CTRL_CLOSE_EVENT;
}

/* The youngest handler first, until one says that it was its business. */
static bool run_handlers(DWORD event)
{
	PHANDLER_ROUTINE copy[MOST_HANDLERS];
	unsigned int count;

	pthread_mutex_lock(&lock);
	count = num_handlers;
	for (unsigned int i = 0; i < count; i++)
		copy[i] = handlers[i];
	pthread_mutex_unlock(&lock);
	while (count)
		if (copy[--count](event))
			return true;
	return false;
}

/* As if nobody had caught it. */
static void die_of(int number)
{
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

static void handle_signals(void *unused)
{
	unsigned char byte;

	(void)unused;
	while (read(pipe_fds[0], &byte, 1) == 1 || errno == EINTR)
		if (!run_handlers(event_of(byte)))
			die_of(byte);
}

static DWORD start(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	DWORD error;

	if (pipe_fds[0] >= 0)
		return ERROR_SUCCESS;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return win_error_from_errno(errno);
	error = win_thread_start(handle_signals, NULL);
	if (error) {
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		pipe_fds[0] = -1;
		return error;
	}
	for (unsigned int i = 0; i < ARRAYSIZE(events); i++)
		sigaction(events[i].signal, &action, NULL);
	return ERROR_SUCCESS;
}

static DWORD add(PHANDLER_ROUTINE handler)
{
	DWORD error = start();

	if (error)
		return error;
	if (num_handlers == MOST_HANDLERS)
		return ERROR_NOT_ENOUGH_MEMORY;
	handlers[num_handlers++] = handler;
	return ERROR_SUCCESS;
}

static DWORD remove_youngest(PHANDLER_ROUTINE handler)
{
	unsigned int i = num_handlers;

	while (i && handlers[i - 1] != handler)
		i--;
	if (!i)
		return ERROR_INVALID_PARAMETER;
	for (; i < num_handlers; i++)
		handlers[i - 1] = handlers[i];
	num_handlers--;
	return ERROR_SUCCESS;
}

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add)
{
	DWORD error;

	if (!HandlerRoutine) {
		/* Ctrl+C is ignored, or no longer. */
		signal(SIGINT, Add ? SIG_IGN : pipe_fds[0] >= 0 ? on_signal : SIG_DFL);
		return TRUE;
	}
	pthread_mutex_lock(&lock);
	error = Add ? add(HandlerRoutine) : remove_youngest(HandlerRoutine);
	pthread_mutex_unlock(&lock);
	return error ? win_fail(error) : TRUE;
}
