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
#include <time.h>
#include <unistd.h>

#define FILES "/data"
#define USB "/sys/bus/usb"
#define QEMU_AUDIO "46f4 0002"
#define STREAMING 1		/* bInterfaceNumber; 0 is audio control */
#define FEATURE_UNIT 2
#define MUTE_CONTROL 1
#define VOLUME_CONTROL 2
#define PIPE 0x01
#define PACKET 192		/* 48 frames of 16-bit stereo: 1 ms */
#define PACKETS 10		/* of a transfer */
#define SLOTS 16
#define UFRAMES 8		/* of a packet */
#define SILENCE 20		/* transfers at the end, so that nothing stays in QEMU's buffers */

struct player {
	const char *controller;
	int fd;
	struct fixture_buffer buffer;
	uint64_t next;		/* cookie of the next transfer */
	uint64_t end;		/* bus time after the last completed transfer */
};

struct file {
	unsigned char *data;
	size_t size;
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
		.bRequestType = 0x21, .bRequest = 0x01,	/* SET_CUR of an interface */
		.wValue = (uint16_t)(control << 8 | channel), .wIndex = FEATURE_UNIT << 8,
		.wLength = size, .timeout = 1000, .data = data,
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
	set_control(fd, VOLUME_CONTROL, 1, 0x0800, 2);	/* +8 dB is QEMU's 1.0 */
	set_control(fd, VOLUME_CONTROL, 2, 0x0800, 2);
	close(fd);
}

static void prepare_device(const char *device)
{
	char name[300], path[400];
	struct stat_unused;

	snprintf(name, sizeof(name), "%s:1.%d", device, STREAMING);
	snprintf(path, sizeof(path), USB "/drivers/winusb_iso/%s", name);
	CHECK(!access(path, F_OK));
	set_full_volume(device);
}

