/* SPDX-License-Identifier: MIT */
/* Unloading and loading winusb_iso, for tests of its parameters and its binding. */
#ifndef WINUSB_ISO_TESTS_MODULE_H
#define WINUSB_ISO_TESTS_MODULE_H

/* The parameters that tests find it loaded with, and leave it with. */
#define MODULE_DEFAULT_PARAMETERS "devices=1209:0001"

/* 0 or a negative errno; the module's file is found in /lib/modules. */
int module_load(const char *parameters);
int module_unload(void);
/* Unloads it; at the end of the test it is loaded as before. */
void module_take_out(void);
/* Loads it instead with @parameters. */
void module_reload(const char *parameters);
/* Writes to /sys/bus/usb/drivers/winusb_iso/@file: 0 or a negative errno. */
int module_driver_write(const char *file, const char *text);

#endif
