// SPDX-License-Identifier: MIT
/*
 * Through real host controller drivers into a device that is not ours: QEMU's usb-audio on UHCI,
 * OHCI and xHCI. scripts/tests/30-real-controllers starts the machine, and compares afterwards what
 * QEMU recorded with the files that were played here.
 */
#include "fixture.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <linux/winusb_iso.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
