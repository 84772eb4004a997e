/* SPDX-License-Identifier: MIT */
/* What a FunctionFS device of the tests says it is. */
#ifndef WINUSB_ISO_TESTS_FUNCTIONFS_H
#define WINUSB_ISO_TESTS_FUNCTIONFS_H

#define FUNCTIONFS_IN  0x81 /* file ep1 */
#define FUNCTIONFS_OUT 0x02 /* file ep2 */

/*
 * Packets of @bytes (1 to 1024; at most 1023 at full speed), times @mult transactions (high and
 * super speed) and @burst (super speed), each 2^(@interval - 1) frames or microframes.
 */
struct functionfs_shape {
	unsigned int bytes, interval, mult, burst;
};

/*
 * Writes to @control, the file ep0, that the device has one vendor-specific interface with an
 * isochronous IN and an isochronous OUT endpoint, at full, high and super speed. Returns 0 or a
 * negative errno.
 */
int functionfs_describe(int control, const struct functionfs_shape *shape);

#endif
