// SPDX-License-Identifier: MIT
/*
 * Through real host controller drivers into a device that is not ours: QEMU's usb-audio on UHCI,
 * OHCI and xHCI. scripts/tests/30-real-controllers starts the machine, gives the files to play, and
 * compares afterwards what QEMU recorded with what was played here: files a, b, ... in this order.
 */
#include "fixture.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES	       "/data"
#define USB	       "/sys/bus/usb"
#define QEMU_AUDIO     "46f4 0002"
#define STREAMING      1 /* bInterfaceNumber; 0 is audio control */
#define FEATURE_UNIT   2
#define MUTE_CONTROL   1
#define VOLUME_CONTROL 2
#define PIPE	       0x01
#define PACKET	       192 /* 48 frames of 16-bit stereo: 1 ms */
#define PACKETS	       10  /* of a transfer */
#define SLOTS	       16
#define HOSTS	       3
#define UFRAMES	       8  /* of a packet */
#define SILENCE	       20 /* transfers at the end, so that nothing stays in QEMU's buffers */

/* A host controller, and what its Linux driver tells of start frames. */
struct host {
	const char *driver;
	const char *files; /* folder with what is to be played here */
	bool exact;	   /* start frames are reported; otherwise the clock tells */
};

static const struct host uhci = { "uhci_hcd", FILES "/uhci", true };
static const struct host ohci = { "ohci_hcd", FILES "/ohci", true };
static const struct host xhci = { "xhci-hcd", FILES "/xhci", false };

struct sound {
	unsigned char *data;
	size_t size, at;
};

struct player {
	const struct host *host;
	int fd;
	struct fixture_buffer buffer;
	uint64_t submitted, reaped; /* transfers */
	uint64_t next;		    /* bus time after the last completed transfer */
};

/* What was not as it must be, in transfers unless it says otherwise. */
struct tally {
	unsigned int transfers, failed, out_of_order, short_ones, gaps, wrong_flags, wrong_trust;
	unsigned int misplaced;	  /* not where the one before ended */
	unsigned int bad_packets; /* packets */
};

/* --- the device --- */

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static long read_number(const char *device, const char *name, int base)
{
	char path[512], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), USB "/devices/%s/%s", device, name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strtol(text, NULL, base);
}

/* A class request needs nothing of the interface but that it is claimed. */
static void set_control(int fd, uint8_t control, uint8_t channel, uint16_t value, uint16_t size)
{
	unsigned char data[2] = { value & 0xff, (unsigned char)(value >> 8) };
	struct usbdevfs_ctrltransfer request = {
		.bRequestType = 0x21,
		.bRequest = 0x01, /* SET_CUR of an interface */
		.wValue = (uint16_t)(control << 8 | channel),
		.wIndex = FEATURE_UNIT << 8,
		.wLength = size,
		.timeout = 1000,
		.data = data,
	};

	EQUAL(ioctl(fd, USBDEVFS_CONTROL, &request), size);
}

/* QEMU starts a little below full volume, and then changes the samples. */
static void set_full_volume(const char *device)
{
	unsigned int interface = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/bus/usb/%03ld/%03ld", read_number(device, "busnum", 10),
		 read_number(device, "devnum", 10));
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	EQUAL(ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface), 0);
	set_control(fd, MUTE_CONTROL, 0, 0, 1);
	set_control(fd, VOLUME_CONTROL, 1, 0x0800, 2); /* +8 dB is QEMU's 1.0 */
	set_control(fd, VOLUME_CONTROL, 2, 0x0800, 2);
	close(fd);
}

static bool is_audio(const char *device)
{
	return !strchr(device, ':') && read_number(device, "idVendor", 16) == 0x46f4 &&
	       read_number(device, "idProduct", 16) == 0x0002;
}

static bool node_of(const char *device, struct fixture *fixture)
{
	snprintf(fixture->bus_id, sizeof(fixture->bus_id), "%.30s", device);
	return fixture_node(fixture, STREAMING, fixture->node, sizeof(fixture->node));
}

static bool all_bound(void *unused)
{
	DIR *folder = opendir(USB "/devices");
	struct fixture fixture = { 0 };
	unsigned int bound = 0;
	struct dirent *entry;

	(void)unused;
	while (folder && (entry = readdir(folder)))
		bound += is_audio(entry->d_name) && node_of(entry->d_name, &fixture);
	closedir(folder);
	return bound == HOSTS;
}

/* winusb_iso was loaded without this device in its list. */
static void bind_once(void)
{
	static bool done;

	if (!done)
		write_text(USB "/drivers/winusb_iso/new_id", QEMU_AUDIO);
	done = true;
	REQUIRE(fixture_wait(all_bound, NULL));
}

/* The node of the streaming interface of @device if that is on @host; else -1. */
static int open_on(const struct host *host, const char *device)
{
	struct winusb_iso_info info = { 0 };
	struct fixture fixture = { 0 };
	int fd;

	REQUIRE(node_of(device, &fixture));
	fd = fixture_open(&fixture, O_RDWR);
	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_INFO, &info));
	if (strcmp(info.controller, host->driver)) {
		fixture_close(fd);
		return -1;
	}
	EQUAL(info.interface_number, STREAMING);
	EQUAL(info.speed, WINUSB_ISO_SPEED_FULL);
	set_full_volume(device);
	return fd;
}

static int open_host(const struct host *host)
{
	DIR *folder = opendir(USB "/devices");
	struct dirent *entry;
	int fd = -1;

	REQUIRE(folder);
	while (fd < 0 && (entry = readdir(folder)))
		if (is_audio(entry->d_name))
			fd = open_on(host, entry->d_name);
	closedir(folder);
	REQUIRE(fd >= 0);
	return fd;
}

/* --- playing --- */

static void start(struct player *player, const struct host *host)
{
	*player = (struct player){ .host = host };
	bind_once();
	player->fd = open_host(host);
	fixture_set_alternate(player->fd, 1);
	fixture_register_packets(player->fd, &player->buffer, PIPE, SLOTS * PACKETS);
	EQUAL(player->buffer.max_bytes, PACKET);
}

static void free_sound(void *argument)
{
	free(argument);
}

static struct sound load(const struct player *player, const char *name)
{
	struct sound sound = { 0 };
	char path[128];
	struct stat st;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.pcm", player->host->files, name);
	file = fopen(path, "re");
	REQUIRE(file);
	REQUIRE(!fstat(fileno(file), &st));
	sound.size = (size_t)st.st_size;
	sound.data = malloc(sound.size);
	REQUIRE(sound.data);
	tap_defer(free_sound, sound.data);
	EQUAL(fread(sound.data, 1, sound.size, file), sound.size);
	fclose(file);
	return sound;
}

/* After the end comes silence. */
static void copy_sound(unsigned char *to, struct sound *sound, size_t size)
{
	size_t left = sound->size - sound->at;

	if (left > size)
		left = size;
	memset(to, 0, size);
	memcpy(to, sound->data + sound->at, left);
	sound->at += left;
}

static struct winusb_iso_transfer next_transfer(struct player *player, struct sound *sound)
{
	uint32_t slot = player->submitted % SLOTS;
	struct winusb_iso_transfer transfer =
		fixture_transfer(&player->buffer, slot * PACKETS, PACKETS, player->submitted);

	copy_sound(player->buffer.data + transfer.offset, sound, transfer.length);
	player->submitted++;
	return transfer;
}

static void submit(struct player *player, struct sound *sound, uint32_t flags, uint64_t uframe)
{
	struct winusb_iso_transfer transfer = next_transfer(player, sound);

	transfer.flags = flags;
	transfer.start_uframe = uframe;
	REQUIRE_WORKS(fixture_submit(player->fd, &transfer));
}

static struct winusb_iso_completion reap(struct player *player)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_reap(player->fd, &completion));
	player->reaped++;
	return completion;
}

static void count_packets(const struct player *player,
			  const struct winusb_iso_completion *completion, struct tally *tally)
{
	const struct winusb_iso_packet *packet =
		player->buffer.packets + completion->cookie % SLOTS * PACKETS;
	uint32_t i;

	for (i = 0; i < PACKETS; i++)
		tally->bad_packets += packet[i].status || packet[i].length != PACKET ||
				      packet[i].offset != i * PACKET;
}

/* What holds for every transfer of a good stream. */
static void count(struct player *player, const struct winusb_iso_completion *completion,
		  struct tally *tally)
{
	tally->transfers++;
	tally->failed += completion->status != 0;
	tally->out_of_order += completion->cookie != player->reaped - 1;
	tally->short_ones += completion->actual_length != PACKETS * PACKET ||
			     completion->error_count || completion->num_packets != PACKETS;
	count_packets(player, completion, tally);
	player->next = completion->start_uframe + PACKETS * UFRAMES;
}

/* What holds for every one but the first. */
static void count_following(struct player *player, const struct winusb_iso_completion *completion,
			    struct tally *tally)
{
	uint8_t trust = player->host->exact ? WINUSB_ISO_TRUST_EXACT : WINUSB_ISO_TRUST_TIMED;

	tally->gaps += completion->gap || completion->inner_gap;
	tally->wrong_flags += completion->flags != 0;
	tally->wrong_trust += completion->trust != trust;
	if (player->host->exact)
		tally->misplaced += completion->start_uframe != player->next;
	count(player, completion, tally);
}

static void nothing_wrong(const struct tally *tally, unsigned int transfers)
{
	EQUAL(tally->transfers, transfers);
	EQUAL(tally->failed, 0);
	EQUAL(tally->out_of_order, 0);
	EQUAL(tally->short_ones, 0);
	EQUAL(tally->bad_packets, 0);
	EQUAL(tally->gaps, 0);
	EQUAL(tally->wrong_flags, 0);
	EQUAL(tally->wrong_trust, 0);
	EQUAL(tally->misplaced, 0);
}

/*
 * Plays @sound and silence after it as one stream: the first transfer with @flags (and @uframe),
 * all others with CONTINUE. Returns the completion of the first; all others are checked here.
 */
static struct winusb_iso_completion play(struct player *player, struct sound *sound, uint32_t flags,
					 uint64_t uframe)
{
	unsigned int total = (unsigned int)(sound->size / PACKET / PACKETS) + SILENCE;
	uint64_t end = player->submitted + total;
	struct winusb_iso_completion first, later;
	struct tally tally = { 0 };

	submit(player, sound, flags, uframe);
	while (player->submitted < player->reaped + SLOTS)
		submit(player, sound, WINUSB_ISO_TRANSFER_CONTINUE, 0);
	first = reap(player);
	count(player, &first, &tally);
	while (player->reaped < end) {
		if (player->submitted < end)
			submit(player, sound, WINUSB_ISO_TRANSFER_CONTINUE, 0);
		later = reap(player);
		count_following(player, &later, &tally);
	}
	nothing_wrong(&tally, total);
	EQUAL(first.flags, WINUSB_ISO_COMPLETION_NEW_STREAM);
	EQUAL(first.inner_gap, 0);
	return first;
}

/* QEMU's device takes what came after the last packet of sound with its timer. */
static void stop(void)
{
	fixture_sleep_ms(100);
}

/* --- tests --- */

static void plays_a_file(const struct host *host)
{
	struct winusb_iso_completion first;
	struct player player;
	struct sound sound;

	start(&player, host);
	sound = load(&player, "a");
	EQUAL(sound.size, 8000 * PACKET);
	first = play(&player, &sound, 0, 0);
	EQUAL(first.gap, 0);
	CHECK(first.trust >= WINUSB_ISO_TRUST_TIMED);
	stop();
}

static struct winusb_iso_frame frame_now(const struct player *player)
{
	struct winusb_iso_frame frame = { 0 };

	REQUIRE_WORKS(fixture_ioctl(player->fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	return frame;
}

/* Longer than the 1024 or 2048 frames that the controllers count to. */
static void frame_advances(const struct host *host)
{
	struct winusb_iso_frame first, last, next;
	unsigned int backwards = 0, i;
	struct player player;
	int64_t drift;

	start(&player, host);
	first = last = frame_now(&player);
	EQUAL(first.trust, WINUSB_ISO_TRUST_EXACT);
	EQUAL(first.resolution, UFRAMES);
	for (i = 0; i < 50; i++) {
		fixture_sleep_ms(100);
		next = frame_now(&player);
		backwards += next.uframe < last.uframe || next.timestamp_ns <= last.timestamp_ns;
		last = next;
	}
	EQUAL(backwards, 0);
	CHECK(last.timestamp_ns - first.timestamp_ns >= 5000000000u);
	drift = (int64_t)((last.uframe - first.uframe) * 125000) -
		(int64_t)(last.timestamp_ns - first.timestamp_ns);
	tap_note("after %llu microframes the counter and the clock differ by %lld ns",
		 (unsigned long long)(last.uframe - first.uframe), (long long)drift);
	CHECK(llabs(drift) <= 2 * 1000000); /* each reading is good to a frame */
}

static void start_frame_refused(struct player *player)
{
	struct winusb_iso_transfer transfer = fixture_transfer(&player->buffer, 0, PACKETS, 0);

	transfer.flags = WINUSB_ISO_TRANSFER_AT_FRAME;
	transfer.start_uframe = frame_now(player).uframe + 800;
	RETURNS(fixture_submit(player->fd, &transfer), EOPNOTSUPP);
}

static void at_frame(const struct host *host)
{
	struct winusb_iso_completion first;
	struct player player;
	struct sound sound;
	uint64_t asked, end;

	start(&player, host);
	if (!host->exact) {
		start_frame_refused(&player);
		return;
	}
	sound = load(&player, "b");
	asked = (frame_now(&player).uframe / UFRAMES + 100) * UFRAMES;
	first = play(&player, &sound, WINUSB_ISO_TRANSFER_AT_FRAME, asked);
	EQUAL(first.start_uframe, asked);
	EQUAL(first.gap, 0);
	EQUAL(first.trust, WINUSB_ISO_TRUST_EXACT);

	/* In the middle of a frame: the next service interval is the next frame. */
	sound = load(&player, "c");
	end = player.next;
	asked = frame_now(&player).uframe / UFRAMES * UFRAMES + 100 * UFRAMES + 3;
	first = play(&player, &sound, WINUSB_ISO_TRANSFER_AT_FRAME, asked);
	EQUAL(first.start_uframe, asked + 5);
	EQUAL(first.gap, (first.start_uframe - end) / UFRAMES);
	EQUAL(first.trust, WINUSB_ISO_TRUST_EXACT);
	stop();
}

static void continue_is_refused(struct player *player)
{
	static unsigned char nothing[PACKET * PACKETS];
	struct sound silence = { nothing, 0, 0 };
	struct winusb_iso_completion completion;

	submit(player, &silence, WINUSB_ISO_TRANSFER_CONTINUE, 0);
	completion = reap(player);
	RETURNS(completion.status, EXDEV);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
	EQUAL(completion.actual_length, 0);
	EQUAL(completion.error_count, PACKETS);
	EQUAL(completion.start_uframe, 0);
}

static void underrun(const struct host *host)
{
	struct winusb_iso_completion first;
	struct player player;
	struct sound sound;
	uint64_t end, lost;

	start(&player, host);
	sound = load(&player, "d");
	play(&player, &sound, 0, 0);
	fixture_sleep_ms(50);
	continue_is_refused(&player);
	continue_is_refused(&player);

	sound = load(&player, "e");
	end = player.next;
	first = play(&player, &sound, 0, 0);
	lost = (first.start_uframe - end) / UFRAMES;
	tap_note("gap %u, start frames say %llu", first.gap, (unsigned long long)lost);
	CHECK(first.gap >= 50);
	if (host->exact) {
		EQUAL(first.gap, lost);
		EQUAL(first.trust, WINUSB_ISO_TRUST_EXACT);
	} else {
		CHECK(first.gap + 2 >= lost && first.gap <= lost + 2);
		EQUAL(first.trust, WINUSB_ISO_TRUST_UNKNOWN);
	}
	stop();
}

#define ON(host, test) \
	static void host##_##test(void) \
	{ \
		test(&(host)); \
	}
#define ON_ALL(test) ON(uhci, test) ON(ohci, test) ON(xhci, test)

ON_ALL(plays_a_file)
ON_ALL(frame_advances)
ON_ALL(at_frame)
ON_ALL(underrun)

static const struct tap_test tests[] = {
	{ "UHCI: 8 s of sound go out without a gap, each transfer right after the one before",
	  uhci_plays_a_file },
	{ "UHCI: the frame number goes on with the clock, past the end of the counter",
	  uhci_frame_advances },
	{ "UHCI: a transfer starts at the frame that was asked for", uhci_at_frame },
	{ "UHCI: a pause of 50 ms ends the stream, and the next one says how long it was",
	  uhci_underrun },
	{ "OHCI: 8 s of sound go out without a gap, each transfer right after the one before",
	  ohci_plays_a_file },
	{ "OHCI: the frame number goes on with the clock, past the end of the counter",
	  ohci_frame_advances },
	{ "OHCI: a transfer starts at the frame that was asked for", ohci_at_frame },
	{ "OHCI: a pause of 50 ms ends the stream, and the next one says how long it was",
	  ohci_underrun },
	{ "xHCI: 8 s of sound go out without a gap, as far as the clock can tell",
	  xhci_plays_a_file },
	{ "xHCI: the frame number goes on with the clock, past the end of the counter",
	  xhci_frame_advances },
	{ "xHCI: a start frame is refused, for it can not be kept", xhci_at_frame },
	{ "xHCI: a pause of 50 ms ends the stream, and the next one estimates how long it was",
	  xhci_underrun },
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
