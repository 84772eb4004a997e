// SPDX-License-Identifier: GPL-2.0-only
/* The pipe as it is in the driver, but for its trace events. */

#include "trace_stub.h"

#include "../driver/check.c"
#include "../driver/finish.c"
#include "../driver/share.c"
#include "../driver/intake.c"
#include "../driver/slot.c"
#include "../driver/pipe.c"
#include "../driver/cancel.c"

struct trace_counts trace_counts;
