// SPDX-License-Identifier: GPL-2.0-only
/*
 * KCOV for a kernel that has none: what a module built with
 * -fsanitize-coverage=trace-pc executes, each thread that asks for it by itself,
 * and all others together. /dev/module-cover takes KCOV's calls as far as
 * userspace/tests/fuzz/cover.c needs them. For one processor.
 */

#include <linux/bits.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <uapi/linux/kcov.h>

#define COVER_MOST  16
#define COVER_WORDS BIT(20)

/* @words: how many places, and then they; @count with that. */
struct cover {
	struct task_struct *task;
	pid_t pid;
	unsigned long count;
	u64 *words;
};

static DEFINE_MUTEX(cover_lock);

/* Written under @cover_lock with preemption off. */
static struct cover *cover_tasks[COVER_MOST];
static struct cover *cover_others;

static struct cover *cover_find(void)
{
	unsigned int i;

	if (!in_task())
		return cover_others;
	for (i = 0; i < COVER_MOST; i++)
		if (cover_tasks[i] && cover_tasks[i]->task == current &&
		    cover_tasks[i]->pid == current->pid)
			return cover_tasks[i];
	return cover_others;
}

void notrace __sanitizer_cov_trace_pc(void)
{
	struct cover *cover = cover_find();
	u64 number;

	if (!cover)
		return;
	number = READ_ONCE(cover->words[0]) + 1;
	if (number >= cover->count)
		return;
	WRITE_ONCE(cover->words[number], _RET_IP_);
	WRITE_ONCE(cover->words[0], number);
}
EXPORT_SYMBOL_GPL(__sanitizer_cov_trace_pc);

static int cover_open(struct inode *inode, struct file *file)
{
	struct cover *cover = kzalloc(sizeof(*cover), GFP_KERNEL);

	file->private_data = cover;
	return cover ? 0 : -ENOMEM;
}

static int cover_init(struct cover *cover, unsigned long count)
{
	u64 *words;

	if (cover->words || count < 2 || count > COVER_WORDS)
		return -EINVAL;
	words = vmalloc_user(count * sizeof(*words));
	if (!words)
		return -ENOMEM;
	cover->count = count;
	cover->words = words;
	return 0;
}

static int cover_enable(struct cover *cover)
{
	unsigned int i, at = COVER_MOST;

	for (i = 0; i < COVER_MOST; i++)
		if (cover_tasks[i] == cover || (!cover_tasks[i] && at == COVER_MOST))
			at = i;
	if (!cover->words || at == COVER_MOST)
		return -EBUSY;
	preempt_disable();
	cover->task = current;
	cover->pid = current->pid;
	cover_tasks[at] = cover;
	preempt_enable();
	return 0;
}

static int cover_enable_others(struct cover *cover)
{
	if (!cover->words || cover_others)
		return -EBUSY;
	cover_others = cover;
	return 0;
}

static long cover_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct cover *cover = file->private_data;
	int err = -ENOTTY;

	mutex_lock(&cover_lock);
	if (cmd == KCOV_INIT_TRACE)
		err = cover_init(cover, arg);
	else if (cmd == KCOV_ENABLE)
		err = cover_enable(cover);
	else if (cmd == KCOV_REMOTE_ENABLE)
		err = cover_enable_others(cover);
	mutex_unlock(&cover_lock);
	return err;
}

static int cover_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct cover *cover = file->private_data;

	return cover->words ? remap_vmalloc_range(vma, cover->words, 0) : -EINVAL;
}

static int cover_release(struct inode *inode, struct file *file)
{
	struct cover *cover = file->private_data;
	unsigned int i;

	mutex_lock(&cover_lock);
	preempt_disable();
	for (i = 0; i < COVER_MOST; i++)
		if (cover_tasks[i] == cover)
			cover_tasks[i] = NULL;
	if (cover_others == cover)
		cover_others = NULL;
	preempt_enable();
	mutex_unlock(&cover_lock);
	vfree(cover->words);
	kfree(cover);
	return 0;
}

static const struct file_operations cover_fops = {
	.owner = THIS_MODULE,
	.open = cover_open,
	.release = cover_release,
	.unlocked_ioctl = cover_ioctl,
	.mmap = cover_mmap,
};

static struct miscdevice cover_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "module-cover",
	.fops = &cover_fops,
};

module_misc_device(cover_device);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What an instrumented module executes");
