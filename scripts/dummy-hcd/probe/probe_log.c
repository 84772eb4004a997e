// SPDX-License-Identifier: GPL-2.0-only
/* iso_probe: the log, its file, and the module. */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "probe.h"

#define LOG_SIZE 0x100000

/* The lines since the log was read last. */
static struct {
	spinlock_t lock;	/* of the rest */
	char *text;
	size_t length;
} lines = {
	.lock = __SPIN_LOCK_UNLOCKED(lines.lock),
};

static struct dentry *dir;

/* A line that does not fit is lost, and the log ends with "..." then. */
void probe_log(const char *format, ...)
{
	unsigned long flags;
	va_list arguments;
	char line[512];
	size_t length;

	va_start(arguments, format);
	length = vscnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	line[length++] = '\n';
	spin_lock_irqsave(&lines.lock, flags);
	if (lines.length + length + 4 <= LOG_SIZE) {
		memcpy(lines.text + lines.length, line, length);
		lines.length += length;
	} else if (lines.length + 4 <= LOG_SIZE) {
		memcpy(lines.text + lines.length, "...\n", 4);
		lines.length = LOG_SIZE;
	}
	spin_unlock_irqrestore(&lines.lock, flags);
}

int probe_value(const u8 *data, unsigned int length)
{
	if (!length)
		return 0;
	return memchr_inv(data, data[0], length) ? -1 : data[0];
}

struct snapshot {
	size_t length;
	char text[];
};

/* Whoever opens the file takes all that is there. */
static int log_open(struct inode *inode, struct file *file)
{
	struct snapshot *snapshot = vmalloc(sizeof(*snapshot) + LOG_SIZE);

	if (!snapshot)
		return -ENOMEM;
	spin_lock_irq(&lines.lock);
	snapshot->length = lines.length;
	memcpy(snapshot->text, lines.text, lines.length);
	lines.length = 0;
	spin_unlock_irq(&lines.lock);
	file->private_data = snapshot;
	return 0;
}

static ssize_t log_read(struct file *file, char __user *user, size_t count,
			loff_t *pos)
{
	const struct snapshot *snapshot = file->private_data;

	return simple_read_from_buffer(user, count, pos, snapshot->text,
				       snapshot->length);
}

static int log_release(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

static const struct file_operations log_fops = {
	.owner = THIS_MODULE,
	.open = log_open,
	.read = log_read,
	.release = log_release,
	.llseek = default_llseek,
};

static int __init probe_init(void)
{
	int rc;

	lines.text = vmalloc(LOG_SIZE);
	if (!lines.text)
		return -ENOMEM;
	dir = debugfs_create_dir("iso_probe", NULL);
	debugfs_create_file("log", 0400, dir, NULL, &log_fops);
	rc = probe_gadget_init();
	if (rc)
		goto no_gadget;
	rc = probe_host_init(dir);
	if (rc)
		goto no_host;
	return 0;

no_host:
	probe_gadget_exit();
no_gadget:
	debugfs_remove(dir);
	vfree(lines.text);
	return rc;
}
module_init(probe_init);

static void __exit probe_exit(void)
{
	debugfs_remove(dir);
	probe_host_exit();
	probe_gadget_exit();
	vfree(lines.text);
}
module_exit(probe_exit);

MODULE_DESCRIPTION("Both ends of isochronous endpoints, for tests of dummy_hcd");
MODULE_LICENSE("GPL");
