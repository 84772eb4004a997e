/* SPDX-License-Identifier: MIT */
/* All in <windef.h>. */
#include <windef.h>
