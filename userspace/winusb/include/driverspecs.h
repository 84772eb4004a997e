/* SPDX-License-Identifier: MIT */
/* All in <sal.h>. */
#include <sal.h>
