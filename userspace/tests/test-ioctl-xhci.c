// SPDX-License-Identifier: MIT
/*
 * What the calls say on a host controller that counts frames but reports no start frame: xHCI. The
 * node at hand is QEMU's usb-audio, its streaming interface; nothing is simulated here.
 */
#include <fcntl.h>
#include <errno.h>
#include <unistd.h>

#include "fixture.h"

#define NODE	"/dev/winusb-iso0"
#define PIPE	0x01
#define PACKETS 8u

static bool has_node(void *unused)
{
	(void)unused;
	return !access(NODE, F_OK);
}

/* The device is enumerated while we start. */
static int open_node(void)
{
	int fd;

	REQUIRE(fixture_wait(has_node, NULL));
	fd = fixture_open_path(NODE, O_RDWR | O_NONBLOCK);
	REQUIRE(fd >= 0);
	fixture_set_alternate(fd, 1);
	return fd;
}

static void features(void)
{
	struct winusb_iso_info info;

	REQUIRE_WORKS(fixture_ioctl(open_node(), WINUSB_ISO_IOC_GET_INFO, &info));
	SAME_TEXT(info.controller, "xhci-hcd");
	EQUAL(info.features, WINUSB_ISO_FEATURE_RING | WINUSB_ISO_FEATURE_PACKET_LENGTHS |
				     WINUSB_ISO_FEATURE_FRAME_COUNTER | WINUSB_ISO_FEATURE_PLAIN |
				     WINUSB_ISO_FEATURE_CANCEL | WINUSB_ISO_FEATURE_POWER |
				     WINUSB_ISO_FEATURE_PIPE_RING |
				     WINUSB_ISO_FEATURE_NO_INTERRUPT);
}

static void frame(void)
{
	struct winusb_iso_frame frame, next;
	unsigned int i;
	int fd = open_node();

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	EQUAL(frame.resolution, 8);
	EQUAL(frame.trust, WINUSB_ISO_TRUST_EXACT);
	for (i = 0; i < 1000; i++) {
		REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &next));
		REQUIRE(next.uframe >= frame.uframe);
		REQUIRE(next.timestamp_ns > frame.timestamp_ns);
		frame = next;
	}
}

/* A good transfer but for its flag. */
static struct winusb_iso_transfer at_frame(int fd, const struct fixture_buffer *buffer,
					   uint32_t flags)
{
	struct winusb_iso_transfer transfer = fixture_transfer(buffer, 0, PACKETS, 5);
	struct winusb_iso_frame frame;

	REQUIRE_WORKS(fixture_ioctl(fd, WINUSB_ISO_IOC_GET_FRAME, &frame));
	transfer.flags = WINUSB_ISO_TRANSFER_AT_FRAME | flags;
	transfer.start_uframe = frame.uframe + 800;
	return transfer;
}

static void at_frame_refused(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	int fd = open_node();

	fixture_register_packets(fd, &buffer, PIPE, PACKETS);
	transfer = at_frame(fd, &buffer, 0);
	RETURNS(fixture_submit(fd, &transfer), EOPNOTSUPP);
	transfer = at_frame(fd, &buffer, WINUSB_ISO_TRANSFER_DROP_LATE);
	RETURNS(fixture_submit(fd, &transfer), EOPNOTSUPP);
	RETURNS(fixture_reap(fd, &completion), EAGAIN);
	WORKS(fixture_unregister(fd, buffer.info.handle));
}

static void at_frame_refused_in_ring(void)
{
	struct winusb_iso_completion completion;
	struct winusb_iso_transfer transfer;
	struct fixture_buffer buffer;
	struct fixture_rings rings;
	int fd = open_node();

	fixture_rings(fd, &rings, 4);
	fixture_register_packets(fd, &buffer, PIPE, PACKETS);
	transfer = at_frame(fd, &buffer, 0);
	fixture_publish(&rings, &transfer);
	WORKS(fixture_submit_ring(fd, NULL));
	REQUIRE(fixture_collect(&rings, &completion));
	EQUAL(completion.cookie, 5);
	RETURNS(completion.status, EOPNOTSUPP);
	EQUAL(completion.flags, WINUSB_ISO_COMPLETION_NOT_SENT);
}

static const struct tap_test tests[] = {
	{ "xHCI: the features say that frames are counted and starts not reported", features },
	{ "xHCI: the bus time is the controller's and never runs backwards", frame },
	{ "xHCI: AT_FRAME is refused with EOPNOTSUPP, with DROP_LATE, too", at_frame_refused },
	{ "xHCI: AT_FRAME through the ring is refused with EOPNOTSUPP", at_frame_refused_in_ring },
};

int main(int argc, char **argv)
{
	return TAP_MAIN(argc, argv, tests);
}
