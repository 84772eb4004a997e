/* SPDX-License-Identifier: MIT */
/* All in <winbase.h>. */
#include <winbase.h>
