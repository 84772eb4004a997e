// SPDX-License-Identifier: MIT
/* See plain.h. */
#include "plain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

static const char *const pipes_full[] = {
	("0=in:0x81:64:0:bulk:loop=1,out:0x01:64:0:bulk,"
	 "in:0x82:64:1:interrupt:loop=2,out:0x02:64:1:interrupt,"
	 "in:0x83:64:0:bulk,out:0x03:64:0:bulk,in:0x84:64:0:bulk:fixed=100"),
	"in:0x81:192:1,out:0x01:192:1,in:0x82:64:0:bulk,out:0x02:64:0:bulk", NULL
};

static const char *const pipes_high[] = {
	("0=in:0x81:512:0:bulk:loop=1,out:0x01:512:0:bulk,"
	 "in:0x82:64:1:interrupt:loop=2,out:0x02:64:1:interrupt,"
	 "in:0x83:512:0:bulk,out:0x03:512:0:bulk,in:0x84:512:0:bulk:fixed=700"),
	"in:0x81:512:1,out:0x01:512:1,in:0x82:512:0:bulk,out:0x02:512:0:bulk", NULL
};

static const char *const pipes_super[] = {
	("0=in:0x81:1024:0:bulk:loop=1,out:0x01:1024:0:bulk,"
	 "in:0x82:64:1:interrupt:loop=2,out:0x02:64:1:interrupt,"
	 "in:0x83:1024:0:bulk,out:0x03:1024:0:bulk,in:0x84:1024:0:bulk:fixed=700"),
	"in:0x81:512:1,out:0x01:512:1,in:0x82:1024:0:bulk,out:0x02:1024:0:bulk", NULL
};

void plain_options(struct sim_options *options, enum sim_speed speed)
{
	fixture_options(options, speed,
			speed == SIM_FULL ? pipes_full :
			speed == SIM_HIGH ? pipes_high :
					    pipes_super);
}

void plain_open_speed(struct plain *plain, enum sim_speed speed)
{
	struct sim_options options;

	plain_options(&options, speed);
	fixture_start(&plain->device, &options);
	plain->fd = fixture_open(&plain->device, O_RDWR | O_NONBLOCK);
	plain->packet = speed == SIM_FULL ? 64 : speed == SIM_HIGH ? 512 : 1024;
}

void plain_open(struct plain *plain)
{
	plain_open_speed(plain, SIM_HIGH);
}

int plain_open_another(const struct plain *plain)
{
	return fixture_open(&plain->device, O_RDWR | O_NONBLOCK);
}

void plain_buffer(const struct plain *plain, struct fixture_buffer *buffer, uint8_t pipe,
		  uint32_t size)
{
	fixture_register(plain->fd, buffer, pipe, size, 0);
}

struct winusb_iso_transfer plain_transfer(const struct fixture_buffer *buffer, uint32_t offset,
					  uint32_t length, uint64_t cookie)
{
	return (struct winusb_iso_transfer){
		.cookie = cookie,
		.buffer = buffer->info.handle,
		.offset = offset,
		.length = length,
	};
}

struct winusb_iso_transfer plain_control(const struct fixture_buffer *buffer, uint8_t type,
					 uint8_t request, uint16_t value, uint16_t index,
					 uint16_t length, uint64_t cookie)
{
	const uint8_t setup[8] = {
		type,
		request,
		(uint8_t)value,
		(uint8_t)(value >> 8),
		(uint8_t)index,
		(uint8_t)(index >> 8),
		(uint8_t)length,
		(uint8_t)(length >> 8),
	};

	memcpy(buffer->data, setup, sizeof(setup));
	return plain_transfer(buffer, 0, 8u + length, cookie);
}

void plain_submit_some(int fd, const struct fixture_buffer *buffer, unsigned int count,
		       uint32_t length, uint64_t first_cookie)
{
	struct winusb_iso_transfer transfer;
	unsigned int i, fit = length ? buffer->info.size / length : 1;

	for (i = 0; i < count; i++) {
		transfer = plain_transfer(buffer, i % fit * length, length, first_cookie + i);
		REQUIRE_WORKS(fixture_submit(fd, &transfer));
	}
}

int plain_reap(int fd, struct winusb_iso_completion *completion)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (poll(&poll_fd, 1, FIXTURE_WAIT_MS) != 1)
		return -ETIMEDOUT;
	return fixture_reap(fd, completion);
}

void plain_expect(int fd, uint64_t cookie, int status, uint32_t length)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(plain_reap(fd, &completion));
	EQUAL(completion.cookie, cookie);
	RETURNS(completion.status, -status);
	EQUAL(completion.actual_length, length);
}

int plain_do(int fd, const struct winusb_iso_transfer *transfer, uint32_t *length)
{
	struct winusb_iso_completion completion;

	REQUIRE_WORKS(fixture_submit(fd, transfer));
	REQUIRE_WORKS(plain_reap(fd, &completion));
	REQUIRE(completion.cookie == transfer->cookie);
	if (length)
		*length = completion.actual_length;
	return completion.status;
}

void plain_feed(const struct plain *plain, const struct fixture_buffer *out, uint32_t length)
{
	struct winusb_iso_transfer transfer = plain_transfer(out, 0, length, 0xfeed);

	transfer.flags = WINUSB_ISO_TRANSFER_ZERO_PACKET;
	REQUIRE_WORKS(plain_do(plain->fd, &transfer, NULL));
}

int plain_cancel(int fd, uint8_t pipe, uint64_t cookie)
{
	struct winusb_iso_cancel cancel = { .cookie = cookie, .pipe = pipe };

	return fixture_ioctl(fd, WINUSB_ISO_IOC_CANCEL, &cancel);
}

void plain_fault(const struct plain *plain, const char *text)
{
	REQUIRE(!sim_fault(plain->device.sim, text));
}

static uint8_t byte_at(size_t i, unsigned int seed)
{
	return (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 16) * 29 + seed);
}

void plain_fill(uint8_t *data, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = byte_at(i, seed);
}

bool plain_matches(const uint8_t *data, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] != byte_at(i, seed))
			return false;
	return true;
}

struct replies {
	struct sim *sim;
	uint8_t pipe;
	uint64_t wanted;
};

static bool has_replied(void *argument)
{
	const struct replies *replies = argument;
	struct sim_pipe_stats stats;

	return sim_stats(replies->sim, replies->pipe, &stats) && stats.transfers >= replies->wanted;
}

void plain_wait_replies(const struct plain *plain, uint8_t pipe, uint64_t replies)
{
	struct replies wait = { plain->device.sim, pipe, replies };

	REQUIRE(fixture_wait(has_replied, &wait));
}
