/* SPDX-License-Identifier: GPL-2.0-only */
/* Ending one transfer of an isochronous pipe. */
#ifndef WINUSB_ISO_CANCEL_H
#define WINUSB_ISO_CANCEL_H

#include <linux/types.h>

struct iso_pipe;

int iso_pipe_cancel(struct iso_pipe *pipe, u64 cookie);

#endif
