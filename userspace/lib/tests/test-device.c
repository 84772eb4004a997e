// SPDX-License-Identifier: MIT
/* Opening, asking, buffers. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-kernel.h"
#include "tap.h"
#include "winusb-iso.h"

TEST(open_close, "a closed device leaves nothing mapped or registered")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);

	CHECK(dev);
	CHECK(wiso_buffer_register(dev, FAKE_IN, 1000, 10));
	CHECK(wiso_stream_open(dev, FAKE_IN2, 8, 4, 0));
	EQUAL(fake_counts().maps, 3);
	wiso_close(dev);
	EQUAL(fake_counts().maps, 0);
}

TEST(open_missing, "opening a node that is not there says ENOENT")
{
	FAILS_NULL(wiso_open("/dev/other", 0), ENOENT);
}

TEST(open_flags, "an unknown open flag is refused")
{
	FAILS_NULL(wiso_open("/dev/winusb-iso0", 1u << 31), EINVAL);
}

TEST(open_version, "a module that speaks another version is refused")
{
	fake_version(2);
	FAILS_NULL(wiso_open("/dev/winusb-iso0", 0), EPROTONOSUPPORT);
}

TEST(open_not_ours, "a node that does not know our calls says ENOTTY")
{
	fake_fail(WINUSB_ISO_IOC_GET_INFO, ENOTTY);
	FAILS_NULL(wiso_open("/dev/winusb-iso0", 0), ENOTTY);
}

TEST(pipes, "pipes are found by address and by direction")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct winusb_iso_pipe_info pipe;

	EQUAL(wiso_find_pipe(dev, FAKE_OUT, &pipe), 0);
	EQUAL(pipe.address, FAKE_OUT);
	EQUAL(wiso_first_pipe(dev, WISO_IN, &pipe), 0);
	EQUAL(pipe.address, FAKE_IN);
	EQUAL(wiso_first_pipe(dev, WISO_OUT, &pipe), 0);
	EQUAL(pipe.address, FAKE_OUT);
	FAILS(wiso_find_pipe(dev, 0x0f, &pipe), ENOENT);
	FAILS(wiso_first_pipe(dev, 1, &pipe), EINVAL);
	wiso_set_alternate(dev, 0);
	FAILS(wiso_first_pipe(dev, WISO_IN, &pipe), ENOENT);
	wiso_close(dev);
}

TEST(eintr_ioctl, "a call to the driver that a signal interrupted is made again")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);

	fake_fail(WINUSB_ISO_IOC_SET_ALTERNATE, EINTR);
	EQUAL(wiso_set_alternate(dev, 1), 0);
	wiso_close(dev);
}

TEST(frame, "bus time converts to frames and nanoseconds")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct winusb_iso_frame frame;

	EQUAL(wiso_get_frame(dev, &frame), 0);
	EQUAL(frame.uframe, 8000);
	EQUAL(wiso_frame_number(frame.uframe), 1000);
	EQUAL(wiso_uframes_to_ns(frame.uframe), 1000000000);
	EQUAL(wiso_ns_to_uframes(124999), 0);
	EQUAL(wiso_ns_to_uframes(125000), 1);
	wiso_close(dev);
}

TEST(ring_size, "the ring size is rounded up, and can be set only once")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);

	FAILS(wiso_set_ring_size(dev, 0), ERANGE);
	FAILS(wiso_set_ring_size(dev, WINUSB_ISO_MAX_RING_ENTRIES + 1), ERANGE);
	EQUAL(wiso_set_ring_size(dev, 5), 8);
	FAILS(wiso_set_ring_size(dev, 5), EEXIST);
	wiso_close(dev);
}

TEST(buffer, "a registered buffer has zeroed data and a packet table")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct wiso_buffer *buffer = wiso_buffer_register(dev, FAKE_IN, 333, 10);
	unsigned char *data;

	CHECK(buffer);
	data = wiso_buffer_data(buffer);
	for (int i = 0; i < 333; i++)
		EQUAL(data[i], 0);
	EQUAL(wiso_buffer_size(buffer), 333);
	EQUAL(wiso_buffer_num_packets(buffer), 10);
	EQUAL(wiso_buffer_packets(buffer)[9].status, 0);
	EQUAL(wiso_buffer_pipe(buffer)->address, FAKE_IN);
	CHECK(wiso_buffer_handle(buffer));
	EQUAL(wiso_buffer_unregister(buffer), 0);
	EQUAL(wiso_buffer_unregister(NULL), 0);
	EQUAL(fake_counts().buffers, 0);
	EQUAL(fake_counts().maps, 1); /* the rings */
	wiso_close(dev);
}

TEST(buffer_errors, "each bad buffer has its own errno")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);

	FAILS_NULL(wiso_buffer_register(dev, 0x0f, 100, 1), ENOENT);
	FAILS_NULL(wiso_buffer_register(dev, FAKE_BULK, 100, 1), EOPNOTSUPP);
	FAILS_NULL(wiso_buffer_register(dev, FAKE_IN, 0, 1), ERANGE);
	FAILS_NULL(wiso_buffer_register(dev, FAKE_IN, (size_t)1 << 33, 1), ERANGE);
	FAILS_NULL(wiso_buffer_register(dev, FAKE_IN, 100, 0), EDOM);
	fake_largest_buffer(99);
	FAILS_NULL(wiso_buffer_register(dev, FAKE_IN, 100, 1), ENOMEM);
	EQUAL(fake_counts().buffers, 0);
	wiso_close(dev);
}

TEST(buffer_busy, "a buffer with a pending transfer can not be unregistered")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct wiso_buffer *buffer = wiso_buffer_register(dev, FAKE_IN, 320, 10);
	struct winusb_iso_transfer transfer;

	wiso_transfer_init(&transfer, buffer, 0, 0, 10);
	EQUAL(wiso_submit(dev, &transfer), 0);
	FAILS(wiso_buffer_unregister(buffer), EBUSY);
	EQUAL(wiso_abort_pipe(dev, FAKE_IN), 0);
	EQUAL(wiso_buffer_unregister(buffer), 0);
	wiso_close(dev);
}

TEST(buffer_gone, "a buffer can be unregistered after the device has gone")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct wiso_buffer *buffer = wiso_buffer_register(dev, FAKE_IN, 320, 10);

	fake_unplug();
	EQUAL(wiso_buffer_unregister(buffer), 0);
	EQUAL(fake_counts().maps, 1);
	wiso_close(dev);
}

TEST(many_buffers, "as many buffers as the contract allows keep their handles apart")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct wiso_buffer *buffers[WINUSB_ISO_MAX_BUFFERS];

	for (unsigned int i = 0; i < WINUSB_ISO_MAX_BUFFERS; i++)
		CHECK((buffers[i] = wiso_buffer_register(dev, FAKE_IN, 32, 1)));
	FAILS_NULL(wiso_buffer_register(dev, FAKE_IN, 32, 1), EMFILE);
	for (unsigned int i = 0; i < WINUSB_ISO_MAX_BUFFERS; i += 2)
		EQUAL(wiso_buffer_unregister(buffers[i]), 0);
	EQUAL(fake_counts().buffers, WINUSB_ISO_MAX_BUFFERS / 2);
	wiso_close(dev);
	EQUAL(fake_counts().maps, 0);
}

TEST(fork_child, "a forked child can close without touching the parent's stream")
{
	struct wiso_device *dev = wiso_open("/dev/winusb-iso0", 0);
	struct wiso_stream *stream = wiso_stream_open(dev, FAKE_IN, 8, 4, 0);
	int status;
	pid_t child;

	EQUAL(wiso_stream_start(stream), 0);
	child = fork();
	if (!child) {
		wiso_close(dev);
		_exit(fake_counts().aborts || fake_pending(FAKE_IN) != 4);
	}
	EQUAL(waitpid(child, &status, 0), child);
	EQUAL(status, 0);
	EQUAL(fake_pending(FAKE_IN), 4);
	wiso_close(dev);
}

TEST(sizes, "packets for a time cover it, and are never none")
{
	struct winusb_iso_pipe_info pipe = { .interval = 1 };

	EQUAL(wiso_packets_for_ms(&pipe, 4), 32);
	EQUAL(wiso_packets_for_ms(&pipe, 0), 1);
	EQUAL(wiso_packets_for_ms(&pipe, 1u << 31), WINUSB_ISO_MAX_BUFFER_PACKETS);
	pipe.interval = 8;
	EQUAL(wiso_packets_for_ms(&pipe, 4), 4);
	pipe.interval = 64;
	EQUAL(wiso_packets_for_ms(&pipe, 4), 1);
	EQUAL(wiso_packets_for_ms(&pipe, 9), 2);
}

TEST(texts, "every text is there, for numbers that nobody knows, too")
{
	CHECK(!strcmp(wiso_version(), "1.1.0"));
	CHECK(!strcmp(wiso_speed_text(WINUSB_ISO_SPEED_HIGH), "high speed"));
	CHECK(!strcmp(wiso_speed_text(99), "unknown speed"));
	CHECK(!strcmp(wiso_pipe_type_text(1), "isochronous"));
	CHECK(!strcmp(wiso_pipe_type_text(9), "unknown type"));
	CHECK(!strcmp(wiso_trust_text(WINUSB_ISO_TRUST_TIMED), "timed"));
	CHECK(!strcmp(wiso_packet_status_text(0), "ok"));
	CHECK(!strcmp(wiso_packet_status_text(-EILSEQ), "CRC error"));
	CHECK(!strcmp(wiso_packet_status_text(-EIO), "Input/output error"));
	CHECK(!strcmp(wiso_packet_status_text(12345), "unknown status"));
	CHECK(!strcmp(wiso_packet_status_text(-2147483647 - 1), "unknown status"));
	CHECK(!strcmp(wiso_status_text(-ECONNRESET), "cancelled"));
}
