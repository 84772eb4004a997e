// SPDX-License-Identifier: MIT
/*
 * One device of each speed, with pipes of every kind, that also misbehaves if a case wants that;
 * and a process that carries cases out. What a case leaves in a device is its alternate setting,
 * packets, pipes that are halted, and faults that did not strike; it may also be unbound, or have
 * another node.
 */
#include "plug.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fixture.h"
#include "../module.h"
#include "../plain.h"
#include "cover.h"
#include "run.h"

#define SPEEDS	    3u
#define LAST_CLOSED 899u /* those of cover.c stay, from 900 on, and these */
#define ORDERS_FD   990
#define WORDS_FD    991

static const struct op_case *plan;
static struct fixture devices[SPEEDS];

static struct {
	pid_t pid;
	int orders, words;
} runner;

/* --- the process --- */

static void end_runner(void *unused)
{
	int status = -1;

	(void)unused;
	close(runner.orders);
	close(runner.words);
	/* It may wait for the device. */
	kill(runner.pid, SIGKILL);
	waitpid(runner.pid, &status, 0);
}

void plug_start(const struct op_case *one)
{
	int orders[2], words[2];

	plan = one;
	REQUIRE(!pipe2(orders, O_CLOEXEC) && !pipe2(words, O_CLOEXEC));
	runner.orders = orders[1];
	runner.words = words[0];
	fflush(stdout);
	runner.pid = fork();
	REQUIRE(runner.pid >= 0);
	if (!runner.pid) {
		/* Cases find the same numbers free each time. */
		dup2(orders[0], ORDERS_FD);
		dup2(words[1], WORDS_FD);
		close_range(3, LAST_CLOSED, 0);
		run_cases(one, ORDERS_FD, WORDS_FD);
	}
	close(orders[0]);
	close(words[1]);
	tap_defer(end_runner, NULL);
}

static void hear(const struct fixture *device, const char *word)
{
	if (!strcmp(word, RUN_CLEAR))
		sim_fault_clear(device->sim);
	else if (!strcmp(word, RUN_VANISH))
		sim_vanish(device->sim);
	else
		sim_fault(device->sim, word);
}

/* True if it said that all is well; it may have died instead. */
static bool listen_to(const struct fixture *device)
{
	char word[RUN_WORD];

	while (read(runner.words, word, sizeof(word)) == sizeof(word)) {
		if (!strcmp(word, RUN_WELL) || !strcmp(word, RUN_ILL))
			return !strcmp(word, RUN_WELL);
		hear(device, word);
	}
	return false;
}

static bool carry_out(struct fixture *device)
{
	struct run_order order;

	snprintf(order.node, sizeof(order.node), "%s", device->node);
	snprintf(order.bus_id, sizeof(order.bus_id), "%s", device->bus_id);
	REQUIRE(write(runner.orders, &order, sizeof(order)) == sizeof(order));
	return listen_to(device);
}

/* --- the devices --- */

static void find_node(struct fixture *device)
{
	REQUIRE(fixture_node(device, 0, device->node, sizeof(device->node)));
}

/* It may have any number later, so nobody may wait for this one to go. */
static struct fixture *device_of(unsigned int number)
{
	static const enum sim_speed speeds[SPEEDS] = { SIM_FULL, SIM_HIGH, SIM_SUPER };
	struct fixture *device = &devices[number];
	struct sim_options options;

	if (device->sim)
		return device;
	plain_options(&options, speeds[number]);
	fixture_start_unbound(device, &options);
	find_node(device);
	return device;
}

static void bind(struct fixture *device)
{
	char name[48];

	snprintf(name, sizeof(name), "%.30s:1.0", device->bus_id);
	module_driver_write("unbind", name);
	REQUIRE_WORKS(module_driver_write("bind", name));
	find_node(device);
}

/* Choosing one is not cheap: the kernel makes all its endpoints anew. */
static void choose_alternate_0(const struct fixture *device)
{
	int fd = fixture_open(device, O_RDWR | O_NONBLOCK);
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	if (info.current_alternate)
		fixture_set_alternate(fd, 0);
	fixture_close(fd);
}

static void tidy(struct fixture *device)
{
	sim_fault_clear(device->sim);
	sim_release(device->sim);
	if (!fixture_node(device, 0, device->node, sizeof(device->node)))
		bind(device);
	choose_alternate_0(device);
	sim_renew(device->sim);
}

static bool may_go(void)
{
	unsigned int i;

	for (i = 0; i < plan->count; i++)
		if (plan->op[i].kind == OP_VANISH)
			return true;
	return false;
}

bool plug_case(bool anew, bool *gone)
{
	struct fixture *device = device_of(plan->speed);
	long references;
	bool well;

	if (anew)
		bind(device);
	references = fixture_module_references();
	*gone = may_go();
	cover_forget_kernel();
	well = CHECK(carry_out(device));
	if (*gone)
		return well;
	tidy(device);
	return EQUAL(fixture_module_references(), references) && well;
}
