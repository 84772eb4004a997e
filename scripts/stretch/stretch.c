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
 *
 * And for tests that must be done within a microframe (hold_freed): KASAN keeps
 * what was freed, and frees it a megabyte at a time while somebody allocates,
 * which takes several microframes even of stretched time. It can be told to do
 * that now, and then no more until it is told again.
 */
#define pr_fmt(fmt) "stretch: " fmt

#include <linux/clockchips.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/tsc.h>

/* QEMU's timer counts nanoseconds, as the counter, and the kernel divides it. */
#define DIVISOR		16

/* Of mm/kasan/quarantine.c: how much it keeps, and how much at the most. */
static unsigned long *kept, *most;

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

/* A kernel without KASAN keeps nothing. */
static bool find_quarantine(void)
{
	unsigned long (*lookup)(const char *name) = find("kallsyms_lookup_name");

	if (lookup && !most) {
		kept = (unsigned long *)lookup("quarantine_size");
		most = (unsigned long *)lookup("quarantine_max_size");
	}
	return kept && most;
}

/*
 * Whoever allocates while KASAN keeps more than it is to, finds out how much
 * that is, and frees the oldest megabyte.
 */
static void free_kept(void)
{
	WRITE_ONCE(*most, 0);
	do {
		kfree(kmalloc(1, GFP_KERNEL));
		cond_resched();
	} while (READ_ONCE(*kept) > READ_ONCE(*most));
}

static int hold_freed(const char *value, const struct kernel_param *param)
{
	bool hold;
	int err = kstrtobool(value, &hold);

	if (err || !find_quarantine())
		return err;
	free_kept();
	if (hold)
		WRITE_ONCE(*most, ULONG_MAX);
	return 0;
}

static const struct kernel_param_ops hold_freed_ops = { .set = hold_freed };
module_param_cb(hold_freed, &hold_freed_ops, NULL, 0200);
MODULE_PARM_DESC(hold_freed, "KASAN frees what it has kept now (0), and then no more (1)");

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
