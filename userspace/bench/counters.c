// SPDX-License-Identifier: MIT
/* Trace events of the kernel, only counted: perf_event_open() needs no hardware for that. */
#include "bench.h"

#include <linux/perf_event.h>
#include <linux/winusb_iso.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing"

/* poll, select, nanosleep, futex, clock_nanosleep, epoll_wait, pselect6, ppoll, epoll_pwait */
#define WAITS "id==7||id==23||id==35||id==202||id==230||id==232||id==270||id==271||id==281"

enum {
	CALLS,
	SLEEPS,
	SLEEPS_IN_IOCTL,
	SWITCHES,
	WAKEUPS,
	KMALLOC,
	KMALLOC_NODE,
	CACHE,
	CACHE_NODE,
	PAGES,
	BELOW_KMALLOC,
	BELOW_CACHE,
	EVENTS
};

/* In a filter: the call is WINUSB_ISO_IOC_WAIT. */
#define WAIT "wait"
/* In a filter: the address is in the module of the host controller's driver. */
#define BELOW "below"

/* Of the whole machine; only this program makes system calls in it. */
static const struct {
	const char *name;
	const char *filter;
} events[EVENTS] = {
	[CALLS] = { "raw_syscalls/sys_enter", NULL },
	[SLEEPS] = { "raw_syscalls/sys_enter", WAITS },
	[SLEEPS_IN_IOCTL] = { "syscalls/sys_enter_ioctl", WAIT },
	[SWITCHES] = { "sched/sched_switch", NULL },
	[WAKEUPS] = { "sched/sched_wakeup", "comm == \"iso-bench\"" },
	[KMALLOC] = { "kmem/kmalloc", NULL },
	[KMALLOC_NODE] = { "kmem/kmalloc_node", NULL },
	[CACHE] = { "kmem/kmem_cache_alloc", NULL },
	[CACHE_NODE] = { "kmem/kmem_cache_alloc_node", NULL },
	[PAGES] = { "kmem/mm_page_alloc", NULL },
	[BELOW_KMALLOC] = { "kmem/kmalloc", BELOW },
	[BELOW_CACHE] = { "kmem/kmem_cache_alloc", BELOW },
};

static int fds[EVENTS];

static int read_id(const char *name)
{
	char path[128];
	FILE *file;
	int id = -1;

	snprintf(path, sizeof(path), TRACING "/events/%s/id", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &id) != 1)
		id = -1;
	fclose(file);
	return id;
}

static bool is_controller(const char *module)
{
	return !strcmp(module, "dummy_hcd") || !strcmp(module, "xhci_hcd");
}

/* What allocates in the host controller's driver. */
static void below_filter(char *filter, size_t size)
{
	unsigned long long address, length;
	char line[512], name[64];
	FILE *file = fopen("/proc/modules", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %llu %*s %*s %*s %llx", name, &length, &address) != 3 ||
		    !is_controller(name))
			continue;
		snprintf(filter, size, "call_site >= 0x%llx && call_site < 0x%llx", address,
			 address + length);
		fclose(file);
		return;
	}
	die("no module of a host controller");
}

static void set_filter(int fd, const char *filter)
{
	char text[128];

	snprintf(text, sizeof(text), "%s", filter);
	if (!strcmp(filter, BELOW))
		below_filter(text, sizeof(text));
	if (!strcmp(filter, WAIT))
		snprintf(text, sizeof(text), "cmd == %lu", (unsigned long)WINUSB_ISO_IOC_WAIT);
	if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, text) < 0)
		die("filter %s: %m", text);
}

static int open_event(unsigned int event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.disabled = 1,
	};
	int id = read_id(events[event].name), fd;

	if (id < 0)
		return -1;
	attr.config = (uint64_t)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		die("perf_event_open %s: %m", events[event].name);
	if (events[event].filter)
		set_filter(fd, events[event].filter);
	return fd;
}

/* After instructions were counted: an event that is open costs some at each context switch. */
void counters_open(void)
{
	unsigned int i;

	if (access(TRACING "/events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	for (i = 0; i < EVENTS; i++)
		fds[i] = open_event(i);
}

/* System calls last and first, so that those of this file do not count. */
void counters_start(void)
{
	int i;

	for (i = EVENTS - 1; i >= 0; i--) {
		ioctl(fds[i], PERF_EVENT_IOC_RESET, 0);
		ioctl(fds[i], PERF_EVENT_IOC_ENABLE, 0);
	}
}

static int64_t read_count(unsigned int event)
{
	int64_t count = 0;

	if (fds[event] >= 0 && read(fds[event], &count, sizeof(count)) != sizeof(count))
		die("read of %s: %m", events[event].name);
	return count;
}

void counters_stop(struct counts *counts)
{
	unsigned int i;

	for (i = 0; i < EVENTS; i++)
		ioctl(fds[i], PERF_EVENT_IOC_DISABLE, 0);
	counts->calls = read_count(CALLS);
	counts->calls -= counts->calls ? 1 : 0; /* the one that stopped it */
	counts->sleeps = read_count(SLEEPS) + read_count(SLEEPS_IN_IOCTL);
	counts->switches = read_count(SWITCHES);
	counts->wakeups = read_count(WAKEUPS);
	counts->allocations = 0;
	for (i = KMALLOC; i <= PAGES; i++)
		counts->allocations += read_count(i);
	counts->below = read_count(BELOW_KMALLOC) + read_count(BELOW_CACHE);
}
