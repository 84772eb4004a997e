/* SPDX-License-Identifier: MIT */
/* All in <timeapi.h>. */
#include <timeapi.h>
