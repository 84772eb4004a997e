// SPDX-License-Identifier: MIT
/*
 * usbfs-stream VID:PID ALTERNATE ENDPOINT LENGTH PACKETS DEPTH TRANSFERS
 *
 * Streams through bare usbfs, DEPTH transfers in flight, and prints one line: what it received or
 * sent. An independent host for the simulated device: it shares nothing with it but pattern.h.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pattern.h"

#define MAX_DEPTH 64

struct stream {
	int fd;
	uint8_t endpoint;
	unsigned int length, packets;
	uint64_t out_counter, last;
	bool any;
	unsigned long transfers, good, bad, errors, empty, gaps, missing;
	int first_status;
};

static long attribute(const char *device, const char *name, int base)
{
	char path[512], text[32];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", device, name);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fgets(text, sizeof(text), file))
		value = strtol(text, NULL, base);
	fclose(file);
	return value;
}

static int open_device(long vendor, long product)
{
	DIR *folder = opendir("/sys/bus/usb/devices");
	struct dirent *entry;
	char path[64];
	int fd = -1;

	while (fd < 0 && folder && (entry = readdir(folder))) {
		if (attribute(entry->d_name, "idVendor", 16) != vendor ||
		    attribute(entry->d_name, "idProduct", 16) != product)
			continue;
		snprintf(path, sizeof(path), "/dev/bus/usb/%03ld/%03ld",
			 attribute(entry->d_name, "busnum", 10),
			 attribute(entry->d_name, "devnum", 10));
		fd = open(path, O_RDWR);
		if (fd < 0)
			err(2, "%s", path);
	}
	if (folder)
		closedir(folder);
	return fd;
}

static void fill(struct stream *s, struct usbdevfs_urb *urb)
{
	unsigned int i;

	for (i = 0; i < s->packets; i++) {
		urb->iso_frame_desc[i] = (struct usbdevfs_iso_packet_desc){ .length = s->length };
		if (!(s->endpoint & 0x80))
			sim_pattern_fill((char *)urb->buffer + (size_t)i * s->length, s->length,
					 s->endpoint, s->out_counter++);
	}
}

static bool submit(struct stream *s, struct usbdevfs_urb *urb)
{
	fill(s, urb);
	urb->number_of_packets = (int)s->packets;
	return ioctl(s->fd, USBDEVFS_SUBMITURB, urb) == 0;
}

static struct usbdevfs_urb *make_urb(const struct stream *s)
{
	struct usbdevfs_urb *urb =
		calloc(1, sizeof(*urb) + s->packets * sizeof(struct usbdevfs_iso_packet_desc));

	urb->type = USBDEVFS_URB_TYPE_ISO;
	urb->flags = USBDEVFS_URB_ISO_ASAP;
	urb->endpoint = s->endpoint;
	urb->buffer_length = (int)(s->packets * s->length);
	urb->buffer = malloc((size_t)urb->buffer_length);
	return urb;
}

static void check_in(struct stream *s, const char *data, unsigned int length)
{
	uint64_t counter;

	if (length < 8) {
		s->empty++;
		return;
	}
	counter = sim_pattern_counter(data);
	if (!sim_pattern_matches(data, length, s->endpoint, counter)) {
		s->bad++;
		return;
	}
	s->good++;
	if (s->any && counter != s->last + 1) {
		s->gaps++;
		s->missing += counter - s->last - 1;
	}
	s->any = true;
	s->last = counter;
}

static void check(struct stream *s, const struct usbdevfs_urb *urb)
{
	int i;

	s->transfers++;
	for (i = 0; i < urb->number_of_packets; i++) {
		const struct usbdevfs_iso_packet_desc *packet = &urb->iso_frame_desc[i];

		if (packet->status) {
			s->errors++;
			if (!s->first_status)
				s->first_status = (int)packet->status;
		} else if (s->endpoint & 0x80) {
			check_in(s, (char *)urb->buffer + (size_t)i * s->length,
				 packet->actual_length <= s->length ? packet->actual_length : 0);
		} else {
			s->good++;
		}
	}
}

static void run(struct stream *s, unsigned int depth, unsigned long wanted)
{
	unsigned long submitted = 0;
	struct usbdevfs_urb *urb;

	while (submitted < depth && submitted < wanted) {
		if (!submit(s, make_urb(s)))
			err(3, "submit");
		submitted++; /* NOLINT(clang-analyzer-unix.Malloc): the kernel has the URB */
	}
	while (s->transfers < submitted) {
		if (ioctl(s->fd, USBDEVFS_REAPURB, &urb))
			return; /* unplugged */
		check(s, urb);
		if (submitted < wanted && submit(s, urb))
			submitted++;
	}
}

int main(int argc, char **argv)
{
	struct usbdevfs_setinterface setting = { 0 };
	struct stream s = { 0 };
	char *colon;
	long vendor;

	if (argc != 8)
		errx(2, "usage: usbfs-stream VID:PID ALTERNATE ENDPOINT LENGTH PACKETS DEPTH "
			"TRANSFERS");
	vendor = strtol(argv[1], &colon, 16);
	s.fd = open_device(vendor, *colon ? strtol(colon + 1, NULL, 16) : -1);
	if (s.fd < 0)
		errx(2, "no device %s", argv[1]);
	setting.altsetting = (unsigned int)atoi(argv[2]);
	s.endpoint = (uint8_t)strtoul(argv[3], NULL, 0);
	s.length = (unsigned int)atoi(argv[4]);
	s.packets = (unsigned int)atoi(argv[5]);
	if (ioctl(s.fd, USBDEVFS_CLAIMINTERFACE, &setting.interface) ||
	    ioctl(s.fd, USBDEVFS_SETINTERFACE, &setting))
		err(2, "interface 0, alternate setting %s", argv[2]);
	run(&s, (unsigned int)atoi(argv[6]) % (MAX_DEPTH + 1), strtoul(argv[7], NULL, 10));
	printf("transfers %lu good %lu bad %lu errors %lu empty %lu gaps %lu missing %lu status "
	       "%d\n",
	       s.transfers, s.good, s.bad, s.errors, s.empty, s.gaps, s.missing, s.first_status);
	return 0;
}
