/* SPDX-License-Identifier: MIT */
/* Devices: their paths and the interface classes (GUIDs) they belong to. */
#ifndef WINUSB_DEVICE_H
#define WINUSB_DEVICE_H

#include "internal.h"

/* file.c; the tests put theirs underneath. */
extern int (*win_file_flock)(int fd, int operation);

/* dispatcher.c: nothing is pending and nobody starts anything any more. */
void win_dispatcher_stop(struct win_file *file);

/*
 * path.c: the node of a path that CreateFile() gets. Errors: ERROR_FILE_NOT_FOUND (there is no such
 * device now), ERROR_NOT_SUPPORTED (no path of a device).
 */
DWORD win_device_node(const char *path, char *node, size_t size);

#endif /* WINUSB_DEVICE_H */
