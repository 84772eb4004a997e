// SPDX-License-Identifier: GPL-2.0-only
/* The knobs in /sys/kernel/debug/dummy_hcd.N/; README.md tells what each one does. */

#include <linux/bits.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "dummy_iso.h"

#define CLOCK_LIMIT	BIT_ULL(62)	/* no sum of times overflows */

/* --- the clock --- */

/* Waits until nobody runs the schedule, and keeps others from it. */
static void claim(struct dummy_iso *iso)
{
	spin_lock_irq(iso->lock);
	wait_event_lock_irq(iso->idle, !iso->servicing, *iso->lock);
	iso->servicing = true;
	spin_unlock_irq(iso->lock);
}

/* One step towards @end; true if nothing is left to do until then. */
static bool step_clock(struct dummy_iso *iso, u64 end)
{
	unsigned long flags;
	bool arrived;
	u64 next;

	claim(iso);
	local_bh_disable();
	spin_lock_irqsave(iso->lock, flags);
	next = dummy_iso_next_event(iso);
	if (next > iso->stopped_at)
		iso->stopped_at = min(next, end);
	dummy_iso_run(iso, iso->stopped_at, DUMMY_ISO_BUDGET);
	arrived = iso->stopped_at == end && dummy_iso_next_event(iso) > end;
	spin_unlock_irqrestore(iso->lock, flags);
	local_bh_enable();
	return arrived;
}

/* In the caller's context, as an interrupt would do it. */
static int move_clock(struct dummy_iso *iso, u64 end)
{
	while (!step_clock(iso, end)) {
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* With the lock held. */
static void set_clock(struct dummy_iso *iso, u64 now, bool manual)
{
	iso->manual = false;
	iso->offset += now - dummy_iso_now(iso);
	iso->stopped_at = now;
	iso->manual = manual;
	iso->armed = DUMMY_ISO_NEVER;
	dummy_iso_arm(iso);
}

static int choose_clock(struct dummy_iso *iso, bool manual)
{
	u64 now;
	int rc = 0;

	mutex_lock(&iso->knobs);
	spin_lock_irq(iso->lock);
	now = dummy_iso_now(iso);
	set_clock(iso, now, manual);
	spin_unlock_irq(iso->lock);
	/* What was due before it stopped is not left for later. */
	if (manual)
		rc = move_clock(iso, now);
	mutex_unlock(&iso->knobs);
	return rc;
}

static int advance_set(void *data, u64 uframes)
{
	struct dummy_iso *iso = data;
	int rc = -EBUSY;

	if (uframes > CLOCK_LIMIT)
		return -EINVAL;
	mutex_lock(&iso->knobs);
	if (iso->manual && iso->stopped_at + uframes > CLOCK_LIMIT)
		rc = -EINVAL;
	else if (iso->manual)
		rc = move_clock(iso, iso->stopped_at + uframes);
	mutex_unlock(&iso->knobs);
	return rc;
}
DEFINE_DEBUGFS_ATTRIBUTE(advance_fops, NULL, advance_set, "%llu\n");

static int uframe_get(void *data, u64 *now)
{
	struct dummy_iso *iso = data;

	spin_lock_irq(iso->lock);
	*now = dummy_iso_now(iso);
	spin_unlock_irq(iso->lock);
	return 0;
}

/* No stream has a past any more. */
static void leap(struct dummy_iso *iso, u64 now)
{
	struct dummy_iso_stream *stream;

	dummy_iso_catch_up_all(iso);
	list_for_each_entry(stream, &iso->streams, node)
		stream->begun = false;
	set_clock(iso, now, true);
}

static int uframe_set(void *data, u64 now)
{
	struct dummy_iso *iso = data;
	int rc = -EBUSY;

	if (now > CLOCK_LIMIT)
		return -EINVAL;
	mutex_lock(&iso->knobs);
	spin_lock_irq(iso->lock);
	wait_event_lock_irq(iso->idle, !iso->servicing, *iso->lock);
	if (iso->manual && !iso->queued) {
		leap(iso, now);
		rc = 0;
	}
	spin_unlock_irq(iso->lock);
	mutex_unlock(&iso->knobs);
	return rc;
}
DEFINE_DEBUGFS_ATTRIBUTE(uframe_fops, uframe_get, uframe_set, "%llu\n");

/* --- numbers --- */

/**
 * struct number - a member of struct dummy_iso that is a file
 * @name: of the file.
 * @offset: of the member, a u32.
 * @least: it may be.
 * @most: it may be.
 * @idle: not to be changed while an URB is queued.
 */
struct number {
	const char *name;
	size_t offset;
	u32 least;
	u32 most;
	bool idle;
};

static const struct number numbers[] = {
	{ "wrap_bits", offsetof(struct dummy_iso, wrap_bits), 11, 31, true },
	{ "threshold", offsetof(struct dummy_iso, threshold), 0, BIT(20) },
	{ "horizon", offsetof(struct dummy_iso, horizon), 1, BIT(30) },
	{ "giveback_delay", offsetof(struct dummy_iso, giveback_delay), 0, BIT(20) },
	{ "tick", offsetof(struct dummy_iso, tick), 1, BIT(20) },
};

static const struct number *number_of(const struct file *file)
{
	const struct number *number = numbers;

	while (strcmp(number->name, file->f_path.dentry->d_name.name))
		number++;
	return number;
}

static u32 *value_of(const struct file *file)
{
	return file_inode(file)->i_private + number_of(file)->offset;
}

static ssize_t number_read(struct file *file, char __user *user, size_t count,
			   loff_t *pos)
{
	char text[16];
	int length = scnprintf(text, sizeof(text), "%u\n", *value_of(file));

	return simple_read_from_buffer(user, count, pos, text, length);
}

static ssize_t number_write(struct file *file, const char __user *user,
			    size_t count, loff_t *pos)
{
	struct dummy_iso *iso = file_inode(file)->i_private;
	const struct number *number = number_of(file);
	u32 value;
	int rc = kstrtou32_from_user(user, count, 0, &value);

	if (rc)
		return rc;
	if (value < number->least || value > number->most)
		return -EINVAL;
	spin_lock_irq(iso->lock);
	if (number->idle && iso->queued) {
		rc = -EBUSY;
	} else {
		*value_of(file) = value;
		dummy_iso_arm(iso);
	}
	spin_unlock_irq(iso->lock);
	return rc ? rc : count;
}

static const struct file_operations number_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = number_read,
	.write = number_write,
	.llseek = default_llseek,
};

static int expire_get(void *data, u64 *value)
{
	*value = ((struct dummy_iso *)data)->expire;
	return 0;
}

static int expire_set(void *data, u64 value)
{
	struct dummy_iso *iso = data;

	if (value > 1)
		return -EINVAL;
	spin_lock_irq(iso->lock);
	/* Intervals that have passed already do not count. */
	if (value && !iso->expire)
		dummy_iso_catch_up_all(iso);
	iso->expire = value;
	dummy_iso_arm(iso);
	spin_unlock_irq(iso->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(expire_fops, expire_get, expire_set, "%llu\n");

/* --- words --- */

/* Reads a line of at most @size - 1 bytes; returns it without its end. */
static char *read_line(char *line, size_t size, const char __user *user,
		       size_t count)
{
	if (count >= size)
		return ERR_PTR(-EINVAL);
	if (copy_from_user(line, user, count))
		return ERR_PTR(-EFAULT);
	line[count] = 0;
	return strim(line);
}

/* 0 or 1 for one of two words. */
static int choose(const char __user *user, size_t count, const char *zero,
		  const char *one)
{
	char buffer[32], *word = read_line(buffer, sizeof(buffer), user, count);

	if (IS_ERR(word))
		return PTR_ERR(word);
	if (!strcmp(word, zero))
		return 0;
	return strcmp(word, one) ? -EINVAL : 1;
}

static int clock_show(struct seq_file *file, void *unused)
{
	struct dummy_iso *iso = file->private;

	seq_puts(file, iso->manual ? "manual\n" : "real\n");
	return 0;
}

static ssize_t clock_write(struct file *file, const char __user *user,
			   size_t count, loff_t *pos)
{
	struct dummy_iso *iso = file_inode(file)->i_private;
	int manual = choose(user, count, "real", "manual");
	int rc = manual < 0 ? manual : choose_clock(iso, manual);

	return rc ? rc : count;
}

static int order_show(struct seq_file *file, void *unused)
{
	struct dummy_iso *iso = file->private;

	seq_puts(file, iso->host_first ? "host\n" : "gadget\n");
	return 0;
}

static ssize_t order_write(struct file *file, const char __user *user,
			   size_t count, loff_t *pos)
{
	struct dummy_iso *iso = file_inode(file)->i_private;
	int host_first = choose(user, count, "gadget", "host");

	if (host_first < 0)
		return host_first;
	spin_lock_irq(iso->lock);
	iso->host_first = host_first;
	spin_unlock_irq(iso->lock);
	return count;
}

static ssize_t inject_write(struct file *file, const char __user *user,
			    size_t count, loff_t *pos)
{
	struct dummy_iso *iso = file_inode(file)->i_private;
	char buffer[64], *line = read_line(buffer, sizeof(buffer), user, count);
	int rc = 0;

	if (IS_ERR(line))
		return PTR_ERR(line);
	if (strcmp(line, "clear"))
		rc = dummy_iso_order_fault(iso, line);
	else
		dummy_iso_clear_faults(iso);
	return rc ? rc : count;
}

/* --- endpoints --- */

static unsigned int count_urbs(const struct dummy_iso_stream *stream)
{
	const struct dummy_iso_urb *iu;
	unsigned int count = 0;

	list_for_each_entry(iu, &stream->waiting, node)
		count++;
	list_for_each_entry(iu, &stream->done, node)
		count++;
	return count;
}

static void show_stream(struct seq_file *file, struct dummy_iso *iso,
			struct dummy_iso_stream *stream)
{
	const struct dummy_iso_beat *beat = &stream->shape.beat;

	seq_printf(file, "address=0x%02x interval=%d next_uframe=%llu",
		   stream->address, (1 << beat->shift) / beat->width,
		   stream->next);
	seq_printf(file, " queued_urbs=%u packets=%llu missed=%llu",
		   count_urbs(stream), stream->packets,
		   dummy_iso_missed(iso, stream));
	seq_printf(file, " late=%llu bytes=%llu errors=%llu unheard=%llu\n",
		   stream->late, stream->bytes, stream->errors,
		   stream->unheard);
}

static int endpoints_show(struct seq_file *file, void *unused)
{
	struct dummy_iso *iso = file->private;
	struct dummy_iso_stream *stream;

	spin_lock_irq(iso->lock);
	list_for_each_entry(stream, &iso->streams, node)
		show_stream(file, iso, stream);
	spin_unlock_irq(iso->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(endpoints);

/* --- files --- */

static int clock_open(struct inode *inode, struct file *file)
{
	return single_open(file, clock_show, inode->i_private);
}

static int order_open(struct inode *inode, struct file *file)
{
	return single_open(file, order_show, inode->i_private);
}

static const struct file_operations clock_fops = {
	.owner = THIS_MODULE,
	.open = clock_open,
	.read = seq_read,
	.write = clock_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct file_operations order_fops = {
	.owner = THIS_MODULE,
	.open = order_open,
	.read = seq_read,
	.write = order_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct file_operations inject_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = inject_write,
	.llseek = noop_llseek,
};

static const struct {
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} files[] = {
	{ "clock", 0600, &clock_fops },
	{ "uframe", 0600, &uframe_fops },
	{ "advance", 0200, &advance_fops },
	{ "complete_order", 0600, &order_fops },
	{ "expire", 0600, &expire_fops },
	{ "inject", 0200, &inject_fops },
	{ "endpoints", 0400, &endpoints_fops },
};

/**
 * dummy_iso_debugfs_init - when the root hubs are there
 * @iso: the controller
 * @name: of the directory
 */
void dummy_iso_debugfs_init(struct dummy_iso *iso, const char *name)
{
	int i;

	iso->dir = debugfs_create_dir(name, NULL);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		debugfs_create_file(files[i].name, files[i].mode, iso->dir, iso,
				    files[i].fops);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		debugfs_create_file(numbers[i].name, 0600, iso->dir, iso,
				    &number_fops);
}

/**
 * dummy_iso_debugfs_exit - before the root hubs go; waits for users
 * @iso: the controller
 */
void dummy_iso_debugfs_exit(struct dummy_iso *iso)
{
	debugfs_remove(iso->dir);
}
