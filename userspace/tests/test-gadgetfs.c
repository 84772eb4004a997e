// SPDX-License-Identifier: MIT
/*
 * A device that is a program behind the kernel's old gadgetfs, in its smallest form: one
 * isochronous IN pipe, each packet of which carries a number. gadgetfs knows no SuperSpeed. (New
 * programs use FunctionFS: test-gadgets.c.)
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h> /* an endpoint descriptor without audio members */
#include <linux/usb/gadgetfs.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow.h"
#include "gadget.h"

#define FOLDER	 "/dev/gadget"
#define ENDPOINT FOLDER "/ep3in-iso" /* dummy_udc's, whose name says its address */
#define ADDRESS	 0x83
#define PACKET	 512u
#define FRAME	 4 /* bInterval of 1 ms at high speed; at full speed it is 1 */
#define PACKETS	 8u
#define SLOTS	 16u
#define NUMBERS	 500u

static struct {
	int control, endpoint; /* files */
	bool has_writer, has_listener;
	pthread_t writer, listener;
} device;

/* --- descriptors --- */

struct configuration {
	struct usb_config_descriptor config;
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio endpoint;
} __attribute__((packed));

struct device_descriptors {
	uint32_t tag;
	struct configuration full, high;
	struct usb_device_descriptor device;
} __attribute__((packed));

struct endpoint_descriptors {
	uint32_t tag;
	struct usb_endpoint_descriptor_no_audio full, high;
} __attribute__((packed));

static struct usb_endpoint_descriptor_no_audio endpoint_descriptor(uint8_t interval)
{
	return (struct usb_endpoint_descriptor_no_audio){
		.bLength = USB_DT_ENDPOINT_SIZE,
		.bDescriptorType = USB_DT_ENDPOINT,
		.bEndpointAddress = ADDRESS,
		.bmAttributes = USB_ENDPOINT_XFER_ISOC,
		.wMaxPacketSize = htole16(PACKET),
		.bInterval = interval,
	};
}

static struct configuration configuration(uint8_t interval)
{
	return (struct configuration){
		.config = {
			.bLength = USB_DT_CONFIG_SIZE, .bDescriptorType = USB_DT_CONFIG,
			.wTotalLength = htole16(sizeof(struct configuration)),
			.bNumInterfaces = 1, .bConfigurationValue = 1,
			.bmAttributes = USB_CONFIG_ATT_ONE | USB_CONFIG_ATT_SELFPOWER,
		},
		.interface = {
			.bLength = USB_DT_INTERFACE_SIZE, .bDescriptorType = USB_DT_INTERFACE,
			.bNumEndpoints = 1, .bInterfaceClass = USB_CLASS_VENDOR_SPEC,
		},
		.endpoint = endpoint_descriptor(interval),
	};
}

static struct device_descriptors device_descriptors(void)
{
	return (struct device_descriptors){
		.full = configuration(1), .high = configuration(FRAME),
		.device = {
			.bLength = USB_DT_DEVICE_SIZE, .bDescriptorType = USB_DT_DEVICE,
			.bcdUSB = htole16(0x0200), .bMaxPacketSize0 = 64,
			.idVendor = htole16(GADGET_VENDOR), .idProduct = htole16(GADGET_PRODUCT),
			.bNumConfigurations = 1,
		},
	};
}

/* --- the device --- */

static void *write_numbers(void *unused)
{
	uint8_t packet[PACKET] = { 0 };
	uint64_t number;

	for (number = 1;; number++) {
		memcpy(packet, &number, sizeof(number));
		if (write(device.endpoint, packet, sizeof(packet)) != (ssize_t)sizeof(packet))
			return unused;
	}
}

static bool enable_endpoint(void)
{
	const struct endpoint_descriptors descriptors = {
		.tag = 1,
		.full = endpoint_descriptor(1),
		.high = endpoint_descriptor(FRAME),
	};

	if (device.has_writer)
		return true;
	device.endpoint = open(ENDPOINT, O_RDWR | O_CLOEXEC);
	if (device.endpoint < 0 ||
	    write(device.endpoint, &descriptors, sizeof(descriptors)) != sizeof(descriptors))
		return false;
	device.has_writer = !pthread_create(&device.writer, NULL, write_numbers, NULL);
	return device.has_writer;
}

/*
 * What gadgetfs does not answer itself: the choice of configuration and alternate setting. Moving
 * data the right way, here none, acknowledges a request, the wrong way refuses it.
 */
static void answer(const struct usb_ctrlrequest *setup)
{
	bool in = setup->bRequestType & USB_DIR_IN;
	bool good = !in && (setup->bRequest != USB_REQ_SET_CONFIGURATION || enable_endpoint());

	if (good || in)
		(void)!read(device.control, NULL, 0);
	else
		(void)!write(device.control, NULL, 0);
}

static void *listen_to_host(void *unused)
{
	struct usb_gadgetfs_event event;

	while (read(device.control, &event, sizeof(event)) == sizeof(event))
		if (event.type == GADGETFS_SETUP)
			answer(&event.u.setup);
	return unused;
}

static void remove_device(void *unused)
{
	(void)unused;
	if (device.has_listener) {
		pthread_cancel(device.listener);
		pthread_join(device.listener, NULL);
	}
	close(device.control);
	if (device.has_writer) {
		pthread_join(device.writer, NULL);
		close(device.endpoint);
	}
	memset(&device, 0, sizeof(device));
	CHECK(!umount(FOLDER));
}

/* The one file of the folder, before the device is there, is called as the controller. */
static int open_control(void)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	char path[300] = "";

	REQUIRE(folder);
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			snprintf(path, sizeof(path), FOLDER "/%s", entry->d_name);
	closedir(folder);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void start_device(struct gadget *gadget)
{
	struct device_descriptors descriptors = device_descriptors();

	*gadget = (struct gadget){ .product = GADGET_PRODUCT };
	REQUIRE(!mkdir(FOLDER, 0755) || errno == EEXIST);
	REQUIRE(!mount("gadgetfs", FOLDER, "gadgetfs", 0, NULL));
	tap_defer(remove_device, NULL);
	device.control = open_control();
	REQUIRE(device.control >= 0);
	REQUIRE(write(device.control, &descriptors, sizeof(descriptors)) == sizeof(descriptors));
	device.has_listener = !pthread_create(&device.listener, NULL, listen_to_host, NULL);
	gadget_wait(gadget, 0);
}

/* --- its host --- */

static uint64_t seen;

/* A packet of no length: the program behind the device had no time. */
static void look(const struct flow_slot *slot)
{
	uint64_t number;
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		if (!slot->table[i].length)
			continue;
		if (!EQUAL(slot->table[i].length, PACKET))
			tap_end();
		memcpy(&number, slot->data + slot->table[i].offset, sizeof(number));
		if (!EQUAL(number, seen + 1))
			tap_end();
		seen = number;
	}
}

static void arrives(void)
{
	struct winusb_iso_completion completion;
	struct gadget gadget;
	struct flow_want want;
	struct flow flow;
	int fd;

	start_device(&gadget);
	fd = fixture_open(&gadget.device, O_RDWR);
	flow_open(&flow, fd, ADDRESS, PACKETS, SLOTS);
	flow.foreign = true;
	for (seen = 0; seen < NUMBERS; look(flow_slot_of(&flow, &completion))) {
		flow_fill(&flow, UINT64_MAX);
		REQUIRE_WORKS(fixture_reap(fd, &completion));
		want = (struct flow_want){
			.trust = WINUSB_ISO_TRUST_EXACT,
			.any_packets = true,
			.flags = flow.reaped ? 0 : WINUSB_ISO_COMPLETION_NEW_STREAM,
		};
		if (!flow_check(&flow, &completion, &want))
			tap_end();
	}
	EQUAL(flow.gaps, 0);
}

static const struct tap_test tests[] = {
	{ "gadgetfs: every packet that a program behind it writes arrives once, in order",
	  arrives },
};

int main(int argc, char **argv)
{
	tap_after_each(fixture_nothing_left);
	return TAP_MAIN(argc, argv, tests);
}
