// SPDX-License-Identifier: MIT
/*
 * Calls that meet: threads that abort, change the alternate setting, register, reap and close
 * while others stream, and while the interface is unbound. What is asserted is what must hold in
 * any order: every transfer that was taken completes once, with a status that there was a reason
 * for. Meant for two processors.
 *
 * Aborting while the link itself breaks is left out: stock vhci_hcd forgets an URB that was
 * unlinked before it was sent, if the link goes before that, and whoever waits for it waits for
 * ever.
 */
#include "lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROUNDS	  60
#define TRANSFERS 16
#define STATUSES  4

/* One session: a thread that submits and one that reaps. */
struct race {
	int fd;
	uint32_t handle;
	bool stop; /* submit no more */
	uint64_t submitted, reaped;
	int refused;	       /* errno that ended submission */
	int ended;	       /* errno that ended reaping */
	int allowed[STATUSES]; /* statuses there is a reason for */
	unsigned int strange;  /* completions with any other */
	int strange_status;
};

static bool is_allowed(const struct race *race, int status)
{
	unsigned int i;

	for (i = 0; i < STATUSES; i++)
		if (race->allowed[i] == status)
			return true;
	return false;
}

static void *submit_all(void *argument)
{
	struct race *race = argument;
	struct winusb_iso_transfer transfer = {
		.buffer = race->handle,
		.length = 8192,
		.num_packets = 8,
	};

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		transfer.cookie = race->submitted;
		transfer.offset = race->submitted % TRANSFERS * 8192;
		transfer.first_packet = race->submitted % TRANSFERS * 8;
		if (!ioctl(race->fd, WINUSB_ISO_IOC_SUBMIT, &transfer)) {
			__atomic_add_fetch(&race->submitted, 1, __ATOMIC_ACQ_REL);
			continue;
		}
		if (errno != EAGAIN && errno != EBUSY && errno != ESTALE) {
			race->refused = errno;
			break;
		}
		usleep(200);
	}
	return NULL;
}

static void *reap_all(void *argument)
{
	struct race *race = argument;
	struct winusb_iso_completion completion;

	for (;;) {
		if (ioctl(race->fd, WINUSB_ISO_IOC_REAP, &completion)) {
			race->ended = errno;
			return NULL;
		}
		if (completion.cookie != race->reaped || !is_allowed(race, completion.status)) {
			race->strange++;
			race->strange_status = completion.status;
		}
		__atomic_add_fetch(&race->reaped, 1, __ATOMIC_ACQ_REL);
	}
}

static void race_open(struct race *race, int fd, const int *allowed)
{
	struct winusb_iso_buffer buffer = {
		.pipe = FLOW_IN,
		.size = TRANSFERS * 8192,
		.packets = TRANSFERS * 8,
	};

	*race = (struct race){ .fd = fd };
	memcpy(race->allowed, allowed, sizeof(race->allowed));
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer));
	race->handle = buffer.handle;
}

struct threads {
	pthread_t submit, reap;
};

static struct threads race_start(struct race *race)
{
	struct threads threads;

	REQUIRE(!pthread_create(&threads.submit, NULL, submit_all, race));
	REQUIRE(!pthread_create(&threads.reap, NULL, reap_all, race));
	return threads;
}

static bool all_reaped(void *argument)
{
	struct race *race = argument;

	return __atomic_load_n(&race->reaped, __ATOMIC_ACQUIRE) == race->submitted;
}

static void nothing_strange(const struct race *race)
{
	if (!EQUAL(race->strange, 0))
		RETURNS(race->strange_status, 0);
	EQUAL(race->reaped, race->submitted);
	CHECK(race->submitted > 0);
}

/* The device is still there: everything submitted comes back, then the device is unplugged. */
static void race_stop(struct race *race, struct threads *threads, struct fixture *fixture)
{
	__atomic_store_n(&race->stop, true, __ATOMIC_RELEASE);
	pthread_join(threads->submit, NULL);
	EQUAL(race->refused, 0);
	CHECK(fixture_wait(all_reaped, race));
	sim_vanish(fixture->sim);
	pthread_join(threads->reap, NULL);
	EQUAL(race->ended, ENODEV);
	nothing_strange(race);
}

static void aborts(void)
{
	static const int allowed[STATUSES] = { 0, -ECONNRESET };
	struct fixture fixture;
	struct threads threads;
	struct race race;
	unsigned int i;

	race_open(&race, lifecycle_device(&fixture), allowed);
	threads = race_start(&race);
	for (i = 0; i < ROUNDS; i++) {
		WORKS(i % 2 ? fixture_abort(race.fd, FLOW_IN) : fixture_reset(race.fd, FLOW_IN));
		usleep(i * 100);
	}
	race_stop(&race, &threads, &fixture);
}

static void alternates(void)
{
	static const int allowed[STATUSES] = { 0, -ECONNRESET };
	struct fixture fixture;
	struct threads threads;
	struct race race;
	unsigned int i;

	race_open(&race, lifecycle_device(&fixture), allowed);
	threads = race_start(&race);
	for (i = 0; i < ROUNDS; i++) {
		fixture_set_alternate(race.fd, i % 2);
		usleep(i * 100);
	}
	race_stop(&race, &threads, &fixture);
}

static int bind_or_unbind(const struct fixture *fixture, const char *what)
{
	char path[64], name[64];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/sys/bus/usb/drivers/winusb_iso/%s", what);
	snprintf(name, sizeof(name), "%s:1.0", fixture->bus_id);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, name, strlen(name)) < 0)
		error = -errno;
	close(fd);
	return error;
}

struct aborter {
	int fd, ended;
};

static void *abort_all(void *argument)
{
	struct aborter *aborter = argument;
	struct winusb_iso_pipe pipe = { .pipe = FLOW_IN };

	while (!ioctl(aborter->fd, WINUSB_ISO_IOC_ABORT_PIPE, &pipe))
		usleep(500);
	aborter->ended = errno;
	return NULL;
}

static void unbound_once(struct fixture *fixture, unsigned int wait_us)
{
	static const int allowed[STATUSES] = { 0, -ECONNRESET, -ENODEV };
	struct aborter aborter;
	struct threads threads;
	struct race race;
	pthread_t abort;
	int fd;

	REQUIRE(fixture_node(fixture, 0, fixture->node, sizeof(fixture->node)));
	fd = fixture_open(fixture, O_RDWR);
	fixture_set_alternate(fd, 1);
	race_open(&race, fd, allowed);
	aborter = (struct aborter){ .fd = fd };
	threads = race_start(&race);
	REQUIRE(!pthread_create(&abort, NULL, abort_all, &aborter));
	usleep(wait_us);
	WORKS(bind_or_unbind(fixture, "unbind"));
	pthread_join(abort, NULL);
	pthread_join(threads.submit, NULL);
	pthread_join(threads.reap, NULL);
	EQUAL(aborter.ended, ENODEV);
	EQUAL(race.refused, ENODEV);
	EQUAL(race.ended, ENODEV);
	nothing_strange(&race);
	fixture_close(fd);
	WORKS(bind_or_unbind(fixture, "bind"));
}

/* The interface goes while its stream runs and is aborted. */
static void unbinds(void)
{
	struct fixture fixture;
	unsigned int i;

	fixture_start_speed(&fixture, SIM_HIGH);
	for (i = 0; i < 30; i++)
		unbound_once(&fixture, 2000 + 700 * i);
}

/* The device goes while its stream runs. */
static void unplugs(void)
{
	static const int allowed[STATUSES] = { 0, -ENODEV };
	struct fixture fixture;
	struct threads threads;
	struct race race;
	unsigned int i;
	char vanish[32];

	for (i = 0; i < 20; i++) {
		race_open(&race, lifecycle_device(&fixture), allowed);
		snprintf(vanish, sizeof(vanish), "vanish@+%u", 50 + 37 * i);
		EQUAL(sim_fault(fixture.sim, vanish), 0);
		threads = race_start(&race);
		pthread_join(threads.submit, NULL);
		pthread_join(threads.reap, NULL);
		EQUAL(race.refused, ENODEV);
		EQUAL(race.ended, ENODEV);
		nothing_strange(&race);
		fixture_close(race.fd);
	}
}

/* Four threads reap one session: each completion goes to one of them. */
static void reapers(void)
{
	static const int allowed[STATUSES] = { 0 };
	struct winusb_iso_completion completion;
	struct fixture fixture;
	struct race race, counter[4];
	pthread_t submit, reap[4];
	uint64_t reaped = 0;
	unsigned int i;

	race_open(&race, lifecycle_device(&fixture), allowed);
	for (i = 0; i < 4; i++) {
		counter[i] = race;
		REQUIRE(!pthread_create(&reap[i], NULL, reap_all, &counter[i]));
	}
	REQUIRE(!pthread_create(&submit, NULL, submit_all, &race));
	fixture_sleep_ms(200);
	__atomic_store_n(&race.stop, true, __ATOMIC_RELEASE);
	pthread_join(submit, NULL);
	fixture_sleep_ms(100);
	sim_vanish(fixture.sim);
	for (i = 0; i < 4; i++) {
		pthread_join(reap[i], NULL);
		EQUAL(counter[i].ended, ENODEV);
		reaped += counter[i].reaped;
	}
	EQUAL(reaped, race.submitted);
	RETURNS(fixture_reap(race.fd, &completion), ENODEV);
}

struct opener {
	const char *path;
	bool stop;
	unsigned int opened, strange;
};

/* Opens, claims, queues and closes as fast as it goes, whatever becomes of the device. */
static void *open_and_close(void *argument)
{
	struct opener *opener = argument;
	struct winusb_iso_set_alternate set = { .alternate = 1 };
	struct winusb_iso_transfer transfer = { .length = 8192, .num_packets = 8 };
	unsigned int i;
	int fd;

	while (!__atomic_load_n(&opener->stop, __ATOMIC_ACQUIRE)) {
		struct winusb_iso_buffer buffer = { .pipe = FLOW_IN, .size = 65536, .packets = 64 };

		fd = open(opener->path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			opener->strange += errno != ENOENT && errno != ENODEV && errno != ENXIO;
			usleep(100);
			continue;
		}
		opener->opened++;
		ioctl(fd, WINUSB_ISO_IOC_SET_ALTERNATE, &set);
		if (!ioctl(fd, WINUSB_ISO_IOC_REGISTER_BUFFER, &buffer)) {
			transfer.buffer = buffer.handle;
			for (i = 0; i < 8; i++)
				ioctl(fd, WINUSB_ISO_IOC_SUBMIT, &transfer);
		}
		close(fd);
	}
	return NULL;
}

static void opens_and_unbinds(void)
{
	struct opener opener = { .path = "/dev/winusb-iso0" };
	struct fixture fixture;
	pthread_t thread[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		REQUIRE(!pthread_create(&thread[i], NULL, open_and_close, &opener));
	fixture_start_speed(&fixture, SIM_HIGH);
	for (i = 0; i < 30; i++) {
		usleep(1000 * i);
		WORKS(bind_or_unbind(&fixture, "unbind"));
		WORKS(bind_or_unbind(&fixture, "bind"));
	}
	__atomic_store_n(&opener.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	EQUAL(opener.strange, 0);
	CHECK(opener.opened > 0);
}

static const struct tap_test tests[] = {
	{ "60 aborts and resets in a running stream end each transfer once", aborts },
	{ "60 changes of alternate setting in a running stream end each transfer once",
	  alternates },
	{ "30 times an interface is unbound while its stream runs and is aborted", unbinds },
	{ "20 devices vanish while their streams run", unplugs },
	{ "four threads that reap get each completion once", reapers },
	{ "three threads open, stream and close while the interface comes and goes",
	  opens_and_unbinds },
};

int main(int argc, char **argv)
{
	tap_after_each(lifecycle_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
