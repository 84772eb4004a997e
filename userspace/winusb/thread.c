// SPDX-License-Identifier: MIT
/* Threads: CreateThread(), _beginthreadex(), and a handle for any other thread of the process. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC visibility push(default)
#include <process.h>
#pragma GCC visibility pop

#include "thread.h"

struct win_thread {
	struct win_waitable waitable;
	DWORD id;
	LPTHREAD_START_ROUTINE start;
	void *parameter;

	/* lock of waits */
	bool ended;
	DWORD exit_code;
	int priority;

	pthread_mutex_t lock; /* everything below */
	pthread_cond_t changed;
	bool running; /* its id is known */
	bool suspended;
};

static bool thread_is_signaled(struct win_waitable *object, DWORD thread)
{
	(void)thread;
	return ((struct win_thread *)(void *)object)->ended;
}

static const struct win_wait_class thread_wait = { .is_signaled = thread_is_signaled };

static void thread_free(struct win_object *object)
{
	struct win_thread *thread = (struct win_thread *)(void *)object;

	pthread_cond_destroy(&thread->changed);
	pthread_mutex_destroy(&thread->lock);
	free(thread);
}

const struct win_class win_thread_class = {
	.name = "thread",
	.close_handle = true,
	.waitable = true,
	.free = thread_free,
};

/* ---- The current thread and its end --------------------------------------- */

#define MOST_AT_EXIT 4

static __thread struct win_thread *current;
static __thread DWORD current_id;
static __thread void (*at_exit[MOST_AT_EXIT])(void);
static __thread unsigned int num_at_exit;
static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static void end_thread(struct win_thread *thread)
{
	win_wait_lock();
	thread->ended = true;
	win_wait_changed(&thread->waitable);
	win_wait_unlock();
	win_object_put(&thread->waitable.object);
}

static void run_at_exit(void *unused)
{
	struct win_thread *thread = current;

	(void)unused;
	while (num_at_exit)
		at_exit[--num_at_exit]();
	current = NULL;
	if (thread)
		end_thread(thread);
}

static void make_exit_key(void)
{
	pthread_key_create(&exit_key, run_at_exit);
}

/* From now on run_at_exit() runs when this thread ends. */
static void watch_exit(void)
{
	pthread_once(&exit_once, make_exit_key);
	pthread_setspecific(exit_key, &exit_key);
}

void win_thread_at_exit(void (*run)(void))
{
	for (unsigned int i = 0; i < num_at_exit; i++)
		if (at_exit[i] == run)
			return;
	watch_exit();
	if (num_at_exit < MOST_AT_EXIT)
		at_exit[num_at_exit++] = run;
}

DWORD WINAPI GetCurrentThreadId(void)
{
	if (!current_id)
		current_id = (DWORD)syscall(SYS_gettid);
	return current_id;
}

static struct win_thread *new_thread(void)
{
	struct win_thread *thread = calloc(1, sizeof(*thread));

	if (!thread)
		return win_fail_null(ERROR_NOT_ENOUGH_MEMORY);
	win_waitable_init(&thread->waitable, &win_thread_class, &thread_wait);
	pthread_mutex_init(&thread->lock, NULL);
	pthread_cond_init(&thread->changed, NULL);
	thread->exit_code = STILL_ACTIVE;
	return thread;
}

struct win_object *win_thread_current(void)
{
	if (!current) {
		struct win_thread *thread = new_thread();

		if (!thread)
			return NULL;
		thread->id = GetCurrentThreadId();
		thread->running = true;
		current = thread;
		watch_exit();
	}
	win_object_get(&current->waitable.object);
	return &current->waitable.object;
}

struct win_object *win_thread_get(HANDLE handle)
{
	if (handle == GetCurrentThread())
		return win_thread_current();
	return win_handle_get(handle, &win_thread_class);
}

DWORD win_thread_id(const struct win_object *thread)
{
	return ((const struct win_thread *)(const void *)thread)->id;
}

/* ---- Starting ------------------------------------------------------------- */

static void announce(struct win_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	thread->id = GetCurrentThreadId();
	thread->running = true;
	pthread_cond_broadcast(&thread->changed);
	while (thread->suspended)
		pthread_cond_wait(&thread->changed, &thread->lock);
	pthread_mutex_unlock(&thread->lock);
}

static void set_exit_code(struct win_thread *thread, DWORD code)
{
	win_wait_lock();
	thread->exit_code = code;
	win_wait_unlock();
}

static void *run_thread(void *arg)
{
	struct win_thread *thread = arg;

	current = thread;
	watch_exit();
	announce(thread);
	set_exit_code(thread, thread->start(thread->parameter));
	return NULL;
}

static int start_pthread(void *(*run)(void *arg), void *arg, size_t stack)
{
	pthread_attr_t attr;
	pthread_t id;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* A size for Windows may be too small for what the C library puts there. */
	if (stack > 1024 * 1024)
		pthread_attr_setstacksize(&attr, (stack + 0xffff) & ~(size_t)0xffff);
	error = pthread_create(&id, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return error;
}

static void wait_for_id(struct win_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	while (!thread->running)
		pthread_cond_wait(&thread->changed, &thread->lock);
	pthread_mutex_unlock(&thread->lock);
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
			   LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
			   DWORD dwCreationFlags, LPDWORD lpThreadId)
{
	struct win_thread *thread;
	HANDLE handle;

	(void)lpThreadAttributes;
	if (!lpStartAddress ||
	    dwCreationFlags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION))
		return win_fail_null(ERROR_INVALID_PARAMETER);
	thread = new_thread();
	if (!thread)
		return NULL;
	thread->start = lpStartAddress;
	thread->parameter = lpParameter;
	thread->suspended = dwCreationFlags & CREATE_SUSPENDED;
	handle = win_handle_new(&thread->waitable.object);
	/* The thread has the first reference. */
	if (!handle || start_pthread(run_thread, thread, dwStackSize)) {
		if (handle)
			win_handle_close(handle, &win_thread_class);
		win_object_put(&thread->waitable.object);
		return win_fail_null(handle ? ERROR_MAX_THRDS_REACHED : ERROR_NOT_ENOUGH_MEMORY);
	}
	wait_for_id(thread);
	if (lpThreadId)
		*lpThreadId = thread->id;
	return handle;
}

uintptr_t _beginthreadex(void *security, unsigned int stack_size,
			 unsigned int(__stdcall *start_address)(void *), void *arglist,
			 unsigned int initflag, unsigned int *thrdaddr)
{
	HANDLE handle =
		CreateThread(security, stack_size, start_address, arglist, initflag, thrdaddr);

	if (!handle)
		errno = GetLastError() == ERROR_INVALID_PARAMETER ? EINVAL : EAGAIN;
	return (uintptr_t)handle;
}

DWORD WINAPI ResumeThread(HANDLE hThread)
{
	struct win_object *object = win_thread_get(hThread);
	struct win_thread *thread = (struct win_thread *)(void *)object;
	bool suspended;

	if (!object)
		return (DWORD)-1;
	pthread_mutex_lock(&thread->lock);
	suspended = thread->suspended;
	thread->suspended = false;
	pthread_cond_broadcast(&thread->changed);
	pthread_mutex_unlock(&thread->lock);
	win_object_put(object);
	return suspended;
}

/* ---- Ending --------------------------------------------------------------- */

void WINAPI ExitThread(DWORD dwExitCode)
{
	if (current)
		set_exit_code(current, dwExitCode);
	pthread_exit(NULL);
}

void _endthreadex(unsigned int retval)
{
	ExitThread(retval);
}

void WINAPI ExitProcess(UINT uExitCode)
{
	exit((int)uExitCode);
}

BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode)
{
	struct win_object *object;
	struct win_thread *thread;

	if (!lpExitCode)
		return win_fail(ERROR_INVALID_PARAMETER);
	object = win_thread_get(hThread);
	if (!object)
		return FALSE;
	thread = (struct win_thread *)(void *)object;
	win_wait_lock();
	*lpExitCode = thread->ended ? thread->exit_code : STILL_ACTIVE;
	win_wait_unlock();
	win_object_put(object);
	return TRUE;
}

/* ---- Who is who ----------------------------------------------------------- */

HANDLE WINAPI GetCurrentThread(void)
{
	return (HANDLE)(LONG_PTR)-2;
}

HANDLE WINAPI GetCurrentProcess(void)
{
	return (HANDLE)(LONG_PTR)-1;
}

DWORD WINAPI GetCurrentProcessId(void)
{
	return (DWORD)getpid();
}

DWORD WINAPI GetThreadId(HANDLE Thread)
{
	struct win_object *object = win_thread_get(Thread);
	DWORD id = 0;

	if (object)
		id = win_thread_id(object);
	win_object_put(object);
	return id;
}

/* ---- Priorities ----------------------------------------------------------- */

static bool is_priority(int priority)
{
	return (priority >= THREAD_PRIORITY_LOWEST && priority <= THREAD_PRIORITY_HIGHEST) ||
	       priority == THREAD_PRIORITY_IDLE || priority == THREAD_PRIORITY_TIME_CRITICAL;
}

/* Whatever the system allows; the program can not do anything about the rest. */
static void apply_priority(pid_t id, int priority)
{
	struct sched_param param = { .sched_priority = 0 };
	int policy = SCHED_OTHER;

	if (priority == THREAD_PRIORITY_TIME_CRITICAL) {
		policy = SCHED_RR;
		param.sched_priority = 10;
	} else if (priority == THREAD_PRIORITY_IDLE) {
		policy = SCHED_IDLE;
	}
	sched_setscheduler(id, policy, &param);
	if (policy == SCHED_OTHER)
		setpriority(PRIO_PROCESS, (id_t)id, -5 * priority);
}

BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority)
{
	struct win_object *object;
	struct win_thread *thread;
	bool alive;

	if (!is_priority(nPriority))
		return win_fail(ERROR_INVALID_PARAMETER);
	object = win_thread_get(hThread);
	if (!object)
		return FALSE;
	thread = (struct win_thread *)(void *)object;
	win_wait_lock();
	thread->priority = nPriority;
	alive = !thread->ended;
	win_wait_unlock();
	if (alive)
		apply_priority((pid_t)thread->id, nPriority);
	win_object_put(object);
	return TRUE;
}

int WINAPI GetThreadPriority(HANDLE hThread)
{
	struct win_object *object = win_thread_get(hThread);
	struct win_thread *thread = (struct win_thread *)(void *)object;
	int priority;

	if (!object)
		return THREAD_PRIORITY_ERROR_RETURN;
	win_wait_lock();
	priority = thread->priority;
	win_wait_unlock();
	win_object_put(object);
	return priority;
}

BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass)
{
	switch (dwPriorityClass) {
	case IDLE_PRIORITY_CLASS:
	case BELOW_NORMAL_PRIORITY_CLASS:
	case NORMAL_PRIORITY_CLASS:
	case ABOVE_NORMAL_PRIORITY_CLASS:
	case HIGH_PRIORITY_CLASS:
	case REALTIME_PRIORITY_CLASS:
		return hProcess == GetCurrentProcess() ? TRUE : win_fail(ERROR_INVALID_HANDLE);
	default:
		return win_fail(ERROR_INVALID_PARAMETER);
	}
}

DWORD WINAPI GetPriorityClass(HANDLE hProcess)
{
	return hProcess == GetCurrentProcess() ? NORMAL_PRIORITY_CLASS :
						 (DWORD)win_fail(ERROR_INVALID_HANDLE);
}

EXECUTION_STATE WINAPI SetThreadExecutionState(EXECUTION_STATE esFlags)
{
	/* There is no display or idle timer of ours; the previous state is this one. */
	return esFlags ? ES_CONTINUOUS : 0;
}

/* ---- Threads of the library ----------------------------------------------- */

struct start {
	void (*run)(void *arg);
	void *arg;
};

static void *run_start(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	start.run(start.arg);
	return NULL;
}

DWORD win_thread_start(void (*run)(void *arg), void *arg)
{
	struct start *start = malloc(sizeof(*start));
	sigset_t all, before;
	int error;

	if (!start)
		return ERROR_NOT_ENOUGH_MEMORY;
	start->run = run;
	start->arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = start_pthread(run_start, start, 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return ERROR_SUCCESS;
	free(start);
	return ERROR_MAX_THRDS_REACHED;
}
