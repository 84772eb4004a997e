// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso_probe: the driver. Commands, one to a write, whose error is the call's:
 *
 *	alternate N
 *	submit ID ADDRESS PACKETS LENGTH [asap=1] [again=TIMES] [interval=N]
 *		[gap=BYTES] [buffer=BYTES] [silent=1]
 *	unlink ID
 *	kill ID
 *	stall MILLISECONDS
 *
 * gap is left between packets, buffer is the buffer's length if it should not
 * fit, again resubmits in complete(), silent logs only what is not as it should
 * be, stall keeps the interrupts of a processor waiting. All bytes of an OUT
 * packet have its number, counted from 1 since the alternate setting was chosen.
 */

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/usb.h>

#include "probe.h"

#define URBS		64
#define UNTOUCHED	0xee	/* what an IN buffer is filled with */

struct probe_urb {
	struct mutex lock;	/* commands about it */
	struct urb *urb;
	unsigned int id;
	unsigned int again;
	bool silent;
	bool busy;	/* submitted, and not completed for good */
};

struct order {
	unsigned int id, address, packets, length;
	unsigned int asap, again, interval, gap, buffer, silent;
};

/*
 * Commands run side by side, except that none runs while the device comes or
 * goes. complete() touches nothing but its own URB.
 */
static struct {
	struct rw_semaphore lock;
	struct usb_interface *interface;
	struct usb_device *udev;
	struct probe_urb urbs[URBS];
	u8 number[16];	/* of the last OUT packet */
} host = {
	.lock = __RWSEM_INITIALIZER(host.lock),
};

/* --- URBs --- */

static void fill(struct urb *urb)
{
	struct usb_iso_packet_descriptor *desc = urb->iso_frame_desc;
	u8 *number = &host.number[usb_pipeendpoint(urb->pipe)];
	int i;

	if (usb_pipein(urb->pipe)) {
		memset(urb->transfer_buffer, UNTOUCHED,
		       urb->transfer_buffer_length);
		return;
	}
	for (i = 0; i < urb->number_of_packets; i++, desc++)
		memset(urb->transfer_buffer + desc->offset, ++*number,
		       desc->length);
}

static int submit_and_log(struct probe_urb *probe, gfp_t flags)
{
	struct urb *urb = probe->urb;
	int rc;

	urb->start_frame = -1;
	rc = usb_submit_urb(urb, flags);
	if (rc)
		probe_log("submit %u error %d", probe->id, rc);
	else if (!probe->silent)
		probe_log("submit %u start %d interval %d", probe->id,
			  urb->start_frame, urb->interval);
	return rc;
}

/* Whether something was written outside of the packets; spoils the buffer. */
static bool is_stray(struct urb *urb)
{
	struct usb_iso_packet_descriptor *desc = urb->iso_frame_desc;
	int i;

	if (usb_pipeout(urb->pipe))
		return false;
	for (i = 0; i < urb->number_of_packets; i++, desc++)
		memset(urb->transfer_buffer + desc->offset, UNTOUCHED,
		       desc->actual_length);
	return memchr_inv(urb->transfer_buffer, UNTOUCHED,
			  urb->transfer_buffer_length);
}

/* "STATUS/BYTES/VALUE" of each packet */
static void describe_packets(char *text, size_t size, struct urb *urb)
{
	struct usb_iso_packet_descriptor *desc = urb->iso_frame_desc;
	size_t length = 0;
	int i;

	text[0] = 0;
	for (i = 0; i < urb->number_of_packets; i++, desc++)
		length += scnprintf(text + length, size - length, " %d/%u/%d",
				    desc->status, desc->actual_length,
				    probe_value(urb->transfer_buffer +
						desc->offset,
						desc->actual_length));
}

static void log_urb(const struct probe_urb *probe)
{
	struct urb *urb = probe->urb;
	char packets[400];

	describe_packets(packets, sizeof(packets), urb);
	probe_log("urb %u start %d status %d errors %d bytes %u%s%s", probe->id,
		  urb->start_frame, urb->status, urb->error_count,
		  urb->actual_length, packets,
		  is_stray(urb) ? " stray" : "");
}

static void urb_complete(struct urb *urb)
{
	struct probe_urb *probe = urb->context;

	if (!probe->silent || urb->status || urb->error_count)
		log_urb(probe);
	if (probe->again && !urb->status) {
		probe->again--;
		fill(urb);
		if (!submit_and_log(probe, GFP_ATOMIC))
			return;
	}
	/* The URB is the next command's from here on. */
	smp_store_release(&probe->busy, false);
}

static void lay_out(struct urb *urb, const struct order *order)
{
	unsigned int i;

	for (i = 0; i < order->packets; i++) {
		urb->iso_frame_desc[i].offset =
			i * (order->length + order->gap);
		urb->iso_frame_desc[i].length = order->length;
	}
}

static int make_urb(struct probe_urb *probe, const struct order *order)
{
	unsigned int number = order->address & USB_ENDPOINT_NUMBER_MASK;
	size_t size = order->packets * (order->length + order->gap);
	struct urb *urb = usb_alloc_urb(order->packets, GFP_KERNEL);
	struct usb_host_endpoint *ep;

	if (!urb)
		return -ENOMEM;
	urb->dev = host.udev;
	urb->pipe = order->address & USB_DIR_IN ?
		    usb_rcvisocpipe(host.udev, number) :
		    usb_sndisocpipe(host.udev, number);
	ep = usb_pipe_endpoint(host.udev, urb->pipe);
	urb->interval = order->interval;
	if (!order->interval && ep)
		urb->interval = 1 << (ep->desc.bInterval - 1);
	urb->transfer_flags = URB_FREE_BUFFER |
			      (order->asap ? URB_ISO_ASAP : 0);
	urb->transfer_buffer = kzalloc(size ?: 1, GFP_KERNEL);
	urb->transfer_buffer_length = size;
	urb->number_of_packets = order->packets;
	urb->complete = urb_complete;
	urb->context = probe;
	probe->urb = urb;
	return urb->transfer_buffer ? 0 : -ENOMEM;
}

/* --- commands --- */

static int do_submit(const struct order *order)
{
	struct probe_urb *probe = &host.urbs[order->id];
	int rc;

	/* Pairs with the end of urb_complete(). */
	if (smp_load_acquire(&probe->busy))
		return -EALREADY;
	usb_kill_urb(probe->urb); /* complete() may still be on its way out */
	usb_free_urb(probe->urb);
	probe->urb = NULL;
	probe->id = order->id;
	probe->again = order->again;
	probe->silent = order->silent;
	rc = make_urb(probe, order);
	if (rc)
		return rc;
	lay_out(probe->urb, order);
	fill(probe->urb);
	if (order->buffer)
		probe->urb->transfer_buffer_length = order->buffer;
	probe->busy = true;
	rc = submit_and_log(probe, GFP_KERNEL);
	if (rc)
		probe->busy = false;
	return rc;
}

/* Wants the device locked, whose holder may be waiting for commands to end. */
static int set_alternate(unsigned int alternate)
{
	struct usb_device *udev;
	int rc = -ENODEV;

	down_read(&host.lock);
	udev = host.interface ? usb_get_dev(host.udev) : NULL;
	up_read(&host.lock);
	if (!udev)
		return rc;
	usb_lock_device(udev);
	/* Nobody binds or unbinds it now. */
	if (host.interface && host.udev == udev) {
		memset(host.number, 0, sizeof(host.number));
		rc = usb_set_interface(udev, 0, alternate);
	}
	usb_unlock_device(udev);
	usb_put_dev(udev);
	return rc;
}

static int stall(unsigned int milliseconds)
{
	unsigned long flags;

	local_irq_save(flags);
	mdelay(milliseconds);
	local_irq_restore(flags);
	return 0;
}

static int parse_option(struct order *order, const char *word)
{
	return sscanf(word, "asap=%u", &order->asap) == 1 ||
	       sscanf(word, "again=%u", &order->again) == 1 ||
	       sscanf(word, "interval=%u", &order->interval) == 1 ||
	       sscanf(word, "gap=%u", &order->gap) == 1 ||
	       sscanf(word, "buffer=%u", &order->buffer) == 1 ||
	       sscanf(word, "silent=%u", &order->silent) == 1 ? 0 : -EINVAL;
}

static int parse_submit(struct order *order, char *text)
{
	char *word;
	int length;

	if (sscanf(text, "submit %u %x %u %u%n", &order->id, &order->address,
		   &order->packets, &order->length, &length) < 4)
		return -EINVAL;
	if (order->id >= URBS || order->packets > 10000 ||
	    order->length > 100000)
		return -EINVAL;
	text += length;
	while ((word = strsep(&text, " ")) != NULL)
		if (*word && parse_option(order, word))
			return -EINVAL;
	return 0;
}

static int submit_locked(const struct order *order)
{
	struct probe_urb *probe = &host.urbs[order->id];
	int rc;

	mutex_lock(&probe->lock);
	rc = do_submit(order);
	mutex_unlock(&probe->lock);
	return rc;
}

static int unlink_locked(struct probe_urb *probe, bool wait)
{
	int rc = 0;

	mutex_lock(&probe->lock);
	if (wait)
		usb_kill_urb(probe->urb);
	else
		rc = usb_unlink_urb(probe->urb);
	mutex_unlock(&probe->lock);
	return rc;
}

static int obey(char *text)
{
	struct order order = {};
	unsigned int number;

	if (!host.interface)
		return -ENODEV;
	if (!parse_submit(&order, text))
		return submit_locked(&order);
	if (sscanf(text, "stall %u", &number) == 1 && number <= 1000)
		return stall(number);
	if (sscanf(text, "unlink %u", &number) == 1 && number < URBS)
		return unlink_locked(&host.urbs[number], false);
	if (sscanf(text, "kill %u", &number) == 1 && number < URBS)
		return unlink_locked(&host.urbs[number], true);
	return -EINVAL;
}

static ssize_t command_write(struct file *file, const char __user *user,
			     size_t count, loff_t *pos)
{
	unsigned int alternate;
	char text[128];
	int rc;

	if (count >= sizeof(text) || copy_from_user(text, user, count))
		return -EINVAL;
	text[count] = 0;
	if (sscanf(text, "alternate %u", &alternate) == 1) {
		rc = set_alternate(alternate);
		return rc ? rc : count;
	}
	down_read(&host.lock);
	rc = obey(strim(text));
	up_read(&host.lock);
	return rc == -EINPROGRESS || rc == 0 ? count : rc;
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = command_write,
	.llseek = noop_llseek,
};

static int bound_get(void *data, u64 *value)
{
	*value = !!READ_ONCE(host.interface);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(bound_fops, bound_get, NULL, "%llu\n");

static int frame_get(void *data, u64 *value)
{
	int rc = -ENODEV;

	down_read(&host.lock);
	if (host.interface)
		rc = usb_get_current_frame_number(host.udev);
	up_read(&host.lock);
	*value = rc;
	return rc < 0 ? rc : 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(frame_fops, frame_get, NULL, "%llu\n");

/* --- driver --- */

static int probe_connect(struct usb_interface *interface,
			 const struct usb_device_id *id)
{
	if (host.interface)
		return -EBUSY;
	down_write(&host.lock);
	host.udev = interface_to_usbdev(interface);
	host.interface = interface;
	up_write(&host.lock);
	return 0;
}

static void probe_disconnect(struct usb_interface *interface)
{
	int i;

	down_write(&host.lock);
	for (i = 0; i < URBS; i++) {
		usb_kill_urb(host.urbs[i].urb);
		usb_free_urb(host.urbs[i].urb);
		host.urbs[i].urb = NULL;
	}
	host.interface = NULL;
	up_write(&host.lock);
}

/* The core takes back what is queued. */
static int probe_suspend(struct usb_interface *interface, pm_message_t message)
{
	return 0;
}

static int probe_resume(struct usb_interface *interface)
{
	return 0;
}

static const struct usb_device_id ids[] = {
	{ USB_DEVICE(PROBE_VENDOR, PROBE_PRODUCT) },
	{}
};
MODULE_DEVICE_TABLE(usb, ids);

static struct usb_driver probe_driver = {
	.name = "iso_probe",
	.id_table = ids,
	.probe = probe_connect,
	.disconnect = probe_disconnect,
	.suspend = probe_suspend,
	.resume = probe_resume,
	.reset_resume = probe_resume,
	.supports_autosuspend = 1,
};

int probe_host_init(struct dentry *dir)
{
	int i;

	for (i = 0; i < URBS; i++)
		mutex_init(&host.urbs[i].lock);
	debugfs_create_file("command", 0200, dir, NULL, &command_fops);
	debugfs_create_file("bound", 0400, dir, NULL, &bound_fops);
	debugfs_create_file("frame", 0400, dir, NULL, &frame_fops);
	return usb_register(&probe_driver);
}

void probe_host_exit(void)
{
	usb_deregister(&probe_driver);
}
