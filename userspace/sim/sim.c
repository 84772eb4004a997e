// SPDX-License-Identifier: MIT
/* The library's front: making a device, running it, and reading its counters. */
#include "internal.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

void sim_options_init(struct sim_options *options, enum sim_speed speed)
{
	bool full = speed == SIM_FULL;

	*options = (struct sim_options){
		.speed = speed,
		.vendor = 0x1209,
		.product = 0x0001,
		.serial = "0001",
		.frame_wrap = full ? 11 : 14,
		.lead = full ? 2 : 8,
		.idle_after = full ? 5 : 40,
	};
	sim_shape_default(&options->shape, speed, 1);
}

static int options_check(const struct sim_options *o)
{
	if (o->speed != SIM_FULL && o->speed != SIM_HIGH && o->speed != SIM_SUPER)
		return sim_fail(EINVAL, "speed %d is not full, high or super", o->speed);
	if (o->frame_wrap < 8 || o->frame_wrap > 32)
		return sim_fail(EINVAL, "start frames have 8..32 bits, not %u", o->frame_wrap);
	if (o->lead > 8000 || o->idle_after > 80000)
		return sim_fail(EINVAL, "lead or idle time is too long");
	if (o->first_frame >> SIM_PATTERN_COUNTER_BITS)
		return sim_fail(EINVAL, "the first frame has at most %d bits",
				SIM_PATTERN_COUNTER_BITS);
	if (o->hostile && !hostile_known(o->hostile, o->speed))
		return sim_fail(EINVAL, "hostile descriptor \"%s\" is unknown at this speed",
				o->hostile);
	return ms_os_check(o) ? -1 : shape_check(&o->shape, o->speed);
}

static void copy_strings(struct sim *sim)
{
	const struct sim_options *o = &sim->options;

	unsigned int i;

	snprintf(sim->serial, sizeof(sim->serial), "%s", o->serial ? o->serial : "");
	for (i = 0; i < SIM_MAX_INTERFACES; i++) {
		const char *none = i ? "" : SIM_DEFAULT_GUID;

		snprintf(sim->guid[i], sizeof(sim->guid[i]), "%s", o->guid[i] ? o->guid[i] : none);
		sim->options.guid[i] = sim->guid[i];
	}
	if (!o->hostile)
		return;
	snprintf(sim->hostile, sizeof(sim->hostile), "%s", o->hostile);
	sim->options.hostile = sim->hostile;
}

struct sim *sim_new(const struct sim_options *options)
{
	struct sim *sim;

	if (options_check(options))
		return NULL;
	sim = calloc(1, sizeof(*sim));
	if (!sim) {
		sim_fail(ENOMEM, "out of memory");
		return NULL;
	}
	sim->options = *options;
	copy_strings(sim);
	pthread_mutex_init(&sim->lock, NULL);
	sim->link.fd = sim->link.leaving = -1;
	sim->port = -1;
	sim->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	sim->frame_ns = options->speed == SIM_FULL ? 1000000 : 125000;
	sim->epoch_ns = sim->now_ns = clock_now(sim);
	sim->seen_frame = options->first_frame;
	clock_step(sim);
	return sim;
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	sim_stop(sim);
	sim_vanish(sim);
	link_leave(sim);
	urb_free_pool(sim);
	free(sim->link.in);
	free(sim->link.out);
	close(sim->wake_fd);
	pthread_mutex_destroy(&sim->lock);
	free(sim);
}

int sim_connect(struct sim *sim, int fd)
{
	int result;

	pthread_mutex_lock(&sim->lock);
	if (sim->link.fd >= 0)
		result = sim_fail(EBUSY, "the device is connected already");
	else
		result = link_open(sim, fd);
	pthread_mutex_unlock(&sim->lock);
	return result;
}

static void end_link(struct sim *sim)
{
	link_flush(sim);
	device_close(sim);
	link_close(sim);
	attach_forget(sim);
}

static void step(struct sim *sim)
{
	clock_step(sim);
	sim_fail(0, "%s", ""); /* afterwards sim_error() tells why the link ended, if it did */
	if (link_receive(sim))
		link_drop(sim);
	else
		device_advance(sim);
	link_flush(sim);
	if (sim->ended)
		end_link(sim);
}

int sim_process(struct sim *sim)
{
	int up;

	pthread_mutex_lock(&sim->lock);
	if (sim->link.fd >= 0)
		step(sim);
	up = sim->link.fd >= 0;
	pthread_mutex_unlock(&sim->lock);
	return up;
}

static bool next_event(const struct sim *sim, uint64_t *when)
{
	uint64_t due;
	unsigned int i;
	bool any;

	if (sim->link.fd < 0 || link_is_backed_up(sim))
		return false;
	any = control_next_event(sim, when);
	for (i = 0; i < SIM_ALL_PIPES; i++) {
		if (!sim->pipe[i].head || !pipe_next_event(sim, &sim->pipe[i], &due))
			continue;
		*when = any && *when < due ? *when : due;
		any = true;
	}
	return any;
}

bool sim_next_event(struct sim *sim, uint64_t *when)
{
	bool any;

	pthread_mutex_lock(&sim->lock);
	any = next_event(sim, when);
	pthread_mutex_unlock(&sim->lock);
	return any;
}

int sim_fd(const struct sim *sim)
{
	return sim->link.fd;
}

bool sim_connected(struct sim *sim)
{
	bool connected;

	pthread_mutex_lock(&sim->lock);
	connected = sim->link.fd >= 0;
	pthread_mutex_unlock(&sim->lock);
	return connected;
}

static short poll_events(const struct sim *sim)
{
	return sim->link.out_tail > sim->link.out_head ? POLLIN | POLLOUT : POLLIN;
}

short sim_poll_events(struct sim *sim)
{
	short events;

	pthread_mutex_lock(&sim->lock);
	events = poll_events(sim);
	pthread_mutex_unlock(&sim->lock);
	return events;
}

static void wake(struct sim *sim)
{
	uint64_t one = 1;

	if (write(sim->wake_fd, &one, sizeof(one)) < 0)
		return; /* full: it is awake anyway */
}

static void wait_for_work(struct sim *sim)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .fd = sim->wake_fd, .events = POLLIN } };
	struct timespec timeout = { 0, 0 };
	uint64_t when = 0, now, count;
	bool any;

	pthread_mutex_lock(&sim->lock);
	fds[0].fd = sim->link.fd;
	fds[0].events = poll_events(sim);
	any = next_event(sim, &when);
	pthread_mutex_unlock(&sim->lock);
	now = clock_now(sim);
	if (any && when > now) {
		timeout.tv_sec = (time_t)((when - now) / 1000000000u);
		timeout.tv_nsec = (long)((when - now) % 1000000000u);
	}
	ppoll(fds, 2, any ? &timeout : NULL, NULL);
	if (fds[1].revents && read(sim->wake_fd, &count, sizeof(count)) < 0)
		return; /* somebody else's wake-up */
}

static bool is_stopping(struct sim *sim)
{
	bool stopping;

	pthread_mutex_lock(&sim->lock);
	stopping = sim->stopping;
	pthread_mutex_unlock(&sim->lock);
	return stopping;
}

int sim_run(struct sim *sim)
{
	prctl(PR_SET_TIMERSLACK, 1); /* the default of 50 us is half a microframe */
	while (!is_stopping(sim) && sim_process(sim))
		wait_for_work(sim);
	return 0;
}

static void *thread_main(void *sim)
{
	sim_run(sim);
	return NULL;
}

int sim_start(struct sim *sim)
{
	int error;

	if (sim->thread_runs)
		return sim_fail(EBUSY, "the device runs already");
	sim->stopping = false;
	error = pthread_create(&sim->thread, NULL, thread_main, sim);
	if (error)
		return sim_fail(error, "no thread for the device: %s", strerror(error));
	sim->thread_runs = true;
	return 0;
}

void sim_stop(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
	sim->stopping = true;
	pthread_mutex_unlock(&sim->lock);
	wake(sim);
	if (sim->thread_runs)
		pthread_join(sim->thread, NULL);
	sim->thread_runs = false;
}

void sim_vanish(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
	if (sim->link.fd >= 0)
		end_link(sim);
	pthread_mutex_unlock(&sim->lock);
	wake(sim);
}

void sim_renew(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
	device_renew(sim);
	pthread_mutex_unlock(&sim->lock);
	wake(sim);
}

void sim_release(struct sim *sim)
{
	struct urb *urb;
	unsigned int i;

	pthread_mutex_lock(&sim->lock);
	for (i = 0; i < SIM_ALL_PIPES; i++)
		for (urb = sim->pipe[i].head; urb; urb = urb->next)
			urb->held = urb->nak = false;
	for (urb = sim->control; urb; urb = urb->next)
		urb->held = false;
	pthread_mutex_unlock(&sim->lock);
	wake(sim);
}
