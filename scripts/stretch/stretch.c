// SPDX-License-Identifier: GPL-2.0-only
/*
 * For a guest whose time is stretched (tsc_early_khz=, see README.md): lets the
 * timer of its processor go by the same clock as its counter.
 *
 * The kernel takes the frequency of the local APIC's timer from the ACPI timer,
 * which is not stretched, and so believes the timer to be as many times slower
 * than it is by the counter. Each timer then fires early, is set to what is
 * left, fires early again, and so on: some 75 interrupts for each that is due,
 * back to back before the end.
 */
#define pr_fmt(fmt) "stretch: " fmt

#include <linux/clockchips.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/tsc.h>

/* QEMU's timer counts nanoseconds, as the counter, and the kernel divides it. */
#define DIVISOR		16

struct names {
	struct tick_device *(*tick_get_device)(int cpu);
	int (*clockevents_update_freq)(struct clock_event_device *dev, u32 hz);
};

/* struct tick_device is private to kernel/time; its first member is this. */
struct tick_device {
	struct clock_event_device *evtdev;
};

static void *find(const char *name)
{
	struct kprobe probe = { .symbol_name = name };

	if (register_kprobe(&probe))
		return NULL;
	unregister_kprobe(&probe);
	return probe.addr;
}

static void stretch(void *argument)
{
	const struct names *names = argument;
	struct clock_event_device *timer;
	u32 hz = tsc_khz / DIVISOR * 1000;

	timer = names->tick_get_device(smp_processor_id())->evtdev;
	if (WARN_ON(strcmp(timer->name, "lapic")))
		return;
	names->clockevents_update_freq(timer, hz);
	pr_info("the timer of processor %d now has %u Hz\n",
		smp_processor_id(), hz);
}

static int __init stretch_init(void)
{
	struct names names = {
		.tick_get_device = find("tick_get_device"),
		.clockevents_update_freq = find("clockevents_update_freq"),
	};

	if (!names.tick_get_device || !names.clockevents_update_freq)
		return -ENOENT;
	on_each_cpu(stretch, &names, 1);
	return 0;
}

module_init(stretch_init);
MODULE_DESCRIPTION("The processor's timer in stretched time");
MODULE_LICENSE("GPL");
