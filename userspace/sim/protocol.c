// SPDX-License-Identifier: MIT
/* The USB/IP wire format: 48-byte big-endian headers and 16-byte packet descriptors. */
#include "protocol.h"

#include <endian.h>
#include <string.h>

void usbip_put32(uint8_t *bytes, uint32_t value)
{
	value = htobe32(value);
	memcpy(bytes, &value, 4);
}

uint32_t usbip_get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, 4);
	return be32toh(value);
}

void usbip_decode_header(struct usbip_header *header, const uint8_t *bytes)
{
	header->command = usbip_get32(bytes);
	header->seqnum = usbip_get32(bytes + 4);
	header->devid = usbip_get32(bytes + 8);
	header->direction = usbip_get32(bytes + 12);
	header->ep = usbip_get32(bytes + 16);
	header->flags = usbip_get32(bytes + 20);
	header->unlink_seqnum = header->flags;
	header->length = usbip_get32(bytes + 24);
	header->start_frame = (int32_t)usbip_get32(bytes + 28);
	header->n_packets = (int32_t)usbip_get32(bytes + 32);
	header->interval = (int32_t)usbip_get32(bytes + 36);
	memcpy(header->setup, bytes + 40, 8);
}

void usbip_encode_reply(uint8_t *bytes, const struct usbip_reply *reply)
{
	memset(bytes, 0, USBIP_HEADER_SIZE);
	usbip_put32(bytes, reply->command);
	usbip_put32(bytes + 4, reply->seqnum);
	usbip_put32(bytes + 20, (uint32_t)reply->status);
	if (reply->command != USBIP_RET_SUBMIT)
		return;
	usbip_put32(bytes + 24, (uint32_t)reply->actual);
	usbip_put32(bytes + 28, (uint32_t)reply->start_frame);
	usbip_put32(bytes + 32, (uint32_t)reply->n_packets);
	usbip_put32(bytes + 36, (uint32_t)reply->error_count);
}

void usbip_decode_packets(struct usbip_packet *packets, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		packets[i].offset = be32toh(packets[i].offset);
		packets[i].length = be32toh(packets[i].length);
		packets[i].actual = be32toh(packets[i].actual);
		packets[i].status = (int32_t)be32toh((uint32_t)packets[i].status);
	}
}

void usbip_encode_packets(uint8_t *bytes, const struct usbip_packet *packets, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++, bytes += USBIP_PACKET_SIZE) {
		usbip_put32(bytes, packets[i].offset);
		usbip_put32(bytes + 4, packets[i].length);
		usbip_put32(bytes + 8, packets[i].actual);
		usbip_put32(bytes + 12, (uint32_t)packets[i].status);
	}
}
