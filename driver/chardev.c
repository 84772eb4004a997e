// SPDX-License-Identifier: GPL-2.0-only
/* The device node: the only code that touches user pointers. */

#include <linux/hrtimer.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/usb.h>

#include <uapi/linux/winusb_iso.h>

#include "buffer.h"
#include "chardev.h"
#include "device.h"
#include "intake.h"
#include "power.h"
#include "session.h"

static_assert(sizeof(struct winusb_iso_info) == 72);
static_assert(sizeof(struct winusb_iso_alternate) == 16);
static_assert(sizeof(struct winusb_iso_pipe_info) == 32);
static_assert(sizeof(struct winusb_iso_set_alternate) == 8);
static_assert(sizeof(struct winusb_iso_setup_ring) == 32);
static_assert(sizeof(struct winusb_iso_buffer) == 40);
static_assert(sizeof(struct winusb_iso_unregister_buffer) == 8);
static_assert(sizeof(struct winusb_iso_packet) == 12);
static_assert(sizeof(struct winusb_iso_transfer) == 48);
static_assert(sizeof(struct winusb_iso_completion) == 64);
static_assert(sizeof(struct winusb_iso_ring) == 128);
static_assert(sizeof(struct winusb_iso_submit_ring) == 8);
static_assert(sizeof(struct winusb_iso_setup_pipe_ring) == 32);
static_assert(sizeof(struct winusb_iso_pipe_ring) == 128);
static_assert(sizeof(struct winusb_iso_wait) == 16);
static_assert(sizeof(struct winusb_iso_pipe) == 8);
static_assert(sizeof(struct winusb_iso_frame) == 24);
static_assert(sizeof(struct winusb_iso_cancel) == 16);
static_assert(sizeof(struct winusb_iso_power) == 8);

union iso_argument {
	struct winusb_iso_info info;
	struct winusb_iso_alternate alternate;
	struct winusb_iso_pipe_info pipe_info;
	struct winusb_iso_set_alternate set_alternate;
	struct winusb_iso_setup_ring setup_ring;
	struct winusb_iso_buffer buffer;
	struct winusb_iso_unregister_buffer unregister;
	struct winusb_iso_transfer transfer;
	struct winusb_iso_submit_ring submit_ring;
	struct winusb_iso_setup_pipe_ring setup_pipe_ring;
	struct winusb_iso_pipe pipe;
	struct winusb_iso_frame frame;
	struct winusb_iso_cancel cancel;
	struct winusb_iso_power power;
};

/**
 * enum iso_call_flag - what a call needs
 * @ISO_CALL_WRITES: a file open for writing: it changes something.
 * @ISO_CALL_WAKES: the device awake.
 * @ISO_CALL_POWER: the open lock, and not the device's lock: it may put the
 *	device to sleep, or wake it.
 */
enum iso_call_flag {
	ISO_CALL_WRITES	= BIT(0),
	ISO_CALL_WAKES	= BIT(1),
	ISO_CALL_POWER	= BIT(2),
};

/**
 * struct iso_call - one ioctl
 * @cmd: its number.
 * @flags: bits of &enum iso_call_flag.
 * @call: carries it out, under the device's lock; NULL for registration, which
 *	has something to do before that.
 */
struct iso_call {
	unsigned int cmd;
	unsigned int flags;
	int (*call)(struct iso_session *session, union iso_argument *argument);
};

static int iso_call_get_info(struct iso_session *session,
			     union iso_argument *argument)
{
	return iso_session_get_info(session, &argument->info);
}

static int iso_call_get_alternate(struct iso_session *session,
				  union iso_argument *argument)
{
	return iso_session_get_alternate(session, &argument->alternate);
}

static int iso_call_get_pipe(struct iso_session *session,
			     union iso_argument *argument)
{
	return iso_session_get_pipe(session, &argument->pipe_info);
}

static int iso_call_set_alternate(struct iso_session *session,
				  union iso_argument *argument)
{
	return iso_session_set_alternate(session, &argument->set_alternate);
}

static int iso_call_setup_ring(struct iso_session *session,
			       union iso_argument *argument)
{
	return iso_session_setup_ring(session, &argument->setup_ring);
}

static int iso_call_unregister(struct iso_session *session,
			       union iso_argument *argument)
{
	return iso_session_unregister(session, &argument->unregister);
}

static int iso_call_submit(struct iso_session *session,
			   union iso_argument *argument)
{
	return iso_session_submit(session, &argument->transfer);
}

static int iso_call_submit_ring(struct iso_session *session,
				union iso_argument *argument)
{
	return iso_session_submit_ring(session, &argument->submit_ring);
}

static int iso_call_abort(struct iso_session *session,
			  union iso_argument *argument)
{
	return iso_session_abort(session, &argument->pipe);
}

static int iso_call_reset(struct iso_session *session,
			  union iso_argument *argument)
{
	return iso_session_reset(session, &argument->pipe);
}

static int iso_call_get_frame(struct iso_session *session,
			      union iso_argument *argument)
{
	return iso_session_get_frame(session, &argument->frame);
}

static int iso_call_cancel(struct iso_session *session,
			   union iso_argument *argument)
{
	return iso_session_cancel(session, &argument->cancel);
}

static int iso_call_set_power(struct iso_session *session,
			      union iso_argument *argument)
{
	return iso_session_set_power(session, &argument->power);
}

static int iso_call_get_power(struct iso_session *session,
			      union iso_argument *argument)
{
	return iso_session_get_power(session, &argument->power);
}

static int iso_call_setup_pipe_ring(struct iso_session *session,
				    union iso_argument *argument)
{
	return iso_session_setup_pipe_ring(session, &argument->setup_pipe_ring);
}

static int iso_call_start_pipe(struct iso_session *session,
			       union iso_argument *argument)
{
	return iso_session_start_pipe(session, &argument->pipe);
}

#define WRITES	ISO_CALL_WRITES
#define WAKES	(ISO_CALL_WRITES | ISO_CALL_WAKES)

static const struct iso_call iso_calls[] = {
	{ WINUSB_ISO_IOC_GET_INFO, 0, iso_call_get_info },
	{ WINUSB_ISO_IOC_GET_ALTERNATE, 0, iso_call_get_alternate },
	{ WINUSB_ISO_IOC_GET_PIPE, 0, iso_call_get_pipe },
	{ WINUSB_ISO_IOC_SET_ALTERNATE, WAKES, iso_call_set_alternate },
	{ WINUSB_ISO_IOC_SETUP_RING, WRITES, iso_call_setup_ring },
	{ WINUSB_ISO_IOC_REGISTER_BUFFER, WRITES },
	{ WINUSB_ISO_IOC_UNREGISTER_BUFFER, WRITES, iso_call_unregister },
	{ WINUSB_ISO_IOC_SUBMIT, WAKES, iso_call_submit },
	{ WINUSB_ISO_IOC_SUBMIT_RING, WAKES, iso_call_submit_ring },
	{ WINUSB_ISO_IOC_ABORT_PIPE, WRITES, iso_call_abort },
	{ WINUSB_ISO_IOC_RESET_PIPE, WAKES, iso_call_reset },
	{ WINUSB_ISO_IOC_GET_FRAME, 0, iso_call_get_frame },
	{ WINUSB_ISO_IOC_CANCEL, WRITES, iso_call_cancel },
	{ WINUSB_ISO_IOC_SET_POWER, WRITES | ISO_CALL_POWER,
	  iso_call_set_power },
	{ WINUSB_ISO_IOC_GET_POWER, ISO_CALL_POWER, iso_call_get_power },
	{ WINUSB_ISO_IOC_SETUP_PIPE_RING, WRITES, iso_call_setup_pipe_ring },
	{ WINUSB_ISO_IOC_START_PIPE, WAKES, iso_call_start_pipe },
};

static const struct iso_call *iso_find_call(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(iso_calls); i++)
		if (iso_calls[i].cmd == cmd)
			return &iso_calls[i];
	return NULL;
}

static bool iso_gone(const struct iso_session *session)
{
	/* Acquire: all that was pending has completed before it was gone. */
	return smp_load_acquire(&session->device->gone);
}

/*
 * Takes the device's lock, with a device that is awake for as long: waking it
 * calls our own resume, which takes that lock. The open lock keeps the
 * interface there until then.
 */
static int iso_lock_awake(struct iso_device *device)
{
	int err;

	mutex_lock(&device->open_lock);
	err = device->gone ? -ENODEV : usb_autopm_get_interface(device->intf);
	if (!err)
		mutex_lock(&device->lock);
	mutex_unlock(&device->open_lock);
	return err;
}

static void iso_unlock_awake(struct iso_device *device)
{
	struct usb_interface *intf = usb_get_intf(device->intf);

	/* Falling asleep is not tried until the lock is free again. */
	mutex_unlock(&device->lock);
	usb_autopm_put_interface_async(intf);
	usb_put_intf(intf);
}

static int iso_call_locked(struct iso_session *session,
			   const struct iso_call *call,
			   union iso_argument *argument)
{
	struct iso_device *device = session->device;
	unsigned int noio;
	int err;

	lockdep_assert_held(&device->lock);
	/* A reset on behalf of I/O to the same device waits for the lock. */
	noio = memalloc_noio_save();
	err = device->gone ? -ENODEV : call->call(session, argument);
	memalloc_noio_restore(noio);
	return err;
}

static int iso_call_awake(struct iso_session *session,
			  const struct iso_call *call,
			  union iso_argument *argument)
{
	struct iso_device *device = session->device;
	int err;

	err = iso_lock_awake(device);
	if (err)
		return err;
	err = iso_call_locked(session, call, argument);
	iso_unlock_awake(device);
	return err;
}

static int iso_call_power(struct iso_session *session,
			  const struct iso_call *call,
			  union iso_argument *argument)
{
	struct iso_device *device = session->device;
	int err;

	mutex_lock(&device->open_lock);
	err = device->gone ? -ENODEV : call->call(session, argument);
	mutex_unlock(&device->open_lock);
	return err;
}

static int iso_call_plainly(struct iso_session *session,
			    const struct iso_call *call,
			    union iso_argument *argument)
{
	struct iso_device *device = session->device;
	int err;

	mutex_lock(&device->lock);
	err = iso_call_locked(session, call, argument);
	mutex_unlock(&device->lock);
	return err;
}

static int iso_register(struct iso_session *session,
			struct winusb_iso_buffer *request)
{
	struct iso_buffer *buffer = iso_session_prepare(session, request);
	struct iso_device *device = session->device;
	unsigned int noio;
	int err;

	if (IS_ERR(buffer))
		return iso_gone(session) ? -ENODEV : PTR_ERR(buffer);
	mutex_lock(&device->lock);
	noio = memalloc_noio_save();
	err = device->gone ? -ENODEV :
	      iso_session_register(session, buffer, request);
	memalloc_noio_restore(noio);
	mutex_unlock(&device->lock);
	if (err)
		iso_buffer_put(buffer);
	return err;
}

static int iso_carry_out(struct iso_session *session,
			 const struct iso_call *call,
			 union iso_argument *argument)
{
	if (!call->call)
		return iso_register(session, &argument->buffer);
	if (call->flags & ISO_CALL_POWER)
		return iso_call_power(session, call, argument);
	/* Other sessions are awake as long as they are open. */
	if (call->flags & ISO_CALL_WAKES &&
	    READ_ONCE(session->power.auto_suspend))
		return iso_call_awake(session, call, argument);
	return iso_call_plainly(session, call, argument);
}

static int iso_copy_in(const struct iso_call *call,
		       union iso_argument *argument, void __user *user)
{
	if (!(_IOC_DIR(call->cmd) & _IOC_WRITE))
		return 0;
	return copy_from_user(argument, user, _IOC_SIZE(call->cmd)) ?
	       -EFAULT : 0;
}

static int iso_copy_out(const struct iso_call *call,
			const union iso_argument *argument, void __user *user)
{
	if (!(_IOC_DIR(call->cmd) & _IOC_READ))
		return 0;
	return copy_to_user(user, argument, _IOC_SIZE(call->cmd)) ? -EFAULT : 0;
}

/*
 * All calls but the one that waits. No copy happens under the device's lock.
 * The first copy out finds memory that can not take the result, before
 * anything is changed.
 */
static int iso_run_call(struct iso_session *session,
			const struct iso_call *call, void __user *user)
{
	union iso_argument argument = {};
	int err;

	err = iso_copy_in(call, &argument, user);
	if (!err)
		err = iso_copy_out(call, &argument, user);
	if (!err)
		err = iso_carry_out(session, call, &argument);
	return err ?: iso_copy_out(call, &argument, user);
}

static int iso_wait(struct iso_session *session, bool nonblocking)
{
	struct iso_ring *ring = &session->ring;

	if (nonblocking)
		return iso_gone(session) ? -ENODEV : -EAGAIN;
	if (wait_event_interruptible(ring->wait,
				     iso_ring_peek(ring, NULL) || iso_gone(session)))
		return -ERESTARTSYS;
	return 0;
}

/**
 * struct iso_waiter - who waits for several completions
 * @entry: in the ring's wait queue.
 * @ring: the ring.
 * @goal: completions that must wait.
 */
struct iso_waiter {
	struct wait_queue_entry entry;
	struct iso_ring *ring;
	u32 goal;
};

/* Asked before it is woken, so that it is woken once, and out of the queue then. */
static int iso_waiter_wake(struct wait_queue_entry *entry, unsigned int mode,
			   int flags, void *key)
{
	struct iso_waiter *waiter =
		container_of(entry, struct iso_waiter, entry);

	if (!(key_to_poll(key) & EPOLLHUP) &&
	    !iso_ring_has(waiter->ring, waiter->goal))
		return 0;
	return autoremove_wake_function(entry, mode, flags, key);
}

static bool iso_waiter_done(struct iso_session *session,
			    const struct iso_waiter *waiter)
{
	iso_ring_peek(waiter->ring, NULL);
	return iso_ring_has(waiter->ring, waiter->goal) || iso_gone(session);
}

/* Sleeps until the goal is met, the device has gone or time is up. */
static int iso_waiter_sleep(struct iso_session *session,
			    struct iso_waiter *waiter, ktime_t *until)
{
	for (;;) {
		prepare_to_wait(&waiter->ring->wait, &waiter->entry,
				TASK_INTERRUPTIBLE);
		if (iso_waiter_done(session, waiter))
			return 0;
		if (signal_pending(current))
			return -EINTR;
		if (!schedule_hrtimeout(until, HRTIMER_MODE_ABS))
			return -ETIME;
		/* Before it queues again, which it seldom has to. */
		if (iso_waiter_done(session, waiter))
			return 0;
	}
}

static int iso_wait_for(struct iso_session *session, u32 goal, u64 timeout_ns)
{
	struct iso_waiter waiter = { .ring = &session->ring, .goal = goal };
	ktime_t until = 0;
	int err;

	if (timeout_ns)
		until = ktime_add_safe(ktime_get(), ns_to_ktime(timeout_ns));
	init_wait(&waiter.entry);
	waiter.entry.func = iso_waiter_wake;
	err = iso_waiter_sleep(session, &waiter, timeout_ns ? &until : NULL);
	finish_wait(&waiter.ring->wait, &waiter.entry);
	return err;
}

static int iso_wait_several(struct iso_session *session, void __user *user)
{
	struct winusb_iso_wait wait;
	int err;

	if (copy_from_user(&wait, user, sizeof(wait)))
		return -EFAULT;
	if (wait.padding || !wait.completions)
		return -EINVAL;
	if (!iso_ring_exists(&session->ring))
		return iso_gone(session) ? -ENODEV : -ENXIO;
	wait.completions = min(wait.completions, session->ring.entries);
	wait.timeout_ns = min_t(u64, wait.timeout_ns, KTIME_MAX);
	err = iso_wait_for(session, wait.completions, wait.timeout_ns);
	if (!err && iso_gone(session) && !iso_ring_peek(&session->ring, NULL))
		return -ENODEV;
	return err;
}

/*
 * Hands over the oldest completion. It is only consumed once user space has it.
 * Return: -EAGAIN if there is none.
 */
static int iso_reap_one(struct iso_session *session, void __user *user)
{
	struct winusb_iso_completion completion;
	int err = -EAGAIN;

	if (mutex_lock_interruptible(&session->reap_lock))
		return -ERESTARTSYS;
	if (iso_ring_peek(&session->ring, &completion)) {
		err = -EFAULT;
		if (!copy_to_user(user, &completion, sizeof(completion))) {
			iso_ring_consume(&session->ring);
			err = 0;
		}
	}
	mutex_unlock(&session->reap_lock);
	return err;
}

static int iso_reap(struct iso_session *session, bool nonblocking,
		    void __user *user)
{
	bool gone;
	int err;

	do {
		/* What completed before it went is posted when it is gone. */
		gone = iso_gone(session);
		err = iso_reap_one(session, user);
		if (err != -EAGAIN)
			return err;
		if (gone)
			return -ENODEV;
		err = iso_wait(session, nonblocking);
	} while (!err);
	return err;
}

static long iso_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct iso_session *session = file->private_data;
	void __user *user = (void __user *)arg;
	const struct iso_call *call;

	if (cmd == WINUSB_ISO_IOC_REAP)
		return iso_reap(session, file->f_flags & O_NONBLOCK, user);
	if (cmd == WINUSB_ISO_IOC_WAIT)
		return iso_wait_several(session, user);
	call = iso_find_call(cmd);
	if (!call)
		return -ENOTTY;
	if (call->flags & ISO_CALL_WRITES && !(file->f_mode & FMODE_WRITE))
		return -EPERM;
	return iso_run_call(session, call, user);
}

static __poll_t iso_poll(struct file *file, poll_table *wait)
{
	struct iso_session *session = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &session->ring.wait, wait);
	/* First: once it is gone, all that was pending has completed. */
	if (iso_gone(session))
		events |= EPOLLHUP | EPOLLERR;
	if (iso_ring_peek(&session->ring, NULL))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static int iso_mmap_locked(struct iso_session *session,
			   struct vm_area_struct *vma)
{
	u64 cookie = (u64)vma->vm_pgoff << PAGE_SHIFT;
	struct iso_intake *intake;
	struct iso_buffer *buffer;

	if (session->device->gone)
		return -ENODEV;
	if (!cookie && iso_ring_exists(&session->ring))
		return iso_ring_map(&session->ring, vma);
	intake = (u32)cookie ? NULL : iso_session_intake(session, cookie >> 32);
	if (intake)
		return iso_map_vmalloc(intake->control, intake->size, vma);
	buffer = (u32)cookie ? NULL :
		 iso_session_buffer(session, cookie >> 32);
	return buffer ? iso_buffer_map(buffer, vma) : -ENXIO;
}

static int iso_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct iso_session *session = file->private_data;
	int err;

	mutex_lock(&session->device->lock);
	err = iso_mmap_locked(session, vma);
	mutex_unlock(&session->device->lock);
	return err;
}

static int iso_open_session(struct iso_device *device, struct file *file)
{
	struct iso_session *session;
	int err;

	if (device->gone)
		return -ENODEV;
	session = iso_session_create(device);
	if (!session)
		return -ENOMEM;
	err = iso_power_open(device);
	if (err) {
		iso_session_destroy(session);
		return err;
	}
	mutex_lock(&device->lock);
	list_add_tail(&session->node, &device->sessions);
	mutex_unlock(&device->lock);
	file->private_data = session;
	return 0;
}

static int iso_open(struct inode *inode, struct file *file)
{
	struct iso_device *device =
		container_of(inode->i_cdev, struct iso_device, cdev);
	int err;

	mutex_lock(&device->open_lock);
	err = iso_open_session(device, file);
	mutex_unlock(&device->open_lock);
	return err ?: nonseekable_open(inode, file);
}

static int iso_release(struct inode *inode, struct file *file)
{
	struct iso_session *session = file->private_data;
	struct iso_device *device = session->device;
	bool gone;

	get_device(&device->dev);
	mutex_lock(&device->open_lock);
	mutex_lock(&device->lock);
	list_del(&session->node);
	mutex_unlock(&device->lock);
	gone = device->gone;
	/* Falling asleep is not tried until the lock is free again. */
	if (!gone) {
		usb_autopm_get_interface_no_resume(device->intf);
		iso_power_close(session);
	}
	iso_session_destroy(session);
	if (!gone)
		usb_autopm_put_interface(device->intf);
	mutex_unlock(&device->open_lock);
	put_device(&device->dev);
	return 0;
}

const struct file_operations iso_fops = {
	.owner = THIS_MODULE,
	.open = iso_open,
	.release = iso_release,
	.unlocked_ioctl = iso_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = iso_mmap,
	.poll = iso_poll,
};
