// SPDX-License-Identifier: GPL-2.0-only
/* The plain pipe as in the driver, but for trace events and what keeps a device awake. */

#include <linux/usb.h>

#include "fake_host.h"
#include "trace_stub.h"

#define usb_autopm_get_interface_no_resume	fake_host_wake
#define usb_autopm_put_interface_async		fake_host_let_sleep
#include "../driver/plain_end.c"
#include "../driver/plain.c"
