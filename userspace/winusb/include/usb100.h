/* SPDX-License-Identifier: MIT */
/* The old name of usbspec.h, which programs still include. */
#ifndef __USB100_H__
#define __USB100_H__

#include <usbspec.h>

#endif /* __USB100_H__ */
