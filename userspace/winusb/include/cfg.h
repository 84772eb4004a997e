/* SPDX-License-Identifier: MIT */
/* All in <cfgmgr32.h>. */
#include <cfgmgr32.h>
