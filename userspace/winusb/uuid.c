// SPDX-License-Identifier: MIT
/* The GUIDs of the headers, for programs that don't define them by <initguid.h>. */
#pragma GCC visibility push(default)
#include <initguid.h>
#include <devguid.h>
#include <usbiodef.h>
#pragma GCC visibility pop
