/* SPDX-License-Identifier: MIT */
/*
 * Counting in the kernel, by tracefs' histograms: how often an event happened, and from where.
 * Nothing is lost in them as long as no entry is dropped, which is checked.
 */
#ifndef WINUSB_ISO_TESTS_TRACEFS_H
#define WINUSB_ISO_TESTS_TRACEFS_H

#include <stdbool.h>

#define MODULE_SYMBOL "[winusb_iso]"

struct tracefs_count {
	unsigned long ours;   /* hits for which the module is to blame */
	unsigned long others; /* all others */
};

/*
 * A histogram of @event ("kmem/kmalloc") over @key ("stacktrace", "common_pid"), paused; it is
 * taken away at the end of the test. False if this kernel has no such event.
 */
bool tracefs_watch(const char *event, const char *key);
/* A kprobe at @place ("FUNCTION+OFFSET" of the module), as event "winusb_iso_test/@name". */
void tracefs_probe(const char *name, const char *place);

void tracefs_run(const char *event, const char *key);
void tracefs_pause(const char *event, const char *key);
/*
 * Reads a histogram. Where its keys are stacks, the innermost function comes first, and the module
 * is to blame if it comes in there before usbcore's submission (what the host controller's driver
 * does below that is its own) and before an interrupt. Notes the keys to blame if @explain.
 */
struct tracefs_count tracefs_read(const char *event, bool explain);

#endif
