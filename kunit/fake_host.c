// SPDX-License-Identifier: GPL-2.0-only
/* A host controller without a bus. */

#include <linux/delay.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/usb.h>

#include "driver/transfer.h"

#include "fake_host.h"

struct fake_host fake_host;

void fake_host_begin(enum iso_reports reports, u32 unit)
{
	memset(&fake_host, 0, sizeof(fake_host));
	spin_lock_init(&fake_host.lock);
	fake_host.now = FAKE_BEGIN_NS;
	fake_host.reports = reports;
	fake_host.unit = unit;
}

u64 fake_host_now(void)
{
	return READ_ONCE(fake_host.now);
}

/** fake_host_bus - the bus time now */
u64 fake_host_bus(void)
{
	return ISO_UFRAME_EPOCH +
	       div_u64(fake_host_now() - FAKE_BEGIN_NS, ISO_NS_PER_UFRAME);
}

/** fake_host_frame - usb_get_current_frame_number() */
int fake_host_frame(struct usb_device *udev)
{
	return (fake_host_bus() / ISO_UFRAMES_PER_FRAME) & 2047;
}

void fake_host_advance(u64 uframes)
{
	WRITE_ONCE(fake_host.now, fake_host.now + uframes * ISO_NS_PER_UFRAME);
}

static void fake_host_report(struct urb *urb, u64 start)
{
	urb->start_frame = ((u32)start & (FAKE_MODULUS - 1)) / fake_host.unit;
}

/* An URB that is late keeps its slots unless it says ASAP. */
static void fake_host_schedule(struct fake_urb *entry)
{
	struct urb *urb = entry->urb;
	u32 interval = urb->interval * fake_host.unit;
	u64 earliest = fake_host_bus() + FAKE_THRESHOLD;

	earliest = roundup(earliest, fake_host.unit);
	entry->earliest = earliest;
	entry->span = interval * urb->number_of_packets;
	entry->start = fake_host.next;
	if (!fake_host.count || urb->transfer_flags & URB_ISO_ASAP)
		entry->start = max(entry->start, earliest);
	entry->start += fake_host.move;
	fake_host.move = 0;
	fake_host.next = entry->start + entry->span;
	if (fake_host.reports == ISO_REPORTS_AT_SUBMIT)
		fake_host_report(urb, entry->start);
}

static int fake_host_refusal(const struct urb *urb)
{
	int err = fake_host.refuse_with;

	if (atomic_read(&urb->reject))
		return -EPERM;
	if (!err)
		return 0;
	if (fake_host.refuse_after) {
		fake_host.refuse_after--;
		return 0;
	}
	fake_host.refuse_with = 0;
	return err;
}

static void fake_host_record(struct fake_urb *entry)
{
	const struct iso_slot *slot = entry->urb->context;

	entry->entry = fake_host.submitted;
	if (!fake_host.log || entry->entry >= FAKE_LOG)
		return;
	fake_host.log[entry->entry] = (struct fake_record){
		.start = entry->start,
		.span = entry->span,
		.content = slot->transfer,
		.first = !slot->transfer || slot->first == slot->transfer->dropped,
		.dropped = slot->place.dropped,
		.cookie = slot->transfer ? slot->transfer->request.cookie : 0,
		.fresh = fake_host.fresh,
	};
	fake_host.fresh = false;
}

static int fake_host_submit(struct urb *urb)
{
	bool finishes = false;
	unsigned long flags;
	int err;

	spin_lock_irqsave(&fake_host.lock, flags);
	err = fake_host_refusal(urb);
	if (!err && WARN_ON(fake_host.count == FAKE_HELD))
		err = -ENOMEM;
	if (!err) {
		struct fake_urb *entry = &fake_host.held[fake_host.count];

		*entry = (struct fake_urb){ .urb = urb };
		urb->status = -EINPROGRESS;
		fake_host_schedule(entry);
		fake_host_record(entry);
		fake_host.count++;
		fake_host.submitted++;
		fake_host.most = max(fake_host.most, fake_host.count);
		/* Never before those that it had already. */
		finishes = fake_host.finishes_at_once && fake_host.count == 1;
	}
	spin_unlock_irqrestore(&fake_host.lock, flags);
	if (finishes)
		fake_host_give_back(urb, 0);
	return err;
}

static bool fake_host_remove(struct urb *urb, struct fake_urb *removed)
{
	unsigned long flags;
	unsigned int i;
	bool found;

	spin_lock_irqsave(&fake_host.lock, flags);
	for (i = 0; i < fake_host.count && fake_host.held[i].urb != urb; i++)
		;
	found = i < fake_host.count;
	if (found) {
		atomic_inc(&fake_host.giving);
		*removed = fake_host.held[i];
		fake_host.count--;
		memmove(&fake_host.held[i], &fake_host.held[i + 1],
			(fake_host.count - i) * sizeof(fake_host.held[0]));
	}
	spin_unlock_irqrestore(&fake_host.lock, flags);
	return found;
}

static void fake_host_fill(const struct fake_urb *entry, int status)
{
	struct urb *urb = entry->urb;
	u32 interval = urb->interval * fake_host.unit;
	int i;

	if (!urb->number_of_packets)
		urb->actual_length = status ? 0 : urb->transfer_buffer_length;
	for (i = 0; i < urb->number_of_packets; i++) {
		struct usb_iso_packet_descriptor *desc = &urb->iso_frame_desc[i];
		bool late = entry->start + i * interval < entry->earliest;

		desc->status = late || status ? -EXDEV : 0;
		desc->actual_length = desc->status ? 0 : desc->length;
	}
}

/** fake_host_give_back - give an URB back, if it is there */
void fake_host_give_back(struct urb *urb, int status)
{
	struct fake_urb entry;
	u64 end;

	if (!fake_host_remove(urb, &entry))
		return;
	if (!status) {
		end = entry.start + entry.span - ISO_UFRAME_EPOCH;
		WRITE_ONCE(fake_host.now, max(fake_host.now, FAKE_BEGIN_NS +
					      end * ISO_NS_PER_UFRAME));
	}
	urb->status = status;
	fake_host_fill(&entry, status);
	if (fake_host.reports == ISO_REPORTS_AT_COMPLETION)
		fake_host_report(urb, entry.start);
	if (fake_host.edit)
		fake_host.edit(urb);
	if (!status && fake_host.log && entry.entry < FAKE_LOG)
		fake_host.log[entry.entry].sent = true;
	urb->complete(urb);
	atomic_dec(&fake_host.giving);
}

/** fake_host_finish - give the URB at @index back, when it is done */
bool fake_host_finish(unsigned int index)
{
	struct fake_urb entry;
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&fake_host.lock, flags);
	found = index < fake_host.count;
	if (found)
		entry = fake_host.held[index];
	spin_unlock_irqrestore(&fake_host.lock, flags);
	if (found)
		fake_host_give_back(entry.urb,
				    entry.unlinked ? -ECONNRESET : 0);
	return found;
}

/** fake_host_finish_all - until the pipe gives it nothing more */
void fake_host_finish_all(void)
{
	while (fake_host_finish(0))
		;
}

/** fake_host_wake - in place of usb_autopm_get_interface_no_resume() */
void fake_host_wake(struct usb_interface *intf)
{
	atomic_inc(&fake_host.awake);
}

/** fake_host_let_sleep - in place of usb_autopm_put_interface_async() */
void fake_host_let_sleep(struct usb_interface *intf)
{
	atomic_dec(&fake_host.awake);
}

static bool fake_host_has(struct urb *urb)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&fake_host.lock, flags);
	for (i = 0; i < fake_host.count && fake_host.held[i].urb != urb; i++)
		;
	if (i < fake_host.count)
		fake_host.held[i].unlinked = true;
	else
		i = FAKE_HELD;
	spin_unlock_irqrestore(&fake_host.lock, flags);
	return i < FAKE_HELD;
}

static void fake_host_count_unlink(void)
{
	unsigned long flags;

	spin_lock_irqsave(&fake_host.lock, flags);
	fake_host.unlinks++;
	spin_unlock_irqrestore(&fake_host.lock, flags);
}

static int fake_host_unlink(struct urb *urb)
{
	if (!fake_host_has(urb))
		return -EIDRM;
	fake_host_count_unlink();
	if (fake_host.on_unlink == FAKE_UNLINK_CANCELS)
		fake_host_give_back(urb, -ECONNRESET);
	else if (fake_host.on_unlink == FAKE_UNLINK_TOO_LATE)
		fake_host_give_back(urb, 0);
	return -EINPROGRESS;
}

static void fake_host_poison(struct urb *urb)
{
	might_sleep();
	atomic_inc(&urb->reject);
	fake_host_give_back(urb, -ENOENT);
	while (atomic_read(&fake_host.giving))
		usleep_range(10, 20);
}

const struct iso_pipe_ops fake_host_ops = {
	.submit = fake_host_submit,
	.unlink = fake_host_unlink,
	.poison = fake_host_poison,
	.now = fake_host_now,
};
