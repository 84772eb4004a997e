// SPDX-License-Identifier: GPL-2.0-only
/* The plain pipe as it is in the driver, but for its trace events. */

#include "trace_stub.h"

#include "../driver/plain_end.c"
#include "../driver/plain.c"
