// SPDX-License-Identifier: MIT
/* Values of pipe policies and what may be asked of them. Pure. */
#include <string.h>

#include "winusb-internal.h"

/* What a control transfer may take before Windows gives it up. */
#define CONTROL_TIMEOUT_MS 5000

void winusb_policies_reset(struct winusb_policies *policies, bool control)
{
	*policies = (struct winusb_policies){
		.allow_partial_reads = true,
		.timeout_ms = control ? CONTROL_TIMEOUT_MS : 0,
	};
}

static bool *flag_of(struct winusb_policies *policies, ULONG type)
{
	switch (type) {
	case SHORT_PACKET_TERMINATE:
		return &policies->short_packet_terminate;
	case AUTO_CLEAR_STALL:
		return &policies->auto_clear_stall;
	case IGNORE_SHORT_PACKETS:
		return &policies->ignore_short_packets;
	case ALLOW_PARTIAL_READS:
		return &policies->allow_partial_reads;
	case AUTO_FLUSH:
		return &policies->auto_flush;
	case RAW_IO:
		return &policies->raw_io;
	case RESET_PIPE_ON_RESUME:
		return &policies->reset_pipe_on_resume;
	default:
		return NULL;
	}
}

/* A value for the caller. An error. */
DWORD winusb_value_out(const void *value, ULONG size, PULONG length, PVOID out)
{
	if (!length || !out)
		return ERROR_INVALID_PARAMETER;
	if (*length < size) {
		*length = size;
		return ERROR_INSUFFICIENT_BUFFER;
	}
	memcpy(out, value, size);
	*length = size;
	return ERROR_SUCCESS;
}

/* The control pipe has a time-out and nothing else. */
DWORD winusb_policy_get(struct winusb_policies *policies, bool control, ULONG type, PULONG length,
			PVOID value)
{
	const ULONG most = WINUSB_ISO_MAX_BUFFER_SIZE;
	bool *flag = flag_of(policies, type);
	UCHAR truth;

	if (type == PIPE_TRANSFER_TIMEOUT)
		return winusb_value_out(&policies->timeout_ms, sizeof(ULONG), length, value);
	if (control)
		return ERROR_INVALID_PARAMETER;
	if (type == MAXIMUM_TRANSFER_SIZE)
		return winusb_value_out(&most, sizeof(most), length, value);
	if (!flag)
		return ERROR_INVALID_PARAMETER;
	truth = *flag;
	return winusb_value_out(&truth, sizeof(truth), length, value);
}

/* Programs hand over a UCHAR, or a BOOL, whose first byte says the same. */
DWORD winusb_policy_set(struct winusb_policies *policies, bool control, ULONG type, ULONG length,
			const void *value)
{
	bool *flag = flag_of(policies, type);

	if (!value)
		return ERROR_INVALID_PARAMETER;
	if (type == PIPE_TRANSFER_TIMEOUT) {
		if (length < sizeof(ULONG))
			return ERROR_INVALID_PARAMETER;
		memcpy(&policies->timeout_ms, value, sizeof(ULONG));
		return ERROR_SUCCESS;
	}
	if (control || !flag || length < sizeof(UCHAR))
		return ERROR_INVALID_PARAMETER;
	*flag = *(const UCHAR *)value != 0;
	return ERROR_SUCCESS;
}
