// SPDX-License-Identifier: MIT
/* What the status of packets and transfers means in Windows' words. Pure. */
#include <errno.h>

#include "winusb-internal.h"

/*
 * Host controller drivers disagree whether -ECOMM or -ENOSR is for IN, so the direction decides.
 * transfer: status of the whole, for packets that never had a chance.
 */
USBD_STATUS winusb_packet_status(int status, bool in, int transfer)
{
	switch (-status) {
	case 0:
		return USBD_STATUS_SUCCESS;
	case EXDEV:
		if (transfer == -ECONNRESET)
			return USBD_STATUS_CANCELED;
		return transfer == -ENODEV ? USBD_STATUS_DEVICE_GONE :
					     USBD_STATUS_ISO_NOT_ACCESSED_LATE;
	case EOVERFLOW:
		return USBD_STATUS_BABBLE_DETECTED;
	case EPROTO:
	case EPIPE:
		return USBD_STATUS_XACT_ERROR;
	case EILSEQ:
		return USBD_STATUS_CRC;
	case ETIME:
		return USBD_STATUS_DEV_NOT_RESPONDING;
	case ECOMM:
	case ENOSR:
		return in ? USBD_STATUS_BUFFER_OVERRUN : USBD_STATUS_BUFFER_UNDERRUN;
	case EREMOTEIO:
		return USBD_STATUS_DATA_UNDERRUN;
	case ENOENT:
	case ECONNRESET:
		return USBD_STATUS_CANCELED;
	case ESHUTDOWN:
	case ENODEV:
		return USBD_STATUS_DEVICE_GONE;
	default:
		return USBD_STATUS_INTERNAL_HC_ERROR;
	}
}

/* An isochronous transfer succeeds unless every packet of it failed. */
DWORD winusb_isoch_error(int status, uint32_t errors, uint32_t packets)
{
	if (!status)
		return errors && errors >= packets ? ERROR_GEN_FAILURE : ERROR_SUCCESS;
	if (status == -EXDEV || status == -ETIME)
		return ERROR_INVALID_PARAMETER;
	return win_error_from_errno(status);
}

/* libusbK's UrbHdrStatus. */
USBD_STATUS winusb_isoch_urb_status(int status, uint32_t errors, uint32_t packets)
{
	switch (-status) {
	case 0:
		return errors && errors >= packets ? USBD_STATUS_ISOCH_REQUEST_FAILED :
						     USBD_STATUS_SUCCESS;
	case EXDEV:
		return USBD_STATUS_INVALID_PARAMETER;
	case ETIME:
		return USBD_STATUS_ISO_NOT_ACCESSED_LATE;
	case EFBIG:
		return USBD_STATUS_BAD_START_FRAME;
	case ENOSPC:
		return USBD_STATUS_NO_BANDWIDTH;
	default:
		return winusb_packet_status(status, true, 0);
	}
}

/* What went wrong on the bus is one error to Windows. */
DWORD winusb_plain_error(int status, bool timed_out)
{
	switch (-status) {
	case ECONNRESET:
		return timed_out ? ERROR_SEM_TIMEOUT : ERROR_OPERATION_ABORTED;
	case ECANCELED: /* behind one that failed */
	case EOVERFLOW:
	case ETIME:
		return ERROR_GEN_FAILURE;
	default:
		return win_error_from_errno(status);
	}
}
