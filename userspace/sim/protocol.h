/* SPDX-License-Identifier: MIT */
/* The USB/IP wire format: what a message is, and its bytes. Knows nothing of devices. */
#ifndef WINUSB_ISO_SIM_PROTOCOL_H
#define WINUSB_ISO_SIM_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#define USBIP_HEADER_SIZE 48
#define USBIP_PACKET_SIZE 16
#define USBIP_VERSION	  0x0111

enum usbip_command {
	USBIP_CMD_SUBMIT = 1,
	USBIP_CMD_UNLINK = 2,
	USBIP_RET_SUBMIT = 3,
	USBIP_RET_UNLINK = 4,
};

enum usbip_operation {
	USBIP_OP_REQ_IMPORT = 0x8003,
	USBIP_OP_REP_IMPORT = 0x0003,
	USBIP_OP_REQ_DEVLIST = 0x8005,
	USBIP_OP_REP_DEVLIST = 0x0005,
};

#define USBIP_DIR_OUT	      0
#define USBIP_DIR_IN	      1
#define USBIP_URB_ISO_ASAP    0x0002
#define USBIP_URB_ZERO_PACKET 0x0040

struct usbip_packet {
	uint32_t offset, length, actual;
	int32_t status;
};

/* One header of either kind of request. */
struct usbip_header {
	uint32_t command, seqnum, devid, direction, ep;
	uint32_t flags, length;
	int32_t start_frame, n_packets, interval;
	uint8_t setup[8];
	uint32_t unlink_seqnum;
};

struct usbip_reply {
	uint32_t command, seqnum;
	int32_t status, actual, start_frame, n_packets, error_count;
};

void usbip_decode_header(struct usbip_header *header, const uint8_t *bytes);
void usbip_encode_reply(uint8_t *bytes, const struct usbip_reply *reply);
/* The array's memory holds the wire bytes before and the numbers after, and the other way round. */
void usbip_decode_packets(struct usbip_packet *packets, uint32_t count);
void usbip_encode_packets(uint8_t *bytes, const struct usbip_packet *packets, uint32_t count);
void usbip_put32(uint8_t *bytes, uint32_t value);
uint32_t usbip_get32(const uint8_t *bytes);

#endif
