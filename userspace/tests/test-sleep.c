// SPDX-License-Identifier: MIT
/*
 * Sleep and reset in mid-stream, on real host controller drivers: QEMU's usb-audio on UHCI,
 * OHCI and xHCI. (vhci_hcd refuses to sleep while it is in use.) scripts/tests-deep/32-sleep
 * starts the machine; it wakes by itself. Time is counted in instructions there, so that no
 * packet can be late.
 * ENDURANCE_SLEEPS says how often one test sleeps (lane 55).
 */
#include "fixture.h"
#include "kmsg.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODES	  "/sys/class/winusb-iso"
#define POWER	  "/sys/power/"
#define STREAMING 1 /* bInterfaceNumber; 0 is audio control */
#define PIPE	  0x01
#define HOSTS	  3
#define PACKET	  192 /* bytes: 1 ms */
#define UFRAMES	  8   /* of a packet */
#define PACKETS	  10  /* of a transfer: longer than xHCI must be ahead to be timed */
#define SPAN	  (PACKETS * UFRAMES)
#define QUEUE	  200 /* transfers: 2 s */
#define ALL	  (QUEUE * PACKETS)

/* A host controller, by its Linux driver. */
struct host {
	const char *driver;
	bool exact; /* start frames are reported; otherwise the clock tells */
	bool loses; /* QEMU takes a device away that wakes alone, whatever drives it */
};

static const struct host uhci = { "uhci_hcd", .exact = true };
static const struct host ohci = { "ohci_hcd", .exact = true, .loses = true };
static const struct host xhci = { "xhci-hcd", .exact = false };

struct player {
	const struct host *host;
	char name[32]; /* of the node, "winusb-iso0" */
	int fd;
	struct winusb_iso_info info;
	struct fixture_buffer buffer;
	uint64_t submitted, reaped; /* transfers */
	uint64_t next;		    /* bus time after the last packet that is known of */
	uint64_t timestamp;	    /* of the last completion */
};

/* --- the machine --- */

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t size = strlen(text);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, size) != size)
		err = -errno;
	close(fd);
	return err;
}

static long sleeps_so_far(void)
{
	FILE *file = fopen(POWER "suspend_stats/success", "re");
	long number = -1;

	REQUIRE(file);
	REQUIRE(fscanf(file, "%ld", &number) == 1);
	fclose(file);
	return number;
}

/* The kernel goes to sleep as far as @stage, and wakes at once; waiting would cost instructions. */
static int sleep_until(const char *stage, const char *state)
{
	return write_text("/sys/module/suspend/parameters/pm_test_delay", "0") ?:
		       write_text(POWER "pm_test", stage)		       ?:
		       write_text(POWER "state", state);
}

static int sleep_of_devices(void)
{
	return sleep_until("devices", "freeze");
}

/* To memory: controllers are powered down, and all is done but the processor's last step. */
static int sleep_to_memory(void)
{
	return write_text(POWER "mem_sleep", "deep") ?: sleep_until("core", "mem");
}

typedef int (*sleep_fn)(void);

/* The child dies with its errno, which is no more than 133. */
static pid_t start_sleep(sleep_fn how)
{
	pid_t child = fork();

	REQUIRE(child >= 0);
	if (!child)
		_exit(-how());
	return child;
}

static void end_sleep(pid_t child)
{
	int status = -1;

	REQUIRE(waitpid(child, &status, 0) == child);
	REQUIRE(WIFEXITED(status));
	REQUIRE_WORKS(-WEXITSTATUS(status));
}

/* Sleeps and wakes. */
static void sleep_once(sleep_fn how)
{
	long before = sleeps_so_far();

	end_sleep(start_sleep(how));
	EQUAL(sleeps_so_far(), before + 1);
}

/* --- the device --- */

static bool all_bound(void *unused)
{
	DIR *folder = opendir(NODES);
	struct dirent *entry;
	unsigned int bound = 0;

	(void)unused;
	while (folder && (entry = readdir(folder)))
		bound += entry->d_name[0] != '.';
	closedir(folder);
	return bound == HOSTS;
}

static bool open_node(struct player *player, const char *name)
{
	char path[64];

	snprintf(player->name, sizeof(player->name), "%.31s", name);
	snprintf(path, sizeof(path), "/dev/%s", player->name);
	player->fd = fixture_open_path(path, O_RDWR);
	REQUIRE(player->fd >= 0);
	REQUIRE_WORKS(fixture_ioctl(player->fd, WINUSB_ISO_IOC_GET_INFO, &player->info));
	if (!strcmp(player->info.controller, player->host->driver))
		return true;
	fixture_close(player->fd);
	return false;
}

static void open_device(struct player *player, const struct host *host)
{
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	*player = (struct player){ .host = host };
	REQUIRE(fixture_wait(all_bound, NULL));
	folder = opendir(NODES);
	REQUIRE(folder);
	while (!found && (entry = readdir(folder)))
		found = entry->d_name[0] != '.' && open_node(player, entry->d_name);
	closedir(folder);
	REQUIRE(found);
	EQUAL(player->info.interface_number, STREAMING);
	EQUAL(player->info.speed, WINUSB_ISO_SPEED_FULL);
}

static void set_up(struct player *player)
{
	fixture_set_alternate(player->fd, 1);
	fixture_register_packets(player->fd, &player->buffer, PIPE, ALL);
	EQUAL(player->buffer.max_bytes, PACKET);
}

static void start(struct player *player, const struct host *host)
{
	open_device(player, host);
	set_up(player);
}

static struct winusb_iso_frame frame_now(const struct player *player)
{
	struct winusb_iso_frame frame = { 0 };

	REQUIRE_WORKS(fixture_ioctl(player->fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	return frame;
}

/* --- streaming --- */

static void submit(struct player *player, uint32_t flags)
{
	struct winusb_iso_transfer transfer =
		fixture_transfer(&player->buffer, player->submitted % QUEUE * PACKETS, PACKETS,
				 player->submitted);

	transfer.flags = flags;
	REQUIRE_WORKS(fixture_submit(player->fd, &transfer));
	player->submitted++;
}

/* One stream. */
static void fill_queue(struct player *player)
{
	submit(player, 0);
	while (player->submitted < player->reaped + QUEUE)
		submit(player, WINUSB_ISO_TRANSFER_CONTINUE);
}

/* In order, and the clock does not run backwards. */
static struct winusb_iso_completion reap(struct player *player)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(player->fd, &completion));
	REQUIRE(EQUAL(completion.cookie, player->reaped));
	CHECK(completion.timestamp_ns >= player->timestamp);
	EQUAL(completion.num_packets, PACKETS);
	EQUAL(completion.pipe, PIPE);
	EQUAL(completion.inner_gap, 0);
	player->timestamp = completion.timestamp_ns;
	player->reaped++;
	return completion;
}

static const struct winusb_iso_packet *packets_of(const struct player *player,
						  const struct winusb_iso_completion *completion)
{
	return player->buffer.packets + completion->cookie % QUEUE * PACKETS;
}

/* How many packets were sent. They come first; those after them are as if never sent. */
static unsigned int count_sent(const struct winusb_iso_packet *packet, unsigned int count)
{
	unsigned int sent = 0, wrong = 0, i;

	while (sent < count && !packet[sent].status)
		sent++;
	for (i = 0; i < count; i++) {
		wrong += packet[i].offset != i * PACKET;
		wrong += packet[i].length != (i < sent ? PACKET : 0);
		wrong += packet[i].status != (i < sent ? 0 : -EXDEV);
	}
	EQUAL(wrong, 0);
	return sent;
}

/* Its place: exact, or estimated by the clock, which can be some frames off. */
static void check_place(struct player *player, const struct winusb_iso_completion *completion)
{
	if (completion->flags & WINUSB_ISO_COMPLETION_NEW_STREAM)
		CHECK(completion->start_uframe >= player->next);
	else if (player->host->exact)
		EQUAL(completion->start_uframe, player->next);
	else
		CHECK(completion->start_uframe + SPAN > player->next);
	player->next = completion->start_uframe + SPAN;
}

static void check_good(struct player *player, const struct winusb_iso_completion *completion,
		       uint16_t flags)
{
	REQUIRE_WORKS(completion->status);
	EQUAL(completion->flags, flags);
	EQUAL(completion->gap, 0);
	EQUAL(completion->error_count, 0);
	EQUAL(completion->actual_length, PACKETS * PACKET);
	EQUAL(count_sent(packets_of(player, completion), PACKETS), PACKETS);
	if (!flags)
		EQUAL(completion->trust,
		      player->host->exact ? WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED);
	check_place(player, completion);
}

/* The first @transfers of a stream that was just begun. */
static void take_good(struct player *player, unsigned int transfers)
{
	struct winusb_iso_completion completion;
	unsigned int i;

	for (i = 0; i < transfers; i++) {
		completion = reap(player);
		check_good(player, &completion, i ? 0 : WINUSB_ISO_COMPLETION_NEW_STREAM);
	}
}

/* --- the end of a stream --- */

/* What became of the transfers that were pending. */
struct ending {
	unsigned int good;     /* went out before */
	unsigned int cut;      /* were with the controller */
	unsigned int not_sent; /* waited in the driver */
	unsigned int sent;     /* packets of those that were cut */
};

static void take_cut(struct player *player, const struct winusb_iso_completion *completion,
		     struct ending *ending)
{
	unsigned int sent = count_sent(packets_of(player, completion), PACKETS);

	EQUAL(completion->actual_length, sent * PACKET);
	EQUAL(completion->error_count, PACKETS - sent);
	EQUAL(completion->gap, 0);
	if (completion->flags & WINUSB_ISO_COMPLETION_NOT_SENT) {
		EQUAL(completion->flags, WINUSB_ISO_COMPLETION_NOT_SENT);
		EQUAL(completion->start_uframe, 0);
		EQUAL(sent, 0);
		ending->not_sent++;
		return;
	}
	EQUAL(completion->flags, 0);
	EQUAL(ending->not_sent, 0); /* they are the last ones */
	/* Only after one that went out whole can there be packets of the next one. */
	if (sent)
		EQUAL(ending->sent, ending->cut * PACKETS);
	if (completion->start_uframe)
		check_place(player, completion);
	else
		CHECK(!player->host->exact);
	ending->cut++;
	ending->sent += sent;
}

/* Everything pending: good ones, and then only such that ended with @reason. */
static void take_ended(struct player *player, int reason)
{
	unsigned int window = (player->info.window + SPAN - 1) / SPAN;
	struct winusb_iso_completion completion;
	struct ending ending = { 0 };

	while (player->reaped < player->submitted) {
		completion = reap(player);
		if (!completion.status && !ending.cut && !ending.not_sent) {
			check_good(player, &completion, 0);
			ending.good++;
			continue;
		}
		RETURNS(completion.status, reason);
		take_cut(player, &completion, &ending);
	}
	tap_note("%u went out, %u were cut (%u packets sent), %u not sent", ending.good, ending.cut,
		 ending.sent, ending.not_sent);
	CHECK(ending.good >= 2);
	CHECK(ending.cut >= 1);
	CHECK(ending.cut <= window);
	CHECK(ending.not_sent >= 1);
	EQUAL(fixture_events(player->fd), 0);
}

static void continue_is_refused(struct player *player)
{
	struct winusb_iso_completion completion;

	submit(player, WINUSB_ISO_TRANSFER_CONTINUE);
	completion = reap(player);
	RETURNS(completion.status, EXDEV);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	EQUAL(completion.actual_length, 0);
	EQUAL(completion.error_count, PACKETS);
	EQUAL(completion.gap, 0);
	EQUAL(completion.start_uframe, 0);
	EQUAL(count_sent(packets_of(player, &completion), PACKETS), 0);
}

/* The stream was ended on purpose: a new one is needed, and it begins without a gap. */
static void streams_again(struct player *player, const struct winusb_iso_frame *before)
{
	struct winusb_iso_frame now = frame_now(player);
	struct winusb_iso_info info;

	CHECK(now.uframe >= before->uframe);
	CHECK(now.timestamp_ns > before->timestamp_ns);
	REQUIRE_WORKS(fixture_ioctl(player->fd, WINUSB_ISO_IOC_GET_INFO, &info));
	EQUAL(info.current_alternate, 1);
	continue_is_refused(player);
	fill_queue(player);
	take_good(player, QUEUE);
	CHECK(frame_now(player).uframe >= player->next - UFRAMES);
}

/* --- tests --- */

/* Some transfers of a stream are collected, some are done, and the rest is pending. */
static struct winusb_iso_frame stream(struct player *player, const struct host *host)
{
	start(player, host);
	fill_queue(player);
	take_good(player, 5);
	fixture_sleep_ms(25);
	return frame_now(player);
}

static void sleeps_while_streaming(const struct host *host, sleep_fn how)
{
	struct winusb_iso_frame before;
	struct player player;
	struct kmsg kmsg;

	kmsg_start(&kmsg);
	before = stream(&player, host);
	sleep_once(how);
	take_ended(&player, EHOSTUNREACH);
	streams_again(&player, &before);
	kmsg_expect_silence(&kmsg);
}

static void devices_sleep(const struct host *host)
{
	sleeps_while_streaming(host, sleep_of_devices);
}

static void memory_sleep(const struct host *host)
{
	sleeps_while_streaming(host, sleep_to_memory);
}

static unsigned int rounds(void)
{
	const char *text = getenv("ENDURANCE_SLEEPS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 2;
}

/* Each stream is under way again when the next sleep comes; both kinds in turn. */
static void many_sleeps(const struct host *host)
{
	struct winusb_iso_frame before;
	struct player player;
	struct kmsg kmsg;
	unsigned int i;

	kmsg_start(&kmsg);
	before = stream(&player, host);
	for (i = 0; i < rounds(); i++) {
		sleep_once(i % 2 ? sleep_to_memory : sleep_of_devices);
		take_ended(&player, EHOSTUNREACH);
		fill_queue(&player);
		take_good(&player, 5);
		fixture_sleep_ms(25);
	}
	sleep_once(sleep_of_devices);
	take_ended(&player, EHOSTUNREACH);
	streams_again(&player, &before);
	kmsg_expect_silence(&kmsg);
	tap_note("%u times", i + 1);
}

static bool has_sent_100(void *argument)
{
	const struct player *player = argument;

	return ((volatile struct winusb_iso_packet *)player->buffer.packets)[100].length == PACKET;
}

/* REAP waits all the while: the kernel stops and thaws it, but no signal has come. */
static void reap_waits(const struct host *host)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct player player;
	struct kmsg kmsg;
	unsigned int sent;
	pid_t child;
	int err;

	kmsg_start(&kmsg);
	start(&player, host);
	transfer = fixture_transfer(&player.buffer, 0, ALL, 7);
	REQUIRE_WORKS(fixture_submit(player.fd, &transfer));
	REQUIRE(fixture_wait(has_sent_100, &player));
	child = start_sleep(sleep_of_devices);
	err = fixture_reap(player.fd, &completion);
	end_sleep(child);
	REQUIRE_WORKS(err);
	EQUAL(completion.cookie, 7);
	RETURNS(completion.status, EHOSTUNREACH);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NEW_STREAM);
	CHECK(completion.start_uframe > 0);
	sent = count_sent(player.buffer.packets, ALL);
	CHECK(sent > 100);
	CHECK(sent < ALL);
	EQUAL(completion.actual_length, sent * PACKET);
	EQUAL(completion.error_count, ALL - sent);
	kmsg_expect_silence(&kmsg);
}

/* Nothing is pending; the pause is no gap all the same. */
static void idle_sleep(const struct host *host)
{
	struct winusb_iso_frame before;
	struct player player;
	struct kmsg kmsg;

	kmsg_start(&kmsg);
	start(&player, host);
	fill_queue(&player);
	take_good(&player, QUEUE);
	before = frame_now(&player);
	sleep_once(sleep_of_devices);
	EQUAL(fixture_events(player.fd), 0);
	streams_again(&player, &before);
	kmsg_expect_silence(&kmsg);
}

static int open_usbfs(const struct player *player)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", player->info.bus,
		 player->info.device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	return fd;
}

static void device_reset(const struct host *host)
{
	struct winusb_iso_frame before;
	struct player player;
	struct kmsg kmsg;
	int usbfs;

	kmsg_start(&kmsg);
	before = stream(&player, host);
	usbfs = open_usbfs(&player);
	EQUAL(ioctl(usbfs, USBDEVFS_RESET), 0);
	close(usbfs);
	take_ended(&player, ENETRESET);
	streams_again(&player, &before);
	kmsg_expect_silence(&kmsg);
}

/* --- sleep of the device alone --- */

/* The device is the parent of the node's interface. */
static void power_path(const struct player *player, const char *name, char *path, size_t size)
{
	snprintf(path, size, NODES "/%s/device/../power/%s", player->name, name);
}

static void set_power(const struct player *player, const char *name, const char *value)
{
	char path[128];

	power_path(player, name, path, sizeof(path));
	REQUIRE_WORKS(write_text(path, value));
}

static bool has_status(const struct player *player, const char *wanted)
{
	char path[128], status[32] = "";
	FILE *file;

	power_path(player, "runtime_status", path, sizeof(path));
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(fscanf(file, "%31s", status) == 1);
	fclose(file);
	return !strcmp(status, wanted);
}

static bool is_suspended(void *player)
{
	return has_status(player, "suspended");
}

static void stay_awake(void *argument)
{
	struct player *player = argument;

	set_power(player, "control", "on");
	free(player);
}

static void let_sleep(const struct player *player)
{
	struct player *copy = malloc(sizeof(*copy));

	REQUIRE(copy);
	*copy = *player;
	tap_defer(stay_awake, copy);
	set_power(player, "autosuspend_delay_ms", "0");
	set_power(player, "control", "auto");
}

/* The mapping keeps the file open, too. */
static void close_and_wait(struct player *player)
{
	fixture_unmap(&player->buffer);
	fixture_close(player->fd);
	REQUIRE(fixture_wait(is_suspended, player));
}

static void open_again(struct player *player, const struct winusb_iso_frame *before)
{
	const struct host *host = player->host;
	uint64_t end = player->next;

	start(player, host);
	CHECK(has_status(player, "active"));
	CHECK(frame_now(player).uframe >= before->uframe);
	player->next = end;
	fill_queue(player);
	take_good(player, QUEUE);
}

static void autosuspend(const struct host *host)
{
	struct winusb_iso_frame before;
	struct player player;
	struct kmsg kmsg;

	if (host->loses)
		tap_skip("QEMU's controller loses a device that wakes alone, whatever drives it");
	kmsg_start(&kmsg);
	start(&player, host);
	let_sleep(&player);
	fixture_sleep_ms(200);
	CHECK(has_status(&player, "active"));
	fill_queue(&player);
	take_good(&player, QUEUE);

	before = frame_now(&player);
	close_and_wait(&player);
	open_again(&player, &before);

	/* And with a sleep of the system in between. */
	before = frame_now(&player);
	close_and_wait(&player);
	sleep_once(sleep_of_devices);
	open_again(&player, &before);
	kmsg_expect_silence(&kmsg);
}

#define ON(host, test) \
	static void host##_##test(void) \
	{ \
		test(&(host)); \
	}
#define ON_ALL(test) ON(uhci, test) ON(ohci, test) ON(xhci, test)

ON_ALL(devices_sleep)
ON_ALL(reap_waits)
ON_ALL(idle_sleep)
ON_ALL(device_reset)
ON_ALL(autosuspend)
ON_ALL(memory_sleep)
ON_ALL(many_sleeps)

#define TESTS(name, host) \
	{ name ": sleep ends what is pending, nothing is lost, and it streams again after", \
	  host##_devices_sleep }, \
		{ name ": REAP waits through sleep, and what was sent of a long transfer counts", \
		  host##_reap_waits }, \
		{ name ": sleep between two streams is no gap", host##_idle_sleep }, \
		{ name ": reset of the device ends what is pending, and it streams again after", \
		  host##_device_reset }, \
		{ name ": a device that nobody has open may sleep, and opening it wakes it", \
		  host##_autosuspend }, \
		{ name \
		  ": it is the same in a sleep to memory, where controllers are powered down", \
		  host##_memory_sleep }, \
	{ \
		name ": a stream begins anew after each of many sleeps", host##_many_sleeps \
	}

static const struct tap_test tests[] = {
	TESTS("UHCI", uhci),
	TESTS("OHCI", ohci),
	TESTS("xHCI", xhci),
};

/* The devices stay: they are QEMU's. */
static void nothing_open(void)
{
	EQUAL(fixture_module_references(), 0);
}

int main(int argc, char **argv)
{
	tap_after_each(nothing_open);
	return TAP_MAIN(argc, argv, tests);
}
