/* SPDX-License-Identifier: GPL-2.0-only */
/* What an isochronous transfer must be to get into the queue of its pipe. */
#ifndef WINUSB_ISO_CHECK_H
#define WINUSB_ISO_CHECK_H

struct iso_transfer;
struct winusb_iso_transfer;

int iso_check_flags(const struct winusb_iso_transfer *request);
int iso_check_isochronous(const struct iso_transfer *transfer);
void iso_transfer_begin(struct iso_transfer *transfer);

#endif
