/* SPDX-License-Identifier: MIT */
/*
 * A machine with devices of this driver, made of files: what enumeration looks at. Names of folders
 * count from its root; "dev" is its /dev.
 */
#ifndef MACHINE_H
#define MACHINE_H

extern char machine_root[64];

/* Enumeration looks there from now on, and no longer. */
void machine_make(void);
void machine_remove(void);

void machine_make_dir(const char *dir);
/* A file and what is in it. */
void machine_put(const char *dir, const char *name, const char *text);
/* A high-speed device 1209:0001 on bus 3. address and serial (or NULL) end with a newline. */
void machine_add_device(const char *device, const char *address, const char *serial);
/* The node of an interface of it; number is bInterfaceNumber, unless that is there already. */
void machine_add_node(const char *device, const char *interface, const char *number,
		      const char *node);
void machine_remove_node(const char *node);

#endif /* MACHINE_H */
