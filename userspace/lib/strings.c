// SPDX-License-Identifier: MIT
/* Numbers of the contract in words. */
#include <errno.h>
#include <string.h>

#include "internal.h"

const char *wiso_speed_text(unsigned int speed)
{
	switch (speed) {
	case WINUSB_ISO_SPEED_LOW:
		return "low speed";
	case WINUSB_ISO_SPEED_FULL:
		return "full speed";
	case WINUSB_ISO_SPEED_HIGH:
		return "high speed";
	case WINUSB_ISO_SPEED_SUPER:
		return "super speed";
	case WINUSB_ISO_SPEED_SUPER_PLUS:
		return "super speed plus";
	default:
		return "unknown speed";
	}
}

const char *wiso_pipe_type_text(unsigned int type)
{
	static const char *const texts[] = {
		[WINUSB_ISO_PIPE_CONTROL] = "control",
		[WINUSB_ISO_PIPE_ISOCHRONOUS] = "isochronous",
		[WINUSB_ISO_PIPE_BULK] = "bulk",
		[WINUSB_ISO_PIPE_INTERRUPT] = "interrupt",
	};

	return type < sizeof(texts) / sizeof(*texts) ? texts[type] : "unknown type";
}

const char *wiso_trust_text(unsigned int trust)
{
	switch (trust) {
	case WINUSB_ISO_TRUST_EXACT:
		return "exact";
	case WINUSB_ISO_TRUST_TIMED:
		return "timed";
	default:
		return "unknown";
	}
}

static const char *system_text(int status)
{
	const char *text = status <= 0 && status > -4096 ? strerrordesc_np(-status) : NULL;

	return text ? text : "unknown status";
}

const char *wiso_packet_status_text(int status)
{
	switch (status) {
	case 0:
		return "ok";
	case -EXDEV:
		return "missed its service interval";
	case -EOVERFLOW:
		return "babble: more data than asked for";
	case -EPROTO:
		return "bus error";
	case -EILSEQ:
		return "CRC error";
	case -ETIME:
		return "no answer in time";
	case -ECOMM:
		return "host too slow to store the data";
	case -ENOSR:
		return "host too slow to fetch the data";
	case -EREMOTEIO:
		return "short";
	default:
		return system_text(status);
	}
}

const char *wiso_status_text(int status)
{
	switch (status) {
	case 0:
		return "ok";
	case -EXDEV:
		return "the stream could not be continued";
	case -ETIME:
		return "its start frame had passed";
	case -ECONNRESET:
		return "cancelled";
	case -EHOSTUNREACH:
		return "the system or the device went to sleep";
	case -ENETRESET:
		return "the device was reset";
	case -ENODEV:
		return "the device has gone";
	case -ENOSPC:
		return "not enough bandwidth on the bus";
	case -EPIPE:
		return "the device stalled, or the pipe is halted";
	case -ECANCELED:
		return "one before it failed";
	case -EREMOTEIO:
		return "shorter than asked for";
	case -EOVERFLOW:
		return "babble: more data than asked for";
	case -EACCES:
		return "a request that the driver does not let through";
	case -ESTALE:
		return "the pipe has gone with a change of alternate setting";
	default:
		return system_text(status);
	}
}
