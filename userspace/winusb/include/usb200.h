/* SPDX-License-Identifier: MIT */
/* The old name of usbspec.h, which programs still include. */
#ifndef __USB200_H__
#define __USB200_H__

#include <usbspec.h>

#endif /* __USB200_H__ */
