// SPDX-License-Identifier: GPL-2.0-only
/* A session: one open file, with its buffers, rings and queries. */

#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/usb.h>

#include "any.h"
#include "buffer.h"
#include "controller.h"
#include "device.h"
#include "endpoint.h"
#include "pipe.h"
#include "session.h"

struct iso_session *iso_session_create(struct iso_device *device)
{
	struct iso_session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return NULL;
	session->device = device;
	get_device(&device->dev);
	xa_init_flags(&session->buffers, XA_FLAGS_ALLOC1);
	iso_ring_init(&session->ring);
	mutex_init(&session->reap_lock);
	return session;
}

/** iso_session_destroy - the file is closed, and so no mapping of it is left */
void iso_session_destroy(struct iso_session *session)
{
	struct iso_device *device = session->device;
	struct iso_buffer *buffer;
	unsigned long handle;

	mutex_lock(&device->lock);
	xa_for_each(&session->buffers, handle, buffer)
		iso_session_drop(session, buffer);
	mutex_unlock(&device->lock);

	xa_destroy(&session->buffers);
	iso_ring_destroy(&session->ring);
	mutex_destroy(&session->reap_lock);
	put_device(&device->dev);
	kfree(session);
}

/** iso_session_wake - the device is gone: nobody needs to wait any longer */
void iso_session_wake(struct iso_session *session)
{
	wake_up_interruptible_poll(&session->ring.wait,
				   EPOLLIN | EPOLLHUP | EPOLLERR);
}

static u64 iso_device_features(const struct iso_device *device)
{
	const struct iso_controller *controller = device->controller;
	u64 features = WINUSB_ISO_FEATURE_RING |
		       WINUSB_ISO_FEATURE_PACKET_LENGTHS |
		       WINUSB_ISO_FEATURE_PLAIN |
		       WINUSB_ISO_FEATURE_CANCEL |
		       WINUSB_ISO_FEATURE_POWER |
		       WINUSB_ISO_FEATURE_PIPE_RING |
		       WINUSB_ISO_FEATURE_NO_INTERRUPT;

	if (controller->has_counter)
		features |= WINUSB_ISO_FEATURE_FRAME_COUNTER;
	if (controller->reports != ISO_REPORTS_NEVER)
		features |= WINUSB_ISO_FEATURE_START_FRAME |
			    WINUSB_ISO_FEATURE_AT_FRAME |
			    WINUSB_ISO_FEATURE_DROP_LATE;
	return features;
}

int iso_session_get_info(struct iso_session *session,
			 struct winusb_iso_info *info)
{
	const struct iso_device *device = session->device;
	const struct usb_device *udev = device->udev;

	*info = (struct winusb_iso_info){
		.features = iso_device_features(device),
		.api_version = WINUSB_ISO_API_VERSION,
		.speed = device->speed,
		.current_alternate = device->current_alternate,
		.num_alternates = device->num_alternates,
		.bus = udev->bus->busnum,
		.device = udev->devnum,
		.vendor_id = le16_to_cpu(udev->descriptor.idVendor),
		.product_id = le16_to_cpu(udev->descriptor.idProduct),
		.device_release = le16_to_cpu(udev->descriptor.bcdDevice),
		.interface_number = device->interface,
		.window = ISO_WINDOW,
	};
	strscpy(info->controller, device->controller_name,
		sizeof(info->controller));
	return 0;
}

int iso_session_get_alternate(struct iso_session *session,
			      struct winusb_iso_alternate *alternate)
{
	const struct iso_device *device = session->device;
	const struct iso_alternate *found;

	if (memchr_inv(alternate->padding, 0, sizeof(alternate->padding)))
		return -EINVAL;
	if (alternate->index >= device->num_alternates)
		return -ENOENT;
	found = &device->alternates[alternate->index];
	alternate->alternate = found->desc.bAlternateSetting;
	alternate->num_pipes = found->num_endpoints;
	alternate->interface_class = found->desc.bInterfaceClass;
	alternate->interface_subclass = found->desc.bInterfaceSubClass;
	alternate->interface_protocol = found->desc.bInterfaceProtocol;
	return 0;
}

int iso_session_get_pipe(struct iso_session *session,
			 struct winusb_iso_pipe_info *pipe)
{
	const struct iso_alternate *alternate;
	const struct iso_endpoint *endpoint;

	if (memchr_inv(pipe->padding, 0, sizeof(pipe->padding)))
		return -EINVAL;
	if (pipe->alternate > U8_MAX)
		return -ENOENT;
	alternate = iso_device_alternate(session->device, pipe->alternate);
	if (!alternate || pipe->index >= alternate->num_endpoints)
		return -ENOENT;
	endpoint = &alternate->endpoints[pipe->index];
	pipe->max_bytes_per_interval = endpoint->max_bytes;
	pipe->interval = endpoint->interval;
	pipe->address = endpoint->address;
	pipe->type = endpoint->attributes & USB_ENDPOINT_XFERTYPE_MASK;
	pipe->attributes = endpoint->attributes;
	pipe->b_interval = endpoint->b_interval;
	pipe->max_packet_size = endpoint->max_packet_size;
	pipe->mult = endpoint->mult;
	pipe->burst = endpoint->burst;
	return 0;
}

int iso_session_set_alternate(struct iso_session *session,
			      const struct winusb_iso_set_alternate *set)
{
	if (set->padding)
		return -EINVAL;
	if (set->alternate > U8_MAX)
		return -ENOENT;
	return iso_device_select(session->device, set->alternate, session);
}

int iso_session_setup_ring(struct iso_session *session,
			   struct winusb_iso_setup_ring *setup)
{
	int err;

	if (setup->padding)
		return -EINVAL;
	if (!setup->entries || setup->entries > WINUSB_ISO_MAX_RING_ENTRIES)
		return -ERANGE;
	if (iso_ring_exists(&session->ring))
		return -EEXIST;
	err = iso_ring_create(&session->ring, setup->entries);
	if (err)
		return err;
	iso_ring_describe(&session->ring, setup);
	return 0;
}

static int iso_session_need_ring(struct iso_session *session)
{
	if (iso_ring_exists(&session->ring))
		return 0;
	return iso_ring_create(&session->ring, WINUSB_ISO_DEFAULT_RING_ENTRIES);
}

static int iso_session_add_buffer(struct iso_session *session,
				  struct iso_buffer *buffer)
{
	u32 limit = WINUSB_ISO_MAX_BUFFERS;
	int err = xa_alloc(&session->buffers, &buffer->handle, buffer,
			   XA_LIMIT(1, limit), GFP_KERNEL);

	return err == -EBUSY ? -EMFILE : err;
}

static int iso_check_registration(const struct winusb_iso_buffer *request)
{
	if (memchr_inv(request->padding, 0, sizeof(request->padding)))
		return -EINVAL;
	if (!request->size || request->size > WINUSB_ISO_MAX_BUFFER_SIZE)
		return -ERANGE;
	/* If it may be 0 depends on the pipe. */
	if (request->packets > WINUSB_ISO_MAX_BUFFER_PACKETS)
		return -EDOM;
	return 0;
}

static int iso_session_attach(struct iso_session *session,
			      struct iso_buffer *buffer, u8 address)
{
	int err = iso_buffer_claim(buffer, session, address);

	if (err)
		return err;
	buffer->ring = &session->ring;
	err = iso_session_add_buffer(session, buffer);
	if (err)
		goto unclaim;
	err = iso_session_need_ring(session);
	if (err)
		goto erase;
	return 0;

erase:
	xa_erase(&session->buffers, buffer->handle);
unclaim:
	iso_buffer_unclaim(buffer, session);
	return err;
}

/**
 * iso_session_prepare - allocate a buffer, before the device's lock is taken
 * @session: who wants it
 * @request: checked here
 *
 * Contiguous memory may have to be made by moving other memory, which is I/O,
 * and a reset on behalf of I/O waits for that lock.
 */
struct iso_buffer *
iso_session_prepare(struct iso_session *session,
		    const struct winusb_iso_buffer *request)
{
	int err = iso_check_registration(request);

	if (err)
		return ERR_PTR(err);
	return iso_buffer_create(request->size, request->packets,
				 iso_device_needs_low_memory(session->device));
}

/** iso_session_register - register a buffer from iso_session_prepare() */
int iso_session_register(struct iso_session *session,
			 struct iso_buffer *buffer,
			 struct winusb_iso_buffer *request)
{
	int err = iso_session_attach(session, buffer, request->pipe);

	if (err)
		return err;
	request->handle = buffer->handle;
	request->mmap_offset = (u64)buffer->handle << 32;
	request->mmap_size = iso_buffer_map_size(buffer);
	request->packets_offset = iso_buffer_table_offset(buffer);
	return 0;
}

/** iso_session_buffer - the buffer called @handle, or NULL */
struct iso_buffer *iso_session_buffer(struct iso_session *session, u32 handle)
{
	return xa_load(&session->buffers, handle);
}

/** iso_session_drop - unregister a buffer; ends its pipe with the last one */
void iso_session_drop(struct iso_session *session, struct iso_buffer *buffer)
{
	lockdep_assert_held(&session->device->lock);
	if (iso_buffer_retire(buffer, true))
		iso_buffer_stop(buffer, -ECONNRESET);
	xa_erase(&session->buffers, buffer->handle);
	iso_buffer_unclaim(buffer, session);
	iso_buffer_put(buffer);
}

int iso_session_unregister(struct iso_session *session,
			   const struct winusb_iso_unregister_buffer *request)
{
	struct iso_buffer *buffer;

	if (request->padding)
		return -EINVAL;
	buffer = iso_session_buffer(session, request->handle);
	if (!buffer)
		return -ENOENT;
	if (iso_buffer_retire(buffer, false))
		return -EBUSY;
	iso_session_drop(session, buffer);
	return 0;
}

int iso_session_get_frame(struct iso_session *session,
			  struct winusb_iso_frame *frame)
{
	struct iso_device *device = session->device;
	bool counter = device->controller->has_counter;
	struct iso_clock now = iso_bus_time_read(&device->time);

	*frame = (struct winusb_iso_frame){
		.uframe = now.uframe,
		.timestamp_ns = now.ns,
		.resolution = counter ? ISO_UFRAMES_PER_FRAME : 1,
		.trust = counter ? WINUSB_ISO_TRUST_EXACT :
				   WINUSB_ISO_TRUST_TIMED,
	};
	return 0;
}
